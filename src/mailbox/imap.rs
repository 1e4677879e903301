//! IMAP.
#[derive(Debug)]
pub struct Imap;
#[derive(Debug)]
pub struct ImapReport;
