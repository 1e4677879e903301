//! What people decide of an entry: the acts there are, how far they have brought it, and which may come next.
//!
//! Promises: an entry is closed only by a decision that someone answers for; one that comes from a patient goes into the
//! record (R26); what has been decided is undone by another act, never erased. Pure rules: the diary keeps the acts.

mod act;
mod standing;
#[cfg(test)]
mod tests;

pub use act::{Act, Exempt, Flag, Outcome, PreferredChannel, RequestKind, SenderType, Way};
pub use act::{CallOutcome, Secrecy};
pub use standing::{Decision, Record, Refused, Request, Standing};
