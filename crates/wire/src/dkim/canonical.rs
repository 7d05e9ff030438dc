//! One mail as the verifier will see it: fields, body, and both in the relaxed form of RFC 6376
//! §3.4.2 and §3.4.4.
//!
//! A line ends at CRLF, a bare CR or a bare LF, as in the SMTP client that sends the mail and
//! writes CRLF for each of them: the signature must fit what arrives.

use std::iter;

/// One header field. The value keeps its folding.
pub(super) struct Field<'a> {
    name: &'a [u8],
    value: &'a [u8],
}

impl<'a> Field<'a> {
    /// Whether it has this name, in any case.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Appends it in relaxed form.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        field(self.name, self.value, out);
    }

    /// Spaces before the colon are obsolete and still met (RFC 5322 §4.5).
    fn read(text: &'a [u8]) -> Option<Self> {
        let colon = text.iter().position(|&byte| byte == b':')?;
        let mut name = &text[..colon];
        while let [shorter @ .., b' ' | b'\t'] = name {
            name = shorter;
        }
        is_field_name(name).then_some(Self {
            name,
            value: &text[colon + 1..],
        })
    }
}

/// The header has a line that belongs to no field.
pub(super) struct HeaderError {
    /// Counted from 1.
    pub(super) line: usize,
}

/// Whether this can be the name of a field (RFC 5322 §2.2).
pub(super) fn is_field_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|&b| b.is_ascii_graphic() && b != b':')
}

/// The fields in their order, and the body: what comes after the first empty line.
pub(super) fn split(mail: &[u8]) -> Result<(Vec<Field<'_>>, &[u8]), HeaderError> {
    let mut fields = Vec::new();
    let mut rest = mail;
    let mut line = 0;
    while !rest.is_empty() {
        let (first, mut after) = split_line(rest);
        if first.is_empty() {
            return Ok((fields, after));
        }
        let at = line + 1;
        line = at;
        while matches!(after, [b' ' | b'\t', ..]) {
            after = split_line(after).1;
            line += 1;
        }
        let text = &rest[..rest.len() - after.len()];
        fields.push(Field::read(text).ok_or(HeaderError { line: at })?);
        rest = after;
    }
    Ok((fields, b""))
}

/// Appends `name:value` in relaxed form, without the CRLF that ends every field but the last.
pub(super) fn field(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    out.extend(name.iter().map(u8::to_ascii_lowercase));
    out.push(b':');
    squeeze(value, out);
}

/// Hands the relaxed body to `sink`, piece by piece.
pub(super) fn body(body: &[u8], mut sink: impl FnMut(&[u8])) {
    let mut text = Vec::new();
    let mut empty_lines = 0;
    for line in lines(body) {
        text.clear();
        squeeze(line, &mut text);
        if text.is_empty() {
            empty_lines += 1;
            continue;
        }
        if matches!(line, [b' ' | b'\t', ..]) {
            text.insert(0, b' ');
        }
        for _ in 0..empty_lines {
            sink(b"\r\n");
        }
        empty_lines = 0;
        text.extend_from_slice(b"\r\n");
        sink(&text);
    }
}

/// Appends `text` with every run of blanks as one space, and without blanks around it. In a field
/// every line end stands before a blank, so that taking it for one is the same as unfolding. A form
/// feed is no blank.
fn squeeze(text: &[u8], out: &mut Vec<u8>) {
    let words = text.split(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    for (i, word) in words.filter(|word| !word.is_empty()).enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}

fn lines(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    iter::from_fn(move || {
        (!rest.is_empty()).then(|| {
            let (line, after) = split_line(rest);
            rest = after;
            line
        })
    })
}

fn split_line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    let (line, rest) = text.split_at(end.unwrap_or(text.len()));
    match rest {
        [b'\r', b'\n', after @ ..] | [b'\r' | b'\n', after @ ..] => (line, after),
        _ => (line, rest),
    }
}

#[cfg(test)]
mod tests;
