//! The diary list: every field, for those who may see it.

use std::io::Write;

use anyhow::{Context as _, Result};
use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Workbook, Worksheet};
use serde_json::{Map, Value as Json};
use tokio::task::JoinHandle;

use super::columns::{COLUMNS, Value};
use super::{csv_writer, unarmed};
use crate::clock;
use crate::diary::{Diary, ExportRow, Selection};
use crate::model::{AuditEvent, EntryId, words};

/// Rows are read so many at a time.
const PAGE: u32 = 2_000;
/// A worksheet ends there (ECMA-376).
const SHEET_ROWS: u32 = 1_048_576;
/// And a cell there.
const CELL_CHARS: usize = 32_767;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// UTF-8 with a byte order mark, semicolons, times as `2026-11-21 14:05:09` in Sweden.
    Csv,
    /// Times that are times, the head row frozen, filters.
    Xlsx,
    /// An object a line, times in UTC (RFC 3339).
    Json,
}

words!(Format { Csv = "csv", Xlsx = "xlsx", Json = "json" });

/// How much was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    pub rows: u64,
}

/// Where rows go, one after another.
trait Sink {
    fn row(&mut self, row: &ExportRow) -> Result<()>;
    fn finish(self: Box<Self>) -> Result<()>;
}

/// Writes the list to `to`. Before a page of it is written, `event` is in the audit log with every entry on it.
///
/// # Errors
/// When the diary cannot be read, the log not be written, or `to` not take it; and with [`Format::Xlsx`] when there are more rows
/// than a worksheet holds.
pub async fn write_diary_list(
    diary: &Diary,
    selection: &Selection,
    format: Format,
    event: &AuditEvent,
    to: impl Write + Send,
) -> Result<Written> {
    let mut sink: Box<dyn Sink + Send> = match format {
        Format::Csv => Box::new(Csv::new(to)?),
        Format::Xlsx => Box::new(Xlsx::new(to)?),
        Format::Json => Box::new(JsonLines(to)),
    };
    let mut rows = 0;
    let mut next = page_after(diary, selection, EntryId(0));
    while let Some((last, page)) = next.await.context("read the diary")?? {
        // The next page is read while this one is written.
        next = page_after(diary, selection, last);
        if page.is_empty() {
            continue;
        }
        let shown: Vec<EntryId> = page.iter().map(|row| row.id).collect();
        let mut tx = diary.write().await.context("every look is audited, so the diary must be writable")?;
        tx.audit_looks(event, &shown).await?;
        tx.commit().await?;
        for row in &page {
            sink.row(row)?;
        }
        rows += page.len() as u64;
    }
    sink.finish()?;
    Ok(Written { rows })
}

/// A page of the diary: its last entry, and those of it that were chosen.
type Page = Option<(EntryId, Vec<ExportRow>)>;

fn page_after(diary: &Diary, selection: &Selection, after: EntryId) -> JoinHandle<Result<Page>> {
    let (diary, selection) = (diary.clone(), selection.clone());
    tokio::spawn(async move { diary.read().await?.export_after(&selection, after, PAGE).await })
}

struct Csv<W: Write> {
    writer: csv::Writer<W>,
    cells: Vec<String>,
}

impl<W: Write> Csv<W> {
    fn new(to: W) -> Result<Self> {
        let mut writer = csv_writer(to)?;
        writer.write_record(COLUMNS.iter().map(|column| column.title))?;
        Ok(Self { writer, cells: Vec::new() })
    }
}

impl<W: Write> Sink for Csv<W> {
    fn row(&mut self, row: &ExportRow) -> Result<()> {
        self.cells.clear();
        self.cells.extend(COLUMNS.iter().map(|column| match (column.of)(row) {
            Value::Text(text) => unarmed(&text).into_owned(),
            Value::Time(at) => clock::second(at),
            Value::Number(number) => number.to_string(),
            Value::Yes(yes) => if yes { "ja" } else { "nej" }.to_owned(),
            Value::Empty => String::new(),
        }));
        self.writer.write_record(&self.cells).context("write the list")
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.writer.flush().context("write the list")
    }
}

struct JsonLines<W>(W);

impl<W: Write> Sink for JsonLines<W> {
    fn row(&mut self, row: &ExportRow) -> Result<()> {
        let object: Map<String, Json> = COLUMNS
            .iter()
            .map(|column| {
                let value = match (column.of)(row) {
                    Value::Text(text) => Json::String(text),
                    Value::Time(at) => Json::String(at.to_string()),
                    Value::Number(number) => number.into(),
                    Value::Yes(yes) => yes.into(),
                    Value::Empty => Json::Null,
                };
                (column.key.to_owned(), value)
            })
            .collect();
        serde_json::to_writer(&mut self.0, &object).context("write the list")?;
        self.0.write_all(b"\n").context("write the list")
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.0.flush().context("write the list")
    }
}

/// A worksheet that keeps one row in memory, and the rest in a temporary file.
struct Xlsx<W> {
    to: W,
    workbook: Workbook,
    time: CellFormat,
    rows: u32,
}

impl<W> Xlsx<W> {
    fn new(to: W) -> Result<Self> {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name("Diarium")?;
        sheet.set_freeze_panes(1, 1)?;
        let head = CellFormat::new().set_bold();
        for (at, column) in (0..).zip(COLUMNS) {
            sheet.set_column_width(at, column.width)?;
            sheet.write_string_with_format(0, at, column.title, &head)?;
        }
        Ok(Self { to, workbook, time: CellFormat::new().set_num_format("yyyy-mm-dd hh:mm:ss"), rows: 0 })
    }
}

impl<W: Write> Sink for Xlsx<W> {
    fn row(&mut self, row: &ExportRow) -> Result<()> {
        self.rows += 1;
        anyhow::ensure!(
            self.rows < SHEET_ROWS,
            "a worksheet holds no more than {} rows; choose a shorter time, or another format",
            SHEET_ROWS - 1
        );
        let sheet: &mut Worksheet = self.workbook.worksheet_from_index(0)?;
        for (at, column) in (0..).zip(COLUMNS) {
            match (column.of)(row) {
                // A string cell is never taken for a formula.
                Value::Text(text) => {
                    let text: String = text.chars().take(CELL_CHARS).collect();
                    sheet.write_string(self.rows, at, text)?;
                }
                Value::Time(time) => {
                    let local = clock::stockholm(time);
                    let (day, time) = (local.date(), local.time());
                    let shown = ExcelDateTime::from_ymd(
                        u16::try_from(day.year())?,
                        u8::try_from(day.month())?,
                        u8::try_from(day.day())?,
                    )?
                    .and_hms(
                        u16::try_from(time.hour())?,
                        u8::try_from(time.minute())?,
                        u8::try_from(time.second())?,
                    )?;
                    sheet.write_datetime_with_format(self.rows, at, &shown, &self.time)?;
                }
                #[allow(clippy::cast_precision_loss)]
                Value::Number(number) => {
                    sheet.write_number(self.rows, at, number as f64)?;
                }
                Value::Yes(yes) => {
                    sheet.write_string(self.rows, at, if yes { "ja" } else { "nej" })?;
                }
                Value::Empty => {}
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        let last = u16::try_from(COLUMNS.len() - 1)?;
        self.workbook.worksheet_from_index(0)?.autofilter(0, 0, self.rows, last)?;
        let bytes = self.workbook.save_to_buffer().context("write the worksheet")?;
        self.to.write_all(&bytes).context("write the list")?;
        self.to.flush().context("write the list")
    }
}
