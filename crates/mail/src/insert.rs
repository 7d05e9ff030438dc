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
            "<img src=\"{}\"\nalt=\"{}\" width=\"1\" height=\"1\" style=\"display:block;width:1px;height:1px;border:0\">",
            entity::encode(self.url),
            entity::encode(self.alt)
        )
    }
}

impl Line<'_> {
    /// White on dark grey would be as readable; grey on white is what footers look like. #595959 on #ffffff is
    /// 7.0 : 1, #0b57d0 on #ffffff is 6.4 : 1.
    pub(crate) fn html(&self) -> String {
        format!(
            "\n<div lang=\"{}\" style=\"clear:both;margin:12px 0;padding:8px;background-color:#ffffff;color:#595959;\n\
             font:normal 13px/1.5 Arial,Helvetica,sans-serif;text-align:left\">{}\n<a href=\"{}\"\nstyle=\"color:#0b57d0;\
             text-decoration:underline\">{}</a></div>\n",
            entity::encode(self.lang),
            entity::encode(&wrapped(self.text, HTML_COLUMNS)),
            entity::encode(self.url),
            entity::encode(self.link_text)
        )
        .replace("&#10;", "\n")
    }

    /// The paragraph, each line ending in `\n`.
    pub(crate) fn text(&self) -> String {
        let mut text = wrapped(self.text.trim(), TEXT_COLUMNS);
        text.push('\n');
        if !self.link_text.is_empty() {
            text.push_str(self.link_text);
            text.push_str(":\n");
        }
        text.push_str(self.url);
        text.push('\n');
        text
    }
}

/// Wide enough not to matter, far from the limit even when every character becomes a reference.
const HTML_COLUMNS: usize = 80;
const TEXT_COLUMNS: usize = 72;

/// Break at blanks. A text that comes with line ends loses them first.
fn wrapped(text: &str, columns: usize) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut column = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if column > 0 {
            let fits = column + 1 + width <= columns;
            out.push(if fits { ' ' } else { '\n' });
            column = if fits { column + 1 } else { 0 };
        }
        out.push_str(word);
        column += width;
    }
    out
}

#[cfg(test)]
mod tests;
