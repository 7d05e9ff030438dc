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

use data_encoding::BASE64;

use crate::header::LINE_OCTETS_MAX;

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
    pub(crate) fn decode(self, body: &[u8]) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Identity => Some(Cow::Borrowed(body)),
            Self::QuotedPrintable => {
                let mut decoded = Vec::with_capacity(body.len());
                for unit in Units::new(body) {
                    match unit {
                        Unit::Literal(range) => decoded.extend_from_slice(&body[range]),
                        Unit::Escape(_, byte) => decoded.push(byte),
                    }
                }
                Some(Cow::Owned(decoded))
            }
            Self::Base64 => {
                let mut compact = Vec::with_capacity(body.len());
                compact.extend(body.iter().filter(|b| !b.is_ascii_whitespace()));
                // After padding some readers stop and some go on: only at the end is it clear.
                let padding = memchr::memchr(b'=', &compact).unwrap_or(compact.len());
                if padding + 2 < compact.len() {
                    return None;
                }
                BASE64.decode(&compact).ok().map(Cow::Owned)
            }
        }
    }

    /// Where decoded spans, in order and without overlap, stand in the encoded body. Not for base64.
    pub(crate) fn locate(self, body: &[u8], spans: &[Range<usize>]) -> Vec<Range<usize>> {
        if self != Self::QuotedPrintable {
            return spans.to_vec();
        }
        let mut found = Vec::with_capacity(spans.len());
        let mut decoded = 0;
        let mut encoded = 0;
        let mut units = Units::new(body).peekable();
        // Encoded position of a decoded offset: after the unit before it (`after`), or at its own unit.
        let mut seek = |offset: usize, after: bool| {
            while let Some(unit) = units.peek() {
                let (range, len) = match unit {
                    Unit::Literal(range) => (range.clone(), range.len()),
                    Unit::Escape(range, _) => (range.clone(), 1),
                };
                if offset == decoded {
                    return if after { encoded } else { range.start };
                }
                if offset < decoded + len {
                    return range.start + (offset - decoded);
                }
                decoded += len;
                encoded = range.end;
                units.next();
            }
            if after { encoded } else { body.len() }
        };
        for span in spans {
            // Something put in stands right after what precedes it: blanks that were trailing stay so.
            let start = seek(span.start, span.is_empty());
            let end = if span.is_empty() {
                start
            } else {
                seek(span.end, true)
            };
            found.push(start..end);
        }
        found
    }
}

/// A piece of a quoted-printable body that stands for something. Soft breaks and trailing blanks stand for nothing
/// (RFC 2045 §6.7 rules 3 and 5) and lie between units.
enum Unit {
    Literal(Range<usize>),
    Escape(Range<usize>, u8),
}

struct Units<'a> {
    body: &'a [u8],
    at: usize,
}

impl<'a> Units<'a> {
    fn new(body: &'a [u8]) -> Self {
        Self { body, at: 0 }
    }
}

impl Iterator for Units<'_> {
    type Item = Unit;

    fn next(&mut self) -> Option<Unit> {
        loop {
            let start = self.at;
            let rest = &self.body[start..];
            match rest {
                [] => return None,
                [b'=', high, low, ..] if hex(*high).is_some() && hex(*low).is_some() => {
                    self.at += 3;
                    let byte = hex(*high).unwrap_or_default() << 4 | hex(*low).unwrap_or_default();
                    return Some(Unit::Escape(start..start + 3, byte));
                }
                [b'=', after @ ..] => {
                    if let Some(len) = soft_break(after) {
                        self.at += 1 + len;
                        continue;
                    }
                    // Not an escape: readers show it as it stands.
                    self.at += 1;
                    return Some(Unit::Literal(start..start + 1));
                }
                [b'\n', ..] => {
                    self.at += 1;
                    return Some(Unit::Literal(start..start + 1));
                }
                _ => {}
            }
            let end = memchr::memchr2(b'=', b'\n', rest).map_or(self.body.len(), |n| start + n);
            let text = &self.body[start..end];
            if self.body.get(end) == Some(&b'\n') {
                let (line, eol) = match text.strip_suffix(b"\r") {
                    Some(line) => (line, end - 1),
                    None => (text, end),
                };
                let kept = line.trim_ascii_end().len();
                if kept < line.len() {
                    if kept > 0 {
                        self.at = start + kept;
                        return Some(Unit::Literal(start..start + kept));
                    }
                    self.at = end + 1;
                    return Some(Unit::Literal(eol..end + 1));
                }
                self.at = end + 1;
                return Some(Unit::Literal(start..end + 1));
            }
            self.at = end;
            return Some(Unit::Literal(start..end));
        }
    }
}

/// Length of the blanks and the line end after a `=`, if that is all there is.
fn soft_break(after: &[u8]) -> Option<usize> {
    let blanks = after
        .iter()
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    match &after[blanks..] {
        [b'\r', b'\n', ..] => Some(blanks + 2),
        [b'\n', ..] => Some(blanks + 1),
        [] => Some(blanks),
        _ => None,
    }
}

fn hex(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|digit| digit as u8)
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
        Transfer::QuotedPrintable => splice_quoted(body, splices, eol, out),
        Transfer::Base64 => splice_base64(body, splices, eol, out),
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

/// Longest quoted-printable line, the `=` of a soft break included (RFC 2045 §6.7 rule 5).
const QUOTED_LINE_MAX: usize = 76;

