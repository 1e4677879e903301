//! A real Dovecot, unprivileged, in a temporary folder that goes when it does.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use inkom::config::{ImapSource, Tls};
use inkom::mailbox::Imap;
use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use super::certificates::{Certificates, Flaw};
use super::{source, write_secret};

#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub flaw: Flaw,
    /// Without it only the plain port listens, offers no STARTTLS, and takes passwords in the clear.
    pub tls: bool,
    /// What the server says that it can do once signed in, instead of the truth.
    pub capability: Option<&'static str>,
    pub username: &'static str,
    pub password: &'static str,
}

impl Default for Options {
    fn default() -> Self {
        Self { flaw: Flaw::None, tls: true, capability: None, username: "mottagning", password: "hemligt-4711" }
    }
}

pub struct Dovecot {
    folder: TempDir,
    server: Child,
    pub imaps: u16,
    /// STARTTLS, or without TLS plain.
    pub imap: u16,
    options: Options,
}

impl Dovecot {
    /// Starts one and waits until it listens.
    pub fn start(options: Options) -> Self {
        // Another process may take a port between its choice and its use.
        (0..5).find_map(|_| Self::try_start(&options)).expect("dovecot does not start; is dovecot-imapd installed?")
    }

    fn try_start(options: &Options) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("inkom-dovecot-").tempdir().unwrap();
        let path = folder.path();
        let user = User::to_run_as();
        for inside in ["run", "state", "tls", "mail/Maildir/new", "mail/Maildir/cur", "mail/Maildir/tmp"] {
            fs::create_dir_all(path.join(inside)).unwrap();
        }
        let certificates = Certificates::new(options.flaw);
        fs::write(path.join("tls/ca.pem"), &certificates.ca).unwrap();
        fs::write(path.join("tls/cert.pem"), &certificates.certificate).unwrap();
        fs::write(path.join("tls/key.pem"), &certificates.key).unwrap();
        fs::write(path.join("users"), format!("{}:{{PLAIN}}{}\n", options.username, options.password)).unwrap();
        write_secret(&path.join("password"), options.password);
        let (imaps, imap) = (free_port(), free_port());
        fs::write(path.join("dovecot.conf"), configuration(path, user, imaps, imap, options)).unwrap();
        own_all(path, user);

