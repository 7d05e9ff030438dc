//! Writing one copy: what a decision means for the bytes of a mail.
//!
//! Whatever goes wrong here sends the mail untracked, with a reason; it never holds it back.

use crate::imprint::Said;
use crate::read::{
    ASK_HEADER, ASSESSMENT_HEADER, CLASS_HEADER, RECEIPT_HEADER, SWITCH_HEADER, TEXT_LINKS_HEADER,
    on_or_off, reason,
};
use crate::{line, quoted, words};
use mail::{Edits, Image, Line, Plan, RenderError, Untouchable};
use model::decision::{Ceiling, Decision};
use model::url::{Destination, Origin};
use model::{CopyId, Keyring, Language, Mode, PerAxis, Reason};

/// What a copy is made with.
#[derive(Debug, Clone, Copy)]
pub struct Tools<'a> {
    /// The token keys.
    pub keyring: &'a Keyring,
    /// Where tracked URLs point to.
    pub tracker: &'a Origin,
    /// The mail gets a DKIM signature of ours afterwards, so that one it already has may be dropped.
    pub signs_anew: bool,
}

/// What one copy should carry.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The copy.
    pub copy: CopyId,
    /// What was decided.
    pub decision: &'a Decision,
    /// On which axes the recipient consented: the visible line claims no other agreement.
    pub agreed: PerAxis<bool>,
    /// It is untracked and carries the question.
    pub ask: bool,
    /// It carries the link with which its recipient can say that they have read it.
    pub receipt: bool,
    /// The language of the visible line.
    pub language: Language,
    /// What the law makes it say besides, as lines at its end.
    pub says: &'a [Said],
    /// Header fields that the mail lacks and must have.
    pub missing_headers: &'a [(String, String)],
}

/// A copy ready to leave.
#[derive(Debug)]
pub struct Rendered {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it really carries.
    pub modes: PerAxis<Mode>,
    /// Set when it carries less than was decided.
    pub lowered: Option<Reason>,
    /// It carries the question.
    pub asks: bool,
    /// It carries the link to a receipt.
    pub receipt: bool,
}

/// The header field that declares what a mail brings back: a structured dictionary (RFC 8941), a mode for each axis, the
/// word `receipt` where there is a link to one, and the address of the recipient's page where the body leads there.
pub const DECLARATION_HEADER: &str = "Overt-Tracking";
/// What leaves with no copy: blind recipients, our own switches, and what an earlier copy said of its tracking, with the
/// address of its reader's page. Last the signature that instrumenting would break, which goes when a new one comes.
const DROPPED: &[&str] = &[
    "Bcc",
    "Resent-Bcc",
    SWITCH_HEADER,
    ASK_HEADER,
    CLASS_HEADER,
    TEXT_LINKS_HEADER,
    ASSESSMENT_HEADER,
    RECEIPT_HEADER,
    DECLARATION_HEADER,
    "DKIM-Signature",
];

/// Writes one copy. Falls back to the untracked mail rather than fail; fails only where the law makes it say something
/// and there is no place for that.
pub fn render(
    plan: &Plan<'_>,
    wanted: &Wanted<'_>,
    tools: &Tools<'_>,
) -> Result<Rendered, RenderError> {
    let sender = sender_name(plan);
    let modes = wanted.decision.modes();
    let tracked = wanted.decision.is_tracked();
    let words = if tracked {
        line::tracked(wanted.language, &sender, &modes, &wanted.agreed)
    } else if wanted.ask {
        words::ask(wanted.language, &sender)
    } else {
        return plain(plan, wanted, tools, None);
    };
    match with_line(plan, wanted, tools, &sender, &words) {
        Ok(bytes) => Ok(Rendered {
            bytes,
            modes,
            lowered: None,
            asks: !tracked,
            receipt: wanted.receipt,
        }),
        Err(error) => plain(plan, wanted, tools, tracked.then(|| render_reason(&error))),
    }
}

/// Does the sender want the links in plain text tracked, too? There a reader sees the tracked address, so nobody gets
/// it without asking: `X-Overt-Text-Links: yes`.
fn tracks_text_links(plan: &Plan<'_>) -> bool {
    matches!(on_or_off(plan, TEXT_LINKS_HEADER), Ok(Some(true)))
}

