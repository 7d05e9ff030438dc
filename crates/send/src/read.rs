//! What a mail says that accepting it depends on, read once.

use crate::instrument::{self, left_alone};
use crate::quoted;
use crate::sender::Sender;
use crate::submission::Refusal;
use mail::{Role, Untouchable};
use model::decision::Ceiling;
use model::{AssessmentId, EmailAddress, MessageClass, Reason, Switch, Tongue};
use std::collections::HashMap;
use std::fmt::Display;

/// Trace fields in a mail that has gone round in circles (RFC 5321 §6.3 asks for at least 100; we are not a hub).
const HOPS_MAX: usize = 100;

/// Parts of which the report keeps what they are; nobody reads a longer list.
const PARTS_KEPT_MAX: usize = 100;
/// The longest registered content type has 73.
const TYPE_CHARS_KEPT_MAX: usize = 100;

/// The header fields that steer Overt and are taken out of every copy.
pub(crate) const SWITCH_HEADER: &str = "X-Overt-Track";
pub(crate) const ASK_HEADER: &str = "X-Overt-Ask";
pub(crate) const CLASS_HEADER: &str = "X-Overt-Class";
pub(crate) const TEXT_LINKS_HEADER: &str = "X-Overt-Text-Links";
pub(crate) const ASSESSMENT_HEADER: &str = "X-Overt-Assessment";
pub(crate) const RECEIPT_HEADER: &str = "X-Overt-Receipt";

/// A mail, as far as accepting it goes.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) header_id: Option<String>,
    pub(crate) subject: String,
    /// Everybody in From.
    pub(crate) authors: Vec<EmailAddress>,
    /// Names that the address fields give to recipients, by address key.
    pub(crate) names: HashMap<String, String>,
    pub(crate) switch: Option<Switch>,
    pub(crate) ask: Option<bool>,
    pub(crate) receipt: Option<bool>,
    pub(crate) class: Option<MessageClass>,
    pub(crate) assessment: Option<AssessmentId>,
    pub(crate) obstacle: Option<Reason>,
    /// Set for a mail in plain text whose links may be tracked and nothing else.
    pub(crate) no_pixel: Option<Ceiling>,
    pub(crate) can_carry_line: bool,
    /// It says to be in a language without approved texts.
    pub(crate) is_foreign: bool,
    /// The first of its parts.
    pub(crate) parts: Vec<store::Part>,
    pub(crate) links: Vec<store::Link>,
}

/// Reads a mail. Linear in its size; runs on a blocking thread for large ones.
pub(crate) fn read(source: &[u8], sender: &Sender) -> Result<Read, Refusal> {
    let plan = mail::plan(source).map_err(|broken| Refusal::BadMail(broken.to_string()))?;
    if plan.headers("Received").len() > HOPS_MAX {
        return Err(Refusal::BadMail(
            "this mail has passed more than 100 servers: it is going round in circles".into(),
        ));
    }
    let from = plan.addresses("From");
    if from.is_empty() {
        return Err(Refusal::BadMail(
            "the mail has no From header field: say who it is from".into(),
        ));
    }
    let authors = from
        .iter()
        .map(|mailbox| mailbox.address.parse())
        .collect::<Result<_, _>>()
        .map_err(|e| Refusal::BadMail(format!("the From header field is wrong: {e}")))?;
    let tools = &sender.tools(&author_domain(&plan));
    let switch = said(&plan, SWITCH_HEADER, str::parse)?;
    let class = said(&plan, CLASS_HEADER, |word| {
        word.to_ascii_lowercase().parse()
    })?;
    let assessment = said(&plan, ASSESSMENT_HEADER, str::parse)?;
    let ask = on_or_off(&plan, ASK_HEADER)?;
    on_or_off(&plan, TEXT_LINKS_HEADER)?;
    let receipt = on_or_off(&plan, RECEIPT_HEADER)?;
    let mailboxes = ["To", "Cc", "Bcc"]
        .into_iter()
        .flat_map(|field| plan.addresses(field));
    let names = mailboxes
        .filter_map(|mailbox| Some((mailbox.address.to_lowercase(), mailbox.name?)))
        .collect();
    let links = instrument::links(&plan).map(|link| store::Link {
        number: link.number,
        part: plan
            .parts()
            .get(link.part)
            .map_or(String::new(), |part| part.path.clone()),
        kind: link.kind.code().to_owned(),
        destination: quoted::replacement(&link.destination, tools)
            .unwrap_or_else(|| link.destination.clone()),
        skipped: left_alone(link, tools).map(|(code, _)| code.to_owned()),
    });
    // A DKIM signature is no obstacle where we sign the mail anew.
    let untouchable = plan
        .untouchable()
        .filter(|why| *why != Untouchable::DkimSigned || !tools.signs_anew);
    let no_pixel = instrument::no_pixel(&plan);
    Ok(Read {
        header_id: plan.message_id(),
        subject: plan.subject(),
        authors,
        names,
        switch,
        ask,
        receipt,
        class,
        assessment,
        obstacle: untouchable
            .filter(|why| *why != Untouchable::NoHtml || no_pixel.is_none())
            .map(reason),
        no_pixel,
        is_foreign: (plan.header("Content-Language")).is_some_and(|tags| Tongue::is_foreign(&tags)),
        // A signed mail must not get a line either: only a missing HTML part leaves the text to write into.
        can_carry_line: matches!(untouchable, None | Some(Untouchable::NoHtml))
            && plan.can_carry_line(),
        parts: (plan.parts().iter().take(PARTS_KEPT_MAX))
            .map(|one| part(one, untouchable))
            .collect(),
        links: links.collect(),
    })
}

