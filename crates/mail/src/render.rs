//! Writing one copy: the mail with some spans replaced and some header fields dropped or added.
//!
//! New header fields go to the end of the header block. The top belongs to trace fields (RFC 5321 §4.4) and to an
//! mbox separator, and a reader that stops at the first field it does not know still finds the sender's own.

use crate::body::{Body, Picture, Site, What, line_end};
use std::cell::LazyCell;
use std::ops::Range;

use crate::entity;
use crate::header::{self, Field};
use crate::insert::{Image, Line};
use crate::link::Link;
use crate::plan::Plan;
use crate::transfer::{self, Splice, Transfer};
use crate::untouchable::Untouchable;

/// What to change in a copy. `Edits::default()` changes nothing.
#[derive(Clone, Copy)]
pub struct Edits<'e> {
    /// The new URL for a link, or None to leave its bytes alone. Not asked about skipped links.
    pub link: &'e dyn Fn(&Link) -> Option<String>,
    /// Ask about web addresses in plain text, too. Readers then see the new ones.
    pub text_links: bool,
    /// The declared image, at the top of the first HTML body.
    pub image: Option<Image<'e>>,
    /// Visible lines, in the first HTML body and in the first text body.
    pub lines: &'e [Line<'e>],
    /// Pictures to take out.
    pub drop_picture: &'e dyn Fn(&Picture) -> bool,
    /// Fields to add: name and decoded value.
    pub add_headers: &'e [(String, String)],
    /// Names of fields to drop, all of that name, whole.
    pub drop_headers: &'e [&'e str],
}

impl Default for Edits<'_> {
    fn default() -> Self {
        Self {
            link: &|_| None,
            text_links: false,
            image: None,
            lines: &[],
            drop_picture: &|_| false,
            add_headers: &[],
            drop_headers: &[],
        }
    }
}

impl Edits<'_> {
    fn drops(&self, name: &[u8]) -> bool {
        self.drop_headers
            .iter()
            .any(|drop| name.eq_ignore_ascii_case(drop.as_bytes()))
    }
}

/// What to put in place of a web address that must not stay. None: it may.
pub type Replace<'e> = &'e dyn Fn(&str) -> Option<String>;

/// What becomes of a span of the mail.
struct Piece {
    span: Range<usize>,
    new: New,
}

enum New {
    Bytes(Vec<u8>),
    /// A body, in which only these change. Put together where it is written: bodies are large.
    Spliced {
        transfer: Transfer,
        splices: Vec<Splice>,
        eol: &'static str,
    },
}

impl Piece {
    fn bytes(span: Range<usize>, bytes: Vec<u8>) -> Self {
        let new = New::Bytes(bytes);
        Self { span, new }
    }

    /// About how much it adds.
    fn grown(&self) -> usize {
        match &self.new {
            New::Bytes(bytes) => bytes.len(),
            New::Spliced {
                transfer, splices, ..
            } => {
                // With a line break on either side, where the lines would get too long.
                let text = splices.iter().map(|splice| splice.text.len() + 6);
                let text: usize = text.sum();
                match transfer {
                    Transfer::Identity => text,
                    Transfer::QuotedPrintable => text + text / 8,
                    Transfer::Base64 => text + text * 3 / 8,
                }
            }
        }
    }
}

