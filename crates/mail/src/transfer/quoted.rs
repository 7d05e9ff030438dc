//! Quoted-printable (RFC 2045 §6.7), read as forgivingly as mail clients do, written strictly.

use std::ops::Range;

use super::{Splice, column, run};

/// Longest quoted-printable line, the `=` of a soft break included (RFC 2045 §6.7 rule 5).
pub(super) const QUOTED_LINE_MAX: usize = 76;

/// What a body says.
pub(super) fn decode(body: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(body.len());
    for unit in Units::new(body) {
        match unit {
            Unit::Literal(range) => decoded.extend_from_slice(&body[range]),
            Unit::Escape(_, byte) => decoded.push(byte),
        }
    }
    decoded
}

/// Where decoded spans, in order and without overlap, stand in the encoded body.
pub(super) fn locate(body: &[u8], spans: &[Range<usize>]) -> Vec<Range<usize>> {
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

/// Put the splices in: only they are encoded anew, with soft breaks where lines would get too long.
pub(super) fn splice(body: &[u8], splices: &[Splice], eol: &[u8], out: &mut Vec<u8>) {
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
pub(crate) fn encode(text: &[u8], eol: &[u8]) -> Vec<u8> {
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
        let risky = column == 0 && {
            let ahead = &text[index..];
            byte == b'.' || ahead.starts_with(b"From ") || ahead.starts_with(b"--")
        };
        let plain = plain && !risky;
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