/// What a header field of ours says.
fn said<T, E: Display>(
    plan: &mail::Plan<'_>,
    name: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<T>, Refusal> {
    let word = plan.header(name);
    let said = word.map(|word| parse(word.trim())).transpose();
    said.map_err(|wrong| Refusal::BadMail(format!("{name}: {wrong}")))
}

/// What a header field of ours says that is a switch.
pub(crate) fn on_or_off(plan: &mail::Plan<'_>, name: &str) -> Result<Option<bool>, Refusal> {
    said(plan, name, |word| {
        match word.to_ascii_lowercase().as_str() {
            "on" | "yes" => Ok(true),
            "off" | "no" => Ok(false),
            other => Err(format!("{other:?} is not known here; write on or off")),
        }
    })
}

/// A part, with what keeps it as it is: its own, or what keeps the whole mail.
fn part(part: &mail::Part, untouchable: Option<Untouchable>) -> store::Part {
    store::Part {
        path: part.path.clone(),
        content_type: part
            .content_type
            .chars()
            .take(TYPE_CHARS_KEPT_MAX)
            .collect(),
        role: part.role.code().to_owned(),
        hindrance: hindrance(part, untouchable).map(reason),
    }
}

/// Why a body stays as it is: for a reason of its own, or for that of the whole mail.
pub fn hindrance(part: &mail::Part, untouchable: Option<Untouchable>) -> Option<Untouchable> {
    let is_body = matches!(part.role, Role::Html | Role::Text);
    let of_all = untouchable.filter(|why| is_body && *why != Untouchable::NoHtml);
    part.hindrance.or(of_all)
}

/// The reason shown to the sender for what the engine will not touch.
pub(crate) fn reason(untouchable: Untouchable) -> Reason {
    match untouchable {
        Untouchable::Signed => Reason::Signed,
        Untouchable::Encrypted => Reason::Encrypted,
        Untouchable::InlinePgp => Reason::InlinePgp,
        Untouchable::Structure | Untouchable::Encoding | Untouchable::Markup => Reason::Malformed,
        Untouchable::TooComplex => Reason::TooComplex,
        Untouchable::Charset => Reason::OddCharset,
        Untouchable::DkimSigned => Reason::DkimSigned,
        Untouchable::NoHtml => Reason::NoHtml,
    }
}

/// The domain in From, which is what a signature has to match (RFC 7489 §3.1).
pub(crate) fn author_domain(plan: &mail::Plan<'_>) -> String {
    let author = plan.addresses("From").into_iter().next();
    let address = author.map(|a| a.address).unwrap_or_default();
    address
        .rsplit_once('@')
        .map_or("", |(_, domain)| domain)
        .to_ascii_lowercase()
}
