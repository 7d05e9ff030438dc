//! The bytes of one mail after `DATA`, and how they are written again.
//!
//! Only CR LF `.` CR LF ends a mail. A bare CR or LF is refused: some servers down the line take it
//! for the end of a line, and what follows for commands (SMTP smuggling, CVE-2023-51764 and its
//! kin). `smtp-proto`'s receiver lets both through, hence this one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::reply::Reply;

/// RFC 5321 §4.5.3.1.6 says 1,000 octets a line, but newsletters with a whole page on one line are
/// common and arrive everywhere. This bound spares parsers a mail that is one line of 50 MB.
const TEXT_LINE_BYTES_MAX: usize = 256 * 1024;
/// Room is taken in steps of at least this much.
const STEP_BYTES_MIN: usize = 64 * 1024;
/// A mail that is too big is read on to its end, so that the client hears why; but not for ever.
const DISCARD_FACTOR: usize = 3;

/// Memory for mails under way, shared by all sessions of a server.
pub(super) struct Budget {
    left: AtomicUsize,
}

impl Budget {
    pub(super) fn new(bytes: usize) -> Arc<Self> {
        Arc::new(Self {
            left: AtomicUsize::new(bytes),
        })
    }

    /// Whether `bytes` would fit now; a hint, nothing is taken.
    pub(super) fn has(&self, bytes: usize) -> bool {
        self.left.load(Ordering::Relaxed) >= bytes
    }
}

/// Memory taken from a [`Budget`]; given back on drop.
pub(super) struct Room {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Room {
    fn grow(&mut self, more: usize) -> bool {
        let taken = self
            .budget
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(more)
            });
        self.bytes += if taken.is_ok() { more } else { 0 };
        taken.is_ok()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.budget.left.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

/// What the next bytes brought.
pub(super) enum Progress {
    /// The mail goes on.
    More,
    /// The mail, with CRLF line ends and dots unstuffed; `Room` counts its memory while it lives.
    Message(Vec<u8>, Room),
    /// It has ended and cannot be taken.
    Refused(Reply),
    /// It cannot be taken, and where it ends is not certain: answer and close.
    Broken(Reply),
}

/// Where in a line we are. `strict` is false where only a lenient reader would see a line begin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start { strict: bool },
    Text,
    Cr,
    Dot { strict: bool },
    DotCr { strict: bool },
}

/// What makes the mail unacceptable.
#[derive(Clone, Copy)]
enum Flaw {
    BareNewline,
    Nul,
    LongLine,
    NoRoom,
}

/// Receives one mail, in pieces of any size.
pub(super) struct Receiver {
    at: At,
    data: Vec<u8>,
    room: Room,
    length: usize,
    length_max: usize,
    line_length: usize,
    flaw: Option<Flaw>,
}

impl Receiver {
    pub(super) fn new(length_max: usize, budget: &Arc<Budget>) -> Self {
        Self {
            at: At::Start { strict: true },
            data: Vec::new(),
            room: Room {
                budget: Arc::clone(budget),
                bytes: 0,
            },
            length: 0,
            length_max,
            line_length: 0,
            flaw: None,
        }
    }

    /// Takes bytes from `input`, at most up to the end of the mail.
    pub(super) fn read(&mut self, input: &mut &[u8]) -> Progress {
        while let Some((&byte, rest)) = input.split_first() {
            let run = match self.at {
                At::Text => input
                    .iter()
                    .position(|byte| matches!(byte, b'\r' | b'\n' | 0))
                    .unwrap_or(input.len()),
                _ => 0,
            };
            if run > 0 {
                let (text, rest) = input.split_at(run);
                self.push(text);
                *input = rest;
            } else {
                *input = rest;
                match self.step(byte) {
                    Progress::More => {}
                    end => return end,
                }
            }
            if self.length > self.length_max.saturating_mul(DISCARD_FACTOR) {
                return Progress::Broken(too_big(self.length_max));
            }
        }
        Progress::More
    }

    fn step(&mut self, byte: u8) -> Progress {
        self.at = match (self.at, byte) {
            (At::DotCr { strict: true }, b'\n') => return self.end(),
            // A line with nothing but a dot, if one reads line ends loosely: the sender may think
            // that the mail is over, or that it goes on. Waiting could hang, going on could
            // take its text for commands.
            (At::DotCr { .. }, _) | (At::Dot { .. }, b'\n') => {
                return Progress::Broken(refusal(Flaw::BareNewline));
            }
            (At::Dot { strict }, b'\r') => At::DotCr { strict },
            (At::Start { strict }, b'.') => At::Dot { strict },
            (At::Cr, b'\n') => {
                self.push(b"\r\n");
                self.line_length = 0;
                At::Start { strict: true }
            }
            (At::Cr, _) => {
                self.spoil(Flaw::BareNewline);
                self.at = At::Start { strict: false };
                return self.step(byte);
            }
            (_, b'\r') => At::Cr,
            (_, b'\n') => {
                self.spoil(Flaw::BareNewline);
                At::Start { strict: false }
            }
            (_, 0) => {
                self.spoil(Flaw::Nul);
                At::Text
            }
            _ => {
                self.push(&[byte]);
                At::Text
            }
        };
        Progress::More
    }

