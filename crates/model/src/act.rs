//! Acts: what people do here that somebody may have to account for later (R-AUD-01).
//!
//! The list is closed and stands in one place. The store writes an act in the transaction that carries it out, and a
//! test walks this list and sees that each writes exactly its own. What the program does by itself all day long
//! (accepting mail, recording hits, settling verdicts) is not in it: that is data, not an act.

use crate::word::words;

words! {
    /// What somebody did.
    ActKind {
        /// A workspace was made.
        WorkspaceCreated = "workspace.created",
        /// Name, language or the habit of asking was changed.
        WorkspaceDescribed = "workspace.described",
        /// A workspace's ceiling was changed.
        CeilingSet = "ceiling.set",
        /// A workspace's kill switch was turned.
        SwitchTurned = "switch.turned",
        /// The whole instance's kill switch was turned.
        InstanceSwitchTurned = "instance_switch.turned",
        /// A user was made.
        UserCreated = "user.created",
        /// A user got another role.
        UserRoleSet = "user.role_set",
        /// A user can no longer sign in or send.
        UserDeactivated = "user.deactivated",
        /// A user can sign in again.
        UserReactivated = "user.reactivated",
        /// A link was made with which a user chooses a password.
        UserResetIssued = "user.reset_issued",
        /// A user chose a password.
        UserPasswordSet = "user.password_set",
        /// Somebody signed in.
        UserSignedIn = "user.signed_in",
        /// Somebody tried a user's address with a wrong password.
        UserSignInFailed = "user.sign_in_failed",
        /// A user's right to send tracked mail, or their own ceiling, was changed.
        UserCeilingSet = "user.ceiling_set",
        /// Somebody looked through all users and their rights, and signed for it.
        AccessReviewed = "access.reviewed",
        /// An app password or API key was made.
        CredentialMade = "credential.made",
        /// An app password or API key was revoked.
        CredentialRevoked = "credential.revoked",
        /// A user may send from one more address.
        IdentityAdded = "identity.added",
        /// A user may send from one address less.
        IdentityRemoved = "identity.removed",
        /// A user noted a change of a contact's consent on their behalf.
        ContactConsentSet = "contact.consent_set",
        /// Country or tags of a contact, by which rules of law apply, were changed.
        ContactDescribed = "contact.described",
        /// What a contact said about having reached the age to agree alone was noted.
        ContactAgeSet = "contact.age_set",
        /// A user checked with a guardian that they agree for a contact.
        GuardianChecked = "guardian.checked",
        /// A person corrected what is known about them.
        ContactCorrected = "contact.corrected",
        /// A contact was erased.
        ContactErased = "contact.erased",
        /// The use of a contact's data was stopped, or allowed again.
        ContactRestricted = "contact.restricted",
        /// What a person asked for under their rights was answered.
        RequestAnswered = "request.answered",
        /// The answer to a person's request was put off.
        RequestExtended = "request.extended",
        /// Proof of consents that ended was deleted, its term being over.
        ProofDisposed = "proof.disposed",
        /// A version of the workspace's own tracking policy was published.
        PolicyPublished = "policy.published",
        /// A user read the tracking policy and will keep to it.
        PolicyAcknowledged = "policy.acknowledged",
        /// It was stated what tracking is wanted for.
        AimsStated = "aims.stated",
        /// A form for other sites was published.
        FormPublished = "form.published",
        /// A form for other sites was closed.
        FormClosed = "form.closed",
        /// A breach was entered into the register.
        BreachNoted = "breach.noted",
        /// An entry of the register of breaches was changed.
        BreachChanged = "breach.changed",
        /// Somebody entered or imported a contact, with where the address comes from.
        ContactEntered = "contact.entered",
        /// A user noted whether a contact agreed to get advertising.
        ContactAgreementSet = "contact.agreement_set",
        /// A user noted that somebody wants no advertising.
        AddressSuppressed = "address.suppressed",
        /// An assessment of legitimate interests was written.
        AssessmentWritten = "assessment.written",
        /// Somebody drew lists about tracking out of the desk.
        RegisterExported = "register.exported",
        /// An evidence archive was drawn.
        EvidenceDrawn = "evidence.drawn",
        /// An address was entered that events are sent to.
        WebhookCreated = "webhook.created",
        /// Where events are sent, or which, was changed.
        WebhookChanged = "webhook.changed",
        /// An endpoint got a new secret.
        WebhookRotated = "webhook.rotated",
        /// Nothing is sent to an endpoint any more: somebody turned it off, or it failed for too long.
        WebhookTurnedOff = "webhook.turned_off",
        /// Events are sent to an endpoint again.
        WebhookTurnedOn = "webhook.turned_on",
        /// An endpoint and its log were deleted.
        WebhookDeleted = "webhook.deleted",
    }
}

