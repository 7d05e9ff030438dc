//! CSS written anew from lists of properties, functions and kinds of tokens. No address is among them, in no spelling.

use cssparser::{ToCss, Token};

use crate::css::{self, Declaration, Lexeme, What};

/// Properties that lay out and colour.
const PROPERTIES: &[&str] = &[
    "-ms-text-size-adjust",
    "-webkit-font-smoothing",
    "-webkit-text-size-adjust",
    "align-content",
    "align-items",
    "align-self",
    "background",
    "background-color",
    "box-shadow",
    "box-sizing",
    "caption-side",
    "clear",
    "color",
    "color-scheme",
    "direction",
    "display",
    "empty-cells",
    "flex",
    "flex-basis",
    "flex-direction",
    "flex-flow",
    "flex-grow",
    "flex-shrink",
    "flex-wrap",
    "float",
    "gap",
    "height",
    "hyphens",
    "justify-content",
    "justify-items",
    "letter-spacing",
    "line-height",
    "list-style",
    "list-style-position",
    "list-style-type",
    "max-height",
    "max-width",
    "min-height",
    "min-width",
    "object-fit",
    "opacity",
    "order",
    "outline",
    "outline-color",
    "outline-style",
    "outline-width",
    "overflow",
    "overflow-wrap",
    "overflow-x",
    "overflow-y",
    "page-break-after",
    "page-break-before",
    "page-break-inside",
    "table-layout",
    "unicode-bidi",
    "vertical-align",
    "visibility",
    "white-space",
    "width",
    "word-break",
    "word-spacing",
    "word-wrap",
];
/// All properties with these beginnings, but for those with pictures.
const FAMILIES: &[&str] = &["border", "font", "margin", "mso-", "padding", "text-"];
const FUNCTIONS: &[&str] = &["calc", "clamp", "hsl", "hsla", "max", "min", "rgb", "rgba"];
/// `@media` within `@media`.
const DEPTH_MAX: usize = 3;

fn is_property(name: &str) -> bool {
    let family = FAMILIES.iter().any(|family| name.starts_with(family));
    PROPERTIES.contains(&name) || family && !name.contains("image")
}

/// The declarations that are allowed, each ending in a semicolon.
pub(super) fn declarations(lexemes: &[Lexeme<'_>]) -> String {
    let allowed = css::declarations(lexemes);
    allowed.iter().filter_map(declaration).collect()
}

fn declaration(declared: &Declaration<'_, '_>) -> Option<String> {
    if !is_property(&declared.name) {
        return None;
    }
    let strings = declared.name.starts_with("font") || declared.name.starts_with("mso-");
    let value = tokens(declared.value, |token| match token {
        Token::Ident(_)
        | Token::Hash(_)
        | Token::IDHash(_)
        | Token::Number { .. }
        | Token::Percentage { .. }
        | Token::Dimension { .. }
        | Token::WhiteSpace(_)
        | Token::Comma
        | Token::ParenthesisBlock
        | Token::Delim('+' | '-' | '*' | '/' | '.' | '!') => true,
        Token::QuotedString(_) => strings,
        Token::Function(name) => FUNCTIONS
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known)),
        _ => false,
    })?;
    let value = value.trim();
    (!value.is_empty()).then(|| format!("{}:{value};", declared.name))
}

/// The tokens as text, if all are allowed. Nothing in it could end an element.
fn tokens(lexemes: &[Lexeme<'_>], is_allowed: impl Fn(&Token<'_>) -> bool) -> Option<String> {
    let mut text = String::new();
    let mut closing: Vec<char> = Vec::new();
    for lexeme in lexemes {
        match &lexeme.what {
            What::Close => text.push(closing.pop()?),
            What::Token(token) if !is_allowed(token) => return None,
            What::Token(Token::WhiteSpace(_)) => text.push(' '),
            What::Token(token) => {
                if css::opens(token) {
                    closing.push(match token {
                        Token::CurlyBracketBlock => '}',
                        Token::SquareBracketBlock => ']',
                        _ => ')',
                    });
                }
                text.push_str(&token.to_css_string());
            }
        }
    }
    (closing.is_empty() && !text.contains(['<', '\\']) && text.is_ascii()).then_some(text)
}

