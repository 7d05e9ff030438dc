//! Which bytes of a body are markup, and what a few of them say.
//!
//! HTML is taken apart byte by byte. That is exact for every ASCII-compatible encoding: in UTF-8, the single-byte
//! sets and the East Asian double-byte sets no byte of a longer character is `<`, `>`, `=`, a quote or `&`. Two
//! families need a *view*: UTF-16 (one view byte for each code unit) and ISO-2022-JP (characters of its shifted
//! states hidden), so that positions in the view lead back to bytes.
//!
//! What is written into HTML is ASCII with numeric references, which means the same in all of them, whatever a
//! client makes of a missing or wrong charset. What is written into plain text is encoded; a letter the charset
//! lacks loses its accent rather than forcing a new charset, and so new bytes, on all the sender's text. (A seven-bit
//! text can be widened instead: `widen`.)

use std::borrow::Cow;

use encoding_rs::{
    Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, WINDOWS_1254,
};

/// The charset of a body, as far as editing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    /// Declared as US-ASCII, not at all, or as two things. What is beyond ASCII is anybody's guess.
    Ascii,
    /// ASCII-compatible.
    Compatible(&'static Encoding),
    Iso2022Jp,
    Utf16 {
        little: bool,
    },
}

impl Charset {
    /// From the header parameter and the decoded body. None: cannot be edited safely.
    pub(crate) fn detect(label: Option<&str>, body: &[u8]) -> Option<Self> {
        let label = label.unwrap_or_default().trim().trim_matches(['"', '\'']);
        if matches!(
            label,
            "" | "us-ascii" | "ascii" | "ansi_x3.4-1968" | "us_ascii"
        ) {
            return Some(Self::Ascii).filter(|_| memchr::memchr2(0, 0x1b, body).is_none());
        }
        let encoding = Encoding::for_label(known_as(label).as_bytes())
            .or_else(|| Encoding::for_label(label.replace('_', "-").as_bytes()));
        let Some(encoding) = encoding else {
            return Self::unknown(label, body);
        };
        let marked = encoding != UTF_8 && body.starts_with(b"\xef\xbb\xbf");
        if marked && encoding.is_ascii_compatible() {
            // To browsers the mark counts, to mail programs what is declared: what is ASCII is sure.
            return Some(Self::Ascii).filter(|_| memchr::memchr2(0, 0x1b, body).is_none());
        }
        if encoding == UTF_16BE || encoding == UTF_16LE {
            Self::utf16(label, body)
        } else if encoding == ISO_2022_JP {
            Some(Self::Iso2022Jp).filter(|_| is_agreed_upon(body))
        } else {
            Some(Self::Compatible(encoding))
                .filter(|_| encoding != REPLACEMENT && memchr::memchr(0, body).is_none())
        }
    }

    /// A label nobody knows over plain ASCII is harmless, unless it is one of the old sets that hide other text in
    /// ASCII bytes.
    fn unknown(label: &str, body: &[u8]) -> Option<Self> {
        const HIDING: &[&str] = &[
            "utf-7",
            "utf7",
            "unicode-1-1",
            "utf-32",
            "ucs-4",
            "hz",
            "iso-2022",
            "ebcdic",
            "ibm0",
            "cp037",
        ];
        let plain = body
            .iter()
            .all(|b| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~'));
        (plain && !HIDING.iter().any(|hiding| label.contains(hiding))).then_some(Self::Ascii)
    }

    fn utf16(label: &str, body: &[u8]) -> Option<Self> {
        let little = match body {
            // Without a mark RFC 2781 says big-endian and the web says little-endian: look at the first letter.
            [0xff, 0xfe, ..] | [_, 0, ..] => true,
            [0xfe, 0xff, ..] | [0, _, ..] => false,
            _ => label.ends_with("le"),
        };
        body.len()
            .is_multiple_of(2)
            .then_some(Self::Utf16 { little })
    }

    /// Bytes to a view byte.
    pub(crate) fn scale(self) -> usize {
        if matches!(self, Self::Utf16 { .. }) {
            2
        } else {
            1
        }
    }

    /// The body with one byte a position, in which everything that is markup is ASCII.
    pub(crate) fn view(self, body: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Ascii | Self::Compatible(_) => Cow::Borrowed(body),
            Self::Iso2022Jp => Cow::Owned(hide_shifted(body)),
            Self::Utf16 { little } => Cow::Owned(
                body.chunks_exact(2)
                    .map(|unit| narrow(unit, little))
                    .collect(),
            ),
        }
    }