/// For a mail without HTML that has links to be tracked: all but opens, which need a picture.
pub fn no_pixel(plan: &Plan<'_>) -> Option<Ceiling> {
    let text_only = plan.untouchable() == Some(Untouchable::NoHtml) && plan.can_carry_line();
    let links = plan.text_links().iter().any(|link| link.skipped.is_none());
    (text_only && links && tracks_text_links(plan)).then(|| Ceiling {
        reason: Reason::NoHtml,
        modes: PerAxis {
            open: Mode::None,
            ..PerAxis::all(Mode::Detailed)
        },
    })
}

/// The links that may be tracked, in the order of their numbers: those in plain text only where the sender wants them.
pub fn links<'p>(plan: &'p Plan<'_>) -> impl Iterator<Item = &'p mail::Link> {
    let in_text = if tracks_text_links(plan) {
        plan.text_links()
    } else {
        &[]
    };
    plan.links().iter().chain(in_text)
}

/// Why a link is never tracked, whatever was decided: a stable code and a sentence. None: it can be.
pub fn left_alone(link: &mail::Link, tools: &Tools<'_>) -> Option<(&'static str, String)> {
    if let Some(skip) = link.skipped {
        return Some((skip.code(), skip.to_string()));
    }
    let Some(to) = trackable(link, tools) else {
        return Some(("destination", model::url::BadDestination.to_string()));
    };
    // All tokens are of one length, so any will do for measuring.
    let url = tools
        .tracker
        .click(&tools.keyring.person(CopyId([0; 16])), &to);
    (url.len() > link.url_bytes_max)
        .then(|| ("too_long", "too long for a line of this mail".to_owned()))
}

/// Where a link leads, if it is one that can be tracked: not into our own pages.
fn trackable(link: &mail::Link, tools: &Tools<'_>) -> Option<Destination> {
    let replaced = quoted::replacement(&link.destination, tools);
    let to = replaced.as_deref().unwrap_or(&link.destination);
    let ours = to
        .strip_prefix(tools.tracker.as_str())
        .is_some_and(|rest| rest.starts_with('/'));
    if ours { None } else { to.parse().ok() }
}

/// The copy without anything of ours but what the law makes it say: not even what an earlier mail of ours left in its
/// quoted text.
pub(crate) fn plain(
    plan: &Plan<'_>,
    wanted: &Wanted<'_>,
    tools: &Tools<'_>,
    lowered: Option<Reason>,
) -> Result<Rendered, RenderError> {
    if wanted.receipt
        && let Ok(bytes) = with_lines(plan, wanted, tools, true)
    {
        return Ok(without_tracking(bytes, lowered, true));
    }
    let bytes = with_lines(plan, wanted, tools, false)?;
    Ok(without_tracking(bytes, lowered, false))
}

fn without_tracking(bytes: Vec<u8>, lowered: Option<Reason>, receipt: bool) -> Rendered {
    Rendered {
        bytes,
        modes: model::mode::NOTHING,
        lowered,
        asks: false,
        receipt,
    }
}

/// The copy with what it must say and, if wanted, the link to a receipt.
fn with_lines(
    plan: &Plan<'_>,
    wanted: &Wanted<'_>,
    tools: &Tools<'_>,
    receipt: bool,
) -> Result<Vec<u8>, RenderError> {
    let receipt = receipt.then(|| receipt_said(plan, wanted, tools));
    let lines: Vec<_> = receipt
        .iter()
        .chain(wanted.says)
        .map(|said| line_of(said, wanted))
        .collect();
    let headers = match receipt {
        Some(_) => headers(wanted, &model::mode::NOTHING, None),
        None => wanted.missing_headers.to_vec(),
    };
    let untouched = Edits {
        lines: &lines,
        drop_headers: dropped(tools.signs_anew && !lines.is_empty()),
        add_headers: &headers,
        ..Edits::default()
    };
    let restored = Edits {
        drop_picture: &|picture| quoted::is_pixel(picture, tools),
        ..untouched
    };
    // A signed mail keeps what it quotes: a broken signature would be worse.
    plan.render_replacing(&|address| quoted::replacement(address, tools), &restored)
        .or_else(|_| plan.render(&untouched))
}

