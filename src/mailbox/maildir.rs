#[derive(Debug)]
pub struct Maildir;
