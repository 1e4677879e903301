use std::os::unix::ffi::OsStringExt;

use tempfile::TempDir;

use super::*;

struct Disk(TempDir);

impl Disk {
    fn new() -> Self {
        let disk = Self(tempfile::tempdir().unwrap());
        for directory in ["new", "cur", "tmp"] {
            fs::create_dir(disk.path(directory)).unwrap();
        }
        disk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    fn dated(&self, name: &str, at: &str) {
        let at: Timestamp = at.parse().unwrap();
        File::options().write(true).open(self.path(name)).unwrap().set_modified(at.into()).unwrap();
    }

    fn maildir(&self, keep_in: Option<&str>) -> Maildir {
        Maildir::new(&MaildirSource { path: self.0.path().to_owned() }, keep_in)
    }

    fn names(&self, directory: &str) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.path(directory))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn owned(uids: &[&str]) -> Vec<String> {
    uids.iter().map(|&uid| uid.to_owned()).collect()
}

fn sized(uids: &[&str]) -> Vec<Sized> {
    uids.iter().map(|&uid| Sized { uid: uid.to_owned(), size_bytes: 0 }).collect()
}

#[tokio::test]
async fn new_and_cur_are_listed_oldest_first_under_their_base_names() {
    let disk = Disk::new();
    for (name, at) in [
        ("new/3.b.host", "2026-11-20T12:00:00Z"),
        ("cur/1.a.host:2,S", "2026-11-20T11:00:00Z"),
        ("cur/2.c.host:2,", "2026-11-20T10:00:00Z"),
    ] {
        disk.put(name, "x");
        disk.dated(name, at);
    }
    let survey = disk.maildir(None).survey("INBOX").await.unwrap();
    assert_eq!(survey, Survey { validity: 0, uids: owned(&["2.c.host", "1.a.host", "3.b.host"]) });
}

#[tokio::test]
async fn a_message_is_fetched_whole_with_the_time_of_its_file_to_the_second() {
    let disk = Disk::new();
    disk.put("new/1.a", "Subject: å\r\n\r\nhej");
    disk.dated("new/1.a", "2026-11-20T10:00:00.25Z");
    let mut maildir = disk.maildir(None);
    let sizes = maildir.sizes("INBOX", 0, &owned(&["1.a", "vanished"])).await.unwrap();
    assert_eq!(sizes, [Sized { uid: "1.a".into(), size_bytes: 18 }]);
    let fetched = maildir.fetch("INBOX", 0, &sized(&["1.a", "vanished"])).await.unwrap();
    assert_eq!(fetched.len(), 1);
    assert_eq!(fetched[0].raw, "Subject: å\r\n\r\nhej".as_bytes());
    assert_eq!(fetched[0].internal_date, "2026-11-20T10:00:00Z".parse().unwrap());
}

#[tokio::test]
async fn a_message_that_is_read_meanwhile_is_still_found() {
    let disk = Disk::new();
    disk.put("new/1.a", "hej");
    let mut maildir = disk.maildir(None);
    maildir.survey("INBOX").await.unwrap();
    fs::rename(disk.path("new/1.a"), disk.path("cur/1.a:2,S")).unwrap();
    assert_eq!(maildir.fetch("INBOX", 0, &sized(&["1.a"])).await.unwrap()[0].raw, b"hej");
    fs::rename(disk.path("cur/1.a:2,S"), disk.path("cur/1.a:2,RS")).unwrap();
    let removal = maildir.remove("INBOX", 0, &owned(&["1.a"])).await.unwrap();
    assert_eq!(removal, Removal { gone: owned(&["1.a"]), left: vec![] });
    assert!(disk.names("cur").is_empty());
}

#[tokio::test]
async fn exactly_what_is_named_is_removed() {
    let disk = Disk::new();
    for name in ["new/1.a", "new/1.ab", "cur/2.b:2,S"] {
        disk.put(name, name);
    }
    let removal = disk.maildir(None).remove("INBOX", 0, &owned(&["1.a", "2.b", "never-there"])).await.unwrap();
    assert_eq!(removal.gone, owned(&["1.a", "2.b", "never-there"]));
    assert_eq!(disk.names("new"), ["1.ab"]);
    assert!(disk.names("cur").is_empty());
}

#[tokio::test]
async fn originals_are_kept_where_the_configuration_says_and_nothing_is_overwritten() {
    let disk = Disk::new();
    disk.put(".Inkom/cur/1.a:2,", "an older one of that name");
    disk.put("new/1.a", "one");
    disk.put(".Junk/cur/2.b:2,S", "two");
    let mut maildir = disk.maildir(Some("Inkom"));
    maildir.remove("INBOX", 0, &owned(&["1.a"])).await.unwrap();
    maildir.remove("Junk", 0, &owned(&["2.b"])).await.unwrap();
    assert_eq!(disk.names(".Inkom/cur"), ["1.a-1:2,", "1.a:2,", "2.b:2,S"]);
    assert_eq!(fs::read_to_string(disk.path(".Inkom/cur/1.a-1:2,")).unwrap(), "one");
    assert!(disk.names("new").is_empty());
}

#[tokio::test]
async fn two_messages_under_one_name_are_both_left() {
    let disk = Disk::new();
    disk.put("new/1.a", "one");
    disk.put("cur/1.a:2,S", "another");
    let mut maildir = disk.maildir(None);
    assert_eq!(maildir.survey("INBOX").await.unwrap().uids, ["1.a"]);
    let removal = maildir.remove("INBOX", 0, &owned(&["1.a"])).await.unwrap();
    assert_eq!(removal, Removal { gone: vec![], left: owned(&["1.a"]) });
    assert_eq!((disk.names("new"), disk.names("cur")), (owned(&["1.a"]), owned(&["1.a:2,S"])));
}

#[tokio::test]
async fn one_message_under_two_names_goes_altogether() {
    let disk = Disk::new();
    disk.put("new/1.a", "one");
    fs::hard_link(disk.path("new/1.a"), disk.path("cur/1.a:2,S")).unwrap();
    let removal = disk.maildir(Some("Inkom")).remove("INBOX", 0, &owned(&["1.a"])).await.unwrap();
    assert_eq!(removal.gone, owned(&["1.a"]));
    assert!(disk.names("new").is_empty() && disk.names("cur").is_empty());
    assert_eq!(disk.names(".Inkom/cur"), ["1.a:2,"]);
}

#[tokio::test]
async fn links_pipes_and_folders_are_neither_listed_nor_followed() {
    let disk = Disk::new();
    disk.put("secret", "not mail");
    std::os::unix::fs::symlink(disk.path("secret"), disk.path("new/1.link")).unwrap();
    fs::create_dir(disk.path("new/2.folder")).unwrap();
    rustix::fs::mknodat(CWD, disk.path("new/3.pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    disk.put("new/.hidden", "x");
    let mut maildir = disk.maildir(None);
    assert!(maildir.survey("INBOX").await.unwrap().uids.is_empty());
    // Put in place of a listed message.
    disk.put("new/4.a", "mail");
    maildir.survey("INBOX").await.unwrap();
    fs::remove_file(disk.path("new/4.a")).unwrap();
    std::os::unix::fs::symlink(disk.path("secret"), disk.path("new/4.a")).unwrap();
    assert!(maildir.fetch("INBOX", 0, &sized(&["4.a"])).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_name_in_any_bytes_keeps_its_identity() {
    let disk = Disk::new();
    let mut maildir = disk.maildir(None);
    for name in [b"1.\xe5.host".as_slice(), b"2.%E5.host", b"3.\n.host", "4.å.host".as_bytes()] {
        fs::write(disk.path("new").join(std::ffi::OsString::from_vec(name.to_vec())), name).unwrap();
    }
    let mut uids = maildir.survey("INBOX").await.unwrap().uids;
    uids.sort();
    assert_eq!(uids, ["1.%E5.host", "2.%25E5.host", "3.%0A.host", "4.å.host"]);
    let fetched = maildir.fetch("INBOX", 0, &sized(&["1.%E5.host"])).await.unwrap();
    assert_eq!(fetched[0].raw, b"1.\xe5.host");
    assert_eq!(maildir.remove("INBOX", 0, &uids).await.unwrap().gone, uids);
}

#[tokio::test]
async fn the_inbox_must_exist_and_other_folders_may_be_missing() {
    let disk = Disk::new();
    assert!(disk.maildir(None).survey("Junk").await.unwrap().uids.is_empty());
    assert!(disk.maildir(None).remove("Junk", 0, &owned(&["1.a"])).await.unwrap().left.is_empty());
    for name in ["../other", "a/b", ".Junk", ""] {
        assert_eq!(disk.maildir(None).survey(name).await.unwrap_err().kind, MailboxErrorKind::NoFolder, "{name}");
    }
    let nowhere = Maildir::new(&MaildirSource { path: disk.path("nowhere") }, None).survey("INBOX").await.unwrap_err();
    assert_eq!(nowhere.kind, MailboxErrorKind::NoFolder);
    assert!(nowhere.text.contains("nowhere"), "{nowhere}");
    let imap = disk.maildir(None).remove("INBOX", 7, &owned(&["1.a"])).await.unwrap_err();
    assert_eq!(imap.kind, MailboxErrorKind::ValidityChanged);
}

#[tokio::test]
async fn a_wait_ends_when_mail_comes_even_if_it_came_after_the_survey() {
    let disk = Disk::new();
    let mut maildir = disk.maildir(None);
    maildir.survey("INBOX").await.unwrap();
    assert_eq!(maildir.wait("INBOX", Duration::from_millis(20)).await.unwrap(), Woken::ByTime);
    // A directory's time is as coarse as the kernel's clock tick.
    std::thread::sleep(Duration::from_millis(20));
    disk.put("new/1.a", "hej");
    assert_eq!(maildir.wait("INBOX", Duration::from_secs(5)).await.unwrap(), Woken::ByMailbox);
    maildir.survey("INBOX").await.unwrap();
    assert_eq!(maildir.wait("INBOX", Duration::from_millis(20)).await.unwrap(), Woken::ByTime);
}
