//! Header fields as byte ranges: where each begins and ends, what its value says, and how to write one.
//!
//! Fields are found here and not by a library because dropping one must remove exactly its lines, folded
//! continuations included, and leave every other byte alone. What a value *means* (encoded words, addresses,
//! parameters) is `mail-parser`'s business.
//!
//! Left out: rewriting a field in place. Overt only drops whole fields and adds new ones.

use std::ops::Range;

use data_encoding::BASE64;
use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

use crate::render::RenderError;

/// Longest header block read, in bytes. Ten thousand recipients in `To` fit; a runaway file does not.
pub(crate) const HEADER_BYTES_MAX: usize = 2 << 20;
/// Most fields in one header block.
pub(crate) const FIELDS_MAX: usize = 5_000;
/// Longest line RFC 5322 §2.1.1 allows, without its line end.
pub(crate) const LINE_OCTETS_MAX: usize = 998;
/// Where lines should be folded (RFC 5322 §2.1.1).
const LINE_OCTETS_WANTED: usize = 78;

/// One header field of a block.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: Range<usize>,
    /// After the colon, up to and with the last line end.
    pub(crate) value: Range<usize>,
}

impl Field {
    /// All lines of the field.
    pub(crate) fn whole(&self) -> Range<usize> {
        self.name.start..self.value.end
    }
}

/// A header block: its fields and where it stops.
#[derive(Debug, Default, Clone)]
pub(crate) struct Block {
    pub(crate) fields: Vec<Field>,
    /// After the last field; the empty line, if any, begins here.
    pub(crate) end: usize,
    /// Where the body begins, after the empty line.
    pub(crate) body: usize,
    /// A line that readers disagree about: no colon, only white space, a bare carriage return, NUL.
    pub(crate) doubtful: bool,
    /// The empty line that ends the block is there.
    pub(crate) terminated: bool,
    /// A bound was reached and reading stopped.
    pub(crate) over_bound: bool,
}

impl Block {
    /// The raw values of the fields of that name.
    pub(crate) fn values<'r>(&self, raw: &'r [u8], name: &str) -> impl Iterator<Item = &'r [u8]> {
        let named = |field: &&Field| raw[field.name.clone()].eq_ignore_ascii_case(name.as_bytes());
        let fields = self.fields.iter().filter(named);
        fields.map(|field| &raw[field.value.clone()])
    }
}

/// Read the header block that begins at `start`. `stops` tells lines that end it without an empty line: the
/// delimiters of enclosing multiparts.
pub(crate) fn read_block(raw: &[u8], start: usize, stops: impl Fn(&[u8]) -> bool) -> Block {
    let mut block = Block {
        end: start,
        body: start,
        ..Block::default()
    };
    let mut at = start;
    while at < raw.len() {
        let line_end = memchr::memchr(b'\n', &raw[at..]).map_or(raw.len(), |n| at + n + 1);
        let line = &raw[at..line_end];
        let text = without_line_end(line);
        if text.is_empty() && line.ends_with(b"\n") {
            block.body = line_end;
            block.terminated = true;
            return block;
        }
        if stops(line) {
            block.body = at;
            return block;
        }
        if line_end - start > HEADER_BYTES_MAX || block.fields.len() >= FIELDS_MAX {
            block.over_bound = true;
            return block;
        }
        block.doubtful |=
            text.iter().any(|b| matches!(b, b'\r' | 0)) || text.trim_ascii().is_empty();
        if matches!(text.first(), Some(b' ' | b'\t')) {
            match block.fields.last_mut() {
                Some(field) => field.value.end = line_end,
                None => block.doubtful = true,
            }
        } else if let Some(name) = field_name(text) {
            // RFC 5322 §4.5 lets old mail have blanks before the colon; some readers then see no field.
            block.doubtful |= raw[at + name] != b':';
            block.fields.push(Field {
                name: at..at + name,
                value: after_colon(raw, at + name)..line_end,
            });
        } else if !(at == 0 && (text.starts_with(b"From ") || text.starts_with(b">From "))) {
            // An mbox separator before the first field is tolerated; everything else without a colon is not.
            block.doubtful = true;
            if let Some(field) = block.fields.last_mut() {
                field.value.end = line_end;
            }
        }
        at = line_end;
        block.end = at;
        block.body = at;
    }
    block
}

