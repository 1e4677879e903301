//! A Maildir (cr.yp.to/proto/maildir.html) that a local MTA delivers into; folders are its `.Name` subfolders (Maildir++).
//!
//! A message's uid is its unique base name, the file name up to the colon: flags and the move from new/ to cur/ change the
//! rest. Only regular files count; links and pipes are neither listed nor followed.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};

use super::{Fetched, Mailbox, MailboxError, MailboxErrorKind, Removal, Sized, Survey, Woken};
use crate::config::MaildirSource;

const INBOX: &str = "INBOX";
const LOOK_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Maildir {
    root: PathBuf,
    /// The folder that originals are moved to instead of being deleted.
    keep_in: Option<String>,
    folders: HashMap<String, Folder>,
}

/// One folder as it was last listed. What is not found where it was is looked for once more.
#[derive(Clone, Debug, Default)]
struct Folder {
    path: PathBuf,
    files: HashMap<String, Vec<PathBuf>>,
    /// When new/ and cur/ had last changed as they were listed.
    listed: Option<[Option<SystemTime>; 2]>,
}

impl Maildir {
    pub fn new(source: &MaildirSource, keep_in: Option<&str>) -> Self {
        Self { root: source.path.clone(), keep_in: keep_in.map(str::to_owned), folders: HashMap::new() }
    }

    /// Does blocking work on a folder away from the async threads.
    async fn on<T: Send + 'static>(
        &mut self,
        name: &str,
        work: impl FnOnce(&mut Folder) -> io::Result<T> + Send + 'static,
    ) -> Result<T, MailboxError> {
        let path = self.path(name)?;
        let mut folder =
            self.folders.remove(name).unwrap_or_else(|| Folder { path: path.clone(), ..Folder::default() });
        let is_inbox = name == INBOX;
        let done = tokio::task::spawn_blocking(move || {
            if is_inbox && !folder.path.join("new").is_dir() && !folder.path.join("cur").is_dir() {
                return (Err(ErrorKind::NotFound.into()), folder);
            }
            (work(&mut folder), folder)
        });
        let (result, folder) = done.await.expect("the work on a folder does not panic");
        self.folders.insert(name.to_owned(), folder);
        result.map_err(|error| explain(&error, &path))
    }

    fn path(&self, name: &str) -> Result<PathBuf, MailboxError> {
        if name == INBOX {
            return Ok(self.root.clone());
        }
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\0']) {
            let text = format!("{name:?} cannot be a folder of a Maildir; name one such as \"Junk\"");
            return Err(MailboxError::new(MailboxErrorKind::NoFolder, text));
        }
        Ok(self.root.join(format!(".{name}")))
    }
}

/// The folder's path is named, never a file's: its name may come from outside.
fn explain(error: &io::Error, path: &Path) -> MailboxError {
    let path = path.display();
    match error.kind() {
        ErrorKind::NotFound => {
            MailboxError::new(MailboxErrorKind::NoFolder, format!("{path} is no Maildir: it has neither new nor cur"))
        }
        ErrorKind::PermissionDenied => MailboxError::new(
            MailboxErrorKind::Refused,
            format!("{path}: permission denied; let inkom's account read and write it"),
        ),
        kind => MailboxError::new(MailboxErrorKind::Unreachable, format!("{path}: {kind}")),
    }
}

/// A Maildir's names are never used again, so it has one validity for ever.
fn expect_validity(validity: u32) -> Result<(), MailboxError> {
    if validity == 0 {
        return Ok(());
    }
    Err(MailboxError::new(MailboxErrorKind::ValidityChanged, "the folder was an IMAP folder when it was listed"))
}

impl Mailbox for Maildir {
    async fn survey(&mut self, folder: &str) -> Result<Survey, MailboxError> {
        self.on(folder, Folder::survey).await
    }

    async fn sizes(&mut self, folder: &str, validity: u32, uids: &[String]) -> Result<Vec<Sized>, MailboxError> {
        expect_validity(validity)?;
        let uids = uids.to_vec();
        self.on(folder, move |folder| {
            folder.each(uids, |uid, path| {
                let size_bytes = regular(fs::symlink_metadata(path)?)?.len();
                Ok(Sized { uid, size_bytes })
            })
        })
        .await
    }

