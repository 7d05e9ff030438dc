//! What the dashboard, notifications and later webhooks are told: something happened to a copy.

use crate::id::{CopyId, MessageId};
use crate::time::Time;
use crate::word::words;
use serde::Serialize;

words! {
    /// What happened.
    Happening {
        /// A message was accepted.
        Accepted = "accepted",
        /// The relay took the copy.
        Sent = "sent",
        /// The relay will be tried again.
        Deferred = "deferred",
        /// The copy could not be delivered.
        Bounced = "bounced",
        /// A person opened the mail for the first time.
        Read = "read",
        /// A person followed a link for the first time.
        Clicked = "clicked",
        /// Another hit changed what is known.
        Seen = "seen",
        /// The recipient pressed the receipt button.
        Receipt = "receipt",
        /// The contact agreed, refused or withdrew.
        Consent = "consent",
    }
}

/// One entry of the event feed. Sequence numbers have no gaps, so a reader that knows the last one misses nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Position in the feed.
    pub seq: i64,
    /// What happened.
    pub kind: Happening,
    /// When.
    pub at: Time,
    /// To which message, where there is one.
    pub message: Option<MessageId>,
    /// To which copy, where there is one.
    pub copy: Option<CopyId>,
}
