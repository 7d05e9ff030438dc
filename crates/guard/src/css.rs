//! CSS as a flat list of tokens with their places, and what in it loads something.
//!
//! `cssparser` takes it apart, so escapes (`\75 rl(`), comments and unclosed `url(` read as browsers read them. Places are
//! byte offsets into the text that was given. Nesting beyond [`DEPTH_MAX`] is passed over when looking, and what is passed
//! over never gets into what [`crate::protect`] writes.

use std::ops::Range;

use cssparser::{Parser, ParserInput, Token};

/// Deepest nesting of blocks and functions.
const DEPTH_MAX: usize = 24;
/// Most tokens of one style sheet.
const TOKENS_MAX: usize = 400_000;

/// A token and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Lexeme<'i> {
    pub(crate) what: What<'i>,
    pub(crate) span: Range<usize>,
}

/// A token, or the end of what one opened.
#[derive(Debug, Clone)]
pub(crate) enum What<'i> {
    Token(Token<'i>),
    /// Of a block or function.
    Close,
}

/// All tokens, comments left out.
pub(crate) fn lexemes(text: &str) -> Vec<Lexeme<'_>> {
    let mut input = ParserInput::new(text);
    let mut parser = Parser::new(&mut input);
    let mut found = Vec::new();
    flatten(&mut parser, 0, &mut found);
    found
}

fn flatten<'i>(parser: &mut Parser<'i, '_>, depth: usize, found: &mut Vec<Lexeme<'i>>) {
    loop {
        let start = parser.position().byte_index();
        let Ok(token) = parser.next_including_whitespace_and_comments().cloned() else {
            return;
        };
        let span = start..parser.position().byte_index();
        if found.len() >= TOKENS_MAX {
            continue;
        }
        let opens = matches!(
            token,
            Token::Function(_)
                | Token::ParenthesisBlock
                | Token::SquareBracketBlock
                | Token::CurlyBracketBlock
        );
        if matches!(token, Token::Comment(_)) {
            continue;
        }
        found.push(Lexeme {
            what: What::Token(token),
            span,
        });
        if opens {
            if depth < DEPTH_MAX {
                let _ = parser.parse_nested_block(|inner| {
                    flatten(inner, depth + 1, found);
                    Ok::<(), cssparser::ParseError<'_, ()>>(())
                });
            }
            let end = parser.position().byte_index();
            found.push(Lexeme {
                what: What::Close,
                span: end..end,
            });
        }
    }
}

/// How CSS refers to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// `url(…)`
    Url,
    /// `@import`
    Import,
    /// `url()` within `@font-face`
    Font,
    /// A text within `image-set()`, `image()`, `src()` and their kin, or one that looks like an address anywhere else.
    Text,
}

/// Something that CSS refers to.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) url: String,
    pub(crate) way: Way,
    /// The whole token or function, to be replaced.
    pub(crate) span: Range<usize>,
}

