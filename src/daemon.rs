//! Builds everything, owns the tasks, tells systemd how it goes, and stops in order. Wiring only.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tracing::{error, info, warn};

use crate::clock::{self, Clock};
use crate::config::{self, Config, GovernedText, Source, Validity};
use crate::diary::{Alone, Diary, HandoverTrouble};
use crate::handover::Handover;
use crate::heads::Heads;
use crate::health::{Health, Watch};
use crate::intake::{Intake, Steps};
use crate::mailbox::{Imap, Maildir};
use crate::model::{AuditAction, AuditEvent};
use crate::outbox::Outbox;
use crate::pdf::Fonts;
use crate::pulse::Pulse;
use crate::smtp::Transport;
use crate::triage::UrgencyWords;
use crate::web::{Metrics, Web};

/// How often the daemon looks at itself.
const LOOK: Duration = Duration::from_secs(5);
/// How long a stop waits for steps that have begun.
const GRACE: Duration = Duration::from_secs(20);

/// A running daemon.
#[derive(Debug)]
pub struct Daemon {
    pub diary: Diary,
    /// Where the pages are, if there are any.
    pub origin: Option<String>,
    /// Where `/healthz` and `/metrics` are, if anywhere.
    pub metrics: Option<SocketAddr>,
    text: Arc<GovernedText>,
    clock: Clock,
    pulse: Pulse,
    tasks: JoinSet<()>,
    health: Health,
    heads: Heads,
    alone: Alone,
    lock: File,
}

impl Daemon {
    /// Opens everything and starts the loops.
    ///
    /// # Errors
    /// What cannot be opened, by name, and what to do about it. Nothing has been fetched or sent then.
    pub async fn start(config: Config, clock: Clock) -> Result<Self> {
        let lock = lock(&config.state_dir)?;
        let config = Arc::new(config);
        let text = Arc::new(GovernedText::load(&config.reply.text_file)?);
        let urgency_words = UrgencyWords::load(config.triage.urgency_file.as_deref())?;
        let fonts = Arc::new(Fonts::new(config.pdf.font_folders.clone()));
        let transport = Transport::new(&config.smtp)?;
        let diary = Diary::prepare(&config).await?;
        let alone = diary.alone().await?;
        let mut heads = Heads::open(&config)?;
        let started = clock.now();
        let event = AuditEvent::new(
            started,
            "system",
            AuditAction::Started,
            format!("inkom {} text {} {}", env!("CARGO_PKG_VERSION"), text.document_id, text.version),
        );
        let mut tx = diary.write().await?;
        tx.audit(&event).await?;
        tx.commit().await?;
        sign_head(&mut heads, &diary, started).await;

        let (pulse, queued) = (Pulse::default(), Arc::new(Notify::new()));
        let outbox = Outbox::new(transport, config.reply.clone(), diary.clone(), clock, pulse.heart("outbox"));
        outbox.recover().await?;
        let steps = |of: &config::Mailbox| Steps {
            config: Arc::clone(&config),
            text: Arc::clone(&text),
            urgency_words: Arc::clone(&urgency_words),
            fonts: Arc::clone(&fonts),
            diary: diary.clone(),
            clock,
            heart: pulse.heart(&of.name),
            replies: Arc::clone(&queued),
            of: of.clone(),
        };
        let handover = config.handover.as_ref();
        let handover = handover.map(|of| Handover::new(of, diary.clone(), clock, pulse.heart("handover")));
        // All are built before the first begins.
        let intakes = config.mailboxes.iter().map(|of| intake(steps(of))).collect::<Result<Vec<_>>>()?;
        let watch = Watch::new(Arc::clone(&config), Arc::clone(&text), diary.clone(), clock, pulse.clone());
        let watch = Arc::new(watch);
        let bind = |web| Web::bind(&config, web, diary.clone(), clock, Arc::clone(&watch));
        let web = config.web.as_ref().map(bind).transpose()?;
        let metrics = config.web.as_ref().and_then(|web| web.metrics_listen);
        let metrics = metrics.map(|at| Metrics::bind(at, Arc::clone(&watch))).transpose()?;
        let origin = web.as_ref().map(|web| web.origin().to_owned());
        let mut tasks = JoinSet::new();
        if let Some(web) = web {
            tasks.spawn(web.run(pulse.heart("web")));
        }
        let metrics_address = metrics.as_ref().map(|metrics| metrics.address);
        if let Some(metrics) = metrics {
            tasks.spawn(metrics.run(pulse.heart("metrics")));
        }
        tasks.spawn(outbox.run(queued));
        match handover {
            Some(handover) => drop(tasks.spawn(handover.run())),
            None => hinder_handovers(&diary).await?,
        }
        for intake in intakes {
            tasks.spawn(intake);
        }
        warn_of_validity(&text, clock.now());
        info!(mailboxes = config.mailboxes.len(), "inkom {} has started", env!("CARGO_PKG_VERSION"));
        let health = Health::new(watch);
        Ok(Self { diary, origin, metrics: metrics_address, text, clock, pulse, tasks, health, heads, alone, lock })
    }

