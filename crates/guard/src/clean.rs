//! A mail without its trackers, in one of three forms, and what was done with each reference.
//!
//! | mode | what becomes of the mail |
//! |---|---|
//! | [`Mode::Html`] | it looks the same: beacons become local pictures of the same size, links that can be opened with certainty lead straight |
//! | [`Mode::Protect`] | HTML is written anew from lists of what is allowed; nothing in it loads anything |
//! | [`Mode::Text`] | HTML becomes plain text; pictures that came along stay as files |
//!
//! What holds in every mode: nothing is fetched; signed and encrypted mails keep every byte, and so do attachments, mails
//! inside the mail, reports' machine-readable parts and calendars. Cleaning twice is cleaning once.

use std::collections::HashMap;

use mail::{Change, Role, Untouchable, Whole};
use url::Url;

use crate::find::Site;
use crate::judge::{Context, Finding, Kind};
use crate::markup::Document;
use crate::neutral;
use crate::plain;
use crate::protect::{self, Sight};
use crate::scan::{self, Note, PICTURE_FIELDS, RECEIPT_FIELDS, Scan};
use crate::table::TableError;
use crate::vector::{Load, Vector};

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As it looks, without trackers that are known as such.
    Html,
    /// Plain text.
    Text,
    /// Nothing loads.
    Protect,
}

/// What becomes of pictures that lie on the web, in [`Mode::Protect`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pictures {
    /// None is loaded. Their texts are shown instead.
    #[default]
    Block,
    /// Those taken for content stay: their servers see when they are loaded, and a picture made for one recipient alone
    /// cannot always be told.
    KeepContent,
}

/// What was done with a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing is loaded from there any more.
    Blocked,
    /// It is as it was.
    Left,
    /// It is as it was, and the mail says beside it what it is.
    Named,
    /// The link leads straight to where it led.
    Unwrapped,
}

/// A cleaned mail.
#[derive(Debug)]
pub struct Cleaned {
    /// The mail; where nothing was done, the bytes that came.
    pub bytes: Vec<u8>,
    /// What was found before.
    pub scan: Scan,
    /// What was done, in the order of the findings.
    pub actions: Vec<Action>,
}

impl Cleaned {
    /// False where the mail could not be cleaned as asked; the notes say why.
    pub fn is_clean(&self) -> bool {
        let unread = |note: &Note| match note {
            Note::Untouched(
                Untouchable::Signed | Untouchable::Encrypted | Untouchable::InlinePgp,
            ) => false,
            Note::Untouched(_) => true,
            _ => false,
        };
        !self.scan.notes.iter().any(unread)
    }
}

/// Cleaning what was cleaned may show more: a picture alone on its host is another thing than one of two. So it is done
/// until nothing changes; whoever builds a mail that needs more rounds gets the last of them.
const ROUNDS_MAX: usize = 8;

/// Clean a mail. `recipients`: who it is for, beyond what its header says.
pub fn clean(
    mail: &Whole<'_>,
    mode: Mode,
    pictures: Pictures,
    recipients: &[String],
) -> Result<Cleaned, TableError> {
    let context = scan::context(mail, recipients)?;
    let mut cleaned = once(mail, mode, pictures, &context);
    for _ in 1..ROUNDS_MAX {
        let again = match mail::whole(&cleaned.bytes) {
            Ok(again) => once(&again, mode, pictures, &context),
            Err(_) => break,
        };
        if again.bytes == cleaned.bytes {
            break;
        }
        let done = again.scan.findings.into_iter().zip(again.actions);
        for (finding, action) in
            done.filter(|(_, action)| matches!(action, Action::Blocked | Action::Unwrapped))
        {
            cleaned.scan.findings.push(finding);
            cleaned.actions.push(action);
        }
        cleaned.bytes = again.bytes;
    }
    Ok(cleaned)
}

fn once(mail: &Whole<'_>, mode: Mode, pictures: Pictures, context: &Context) -> Cleaned {
    let scan = scan::look(mail, context);
    let untouched = scan
        .notes
        .iter()
        .any(|note| matches!(note, Note::Untouched(_)));
    if untouched {
        return Cleaned {
            bytes: mail.raw().to_vec(),
            actions: vec![Action::Left; scan.findings.len()],
            scan,
        };
    }
    let mut cleaning = Cleaning {
        mail,
        mode,
        context,
        sight: Sight::new(mail, context, pictures),
        changes: Vec::new(),
    };
    let mut by_part: HashMap<usize, Vec<&Finding>> = HashMap::new();
    for finding in &scan.findings {
        by_part.entry(finding.part).or_default().push(finding);
    }
    for index in 0..mail.parts().len() {
        let found = by_part.get(&index).map_or(&[][..], Vec::as_slice);
        cleaning.part(index, found);
    }
    let header: &[&str] = match mode {
        Mode::Protect => &[
            RECEIPT_FIELDS,
            PICTURE_FIELDS,
            &["Content-Base", "Content-Location"],
        ]
        .concat(),
        _ => &[],
    };
    let bytes = mail.write(&cleaning.changes, header);
    let actions = scan
        .findings
        .iter()
        .map(|finding| action(finding, mode, pictures))
        .collect();
    Cleaned {
        bytes,
        scan,
        actions,
    }
}

