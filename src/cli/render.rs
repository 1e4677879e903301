//! The PDF that a message would get, without registering it.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use jiff::Timestamp;

use super::input;
use super::table::counted;
use crate::clock;
use crate::config::{self, Limits};
use crate::message;
use crate::model::{Arrival, ArrivalSource, DiaryNumber, Digest};
use crate::pdf::{self, Cover, Fonts};

/// Render the PDF of messages on disk, with stand-ins for what only the diary knows: number, unit and time of arrival.
/// Registers and changes nothing.
#[derive(Debug, Args)]
pub struct Render {
    /// Messages, mbox files, or folders of them; `-` reads one from standard input.
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,
    /// The PDF to write; for several messages a folder, in which each is numbered and has the name of its file.
    #[arg(long, short, value_name = "PATH")]
    output: PathBuf,
    /// Folders of fonts, in place of the system's, for writing systems that the program's own typeface lacks.
    #[arg(long, value_name = "FOLDER")]
    fonts: Option<Vec<PathBuf>>,
}

impl Render {
    pub fn run(&self) -> Result<ExitCode> {
        let files = input::files(&self.paths)?;
        let fonts = Fonts::new(self.fonts.clone().unwrap_or(config::Pdf::default().font_folders));
        let (mut serial, mut failed) = (0, 0_usize);
        for file in &files {
            let rendered = input::read(file).and_then(|raw| {
                let messages = message::messages(&raw);
                let alone = files.len() == 1 && messages.len() == 1 && !self.output.is_dir();
                for raw in messages {
                    serial += 1;
                    let path = if alone { self.output.clone() } else { self.output.join(name_of(file, serial)) };
                    write(&fonts, raw, serial, &path)?;
                }
                Ok(())
            });
            if let Err(error) = rendered {
                failed += 1;
                eprintln!("inkom: {}: {error:#}", file.display());
            }
        }
        println!("{} in {}", counted(serial as usize, "PDF", "PDFs"), self.output.display());
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn name_of(file: &Path, serial: u32) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    format!("{serial:05}-{stem}.pdf")
}

fn write(fonts: &Fonts, raw: &[u8], serial: u32, path: &Path) -> Result<()> {
    let limits = Limits::default();
    let message = message::read(raw, limits.read_max_bytes);
    // The same message gives the same bytes whenever it is rendered, so the clock is not asked.
    let at = message.date.unwrap_or(Timestamp::UNIX_EPOCH);
    let Some(serial) = NonZeroU32::new(serial) else { bail!("serials begin at 1") };
    let number = DiaryNumber { series: "PROV".parse()?, year: clock::day(at).year(), serial };
    let arrival = Arrival { arrived_at: at, source: ArrivalSource::MailStore, internal_date: at, fetched_at: at };
    let cover = Cover {
        authority: "Myndighetens namn",
        unit: "Enhetens namn",
        number: &number,
        arrival: &arrival,
        registered_at: at,
        raw: &Digest::of(raw),
        raw_size_bytes: raw.len() as u64,
        folder: "INBOX",
    };
    let pdf = pdf::render(fonts, &cover, &message, raw)?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    }
    std::fs::write(path, pdf).with_context(|| format!("write {}", path.display()))
}
