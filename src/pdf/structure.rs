//! The logical structure of a document (ISO 32000-1 §14.7): what a screen reader goes by, and PDF/A-3a and PDF/UA ask for.

/// What a piece of the document is (ISO 32000-1 §14.8.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Document,
    Heading(u8),
    Paragraph,
    List,
    Item,
    /// The mark before an item.
    Mark,
    ItemBody,
    Table,
    Row,
    /// Names the row that it begins.
    RowHeader,
    /// Names the column that it stands on.
    ColumnHeader,
    Cell,
    /// What another wrote.
    Quote,
    /// A message within the message.
    Article,
    Figure,
}

impl Role {
    /// The standard structure type.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Document => "Document",
            Self::Heading(1) => "H1",
            Self::Heading(2) => "H2",
            Self::Heading(3) => "H3",
            Self::Heading(4) => "H4",
            Self::Heading(5) => "H5",
            Self::Heading(_) => "H6",
            Self::Paragraph => "P",
            Self::List => "L",
            Self::Item => "LI",
            Self::Mark => "Lbl",
            Self::ItemBody => "LBody",
            Self::Table => "Table",
            Self::Row => "TR",
            Self::RowHeader | Self::ColumnHeader => "TH",
            Self::Cell => "TD",
            Self::Quote => "BlockQuote",
            Self::Article => "Art",
            Self::Figure => "Figure",
        }
    }
}

/// Which element some text belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ElementId(pub(super) usize);

#[derive(Clone, Debug)]
pub(super) struct Element {
    pub(super) role: Role,
    /// In reading order. An element holds elements or text, never both.
    pub(super) elements: Vec<ElementId>,
    /// What stands for a figure where it is not seen.
    pub(super) alternative: Option<String>,
}

/// A tree of elements that is built while text is placed.
#[derive(Debug)]
pub(super) struct Structure {
    elements: Vec<Element>,
    open: Vec<ElementId>,
    heading_level: u8,
}

impl Structure {
    pub(super) const ROOT: ElementId = ElementId(0);

    pub(super) fn new() -> Self {
        let root = Element { role: Role::Document, elements: Vec::new(), alternative: None };
        Self { elements: vec![root], open: vec![Self::ROOT], heading_level: 0 }
    }

    pub(super) fn open(&mut self, role: Role) -> ElementId {
        let id = ElementId(self.elements.len());
        self.elements.push(Element { role, elements: Vec::new(), alternative: None });
        let parent = self.current();
        self.elements[parent.0].elements.push(id);
        self.open.push(id);
        id
    }

    pub(super) fn close(&mut self) {
        debug_assert!(self.open.len() > 1, "the document stays open");
        self.open.pop();
    }

    pub(super) fn current(&self) -> ElementId {
        *self.open.last().expect("the document stays open")
    }

    /// Says what the element that is open shows.
    pub(super) fn describe(&mut self, alternative: &str) {
        let at = self.current().0;
        self.elements[at].alternative = Some(alternative.to_owned());
    }

    /// ISO 14289-1 §7.4.2: headings leave out no level.
    pub(super) fn heading_level(&mut self, wanted: u8) -> u8 {
        self.heading_level = wanted.min(self.heading_level + 1).clamp(1, 6);
        self.heading_level
    }

    pub(super) fn element(&self, id: ElementId) -> &Element {
        &self.elements[id.0]
    }

    pub(super) fn len(&self) -> usize {
        self.elements.len()
    }
}
