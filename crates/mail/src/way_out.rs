//! The way out of a mailing: which links lead there, by the headers and by words. Such links are left as they are.
//!
//! Words are looked for in the address, in what a link shows, and, where that only points ("click here"), in the sentence
//! around it. In doubt a link is a way out: the cost is one link that is not tracked.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use url::Url;

mod words;

use words::{ADDRESS_WORDS, POINTING, POINTING_BYTES_MAX, SENTENCE_WORDS, SHOWN_WORDS};

/// The URLs in angle brackets of a List-Unsubscribe value (RFC 2369), as the URL standard writes them.
pub(crate) fn targets(value: &str) -> Vec<String> {
    value
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .filter_map(|(target, _)| Url::parse(&target.split_whitespace().collect::<String>()).ok())
        .map(String::from)
        .collect()
}

/// Is this a way out of a mailing, by the words in its address or in the HTML that it shows? When in doubt yes: the
/// cost is one link left as it is.
pub(crate) fn is_one(address: &str, shown: &str) -> bool {
    IN_ADDRESS.is_match(path_and_query(address)) || shows_way_out(shown)
}

/// Of an address as the URL standard writes it.
fn path_and_query(address: &str) -> &str {
    const SHORTEST_ORIGIN: usize = "http://x".len();
    let bytes = address.as_bytes();
    let path = bytes.get(SHORTEST_ORIGIN..).unwrap_or_default();
    let path = memchr::memchr(b'/', path).map_or(bytes.len(), |at| SHORTEST_ORIGIN + at);
    let fragment = memchr::memchr(b'#', bytes).unwrap_or(bytes.len());
    &address[path.min(fragment)..fragment]
}

/// Tags within a phrase only change the style of its words; what stands in a tag is looked at on its own, for the texts of
/// pictures.
fn shows_way_out(html: &str) -> bool {
    let mut pieces = html.split('<');
    let mut text = Cow::Borrowed(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (tag, after) = piece.split_once('>').unwrap_or((piece, ""));
        if says_way_out(tag) {
            return true;
        }
        text += after;
    }
    says_way_out(&text)
}

/// Does a link show nothing but that it is one? Then the words around it say what it is for.
pub(crate) fn only_points(shown: &str) -> bool {
    const TAGS_BYTES_MAX: usize = 300;
    let is_short = |text: &str| text.len() <= POINTING_BYTES_MAX;
    if shown.len() > TAGS_BYTES_MAX
        || !is_short(shown) && memchr::memchr(b'<', shown.as_bytes()).is_none()
    {
        return false;
    }
    let text = without_tags(shown);
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    is_short(text) && POINTING.contains(&&*text.to_lowercase())
}

/// How much before and behind a link is looked at for its sentence.
pub(crate) const SENTENCE_BYTES: usize = 250;

/// The sentence that a link stands in, by what precedes its tag and what follows from its end tag on in HTML: not over the
/// next link, a paragraph or a cell.
pub(crate) fn sentence(before: &str, after: &str) -> String {
    let ends = |text: &str, tag: usize| {
        let tag = &text.as_bytes()[tag + 1..];
        let tag = tag.strip_prefix(b"/").unwrap_or(tag);
        let name = tag.iter().position(|b| !b.is_ascii_alphanumeric());
        let name = &tag[..name.unwrap_or(tag.len())];
        EDGES.iter().any(|edge| name.eq_ignore_ascii_case(edge))
    };
    let edge = memchr::memrchr_iter(b'<', before.as_bytes()).find(|tag| ends(before, *tag));
    let before = edge.map_or(before, |tag| &before[tag..]);
    let before = match before.find(['<', '>']) {
        // It begins within a tag.
        Some(at) if before[at..].starts_with('>') => &before[at + 1..],
        _ => before,
    };
    let own_end = after.strip_prefix('<').and_then(|tag| tag.split_once('>'));
    let after = own_end.map_or(after, |(_, after)| after);
    let edge = memchr::memchr_iter(b'<', after.as_bytes()).find(|tag| ends(after, *tag));
    let after = edge.map_or(after, |tag| &after[..tag]);
    let (before, after) = (without_tags(before), without_tags(after));
    let marks = [". ", "! ", "? ", ".\n", ".\r"];
    let from = marks.iter().filter_map(|mark| before.rfind(mark)).max();
    let to = after.find(['.', '!', '?']).unwrap_or(after.len());
    format!(
        "{} {}",
        &before[from.map_or(0, |at| at + 1)..],
        &after[..to]
    )
}

/// Where a sentence ends that has no full stop.
const EDGES: &[&[u8]] = &[
    b"a", b"p", b"div", b"td", b"th", b"tr", b"li", b"table", b"h1", b"h2", b"h3", b"hr",
];

fn without_tags(html: &str) -> Cow<'_, str> {
    let mut pieces = html.split('<');
    let mut text = Cow::Borrowed(pieces.next().unwrap_or_default());
    for piece in pieces {
        text += piece.split_once('>').map_or("", |(_, after)| after);
    }
    text
}

/// Does a sentence around a link that only points say that it is a way out?
pub(crate) fn sentence_says_so(sentence: &str) -> bool {
    let words: Vec<_> = sentence.split_whitespace().collect();
    IN_SENTENCE.is_match(&words.join(" ").to_lowercase())
}

fn says_way_out(words: &str) -> bool {
    let is_plain = |b: u8| matches!(b, b' '..=b'~');
    if words.bytes().fold(true, |all, b| all & is_plain(b)) {
        return IN_SHOWN.is_match(words);
    }
    // However a phrase is laid out in lines, one blank parts its words.
    let words: Vec<_> = words.split_whitespace().collect();
    IN_SHOWN.is_match(&words.join(" ").to_lowercase())
}

static IN_ADDRESS: LazyLock<Words> = LazyLock::new(|| Words::of(ADDRESS_WORDS));
static IN_SHOWN: LazyLock<Words> = LazyLock::new(|| Words::of(SHOWN_WORDS));
static IN_SENTENCE: LazyLock<Words> =
    LazyLock::new(|| Words::of(&[SHOWN_WORDS, SENTENCE_WORDS].concat()));

/// Fifty words at once: one by one they would cost more than all the rest of reading a link. None where a list is longer
/// than can be searched for, which these are not; then every link counts as a way out, and stays as it is.
struct Words(Option<AhoCorasick>);

impl Words {
    fn of(words: &[&str]) -> Self {
        let built = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(words);
        Self(built.ok())
    }

    fn is_match(&self, text: &str) -> bool {
        self.0.as_ref().is_none_or(|words| words.is_match(text))
    }
}

/// How much of the text around an address is looked at for words that say it is a way out.
const AROUND_BYTES: usize = 120;

/// Its line, and the one above where that introduces it: "To unsubscribe:" and the address on the next line.
pub(crate) fn around(view: &[u8], span: &Range<usize>) -> Vec<u8> {
    let before = &view[span.start.saturating_sub(AROUND_BYTES)..span.start];
    let after = &view[span.end..view.len().min(span.end + AROUND_BYTES)];
    let mut above = before.rsplit(|b| *b == b'\n');
    let same = above.next().unwrap_or_default();
    let alone = !same.iter().any(u8::is_ascii_alphanumeric);
    let above = above.next().filter(|_| alone).unwrap_or_default();
    let after = after.split(|b| *b == b'\n').next().unwrap_or_default();
    [above, b" ", same, after].concat()
}

#[cfg(test)]
mod tests;