    fn push(&mut self, bytes: &[u8]) {
        self.length += bytes.len();
        self.line_length += bytes.len();
        if self.line_length > TEXT_LINE_BYTES_MAX {
            self.spoil(Flaw::LongLine);
        }
        if self.flaw.is_some() {
            return;
        }
        if self.length > self.length_max {
            self.forget();
            return;
        }
        let missing = (self.data.len() + bytes.len()).saturating_sub(self.data.capacity());
        if missing > 0 && !self.make_room(missing) {
            self.spoil(Flaw::NoRoom);
            return;
        }
        self.data.extend_from_slice(bytes);
    }

    /// Grows by half, so that the budget knows the capacity and not only the length.
    fn make_room(&mut self, missing: usize) -> bool {
        let step = missing.max(self.data.capacity() / 2).max(STEP_BYTES_MIN);
        if !self.room.grow(step) {
            return false;
        }
        self.data
            .reserve_exact(self.data.capacity() - self.data.len() + step);
        true
    }

    fn spoil(&mut self, flaw: Flaw) {
        self.flaw.get_or_insert(flaw);
        self.forget();
    }

    /// Nothing of a mail that will be refused is kept.
    fn forget(&mut self) {
        self.data = Vec::new();
        self.room
            .budget
            .left
            .fetch_add(std::mem::take(&mut self.room.bytes), Ordering::Relaxed);
    }

    fn end(&mut self) -> Progress {
        if self.length > self.length_max {
            return Progress::Refused(too_big(self.length_max));
        }
        if let Some(flaw) = self.flaw {
            return Progress::Refused(refusal(flaw));
        }
        let empty = Room {
            budget: Arc::clone(&self.room.budget),
            bytes: 0,
        };
        Progress::Message(
            std::mem::take(&mut self.data),
            std::mem::replace(&mut self.room, empty),
        )
    }
}

/// RFC 1870 §6.
pub(super) fn too_big(length_max: usize) -> Reply {
    Reply::new(
        552,
        (5, 3, 4),
        format!("The message is larger than the {length_max} bytes allowed"),
    )
}

/// Too many mails under way at once.
pub(super) fn no_room() -> Reply {
    Reply::new(
        452,
        (4, 3, 1),
        "Too much mail is under way; try again in a few minutes",
    )
}

fn refusal(flaw: Flaw) -> Reply {
    match flaw {
        // 5.6.11 is what Exchange says to bare line feeds; 5.6.0 would say less.
        Flaw::BareNewline => Reply::new(
            550,
            (5, 6, 11),
            "The message has a bare CR or LF; each line must end with CR LF",
        ),
        Flaw::Nul => Reply::new(
            550,
            (5, 6, 11),
            "The message has a NUL byte; encode it as base64",
        ),
        Flaw::LongLine => Reply::new(
            550,
            (5, 6, 0),
            format!("The message has a line of more than {TEXT_LINE_BYTES_MAX} octets"),
        ),
        Flaw::NoRoom => no_room(),
    }
}

/// Writes a mail for `DATA`, in pieces: line ends become CRLF, a leading dot is doubled. The
/// closing `.` is not written.
pub(super) struct Stuffer<'a> {
    rest: &'a [u8],
    line_start: bool,
}

impl<'a> Stuffer<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self {
            rest: data,
            line_start: true,
        }
    }

    /// Fills `out` (cleared first) with about `size` bytes; `false` when there was nothing left.
    pub(super) fn fill(&mut self, out: &mut Vec<u8>, size: usize) -> bool {
        out.clear();
        while out.len() < size && !self.rest.is_empty() {
            if self.line_start && self.rest[0] == b'.' {
                out.push(b'.');
            }
            let text = self
                .rest
                .iter()
                .take(size)
                .position(|byte| matches!(byte, b'\r' | b'\n'))
                .unwrap_or(self.rest.len().min(size));
            out.extend_from_slice(&self.rest[..text]);
            self.line_start = text == 0 && self.line_start;
            self.rest = &self.rest[text..];
            let newline = match self.rest {
                [b'\r', b'\n', ..] => 2,
                [b'\r' | b'\n', ..] => 1,
                _ => continue,
            };
            out.extend_from_slice(b"\r\n");
            self.line_start = true;
            self.rest = &self.rest[newline..];
        }
        if self.rest.is_empty() && !self.line_start {
            out.extend_from_slice(b"\r\n"); // the closing dot needs a line of its own
            self.line_start = true;
        }
        !out.is_empty()
    }
}

#[cfg(test)]
mod tests;
