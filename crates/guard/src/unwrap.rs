//! Where a tracked link leads, found in the link itself. Nothing is ever asked of anybody.
//!
//! Only a line of the catalogue that says how its vendor writes the destination opens a link, and only where the outcome is
//! certain: one address, whole, on another host. A wrong outcome is worse than none. Ways out of a mailing, sign-ins and
//! links that work once are left alone whatever stands in them.

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use percent_encoding::percent_decode_str;
use url::Url;

/// Longest link that is looked into.
const LINK_BYTES_MAX: usize = 16_384;
/// Shorter pieces of a link hold no address.
const PIECE_BYTES_MIN: usize = 12;
/// Rounds of percent-decoding.
const ROUNDS_MAX: usize = 3;
/// What a compressed piece may grow to.
const INFLATED_BYTES_MAX: usize = 8 << 10;
/// Pieces of one link that are looked at: each may have to be inflated.
const PIECES_MAX: usize = 16;

/// How a vendor writes the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unwrap {
    /// It does not stand in the link, or cannot be read.
    Opaque,
    /// In this parameter of the query.
    Parameter(&'static str),
    /// In one of the pieces of the path or the query, plain or encoded.
    Embedded,
    /// Proofpoint's second format: `u=https-3A__x.example_a`.
    ProofpointV2,
    /// Proofpoint's third: `/v3/__https://x.example/a__;!!…`.
    ProofpointV3,
}

impl Unwrap {
    pub(crate) fn parse(cell: &'static str) -> Option<Self> {
        Some(match cell {
            "-" => Self::Opaque,
            "embedded" => Self::Embedded,
            "proofpoint-v2" => Self::ProofpointV2,
            "proofpoint-v3" => Self::ProofpointV3,
            other => Self::Parameter(
                other
                    .strip_prefix("param:")
                    .filter(|name| !name.is_empty())?,
            ),
        })
    }

    /// The destination, if it is certain.
    pub(crate) fn open(self, link: &Url) -> Option<Url> {
        if link.as_str().len() > LINK_BYTES_MAX || is_delicate(link.as_str()) {
            return None;
        }
        let found = match self {
            Self::Opaque => return None,
            Self::Parameter(name) => one(parameters(link, name).iter().filter_map(|v| whole(v)))?,
            Self::Embedded => one(pieces(link).iter().flat_map(|piece| addresses(piece)))?,
            Self::ProofpointV2 => {
                let value = parameters(link, "u").into_iter().next()?;
                let text = value.replace('_', "/").replace('-', "%");
                one(whole(&decode(&text)?).into_iter())?
            }
            Self::ProofpointV3 => {
                let path = link[url::Position::BeforePath..].strip_prefix("/v3/__")?;
                let (inside, after) = path.rsplit_once("__;")?;
                // A star in it stands for a character that is written behind; then the address is not whole here.
                if inside.contains('*') && !after.starts_with("!!") {
                    return None;
                }
                one(whole(inside).into_iter())?
            }
        };
        let certain = found.host_str() != link.host_str() && !is_delicate(found.as_str());
        certain.then_some(found)
    }
}

/// The one address among these; None where there are several, or none.
fn one(found: impl Iterator<Item = Url>) -> Option<Url> {
    let mut found = found.take(100);
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

/// A text that is an address from its beginning to its end, perhaps percent-encoded once more, perhaps in base64.
fn whole(text: &str) -> Option<Url> {
    let mut text = text.to_owned();
    for _ in 0..ROUNDS_MAX {
        if let Some(url) = address(&text) {
            return Some(url);
        }
        match decode(&text) {
            Some(decoded) if decoded != text => text = decoded,
            _ => break,
        }
    }
    let bytes = base64(&text)?;
    address(std::str::from_utf8(&bytes).ok()?)
}

/// As [`Url`], if it is a web address whose host has a dot in it, and nothing that no address holds.
fn address(text: &str) -> Option<Url> {
    let begins = ["http://", "https://"].iter().any(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    });
    if !begins
        || text
            .chars()
            .any(|c| c <= ' ' || matches!(c, '"' | '<' | '>' | '\\' | '`' | '{' | '}' | '|'))
    {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let fine = url.host_str().is_some_and(|host| host.contains('.')) && url.username().is_empty();
    fine.then_some(url)
}

/// Values of a parameter, percent-decoded once. A plus stays a plus: in addresses within addresses it is one.
fn parameters(link: &Url, name: &str) -> Vec<String> {
    let pairs = link.query().unwrap_or_default().split('&');
    let values = pairs.filter_map(|pair| pair.split_once('='));
    values
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .filter_map(|(_, value)| decode(value))
        .collect()
}

fn decode(text: &str) -> Option<String> {
    percent_decode_str(text)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// Segments of the path, values of the query, and the fragment's, as they stand.
pub(crate) fn pieces(link: &Url) -> Vec<String> {
    let path = link.path().split('/');
    let query = link.query().unwrap_or_default().split('&');
    let values = query.map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value));
    let fragment = link.fragment().unwrap_or_default().split(['&', '/', '=']);
    let long = |piece: &&str| piece.len() >= PIECE_BYTES_MIN;
    path.chain(values)
        .chain(fragment)
        .filter(long)
        .take(PIECES_MAX)
        .map(str::to_owned)
        .collect()
}

