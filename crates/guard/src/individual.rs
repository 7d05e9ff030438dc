//! Does an address name one recipient? By what it carries: an identifier, or the recipient's own address in any of the
//! ways it is usually written.

use std::collections::HashSet;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER};
use md5::{Digest, Md5};
use url::Url;

use crate::unwrap;

/// Most recipients that are looked for: those of a mailing list's `To` are not.
const RECIPIENTS_MAX: usize = 20;
/// Longest address of a load that is looked at whole.
const URL_BYTES_MAX: usize = 8_192;

/// The recipients, in every spelling.
#[derive(Debug, Default)]
pub(crate) struct Recipients {
    /// In lower case, as they are.
    plain: Vec<String>,
    /// Hashes in hexadecimal digits.
    hashes: Vec<String>,
    /// Base64, whose case matters.
    encoded: Vec<String>,
}

/// How a recipient stands in an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    Plainly,
    AsHash,
    Encoded,
}

impl Recipients {
    pub(crate) fn new(addresses: impl IntoIterator<Item = String>) -> Self {
        let mut recipients = Self::default();
        let mut seen = HashSet::new();
        for address in addresses {
            let lower = address.trim().to_lowercase();
            if recipients.plain.len() >= RECIPIENTS_MAX
                || !lower.contains('@')
                || !seen.insert(lower.clone())
            {
                continue;
            }
            for spelling in [lower.as_str(), address.trim()] {
                let bytes = spelling.as_bytes();
                recipients.hashes.extend([
                    HEXLOWER.encode(&Md5::digest(bytes)),
                    HEXLOWER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref()),
                    HEXLOWER.encode(digest(&SHA256, bytes).as_ref()),
                    HEXLOWER.encode(bytes),
                ]);
                recipients.encoded.extend([
                    BASE64_NOPAD.encode(bytes),
                    BASE64URL_NOPAD.encode(bytes),
                    BASE64.encode(digest(&SHA256, bytes).as_ref()),
                    BASE64URL.encode(digest(&SHA256, bytes).as_ref()),
                ]);
            }
            recipients.plain.push(lower);
        }
        recipients
    }

    /// Is one of them in this address?
    pub(crate) fn named_in(&self, url: &Url) -> Option<Named> {
        if self.plain.is_empty() {
            return None;
        }
        let text = head(url.as_str());
        let decoded = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
        let lower = decoded.to_lowercase();
        if self.plain.iter().any(|plain| lower.contains(plain)) {
            return Some(Named::Plainly);
        }
        if self.hashes.iter().any(|hash| lower.contains(hash)) {
            return Some(Named::AsHash);
        }
        if self.encoded.iter().any(|encoded| decoded.contains(encoded)) {
            return Some(Named::Encoded);
        }
        let pieces = unwrap::pieces(url);
        let mut texts = pieces.iter().flat_map(|piece| unwrap::texts(piece));
        let hidden = texts.any(|text| {
            let text = text.to_lowercase();
            self.plain.iter().any(|plain| text.contains(plain))
        });
        hidden.then_some(Named::Encoded)
    }
}

fn head(text: &str) -> &str {
    let end = (0..=URL_BYTES_MAX.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// What could be an identifier in an address.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Identifiers {
    pub(crate) in_host: Vec<String>,
    pub(crate) in_path: Vec<String>,
    pub(crate) in_query: Vec<String>,
}

impl Identifiers {
    pub(crate) fn of(url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        let host = host
            .split('.')
            .filter(|label| label.len() >= 16 && is_identifier(label));
        let path = head(url.path())
            .split('/')
            .flat_map(|segment| identifiers(without_ending(segment)));
        let query = head(url.query().unwrap_or_default());
        let query = query.split('&').flat_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or(("", pair));
            let told = (!is_harmless(name)).then(|| identifiers(value));
            told.unwrap_or_default()
        });
        Self {
            in_host: host.map(str::to_owned).collect(),
            in_path: path.collect(),
            in_query: query.collect(),
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &String> {
        self.in_host
            .iter()
            .chain(&self.in_path)
            .chain(&self.in_query)
    }
}

/// `logo.2x.png` without its ending; endings say nothing about anybody.
fn without_ending(segment: &str) -> &str {
    match segment.rsplit_once('.') {
        Some((name, ending)) if ending.len() <= 5 => name,
        _ => segment,
    }
}

/// Parameters that say how a picture is wanted, which version, or which campaign.
fn is_harmless(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "v",
        "ver",
        "version",
        "rev",
        "w",
        "h",
        "width",
        "height",
        "q",
        "quality",
        "size",
        "s",
        "format",
        "fm",
        "fit",
        "auto",
        "dpr",
        "crop",
        "ixlib",
        "family",
        "display",
        "wght",
        "lang",
        "locale",
        "cb",
        "ts",
        "timestamp",
    ];
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || name.starts_with("utm_")
}

