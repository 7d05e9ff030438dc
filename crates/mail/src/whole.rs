//! A mail for whoever reads its bodies whole and writes some of them anew: its parts, their texts, and a mail in which
//! exactly the named parts differ.
//!
//! Where [`plan`](crate::plan()) knows places for what Overt puts in, this knows none: what is looked for, and what takes
//! its place, is the caller's business. What stands in the way of editing is the same.
//!
//! Left out: taking parts out or putting parts in. A part that must not be shown as it is becomes a file.

use std::borrow::Cow;
use std::ops::Range;

use crate::address;
use crate::body::{self, Opened};
use crate::header::{self, Block, Field, Mailbox};
use crate::part::{self, Part};
use crate::structure::{self, Node};
use crate::text;
use crate::transfer::{self, Splice};
use crate::untouchable::{Broken, Untouchable};

/// A mail whose parts are opened one by one.
#[derive(Debug)]
pub struct Whole<'a> {
    raw: &'a [u8],
    pub(crate) header: Block,
    pub(crate) nodes: Vec<Node>,
    pub(crate) parts: Vec<Part>,
    /// What forbids any change of a body.
    pub(crate) hindrance: Option<Untouchable>,
}

/// The text of a part.
pub struct Text<'w> {
    opened: Opened<'w>,
    joins_lines: bool,
}

/// What becomes of a part.
#[derive(Debug)]
pub enum Change {
    /// These spans of its text, in order and without overlap.
    Spans(Vec<Span>),
    /// Another text, of this media type. Written in UTF-8.
    Text {
        /// `text/plain`
        kind: &'static str,
        /// With `\n` or `\r\n` for line ends.
        text: String,
    },
    /// The same bytes, called a file of this name: nothing shows them unasked.
    File(&'static str),
    /// A multipart of another kind: `mixed`. Its parts stay.
    Multipart(&'static str),
}

/// A span of a text and what takes its place.
#[derive(Debug, Clone)]
pub struct Span {
    /// In the view.
    pub range: Range<usize>,
    /// ASCII.
    pub text: String,
    /// A position at or before the span where a line may be broken without a change in meaning.
    pub break_before: usize,
    /// The same behind it.
    pub break_after: usize,
}

/// Walk a mail. Its bodies are not looked at yet.
pub fn whole(raw: &[u8]) -> Result<Whole<'_>, Broken> {
    let header = header::read_block(raw, 0, |_| false);
    if header.over_bound {
        return Err(Broken::HeaderTooLarge);
    }
    if header.fields.is_empty() {
        return Err(Broken::NoHeaders);
    }
    let tree = structure::walk(raw, &header);
    let parts = tree.nodes.iter();
    let parts = parts.map(|node| Part::new(node, &tree.nodes)).collect();
    let hindrance = part::protection(&tree.nodes)
        .or(tree.over_bound.then_some(Untouchable::TooComplex))
        // Without the empty line there is no body yet to put anything into.
        .or((tree.doubtful || !header.terminated).then_some(Untouchable::Structure));
    Ok(Whole {
        raw,
        header,
        nodes: tree.nodes,
        parts,
        hindrance,
    })
}

impl<'a> Whole<'a> {
    /// Why nothing of this mail may be changed: signed, encrypted, or read differently by different readers. That a DKIM
    /// signature breaks is not counted, nor what only opening a text shows ([`Untouchable::InlinePgp`]).
    pub fn untouchable(&self) -> Option<Untouchable> {
        self.hindrance
    }

    /// The mail as it came.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// All parts in the order they stand in.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Index of the multipart that a part stands in.
    pub fn parent(&self, part: usize) -> Option<usize> {
        self.nodes.get(part)?.parent
    }

    /// The decoded texts of all header fields of that name, in order, unfolded.
    pub fn headers(&self, name: &str) -> Vec<String> {
        self.header
            .values(self.raw, name)
            .map(header::text)
            .collect()
    }

    /// All mailboxes of the address fields of that name, group members included.
    pub fn addresses(&self, name: &str) -> Vec<Mailbox> {
        let values = self.header.values(self.raw, name);
        values.flat_map(header::mailboxes).collect()
    }

    /// The text of a part that is no multipart.
    pub fn text(&self, part: usize) -> Result<Text<'_>, Untouchable> {
        let node = self.nodes.get(part).ok_or(Untouchable::Structure)?;
        let opened = body::open(self.raw, node)?;
        if text::has_pgp(&opened.view(), node.media.kind == "text/html") {
            return Err(Untouchable::InlinePgp);
        }
        Ok(Text {
            opened,
            joins_lines: node.media.joins_lines,
        })
    }

    /// The mail with these parts changed, each at most once, and without the header fields of these names. What cannot be
    /// changed as asked stays as it is; nothing of an untouchable mail changes.
    pub fn write(&self, changes: &[(usize, Change)], drop_headers: &[&str]) -> Vec<u8> {
        if self.hindrance.is_some() {
            return self.raw.to_vec();
        }
        let mut pieces: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
        for (part, change) in changes {
            if let Some(node) = self.nodes.get(*part) {
                pieces.extend(self.pieces(node, change).unwrap_or_default());
            }
        }
        let is_dropped = |field: &&Field| {
            let name = &self.raw[field.name.clone()];
            drop_headers
                .iter()
                .any(|drop| name.eq_ignore_ascii_case(drop.as_bytes()))
        };
        let dropped = self.header.fields.iter().filter(is_dropped);
        pieces.extend(dropped.map(|field| (field.whole(), Vec::new())));
        pieces.sort_by_key(|(span, _)| (span.start, span.end));
        let mut out = Vec::with_capacity(self.raw.len());
        let mut at = 0;
        for (span, bytes) in pieces {
            if span.start < at {
                continue; // A field that is dropped needs no other change.
            }
            out.extend_from_slice(&self.raw[at..span.start]);
            out.extend_from_slice(&bytes);
            at = span.end;
        }
        out.extend_from_slice(&self.raw[at..]);
        out
    }

