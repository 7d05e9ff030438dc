//! What kind of mail it is. The law asks for different things of an answer to a colleague, an invoice, and an
//! offer to somebody who never heard of its sender.

use crate::word::words;

words! {
    /// The kind of a message. Profiles allow and forbid by it.
    MessageClass {
        /// One person writes to another, one by one.
        Correspondence = "correspondence",
        /// The mail belongs to something the recipient asked for: an order, an account, a contract.
        Transactional = "transactional",
        /// A newsletter that the recipient asked for.
        RequestedNewsletter = "requested_newsletter",
        /// Advertising to people who agreed to get it or are customers.
        Marketing = "marketing",
        /// The first mail to somebody who neither asked for it nor is a customer.
        Cold = "cold",
    }
}

impl MessageClass {
    /// Is it advertising, in the wide sense that an unsubscription covers: newsletters, offers, first mails? Letters
    /// from one person to another and mail that belongs to an order are none, and go on after an unsubscription.
    pub fn is_advertising(self) -> bool {
        match self {
            Self::Correspondence | Self::Transactional => false,
            Self::RequestedNewsletter | Self::Marketing | Self::Cold => true,
        }
    }
}

words! {
    /// What a contact is to a lawyer who writes to them. A contact may be several of these.
    LegalTag {
        /// Another lawyer.
        Lawyer = "lawyer",
        /// The other side's lawyer, or the other side.
        Opposing = "opposing",
        /// A client.
        Client = "client",
    }
}

/// The legal tags of one contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct LegalTags(u8);

impl LegalTags {
    /// No tag: somebody a lawyer writes to outside of any matter, or a sender who is no lawyer.
    pub const NONE: Self = Self(0);

    /// These tags.
    pub fn of(tags: &[LegalTag]) -> Self {
        Self(tags.iter().fold(0, |bits, tag| bits | 1 << *tag as u8))
    }

    /// Is it tagged with this?
    pub fn has(self, tag: LegalTag) -> bool {
        self.0 & 1 << tag as u8 != 0
    }

    /// Does it have one of these?
    pub fn has_any(self, of: Self) -> bool {
        self.0 & of.0 != 0
    }

    /// The tags, in the order of their declaration.
    pub fn iter(self) -> impl Iterator<Item = LegalTag> {
        LegalTag::ALL.into_iter().filter(move |tag| self.has(*tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip_and_unknown_ones_are_errors() {
        for class in MessageClass::ALL {
            assert_eq!(class.as_str().parse(), Ok(class));
            assert_eq!(
                serde_json::to_string(&class).unwrap(),
                format!("\"{class}\"")
            );
        }
        assert!("newsletter".parse::<MessageClass>().is_err());
        assert!(serde_json::from_str::<MessageClass>("\"spam\"").is_err());
    }

    #[test]
    fn tags_are_a_set() {
        let tags = LegalTags::of(&[LegalTag::Client, LegalTag::Lawyer, LegalTag::Client]);
        assert_eq!(
            tags.iter().collect::<Vec<_>>(),
            [LegalTag::Lawyer, LegalTag::Client]
        );
        assert!(!tags.has(LegalTag::Opposing) && tags.has(LegalTag::Client));
        assert!(!LegalTags::NONE.has_any(tags) && tags.has_any(LegalTags::of(&[LegalTag::Lawyer])));
    }
}
