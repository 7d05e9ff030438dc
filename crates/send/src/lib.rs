//! Outgoing mail: decide → instrument → outbox → deliver.
//!
//! Every way in — SMTP submission, the API, the form — ends in [`Sender::accept`]. It walks the mail once, decides
//! once per recipient, and returns when the mail, its copies and their places in the outbox are on disk. The workers
//! of [`deliver`] render each copy from the stored original at the moment it leaves, decide again on what is true by
//! then (which can only lower), and hand it to the relay.

mod accept;
mod copies;
mod decide;
pub mod deliver;
mod departure;
pub mod hand_over;
pub mod imprint;
pub mod instrument;
mod line;
mod notice;
mod permission;
pub mod preflight;
mod quoted;
mod read;
mod report;
mod retry;
mod sender;
pub mod service;
pub mod sign;
mod submission;
pub mod submit;
mod withdrawal;
mod words;

pub use ::mail::report::REPORT_BYTES_MAX;
pub use deliver::{Courier, Deliveries};
pub use hand_over::HandedOver;
pub use preflight::Preflight;
pub use read::hindrance;
pub use report::{ReportError, keep_report};
pub use retry::Schedule;
pub use sender::Sender;
pub use sign::Signers;
pub use submission::{Acceptance, AcceptedCopy, Recipient, Refusal, Submission};
pub use submit::SubmissionServer;
