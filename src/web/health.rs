//! How the service is, for the one who keeps it going: what has to be done first, and then the facts.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::door::Visitor;
use super::page::{Frame, html};
use super::refusal::Refusal;
use super::{Shared, entry, words};
use crate::clock;
use crate::config::Validity;
use crate::diary::ReplyState;
use crate::health::{CertificateFacts, Facts, FolderFacts, MailboxFacts, Problem};
use crate::model::Right;

struct ProblemLine {
    is_outage: bool,
    what: String,
    advice: String,
}

struct FolderLine {
    mailbox: String,
    folder: String,
    polled: String,
    age: String,
    seen: u64,
    registered: u64,
    ledger: &'static str,
}

struct Count {
    what: String,
    amount: String,
}

#[derive(Template)]
#[template(path = "health.html")]
struct HealthPage {
    frame: Frame,
    problems: Vec<ProblemLine>,
    folders: Vec<FolderLine>,
    held: Vec<Count>,
    backlog: Vec<Count>,
    replies: Vec<Count>,
    text: String,
    text_until: String,
    disk: String,
    database: String,
    certificate: String,
    version: &'static str,
    started: String,
    now: String,
}

pub async fn page(State(room): Shared, visitor: Visitor) -> Result<Response, Refusal> {
    if !visitor.may_anywhere(Right::SeeHealth) {
        return Err(entry::refuse(&room, &visitor, "", None).await);
    }
    let facts = room.watch.facts().await?;
    let problem = |problem: &Problem| {
        let (what, advice) = told(problem);
        ProblemLine { is_outage: problem.is_outage(), what, advice }
    };
    let folders = facts
        .mailboxes
        .iter()
        .flat_map(|mailbox| mailbox.folders.iter().map(|folder| folder_line(mailbox, folder, &facts)));
    let mailboxes = facts.mailboxes.iter();
    Ok(html(&HealthPage {
        frame: Frame::new(&visitor, "halsa"),
        problems: facts.problems().iter().map(problem).collect(),
        folders: folders.collect(),
        held: facts.held.iter().map(|(unit, count)| Count { what: unit.clone(), amount: entries(*count) }).collect(),
        backlog: mailboxes
            .filter(|mailbox| mailbox.backlog > 0)
            .map(|mailbox| Count {
                what: mailbox.name.clone(),
                amount: format!("{} väntar på övertagande", entries(mailbox.backlog)),
            })
            .collect(),
        replies: ReplyState::ALL.iter().map(|state| replies(*state, &facts)).collect(),
        text: format!("{} version {}", facts.text.document_id, facts.text.version),
        text_until: match facts.text.validity {
            Validity::Valid | Validity::NearExpiry => format!("gäller till och med {}", facts.text.until),
            Validity::Expired => format!("gick ut {}", facts.text.until),
        },
        disk: facts.disk.map_or_else(
            || "går inte att se".into(),
            |disk| format!("{} ledigt av {}", words::size(disk.free_bytes), words::size(disk.size_bytes)),
        ),
        database: words::size(facts.database_bytes),
        certificate: match facts.certificate {
            None => "sköts av webbservern framför inkom".into(),
            Some(CertificateFacts::Unreadable) => "går inte att läsa".into(),
            Some(CertificateFacts::Until(at)) => format!("gäller till {}", clock::minute(at)),
        },
        version: env!("CARGO_PKG_VERSION"),
        started: clock::minute(facts.started),
        now: clock::minute(facts.now),
    }))
}

fn folder_line(mailbox: &MailboxFacts, folder: &FolderFacts, facts: &Facts) -> FolderLine {
    let state = folder.state.as_ref();
    FolderLine {
        mailbox: mailbox.name.clone(),
        folder: folder.name.clone(),
        polled: state.map_or_else(|| "inte än".into(), |state| clock::minute(state.polled_at)),
        age: state.map(|state| words::age(state.polled_at, facts.now)).unwrap_or_default(),
        seen: state.map(|state| state.poll.seen).unwrap_or_default(),
        registered: state.map(|state| state.poll.registered).unwrap_or_default(),
        ledger: match state {
            None => "",
            Some(_) if folder.is_accounted_for() => "Stämmer",
            Some(_) => "Stämmer inte",
        },
    }
}

fn replies(state: ReplyState, facts: &Facts) -> Count {
    let what = match state {
        ReplyState::Queued => "På väg",
        ReplyState::Sending => "Skickas just nu",
        ReplyState::Sent => "Lämnade till e-postservern",
        ReplyState::Held => "Stoppade",
        ReplyState::Unsure => "Osäkert om de gick iväg",
        ReplyState::Expired => "För gamla för att skickas",
        ReplyState::Dropped => "Stoppade för gott",
    };
    let count = facts.replies.iter().find(|(of, _)| *of == state).map_or(0, |(_, count)| *count);
    Count { what: what.into(), amount: count.to_string() }
}

