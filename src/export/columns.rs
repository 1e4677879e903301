use jiff::Timestamp;

use crate::diary::{ExportRow, SaidPerson};
use crate::model::ArrivalSource;

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    /// Shown in Swedish time.
    Time(Timestamp),
    Number(u64),
    Yes(bool),
    Empty,
}

/// A field of the diary: its name in lists for people and in JSON, how wide it is in a spreadsheet, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub title: &'static str,
    pub key: &'static str,
    pub width: u8,
    pub of: fn(&ExportRow) -> Value,
}

macro_rules! columns {
    ($($title:literal $key:literal $width:literal $of:expr;)*) => {
        &[$(Column { title: $title, key: $key, width: $width, of: $of }),*]
    };
}

/// All fields, in the order in which an archivist reads them.
pub const COLUMNS: &[Column] = columns! {
    "Diarienummer" "number" 16 |row| Value::Text(row.number.to_string());
    "Enhet" "unit" 22 |row| text(&row.unit);
    "HSA-id" "hsa_id" 28 |row| text(&row.hsa_id);
    "Inkom" "arrived_at" 17 |row| Value::Time(row.arrived_at);
    "Inkom enligt" "arrival_source" 14 |row| text(source(row.arrival_source));
    "Registrerad" "registered_at" 17 |row| Value::Time(row.registered_at);
    "Registrerad av" "registered_by" 18 |row| text(if row.registered_by == "system" { "inkom" } else { &row.registered_by });
    "Riktning" "direction" 11 |row| text(&row.direction);
    "Kanal" "channel" 9 |row| text(row.channel.word());
    "Avsändare" "from" 32 |row| people(&row.said.from);
    "Avsändartyp" "sender_type" 15 |row| text(&row.sender_type);
    "Mottagare" "to" 28 |row| people(&row.said.to);
    "Ämne" "subject" 40 |row| text(row.said.subject.as_deref().unwrap_or_default());
    "Offentlig beskrivning" "public_description" 28 |row| text(&row.public_description);
    "Handlingstyp" "document_type" 20 |row| text(&row.document_type);
    "Ärende" "case_reference" 16 |row| text(&row.case_reference);
    "Sekretess" "confidentiality" 11 |row| text(row.confidentiality.word());
    "Lagrum" "provision" 18 |row| text(&row.provision);
    "Läge" "state" 22 |row| text(row.state.word());
    "Beslut" "decision" 22 |row| text(&row.decision);
    "Senast" "due_at" 17 |row| time(row.due_at);
    "Bilagor" "attachments" 8 |row| Value::Number(row.said.attachments.len() as u64);
    "Dubblett" "duplicate" 9 |row| Value::Yes(row.is_duplicate);
    "Svar" "reply" 10 |row| text(&row.reply);
    "Skäl för svar eller inte" "reply_reason" 24 |row| text(&row.reply_reason);
    "Message-ID" "message_id" 36 |row| text(&row.message_id);
    "Byte" "original_size_bytes" 10 |row| Value::Number(row.raw_size_bytes);
    "SHA-256" "original_sha256" 66 |row| Value::Text(row.raw.to_string());
    "SHA-256 för PDF" "pdf_sha256" 66 |row| row.pdf.map_or(Value::Empty, |pdf| Value::Text(pdf.to_string()));
    "Ur brevlådan" "original_gone_at" 17 |row| time(row.original_gone_at);
};

fn text(text: &str) -> Value {
    if text.is_empty() { Value::Empty } else { Value::Text(text.to_owned()) }
}

fn time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Empty, Value::Time)
}

fn people(people: &[SaidPerson]) -> Value {
    let shown = |person: &SaidPerson| match person.name.as_deref().map(str::trim) {
        None | Some("") => person.address.clone(),
        Some(name) if person.address.is_empty() => name.to_owned(),
        Some(name) => format!("{name} <{}>", person.address),
    };
    text(&people.iter().map(shown).collect::<Vec<_>>().join(", "))
}

fn source(source: ArrivalSource) -> &'static str {
    match source {
        ArrivalSource::OwnHost => "egen server",
        ArrivalSource::MailStore => "brevlådan",
        ArrivalSource::Person => "registrerande",
    }
}
