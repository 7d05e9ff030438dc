//! HTML written anew from lists of what is allowed. What is on no list is not there.
//!
//! Every `<` of what comes out is written here, every value stands in quotes with its references encoded, and no element
//! whose text is read in another way than HTML is among the allowed but `<style>`, whose text is written here, too. So there
//! is nothing for two readers to disagree about, whatever they would have made of what came in.

mod list;
mod style;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use mail::Whole;
use url::Url;

use crate::clean::{KnownUrls, Pictures, label};
use crate::css;
use crate::find::{self, text_after, web};
use crate::judge::{self, Context, Kind};
use crate::markup::{Attribute, Document, Element, Kind as TextKind, Token};
use crate::neutral::PIXEL;
use crate::vendor::Use;

/// Documents within documents: `<noscript>` in `<noscript>`.
const INNER_MAX: usize = 3;
/// Marks what is written beside a link, so that it is written once however often a mail is cleaned.
const OURS: &str = "overt-guard";

/// What the writer needs to know of the mail.
pub(crate) struct Sight<'m> {
    context: &'m Context,
    pictures: Pictures,
    /// Media types of parts, by Content-ID.
    parts: HashMap<String, String>,
}

impl<'m> Sight<'m> {
    pub(crate) fn new(mail: &Whole<'_>, context: &'m Context, pictures: Pictures) -> Self {
        let parts = mail.parts().iter();
        let named =
            parts.filter_map(|part| Some((part.content_id.clone()?, part.content_type.clone())));
        Self {
            context,
            pictures,
            parts: named.collect(),
        }
    }
}

/// Which pictures may stay where pictures to look at may.
pub(crate) fn may_stay(kind: Kind) -> bool {
    matches!(kind, Kind::Content | Kind::Spacer)
}

/// The body, written anew.
pub(crate) fn write(document: &Document<'_>, sight: &Sight<'_>, known: &KnownUrls<'_>) -> String {
    let mut writer = Writer {
        sight,
        known,
        out: String::with_capacity(document.view.len()),
        base: None,
        open_anchor: None,
    };
    let start = document.view.trim_ascii_start();
    if start
        .get(..9)
        .is_some_and(|head| head.eq_ignore_ascii_case(b"<!doctype"))
    {
        // Without a line end, which would be text before the head and come out behind it the next time.
        writer.out.push_str("<!DOCTYPE html>");
    }
    writer.base = document.tokens.iter().find_map(|token| match token {
        Token::Start(element) if element.name == "base" => {
            web(&document.value(element, "href")?, None)
        }
        _ => None,
    });
    // One head, ours; that of the mail goes, and what is allowed in it follows.
    writer.out.push_str("<head>");
    writer.head();
    writer.out.push_str("</head>");
    writer.document(document, 0);
    writer.out
}

struct Writer<'w> {
    sight: &'w Sight<'w>,
    known: &'w KnownUrls<'w>,
    out: String,
    base: Option<Url>,
    /// What to say behind the link that is open.
    open_anchor: Option<String>,
}

/// A start tag that is open.
struct Open {
    index: usize,
    written: bool,
    foreign: bool,
}

