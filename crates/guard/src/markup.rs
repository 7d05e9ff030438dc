//! HTML as a list of tokens with their places, taken apart by `lol_html` as browsers do.
//!
//! Nothing here knows what a tracker is. The same list serves looking ([`crate::find`]), writing anew
//! ([`crate::protect`]) and reading as text ([`crate::plain`]), so all three see the same mail.
//!
//! Bounded: a body with more tokens than [`TOKENS_MAX`], or one that the parser gives up on, is refused as a whole.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use encoding_rs::WINDOWS_1252;
use lol_html::html_content::{Element as Parsed, TextType};
use lol_html::{
    AsciiCompatibleEncoding, HtmlRewriter, MemorySettings, Settings, doc_comments, doc_text,
    element, end_tag,
};
use mail::Text;
use std::borrow::Cow;

/// Most tokens of a body. A newsletter has some thousands.
const TOKENS_MAX: usize = 600_000;
/// Most attributes that are looked at in one element.
const ATTRIBUTES_MAX: usize = 400;
/// The parser's own buffers: open elements, mostly.
const PARSER_BYTES_MAX: usize = 64 << 20;

/// Where an attribute stands.
#[derive(Debug, Clone)]
pub(crate) struct Attribute {
    pub(crate) name: Range<usize>,
    /// Without quotes; empty where there is none.
    pub(crate) value: Range<usize>,
}

/// A start tag.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    /// In lower case.
    pub(crate) name: String,
    /// In `<svg>` or `<math>`.
    pub(crate) foreign: bool,
    /// An end tag may follow.
    pub(crate) open: bool,
    pub(crate) span: Range<usize>,
    pub(crate) attributes: Vec<Attribute>,
}

/// What kind of text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// With character references.
    Data,
    /// In an element that takes everything up to its end tag for text; without references.
    Raw,
}

/// One token.
#[derive(Debug, Clone)]
pub(crate) enum Token {
    Start(Element),
    /// The end tag of the start tag with this index.
    End(usize),
    Text(Range<usize>, Kind),
    Comment(Range<usize>),
}

/// A body has more in it than anybody reads, or the parser gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooComplex;

/// A body in tokens.
pub(crate) struct Document<'t> {
    text: &'t Text<'t>,
    pub(crate) view: Cow<'t, [u8]>,
    pub(crate) tokens: Vec<Token>,
}

impl<'t> Document<'t> {
    pub(crate) fn read(text: &'t Text<'t>) -> Result<Self, TooComplex> {
        let view = text.view();
        let tokens = tokens(&view)?;
        Ok(Self { text, view, tokens })
    }

    /// A stretch of HTML inside this one that some programs show: in a conditional comment, in `<noscript>`.
    pub(crate) fn inner(&self, span: Range<usize>) -> Result<Document<'_>, TooComplex> {
        let mut tokens = tokens(&self.view[span.clone()])?;
        for token in &mut tokens {
            token.shift(span.start);
        }
        Ok(Document {
            text: self.text,
            view: Cow::Borrowed(&self.view),
            tokens,
        })
    }

    pub(crate) fn bytes(&self, span: &Range<usize>) -> &[u8] {
        &self.view[span.clone()]
    }

    /// Characters as they stand, references and all.
    pub(crate) fn characters(&self, span: Range<usize>) -> Cow<'_, str> {
        self.text.read(span)
    }

    /// The value of an attribute; None where there is none, or none that can be read.
    pub(crate) fn value(&self, element: &Element, name: &str) -> Option<String> {
        self.read_value(element.attribute(&self.view, name)?)
    }

    pub(crate) fn read_value(&self, attribute: &Attribute) -> Option<String> {
        let raw = self.text.read(attribute.value.clone());
        mail::decode_attribute(&raw).map(Cow::into_owned)
    }

    /// In lower case.
    pub(crate) fn attribute_name(&self, attribute: &Attribute) -> String {
        String::from_utf8_lossy(self.bytes(&attribute.name)).to_ascii_lowercase()
    }

    /// What a comment hides that Outlook shows: between `<!--[if …]>` and `<![endif]-->`.
    pub(crate) fn conditional(&self, comment: &Range<usize>) -> Option<Range<usize>> {
        let text = self.bytes(comment).strip_prefix(b"<!--")?;
        let lead = text.len() - text.trim_ascii_start().len();
        let condition = &text[lead..];
        if !condition.get(..3)?.eq_ignore_ascii_case(b"[if") {
            return None;
        }
        let start = 4 + lead + memchr::memmem::find(condition, b"]>")? + 2;
        let length = comment.len();
        let end = if text.ends_with(b"-->") {
            length - 3
        } else {
            length
        };
        (start <= end).then_some(comment.start + start..comment.start + end)
    }
}

impl Element {
    /// The first attribute of that name counts (HTML standard, attribute name state).
    pub(crate) fn attribute<'e>(&'e self, view: &[u8], name: &str) -> Option<&'e Attribute> {
        let mut all = self.attributes.iter();
        all.find(|attribute| view[attribute.name.clone()].eq_ignore_ascii_case(name.as_bytes()))
    }
}

impl Token {
    fn shift(&mut self, by: usize) {
        let shift = |span: &mut Range<usize>| {
            span.start += by;
            span.end += by;
        };
        match self {
            Self::Start(element) => {
                shift(&mut element.span);
                for attribute in &mut element.attributes {
                    shift(&mut attribute.name);
                    shift(&mut attribute.value);
                }
            }
            Self::Text(span, _) | Self::Comment(span) => shift(span),
            Self::End(_) => {}
        }
    }
}

