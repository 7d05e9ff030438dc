//! Making room in a seven-bit text for a line that is not ASCII.
//!
//! Most short mails are plain ASCII in `7bit`; a line in French or with a Polish name in it cannot be written there.
//! Then, and only then, the whole text part becomes quoted-printable UTF-8: its header says so, `=` and long lines
//! in it are escaped, and what it says stays the same to the character.
//!
//! Left out: texts in another charset that lacks a letter. They keep it and the letter becomes plainer (`charset`).

use std::ops::Range;

use crate::structure::Node;

/// Replacements in the header of a part, with `\n` for line ends.
pub(crate) type Patches = Vec<(Range<usize>, String)>;

/// What has to change in the header of `node`. None: it is written in a way that is better left alone.
pub(crate) fn header_patches(raw: &[u8], node: &Node) -> Option<Patches> {
    let end = node.header_end?;
    let mut patches = Patches::new();
    let mut added = String::new();
    let field = |name: &str| {
        let mut fields = node.fields.iter();
        fields.find(|field| raw[field.name.clone()].eq_ignore_ascii_case(name.as_bytes()))
    };
    if node.parent.is_none() && field("MIME-Version").is_none() {
        added.push_str("MIME-Version: 1.0\n");
    }
    match field("Content-Type") {
        None => added.push_str("Content-Type: text/plain; charset=utf-8\n"),
        Some(field) => patches.extend(charset_patch(raw, field.value.clone(), node)?),
    }
    match field("Content-Transfer-Encoding") {
        None => added.push_str("Content-Transfer-Encoding: quoted-printable\n"),
        Some(field) => patches.push((text_of(raw, &field.value), " quoted-printable".to_owned())),
    }
    patches.push((end..end, added));
    Some(patches)
}

/// A longer value gets its new parameter on a line of its own.
const FOLD_BEYOND: usize = 50;

/// `charset=utf-8` in a Content-Type: in place of the one it names, or at its end.
fn charset_patch(raw: &[u8], value: Range<usize>, node: &Node) -> Option<Patches> {
    let text = text_of(raw, &value);
    let Some(charset) = &node.media.charset else {
        let separator = if raw[text.clone()].trim_ascii_end().ends_with(b";") {
            ""
        } else {
            ";"
        };
        let fold = if text.len() < FOLD_BEYOND { "" } else { "\n " };
        let parameter = format!("{fold}{separator} charset=utf-8");
        return (!raw[text.clone()].trim_ascii().is_empty())
            .then(|| vec![(text.end..text.end, parameter)]);
    };
    if charset == "utf-8" {
        return Some(Patches::new());
    }
    let lower = raw[text.clone()].to_ascii_lowercase();
    let parameter = memchr::memmem::find(&lower, b"charset")?;
    let start = parameter + memchr::memmem::find(&lower[parameter..], charset.as_bytes())?;
    let start = text.start + start;
    (!charset.is_empty()).then(|| vec![(start..start + charset.len(), "utf-8".to_owned())])
}

/// A field's value without its last line end.
fn text_of(raw: &[u8], value: &Range<usize>) -> Range<usize> {
    value.start..value.start + crate::header::without_line_end(&raw[value.clone()]).len()
}
