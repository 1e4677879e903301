//! From TOML to types, and from serde's errors to ones that help. toml's own errors quote the line they are about,
//! which may hold a password that somebody wrote there; these quote a value only where none belongs.

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::{ConfigError, Mailbox};

/// Shows what a value may look like.
const SAMPLE: &str = include_str!("../../config/inkom.toml");

/// Under these keys, and under keys that inkom does not know, values are not repeated.
const SECRET_KEYS: [&str; 7] = ["auth", "file", "url_file", "key_file", "client_secret_file", "password", "username"];

/// Stands where a value would.
pub(super) const NOT_SHOWN: &str = "(value not shown)";

/// # Errors
/// One error: the first.
pub(super) fn from_toml<T: DeserializeOwned>(text: &str) -> Result<T, ConfigError> {
    let table: Table = toml::from_str(text).map_err(|_| syntax(text))?;
    Value::Table(table.clone()).try_into().map_err(|error| explain(&table, &error))
}

/// For the tables whose `kind` decides which other keys they have. serde's own tagged enums forget the key that an
/// error is about, so such a table is read flat and then sorted out, with errors worded as serde's are.
pub(super) fn missing(key: &str) -> String {
    format!("missing field `{key}`")
}

/// `keys` are those of the other kind, with whether they were given.
pub(super) fn refuse(other_kind: &str, keys: &[(&str, bool)]) -> Result<(), String> {
    match keys.iter().find(|(_, given)| *given) {
        Some((key, _)) => Err(format!("misplaced field `{key}`, of kind \"{other_kind}\"")),
        None => Ok(()),
    }
}

/// A forgotten quote goes wrong at once and again later. The first place is the one to look at.
fn syntax(text: &str) -> ConfigError {
    let (_, errors) = toml::de::DeTable::parse_recoverable(text);
    let place = |error: &toml::de::Error| error.span().map_or(text.len(), |span| span.start);
    let first = errors.iter().min_by_key(|error| place(error));
    let line = text.get(..first.map_or(0, place)).unwrap_or(text).split('\n').count();
    let message = first.map_or("not TOML", |error| error.message());
    ConfigError(format!("line {line}: {message}; correct the line (it is not shown here, as it may hold a secret)"))
}

fn explain(table: &Table, error: &toml::de::Error) -> ConfigError {
    let path = Path::of(table, error);
    let message = error.message();
    let key_in = |start: &str| message.strip_prefix(start)?.split_once('`');
    if let Some((key, _)) = key_in("missing field `") {
        let path = path.with(key);
        return ConfigError(format!("{} is missing: add it{}", path.shown(), path.such_as()));
    }
    if let Some((key, known)) = key_in("unknown field `") {
        let fix = if ["password", "passwd", "secret", "token", "url"].contains(&key) {
            "secrets are not written here; put it in a file that inkom alone can read and name that file, such as \
             auth = { kind = \"password\", file = \"imap-password\" } or url_file = \"database-url\""
                .to_owned()
        } else {
            format!("no such key; here are {}", known.trim_start_matches(", expected ").trim_start_matches("one of "))
        };
        return ConfigError(format!("{}: {fix}", path.with(key).shown()));
    }
    if let Some((key, of_kind)) = key_in("misplaced field `") {
        let of_kind = of_kind.trim_start_matches(", of ");
        let kind = path.with("kind").shown();
        return ConfigError(format!("{}: is for {of_kind}; take it out, or change {kind}", path.with(key).shown()));
    }
    if message.starts_with("unknown variant") {
        let (_, known) = message.split_once(", expected ").unwrap_or_default();
        return path.error(&format!("give {}", known.trim_start_matches("one of ").replace('`', "\"")));
    }
    if let Some((_, expected)) = message.strip_prefix("invalid ").and_then(|rest| rest.rsplit_once(", expected ")) {
        return path.error(&format!("give {}{}", plainly(expected), path.such_as()));
    }
    path.error(message)
}

