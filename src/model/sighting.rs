use std::fmt;

/// Where a message was seen. An entry may have many; removal is bound to one of them (never to a Message-ID).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sighting {
    /// The mailbox's name in the configuration.
    pub mailbox: String,
    pub folder: String,
    /// IMAP's UIDVALIDITY (RFC 3501 §2.3.1.1); 0 in a Maildir, whose unique names are never used again.
    pub validity: u32,
    /// IMAP's UID in decimal, or a Maildir's unique name (the file name up to the colon).
    pub uid: String,
}

impl fmt::Display for Sighting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.mailbox, self.folder, self.validity, self.uid)
    }
}
