//! What is put into a mail: the image and the line, as HTML and as text.
//!
//! Nothing is hidden: the image says what it is in `alt`, the line is at least 12 px in colours that keep 4.5 : 1
//! and brings its own background, so that a client's dark mode turns both or neither.

use crate::entity;

/// A declared 1×1 image.
#[derive(Debug, Clone, Copy)]
pub struct Image<'e> {
    /// Where it is fetched from.
    pub url: &'e str,
    /// What it is, for people and screen readers.
    pub alt: &'e str,
}

/// A visible line with a link, put into the HTML and into the text.
#[derive(Debug, Clone, Copy)]
pub struct Line<'e> {
    /// The sentence.
    pub text: &'e str,
    /// What the link says.
    pub link_text: &'e str,
    /// Where the link leads.
    pub url: &'e str,
    /// The language of both, as in BCP 47 (`de`, `fr-CA`).
    pub lang: &'e str,
}

impl Image<'_> {
    pub(crate) fn html(&self) -> String {
        format!(
            "<img src=\"{}\"\nalt=\"{}\" width=\"1\" height=\"1\" style=\"float:left;width:1px;height:1px;margin-right:-1px;border:0\">",
            entity::encode(self.url),
            entity::encode(self.alt)
        )
    }
}

impl Line<'_> {
    /// Grey on white as footers are: #595959 on #ffffff is 7.0 : 1, #0b57d0 on #ffffff is 6.4 : 1. Each colour stands
    /// twice: a mail's own dark style with `!important` in it must not turn the text and leave the ground, and Outlook
    /// passes over what is important.
    pub(crate) fn html(&self) -> String {
        // Two dashes at the start of a line could be taken for a delimiter.
        let encoded = |line: &String| entity::encode(line).replacen("--", "&#45;-", 1);
        let lines: Vec<String> = wrapped(self.text, HTML_COLUMNS)
            .iter()
            .map(encoded)
            .collect();
        format!(
            "\n<div lang=\"{}\" style=\"clear:both;margin:12px 0;padding:8px;background-color:#ffffff;color:#595959;\n\
             background-color:#ffffff!important;color:#595959!important;\n\
             font:normal 13px/1.5 Arial,Helvetica,sans-serif;text-align:left\">{}\n<a href=\"{}\"\nstyle=\"color:#0b57d0;\
             color:#0b57d0!important;text-decoration:underline\">{}</a></div>\n",
            entity::encode(self.lang),
            lines.join("\n"),
            entity::encode(self.url),
            entity::encode(self.link_text)
        )
    }

    /// The paragraph, each line ending in `\n`.
    pub(crate) fn text(&self) -> String {
        let mut lines = wrapped(self.text, TEXT_COLUMNS);
        if !self.link_text.is_empty() {
            lines.push(format!("{}:", self.link_text));
        }
        lines.push(self.url.to_owned());
        // Space-stuffing as in RFC 3676 §4.4: not a quote, not a delimiter, not an mbox separator.
        let special = |line: &str| {
            [">", "--", "From "]
                .iter()
                .any(|start| line.starts_with(start))
        };
        let stuffed = |line: String| {
            if special(&line) {
                format!(" {line}\n")
            } else {
                line + "\n"
            }
        };
        lines.into_iter().map(stuffed).collect()
    }
}

/// Wide enough not to matter, far from the limit even when every character becomes a reference.
const HTML_COLUMNS: usize = 80;
const TEXT_COLUMNS: usize = 72;

/// Lines broken at blanks. A text that comes with line ends loses them.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        match lines.last_mut() {
            Some(line) if column + 1 + width <= columns => {
                line.push(' ');
                line.push_str(word);
                column += 1 + width;
            }
            _ => {
                lines.push(word.to_owned());
                column = width;
            }
        }
    }
    lines
}