fn entries(count: u64) -> String {
    if count == 1 { "1 handling".into() } else { format!("{count} handlingar") }
}

/// What is the matter, and what to do about it.
fn told(problem: &Problem) -> (String, String) {
    let (what, advice) = match problem {
        Problem::Stuck { task } => (
            format!("En del av inkom står still: {task}."),
            "Den som sköter servern startar om tjänsten och anmäler felet. Där systemd sköter tjänsten sker omstarten av sig \
             själv."
                .to_owned(),
        ),
        Problem::DiskLow { free_bytes } => (
            format!("Det är bara {} ledigt där diariet ligger.", words::size(*free_bytes)),
            "Gör plats eller utöka disken. När den är full tas ingen e-post in, men det som kommer ligger kvar i brevlådan."
                .to_owned(),
        ),
        Problem::Quiet { mailbox, since } => (
            since.map_or_else(
                || format!("Brevlådan {mailbox} har inte gått att läsa sedan inkom startade."),
                |at| format!("Brevlådan {mailbox} har inte gått att läsa sedan {}.", clock::minute(at)),
            ),
            "Ingenting är borta: det som kommer ligger kvar i brevlådan. Den som sköter servern kör inkom check, som talar om \
             vad som hindrar. Läs brevlådan i ett vanligt e-postprogram så länge."
                .to_owned(),
        ),
        Problem::Breaker { since } => (
            format!("Alla svar är stoppade sedan {}.", clock::minute(*since)),
            "Det blev fler svar på en timme än reply.max_per_hour tillåter. Den som sköter servern tar reda på varför med inkom \
             outbox list och släpper på svaren med inkom outbox resume. E-posten tas in som vanligt."
                .to_owned(),
        ),
        Problem::CertificateUnreadable => (
            "Sidornas certifikat går inte att läsa.".into(),
            "Sidorna visas med det gamla tills inkom startas om. Den som sköter servern kör inkom check, som talar om vad som \
             är fel."
                .to_owned(),
        ),
        Problem::CertificateExpired { at } => (
            format!("Sidornas certifikat gick ut {}.", clock::minute(*at)),
            "Lägg ett nytt på samma plats. inkom börjar använda det inom några sekunder.".to_owned(),
        ),
        Problem::CertificateNearExpiry { at } => (
            format!("Sidornas certifikat går ut {}.", clock::minute(*at)),
            "Lägg ett nytt på samma plats. inkom börjar använda det inom några sekunder.".to_owned(),
        ),
        Problem::Ledger { mailbox, folder } => (
            format!("Allt som ligger i brevlådan {mailbox}, mappen {folder}, gick inte att hämta vid den senaste läsningen."),
            "Öppna mappen i ett vanligt e-postprogram och se efter vad som ligger kvar. inkom försöker igen varje gång."
                .to_owned(),
        ),
        Problem::Held { entries } => (
            if *entries == 1 {
                "En handling väntar på att en människa tittar.".into()
            } else {
                format!("{entries} handlingar väntar på att en människa tittar.")
            },
            "Receptionen ser dem under Väntar på någon, med vad som ska göras.".to_owned(),
        ),
        Problem::RepliesStopped { replies } => (
            if *replies == 1 { "Ett svar har inte gått iväg.".into() } else { format!("{replies} svar har inte gått iväg.") },
            "Den som sköter servern ser med inkom outbox list vilka och varför, och försöker igen med inkom outbox retry."
                .to_owned(),
        ),
        Problem::HandoversStopped { trouble, entries: count } => {
            (format!("{} kommer inte vidare till journalen.", entries(*count)), trouble.advice().to_owned())
        }
        Problem::ReceiptsLate { entries: count } => (
            format!("{} har väntat för länge på kvittens från journalsystemet.", entries(*count)),
            "Den som sköter journalsystemet ser efter om importen går. inkom lämnar dem inte en gång till. Receptionen ser dem \
             i kön; finns handlingen i journalen noterar man det på den."
                .to_owned(),
        ),
        Problem::TextExpired { until } => (
            format!("Svarstextens giltighet gick ut {until}."),
            "Svaren fortsätter. En namngiven person behöver bekräfta texten eller förnya den.".to_owned(),
        ),
        Problem::TextNearExpiry { until } => {
            (format!("Svarstexten gäller till och med {until}."), "Se till att den förnyas.".to_owned())
        }
        Problem::Backlog { mailbox, entries } => (
            format!("I brevlådan {mailbox} ligger {entries} meddelanden sedan innan inkom började."),
            format!(
                "De är registrerade, men varken besvarade eller borttagna. När inkom ska ta över dem kör den som sköter servern \
                 inkom adopt {mailbox}."
            ),
        ),
    };
    (what, advice)
}
