//! Metadata in XML (XMP, ISO 16684-1), uncompressed, with the values that stand in the document information too. What
//! PDF/A does not know by itself is explained in it (ISO 19005-3 §6.6.2.3).

use std::fmt::Write as _;

use lopdf::{Dictionary, Stream};

use super::files::Embedded;
use super::{Facts, PRODUCER, iso_date};
use crate::message::{Address, Message};

const NAMESPACES: &[(&str, &str)] = &[
    ("dc", "http://purl.org/dc/elements/1.1/"),
    ("xmp", "http://ns.adobe.com/xap/1.0/"),
    ("xmpMM", "http://ns.adobe.com/xap/1.0/mm/"),
    ("pdf", "http://ns.adobe.com/pdf/1.3/"),
    ("pdfaid", "http://www.aiim.org/pdfa/ns/id/"),
    ("pdfuaid", PDFUAID),
    ("pdfmailid", PDFMAILID),
    ("pdfmailmeta", PDFMAILMETA),
    ("pdfaExtension", "http://www.aiim.org/pdfa/ns/extension/"),
    ("pdfaSchema", "http://www.aiim.org/pdfa/ns/schema#"),
    ("pdfaProperty", "http://www.aiim.org/pdfa/ns/property#"),
    ("pdfaType", "http://www.aiim.org/pdfa/ns/type#"),
    ("pdfaField", "http://www.aiim.org/pdfa/ns/field#"),
];
const PDFUAID: &str = "http://www.aiim.org/pdfua/ns/id/";
/// EA-PDF, of the PDF Association.
const PDFMAILID: &str = "http://www.pdfa.org/eapdf/ns/id/";
const PDFMAILMETA: &str = "http://www.pdfa.org/eapdf/ns/meta/";

/// Of addresses and files in the metadata; the pages and the embedded files have them all.
const MAX_LISTED: usize = 200;

pub(super) fn metadata(facts: &Facts, message: Option<&Message>, files: &[Embedded]) -> Stream {
    let mut xmp = String::from("<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n");
    write(&mut xmp, facts, message, files).expect("a string takes whatever is written to it");
    let dictionary = Dictionary::from_iter([("Type", "Metadata".into()), ("Subtype", "XML".into())]);
    Stream::new(dictionary, xmp.into_bytes()).with_compression(false)
}

fn write(xmp: &mut String, facts: &Facts, message: Option<&Message>, files: &[Embedded]) -> std::fmt::Result {
    xmp.push_str("<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n<rdf:Description rdf:about=\"\"");
    for (prefix, address) in NAMESPACES {
        write!(xmp, " xmlns:{prefix}=\"{address}\"")?;
    }
    let Facts { iso_date: date, identity, .. } = facts;
    let (title, authority) = (escaped(&facts.title), escaped(&facts.authority));
    // Only what holds a message says that it is aligned with EA-PDF.
    let (identification, keywords) = if message.is_some() {
        (
            "<pdfmailid:version>1</pdfmailid:version><pdfmailid:rev>2024</pdfmailid:rev>\
             <pdfmailid:conformance>s</pdfmailid:conformance>\n",
            "<pdf:Keywords>EA-PDF</pdf:Keywords>",
        )
    } else {
        ("", "")
    };
    writeln!(
        xmp,
        ">\n<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>\n<pdfuaid:part>1</pdfuaid:part>\n\
         {identification}<dc:format>application/pdf</dc:format>\n\
         <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>\n\
         <dc:creator><rdf:Seq><rdf:li>{authority}</rdf:li></rdf:Seq></dc:creator>\n\
         <dc:language><rdf:Bag><rdf:li>sv-SE</rdf:li></rdf:Bag></dc:language>\n\
         <xmp:CreatorTool>inkom</xmp:CreatorTool><xmp:CreateDate>{date}</xmp:CreateDate>\
         <xmp:ModifyDate>{date}</xmp:ModifyDate><xmp:MetadataDate>{date}</xmp:MetadataDate>\n\
         <pdf:Producer>{PRODUCER}</pdf:Producer>{keywords}\n\
         <xmpMM:DocumentID>urn:sha256:{identity}</xmpMM:DocumentID>"
    )?;
    if let Some(message) = message {
        mail(xmp, message, files)?;
    }
    explanations(xmp)?;
    xmp.push_str("</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"r\"?>");
    Ok(())
}

