//! The tree of MIME parts as byte ranges.
//!
//! Walked here and not by `mail-parser`, which decodes every body (a 60 MB attachment is never looked at here)
//! and is lenient by design. This walk notices where readers would disagree about what is part of what, and says
//! so: a mail whose structure is in doubt is left alone. One pass, linear, bounded in depth and parts.
//!
//! `message/*` is a leaf: a mail inside the mail is somebody else's and is not entered.

use std::borrow::Cow;
use std::ops::Range;

use crate::header::{self, Block, Field};
use crate::media::{self, Media};

/// Deepest nesting of multiparts that is read.
pub(crate) const DEPTH_MAX: usize = 50;
/// Most parts that are read.
pub(crate) const PARTS_MAX: usize = 1_000;

/// A MIME entity: the mail itself or one of its parts.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) parent: Option<usize>,
    /// The parent is a multipart/alternative.
    pub(crate) alternative: bool,
    /// Which child of its parent, from 0.
    pub(crate) index: usize,
    /// `1.2` as in IMAP; `root` for a multipart at the top.
    pub(crate) path: String,
    pub(crate) media: Media,
    /// Those that say something of its body.
    pub(crate) fields: Vec<Field>,
    /// Where a field can be added. None: the header block does not end as it should.
    pub(crate) header_end: Option<usize>,
    /// The body without the line end that belongs to the following delimiter.
    pub(crate) body: Range<usize>,
}

/// What the walk found.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    /// Readers may disagree about the structure.
    pub(crate) doubtful: bool,
    /// Deeper or wider than the bounds.
    pub(crate) over_bound: bool,
}

struct Open {
    node: usize,
    boundary: Vec<u8>,
    children: usize,
}

struct Delimiter {
    level: usize,
    closing: bool,
    line: Range<usize>,
}

/// Walk the mail whose own header block is `top`.
pub(crate) fn walk(raw: &[u8], top: &Block) -> Tree {
    let mut tree = Tree {
        doubtful: top.doubtful,
        ..Tree::default()
    };
    let mut open: Vec<Open> = Vec::new();
    let mut entity = Some((
        media::read(raw, &top.fields, "text/plain"),
        Cow::Borrowed(top),
    ));
    let mut at = top.body;
    loop {
        if let Some((media, block)) = entity.take() {
            at = block.body;
            tree.doubtful |= embeds_boundary(raw, &media, at, &open);
            enter(raw, &mut tree, &mut open, media, block.into_owned());
        }
        let delimiter = if open.is_empty() {
            None
        } else {
            next_delimiter(raw, at, &open, &mut tree.doubtful)
        };
        let Some(Delimiter {
            level,
            closing,
            line,
        }) = delimiter
        else {
            close(&mut tree, &mut open, 0, raw.len());
            return tree;
        };
        close(
            &mut tree,
            &mut open,
            level + 1,
            before_line(raw, line.start),
        );
        at = line.end;
        if closing {
            close(&mut tree, &mut open, level, before_line(raw, line.start));
            continue;
        }
        if tree.nodes.len() >= PARTS_MAX || open.len() >= DEPTH_MAX {
            tree.over_bound = true;
            close(&mut tree, &mut open, 0, raw.len());
            return tree;
        }
        let block = header::read_block(raw, line.end, |line| is_delimiter(line, &open));
        tree.doubtful |= block.doubtful;
        tree.over_bound |= block.over_bound;
        if block.over_bound {
            close(&mut tree, &mut open, 0, raw.len());
            return tree;
        }
        let parent = &tree.nodes[open[level].node].media.kind;
        let default = if parent == "multipart/digest" {
            "message/rfc822"
        } else {
            "text/plain"
        };
        entity = Some((media::read(raw, &block.fields, default), Cow::Owned(block)));
    }
}

/// Is this a mail inside the mail that has one of the open boundaries for its own? Programs that write the same one into
/// every mail make such, and readers differ on whose the delimiters are.
fn embeds_boundary(raw: &[u8], media: &Media, at: usize, open: &[Open]) -> bool {
    if open.is_empty() || !media.kind.starts_with("message/") {
        return false;
    }
    let embedded = header::read_block(raw, at, |line| is_delimiter(line, open));
    let boundary = media::read(raw, &embedded.fields, "text/plain").boundary;
    boundary.is_some_and(|boundary| open.iter().any(|outer| outer.boundary == boundary))
}

fn is_delimiter(line: &[u8], open: &[Open]) -> bool {
    open.iter().any(|o| matches(line, &o.boundary) != Match::No)
}

