//! From a form to a mail: addresses as people write them, and plain text as text and as HTML.

use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::mime::{BodyPart, MimePart};
use mail_parser::MessageParser;
use model::{Ambient, EmailAddress};
use std::fmt::Write as _;
use store::Identity;

/// Recipients of one form; more belong into a list.
pub(crate) const RECIPIENTS_MAX: usize = 200;

/// A recipient as written: a name, where there is one, and an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mailbox {
    pub(crate) name: Option<String>,
    pub(crate) address: EmailAddress,
}

/// The addresses in a text: separated by commas, semicolons or lines, with names or without.
pub(crate) fn parse_recipients(text: &str) -> Result<Vec<Mailbox>, String> {
    // One header line for the mail parser, which knows quotes, comments and encoded names. Line ends become commas
    // first, so nothing can end the header early.
    let line: String = text
        .chars()
        .map(|c| {
            if matches!(c, ';' | '\n' | '\r') {
                ','
            } else {
                c
            }
        })
        .collect();
    let header = format!("To: {line}\r\n\r\n");
    let parsed = MessageParser::default().parse_headers(header.as_bytes());
    let mut found: Vec<Mailbox> = Vec::new();
    for entry in parsed
        .as_ref()
        .and_then(|m| m.to())
        .into_iter()
        .flat_map(|to| to.iter())
    {
        let written = entry
            .address
            .as_deref()
            .or(entry.name.as_deref())
            .unwrap_or_default()
            .trim();
        if written.is_empty() {
            continue;
        }
        let address: EmailAddress = written
            .parse()
            .map_err(|error| format!("“{written}”: {error}"))?;
        if found.iter().all(|m| m.address.key() != address.key()) {
            let name = entry.name.as_deref().filter(|_| entry.address.is_some());
            found.push(Mailbox {
                name: name.map(str::to_owned),
                address,
            });
        }
    }
    match found.len() {
        0 => Err("write at least one address".into()),
        n if n > RECIPIENTS_MAX => Err(format!(
            "{n} recipients are more than the {RECIPIENTS_MAX} a form takes"
        )),
        _ => Ok(found),
    }
}

/// The mail: `multipart/alternative`, text first.
pub(crate) fn build(
    ambient: &Ambient,
    from: &Identity,
    to: &[Mailbox],
    subject: &str,
    text: &str,
) -> Result<Vec<u8>, std::io::Error> {
    let unique = model::MessageId((ambient.random)());
    let boundary = model::MessageId((ambient.random)());
    let recipients: Vec<Address> = to
        .iter()
        .map(|m| Address::new_address(m.name.clone(), m.address.as_str()))
        .collect();
    let kind = ContentType::new("multipart/alternative")
        .attribute("boundary", format!("overt-{boundary}"));
    let part = |kind: &'static str, text: String| MimePart::new(kind, BodyPart::Text(text.into()));
    let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = (!from.name.is_empty()).then_some(from.name.as_str());
    MessageBuilder::new()
        .from(Address::new_address(name, from.address.as_str()))
        .to(Address::new_list(recipients))
        .subject(subject)
        .date((ambient.now)().0 / 1_000)
        .message_id(format!("{unique}@{}", from.address.domain()))
        .body(MimePart::new(
            kind,
            vec![
                part("text/plain", text.to_owned()),
                part("text/html", html(text)),
            ],
        ))
        .write_to_vec()
}

/// Plain text as HTML: paragraphs at empty lines, breaks at line ends, web addresses as links.
fn html(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let mut out =
        String::from("<!DOCTYPE html>\n<html>\n<head><meta charset=\"utf-8\"></head>\n<body>\n");
    for paragraph in text
        .split("\n\n")
        .map(|p| p.trim_matches('\n'))
        .filter(|p| !p.is_empty())
    {
        let lines: Vec<String> = paragraph.lines().map(linked).collect();
        let _ = writeln!(out, "<p>{}</p>", lines.join("<br>\n"));
    }
    out + "</body>\n</html>\n"
}

