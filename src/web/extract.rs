//! Loggutdrag: for one patient, each time someone saw what came in about them (PDL 8 kap. 5 §). What the law gives the patient is
//! from which care unit and when; who it was by name is for the authority to decide.

use std::sync::Arc;

use anyhow::Context as _;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::door::Visitor;
use super::forms::{patient, period};
use super::log::{audit_reading, checked_units};
use super::page::{Frame, html};
use super::refusal::Refusal;
use super::{Room, Shared, words};
use crate::clock;
use crate::diary::{AuditRow, LogFilter, LogSource, Tx};
use crate::export::{csv_writer, unarmed};
use crate::model::{AuditAction, Role};
use crate::pdf::{self, Listing};
use crate::triage::PatientNumber;

/// Of one entry and one kind of look. What is longer is cut, and says so.
const MOST: u32 = 5_000;

const COLUMNS: [&str; 6] = ["Tid", "Vårdenhet", "Slag", "Vad", "Vem", "Handling"];
/// Of the width of a page.
const SHARES: [i32; 6] = [26, 20, 11, 26, 20, 22];

const NOTES: [&str; 2] = [
    "Varje rad är en gång då någon har sett uppgifter i ett meddelande som rör patienten. Läsning betyder att handlingen \
     öppnades eller hämtades, lista att den syntes som en rad bland andra.",
    "Även läsningar från tiden innan meddelandet kopplades till patienten är med.",
];
const CUT: &str = "Listan är längre än så här. Begär en kortare tid i taget för att se resten.";

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Asked {
    #[serde(skip_serializing_if = "String::is_empty")]
    patient: String,
    #[serde(rename = "fran", skip_serializing_if = "String::is_empty")]
    from: String,
    #[serde(rename = "till", skip_serializing_if = "String::is_empty")]
    to: String,
    #[serde(rename = "namn", skip_serializing_if = "String::is_empty")]
    names: String,
}

/// What a patient is given.
struct Extract {
    patient: PatientNumber,
    /// From and to, in words.
    period: String,
    units: Vec<String>,
    /// Time, unit, kind, what, who, entry; the oldest first.
    rows: Vec<[String; 6]>,
    is_cut: bool,
}

#[derive(Template)]
#[template(path = "extract.html")]
struct ExtractPage {
    frame: Frame,
    asked: Asked,
    extract: Option<Extract>,
    query: String,
    wrong: Option<String>,
}

