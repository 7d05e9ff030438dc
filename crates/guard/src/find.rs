//! What in a body refers to something elsewhere, with what is known of each place: size, sight, surroundings.
//!
//! Everything that a browser or Outlook would fetch, and every link. What is left out: `message/rfc822` parts and
//! attachments, which nothing shows unasked.

use std::ops::Range;

use mail::Text;
use url::Url;

use crate::css::{self, Way};
use crate::markup::{Document, Element, Kind, Token, TooComplex};
use crate::style::{Hidden, Sheets, Visual, dimension};
use crate::vector::{self, Load, Vector};

/// Most references of a mail.
pub(crate) const REFERENCES_MAX: usize = 100_000;
/// Conditional comments within conditional comments.
const INNER_MAX: usize = 3;
/// How much of an address is kept.
const URL_BYTES_MAX: usize = 16_384;

/// Where it stands, for whoever changes it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Site {
    /// A whole attribute value.
    Value(Place),
    /// A token of the CSS in an attribute.
    Style(Place),
    /// A token of a style sheet, in the view.
    Sheet(Range<usize>),
    /// In a plain text; None where mail programs disagree on where it ends.
    Text(Option<Range<usize>>),
    /// In a header field.
    Header,
    /// A part as a whole.
    Part,
}

/// An attribute's value in the view.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    pub(crate) value: Range<usize>,
    /// Where its name begins: a line may be broken before it.
    pub(crate) name: usize,
    pub(crate) quoted: bool,
}

/// What surrounds it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Around {
    pub(crate) width: Option<f32>,
    pub(crate) height: Option<f32>,
    pub(crate) hidden: Option<Hidden>,
    /// Hidden here and shown by some `@media`.
    pub(crate) shown_somewhere: bool,
    /// It has an `alt` with words in it.
    pub(crate) words: bool,
    /// Only Outlook shows it.
    pub(crate) outlook: bool,
    /// No text follows.
    pub(crate) last: bool,
}

/// One reference.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) part: usize,
    pub(crate) vector: Vector,
    pub(crate) load: Load,
    /// As written, references decoded.
    pub(crate) written: String,
    /// Where it leads; None where it is not on the web.
    pub(crate) target: Option<Url>,
    pub(crate) site: Site,
    pub(crate) around: Around,
    order: usize,
}

/// All references of an HTML body.
pub(crate) fn in_html(
    part: usize,
    text: &Text<'_>,
    most: usize,
) -> Result<Vec<Reference>, TooComplex> {
    let document = Document::read(text)?;
    let mut finder = Finder {
        part,
        most,
        found: Vec::new(),
        sheets: Sheets::default(),
        base: None,
        last_text: 0,
        order: 0,
    };
    finder.learn(&document, 0)?;
    finder.walk(&document, None, false, 0)?;
    let last_text = finder.last_text;
    for reference in &mut finder.found {
        reference.around.last = reference.order > last_text;
    }
    Ok(finder.found)
}

/// All web addresses of a plain text.
pub(crate) fn in_text(part: usize, text: &Text<'_>) -> Vec<Reference> {
    let spans = text.addresses().into_iter();
    let found = spans.map(|(span, clear)| {
        let written = text.read(span.clone()).into_owned();
        Reference {
            part,
            vector: Vector::Text,
            load: Load::Act,
            target: Url::parse(&written).ok(),
            written,
            site: Site::Text(clear.then_some(span)),
            around: Around::default(),
            order: 0,
        }
    });
    found.collect()
}

/// A reference that stands in no text.
pub(crate) fn elsewhere(part: usize, vector: Vector, site: Site, written: &str) -> Reference {
    Reference {
        part,
        vector,
        load: Load::Act,
        written: written.chars().take(500).collect(),
        target: Url::parse(written).ok(),
        site,
        around: Around::default(),
        order: 0,
    }
}

struct Finder {
    part: usize,
    most: usize,
    found: Vec<Reference>,
    sheets: Sheets,
    base: Option<Url>,
    last_text: usize,
    order: usize,
}