impl ActKind {
    /// What was done, in words that stand after a name: "Dana …".
    pub fn words(self) -> &'static str {
        match self {
            Self::WorkspaceCreated => "made the workspace",
            Self::WorkspaceDescribed => "changed the workspace's name, language or asking",
            Self::CeilingSet => "changed the workspace's ceiling",
            Self::SwitchTurned => "turned the workspace's kill switch",
            Self::InstanceSwitchTurned => "turned the kill switch of the whole server",
            Self::UserCreated => "made a user",
            Self::UserRoleSet => "changed a user's role",
            Self::UserDeactivated => "deactivated a user",
            Self::UserReactivated => "let a user in again",
            Self::UserResetIssued => "made a link to choose a password",
            Self::UserPasswordSet => "chose a password",
            Self::UserSignedIn => "signed in",
            Self::UserSignInFailed => "could not sign in: wrong password",
            Self::UserCeilingSet => "changed what a user may track",
            Self::AccessReviewed => "reviewed all users and their rights",
            Self::CredentialMade => "made an app password or API key",
            Self::CredentialRevoked => "revoked an app password or API key",
            Self::IdentityAdded => "added an address to send from",
            Self::IdentityRemoved => "removed an address to send from",
            Self::ContactConsentSet => "noted a contact's consent for them",
            Self::ContactDescribed => "changed which rules apply to a contact",
            Self::ContactAgeSet => "noted what a contact said about their age",
            Self::GuardianChecked => "checked that a guardian agrees for a contact",
            Self::ContactCorrected => "corrected what is known about a contact",
            Self::ContactErased => "erased a contact",
            Self::ContactRestricted => "stopped or allowed the use of a contact's data",
            Self::RequestAnswered => "answered a person's request",
            Self::RequestExtended => "put off the answer to a person's request",
            Self::ProofDisposed => "deleted proof of consents that ended long ago",
            Self::PolicyPublished => "published a tracking policy",
            Self::PolicyAcknowledged => "acknowledged the tracking policy",
            Self::AimsStated => "changed what tracking is wanted for",
            Self::FormPublished => "published a form for other sites",
            Self::FormClosed => "closed a form for other sites",
            Self::BreachNoted => "noted a breach",
            Self::BreachChanged => "changed a breach's entry",
            Self::ContactEntered => "entered a contact",
            Self::ContactAgreementSet => "noted whether a contact agreed to get advertising",
            Self::AddressSuppressed => "noted that somebody wants no advertising",
            Self::AssessmentWritten => "wrote an assessment of legitimate interests",
            Self::RegisterExported => "exported a list of the compliance desk",
            Self::EvidenceDrawn => "drew an evidence archive",
            Self::WebhookCreated => "entered a webhook",
            Self::WebhookChanged => "changed where a webhook leads or what it is told",
            Self::WebhookRotated => "gave a webhook a new secret",
            Self::WebhookTurnedOff => "turned a webhook off",
            Self::WebhookTurnedOn => "turned a webhook on again",
            Self::WebhookDeleted => "deleted a webhook",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ActKind;
    use crate::ledger::Kind;

    #[test]
    fn every_act_can_stand_in_a_ledger_and_is_no_consent() {
        for kind in ActKind::ALL {
            assert!(kind.as_str().parse::<Kind>().is_ok(), "{kind}");
            assert!(!kind.as_str().starts_with("consent."), "{kind}");
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
    }
}
