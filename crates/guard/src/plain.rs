//! HTML as plain text for people: what they would have read, in that order, with links as numbered notes at the end.
//!
//! What nobody sees in HTML is left out. Opaque links stay, and say what they are. Own code and not a library, because what
//! is hidden, where a link leads and what it is called is known here and nowhere else; and because mails are laid out with
//! tables that must not come out as tables.

use url::Url;

use crate::clean::{KnownUrls, label};
use crate::find::{self, text_after, web};
use crate::individual::Identifiers;
use crate::judge::{self, Context};
use crate::markup::{Document, Element, Kind, Token};
use crate::style::{Hidden, Sheets};
use crate::vendor::Use;

/// Documents within documents.
const INNER_MAX: usize = 3;
/// Lists and quotations within each other, as far as they are shown.
const NESTED_MAX: usize = 8;
/// Most links that are noted.
const NOTES_MAX: usize = 2_000;

/// The text of a body.
pub(crate) fn write(document: &Document<'_>, context: &Context, known: &KnownUrls<'_>) -> String {
    let mut sheets = Sheets::default();
    let mut base = None;
    for (index, token) in document.tokens.iter().enumerate() {
        let Token::Start(element) = token else {
            continue;
        };
        if element.name == "style"
            && let Some(span) = text_after(document, index)
        {
            sheets.add(&find::masked(document.bytes(&span)));
        }
        if element.name == "base" && base.is_none() {
            base = document
                .value(element, "href")
                .and_then(|href| web(&href, None));
        }
    }
    let mut writer = Writer {
        context,
        known,
        sheets,
        base,
        page: Page::default(),
        notes: Vec::new(),
    };
    writer.document(document, None, 0);
    writer.finish()
}

/// A link that is noted: its address and what it is called, if anything.
struct Note {
    url: String,
    label: Option<String>,
}

struct Writer<'w> {
    context: &'w Context,
    known: &'w KnownUrls<'w>,
    sheets: Sheets,
    base: Option<Url>,
    page: Page,
    notes: Vec<Note>,
}

/// A start tag that is open.
struct Open {
    index: usize,
    hidden: Option<Hidden>,
    /// Where its text began, for links.
    from: (usize, usize),
    foreign: bool,
}

impl Writer<'_> {
    fn document(&mut self, document: &Document<'_>, outside: Option<Hidden>, depth: usize) {
        let mut open: Vec<Open> = Vec::new();
        for (index, token) in document.tokens.iter().enumerate() {
            let above = open.last().map_or(outside, |open| open.hidden);
            match token {
                Token::Start(element) => {
                    if !element.foreign {
                        while open.last().is_some_and(|open| open.foreign) {
                            open.pop();
                        }
                    }
                    let visual = find::visual(document, element, &self.sheets);
                    let unread = matches!(
                        element.name.as_str(),
                        "title" | "template" | "script" | "style" | "head"
                    );
                    let hidden = above
                        .or(visual.inherited())
                        .or(unread.then_some(Hidden::Switched));
                    if hidden.is_none() {
                        self.page.begin(element);
                        if element.name == "img" {
                            self.page.words(&alternative(document, element));
                        }
                        let shown =
                            matches!(element.name.as_str(), "noscript" | "noframes" | "noembed");
                        if shown
                            && depth < INNER_MAX
                            && let Some(span) = text_after(document, index)
                            && let Ok(inner) = document.inner(span)
                        {
                            self.document(&inner, hidden, depth + 1);
                        }
                    }
                    if element.open {
                        open.push(Open {
                            index,
                            hidden,
                            from: self.page.here(),
                            foreign: element.foreign,
                        });
                    }
                }
                Token::End(start) => {
                    let Ok(at) = open.binary_search_by_key(start, |open| open.index) else {
                        continue;
                    };
                    let ended = open.drain(at..).next();
                    if let (Some(ended), Some(Token::Start(element))) =
                        (ended, document.tokens.get(*start))
                        && ended.hidden.is_none()
                    {
                        if element.name == "a" && self.page.has_text_since(ended.from) {
                            self.link(document, element, ended.from);
                        }
                        self.page.end(element);
                    }
                }
                Token::Text(span, Kind::Data)
                    if above.is_none() && !open.last().is_some_and(|open| open.foreign) =>
                {
                    let raw = document.characters(span.clone());
                    let text = mail::decode_attribute(&raw).unwrap_or_else(|| raw.clone());
                    self.page.text(&text);
                }
                Token::Text(..) | Token::Comment(_) => {}
            }
        }
    }

    fn link(&mut self, document: &Document<'_>, element: &Element, from: (usize, usize)) {
        let Some(href) = document.value(element, "href") else {
            return;
        };
        let trimmed = href.trim();
        let lower = trimmed.to_ascii_lowercase();
        let (url, label) = if lower.starts_with("mailto:") || lower.starts_with("tel:") {
            let address = trimmed.split_once(':').map_or("", |(_, address)| address);
            (address.to_owned(), None)
        } else {
            let Some(url) = web(&href, self.base.as_ref()) else {
                return;
            };
            let led = judge::destination(&url, self.context).unwrap_or(url.clone());
            let label = if led == url {
                match self.known.get(url.as_str()) {
                    Some(finding) => label(finding),
                    None => self
                        .context
                        .known(&url, Use::Click)
                        .map(|known| format!("tracked link: {} learns of it", known.vendor)),
                }
            } else {
                None
            };
            (unlinked(&led), label)
        };
        let shown = self.page.since(from);
        let same = |a: &str, b: &str| a.trim_end_matches('/') == b.trim_end_matches('/');
        if label.is_none()
            && (same(&shown, &url)
                || url
                    .split_once("://")
                    .is_some_and(|(_, rest)| same(&shown, rest)))
        {
            return;
        }
        let number = match self
            .notes
            .iter()
            .take(NOTES_MAX)
            .position(|note| note.url == url)
        {
            Some(at) => at + 1,
            None if self.notes.len() < NOTES_MAX => {
                self.notes.push(Note { url, label });
                self.notes.len()
            }
            None => return,
        };
        self.page.words(&format!(" [{number}]"));
    }

    fn finish(self) -> String {
        let mut text = self.page.finish();
        if !self.notes.is_empty() {
            text.push_str("\nLinks:\n");
        }
        for (index, note) in self.notes.iter().enumerate() {
            let number = index + 1;
            match &note.label {
                Some(label) => text.push_str(&format!("[{number}] ({label})\n    {}\n", note.url)),
                None => text.push_str(&format!("[{number}] {}\n", note.url)),
            }
        }
        text
    }
}

