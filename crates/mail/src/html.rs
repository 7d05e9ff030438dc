//! What stands where in an HTML body: links, and places to put something.
//!
//! `lol_html` tells elements, attributes and comments apart as browsers do, raw text and foreign content included;
//! only its positions are used. Its own output is dropped: changing an attribute there writes the start tag anew,
//! and we promise to touch nothing but the value.
//!
//! Positions are byte offsets into the view of `charset`. It is run as windows-1252, in which any bytes are text.
//! Outlook's conditional comments are read once more on their own, because Outlook shows what is in them; links in
//! other comments are not links.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::LazyLock;

use encoding_rs::WINDOWS_1252;
use lol_html::html_content::{Attribute, Element};
use lol_html::{
    AsciiCompatibleEncoding, ElementContentHandlers, HtmlRewriter, MemorySettings, Selector,
    Settings, doc_comments, doctype, element, end_tag,
};

use crate::link::LinkKind;

mod agreement;
mod glance;
mod place;
mod writable;

use glance::Unusual;
use place::Quote;
pub(crate) use writable::writable;

/// Most links of a body; a mail with more is a trap or a dump. Keeps link numbers within 16 bits.
pub(crate) const LINKS_MAX: usize = 10_000;
/// Most pictures of a body.
pub(crate) const PICTURES_MAX: usize = 10_000;
/// How much of what a link shows is looked at.
const SHOWN_BYTES_MAX: usize = 600;
/// The parser's own buffers: open elements, mostly.
const PARSER_BYTES_MAX: usize = 4 << 20;
/// A link's attribute.
#[derive(Debug, Clone)]
pub(crate) struct Spot {
    pub(crate) kind: LinkKind,
    /// The value without quotes.
    pub(crate) value: Range<usize>,
    /// Where the tag begins.
    pub(crate) tag: usize,
    /// Where the attribute's name begins: white space before it may be widened.
    pub(crate) name: usize,
    /// From the end of the start tag to the end tag: what is shown.
    pub(crate) shown: Range<usize>,
    pub(crate) opted_out: bool,
}

/// A picture: `<img src>`.
#[derive(Debug, Clone)]
pub(crate) struct PictureSpot {
    pub(crate) source: Range<usize>,
    /// The whole tag.
    pub(crate) tag: Range<usize>,
}

/// What stands where.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    pub(crate) links: Vec<Spot>,
    pub(crate) pictures: Vec<PictureSpot>,
    /// The value of the `<base href>` that counts.
    pub(crate) base: Option<Range<usize>>,
    /// The first place inside the body.
    pub(crate) top: usize,
    /// The place for a visible line: before a quoted mail, else at the end of the body, else, where that end cannot
    /// be relied on, at the top.
    pub(crate) line: usize,
}

/// Why a body cannot be outlined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// Browsers differ on what is text and what is markup, or the parser gave up.
    Ambiguous,
    /// A frameset instead of a body: anything put in would take its place.
    Frames,
    /// More links or pictures than the bound.
    TooMuch,
}

/// What comes before the first content.
#[derive(Default)]
struct Opening {
    /// End of what belongs before the body: doctype, head and its elements.
    head_end: usize,
    /// The end of the body's start tag, where that is written before any content.
    body: Option<usize>,
    /// Where the first element begins that belongs to no head.
    content: Option<usize>,
}

/// Collected while the parser runs.
#[derive(Default)]
struct Found {
    links: Vec<Spot>,
    pictures: Vec<PictureSpot>,
    /// Where each `<base href>` begins, and its value.
    bases: Vec<(usize, Range<usize>)>,
    comments: Vec<Range<usize>>,
    body_end: Option<usize>,
    html_end: Option<usize>,
    quote: Option<Quote>,
    frames: bool,
    reached_end: bool,
}

/// Elements that belong to a head even where it is not written.
const HEAD_ELEMENTS: &[&str] = &[
    "html", "head", "meta", "title", "style", "link", "base", "script", "noscript", "template",
];
/// Elements that may carry a link, a picture, a quote or an edge of the body, and the sentinel. Each name costs time at
/// every tag, and an element that is not looked at costs little.
static ORDINARY: LazyLock<Option<Selector>> =
    LazyLock::new(|| "a, img, html, body, div, span, overt-end".parse().ok());
