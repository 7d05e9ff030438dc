//! One mail, looked at: every reference, judged, and what was not looked into and why.

use mail::{Role, Untouchable, Whole};

use crate::find::{self, REFERENCES_MAX, Reference, Site};
use crate::individual::Recipients;
use crate::judge::{self, Confidence, Context, Finding, Kind, Verdict};
use crate::reason::Reason;
use crate::table::TableError;
use crate::vector::Vector;
use crate::vendor::Catalogue;

/// Something about a mail that people should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Note {
    /// Signed, encrypted, or not readable: nothing was changed, and nothing was looked into where it is encrypted.
    #[error("left as it is: {0}")]
    Untouched(Untouchable),
    /// A body that cannot be read, or has more in it than the bounds allow.
    #[error("a body could not be looked into: {0}")]
    Unread(Untouchable),
    /// A mail inside the mail.
    #[error("a mail inside this mail was not looked into and stays as it is")]
    Inside,
    /// HTML, SVG or a calendar as a file.
    #[error("an attached file may load something when it is opened; it stays as it is")]
    File,
    /// Outlook's winmail.dat.
    #[error("a winmail.dat may hold a second text of the mail; it was not looked into")]
    Tnef,
    /// A DKIM signature that a change breaks.
    #[error(
        "the mail carries a DKIM signature, which any change breaks: check it before, not after"
    )]
    DkimSigned,
}

impl Note {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Untouched(_) => "untouched",
            Self::Unread(_) => "unread",
            Self::Inside => "mail_inside",
            Self::File => "file",
            Self::Tnef => "tnef",
            Self::DkimSigned => "dkim_signed",
        }
    }
}

/// What was found in one mail.
#[derive(Debug)]
pub struct Scan {
    /// Every reference, in the order they stand in.
    pub findings: Vec<Finding>,
    /// What else there is to know.
    pub notes: Vec<Note>,
    /// Services that the header names: who sent it, by its marks.
    pub senders: Vec<&'static str>,
}

impl Scan {
    /// Those of a kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(move |finding| finding.kind == kind)
    }

    pub(crate) fn note(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// Fields that name the people a mail is for.
const RECIPIENT_FIELDS: &[&str] = &[
    "To",
    "Cc",
    "Delivered-To",
    "X-Original-To",
    "Envelope-To",
    "X-Envelope-To",
];
/// Fields that ask a mail program to tell that it was read.
pub(crate) const RECEIPT_FIELDS: &[&str] = &[
    "Disposition-Notification-To",
    "Return-Receipt-To",
    "X-Confirm-Reading-To",
    "Generate-Delivery-Report",
    "Read-Receipt-To",
];
/// Fields that name a picture.
pub(crate) const PICTURE_FIELDS: &[&str] = &["X-Image-URL", "BIMI-Location"];

/// Look at a mail. `recipients`: who it is for, beyond what its header says.
pub fn scan(mail: &Whole<'_>, recipients: &[String]) -> Result<Scan, TableError> {
    Ok(look(mail, &context(mail, recipients)?))
}

pub(crate) fn context(mail: &Whole<'_>, recipients: &[String]) -> Result<Context, TableError> {
    let catalogue = Catalogue::ours()?;
    let named = RECIPIENT_FIELDS
        .iter()
        .flat_map(|field| mail.addresses(field));
    let all = recipients
        .iter()
        .cloned()
        .chain(named.map(|mailbox| mailbox.address));
    Ok(Context {
        catalogue,
        senders: catalogue.senders(|field| mail.headers(field)),
        recipients: Recipients::new(all),
    })
}

pub(crate) fn look(mail: &Whole<'_>, context: &Context) -> Scan {
    let mut scan = Scan {
        findings: Vec::new(),
        notes: Vec::new(),
        senders: context.senders.clone(),
    };
    match mail.untouchable() {
        Some(why @ (Untouchable::Encrypted | Untouchable::TooComplex)) => {
            scan.note(Note::Untouched(why));
            return scan;
        }
        Some(why) => scan.note(Note::Untouched(why)),
        None => {}
    }
    if !mail.headers("DKIM-Signature").is_empty() {
        scan.note(Note::DkimSigned);
    }
    let mut references: Vec<Reference> = Vec::new();
    for (index, part) in mail.parts().iter().enumerate() {
        match part.role {
            Role::Multipart => continue,
            Role::Message if part.content_type == "message/external-body" => {}
            Role::Message => {
                scan.note(Note::Inside);
                continue;
            }
            Role::Attachment => {
                let kind = part.content_type.as_str();
                if matches!(
                    kind,
                    "text/html" | "image/svg+xml" | "application/xhtml+xml" | "text/calendar"
                ) {
                    scan.note(Note::File);
                }
                if matches!(kind, "application/ms-tnef" | "application/vnd.ms-tnef") {
                    scan.note(Note::Tnef);
                }
                continue;
            }
            _ => {}
        }
        if part.content_type == "message/external-body" {
            references.push(find::elsewhere(index, Vector::External, Site::Part, ""));
            continue;
        }
        let is_html = is_html(&part.content_type);
        if !is_html && part.role != Role::Text {
            continue;
        }
        let text = match mail.text(index) {
            Ok(text) => text,
            Err(why @ Untouchable::InlinePgp) => {
                scan.note(Note::Untouched(why));
                continue;
            }
            Err(why) => {
                scan.note(Note::Unread(why));
                continue;
            }
        };
        if is_html {
            let room = REFERENCES_MAX.saturating_sub(references.len());
            match find::in_html(index, &text, room) {
                Ok(found) => references.extend(found),
                Err(_) => scan.note(Note::Unread(Untouchable::TooComplex)),
            }
        } else {
            references.extend(find::in_text(index, &text));
        }
    }
    scan.findings = judge::judge(references, context);
    for finding in &mut scan.findings {
        if finding.vector == Vector::External {
            finding.kind = Kind::Unknown;
            finding.reasons = vec![Reason::LiesElsewhere];
        }
    }
    scan.findings.extend(in_header(mail, context));
    scan
}

/// HTML that is shown: also AMP, which some clients prefer.
pub(crate) fn is_html(content_type: &str) -> bool {
    matches!(
        content_type,
        "text/html" | "text/x-amp-html" | "application/xhtml+xml"
    )
}

fn in_header(mail: &Whole<'_>, context: &Context) -> Vec<Finding> {
    let mut found = Vec::new();
    for (fields, kind, reason) in [
        (RECEIPT_FIELDS, Kind::ReceiptRequest, Reason::AsksReceipt),
        (PICTURE_FIELDS, Kind::Unknown, Reason::HeaderPicture),
    ] {
        for field in fields {
            for value in mail.headers(field) {
                let mut reference = find::elsewhere(0, Vector::Header, Site::Header, &value);
                reference.written = format!("{field}: {value}");
                let named = reference
                    .target
                    .as_ref()
                    .and_then(|url| context.recipients.named_in(url));
                let reasons = std::iter::once(reason)
                    .chain(named.map(Reason::from))
                    .collect();
                found.push(judge::finding(
                    reference,
                    Verdict::new(kind, Confidence::High, reasons),
                ));
            }
        }
    }
    found
}