/// An address whose host alone names the recipient is looked up by programs that make links of what looks like one. It is
/// written so that it does not.
fn unlinked(url: &Url) -> String {
    let text = url.to_string();
    if Identifiers::of(url).in_host.is_empty() {
        return text;
    }
    text.replacen('.', "[.]", 1)
}

fn alternative(document: &Document<'_>, element: &Element) -> String {
    let words = document.value(element, "alt").unwrap_or_default();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() {
        words
    } else {
        format!("[{words}]")
    }
}

/// The text as it grows: a line at a time.
#[derive(Default)]
struct Page {
    lines: Vec<String>,
    line: String,
    /// A blank is due before the next word.
    blank: bool,
    /// Empty lines that are due before the next line.
    gap: usize,
    quotes: usize,
    /// Of open lists: the next number, or none for bullets.
    lists: Vec<Option<usize>>,
    preformatted: usize,
}

impl Page {
    fn here(&self) -> (usize, usize) {
        (self.lines.len(), self.line.len())
    }

    fn since(&self, (line, column): (usize, usize)) -> String {
        if line < self.lines.len() {
            return String::new(); // Over lines: no address.
        }
        self.line
            .get(column..)
            .unwrap_or_default()
            .trim()
            .to_owned()
    }

    fn has_text_since(&self, from: (usize, usize)) -> bool {
        self.lines.len() > from.0 || self.line.len() > from.1
    }

    fn begin(&mut self, element: &Element) {
        match element.name.as_str() {
            "br" => self.break_line(),
            "hr" => {
                self.paragraph(1);
                self.line
                    .push_str("----------------------------------------");
                self.paragraph(1);
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "dl" | "form" | "figure" => {
                self.paragraph(1);
            }
            "ul" | "ol" | "menu" | "dir" => {
                self.paragraph(usize::from(self.lists.is_empty()));
                if self.lists.len() < NESTED_MAX {
                    self.lists.push((element.name == "ol").then_some(1));
                }
            }
            "li" => {
                self.paragraph(0);
                let indent = "  ".repeat(self.lists.len().saturating_sub(1));
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{indent}{}. ", *number - 1)
                    }
                    _ => format!("{indent}- "),
                };
                self.line.push_str(&mark);
                self.blank = false;
            }
            "blockquote" => {
                self.paragraph(1);
                self.quotes += 1;
            }
            "pre" => {
                self.paragraph(1);
                self.preformatted += 1;
            }
            "td" | "th" if !self.line.trim().is_empty() => {
                self.line.push_str("  ");
                self.blank = false;
            }
            name if is_block(name) => self.paragraph(0),
            _ => {}
        }
    }

    fn end(&mut self, element: &Element) {
        match element.name.as_str() {
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "dl" | "form" | "figure" => {
                self.paragraph(1);
            }
            "ul" | "ol" | "menu" | "dir" => {
                self.lists.pop();
                self.paragraph(usize::from(self.lists.is_empty()));
            }
            "blockquote" => {
                self.paragraph(1);
                self.quotes = self.quotes.saturating_sub(1);
            }
            "pre" => {
                self.paragraph(1);
                self.preformatted = self.preformatted.saturating_sub(1);
            }
            name if is_block(name) || name == "li" => self.paragraph(0),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                // Filling for previews, and marks that break words where nobody sees it.
                '\u{200b}'..='\u{200d}'
                | '\u{feff}'
                | '\u{34f}'
                | '\u{ad}'
                | '\u{2060}'
                | '\0'
                | '\r' => {}
                '\n' if self.preformatted > 0 => self.break_line(),
                ' ' | '\t' if self.preformatted > 0 => self.line.push(' '),
                c if c.is_whitespace() => self.blank = true,
                c => self.push(c),
            }
        }
    }

    fn words(&mut self, words: &str) {
        if words.is_empty() {
            return;
        }
        let mut chars = words.chars();
        if words.starts_with(' ') {
            self.blank = true;
            chars.next();
        }
        for c in chars {
            if c == ' ' {
                self.blank = true;
            } else {
                self.push(c);
            }
        }
    }

    fn push(&mut self, c: char) {
        if std::mem::take(&mut self.blank) && !self.line.is_empty() && !self.line.ends_with(' ') {
            self.line.push(' ');
        }
        if !c.is_control() {
            self.line.push(c);
        }
    }

    /// End the line, if there is one, and let `gap` lines stay empty before the next.
    fn paragraph(&mut self, gap: usize) {
        if !self.line.trim().is_empty() {
            self.flush();
        }
        self.line.clear();
        self.blank = false;
        self.gap = self.gap.max(gap);
    }

    fn break_line(&mut self) {
        if self.line.trim().is_empty() {
            self.gap = (self.gap + 1).min(1);
            self.line.clear();
        } else {
            self.flush();
        }
        self.blank = false;
    }

    fn flush(&mut self) {
        let mark = "> ".repeat(self.quotes.min(NESTED_MAX));
        if std::mem::take(&mut self.gap) > 0 && !self.lines.is_empty() {
            self.lines.push(mark.trim_end().to_owned());
        }
        let line = std::mem::take(&mut self.line);
        self.lines.push(format!("{mark}{}", line.trim_end()));
    }

    fn finish(mut self) -> String {
        self.paragraph(0);
        let mut text = self.lines.join("\n");
        text.push('\n');
        text
    }
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "body"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "div"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "footer"
            | "header"
            | "html"
            | "main"
            | "nav"
            | "option"
            | "section"
            | "summary"
            | "tbody"
            | "tfoot"
            | "thead"
            | "tr"
    )
}

