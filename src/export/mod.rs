//! What leaves the diary: lists for those who ask what has come in, and for the archive (docs/arkiv.md).
//!
//! Promises: a list is written page by page, so that memory does not grow with it; every row is in the audit log as seen before
//! it is written; no cell is taken for a formula.

pub mod balans;
mod columns;
mod list;

pub use columns::{COLUMNS, Column, Value};
pub use list::{Format, Written, write_diary_list};

/// A spreadsheet takes a cell that begins so for a formula, and what senders write comes from elsewhere (CWE-1236).
#[must_use]
pub fn unarmed(cell: &str) -> std::borrow::Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}").into() } else { cell.into() }
}

/// Semicolons and a byte order mark, as a Swedish spreadsheet expects.
///
/// # Errors
/// When the mark cannot be written.
pub fn csv_writer<W: std::io::Write>(mut to: W) -> std::io::Result<csv::Writer<W>> {
    to.write_all("\u{feff}".as_bytes())?;
    Ok(csv::WriterBuilder::new().delimiter(b';').from_writer(to))
}