pub async fn page(State(room): Shared, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Refusal> {
    let units = checked_units(&room, &visitor).await?;
    let (extract, wrong) = if asked.patient.trim().is_empty() {
        (None, None)
    } else {
        match extract(&room, &visitor, &asked, &units, "page").await? {
            Ok(extract) => (Some(extract), None),
            Err(wrong) => (None, Some(wrong)),
        }
    };
    let query = serde_urlencoded::to_string(&asked).context("write the address of the files")?;
    Ok(html(&ExtractPage { frame: Frame::new(&visitor, "logg"), asked, extract, query, wrong }))
}

/// For a spreadsheet.
pub async fn csv(State(room): Shared, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Refusal> {
    let units = checked_units(&room, &visitor).await?;
    let extract = extract(&room, &visitor, &asked, &units, "csv").await?.map_err(wrong)?;
    Ok(file(as_csv(&extract)?, "text/csv; charset=utf-8", &format!("{}.csv", file_name(visitor.now)), "attachment"))
}

pub async fn pdf(State(room): Shared, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Refusal> {
    let units = checked_units(&room, &visitor).await?;
    let extract = extract(&room, &visitor, &asked, &units, "pdf").await?.map_err(wrong)?;
    let (room, now) = (Arc::clone(&room), visitor.now);
    let bytes = tokio::task::spawn_blocking(move || as_pdf(&room, &extract, now)).await.context("make the PDF")?;
    let bytes = bytes.context("make the PDF of a log extract")?;
    Ok(file(bytes, "application/pdf", &format!("{}.pdf", file_name(visitor.now)), "inline"))
}

fn wrong(text: String) -> Refusal {
    Refusal::Wrong { title: "Utdraget kunde inte göras", text, back: "/logg/utdrag".into() }
}

/// Without the patient's number: names of files go far.
fn file_name(now: Timestamp) -> String {
    format!("loggutdrag-{}", clock::day(now))
}

fn file(bytes: Vec<u8>, kind: &'static str, name: &str, disposition: &str) -> Response {
    let disposition = format!("{disposition}; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response()
}

/// The extract, once it is in the log that it was made; or what is wrong with what was asked.
async fn extract(
    room: &Room,
    visitor: &Visitor,
    asked: &Asked,
    units: &[String],
    form: &str,
) -> Result<Result<Extract, String>, Refusal> {
    let patient = match patient(&asked.patient, visitor.now) {
        Ok(patient) => patient,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let (from, before) = match period(&asked.from, &asked.to) {
        Ok(period) => period,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let with_names = asked.names == "ja";
    let mut tx = room.diary.read().await?;
    let (rows, is_cut) = looks(&mut tx, &patient, units, from, before).await?;
    drop(tx);
    let names = if with_names { "yes" } else { "no" };
    let payload = format!("extract patient={patient} as={form} names={names} rows={}", rows.len());
    audit_reading(room, visitor, units, AuditAction::LogRead, &payload).await?;
    let [from, to] = [asked.from.trim(), asked.to.trim()];
    Ok(Ok(Extract {
        patient,
        period: match (from, to) {
            ("", "") => format!("Till och med {}", clock::minute(visitor.now)),
            ("", to) => format!("Till och med {to}"),
            (from, "") => format!("Från och med {from}"),
            (from, to) => format!("{from} – {to}"),
        },
        units: units.to_vec(),
        rows: rows.iter().map(|(unit, number, row)| line(unit, number, row, with_names)).collect(),
        is_cut,
    }))
}

/// Looks at all entries of a patient in these units, the oldest first, each with its entry's unit and number.
async fn looks(
    tx: &mut Tx,
    patient: &PatientNumber,
    units: &[String],
    from: Option<Timestamp>,
    before: Option<Timestamp>,
) -> anyhow::Result<(Vec<(String, String, AuditRow)>, bool)> {
    let (mut found, mut is_cut) = (Vec::new(), false);
    for entry in tx.entries_of(patient).await?.into_iter().filter(|entry| units.contains(&entry.unit)) {
        for action in AuditAction::LOOKS {
            let sources = vec![LogSource::Entry(entry.id, entry.number.clone())];
            let filter = LogFilter { sources, actor: None, action: Some(action), from, before };
            let rows = tx.log(&filter, None, MOST + 1).await?;
            is_cut |= rows.len() > MOST as usize;
            let rows = rows.into_iter().take(MOST as usize);
            found.extend(rows.map(|row| (entry.unit.clone(), entry.number.to_string(), row)));
        }
    }
    found.sort_by_key(|(_, _, row)| (row.event.at, row.seq));
    Ok((found, is_cut))
}

fn line(unit: &str, number: &str, row: &AuditRow, with_names: bool) -> [String; 6] {
    let (kind, what) = words::look(row);
    let role = match row.event.role.parse::<Role>() {
        Ok(role) => role.text().to_owned(),
        // Who keeps the service going, at the command line.
        Err(_) => "Driftpersonal".to_owned(),
    };
    let name = row.event.actor.strip_prefix("os:").unwrap_or(&row.event.actor);
    let who = if with_names { format!("{name}, {}", role.to_lowercase()) } else { role };
    [clock::second(row.event.at), unit.to_owned(), kind.to_owned(), what.to_owned(), who, number.to_owned()]
}

fn as_csv(extract: &Extract) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv_writer(Vec::new())?;
    writer.write_record(COLUMNS)?;
    for row in &extract.rows {
        writer.write_record(row.iter().map(|cell| unarmed(cell).into_owned()))?;
    }
    if extract.is_cut {
        writer.write_record([CUT, "", "", "", "", ""])?;
    }
    writer.into_inner().context("write the list")
}

fn as_pdf(room: &Room, extract: &Extract, now: Timestamp) -> Result<Vec<u8>, pdf::RenderError> {
    let facts = [
        ("Patient", extract.patient.to_string()),
        ("Tid", extract.period.clone()),
        ("Vårdenheter", extract.units.join(", ")),
        ("Antal rader", extract.rows.len().to_string()),
    ];
    let mut notes = NOTES.to_vec();
    if extract.rows.is_empty() {
        notes.push("Ingen har sett sådana uppgifter under tiden.");
    }
    if extract.is_cut {
        notes.push(CUT);
    }
    let columns: Vec<(&str, i32)> = COLUMNS.into_iter().zip(SHARES).collect();
    let rows: Vec<Vec<String>> = extract.rows.iter().map(|row| row.to_vec()).collect();
    let listing = Listing {
        authority: &room.config.authority.name,
        title: "Loggutdrag",
        facts: &facts,
        notes: &notes,
        columns: &columns,
        rows: &rows,
        made_at: now,
    };
    pdf::listing(&room.fonts, &listing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_taken_for_a_formula_and_none_breaks_out_of_its_column() {
        let row = |who: &str| ["2026-11-25 14:05:09", "=A1", "Lista", "\tx", who, "-1"].map(ToOwned::to_owned);
        let extract = Extract {
            patient: PatientNumber::read("189001039800", jiff::civil::Date::constant(2026, 1, 1)).unwrap(),
            period: String::new(),
            units: Vec::new(),
            rows: vec![row("@SUM(1;2)"), row("Åsa \"x\"\nÖ; y"), row("+1")],
            is_cut: false,
        };
        let text = String::from_utf8(as_csv(&extract).unwrap()).unwrap();
        assert_eq!(
            text,
            "\u{feff}Tid;Vårdenhet;Slag;Vad;Vem;Handling\n\
             2026-11-25 14:05:09;'=A1;Lista;'\tx;\"'@SUM(1;2)\";'-1\n\
             2026-11-25 14:05:09;'=A1;Lista;'\tx;\"Åsa \"\"x\"\"\nÖ; y\";'-1\n\
             2026-11-25 14:05:09;'=A1;Lista;'\tx;'+1;'-1\n"
        );
    }
}