/// Why a copy cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The body was to be changed and must not be.
    #[error("the body must stay as it is: {0}")]
    Untouchable(Untouchable),
    /// A line was wanted and there is neither an HTML nor a text body for it.
    #[error("the mail has no text that a line could be added to")]
    NoPlaceForLine,
    /// A header field that cannot be added.
    #[error("the header field {name} cannot be added: {why}")]
    Header {
        /// The field's name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl Plan<'_> {
    /// The bytes of one copy. With default edits these are the bytes of the mail.
    pub fn render(&self, edits: &Edits<'_>) -> Result<Vec<u8>, RenderError> {
        self.render_replacing(&|_| None, edits)
    }

    /// As [`Plan::render`], without the web addresses that must not stay, wherever they stand: in a link, also one that
    /// is left alone otherwise, in a text, or in what HTML shows. `Edits::link` is then asked as if the mail had come so.
    pub fn render_replacing(
        &self,
        replace: Replace<'_>,
        edits: &Edits<'_>,
    ) -> Result<Vec<u8>, RenderError> {
        let mut pieces = self.body_pieces(replace, edits)?;
        if !pieces.is_empty() {
            self.may_change_bodies(edits)?;
        }
        pieces.extend(self.header_pieces(edits)?);
        pieces.sort_by_key(|piece| (piece.span.start, piece.span.end));

        let grown: usize = pieces.iter().map(Piece::grown).sum();
        let mut out = Vec::with_capacity(self.raw.len() + grown);
        let mut at = 0;
        for Piece { span, new } in pieces {
            // A field that is dropped needs no other change.
            if span.start < at {
                continue;
            }
            out.extend_from_slice(&self.raw[at..span.start]);
            at = span.end;
            match new {
                New::Bytes(bytes) => out.extend_from_slice(&bytes),
                New::Spliced {
                    transfer,
                    splices,
                    eol,
                } => {
                    transfer::splice(
                        transfer,
                        &self.raw[span],
                        &splices,
                        eol.as_bytes(),
                        &mut out,
                    );
                }
            }
        }
        out.extend_from_slice(&self.raw[at..]);
        Ok(out)
    }

    fn may_change_bodies(&self, edits: &Edits<'_>) -> Result<(), RenderError> {
        if let Some(why) = self.hindrance {
            return Err(RenderError::Untouchable(why));
        }
        if self.dkim_signed && !edits.drops(b"DKIM-Signature") {
            return Err(RenderError::Untouchable(Untouchable::DkimSigned));
        }
        Ok(())
    }

    /// Dropped and added fields.
    fn header_pieces(&self, edits: &Edits<'_>) -> Result<Vec<Piece>, RenderError> {
        let dropped = |field: &&Field| edits.drops(&self.raw[field.name.clone()]);
        let fields = &self.header.fields;
        let mut pieces: Vec<Piece> = fields
            .iter()
            .filter(dropped)
            .map(|field| Piece::bytes(field.whole(), Vec::new()))
            .collect();
        let mut added = Vec::new();
        for (name, value) in edits.add_headers {
            header::write(&mut added, name, value, self.line_end().as_bytes())?;
        }
        // A header that breaks off within its last line.
        let end = self.header.end;
        let cut = !self.raw[..end].ends_with(b"\n") && !fields.last().as_ref().is_some_and(dropped);
        if cut && !added.is_empty() {
            added.splice(0..0, self.line_end().bytes());
        }
        pieces.push(Piece::bytes(end..end, added));
        Ok(pieces)
    }

    /// The line end of the mail, by its first line.
    fn line_end(&self) -> &'static str {
        line_end(self.raw).unwrap_or("\r\n")
    }

    /// The bodies that change, and what goes with them.
    fn body_pieces(
        &self,
        replace: Replace<'_>,
        edits: &Edits<'_>,
    ) -> Result<Vec<Piece>, RenderError> {
        if let Some(why) = self.hindrance
            && (edits.image.is_some() || !edits.lines.is_empty())
        {
            return Err(RenderError::Untouchable(why));
        }
        if edits.image.is_some() && !self.has_html {
            return Err(RenderError::Untouchable(Untouchable::NoHtml));
        }
        if !edits.lines.is_empty() && !self.can_carry_line() {
            return Err(RenderError::NoPlaceForLine);
        }
        let mut pieces = Vec::new();
        for body in &self.bodies {
            self.change_body(body, replace, edits, &mut pieces);
        }
        Ok(pieces)
    }

    fn change_body(
        &self,
        body: &Body,
        replace: Replace<'_>,
        edits: &Edits<'_>,
        pieces: &mut Vec<Piece>,
    ) {
        let raw = &self.raw[body.range.clone()];
        let eol = line_end(raw).unwrap_or(self.line_end());
        let mut splices: Vec<Splice> = Vec::new();
        let mut wide = None;
        // Most mails have no address that has to go, and no need to know.
        let writable = LazyCell::new(|| body.writable(raw));
        for site in &body.sites {
            let Some(text) = self.replacement(body, site, replace, edits) else {
                continue;
            };
            if matches!(site.what, What::HtmlAddress { .. })
                && writable.binary_search(&site.decoded.start).is_err()
            {
                continue;
            }
            let text = if memchr::memchr(b'\n', text.as_bytes()).is_some() {
                text.replace('\n', body.eol.unwrap_or(eol))
            } else {
                text
            };
            if !text.is_ascii() {
                wide = body.widening.as_ref();
            }
            let text = match site.what {
                What::TextLine { .. } if body.widening.is_some() && !text.is_ascii() => {
                    text.into_bytes()
                }
                What::TextLine { .. } => body.charset.write(&text),
                _ => body.charset.write_ascii(text),
            };
            splices.push(Splice {
                decoded: site.decoded.clone(),
                encoded: site.encoded.clone(),
                text,
                break_before: site.break_before,
                break_after: site.break_after,
            });
        }
        if splices.is_empty() {
            return;
        }
        let span = body.range.clone();
        let Some(patches) = wide else {
            let new = New::Spliced {
                transfer: body.transfer,
                splices,
                eol,
            };
            return pieces.push(Piece { span, new });
        };
        let end_of_line = |text: &String| text.replace('\n', self.line_end()).into_bytes();
        pieces.extend(
            patches
                .iter()
                .map(|(span, text)| Piece::bytes(span.clone(), end_of_line(text))),
        );
        let mut text = Vec::with_capacity(raw.len());
        transfer::splice(body.transfer, raw, &splices, eol.as_bytes(), &mut text);
        let written = transfer::quoted_printable(&text, eol.as_bytes());
        pieces.push(Piece::bytes(span, written));
    }

    /// The text for a site, with `\n` for line ends. None: leave it.
    fn replacement(
        &self,
        body: &Body,
        site: &Site,
        replace: Replace<'_>,
        edits: &Edits<'_>,
    ) -> Option<String> {
        match site.what {
            What::Link { index, quoted } => {
                let link = self.links().get(index)?;
                let url = changed(link, replace(&link.destination), edits)?;
                let url = entity::encode(url).into_owned();
                (url.len() <= body.transfer.unbroken_max())
                    .then(|| if quoted { url } else { format!("\"{url}\"") })
            }
            What::Picture { index } => self
                .pictures()
                .get(index)
                .filter(|picture| (edits.drop_picture)(picture))
                .map(|_| String::new()),
            What::TextAddress { index, link } => {
                let replaced = replace(body.addresses.get(index)?);
                let link = self.text_links().get(link).filter(|_| edits.text_links);
                let address = match link {
                    Some(link) => changed(link, replaced, edits),
                    None => replaced,
                }?;
                (address.len() <= body.transfer.unbroken_max()).then_some(address)
            }
            What::HtmlAddress { index } => {
                let address = replace(body.addresses.get(index)?)?;
                let mut address = entity::encode(address).into_owned();
                if address.ends_with("--") {
                    // A comment that it stands in must not end with it.
                    address.replace_range(address.len() - 1.., "&#45;");
                }
                (address.len() <= body.transfer.unbroken_max()).then_some(address)
            }
            What::Image => edits.image.map(|image| image.html()),
            What::HtmlLine => lines(edits, Line::html).map(|html| html.concat()),
            What::TextLine { fresh, last } => lines(edits, Line::text).map(|texts| {
                let text = texts.join("\n");
                match (fresh, last) {
                    (false, _) => format!("\n\n{text}"),
                    (true, true) => format!("\n{text}"),
                    (true, false) => format!("{text}\n"),
                }
            }),
        }
    }
}

/// The lines as HTML or text; none where there are none.
fn lines<'e>(edits: &Edits<'e>, form: impl Fn(&Line<'e>) -> String) -> Option<Vec<String>> {
    let lines: Vec<_> = edits.lines.iter().map(form).collect();
    (!lines.is_empty()).then_some(lines)
}

/// The new address of a link, if it gets one; `replaced` is what must stand there at least.
fn changed(link: &Link, replaced: Option<String>, edits: &Edits<'_>) -> Option<String> {
    if link.skipped.is_some() {
        return replaced;
    }
    let Some(destination) = replaced else {
        return (edits.link)(link);
    };
    let link = Link {
        destination: destination.clone(),
        ..link.clone()
    };
    (edits.link)(&link).or(Some(destination))
}
