//! May a mail go to each of its recipients at all? Asked when it is accepted and again when a copy leaves, because
//! somebody may have unsubscribed in between (R-MSG-02). The rule is `model::sending`; this gathers what it asks about.

use crate::copies::Incoming;
use crate::sender::Sender;
use crate::submission::Recipient;
use model::profile::MailConsent;
use model::sending::{Addressee, Duties, Occasion, duties};
use model::{AssessmentId, ContactId, LegalTags, MessageClass, Reason, Source, SourceKind, Time};
use store::{Contact, CopyInContext, Grounds};

/// A mail's answers.
pub(crate) struct Permission {
    /// The assessment of legitimate interests behind it, if it is cold mail and there is one.
    pub(crate) assessment: Option<AssessmentId>,
    /// In the order of the recipients: what it must say to them, or why it may not go there.
    pub(crate) of_each: Vec<Result<Duties, Reason>>,
}

impl Permission {
    /// Of a mail that nobody can be asked about, and that needs no permission: it is no advertising.
    pub(crate) fn unasked(class: MessageClass, recipients: usize) -> Self {
        Self {
            assessment: None,
            of_each: vec![Ok(Duties::none(class)); recipients],
        }
    }
}

impl Sender {
    /// Asks for each recipient of a mail on its way in. What goes to the sender's own addresses is a trial, and no law
    /// stands in its way. Of whom nothing can be read gets no advertising, and without grounds there is none to anybody.
    pub(crate) async fn permission(
        &self,
        mail: &Incoming<'_>,
        recipients: &[(Recipient, ContactId)],
        grounds: Option<&Grounds>,
    ) -> Result<Permission, store::Error> {
        let (class, now) = (mail.wishes.class, mail.now);
        let Some(grounds) = grounds else {
            return Ok(Permission::unasked(class, recipients.len()));
        };
        let workspace = &grounds.workspace;
        let (mut assessment, mut suppressed) = (None, vec![false; recipients.len()]);
        let (mut is_fit, mut paused) = (true, false);
        if class.is_advertising() {
            let id = workspace.id;
            let from = mail.read.authors.iter().chain([mail.from]);
            is_fit = self.preflight.fits(from, now).await;
            paused = self.preflight.is_paused(&self.store, id, now).await?;
            let named = mail.wishes.assessment;
            assessment = self.store.assessment_in_force(id, named, now).await?;
            let mark = |(to, _): &(Recipient, _)| self.suppression.mark(id, &to.address);
            let marks = recipients.iter().map(mark).collect();
            let listed = self.store.suppressed(id, marks).await?;
            suppressed = listed.iter().map(Option::is_some).collect();
        }
        let occasion = Occasion {
            class,
            assessed: assessment.is_some(),
            has_postal_address: !workspace.postal_address.trim().is_empty(),
            has_place: mail.read.can_carry_line,
            now,
        };
        let itself = Source {
            kind: SourceKind::Person,
            ..Source::written("", now)
        };
        let ask = |((to, contact), suppressed): ((&Recipient, &Result<Contact, _>), bool)| {
            let to = match contact {
                _ if mail.own.contains(&to.address.key()) => trial(&itself),
                _ if paused => return Err(Reason::TooManyComplaints),
                _ if !is_fit => return Err(Reason::RecordsContradict),
                Ok(contact) => addressee(contact, suppressed),
                Err(_) if class.is_advertising() => return Err(Reason::PermissionUnavailable),
                Err(_) => return Ok(Duties::none(class)),
            };
            duties(&self.profiles, &occasion, &to)
        };
        let each = recipients.iter().map(|(to, _)| to);
        let each = each.zip(&grounds.contacts).zip(suppressed);
        let of_each: Vec<_> = each.map(ask).collect();
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
        let is_trial = around.copy.reason_open == Some(Reason::OwnAddress);
        let (mut suppressed, workspace) = (false, around.workspace.id);
        if class.is_advertising() && !is_trial {
            let paused = self.preflight.is_still_paused(&self.store, workspace, now);
            if paused.await? {
                return Ok(Err(Reason::TooManyComplaints));
            }
            let mark = self.suppression.mark(workspace, &around.contact.address);
            let listed = self.store.suppressed(workspace, vec![mark]).await?;
            suppressed = listed.iter().any(Option::is_some);
        }
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
        let to = if is_trial {
            trial(&itself)
        } else {
            addressee(&around.contact, suppressed)
        };
        Ok(duties(&self.profiles, &occasion, &to))
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
