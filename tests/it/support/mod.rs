//! What the tests run against: real servers on loopback, each in a folder of its own.

pub mod smtp;