    fn pieces(&self, node: &Node, change: &Change) -> Option<Vec<(Range<usize>, Vec<u8>)>> {
        let raw = &self.raw[node.body.clone()];
        let eol = self.line_end();
        match change {
            Change::Spans(spans) => {
                let opened = body::open(self.raw, node).ok()?;
                let mut out = Vec::with_capacity(raw.len());
                let body_eol = body::line_end(raw).unwrap_or(eol);
                let splices = opened.splices(spans);
                transfer::splice(
                    opened.transfer,
                    raw,
                    &splices,
                    body_eol.as_bytes(),
                    &mut out,
                );
                Some(vec![(node.body.clone(), out)])
            }
            Change::Text { kind, text } => {
                let body = transfer::quoted_printable(text.as_bytes(), eol.as_bytes());
                let mut pieces = self.fields(
                    node,
                    &[
                        ("Content-Type", format!("{kind}; charset=utf-8")),
                        ("Content-Transfer-Encoding", "quoted-printable".to_owned()),
                    ],
                )?;
                pieces.push((node.body.clone(), body));
                Some(pieces)
            }
            Change::File(name) => self.fields(
                node,
                &[
                    (
                        "Content-Type",
                        format!("application/octet-stream; name=\"{name}\""),
                    ),
                    (
                        "Content-Disposition",
                        format!("attachment; filename=\"{name}\""),
                    ),
                ],
            ),
            Change::Multipart(kind) => {
                let value = &field(self.raw, node, "Content-Type")?.value;
                let text = self.raw[value.clone()].to_ascii_lowercase();
                let old = node.media.multipart()?;
                let at = memchr::memchr(b'/', &text)? + 1;
                let at = at + memchr::memmem::find(text.get(at..)?, old.as_bytes())?;
                let start = value.start + at;
                Some(vec![(start..start + old.len(), kind.as_bytes().to_vec())])
            }
        }
    }

    /// Header fields of a part with new values; those that are not there are added.
    fn fields(
        &self,
        node: &Node,
        wanted: &[(&str, String)],
    ) -> Option<Vec<(Range<usize>, Vec<u8>)>> {
        let end = node.header_end?;
        let eol = self.line_end();
        let mut pieces = Vec::new();
        let mut added = Vec::new();
        if node.parent.is_none() && field(self.raw, node, "MIME-Version").is_none() {
            added.extend_from_slice(format!("MIME-Version: 1.0{eol}").as_bytes());
        }
        for (name, value) in wanted {
            match field(self.raw, node, name) {
                Some(field) => {
                    pieces.push((field.value.clone(), format!(" {value}{eol}").into_bytes()));
                }
                None => added.extend_from_slice(format!("{name}: {value}{eol}").as_bytes()),
            }
        }
        pieces.push((end..end, added));
        Some(pieces)
    }

    /// The line end of the mail, by its first line.
    fn line_end(&self) -> &'static str {
        body::line_end(self.raw).unwrap_or("\r\n")
    }
}

fn field<'n>(raw: &[u8], node: &'n Node, name: &str) -> Option<&'n Field> {
    let mut fields = node.fields.iter();
    fields.find(|field| raw[field.name.clone()].eq_ignore_ascii_case(name.as_bytes()))
}

impl Text<'_> {
    /// One byte a position, in which all that is markup is ASCII whatever the charset. Spans are positions in here.
    pub fn view(&self) -> Cow<'_, [u8]> {
        self.opened.view()
    }

    /// The characters of a stretch of the view, wrong ones replaced.
    pub fn read(&self, span: Range<usize>) -> Cow<'_, str> {
        let scale = self.opened.charset.scale();
        let bytes = self
            .opened
            .decoded
            .bytes
            .get(span.start * scale..span.end * scale);
        self.opened.charset.read_lossy(bytes.unwrap_or_default())
    }

    /// Where web addresses stand in a plain text, and whether every mail program takes each to begin and end there.
    pub fn addresses(&self) -> Vec<(Range<usize>, bool)> {
        let all = address::addresses(&self.view(), self.joins_lines).into_iter();
        all.map(|address| (address.span, address.clear)).collect()
    }
}

impl Opened<'_> {
    fn view(&self) -> Cow<'_, [u8]> {
        self.charset.view(&self.decoded.bytes)
    }

    fn splices(&self, spans: &[Span]) -> Vec<Splice> {
        let scale = self.charset.scale();
        let decoded: Vec<_> = spans
            .iter()
            .map(|span| span.range.start * scale..span.range.end * scale)
            .collect();

        let located = self.decoded.locate(&decoded);
        spans
            .iter()
            .zip(decoded)
            .zip(located)
            .map(|((span, decoded), encoded)| Splice {
                decoded,
                encoded,
                text: self.charset.write_ascii(span.text.clone()),
                break_before: span.break_before * scale,
                break_after: span.break_after * scale,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
