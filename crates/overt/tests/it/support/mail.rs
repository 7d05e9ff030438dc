//! A delivered mail, as its recipient's program sees it; and mails as senders' programs write them.

use mail_parser::{HeaderValue, Message, MessageParser};
use std::sync::Arc;
use wire::smtp::Envelope;

/// A mail that arrived.
#[derive(Clone)]
pub(crate) struct Mail {
    pub(crate) envelope: Envelope,
    pub(crate) to: String,
    pub(crate) bytes: Arc<Vec<u8>>,
}

impl Mail {
    /// The mail as text; its bytes are ASCII or UTF-8 in these tests.
    pub(crate) fn source(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn parsed(&self) -> Message<'_> {
        MessageParser::default()
            .parse(self.bytes.as_slice())
            .unwrap()
    }

    pub(crate) fn subject(&self) -> String {
        self.parsed().subject().unwrap_or_default().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let parsed = self.parsed();
        let raw = parsed.header_raw(name.to_owned())?;
        Some(raw.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// All text of the mail, decoded.
    pub(crate) fn body(&self) -> String {
        let parsed = self.parsed();
        let texts = (0..parsed.text_body_count()).filter_map(|at| parsed.body_text(at));
        let htmls = (0..parsed.html_body_count()).filter_map(|at| parsed.body_html(at));
        texts
            .chain(htmls)
            .map(|text| text.into_owned() + "\n")
            .collect()
    }

    /// Every URL in the mail's text, once.
    pub(crate) fn urls(&self) -> Vec<String> {
        let (body, mut found) = (self.body(), Vec::new());
        for (at, _) in body.match_indices("http") {
            let rest = &body[at..];
            let end = rest
                .find(|c: char| c.is_whitespace() || "\"'<>".contains(c))
                .unwrap_or(rest.len());
            let url = rest[..end].replace("&amp;", "&");
            if url.contains("://") && !found.contains(&url) {
                found.push(url);
            }
        }
        found
    }

    /// The first URL whose path begins so.
    pub(crate) fn url(&self, path: &str) -> Option<String> {
        let is_it = |url: &&String| {
            url.split("://")
                .nth(1)
                .and_then(|u| u.find('/').map(|at| &u[at..]))
                .is_some_and(|p| p.starts_with(path))
        };
        self.urls().iter().find(is_it).cloned()
    }

    pub(crate) fn pixel(&self) -> String {
        self.url("/o/").expect("the mail has no pixel")
    }

    pub(crate) fn link(&self) -> String {
        self.url("/c/").expect("the mail has no tracked link")
    }

    pub(crate) fn page(&self) -> String {
        self.url("/p/")
            .expect("the mail has no link to the recipient's page")
    }

    pub(crate) fn is_tracked(&self) -> bool {
        self.url("/o/").is_some() || self.url("/c/").is_some()
    }

    /// The fields of each group in the part for programs of a delivery report (RFC 3464), as they stand.
    pub(crate) fn delivery_status(&self) -> String {
        let parsed = self.parsed();
        let is_status = |part: &&mail_parser::MessagePart<'_>| {
            part.headers.iter().any(|header| {
                matches!(&header.value, HeaderValue::ContentType(kind) if kind.c_subtype.as_deref() == Some("delivery-status"))
            })
        };
        let part = parsed
            .parts
            .iter()
            .find(is_status)
            .expect("this is not a delivery report");
        String::from_utf8_lossy(part.contents()).into_owned()
    }
}

/// The bare tokens in a URL of the tracker: what stands between two slashes, without suffix and query.
pub(crate) fn token(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/')
        .next()
        .unwrap_or_default()
        .trim_end_matches(".gif")
        .to_owned()
}

/// Where the link of [`html_mail`] leads.
pub(crate) const SITE: &str = "https://example.com/offer?a=1&b=two";

/// A small HTML mail from the owner, as the mail programs of this world write them.
pub(crate) fn html_mail(to: &[&str], subject: &str, more_headers: &str) -> String {
    format!(
        "From: Dana <dana@studio.example>\r\nTo: {}\r\nSubject: {subject}\r\nMessage-ID: <{id}@studio.example>\r\n\
         Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n{more_headers}MIME-Version: 1.0\r\n\
         Content-Type: text/html; charset=utf-8\r\n\r\n\
         <html><body><p>Hello, <a href=\"https://example.com/offer?a=1&amp;b=two\">have a look</a>.</p></body></html>\r\n",
        to.join(", "),
        id = subject.replace(' ', "-"),
    )
}
