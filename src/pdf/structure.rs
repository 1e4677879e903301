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
    Cell,
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
            Self::RowHeader => "TH",
            Self::Cell => "TD",
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
}

/// A tree of elements that is built while text is placed.
#[derive(Debug)]
pub(super) struct Structure {
    elements: Vec<Element>,
    open: Vec<ElementId>,
}

impl Structure {
    pub(super) const ROOT: ElementId = ElementId(0);

    pub(super) fn new() -> Self {
        let root = Element { role: Role::Document, elements: Vec::new() };
        Self { elements: vec![root], open: vec![Self::ROOT] }
    }

    pub(super) fn open(&mut self, role: Role) -> ElementId {
        let id = ElementId(self.elements.len());
        self.elements.push(Element { role, elements: Vec::new() });
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

    pub(super) fn element(&self, id: ElementId) -> &Element {
        &self.elements[id.0]
    }

    pub(super) fn len(&self) -> usize {
        self.elements.len()
    }
}
