//! Tables: columns as wide as what stands in them asks for, rows that are not torn unless they are taller than a page.

use super::body::{Setting, blocks};
use super::font::Face;
use super::layout::{BOTTOM, Column, Flow, Galley, Ink, MARGIN, Style, TOP, Tenths};
use super::lines::{lines, width_of};
use super::structure::Role;
use super::typeset::{Before, Set, paragraphs};
use crate::message::Block;
use crate::message::block::{self, Cell};

/// On either side of a cell's content.
const PADDING: Tenths = 45;
const ROW_GAP: Tenths = 30;
/// Narrower columns cannot be read.
const NARROWEST: Tenths = 220;
const SIZE: (Tenths, Tenths) = (90, 125);

/// How wide a column would be with nothing broken, and with every word on a line of its own.
#[derive(Clone, Copy, Debug, Default)]
struct Wish {
    most: Tenths,
    least: Tenths,
}

pub(super) fn set(flow: &mut Flow<'_>, rows: &[Vec<Cell>], setting: Setting<'_>) {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = Tenths::try_from(count).map_or(0, |count| setting.column.width / count.max(1));
    let style =
        Style { size: SIZE.0.min(setting.style.size), leading: SIZE.1.min(setting.style.leading), ..setting.style };
    let inner = Setting { style, depth: setting.depth + 1, ..setting };
    if count <= 1 || widest < NARROWEST {
        return under_each_other(flow, rows, inner);
    }
    let wishes = wishes(flow, rows, count, style);
    let columns = columns(&wishes, setting.column);
    flow.within(Role::Table, |flow| {
        for (at, row) in rows.iter().enumerate() {
            if flow.is_full() {
                return;
            }
            self::row(flow, row, at == 0, &columns, inner);
        }
    });
}

/// A table of the document's own: cells of lines, the first row names the columns.
pub(super) fn plain(flow: &mut Flow<'_>, rows: &[Vec<Vec<(String, Style)>>], widths: &[Tenths]) {
    let mut x = MARGIN.x;
    let columns: Vec<Column> = widths
        .iter()
        .map(|&width| {
            let column = Column { x: x + PADDING, width: width - 2 * PADDING };
            x += width;
            column
        })
        .collect();
    flow.within(Role::Table, |flow| {
        for (at, cells) in rows.iter().enumerate() {
            let role = if at == 0 { Role::ColumnHeader } else { Role::Cell };
            flow.within(Role::Row, |flow| {
                let set = |flow: &mut Flow<'_>, cell: &[(String, Style)], column: Column| {
                    flow.within(role, |flow| cell.iter().for_each(|(text, style)| flow.value(text, *style, column)));
                };
                let galleys =
                    cells.iter().zip(&columns).map(|(cell, column)| flow.aside(|flow| set(flow, cell, *column)));
                let galleys: Vec<Galley> = galleys.collect();
                let tallest = galleys.iter().map(|galley| galley.height).max().unwrap_or(0);
                if at > 0 && flow.left() < tallest + 2 * ROW_GAP {
                    flow.fresh_page();
                    names_again(flow, &rows[0], &columns);
                }
                place(flow, galleys, &columns, at == 0);
            });
        }
    });
}

/// The names of the columns on a page that goes on with a table. To a screen reader the table has its names once
/// (ISO 14289-1 §7.1: what only the pages need is no part of the structure).
fn names_again(flow: &mut Flow<'_>, names: &[Vec<(String, Style)>], columns: &[Column]) {
    let set = |flow: &mut Flow<'_>, cell: &[(String, Style)], column: Column| {
        for (text, style) in cell {
            flow.value(text, *style, column);
        }
    };
    let galleys =
        names.iter().zip(columns).map(|(cell, column)| flow.aside(|flow| set(flow, cell, *column)).into_artifact());
    let galleys = galleys.collect();
    place(flow, galleys, columns, true);
}

/// One cell after the other, for what is too wide for a page, or no table.
fn under_each_other(flow: &mut Flow<'_>, rows: &[Vec<Cell>], inner: Setting<'_>) {
    for row in rows {
        for cell in row.iter().filter(|cell| !cell.blocks.is_empty()) {
            blocks(flow, &cell.blocks, inner);
            flow.skip(ROW_GAP);
        }
        flow.skip(ROW_GAP);
    }
}

