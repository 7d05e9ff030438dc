//! May a mail go to each of its recipients at all? Asked when it is accepted and again when a copy leaves, because
//! somebody may have unsubscribed in between (R-MSG-02). The rule is `model::sending`; this gathers what it asks about.

use crate::accept::Sender;
use model::profile::MailConsent;
use model::sending::{Addressee, Duties, Occasion, duties};
use model::{
    AssessmentId, LegalTags, MessageClass, Reason, Source, SourceKind, SuppressionMark, Time,
    WorkspaceId,
};
use std::collections::HashSet;
use store::{Contact, CopyInContext, Workspace};

/// A mail's answers.
pub(crate) struct Permission {
    /// The assessment of legitimate interests behind it, if it is cold mail and there is one.
    pub(crate) assessment: Option<AssessmentId>,
    /// In the order of the recipients: what it must say to them, or why it may not go there.
    pub(crate) of_each: Vec<Result<Duties, Reason>>,
}

impl Sender {
    /// Asks for each recipient of a mail on its way in. `own` are the sender's own addresses: what goes there is a
    /// trial, and no law stands in its way.
    pub(crate) async fn permission(
        &self,
        workspace: &Workspace,
        contacts: &[Contact],
        (class, named): (MessageClass, Option<AssessmentId>),
        has_place: bool,
        own: &HashSet<String>,
        now: Time,
    ) -> Result<Permission, store::Error> {
        let (mut assessment, mut suppressed) = (None, vec![false; contacts.len()]);
        if class.is_advertising() {
            let id = workspace.id;
            assessment = self.store.assessment_in_force(id, named, now).await?;
            let marks = contacts.iter().map(|c| self.mark(id, c)).collect();
            let listed = self.store.suppressed(id, marks).await?;
            suppressed = listed.iter().map(Option::is_some).collect();
        }
        let occasion = Occasion {
            class,
            assessed: assessment.is_some(),
            has_postal_address: !workspace.postal_address.trim().is_empty(),
            has_place,
            now,
        };
        let itself = Source {
            kind: SourceKind::Person,
            ..Source::written("", now)
        };
        let ask = |(contact, suppressed): (&Contact, bool)| {
            let to = if own.contains(&contact.address.key()) {
                trial(&itself)
            } else {
                addressee(contact, suppressed)
            };
            duties(&self.profiles, &occasion, &to)
        };
        let of_each: Vec<_> = contacts.iter().zip(suppressed).map(ask).collect();
        let cold = |d: &Result<Duties, _>| d.as_ref().is_ok_and(|d| d.class == MessageClass::Cold);
        Ok(Permission {
            assessment: assessment.filter(|_| of_each.iter().any(cold)),
            of_each,
        })
    }

    /// Asks again as a copy leaves. An assessment that was good when the mail was accepted still counts.
    pub(crate) async fn still_permitted(
        &self,
        around: &CopyInContext,
        now: Time,
    ) -> Result<Result<Duties, Reason>, store::Error> {
        let class = around.message.class;
        let suppressed = if class.is_advertising() {
            let mark = self.mark(around.workspace.id, &around.contact);
            let listed = self
                .store
                .suppressed(around.workspace.id, vec![mark])
                .await?;
            listed.iter().any(Option::is_some)
        } else {
            false
        };
        let occasion = Occasion {
            class,
            assessed: around.message.assessment.is_some(),
            has_postal_address: !around.workspace.postal_address.trim().is_empty(),
            has_place: true,
            now,
        };
        let itself = Source {
            kind: SourceKind::Person,
            ..Source::written("", now)
        };
        let to = if around.copy.reason_open == Some(Reason::OwnAddress) {
            trial(&itself)
        } else {
            addressee(&around.contact, suppressed)
        };
        Ok(duties(&self.profiles, &occasion, &to))
    }

    fn mark(&self, workspace: WorkspaceId, contact: &Contact) -> SuppressionMark {
        self.suppression.mark(workspace, &contact.address)
    }
}

fn addressee(contact: &Contact, suppressed: bool) -> Addressee<'_> {
    Addressee {
        country: contact.country,
        business: contact.business,
        tags: contact.tags,
        source: &contact.source,
        told_at: contact.told_at,
        mail_consent: contact.agreement.consent,
        suppressed,
    }
}

/// The sender themselves.
fn trial(source: &Source) -> Addressee<'_> {
    Addressee {
        country: None,
        business: false,
        tags: LegalTags::NONE,
        source,
        told_at: None,
        mail_consent: MailConsent::Express,
        suppressed: false,
    }
}