    async fn fetch(&mut self, folder: &str, validity: u32, of: &[Sized]) -> Result<Vec<Fetched>, MailboxError> {
        expect_validity(validity)?;
        let uids = of.iter().map(|sized| sized.uid.clone()).collect();
        self.on(folder, move |folder| folder.each(uids, read)).await
    }

    async fn remove(&mut self, folder: &str, validity: u32, uids: &[String]) -> Result<Removal, MailboxError> {
        expect_validity(validity)?;
        let uids = uids.to_vec();
        let keep_in = self.keep_in.as_deref().map(|name| self.path(name)).transpose()?;
        self.on(folder, move |folder| folder.remove(uids, keep_in.as_deref())).await
    }

    async fn wait(&mut self, folder: &str, at_most: Duration) -> Result<Woken, MailboxError> {
        let until = Instant::now() + at_most;
        let seen = self.on(folder, |folder| Ok(folder.listed.unwrap_or_else(|| folder.changed()))).await?;
        loop {
            if self.on(folder, move |folder| Ok(folder.changed() != seen)).await? {
                return Ok(Woken::ByMailbox);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Woken::ByTime);
            }
            tokio::time::sleep(left.min(LOOK_EVERY)).await;
        }
    }
}

impl Folder {
    /// Everything that lies there, oldest first.
    fn survey(&mut self) -> io::Result<Survey> {
        self.look()?;
        let mut dated = Vec::with_capacity(self.files.len());
        for (uid, paths) in &self.files {
            match fs::symlink_metadata(&paths[0]) {
                // Moved or taken meanwhile; the next survey knows.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                metadata => dated.push((metadata?.modified()?, uid.clone())),
            }
        }
        dated.sort();
        Ok(Survey { validity: 0, uids: dated.into_iter().map(|(_, uid)| uid).collect() })
    }

    /// Takes down the names in new/ and cur/. A folder that does not exist is empty: Junk comes with the first spam.
    fn look(&mut self) -> io::Result<()> {
        // Taken before, so that what comes while we look is seen as a change.
        self.listed = Some(self.changed());
        self.files.clear();
        // What is moved to cur/ between the two is met twice, never missed.
        for directory in ["new", "cur"] {
            let entries = match fs::read_dir(self.path.join(directory)) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                let name = entry.file_name();
                let is_file = match entry.file_type() {
                    Err(error) if error.kind() == ErrorKind::NotFound => false,
                    kind => kind?.is_file(),
                };
                if is_file && !name.as_bytes().starts_with(b".") {
                    self.files.entry(uid(&name)).or_default().push(entry.path());
                }
            }
        }
        Ok(())
    }

    fn changed(&self) -> [Option<SystemTime>; 2] {
        ["new", "cur"].map(|name| fs::metadata(self.path.join(name)).and_then(|metadata| metadata.modified()).ok())
    }

    /// Does something with each file; what has vanished is left out, and what was renamed is found.
    fn each<T>(&mut self, uids: Vec<String>, work: impl Fn(String, &Path) -> io::Result<T>) -> io::Result<Vec<T>> {
        let mut done = Vec::with_capacity(uids.len());
        let mut listed_anew = false;
        for uid in uids {
            loop {
                let path = self.files.get(&uid).and_then(|paths| paths.first());
                match path.map_or(Err(ErrorKind::NotFound.into()), |path| work(uid.clone(), path)) {
                    Err(error) if error.kind() == ErrorKind::NotFound => {
                        if listed_anew {
                            break;
                        }
                        self.look()?;
                        listed_anew = true;
                    }
                    result => {
                        done.push(result?);
                        break;
                    }
                }
            }
        }
        Ok(done)
    }

    fn remove(&mut self, uids: Vec<String>, keep_in: Option<&Path>) -> io::Result<Removal> {
        // Names are looked up anew: what is destroyed must be what is there now.
        self.look()?;
        if let Some(keep_in) = keep_in {
            for directory in ["cur", "new", "tmp"] {
                fs::create_dir_all(keep_in.join(directory))?;
            }
        }
        let mut taken = 0;
        for uid in &uids {
            let paths = self.files.get(uid).map(Vec::as_slice).unwrap_or_default();
            // Two different messages under one unique name: which was meant cannot be known, so neither goes.
            if !same_file(paths)? {
                continue;
            }
            for (at, path) in paths.iter().enumerate() {
                let done = match keep_in {
                    Some(keep_in) if at == 0 => keep(path, &keep_in.join("cur")),
                    _ => fs::remove_file(path),
                };
                match done {
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    done => {
                        done?;
                        taken += usize::from(at == 0);
                    }
                }
            }
        }
        let own = ["new", "cur"].map(|name| self.path.join(name));
        for directory in own.into_iter().chain(keep_in.map(|to| to.join("cur"))) {
            match File::open(&directory) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                directory => directory?.sync_all()?,
            }
        }
        self.look()?;
        let (mut left, mut gone): (Vec<_>, Vec<_>) = uids.into_iter().partition(|uid| self.files.contains_key(uid));
        if taken < gone.len() {
            // Not all were gone by our hand. A file that another program renames can be missed by one look.
            self.look()?;
            let back;
            (back, gone) = gone.into_iter().partition(|uid| self.files.contains_key(uid));
            left.extend(back);
        }
        Ok(Removal { gone, left })
    }
}

