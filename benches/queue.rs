//! What a look at the queue costs on a full diary: the real program's pages over HTTP on loopback, printed as a table.
//!
//! The time is from the request's first byte to the answer's last, with the row in the audit log committed in between.
//! Nothing is asserted; the figures are for people. `INKOM_ENTRIES=100000` leaves the million out. Filling takes
//! a while: what `INKOM_QUEUE_DIR` names is kept, and only filled as far as it is not.

// A program for people at a terminal.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss
)]

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use inkom::config::Config;
use inkom::diary::{Diary, Facts, NewEntry};
use inkom::message::{Address, Summary};
use inkom::model::{ArrivalSource, Digest, Role, Series};
use inkom::triage::{self, FoundMatter, Kind, Matter, Place, Urgency};
use jiff::{SignedDuration, Timestamp};

const UNITS: usize = 20;
const LOOKS: usize = 400;
const COOKIE: &str = "a-cookie-of-the-benchmark";

#[tokio::main]
async fn main() {
    let most = std::env::var("INKOM_ENTRIES").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let temporary = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("INKOM_QUEUE_DIR").map(PathBuf::from);
    let dir = kept.unwrap_or_else(|| temporary.path().to_owned());
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    write_config(&dir, port);
    for entries in [100_000, 1_000_000] {
        let filled = count(&dir).await;
        if entries > most || filled > entries {
            continue;
        }
        let begun = Instant::now();
        fill(&dir, filled, entries).await;
        println!("{entries} entries of {UNITS} units, all open, filled in {} s", begun.elapsed().as_secs());
        looks(&dir, port);
    }
}

fn looks(dir: &Path, port: u16) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_inkom"))
        .args(["run", "--log-level", "error", "--config"])
        .arg(dir.join("inkom.toml"))
        .spawn()
        .unwrap();
    let mut connection = connect(port, &mut child);
    println!("{:<44} {:>8} {:>8} {:>8} {:>8}", "", "median", "p99", "slowest", "page");
    let pages = [
        ("queue, three units", "/?enhet=&fran="),
        ("queue, the newest first", "/?ordning=nyast"),
        ("queue, with a kind and a matter", "/?slag=person&galler=booking"),
        ("all entries, newest first", "/?visa=alla&ordning=nyast"),
        ("search, a word in every entry", "/?sok=hej"),
        ("search, two words in many", "/?sok=l%C3%A4karintyg+tid"),
        ("search, a rare word", "/?sok=s%C3%A4llsynt7"),
        ("search, the beginning of a word", "/?sok=ord1"),
        ("search, with a kind", "/?sok=hej&slag=bulk"),
        ("search, no such word", "/?sok=finnsinte"),
        ("the audit log of three units", "/logg"),
        ("the audit log, one action", "/logg?handelse=rendered"),
    ];
    for (what, path) in pages {
        let mut times = Vec::with_capacity(LOOKS);
        let mut size = 0;
        for _ in 0..LOOKS {
            let begun = Instant::now();
            size = get(&mut connection, path);
            times.push(begun.elapsed());
        }
        row(what, &mut times, size);
    }
    // Page after page, as one who works through it.
    let (mut times, mut path) = (Vec::new(), "/".to_owned());
    while times.len() < LOOKS {
        let begun = Instant::now();
        let page = body(&mut connection, &path);
        times.push(begun.elapsed());
        let next = page.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next());
        path = next.map_or_else(|| "/".into(), |next| next.replace("&#38;", "&"));
    }
    row("queue, page after page", &mut times, 0);
    println!("{:<44} {:>8.1} MB\n", "resident memory of the process, afterwards", memory_mb(&child));
    child.kill().unwrap();
    child.wait().unwrap();
}

fn row(what: &str, times: &mut [Duration], size: usize) {
    times.sort_unstable();
    let ms = |at: usize| times[at].as_secs_f64() * 1000.0;
    let mut line = format!(
        "{what:<44} {:>8.2} {:>8.2} {:>8.2}",
        ms(times.len() / 2),
        ms(times.len() * 99 / 100),
        ms(times.len() - 1)
    );
    if size > 0 {
        let _ = write!(line, " {:>5.1} kB", size as f64 / 1000.0);
    }
    println!("{line}");
}

fn memory_mb(child: &Child) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1000.0
}