/// Collected while the parser runs.
#[derive(Default)]
struct Collected {
    tokens: Vec<Token>,
    full: bool,
}

impl Collected {
    fn push(&mut self, token: Token) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if let (Token::Text(span, kind), Some(Token::Text(last, before))) =
            (&token, self.tokens.last_mut())
            && last.end == span.start
            && before == kind
        {
            last.end = span.end; // Text comes in pieces.
            return Ok(());
        }
        if self.tokens.len() >= TOKENS_MAX {
            self.full = true;
            return Err("more tokens than the bound".into());
        }
        self.tokens.push(token);
        Ok(())
    }
}

fn tokens(view: &[u8]) -> Result<Vec<Token>, TooComplex> {
    let collected = Rc::new(RefCell::new(Collected::default()));
    let end = view.len();
    let on_element = {
        let collected = Rc::clone(&collected);
        element!("*", move |parsed: &mut Parsed<'_, '_>| {
            let index = collected.borrow().tokens.len();
            collected.borrow_mut().push(Token::Start(start(parsed)))?;
            if let Some(handlers) = parsed.end_tag_handlers() {
                let collected = Rc::clone(&collected);
                handlers.push(end_tag!(move |_| {
                    collected.borrow_mut().push(Token::End(index))
                }));
            }
            Ok(())
        })
    };
    let on_text = {
        let collected = Rc::clone(&collected);
        doc_text!(move |text| {
            let span = text.source_location().bytes();
            let kind = match text.text_type() {
                TextType::Data | TextType::RCData => Kind::Data,
                _ => Kind::Raw,
            };
            if span.is_empty() {
                return Ok(());
            }
            collected
                .borrow_mut()
                .push(Token::Text(span.start..span.end.min(end), kind))
        })
    };
    let on_comment = {
        let collected = Rc::clone(&collected);
        doc_comments!(move |comment| {
            let span = comment.source_location().bytes();
            collected
                .borrow_mut()
                .push(Token::Comment(span.start..span.end.min(end)))
        })
    };
    let encoding =
        AsciiCompatibleEncoding::new(WINDOWS_1252).unwrap_or_else(AsciiCompatibleEncoding::utf_8);
    let memory = MemorySettings::new().with_max_allowed_memory_usage(PARSER_BYTES_MAX + view.len());
    // Not strict: what is written anew holds only what this list says, and what is edited in place is a value.
    let settings = Settings::new()
        .with_strict(false)
        .with_encoding(encoding)
        .with_memory_settings(memory)
        .append_element_content_handler(on_element)
        .append_document_content_handler(on_text)
        .append_document_content_handler(on_comment);
    let mut parser = HtmlRewriter::new(settings, |_: &[u8]| {});
    let fed = parser.write(view).and_then(|()| parser.end());
    fed.map_err(|_| TooComplex)?;
    let collected = collected.take();
    if collected.full {
        return Err(TooComplex);
    }
    Ok(collected.tokens)
}

fn start(parsed: &Parsed<'_, '_>) -> Element {
    let attributes = parsed.attributes().iter().take(ATTRIBUTES_MAX);
    let attributes = attributes.filter_map(|attribute| {
        let name = attribute.name_source_location()?.bytes();
        let value = attribute.value_source_location().map(|place| place.bytes());
        Some(Attribute {
            value: value.unwrap_or(name.end..name.end),
            name,
        })
    });
    Element {
        name: parsed.tag_name(),
        foreign: parsed.namespace_uri() != "http://www.w3.org/1999/xhtml",
        open: parsed.can_have_content(),
        span: parsed.source_location().bytes(),
        attributes: attributes.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(html: &str) -> Vec<String> {
        let raw = format!("Content-Type: text/html\n\n{html}");
        let mail = mail::whole(raw.as_bytes()).unwrap();
        let text = mail.text(0).unwrap();
        let document = Document::read(&text).unwrap();
        let tokens = document.tokens.iter();
        tokens
            .map(|token| match token {
                Token::Start(e) => {
                    format!("<{}{}>", e.name, if e.foreign { " foreign" } else { "" })
                }
                Token::End(i) => format!("/{i}"),
                Token::Text(span, kind) => {
                    format!("{kind:?} {}", document.characters(span.clone()))
                }
                Token::Comment(span) => format!(
                    "comment {:?}",
                    document
                        .conditional(span)
                        .map(|s| document.characters(s).into_owned())
                ),
            })
            .collect()
    }

    #[test]
    fn tokens_in_order() {
        assert_eq!(
            shown("<P>a &lt; b<br></p><style>x{}</style><svg><image/></svg>"),
            [
                "<p>",
                "Data a &lt; b",
                "<br>",
                "/0",
                "<style>",
                "Raw x{}",
                "/4",
                "<svg foreign>",
                "<image foreign>",
                "/7"
            ]
        );
    }

    #[test]
    fn what_outlook_shows() {
        assert_eq!(
            shown("<!--[if mso]><p>x</p><![endif]--><!-- [if gte mso 9]>y<![endif]--><!-- no -->"),
            [
                "comment Some(\"<p>x</p><![endif]\")",
                "comment Some(\"y<![endif]\")",
                "comment None"
            ]
        );
    }

    #[test]
    fn more_than_the_bound_is_refused() {
        let raw = format!(
            "Content-Type: text/html\n\n{}",
            "<b>".repeat(TOKENS_MAX + 1)
        );
        let mail = mail::whole(raw.as_bytes()).unwrap();
        let text = mail.text(0).unwrap();
        assert!(Document::read(&text).is_err());
    }
}
