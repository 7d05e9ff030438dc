//! Writing one copy: the mail with some spans replaced and some header fields dropped or added.
//!
//! New header fields go to the end of the header block. The top belongs to trace fields (RFC 5321 §4.4) and to an
//! mbox separator, and a reader that stops at the first field it does not know still finds the sender's own.

use crate::body::{Body, Picture, Site, What, line_end};
use std::ops::Range;

use crate::header::{self, Field};
use crate::insert::{Image, Line};
use crate::link::Link;
use crate::plan::Plan;
use crate::transfer::{self, Splice};
use crate::untouchable::Untouchable;

/// What to change in a copy. `Edits::default()` changes nothing.
#[derive(Clone, Copy)]
pub struct Edits<'e> {
    /// The new URL for a link, or None to leave its bytes alone. Not asked about skipped links.
    pub link: &'e dyn Fn(&Link) -> Option<String>,
    /// The declared image, at the top of the first HTML body.
    pub image: Option<Image<'e>>,
    /// The visible line, in the first HTML body and in the first text body.
    pub line: Option<Line<'e>>,
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
            image: None,
            line: None,
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

/// New bytes for a span of the mail.
type Piece = (Range<usize>, Vec<u8>);

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
    /// is left alone otherwise, or in a text. `Edits::link` is then asked as if the mail had come so.
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
        pieces.sort_by_key(|(span, _)| (span.start, span.end));

        let grown: usize = pieces.iter().map(|(_, bytes)| bytes.len()).sum();
        let mut out = Vec::with_capacity(self.raw.len() + grown);
        let mut at = 0;
        for (span, bytes) in pieces {
            // A field that is dropped needs no other change.
            if span.start >= at {
                out.extend_from_slice(&self.raw[at..span.start]);
                out.extend_from_slice(&bytes);
                at = span.end;
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
            .map(|field| (field.whole(), Vec::new()))
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
        pieces.push((end..end, added));
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
            && (edits.image.is_some() || edits.line.is_some())
        {
            return Err(RenderError::Untouchable(why));
        }
        if edits.image.is_some() && !self.has_html {
            return Err(RenderError::Untouchable(Untouchable::NoHtml));
        }
        if edits.line.is_some() && !self.can_carry_line() {
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
        for site in &body.sites {
            let Some(text) = self.replacement(body, site, replace, edits) else {
                continue;
            };
            let text = if text.contains('\n') {
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
        let mut bytes = Vec::with_capacity(raw.len());
        transfer::splice(body.transfer, raw, &splices, eol.as_bytes(), &mut bytes);
        if let Some(patches) = wide {
            let end_of_line = |text: &String| text.replace('\n', self.line_end()).into_bytes();
            pieces.extend(
                patches
                    .iter()
                    .map(|(span, text)| (span.clone(), end_of_line(text))),
            );
            bytes = transfer::quoted_printable(&bytes, eol.as_bytes());
        }
        pieces.push((body.range.clone(), bytes));
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
                let url =
                    crate::entity::encode(&link_address(self.links().get(index)?, replace, edits)?);
                (url.len() <= body.transfer.unbroken_max())
                    .then(|| if quoted { url } else { format!("\"{url}\"") })
            }
            What::Picture { index } => self
                .pictures()
                .get(index)
                .filter(|picture| (edits.drop_picture)(picture))
                .map(|_| String::new()),
            What::TextAddress { index } => {
                let address = replace(body.addresses.get(index)?)?;
                (address.len() <= body.transfer.unbroken_max()).then_some(address)
            }
            What::Image => edits.image.map(|image| image.html()),
            What::HtmlLine => edits.line.map(|line| line.html()),
            What::TextLine { fresh, last } => edits.line.map(|line| {
                let text = line.text();
                match (fresh, last) {
                    (false, _) => format!("\n\n{text}"),
                    (true, true) => format!("\n{text}"),
                    (true, false) => format!("{text}\n"),
                }
            }),
        }
    }
}

/// The new address of a link, if it gets one.
fn link_address(link: &Link, replace: Replace<'_>, edits: &Edits<'_>) -> Option<String> {
    let replaced = replace(&link.destination);
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