impl Finder {
    /// What style sheets and `<base>` say, before anything is looked at in their light.
    fn learn(&mut self, document: &Document<'_>, depth: usize) -> Result<(), TooComplex> {
        for (index, token) in document.tokens.iter().enumerate() {
            match token {
                Token::Start(element) if element.name == "style" => {
                    if let Some(span) = text_after(document, index) {
                        self.sheets.add(&masked(document.bytes(&span)));
                    }
                }
                Token::Start(element) if element.name == "base" && self.base.is_none() => {
                    let href = document.value(element, "href").unwrap_or_default();
                    self.base = web(&href, None);
                }
                Token::Comment(span) if depth < INNER_MAX => {
                    if let Some(inner) = document.conditional(span) {
                        self.learn(&document.inner(inner)?, depth + 1)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn walk(
        &mut self,
        document: &Document<'_>,
        outside: Option<Hidden>,
        outlook: bool,
        depth: usize,
    ) -> Result<(), TooComplex> {
        // The start tags that are open, with what they do to what stands in them.
        let mut open: Vec<(usize, Option<Hidden>)> = Vec::new();
        for (index, token) in document.tokens.iter().enumerate() {
            self.order += 1;
            let above = open.last().map_or(outside, |(_, hidden)| *hidden);
            match token {
                Token::Start(element) => {
                    let visual = visual(document, element, &self.sheets);
                    let around = self.around(document, element, &visual, above, outlook);
                    self.element(document, element, around);
                    if element.open {
                        open.push((index, above.or(visual.inherited())));
                    }
                    if let Some(span) = text_after(document, index) {
                        match element.name.as_str() {
                            "style" => self.sheet(document, span, around),
                            "noscript" if depth < INNER_MAX => {
                                self.walk(&document.inner(span)?, above, outlook, depth + 1)?;
                            }
                            _ => {}
                        }
                    }
                }
                Token::End(start) => {
                    // They stand in order.
                    if let Ok(at) = open.binary_search_by_key(start, |(index, _)| *index) {
                        open.truncate(at);
                    }
                }
                Token::Text(span, Kind::Data)
                    if above.is_none()
                        && !outlook
                        && document.bytes(span).iter().any(u8::is_ascii_alphanumeric) =>
                {
                    self.last_text = self.order;
                }
                Token::Comment(span) if depth < INNER_MAX => {
                    if let Some(inner) = document.conditional(span) {
                        self.walk(&document.inner(inner)?, above, true, depth + 1)?;
                    }
                }
                _ => {}
            }
            if self.found.len() > self.most {
                return Err(TooComplex);
            }
        }
        Ok(())
    }

    fn around(
        &self,
        document: &Document<'_>,
        element: &Element,
        visual: &Visual,
        above: Option<Hidden>,
        outlook: bool,
    ) -> Around {
        let (width, height) = visual.size();
        let nothing = width == Some(0.0) || height == Some(0.0);
        let own = visual.hidden.or(nothing.then_some(Hidden::Cut));
        Around {
            width,
            height,
            hidden: above.or(own),
            shown_somewhere: self.sheets.is_shown_somewhere(&names(document, element)),
            words: document
                .value(element, "alt")
                .is_some_and(|alt| !alt.trim().is_empty()),
            outlook,
            last: false,
        }
    }

    fn element(&mut self, document: &Document<'_>, element: &Element, around: Around) {
        for attribute in &element.attributes {
            if attribute.value.is_empty() {
                continue;
            }
            let name = document.attribute_name(attribute);
            let raw = document.characters(attribute.value.clone());
            let value = mail::decode_attribute(&raw).unwrap_or_else(|| raw.clone());
            let before = attribute
                .value
                .start
                .checked_sub(1)
                .map(|at| document.view[at]);
            let place = Place {
                value: attribute.value.clone(),
                name: attribute.name.start,
                quoted: matches!(before, Some(b'"' | b'\'')),
            };
            if name == "style" {
                let lexemes = css::lexemes(&value);
                for found in css::references(&lexemes) {
                    self.add(
                        Vector::StyleAttribute,
                        Load::Auto,
                        &found.url,
                        Site::Style(place.clone()),
                        around,
                    );
                }
                continue;
            }
            let Some((vector, load)) = vector::of(&element.name, element.foreign, &name) else {
                if name == "srcdoc" && value.contains("//") {
                    self.add(
                        Vector::Frame,
                        Load::Auto,
                        inner_address(&value),
                        Site::Value(place),
                        around,
                    );
                }
                continue;
            };
            let site = Site::Value(place);
            match vector {
                Vector::ImageSet => {
                    for candidate in candidates(&value) {
                        self.add(vector, load, candidate, site.clone(), around);
                    }
                }
                Vector::Meta => {
                    if let Some(url) = meta_address(&value) {
                        self.add(vector, load, url, site, around);
                    }
                }
                Vector::Drawing | Vector::Other if !css::looks_remote(&value) => {
                    let lexemes = css::lexemes(&value);
                    for found in css::references(&lexemes) {
                        self.add(vector, load, &found.url, site.clone(), around);
                    }
                    if starts_with(&value, "data:") {
                        self.add(vector, load, &value, site, around);
                    }
                }
                Vector::Ping | Vector::Frame => {
                    for url in value.split_ascii_whitespace() {
                        self.add(vector, load, url, site.clone(), around);
                    }
                }
                _ => self.add(vector, load, &value, site, around),
            }
        }
    }

    fn sheet(&mut self, document: &Document<'_>, span: Range<usize>, around: Around) {
        let text = masked(document.bytes(&span));
        let lexemes = css::lexemes(&text);
        let around = Around {
            width: None,
            height: None,
            hidden: None,
            ..around
        };
        for found in css::references(&lexemes) {
            let vector = match found.way {
                Way::Import => Vector::Import,
                Way::Font => Vector::Font,
                Way::Url | Way::Text => Vector::StyleSheet,
            };
            let site = Site::Sheet(span.start + found.span.start..span.start + found.span.end);
            self.add(vector, Load::Auto, &found.url, site, around);
        }
    }

    /// Note it, if it is on the web.
    fn add(&mut self, vector: Vector, load: Load, written: &str, site: Site, around: Around) {
        let (vector, target) = if starts_with(written, "data:") {
            match inside_data(written) {
                Some(url) => (Vector::Data, Some(url)),
                None => return,
            }
        } else {
            (vector, web(written, self.base.as_ref()))
        };
        if target.is_none() {
            return;
        }
        let end = (0..=URL_BYTES_MAX.min(written.len()))
            .rev()
            .find(|at| written.is_char_boundary(*at));
        self.found.push(Reference {
            part: self.part,
            vector,
            load,
            written: written[..end.unwrap_or(0)].to_owned(),
            target,
            site,
            around,
            order: self.order,
        });
    }
}

/// Size and sight of an element, by its attributes, its style and the sheets.
pub(crate) fn visual(document: &Document<'_>, element: &Element, sheets: &Sheets) -> Visual {
    let attribute = |name: &str| document.value(element, name);
    let mut visual = Visual::default();
    visual.width = attribute("width").as_deref().and_then(dimension);
    visual.height = attribute("height").as_deref().and_then(dimension);
    sheets.apply(&element.name, &names(document, element), &mut visual);
    if let Some(style) = attribute("style") {
        let lexemes = css::lexemes(&style);
        visual.declare(&css::declarations(&lexemes));
    }
    if element.attribute(&document.view, "hidden").is_some() {
        visual.hide();
    }
    visual
}

/// The text right behind a start tag.
pub(crate) fn text_after(document: &Document<'_>, index: usize) -> Option<Range<usize>> {
    match document.tokens.get(index + 1) {
        Some(Token::Text(span, _)) => Some(span.clone()),
        _ => None,
    }
}

/// ASCII of the same length, so that positions stay.
pub(crate) fn masked(bytes: &[u8]) -> String {
    let ascii = |b: &u8| {
        if b.is_ascii() && *b != 0 {
            char::from(*b)
        } else {
            '?'
        }
    };
    bytes.iter().map(ascii).collect()
}

/// Element, classes and id as selectors have them.
fn names(document: &Document<'_>, element: &Element) -> Vec<String> {
    let mut names = vec![element.name.clone()];
    let classes = document.value(element, "class").unwrap_or_default();
    names.extend(
        classes
            .split_ascii_whitespace()
            .take(20)
            .map(|class| format!(".{class}")),
    );
    names.extend(document.value(element, "id").map(|id| format!("#{id}")));
    names
}

/// As a browser reads an address; None for one that is not on the web.
pub(crate) fn web(written: &str, base: Option<&Url>) -> Option<Url> {
    let trimmed = written.trim_matches(|c: char| c <= ' ');
    if trimmed.is_empty() || trimmed.starts_with('#') {
        return None;
    }
    let joined = match base {
        Some(base) => base.join(trimmed),
        None => Url::parse(trimmed),
    };
    let url = joined.or_else(|_| {
        // Without a page of its own a mail's `//host/` is read as on some web page.
        let bytes = trimmed.as_bytes();
        let slashes = bytes
            .iter()
            .take(2)
            .filter(|b| matches!(b, b'/' | b'\\'))
            .count();
        if slashes == 2 {
            Url::parse(&format!("https:{trimmed}"))
        } else {
            Err(url::ParseError::EmptyHost)
        }
    });
    url.ok()
        .filter(|url| matches!(url.scheme(), "http" | "https" | "ftp" | "ws" | "wss"))
}

fn starts_with(text: &str, scheme: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c <= ' ');
    text.get(..scheme.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
}

/// What SVG, HTML or CSS in a `data:` address refers to.
fn inside_data(written: &str) -> Option<Url> {
    let (kind, data) = written.split_once(',')?;
    let kind = kind.to_ascii_lowercase();
    if !["svg", "html", "xml", "css"]
        .iter()
        .any(|word| kind.contains(word))
    {
        return None;
    }
    let head: String = data.chars().take(URL_BYTES_MAX).collect();
    let text = if kind.contains("base64") {
        let symbols: Vec<u8> = head
            .bytes()
            .filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
            .collect();
        let whole = symbols.len() / 4 * 4;
        let bytes = data_encoding::BASE64_NOPAD
            .decode(&symbols[..whole])
            .unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    } else {
        percent_encoding::percent_decode_str(&head)
            .decode_utf8_lossy()
            .into_owned()
    };
    // A namespace is an address that nobody fetches.
    let mut rest = text.as_str();
    while let Some(at) = rest.find("http") {
        let url = inner_address(&rest[at..]);
        if !url.contains("www.w3.org/") {
            return web(url, None);
        }
        rest = &rest[at + 4..];
    }
    None
}

/// The first address in a piece of markup, up to where it must end.
fn inner_address(text: &str) -> &str {
    let start = text.find("http").or_else(|| text.find("//")).unwrap_or(0);
    let rest = &text[start..];
    let end = rest
        .find(|c: char| c <= ' ' || matches!(c, '"' | '\'' | '<' | '>' | ')'))
        .unwrap_or(rest.len());
    &rest[..end]
}

/// The addresses of a `srcset`.
fn candidates(value: &str) -> Vec<&str> {
    let pieces = value.split(|c: char| c.is_ascii_whitespace());
    let addresses = pieces.map(|piece| piece.trim_matches(','));
    addresses
        .filter(|piece| piece.contains(['/', ':']))
        .take(100)
        .collect()
}

/// The address in `content`: after `url=` of a refresh, or the whole.
fn meta_address(content: &str) -> Option<&str> {
    if css::looks_remote(content) {
        return Some(content);
    }
    let at = content.to_ascii_lowercase().find("http")?;
    Some(inner_address(content.get(at..)?))
}