/// Addresses in a piece of a link, in all the ways that vendors write them.
fn addresses(piece: &str) -> Vec<Url> {
    if let Some(url) = whole(piece) {
        return vec![url];
    }
    let texts = texts(piece).into_iter();
    texts.flat_map(|text| quoted(&text)).collect()
}

/// Addresses that stand in quotes, as in JSON. Where the quotes end, the address ends.
fn quoted(text: &str) -> Vec<Url> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    // JSON within JSON: any number of backslashes before a slash or a quote.
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        rest = rest[at..].trim_start_matches('\\');
        if let Some(after) = rest.strip_prefix("u0026") {
            plain.push('&');
            rest = after;
        }
    }
    plain.push_str(rest);
    plain.split('"').filter_map(address).collect()
}

/// What a piece says once it is decoded: base64, base64 and deflate, hexadecimal digits. Bounded in size and number.
pub(crate) fn texts(piece: &str) -> Vec<String> {
    let Some(piece) = decode(piece) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    // A signature may follow behind a dot.
    for part in piece
        .split('.')
        .take(4)
        .filter(|part| part.len() >= PIECE_BYTES_MIN)
    {
        let hex = HEXLOWER_PERMISSIVE.decode(part.as_bytes()).ok();
        let raw = base64(part);
        let inflated = raw.as_deref().and_then(inflate);
        for bytes in [hex, raw, inflated].into_iter().flatten() {
            if let Ok(text) = String::from_utf8(bytes) {
                found.push(text);
            }
        }
    }
    found
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches(['=', '~']);
    if text.len() < PIECE_BYTES_MIN {
        return None;
    }
    let tried = BASE64URL_NOPAD.decode(text.as_bytes());
    tried.or_else(|_| BASE64_NOPAD.decode(text.as_bytes())).ok()
}

fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    use miniz_oxide::inflate::{decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit};
    let inflated = match bytes {
        [0x78, ..] => decompress_to_vec_zlib_with_limit(bytes, INFLATED_BYTES_MAX),
        // The header of gzip without any of its options (RFC 1952 §2.3).
        [0x1f, 0x8b, 8, 0, _, _, _, _, _, _, rest @ ..] => {
            decompress_to_vec_with_limit(rest, INFLATED_BYTES_MAX)
        }
        _ => return None,
    };
    inflated.ok()
}