/// The copy with a visible line and, as far as granted, pixel and links.
fn with_line(
    plan: &Plan<'_>,
    wanted: &Wanted<'_>,
    tools: &Tools<'_>,
    sender: &str,
    words: &words::Line,
) -> Result<Vec<u8>, RenderError> {
    let page = tools.tracker.person(&tools.keyring.person(wanted.copy));
    let alt = words::pixel_alt(wanted.language, sender);
    let open = wanted.decision.open.as_ref().ok();
    let pixel = open.map(|grant| tools.tracker.pixel(&tools.keyring.open(grant)));
    let click = wanted.decision.click.as_ref().ok();
    let tracked = |link: &mail::Link| {
        let to = trackable(link, tools)?;
        let token = tools.keyring.click(click?, link.number, to.as_str());
        Some(tools.tracker.click(&token, &to)).filter(|url| url.len() <= link.url_bytes_max)
    };
    let headers = headers(wanted, &wanted.decision.modes(), Some(&page));
    let replace = |address: &str| quoted::replacement(address, tools);
    let receipt = (wanted.receipt).then(|| receipt_said(plan, wanted, tools));
    let own = Line {
        text: &words.sentence,
        link_text: words.link,
        url: &page,
        lang: wanted.language.as_str(),
    };
    let of = |said| line_of(said, wanted);
    let mut lines: Vec<_> = receipt.iter().map(of).chain([own]).collect();
    lines.extend(wanted.says.iter().map(of));
    let edits = Edits {
        link: &tracked,
        text_links: tracks_text_links(plan),
        drop_picture: &|picture| quoted::is_pixel(picture, tools),
        image: pixel.as_deref().map(|url| Image { url, alt: &alt }),
        lines: &lines,
        add_headers: &headers,
        drop_headers: dropped(tools.signs_anew),
    };
    plan.render_replacing(&replace, &edits)
}

fn line_of<'a>(said: &'a Said, wanted: &Wanted<'_>) -> Line<'a> {
    Line {
        text: &said.sentence,
        link_text: said.link,
        url: &said.url,
        lang: wanted.language.as_str(),
    }
}

/// The link to a receipt.
fn receipt_said(plan: &Plan<'_>, wanted: &Wanted<'_>, tools: &Tools<'_>) -> Said {
    let words = words::receipt(wanted.language, &sender_name(plan));
    Said {
        sentence: words.sentence,
        link: words.link,
        url: tools.tracker.receipt(&tools.keyring.receipt(wanted.copy)),
    }
}

fn dropped(signs_anew: bool) -> &'static [&'static str] {
    match DROPPED {
        [all @ .., _] if !signs_anew => all,
        all => all,
    }
}

fn headers(
    wanted: &Wanted<'_>,
    modes: &PerAxis<Mode>,
    page: Option<&str>,
) -> Vec<(String, String)> {
    let mut declared = format!(
        "open={}, click={}, document={}",
        modes.open, modes.click, modes.document
    );
    if wanted.receipt {
        declared += ", receipt";
    }
    if let Some(page) = page {
        declared += &format!(", notice=\"{page}\"");
    }
    let mut headers = wanted.missing_headers.to_vec();
    headers.push((DECLARATION_HEADER.into(), declared));
    headers
}

/// How the line calls the sender: the name in From, else the address.
fn sender_name(plan: &Plan<'_>) -> String {
    const NAME_CHARS_MAX: usize = 80;
    let author = plan.addresses("From").into_iter().next();
    let name = author
        .map(|a| a.name.filter(|n| !n.trim().is_empty()).unwrap_or(a.address))
        .unwrap_or_default();
    let shown: String = name
        .chars()
        .filter(|c| !c.is_control())
        .take(NAME_CHARS_MAX)
        .collect();
    shown.trim().to_owned()
}

fn render_reason(error: &RenderError) -> Reason {
    match error {
        RenderError::Untouchable(untouchable) => reason(*untouchable),
        // Without a place for the visible line nothing may be tracked: nothing covert.
        RenderError::NoPlaceForLine => Reason::NoHtml,
        RenderError::Header { .. } => Reason::Malformed,
    }
}

#[cfg(test)]
mod tests;
