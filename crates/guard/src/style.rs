//! How large an element is, and whether anybody sees it: attributes, `style`, classes of `<style>` and parents together.

use std::collections::HashMap;

use cssparser::Token;

use crate::css::{self, Declaration, Lexeme, What};

/// Most classes and ids that are remembered.
const SELECTORS_MAX: usize = 5_000;

/// Why nobody sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hidden {
    /// `display:none`, `visibility:hidden`, the attribute `hidden`, `opacity:0`.
    Switched,
    /// A size of nothing, or a parent that cuts it off.
    Cut,
    /// Moved out of sight.
    Away,
}

/// What is known of size and sight.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Visual {
    pub(crate) width: Option<f32>,
    pub(crate) height: Option<f32>,
    max_width: Option<f32>,
    max_height: Option<f32>,
    pub(crate) hidden: Option<Hidden>,
    cuts: bool,
}

impl Visual {
    /// Take over what declarations say.
    pub(crate) fn declare(&mut self, declarations: &[Declaration<'_, '_>]) {
        for Declaration { name, value } in declarations {
            let word = || ident(value);
            match name.as_str() {
                "width" => self.width = pixels(value).or(self.width),
                "height" => self.height = pixels(value).or(self.height),
                "max-width" => self.max_width = pixels(value).or(self.max_width),
                "max-height" => self.max_height = pixels(value).or(self.max_height),
                "display" => self.switch(word().as_deref() == Some("none")),
                "visibility" => {
                    self.switch(matches!(word().as_deref(), Some("hidden" | "collapse")));
                }
                "opacity" => self.switch(number(value) == Some(0.0)),
                "overflow" | "overflow-y" | "overflow-x" => {
                    self.cuts = matches!(word().as_deref(), Some("hidden" | "clip"));
                }
                "left" | "top" | "right" | "bottom" | "text-indent" | "margin-left"
                | "margin-top"
                    if pixels(value).is_some_and(|p| p <= -500.0) =>
                {
                    self.hidden = self.hidden.or(Some(Hidden::Away));
                }
                _ => {}
            }
        }
    }

    fn switch(&mut self, off: bool) {
        match self.hidden {
            None if off => self.hidden = Some(Hidden::Switched),
            Some(Hidden::Switched) if !off => self.hidden = None,
            _ => {}
        }
    }

    pub(crate) fn hide(&mut self) {
        self.switch(true);
    }

    /// What it is at most.
    pub(crate) fn size(&self) -> (Option<f32>, Option<f32>) {
        let least = |a: Option<f32>, b: Option<f32>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        (
            least(self.width, self.max_width),
            least(self.height, self.max_height),
        )
    }

    /// What it does to what stands in it.
    pub(crate) fn inherited(&self) -> Option<Hidden> {
        let (width, height) = self.size();
        let nothing = |side: Option<f32>| side.is_some_and(|side| side <= 1.0);
        self.hidden
            .or((self.cuts && (nothing(width) || nothing(height))).then_some(Hidden::Cut))
    }
}

/// A width or height attribute: `1`, `1px`, ` 1 `; nothing for `1%`, `auto` and the empty text.
pub(crate) fn dimension(attribute: &str) -> Option<f32> {
    let text = attribute.trim();
    let text = text.strip_suffix("px").unwrap_or(text).trim();
    let fine = !text.is_empty()
        && text.len() < 12
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    fine.then(|| text.parse().ok()).flatten()
}

fn first<'l, 'i>(value: &'l [Lexeme<'i>]) -> Option<&'l Token<'i>> {
    value.iter().find_map(|lexeme| match &lexeme.what {
        What::Token(Token::WhiteSpace(_)) | What::Close => None,
        What::Token(token) => Some(token),
    })
}

