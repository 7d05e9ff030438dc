//! Drawings and formulas in HTML, in which tags mean something else.
//!
//! The parser follows the HTML standard there only as far as they are well-formed: it takes `<svg/>` for the beginning of
//! one, `<b>` for the end of one even within two, and no `</div>` for the end of one that was left open. Browsers then see
//! scripts, titles and comments where it sees elements. Such a mail is better left alone.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use lol_html::element;
use lol_html::html_content::Element;

use super::{HTML, at_end_tag, feed, settings};

/// Do the parser and browsers agree about every `<svg>` and `<math>`? Where each is ended by a tag of its own, and has tags of
/// HTML only where the standard expects some.
pub(super) fn is_agreed_upon(view: &[u8]) -> bool {
    const WITHIN: &str = "svg *, math *";
    const EXPECTED: &str = "svg foreignobject, svg foreignobject *, svg desc, svg desc *, svg title, svg title *, math mi, \
                            math mi *, math mo, math mo *, math mn, math mn *, math ms, math ms *, math mtext, math mtext *, \
                            math annotation-xml, math annotation-xml *";
    let (roots, html) = (Cell::new(0_usize), Cell::new(0_i32));
    let ended = Rc::new(RefCell::new(Vec::new()));
    let in_html = |element: &Element<'_, '_>| i32::from(element.namespace_uri() == HTML);
    let settings = settings(view)
        .append_element_content_handler(element!("svg, math", |root: &mut Element<'_, '_>| {
            roots.set(roots.get() + 1);
            let (ended, own) = (Rc::clone(&ended), format!("</{}", root.tag_name()));
            at_end_tag(root, move |tag| {
                ended.borrow_mut().push((own.clone(), tag.start))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_ones_are_agreed_upon() {
        for html in [
            "<p>x<svg viewBox='0 0 1 1'><g><path d=x /><a href=y><text>z</text></a></g></svg><p>x",
            "<svg><style>a{}</style><title>x<b>y</b></title><foreignObject><p>x</p></foreignObject></svg>",
            "<math><mi>x</mi><mtext><b>y</b></mtext></math><svg></svg>",
            "<svg><svg></svg></svg>",
        ] {
            assert!(is_agreed_upon(html.as_bytes()), "{html}");
        }
    }

    #[test]
    fn others_are_not() {
        for html in [
            "<svg/><script>x",
            "<math><math>x<i><title/>",
            "<div><svg></div><title/>",
            "<svg><b>x</b></svg>",
        ] {
            assert!(!is_agreed_upon(html.as_bytes()), "{html}");
        }
    }
}
