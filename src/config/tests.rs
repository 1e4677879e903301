use super::*;

const SAMPLE: &str = include_str!("../../config/inkom.toml");
const SECRET: &str = "hunter2";

/// The sample with one thing changed.
fn changed(from: &str, to: &str) -> String {
    assert!(SAMPLE.contains(from), "{from}");
    SAMPLE.replacen(from, to, 1)
}

/// The last line of what was changed, as errors name it.
fn line_of(from: &str, to: &str) -> String {
    let (before, _) = SAMPLE.split_once(from).expect(from);
    format!("line {}", before.lines().count() + to.lines().count())
}

fn error(file: &str) -> String {
    Config::parse(file).expect_err(file).to_string()
}

#[test]
fn the_sample_is_read() {
    let config = Config::parse(SAMPLE).unwrap();
    assert_eq!(config.mailboxes.len(), 1);
    assert!(matches!(config.mailboxes[0].source, Source::Imap(_)));
    assert!(matches!(config.smtp, Smtp::Server(_)));
}

#[test]
fn the_sample_gives_the_defaults() {
    let is_default = |key: &str| {
        let without: String = SAMPLE.lines().filter(|line| !line.starts_with(key)).collect::<Vec<_>>().join("\n");
        assert_ne!(without, SAMPLE, "{key}");
        assert_eq!(
            format!("{:?}", Config::parse(&without).unwrap()),
            format!("{:?}", Config::parse(SAMPLE).unwrap()),
            "{key}"
        );
    };
    for key in [
        "max_age_hours",
        "window_hours",
        "max_per_address_per_week",
        "max_per_hour",
        "only_when_addressed",
        "tls",
        "timeout_secs",
        "read_max_bytes",
        "render_timeout_secs",
        "no_poll_minutes",
        "first_serial",
        "folders",
        "junk_folder",
        "poll_interval_secs",
    ] {
        is_default(key);
    }
}

/// The sample with the keys that it comments out.
fn whole() -> String {
    let uncommented = |line: &'static str| {
        line.strip_prefix('#').filter(|rest| rest.starts_with(|c: char| c == '[' || c.is_lowercase())).unwrap_or(line)
    };
    SAMPLE.lines().map(uncommented).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_the_sample_comments_out_is_read_too() {
    let config = Config::parse(&whole()).unwrap();
    assert_eq!(config.mailboxes.len(), 2);
    assert!(matches!(config.mailboxes[1].source, Source::Maildir(_)));
    assert_eq!(config.mailboxes[0].keep_in.as_deref(), Some("Inkom"));
    assert_eq!(config.smtp.envelope_from(), Some("studs@example.se"));
    let handover = config.handover.unwrap();
    assert_eq!(handover.folder, Path::new("/var/lib/inkom-import"));
    let Some(Web { tls: Some(_), sign_in: SignIn::Oidc(oidc), .. }) = config.web else { panic!() };
    let without = |key: &str| whole().lines().filter(|line| !line.starts_with(key)).collect::<Vec<_>>().join("\n");
    let other = Config::parse(&without("receipt_wait_hours")).unwrap().handover;
    assert_eq!(other.unwrap().receipt_wait_hours, handover.receipt_wait_hours);
    for key in ["acr", "max_age_minutes"] {
        let Some(Web { sign_in: SignIn::Oidc(other), .. }) = Config::parse(&without(key)).unwrap().web else {
            panic!()
        };
        assert_eq!(format!("{oidc:?}"), format!("{other:?}"), "the sample gives the default of {key}");
    }
}