#[cfg(test)]
mod tests {
    use crate::clean::{Mode, Pictures, clean};

    fn text(html: &str) -> String {
        let raw = format!("From: a@x.example\nContent-Type: text/html; charset=utf-8\n\n{html}");
        let mail = mail::whole(raw.as_bytes()).unwrap();
        let cleaned = clean(&mail, Mode::Text, Pictures::Block, &[])
            .unwrap()
            .bytes;
        let mail = mail::whole(&cleaned).unwrap();
        let text = mail.text(0).unwrap();
        text.read(0..text.view().len()).into_owned()
    }

    #[test]
    fn what_people_would_have_read() {
        for (html, expected) in [
            (
                "<p>Dear  Ada,<p>we <b>write</b> to\nyou.",
                "Dear Ada,\n\nwe write to you.\n",
            ),
            ("a<br>b<br><br>c", "a\nb\n\nc\n"),
            (
                "<ul><li>one<li>two<ol><li>x</ol></ul>",
                "- one\n- two\n  1. x\n",
            ),
            (
                "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>",
                "a  b\nc\n",
            ),
            ("<div style=display:none>preview &zwnj;</div><p>x", "x\n"),
            ("<blockquote><p>a<p>b</blockquote>c", "> a\n>\n> b\n\nc\n"),
            ("<pre>a\n  b</pre>", "a\n  b\n"),
            (
                "x<hr>y",
                "x\n\n----------------------------------------\n\ny\n",
            ),
            (
                "<h1>&Uuml;ber &lt;uns&gt;</h1>caf&eacute;",
                "Über <uns>\n\ncafé\n",
            ),
            ("<title>t</title><style>x</style><script>y</script>z", "z\n"),
            ("<p dir=rtl>שלום</p>", "שלום\n"),
            (
                "<img src=cid:x alt=Logo> <img src=https://x.example/p width=1 height=1>",
                "[Logo]\n",
            ),
            ("<svg><text>no</text></svg><p>yes", "yes\n"),
            ("<noscript><p>shown</p></noscript>", "shown\n"),
        ] {
            assert_eq!(text(html), expected, "{html}");
        }
    }

    #[test]
    fn links_are_notes_and_say_what_they_are() {
        let html = "<a href=https://x.example/a>one</a> <a href=https://x.example/a>two</a> <a href=https://y.example/>y.example</a> \
                    <a href='https://u1.ct.sendgrid.net/ls/click?upn=x'>sale</a> <a href=mailto:a@x.example>write</a> <a href=javascript:x>no</a>";
        assert_eq!(
            text(html),
            "one [1] two [1] y.example sale [2] write [3] no\n\nLinks:\n[1] https://x.example/a\n[2] (tracked link: SendGrid learns of it)\n    \
             https://u1.ct.sendgrid.net/ls/click?upn=x\n[3] a@x.example\n"
        );
    }

    #[test]
    fn a_host_that_names_the_recipient_is_no_link() {
        let out = text("<a href=https://8d7f3c2a91b04e56a1b2.t.example/x>one</a>");
        assert!(
            out.contains("https://8d7f3c2a91b04e56a1b2[.]t.example/x"),
            "{out}"
        );
    }
}