        let output = fs::File::create(path.join("output")).unwrap();
        let mut command = Command::new("/usr/sbin/dovecot");
        command.arg("-F").arg("-c").arg(path.join("dovecot.conf")).process_group(0);
        command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
        if is_root() {
            command.uid(user.uid).gid(user.gid);
        }
        let server = command.spawn().expect("/usr/sbin/dovecot cannot be run");
        let mut dovecot = Self { folder, server, imaps, imap, options: *options };
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(20) {
            if dovecot.server.try_wait().unwrap().is_some() {
                eprintln!("{}{}", dovecot.read("output"), dovecot.log());
                return None;
            }
            if dovecot.log().contains("starting up") {
                return Some(dovecot);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }

    pub fn source(&self, tls: Tls) -> ImapSource {
        let port = if tls == Tls::Implicit { self.imaps } else { self.imap };
        let path = self.folder.path();
        let (ca, password) = (path.join("tls/ca.pem"), path.join("password"));
        source("localhost", port, tls, &ca, self.options.username, &password)
    }

    pub fn imap(&self) -> Imap {
        Imap::new(&self.source(Tls::Implicit), None).unwrap()
    }

    pub fn imap_keeping_in(&self, keep_in: &str) -> Imap {
        Imap::new(&self.source(Tls::Implicit), Some(keep_in)).unwrap()
    }

    pub fn password_file(&self) -> PathBuf {
        self.folder.path().join("password")
    }

    /// Ends every connection, as a restart does, and goes on listening.
    pub fn disconnect_all(&self) {
        let config = self.folder.path().join("dovecot.conf");
        let kicked = Command::new("doveadm").arg("-c").arg(config).args(["kick", self.options.username]).output();
        assert!(kicked.unwrap().status.success());
    }

    /// The Maildir of INBOX; other folders are its `.Name` subfolders in modified UTF-7.
    pub fn maildir(&self) -> PathBuf {
        self.folder.path().join("mail/Maildir")
    }

    fn folder(&self, folder: &str) -> PathBuf {
        if folder == "INBOX" { self.maildir() } else { self.maildir().join(format!(".{folder}")) }
    }

    pub fn create(&self, folder: &str) {
        for inside in ["new", "cur", "tmp"] {
            fs::create_dir_all(self.folder(folder).join(inside)).unwrap();
        }
        own_all(&self.folder(folder), User::to_run_as());
    }

    pub fn deliver(&self, raw: &[u8]) -> String {
        self.deliver_to("INBOX", raw, None)
    }

    /// Delivers as an MTA does, whole or not at all, and gives the file's unique name.
    pub fn deliver_to(&self, folder: &str, raw: &[u8], received: Option<SystemTime>) -> String {
        static DELIVERED: AtomicU32 = AtomicU32::new(0);
        let name = format!("1700000000.M{:06}P1.test", DELIVERED.fetch_add(1, Ordering::Relaxed));
        let folder = self.folder(folder);
        let file = folder.join("tmp").join(&name);
        fs::write(&file, raw).unwrap();
        own(&file, User::to_run_as());
        if let Some(received) = received {
            fs::File::options().write(true).open(&file).unwrap().set_modified(received).unwrap();
        }
        fs::rename(&file, folder.join("new").join(&name)).unwrap();
        name
    }

    /// The unique names of what lies in a folder, in order.
    pub fn left(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = self.files(folder).iter().map(|file| unique(file)).collect();
        names.sort();
        names
    }

    /// The bytes of a message that lies in a folder.
    pub fn bytes(&self, folder: &str) -> Vec<Vec<u8>> {
        self.files(folder).iter().map(|file| fs::read(file).unwrap()).collect()
    }

    /// The Maildir flags: S is \Seen, T is \Deleted.
    pub fn flags(&self, folder: &str, name: &str) -> String {
        let file = self.file(folder, name);
        let file = file.file_name().unwrap().to_str().unwrap();
        file.split_once(":2,").map_or(String::new(), |(_, flags)| flags.to_owned())
    }

    /// Marks a message as another client would.
    pub fn mark_deleted(&self, folder: &str, name: &str) {
        let flags = self.flags(folder, name);
        let marked = self.folder(folder).join("cur").join(format!("{name}:2,{flags}T"));
        fs::rename(self.file(folder, name), marked).unwrap();
    }

    /// Lets the server take nothing out of a folder any more, or again.
    pub fn lock(&self, folder: &str, locked: bool) {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = if locked { 0o500 } else { 0o700 };
        for inside in ["new", "cur"] {
            fs::set_permissions(self.folder(folder).join(inside), fs::Permissions::from_mode(mode)).unwrap();
        }
    }

    /// Puts another message, received now, under the same name and so under the same UID.
    pub fn replace(&self, folder: &str, name: &str, raw: &[u8]) {
        fs::write(self.file(folder, name), raw).unwrap();
        for cache in ["dovecot.index", "dovecot.index.log", "dovecot.index.cache"] {
            let _ = fs::remove_file(self.folder(folder).join(cache));
        }
    }

    /// Another client's removal.
    pub fn take_away(&self, folder: &str, name: &str) {
        fs::remove_file(self.file(folder, name)).unwrap();
    }

    /// Gives the folder another UIDVALIDITY, as a restore does. The folder must have been opened before.
    pub fn change_validity(&self, folder: &str) {
        let folder = self.folder(folder);
        let list = folder.join("dovecot-uidlist");
        let text = fs::read_to_string(&list).unwrap();
        let (header, rest) = text.split_once('\n').unwrap();
        let changed: Vec<String> = header
            .split(' ')
            .map(|word| match word.strip_prefix('V').and_then(|validity| validity.parse::<u32>().ok()) {
                Some(validity) => format!("V{}", validity + 1),
                None => word.to_owned(),
            })
            .collect();
        fs::write(&list, format!("{}\n{rest}", changed.join(" "))).unwrap();
        for entry in fs::read_dir(&folder).unwrap() {
            let file = entry.unwrap().path();
            if file.file_name().unwrap().to_str().unwrap().starts_with("dovecot.index") {
                fs::remove_file(file).unwrap();
            }
        }
    }

    /// Makes the folder as if anew: another UIDVALIDITY, and UIDs from 1 again. The folder must have been opened before.
    pub fn renew(&self, folder: &str) {
        self.change_validity(folder);
        let list = self.folder(folder).join("dovecot-uidlist");
        let text = fs::read_to_string(&list).unwrap();
        let header = text.lines().next().unwrap();
        let words: Vec<&str> = header.split(' ').map(|word| if word.starts_with('N') { "N1" } else { word }).collect();
        fs::write(&list, words.join(" ") + "\n").unwrap();
    }

    /// What the server logged, passwords included.
    pub fn log(&self) -> String {
        self.read("dovecot.log")
    }

    fn read(&self, file: &str) -> String {
        let bytes = fs::read(self.folder.path().join(file)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn files(&self, folder: &str) -> Vec<PathBuf> {
        let inside = ["new", "cur"].map(|inside| self.folder(folder).join(inside));
        let entries = inside.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    fn file(&self, folder: &str, name: &str) -> PathBuf {
        self.files(folder).into_iter().find(|file| unique(file) == name).expect("the message lies there")
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Dovecot {
    /// Ends the server for good; its files stay until it is dropped.
    pub fn stop(&mut self) {
        if matches!(self.server.try_wait(), Ok(Some(_))) {
            return;
        }
        let group = Pid::from_child(&self.server);
        // TERM lets the master end its children; whoever is left a while later is killed.
        let _ = kill_process_group(group, Signal::TERM);
        let started = Instant::now();
        while matches!(self.server.try_wait(), Ok(None)) && started.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.server.wait();
    }
}

fn unique(file: &Path) -> String {
    let name = file.file_name().unwrap().to_str().unwrap();
    name.split([':', ',']).next().unwrap().to_owned()
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

pub(super) struct User {
    name: String,
    group: String,
    pub uid: u32,
    pub gid: u32,
}

impl User {
    /// The caller; for root nobody, because Dovecot as root wants users of its own and PostgreSQL refuses to be root.
    pub fn to_run_as() -> &'static Self {
        static USER: OnceLock<User> = OnceLock::new();
        USER.get_or_init(|| {
            let who = if is_root() { vec!["nobody"] } else { vec![] };
            let id = |what: &str| {
                let output = Command::new("id").arg(what).args(&who).output().unwrap();
                String::from_utf8(output.stdout).unwrap().trim().to_owned()
            };
            Self { name: id("-un"), group: id("-gn"), uid: id("-u").parse().unwrap(), gid: id("-g").parse().unwrap() }
        })
    }
}

pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

pub(super) fn own(path: &Path, user: &User) {
    if is_root() {
        chown(path, Some(user.uid), Some(user.gid)).unwrap();
    }
}

fn own_all(path: &Path, user: &User) {
    own(path, user);
    if fs::symlink_metadata(path).unwrap().is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            own_all(&entry.unwrap().path(), user);
        }
    }
    debug_assert!(fs::metadata(path).unwrap().uid() == user.uid);
}

fn configuration(path: &Path, user: &User, imaps: u16, imap: u16, options: &Options) -> String {
    let d = path.display();
    let User { name, group, uid, gid } = user;
    let ssl = if options.tls {
        format!(
            "ssl = yes\nssl_cert = <{d}/tls/cert.pem\nssl_key = <{d}/tls/key.pem\nssl_min_protocol = TLSv1.2\n\
             disable_plaintext_auth = yes\n"
        )
    } else {
        "ssl = no\ndisable_plaintext_auth = no\n".to_owned()
    };
    let imaps = if options.tls { imaps } else { 0 };
    let capability = options.capability.map_or(String::new(), |said| format!("imap_capability = {said}\n"));
    format!(
        "base_dir = {d}/run
state_dir = {d}/state
log_path = {d}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_login_user = {name}
default_internal_user = {name}
default_internal_group = {group}
first_valid_uid = 0
first_valid_gid = 0
auth_failure_delay = 0
auth_verbose = yes
auth_debug = yes
auth_debug_passwords = yes
mail_location = maildir:{d}/mail/Maildir
mailbox_idle_check_interval = 1 secs
{ssl}{capability}
namespace inbox {{
  inbox = yes
  separator = /
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {d}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={d}/mail
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {imaps}
    ssl = yes
  }}
}}
service stats {{
  chroot =
}}
"
    )
}
