//! The pages, over real HTTP.

mod people;
