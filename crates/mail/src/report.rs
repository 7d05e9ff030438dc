//! Reports about a mail that come back by mail: what became of its delivery (RFC 3464), that it was shown to its recipient
//! (RFC 8098), and that its recipient complained about it to their provider (RFC 5965).
//!
//! They are read as what they are, claims in a mail: nothing here says that they are true. A report without the parts that the
//! standards ask for is none; prose in a bounce is not interpreted.

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

/// Longest report that is read: the returned mail may be a part of it.
pub const REPORT_BYTES_MAX: usize = 1 << 20;
/// Recipients in one report; further ones are left out.
const RECIPIENTS_MAX: usize = 100;
/// Values are cut at so many characters: addresses and host names fit.
const VALUE_CHARS_MAX: usize = 320;

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The Message-ID of the mail it is about, without angle brackets.
    pub message_id: Option<String>,
    /// RFC 3461: the sender's own id of the envelope, decoded.
    pub envelope_id: Option<String>,
    /// Who reports: a mail server's name, or what a mail program calls itself.
    pub reporter: Option<String>,
    /// What became of it, for each recipient. Of a complaint none where the provider keeps to itself who complained.
    pub recipients: Vec<Reported>,
    /// The report is a complaint.
    pub is_complaint: bool,
    /// The addresses for unsubscribing in the header of the mail that came back with it (RFC 2369): whose they are, the
    /// sender knows.
    pub unsubscribe: Vec<String>,
}

/// What a report says of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// The address it arrived at; forwarding may have changed it.
    pub address: String,
    /// The address as the sender wrote it, where that is known.
    pub original: Option<String>,
    /// What happened.
    pub action: Action,
    /// RFC 3463: `5.1.1`.
    pub status: Option<String>,
    /// The mail server that decided.
    pub host: Option<String>,
}

/// What happened to a mail on its way, or at its recipient's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It could not be delivered.
    Failed,
    /// It could not be delivered yet.
    Delayed,
    /// It is in the mailbox.
    Delivered,
    /// It went on to a server that reports nothing.
    Relayed,
    /// It went on to several addresses.
    Expanded,
    /// It was shown to its recipient, who sent the report by hand or let the program send all.
    Displayed {
        /// The recipient was asked, and agreed to tell.
        by_hand: bool,
    },
    /// It was deleted, perhaps unread.
    Deleted,
    /// Its recipient called it spam.
    Complained,
}

/// Reads a report. Nothing where the mail is none.
pub fn report(mail: &[u8]) -> Option<Report> {
    let mail = mail.get(..mail.len().min(REPORT_BYTES_MAX))?;
    let message = MessageParser::default().parse(mail)?;
    let status = part(&message, "delivery-status").map(|fields| delivery(&fields));
    let reading =
        || part(&message, "disposition-notification").and_then(|fields| reading(fields.first()?));
    let feedback = || {
        part(&message, "feedback-report").and_then(|fields| complaint(fields.first()?, &message))
    };
    let mut report = status.or_else(reading).or_else(feedback)?;
    report.message_id = report.message_id.or_else(|| returned_id(&message));
    report.unsubscribe = returned_field(&message, "List-Unsubscribe")
        .map(|value| addresses_in(&value))
        .unwrap_or_default();
    (report.is_complaint || !report.recipients.is_empty()).then_some(report)
}

/// The groups of fields of a part.
type Groups = Vec<Vec<(String, String)>>;

fn part(message: &Message<'_>, subtype: &str) -> Option<Groups> {
    let is = |part: &&MessagePart<'_>| {
        part.content_type().is_some_and(|kind| {
            kind.ctype().eq_ignore_ascii_case("message")
                && (kind.subtype()).is_some_and(|s| {
                    s.eq_ignore_ascii_case(subtype)
                        || s.eq_ignore_ascii_case(&format!("global-{subtype}"))
                })
        })
    };
    let part = message.parts.iter().find(is)?;
    Some(groups(&String::from_utf8_lossy(part.contents())))
}

/// Fields as in a header, in groups parted by empty lines.
fn groups(text: &str) -> Groups {
    let mut groups: Groups = vec![Vec::new()];
    for line in text.lines() {
        if line.trim().is_empty() {
            if groups.last().is_some_and(|group| !group.is_empty())
                && groups.len() <= RECIPIENTS_MAX
            {
                groups.push(Vec::new());
            }
            continue;
        }
        let Some(group) = groups.last_mut() else {
            break;
        };
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = group.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            group.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}

fn field<'g>(group: &'g [(String, String)], name: &str) -> Option<&'g str> {
    let found = group.iter().find(|(n, _)| n == name)?;
    Some(found.1.as_str()).filter(|value| !value.is_empty())
}

/// The value behind `rfc822;` or `dns;`, without a comment.
fn typed(group: &[(String, String)], name: &str) -> Option<String> {
    let value = field(group, name)?;
    let value = value.split_once(';').map_or(value, |(_, value)| value);
    let value = value.split('(').next()?.trim().trim_matches(['<', '>']);
    (!value.is_empty()).then(|| shortened(value))
}

fn shortened(value: &str) -> String {
    value
        .chars()
        .filter(|c| !c.is_control())
        .take(VALUE_CHARS_MAX)
        .collect()
}