/// With those that few mails have.
static WITH_RARE: LazyLock<Option<Selector>> = LazyLock::new(|| {
    let all = "a, img, html, body, div, span, overt-end, area, base, blockquote, frameset";
    all.parse().ok()
});
/// Where there is VML: any of its shapes may be a link, under any name.
static EVERYTHING: LazyLock<Option<Selector>> = LazyLock::new(|| "*".parse().ok());
const HTML: &str = "http://www.w3.org/1999/xhtml";
const SVG: &str = "http://www.w3.org/2000/svg";
/// Mails have one `<base>`; of several in templates no more are looked at.
const BASES_MAX: usize = 10;
/// Written after the body to see whether text there is text: not inside a tag, a comment, a title.
const SENTINEL: &[u8] = b"<overt-end>";

/// Outline a body.
pub(crate) fn outline(view: &[u8]) -> Result<Outline, Unreadable> {
    let opening = opening(view)?;
    let unusual = Unusual::of(view);
    if !agreement::is_agreed_upon(view, unusual) {
        return Err(Unreadable::Ambiguous);
    }
    let mut found = run(view, &opening, unusual)?;
    if found.frames {
        return Err(Unreadable::Frames);
    }
    let comments = std::mem::take(&mut found.comments);
    for comment in comments {
        let text = &view[comment.clone()];
        if let Some(inner) = conditional(text) {
            let shift = comment.start + inner.start;
            let shifted = |range: &Range<usize>| range.start + shift..range.end + shift;
            let inner = &text[inner];
            for spot in run(inner, &Opening::default(), Unusual::of(inner))?.links {
                let (value, shown) = (shifted(&spot.value), shifted(&spot.shown));
                found.links.push(Spot {
                    value,
                    shown,
                    tag: spot.tag + shift,
                    name: spot.name + shift,
                    ..spot
                });
            }
        }
    }
    if found.links.len() > LINKS_MAX || found.pictures.len() > PICTURES_MAX {
        return Err(Unreadable::TooMuch);
    }
    found.links.sort_by_key(|spot| spot.value.start);
    let top = place::top(view, &opening);
    let line = place::line(view, top, &found, unusual);
    let base = place::base(view, &found, unusual);
    Ok(Outline {
        links: found.links,
        pictures: found.pictures,
        base,
        top,
        line,
    })
}

/// Looks at every element up to the first that is content, and no further.
fn opening(view: &[u8]) -> Result<Opening, Unreadable> {
    let found = Rc::new(RefCell::new(Opening::default()));
    let on_element = {
        let found = Rc::clone(&found);
        element!("*", move |element: &mut Element<'_, '_>| {
            open(element, &found);
            match found.borrow().content {
                None => Ok(()),
                Some(_) => Err("seen enough".into()),
            }
        })
    };
    let on_doctype = {
        let found = Rc::clone(&found);
        let end = view.len();
        doctype!(move |doctype| {
            found.borrow_mut().head_end = doctype.source_location().bytes().end.min(end);
            Ok(())
        })
    };
    let settings = settings(view)
        .append_element_content_handler(on_element)
        .append_document_content_handler(on_doctype);
    let ended = feed(settings, &[view]);
    let found = found.take();
    if found.content.is_none() {
        ended?;
    }
    Ok(found)
}

/// Note what an element before the content means for us.
fn open(element: &mut Element<'_, '_>, shared: &Rc<RefCell<Opening>>) {
    let tag = element.source_location().bytes();
    let name = element.tag_name();
    let mut found = shared.borrow_mut();
    match name.as_str() {
        "body" => {
            found.body = Some(tag.end);
            found.content = Some(tag.start);
        }
        head if HEAD_ELEMENTS.contains(&head) => {
            if matches!(head, "html" | "head" | "meta" | "link" | "base") {
                found.head_end = tag.end;
            }
            if head != "html" {
                let shared = Rc::clone(shared);
                at_end_tag(element, move |tag| shared.borrow_mut().head_end = tag.end);
            }
        }
        _ => found.content = Some(tag.start),
    }
}

