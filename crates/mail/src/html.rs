//! What stands where in an HTML body: links, and places to put something.
//!
//! `lol_html` tells elements, attributes and comments apart as browsers do, raw text and foreign content included;
//! only its positions are used. Its own output is dropped: changing an attribute there writes the start tag anew,
//! and we promise to touch nothing but the value.
//!
//! Positions are byte offsets into the view of `charset`. It is run as windows-1252, in which any bytes are text.
//! Outlook's conditional comments are read once more on their own, because Outlook shows what is in them; links in
//! other comments are not links.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use encoding_rs::WINDOWS_1252;
use lol_html::html_content::{Attribute, Element};
use lol_html::{
    AsciiCompatibleEncoding, HtmlRewriter, MemorySettings, Settings, doc_comments, doctype,
    element, end_tag,
};

use crate::link::LinkKind;

/// Most links of a body; a mail with more is a trap or a dump. Keeps link numbers within 16 bits.
pub(crate) const LINKS_MAX: usize = 10_000;
/// How much of what a link shows is looked at.
const SHOWN_BYTES_MAX: usize = 600;
/// The parser's own buffers: open elements, mostly.
const PARSER_BYTES_MAX: usize = 16 << 20;
/// Gmail cuts a mail at about 102 KB (reference of 2026): what must be seen in a longer one stands at the top.
const SEEN_BYTES_MAX: usize = 90_000;

/// A link's attribute.
#[derive(Debug, Clone)]
pub(crate) struct Spot {
    pub(crate) kind: LinkKind,
    /// The value without quotes.
    pub(crate) value: Range<usize>,
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
    /// The value of the first `<base href>`.
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
    /// More links than the bound.
    TooManyLinks,
}

/// Collected while the parser runs.
#[derive(Default)]
struct Found {
    links: Vec<Spot>,
    pictures: Vec<PictureSpot>,
    base: Option<Range<usize>>,
    comments: Vec<Range<usize>>,
    /// End of what belongs before the body: doctype, head and its elements.
    head_end: usize,
    content: bool,
    body: Option<usize>,
    body_end: Option<usize>,
    html_end: Option<usize>,
    quote: Option<usize>,
    frames: bool,
    reached_end: bool,
}

/// Elements that belong to a head even where it is not written.
const HEAD_ELEMENTS: &[&str] = &[
    "html", "head", "meta", "title", "style", "link", "base", "script", "noscript", "template",
];
const HTML: &str = "http://www.w3.org/1999/xhtml";
const SVG: &str = "http://www.w3.org/2000/svg";
/// Written after the body to see whether text there is text: not inside a tag, a comment, a title.
const SENTINEL: &[u8] = b"<overt-end>";

/// Outline a body.
pub(crate) fn outline(view: &[u8]) -> Result<Outline, Unreadable> {
    let mut found = run(view)?;
    if found.frames {
        return Err(Unreadable::Frames);
    }
    let comments = std::mem::take(&mut found.comments);
    for comment in comments {
        let text = &view[comment.clone()];
        if let Some(inner) = conditional(text) {
            let shift = comment.start + inner.start;
            let shifted = |range: &Range<usize>| range.start + shift..range.end + shift;
            for spot in run(&text[inner])?.links {
                let (value, shown) = (shifted(&spot.value), shifted(&spot.shown));
                found.links.push(Spot {
                    value,
                    shown,
                    name: spot.name + shift,
                    ..spot
                });
            }
        }
    }
    if found.links.len() > LINKS_MAX {
        return Err(Unreadable::TooManyLinks);
    }
    found.links.sort_by_key(|spot| spot.value.start);
    for spot in &mut found.links {
        spot.shown = spot.shown.start.min(view.len())..spot.shown.end.min(view.len());
    }
    let top = found.body.unwrap_or(found.head_end);
    let bottom = found
        .body_end
        .or(found.html_end)
        .or(found.reached_end.then_some(view.len()));
    let line = found
        .quote
        .or(bottom)
        .filter(|at| *at >= top && *at <= SEEN_BYTES_MAX)
        .unwrap_or(top);
    Ok(Outline {
        links: found.links,
        pictures: found.pictures,
        base: found.base,
        top,
        line,
    })
}

fn run(view: &[u8]) -> Result<Found, Unreadable> {
    let found = Rc::new(RefCell::new(Found::default()));
    let end = view.len();
    let on_element = {
        let found = Rc::clone(&found);
        element!("*", move |element: &mut Element<'_, '_>| {
            see(element, &found, end);
            Ok(())
        })
    };
    let on_comment = {
        let found = Rc::clone(&found);
        doc_comments!(move |comment| {
            let comment = comment.source_location().bytes();
            found
                .borrow_mut()
                .comments
                .push(comment.start..comment.end.min(end));
            Ok(())
        })
    };
    let on_doctype = {
        let found = Rc::clone(&found);
        doctype!(move |doctype| {
            let mut found = found.borrow_mut();
            if !found.content {
                found.head_end = doctype.source_location().bytes().end.min(end);
            }
            Ok(())
        })
    };
    let encoding =
        AsciiCompatibleEncoding::new(WINDOWS_1252).unwrap_or_else(AsciiCompatibleEncoding::utf_8);
    let settings = Settings::new()
        .append_element_content_handler(on_element)
        .append_document_content_handler(on_comment)
        .append_document_content_handler(on_doctype)
        .with_encoding(encoding)
        .with_memory_settings(
            MemorySettings::new().with_max_allowed_memory_usage(PARSER_BYTES_MAX + end),
        );
    let mut parser = HtmlRewriter::new(settings, |_: &[u8]| {});
    parser.write(view).map_err(|_| Unreadable::Ambiguous)?;
    parser.write(SENTINEL).map_err(|_| Unreadable::Ambiguous)?;
    parser.end().map_err(|_| Unreadable::Ambiguous)?;
    Ok(found.take())
}

