//! Writing a copy at the moment it leaves, on what is true then.

use crate::decide::{About, Rules, may_ask, unruled};
use crate::imprint::{self, UNSUBSCRIBE_HEADER};
use crate::instrument::{self, Rendered, Tools, Wanted};
use crate::read::author_domain;
use crate::sender::Sender;
use crate::withdrawal;
use model::decision::{Ceiling, Decision};
use model::sending::Duties;
use model::{CopyId, Language, MessageId, Mode, PerAxis, Reason, Time};
use store::{Alike, Carried, CopyInContext, Lowered, Message};

/// A copy as it leaves.
pub(crate) struct Written {
    pub(crate) bytes: Vec<u8>,
    pub(crate) carried: Carried,
    /// When its message was accepted.
    pub(crate) accepted_at: Time,
}

/// Why there is no copy.
pub(crate) enum Unwritten {
    /// The mail is broken.
    Gone(&'static str),
    /// What the law makes it say has no place in it.
    Refused(Reason),
}

/// Does deciding about this copy need to know everybody who gets the message?
pub(crate) fn needs_everybody(sender: &Sender, around: &CopyInContext) -> bool {
    let modes = around.copy.modes;
    let is_counted = [modes.open, modes.click].contains(&Mode::Aggregate);
    is_counted || (modes != model::mode::NOTHING && sender.profiles.some_must_agree())
}

/// Writing one copy, on what is true now.
pub(crate) struct Writing<'a> {
    pub(crate) sender: &'a Sender,
    pub(crate) around: &'a CopyInContext,
    /// Who gets the message, where that [is needed](needs_everybody).
    pub(crate) everybody: &'a [Alike],
    /// What the law makes it say.
    pub(crate) duties: &'a Duties,
    /// This copy has the question.
    pub(crate) asks: bool,
    pub(crate) now: Time,
}

impl Writing<'_> {
    /// The copy's bytes as they leave.
    pub(crate) fn write(&self, source: &[u8]) -> Result<Written, Unwritten> {
        let (sender, around) = (self.sender, self.around);
        let (copy, message) = (&around.copy, &around.message);
        let plan =
            mail::plan(source).map_err(|_| Unwritten::Gone("the mail cannot be read any more"))?;
        let decision = self.decision();
        let language = self.language(&plan);
        let domain = author_domain(&plan);
        let (keyring, tracker) = (&*sender.keyring, &sender.tracker);
        let mut missing = missing(&plan, message);
        if plan.header(UNSUBSCRIBE_HEADER).is_none() {
            missing.extend(imprint::headers(self.duties, around, keyring, tracker));
        }
        let says = imprint::lines(self.duties, around, language, keyring, tracker);
        let wanted = Wanted {
            copy: copy.id,
            decision: &decision,
            agreed: PerAxis::each(|axis| {
                let consent = around.contact.consent.axis(axis);
                consent.obstacle(self.now).is_none()
            }),
            receipt: copy.receipt_asked,
            ask: self.asks && self.may_ask(&decision),
            language,
            says: &says,
            missing_headers: &missing,
        };
        let rendered = rendered(&plan, &wanted, &sender.tools(&domain));
        // What the law makes it say has no place in it, or the mail itself is broken.
        let rendered = rendered.map_err(|_| match says.as_slice() {
            [] => Unwritten::Gone("the mail could not be written"),
            _ => Unwritten::Refused(Reason::NoPlaceForDuties),
        })?;
        let signature = sender.signers.sign(&domain, &rendered.bytes, self.now);
        Ok(Written {
            carried: Carried {
                lowered: self.lowered(&rendered, &decision),
                asked: rendered.asks,
                told: self.duties.tells_source(),
                receipt_left_out: copy.receipt_asked && !rendered.receipt,
            },
            bytes: [signature, rendered.bytes].concat(),
            accepted_at: message.accepted_at,
        })
    }

    /// The decision made again: what was decided when the mail was accepted is one more ceiling.
    fn decision(&self) -> Decision {
        let (sender, around) = (self.sender, self.around);
        let cases = self.everybody.iter().map(|one| (one.case, &one.consent));
        let rules = Rules {
            law: &sender.profiles,
            instance: &around.instance,
            workspace: &around.workspace,
            limits: &around.limits,
            message: around.message.id,
            now: self.now,
            together: sender.profiles.agreed_by_each(cases, self.now),
        };
        let copy = &around.copy;
        let about = About {
            copy: copy.id,
            contact: &around.contact,
            class: self.duties.class,
            limit: Ceiling {
                reason: copy.reason().unwrap_or(Reason::FrozenAtSend),
                modes: copy.modes,
            },
            obstacle: around.contact.obstacle(),
        };
        rules.again(&about, self.everybody)
    }

    fn may_ask(&self, decision: &Decision) -> bool {
        let around = self.around;
        let rules = (&around.instance, &around.workspace);
        may_ask(decision, rules, &around.contact, self.now)
    }

    /// The language of what is put in: the mail's, else the reader's, else the workspace's.
    fn language(&self, plan: &mail::Plan<'_>) -> Language {
        let of_mail = plan.header("Content-Language");
        of_mail
            .and_then(|tags| Language::preferred(&tags))
            .or(self.around.contact.language)
            .unwrap_or(self.around.workspace.language)
    }

    /// What the copy carries, and why, if that is less than was decided when the mail was accepted.
    fn lowered(&self, rendered: &Rendered, decision: &Decision) -> Option<Lowered> {
        let copy = &self.around.copy;
        let why = |decided: Option<Reason>, before: Option<Reason>| {
            rendered.lowered.or(decided).or(before)
        };
        (rendered.modes != copy.modes).then(|| Lowered {
            modes: rendered.modes,
            open: why(decision.open.as_ref().err().copied(), copy.reason_open),
            click: why(decision.click.as_ref().err().copied(), copy.reason_click),
        })
    }
}

