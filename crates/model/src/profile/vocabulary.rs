//! The words that profiles are written in.

use crate::reason::Reason;
use crate::time::Time;
use crate::word::words;

words! {
    /// What a profile is about.
    ProfileKind {
        /// The law of some countries.
        Jurisdiction = "jurisdiction",
        /// The rules of a profession, on top of the law.
        Profession = "profession",
    }
}

impl ProfileKind {
    pub(super) fn reason(self) -> Reason {
        match self {
            Self::Jurisdiction => Reason::Jurisdiction,
            Self::Profession => Reason::LegalProfession,
        }
    }
}

words! {
    /// Something that a mail must say.
    Statement {
        /// The visible line: this mail is tracked.
        TrackingLine = "tracking_line",
        /// The way to end tracking, apart from unsubscribing.
        Withdrawal = "withdrawal",
        /// A link to the full notice.
        FullNotice = "full_notice",
        /// Where the address comes from.
        AddressSource = "address_source",
        /// The information of GDPR Art. 14.
        Art14 = "art_14",
        /// A way to object.
        Objection = "objection",
        /// Who sends.
        SenderIdentity = "sender_identity",
        /// The sender's postal address.
        PostalAddress = "postal_address",
        /// How to reach the sender.
        ReplyContact = "reply_contact",
        /// A way to stop the mails.
        Unsubscribe = "unsubscribe",
    }
}

words! {
    /// What a first mail needs, the mildest first.
    ColdMail {
        /// Nothing beforehand; a way to refuse in it.
        OptOut = "opt_out",
        /// Express consent, or an implied one that has not run out.
        ExpressOrImplied = "express_or_implied",
        /// Express consent to be mailed.
        Consent = "consent",
    }
}

/// A contact's consent to be mailed. It never means consent to be tracked (R-CONS-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailConsent {
    /// None.
    None,
    /// From a purchase or an enquiry, until it runs out.
    Implied(Time),
    /// Said yes.
    Express,
}

impl ColdMail {
    /// May the first mail go out (R-ORIG-04)?
    pub fn allows(self, consent: MailConsent, now: Time) -> bool {
        match (self, consent) {
            (Self::OptOut, _) | (_, MailConsent::Express) => true,
            (Self::ExpressOrImplied, MailConsent::Implied(until)) => now < until,
            _ => false,
        }
    }
}
