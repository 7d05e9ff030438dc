//! Base64 (RFC 2045 §6.8): lines before the first change stay, the rest is encoded anew.

use data_encoding::BASE64;

use super::Splice;
use crate::header::LINE_OCTETS_MAX;

/// Usual base64 line length, used where the body's own cannot be told.
const BASE64_LINE: usize = 76;

/// What a body says, if it is clear.
pub(super) fn decode(body: &[u8]) -> Option<Vec<u8>> {
    let mut compact = Vec::with_capacity(body.len());
    compact.extend(body.iter().filter(|b| !b.is_ascii_whitespace()));
    // After padding some readers stop and some go on: only at the end is it clear.
    let padding = memchr::memchr(b'=', &compact).unwrap_or(compact.len());
    if padding + 2 < compact.len() {
        return None;
    }
    BASE64.decode(&compact).ok()
}

/// Put the splices in.
pub(super) fn splice(body: &[u8], splices: &[Splice], eol: &[u8], out: &mut Vec<u8>) {
    let Some(first) = splices.first() else {
        out.extend_from_slice(body);
        return;
    };
    let Some(decoded) = decode(body) else {
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
