//! Character references in HTML attributes, read and written.
//!
//! Reading follows the WHATWG tokenizer's rules for attribute values: a name without its semicolon counts only
//! among the 106 old names, and not before `=` or a letter or digit, so that `?a=1&copy=2` stays as it is. Numbers
//! are complete, with the windows-1252 remapping. The 2,100 names come from `mail-parser`'s table; the 93 names
//! that stand for two characters are halved there, so a value with one of them is reported as unreadable.

use std::borrow::Cow;

use mail_parser::decoders::html::add_html_token;

/// Longest name in the standard is 31 characters (`CounterClockwiseContourIntegral`).
const NAME_MAX: usize = 32;

/// The value with its references replaced, or None where it holds one that cannot be read.
pub fn decode_attribute(value: &str) -> Option<Cow<'_, str>> {
    if memchr::memchr(b'&', value.as_bytes()).is_none() {
        return Some(Cow::Borrowed(value));
    }
    let mut decoded = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(amp) = memchr::memchr(b'&', rest.as_bytes()) {
        decoded.push_str(&rest[..amp]);
        rest = &rest[amp..];
        // By far the most frequent one in addresses.
        if let Some(after) = rest.strip_prefix("&amp;") {
            decoded.push('&');
            rest = after;
            continue;
        }
        let used = if rest.as_bytes().get(1) == Some(&b'#') {
            number(rest, &mut decoded)
        } else {
            name(rest, &mut decoded)?
        };
        if used == 0 {
            decoded.push('&');
            rest = &rest[1..];
        } else {
            rest = &rest[used..];
        }
    }
    decoded.push_str(rest);
    Some(Cow::Owned(decoded))
}

/// What begins with an ampersand in ASCII: how long it is, and the character that it stands for, where that can be read. An
/// ampersand that begins no reference stands for itself.
pub(crate) fn reference(ascii: &[u8]) -> (usize, Option<char>) {
    let word = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'#';
    let word = ascii.iter().skip(1).take_while(word).count();
    let text = &ascii[..ascii.len().min(word + 2)];
    let text = std::str::from_utf8(text).unwrap_or("&");
    let mut read = String::new();
    let used = match text.as_bytes() {
        [b'&', b'#', ..] => Some(number(text, &mut read)),
        _ => name(text, &mut read),
    };
    match used {
        None => (1, None),
        Some(0) => (1, Some('&')),
        Some(used) => (used, read.chars().next()),
    }
}

/// A numeric reference at the start of `text`: how many bytes it takes, 0 if it is none.
fn number(text: &str, out: &mut String) -> usize {
    let digits = &text[2..];
    let (radix, digits, lead) = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => (16, hex, 3),
        None => (10, digits, 2),
    };
    let len = digits
        .bytes()
        .take_while(|b| (*b as char).is_digit(radix))
        .count();
    if len == 0 {
        return 0;
    }
    let significant = digits[..len].trim_start_matches('0');
    let code = if significant.len() > 8 {
        u32::MAX
    } else {
        u32::from_str_radix(significant, radix).unwrap_or(0)
    };
    out.push(character(code));
    lead + len + usize::from(digits[len..].starts_with(';'))
}

