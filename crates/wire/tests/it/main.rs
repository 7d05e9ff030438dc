//! The server and the client against each other over loopback, and each against peers that break
//! the rules.

#![allow(
    clippy::unwrap_used,
    reason = "clippy knows #[test] functions as tests, not what they call"
)]

mod dkim;
mod exchange;
mod hostile_clients;
mod hostile_relays;
mod post_office;
