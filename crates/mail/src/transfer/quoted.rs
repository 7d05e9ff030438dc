//! Quoted-printable (RFC 2045 §6.7), read as forgivingly as mail clients do, written strictly.

use std::ops::Range;

use super::{Splice, column, run};

/// Longest quoted-printable line, the `=` of a soft break included (RFC 2045 §6.7 rule 5).
pub(super) const QUOTED_LINE_MAX: usize = 76;

/// Behind something that stands for a byte: from there the next can be found.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mark {
    decoded: usize,
    encoded: usize,
}

/// Decoded bytes between marks: few enough to be walked quickly, many enough that marks take little memory.
const MARK_EVERY: usize = 64;

/// What a body says, and marks for finding the way back.
pub(super) fn decode(body: &[u8]) -> (Vec<u8>, Vec<Mark>) {
    let mut decoded = Vec::with_capacity(body.len());
    let mut marks = Vec::with_capacity(body.len() / MARK_EVERY + 1);
    let mut next_mark = MARK_EVERY;
    let mut at = 0;
    while at < body.len() {
        let piece = piece(body, at);
        decoded.extend_from_slice(&body[piece.literal.clone()]);
        decoded.extend(piece.escaped);
        if decoded.len() >= next_mark {
            marks.push(Mark {
                decoded: decoded.len(),
                encoded: piece.end(),
            });
            next_mark = decoded.len() + MARK_EVERY;
        }
        at = piece.next;
    }
    (decoded, marks)
}

/// Where decoded spans, in order and without overlap, stand in the encoded body that the marks were made of.
pub(super) fn locate(body: &[u8], marks: &[Mark], spans: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut way = Way {
        body,
        marks,
        behind: Mark::default(),
        ahead: piece(body, 0),
    };
    let mut encoded = |span: &Range<usize>| {
        let start = way.to(span.start);
        if span.is_empty() {
            // Something put in stands right after what precedes it: blanks that were trailing stay so.
            start.behind..start.behind
        } else {
            start.at..way.to(span.end).behind
        }
    };
    spans.iter().map(&mut encoded).collect()
}

/// A way through a body, forwards.
struct Way<'b> {
    body: &'b [u8],
    /// Those that lie ahead.
    marks: &'b [Mark],
    /// How far it has come.
    behind: Mark,
    /// What is left of the piece it has come to.
    ahead: Piece,
}

/// Where something decoded stands: between what is behind it and its own beginning can be a soft break.
struct Place {
    behind: usize,
    at: usize,
}

impl Way<'_> {
    /// Goes on to a decoded offset.
    fn to(&mut self, offset: usize) -> Place {
        let mut nearer = None;
        while let Some((mark, rest)) = self.marks.split_first()
            && mark.decoded <= offset
        {
            (nearer, self.marks) = (Some(mark), rest);
        }
        if let Some(mark) = nearer.filter(|mark| mark.decoded > self.behind.decoded) {
            self.behind = *mark;
            self.ahead = piece(self.body, mark.encoded);
        }
        loop {
            let literal = self.ahead.literal.clone();
            let passed = literal.len().min(offset - self.behind.decoded);
            self.ahead.literal.start += passed;
            if passed > 0 {
                self.behind.decoded += passed;
                self.behind.encoded = self.ahead.literal.start;
            }
            if passed < literal.len() {
                return self.place(self.ahead.literal.start);
            }
            if self.ahead.escaped.is_some() {
                if self.behind.decoded == offset {
                    return self.place(literal.end);
                }
                self.behind.decoded += 1;
                self.behind.encoded = self.ahead.next;
            }
            if self.ahead.next == self.body.len() {
                self.ahead.escaped = None;
                return self.place(self.body.len());
            }
            self.ahead = piece(self.body, self.ahead.next);
        }
    }

    fn place(&self, at: usize) -> Place {
        let behind = self.behind.encoded;
        Place { behind, at }
    }
}

/// The next piece of a body: bytes that stand for themselves, and one that is escaped, if any. Soft breaks and trailing
/// blanks stand for nothing (RFC 2045 §6.7 rules 3 and 5) and lie between pieces.
struct Piece {
    literal: Range<usize>,
    escaped: Option<u8>,
    next: usize,
}

impl Piece {
    /// Where what it stands for ends.
    fn end(&self) -> usize {
        match self.escaped {
            Some(_) => self.next,
            None => self.literal.end,
        }
    }
}

fn piece(body: &[u8], start: usize) -> Piece {
    let piece = |end, escaped, next| Piece {
        literal: start..end,
        escaped,
        next,
    };
    let Some(at) = memchr::memchr2(b'=', b'\n', &body[start..]).map(|n| start + n) else {
        return piece(body.len(), None, body.len());
    };
    let (text, after) = (&body[start..at], &body[at + 1..]);
    if body[at] == b'\n' {
        let line = text.strip_suffix(b"\r").unwrap_or(text);
        // A form feed is no blank here.
        let blank = |b: &&u8| matches!(b, b' ' | b'\t');
        let blanks = line.iter().rev().take_while(blank).count();
        return match blanks {
            0 => piece(at + 1, None, at + 1),
            _ => piece(start + line.len() - blanks, None, start + line.len()),
        };
    }
    if let [high, low, ..] = *after
        && let Some(byte) = hex(high, low)
    {
        return piece(at, Some(byte), at + 3);
    }
    match soft_break(after) {
        Some(length) => piece(at, None, at + 1 + length),
        // Not an escape: readers show it as it stands.
        None => piece(at + 1, None, at + 1),
    }
}

/// Length of the blanks and the line end after a `=`, if that is all there is.
fn soft_break(after: &[u8]) -> Option<usize> {
    let blank = |b: &&u8| matches!(b, b' ' | b'\t');
    let blanks = after.iter().take_while(blank).count();
    match &after[blanks..] {
        [b'\r', b'\n', ..] => Some(blanks + 2),
        [b'\n', ..] => Some(blanks + 1),
        [] => Some(blanks),
        _ => None,
    }
}

/// The byte behind two hexadecimal digits.
fn hex(high: u8, low: u8) -> Option<u8> {
    let (high, low) = (DIGIT[usize::from(high)], DIGIT[usize::from(low)]);
    (high < 16 && low < 16).then_some(high << 4 | low)
}

/// What each hexadecimal digit says; looked up, because which of them comes next cannot be foreseen.
const DIGIT: [u8; 256] = {
    let mut digit = [0xff; 256];
    let mut value = 0;
    while value < 16 {
        digit[b"0123456789ABCDEF"[value] as usize] = value as u8;
        digit[b"0123456789abcdef"[value] as usize] = value as u8;
        value += 1;
    }
    digit
};

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
            // Most lines are plain to their end. Without a way out before it, many bytes are looked at in one step.
            let plain = if room.iter().fold(true, |all, b| all & is_plain(*b)) {
                room.len()
            } else {
                let special = room.iter().position(|b| !is_plain(*b));
                special.unwrap_or(room.len())
            };
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
