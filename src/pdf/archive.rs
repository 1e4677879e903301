//! What makes the document one for archives and for everyone: PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1). Its
//! identity, its metadata, its colours, its logical structure, and the original message inside it.

use std::fmt::Write as _;
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat};
use md5::{Digest as _, Md5};

use super::Cover;
use super::document::document_number;
use super::structure::{ElementId, Role, Structure};
use crate::model::Digest;

/// Larger originals are embedded as they are: most of such mail is base64 of what is compressed already.
const MAX_COMPRESSED: usize = 2_000_000;

/// sRGB (IEC 61966-2-1), in which all colours are told.
static SRGB: LazyLock<Vec<u8>> =
    LazyLock::new(|| moxcms::ColorProfile::new_srgb().encode().expect("the profile is made from constants"));

/// `marks` tells for each page which element each of its marked pieces is of.
pub(super) fn finish(
    document: &mut Document,
    cover: &Cover<'_>,
    structure: &Structure,
    marks: &[Vec<ElementId>],
    raw: &[u8],
) -> lopdf::Result<()> {
    "1.7".clone_into(&mut document.version);
    let facts = Facts::of(cover);
    identify(document, &facts)?;
    let metadata = document.add_object(metadata(&facts));
    let intent = output_intent(document);
    let tree = structure_tree(document, structure, marks)?;
    let original = original(document, &facts, cover, raw);
    let names = Object::Array(vec![text_string(&facts.file_name), original.into()]);
    let catalog = document.catalog_mut()?;
    catalog.set("Lang", Object::string_literal("sv-SE"));
    catalog.set("ViewerPreferences", Dictionary::from_iter([("DisplayDocTitle", true.into())]));
    catalog.set("MarkInfo", Dictionary::from_iter([("Marked", true.into())]));
    catalog.set("Metadata", metadata);
    catalog.set("OutputIntents", vec![intent.into()]);
    catalog.set("StructTreeRoot", tree);
    let files = Dictionary::from_iter([("Names", names)]);
    catalog.set("Names", Dictionary::from_iter([("EmbeddedFiles", Object::Dictionary(files))]));
    catalog.set("AF", vec![original.into()]);
    Ok(())
}

/// What stands in the metadata, the same in each of its forms.
struct Facts {
    title: String,
    authority: String,
    file_name: String,
    /// `D:20261121130602Z`
    pdf_date: String,
    /// `2026-11-21T13:06:02Z`
    iso_date: String,
    identity: Digest,
}

impl Facts {
    fn of(cover: &Cover<'_>) -> Self {
        let number = document_number(cover).to_string();
        let at = cover.registered_at.to_zoned(TimeZone::UTC);
        let pdf_date = at.strftime("D:%Y%m%d%H%M%SZ").to_string();
        Self {
            identity: Digest::of(format!("{number}\n{}\n{pdf_date}", cover.raw).as_bytes()),
            title: format!("{number} – {}", cover.unit),
            authority: cover.authority.to_owned(),
            file_name: format!("{}.eml", number.replace([' ', ':'], "-")),
            iso_date: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            pdf_date,
        }
    }
}

const PRODUCER: &str = concat!("inkom ", env!("CARGO_PKG_VERSION"));

/// Title, dates and identity. printpdf would make up an identity, and it writes empty lists that readers need not look at.
fn identify(document: &mut Document, facts: &Facts) -> lopdf::Result<()> {
    let literal = |text: &str| Object::string_literal(text);
    let info = Dictionary::from_iter([
        ("Title", text_string(&facts.title)),
        ("Author", text_string(&facts.authority)),
        ("Creator", literal("inkom")),
        ("Producer", literal(PRODUCER)),
        ("CreationDate", literal(&facts.pdf_date)),
        ("ModDate", literal(&facts.pdf_date)),
    ]);
    let info_id = document.trailer.get(b"Info")?.as_reference()?;
    document.set_object(info_id, info);
    let permanent = Object::String(facts.identity.as_bytes()[..16].to_vec(), StringFormat::Hexadecimal);
    document.trailer.set("ID", vec![permanent.clone(), permanent]);
    let pages: Vec<_> = document.page_iter().collect();
    for page in pages {
        document.get_object_mut(page)?.as_dict_mut()?.remove(b"Annots");
    }
    Ok(())
}