/// The message and its files.
fn mail(xmp: &mut String, message: &Message, files: &[Embedded]) -> std::fmt::Result {
    let Some((original, attachments)) = files.split_first() else { return Ok(()) };
    let id = message.message_id.as_deref().unwrap_or_default();
    xmp.push_str("<pdfmailmeta:assets><rdf:Seq><rdf:li rdf:parseType=\"Resource\">");
    file(xmp, original)?;
    field(xmp, "Format", &original.media_type)?;
    field(xmp, "NumberMessages", "1")?;
    xmp.push_str(
        "</rdf:li></rdf:Seq></pdfmailmeta:assets>\n<pdfmailmeta:email><rdf:Seq><rdf:li rdf:parseType=\"Resource\">",
    );
    field(xmp, "AssetFilename", &original.name)?;
    addresses(xmp, "From", &message.from)?;
    addresses(xmp, "To", &message.to)?;
    addresses(xmp, "Cc", &message.cc)?;
    if let Some(date) = message.date {
        field(xmp, "Sent", &iso_date(date))?;
    }
    if let Some(subject) = &message.subject {
        field(xmp, "Subject", subject)?;
    }
    field(xmp, "Message-ID", id)?;
    field(xmp, "SizeInBytes", &original.size_bytes.to_string())?;
    field(xmp, "NumberAttachments", &attachments.len().to_string())?;
    xmp.push_str("</rdf:li></rdf:Seq></pdfmailmeta:email>\n");
    if !attachments.is_empty() {
        xmp.push_str("<pdfmailmeta:attachments><rdf:Seq>");
        for attachment in attachments.iter().take(MAX_LISTED) {
            xmp.push_str("<rdf:li rdf:parseType=\"Resource\">");
            file(xmp, attachment)?;
            field(xmp, "Message-ID", id)?;
            field(xmp, "Content-Type", &attachment.media_type)?;
            xmp.push_str("</rdf:li>\n");
        }
        xmp.push_str("</rdf:Seq></pdfmailmeta:attachments>\n");
    }
    Ok(())
}

fn file(xmp: &mut String, file: &Embedded) -> std::fmt::Result {
    field(xmp, "Filename", &file.name)?;
    field(xmp, "SizeInBytes", &file.size_bytes.to_string())?;
    field(xmp, "CheckSum", &file.checksum)
}

fn field(xmp: &mut String, name: &str, value: &str) -> std::fmt::Result {
    let value = escaped(&value[..value.floor_char_boundary(2_000)]);
    write!(xmp, "<pdfmailmeta:{name}>{value}</pdfmailmeta:{name}>")
}

fn addresses(xmp: &mut String, name: &str, addresses: &[Address]) -> std::fmt::Result {
    if addresses.is_empty() {
        return Ok(());
    }
    write!(xmp, "<pdfmailmeta:{name}><rdf:Seq>")?;
    for address in addresses.iter().take(MAX_LISTED) {
        write!(xmp, "<rdf:li>{}</rdf:li>", escaped(&address.to_string()))?;
    }
    write!(xmp, "</rdf:Seq></pdfmailmeta:{name}>")
}

/// Characters that XML 1.0 cannot hold become spaces.
fn escaped(text: &str) -> String {
    let held = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    quick_xml::escape::escape(text.replace(|c| !held(c), " ")).into_owned()
}