impl Writer<'_> {
    /// A second wall, for programs that know it: even what a browser finds, it does not load. Host names are not looked up
    /// ahead.
    fn head(&mut self) {
        let pictures = match self.sight.pictures {
            Pictures::Block => "data: cid:",
            Pictures::KeepContent => "data: cid: http: https:",
        };
        let _ = write!(
            self.out,
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src {pictures}; style-src 'unsafe-inline'\">\
             <meta http-equiv=\"x-dns-prefetch-control\" content=\"off\"><meta name=\"referrer\" content=\"no-referrer\">"
        );
    }

    fn document(&mut self, document: &Document<'_>, depth: usize) {
        let mut open: Vec<Open> = Vec::new();
        let mut skipped: Option<usize> = None;
        for (index, token) in document.tokens.iter().enumerate() {
            if let Some(until) = skipped {
                if matches!(token, Token::End(start) if *start == until) {
                    skipped = None;
                }
                continue;
            }
            match token {
                Token::Start(element) => {
                    if !element.foreign {
                        // HTML within a drawing ends it.
                        while open.last().is_some_and(|open| open.foreign) {
                            open.pop();
                        }
                    }
                    if list::is_dropped_whole(&element.name) || is_ours(document, element) {
                        skipped = element.open.then_some(index);
                        continue;
                    }
                    let written = !element.foreign && self.start(document, element, index);
                    if !written && !element.foreign && depth < INNER_MAX {
                        self.inner(document, element, index, depth);
                    }
                    if element.open {
                        open.push(Open {
                            index,
                            written,
                            foreign: element.foreign,
                        });
                    }
                }
                Token::End(start) => {
                    let Ok(at) = open.binary_search_by_key(start, |open| open.index) else {
                        continue;
                    };
                    let written = open[at].written;
                    open.truncate(at);
                    if let (true, Some(Token::Start(element))) =
                        (written, document.tokens.get(*start))
                    {
                        let _ = write!(self.out, "</{}>", element.name);
                        if element.name == "a" {
                            self.say_what_it_is();
                        }
                    }
                }
                Token::Text(span, TextKind::Data)
                    if !open.last().is_some_and(|open| open.foreign) =>
                {
                    self.text(document, span.clone());
                }
                Token::Text(..) | Token::Comment(_) => {}
            }
        }
    }

    /// Texts as they are, with references; no markup in them.
    fn text(&mut self, document: &Document<'_>, span: Range<usize>) {
        for c in document.characters(span).chars() {
            match c {
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '\0' | '\r' => {}
                c => self.out.push(c),
            }
        }
    }

    /// What stands in elements that a browser reads as text and a mail program, which runs no scripts, as HTML.
    fn inner(&mut self, document: &Document<'_>, element: &Element, index: usize, depth: usize) {
        let shown = matches!(element.name.as_str(), "noscript" | "noframes" | "noembed");
        if let Some(span) = text_after(document, index).filter(|_| shown)
            && let Ok(inner) = document.inner(span)
        {
            self.document(&inner, depth + 1);
        }
    }

    /// A start tag, if it is on the list.
    fn start(&mut self, document: &Document<'_>, element: &Element, index: usize) -> bool {
        let name = element.name.as_str();
        if name == "style" {
            self.sheet(document, index);
            return false;
        }
        if !list::is_element(name) {
            return false;
        }
        if name == "img" && self.picture_as_words(document, element) {
            return false;
        }
        let _ = write!(self.out, "<{name}");
        let mut seen: Vec<String> = Vec::new();
        for attribute in &element.attributes {
            let attribute_name = document.attribute_name(attribute);
            if !seen.contains(&attribute_name) {
                self.attribute(document, element, attribute, &attribute_name);
                seen.push(attribute_name);
            }
        }
        self.out.push('>');
        true
    }

    fn attribute(
        &mut self,
        document: &Document<'_>,
        element: &Element,
        attribute: &Attribute,
        name: &str,
    ) {
        let Some(value) = document.read_value(attribute) else {
            return;
        };
        match (element.name.as_str(), name) {
            ("a" | "area", "href") => self.link(&value),
            ("img", "src") => {
                let source = self.picture(&value).unwrap_or_else(|| PIXEL.to_owned());
                self.write("src", &source);
            }
            (_, "style") => {
                let lexemes = css::lexemes(&value);
                let style = style::declarations(&lexemes);
                if !style.is_empty() {
                    self.write("style", &style);
                }
            }
            (_, "usemap") if value.starts_with('#') => self.write(name, &value),
            (element, _) if list::is_attribute(element, name) && list::is_fine(name, &value) => {
                self.write(name, &value);
            }
            _ => {}
        }
    }

    fn write(&mut self, name: &str, value: &str) {
        let _ = write!(self.out, " {name}=\"{}\"", mail::encode_html(value));
    }

    fn link(&mut self, value: &str) {
        let trimmed = value.trim_matches(|c: char| c <= ' ');
        let lower = trimmed.to_ascii_lowercase();
        if trimmed.starts_with('#') || lower.starts_with("mailto:") || lower.starts_with("tel:") {
            return self.write("href", trimmed);
        }
        let Some(url) =
            web(value, self.base.as_ref()).filter(|url| matches!(url.scheme(), "http" | "https"))
        else {
            return;
        };
        let context = self.sight.context;
        let led = judge::destination(&url, context).unwrap_or(url.clone());
        self.open_anchor = None;
        if led == url {
            self.open_anchor = match self.known.get(url.as_str()) {
                Some(finding) => label(finding),
                None => context
                    .known(&url, Use::Click)
                    .map(|known| format!("tracked link: {} learns of it", known.vendor)),
            };
        }
        self.write("href", led.as_str());
        self.write("rel", "noopener noreferrer");
        if let Some(label) = self.open_anchor.clone() {
            self.write("title", &label);
        }
    }

    fn say_what_it_is(&mut self) {
        if let Some(label) = self.open_anchor.take() {
            let _ = write!(
                self.out,
                "<span class=\"{OURS}\" style=\"font-size:smaller\"> [{}]</span>",
                mail::encode_html(&label)
            );
        }
    }

    /// The address of a picture that may be shown.
    fn picture(&self, value: &str) -> Option<String> {
        let trimmed = value.trim_matches(|c: char| c <= ' ');
        if let Some(id) = strip(trimmed, "cid:") {
            let id = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
            let kind = self.sight.parts.get(id.as_ref())?;
            return list::is_plain_picture(kind).then(|| trimmed.to_owned());
        }
        if let Some(data) = strip(trimmed, "data:") {
            let (kind, symbols) = data.split_once(";base64,")?;
            let plain = symbols.bytes().all(|b| {
                b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'\n' | b' ')
            });
            return (plain && list::is_plain_picture(&kind.to_ascii_lowercase()))
                .then(|| trimmed.to_owned());
        }
        if self.sight.pictures == Pictures::Block {
            return None;
        }
        let url = web(value, self.base.as_ref())
            .filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let kind = self.known.get(url.as_str())?.kind;
        may_stay(kind).then(|| url.into())
    }

    /// A blocked picture with a text and a size to be seen is shown as that text.
    fn picture_as_words(&mut self, document: &Document<'_>, element: &Element) -> bool {
        let source = document.value(element, "src").unwrap_or_default();
        if self.picture(&source).is_some() || web(&source, self.base.as_ref()).is_none() {
            return false;
        }
        let words = document.value(element, "alt").unwrap_or_default();
        let side = |name: &str| {
            document
                .value(element, name)
                .as_deref()
                .and_then(crate::style::dimension)
        };
        let (width, height) = (side("width"), side("height"));
        let seen = |side: Option<f32>| side.is_none_or(|side| side > 10.0);
        if words.trim().is_empty() || !seen(width) || !seen(height) {
            return false;
        }
        let mut style = String::from(
            "display:inline-block;max-width:100%;overflow:hidden;border:1px dotted gray;",
        );
        for (name, side) in [("width", width), ("min-height", height)] {
            if let Some(side) = side {
                let _ = write!(style, "{name}:{}px;", side.min(2_000.0) as u32);
            }
        }
        let lexemes = css::lexemes(&style);
        let style = style::declarations(&lexemes);
        let _ = write!(
            self.out,
            "<span title=\"picture, not loaded\" style=\"{}\">{}</span>",
            mail::encode_html(&style),
            mail::encode_html(words.trim())
        );
        true
    }

    fn sheet(&mut self, document: &Document<'_>, index: usize) {
        let Some(span) = text_after(document, index) else {
            return;
        };
        let text = find::masked(document.bytes(&span));
        let lexemes = css::lexemes(&text);
        let rules = style::rules(&lexemes, 0);
        if !rules.is_empty() {
            let _ = write!(self.out, "<style>{rules}</style>");
        }
    }
}

fn is_ours(document: &Document<'_>, element: &Element) -> bool {
    element.name == "span"
        && document
            .value(element, "class")
            .is_some_and(|class| class == OURS)
}

fn strip<'t>(text: &'t str, scheme: &str) -> Option<&'t str> {
    let head = text.get(..scheme.len())?;
    head.eq_ignore_ascii_case(scheme)
        .then(|| &text[scheme.len()..])
}