/// serde lists the keys it knows when it meets one it does not.
#[test]
fn the_sample_explains_every_key() {
    let mut keys = 0;
    for section in [
        "state_dir = \"/var/lib/inkom\"",
        "[authority]",
        "[database]",
        "[reply]",
        "[smtp]",
        "[smtp.server]",
        "[limits]",
        "[alarm]",
        "[audit]",
        "[[mailbox]]",
        "[mailbox.source]",
        "[mailbox.source.server]",
        "[handover]",
        "[web]",
        "[web.tls]",
        "[web.sign_in]",
    ] {
        let error = error(&whole().replacen(&format!("\n{section}\n"), &format!("\n{section}\nzzz = 1\n"), 1));
        let (_, known) = error.split_once("zzz: no such key; here are ").expect(&error);
        for key in known.split('`').skip(1).step_by(2) {
            keys += 1;
            let explained = |line: &str| {
                let line = line.trim_start_matches('#');
                let heading = line.trim_matches(['[', ']']).split('.').any(|part| part == key);
                heading || line.starts_with(&format!("{key} = ")) || line.contains(&format!(" {key} = "))
            };
            let by_its_twin = section == "[mailbox.source.server]" || key == "folder" || key == "source";
            assert!(by_its_twin || SAMPLE.lines().any(explained), "{section} {key}");
        }
    }
    assert!(keys > 50, "{keys}");
}

