//! What a part's header says about its body, and whether it says so clearly.

use std::borrow::Cow;

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

use crate::header::{self, Field};

/// RFC 2046 §5.1.1 allows 70; some generators write a little more.
const BOUNDARY_BYTES_MAX: usize = 200;

/// What a part's header says about its body.
#[derive(Debug, Default, Clone)]
pub(crate) struct Media {
    /// Lower case, `text/plain` where nothing is said.
    pub(crate) kind: String,
    pub(crate) charset: Option<String>,
    /// Lower case, empty where nothing is said.
    pub(crate) encoding: String,
    pub(crate) attachment: bool,
    pub(crate) filename: Option<String>,
    /// As it stands on delimiter lines.
    pub(crate) boundary: Option<Vec<u8>>,
    /// `start` of multipart/related, without angle brackets.
    pub(crate) start: Option<String>,
    /// `DelSp=yes` of flowed text (RFC 3676 §4.1).
    pub(crate) joins_lines: bool,
    pub(crate) content_id: Option<String>,
    /// `smime-type=signed-data` (RFC 8551 §3.2.2).
    pub(crate) smime_signed: bool,
    /// The header says the same thing twice, or nothing that can be read.
    pub(crate) doubtful: bool,
}

impl Media {
    /// `alternative` of `multipart/alternative`.
    pub(crate) fn multipart(&self) -> Option<&str> {
        self.kind.strip_prefix("multipart/")
    }
}

/// What the content fields of a block say.
pub(crate) fn read(raw: &[u8], fields: &[Field], default: &str) -> Media {
    let mut media = Media {
        kind: default.to_owned(),
        ..Media::default()
    };
    let (mut types, mut encodings, mut dispositions) = (0, 0, 0);
    for field in fields {
        let name = &raw[field.name.clone()];
        let value = &raw[field.value.clone()];
        if name.eq_ignore_ascii_case(b"content-type") {
            types += 1;
            read_type(value, &mut media);
        } else if name.eq_ignore_ascii_case(b"content-transfer-encoding") {
            encodings += 1;
            media.encoding = bare_token(value);
        } else if name.eq_ignore_ascii_case(b"content-disposition") {
            dispositions += 1;
            read_disposition(value, &mut media);
        } else if name.eq_ignore_ascii_case(b"content-id") {
            media.content_id = Some(without_brackets(&header::text(value)));
        }
    }
    media.doubtful |= types > 1 || encodings > 1 || dispositions > 1;
    media
}

fn read_type(value: &[u8], media: &mut Media) {
    let value = header::terminated(value);
    let parsed = MessageStream::new(&value).parse_content_type();
    let HeaderValue::ContentType(content) = parsed else {
        media.doubtful |= !value.trim_ascii().is_empty();
        return;
    };
    let Some(subtype) = content.subtype() else {
        media.doubtful = true;
        return;
    };
    media.kind = format!("{}/{}", content.ctype(), subtype).to_ascii_lowercase();
    media.charset = content
        .attribute("charset")
        .map(|charset| charset.trim().to_ascii_lowercase());
    media.smime_signed = content
        .attribute("smime-type")
        .is_some_and(|kind| kind.eq_ignore_ascii_case("signed-data"));
    media.start = content.attribute("start").map(without_brackets);
    media.joins_lines = content
        .attribute("delsp")
        .is_some_and(|joins| joins.eq_ignore_ascii_case("yes"));
    if let Some(name) = content.attribute("name") {
        media.filename = Some(name.to_owned());
    }
    if let Some(boundary) = content.attribute("boundary") {
        // Written as it will stand on the delimiter lines: a boundary that only comes out of RFC 2231 or quoted
        // pairs is read differently by different readers.
        let verbatim = memchr::memmem::find(&value, boundary.as_bytes()).is_some();
        let fine = !boundary.is_empty()
            && boundary.len() <= BOUNDARY_BYTES_MAX
            && !boundary.ends_with(' ');
        media.doubtful |= !(verbatim && fine);
        media.boundary = fine.then(|| boundary.as_bytes().to_vec());
    }
    let boundaries = content
        .attributes()
        .unwrap_or_default()
        .iter()
        .filter(|a| a.name == "boundary")
        .count();
    media.doubtful |= boundaries > 1;
}

fn read_disposition(value: &[u8], media: &mut Media) {
    let value = header::terminated(value);
    if let HeaderValue::ContentType(content) = MessageStream::new(&value).parse_content_type() {
        // RFC 2183 §2.8: an unknown disposition is treated as attachment.
        media.attachment = !content.ctype().eq_ignore_ascii_case("inline");
        if let Some(name) = content.attribute("filename") {
            media.filename = Some(name.to_owned());
        }
    }
}

/// A lone token in lower case, comments and parameters cut off: `Quoted-Printable; x=y` and `7bit (as is)`.
fn bare_token(value: &[u8]) -> String {
    let value: Cow<'_, str> = String::from_utf8_lossy(value);
    let token = value.split([';', '(']).next().unwrap_or_default();
    token.trim().trim_matches('"').to_ascii_lowercase()
}

fn without_brackets(id: &str) -> String {
    id.trim()
        .trim_start_matches('<')
        .trim_end_matches('>')
        .to_owned()
}