    /// Characters of a stretch of the body. None where readers may disagree what they are.
    pub(crate) fn read(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        self.encoding()
            .decode_without_bom_handling_and_without_replacement(bytes)
    }

    /// Characters for looking at, wrong ones replaced.
    pub(crate) fn read_lossy(self, bytes: &[u8]) -> Cow<'_, str> {
        self.encoding().decode_without_bom_handling(bytes).0
    }

    /// Bytes beyond ASCII under an ASCII label are UTF-8 or anybody's guess.
    fn encoding(self) -> &'static Encoding {
        match self {
            Self::Ascii => UTF_8,
            Self::Compatible(encoding) => encoding,
            Self::Iso2022Jp => ISO_2022_JP,
            Self::Utf16 { little: true } => UTF_16LE,
            Self::Utf16 { little: false } => UTF_16BE,
        }
    }

    /// True where a URL with other than ASCII characters means the same to a browser that follows the charset and
    /// to a webmail that turned everything into UTF-8 first.
    pub(crate) fn is_utf8(self) -> bool {
        matches!(self, Self::Compatible(encoding) if encoding == UTF_8)
    }

    /// ASCII text as bytes of this charset.
    pub(crate) fn write_ascii(self, text: String) -> Vec<u8> {
        match self {
            Self::Utf16 { little: true } => {
                text.encode_utf16().flat_map(u16::to_le_bytes).collect()
            }
            Self::Utf16 { little: false } => {
                text.encode_utf16().flat_map(u16::to_be_bytes).collect()
            }
            _ => text.into_bytes(),
        }
    }

    /// Text as bytes of this charset, with plainer letters where it lacks one.
    pub(crate) fn write(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf16 { .. } => self.write_ascii(text.to_owned()),
            Self::Ascii | Self::Iso2022Jp => {
                let mut out = Vec::with_capacity(text.len());
                text.chars().for_each(|c| plainer(c, &mut out));
                out
            }
            Self::Compatible(encoding) => {
                let mut out = Vec::with_capacity(text.len());
                for c in text.chars() {
                    let mut buffer = [0; 4];
                    let (bytes, _, lacking) = encoding.encode(c.encode_utf8(&mut buffer));
                    // What is called ISO-8859-1 or -9 is read as windows-1252 or -1254 by most, as control
                    // characters by some: keep away from where they differ.
                    let latin = encoding == WINDOWS_1252 || encoding == WINDOWS_1254;
                    if lacking || latin && bytes.iter().any(|b| (0x80..0xa0).contains(b)) {
                        plainer(c, &mut out);
                    } else {
                        out.extend_from_slice(&bytes);
                    }
                }
                out
            }
        }
    }
}

/// Names that mail uses and the web does not know.
fn known_as(label: &str) -> &str {
    match label {
        "cp932" => "shift_jis",
        "cp936" => "gbk",
        "cp949" => "euc-kr",
        "cp950" => "big5",
        other => other,
    }
}

fn narrow(unit: &[u8], little: bool) -> u8 {
    let code = match (unit, little) {
        ([low, high], true) | ([high, low], false) => u16::from_be_bytes([*high, *low]),
        _ => 0,
    };
    if code < 0x80 { code as u8 } else { 0xff }
}

