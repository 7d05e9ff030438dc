//! Where an image and a line go: where everybody sees them, and where they change nothing but themselves.

use std::cell::Cell;
use std::ops::Range;

use lol_html::element;
use lol_html::html_content::Element;

use super::{Found, HTML, Opening, SENTINEL, Unusual, feed, settings};

/// Gmail cuts a mail at about 102 KB (reference of 2026): what must be seen in a longer one stands at the top.
const SEEN_BYTES_MAX: usize = 95_000;
/// About how much longer than the old address of a link a new one is.
const LINK_GROWS_BY: usize = 120;

/// Where a quoted mail begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quote {
    pub(super) at: usize,
    /// With a tag that may stand within a paragraph.
    pub(super) inline: bool,
}

/// The first place inside the body.
pub(super) fn top(view: &[u8], opening: &Opening) -> usize {
    match opening.body {
        Some(body) => body + hidden_start(&view[body..]),
        None => opening.head_end,
    }
}

/// Before a quoted mail, else at the end of the body, else, where that end cannot be relied on, at the top.
pub(super) fn line(view: &[u8], top: usize, found: &Found, unusual: Unusual) -> usize {
    let is_seen = |at: usize| {
        let links = found.links.partition_point(|spot| spot.value.end <= at);
        at >= top && at + links * LINK_GROWS_BY <= SEEN_BYTES_MAX
    };
    // A paragraph would end a link around it, and whatever else takes none.
    let before_quote = found.quote.filter(|quote| {
        let around = if quote.inline {
            "a overt-end, p overt-end, select overt-end, template overt-end"
        } else {
            "a overt-end, select overt-end, template overt-end"
        };
        is_seen(quote.at) && !is_within(&view[..quote.at], around)
    });
    if let Some(quote) = before_quote {
        return quote.at;
    }
    let end = found.body_end.or(found.html_end);
    let end = end.or(found.reached_end.then_some(view.len()));
    let hidden = end.map_or(0, |end| hidden_end(&view[..end]));
    let end = end.map(|end| end - hidden);
    let odd = unusual.foreign || unusual.template || hidden > 0;
    end.filter(|end| is_seen(*end) && !(odd && is_hidden(&view[..*end])))
        .unwrap_or(top)
}

/// Is what is put in behind `before` part of no document?
fn is_hidden(before: &[u8]) -> bool {
    is_within(before, "template overt-end")
}

/// The `<base href>` that counts: the first that is not in a template, which is no part of the document.
pub(super) fn base(view: &[u8], found: &Found, unusual: Unusual) -> Option<Range<usize>> {
    let counts = |tag| !unusual.template || !is_hidden(&view[..tag]);
    let mut bases = found.bases.iter();
    bases
        .find(|(tag, _)| counts(*tag))
        .map(|(_, value)| value.clone())
}

/// Does `before` end within one of the elements, in an `<svg>` or `<math>`, or where a tag is none, as in a comment? What is put in there would end it, and what
/// follows would mean something else.
fn is_within(before: &[u8], elements: &str) -> bool {
    let (within, seen) = (Cell::new(false), Cell::new(false));
    let settings = settings(before)
        .append_element_content_handler(element!(elements, |_: &mut Element<'_, '_>| {
            within.set(true);
            Ok(())
        }))
        .append_element_content_handler(element!("overt-end", |end: &mut Element<'_, '_>| {
            seen.set(true);
            within.set(within.get() || end.namespace_uri() != HTML);
            Ok(())
        }));
    feed(settings, &[before, SENTINEL]).is_err() || within.get() || !seen.get()
}

/// Templates for Outlook often write the body's tags twice, and hide the one for all others from it in
/// `<!--[if !mso]><!--> … <!--<![endif]-->`: how much of what follows the start tag still belongs to what is hidden.
fn hidden_start(after: &[u8]) -> usize {
    let comment = after.trim_ascii_start();
    let ends = [&b"<!--<![endif]-->"[..], b"<!-- <![endif]-->"];
    let end = ends.into_iter().find(|end| comment.starts_with(end));
    end.map_or(0, |end| after.len() - comment.len() + end.len())
}

/// How much of what precedes the end tag belongs to what is hidden from Outlook.
fn hidden_end(before: &[u8]) -> usize {
    let begins = [&b"<!-->"[..], b"<!-- -->"];
    let text = before.trim_ascii_end();
    let text = begins.into_iter().find_map(|mark| text.strip_suffix(mark));
    let comment = text.and_then(|text| {
        let start = memchr::memmem::rfind(text, b"<!--")?;
        text[start + 4..]
            .trim_ascii_start()
            .starts_with(b"[if")
            .then_some(start)
    });
    comment.map_or(0, |start| before.len() - start)
}

#[cfg(test)]
mod tests {
    use super::super::outline;

    fn line(html: &str) -> (&str, &str) {
        html.split_at(outline(html.as_bytes()).unwrap().line)
    }

    fn base(html: &str) -> Option<&str> {
        outline(html.as_bytes())
            .unwrap()
            .base
            .map(|base| &html[base])
    }

    #[test]
    fn what_is_hidden_from_outlook_takes_nothing() {
        let html = "<!--[if !mso]><!--><body class=x> <!--<![endif]--><p>x</p><!--[if !mso]><!-- --></body><!-- <![endif]-->";
        let outline = outline(html.as_bytes()).unwrap();
        assert!(html[outline.top..].starts_with("<p>x"));
        assert!(html[..outline.line].ends_with("x</p>"));
        for html in ["<body><!-- x --><p>y</body>", "<body><p>y<!-- x --></body>"] {
            assert_eq!(outline_of_plain(html), (6, html.len() - 7), "{html}");
        }
    }

    fn outline_of_plain(html: &str) -> (usize, usize) {
        let outline = outline(html.as_bytes()).unwrap();
        (outline.top, outline.line)
    }

    #[test]
    fn a_quote_within_what_a_paragraph_would_end_is_passed_over() {
        for html in [
            "<body><p>x<br><span class=gmail_quote>y</span> z</p></body>",
            "<body><a href=x>y <div class=gmail_quote>z</div></a></body>",
            "<body><template><div class=gmail_quote>z</div></template></body>",
        ] {
            assert_eq!(line(html).1, "</body>", "{html}");
        }
        let html = "<body><p>x<div class=gmail_quote>y</div></body>";
        assert_eq!(line(html).0, "<body><p>x");
        let html = "<body><p>x</p><span id=OLK_SRC_BODY_SECTION>y</span></body>";
        assert_eq!(line(html).0, "<body><p>x</p>");
    }

    #[test]
    fn links_that_grow_do_not_push_the_line_to_where_gmail_cuts() {
        let row = "<p><a href=\"https://x.example/article\">Read the whole article</a></p>";
        let mail = |rows| format!("<body>{}</body>", row.repeat(rows));
        assert_eq!(line(&mail(500)).1, "</body>");
        let long = mail(900);
        assert!(long.len() < 70_000);
        assert_eq!(line(&long).0, "<body>");
    }

    #[test]
    fn only_a_base_of_the_document_counts() {
        let good = "<base href=b>";
        assert_eq!(base(&format!("<svg><base href=a></svg>{good}")), Some("b"));
        assert_eq!(
            base(&format!("<template><base href=a></template>{good}")),
            Some("b")
        );
        assert_eq!(base(&format!("<template>{good}</template>")), None);
        assert_eq!(
            base(&format!("<base target=_blank>{good}<base href=c>")),
            Some("b")
        );
    }
}