/// What is referred to.
pub(crate) fn references(lexemes: &[Lexeme<'_>]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut rule = ""; // the at-rule that we are in or before
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(lexeme) = lexemes.get(at) {
        let mut add = |url: &str, way, span: Range<usize>| {
            let way = match rule {
                "import" => Way::Import,
                "font-face" if way == Way::Url => Way::Font,
                _ => way,
            };
            found.push(Found {
                url: url.to_owned(),
                way,
                span,
            });
        };
        let What::Token(token) = &lexeme.what else {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                rule = "";
            }
            at += 1;
            continue;
        };
        match token {
            Token::AtKeyword(name) => {
                rule = match name.to_ascii_lowercase().as_str() {
                    "import" => "import",
                    "font-face" => "font-face",
                    _ => "other",
                };
            }
            Token::Semicolon if depth == 0 => rule = "",
            Token::UnquotedUrl(url) | Token::BadUrl(url) => {
                add(url, Way::Url, lexeme.span.clone());
            }
            Token::Function(name)
                if name.eq_ignore_ascii_case("url") || name.eq_ignore_ascii_case("src") =>
            {
                let inner = lexemes.get(at + 1..).unwrap_or_default();
                let close = inner.iter().position(|l| matches!(l.what, What::Close));
                let text = inner
                    .iter()
                    .take(close.unwrap_or(0))
                    .find_map(|l| match &l.what {
                        What::Token(Token::QuotedString(text)) => Some(text.to_string()),
                        _ => None,
                    });
                if let (Some(text), Some(close)) = (text, close) {
                    let end = inner[close].span.end;
                    add(&text, Way::Url, lexeme.span.start..end);
                    at += close + 2;
                    continue;
                }
                depth += 1;
            }
            Token::Function(_)
            | Token::ParenthesisBlock
            | Token::SquareBracketBlock
            | Token::CurlyBracketBlock => depth += 1,
            Token::QuotedString(text) if rule == "import" || looks_remote(text) => {
                add(text, Way::Text, lexeme.span.clone());
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Would a text be an address if it were taken for one?
pub(crate) fn looks_remote(text: &str) -> bool {
    let start = text.trim_start_matches(|c: char| c <= ' ').as_bytes();
    let begins = |scheme: &[u8]| {
        start
            .get(..scheme.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    };
    begins(b"http:")
        || begins(b"https:")
        || begins(b"//")
        || begins(b"ftp:")
        || begins(b"\\\\")
        || begins(b"/\\")
}

/// A text with some spans replaced.
pub(crate) fn replaced(text: &str, spans: &[(Range<usize>, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (span, new) in spans {
        if span.start < at {
            continue;
        }
        out.push_str(text.get(at..span.start).unwrap_or_default());
        out.push_str(new);
        at = span.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// A declaration: its name and where its value's lexemes are.
#[derive(Debug, Clone)]
pub(crate) struct Declaration<'l, 'i> {
    pub(crate) name: String,
    pub(crate) value: &'l [Lexeme<'i>],
}

/// The declarations of a block, or of a `style` attribute. Nested blocks are no declarations.
pub(crate) fn declarations<'l, 'i>(lexemes: &'l [Lexeme<'i>]) -> Vec<Declaration<'l, 'i>> {
    let mut found = Vec::new();
    for piece in split(lexemes) {
        let mut rest = piece;
        while let [
            Lexeme {
                what: What::Token(Token::WhiteSpace(_)),
                ..
            },
            after @ ..,
        ] = rest
        {
            rest = after;
        }
        let [
            Lexeme {
                what: What::Token(Token::Ident(name)),
                ..
            },
            after @ ..,
        ] = rest
        else {
            continue;
        };
        let name = name.to_ascii_lowercase();
        let colon = after
            .iter()
            .position(|l| !matches!(l.what, What::Token(Token::WhiteSpace(_))));
        let Some(colon) = colon.filter(|at| matches!(after[*at].what, What::Token(Token::Colon)))
        else {
            continue;
        };
        found.push(Declaration {
            name,
            value: &after[colon + 1..],
        });
    }
    found
}

/// Pieces between semicolons of the outermost level.
fn split<'l, 'i>(lexemes: &'l [Lexeme<'i>]) -> Vec<&'l [Lexeme<'i>]> {
    let mut pieces = Vec::new();
    let (mut depth, mut start) = (0usize, 0);
    for (index, lexeme) in lexemes.iter().enumerate() {
        match &lexeme.what {
            What::Close => depth = depth.saturating_sub(1),
            What::Token(Token::Semicolon) if depth == 0 => {
                pieces.push(&lexemes[start..index]);
                start = index + 1;
            }
            What::Token(token) if opens(token) => depth += 1,
            What::Token(_) => {}
        }
    }
    pieces.push(&lexemes[start..]);
    pieces
}

/// A rule of a style sheet.
#[derive(Debug)]
pub(crate) struct Rule<'l, 'i> {
    /// `media` of `@media`.
    pub(crate) at: Option<String>,
    pub(crate) prelude: &'l [Lexeme<'i>],
    /// None for a rule without a block, such as `@import`.
    pub(crate) block: Option<&'l [Lexeme<'i>]>,
}

/// The rules of a style sheet, or of a block that holds rules.
pub(crate) fn rules<'l, 'i>(lexemes: &'l [Lexeme<'i>]) -> Vec<Rule<'l, 'i>> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut start = 0;
    let mut name: Option<String> = None;
    while let Some(lexeme) = lexemes.get(at) {
        match &lexeme.what {
            What::Token(Token::AtKeyword(keyword)) if blank(&lexemes[start..at]) => {
                name = Some(keyword.to_ascii_lowercase());
                start = at + 1;
            }
            What::Token(Token::Semicolon) if name.is_some() => {
                found.push(Rule {
                    at: name.take(),
                    prelude: &lexemes[start..at],
                    block: None,
                });
                start = at + 1;
            }
            What::Token(Token::CDO | Token::CDC) if blank(&lexemes[start..at]) => start = at + 1,
            What::Token(token) if opens(token) => {
                let end = closing(lexemes, at);
                if matches!(token, Token::CurlyBracketBlock) {
                    found.push(Rule {
                        at: name.take(),
                        prelude: &lexemes[start..at],
                        block: Some(&lexemes[at + 1..end]),
                    });
                    start = end + 1;
                }
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn blank(lexemes: &[Lexeme<'_>]) -> bool {
    lexemes
        .iter()
        .all(|l| matches!(l.what, What::Token(Token::WhiteSpace(_))))
}

pub(crate) fn opens(token: &Token<'_>) -> bool {
    matches!(
        token,
        Token::Function(_)
            | Token::ParenthesisBlock
            | Token::SquareBracketBlock
            | Token::CurlyBracketBlock
    )
}

/// Where what opens at `at` is closed.
fn closing(lexemes: &[Lexeme<'_>], at: usize) -> usize {
    let mut depth = 0usize;
    for (index, lexeme) in lexemes.iter().enumerate().skip(at) {
        match &lexeme.what {
            What::Token(token) if opens(token) => depth += 1,
            What::Token(_) => {}
            What::Close => {
                depth -= 1;
                if depth == 0 {
                    return index;
                }
            }
        }
    }
    lexemes.len().saturating_sub(1).max(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(text: &str) -> Vec<(String, Way)> {
        let found = references(&lexemes(text));
        found
            .into_iter()
            .map(|found| (found.url, found.way))
            .collect()
    }

    #[test]
    fn what_css_refers_to_in_every_disguise() {
        for (text, way) in [
            ("a{background:url(https://x.example/a)}", Way::Url),
            ("background:URL( 'https://x.example/a' )", Way::Url),
            ("background:\\75\\72\\6C(https://x.example/a)", Way::Url),
            ("background:\\75 rl(\"https://x.example/a\")", Way::Url),
            ("background:u\\72l(https:\\2f\\2fx.example/a)", Way::Url),
            ("background:url(https://x.example/a", Way::Url),
            ("background:url('https://x.example/a", Way::Url),
            ("a{b:image-set('https://x.example/a' 1x)}", Way::Text),
            (
                "a{b:-webkit-image-set(url(https://x.example/a) 1x)}",
                Way::Url,
            ),
            ("a{b:src('https://x.example/a')}", Way::Url),
            ("a{--x:url(https://x.example/a);b:var(--x)}", Way::Url),
            ("@import 'https://x.example/a';", Way::Import),
            ("@import/**/url(https://x.example/a) screen;", Way::Import),
            (
                "@font-face{font-family:x;src:url(https://x.example/a)}",
                Way::Font,
            ),
            ("<!-- a{b:url(https://x.example/a)} -->", Way::Url),
            ("@media x{a{b:url(https://x.example/a)}}", Way::Url),
        ] {
            assert_eq!(
                urls(text),
                [("https://x.example/a".to_owned(), way)],
                "{text}"
            );
        }
        assert_eq!(urls("a{b:url(cid:x)} c{content:'words'}").len(), 1);
    }

    #[test]
    fn rules_and_declarations() {
        let text = "@import 'a'; p.x , b{color:red;width:1px!important} @media (x){i{y:z}}";
        let lexemes = lexemes(text);
        let rules = rules(&lexemes);
        let names: Vec<_> = rules.iter().map(|rule| rule.at.as_deref()).collect();
        assert_eq!(names, [Some("import"), None, Some("media")]);
        let declared = declarations(rules[1].block.unwrap());
        let names: Vec<_> = declared.iter().map(|d| d.name.as_str()).collect();
        assert_eq!(names, ["color", "width"]);
    }

    #[test]
    fn any_depth_and_any_nonsense_ends() {
        for text in [
            "{".repeat(100_000),
            "url(".repeat(1000),
            "a{b:c(".repeat(9999),
            "}}}]])".repeat(99),
        ] {
            let lexemes = lexemes(&text);
            references(&lexemes);
            rules(&lexemes);
            declarations(&lexemes);
        }
    }
}