fn identifiers(text: &str) -> Vec<String> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
    if is_uuid(&decoded) {
        return vec![decoded.into_owned()];
    }
    let parts = decoded.split(|c: char| !c.is_ascii_alphanumeric());
    let short: Vec<&str> = parts.collect();
    let single = short
        .iter()
        .filter(|part| is_identifier(part))
        .map(|part| (*part).to_owned());
    let mut found: Vec<String> = single.collect();
    // base64url has dashes and underscores in it: what is long, and mixed, is taken whole.
    let letters = decoded
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=' | b'~'));
    if found.is_empty() && letters && decoded.len() >= 24 && is_jumble(&decoded) {
        found.push(decoded.into_owned());
    }
    found
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// Of letters and digits, and not like a word, words with a number, a size or a day.
fn is_identifier(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    match digits {
        all if all == text.len() => digits >= 6 && !is_day(text),
        0 => text.len() >= 20 && is_jumble(text),
        _ if text.len() >= 16 && text.bytes().all(|b| b.is_ascii_hexdigit()) => true,
        _ => text.len() >= 8 && is_jumble(text),
    }
}

/// `20261122`
fn is_day(text: &str) -> bool {
    text.len() == 8
        && (text.starts_with("19") || text.starts_with("20"))
        && &text[4..6] <= "12"
        && &text[6..8] <= "31"
}

/// Many short runs of small letters, capitals and digits. `November2026Header` has three and they are long.
fn is_jumble(text: &str) -> bool {
    let class = |b: u8| match b {
        b'0'..=b'9' => 0,
        b'A'..=b'Z' => 1,
        b'a'..=b'z' => 2,
        _ => 3,
    };
    let bytes = text.as_bytes();
    // A capital letter begins the word that follows it.
    let breaks = |pair: &&[u8]| {
        class(pair[0]) != class(pair[1]) && (class(pair[0]), class(pair[1])) != (1, 2)
    };
    let runs = 1 + bytes.windows(2).filter(breaks).count();
    runs >= 4 && text.len() < runs * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(url: &str) -> usize {
        Identifiers::of(&Url::parse(url).unwrap()).all().count()
    }

    #[test]
    fn identifiers_are_told_from_words() {
        for url in [
            "https://x.example/o/8d7f3c2a91b04e56a1b2c3d4e5f60718.gif",
            "https://x.example/p.gif?u=123456789",
            "https://x.example/p?id=4f3a9c1e-7b2d-4c1a-9e8f-0a1b2c3d4e5f",
            "https://x.example/q/kP3xVb9Lw2Qz_77aZ~~",
            "https://x.example/?upn=u001-2FabcD3eF4",
            "https://a8d7f3c2a91b04e56a.x.example/p.gif",
        ] {
            assert!(count(url) > 0, "{url}");
        }
        for url in [
            "https://x.example/images/spacer.gif",
            "https://x.example/2026/11/22/header-image-600x200@2x.png",
            "https://x.example/assets/logo_v2.png?v=3&w=1200",
            "https://x.example/newsletter/November2026/Banner.jpg",
            "https://x.example/20261122/hero.jpg?utm_campaign=a1b2c3d4e5",
            "https://fonts.example/css?family=Open+Sans:400,700",
        ] {
            assert_eq!(
                count(url),
                0,
                "{url}: {:?}",
                Identifiers::of(&Url::parse(url).unwrap())
            );
        }
    }

    #[test]
    fn a_recipient_in_an_address() {
        let recipients = Recipients::new(["Ada.Lovelace@Reader.example".to_owned()]);
        let named = |url: &str| recipients.named_in(&Url::parse(url).unwrap());
        let lower = b"ada.lovelace@reader.example";
        let json = BASE64URL_NOPAD.encode(br#"{"to":"ada.lovelace@reader.example"}"#);
        for (url, how) in [
            (
                "https://x.example/p?e=ada.lovelace%40reader.example".to_owned(),
                Named::Plainly,
            ),
            (
                format!(
                    "https://x.example/{}.gif",
                    HEXLOWER.encode(&Md5::digest(lower))
                ),
                Named::AsHash,
            ),
            (
                format!(
                    "https://x.example/?h={}",
                    HEXLOWER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, lower).as_ref())
                ),
                Named::AsHash,
            ),
            (
                format!(
                    "https://x.example/?h={}",
                    HEXLOWER
                        .encode(digest(&SHA256, lower).as_ref())
                        .to_uppercase()
                ),
                Named::AsHash,
            ),
            (
                format!("https://x.example/?e={}", BASE64.encode(lower)),
                Named::Encoded,
            ),
            (format!("https://x.example/o/{json}"), Named::Encoded),
        ] {
            assert_eq!(named(&url), Some(how), "{url}");
        }
        assert_eq!(named("https://x.example/ada.png"), None);
        assert_eq!(
            Recipients::new(["undisclosed".to_owned()])
                .named_in(&Url::parse("https://x.example/undisclosed").unwrap()),
            None
        );
    }
}