/// Moves an original into a folder, never over another file.
fn keep(path: &Path, folder: &Path) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().as_bytes();
    let (unique, flags) = name.split_at(base(name).len());
    // A name in cur/ carries flags, if empty ones.
    let flags = if flags.is_empty() { b":2,".as_slice() } else { flags };
    for copy in 0..1_000 {
        let copy = if copy == 0 { String::new() } else { format!("-{copy}") };
        let target = [unique, copy.as_bytes(), flags].concat();
        match renameat_with(CWD, path, CWD, folder.join(OsStr::from_bytes(&target)), RenameFlags::NOREPLACE) {
            Err(error) if error == rustix::io::Errno::EXIST => {}
            result => return result.map_err(io::Error::from),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// Reads a whole file, and only a regular one, whatever the name may have come to stand for.
fn read(uid: String, path: &Path) -> io::Result<Fetched> {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC).bits()).unwrap_or_default();
    let mut file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|error| {
        // A link has come in its place.
        let is_link = error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
        if is_link { ErrorKind::NotFound.into() } else { error }
    })?;
    let metadata = regular(file.metadata()?)?;
    let mut raw = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    file.read_to_end(&mut raw)?;
    if raw.len() as u64 != metadata.len() {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    // To the second, as IMAP has it: the diary compares it with what it has stored.
    let modified = Timestamp::try_from(metadata.modified()?).unwrap_or(Timestamp::UNIX_EPOCH);
    let internal_date = Timestamp::from_second(modified.as_second()).unwrap_or(modified);
    Ok(Fetched { uid, internal_date, raw })
}

fn regular(metadata: fs::Metadata) -> io::Result<fs::Metadata> {
    if metadata.is_file() { Ok(metadata) } else { Err(ErrorKind::NotFound.into()) }
}

/// A program that moves a message by linking shows it under both names for a moment.
fn same_file(paths: &[PathBuf]) -> io::Result<bool> {
    let mut identities = Vec::new();
    for path in paths {
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            metadata => identities.push(metadata.map(|metadata| (metadata.dev(), metadata.ino()))?),
        }
    }
    Ok(identities.windows(2).all(|pair| pair[0] == pair[1]))
}

fn base(name: &[u8]) -> &[u8] {
    name.split(|&b| b == b':').next().unwrap_or(name)
}

/// The base name as text, without loss: bytes that are no printable UTF-8, and the percent sign, as `%` and two digits.
fn uid(name: &OsStr) -> String {
    let mut uid = String::new();
    let escape = |uid: &mut String, bytes: &[u8]| {
        for byte in bytes {
            write!(uid, "%{byte:02X}").expect("writing to a String cannot fail");
        }
    };
    for chunk in base(name.as_bytes()).utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() || c == '%' {
                escape(&mut uid, c.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                uid.push(c);
            }
        }
        escape(&mut uid, chunk.invalid());
    }
    uid
}

#[cfg(test)]
mod tests;
