//! The containers that are open while a document is read: each holds blocks until it is closed, and then becomes one.

use crate::message::block::{Block, Cell, Origin};

/// Containers within containers; deeper ones are not opened, and their text stands in the one around them.
const MAX_FRAMES: usize = 20;
/// Blocks in all; what comes after is added to the last paragraph, line by line.
const MAX_BLOCKS: usize = 50_000;
/// A cell with more than this is no cell of a table of facts.
const MAX_CELL: usize = 600;
/// A row that is shorter reads best as one line, when its table is taken apart.
const MAX_LINE: usize = 120;

#[derive(Debug)]
pub enum Kind {
    Document,
    Quote(Origin),
    List { first: Option<u32>, items: Vec<Vec<Block>> },
    Item,
    Table { rows: Vec<Vec<Cell>>, arranges: bool },
    Row(Vec<Cell>),
    Cell { header: bool },
}

#[derive(Debug)]
struct Frame {
    kind: Kind,
    blocks: Vec<Block>,
}

#[derive(Debug)]
pub struct Frames {
    open: Vec<Frame>,
    blocks_left: usize,
}

impl Frames {
    pub fn new() -> Self {
        Self { open: vec![Frame { kind: Kind::Document, blocks: Vec::new() }], blocks_left: MAX_BLOCKS }
    }

    pub fn innermost(&self) -> &Kind {
        &self.open.last().expect("the document stays open").kind
    }

    /// Whether such a container can stand where the text is now.
    pub fn takes(&self, kind: &Kind) -> bool {
        let fits = match kind {
            Kind::Item => matches!(self.innermost(), Kind::List { .. }),
            Kind::Row(_) => matches!(self.innermost(), Kind::Table { .. }),
            Kind::Cell { .. } => matches!(self.innermost(), Kind::Row(_) | Kind::Table { .. }),
            Kind::Document | Kind::Quote(_) | Kind::List { .. } | Kind::Table { .. } => true,
        };
        // A cell may need a row of its own, and an item a list.
        fits && self.open.len() + 1 < MAX_FRAMES && self.blocks_left > 0
    }

    /// Whether it was opened.
    pub fn open(&mut self, kind: Kind) -> bool {
        if !self.takes(&kind) {
            return false;
        }
        self.open.push(Frame { kind, blocks: Vec::new() });
        true
    }

    /// Closes the innermost container, which becomes part of the one around it.
    pub fn close(&mut self) {
        let Some(Frame { kind, blocks }) = (self.open.len() > 1).then(|| self.open.pop()).flatten() else { return };
        let outer = self.open.last_mut().expect("the document stays open");
        match (kind, &mut outer.kind) {
            (Kind::Item, Kind::List { items, .. }) if !blocks.is_empty() => items.push(blocks),
            (Kind::Cell { header }, Kind::Row(cells)) => cells.push(Cell { header, blocks }),
            (Kind::Row(cells), Kind::Table { rows, .. }) if cells.iter().any(|cell| !cell.blocks.is_empty()) => {
                rows.push(cells);
            }
            (Kind::Quote(origin), _) if !blocks.is_empty() => self.push(Block::Quote { origin, blocks }),
            (Kind::List { first, items }, _) if !items.is_empty() => self.push(Block::List { first, items }),
            (Kind::Table { rows, arranges }, _) => self.close_table(rows, arranges),
            _ => {}
        }
    }

    fn close_table(&mut self, rows: Vec<Vec<Cell>>, arranges: bool) {
        if !arranges && holds_facts(&rows) {
            self.push(Block::Table(rows));
            return;
        }
        // One that only arranges the page makes the one around it such a one too.
        for frame in self.open.iter_mut().rev().take(3) {
            if let Kind::Table { arranges, .. } = &mut frame.kind {
                *arranges = true;
            }
        }
        for row in rows {
            match as_line(&row) {
                Some(line) => self.push(Block::Paragraph(line)),
                None => row.into_iter().flat_map(|cell| cell.blocks).for_each(|block| self.push(block)),
            }
        }
    }

    /// Adds a block to the innermost container that holds blocks: text between the rows of a table stands before it. In a
    /// list it is an item of its own.
    pub fn push(&mut self, block: Block) {
        if matches!(self.innermost(), Kind::List { .. }) && self.open(Kind::Item) {
            self.push(block);
            self.close();
            return;
        }
        if self.blocks_left == 0 {
            self.append(&block);
            return;
        }
        self.blocks_left -= 1;
        self.holder().push(block);
    }

    fn holder(&mut self) -> &mut Vec<Block> {
        let holds = |kind: &Kind| !matches!(kind, Kind::List { .. } | Kind::Table { .. } | Kind::Row(_));
        let frame = self.open.iter_mut().rev().find(|frame| holds(&frame.kind));
        &mut frame.expect("the document holds blocks").blocks
    }

    fn append(&mut self, block: &Block) {
        let text = crate::message::block::text(std::slice::from_ref(block));
        match self.holder().last_mut() {
            Some(Block::Paragraph(last)) => {
                last.push('\n');
                last.push_str(&text);
            }
            _ => self.holder().push(Block::Paragraph(text)),
        }
    }

    pub fn finish(mut self) -> Vec<Block> {
        while self.open.len() > 1 {
            self.close();
        }
        self.open.pop().map(|document| document.blocks).unwrap_or_default()
    }
}

/// Whether it is a table in its own right: rows and columns of short texts.
fn holds_facts(rows: &[Vec<Cell>]) -> bool {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let (mut filled, mut all) = (0, 0);
    for cell in rows.iter().flatten() {
        let is_short = |block: &Block| matches!(block, Block::Paragraph(text) if text.len() <= MAX_CELL);
        if !cell.blocks.iter().all(is_short) || cell.blocks.len() > 4 {
            return false;
        }
        all += 1;
        filled += usize::from(!cell.blocks.is_empty());
    }
    columns >= 2 && rows.len() >= 2 && filled * 2 > all
}

/// A row of short cells as one line.
fn as_line(row: &[Cell]) -> Option<String> {
    let mut line = String::new();
    let mut cells = 0;
    for block in row.iter().flat_map(|cell| &cell.blocks) {
        let Block::Paragraph(text) = block else { return None };
        if text.contains('\n') || line.len() + text.len() > MAX_LINE {
            return None;
        }
        if cells > 0 {
            line.push(' ');
        }
        line.push_str(text);
        cells += 1;
    }
    (cells > 1).then_some(line)
}
