//! Outgoing mail: decide → instrument → outbox → deliver.
//!
//! Every way in — SMTP submission, the API, the form — ends in [`Sender::accept`]. It decides once per recipient,
//! stores the mail and its copies, and returns when they are on disk. The workers of [`deliver`] render each copy from
//! the stored original when it leaves, decide once more on what is true then, and hand it to the relay.

pub mod accept;

pub use accept::{Acceptance, AcceptedCopy, Refusal, Recipient, Sender, Submission};
