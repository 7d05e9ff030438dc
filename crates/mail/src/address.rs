//! Web addresses in plain text: where they begin and end, and whether every mail program thinks so.
//!
//! Programs make links of them by rules of their own. An address is *clear* where the rules agree; only then may a
//! tracked one stand in its place, for what a reader then presses must be what was written, to the letter.

use std::ops::Range;

use crate::header::LINE_OCTETS_MAX;

mod candidate;

use candidate::{Candidate, Candidates};

/// A web address in a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) span: Range<usize>,
    /// Every mail program takes it to begin and end here.
    pub(crate) clear: bool,
    /// How long may be what stands in its place, if the line is to stay within its limit.
    pub(crate) room: usize,
}

/// Most addresses of a text, or of all HTML, that are looked at.
pub(crate) const ADDRESSES_MAX: usize = 10_000;
/// A line of this length that ends in an address may have been broken within it.
const WRAPPED_AT: usize = 65;
/// The addresses in the view of a text, in order: from the scheme to a blank, an angle bracket, a quote or a letter
/// beyond ASCII, closing punctuation not included. What is broken over lines is not put together again. `joins`: lines
/// that end in a blank are joined without it (`DelSp` of RFC 3676).
pub(crate) fn addresses(view: &[u8], joins: bool) -> Vec<Address> {
    let clear = |Candidate { span, ends }: &Candidate| {
        begins_clearly(&view[..span.start])
            && !view[span.end..*ends]
                .iter()
                .any(|b| matches!(b, b'\'' | b'*' | b'_'))
            && ends_clearly(view, span.start, *ends, joins)
    };
    let mut found: Vec<Address> = Candidates::in_text(view)
        .take(ADDRESSES_MAX)
        .map(|candidate| Address {
            clear: clear(&candidate),
            span: candidate.span,
            room: 0,
        })
        .collect();
    share_lines(view, &mut found);
    found
}

/// The addresses in the view of HTML outside the spans that are `taken`, which are in order: those that are shown, mostly.
/// Not each of them may be written anew: `html::writable`.
pub(crate) fn elsewhere(view: &[u8], taken: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut at = 0;
    let edge = view.len()..view.len();
    let between = taken.iter().chain([&edge]).map(|span| {
        let between = at..span.start.max(at);
        at = at.max(span.end);
        between
    });
    between
        .flat_map(|stretch| Candidates::in_html(view, stretch))
        .map(|candidate| candidate.span)
        .take(ADDRESSES_MAX)
        .collect()
}

/// Nothing before it that could be a part of it.
fn begins_clearly(before: &[u8]) -> bool {
    match before.last() {
        None | Some(b' ' | b'\t' | b'\r' | b'\n' | b'<' | b'(' | b'[' | b'{' | b'"') => true,
        Some(b':') => in_url_brackets(before),
        _ => false,
    }
}

/// `<URL:…>` of RFC 3986, appendix C.
fn in_url_brackets(before: &[u8]) -> bool {
    before.len() >= 4 && before[before.len() - 4..].eq_ignore_ascii_case(b"url:")
}

/// It does not go on after what ends it here: in letters beyond ASCII, or on the next line.
fn ends_clearly(view: &[u8], start: usize, end: usize, joins: bool) -> bool {
    let rest = &view[end..];
    if let Some(b'<' | b'>' | b'"') = rest.first() {
        return true;
    }
    // Within brackets some programs go on over blanks and line ends.
    let before = &view[..start];
    if before.ends_with(b"<") || in_url_brackets(before) {
        return false;
    }
    let blank = |b: &&u8| matches!(b, b' ' | b'\t' | b'\r');
    let blanks = rest.iter().take(LINE_OCTETS_MAX).take_while(blank).count();
    match rest.get(blanks..) {
        Some([b'\n', next, ..]) if next.is_ascii_graphic() && *next != b'>' => {
            let length = end - memchr::memrchr(b'\n', before).map_or(0, |n| n + 1);
            if rest[0] == b' ' {
                !joins
            } else {
                length < WRAPPED_AT
            }
        }
        Some([b'\n', ..] | []) => true,
        _ => blanks > 0,
    }
}

