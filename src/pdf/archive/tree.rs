//! The logical structure as objects: every element with its parent, and for each page the elements of its pieces
//! (ISO 32000-1 §14.7.2).

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::{Tagged, integer, text_string};
use crate::pdf::structure::{ElementId, Role, Structure};

pub(super) fn write(document: &mut Document, tagged: &Tagged<'_>) -> lopdf::Result<ObjectId> {
    let Tagged { structure, marks, .. } = tagged;
    let pages: Vec<ObjectId> = document.page_iter().collect();
    let root = document.new_object_id();
    let ids: Vec<ObjectId> = (0..structure.len()).map(|_| document.new_object_id()).collect();
    let mut pieces: Vec<Vec<(usize, usize)>> = vec![Vec::new(); structure.len()];
    let mut parents = Vec::with_capacity(marks.len() * 2);
    for (page, on_page) in marks.iter().enumerate() {
        for (number, element) in on_page.iter().enumerate() {
            pieces[element.0].push((page, number));
        }
        let owners: Vec<Object> = on_page.iter().map(|element| ids[element.0].into()).collect();
        parents.extend([integer(page), document.add_object(owners).into()]);
        let page = document.get_object_mut(pages[page])?.as_dict_mut()?;
        page.set("StructParents", integer(parents.len() / 2 - 1));
        // ISO 14289-1 §7.18.3.
        page.set("Tabs", "S");
    }
    let mut parent_of = vec![root; structure.len()];
    for at in 0..structure.len() {
        let element = structure.element(ElementId(at));
        for child in &element.elements {
            parent_of[child.0] = ids[at];
        }
        let own = pieces[at].iter().map(|(page, number)| {
            Object::Dictionary(Dictionary::from_iter([
                ("Type", "MCR".into()),
                ("Pg", pages[*page].into()),
                ("MCID", integer(*number)),
            ]))
        });
        let kids: Vec<Object> = own.chain(element.elements.iter().map(|child| ids[child.0].into())).collect();
        let mut dictionary = Dictionary::from_iter([
            ("Type", "StructElem".into()),
            ("S", element.role.name().into()),
            ("P", parent_of[at].into()),
            ("K", kids.into()),
        ]);
        let scope = match element.role {
            Role::RowHeader => Some("Row"),
            Role::ColumnHeader => Some("Column"),
            _ => None,
        };
        if let Some(scope) = scope {
            dictionary.set("A", Dictionary::from_iter([("O", "Table".into()), ("Scope", scope.into())]));
        }
        if let Some(alternative) = &element.alternative {
            dictionary.set("Alt", text_string(alternative));
        }
        document.set_object(ids[at], dictionary);
    }
    let numbers = Dictionary::from_iter([("Nums", Object::Array(parents))]);
    let numbers = document.add_object(numbers);
    document.set_object(
        root,
        Dictionary::from_iter([
            ("Type", "StructTreeRoot".into()),
            ("K", ids[Structure::ROOT.0].into()),
            ("ParentTree", numbers.into()),
            ("ParentTreeNextKey", integer(marks.len())),
        ]),
    );
    Ok(root)
}