/// Do all read this ISO-2022-JP alike? By RFC 1468 a line begins in ASCII, to browsers it goes on as the last one ended; and
/// two bytes of its Roman set, which is ASCII to most, are a yen sign and an overline to some.
fn is_agreed_upon(body: &[u8]) -> bool {
    let mut shifted = body.split(|b| *b == 0x1b).skip(1);
    shifted.all(|text| match text {
        [b'(', b'B', ..] => true,
        [b'(', b'J', text @ ..] => memchr::memchr2(b'\\', b'~', text).is_none(),
        _ => memchr::memchr(b'\n', text).is_none(),
    })
}

/// ISO-2022-JP with escape sequences and everything outside its ASCII and Roman states replaced by 0xFF.
fn hide_shifted(body: &[u8]) -> Vec<u8> {
    let mut view = Vec::with_capacity(body.len());
    let mut shifted = false;
    let mut at = 0;
    while at < body.len() {
        if body[at] == 0x1b {
            let escape = &body[at..body.len().min(at + 3)];
            shifted = !matches!(escape, b"\x1b(B" | b"\x1b(J");
            view.resize(view.len() + escape.len(), 0xff);
            at += escape.len();
            continue;
        }
        view.push(if shifted { 0xff } else { body[at] });
        at += 1;
    }
    view
}

/// Append an ASCII spelling of a character: European letters without their accents, typographic
/// punctuation as typewritten, `?` for the rest.
fn plainer(c: char, out: &mut Vec<u8>) {
    let spelling = match c {
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ă' | 'ą' => "a",
        'À' | 'Á' | 'Â' | 'Ã' | 'Å' | 'Ă' | 'Ą' => "A",
        'ä' | 'æ' => "ae",
        'Ä' | 'Æ' => "Ae",
        'ç' | 'ć' | 'č' => "c",
        'Ç' | 'Ć' | 'Č' => "C",
        'ď' | 'đ' | 'ð' => "d",
        'Ď' | 'Đ' | 'Ð' => "D",
        'è' | 'é' | 'ê' | 'ë' | 'ě' | 'ę' => "e",
        'È' | 'É' | 'Ê' | 'Ë' | 'Ě' | 'Ę' => "E",
        'ğ' => "g",
        'Ğ' => "G",
        'ì' | 'í' | 'î' | 'ï' | 'ı' => "i",
        'Ì' | 'Í' | 'Î' | 'Ï' | 'İ' => "I",
        'ł' => "l",
        'Ł' => "L",
        'ñ' | 'ń' | 'ň' => "n",
        'Ñ' | 'Ń' | 'Ň' => "N",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' | 'ő' => "o",
        'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ø' | 'Ő' => "O",
        'ö' | 'œ' => "oe",
        'Ö' | 'Œ' => "Oe",
        'ř' => "r",
        'Ř' => "R",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'Ś' | 'Š' | 'Ş' | 'Ș' => "S",
        'ß' => "ss",
        'ť' | 'ţ' | 'ț' => "t",
        'Ť' | 'Ţ' | 'Ț' => "T",
        'ù' | 'ú' | 'û' | 'ů' | 'ű' => "u",
        'Ù' | 'Ú' | 'Û' | 'Ů' | 'Ű' => "U",
        'ü' => "ue",
        'Ü' => "Ue",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'Ź' | 'Ż' | 'Ž' => "Z",
        '€' => "EUR",
        '\u{a0}' | '\u{202f}' | '\u{2009}' => " ",
        '‘' | '’' | '‚' | '‹' | '›' => "'",
        '“' | '”' | '„' | '«' | '»' => "\"",
        '–' | '—' | '‑' | '−' => "-",
        '…' => "...",
        '¿' | '¡' => "",
        '•' | '·' => "*",
        ascii if ascii.is_ascii() => return out.push(ascii as u8),
        _ => "?",
    };
    out.extend_from_slice(spelling.as_bytes());
}

#[cfg(test)]
mod tests;
