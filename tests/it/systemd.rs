//! The unit as systemd itself judges it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::clinic::{Clinic, mail};

const EXPOSURE_MAX: f64 = 1.2;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd")
}

/// None, with a word about it, where there is no systemd.
fn systemd(program: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).env("LC_ALL", "C").output() {
        Ok(output) => Some(output),
        Err(error) => {
            eprintln!("SKIPPED: {program} cannot be run here ({error}), so systemd/ is not checked");
            None
        }
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_service_is_as_closed_as_promised() {
    let unit = folder().join("inkom.service");
    let Some(output) = systemd("systemd-analyze", &["security", "--offline=yes", unit.to_str().unwrap()]) else {
        return;
    };
    let said = said(&output);
    let exposure = said
        .lines()
        .find_map(|line| line.split_once("Overall exposure level for inkom.service: "))
        .unwrap_or_else(|| panic!("{said}"));
    let exposure: f64 = exposure.1.split(' ').next().unwrap().parse().unwrap();
    assert!(exposure <= EXPOSURE_MAX, "{said}");
}

#[test]
fn systemd_knows_every_line_of_the_service() {
    // The program is not installed where the tests run, which systemd would mention too.
    let unit = std::fs::read_to_string(folder().join("inkom.service")).unwrap();
    let command = unit.lines().find(|line| line.starts_with("ExecStart=")).unwrap();
    let installed = tempfile::tempdir().unwrap();
    let path = installed.path().join("inkom.service");
    std::fs::write(&path, unit.replace(command, "ExecStart=/bin/true")).unwrap();
    let Some(output) = systemd("systemd-analyze", &["verify", path.to_str().unwrap()]) else { return };
    let said = said(&output);
    let about_us: Vec<_> = said.lines().filter(|line| line.contains("inkom")).collect();
    assert!(about_us.is_empty(), "{about_us:#?}");

    std::fs::write(&path, unit.replace("ProtectClock=", "ProtectClocks=").replace(command, "ExecStart=/bin/true"))
        .unwrap();
    let output = systemd("systemd-analyze", &["verify", path.to_str().unwrap()]).unwrap();
    assert!(self::said(&output).contains("Unknown key"), "the check would miss what it is for");
}

#[test]
fn the_account_and_its_folders_are_made() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED: only root can try out inkom.sysusers and inkom.tmpfiles");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("etc")).unwrap();
    let root_is = format!("--root={}", root.path().display());
    let at = |file: &str| folder().join(file).to_str().unwrap().to_owned();
    let Some(output) = systemd("systemd-sysusers", &[&root_is, &at("inkom.sysusers")]) else { return };
    let accounts =
        std::fs::read_to_string(root.path().join("etc/passwd")).unwrap_or_else(|_| panic!("{}", said(&output)));
    assert!(accounts.starts_with("inkom:") && accounts.contains(":/var/lib/inkom:/usr/sbin/nologin"), "{accounts}");

    let Some(output) = systemd("systemd-tmpfiles", &[&root_is, "--create", &at("inkom.tmpfiles")]) else { return };
    assert!(output.status.success(), "{}", said(&output));
    let mode = |path: &str| std::fs::metadata(root.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("var/lib/inkom"), mode("etc/inkom"), mode("etc/credstore.encrypted")), (0o700, 0o755, 0o700));
}

#[test]
fn the_service_loads_the_credentials_that_the_sample_names() {
    let unit = std::fs::read_to_string(folder().join("inkom.service")).unwrap();
    let sample = include_str!("../../config/inkom.toml");
    let names: Vec<_> = sample.split(" file = \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(names, ["smtp-password", "imap-password"]);
    for name in names {
        assert!(unit.contains(&format!("\nLoadCredentialEncrypted={name}:")), "{name}");
    }
}

#[tokio::test]
async fn the_program_tells_systemd_that_it_is_ready_alive_how_it_goes_and_that_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    socket.set_nonblocking(true).unwrap();
    let mut clinic = Clinic::open().await;
    clinic.deliver(&mail(1));
    clinic.start_as("info", &[("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "300000000")]);
    clinic.settle(1).await;
    let mut heard = String::new();
    let mut listen = |until: &str| {
        let begun = std::time::Instant::now();
        while !heard.contains(until) {
            assert!(begun.elapsed().as_secs() < 60, "{until} was not said: {heard}");
            let mut said = [0; 4096];
            match socket.recv(&mut said) {
                Ok(length) => heard.push_str(&String::from_utf8_lossy(&said[..length])),
                Err(_) => std::thread::sleep(std::time::Duration::from_millis(50)),
            }
        }
    };
    for said in ["READY=1", "WATCHDOG=1", "STATUS=mottagningen: polled 20"] {
        listen(said);
    }
    clinic.stop();
    listen("STOPPING=1");
}