fn splice_quoted(body: &[u8], splices: &[Splice], eol: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    for (index, splice) in splices.iter().enumerate() {
        out.extend_from_slice(&body[at..splice.encoded.start]);
        at = splice.encoded.end;
        let next = splices
            .get(index + 1)
            .map_or(body.len(), |next| next.encoded.start);
        let rest = run(body, at, next);
        let line_ends_here = matches!(&body[at..], [] | [b'\n', ..] | [b'\r', b'\n', ..]);
        quote(&splice.text, line_ends_here, eol, out);
        let rest = if body[at..at + rest].ends_with(b"\r") {
            rest - 1
        } else {
            rest
        };
        // Where the next splice follows on the same line, its first character and a `=` must still fit.
        let room = if at + rest == next && next < body.len() {
            rest + 4
        } else {
            rest
        };
        if column(out) > 0
            && column(out) + room > QUOTED_LINE_MAX
            && rest > 0
            && &body[at..at + rest] != b"="
        {
            out.push(b'=');
            out.extend_from_slice(eol);
        }
    }
    out.extend_from_slice(&body[at..]);
}

/// A whole text in quoted-printable.
pub(crate) fn quoted(text: &[u8], eol: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 8);
    quote(text, true, eol, &mut out);
    out
}

/// Encode `text` at the end of `out`, minding the column. Line ends in `text` become hard breaks.
fn quote(text: &[u8], line_ends_after: bool, eol: &[u8], out: &mut Vec<u8>) {
    let mut column = column(out);
    let mut bytes = text.iter().copied().enumerate().peekable();
    while let Some((index, byte)) = bytes.next() {
        let next = text.get(index + 1);
        if byte == b'\n' || byte == b'\r' && next == Some(&b'\n') {
            if byte == b'\r' {
                bytes.next();
            }
            out.extend_from_slice(eol);
            column = 0;
            continue;
        }
        let last_of_line = match next {
            Some(next) => matches!(next, b'\r' | b'\n'),
            None => line_ends_after,
        };
        let plain = match byte {
            b'=' => false,
            b' ' | b'\t' => !last_of_line,
            33..=126 => true,
            _ => false,
        };
        if column + if plain { 1 } else { 3 } > QUOTED_LINE_MAX - 1 {
            out.push(b'=');
            out.extend_from_slice(eol);
            column = 0;
        }
        // At the start of a line: a lone dot may end the SMTP transaction at a careless hop, "From " is quoted by
        // mbox writers, and two dashes could be a delimiter.
        let ahead = &text[index..];
        let risky = byte == b'.' || ahead.starts_with(b"From ") || ahead.starts_with(b"--");
        let plain = plain && !(column == 0 && risky);
        if plain {
            out.push(byte);
            column += 1;
        } else {
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            out.extend_from_slice(&[
                b'=',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ]);
            column += 3;
        }
    }
}

/// Usual base64 line length, used where the body's own cannot be told.
const BASE64_LINE: usize = 76;

fn splice_base64(body: &[u8], splices: &[Splice], eol: &[u8], out: &mut Vec<u8>) {
    let Some(first) = splices.first() else {
        out.extend_from_slice(body);
        return;
    };
    let Some(decoded) = Transfer::Base64.decode(body) else {
        out.extend_from_slice(body);
        return;
    };
    let (kept_encoded, kept_decoded) = kept_lines(body, first.decoded.start);
    out.extend_from_slice(&body[..kept_encoded]);
    let mut changed = Vec::with_capacity(decoded.len() - kept_decoded);
    let mut at = kept_decoded;
    for splice in splices {
        changed.extend_from_slice(&decoded[at..splice.decoded.start]);
        changed.extend_from_slice(&splice.text);
        at = splice.decoded.end;
    }
    changed.extend_from_slice(&decoded[at..]);
    drop(decoded);

    let width = line_width(body);
    let mut lines = changed.chunks(width / 4 * 3).peekable();
    while let Some(line) = lines.next() {
        let start = out.len();
        out.resize(start + line.len().div_ceil(3) * 4, 0);
        BASE64.encode_mut(line, &mut out[start..]);
        if lines.peek().is_some() {
            out.extend_from_slice(eol);
        }
    }
    let tail = body
        .iter()
        .rposition(|b| !b.is_ascii_whitespace())
        .map_or(0, |n| n + 1);
    out.extend_from_slice(&body[tail..]);
}

/// The start, encoded and decoded, of the last line that begins on a whole quantum at or before a decoded offset.
fn kept_lines(body: &[u8], offset: usize) -> (usize, usize) {
    let (mut kept, mut symbols) = ((0, 0), 0);
    let mut at = 0;
    while at < body.len() && symbols / 4 * 3 <= offset {
        if symbols % 4 == 0 {
            kept = (at, symbols / 4 * 3);
        }
        let end = memchr::memchr(b'\n', &body[at..]).map_or(body.len(), |n| at + n + 1);
        symbols += body[at..end]
            .iter()
            .filter(|b| !b.is_ascii_whitespace())
            .count();
        at = end;
    }
    kept
}

/// The body's own line length, or the usual one where lines are too long to be kept or not whole quanta.
fn line_width(body: &[u8]) -> usize {
    let first = body.trim_ascii_start();
    let width = first
        .iter()
        .position(u8::is_ascii_whitespace)
        .unwrap_or(BASE64_LINE);
    if width.is_multiple_of(4) && (4..=LINE_OCTETS_MAX).contains(&width) && width < first.len() {
        width
    } else {
        BASE64_LINE
    }
}

#[cfg(test)]
mod tests;
