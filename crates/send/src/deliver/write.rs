//! Writing a copy at the moment it leaves, on what is true then.

use crate::accept::{Sender, case, may_ask};
use crate::instrument::{self, Wanted};
use crate::read::author_domain;
use model::decision::{Ceiling, Circumstances, decide};
use model::{Reason, Time};
use store::{CopyInContext, Lowered};

/// A copy as it leaves.
pub(super) struct Written {
    pub(super) bytes: Vec<u8>,
    /// Set when it carries less than was decided at first.
    pub(super) lowered: Option<Lowered>,
    /// It carries the question.
    pub(super) asked: bool,
}

/// The copy's bytes as they leave, on what is true now.
pub(super) fn write_copy(
    sender: &Sender,
    around: &CopyInContext,
    source: &[u8],
    hostname: &str,
    now: Time,
) -> Result<Written, &'static str> {
    let copy = &around.copy;
    let plan = mail::plan(source).map_err(|_| "the mail cannot be read any more")?;
    let mut ceilings = store::ceilings(&around.instance, &around.workspace, &around.limits);
    let frozen = copy.reason().unwrap_or(Reason::FrozenAtSend);
    ceilings.push(Ceiling {
        reason: frozen,
        modes: copy.modes,
    });
    let case = case(&around.contact, around.message.class);
    ceilings.push(sender.profiles.ceiling(&case));
    let consent = Some(&around.contact.consent);
    let decision = decide(&Circumstances {
        copy: copy.id,
        now,
        ceilings: &ceilings,
        consent,
        obstacle: around.contact.obstacle(),
    });
    let language = plan
        .header("Content-Language")
        .and_then(|tags| model::Language::preferred(&tags))
        .or(around.contact.language)
        .unwrap_or(around.workspace.language);
    let domain = author_domain(&plan);
    let mut missing = Vec::new();
    if plan.message_id().is_none() {
        missing.push((
            "Message-ID".to_owned(),
            format!("<{}>", around.message.header_id),
        ));
    }
    if plan.header("Date").is_none() {
        missing.push(("Date".to_owned(), around.message.accepted_at.rfc2822()));
    }
    let wanted = Wanted {
        copy: copy.id,
        decision: &decision,
        ask: copy.ask && may_ask(&decision, &around.contact.consent, now),
        language,
        missing_headers: &missing,
    };
    let rendered = instrument::render(&plan, &wanted, &sender.tools(&domain))
        .map_err(|_| "the mail could not be written")?;
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
    // A trace field, as every server that takes mail must add (RFC 5321 §4.4). The client's address is left out.
    let trace = format!(
        "Received: by {hostname} (Overt) id {};\r\n\t{}\r\n",
        around.message.id,
        around.message.accepted_at.rfc2822()
    );
    let signature = sender.signers.sign(&domain, &rendered.bytes, now);
    let bytes = [trace.as_bytes(), &signature, &rendered.bytes].concat();
    Ok(Written {
        bytes,
        lowered,
        asked: rendered.asks,
    })
}
