//! The crate from outside: cases anyone can add to, promises on made-up mail, hostile mail.

#![allow(
    clippy::unwrap_used,
    reason = "a failed unwrap is a failed test, in helpers too"
)]

mod cases;
mod differential;
mod hostile;
mod promises;
mod properties;
mod render;
