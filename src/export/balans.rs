//! The balanslista: what stands open, by unit and age, and that the numbers have no gaps. Nothing in it is said by a sender.

use std::io::Write;

use anyhow::{Context as _, Result};
use jiff::Timestamp;

use super::csv_writer;
use crate::clock;
use crate::decision::Act;
use crate::diary::{Diary, ExportRow, SeriesState};
use crate::model::{AuditEvent, EntryId, words};

const PAGE: u32 = 2_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For reading: open entries, a line of each unit, numbers and voided numbers.
    Text,
    /// Open entries alone.
    Csv,
}

words!(Format { Text = "text", Csv = "csv" });

/// Of one unit.
struct Sum {
    unit: String,
    open: u64,
    oldest_days: i64,
}

/// Writes the list to `to`; each page of it is in the audit log before it is written. Gives how many are open.
///
/// # Errors
/// When the diary cannot be read, the log not be written, or `to` not take it.
pub async fn write_balans(
    diary: &Diary,
    units: &[String],
    format: Format,
    event: &AuditEvent,
    mut to: impl Write + Send,
) -> Result<u64> {
    let mut sums = Vec::new();
    match format {
        Format::Text => {
            writeln!(to, "Balanslista {}\n", clock::minute(event.at))?;
            for unit in units {
                writeln!(to, "{unit}")?;
                let sum = open_of(diary, unit, event, |row| {
                    let due = row.due_at.map(|due| format!(", senast {}", clock::minute(due))).unwrap_or_default();
                    let days = days(row, event.at);
                    let (number, arrived) = (row.number.to_string(), clock::day(row.arrived_at));
                    Ok(writeln!(to, "  {number:<16} {arrived}  {days:>4} dygn  {}{due}", row.state.text())?)
                })
                .await?;
                if sum.open == 0 {
                    writeln!(to, "  Ingenting står öppet.")?;
                }
                writeln!(to)?;
                sums.push(sum);
            }
            write_sums(&mut to, &sums)?;
            write_numbers(diary, units, &mut to).await?;
        }
        Format::Csv => {
            let mut writer = csv_writer(&mut to)?;
            writer.write_record([
                "Diarienummer",
                "Enhet",
                "Inkom",
                "Dygn",
                "Läge",
                "Senast",
                "Offentlig beskrivning",
            ])?;
            for unit in units {
                let sum = open_of(diary, unit, event, |row| {
                    let due = row.due_at.map(clock::second).unwrap_or_default();
                    let (days, arrived) = (days(row, event.at).to_string(), clock::second(row.arrived_at));
                    let (number, what) = (row.number.to_string(), super::unarmed(&row.public_description));
                    Ok(writer.write_record([&number, unit, &arrived, &days, row.state.text(), &due, &*what])?)
                })
                .await?;
                sums.push(sum);
            }
            writer.flush()?;
        }
    }
    to.flush().context("write the list")?;
    Ok(sums.iter().map(|sum| sum.open).sum())
}

/// Gives each open entry of a unit, the oldest first.
async fn open_of(
    diary: &Diary,
    unit: &str,
    event: &AuditEvent,
    mut each: impl FnMut(&ExportRow) -> Result<()>,
) -> Result<Sum> {
    let mut sum = Sum { unit: unit.to_owned(), open: 0, oldest_days: 0 };
    let mut after = None;
    loop {
        let page = diary.read().await?.open_after(unit, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.arrived_at, last.id));
        let shown: Vec<EntryId> = page.iter().map(|row| row.id).collect();
        let mut tx = diary.write().await.context("every look is audited, so the diary must be writable")?;
        tx.audit_looks(&AuditEvent { unit: unit.to_owned(), ..event.clone() }, &shown).await?;
        tx.commit().await?;
        if sum.open == 0 {
            sum.oldest_days = days(&page[0], event.at);
        }
        sum.open += page.len() as u64;
        page.iter().try_for_each(&mut each).context("write the list")?;
    }
    Ok(sum)
}

fn days(row: &ExportRow, now: Timestamp) -> i64 {
    (clock::day(now) - clock::day(row.arrived_at)).get_days().into()
}

fn write_sums(to: &mut impl Write, sums: &[Sum]) -> Result<()> {
    writeln!(to, "Öppna")?;
    for Sum { unit, open, oldest_days } in sums {
        let oldest = if *open > 0 { format!(", den äldsta {oldest_days} dygn") } else { String::new() };
        writeln!(to, "  {unit}: {open}{oldest}")?;
    }
    Ok(writeln!(to)?)
}

/// The numbers of every year, that they have no gaps, and which are voided.
async fn write_numbers(diary: &Diary, units: &[String], to: &mut impl Write) -> Result<()> {
    let mut tx = diary.read().await?;
    writeln!(to, "Nummer")?;
    for state in tx.series().await? {
        writeln!(to, "  {}", numbers(&state))?;
    }
    writeln!(to, "\nMakulerade")?;
    let mut voided = 0;
    for unit in units {
        for row in tx.voided(unit).await? {
            voided += 1;
            let acts = tx.acts_of(row.id).await?;
            let reason = acts.iter().rev().find_map(|done| match &done.act {
                Some(Act::Voided { reason }) => {
                    let reason = reason.replace(char::is_control, " ");
                    Some(format!("{reason} ({} {})", done.actor, clock::day(done.at)))
                }
                _ => None,
            });
            writeln!(to, "  {:<16} {}", row.number.to_string(), reason.unwrap_or_default())?;
        }
    }
    if voided == 0 {
        writeln!(to, "  Inga.")?;
    }
    Ok(())
}

fn numbers(state: &SeriesState) -> String {
    let SeriesState { series, year, first_given, last_given, entries, .. } = state;
    let given = last_given - first_given + 1;
    let gaps = if given == *entries { "inga luckor".to_owned() } else { format!("{} LUCKOR", given - entries) };
    format!("{series} {year}: {first_given}–{last_given}, {entries} handlingar, {gaps}")
}
