//! Links: what they are, where they lead, and which are not to be touched.

use std::borrow::Cow;

use url::Url;

use crate::charset::Charset;
use crate::entity;

mod canonical;

/// What carries the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkKind {
    /// `<a href>`
    Anchor,
    /// `<area href>` of an image map
    Area,
    /// `<v:roundrect href>` and other VML shapes, which Outlook shows in place of HTML buttons
    VmlButton,
    /// `<a href>` or `<a xlink:href>` inside `<svg>`
    Svg,
    /// A web address in plain text, which mail programs make a link of
    Text,
}

impl LinkKind {
    /// A stable name for reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::Anchor => "anchor",
            Self::Area => "area",
            Self::VmlButton => "vml_button",
            Self::Svg => "svg",
            Self::Text => "text",
        }
    }
}

/// Why a link is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Skip {
    /// mailto, tel, sms, cid, data, javascript and everything else that is not http or https.
    #[error("not a web address")]
    Scheme,
    /// A jump within the mail.
    #[error("a place within the mail itself")]
    Fragment,
    /// `href` without a value.
    #[error("an empty link")]
    Empty,
    /// A relative link, and the mail names no base.
    #[error("a relative address, and the mail names no base for it")]
    Relative,
    /// The URL standard cannot make an address of it.
    #[error("not a valid web address")]
    Invalid,
    /// Mail clients would disagree where it leads.
    #[error("mail clients disagree where this leads")]
    Ambiguous,
    /// One of the targets of the message's own List-Unsubscribe header, or recognised by its words.
    #[error("an unsubscribe link")]
    Unsubscribe,
    /// Marked `data-overt="off"` by the sender.
    #[error("marked data-overt=\"off\" by the sender")]
    OptedOut,
}

impl Skip {
    /// A stable name for reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::Scheme => "scheme",
            Self::Fragment => "fragment",
            Self::Empty => "empty",
            Self::Relative => "relative",
            Self::Invalid => "invalid",
            Self::Ambiguous => "ambiguous",
            Self::Unsubscribe => "unsubscribe",
            Self::OptedOut => "opted_out",
        }
    }
}

/// One link of the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Counted from 0 through all links of the mail, skipped ones included; those in plain text come last.
    pub number: u16,
    /// Where a browser goes: the attribute decoded and resolved by the WHATWG URL standard. For a skipped link that
    /// has no such address, the attribute as far as it could be read.
    pub destination: String,
    /// Index into the parts of the mail.
    pub part: usize,
    /// What carries it.
    pub kind: LinkKind,
    /// Why it is left alone. None: it may be changed.
    pub skipped: Option<Skip>,
    /// The longest URL, in bytes and with each `&` as `&amp;`, that can stand in its place. A longer one is not
    /// written: in a body without an encoding a line may not be longer than 998 bytes. (In plain text nothing is escaped.)
    pub url_bytes_max: usize,
}

/// Where an attribute leads, or what it says and why it leads nowhere we may touch.
pub(crate) fn destination(
    attribute: &[u8],
    charset: Charset,
    base: Option<&Url>,
) -> Result<String, (Skip, String)> {
    let lossy = || String::from_utf8_lossy(attribute).into_owned();
    if charset == Charset::Ascii && !attribute.is_ascii() {
        return Err((Skip::Ambiguous, lossy()));
    }
    let Some(text) = charset.read(attribute) else {
        return Err((Skip::Ambiguous, lossy()));
    };
    let Some(decoded) = entity::decode_attribute(&text) else {
        return Err((Skip::Ambiguous, text.into_owned()));
    };
    resolved(decoded, charset, base)
}

/// Where a web address in plain text leads.
pub(crate) fn destination_of(address: &[u8]) -> Result<String, (Skip, String)> {
    resolved(String::from_utf8_lossy(address), Charset::Ascii, None)
}

fn resolved(
    decoded: Cow<'_, str>,
    charset: Charset,
    base: Option<&Url>,
) -> Result<String, (Skip, String)> {
    if canonical::is_canonical(&decoded) {
        return Ok(decoded.into_owned());
    }
    // What the URL standard strips first: C0 controls and blanks around, tabs and line ends within.
    let mut trimmed = Cow::Borrowed(decoded.trim_matches(|c: char| c <= ' '));
    if trimmed.contains(['\t', '\n', '\r']) {
        trimmed = trimmed.replace(['\t', '\n', '\r'], "").into();
    }
    if trimmed.is_empty() {
        return Err((Skip::Empty, String::new()));
    }
    if trimmed.starts_with('#') {
        return Err((Skip::Fragment, trimmed.into_owned()));
    }
    let url = match (Url::parse(&trimmed), base) {
        (Ok(url), _) => url,
        (Err(url::ParseError::RelativeUrlWithoutBase), Some(base)) => match base.join(&trimmed) {
            Ok(url) => url,
            Err(_) => return Err((Skip::Invalid, trimmed.into_owned())),
        },
        (Err(url::ParseError::RelativeUrlWithoutBase), None) => {
            return Err((Skip::Relative, trimmed.into_owned()));
        }
        (Err(_), _) => return Err((Skip::Invalid, trimmed.into_owned())),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err((Skip::Scheme, trimmed.into_owned()));
    }
    // `https:page` is relative to a base of the same scheme. Without one it is so to a webmail, whose own page is the base,
    // and absolute to a mail program.
    let url = match base {
        Some(base) => base.join(&trimmed).unwrap_or(url),
        None if !has_two_slashes(&trimmed) => return Err((Skip::Ambiguous, trimmed.into_owned())),
        None => url,
    };
    // A query with other than ASCII is percent-encoded in the document's charset by browsers, and in UTF-8 by
    // webmail that turned the mail into UTF-8 before.
    if !charset.is_utf8()
        && !trimmed.is_ascii()
        && trimmed
            .split('#')
            .next()
            .is_some_and(|t| t.split_once('?').is_some_and(|(_, q)| !q.is_ascii()))
    {
        return Err((Skip::Ambiguous, trimmed.into_owned()));
    }
    Ok(url.into())
}

/// Behind its scheme, of either kind.
fn has_two_slashes(address: &str) -> bool {
    let rest = address.split_once(':').map_or("", |(_, rest)| rest);
    rest.len() > 1 && rest.bytes().take(2).all(|b| matches!(b, b'/' | b'\\'))
}

#[cfg(test)]
mod tests;
