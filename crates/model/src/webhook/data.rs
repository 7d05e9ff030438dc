//! The `data` of each event, as it stands in the body: the contract with receivers, described in docs/webhooks.md.
//!
//! Everything about a person is read anew for each attempt, so that a late attempt tells how things are and not how
//! they were. Never in it: tokens, IP addresses, user-agents, subjects and texts of mails.

use crate::consent::{Consent, ConsentState, Topic};
use crate::time::Time;
use crate::{ContactId, CopyId, Country, EmailAddress, Language, MessageId, SuppressionCause};
use serde::Serialize;

/// What happened, by the shape of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Data {
    /// `consent.…`
    Consent {
        /// Whose.
        contact: Who,
        /// About what; of a consent given, those that are still given.
        topics: Vec<Topic>,
        /// How it came about.
        method: String,
        /// Where all topics stand now: this counts, in whatever order events arrive.
        consent: Standings,
    },
    /// `contact.corrected`
    Corrected {
        /// Who, as they are now.
        contact: Known,
    },
    /// `contact.restricted`
    Restricted {
        /// Who.
        contact: Who,
        /// Is it so now?
        restricted: bool,
    },
    /// `contact.erased`
    Erased {
        /// Who it was.
        contact: Former,
    },
    /// `contact.objected`, `contact.unsubscribed`
    NoAdvertising {
        /// Who.
        contact: Who,
        /// How it came about.
        cause: SuppressionCause,
    },
    /// `message.…`
    Message {
        /// The recipient.
        contact: Who,
        /// The mail.
        message: Mail,
        /// Their copy of it.
        copy: CopyId,
        /// What the relay said, where it refused.
        #[serde(skip_serializing_if = "Option::is_none")]
        answer: Option<String>,
    },
    /// `webhook.test`
    Test {
        /// For people.
        note: &'static str,
    },
}

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Who {
    /// The id, which stays the same as long as they are a contact, and stands in `contact.erased`, too.
    pub id: ContactId,
    /// The address.
    pub address: EmailAddress,
}

/// A contact with what can be corrected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Known {
    /// The id.
    pub id: ContactId,
    /// The address.
    pub address: EmailAddress,
    /// The name; may be empty.
    pub name: String,
    /// The language they read.
    pub language: Option<Language>,
    /// The country they are in.
    pub country: Option<Country>,
}

/// Somebody who is no contact any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Former {
    /// The id they had.
    pub id: ContactId,
    /// The mark of the address, see [`WebhookSecret::mark`](super::WebhookSecret::mark).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_hmac: Option<String>,
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// The message's id, as in the API.
    pub id: MessageId,
    /// Its Message-ID, without angle brackets.
    pub header_id: String,
}

/// Where every topic stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standings {
    open: ConsentState,
    click: ConsentState,
    document: ConsentState,
    details: ConsentState,
}

impl Standings {
    /// As of that moment.
    pub fn of(consent: &Consent, now: Time) -> Self {
        Self {
            open: consent.open.at(now),
            click: consent.click.at(now),
            document: consent.document.at(now),
            details: consent.details.at(now),
        }
    }
}
