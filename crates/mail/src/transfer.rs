//! Content-Transfer-Encodings, span by span.
//!
//! Decoding tells what a body says; locating finds the encoded bytes behind a decoded position; splicing puts new
//! bytes in place of a span so that everything outside it stays as it was. In quoted-printable only the span is
//! encoded anew. In base64 a changed length shifts all that follows, so lines before the change stay and the rest
//! of the part is encoded anew with the same line length.
//!
//! Left out: uuencode, yEnc and other unregistered encodings. Such a part is not edited.

use std::borrow::Cow;
use std::ops::Range;

use crate::header::LINE_OCTETS_MAX;

mod base64;
mod quoted;

pub(crate) use quoted::encode as quoted_printable;

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transfer {
    /// 7bit, 8bit, binary: as it is.
    Identity,
    QuotedPrintable,
    Base64,
}

impl Transfer {
    /// From the header token, in lower case. None: unknown.
    pub(crate) fn from_token(token: &str) -> Option<Self> {
        match token {
            "" | "7bit" | "8bit" | "binary" | "7-bit" | "8-bit" => Some(Self::Identity),
            "quoted-printable" => Some(Self::QuotedPrintable),
            "base64" => Some(Self::Base64),
            _ => None,
        }
    }

    /// The longest text that can be written without a line break inside it.
    pub(crate) fn unbroken_max(self) -> usize {
        match self {
            Self::Identity => LINE_OCTETS_MAX - 100,
            Self::QuotedPrintable | Self::Base64 => usize::MAX,
        }
    }

    /// What an encoded body says. None: not what it claims to be.
    pub(crate) fn decode(self, body: &[u8]) -> Option<Decoded<'_>> {
        let (bytes, marks) = match self {
            Self::Identity => (Cow::Borrowed(body), Vec::new()),
            Self::QuotedPrintable => {
                let (bytes, marks) = quoted::decode(body);
                (Cow::Owned(bytes), marks)
            }
            Self::Base64 => (Cow::Owned(base64::decode(body)?), Vec::new()),
        };
        Some(Decoded {
            transfer: self,
            encoded: body,
            bytes,
            marks,
        })
    }
}

/// What an encoded body says.
pub(crate) struct Decoded<'b> {
    transfer: Transfer,
    encoded: &'b [u8],
    pub(crate) bytes: Cow<'b, [u8]>,
    marks: Vec<quoted::Mark>,
}

impl Decoded<'_> {
    /// Where decoded spans, in order and without overlap, stand in the encoded body. For base64 as they are.
    pub(crate) fn locate(&self, spans: &[Range<usize>]) -> Vec<Range<usize>> {
        if self.transfer == Transfer::QuotedPrintable {
            quoted::locate(self.encoded, &self.marks, spans)
        } else {
            spans.to_vec()
        }
    }
}

/// New bytes in place of a span of a body.
#[derive(Debug)]
pub(crate) struct Splice {
    /// The span in the decoded body.
    pub(crate) decoded: Range<usize>,
    /// The same span in the encoded body.
    pub(crate) encoded: Range<usize>,
    pub(crate) text: Vec<u8>,
    /// Encoded position up to the span where a line may be broken without changing what the body means.
    pub(crate) break_before: usize,
    /// Encoded position from the span on where a line may be broken.
    pub(crate) break_after: usize,
}

/// The encoded body with the splices, in order and without overlap, put in.
pub(crate) fn splice(
    transfer: Transfer,
    body: &[u8],
    splices: &[Splice],
    eol: &[u8],
    out: &mut Vec<u8>,
) {
    match transfer {
        Transfer::Identity => splice_identity(body, splices, eol, out),
        Transfer::QuotedPrintable => quoted::splice(body, splices, eol, out),
        Transfer::Base64 => base64::splice(body, splices, eol, out),
    }
}

fn column(out: &[u8]) -> usize {
    let tail = &out[out.len().saturating_sub(4 * LINE_OCTETS_MAX)..];
    tail.len() - memchr::memrchr(b'\n', tail).map_or(0, |n| n + 1)
}

/// Bytes from `at` to the next line end or `stop`, counted no further than a line may be long.
fn run(body: &[u8], at: usize, stop: usize) -> usize {
    let ahead = &body[at..stop.min(at + LINE_OCTETS_MAX + 2).max(at)];
    memchr::memchr(b'\n', ahead).unwrap_or(ahead.len())
}

fn splice_identity(body: &[u8], splices: &[Splice], eol: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    for (index, splice) in splices.iter().enumerate() {
        let break_before = splice.break_before.max(at);
        out.extend_from_slice(&body[at..break_before]);
        let first_line = memchr::memchr(b'\n', &splice.text).unwrap_or(splice.text.len());
        let lead = splice.encoded.start - break_before;
        if column(out) > 0 && column(out) + lead + first_line + 1 > LINE_OCTETS_MAX {
            out.extend_from_slice(eol);
        }
        out.extend_from_slice(&body[break_before..splice.encoded.start]);
        out.extend_from_slice(&splice.text);
        at = splice.encoded.end;
        let next = splices
            .get(index + 1)
            .map_or(body.len(), |next| next.break_before.max(at));
        let break_after = splice.break_after;
        if break_after <= next && column(out) + run(body, at, next) > LINE_OCTETS_MAX {
            out.extend_from_slice(&body[at..break_after]);
            out.extend_from_slice(eol);
            at = break_after;
        }
    }
    out.extend_from_slice(&body[at..]);
}

#[cfg(test)]
mod tests;