/// XMP (ISO 16684-1), uncompressed, with the values that stand in the document information too.
fn metadata(facts: &Facts) -> Stream {
    let title = escaped(&facts.title);
    let Facts { iso_date: date, identity, .. } = facts;
    let mut xmp = String::from("<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n");
    let _ = write!(
        xmp,
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:xmpMM=\"http://ns.adobe.com/xap/1.0/mm/\" \
         xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\" \
         xmlns:pdfuaid=\"http://www.aiim.org/pdfua/ns/id/\" \
         xmlns:pdfaExtension=\"http://www.aiim.org/pdfa/ns/extension/\" \
         xmlns:pdfaSchema=\"http://www.aiim.org/pdfa/ns/schema#\" \
         xmlns:pdfaProperty=\"http://www.aiim.org/pdfa/ns/property#\">\n\
         <pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>\n<pdfuaid:part>1</pdfuaid:part>\n\
         <dc:format>application/pdf</dc:format>\n\
         <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>\n\
         <dc:creator><rdf:Seq><rdf:li>{}</rdf:li></rdf:Seq></dc:creator>\n\
         <dc:language><rdf:Bag><rdf:li>sv-SE</rdf:li></rdf:Bag></dc:language>\n\
         <xmp:CreatorTool>inkom</xmp:CreatorTool><xmp:CreateDate>{date}</xmp:CreateDate>\
         <xmp:ModifyDate>{date}</xmp:ModifyDate>\n<pdf:Producer>{PRODUCER}</pdf:Producer>\n\
         <xmpMM:DocumentID>urn:sha256:{identity}</xmpMM:DocumentID>\n{UA_SCHEMA}\
         </rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"r\"?>",
        escaped(&facts.authority)
    );
    let dictionary = Dictionary::from_iter([("Type", "Metadata".into()), ("Subtype", "XML".into())]);
    Stream::new(dictionary, xmp.into_bytes()).with_compression(false)
}

/// ISO 19005-3 §6.6.2.3: what PDF/A does not know by itself has to be explained.
const UA_SCHEMA: &str = "<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType=\"Resource\">\
    <pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>\
    <pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
    <pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType=\"Resource\">\
    <pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
    <pdfaProperty:category>internal</pdfaProperty:category>\
    <pdfaProperty:description>Part of ISO 14289</pdfaProperty:description>\
    </rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas>\n";

fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text.replace(char::is_control, " ")).into_owned()
}

fn output_intent(document: &mut Document) -> ObjectId {
    let profile = Stream::new(Dictionary::from_iter([("N", 3.into())]), SRGB.clone());
    let profile = document.add_object(profile);
    let name = || Object::string_literal("sRGB IEC61966-2.1");
    document.add_object(Dictionary::from_iter([
        ("Type", "OutputIntent".into()),
        ("S", "GTS_PDFA1".into()),
        ("OutputConditionIdentifier", name()),
        ("Info", name()),
        ("DestOutputProfile", profile.into()),
    ]))
}

/// ISO 32000-1 §14.7.2: every element with its parent, and for each page the elements of its pieces.
fn structure_tree(document: &mut Document, structure: &Structure, marks: &[Vec<ElementId>]) -> lopdf::Result<ObjectId> {
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
        if element.role == Role::RowHeader {
            let scope = Dictionary::from_iter([("O", "Table".into()), ("Scope", "Row".into())]);
            dictionary.set("A", scope);
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

/// The message as it came, bit by bit (ISO 19005-3 §6.8: any file, with its relation to the document).
fn original(document: &mut Document, facts: &Facts, cover: &Cover<'_>, raw: &[u8]) -> ObjectId {
    let checksum = Object::String(Md5::digest(raw).to_vec(), StringFormat::Hexadecimal);
    let parameters = Dictionary::from_iter([
        ("Size", integer(raw.len())),
        ("CheckSum", checksum),
        ("ModDate", Object::string_literal(facts.pdf_date.as_str())),
    ]);
    let dictionary = Dictionary::from_iter([
        ("Type", "EmbeddedFile".into()),
        ("Subtype", "message/rfc822".into()),
        ("Params", parameters.into()),
    ]);
    let stream = Stream::new(dictionary, raw.to_vec()).with_compression(raw.len() <= MAX_COMPRESSED);
    let stream = document.add_object(stream);
    let description = format!("Meddelandet som det kom in, SHA-256 {}", cover.raw);
    document.add_object(Dictionary::from_iter([
        ("Type", "Filespec".into()),
        ("F", text_string(&facts.file_name)),
        ("UF", text_string(&facts.file_name)),
        ("Desc", text_string(&description)),
        ("AFRelationship", "Source".into()),
        ("EF", Dictionary::from_iter([("F", Object::Reference(stream)), ("UF", Object::Reference(stream))]).into()),
    ]))
}

fn integer(number: usize) -> Object {
    Object::Integer(i64::try_from(number).expect("a document has fewer parts"))
}

/// ISO 32000-1 §7.9.2.2: UTF-16 with a byte order mark.
fn text_string(text: &str) -> Object {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    Object::String(units.flat_map(u16::to_be_bytes).collect(), StringFormat::Hexadecimal)
}
