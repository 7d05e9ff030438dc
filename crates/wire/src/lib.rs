//! Protocols, without product words: an SMTP server and client, the TLS under them, DKIM
//! signatures, and HTTP requests to addresses that somebody else named.
//!
//! Promises: every byte that a peer can send is bounded, every wait ends, and no password or
//! address is ever logged. What a mail means, who may send it and where it is kept is the
//! caller's affair: the server asks a [`smtp::Handler`], the client is told an [`smtp::Envelope`].

pub mod dkim;
pub mod outward;
pub mod smtp;
pub mod tls;