/// RFC 3464 §2: one group about the message, then one for each recipient.
fn delivery(groups: &[Vec<(String, String)>]) -> Report {
    let none = Vec::new();
    let about = groups.first().unwrap_or(&none);
    let recipients = groups.iter().skip(1).filter_map(|group| {
        let action = match field(group, "action")?.to_ascii_lowercase().as_str() {
            "failed" => Action::Failed,
            "delayed" => Action::Delayed,
            "delivered" => Action::Delivered,
            "relayed" => Action::Relayed,
            "expanded" => Action::Expanded,
            _ => return None,
        };
        let original = typed(group, "original-recipient");
        Some(Reported {
            address: typed(group, "final-recipient").or_else(|| original.clone())?,
            original: original.map(|text| xtext(&text)),
            action,
            status: typed(group, "status"),
            host: typed(group, "remote-mta"),
        })
    });
    Report {
        message_id: None,
        envelope_id: field(about, "original-envelope-id").map(|id| shortened(&xtext(id))),
        reporter: typed(about, "reporting-mta"),
        recipients: recipients.collect(),
        ..Report::default()
    }
}

/// RFC 8098 §3.
fn reading(fields: &[(String, String)]) -> Option<Report> {
    let disposition = field(fields, "disposition")?.to_ascii_lowercase();
    let (mode, kind) = disposition.split_once(';')?;
    let action = match kind.split('/').next()?.trim() {
        "displayed" => Action::Displayed {
            // What the person did, or what their program does by itself.
            by_hand: mode.contains("manual-action") && mode.contains("mdn-sent-manually"),
        },
        "deleted" => Action::Deleted,
        _ => return None,
    };
    let original = typed(fields, "original-recipient");
    Some(Report {
        message_id: field(fields, "original-message-id").map(|id| shortened(bare(id))),
        envelope_id: None,
        reporter: typed(fields, "reporting-ua").filter(|name| !name.is_empty()),
        recipients: vec![Reported {
            address: typed(fields, "final-recipient").or_else(|| original.clone())?,
            original,
            action,
            status: None,
            host: None,
        }],
        ..Report::default()
    })
}

/// RFC 5965 §3. A report that takes a complaint back, or is about something else, is none.
fn complaint(fields: &[(String, String)], message: &Message<'_>) -> Option<Report> {
    let kind = field(fields, "feedback-type")?.to_ascii_lowercase();
    if !["abuse", "fraud", "virus", "other"].contains(&kind.as_str()) {
        return None;
    }
    let named = fields.iter().filter(|(name, _)| name == "original-rcpt-to");
    let named = named.map(|(_, value)| shortened(value.trim().trim_matches(['<', '>'])));
    // Many providers name nobody; the header of the mail still says whom it was for.
    let shown = returned_field(message, "To").map(|to| addresses_in(&to));
    let shown = shown
        .unwrap_or_default()
        .into_iter()
        .map(|to| shortened(&to));
    let recipients = named.chain(shown).take(RECIPIENTS_MAX);
    let reported = |address| Reported {
        address,
        original: None,
        action: Action::Complained,
        status: None,
        host: None,
    };
    Some(Report {
        message_id: None,
        envelope_id: field(fields, "original-envelope-id").map(|id| shortened(&xtext(id))),
        reporter: typed(fields, "reporting-mta")
            .or_else(|| field(fields, "user-agent").map(shortened)),
        recipients: recipients.map(reported).collect(),
        is_complaint: true,
        unsubscribe: Vec::new(),
    })
}

/// A field of the mail, or of its header, that came back with the report.
fn returned_field(message: &Message<'_>, name: &str) -> Option<String> {
    message.parts.iter().find_map(|part| match &part.body {
        PartType::Message(inner) => {
            let raw = inner.header_raw(name.to_owned())?;
            Some(raw.split_whitespace().collect::<Vec<_>>().join(" "))
        }
        _ => {
            let kind = part.content_type()?.subtype()?.to_ascii_lowercase();
            let text = kind
                .contains("rfc822-headers")
                .then(|| String::from_utf8_lossy(part.contents()))?;
            let groups = groups(&text);
            field(groups.first()?, &name.to_ascii_lowercase()).map(str::to_owned)
        }
    })
}

/// What stands in angle brackets; without any, all of it.
fn addresses_in(value: &str) -> Vec<String> {
    let found: Vec<_> = value
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .map(|(address, _)| address.trim().to_owned())
        .take(RECIPIENTS_MAX)
        .collect();
    if found.is_empty() {
        vec![value.trim().to_owned()]
    } else {
        found
    }
}

/// The Message-ID of the mail, or its header, that came back with the report.
fn returned_id(message: &Message<'_>) -> Option<String> {
    message.parts.iter().find_map(|part| match &part.body {
        PartType::Message(inner) => inner.message_id().map(shortened),
        _ => {
            let kind = part.content_type()?;
            let headers = kind
                .subtype()?
                .to_ascii_lowercase()
                .contains("rfc822-headers");
            let text = headers.then(|| String::from_utf8_lossy(part.contents()))?;
            let groups = groups(&text);
            field(groups.first()?, "message-id").map(|id| shortened(bare(id)))
        }
    })
}

fn bare(id: &str) -> &str {
    id.trim().trim_start_matches('<').trim_end_matches('>')
}

/// RFC 3461 §4: `+2B` stands for a plus sign. What is no such text is given back as it is.
fn xtext(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let coded = (byte == b'+').then(|| {
            let pair = [bytes.next()?, bytes.next()?];
            u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()
        });
        match coded {
            None => decoded.push(byte),
            Some(Some(byte)) => decoded.push(byte),
            Some(None) => return text.to_owned(),
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests;
