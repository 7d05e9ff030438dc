//! Base64 (RFC 2045 §6.8): lines before the first change stay, the rest is encoded anew.

use data_encoding::BASE64;

use super::Splice;
use crate::header::LINE_OCTETS_MAX;

/// Usual base64 line length, used where the body's own cannot be told.
const BASE64_LINE: usize = 76;

/// Symbols that are decoded at once: whole quanta.
const BLOCK: usize = 4_096;

/// What a body says, if it is clear.
pub(super) fn decode(body: &[u8]) -> Option<Vec<u8>> {
    let symbols = || body.iter().filter(|b| !b.is_ascii_whitespace());
    // After padding some readers stop and some go on: only at the end is it clear.
    let padding = symbols().position(|b| *b == b'=');
    let count = symbols().count();
    if padding.is_some_and(|padding| padding + 2 < count) {
        return None;
    }
    let mut decoded = Vec::with_capacity(count / 4 * 3);
    for block in blocks(body) {
        decoded.extend(block?);
    }
    Some(decoded)
}

/// A body decoded block by block, so that no second copy of it is needed. None for one that is not base64.
fn blocks(body: &[u8]) -> impl Iterator<Item = Option<Vec<u8>>> {
    let mut symbols = body.iter().copied().filter(|b| !b.is_ascii_whitespace());
    std::iter::from_fn(move || {
        let block: Vec<u8> = symbols.by_ref().take(BLOCK).collect();
        (!block.is_empty()).then(|| BASE64.decode(&block).ok())
    })
}

/// Put the splices in. The body is one that could be decoded.
pub(super) fn splice(body: &[u8], splices: &[Splice], eol: &[u8], out: &mut Vec<u8>) {
    let Some(first) = splices.first() else {
        out.extend_from_slice(body);
        return;
    };
    let (kept_encoded, kept_decoded) = kept_lines(body, first.decoded.start);
    out.extend_from_slice(&body[..kept_encoded]);
    let mut lines = Lines {
        out,
        eol,
        bytes: line_width(body) / 4 * 3,
        pending: Vec::new(),
        begun: false,
    };
    // Decoded positions: of the block, and of what is neither written nor replaced yet.
    let (mut start, mut at) = (kept_decoded, kept_decoded);
    let mut splices = splices.iter().peekable();
    for block in blocks(&body[kept_encoded..]).flatten() {
        let end = start + block.len();
        while let Some(splice) = splices.next_if(|splice| splice.decoded.start < end) {
            lines.push(&block[at - start..splice.decoded.start - start]);
            lines.push(&splice.text);
            at = splice.decoded.end;
            if at > end {
                break;
            }
        }
        if at < end {
            lines.push(&block[at - start..]);
            at = end;
        }
        start = end;
    }
    for splice in splices {
        lines.push(&splice.text);
    }
    lines.end();
    let tail = body
        .iter()
        .rposition(|b| !b.is_ascii_whitespace())
        .map_or(0, |n| n + 1);
    out.extend_from_slice(&body[tail..]);
}

/// Writes what comes piece by piece as lines of one length.
struct Lines<'o> {
    out: &'o mut Vec<u8>,
    eol: &'o [u8],
    /// Decoded bytes to a line.
    bytes: usize,
    /// The beginning of the next line, decoded.
    pending: Vec<u8>,
    begun: bool,
}

impl Lines<'_> {
    fn push(&mut self, mut text: &[u8]) {
        while self.pending.len() + text.len() >= self.bytes {
            let (now, rest) = text.split_at(self.bytes - self.pending.len());
            self.pending.extend_from_slice(now);
            self.end();
            text = rest;
        }
        self.pending.extend_from_slice(text);
    }

    /// Write what is pending as a line.
    fn end(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        if std::mem::replace(&mut self.begun, true) {
            self.out.extend_from_slice(self.eol);
        }
        let start = self.out.len();
        self.out
            .resize(start + self.pending.len().div_ceil(3) * 4, 0);
        BASE64.encode_mut(&self.pending, &mut self.out[start..]);
        self.pending.clear();
    }
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
