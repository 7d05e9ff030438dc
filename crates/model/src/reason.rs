//! Why a copy is not tracked, or less than its sender wished: a code for programs, a sentence for people.

use std::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $sentence:literal;)+) => {
        /// Why an axis of a copy is `none`, or lower than asked for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Reason { $($(#[$doc])* $name,)+ }

        impl Reason {
            /// Every reason there is.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The stable word for programs and the database.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// One sentence for the sender.
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)+ }
            }
        }
    };
}

reasons! {
    /// No consent was ever asked for.
    NeverAsked = "never_asked", "This person was never asked whether they agree to be tracked.";
    /// No consent can be asked for: there is no approved text in their language.
    NoApprovedText = "no_approved_text", "This person was not asked, because there is no approved text in the language of the mail or of this person.";
    /// The question went out; nothing came back.
    AskedNoAnswer = "asked_no_answer", "This person was asked and has not answered. Silence is not consent.";
    /// Agreed on the page, but the confirmation mail was not answered yet.
    AwaitingConfirmation = "awaiting_confirmation", "This person agreed, but has not confirmed it by mail yet.";
    /// Said no.
    Refused = "refused", "This person was asked and said no.";
    /// Agreed once and took it back.
    Withdrawn = "withdrawn", "This person has withdrawn their consent.";
    /// The consent has run out.
    Expired = "expired", "The consent of this person has expired and must be asked for again.";
    /// The consent was given to a notice that said less than the one of today.
    Outdated = "outdated", "This person agreed to an earlier notice, which said less than the one of today. They must be asked again.";
    /// They asked that their data be kept but not used (GDPR Art. 18).
    Restricted = "restricted", "This person has asked that their data be kept but not used.";
    /// The recipient is the sender, or another of the sender's own addresses.
    OwnAddress = "own_address", "This is one of the sender's own addresses; own views never count.";
    /// The sender switched tracking off for this mail or this axis.
    SwitchedOff = "switched_off", "The sender switched this off for this mail.";
    /// The workspace allows less.
    WorkspaceCeiling = "workspace_ceiling", "The workspace does not allow it.";
    /// The sender has not been granted to send tracked mail, or their account is out of use.
    NotGranted = "not_granted", "The sender has not been granted the right to send tracked mail.";
    /// The sender has not acknowledged the workspace's tracking policy that is in force.
    NotAcknowledged = "not_acknowledged", "The sender has not acknowledged the tracking policy that is in force.";
    /// The sender's own ceiling allows less.
    SenderCeiling = "sender_ceiling", "The sender's own limit, set by the compliance desk, does not allow it.";
    /// The operator of the instance allows less.
    InstanceCeiling = "instance_ceiling", "The operator of this instance does not allow it.";
    /// The kill switch is on.
    KillSwitch = "kill_switch", "All tracking is switched off at the moment.";
    /// What was decided when the mail was sent; later changes can only lower it.
    FrozenAtSend = "frozen_at_send", "It was not allowed when the mail was sent, and that cannot be raised later.";
    /// The rules could not be read.
    PolicyUnavailable = "policy_unavailable", "The rules could not be read at that moment, so the mail went out untracked.";
    /// This mode needs a jurisdiction profile that switches it on.
    NeedsProfile = "needs_profile", "This mode is allowed only where a jurisdiction profile switches it on.";
    /// The law that applies to the contact allows less.
    Jurisdiction = "jurisdiction", "The rules of the recipient's country do not allow it for this kind of mail.";
    /// The legal profession's rules allow less.
    LegalProfession = "legal_profession", "The rules of the legal profession do not allow it for this recipient.";
    /// Somebody else who gets the message has not agreed.
    OthersMustAgree = "others_must_agree", "Everyone who gets this mail must have agreed, and not everyone has.";
    /// Below the age of consent, or of unknown age at a service for children.
    TooYoung = "too_young", "This person may be too young to agree alone.";
    /// Too few share a sum.
    TooFew = "too_few", "Fewer than 20 people would share this count, so it would tell about single persons.";
    /// The mail has no hosted document.
    NoDocument = "no_document", "There is no hosted document in this mail.";
    /// There is no HTML body to put a pixel or links into.
    NoHtml = "no_html", "The mail is plain text: it has no HTML body that could be tracked.";
    /// The mail is signed, and a signature must not be broken.
    Signed = "signed", "The mail, or a file in it, is signed; touching it would break the signature.";
    /// The mail is encrypted.
    Encrypted = "encrypted", "The mail, or a file in it, is encrypted, so nothing in it is touched.";
    /// PGP armour in the text itself.
    InlinePgp = "inline_pgp", "The text is signed or encrypted with PGP and cannot be touched.";
    /// An existing DKIM signature covers the body.
    DkimSigned = "dkim_signed", "The mail came with the signature of a mail server (DKIM), which touching it would break.";
    /// A character set that cannot be edited safely.
    OddCharset = "odd_charset", "The character set of the mail cannot be edited safely.";
    /// The structure of the mail is broken.
    Malformed = "malformed", "The mail is damaged, or written so that mail programs would differ in how they read it; it was passed on as it came.";
    /// The copy as written has no link to end tracking, so it left without any.
    NoWithdrawal = "no_withdrawal", "The way to end tracking could not be found in the finished mail, so it was sent untracked.";
    /// Over one of the bounds.
    TooComplex = "too_complex", "The mail has more parts, links, pictures or text than can be handled safely.";

    // Why a mail is not sent to somebody at all.
    /// They unsubscribed, objected, or were erased.
    Unsubscribed = "unsubscribed", "This person does not want mail of this kind any more. Only they can change that, on the page behind the unsubscribe link.";
    /// Recipients complained about it too often.
    TooManyComplaints = "too_many_complaints", "Within a week too many people called such mail spam. It is paused until fewer do, because providers would else turn all mail from here away. See Numbers.";
    /// What DNS says of the sender's domain contradicts what this server does.
    RecordsContradict = "records_contradict", "What DNS says about your domain contradicts how this server sends, so providers would turn such mail away. Whoever runs the server sees with \"overt doctor\" what to mend. Letters go on.";
    /// What is known about them, or the rules, could not be read.
    PermissionUnavailable = "permission_unavailable", "What is known about this person, or the rules for it, could not be read, so nobody could tell whether they want such mail. Tell whoever runs this server, then send it again.";
    /// The law asks for consent to be mailed.
    NoMailConsent = "no_mail_consent", "The rules of the recipient's country ask for their consent before such a mail, and none is on record. Note it on the contact's page, with its proof.";
    /// No assessment of legitimate interests, or none that is still good.
    NoAssessment = "no_assessment", "Mail to people who never asked for it needs an assessment of legitimate interests that has not run out. Write one under Settings.";
    /// Nobody said where the address comes from.
    NoSource = "no_source", "A first mail of this kind must say where the address comes from, and nobody said so. Note it on the contact's page.";
    /// The workspace has no postal address.
    NoPostalAddress = "no_postal_address", "A mail of this kind must name the sender's postal address. Enter it under Settings.";
    /// The mail has no text that could say what it must.
    NoPlaceForDuties = "no_place_for_duties", "A mail of this kind must say who sends it and how to stop it, and this one is signed, encrypted or has no text to say it in.";
}

impl std::str::FromStr for Reason {
    type Err = crate::UnknownWord;
    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|r| r.code() == code)
            .ok_or_else(|| crate::UnknownWord {
                given: code.into(),
                expected: &["a reason code"],
            })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

impl serde::Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_round_trip() {
        let codes: std::collections::BTreeSet<_> = Reason::ALL.iter().map(|r| r.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert_eq!(reason.code().parse(), Ok(*reason));
            assert!(reason.sentence().ends_with('.'));
        }
    }
}