/// A line, escaped, its web addresses turned into links. A full stop or bracket after an address is not part of it.
pub(crate) fn linked(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 16);
    let mut rest = line;
    while let Some(at) = ["https://", "http://"]
        .iter()
        .filter_map(|scheme| rest.find(scheme))
        .min()
    {
        let (before, found) = rest.split_at(at);
        let end = found.find(|c: char| c.is_whitespace() || c.is_control() || "<>\"".contains(c));
        let url = found[..end.unwrap_or(found.len())]
            .trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'', ']']);
        let safe = escape(url);
        let _ = write!(out, "{}<a href=\"{safe}\">{safe}</a>", escape(before));
        rest = &found[url.len()..];
        // An address of nothing but its scheme still ends in "//", so this always moves on.
    }
    out + &escape(rest)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> Vec<String> {
        parse_recipients(text)
            .unwrap()
            .iter()
            .map(|m| m.address.to_string())
            .collect()
    }

    #[test]
    fn addresses_as_people_write_them() {
        assert_eq!(
            addresses("a@x.example, b@x.example;c@x.example\r\nd@x.example"),
            ["a@x.example", "b@x.example", "c@x.example", "d@x.example"]
        );
        assert_eq!(
            addresses("\"Lee, Ann\" <ann@x.example>, ANN@x.example"),
            ["ann@x.example"]
        );
        let named = parse_recipients("Jürgen Groß <jg@x.example>").unwrap();
        assert_eq!(named[0].name.as_deref(), Some("Jürgen Groß"));
        for bad in ["", " , ;", "ann", "ann@", "a@x.example, nonsense"] {
            assert!(parse_recipients(bad).is_err(), "{bad:?}");
        }
        // A line end cannot begin another header: whoever is written here stands in To, for all to see.
        assert_eq!(
            addresses("a@x.example\r\nBcc: b@x.example"),
            ["a@x.example", "b@x.example"]
        );
        let many: Vec<String> = (0..=RECIPIENTS_MAX)
            .map(|n| format!("a{n}@x.example"))
            .collect();
        assert!(parse_recipients(&many.join(",")).is_err());
    }

    #[test]
    fn links_and_markup() {
        assert_eq!(
            linked("see (https://a.example/b?c=d&e=f)."),
            "see (<a href=\"https://a.example/b?c=d&amp;e=f\">https://a.example/b?c=d&amp;e=f</a>)."
        );
        assert_eq!(
            linked("<b>\"x\"</b> http://"),
            "&lt;b&gt;&quot;x&quot;&lt;/b&gt; <a href=\"http://\">http://</a>"
        );
        assert!(!linked("https://a\"onmouseover=x").contains("\"onmouseover"));
    }

    #[test]
    fn a_mail_that_others_can_read() {
        let ambient = Ambient {
            now: || model::Time(1_795_294_080_123),
            random: || [7; 16],
        };
        let from = Identity {
            id: model::IdentityId([1; 16]),
            workspace: model::WorkspaceId([2; 16]),
            user: model::UserId([3; 16]),
            address: "ann@x.example".parse().unwrap(),
            name: "Ann".into(),
        };
        let to = parse_recipients("Bö <b@x.example>").unwrap();
        let subject = "Hi\r\nBcc: evil@x.example ü";
        let bytes = build(
            &ambient,
            &from,
            &to,
            subject,
            "Hello\r\n\r\nhttps://a.example\r\nBye ü",
        )
        .unwrap();
        let mail = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(mail.subject(), Some("Hi Bcc: evil@x.example ü"));
        assert!(mail.bcc().is_none());
        assert_eq!(
            mail.date().map(mail_parser::DateTime::to_timestamp),
            Some(1_795_294_080)
        );
        assert!(mail.body_text(0).unwrap().contains("Bye ü"));
        assert!(
            mail.body_html(0)
                .unwrap()
                .contains("<a href=\"https://a.example\">")
        );
        assert!(
            !bytes
                .windows(2)
                .any(|pair| pair[1] == b'\n' && pair[0] != b'\r'),
            "bare LF"
        );
    }
}
