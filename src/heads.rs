//! Signed ends of the audit chain (heads), kept in a file outside the database.
//!
//! The chain by itself shows that a row was changed, unless whoever changed it also rewrote every row after it and the end.
//! A head says which hash a row had at some time, signed with a key that is not in the database: rows up to it can then be
//! neither rewritten nor cut off without its being found. A line of the file is `seq hash time signature`, and stands for
//! itself: to lose one loses no more than that line, as later heads cover the same rows.
//!
//! Promises: the key is made once and never replaced; a head is signed only for what the database has committed.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{SignedDuration, Timestamp};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};

use crate::clock;
use crate::config::Config;
use crate::diary::{Diary, Tx};
use crate::model::{ChainHash, Digest};

/// In the state folder.
pub const KEY_FILE: &str = "heads.key";
pub const PUBLIC_FILE: &str = "heads.pub";

/// How often a chain that has moved is signed.
const EVERY: SignedDuration = SignedDuration::from_hours(1);
/// A disk that does not answer must not keep the daemon from its work.
const WRITING: Duration = Duration::from_secs(10);
/// What stands before the signed words, so that the key's signatures mean this and nothing else.
const CONTEXT: &str = "inkom audit head 1";

/// What stands before the 32 bytes of a private and of a public Ed25519 key in DER (RFC 8410 §7 and §4). ring would write the
/// private one in a form that OpenSSL 3.0 does not read.
const PRIVATE_PREFIX: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
const PUBLIC_PREFIX: [u8; 12] = *b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

/// One end of the chain, as it was at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub seq: i64,
    pub hash: ChainHash,
    pub at: Timestamp,
}

/// By which signatures are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// Signs the ends of the chain and appends them to the file.
#[derive(Debug)]
pub struct Heads {
    file: PathBuf,
    key: Ed25519KeyPair,
    /// The last that was signed, and when the next is due.
    signed: i64,
    due: Timestamp,
}

/// What checking the file gave.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    pub heads: u64,
    pub key: Option<PublicKey>,
    pub faults: Vec<String>,
}

impl Heads {
    /// Reads the key, or makes it at the first start, and makes sure that the file can be added to.
    ///
    /// # Errors
    /// When a file cannot be made or read, or the key is gone: with what to do about it.
    pub fn open(config: &Config) -> Result<Self> {
        let key = signing_key(&config.state_dir)?;
        let file = config.heads_file();
        end_last_line(&file).with_context(|| {
            format!(
                "audit.heads_file = {}: the file must be one that inkom can make and add to; under systemd its folder also \
                 stands in ReadWritePaths",
                file.display()
            )
        })?;
        Ok(Self { file, key, signed: 0, due: Timestamp::MIN })
    }

    /// Whether an hour has gone by since the last was signed.
    pub fn is_due(&self, now: Timestamp) -> bool {
        now >= self.due
    }

    /// Signs the end of the chain, unless it is where it was.
    pub async fn sign(&mut self, diary: &Diary, now: Timestamp) -> Result<()> {
        // Also after a failure: what cannot be written now is not tried again at every look.
        self.due = now.checked_add(EVERY).context("the clock is out of range")?;
        let (seq, hash) = diary.read().await?.chain_head().await?;
        if seq == self.signed {
            return Ok(());
        }
        let line = signed_line(&self.key, &Head { seq, hash, at: now });
        let (file, shown) = (self.file.clone(), self.file.display());
        let written = tokio::task::spawn_blocking(move || append(&file, &line));
        let written = tokio::time::timeout(WRITING, written).await;
        written
            .with_context(|| format!("add a signed head to {shown}: no answer for {} s", WRITING.as_secs()))?
            .context("add a signed head")?
            .with_context(|| format!("add a signed head to {shown}"))?;
        self.signed = seq;
        Ok(())
    }
}

impl Head {
    /// What is signed, and what stands before the signature.
    fn words(&self) -> String {
        format!("{} {} {}", self.seq, self.hash.0, self.at)
    }

    fn read(words: &str) -> Option<Self> {
        let mut words = words.split(' ');
        let seq = words.next()?.parse().ok()?;
        let hash = ChainHash(words.next()?.parse::<Digest>().ok()?);
        let at = words.next()?.parse().ok()?;
        words.next().is_none().then_some(Self { seq, hash, at })
    }
}

impl PublicKey {
    /// # Errors
    /// When the file is not there, or holds something else.
    pub fn load(path: &Path) -> Result<Self> {
        let shown = path.display();
        let text = std::fs::read(path).with_context(|| format!("read the public key {shown}"))?;
        let der = SubjectPublicKeyInfoDer::from_pem_slice(&text).ok();
        let bytes = der.and_then(|der| der.strip_prefix(&PUBLIC_PREFIX)?.try_into().ok());
        Ok(Self(bytes.with_context(|| format!("{shown} holds no public Ed25519 key; name a copy of {PUBLIC_FILE}"))?))
    }