/// A way out, a sign-in, a link that works once: it stays as it is.
fn is_delicate(link: &str) -> bool {
    const WORDS: &[&str] = &[
        "unsub",
        "optout",
        "opt-out",
        "opt_out",
        "abmeld",
        "abbestell",
        "desabon",
        "desinscri",
        "disiscri",
        "preferences",
        "password",
        "passwort",
        "reset",
        "signin",
        "sign-in",
        "sign_in",
        "login",
        "logon",
        "oauth",
        "redirect_uri",
        "magic",
        "verify",
        "verif",
        "confirm",
        "activate",
        "x-amz-signature",
        "signature=",
    ];
    let lower = link.to_ascii_lowercase();
    WORDS.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::BASE64URL;

    fn open(way: Unwrap, link: &str) -> Option<String> {
        way.open(&Url::parse(link).unwrap()).map(String::from)
    }

    const A: &str = "https://shop.example/a?b=1&c=2";

    #[test]
    fn the_ways_that_vendors_write_a_destination() {
        let escaped = "https%3A%2F%2Fshop.example%2Fa%3Fb%3D1%26c%3D2";
        let twice = escaped.replace('%', "%25");
        let json = BASE64URL
            .encode(br#"{"email_id":"x","href":"https://shop.example/a?b=1\u0026c=2","t":1}"#);
        let nested = BASE64URL.encode(
            br#"{"s":"x","p":"{\"u\":1,\"url\":\"https:\\\/\\\/shop.example\\\/a?b=1&c=2\"}"}"#,
        );
        let plain = BASE64URL_NOPAD.encode(A.as_bytes());
        let zlib =
            miniz_oxide::deflate::compress_to_vec_zlib(format!("{{\"u\":\"{A}\"}}").as_bytes(), 9);
        let zlib = BASE64URL_NOPAD.encode(&zlib);
        for (way, link) in [
            (
                Unwrap::Parameter("url"),
                format!("https://t.example/?x=1&url={escaped}&data=2"),
            ),
            (
                Unwrap::Parameter("url"),
                format!("https://t.example/?url={twice}"),
            ),
            (
                Unwrap::Parameter("u"),
                format!("https://t.example/?u={plain}"),
            ),
            (
                Unwrap::Embedded,
                format!("https://t.example/L0/{escaped}/1/0100abc-000000/sig=12"),
            ),
            (
                Unwrap::Embedded,
                format!("https://t.example/lnk/AAAA1234567890AAAA/1/{plain}"),
            ),
            (
                Unwrap::Embedded,
                format!("https://t.example/e/c/{json}/abcdef0123456789"),
            ),
            (
                Unwrap::Embedded,
                format!("https://t.example/redirect/2/{json}.abcdef0123456789"),
            ),
            (
                Unwrap::Embedded,
                format!("https://t.example/track/click/30/shop.example?p={nested}"),
            ),
            (Unwrap::Embedded, format!("https://t.example/c/{zlib}")),
            (
                Unwrap::ProofpointV2,
                "https://t.example/v2/url?u=https-3A__shop.example_a-3Fb-3D1-26c-3D2&d=x"
                    .to_owned(),
            ),
            (
                Unwrap::ProofpointV3,
                "https://t.example/v3/__https://shop.example/a?b=1&c=2__;!!abc$".to_owned(),
            ),
        ] {
            assert_eq!(open(way, &link).as_deref(), Some(A), "{link}");
        }
    }

    #[test]
    fn what_is_not_certain_stays() {
        for (way, link) in [
            (
                Unwrap::Opaque,
                "https://t.example/?url=https%3A%2F%2Fshop.example%2F",
            ),
            (
                Unwrap::Parameter("url"),
                "https://t.example/?u=https%3A%2F%2Fshop.example%2F",
            ),
            (
                Unwrap::Parameter("url"),
                "https://t.example/?url=https%3A%2F%2Fshop.example%2F&url=https%3A%2F%2Fother.example%2F",
            ),
            (
                Unwrap::Parameter("url"),
                "https://t.example/?url=javascript%3Aalert(1)",
            ),
            (
                Unwrap::Parameter("url"),
                "https://t.example/?url=https%3A%2F%2Fa%40shop.example%2F",
            ),
            (
                Unwrap::Parameter("url"),
                "https://t.example/?url=https%3A%2F%2Fshop",
            ),
            (
                Unwrap::Parameter("url"),
                "https://t.example/?url=https%3A%2F%2Fshop.example%2Fa%20b",
            ),
            (
                Unwrap::Parameter("url"),
                "https://t.example/?url=https%3A%2F%2Ft.example%2Fa",
            ),
            (
                Unwrap::Parameter("url"),
                "https://t.example/?url=https%3A%2F%2Fshop.example%2Funsubscribe",
            ),
            (
                Unwrap::Parameter("url"),
                "https://t.example/?url=https%3A%2F%2Fshop.example%2Freset%3Fk%3D1",
            ),
            (
                Unwrap::Parameter("url"),
                "https://t.example/login?url=https%3A%2F%2Fshop.example%2F",
            ),
            (
                Unwrap::Embedded,
                "https://t.example/https%3A%2F%2Fa.example%2F/https%3A%2F%2Fb.example%2F",
            ),
            (
                Unwrap::Embedded,
                "https://t.example/aHR0cHM6Ly9zaG9wLmV4YW1wbGUvIGFuZCBtb3Jl",
            ),
        ] {
            assert_eq!(open(way, link), None, "{link}");
        }
    }

    #[test]
    fn what_is_blown_up_is_bounded() {
        let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![b'a'; 10 << 20], 9);
        let link = format!(
            "https://t.example/c/{}",
            BASE64URL_NOPAD.encode(&bomb[..8_000.min(bomb.len())])
        );
        assert_eq!(open(Unwrap::Embedded, &link), None);
    }
}