/// Add a node; a multipart stays open until one of its delimiters closes it.
fn enter(raw: &[u8], tree: &mut Tree, open: &mut Vec<Open>, media: Media, block: Block) {
    let (parent, index, path) = match open.last_mut() {
        Some(outer) => {
            let index = outer.children;
            outer.children += 1;
            let above = &tree.nodes[outer.node].path;
            let path = if above == "root" {
                (index + 1).to_string()
            } else {
                format!("{above}.{}", index + 1)
            };
            (Some(outer.node), index, path)
        }
        None => (
            None,
            0,
            if media.multipart().is_some() {
                "root"
            } else {
                "1"
            }
            .to_owned(),
        ),
    };
    tree.doubtful |= media.doubtful;
    let alternative =
        parent.is_some_and(|parent| tree.nodes[parent].media.multipart() == Some("alternative"));
    let node = tree.nodes.len();
    if media.multipart().is_some() {
        // RFC 2045 §6.4: no encoding that would hide the delimiters.
        tree.doubtful |= !matches!(media.encoding.as_str(), "" | "7bit" | "8bit" | "binary");
        match &media.boundary {
            Some(boundary) => {
                // With one boundary for two levels readers differ on whose delimiter it is.
                tree.doubtful |= open.iter().any(|outer| outer.boundary == *boundary);
                open.push(Open {
                    node,
                    boundary: boundary.clone(),
                    children: 0,
                });
            }
            None => tree.doubtful = true,
        }
    }
    let mut fields = block.fields;
    fields.retain(|field| is_about_body(raw, field));
    fields.shrink_to_fit();
    tree.nodes.push(Node {
        parent,
        alternative,
        index,
        path,
        media,
        fields,
        header_end: block.terminated.then_some(block.end),
        body: block.body..usize::MAX,
    });
}

fn is_about_body(raw: &[u8], field: &Field) -> bool {
    let name = &raw[field.name.clone()];
    let begins = |start: &[u8]| {
        let name = name.get(..start.len());
        name.is_some_and(|name| name.eq_ignore_ascii_case(start))
    };
    begins(b"content-") || begins(b"mime-")
}

/// End all entities that are still running and, of the open multiparts, those from `keep` on.
fn close(tree: &mut Tree, open: &mut Vec<Open>, keep: usize, end: usize) {
    open.truncate(keep);
    let last_open = open.last().map_or(0, |o| o.node + 1);
    for node in &mut tree.nodes[last_open..] {
        if node.body.end == usize::MAX {
            node.body.end = end.max(node.body.start);
        }
    }
}

/// The position before the line end that precedes `line`: it belongs to the delimiter (RFC 2046 §5.1.1).
fn before_line(raw: &[u8], line: usize) -> usize {
    let head = &raw[..line];
    let head = head.strip_suffix(b"\n").unwrap_or(head);
    head.strip_suffix(b"\r").unwrap_or(head).len()
}

/// The next line from `at` (the start of a line) that is a delimiter of an open multipart, innermost first.
fn next_delimiter(
    raw: &[u8],
    mut at: usize,
    open: &[Open],
    doubtful: &mut bool,
) -> Option<Delimiter> {
    loop {
        if raw[at..].starts_with(b"--") {
            let end = memchr::memchr(b'\n', &raw[at..]).map_or(raw.len(), |n| at + n + 1);
            let line = &raw[at..end];
            let mut prefixed = false;
            for (level, outer) in open.iter().enumerate().rev() {
                match matches(line, &outer.boundary) {
                    Match::Open => {
                        return Some(Delimiter {
                            level,
                            closing: false,
                            line: at..end,
                        });
                    }
                    Match::Close => {
                        return Some(Delimiter {
                            level,
                            closing: true,
                            line: at..end,
                        });
                    }
                    Match::Prefix => prefixed = true,
                    Match::No => {}
                }
            }
            *doubtful |= prefixed;
        }
        at += memchr::memmem::find(&raw[at..], b"\n--")? + 1;
    }
}

#[derive(PartialEq)]
enum Match {
    No,
    Open,
    Close,
    /// Begins like the delimiter and goes on: RFC 2046 takes it for one, most readers do not.
    Prefix,
}

fn matches(line: &[u8], boundary: &[u8]) -> Match {
    let Some(rest) = line
        .strip_prefix(b"--")
        .and_then(|line| line.strip_prefix(boundary))
    else {
        return Match::No;
    };
    let blank = |rest: &[u8]| rest.iter().all(u8::is_ascii_whitespace);
    match rest.strip_prefix(b"--") {
        _ if blank(rest) => Match::Open,
        Some(rest) if blank(rest) => Match::Close,
        _ => Match::Prefix,
    }
}

#[cfg(test)]
mod tests;
