//! Quoted-printable (RFC 2045 §6.7), read as forgivingly as mail clients do, written strictly.

use std::ops::Range;

use super::{Splice, column, run};

/// Longest quoted-printable line, the `=` of a soft break included (RFC 2045 §6.7 rule 5).
pub(super) const QUOTED_LINE_MAX: usize = 76;

/// A place between two units, from where finding a position can start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    decoded: usize,
    encoded: usize,
}

/// Decoded bytes between marks: few enough to be walked quickly, many enough that marks take little memory.
const MARK_EVERY: usize = 128;

/// What a body says, and marks for finding the way back.
pub(super) fn decode(body: &[u8]) -> (Vec<u8>, Vec<Mark>) {
    let mut decoded = Vec::with_capacity(body.len());
    let mut marks = Vec::with_capacity(body.len() / MARK_EVERY + 1);
    let mut next_mark = MARK_EVERY;
    for unit in Units::new(body, 0) {
        let end = match unit {
            Unit::Literal(range) => {
                decoded.extend_from_slice(&body[range.clone()]);
                range.end
            }
            Unit::Escape(range, byte) => {
                decoded.push(byte);
                range.end
            }
        };
        if decoded.len() >= next_mark {
            marks.push(Mark {
                decoded: decoded.len(),
                encoded: end,
            });
            next_mark = decoded.len() + MARK_EVERY;
        }
    }
    (decoded, marks)
}

/// Where decoded spans, in order and without overlap, stand in the encoded body that the marks were made of.
pub(super) fn locate(body: &[u8], marks: &[Mark], spans: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut found = Vec::with_capacity(spans.len());
    let mut at = Mark {
        decoded: 0,
        encoded: 0,
    };
    let mut units = Units::new(body, 0).peekable();
    // Encoded position of a decoded offset: after the unit before it (`after`), or at its own unit.
    let mut seek = |offset: usize, after: bool| {
        let ahead = marks.partition_point(|mark| mark.decoded <= offset);
        if let Some(mark) = marks[..ahead]
            .last()
            .filter(|mark| mark.decoded > at.decoded)
        {
            at = *mark;
            units = Units::new(body, at.encoded).peekable();
        }
        while let Some(unit) = units.peek() {
            let (range, len) = match unit {
                Unit::Literal(range) => (range.clone(), range.len()),
                Unit::Escape(range, _) => (range.clone(), 1),
            };
            if offset == at.decoded {
                return if after { at.encoded } else { range.start };
            }
            if offset < at.decoded + len {
                return range.start + (offset - at.decoded);
            }
            at = Mark {
                decoded: at.decoded + len,
                encoded: range.end,
            };
            units.next();
        }
        if after { at.encoded } else { body.len() }
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
    /// From a place between two units on.
    fn new(body: &'a [u8], at: usize) -> Self {
        Self { body, at }
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
                [b'=', after @ ..] => {
                    if let [high, low, ..] = *after
                        && let (Some(high), Some(low)) = (hex(high), hex(low))
                    {
                        self.at += 3;
                        return Some(Unit::Escape(start..start + 3, high << 4 | low));
                    }
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
                // A form feed is no blank here.
                let blank = |b: &u8| matches!(b, b' ' | b'\t');
                let kept = line.len() - line.iter().rev().take_while(|b| blank(b)).count();
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
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
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
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let next = text.get(at + 1);
        if byte == b'\n' || byte == b'\r' && next == Some(&b'\n') {
            at += if byte == b'\r' { 2 } else { 1 };
            out.extend_from_slice(eol);
            column = 0;
            continue;
        }
        // Most of a line needs no second look: its beginning and its blanks do.
        if column > 0 {
            let room = &text[at..text
                .len()
                .min(at + (QUOTED_LINE_MAX - 1).saturating_sub(column))];
            let plain = room
                .iter()
                .position(|b| !is_plain(*b))
                .unwrap_or(room.len());
            if plain > 0 {
                out.extend_from_slice(&room[..plain]);
                column += plain;
                at += plain;
                continue;
            }
        }
        let last_of_line = match next {
            Some(next) => matches!(next, b'\r' | b'\n'),
            None => line_ends_after,
        };
        let plain = is_plain(byte) || matches!(byte, b' ' | b'\t') && !last_of_line;
        if column + if plain { 1 } else { 3 } > QUOTED_LINE_MAX - 1 {
            out.push(b'=');
            out.extend_from_slice(eol);
            column = 0;
        }
        // At the start of a line: a lone dot may end the SMTP transaction at a careless hop, "From " is quoted by
        // mbox writers, and two dashes could be a delimiter.
        let risky = column == 0 && {
            let ahead = &text[at..];
            byte == b'.' || ahead.starts_with(b"From ") || ahead.starts_with(b"--")
        };
        at += 1;
        if plain && !risky {
            out.push(byte);
            column += 1;
        } else {
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
            out.extend_from_slice(&[b'=', high, low]);
            column += 3;
        }
    }
}

/// Stands for itself wherever it stands in a line.
fn is_plain(byte: u8) -> bool {
    matches!(byte, 33..=126) && byte != b'='
}
