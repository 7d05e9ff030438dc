//! Writing one copy: the mail with some spans replaced and some header fields dropped or added.
//!
//! New header fields go to the end of the header block. The top belongs to trace fields (RFC 5321 §4.4) and to an
//! mbox separator, and a reader that stops at the first field it does not know still finds the sender's own.

use crate::body::{Body, Picture, Site, What, line_end};
use crate::header;
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
        let bodies = self.splices(edits)?;
        if bodies.iter().any(|(_, splices)| !splices.is_empty()) {
            let dropped = |name: &str| {
                edits
                    .drop_headers
                    .iter()
                    .any(|drop| drop.eq_ignore_ascii_case(name))
            };
            if let Some(why) = self.hindrance {
                return Err(RenderError::Untouchable(why));
            }
            if self.dkim_signed && !dropped("DKIM-Signature") {
                return Err(RenderError::Untouchable(Untouchable::DkimSigned));
            }
        }
        let grown: usize = bodies
            .iter()
            .flat_map(|(_, splices)| splices)
            .map(|splice| splice.text.len() * 2)
            .sum();
        let mut out = Vec::with_capacity(self.raw.len() + grown + 512);
        self.write_header(edits, &mut out)?;
        let mut at = self.header.end;
        for (body, splices) in bodies {
            out.extend_from_slice(&self.raw[at..body.range.start]);
            let bytes = &self.raw[body.range.clone()];
            transfer::splice(
                body.transfer,
                bytes,
                &splices,
                line_end(bytes).unwrap_or(self.line_end()).as_bytes(),
                &mut out,
            );
            at = body.range.end;
        }
        out.extend_from_slice(&self.raw[at..]);
        Ok(out)
    }

    fn write_header(&self, edits: &Edits<'_>, out: &mut Vec<u8>) -> Result<(), RenderError> {
        let mut at = 0;
        for field in &self.header.fields {
            let name = &self.raw[field.name.clone()];
            if edits
                .drop_headers
                .iter()
                .any(|drop| name.eq_ignore_ascii_case(drop.as_bytes()))
            {
                let whole = field.whole();
                out.extend_from_slice(&self.raw[at..whole.start]);
                at = whole.end;
            }
        }
        out.extend_from_slice(&self.raw[at..self.header.end]);
        if !edits.add_headers.is_empty() && !out.is_empty() && !out.ends_with(b"\n") {
            out.extend_from_slice(self.line_end().as_bytes());
        }
        for (name, value) in edits.add_headers {
            header::write(out, name, value, self.line_end().as_bytes())?;
        }
        Ok(())
    }

    /// The line end of the mail, by its first line.
    fn line_end(&self) -> &'static str {
        line_end(self.raw).unwrap_or("\r\n")
    }

    /// What is to be replaced, body by body.
    fn splices(&self, edits: &Edits<'_>) -> Result<Vec<(&Body, Vec<Splice>)>, RenderError> {
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
        let in_body = |body| (body, self.body_splices(body, edits));
        Ok(self.bodies.iter().map(in_body).collect())
    }

    fn body_splices(&self, body: &Body, edits: &Edits<'_>) -> Vec<Splice> {
        let eol = body.eol.unwrap_or(self.line_end());
        let mut splices: Vec<Splice> = Vec::new();
        for site in &body.sites {
            let Some(text) = self.replacement(body, site, edits) else {
                continue;
            };
            let text = if eol == "\r\n" {
                text.replace('\n', "\r\n")
            } else {
                text
            };
            let text = match site.what {
                What::TextLine { .. } => body.charset.write(&text),
                _ => body.charset.write_ascii(&text),
            };
            splices.push(Splice {
                decoded: site.decoded.clone(),
                encoded: site.encoded.clone(),
                text,
                break_before: site.break_before,
                break_after: site.break_after,
            });
        }
        splices
    }

    /// The text for a site, with `\n` for line ends. None: leave it.
    fn replacement(&self, body: &Body, site: &Site, edits: &Edits<'_>) -> Option<String> {
        match site.what {
            What::Link { index, quoted } => {
                let link = self
                    .links()
                    .get(index)
                    .filter(|link| link.skipped.is_none())?;
                let url = crate::entity::encode(&(edits.link)(link)?);
                (url.len() <= body.transfer.unbroken_max())
                    .then(|| if quoted { url } else { format!("\"{url}\"") })
            }
            What::Picture { index } => self
                .pictures()
                .get(index)
                .filter(|picture| (edits.drop_picture)(picture))
                .map(|_| String::new()),
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
