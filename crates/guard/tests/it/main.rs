//! The room as others use it: whole mails.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test, in helpers too"
)]

mod cases;
mod figures;
mod hostile;
mod promises;
mod properties;