    fn to_pem(self) -> String {
        to_pem("PUBLIC KEY", &[PUBLIC_PREFIX.as_slice(), &self.0].concat())
    }

    fn holds(self, words: &str, signature: &[u8]) -> bool {
        let signed = format!("{CONTEXT}\n{words}");
        UnparsedPublicKey::new(&ED25519, self.0).verify(signed.as_bytes(), signature).is_ok()
    }
}

/// To be compared by eye with a copy on paper.
impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&BASE64.encode(self.0))
    }
}

/// Holds the signed heads against the chain. `public_key` is a copy that was kept elsewhere; without it, the one in the state
/// folder is used.
pub async fn check(diary: &Diary, config: &Config, public_key: Option<&Path>) -> Result<Checked> {
    let (file, of_state) = (config.heads_file(), config.state_dir.join(PUBLIC_FILE));
    // Before the database, which a running daemon adds to: a head never comes before its row.
    let text = std::fs::read_to_string(&file);
    let mut tx = diary.read().await?;
    let mut checked = Checked::default();
    if !tx.has_started().await? && text.is_err() && public_key.is_none() {
        return Ok(checked);
    }
    let key = match public_key {
        // Named by a person, so a mistake in it is theirs to hear of.
        Some(path) => PublicKey::load(path)?,
        None => match PublicKey::load(&of_state) {
            Ok(key) => key,
            Err(error) => {
                checked.faults.push(format!("signed heads: {error:#}"));
                return Ok(checked);
            }
        },
    };
    checked.key = Some(key);
    match text {
        Ok(text) => checked.lines(&mut tx, &text, key).await?,
        Err(error) => {
            let shown = file.display();
            checked
                .faults
                .push(format!("signed heads: {shown} is missing or cannot be read, and was written: {error}"));
        }
    }
    Ok(checked)
}

impl Checked {
    async fn lines(&mut self, tx: &mut Tx, text: &str, key: PublicKey) -> Result<()> {
        let (end, _) = tx.chain_head().await?;
        for (line, at) in text.lines().filter(|line| !line.is_empty()).zip(1..) {
            let read = line.rsplit_once(' ').and_then(|(words, signature)| {
                let signature = BASE64.decode(signature).ok()?;
                Some((Head::read(words)?, key.holds(words, &signature)))
            });
            let Some((head, is_ours)) = read else {
                self.faults.push(format!("signed heads, line {at}: it is cut short or was changed"));
                continue;
            };
            if !is_ours {
                self.faults.push(format!("signed heads, line {at}: it was not signed with this key, or was changed"));
                continue;
            }
            self.heads += 1;
            let signed = clock::second(head.at);
            match tx.chain_hash(head.seq).await? {
                Some(hash) if hash == head.hash => {}
                Some(_) => self.faults.push(format!("audit row {}: it is another than was signed {signed}", head.seq)),
                None if head.seq > end => self.faults.push(format!(
                    "audit: the chain ends at row {end}, and row {} was there and signed {signed}",
                    head.seq
                )),
                None => self.faults.push(format!("audit row {}: it is missing, and was signed {signed}", head.seq)),
            }
        }
        if text.trim().is_empty() {
            self.faults.push("signed heads: the file is empty, and the start of inkom writes a line".into());
        }
        Ok(())
    }
}

fn signed_line(key: &Ed25519KeyPair, head: &Head) -> String {
    let words = head.words();
    let signature = key.sign(format!("{CONTEXT}\n{words}").as_bytes());
    format!("{words} {}\n", BASE64.encode(signature))
}

/// On disk when it returns.
fn append(path: &Path, line: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    file.write_all(line.as_bytes())?;
    file.sync_data()
}

/// A line that a power cut left half written would swallow the next one. Where nothing may be taken away from the file
/// (`chattr +a`), the half line stays, and `verify` tells of it.
fn end_last_line(path: &Path) -> std::io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).read(true).mode(0o600).open(path)?;
    let mut text = Vec::new();
    let length = file.seek(SeekFrom::End(0))?;
    let tail = length.saturating_sub(4096);
    file.seek(SeekFrom::Start(tail))?;
    file.read_to_end(&mut text)?;
    if text.last().is_none_or(|last| *last == b'\n') {
        return Ok(());
    }
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at as u64 + 1);
    match OpenOptions::new().write(true).open(path).and_then(|file| file.set_len(tail + whole)) {
        Ok(()) => Ok(()),
        Err(_) => file.write_all(b"\n"),
    }
}