fn run(view: &[u8], opening: &Opening, unusual: Unusual) -> Result<Found, Unreadable> {
    let found = Rc::new(RefCell::new(Found::default()));
    let end = view.len();
    let (body, content) = (opening.body, opening.content.unwrap_or(end));
    let on_element = {
        let found = Rc::clone(&found);
        move |element: &mut Element<'_, '_>| {
            let tag = element.source_location().bytes();
            if tag.end > end {
                // The sentinel, or a tag that never ended and swallowed it.
                found.borrow_mut().reached_end = tag.start == end;
            } else {
                let name = element.tag_name();
                see(element, &name, view, &mut found.borrow_mut());
                see_edges(element, &name, body, content, &found);
            }
            Ok(())
        }
    };
    let selector = match unusual {
        Unusual { shapes: true, .. } => &EVERYTHING,
        Unusual { rare: true, .. } => &WITH_RARE,
        _ => &ORDINARY,
    };
    let looked_at = selector.as_ref().ok_or(Unreadable::Ambiguous)?;
    let mut settings = settings(view).append_element_content_handler((
        Cow::Borrowed(looked_at),
        ElementContentHandlers::default().element(on_element),
    ));
    if unusual.hidden_links {
        let found = Rc::clone(&found);
        settings = settings.append_document_content_handler(doc_comments!(move |comment| {
            let comment = comment.source_location().bytes();
            let mut found = found.borrow_mut();
            found.comments.push(comment.start..comment.end.min(end));
            Ok(())
        }));
    }
    feed(settings, &[view, SENTINEL])?;
    Ok(found.take())
}

/// How the parser is run here.
fn settings<'h>(view: &[u8]) -> Settings<'h, 'static> {
    let encoding =
        AsciiCompatibleEncoding::new(WINDOWS_1252).unwrap_or_else(AsciiCompatibleEncoding::utf_8);
    let memory = MemorySettings::new().with_max_allowed_memory_usage(PARSER_BYTES_MAX + view.len());
    Settings::new()
        .with_encoding(encoding)
        .with_memory_settings(memory)
}

fn feed(settings: Settings<'_, 'static>, pieces: &[&[u8]]) -> Result<(), Unreadable> {
    let mut parser = HtmlRewriter::new(settings, |_: &[u8]| {});
    for piece in pieces {
        parser.write(piece).map_err(|_| Unreadable::Ambiguous)?;
    }
    parser.end().map_err(|_| Unreadable::Ambiguous)
}

/// Note what an element means for us.
fn see(element: &Element<'_, '_>, name: &str, view: &[u8], found: &mut Found) {
    let namespace = element.namespace_uri();
    let mut link = |kind, attributes| {
        found
            .links
            .extend(link(element, name, view, kind, attributes));
    };
    match name {
        "a" if namespace == SVG => link(LinkKind::Svg, &["href", "xlink:href"]),
        "a" if namespace == HTML => link(LinkKind::Anchor, &["href"]),
        "area" if namespace == HTML => link(LinkKind::Area, &["href"]),
        vml if vml.starts_with("v:") => link(LinkKind::VmlButton, &["href"]),
        "img" => {
            if let Some(source) = attribute(element, view, "src").and_then(value_span) {
                let tag = element.source_location().bytes();
                found.pictures.push(PictureSpot { source, tag });
                found.pictures.truncate(PICTURES_MAX + 1);
            }
        }
        "base" if namespace == HTML && found.bases.len() < BASES_MAX => {
            let value = attribute(element, view, "href").and_then(value_span);
            let tag = element.source_location().bytes().start;
            found.bases.extend(value.map(|value| (tag, value)));
        }
        "frameset" => found.frames = true,
        _ => {}
    }
    // The outline keeps one more than the bound, so that it can tell.
    found.links.truncate(LINKS_MAX + 1);
    if found.quote.is_none() && begins_quote(element, name, view) {
        found.quote = Some(Quote {
            at: element.source_location().bytes().start,
            inline: name == "span",
        });
    }
}

/// Wait for the end tags of the body and of the document.
fn see_edges(
    element: &mut Element<'_, '_>,
    name: &str,
    body: Option<usize>,
    content: usize,
    shared: &Rc<RefCell<Found>>,
) {
    let tag = element.source_location().bytes();
    if body == Some(tag.end) {
        let shared = Rc::clone(shared);
        at_end_tag(element, move |tag| {
            shared.borrow_mut().body_end = Some(tag.start);
        });
    } else if tag.start < content && name == "html" {
        let shared = Rc::clone(shared);
        at_end_tag(element, move |tag| {
            shared.borrow_mut().html_end = Some(tag.start);
        });
    }
}