/// A name, what it is, and the names and types of its fields.
type ValueType = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const MAIL_TYPES: &[ValueType] = &[
    (
        "Asset",
        "A file that holds messages",
        &[
            ("Filename", "Text"),
            ("SizeInBytes", "Integer"),
            ("CheckSum", "Text"),
            ("Format", "Text"),
            ("NumberMessages", "Integer"),
        ],
    ),
    (
        "Email",
        "A message",
        &[
            ("AssetFilename", "Text"),
            ("From", "Seq Text"),
            ("To", "Seq Text"),
            ("Cc", "Seq Text"),
            ("Sent", "Date"),
            ("Subject", "Text"),
            ("Message-ID", "Text"),
            ("SizeInBytes", "Integer"),
            ("NumberAttachments", "Integer"),
        ],
    ),
    (
        "Attachment",
        "A file attached to a message",
        &[
            ("Filename", "Text"),
            ("SizeInBytes", "Integer"),
            ("CheckSum", "Text"),
            ("Message-ID", "Text"),
            ("Content-Type", "Text"),
        ],
    ),
];

fn explanations(xmp: &mut String) -> std::fmt::Result {
    xmp.push_str("<pdfaExtension:schemas><rdf:Bag>");
    schema(xmp, "PDF/UA identification", "pdfuaid", PDFUAID, &[("part", "Integer")])?;
    let identity = [("version", "Integer"), ("rev", "Integer"), ("conformance", "Text")];
    schema(xmp, "EA-PDF identification", "pdfmailid", PDFMAILID, &identity)?;
    let metadata = [("assets", "Seq Asset"), ("email", "Seq Email"), ("attachments", "Seq Attachment")];
    schema(xmp, "EA-PDF metadata", "pdfmailmeta", PDFMAILMETA, &metadata)?;
    xmp.push_str("</rdf:Bag></pdfaExtension:schemas>\n");
    Ok(())
}

fn schema(xmp: &mut String, name: &str, prefix: &str, address: &str, properties: &[(&str, &str)]) -> std::fmt::Result {
    write!(
        xmp,
        "<rdf:li rdf:parseType=\"Resource\"><pdfaSchema:schema>{name}</pdfaSchema:schema>\
         <pdfaSchema:namespaceURI>{address}</pdfaSchema:namespaceURI><pdfaSchema:prefix>{prefix}</pdfaSchema:prefix>\
         <pdfaSchema:property><rdf:Seq>"
    )?;
    for (property, kind) in properties {
        write!(
            xmp,
            "<rdf:li pdfaProperty:name=\"{property}\" pdfaProperty:valueType=\"{kind}\" \
             pdfaProperty:category=\"internal\" pdfaProperty:description=\"{property}\"/>"
        )?;
    }
    xmp.push_str("</rdf:Seq></pdfaSchema:property>");
    if address == PDFMAILMETA {
        types(xmp)?;
    }
    xmp.push_str("</rdf:li>\n");
    Ok(())
}

fn types(xmp: &mut String) -> std::fmt::Result {
    xmp.push_str("<pdfaSchema:valueType><rdf:Seq>");
    for (name, description, fields) in MAIL_TYPES {
        write!(
            xmp,
            "<rdf:li rdf:parseType=\"Resource\"><pdfaType:type>{name}</pdfaType:type>\
             <pdfaType:namespaceURI>{PDFMAILMETA}</pdfaType:namespaceURI><pdfaType:prefix>pdfmailmeta</pdfaType:prefix>\
             <pdfaType:description>{description}</pdfaType:description><pdfaType:field><rdf:Seq>"
        )?;
        for (field, kind) in *fields {
            write!(
                xmp,
                "<rdf:li pdfaField:name=\"{field}\" pdfaField:valueType=\"{kind}\" pdfaField:description=\"{field}\"/>"
            )?;
        }
        xmp.push_str("</rdf:Seq></pdfaType:field></rdf:li>");
    }
    xmp.push_str("</rdf:Seq></pdfaSchema:valueType>");
    Ok(())
}