fn row(flow: &mut Flow<'_>, cells: &[Cell], is_first: bool, columns: &[Column], inner: Setting<'_>) {
    flow.within(Role::Row, |flow| {
        let nothing = Cell::default();
        let names_columns = is_first && cells.iter().all(|cell| cell.header);
        let mut galleys = Vec::with_capacity(columns.len());
        for (at, column) in columns.iter().enumerate() {
            let cell = cells.get(at).unwrap_or(&nothing);
            let role = match cell.header {
                true if is_first => Role::ColumnHeader,
                true => Role::RowHeader,
                false => Role::Cell,
            };
            let face = if cell.header { Face::Bold } else { inner.style.face };
            let setting = Setting { column: *column, style: Style { face, ..inner.style }, ..inner };
            galleys.push(flow.aside(|flow| {
                flow.within(role, |flow| blocks(flow, &cell.blocks, setting));
            }));
        }
        place(flow, galleys, columns, names_columns);
    });
}

/// A row on the page, with a rule under it.
fn place(flow: &mut Flow<'_>, galleys: Vec<Galley>, columns: &[Column], names_columns: bool) {
    let tallest = galleys.iter().map(|galley| galley.height).max().unwrap_or(0);
    let (Some(first), Some(last)) = (columns.first(), columns.last()) else { return };
    let whole = Column { x: first.x - PADDING, width: last.x + last.width - first.x + 2 * PADDING };
    let height = tallest + 2 * ROW_GAP;
    flow.need(height.min(BOTTOM - TOP));
    if names_columns && height <= flow.left() {
        flow.ground(Ink::Panel, whole, height);
    }
    flow.advance(ROW_GAP);
    flow.side_by_side(galleys);
    flow.advance(ROW_GAP);
    flow.rule(Ink::Rule, whole);
}

fn wishes(flow: &mut Flow<'_>, rows: &[Vec<Cell>], count: usize, style: Style) -> Vec<Wish> {
    let mut wishes = vec![Wish::default(); count];
    // Enough to know what stands in a column.
    for row in rows.iter().take(200) {
        for (wish, cell) in wishes.iter_mut().zip(row) {
            let style = if cell.header { Style { face: Face::Bold, ..style } } else { style };
            for line in paragraphs(&text(&cell.blocks)).take(50) {
                let set = flow.measured(line, style);
                let most = lines(&set, i32::MAX).next().map_or(0, |line| style.width(&line));
                wish.most = wish.most.max(most + 10);
                wish.least = wish.least.max(style.tenths(longest_word(&set)) + 10);
            }
        }
    }
    wishes
}

fn text(blocks: &[Block]) -> String {
    let text = block::text(blocks);
    text[..text.floor_char_boundary(2_000)].to_owned()
}

fn longest_word(set: &Set) -> i32 {
    set.glyphs.chunk_by(|_, next| next.before != Before::Allowed).map(width_of).max().unwrap_or(0)
}

/// Shares a width: to each what it asks for if all of it is there, else the words whole if they are, else by need.
fn columns(wishes: &[Wish], within: Column) -> Vec<Column> {
    let count = Tenths::try_from(wishes.len()).expect("a column is some points wide");
    let room = within.width - 2 * PADDING * count;
    let total = |part: fn(&Wish) -> Tenths| wishes.iter().map(|wish| i64::from(part(wish))).sum::<i64>().max(1);
    let (most, least) = (total(|wish| wish.most), total(|wish| wish.least));
    let share = |part: i64, of: i64, room: i64| Tenths::try_from(part * room / of.max(1)).unwrap_or(0);
    let room_wide = i64::from(room);
    let widths: Vec<Tenths> = if most <= room_wide {
        wishes.iter().map(|wish| wish.most).collect()
    } else if least <= room_wide {
        let more = |wish: &Wish| share(i64::from(wish.most - wish.least), most - least, room_wide - least);
        wishes.iter().map(|wish| wish.least + more(wish)).collect()
    } else {
        let floor = NARROWEST - 2 * PADDING;
        let rest = room_wide - i64::from(floor * count);
        wishes.iter().map(|wish| floor + share(wish.least.into(), least, rest)).collect()
    };
    let mut x = within.x;
    widths
        .into_iter()
        .map(|width| {
            let column = Column { x: x + PADDING, width };
            x += width + 2 * PADDING;
            column
        })
        .collect()
}
