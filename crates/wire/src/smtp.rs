//! SMTP on both sides: the server that takes mail ([`serve`]) and the client that hands it on
//! ([`Relay`]), in terms of the same [`Envelope`] and [`Reply`].
//!
//! Speaks RFC 5321 and 6409 with STARTTLS (3207), implicit TLS (8314), AUTH (4954), PIPELINING
//! (2920), SIZE (1870), 8BITMIME (6152), SMTPUTF8 (6531), DSN (3461), ENHANCEDSTATUSCODES (2034).
//! Left out: CHUNKING and BINARYMIME (a second way to end a message is a second way to smuggle
//! one), VRFY and EXPN (they tell strangers who exists).
//!
//! Commands and replies are parsed here and not by `smtp-proto` 0.2.5, because that reads
//! `<postmaster>` as the null path, drops the quotes of quoted local parts and the control
//! characters' refusal with them, refuses `ORCPT=utf-8;…` (RFC 6533, Postfix sends it), lets bare
//! CR and LF through, and grows without bound on empty continuation lines of a reply.

mod address;
mod auth;
mod client;
mod command;
mod connection;
mod data;
mod envelope;
mod error;
mod handler;
mod limits;
mod line;
mod peers;
mod reply;
mod server;
mod session;
mod stream;
mod transaction;
pub mod xtext;

pub use address::{AddressError, check as check_address};
pub use auth::Credentials;
pub use client::{Connection, Extensions, Relay, Security, Timeouts};
pub use envelope::{Body, Envelope, Notify, Recipient, Ret};
pub use error::{SendError, Stage};
pub use handler::{Handler, Unavailable};
pub use limits::Limits;
pub use reply::Reply;
pub use server::{ServerConfig, ServerTls, serve};
pub use transaction::Delivery;
