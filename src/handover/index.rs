//! What a handing over is called in the folder, and what its index says.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::clock;
use crate::decision::Standing;
use crate::diary::EntryDetails;
use crate::model::{DiaryNumber, Digest};
use crate::triage::PatientNumber;

/// Changed when a reader of the index has to be.
const FORMAT: &str = "inkom-handover-1";

/// The diary number and the handover's own: `MM-2026-00012-7`. No two are alike, since no handover's number is given twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name(String);

impl Name {
    pub(super) fn of(number: &DiaryNumber, handover: i64) -> Self {
        // Names in ASCII pass through every file system and share unchanged. AA is also a series, and then the handover differs.
        let series = number.series.as_str().replace('Å', "AA").replace('Ä', "AE").replace('Ö', "OE");
        Self(format!("{series}-{:04}-{:05}-{handover}", number.year, number.serial))
    }

    /// The handover's number in what may be a name.
    pub(super) fn handover_in(text: &str) -> Option<i64> {
        text.rsplit_once('-')?.1.parse().ok()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One file for the record system.
pub(super) struct Content {
    pub(super) name: String,
    what: &'static str,
    media_type: &'static str,
    pub(super) bytes: Vec<u8>,
}

impl Content {
    pub(super) fn incoming(name: &Name, pdf: Vec<u8>) -> Self {
        Self { name: format!("{name}.pdf"), what: "incoming", media_type: "application/pdf", bytes: pdf }
    }

    pub(super) fn reply(name: &Name, letter: Vec<u8>) -> Self {
        Self { name: format!("{name}-svar.eml"), what: "reply", media_type: "message/rfc822", bytes: letter }
    }
}

#[derive(Serialize)]
struct Index<'a> {
    format: &'static str,
    name: &'a str,
    number: String,
    unit: &'a str,
    hsa_id: &'a str,
    arrived_at: String,
    arrived_at_utc: Timestamp,
    patient: Patient<'a>,
    document_type: &'a str,
    sender_type: &'static str,
    flags: Vec<&'static str>,
    files: Vec<FileLine<'a>>,
    inkom: &'static str,
}

#[derive(Serialize)]
struct Patient<'a> {
    number: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
struct FileLine<'a> {
    name: &'a str,
    what: &'static str,
    media_type: &'static str,
    size_bytes: usize,
    sha256: String,
}

/// The index as JSON.
pub(super) fn index(
    name: &Name,
    details: &EntryDetails,
    patient: &PatientNumber,
    standing: &Standing,
    contents: &[Content],
) -> anyhow::Result<Vec<u8>> {
    let arrived_at = details.entry.arrival.arrived_at;
    let files = contents.iter().map(|content| FileLine {
        name: &content.name,
        what: content.what,
        media_type: content.media_type,
        size_bytes: content.bytes.len(),
        sha256: Digest::of(&content.bytes).to_string(),
    });
    let index = Index {
        format: FORMAT,
        name: &name.0,
        number: details.entry.number.to_string(),
        unit: &details.entry.unit,
        hsa_id: &details.hsa_id,
        arrived_at: clock::stockholm(arrived_at).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        arrived_at_utc: arrived_at,
        patient: Patient { number: patient.as_str(), kind: patient.kind().word() },
        document_type: &standing.document_type,
        sender_type: standing.sender.word(),
        flags: standing.flags.iter().map(|flag| flag.word()).collect(),
        files: files.collect(),
        inkom: env!("CARGO_PKG_VERSION"),
    };
    let mut bytes = serde_json::to_vec_pretty(&index)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// What stands in `NAME.done`: the digests, as `sha256sum --check` reads them.
pub(super) fn sums(files: &[(String, Digest)]) -> Vec<u8> {
    let line = |(name, digest): &(String, Digest)| format!("{digest}  {name}\n");
    files.iter().map(line).collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_ascii_whatever_the_series() {
        for (number, name) in [("MM 2026-00012", "MM-2026-00012-7"), ("ÅÄÖ 2026-123456", "AAAEOE-2026-123456-7")] {
            let found = Name::of(&number.parse().unwrap(), 7).to_string();
            assert_eq!(found, name);
            assert_eq!(Name::handover_in(&found), Some(7));
        }
        for text in ["", "7", "MM-2026-00012-", "MM-2026-00012-x"] {
            assert_eq!(Name::handover_in(text), None, "{text}");
        }
    }
}