/// Length of the field name at the start of a line: printable ASCII up to a colon (RFC 5322 §2.2).
fn field_name(line: &[u8]) -> Option<usize> {
    let colon = memchr::memchr(b':', line)?;
    let name = line[..colon].trim_ascii_end();
    (!name.is_empty() && name.iter().all(u8::is_ascii_graphic)).then_some(name.len())
}

fn after_colon(raw: &[u8], at: usize) -> usize {
    memchr::memchr(b':', &raw[at..]).map_or(raw.len(), |n| at + n + 1)
}

pub(crate) fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// One address of an address header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name, decoded.
    pub name: Option<String>,
    /// `local@domain`, as written.
    pub address: String,
}

/// The decoded text of an unstructured value, without folding.
pub(crate) fn text(value: &[u8]) -> String {
    match MessageStream::new(&terminated(value)).parse_unstructured() {
        HeaderValue::Text(text) => text.trim().to_owned(),
        HeaderValue::TextList(list) => list.join(" ").trim().to_owned(),
        _ => String::new(),
    }
}

/// All mailboxes of an address value, group members included, in order.
pub(crate) fn mailboxes(value: &[u8]) -> Vec<Mailbox> {
    let value = terminated(value);
    let HeaderValue::Address(list) = MessageStream::new(&value).parse_address() else {
        return Vec::new();
    };
    list.iter()
        .filter_map(|one| {
            let address = one.address.as_deref()?.trim().to_owned();
            let name = one
                .name
                .as_deref()
                .map(|name| name.trim().to_owned())
                .filter(|name| !name.is_empty());
            (!address.is_empty()).then_some(Mailbox { name, address })
        })
        .collect()
}

/// `mail-parser` reads a value up to a line end that is followed by something other than white space.
pub(crate) fn terminated(value: &[u8]) -> Vec<u8> {
    let mut owned = value.to_vec();
    if !owned.ends_with(b"\n") {
        owned.extend_from_slice(b"\r\n");
    }
    owned
}

/// Append `name: value`, folded at blanks, non-ASCII text as encoded words (RFC 2047).
///
/// A value with a line end or another control character is refused, so nothing can be smuggled into the header.
pub(crate) fn write(
    out: &mut Vec<u8>,
    name: &str,
    value: &str,
    eol: &[u8],
) -> Result<(), RenderError> {
    let refuse = |why| RenderError::Header {
        name: name.escape_debug().to_string(),
        why,
    };
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic() && b != b':') {
        return Err(refuse(
            "the name may only hold printable ASCII without a colon",
        ));
    }
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return Err(refuse(
            "the value holds a line end or another control character",
        ));
    }
    let encoded = if value.is_ascii() {
        value.to_owned()
    } else {
        encoded_words(value)
    };
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    let mut column = name.len() + 1;
    for word in encoded.split_ascii_whitespace() {
        if word.len() >= LINE_OCTETS_MAX
            || column + 1 + word.len() > LINE_OCTETS_MAX && column == name.len() + 1
        {
            return Err(refuse("a word is longer than a line may be"));
        }
        if column + 1 + word.len() > LINE_OCTETS_WANTED && column > name.len() + 1 {
            out.extend_from_slice(eol);
            column = 0;
        }
        out.push(b' ');
        out.extend_from_slice(word.as_bytes());
        column += 1 + word.len();
    }
    out.extend_from_slice(eol);
    Ok(())
}

/// Base64 encoded words of at most 75 characters, cut between characters (RFC 2047 §2 and §5).
fn encoded_words(value: &str) -> String {
    const BYTES_A_WORD: usize = 45;
    let mut words = String::new();
    let mut chunk = String::new();
    let mut flush = |chunk: &mut String| {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str("=?utf-8?B?");
        words.push_str(&BASE64.encode(chunk.as_bytes()));
        words.push_str("?=");
        chunk.clear();
    };
    for c in value.chars() {
        if chunk.len() + c.len_utf8() > BYTES_A_WORD {
            flush(&mut chunk);
        }
        chunk.push(c);
    }
    flush(&mut chunk);
    words
}

#[cfg(test)]
mod tests;
