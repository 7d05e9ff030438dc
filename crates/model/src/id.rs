//! Identifiers: 128 random bits each, a type of its own for each noun, so that one cannot be passed for another.
//!
//! The text form is base64url without padding (22 characters); it stands in API paths and page addresses.
//! The random bytes come from the caller. A copy's id also travels inside tokens, so it must never be derived
//! from anything about a person, nor show its time of birth (which is why these are not UUIDs of version 7).

use crate::word::{serde_as_text, shown_as_base64};
use data_encoding::BASE64URL_NOPAD;

/// The text is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid identifier: expected 22 characters of A–Z a–z 0–9 - _")]
pub struct BadId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// The identifier's bytes, as stored.
            pub fn bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        shown_as_base64!($name);
        serde_as_text!($name);

        impl std::str::FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| BadId)?;
                bytes.try_into().map(Self).map_err(|_| BadId)
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = BadId;
            fn try_from(bytes: &[u8]) -> Result<Self, BadId> {
                bytes.try_into().map(Self).map_err(|_| BadId)
            }
        }
    )+};
}

ids! {
    /// One organisation on an instance.
    WorkspaceId,
    /// A person who logs in.
    UserId,
    /// An address that a user may send from.
    IdentityId,
    /// A person mail is sent to.
    ContactId,
    /// One mail as the sender wrote it.
    MessageId,
    /// The message as one recipient gets it: the unit of tracking.
    CopyId,
    /// One request to a tracked URL.
    HitId,
    /// A breach of personal data.
    BreachId,
    /// What a person asked for under one of their rights.
    RequestId,
    /// A form for other sites.
    FormId,
    /// One assessment of legitimate interests.
    AssessmentId,
    /// Who was named to agree for a contact below the age to agree alone.
    GuardianId,
    /// An address that events are sent to.
    WebhookId,
    /// One event for one such address; the same at each attempt.
    DeliveryId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips() {
        let id = CopyId([7; 16]);
        assert_eq!(id.to_string().len(), 22);
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn wrong_lengths_and_alphabets_are_refused() {
        for text in [
            "",
            "AAAA",
            "not an id at all 123456",
            "BwcHBwcHBwcHBwcHBwcHB+",
            "BwcHBwcHBwcHBwcHBwcHBwcHBw",
        ] {
            assert_eq!(text.parse::<CopyId>(), Err(BadId), "{text}");
        }
    }
}