fn pixels(value: &[Lexeme<'_>]) -> Option<f32> {
    match first(value)? {
        Token::Number { value, .. } => Some(*value),
        Token::Dimension { value, unit, .. } => {
            let factor = match unit.to_ascii_lowercase().as_str() {
                "px" => 1.0,
                "pt" => 4.0 / 3.0,
                "em" | "rem" => 16.0,
                "cm" => 37.8,
                "mm" => 3.78,
                "in" => 96.0,
                _ => return None,
            };
            Some(value * factor)
        }
        _ => None,
    }
}

fn number(value: &[Lexeme<'_>]) -> Option<f32> {
    match first(value)? {
        Token::Number { value, .. } => Some(*value),
        _ => None,
    }
}

fn ident(value: &[Lexeme<'_>]) -> Option<String> {
    match first(value)? {
        Token::Ident(word) => Some(word.to_ascii_lowercase()),
        _ => None,
    }
}

/// What style sheets say of single classes and ids.
#[derive(Debug, Default)]
pub(crate) struct Sheets {
    /// By `.class` or `#id`.
    visuals: HashMap<String, Vec<(Option<String>, Visual)>>,
    /// Classes and ids that some `@media` shows: hidden here, seen on a phone.
    shown_somewhere: std::collections::HashSet<String>,
    count: usize,
}

impl Sheets {
    pub(crate) fn add(&mut self, text: &str) {
        let lexemes = css::lexemes(text);
        self.add_rules(&lexemes, false, 0);
    }

    fn add_rules(&mut self, lexemes: &[Lexeme<'_>], media: bool, depth: usize) {
        for rule in css::rules(lexemes) {
            let Some(block) = rule.block else { continue };
            match rule.at.as_deref() {
                Some("media" | "supports") if depth < 4 => self.add_rules(block, true, depth + 1),
                Some(_) => {}
                None => self.add_rule(rule.prelude, block, media),
            }
        }
    }

    fn add_rule(&mut self, prelude: &[Lexeme<'_>], block: &[Lexeme<'_>], media: bool) {
        let declarations = css::declarations(block);
        let mut visual = Visual::default();
        visual.declare(&declarations);
        let selectors = prelude.split(|lexeme| matches!(lexeme.what, What::Token(Token::Comma)));
        for selector in selectors {
            let Some((element, name)) = simple(selector) else {
                continue;
            };
            if media {
                let shows = declarations.iter().any(|d| {
                    let word = ident(d.value);
                    match d.name.as_str() {
                        "display" => word.as_deref() != Some("none"),
                        "visibility" => word.as_deref() == Some("visible"),
                        "max-height" | "height" | "width" | "max-width" => true,
                        _ => false,
                    }
                });
                if shows && self.shown_somewhere.len() < SELECTORS_MAX {
                    self.shown_somewhere.insert(name);
                }
            } else if visual != Visual::default() && self.count < SELECTORS_MAX {
                self.count += 1;
                self.visuals
                    .entry(name)
                    .or_default()
                    .push((element, visual));
            }
        }
    }

    /// What the sheets say of an element with these classes and this id.
    pub(crate) fn apply(&self, element: &str, names: &[String], visual: &mut Visual) {
        for name in names {
            for (of, said) in self.visuals.get(name).into_iter().flatten().take(64) {
                if of.as_deref().is_none_or(|of| of == element) {
                    visual.width = said.width.or(visual.width);
                    visual.height = said.height.or(visual.height);
                    visual.max_width = said.max_width.or(visual.max_width);
                    visual.max_height = said.max_height.or(visual.max_height);
                    visual.hidden = visual.hidden.or(said.hidden);
                    visual.cuts |= said.cuts;
                }
            }
        }
    }

    pub(crate) fn is_shown_somewhere(&self, names: &[String]) -> bool {
        names.iter().any(|name| self.shown_somewhere.contains(name))
    }
}

/// `.x`, `#x`, `img.x`, and the last piece of `table .x`: enough to know what senders hide pictures with.
fn simple(selector: &[Lexeme<'_>]) -> Option<(Option<String>, String)> {
    let tokens: Vec<&Token<'_>> = selector
        .iter()
        .filter_map(|lexeme| match &lexeme.what {
            What::Token(token) => Some(token),
            What::Close => None,
        })
        .collect();
    let end = tokens
        .iter()
        .rposition(|token| !matches!(token, Token::WhiteSpace(_)))?
        + 1;
    let start = tokens[..end]
        .iter()
        .rposition(|token| matches!(token, Token::WhiteSpace(_)));
    match &tokens[start.map_or(0, |at| at + 1)..end] {
        [Token::Delim('.'), Token::Ident(class)] => Some((None, format!(".{class}"))),
        [
            Token::Ident(element),
            Token::Delim('.'),
            Token::Ident(class),
        ] => Some((Some(element.to_ascii_lowercase()), format!(".{class}"))),
        [Token::IDHash(id)] => Some((None, format!("#{id}"))),
        [Token::Ident(element), Token::IDHash(id)] => {
            Some((Some(element.to_ascii_lowercase()), format!("#{id}")))
        }
        [Token::Ident(element)] => Some((None, element.to_ascii_lowercase())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inline(style: &str) -> Visual {
        let lexemes = css::lexemes(style);
        let mut visual = Visual::default();
        visual.declare(&css::declarations(&lexemes));
        visual
    }

    #[test]
    fn sizes_in_every_way_of_writing() {
        for (text, size) in [
            ("1", Some(1.0)),
            (" 1px", Some(1.0)),
            ("1%", None),
            ("", None),
            ("auto", None),
            ("-1", None),
        ] {
            assert_eq!(dimension(text), size, "{text:?}");
        }
        assert_eq!(
            inline("width:1px;height:0.05em").size(),
            (Some(1.0), Some(0.8))
        );
        assert_eq!(inline("width:100%;max-width:1px").size(), (Some(1.0), None));
    }

    #[test]
    fn hidden_in_every_way_of_writing() {
        for style in [
            "display:none",
            "DISPLAY : none !important",
            "visibility:hidden",
            "opacity:0",
            "position:absolute;left:-9999px",
            "max-height:1px;overflow:hidden",
            "width:0;overflow:hidden",
        ] {
            assert!(inline(style).inherited().is_some(), "{style}");
        }
        for style in [
            "display:block",
            "opacity:0.5",
            "overflow:hidden;height:200px",
            "max-height:1px",
            "display:none;display:block",
        ] {
            assert_eq!(inline(style).inherited(), None, "{style}");
        }
    }

    #[test]
    fn classes_and_what_a_phone_shows() {
        let mut sheets = Sheets::default();
        sheets.add("img.t, #o{width:1px;height:1px} .m{display:none} @media (max-width:600px){.m{display:block!important}}");
        let of = |element: &str, name: &str| {
            let mut visual = Visual::default();
            sheets.apply(element, &[name.to_owned()], &mut visual);
            visual
        };
        assert_eq!(of("img", ".t").size(), (Some(1.0), Some(1.0)));
        assert_eq!(of("div", ".t").size(), (None, None));
        assert_eq!(of("img", "#o").size(), (Some(1.0), Some(1.0)));
        assert_eq!(of("div", ".m").hidden, Some(Hidden::Switched));
        assert!(sheets.is_shown_somewhere(&[".m".to_owned()]));
    }
}
