//! Where the parser and browsers could see different things, and whether they do.
//!
//! In drawings and formulas the parser follows the HTML standard only as far as they are well-formed: it takes `<svg/>` for
//! the beginning of one, `<b>` for the end of one even within two, and no `</div>` for the end of one that was left open.
//! Browsers then see scripts, titles and comments where it sees elements. A template that is left open hides all that
//! follows. What is in `<noscript>` is text to browsers that run scripts, and HTML to mail programs, which do not. A mail
//! in which that makes a difference is better left alone.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use lol_html::element;
use lol_html::html_content::Element;

use super::{HTML, Unusual, at_end_tag, feed, settings};

/// Is there nothing about which the parser and browsers disagree?
pub(super) fn is_agreed_upon(view: &[u8], unusual: Unusual) -> bool {
    let islands = unusual.foreign || unusual.template;
    (!islands || islands_end(view)) && (!unusual.noscript || noscript_is_plain(view))
}

/// Is every drawing, formula and template ended by a tag of its own, and are tags of HTML in the first two only where the
/// standard expects some?
fn islands_end(view: &[u8]) -> bool {
    const WITHIN: &str = "svg *, math *";
    const EXPECTED: &str = "svg foreignobject, svg foreignobject *, svg desc, svg desc *, svg title, svg title *, math mi, \
                            math mi *, math mo, math mo *, math mn, math mn *, math ms, math ms *, math mtext, math mtext *, \
                            math annotation-xml, math annotation-xml *";
    let (roots, html) = (Cell::new(0_usize), Cell::new(0_i32));
    let ended = Rc::new(RefCell::new(Vec::new()));
    let in_html = |element: &Element<'_, '_>| i32::from(element.namespace_uri() == HTML);
    let settings = settings(view)
        .append_element_content_handler(element!("svg, math, template", |root: &mut Element<
            '_,
            '_,
        >| {
            roots.set(roots.get() + 1);
            let (ended, own) = (Rc::clone(&ended), format!("</{}", root.tag_name()));
            at_end_tag(root, move |tag| {
                ended.borrow_mut().push((own.clone(), tag.start));
            });
            Ok(())
        }))
        .append_element_content_handler(element!(WITHIN, |element: &mut Element<'_, '_>| {
            html.set(html.get() + in_html(element));
            Ok(())
        }))
        .append_element_content_handler(element!(EXPECTED, |element: &mut Element<'_, '_>| {
            html.set(html.get() - in_html(element));
            Ok(())
        }));
    let is_own = |(own, at): &(String, usize)| {
        let tag = view.get(*at..at + own.len());
        tag.is_some_and(|tag| tag.eq_ignore_ascii_case(own.as_bytes()))
    };
    feed(settings, &[view]).is_ok()
        && html.get() == 0
        && roots.get() == ended.borrow().len()
        && ended.borrow().iter().all(is_own)
}

/// Is what stands in each `<noscript>` HTML of the plainest kind, which ends nothing but what it begins?
fn noscript_is_plain(view: &[u8]) -> bool {
    const PLAIN: &[&[u8]] = &[
        b"a", b"b", b"br", b"center", b"div", b"em", b"font", b"i", b"img", b"p", b"span",
        b"strong", b"table", b"tbody", b"td", b"th", b"tr", b"u",
    ];
    let lower = view.to_ascii_lowercase();
    let is_plain = |tag: &[u8]| {
        let tag = tag.strip_prefix(b"/").unwrap_or(tag);
        let name = tag.iter().position(|b| !b.is_ascii_alphanumeric());
        PLAIN.contains(&&tag[..name.unwrap_or(tag.len())])
    };
    let mut rest = &lower[..];
    while let Some(start) = memchr::memmem::find(rest, b"<noscript") {
        let inner = &rest[start + 1..];
        // Never closed: readers differ about all that follows.
        let Some(end) = memchr::memmem::find(inner, b"</noscript") else {
            return false;
        };
        let mut tags = memchr::memchr_iter(b'<', &inner[..end]);
        if !tags.all(|at| is_plain(&inner[at + 1..])) {
            return false;
        }
        rest = &inner[end..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed(html: &str) -> bool {
        is_agreed_upon(html.as_bytes(), Unusual::of(html.as_bytes()))
    }

    #[test]
    fn what_is_well_formed_is_agreed_upon() {
        for html in [
            "<p>x<svg viewBox='0 0 1 1'><g><path d=x /><a href=y><text>z</text></a></g></svg><p>x",
            "<svg><style>a{}</style><title>x<b>y</b></title><foreignObject><p>x</p></foreignObject></svg>",
            "<math><mi>x</mi><mtext><b>y</b></mtext></math><svg></svg>",
            "<svg><svg></svg></svg>",
            "<template><p>x</template>",
            "<noscript><img src=x><A href=y>z</A></noscript>",
        ] {
            assert!(agreed(html), "{html}");
        }
    }

    #[test]
    fn what_is_not_is_not() {
        for html in [
            "<svg/><script>x",
            "<math><math>x<i><title/>",
            "<div><svg></div><title/>",
            "<svg><b>x</b></svg>",
            "<p><template></p>x",
            "<noscript><!-- </noscript> -->",
            "<noscript><style></noscript>",
            "<noscript><frameset></noscript>",
            "<noscript>never ended",
        ] {
            assert!(!agreed(html), "{html}");
        }
    }
}
