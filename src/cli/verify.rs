use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::{ConfigArg, progress, progress_done};
use crate::heads;
use crate::model::AuditAction;
use crate::verify;

#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    config: ConfigArg,
    /// A copy of heads.pub that was kept elsewhere, by which the signed heads are checked: who can change this machine can
    /// change the one that lies here.
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
}

impl Verify {
    pub async fn run(&self) -> Result<ExitCode> {
        let config = self.config.load()?;
        let opened = self.config.open().await?;
        let report = verify::verify(&opened.diary, |done, total| progress("Reading entry", done, total)).await?;
        progress_done();
        let signed = heads::check(&opened.diary, &config, self.public_key.as_deref()).await?;
        let faults: Vec<&String> = report.faults.iter().chain(&signed.faults).collect();
        for fault in &faults {
            println!("FAULT  {fault}");
        }
        println!(
            "{} entries in {} yearly series, {} kept documents read and hashed, {} audit rows linked, {} signed heads: {}",
            report.entries,
            report.series,
            report.kept,
            report.audit_rows,
            signed.heads,
            if faults.is_empty() { "no fault".to_owned() } else { format!("{} faults", faults.len()) }
        );
        if let Some(key) = signed.key {
            println!("The heads are checked by the public key {key}");
        }
        opened.audit(AuditAction::Verified, "", None, format!("faults={}", faults.len())).await?;
        Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