/// As wanted, but untracked where the way out would not stand in it.
fn rendered(
    plan: &mail::Plan<'_>,
    wanted: &Wanted<'_>,
    tools: &Tools<'_>,
) -> Result<Rendered, mail::RenderError> {
    let rendered = instrument::render(plan, wanted, tools)?;
    let page = tools.tracker.person(&tools.keyring.person(wanted.copy));
    if rendered.modes == model::mode::NOTHING || withdrawal::stands_in(&rendered.bytes, &page) {
        Ok(rendered)
    } else {
        instrument::plain(plan, wanted, tools, Some(Reason::NoWithdrawal))
    }
}

/// The copy's bytes where the rules for it cannot be read: untracked (R-MODE-05).
pub(crate) fn write_unruled(
    sender: &Sender,
    copy: CopyId,
    message: &Message,
    source: &[u8],
    now: Time,
) -> Result<Written, &'static str> {
    let plan = mail::plan(source).map_err(|_| "the mail cannot be read any more")?;
    let (domain, missing) = (author_domain(&plan), missing(&plan, message));
    let unknown = Some(Reason::PolicyUnavailable);
    let wanted = Wanted {
        copy,
        decision: &unruled(copy, message.id),
        agreed: PerAxis::all(false),
        ask: false,
        receipt: message.receipt_asked,
        language: Language::default(),
        says: &[],
        missing_headers: &missing,
    };
    let rendered = instrument::render(&plan, &wanted, &sender.tools(&domain))
        .map_err(|_| "the mail could not be written")?;
    let signature = sender.signers.sign(&domain, &rendered.bytes, now);
    Ok(Written {
        bytes: [signature, rendered.bytes].concat(),
        carried: Carried {
            lowered: Some(Lowered {
                modes: rendered.modes,
                open: unknown,
                click: unknown,
            }),
            receipt_left_out: message.receipt_asked && !rendered.receipt,
            ..Carried::default()
        },
        accepted_at: message.accepted_at,
    })
}

/// The header fields that a mail must have and this one lacks.
fn missing(plan: &mail::Plan<'_>, message: &Message) -> Vec<(String, String)> {
    let mut missing = Vec::new();
    if plan.message_id().is_none() {
        missing.push(("Message-ID".to_owned(), format!("<{}>", message.header_id)));
    }
    if plan.header("Date").is_none() {
        missing.push(("Date".to_owned(), message.accepted_at.rfc2822()));
    }
    missing
}

/// A trace field, as every server that takes mail must add (RFC 5321 §4.4). The client's address is left out.
pub(super) fn trace(message: MessageId, accepted_at: Time, hostname: &str) -> String {
    let accepted_at = accepted_at.rfc2822();
    format!("Received: by {hostname} (Overt) id {message};\r\n\t{accepted_at}\r\n")
}
