//! What `inkom check` wants to know about a server before mail is entrusted to it.

use async_imap::imap_proto::{MailboxDatum, Response};

use super::connection::{Capabilities, Connection};
use super::names;
use crate::mailbox::{MailboxError, MailboxErrorKind};

/// A server and its folders, looked at without changing anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImapReport {
    pub server: ServerKind,
    /// UIDPLUS (RFC 4315): exactly the messages meant can be removed, whatever others do at the same time.
    pub uidplus: bool,
    /// MOVE (RFC 6851).
    pub moves: bool,
    /// IDLE (RFC 2177): new mail is noticed at once, not at the next poll.
    pub idle: bool,
    /// As they were asked for.
    pub folders: Vec<FolderReport>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderReport {
    pub folder: String,
    pub state: FolderState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderState {
    There { messages: u32, validity: u32 },
    Missing,
}

/// What kind of server it is, which decides where a removed message really goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerKind {
    /// A removed message stays in Recoverable Items: 14 days, or as long as the tenant's retention or litigation hold says.
    ExchangeOnline,
    /// As [`ServerKind::ExchangeOnline`], by the local administrator's settings.
    Exchange,
    /// Removing from a label archives the message under All Mail, unless the account's IMAP settings say to delete it.
    Gmail,
    /// A removed message is gone, except from backups (and a lazy-expunge store, where one is configured).
    Dovecot,
    #[default]
    Unknown,
}

impl ServerKind {
    /// As far as the greeting tells.
    pub(super) fn greeted(words: &str) -> Self {
        if words.contains("Microsoft Exchange") {
            Self::Exchange
        } else if words.contains("Dovecot") {
            Self::Dovecot
        } else if words.starts_with("Gimap ") {
            Self::Gmail
        } else {
            Self::Unknown
        }
    }

    /// As far as the host's name and the capabilities tell besides.
    pub(super) fn known(greeted: Self, host: &str, capabilities: &Capabilities) -> Self {
        let host = host.to_ascii_lowercase();
        let is_under = |domain: &str| host == domain || host.ends_with(&format!(".{domain}"));
        if is_under("office365.com") || is_under("outlook.com") || is_under("office.com") {
            Self::ExchangeOnline
        } else if capabilities.has("X-GM-EXT-1") {
            Self::Gmail
        } else {
            greeted
        }
    }

    /// As the server names itself (RFC 2971 §3.3).
    fn named(name: &str) -> Self {
        if name.eq_ignore_ascii_case("dovecot") {
            Self::Dovecot
        } else if name.eq_ignore_ascii_case("GImap") {
            Self::Gmail
        } else if name.contains("Exchange") {
            Self::Exchange
        } else {
            Self::Unknown
        }
    }
}

impl Connection {
    pub(super) async fn report(&mut self, folders: &[String]) -> Result<ImapReport, MailboxError> {
        let mut kind = self.kind;
        if kind == ServerKind::Unknown && self.capabilities.has("ID") {
            self.ask("ID", "NIL", 0, |response| {
                if let Response::Id(Some(fields)) = response {
                    let name = fields.iter().find(|(field, _)| field.eq_ignore_ascii_case("name"));
                    kind = name.map_or(kind, |(_, name)| ServerKind::named(name));
                }
                Ok(())
            })
            .await?;
        }
        let mut report = ImapReport {
            server: kind,
            uidplus: self.capabilities.has("UIDPLUS"),
            moves: self.capabilities.has("MOVE"),
            idle: self.capabilities.has("IDLE"),
            folders: Vec::with_capacity(folders.len()),
        };
        for folder in folders {
            let state = match self.open_folder("EXAMINE", folder).await {
                Ok(found) => FolderState::There { messages: found.exists, validity: found.validity },
                Err(error) if error.kind == MailboxErrorKind::NoFolder => FolderState::Missing,
                Err(error) => return Err(error),
            };
            report.folders.push(FolderReport { folder: folder.clone(), state });
        }
        // What is examined cannot be changed; whoever comes next selects.
        self.selected = None;
        Ok(report)
    }

    /// Whether the folder that could not be opened is there at all (RFC 3501 §6.3.8).
    pub(super) async fn is_listed(&mut self, folder: &str) -> Result<bool, MailboxError> {
        use async_imap::imap_proto::NameAttribute;
        let mut listed = false;
        self.ask("LIST", &format!("\"\" {}", names::folder(folder)), 0, |response| {
            if let Response::MailboxData(MailboxDatum::List(entry)) = response {
                let absent = |attribute: &NameAttribute<'_>| match attribute {
                    NameAttribute::NoSelect => true,
                    // RFC 5258 §3
                    NameAttribute::Extension(name) => name.eq_ignore_ascii_case("\\NonExistent"),
                    _ => false,
                };
                listed |= !entry.name_attributes.iter().any(absent);
            }
            Ok(())
        })
        .await?;
        Ok(listed)
    }
}