/// The key of the state folder; at the first start a new one.
fn signing_key(state_dir: &Path) -> Result<Ed25519KeyPair> {
    let (path, public_path) = (state_dir.join(KEY_FILE), state_dir.join(PUBLIC_FILE));
    let shown = path.display();
    let other = || format!("{shown} holds no Ed25519 key; put it back from its copy");
    let pkcs8 = match std::fs::read(&path) {
        Ok(text) => PrivatePkcs8KeyDer::from_pem_slice(&text).ok().with_context(other)?.secret_pkcs8_der().to_vec(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            ensure!(
                !public_path.exists(),
                "{shown} is missing, and signed heads were made with it; put it back from its copy. If it is lost, move {PUBLIC_FILE} and \
                 the file of heads to where they are kept, and start again: a new key is made"
            );
            let mut seed = [0; 32];
            getrandom::fill(&mut seed).context("draw a key")?;
            let made = [PRIVATE_PREFIX.as_slice(), &seed].concat();
            write_whole(&path, &to_pem("PRIVATE KEY", &made), 0o600).with_context(|| format!("write {shown}"))?;
            made
        }
        Err(error) => return Err(error).with_context(|| format!("read {shown}")),
    };
    let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8).ok().with_context(other)?;
    let public = PublicKey(key.public_key().as_ref().try_into().context("an Ed25519 key has 32 bytes")?);
    if !public_path.exists() {
        write_whole(&public_path, &public.to_pem(), 0o644)
            .with_context(|| format!("write {}", public_path.display()))?;
    } else if PublicKey::load(&public_path)? != public {
        bail!("{shown} and {PUBLIC_FILE} are not of one pair; put the right one back from its copy");
    }
    Ok(key)
}

/// All of it or nothing, and never over another.
fn write_whole(path: &Path, text: &str, mode: u32) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = path.parent().context("a file lies in a folder")?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(mode))?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    Ok(File::open(folder)?.sync_all()?)
}

/// RFC 7468 §2: 64 characters to a line.
fn to_pem(label: &str, der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("base64 is ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> (Ed25519KeyPair, PublicKey) {
        let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let public = PublicKey(key.public_key().as_ref().try_into().unwrap());
        (key, public)
    }

    #[test]
    fn a_line_is_bound_to_its_key_and_to_each_of_its_words() {
        let (key, public) = key();
        let head = Head { seq: 12, hash: ChainHash(Digest::of(b"row")), at: Timestamp::UNIX_EPOCH };
        let line = signed_line(&key, &head);
        let (words, signature) = line.trim_end().rsplit_once(' ').unwrap();
        let signature = BASE64.decode(signature).unwrap();
        assert_eq!(Head::read(words), Some(head));
        assert!(public.holds(words, &signature));
        assert!(!public.holds(&words.replacen("12", "13", 1), &signature));
        assert!(!public.holds(&words.replace("1970", "1971"), &signature));
        assert!(!PublicKey([7; 32]).holds(words, &signature));
        assert!(
            UnparsedPublicKey::new(&ED25519, public.0).verify(words.as_bytes(), &signature).is_err(),
            "the context"
        );
    }

    #[test]
    fn the_key_is_made_once_for_inkom_alone_and_never_replaced() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let first = signing_key(folder.path()).unwrap();
        let again = signing_key(folder.path()).unwrap();
        assert_eq!(first.public_key().as_ref(), again.public_key().as_ref());
        let path = folder.path().join(KEY_FILE);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(folder.path().join(PUBLIC_FILE)).unwrap();
        assert!(text.starts_with("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA"), "{text}");

        let kept = std::fs::read_to_string(&path).unwrap();
        let other = [PRIVATE_PREFIX.as_slice(), &[9; 32]].concat();
        std::fs::write(&path, to_pem("PRIVATE KEY", &other)).unwrap();
        assert!(signing_key(folder.path()).unwrap_err().to_string().contains("not of one pair"));
        std::fs::write(&path, "").unwrap();
        assert!(signing_key(folder.path()).unwrap_err().to_string().contains("holds no Ed25519 key"));
        std::fs::remove_file(&path).unwrap();
        assert!(signing_key(folder.path()).unwrap_err().to_string().contains("is missing"));
        std::fs::write(&path, kept).unwrap();
        std::fs::remove_file(folder.path().join(PUBLIC_FILE)).unwrap();
        assert!(signing_key(folder.path()).is_ok(), "the public half is written again");
    }

    #[test]
    fn a_line_cut_short_by_a_power_cut_swallows_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heads.log");
        for (before, after) in [("", ""), ("1 a\n", "1 a\n"), ("1 a\n2 b", "1 a\n"), ("1", "")] {
            std::fs::write(&path, before).unwrap();
            end_last_line(&path).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), after);
        }
    }
}
