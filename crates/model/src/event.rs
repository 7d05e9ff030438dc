//! What the dashboard, notifications and later webhooks are told: something happened to a copy.

use crate::id::{CopyId, MessageId};
use crate::mode::UnknownWord;
use crate::time::Time;
use serde::Serialize;
use std::str::FromStr;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// A message was accepted.
    Accepted,
    /// The relay took the copy.
    Sent,
    /// The relay will be tried again.
    Deferred,
    /// The copy could not be delivered.
    Bounced,
    /// A person opened the mail for the first time.
    Read,
    /// A person followed a link for the first time.
    Clicked,
    /// Another hit changed what is known.
    Seen,
    /// The recipient pressed the receipt button.
    Receipt,
    /// The contact agreed, refused or withdrew.
    Consent,
}

impl Happening {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Accepted,
        Self::Sent,
        Self::Deferred,
        Self::Bounced,
        Self::Read,
        Self::Clicked,
        Self::Seen,
        Self::Receipt,
        Self::Consent,
    ];

    /// The word for the database, the event stream and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Deferred => "deferred",
            Self::Bounced => "bounced",
            Self::Read => "read",
            Self::Clicked => "clicked",
            Self::Seen => "seen",
            Self::Receipt => "receipt",
            Self::Consent => "consent",
        }
    }
}

impl FromStr for Happening {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|h| h.as_str() == text)
            .ok_or_else(|| UnknownWord {
                given: text.into(),
                expected: "a happening",
            })
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
