//! What the decision about a mail's recipients depends on, gathered in one place for both times it is made here: when
//! the mail is accepted, and when a copy leaves. Collecting hits asks the same question in `store`.

use model::crowd::{EVERYBODY, NOBODY, crowd};
use model::decision::{Ceiling, Circumstances, Decision, decide};
use model::entitlement::{Entitlement, among, entitlement};
use model::{Axis, CopyId, MessageClass, MessageId, Mode, PerAxis, Profiles, Reason, Time};
use store::{Alike, Contact, Instance, Limits, Workspace};

/// What holds for every recipient of one mail.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    pub(crate) law: &'a Profiles,
    pub(crate) instance: &'a Instance,
    pub(crate) workspace: &'a Workspace,
    /// The sender's own.
    pub(crate) limits: &'a Limits,
    pub(crate) message: MessageId,
    pub(crate) now: Time,
    /// What each recipient agreed to, where each of them must have (R-LAW-01).
    pub(crate) together: Option<Entitlement>,
}

/// One recipient, and what is true of their copy alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) copy: CopyId,
    pub(crate) contact: &'a Contact,
    /// What the mail is to them, whatever its sender calls it.
    pub(crate) class: MessageClass,
    /// The sender's own choice when the mail is accepted; afterwards what was decided then.
    pub(crate) limit: Ceiling,
    pub(crate) obstacle: Option<Reason>,
}

impl Rules<'_> {
    /// Decides about all recipients of a mail: who share a sum have to be a crowd, so they are counted first.
    pub(crate) fn all(&self, recipients: &[About<'_>]) -> Vec<Decision> {
        let each = |sharing| recipients.iter().map(move |one| self.one(one, sharing));
        let modes: Vec<_> = each(EVERYBODY).map(|decision| decision.modes()).collect();
        each(crowd(&modes)).collect()
    }

    /// Decides about a copy that leaves. Whoever was not to be counted when the mail was accepted joins no crowd.
    pub(crate) fn again(&self, about: &About<'_>, everybody: &[Alike]) -> Decision {
        let sharing = |axis: Axis| {
            let is_counted = |modes: &PerAxis<Mode>| *modes.get(axis) == Mode::Aggregate;
            let counted = everybody.iter().filter(|alike| is_counted(&alike.modes));
            let crowd = counted.map(|alike| alike.count).sum();
            if is_counted(&about.limit.modes) {
                crowd
            } else {
                0
            }
        };
        let crowd = if everybody.is_empty() {
            NOBODY
        } else {
            PerAxis::each(sharing)
        };
        self.one(about, crowd)
    }

    fn one(&self, about: &About<'_>, crowd: PerAxis<u32>) -> Decision {
        let children = self.workspace.directed_to_children;
        let ruling = self.law.ruling(&about.contact.case(about.class, children));
        let mut ceilings = store::ceilings(self.instance, self.workspace, self.limits);
        ceilings.extend([about.limit, ruling.ceiling]);
        let consent = Some(&about.contact.consent);
        let own = entitlement(consent, &ruling.without_consent, self.now);
        let circumstances = Circumstances {
            ceilings: &ceilings,
            entitled: &self.together.as_ref().map_or(own, |all| among(&own, all)),
            crowd,
            obstacle: about.obstacle,
        };
        decide(about.copy, self.message, &circumstances)
    }
}

/// About a copy whose rules cannot be read: nothing is allowed (R-MODE-05).
pub(crate) fn unruled(copy: CopyId, message: MessageId) -> Decision {
    let about = Circumstances {
        ceilings: &[],
        entitled: &PerAxis::all(Err(Reason::PolicyUnavailable)),
        crowd: NOBODY,
        obstacle: Some(Reason::PolicyUnavailable),
    };
    decide(copy, message, &about)
}

/// May a mail that was decided about so carry the question to this person? Only an untracked one, while tracking is on
/// and the workspace has said who asks, and not to people who were asked a short while ago.
pub(crate) fn may_ask(
    decision: &Decision,
    (instance, workspace): (&Instance, &Workspace),
    contact: &Contact,
    now: Time,
) -> bool {
    let on = instance.tracking && workspace.tracking && workspace.can_ask();
    on && !decision.is_tracked() && contact.may_be_asked(now)
}
