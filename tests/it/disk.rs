//! The disk fills up, or may not be written at all. No mail is lost or touched for it, the log says what is wrong, and
//! once it is put right everything settles.
//!
//! A small file system and a read-only one are mounted where nobody else sees them: the test runs itself again in a
//! mount namespace of its own, which Linux grants root, and others through a user namespace. Where it grants neither,
//! the tests with a limited file size and with permissions remain, which need nothing and always run.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::clinic::{Clinic, Options, mail_from};

/// Where the mounted folders are, in the test that runs again.
const MOUNTED: &str = "INKOM_TEST_MOUNTED";
const DISK_BYTES: u64 = 12 << 20;

/// `disk` can be filled; `read-only` shows the same.
pub(crate) struct Mounted(pub PathBuf);

impl Mounted {
    pub fn disk(&self) -> PathBuf {
        self.0.join("disk")
    }

    /// Takes all room but so much.
    pub fn fill(&self, but_bytes: u64) {
        let free = rustix::fs::statvfs(self.disk()).unwrap();
        let bytes = (free.f_bavail * free.f_frsize).saturating_sub(but_bytes);
        let mut filler = fs::OpenOptions::new().append(true).create(true).open(self.disk().join("filler")).unwrap();
        for _ in 0..bytes / 4096 {
            filler.write_all(&[b'x'; 4096]).unwrap();
        }
    }

    pub fn make_room(&self) {
        fs::remove_file(self.disk().join("filler")).unwrap();
    }
}

/// In the test that runs again, what is mounted. Before that: runs it again, and gives none when it has passed, or when
/// nothing can be mounted here.
pub(crate) fn mounted(test: &str) -> Option<Mounted> {
    if let Some(folder) = std::env::var_os(MOUNTED) {
        return Some(Mounted(folder.into()));
    }
    let folder = tempfile::Builder::new().prefix("inkom-disk-").tempdir().unwrap();
    for inside in ["disk", "read-only"] {
        fs::create_dir(folder.path().join(inside)).unwrap();
    }
    let in_namespace = |words: &[&str]| {
        let is_root = rustix::process::geteuid().is_root();
        // Back to who we were: Dovecot runs otherwise for root.
        let (uid, gid) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
        let back = if is_root { String::new() } else { format!("unshare --user --map-user={uid} --map-group={gid}") };
        let script = format!(
            "set -e; mount -t tmpfs -o size={DISK_BYTES},mode=0777 inkom disk; mount --bind disk read-only; \
             mount -o remount,bind,ro read-only; cd /; exec {back} \"$@\""
        );
        let mut command = Command::new("unshare");
        command.arg("--mount");
        if !is_root {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["--", "sh", "-c", &script, "sh"]).args(words).current_dir(folder.path());
        command.env(MOUNTED, folder.path());
        command.output()
    };
    match in_namespace(&["true"]) {
        Ok(output) if output.status.success() => {}
        tried => {
            eprintln!("NOT IN THIS FORM: nothing can be mounted here ({tried:?}); disk:: shows it in another form too");
            return None;
        }
    }
    let this = std::env::current_exe().unwrap();
    let output = in_namespace(&[this.to_str().unwrap(), "--exact", test, "--nocapture"]).unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "in a mount namespace:\n{said}");
    None
}