/// serde's name for a type in words for people.
fn plainly(expected: &str) -> &str {
    match expected {
        "u16" => "a whole number from 0 to 65535",
        "u32" | "u64" => "a whole number, 0 or more",
        "a nonzero u32" => "a whole number, 1 or more",
        "a string" => "text in quotes",
        "path string" => "a path in quotes",
        "a sequence" => "a list in brackets",
        "a boolean" => "true or false",
        table if table.starts_with("struct ") => "a section with keys of its own",
        other => other,
    }
}

/// Where in the file an error is. Of several mailboxes, which.
struct Path<'a> {
    table: &'a Table,
    keys: Vec<String>,
    mailbox: Option<usize>,
}

impl<'a> Path<'a> {
    fn of(table: &'a Table, error: &toml::de::Error) -> Self {
        let text = error.to_string();
        let keys = text.trim_end().rsplit_once("\nin `").and_then(|(_, keys)| keys.strip_suffix('`'));
        let keys: Vec<String> = keys.into_iter().flat_map(|keys| keys.split('.')).map(str::to_owned).collect();
        let mut mailboxes = table.get("mailbox").and_then(Value::as_array).into_iter().flatten();
        let mailbox = keys
            .first()
            .filter(|key| *key == "mailbox")
            .and_then(|_| mailboxes.position(|mailbox| mailbox.clone().try_into::<Mailbox>().is_err()));
        Self { table, keys, mailbox }
    }

    fn with(&self, key: &str) -> Self {
        let keys = self.keys.iter().cloned().chain([key.to_owned()]).collect();
        Self { table: self.table, keys, mailbox: self.mailbox }
    }

    /// As the checks write it: `mailbox[mini-maria].series`. A mailbox without a name is shown by its place.
    fn shown(&self) -> String {
        let Some(index) = self.mailbox else { return self.keys.join(".") };
        let name = self.table["mailbox"][index].get("name").and_then(Value::as_str);
        let name = name.map_or_else(|| (index + 1).to_string(), |name| name.escape_debug().to_string());
        [&[format!("mailbox[{name}]")], &self.keys[1..]].concat().join(".")
    }

    fn value(&self) -> Option<&Value> {
        find(self.table, &self.keys, self.mailbox.unwrap_or_default())
    }

    /// An example from the sample configuration, if it has one.
    fn such_as(&self) -> String {
        let sample: Table = SAMPLE.parse().expect("a test reads the sample");
        match find(&sample, &self.keys, 0) {
            Some(table @ Value::Table(_)) if self.keys.last().is_some_and(|key| key == "auth") => {
                format!(", such as {table}")
            }
            Some(Value::Table(_)) | None => String::new(),
            Some(value) => format!(", such as {value}"),
        }
    }

    fn error(&self, fix: &str) -> ConfigError {
        let shown = self.shown();
        let secret = self.keys.iter().any(|key| SECRET_KEYS.contains(&key.as_str()));
        match self.value() {
            Some(Value::Table(_)) | None => ConfigError(format!("{shown}: {fix}")),
            Some(value) if secret || holds_more(value) => ConfigError(format!("{shown} {NOT_SHOWN}: {fix}")),
            Some(value) => {
                ConfigError(format!("{shown} = {}: {fix}", value.to_string().replace(char::is_control, " ")))
            }
        }
    }
}

/// Whole sections, and URLs, which have a place for a password.
fn holds_more(value: &Value) -> bool {
    match value {
        Value::Table(_) => true,
        Value::Array(values) => values.iter().any(holds_more),
        Value::String(text) => text.contains("://"),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => false,
    }
}

fn find<'a>(table: &'a Table, keys: &[String], mailbox: usize) -> Option<&'a Value> {
    let (first, rest) = keys.split_first()?;
    rest.iter().try_fold(table.get(first)?, |value, key| match value {
        Value::Array(mailboxes) => mailboxes.get(mailbox)?.get(key),
        value => value.get(key),
    })
}
