//! The tracker origin as strangers meet it: requests in, answers out, on a temporary SQLite store.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "all of this is tests, also the functions between them"
)]

mod click;
mod consent;
mod durable;
mod form;
mod open;
mod own;
mod page;
mod receipt;
mod settle;
mod site;
mod unsubscribe;