/// "Numeric character reference end state" of the standard.
fn character(code: u32) -> char {
    /// What windows-1252 has at 0x80–0x9F; the five holes keep their C1 control.
    const C1: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match code {
        0 => char::REPLACEMENT_CHARACTER,
        0x80..=0x9f => C1[(code - 0x80) as usize],
        _ => char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

/// A named reference at the start of `text`: how many bytes it takes, 0 if it is none, None if unreadable.
fn name(text: &str, out: &mut String) -> Option<usize> {
    let bytes = &text.as_bytes()[1..];
    let len = bytes
        .iter()
        .take(NAME_MAX)
        .take_while(|b| b.is_ascii_alphanumeric())
        .count();
    if len == 0 {
        return Some(0);
    }
    if bytes.get(len) == Some(&b';') {
        let name = &text[1..=len];
        if let Some(c) = lookup(name) {
            if TWO_CHARACTERS.split(' ').any(|two| two == name) {
                return None;
            }
            out.push(c);
            return Some(len + 2);
        }
    }
    // Without a semicolon the longest old name wins, if what follows lets it.
    let old = (2..=len.min(6))
        .rev()
        .find(|&n| WITHOUT_SEMICOLON.binary_search(&&text[1..=n]).is_ok());
    let Some(old) = old else { return Some(0) };
    let next = bytes.get(old);
    if next.is_some_and(|b| *b == b'=' || b.is_ascii_alphanumeric()) {
        return Some(0);
    }
    match lookup(&text[1..=old]) {
        Some(c) => {
            out.push(c);
            Some(old + 1)
        }
        None => Some(0),
    }
}

fn lookup(name: &str) -> Option<char> {
    let reference = format!("&{name};");
    let mut out = String::new();
    add_html_token(&mut out, reference.as_bytes(), false);
    (out != reference).then(|| out.chars().next()).flatten()
}

/// A text or an attribute value in ASCII: markup and quotes escaped, other characters as numeric references.
pub fn encode<'t>(text: impl Into<Cow<'t, str>>) -> Cow<'t, str> {
    let text = text.into();
    // Most need no escape. Without a way out before the end, many bytes are looked at in one step.
    if text.bytes().fold(true, |all, b| all & stays(b)) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = &*text;
    while let Some(at) = rest.bytes().position(|b| !stays(b)) {
        out.push_str(&rest[..at]);
        let mut after = rest[at..].chars();
        let Some(c) = after.next() else { break };
        rest = after.as_str();
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => {
                out.push_str("&#");
                out.push_str(&(c as u32).to_string());
                out.push(';');
            }
        }
    }
    out.push_str(rest);
    out.into()
}

/// Is the byte written as it is?
fn stays(b: u8) -> bool {
    matches!(b, b' '..=b'~') & !matches!(b, b'&' | b'<' | b'>' | b'"' | b'\'')
}

/// Names that count without their semicolon, sorted (WHATWG HTML, named character references, read
/// 2026-11).
const WITHOUT_SEMICOLON: [&str; 106] = [
    "AElig", "AMP", "Aacute", "Acirc", "Agrave", "Aring", "Atilde", "Auml", "COPY", "Ccedil",
    "ETH", "Eacute", "Ecirc", "Egrave", "Euml", "GT", "Iacute", "Icirc", "Igrave", "Iuml", "LT",
    "Ntilde", "Oacute", "Ocirc", "Ograve", "Oslash", "Otilde", "Ouml", "QUOT", "REG", "THORN",
    "Uacute", "Ucirc", "Ugrave", "Uuml", "Yacute", "aacute", "acirc", "acute", "aelig", "agrave",
    "amp", "aring", "atilde", "auml", "brvbar", "ccedil", "cedil", "cent", "copy", "curren", "deg",
    "divide", "eacute", "ecirc", "egrave", "eth", "euml", "frac12", "frac14", "frac34", "gt",
    "iacute", "icirc", "iexcl", "igrave", "iquest", "iuml", "laquo", "lt", "macr", "micro",
    "middot", "nbsp", "not", "ntilde", "oacute", "ocirc", "ograve", "ordf", "ordm", "oslash",
    "otilde", "ouml", "para", "plusmn", "pound", "quot", "raquo", "reg", "sect", "shy", "sup1",
    "sup2", "sup3", "szlig", "thorn", "times", "uacute", "ucirc", "ugrave", "uml", "uuml",
    "yacute", "yen", "yuml",
];

/// Names that stand for two characters (same source).
const TWO_CHARACTERS: &str = "NotEqualTilde NotGreaterFullEqual NotGreaterGreater NotGreaterSlantEqual NotHumpDownHump NotHumpEqual \
NotLeftTriangleBar NotLessLess NotLessSlantEqual NotNestedGreaterGreater NotNestedLessLess NotPrecedesEqual \
NotRightTriangleBar NotSquareSubset NotSquareSuperset NotSubset NotSucceedsEqual NotSucceedsTilde NotSuperset \
ThickSpace acE bne bnequiv caps cups fjlig gesl gvertneqq gvnE lates lesg lvertneqq lvnE nGg nGt nGtv nLl nLt \
nLtv nang napE napid nbump nbumpe ncongdot nedot nesim ngE ngeqq ngeqslant nges nlE nleqq nleqslant nles \
notinE notindot nparsl npart npre npreceq nrarrc nrarrw nsce nsubE nsubset nsubseteqq nsucceq nsupE nsupset \
nsupseteqq nvap nvge nvgt nvle nvlt nvltrie nvrtrie nvsim race smtes sqcaps sqcups varsubsetneq varsubsetneqq \
varsupsetneq varsupsetneqq vnsub vnsup vsubnE vsubne vsupnE vsupne";

#[cfg(test)]
mod tests;
