//! The copies of a mail on its way in: what is decided about each recipient, on what is known of them.

use crate::decide::{About, Rules, may_ask, unruled};
use crate::read::Read;
use crate::sender::Sender;
use crate::submission::{Recipient, Submission};
use model::decision::{Ceiling, Decision};
use model::sending::Duties;
use model::{
    AssessmentId, ContactId, CopyId, EmailAddress, MessageClass, MessageId, PerAxis, Reason,
    Switch, Time,
};
use std::collections::HashSet;
use store::{Contact, Grounds, NewCopy, Refused};

/// The user's wishes for one mail, from the submission, else from the mail's own header, else the defaults.
pub(crate) struct Wishes {
    pub(crate) switch: Switch,
    pub(crate) class: MessageClass,
    /// Some if the sender said so for this mail; none leaves it to the contact and the workspace.
    pub(crate) ask: Option<bool>,
    /// Recipients shall be able to say that they have read it: their own act, so no mode forbids it.
    pub(crate) receipt: bool,
    /// The assessment of legitimate interests that the mail names.
    pub(crate) assessment: Option<AssessmentId>,
}

impl Wishes {
    pub(crate) fn of(submission: &Submission, read: &Read) -> Self {
        let class = submission.class.or(read.class);
        Self {
            switch: submission.switch.or(read.switch).unwrap_or_default(),
            class: class.unwrap_or(MessageClass::Correspondence),
            ask: submission.ask.or(read.ask),
            receipt: submission.receipt.or(read.receipt).unwrap_or_default(),
            assessment: submission.assessment.or(read.assessment),
        }
    }
}

/// What becomes of the question to one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    /// Nobody wants it put, or it may not be.
    None,
    /// It was wanted, and there is no approved text in the language (R-CONS-19).
    NoText,
    /// The copy carries it.
    Asked,
}

/// A mail on its way in.
pub(crate) struct Incoming<'a> {
    pub(crate) id: MessageId,
    /// The envelope's sender.
    pub(crate) from: &'a EmailAddress,
    pub(crate) read: &'a Read,
    pub(crate) wishes: &'a Wishes,
    /// The keys of the sender's own addresses.
    pub(crate) own: &'a HashSet<String>,
    pub(crate) now: Time,
}

impl Sender {
    /// Decides about every recipient, and makes the copies. Without grounds nothing is allowed to anybody, and of whom
    /// nothing can be read, nothing to them (R-MODE-05).
    pub(crate) fn copies(
        &self,
        mail: &Incoming<'_>,
        recipients: Vec<(Recipient, ContactId)>,
        grounds: Option<&Grounds>,
        permitted: &[Result<Duties, Reason>],
    ) -> Vec<NewCopy> {
        let ids: Vec<_> = recipients
            .iter()
            .map(|_| CopyId((self.ambient.random)()))
            .collect();
        let mut decided: Vec<_> = ids
            .iter()
            .map(|copy| (unruled(*copy, mail.id), Question::None))
            .collect();
        if let Some(grounds) = grounds {
            self.decide(mail, &recipients, grounds, permitted, &ids, &mut decided);
        }
        let receipt = |to: &Recipient| {
            mail.wishes.receipt && mail.read.can_carry_line && !mail.own.contains(&to.address.key())
        };
        let mut copies = Vec::with_capacity(ids.len());
        let outcomes = ids.into_iter().zip(decided).zip(permitted);
        for ((recipient, contact), ((id, (decision, question)), permitted)) in
            recipients.into_iter().zip(outcomes)
        {
            let why = |reason: Option<Reason>| match reason {
                Some(Reason::NeverAsked) if question == Question::NoText => {
                    Some(Reason::NoApprovedText)
                }
                reason => reason,
            };
            copies.push(NewCopy {
                id,
                outbox: None,
                contact,
                receipt_asked: receipt(&recipient) && permitted.is_ok(),
                address: recipient.address,
                modes: decision.modes(),
                reason_open: why(decision.open.as_ref().err().copied()),
                reason_click: why(decision.click.as_ref().err().copied()),
                ask: question == Question::Asked && permitted.is_ok(),
                refusal: permitted.as_ref().err().map(|&reason| Refused {
                    reason,
                    report: None,
                }),
                notify: recipient.notify,
                orcpt: recipient.orcpt,
            });
        }
        copies
    }

    /// Writes down, for each recipient who is known, what may be tracked and whether to ask them.
    fn decide(
        &self,
        mail: &Incoming<'_>,
        recipients: &[(Recipient, ContactId)],
        grounds: &Grounds,
        permitted: &[Result<Duties, Reason>],
        ids: &[CopyId],
        decided: &mut [(Decision, Question)],
    ) {
        let Incoming {
            read, wishes, now, ..
        } = *mail;
        let is_own = |contact: &Contact| mail.own.contains(&contact.address.key());
        let known: Vec<(usize, &Contact)> = (grounds.contacts.iter().enumerate())
            .filter_map(|(at, contact)| Some((at, contact.as_ref().ok()?)))
            .collect();
        let children = grounds.workspace.directed_to_children;
        let strangers = recipients.iter().zip(&grounds.contacts);
        let somebody_unknown = (strangers)
            .filter(|((recipient, _), _)| !mail.own.contains(&recipient.address.key()))
            .any(|(_, contact)| contact.is_err());
        let others = known.iter().filter(|(_, contact)| !is_own(contact));
        let cases = others.map(|(_, c)| (c.case(wishes.class, children), &c.consent));
        let together = if somebody_unknown && self.profiles.some_must_agree() {
            // Whoever cannot be read has not agreed.
            Some(PerAxis::all(Err(Reason::PolicyUnavailable)))
        } else {
            self.profiles.agreed_by_each(cases, now)
        };
        let rules = Rules {
            law: &self.profiles,
            instance: &grounds.instance,
            workspace: &grounds.workspace,
            limits: &grounds.limits,
            message: mail.id,
            now,
            together,
        };
        let switch = Ceiling {
            reason: Reason::SwitchedOff,
            modes: wishes.switch.ceiling(),
        };
        let limit = match wishes.switch {
            Switch::All => read.no_pixel.unwrap_or(switch),
            _ => switch,
        };
        let about = |&(at, contact): &(usize, _)| About {
            copy: ids[at],
            contact,
            class: (permitted[at].as_ref()).map_or(wishes.class, |duties| duties.class),
            limit,
            obstacle: if is_own(contact) {
                Some(Reason::OwnAddress)
            } else {
                let refused = permitted[at].as_ref().err().copied();
                refused.or(contact.obstacle()).or(read.obstacle)
            },
        };
        let abouts: Vec<About<'_>> = known.iter().map(about).collect();
        let workspace = &grounds.workspace;
        let question = |contact: &Contact, decision: &Decision| {
            let wanted = (wishes.ask).unwrap_or_else(|| {
                contact.ask_next || (workspace.ask && wishes.switch != Switch::Off)
            });
            if !wanted || is_own(contact) {
                Question::None
            } else if read.is_foreign || contact.reads_no_text() {
                Question::NoText
            } else if read.can_carry_line
                && may_ask(decision, (&grounds.instance, workspace), contact, now)
            {
                Question::Asked
            } else {
                Question::None
            }
        };
        for ((at, contact), decision) in known.into_iter().zip(rules.all(&abouts)) {
            let question = question(contact, &decision);
            decided[at] = (decision, question);
        }
    }
}