#[test]
#[rustfmt::skip]
fn a_broken_file_gives_one_error_that_names_key_value_and_fix() {
    for (from, to, says) in [
        // What is not TOML.
        ("port = 465", "port = ", "line N: "),
        ("name = \"Region Exempel\"", "name = \"Region Exempel", "line N: "),
        ("port = 465", "port = 465\nport = 587", "line N: duplicate key"),
        // Missing.
        ("state_dir = \"/var/lib/inkom\"", "", "state_dir is missing: add it, such as \"/var/lib/inkom\""),
        ("name = \"Region Exempel\"", "", "authority.name is missing: add it, such as \"Region Exempel\""),
        ("text_file = \"reply.toml\"", "", "reply.text_file is missing: add it, such as \"reply.toml\""),
        ("host = \"smtp.example.se\"", "", "smtp.server.host is missing: add it, such as \"smtp.example.se\""),
        ("port = 993", "", "mailbox[mini-maria].source.server.port is missing: add it, such as 993"),
        ("kind = \"server\"", "", "smtp.kind is missing: add it, such as \"server\""),
        ("kind = \"sqlite\"", "kind = \"postgres\"", "database.url_file is missing: add it"),
        ("name = \"mini-maria\"", "", "mailbox[1].name is missing: add it, such as \"mini-maria\""),
        ("auth = { kind = \"password\", file = \"imap-password\" }", "", "mailbox[mini-maria].source.auth is missing: add it, such as { file = \"imap-password\", kind = \"password\" }"),
        // Not known, or in the wrong place.
        ("state_dir =", "statedir =", "statedir: no such key; here are `state_dir`, `authority`, `database`, `reply`, `smtp`, `limits`, `alarm`, `audit`, `triage`, `pdf`, `diary`, `handover`, `export`, `web`, `mailbox`"),
        ("max_per_hour = 60", "max_per_minute = 60", "reply.max_per_minute: no such key; here are `text_file`, `from_name`, `max_age_hours`, `window_hours`, `max_per_address_per_week`, `max_per_hour`, `only_when_addressed`"),
        ("series = \"MM\"", "serie = \"MM\"", "mailbox[mini-maria].serie: no such key; here are `name`, `unit`, `hsa_id`, `series`, `first_serial`, `addresses`, `reply_from`, `folders`, `junk_folder`, `keep_in`, `poll_interval_secs`, `source`"),
        ("kind = \"server\"", "kind = \"server\"\nfolder = \"out\"", "smtp.folder: is for kind \"files\"; take it out, or change smtp.kind"),
        ("kind = \"server\"", "kind = \"files\"\nfolder = \"out\"", "smtp.server: is for kind \"server\"; take it out, or change smtp.kind"),
        ("kind = \"imap\"", "kind = \"imap\"\npath = \"/var/mail\"", "mailbox[mini-maria].source.path: is for kind \"maildir\"; take it out, or change mailbox[mini-maria].source.kind"),
        // Of the wrong type.
        ("port = 465", "port = \"465\"", "smtp.server.port = \"465\": give a whole number from 0 to 65535, such as 465"),
        ("port = 465", "port = 70000", "smtp.server.port = 70000: give a whole number from 0 to 65535, such as 465"),
        ("timeout_secs = 30", "timeout_secs = -1", "smtp.server.timeout_secs = -1: give a whole number, 0 or more, such as 30"),
        ("first_serial = 1", "first_serial = 0", "mailbox[mini-maria].first_serial = 0: give a whole number, 1 or more, such as 1"),
        ("addresses = [\"mini-maria@example.se\"]", "addresses = \"mini-maria@example.se\"", "mailbox[mini-maria].addresses = \"mini-maria@example.se\": give a list in brackets, such as [\"mini-maria@example.se\"]"),
        ("only_when_addressed = true", "only_when_addressed = \"yes\"", "reply.only_when_addressed = \"yes\": give true or false, such as true"),
        ("unit = \"Mini-Maria Exempelstad\"", "unit = 7", "mailbox[mini-maria].unit = 7: give text in quotes, such as \"Mini-Maria Exempelstad\""),
        ("tls = \"implicit\"", "tls = \"none\"", "smtp.server.tls = \"none\": give \"implicit\" or \"starttls\""),
        ("kind = \"imap\"", "kind = \"pop3\"", "mailbox[mini-maria].source.kind = \"pop3\": give \"imap\" or \"maildir\""),
        // Read, but not usable.
        ("state_dir = \"/var/lib/inkom\"", "state_dir = \"inkom\"", "state_dir = \"inkom\": give an absolute path, such as \"/var/lib/inkom\""),
        ("name = \"Region Exempel\"", "name = \" \"", "authority.name = \" \": give the authority's name, such as \"Region Exempel\""),
        ("silent_domains = [\"example.se\"]", "silent_domains = [\"@example.se\"]", "authority.silent_domains = \"@example.se\": give bare host or domain names, such as \"mx.example.se\""),
        ("window_hours = 24", "window_hours = 0", "reply.window_hours = 0: give 1 to 168 hours"),
        ("max_per_hour = 60", "max_per_hour = 0", "reply.max_per_hour = 0: give at least 1"),
        ("from_name = \"Region Exempel\"", "from_name = \"Region\\nExempel\"", "reply.from_name = \"Region\\nExempel\": give one line of text, or none"),
        ("host = \"smtp.example.se\"", "host = \"smtp example\"", "smtp.server.host = \"smtp example\": give the server's name as its certificate holds it"),
        ("port = 465", "port = 0", "smtp.server.port = 0: give the server's port, such as 993 or 465"),
        ("timeout_secs = 30", "timeout_secs = 0", "smtp.server.timeout_secs = 0: give 1 to 600 seconds"),
        ("auth = { kind = \"password\", file = \"smtp-password\" }", "", "smtp.username = \"inkom-svar\": add smtp.auth, or leave both out"),
        ("username = \"inkom-svar\"", "", "smtp.auth: add smtp.username, or leave both out"),
        ("port = 465", "port = \"\"\"4\n65\"\"\"", "smtp.server.port = \"\"\" 4 65\"\"\": give a whole number from 0 to 65535, such as 465"),
        ("#envelope_from = \"studs@example.se\"", "envelope_from = \"studs\"", "smtp.envelope_from = \"studs\": give an unattended address, or leave the key out for the null sender"),
        ("#envelope_from = \"studs@example.se\"", "envelope_from = \"mini-maria@example.se\"", "smtp.envelope_from = \"mini-maria@example.se\": bounces would come back into a polled mailbox; name an unattended address"),
        ("read_max_bytes = 50000000", "read_max_bytes = 1", "limits.read_max_bytes = 1: give at least 100000 bytes"),
        ("no_poll_minutes = 15", "no_poll_minutes = 0", "alarm.no_poll_minutes = 0: give at least 1 minute"),
        ("name = \"mini-maria\"", "name = \"mini maria\"", "mailbox.name = \"mini maria\": use letters a–z, digits, - and _, such as \"mini-maria\""),
        ("hsa_id = \"SE2321000131-E000000000001\"", "hsa_id = \"SE232-E1\"", "mailbox[mini-maria].hsa_id = \"SE232-E1\": an HSA-id is SE, ten digits, - and 1–18 letters or digits, such as \"SE2321000131-E000000000001\""),
        ("series = \"MM\"", "series = \"mm\"", "mailbox[mini-maria].series = \"mm\": a diary series is one to six capital letters (A–Z, Å, Ä, Ö), such as RHS"),
        ("reply_from = \"svar@example.se\"", "reply_from = \"svar\"", "mailbox[mini-maria].reply_from = \"svar\": give the address that replies come from"),
        ("folders = [\"INBOX\", \"Junk\"]", "folders = []", "mailbox[mini-maria].folders = []: name at least one folder, such as [\"INBOX\", \"Junk\"]"),
        ("#keep_in = \"Inkom\"", "keep_in = \"Junk\"", "mailbox[mini-maria].keep_in = \"Junk\": originals would be taken in again; name a folder that is not among folders"),
        ("poll_interval_secs = 60", "poll_interval_secs = 1", "mailbox[mini-maria].poll_interval_secs = 1: give 5 to 3600 seconds"),
    ] {
        let said = error(&changed(from, to));
        if let Some(says) = says.strip_prefix("line N") {
            assert!(said.starts_with(&format!("{}{says}", line_of(from, to))), "{said}");
        } else {
            assert_eq!(said, says);
        }
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn of_several_mailboxes_the_broken_one_is_named() {
    let (_, second) = SAMPLE.split_once("[[mailbox]]").unwrap();
    let second = second.replace("name = \"mini-maria\"", "name = \"ungdom\"").replace("993", "\"imaps\"");
    assert_eq!(
        error(&format!("{SAMPLE}\n[[mailbox]]{second}")),
        "mailbox[ungdom].source.server.port = \"imaps\": give a whole number from 0 to 65535, such as 993"
    );
    let twice = SAMPLE.split_once("[[mailbox]]").unwrap().1;
    assert_eq!(
        error(&format!("{SAMPLE}\n[[mailbox]]{twice}")),
        "mailbox.name = \"mini-maria\": each mailbox needs a name of its own"
    );
    let (none, _) = SAMPLE.split_once("[[mailbox]]").unwrap();
    assert_eq!(error(none), "no [[mailbox]]: add one section for each mailbox that inkom is to take in");
}

#[test]
#[rustfmt::skip]
fn a_secret_in_the_file_is_not_repeated() {
    const AUTH: &str = "auth = { kind = \"password\", file = \"smtp-password\" }";
    const ELSEWHERE: &str = "secrets are not written here; put it in a file that inkom alone can read and name that file";
    for (from, to, key, fix) in [
        (AUTH, "auth = { kind = \"password\", password = \"hunter2\" }", "smtp.auth.password: ", ELSEWHERE),
        (AUTH, "password = \"hunter2\"", "smtp.password: ", ELSEWHERE),
        (AUTH, "auth = \"hunter2\"", "smtp.auth (value not shown): ", "such as { file = \"smtp-password\", kind = \"password\" }"),
        (AUTH, "auth = { kind = \"hunter2\", file = \"x\" }", "smtp.auth.kind (value not shown): ", "give \"password\""),
        (AUTH, "auth = { kind = \"password\", file = \"hunter2 with spaces\" }", "smtp.auth.file (value not shown): ", "write the secret into a file of its own"),
        (AUTH, "auth = { kind = \"password\", file = [\"hunter2\"] }", "smtp.auth.file (value not shown): ", "give a path in quotes"),
        (AUTH, "auth = { kind = \"password\", file = hunter2 }", "line N: ", "correct the line"),
        (AUTH, "auth = { kind = \"password\", password = \"hunter2 }", "line N: ", "correct the line"),
        (AUTH, "auth = { kind = \"password\", password: \"hunter2\" }", "line N: ", "correct the line"),
        (AUTH, "token = \"hunter2\"", "smtp.token: ", ELSEWHERE),
        ("username = \"mini-maria\"", "username = [\"mini-maria\", \"hunter2\"]", "mailbox[mini-maria].source.username (value not shown): ", "give text in quotes"),
        ("file = \"imap-password\"", "pass = \"hunter2\", file = \"x\"", "mailbox[mini-maria].source.auth.pass: ", "no such key"),
        ("kind = \"sqlite\"", "kind = \"postgres\"\nurl = \"postgres://inkom:hunter2@db/inkom\"", "database.url: ", ELSEWHERE),
        ("kind = \"sqlite\"", "kind = \"postgres\"\nurl_file = \"postgres://inkom:hunter2@db/inkom\"", "database.url_file (value not shown): ", "write the secret into a file of its own"),
        (AUTH, "auth = { kind = \"password\", file = \"x\" }\n[[mailbox]]\npassword = \"hunter2\"\n[smtp.more]", "mailbox[1].password: ", ELSEWHERE),
        ("port = 465", "port = [{ password = \"hunter2\" }]", "smtp.server.port (value not shown): ", "give a whole number"),
        ("port = 465", "port = \"smtps://inkom:hunter2@smtp\"", "smtp.server.port (value not shown): ", "give a whole number"),
        ("host = \"smtp.example.se\"", "host = \"smtps://inkom:hunter2@smtp.example.se\"", "smtp.server.host (value not shown): ", "give the server's name"),
    ] {
        let said = error(&changed(from, to));
        let key = key.replace("line N", &line_of(from, to));
        assert!(said.starts_with(&key) && said.contains(fix), "{said} from {to}");
        assert!(!said.contains(SECRET), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn a_secret_in_the_place_of_its_file_is_not_repeated_in_the_pages_section() {
    for (from, key) in [("\"oidc-secret\"", "client_secret_file"), ("\"/etc/inkom/inkom.key\"", "key_file")] {
        for to in ["\"hunter2 with spaces\"", "[\"hunter2\"]", "hunter2", "{ hunter2 = \"hunter2\" }"] {
            let said = error(&whole().replacen(from, to, 1));
            assert!(!said.contains(SECRET), "{key} = {to}: {said}");
            assert_eq!(said.lines().count(), 1, "{said}");
        }
    }
}

#[test]
fn a_damaged_file_gives_one_line_whatever_the_damage() {
    let file = SAMPLE.replace("\"smtp-password\"", "\"hunter2 and more\"");
    for cut in (0..file.len()).step_by(5).filter(|&at| file.is_char_boundary(at)) {
        for damage in ["", "\"", "[", "'''", "=\0", "\r"] {
            let Err(said) =
                Config::parse(&format!("{}{damage}{}", &file[..cut], &file[cut..].replacen(['"', '='], "", 1)))
            else {
                continue;
            };
            assert_eq!(said.0.lines().count(), 1, "{said}");
            assert!(!said.0.contains("hunter2 and"), "{said}");
        }
    }
}

#[test]
fn a_secret_given_instead_of_its_name_is_not_repeated_when_it_is_read() {
    let file = toml::from_str::<Auth>("kind = \"password\"\nfile = \"hunter2\"").unwrap();
    let Auth::Password { file } = file;
    let said = format!("{:#}", file.read().unwrap_err());
    assert!(!said.contains(SECRET), "{said}");
}
