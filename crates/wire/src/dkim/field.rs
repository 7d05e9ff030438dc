//! Writes the signature's own header field in lines of at most 78 columns (RFC 5322 §2.1.1),
//! folded only where RFC 6376 §3.2 and §3.5 allow white space.

use super::canonical;

const COLUMNS_MAX: usize = 78;
const FOLD: &str = "\r\n ";

/// A header field being written.
pub(super) struct Folded {
    name: &'static str,
    value: String,
    column: usize,
}

impl Folded {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            value: String::new(),
            column: name.len() + 1,
        }
    }

    /// Appends it in relaxed form, as far as it is written.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        canonical::field(self.name.as_bytes(), self.value.as_bytes(), out);
    }

    /// Appends a word after a space, on a new line where it does not fit.
    pub(super) fn word(&mut self, word: &str) {
        if self.column + 1 + word.len() > COLUMNS_MAX {
            self.line(word);
        } else {
            self.value.push(' ');
            self.value.push_str(word);
            self.column += 1 + word.len();
        }
    }

    /// Appends a word on a new line.
    pub(super) fn line(&mut self, word: &str) {
        self.value.push_str(FOLD);
        self.value.push_str(word);
        self.column = 1 + word.len();
    }

    /// Appends `tag`, the names with colons between them, and a semicolon.
    pub(super) fn list(&mut self, tag: &str, names: &[&str]) {
        self.line(tag);
        for (i, name) in names.iter().enumerate() {
            if self.column + name.len() + 1 > COLUMNS_MAX {
                self.line("");
            }
            self.value.push_str(name);
            self.value.push(if i + 1 < names.len() { ':' } else { ';' });
            self.column += name.len() + 1;
        }
    }

    /// The whole field, with `value` broken anywhere, and its CRLF.
    pub(super) fn end_with(mut self, value: &str) -> Vec<u8> {
        for c in value.chars() {
            if self.column == COLUMNS_MAX {
                self.line("");
            }
            self.value.push(c);
            self.column += 1;
        }
        format!("{}:{}\r\n", self.name, self.value).into_bytes()
    }
}
