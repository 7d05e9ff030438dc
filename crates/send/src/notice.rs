//! Mails that Overt itself writes: letters to contacts about their own data, and reports to the sender (RFC 3464).

use crate::words;
use mail_builder::MessageBuilder;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;
use model::{Language, Time};
use store::{Around, CopyInContext, Message};

/// What every such mail needs.
pub(crate) struct Stamp<'a> {
    pub(crate) now: Time,
    /// The Message-ID, without angle brackets.
    pub(crate) id: &'a str,
    /// The name of this server.
    pub(crate) hostname: &'a str,
}

/// A mail to a contact about their own data, or to who agrees for them. It is untracked like every mail to somebody who
/// has not agreed.
pub(crate) fn letter(
    stamp: &Stamp<'_>,
    around: &Around,
    to: &str,
    language: Language,
    words: words::Letter,
) -> Option<Vec<u8>> {
    let author = &around.author;
    MessageBuilder::new()
        .message_id(stamp.id)
        .date(stamp.now.0 / 1_000)
        .from((author.name.as_str(), author.address.as_str()))
        .to(to)
        .subject(words.subject)
        .header("Content-Language", Raw::new(language.as_str()))
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .text_body(words.body)
        .write_to_vec()
        .ok()
}

/// A notice to the sender of a mail, as yet without subject and text.
fn from_postmaster<'a>(stamp: &Stamp<'a>, about: &'a Message) -> MessageBuilder<'a> {
    let name = "Mail delivery".to_owned();
    let postmaster = format!("postmaster@{}", stamp.hostname);
    MessageBuilder::new()
        .message_id(stamp.id)
        .date(stamp.now.0 / 1_000)
        .from((name, postmaster))
        .to(about.sender.as_str())
        .header("Auto-Submitted", Raw::new("auto-replied"))
}

/// Tells the sender that a mail did not go to one of its recipients. It does not say to whom: they were erased.
pub(crate) fn cancelled(stamp: &Stamp<'_>, message: &Message) -> Option<Vec<u8>> {
    let subject = line(&message.subject);
    let text = format!(
        "Your mail\n\n  {subject}\n\nof {} was not sent to one of its recipients: their data was erased at their \
         request before the mail left. It will not be tried again. Your own copy in your mail program shows who the \
         recipients were.\n",
        message.accepted_at.rfc2822()
    );
    from_postmaster(stamp, message)
        .subject(format!("Not sent: {subject}"))
        .text_body(text)
        .write_to_vec()
        .ok()
}

/// A delivery status notification about one copy.
pub(crate) struct Report<'a> {
    pub(crate) action: &'a str,
    pub(crate) recipient: &'a str,
    /// RFC 3461, as it came, in xtext.
    pub(crate) orcpt: Option<&'a str>,
    pub(crate) envid: Option<&'a str>,
    /// The relay's last answer.
    pub(crate) answer: &'a str,
    /// The header of the mail, if it is still here.
    pub(crate) header: Option<&'a [u8]>,
}

/// A delivery status notification to the sender.
pub(crate) fn report(
    stamp: &Stamp<'_>,
    around: &CopyInContext,
    report: &Report<'_>,
) -> Option<Vec<u8>> {
    let (subject, sentence) = match report.action {
        "failed" => (
            "Not delivered",
            "could not be delivered to this recipient. It will not be tried again.",
        ),
        "delayed" => (
            "Delayed",
            "could not be delivered to this recipient yet. It is still being tried.",
        ),
        _ => (
            "Relayed",
            "was handed to the next mail server, which sends no confirmation of delivery.",
        ),
    };
    let text = format!(
        "Your mail\n\n  {}\n\n{sentence}\n\n  {}\n\nThe last answer was:\n\n  {}\n",
        line(&around.message.subject),
        report.recipient,
        line(report.answer)
    );
    let mut parts = vec![
        MimePart::new("text/plain; charset=utf-8", text),
        MimePart::new("message/delivery-status", status(stamp, around, report))
            .transfer_encoding("7bit"),
    ];
    if let Some(header) = report.header {
        let text = String::from_utf8_lossy(header).into_owned();
        parts.push(MimePart::new("text/rfc822-headers; charset=utf-8", text));
    }
    let kind = ContentType::new("multipart/report").attribute("report-type", "delivery-status");
    from_postmaster(stamp, &around.message)
        .subject(format!("{subject}: {}", line(&around.message.subject)))
        .body(MimePart::new(kind, parts))
        .write_to_vec()
        .ok()
}

/// The part for programs (RFC 3464 §2).
fn status(stamp: &Stamp<'_>, around: &CopyInContext, report: &Report<'_>) -> String {
    let unxtext = |text: &str| wire::smtp::xtext::decode(text).map(|t| line(&t));
    let mut out = format!("Reporting-MTA: dns; {}\r\n", stamp.hostname);
    if let Some(envid) = report.envid.and_then(unxtext) {
        out += &format!("Original-Envelope-Id: {envid}\r\n");
    }
    out += &format!(
        "Arrival-Date: {}\r\n\r\n",
        around.message.accepted_at.rfc2822()
    );
    if let Some((kind, address)) = report.orcpt.and_then(|o| o.split_once(';'))
        && let Some(address) = unxtext(address)
    {
        out += &format!("Original-Recipient: {};{address}\r\n", line(kind));
    }
    let (code, enhanced) = codes(report.answer);
    let fallback = match report.action {
        "failed" => "5.0.0",
        "delayed" => "4.0.0",
        _ => "2.0.0",
    };
    out += &format!("Final-Recipient: rfc822;{}\r\n", line(report.recipient));
    out += &format!(
        "Action: {}\r\nStatus: {}\r\n",
        report.action,
        enhanced.unwrap_or(fallback)
    );
    if code.is_some() {
        out += &format!("Diagnostic-Code: smtp; {}\r\n", line(report.answer));
    }
    out
}

/// The reply code and the enhanced status code (RFC 3463) at the start of an answer, if it is an SMTP reply.
fn codes(answer: &str) -> (Option<&str>, Option<&str>) {
    let mut words = answer.split_whitespace();
    let code = words
        .next()
        .filter(|w| w.len() == 3 && w.bytes().all(|b| b.is_ascii_digit()));
    let is_enhanced = |w: &&str| {
        let mut parts = w.split('.');
        parts.clone().count() == 3
            && parts.all(|p| !p.is_empty() && p.len() <= 3 && p.bytes().all(|b| b.is_ascii_digit()))
    };
    (
        code,
        words.next().filter(is_enhanced).filter(|_| code.is_some()),
    )
}

/// One line of printable text: what goes into a field of a report cannot end it.
fn line(text: &str) -> String {
    const CHARS_MAX: usize = 500;
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(CHARS_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_an_answer() {
        assert_eq!(
            codes("550 5.1.1 no such user"),
            (Some("550"), Some("5.1.1"))
        );
        assert_eq!(codes("550 no such user"), (Some("550"), None));
        assert_eq!(codes("relay:25 did not answer in time"), (None, None));
    }

    #[test]
    fn nothing_breaks_out_of_its_line() {
        assert_eq!(line("a\r\nX-Evil: b"), "a  X-Evil: b");
    }
}
