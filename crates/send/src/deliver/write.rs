//! Writing a copy at the moment it leaves, on what is true then.

use crate::accept::Sender;
use crate::decide::{About, Rules, may_ask, unruled};
use crate::imprint::{self, UNSUBSCRIBE_HEADER};
use crate::instrument::{self, Wanted};
use crate::read::author_domain;
use crate::withdrawal;
use model::decision::Ceiling;
use model::sending::Duties;
use model::{CopyId, Entitlement, Language, MessageId, Mode, PerAxis, Reason, Time};
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

fn agreed_by_each(sender: &Sender, everybody: &[Alike], now: Time) -> Option<Entitlement> {
    let cases = everybody.iter().map(|one| (one.case, &one.consent));
    sender.profiles.agreed_by_each(cases, now)
}

/// The copy's bytes as they leave, on what is true now. `everybody` is who gets the message, where that
/// [is needed](needs_everybody); `ask` is whether this copy has the question.
pub(crate) fn write_copy(
    sender: &Sender,
    around: &CopyInContext,
    everybody: &[Alike],
    duties: &Duties,
    ask: bool,
    source: &[u8],
    now: Time,
) -> Result<Written, Unwritten> {
    let copy = &around.copy;
    let plan =
        mail::plan(source).map_err(|_| Unwritten::Gone("the mail cannot be read any more"))?;
    let (message, contact) = (&around.message, &around.contact);
    let rules = Rules {
        law: &sender.profiles,
        instance: &around.instance,
        workspace: &around.workspace,
        limits: &around.limits,
        message: message.id,
        now,
        together: agreed_by_each(sender, everybody, now),
    };
    let about = About {
        copy: copy.id,
        contact,
        class: duties.class,
        limit: Ceiling {
            reason: copy.reason().unwrap_or(Reason::FrozenAtSend),
            modes: copy.modes,
        },
        obstacle: contact.obstacle(),
    };
    let decision = rules.again(&about, everybody);
    let language = plan
        .header("Content-Language")
        .and_then(|tags| model::Language::preferred(&tags))
        .or(around.contact.language)
        .unwrap_or(around.workspace.language);
    let domain = author_domain(&plan);
    let mut missing = missing(&plan, message);
    let (keyring, tracker) = (&*sender.keyring, &sender.tracker);
    if plan.header(UNSUBSCRIBE_HEADER).is_none() {
        missing.extend(imprint::headers(duties, around, keyring, tracker));
    }
    let says = imprint::lines(duties, around, language, keyring, tracker);
    let wanted = Wanted {
        copy: copy.id,
        decision: &decision,
        agreed: PerAxis::each(|axis| contact.consent.axis(axis).obstacle(now).is_none()),
        receipt: copy.receipt_asked,
        ask: ask
            && may_ask(
                &decision,
                (&around.instance, &around.workspace),
                contact,
                now,
            ),
        language,
        says: &says,
        missing_headers: &missing,
    };
    // What the law makes it say has no place in it, or the mail itself is broken.
    let unwritten = |_| match says.as_slice() {
        [] => Unwritten::Gone("the mail could not be written"),
        _ => Unwritten::Refused(Reason::NoPlaceForDuties),
    };
    let tools = sender.tools(&domain);
    let mut rendered = instrument::render(&plan, &wanted, &tools).map_err(unwritten)?;
    let page = tracker.person(&keyring.person(copy.id));
    if rendered.modes != model::mode::NOTHING && !withdrawal::stands_in(&rendered.bytes, &page) {
        let why = Some(Reason::NoWithdrawal);
        rendered = instrument::plain(&plan, &wanted, &tools, why).map_err(unwritten)?;
    }
    let lowered = (rendered.modes != copy.modes).then(|| {
        let why = |decided: Option<Reason>, before: Option<Reason>| {
            rendered.lowered.or(decided).or(before)
        };
        let open = why(decision.open.as_ref().err().copied(), copy.reason_open);
        let click = why(decision.click.as_ref().err().copied(), copy.reason_click);
        Lowered {
            modes: rendered.modes,
            open,
            click,
        }
    });
    let signature = sender.signers.sign(&domain, &rendered.bytes, now);
    Ok(Written {
        bytes: [signature, rendered.bytes].concat(),
        carried: Carried {
            lowered,
            asked: rendered.asks,
            told: duties.tells_source(),
            receipt_left_out: copy.receipt_asked && !rendered.receipt,
        },
        accepted_at: message.accepted_at,
    })
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