    /// Watches over the loops until `stop` resolves, then stops them between two steps.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Result<()> {
        tell_systemd(&[sd_notify::NotifyState::Ready]);
        let mut stop = std::pin::pin!(stop);
        let mut day = clock::day(self.clock.now());
        let ended = loop {
            tokio::select! {
                () = &mut stop => break None,
                ended = self.tasks.join_next() => break Some(ended),
                () = tokio::time::sleep(LOOK) => {}
            }
            self.look().await;
            let today = clock::day(self.clock.now());
            if today != day {
                warn_of_validity(&self.text, self.clock.now());
                day = today;
            }
        };
        tell_systemd(&[sd_notify::NotifyState::Stopping]);
        self.pulse.stop();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, all).await.is_err() {
            warn!("A step was cut off after {} s; the next start finishes it", GRACE.as_secs());
            self.tasks.shutdown().await;
        }
        sign_head(&mut self.heads, &self.diary, self.clock.now()).await;
        drop(self.alone);
        self.diary.close().await;
        drop(self.lock);
        match ended {
            None => {
                info!("inkom has stopped");
                Ok(())
            }
            Some(_) => bail!("a loop broke off; see the log above, and report it"),
        }
    }

    /// Raises what has gone quiet, feeds the watchdog if all loops move, and says how it goes.
    async fn look(&mut self) {
        let watchdog = sd_notify::watchdog_enabled().unwrap_or(Duration::from_mins(3));
        match self.pulse.stillest() {
            Some((name, still)) if still >= watchdog => {
                error!(task = name, "The loop {name} has not moved for {} s; the watchdog is not fed", still.as_secs());
            }
            _ => tell_systemd(&[sd_notify::NotifyState::Watchdog]),
        }
        let now = self.clock.now();
        if self.heads.is_due(now) {
            sign_head(&mut self.heads, &self.diary, now).await;
        }
        if let Err(error) = self.diary.fold().await {
            error!("{error:#}");
        }
        match self.health.look().await {
            Ok(status) => tell_systemd(&[sd_notify::NotifyState::Status(&status)]),
            Err(error) => error!("The diary cannot be read: {error:#}"),
        }
    }
}

/// The loop of one mailbox, ready to run.
fn intake(steps: Steps) -> Result<Pin<Box<dyn Future<Output = ()> + Send>>> {
    let keep_in = steps.of.keep_in.clone();
    Ok(match &steps.of.source {
        Source::Imap(source) => {
            let source = Imap::new(source, keep_in.as_deref())?;
            Box::pin(Intake::new(source, steps).run())
        }
        Source::Maildir(source) => {
            let source = Maildir::new(source, keep_in.as_deref());
            Box::pin(Intake::new(source, steps).run())
        }
    })
}

/// What was to be handed over waits for a folder.
async fn hinder_handovers(diary: &Diary) -> Result<()> {
    let mut tx = diary.write().await?;
    tx.hinder_handovers(HandoverTrouble::NoFolder).await?;
    tx.commit().await
}

/// Mail is taken in even when the end of the audit chain cannot be signed: the next head covers the same rows.
async fn sign_head(heads: &mut Heads, diary: &Diary, now: Timestamp) {
    if let Err(error) = heads.sign(diary, now).await {
        error!("The end of the audit chain is not signed: {error:#}");
    }
}

/// Near and past its expiry the text goes on being sent, and everyone who looks is told (R40).
fn warn_of_validity(text: &GovernedText, now: Timestamp) {
    let (document, version, until) = (&text.document_id, &text.version, text.stands_until());
    match text.validity(clock::day(now)) {
        Validity::Valid => {}
        Validity::NearExpiry => {
            warn!("The reply text {document} version {version} is valid until {until}: have it renewed");
        }
        Validity::Expired => warn!(
            "The reply text {document} version {version} expired {until}. Replies go on; a named person must confirm it \
             (confirmed_by and review_by in the text's file)"
        ),
    }
}

/// One process per state folder.
fn lock(state_dir: &Path) -> Result<File> {
    use std::os::unix::fs::DirBuilderExt as _;
    let shown = state_dir.display();
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(state_dir)
        .with_context(|| format!("state_dir = {shown}: create the folder"))?;
    let path = state_dir.join("lock");
    let unwritable = || format!("state_dir = {shown}: the folder must be writable for inkom");
    // The lock of an earlier run can be opened even where nothing can be made, and SQLite makes files beside its own.
    rustix::fs::access(state_dir, rustix::fs::Access::WRITE_OK).with_context(unwritable)?;
    let file = File::create(&path).with_context(unwritable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            bail!("state_dir = {shown}: another inkom is running there; stop it, or give this one a folder of its own")
        }
        Err(std::fs::TryLockError::Error(error)) => Err(error).with_context(|| format!("lock {}", path.display())),
    }
}

fn tell_systemd(state: &[sd_notify::NotifyState<'_>]) {
    // Not under systemd, there is no one to tell.
    let _ = sd_notify::notify(state);
}