/// A mail of some 90 kB.
fn large(n: usize) -> Vec<u8> {
    let text = format!("Rad {n} av en lång berättelse om ingenting alls.\r\n").repeat(1_800);
    mail_from(&format!("avsandare{n}@example.org"), &format!("stor-{n}@example.org"), &text)
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_all_settles_once_there_is_room() {
    let Some(mounted) = mounted("disk::a_full_disk_loses_nothing_and_all_settles_once_there_is_room") else { return };
    let state_dir = Some(mounted.disk().join("state"));
    let mut clinic = Clinic::with(Options { state_dir, ..Options::default() }).await;
    clinic.deliver(&large(0));
    clinic.start();
    clinic.settle(1).await;

    // Room for some of them, and not for all that must be kept of each.
    mounted.fill(400 << 10);
    (1..=8).for_each(|n| drop(clinic.deliver(&large(n))));
    clinic.until("the log tells of the full disk", async |clinic| says_full(&clinic.log())).await;
    mounted.fill(0);
    clinic.assert_nothing_lost().await;
    assert!(clinic.left() > 0);
    mounted.make_room();
    clinic.settle(9).await;
    clinic.until("the mailbox is empty", async |clinic| clinic.left() == 0).await;

    // Killed while it is full. Its own files may hold room enough to go on in, or not: then it says so. Nothing is lost.
    mounted.fill(0);
    (9..=12).for_each(|n| drop(clinic.deliver(&large(n))));
    let before = clinic.log().len();
    clinic
        .until("the log tells of it again, or there is room", async |clinic| {
            says_full(&clinic.log()[before..]) || clinic.left() == 0
        })
        .await;
    clinic.kill();
    let before = clinic.log().len();
    clinic.start();
    clinic
        .until("it says so once more, or has room", async |clinic| {
            says_full(&clinic.log()[before..]) || clinic.left() == 0
        })
        .await;
    clinic.kill();
    mounted.make_room();
    clinic.assert_nothing_lost().await;
    clinic.start();
    clinic.settle(13).await;
    clinic.until("the mailbox is empty", async |clinic| clinic.left() == 0).await;
    clinic.stop();
    clinic.assert_whole().await;
}

/// As on a full disk: the writing that fails here is the same, and the error is EFBIG.
#[tokio::test]
async fn a_limited_file_size_loses_nothing_and_all_settles_once_it_is_lifted() {
    let mut clinic = Clinic::open().await;
    (1..=8).for_each(|n| drop(clinic.deliver(&large(n))));
    // 1 MiB for each file that it writes, in blocks of 512 bytes; the signal ignored, so that writing fails instead.
    clinic.start_through(&["sh", "-c", "trap '' XFSZ; ulimit -S -f 2048; exec \"$@\"", "sh"], "info", &[]);
    clinic.until("the log tells of it", async |clinic| clinic.log().contains("disk I/O error")).await;
    clinic.assert_nothing_lost().await;
    assert!(clinic.left() > 0);
    let pid = clinic.pid().as_raw_nonzero().to_string();
    assert!(Command::new("prlimit").args(["--fsize=unlimited:", "--pid", &pid]).status().unwrap().success());
    clinic.settle(8).await;
    clinic.until("the mailbox is empty", async |clinic| clinic.left() == 0).await;
    clinic.stop();
    clinic.assert_whole().await;
}

#[tokio::test]
async fn a_read_only_file_system_stops_the_start_and_no_mail_is_touched() {
    let Some(mounted) = mounted("disk::a_read_only_file_system_stops_the_start_and_no_mail_is_touched") else { return };
    let state_dir = Some(mounted.disk().join("state"));
    let mut clinic = Clinic::with(Options { state_dir, ..Options::default() }).await;
    let (writable, read_only) = (mounted.disk(), mounted.0.join("read-only"));
    clinic.edit_config(writable.to_str().unwrap(), read_only.to_str().unwrap());
    refuses_to_start(&mut clinic, &[], &read_only.join("state")).await;
    clinic.edit_config(read_only.to_str().unwrap(), writable.to_str().unwrap());
    clinic.start();
    clinic.settle(1).await;
    clinic.stop();
    clinic.assert_whole().await;
}

#[tokio::test]
async fn a_state_folder_without_write_permission_stops_the_start_and_no_mail_is_touched() {
    // A new folder, and one that was in use and came back as another's, from a backup for instance.
    for used in [false, true] {
        let mut clinic = Clinic::with(Options { adopted: used, ..Options::default() }).await;
        if used {
            clinic.start();
            clinic.until("started", async |clinic| clinic.log().contains("has started")).await;
            clinic.stop();
        }
        let state_dir = clinic.state_dir();
        let permit = |mode| fs::set_permissions(&state_dir, fs::Permissions::from_mode(mode)).unwrap();
        permit(0o555);
        // Root may write anywhere, unless it has given that up.
        let as_root = ["setpriv", "--inh-caps=-dac_override", "--bounding-set=-dac_override"];
        let launcher = if rustix::process::geteuid().is_root() { &as_root[..] } else { &[] };
        refuses_to_start(&mut clinic, launcher, &state_dir).await;
        permit(0o700);
        clinic.start();
        clinic.settle(1).await;
        clinic.stop();
        clinic.assert_nothing_lost().await;
    }
}

/// It ends at once, names the key, the folder and the fix, and leaves the mail as it lies, unread.
async fn refuses_to_start(clinic: &mut Clinic, launcher: &[&str], state_dir: &Path) {
    let name = clinic.deliver(&large(1));
    let before = clinic.log().len();
    clinic.start_through(launcher, "info", &[]);
    let status = clinic.ends().await;
    let said = clinic.log()[before..].to_owned();
    assert_eq!(status.code(), Some(1), "{said}");
    for part in ["state_dir", state_dir.to_str().unwrap(), "must be writable"] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    assert_eq!((clinic.dovecot.left("INBOX"), clinic.dovecot.flags("INBOX", &name)), (vec![name], String::new()));
}

fn says_full(log: &str) -> bool {
    log.contains("database or disk is full")
}
