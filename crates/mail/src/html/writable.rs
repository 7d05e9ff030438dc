//! Where a web address that is in no link may be written anew: in text, in the value of an attribute, in a comment.
//!
//! Anywhere else in HTML it is markup: the name of an attribute, or of a tag that nobody meant as one. A `=` more or less
//! there, and the quotes that follow open and close elsewhere, and with them the tag. Scripts, style sheets and whatever
//! else knows no character references are left alone, too. The parser says which is which, and is only asked where an
//! address is really to go.

use std::cell::RefCell;
use std::ops::Range;

use lol_html::html_content::{Element, TextType};
use lol_html::{doc_comments, doc_text, element};

use super::{conditional, feed, settings};

/// Collected while the parser runs.
struct Found<'s> {
    /// In order.
    asked: &'s [Range<usize>],
    writable: Vec<Range<usize>>,
    /// The text that the parser is in: it comes in pieces.
    text: Range<usize>,
    conditional: Vec<Range<usize>>,
}

impl Found<'_> {
    /// A stretch that is no markup.
    fn add(&mut self, stretch: &Range<usize>) {
        self.writable.extend_from_slice(within(self.asked, stretch));
    }

    fn add_text(&mut self, piece: Range<usize>) {
        if self.text.end == piece.start {
            self.text.end = piece.end;
        } else {
            let text = std::mem::replace(&mut self.text, piece);
            self.add(&text);
        }
    }

    fn add_values(&mut self, element: &Element<'_, '_>) {
        for attribute in element.attributes() {
            if let Some(value) = attribute.value_source_location() {
                self.add(&value.bytes());
            }
        }
    }

    fn add_comment(&mut self, view: &[u8], comment: Range<usize>) {
        match conditional(&view[comment.clone()]) {
            Some(inner) => {
                let shown = comment.start + inner.start..comment.start + inner.end;
                self.conditional.push(shown);
            }
            None => self.add(&comment),
        }
    }
}

/// Those of the spans, which are in order and do not overlap, that may be written anew, in order.
pub(crate) fn writable(view: &[u8], spans: &[Range<usize>]) -> Vec<Range<usize>> {
    let found = run(view, spans);
    let mut writable = found.writable;
    for shown in found.conditional {
        // Outlook reads what it shows as HTML. A comment that begins in there is none of its own.
        let (start, end) = (shown.start, shown.end);
        let shifted = |span: &Range<usize>| span.start - start..span.end - start;
        let asked: Vec<_> = within(spans, &shown).iter().map(shifted).collect();
        let back = |span: Range<usize>| span.start + start..span.end + start;
        let inner = run(&view[start..end], &asked);
        writable.extend(inner.writable.into_iter().map(back));
    }
    writable.sort_by_key(|span| span.start);
    writable
}

fn run<'s>(view: &[u8], asked: &'s [Range<usize>]) -> Found<'s> {
    let found = RefCell::new(Found {
        asked,
        writable: Vec::new(),
        text: 0..0,
        conditional: Vec::new(),
    });
    if asked.is_empty() {
        return found.into_inner();
    }
    let settings = settings(view)
        .append_element_content_handler(element!("*", |element: &mut Element<'_, '_>| {
            found.borrow_mut().add_values(element);
            Ok(())
        }))
        .append_document_content_handler(doc_text!(|text| {
            if matches!(text.text_type(), TextType::Data | TextType::RCData) {
                found.borrow_mut().add_text(text.source_location().bytes());
            }
            Ok(())
        }))
        .append_document_content_handler(doc_comments!(|comment| {
            let comment = comment.source_location().bytes();
            let comment = comment.start..comment.end.min(view.len());
            found.borrow_mut().add_comment(view, comment);
            Ok(())
        }));
    // Where the parser gives up, what it came to before that may still be written.
    let _ = feed(settings, &[view]);
    let mut found = found.into_inner();
    let text = std::mem::take(&mut found.text);
    found.add(&text);
    found
}

/// The spans that lie within a stretch.
fn within<'s>(spans: &'s [Range<usize>], stretch: &Range<usize>) -> &'s [Range<usize>] {
    let from = spans.partition_point(|span| span.start < stretch.start);
    let to = spans.partition_point(|span| span.end <= stretch.end);
    spans.get(from..to).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::elsewhere;

    /// The addresses of `html` that may be written anew.
    fn found(html: &str) -> Vec<&str> {
        let spans = elsewhere(html.as_bytes(), &[]);
        let spans = writable(html.as_bytes(), &spans);
        spans.into_iter().map(|span| &html[span]).collect()
    }

    const A: &str = "https://x.example/a";

    #[test]
    fn text_values_and_comments_may_be_written() {
        for html in [
            "https://x.example/a",
            "<p>a < b https://x.example/a</p>",
            "<title>https://x.example/a</title>",
            "<textarea><b https://x.example/a></textarea>",
            "<p title=\"https://x.example/a\">",
            "<p title='x https://x.example/a'>",
            "<p title=https://x.example/a>",
            "<p title=https://x.example/a href='y'>",
            "<!-- https://x.example/a-->",
            "<!--[if mso]><p title=\"https://x.example/a\"><![endif]-->",
            "<!--[if mso]>https://x.example/a<![endif]-->",
            "<![if !mso]>https://x.example/a<![endif]>",
            "<svg><title>https://x.example/a</title></svg>",
        ] {
            assert_eq!(found(html), [A], "{html}");
        }
        let long = format!("<p>{} {A} {}", "word ".repeat(4_000), "word ".repeat(4_000));
        assert_eq!(
            found(&long),
            [A],
            "text that the parser gives out in pieces"
        );
    }

    #[test]
    fn markup_and_what_knows_no_references_stays() {
        for html in [
            "<p https://x.example/a>",
            "<p https://x.example/a=\"b\">",
            "<p https://x.example/a =\"b>\">",
            "<p a=\"b\"https://x.example/a=\"c>\">",
            "<a href='x' https://x.example/href='https:y'>",
            "<https://x.example/a>",
            "</p https://x.example/a=\"b>\">",
            "</p title=\"https://x.example/a\">",
            "<script>var a = \"https://x.example/a\"</script>",
            "<style>a{b:url(https://x.example/a)}</style>",
            "<noscript><p https://x.example/a></noscript>",
            "<xmp>https://x.example/a</xmp>",
            "<plaintext>https://x.example/a",
            "<svg><![CDATA[https://x.example/a]]></svg>",
            "<!doctype html \"https://x.example/a\">",
            "<p title=\"https://x.example/a",
            "<!--[if mso]><p https://x.example/a=\"b>\"><![endif]-->",
            "<!--[if a]><!--[if b]>https://x.example/a-->",
            "<!--[if mso]><style>https://x.example/a</style><![endif]-->",
        ] {
            assert_eq!(found(html), Vec::<&str>::new(), "{html}");
        }
    }
}
