use std::process::ExitCode;

use anyhow::{Context as _, Result};
use tokio::signal::unix::{SignalKind, signal};

use super::ConfigArg;
use crate::clock::Clock;
use crate::daemon::Daemon;

pub async fn run(arg: &ConfigArg) -> Result<ExitCode> {
    let daemon = Daemon::start(arg.load()?, Clock::default()).await?;
    daemon.run(asked_to_stop()?).await?;
    Ok(ExitCode::SUCCESS)
}

/// Resolves at SIGTERM (systemd) or SIGINT (Ctrl-C).
pub fn asked_to_stop() -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