/// What is done with a finding follows from what it is; the writers of each mode do the same.
fn action(finding: &Finding, mode: Mode, pictures: Pictures) -> Action {
    let tracker = finding.kind.is_tracker();
    match (&finding.site, finding.load, mode) {
        (Site::Header | Site::Part, _, Mode::Protect) => Action::Blocked,
        (Site::Header | Site::Part | Site::Text(None), ..) => Action::Left,
        _ if finding.vector == Vector::Ping => Action::Blocked,
        (_, Load::Act, _) if finding.vector == Vector::Form && mode != Mode::Html => {
            Action::Blocked
        }
        (_, Load::Act, _) => match (&finding.destination, tracker, mode) {
            (Some(_), ..) => Action::Unwrapped,
            (None, true, Mode::Protect | Mode::Text) => Action::Named,
            _ => Action::Left,
        },
        (_, Load::Auto, Mode::Html) if tracker => Action::Blocked,
        (_, Load::Auto, Mode::Html) => Action::Left,
        (_, Load::Auto, Mode::Text) => Action::Blocked,
        (_, Load::Auto, Mode::Protect) => {
            let kept = pictures == Pictures::KeepContent
                && finding.vector == Vector::Image
                && protect::may_stay(finding.kind);
            if kept { Action::Left } else { Action::Blocked }
        }
    }
}

struct Cleaning<'c> {
    mail: &'c Whole<'c>,
    mode: Mode,
    context: &'c Context,
    sight: Sight<'c>,
    changes: Vec<(usize, Change)>,
}

impl Cleaning<'_> {
    fn part(&mut self, index: usize, findings: &[&Finding]) {
        let Some(part) = self.mail.parts().get(index) else {
            return;
        };
        let kind = part.content_type.as_str();
        let html = scan::is_html(kind);
        let change = match (part.role, self.mode) {
            // A picture that is looked up elsewhere; other mails inside the mail stay.
            (Role::Message, Mode::Protect) if kind == "message/external-body" => {
                Some(Change::File("elsewhere.txt"))
            }
            (Role::Attachment | Role::Multipart | Role::Message, _) => None,
            // Reports are evidence; only what is shown of them, and only where nothing may load, is written anew.
            (Role::Report, mode) if mode != Mode::Protect || !html => None,
            (_, Mode::Html) if html => self.neutral(index, findings),
            (_, Mode::Protect) if html => self.protect(index, findings),
            (_, Mode::Text) if html => self.text(index, findings),
            (Role::Text, _) => self.neutral(index, findings),
            (_, Mode::Protect | Mode::Text) if is_drawn_by_clients(kind) => {
                Some(Change::File("picture.svg"))
            }
            _ => None,
        };
        self.changes.extend(change.map(|change| (index, change)));
    }

    fn neutral(&self, index: usize, findings: &[&Finding]) -> Option<Change> {
        let text = self.mail.text(index).ok()?;
        let spans = neutral::spans(&text, findings);
        (!spans.is_empty()).then_some(Change::Spans(spans))
    }

    fn protect(&self, index: usize, findings: &[&Finding]) -> Option<Change> {
        let kind = self.mail.parts().get(index)?.content_type.as_str();
        let Ok(text) = self.mail.text(index) else {
            return Some(Change::File("message.html"));
        };
        let view = text.view();
        if kind == "text/x-amp-html" {
            // AMP that is not AMP any more is passed over for the HTML beside it.
            let empty = view.trim_ascii().is_empty();
            return (!empty).then_some(Change::Text {
                kind: "text/x-amp-html",
                text: String::new(),
            });
        }
        let Ok(document) = Document::read(&text) else {
            return Some(Change::File("message.html"));
        };
        let written = protect::write(&document, &self.sight, &known(findings));
        let same = text.read(0..view.len()).replace("\r\n", "\n") == written && kind == "text/html";
        (!same).then_some(Change::Text {
            kind: "text/html",
            text: written,
        })
    }

    fn text(&mut self, index: usize, findings: &[&Finding]) -> Option<Change> {
        if self.mail.parts().get(index)?.content_type == "text/x-amp-html" {
            return self.protect(index, findings);
        }
        let Ok(text) = self.mail.text(index) else {
            return Some(Change::File("message.html"));
        };
        let Ok(document) = Document::read(&text) else {
            return Some(Change::File("message.html"));
        };
        // Pictures of the HTML would be hidden beside a text: they become files of the mail.
        if let Some(parent) = self.mail.parent(index)
            && self
                .mail
                .parts()
                .get(parent)
                .is_some_and(|part| part.content_type == "multipart/related")
        {
            self.changes.push((parent, Change::Multipart("mixed")));
        }
        Some(Change::Text {
            kind: "text/plain",
            text: plain::write(&document, self.context, &known(findings)),
        })
    }
}

/// A picture or sheet that some program may draw with what it refers to.
fn is_drawn_by_clients(kind: &str) -> bool {
    matches!(
        kind,
        "image/svg+xml"
            | "text/css"
            | "text/xml"
            | "application/xml"
            | "application/javascript"
            | "text/javascript"
    )
}

/// What was found of an address, for the writers.
pub(crate) type KnownUrls<'f> = HashMap<&'f str, &'f Finding>;

fn known<'f>(findings: &[&'f Finding]) -> KnownUrls<'f> {
    let mut known: KnownUrls<'f> = HashMap::new();
    for finding in findings {
        let Some(url) = finding.target.as_ref().map(Url::as_str) else {
            continue;
        };
        let entry = known.entry(url).or_insert(finding);
        // The worse thing that an address is counts: kinds are in that order.
        if finding.kind < entry.kind {
            *entry = finding;
        }
    }
    known
}

/// What a link is called where it cannot be opened.
pub(crate) fn label(finding: &Finding) -> Option<String> {
    if finding.kind != Kind::TrackedLink
        || finding.destination.is_some()
        || finding.vector == Vector::Ping
    {
        return None;
    }
    Some(match finding.vendor {
        Some(vendor) => format!("tracked link: {vendor} learns of it"),
        None => "tracked link: the sender learns of it".to_owned(),
    })
}
