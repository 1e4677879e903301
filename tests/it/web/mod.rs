//! The pages, over real HTTP.

mod passkeys;
mod people;