/// Addresses of one line share what it may still hold.
fn share_lines(view: &[u8], found: &mut [Address]) {
    let mut begun = 0;
    let mut rest = found;
    while let Some(first) = rest.first() {
        let at = first.span.start;
        let start = memchr::memrchr(b'\n', &view[begun..at]).map_or(begun, |n| begun + n + 1);
        let end = memchr::memchr(b'\n', &view[at..]).map_or(view.len(), |n| at + n);
        let (line, after) = rest.split_at_mut(rest.partition_point(|a| a.span.start < end));
        let others = end - start - line.iter().map(|a| a.span.len()).sum::<usize>();
        let room = LINE_OCTETS_MAX.saturating_sub(others) / line.len();
        for address in line {
            address.room = room;
        }
        (begun, rest) = (end, after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, bool)> {
        addresses(text.as_bytes(), false)
            .into_iter()
            .map(|address| (&text[address.span], address.clear))
            .collect()
    }

    #[test]
    fn addresses_stand_alone() {
        let text = "> See https://t.example/p/abc. (HTTP://x.example/?a=b) ftp://no <https://y.example>, x://z https:// \u{e9}";
        assert_eq!(
            found(text),
            [
                ("https://t.example/p/abc", true),
                ("HTTP://x.example/?a=b", true),
                ("https://y.example", true)
            ]
        );
    }

    #[test]
    fn an_address_in_a_comment_leaves_the_comment_its_end() {
        for (html, address) in [
            ("<!-- https://x.example/a-->", "https://x.example/a"),
            ("<!--https://x.example/a---->", "https://x.example/a--"),
            ("<!-- https://x.example/a--!>", "https://x.example/a"),
            ("<p>https://x.example/a-- b", "https://x.example/a--"),
        ] {
            let found = elsewhere(html.as_bytes(), &[]);
            assert_eq!(found.len(), 1, "{html}");
            assert_eq!(&html[found[0].clone()], address, "{html}");
        }
    }

    #[test]
    fn what_ends_a_sentence_ends_the_address_and_a_bracket_of_its_own_does_not() {
        for (text, address) in [
            ("Look: https://x.example/a, please", "https://x.example/a"),
            ("(https://x.example/a_(b))", "https://x.example/a_(b)"),
            ("https://x.example/a)b)", "https://x.example/a)b"),
            ("[https://x.example/?q=[1]].", "https://x.example/?q=[1]"),
            ("<URL:https://x.example/a>", "https://x.example/a"),
            ("\"https://x.example/\"", "https://x.example/"),
            ("https://x.example/a?!", "https://x.example/a"),
        ] {
            assert_eq!(found(text), [(address, true)], "{text}");
        }
    }

    #[test]
    fn where_programs_differ_it_is_not_clear() {
        let long = format!("https://x.example/{}", "a".repeat(60));
        for text in [
            "*https://x.example/a*",
            "_https://x.example/a_",
            "view-source:https://x.example/",
            "xhttps://x.example/",
            "https://x.example/\u{e9}",
            "https://x.example/a\u{a0}b",
            "<https://x.example/a\r\nb>",
            "<https://x.example/a b>",
            &format!("{long}\r\nbbb"),
        ] {
            assert!(!found(text)[0].1, "{text}");
        }
        for text in [
            format!("{long}\r\n\r\nbbb"),
            format!("{long} \r\nbbb"),
            format!("{long}.\r\n"),
            long,
        ] {
            assert!(found(&text)[0].1, "{text}");
        }
        let joined = addresses(b"https://x.example/a \r\nb", true);
        assert!(!joined[0].clear, "the line flows on without a blank");
    }

    #[test]
    fn addresses_in_html_end_before_a_reference_to_what_ends_them() {
        for (html, address) in [
            ("&lt;https://x.example/a&gt;", "https://x.example/a"),
            ("&quot;https://x.example/a.&quot;", "https://x.example/a"),
            ("https://x.example/a&nbsp;b", "https://x.example/a"),
            ("https://x.example/a&#160;b", "https://x.example/a"),
            ("https://x.example/a&#39;b", "https://x.example/a"),
            ("https://x.example/a&eacute;b", "https://x.example/a"),
            (
                "https://x.example/?a&amp;b=1&c=2.",
                "https://x.example/?a&amp;b=1&c=2",
            ),
            ("https://x.example/&#x2f;a;", "https://x.example/&#x2f;a"),
            ("https://x.example/?a&amp;).", "https://x.example/?a"),
            ("https://x.example/?a&", "https://x.example/?a"),
        ] {
            let found = elsewhere(html.as_bytes(), &[]);
            assert_eq!(found.len(), 1, "{html}");
            assert_eq!(&html[found[0].clone()], address, "{html}");
        }
        assert!(elsewhere(b"https://&gt;", &[]).is_empty());
    }

    #[test]
    fn addresses_in_html_end_before_a_link() {
        let html = b"<p title='http://a.example/'>http://b.example/ <a http://c.example/http://d.example/>";
        let link = memchr::memmem::find(html, b"http://d").unwrap();
        let link = link..html.len() - 1;
        let found: Vec<_> = elsewhere(html, std::slice::from_ref(&link))
            .into_iter()
            .map(|span| String::from_utf8_lossy(&html[span]).into_owned())
            .collect();
        let [a, b, c] = [
            "http://a.example/",
            "http://b.example/",
            "http://c.example/",
        ];
        assert_eq!(found, [a, b, c]);
    }

    #[test]
    fn what_is_put_in_leaves_lines_within_their_limit() {
        let text = format!(
            "a\n{} https://x.example/1 https://x.example/2\nb",
            "x".repeat(500)
        );
        let rooms: Vec<_> = addresses(text.as_bytes(), false)
            .iter()
            .map(|a| a.room)
            .collect();
        assert_eq!(rooms, [248, 248]);
        assert!(500 + 2 + rooms.iter().sum::<usize>() <= LINE_OCTETS_MAX);
    }
}
