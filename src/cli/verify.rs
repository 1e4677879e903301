use std::process::ExitCode;

use anyhow::Result;

use super::{ConfigArg, progress, progress_done};
use crate::model::AuditAction;
use crate::verify;

pub async fn verify(arg: &ConfigArg) -> Result<ExitCode> {
    let opened = arg.open().await?;
    let report = verify::verify(&opened.diary, |done, total| progress("Reading entry", done, total)).await?;
    progress_done();
    for fault in &report.faults {
        println!("FAULT  {fault}");
    }
    println!(
        "{} entries in {} yearly series, {} kept documents read and hashed, {} audit rows linked: {}",
        report.entries,
        report.series,
        report.kept,
        report.audit_rows,
        if report.faults.is_empty() { "no fault".to_owned() } else { format!("{} faults", report.faults.len()) }
    );
    opened.audit(AuditAction::Verified, "", None, format!("faults={}", report.faults.len())).await?;
    Ok(if report.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
