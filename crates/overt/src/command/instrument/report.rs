//! What became of each part, link and copy: as JSON for programs, as tables (`table`) for people.

use mail::Untouchable;
use model::{EmailAddress, Mode, PerAxis, Reason};
use send::HandedOver;
use send::instrument::{Tools, left_alone, links};
use serde::Serialize;

/// The file of a copy, by its place among the recipients.
pub(super) fn file_name(index: usize) -> String {
    format!("{}.eml", index + 1)
}

/// The whole report. A reason is a stable code, what is called `why` its sentence.
#[derive(Serialize)]
pub(super) struct Report<'r> {
    pub(super) subject: String,
    pub(super) touched: bool,
    reason: Option<&'static str>,
    pub(super) why: Option<String>,
    pub(super) parts: Vec<Part<'r>>,
    pub(super) links: Vec<Link<'r>>,
    pub(super) copies: Vec<Copy<'r>>,
}

/// A part of the mail.
#[derive(Serialize)]
pub(super) struct Part<'r> {
    pub(super) path: &'r str,
    pub(super) content_type: &'r str,
    charset: Option<&'r str>,
    encoding: &'r str,
    pub(super) role: &'static str,
    untouched_because: Option<&'static str>,
    pub(super) why: Option<String>,
}

/// A link of the mail.
#[derive(Serialize)]
pub(super) struct Link<'r> {
    pub(super) number: u16,
    pub(super) destination: &'r str,
    kind: &'static str,
    pub(super) part: Option<&'r str>,
    tracked: bool,
    /// The files of the copies in which it is.
    pub(super) tracked_in: Vec<String>,
    reason: Option<&'static str>,
    pub(super) why: Option<String>,
}

/// A recipient's copy.
#[derive(Serialize)]
pub(super) struct Copy<'r> {
    pub(super) file: Option<String>,
    id: String,
    pub(super) to: &'r EmailAddress,
    pub(super) mode: PerAxis<Mode>,
    pub(super) tracked: bool,
    pub(super) asks: bool,
    reason: Option<Reason>,
    pub(super) why: Option<&'static str>,
}

impl<'r> Report<'r> {
    pub(super) fn of(
        plan: &'r mail::Plan<'_>,
        copies: &'r [HandedOver],
        tools: &Tools<'_>,
    ) -> Self {
        // A signature that is made anew is no obstacle.
        let untouchable =
            (plan.untouchable()).filter(|why| *why != Untouchable::DkimSigned || !tools.signs_anew);
        let numbered = copies.iter().enumerate();
        Self {
            subject: plan.subject(),
            touched: untouchable.is_none(),
            reason: untouchable.map(Untouchable::code),
            why: untouchable.map(|why| why.to_string()),
            parts: (plan.parts().iter())
                .map(|part| Part::of(part, untouchable))
                .collect(),
            links: links(plan)
                .map(|link| Link::of(plan, link, copies, tools))
                .collect(),
            copies: numbered
                .map(|(index, copy)| Copy::of(index, copy))
                .collect(),
        }
    }
}

impl<'r> Part<'r> {
    fn of(part: &'r mail::Part, untouchable: Option<Untouchable>) -> Self {
        let hindrance = send::hindrance(part, untouchable);
        Self {
            path: &part.path,
            content_type: &part.content_type,
            charset: part.charset.as_deref(),
            encoding: &part.encoding,
            role: part.role.code(),
            untouched_because: hindrance.map(Untouchable::code),
            why: hindrance.map(|why| why.to_string()),
        }
    }
}

impl<'r> Link<'r> {
    /// A link is tracked if it can be, in the copies whose clicks are.
    fn of(
        plan: &'r mail::Plan<'_>,
        link: &'r mail::Link,
        copies: &[HandedOver],
        tools: &Tools<'_>,
    ) -> Self {
        let alone = left_alone(link, tools);
        let is_tracked = |copy: &HandedOver| {
            alone.is_none() && copy.bytes.is_some() && copy.modes.click > Mode::None
        };
        let tracked_in: Vec<_> = copies
            .iter()
            .enumerate()
            .filter(|(_, copy)| is_tracked(copy))
            .map(|(index, _)| file_name(index))
            .collect();
        // Where no copy tracks it, the first copy's reason stands for all; each has its own under `copies`.
        let not_in_copies = || {
            let reason = copies.iter().find_map(|copy| copy.reason);
            reason
                .filter(|_| tracked_in.is_empty())
                .map(|reason| (reason.code(), reason.sentence().to_owned()))
        };
        let (reason, why) = alone.clone().or_else(not_in_copies).unzip();
        Self {
            number: link.number,
            destination: &link.destination,
            kind: link.kind.code(),
            part: plan.parts().get(link.part).map(|part| &*part.path),
            tracked: !tracked_in.is_empty(),
            tracked_in,
            reason,
            why,
        }
    }
}

impl<'r> Copy<'r> {
    fn of(index: usize, copy: &'r HandedOver) -> Self {
        Self {
            file: copy.bytes.as_ref().map(|_| file_name(index)),
            id: copy.id.to_string(),
            to: &copy.address,
            mode: copy.modes,
            tracked: copy.modes.open > Mode::None || copy.modes.click > Mode::None,
            asks: copy.asks,
            reason: copy.reason,
            why: copy.reason.map(Reason::sentence),
        }
    }
}
