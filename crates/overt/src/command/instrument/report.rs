//! What became of each part, link and copy, as JSON.

use model::{Mode, Reason};
use send::HandedOver;
use send::instrument::{Tools, left_alone, links};
use serde_json::{Value, json};

/// The file of a copy, by its place among the recipients.
pub(super) fn file_name(index: usize) -> String {
    format!("{}.eml", index + 1)
}

/// The whole report.
pub(super) fn report(plan: &mail::Plan<'_>, copies: &[HandedOver], tools: &Tools<'_>) -> Value {
    let untouchable = plan.untouchable();
    let parts: Vec<_> = plan.parts().iter().map(part).collect();
    let links: Vec<_> = links(plan)
        .map(|one| link(plan, one, copies, tools))
        .collect();
    let copies: Vec<_> = copies
        .iter()
        .enumerate()
        .map(|(index, one)| copy(index, one))
        .collect();
    json!({
        "subject": plan.subject(),
        "touched": untouchable.is_none(),
        "reason": untouchable.map(mail::Untouchable::code),
        "why": untouchable.map(|u| u.to_string()),
        "parts": parts,
        "links": links,
        "copies": copies,
    })
}

fn copy(index: usize, copy: &HandedOver) -> Value {
    json!({
        "file": copy.bytes.as_ref().map(|_| file_name(index)),
        "id": copy.id.to_string(),
        "to": copy.address,
        "mode": copy.modes,
        "tracked": copy.modes.open > Mode::None || copy.modes.click > Mode::None,
        "asks": copy.asks,
        "reason": copy.reason,
        "why": copy.reason.map(Reason::sentence),
    })
}

fn part(part: &mail::Part) -> Value {
    json!({
        "path": part.path, "content_type": part.content_type, "charset": part.charset,
        "encoding": part.encoding, "role": part.role.code(),
        "untouched_because": part.hindrance.map(mail::Untouchable::code),
    })
}

/// A link is tracked if it can be, in the copies whose clicks are.
fn link(
    plan: &mail::Plan<'_>,
    link: &mail::Link,
    copies: &[HandedOver],
    tools: &Tools<'_>,
) -> Value {
    let alone = left_alone(link, tools);
    let is_tracked = |copy: &HandedOver| {
        alone.is_none() && copy.bytes.is_some() && copy.modes.click > Mode::None
    };
    let files: Vec<_> = copies
        .iter()
        .enumerate()
        .filter(|(_, copy)| is_tracked(copy))
        .map(|(index, _)| file_name(index))
        .collect();
    // Where no copy tracks it, the first copy's reason stands for all; each has its own under `copies`.
    let not_in_copies = || {
        let reason = copies.iter().find_map(|copy| copy.reason);
        reason
            .filter(|_| files.is_empty())
            .map(|r| (r.code(), r.sentence().to_owned()))
    };
    let reason = alone.clone().or_else(not_in_copies);
    json!({
        "number": link.number, "destination": link.destination, "kind": link.kind.code(),
        "part": plan.parts().get(link.part).map(|p| &p.path),
        "tracked": !files.is_empty(),
        "tracked_in": files,
        "reason": reason.as_ref().map(|(code, _)| code),
        "why": reason.as_ref().map(|(_, why)| why),
    })
}
