//! The vocabulary: what a diary number, an entry, a stage and a sighting are. No I/O, no waiting.
//!
//! # Glossary
//!
//! | Here | Swedish | Where the word comes from |
//! |---|---|---|
//! | diary | diarium, register över allmänna handlingar | OSL 5 kap. 1 § |
//! | [`DiaryNumber`] | diarienummer | OSL 5 kap. 2 § 2 |
//! | [`DocumentNumber`] | handlingsnummer i ärendet (`:1` inkommen, `:2` svaret) | practice |
//! | [`Entry`] | registrerad inkommen handling | OSL 5 kap. 1 §, TF 2 kap. 9 § |
//! | arrival, `arrived_at` | inkommen (dag och tid) | TF 2 kap. 9 §, FL 22 § |
//! | [`Confidentiality`] | sekretessmarkering | OSL 5 kap. 5 § |
//! | postlista | postlista | the public's view of the diary |
//! | gallring | gallring | arkivlagen 10 § |
//! | [`Role`], [`Right`] | behörighet | PDL 4 kap. 2 § |
//! | sighting | where in a mailbox a message was seen | |
//! | [`Stage`] | how far inkom has come with an entry | |
//! | [`State`] | how far people have come with it | |

mod audit;
mod digest;
mod entry;
mod number;
mod role;
mod sighting;
mod stage;
mod state;
mod trouble;

pub use audit::{AuditAction, AuditEvent, ChainHash};
pub use digest::Digest;
pub use entry::{Arrival, ArrivalSource, Channel, Confidentiality, Entry, EntryId};
pub use number::{DiaryNumber, DocumentNumber, NumberError, Series};
pub use role::{Access, READING_HOURS, Right, Role};
pub use sighting::Sighting;
pub(crate) use stage::words;
pub use stage::{HoldReason, Kept, Resume, Stage, StageName, UnknownWord};
pub use state::State;
pub use trouble::Trouble;