/// Note what an element means for us.
fn see(element: &mut Element<'_, '_>, shared: &Rc<RefCell<Found>>, end: usize) {
    let tag = element.source_location().bytes();
    let name = element.tag_name();
    let mut found = shared.borrow_mut();
    if tag.end > end {
        // The sentinel, or a tag that never ended and swallowed it.
        found.reached_end = tag.start == end;
        return;
    }
    let namespace = element.namespace_uri();
    match name.as_str() {
        "a" if namespace == SVG => link(
            element,
            &mut found,
            shared,
            LinkKind::Svg,
            &["href", "xlink:href"],
        ),
        "a" if namespace == HTML => link(element, &mut found, shared, LinkKind::Anchor, &["href"]),
        "area" if namespace == HTML => link(element, &mut found, shared, LinkKind::Area, &["href"]),
        "img" => {
            if let Some(source) = attribute(element, "src").and_then(value_span) {
                found.pictures.push(PictureSpot {
                    source,
                    tag: tag.clone(),
                });
            }
        }
        "base" if found.base.is_none() => {
            found.base = attribute(element, "href").and_then(value_span);
        }
        vml if vml.starts_with("v:") => {
            link(element, &mut found, shared, LinkKind::VmlButton, &["href"]);
        }
        _ => {}
    }
    if found.quote.is_none() && begins_quote(element, &name) {
        found.quote = Some(tag.start);
    }
    match name.as_str() {
        "body" if found.body.is_none() && !found.content => {
            found.body = Some(tag.end);
            found.content = true;
            at_end_tag(element, shared, |found, tag| {
                found.body_end = Some(tag.start);
            });
        }
        "html" if found.html_end.is_none() && !found.content => {
            found.head_end = tag.end;
            at_end_tag(element, shared, |found, tag| {
                found.html_end = Some(tag.start);
            });
        }
        head if HEAD_ELEMENTS.contains(&head) && !found.content => {
            if matches!(head, "head" | "meta" | "link" | "base") {
                found.head_end = tag.end;
            }
            at_end_tag(element, shared, move |found, tag| {
                if !found.content && tag.end <= end {
                    found.head_end = tag.end;
                }
            });
        }
        "frameset" => found.frames = true,
        _ => found.content = true,
    }
}

fn at_end_tag(
    element: &mut Element<'_, '_>,
    shared: &Rc<RefCell<Found>>,
    note: impl Fn(&mut Found, Range<usize>) + 'static,
) {
    let shared = Rc::clone(shared);
    if let Some(handlers) = element.end_tag_handlers() {
        handlers.push(end_tag!(move |end| {
            note(&mut shared.borrow_mut(), end.source_location().bytes());
            Ok(())
        }));
    }
}

fn attribute<'e, 'i>(element: &'e Element<'i, '_>, name: &str) -> Option<&'e Attribute<'i>> {
    // The first of several counts (HTML standard, attribute name state).
    element
        .attributes()
        .iter()
        .find(|attribute| attribute.name() == name)
}

fn value_span(attribute: &Attribute<'_>) -> Option<Range<usize>> {
    attribute
        .value_source_location()
        .map(|location| location.bytes())
}

fn link(
    element: &mut Element<'_, '_>,
    found: &mut Found,
    shared: &Rc<RefCell<Found>>,
    kind: LinkKind,
    names: &[&str],
) {
    let Some(href) = names.iter().find_map(|name| attribute(element, name)) else {
        return;
    };
    let (Some(value), Some(name)) = (value_span(href), href.name_source_location()) else {
        return;
    };
    let opted_out = element
        .get_attribute("data-overt")
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("off"));
    let tag = element.source_location().bytes();
    let shown = tag.end..tag.end + SHOWN_BYTES_MAX;
    // The outline keeps one more than the bound, so that it can tell.
    if found.links.len() > LINKS_MAX {
        return;
    }
    let index = found.links.len();
    found.links.push(Spot {
        kind,
        value,
        name: name.bytes().start,
        shown,
        opted_out,
    });
    at_end_tag(element, shared, move |found, tag| {
        if let Some(spot) = found.links.get_mut(index) {
            spot.shown.end = spot.shown.end.min(tag.start.max(spot.shown.start));
        }
    });
}

/// Does a quoted or forwarded mail begin here? By the marks mail clients put on it.
fn begins_quote(element: &Element<'_, '_>, name: &str) -> bool {
    const CLASSES: &[&str] = &[
        "gmail_quote",
        "gmail_quote_container",
        "yahoo_quoted",
        "moz-cite-prefix",
        "moz-forward-container",
        "protonmail_quote",
        "tutanota_quote",
    ];
    const IDS: &[&str] = &[
        "divRplyFwdMsg",
        "appendonsend",
        "OLK_SRC_BODY_SECTION",
        "mail-editor-reference-message-container",
    ];
    match name {
        "blockquote" => element
            .get_attribute("type")
            .is_some_and(|value| value.eq_ignore_ascii_case("cite")),
        "div" | "span" => {
            element.get_attribute("class").is_some_and(|class| {
                class
                    .split_ascii_whitespace()
                    .any(|one| CLASSES.contains(&one))
            }) || element
                .get_attribute("id")
                .is_some_and(|id| IDS.contains(&id.as_str()))
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
