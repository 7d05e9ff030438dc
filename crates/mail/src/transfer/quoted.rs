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
    // Written by position: to append byte by byte would take twice as long.
    let mut decoded = vec![0; body.len()];
    let mut length = 0;
    let mut marks = Vec::with_capacity(body.len() / MARK_EVERY + 1);
    let mut next_mark = MARK_EVERY;
    let mut at = 0;
    while at < body.len() {
        let Line { text, eol, next } = line(body, at);
        let mut rest = &body[text.clone()];
        while !rest.is_empty() {
            let (byte, taken) = unit(rest);
            decoded[length] = byte;
            length += 1;
            rest = &rest[taken..];
        }
        decoded[length..length + eol.len()].copy_from_slice(&body[eol.clone()]);
        length += eol.len();
        if length >= next_mark {
            marks.push(Mark {
                decoded: length,
                encoded: eol.end,
            });
            next_mark = length + MARK_EVERY;
        }
        at = next;
    }
    decoded.truncate(length);
    (decoded, marks)
}

/// Where decoded spans, in order and without overlap, stand in the encoded body that the marks were made of.
pub(super) fn locate(body: &[u8], marks: &[Mark], spans: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut way = Way::new(body, marks);
    let mut encoded = |span: &Range<usize>| {
        if span.is_empty() {
            // Something put in stands right after what precedes it: blanks that were trailing stay so.
            let after = way.to(span.start).after;
            return after..after;
        }
        way.to(span.start).at..way.to(span.end).after
    };
    spans.iter().map(&mut encoded).collect()
}

/// A way through a body, forwards.
struct Way<'b> {
    body: &'b [u8],
    marks: &'b [Mark],
    /// The line that is walked.
    line: Line,
    /// Behind the last unit that was passed, which need not be on this line.
    after: Mark,
    /// The next unit of the line, or its end.
    at: usize,
}

/// A place in the encoded body.
struct Place {
    /// Behind the unit before it.
    after: usize,
    /// At its own unit.
    at: usize,
}

impl<'b> Way<'b> {
    fn new(body: &'b [u8], marks: &'b [Mark]) -> Self {
        let after = Mark {
            decoded: 0,
            encoded: 0,
        };
        Self {
            body,
            marks,
            line: line(body, 0),
            after,
            at: 0,
        }
    }

    /// Walks on to a decoded offset.
    fn to(&mut self, offset: usize) -> Place {
        let ahead = self.marks.partition_point(|mark| mark.decoded <= offset);
        if let Some(mark) = self.marks[..ahead].last()
            && mark.decoded > self.after.decoded
        {
            self.after = *mark;
            self.line = line(self.body, mark.encoded);
            self.at = mark.encoded;
        }
        loop {
            let Line { text, eol, next } = &self.line;
            if self.at == text.end {
                self.at = eol.start;
            }
            if self.at == eol.end {
                if *next == self.body.len() {
                    return self.place(self.body.len());
                }
                self.line = line(self.body, *next);
                self.at = self.line.text.start;
                continue;
            }
            if self.after.decoded == offset {
                return self.place(self.at);
            }
            self.at += if self.at < text.end {
                unit(&self.body[self.at..text.end]).1
            } else {
                1
            };
            self.after = Mark {
                decoded: self.after.decoded + 1,
                encoded: self.at,
            };
        }
    }

    fn place(&self, at: usize) -> Place {
        let after = self.after.encoded;
        Place { after, at }
    }
}

/// A line of a quoted-printable body, or the rest of one. Soft breaks and trailing blanks stand for nothing (RFC 2045
/// §6.7 rules 3 and 5) and lie between text and line end, or behind both.
struct Line {
    /// What stands for itself, or in escapes.
    text: Range<usize>,
    /// The line end; empty where it stands for nothing.
    eol: Range<usize>,
    next: usize,
}

/// The line that begins, or goes on, at `at`.
fn line(body: &[u8], at: usize) -> Line {
    let newline = memchr::memchr(b'\n', &body[at..]).map(|n| at + n);
    let next = newline.map_or(body.len(), |n| n + 1);
    let end = match newline {
        Some(n) if body[at..n].ends_with(b"\r") => n - 1,
        Some(n) => n,
        None => next,
    };
    // A form feed is no blank here.
    let blanks = body[at..end].iter().rev();
    let blanks = blanks.take_while(|b| matches!(b, b' ' | b'\t')).count();
    let kept = end - blanks;
    if body[at..kept].ends_with(b"=") {
        let text = at..kept - 1;
        let eol = text.end..text.end;
        return Line { text, eol, next };
    }
    // Blanks at the end of the body are not at the end of a line.
    let text = at..if newline.is_some() { kept } else { end };
    let eol = if newline.is_some() { end } else { text.end }..next;
    Line { text, eol, next }
}

/// The byte that a text, not empty, begins with, and how many it takes.
fn unit(text: &[u8]) -> (u8, usize) {
    if let [b'=', high, low, ..] = *text
        && let (Some(high), Some(low)) = (hex(high), hex(low))
    {
        return (high << 4 | low, 3);
    }
    // What is no escape readers show as it stands.
    (text[0], 1)
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