fn at_end_tag(element: &mut Element<'_, '_>, note: impl Fn(Range<usize>) + 'static) {
    if let Some(handlers) = element.end_tag_handlers() {
        handlers.push(end_tag!(move |end| {
            note(end.source_location().bytes());
            Ok(())
        }));
    }
}

/// By its place in the view: asking the parser for names and values makes a string of each.
fn attribute<'e, 'i>(
    element: &'e Element<'i, '_>,
    view: &[u8],
    name: &str,
) -> Option<&'e Attribute<'i>> {
    let is_named = |attribute: &&Attribute<'_>| {
        let place = attribute.name_source_location();
        place.is_some_and(|place| view[place.bytes()].eq_ignore_ascii_case(name.as_bytes()))
    };
    // The first of several counts (HTML standard, attribute name state).
    element.attributes().iter().find(is_named)
}

fn value<'v>(element: &Element<'_, '_>, view: &'v [u8], name: &str) -> Option<&'v [u8]> {
    Some(&view[value_span(attribute(element, view, name)?)?])
}

fn value_span(attribute: &Attribute<'_>) -> Option<Range<usize>> {
    attribute
        .value_source_location()
        .map(|location| location.bytes())
}

fn link(
    element: &Element<'_, '_>,
    tag: &str,
    view: &[u8],
    kind: LinkKind,
    attributes: &[&str],
) -> Option<Spot> {
    let href = attributes
        .iter()
        .find_map(|name| attribute(element, view, name))?;
    let opted_out = value(element, view, "data-overt")
        .is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case(b"off"));
    let Range { start, end: after } = element.source_location().bytes();
    let shown = after..after + shown(&view[after..], kind, tag);
    Some(Spot {
        kind,
        value: value_span(href)?,
        tag: start,
        name: href.name_source_location()?.bytes().start,
        shown,
        opted_out,
    })
}

/// How many bytes a link that begins before `rest` shows: up to its end tag, or to a bound. By a plain search; for
/// looking at words that is near enough.
fn shown(rest: &[u8], kind: LinkKind, name: &str) -> usize {
    if kind == LinkKind::Area {
        return 0; // It shows a part of a picture.
    }
    let rest = &rest[..rest.len().min(SHOWN_BYTES_MAX)];
    let ends = |at: &usize| {
        let tag = rest[at + 1..].strip_prefix(b"/");
        tag.and_then(|tag| tag.get(..name.len()))
            .is_some_and(|end| end.eq_ignore_ascii_case(name.as_bytes()))
    };
    memchr::memchr_iter(b'<', rest)
        .find(ends)
        .unwrap_or(rest.len())
}

/// Does a quoted or forwarded mail begin here? By the marks mail clients put on it.
fn begins_quote(element: &Element<'_, '_>, name: &str, view: &[u8]) -> bool {
    const CLASSES: &[&[u8]] = &[
        b"gmail_quote",
        b"gmail_quote_container",
        b"yahoo_quoted",
        b"moz-cite-prefix",
        b"moz-forward-container",
        b"protonmail_quote",
        b"tutanota_quote",
    ];
    const IDS: &[&[u8]] = &[
        b"divRplyFwdMsg",
        b"appendonsend",
        b"OLK_SRC_BODY_SECTION",
        b"mail-editor-reference-message-container",
    ];
    let value = |name| value(element, view, name).unwrap_or_default();
    match name {
        "blockquote" => value("type").eq_ignore_ascii_case(b"cite"),
        "div" | "span" => {
            let mut classes = value("class").split(u8::is_ascii_whitespace);
            classes.any(|class| CLASSES.contains(&class)) || IDS.contains(&value("id"))
        }
        _ => false,
    }
}

/// The part of a conditional comment that Outlook shows: between `<!--[if …]>` and `<![endif]-->`.
fn conditional(comment: &[u8]) -> Option<Range<usize>> {
    let inner = comment.strip_prefix(b"<!--")?;
    let lead = inner.len() - inner.trim_ascii_start().len();
    let condition = &inner[lead..];
    if !condition.get(..3)?.eq_ignore_ascii_case(b"[if") {
        return None;
    }
    let start = 4 + lead + memchr::memmem::find(condition, b"]>")? + 2;
    let end = comment
        .strip_suffix(b"-->")
        .map_or(comment.len(), <[u8]>::len);
    (start <= end).then_some(start..end)
}

#[cfg(test)]
mod tests;