/// The rules that are allowed.
pub(super) fn rules(lexemes: &[Lexeme<'_>], depth: usize) -> String {
    let mut out = String::new();
    for rule in css::rules(lexemes) {
        let Some(block) = rule.block else { continue };
        match rule.at.as_deref() {
            None => {
                let declared = declarations(block);
                if let Some(selector) = selector(rule.prelude)
                    && !declared.is_empty()
                {
                    out.push_str(&format!("{selector}{{{declared}}}\n"));
                }
            }
            Some("media") if depth < DEPTH_MAX => {
                let inner = rules(block, depth + 1);
                if let Some(query) = query(rule.prelude)
                    && !inner.is_empty()
                {
                    out.push_str(&format!("@media {query}{{{inner}}}\n"));
                }
            }
            Some(_) => {}
        }
    }
    out
}

fn selector(prelude: &[Lexeme<'_>]) -> Option<String> {
    let allowed = |token: &Token<'_>| {
        matches!(
            token,
            Token::Ident(_)
                | Token::IDHash(_)
                | Token::Comma
                | Token::Colon
                | Token::WhiteSpace(_)
                | Token::Delim('.' | '+' | '~' | '*' | '>')
        )
    };
    let text = tokens(prelude, allowed)?;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

fn query(prelude: &[Lexeme<'_>]) -> Option<String> {
    let text = tokens(prelude, |token| {
        matches!(
            token,
            Token::Ident(_)
                | Token::Comma
                | Token::Colon
                | Token::WhiteSpace(_)
                | Token::ParenthesisBlock
                | Token::Number { .. }
                | Token::Dimension { .. }
                | Token::Delim('/')
        )
    })?;
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(text: &str) -> String {
        declarations(&css::lexemes(text))
    }

    #[test]
    fn layout_stays_and_addresses_do_not() {
        for (before, after) in [
            (
                "color:red; font-family: 'Open Sans', Arial",
                "color:red;font-family:\"Open Sans\", Arial;",
            ),
            (
                "width:calc(100% - 10px)!important",
                "width:calc(100% - 10px)!important;",
            ),
            ("background:#fff url(https://x.example/)", ""),
            ("background:\\75rl(https://x.example/)", ""),
            ("background-image:none;color:blue", "color:blue;"),
            (
                "border-image:url(x) 1;border:1px solid rgb(1,2,3)",
                "border:1px solid rgb(1,2,3);",
            ),
            ("--a:url(x);color:var(--a)", ""),
            ("width:expression(alert(1))", ""),
            ("font-family:'</style><img src=x>'", ""),
            ("content:'x';position:fixed;behavior:url(x)", ""),
            ("list-style:'https://x.example/' inside", ""),
            ("color:red;}b{color:blue", "color:red;"),
            ("background:url(https://x.example/", ""),
        ] {
            assert_eq!(style(before), after, "{before}");
            assert_eq!(style(&style(before)), after, "once more: {before}");
        }
    }

    #[test]
    fn sheets_keep_rules_and_media() {
        let sheet = |text: &str| rules(&css::lexemes(text), 0);
        let text = "@import 'x';@font-face{src:url(x)} p > .a, #b:hover{color:red;background:url(x)} a[href]{color:red} \
                    @media only screen and (max-width:600px){.m{display:block!important}} @supports (a:b){i{color:red}}";
        let out = "p > .a, #b:hover{color:red;}\n@media only screen and (max-width:600px){.m{display:block!important;}\n}\n";
        assert_eq!(sheet(text), out);
        assert_eq!(sheet(out), out);
    }
}