fn connect(port: u16, child: &mut Child) -> TcpStream {
    for _ in 0..600 {
        if let Ok(connection) = TcpStream::connect(("127.0.0.1", port)) {
            connection.set_nodelay(true).unwrap();
            return connection;
        }
        assert!(child.try_wait().unwrap().is_none(), "inkom has stopped");
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the pages did not come up");
}

fn get(connection: &mut TcpStream, path: &str) -> usize {
    body(connection, path).len()
}

fn body(connection: &mut TcpStream, path: &str) -> String {
    write!(connection, "GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: __Host-inkom={COOKIE}\r\n\r\n").unwrap();
    let (mut read, mut buffer) = (Vec::new(), vec![0; 65_536]);
    loop {
        let n = connection.read(&mut buffer).unwrap();
        assert!(n > 0, "the connection was closed");
        read.extend_from_slice(&buffer[..n]);
        let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{path}: {head}");
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse::<usize>().unwrap();
        if read.len() == end + 4 + length {
            return String::from_utf8(read.split_off(end + 4)).unwrap();
        }
    }
}

fn write_config(dir: &Path, port: u16) {
    for folder in ["mail/new", "mail/cur", "mail/tmp", "replies"] {
        std::fs::create_dir_all(dir.join(folder)).unwrap();
    }
    std::fs::write(dir.join("reply.toml"), include_str!("../config/reply.toml")).unwrap();
    let mailbox = r#"
[[mailbox]]
name = "mottagningen"
unit = "Enhet 0"
hsa_id = "SE2321000131-E000000000001"
series = "MM"
addresses = ["mottagningen@example.se"]
reply_from = "mottagningen@example.se"
folders = ["INBOX"]
source = { kind = "maildir", path = "mail" }
"#;
    let config = format!(
        "state_dir = \"{}\"\n[authority]\nname = \"Region Exempel\"\n[reply]\ntext_file = \"reply.toml\"\n\
         [smtp]\nkind = \"files\"\nfolder = \"replies\"\n\
         [web]\nlisten = \"127.0.0.1:{port}\"\norigin = \"http://localhost:{port}\"\nsign_in = {{ kind = \"demo\" }}\n{mailbox}",
        dir.display()
    );
    std::fs::write(dir.join("inkom.toml"), config).unwrap();
}

async fn count(dir: &Path) -> usize {
    let diary = Diary::prepare(&Config::load(&dir.join("inkom.toml")).unwrap()).await.unwrap();
    let filled = diary.read().await.unwrap().count_entries().await.unwrap();
    diary.close().await;
    usize::try_from(filled).unwrap()
}

/// Entries as the daemon leaves them, written through the diary itself; a person of three of the units, signed in.
async fn fill(dir: &Path, from: usize, to: usize) {
    let diary = Diary::prepare(&Config::load(&dir.join("inkom.toml")).unwrap()).await.unwrap();
    let series: Series = "MM".parse().unwrap();
    let now = Timestamp::now();
    let mut random = Random(from as u64 + 1);
    for begin in (from..to).step_by(1000) {
        let mut tx = diary.write().await.unwrap();
        for n in begin..(begin + 1000).min(to) {
            let at = now - SignedDuration::from_secs(((to - n) * 20) as i64);
            let raw = format!("From: a{n}@example.org\r\n\r\nHej\r\n");
            let unit = format!("Enhet {}", n % UNITS);
            let new = NewEntry {
                mailbox: "mottagningen",
                folder: "INBOX",
                unit: &unit,
                hsa_id: "SE2321000131-E000000000001",
                series: &series,
                first_serial: 1,
                internal_date: at,
                fetched_at: at,
                raw: raw.as_bytes(),
                backlog: false,
                held: None,
                by_hand: None,
            };
            let entry = tx.register(&new, at).await.unwrap();
            let facts = facts(n, at, &mut random);
            tx.rendered(&entry, Digest::of(raw.as_bytes()), format!("pdf {n}").as_bytes(), &facts, at).await.unwrap();
            tx.answered(&entry, false, "list", at).await.unwrap();
            tx.done_if_gone(entry.id, at).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    let mut tx = diary.write().await.unwrap();
    if from == 0 {
        let person = tx.add_person("Receptionen", "", now).await.unwrap();
        for unit in 0..3 {
            for role in [Role::Reception, Role::Auditor] {
                tx.grant(person, &format!("Enhet {unit}"), role).await.unwrap();
            }
        }
    }
    let person = tx.person_named("Receptionen").await.unwrap().unwrap();
    if from == 0 {
        tx.start_session(&Digest::of(COOKIE.as_bytes()), person.id, "csrf", "demo", Timestamp::now()).await.unwrap();
    } else {
        // Filling took longer than a session may be idle.
        let (token, long_ago) = (Digest::of(COOKIE.as_bytes()), Timestamp::UNIX_EPOCH);
        let session = tx.session(&token, long_ago, long_ago).await.unwrap().unwrap();
        tx.session_seen(session.id, Timestamp::now()).await.unwrap();
    }
    tx.commit().await.unwrap();
    diary.close().await;
}

fn facts(n: usize, at: Timestamp, random: &mut Random) -> Facts {
    let mut text = "hej tid".to_owned();
    if random.part() < 0.05 {
        text.push_str(" läkarintyget");
    }
    for _ in 0..60 {
        // Few words are common and most are rare, as in a language.
        let rank = (20_000_f64.powf(random.part())) as u64;
        let _ = write!(text, " ord{rank}");
    }
    if n.is_multiple_of(5_000) {
        text.push_str(" sällsynt7");
    }
    let kind = if random.part() < 0.25 { Kind::Bulk } else { Kind::Person };
    let matter = FoundMatter { matter: Matter::Booking, place: Some(Place::Subject), words: "boka tid".into() };
    Facts {
        triage: triage::Facts {
            kind,
            matters: if random.part() < 0.3 { vec![matter] } else { Vec::new() },
            urgency: Urgency { urgent: n.is_multiple_of(2_000), words: Vec::new() },
            ..triage::Facts::default()
        },
        arrived_at: at,
        arrival_source: ArrivalSource::OwnHost,
        message_id: format!("{n}@example.org"),
        date_header: String::new(),
        summary: Summary {
            from: vec![Address { name: Some(format!("Avsändare {n}")), address: format!("a{n}@example.org") }],
            subject: Some("Fråga om min tid hos er på torsdag".into()),
            ..Summary::default()
        },
        duplicate_of: None,
        answers: None,
        text,
        cancels_today: n.is_multiple_of(700),
    }
}

/// The same every time (xorshift).
struct Random(u64);

impl Random {
    /// From 0 to 1.
    fn part(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}
