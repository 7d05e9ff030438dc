//! What may be an address, in a text or in HTML: from its scheme to what no address goes on over.
//!
//! Addresses can begin within addresses, as many as there are bytes, so where one ends is looked for once for all that
//! begin before it: the work stays in proportion to the text, whatever is in it.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::entity;

/// Punctuation that ends a sentence or a bracket, not an address.
const CLOSING: &[u8] = b".,;:!?)]}'*_";

static MARKS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"://"));

/// What may be an address, and where it must have ended: punctuation follows.
pub(super) struct Candidate {
    pub(super) span: Range<usize>,
    pub(super) ends: usize,
}

/// All that may be addresses in a stretch of a view, in order.
pub(super) struct Candidates<'v> {
    view: &'v [u8],
    stretch: Range<usize>,
    /// An address ends before a `'`, too, before a reference to what ends one (`&gt;`, `&nbsp;`), and before a reference
    /// that nothing of the address follows, so that none is cut in two.
    html: bool,
    run: Run,
}

/// Bytes that an address may go on over.
#[derive(Default)]
struct Run {
    end: usize,
    /// Behind its last byte that is no closing punctuation.
    solid: usize,
    /// Where addresses end that begin before.
    stop: usize,
}

impl<'v> Candidates<'v> {
    pub(super) fn in_text(view: &'v [u8]) -> Self {
        Self::new(view, 0..view.len(), false)
    }

    pub(super) fn in_html(view: &'v [u8], stretch: Range<usize>) -> Self {
        Self::new(view, stretch, true)
    }

    fn new(view: &'v [u8], stretch: Range<usize>, html: bool) -> Self {
        Self {
            view,
            stretch,
            html,
            run: Run::default(),
        }
    }

    /// Where an address ends at the latest that has come to here.
    fn stop(&mut self, at: usize) -> usize {
        let html = self.html;
        if at >= self.run.end {
            let ends = |b: &u8| ends(*b) || html && *b == b'\'';
            let rest = &self.view[at..self.stretch.end];
            let length = rest.iter().position(ends).unwrap_or(rest.len());
            let solid = |b: &u8| !CLOSING.contains(b);
            let solid = rest[..length].iter().rposition(solid).map_or(0, |n| n + 1);
            self.run = Run {
                end: at + length,
                solid: at + solid,
                stop: at,
            };
        }
        if at >= self.run.stop {
            self.run.stop = if html {
                self.before_reference(at)
            } else {
                self.run.end
            };
        }
        self.run.stop
    }

    fn before_reference(&self, mut at: usize) -> usize {
        let Run { end, solid, .. } = self.run;
        while let Some(ampersand) = memchr::memchr(b'&', &self.view[at..end]).map(|n| at + n) {
            let (length, character) = entity::reference(&self.view[ampersand..end]);
            at = ampersand + length;
            let within = character.is_some_and(|c| c.is_ascii() && !ends(c as u8) && c != '\'');
            if at >= solid || !within {
                return ampersand;
            }
        }
        end
    }

    /// How many bytes at the end of an address in HTML end a comment that it stands in: `-->` and `--!>`.
    fn comment_end(&self, address: Range<usize>) -> usize {
        let marks = [&b"--"[..], b"--!"];
        let rest = &self.view[address.end..self.stretch.end];
        let end = marks
            .into_iter()
            .find(|mark| self.view[address.clone()].ends_with(mark));
        end.filter(|_| self.html && rest.starts_with(b">"))
            .map_or(0, <[u8]>::len)
    }
}

impl Iterator for Candidates<'_> {
    type Item = Candidate;

    fn next(&mut self) -> Option<Candidate> {
        loop {
            let from = self.stretch.start;
            let colon = from + MARKS.find(&self.view[from..self.stretch.end])?;
            let at = colon + 3;
            self.stretch.start = at;
            let scheme = [&b"https"[..], b"http"].into_iter().find(|scheme| {
                let before = &self.view[from..colon];
                before.len() >= scheme.len()
                    && before[before.len() - scheme.len()..].eq_ignore_ascii_case(scheme)
            });
            let Some(start) = scheme.map(|scheme| colon - scheme.len()) else {
                continue;
            };
            let stop = self.stop(at);
            let ends = stop - self.comment_end(start..stop);
            if ends <= at {
                continue;
            }
            let end = at + without_closing(&self.view[at..ends]);
            if end > at {
                self.stretch.start = end;
                let span = start..end;
                return Some(Candidate { span, ends });
            }
        }
    }
}

/// No address goes on over it.
fn ends(byte: u8) -> bool {
    !byte.is_ascii_graphic() || matches!(byte, b'<' | b'>' | b'"')
}

/// The length without closing punctuation. A bracket that was opened within the address belongs to it.
fn without_closing(text: &[u8]) -> usize {
    let count = |b: u8| memchr::memchr_iter(b, text).count();
    let mut open = [(b'(', b')'), (b'[', b']'), (b'{', b'}')].map(|(a, b)| (b, count(a), count(b)));
    let mut length = text.len();
    while length > 0 && CLOSING.contains(&text[length - 1]) {
        let last = text[length - 1];
        if let Some((_, opened, closed)) = open.iter_mut().find(|(b, ..)| *b == last) {
            if opened >= closed {
                break;
            }
            *closed -= 1;
        }
        length -= 1;
    }
    length
}
