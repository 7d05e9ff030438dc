//! The addresses of the tracker origin, and what a click may lead to.

use crate::token::{TOKEN_CHARS, Token};
use crate::word::serde_as_text;
use percent_encoding::{
    AsciiSet, NON_ALPHANUMERIC, PercentEncode, percent_decode_str, utf8_percent_encode,
};
use std::fmt;
use std::str::FromStr;

/// Longest destination that is tracked; longer links stay as they are. Browsers and gateways stop well below this.
pub const DESTINATION_BYTES_MAX: usize = 8_000;

/// Scheme, host and port, as in `https://t.example.org`: no path, no trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

/// Why a text is not an origin. Does not quote it: a name and a password may stand in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not an origin: write it as https://host or http://host:port, without a path")]
pub struct BadOrigin;

impl Origin {
    /// The origin's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Host and port, as in a `Host` header.
    pub fn authority(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, rest)| rest)
    }

    /// The host without its port.
    pub fn host(&self) -> &str {
        let authority = self.authority();
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => authority,
        }
    }

    /// Is it `https`?
    pub fn is_secure(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// The pixel of a copy.
    pub fn pixel(&self, token: &Token) -> String {
        format!("{}/o/{token}.gif", self.0)
    }

    /// A tracked link. The destination stands readable in it.
    pub fn click(&self, token: &Token, to: &Destination) -> String {
        let to = to.as_str();
        // Half as much again, for what has to be encoded.
        let length = self.0.len() + "/c/?to=".len() + TOKEN_CHARS + to.len() + to.len() / 2;
        let mut url = String::with_capacity(length);
        url.extend([self.as_str(), "/c/", token.as_str(), "?to="]);
        url.extend(encode(to));
        url
    }

    /// Takes a tracked link of this origin apart again: its token, and where it leads. Says nothing about whether the
    /// token is genuine.
    pub fn read_click<'u>(&self, url: &'u str) -> Option<(&'u str, Destination)> {
        let rest = url.strip_prefix(self.0.as_str())?.strip_prefix("/c/")?;
        let (token, query) = rest.split_once('?')?;
        let query = query.split('#').next().unwrap_or(query);
        Some((token, Destination::from_query(query)?))
    }

    /// Is this the address of a pixel of this origin?
    pub fn is_pixel(&self, url: &str) -> bool {
        let rest = url
            .strip_prefix(self.0.as_str())
            .and_then(|rest| rest.strip_prefix("/o/"));
        rest.and_then(|file| file.strip_suffix(".gif")).is_some()
    }

    /// The recipient's page.
    pub fn person(&self, token: &Token) -> String {
        format!("{}/p/{token}", self.0)
    }

    /// The page behind the link of a confirmation mail.
    pub fn confirm(&self, token: &Token) -> String {
        format!("{}/p/confirm/{token}", self.0)
    }

    /// The page to unsubscribe on, which also takes the one-click POST of RFC 8058.
    pub fn unsubscribe(&self, token: &Token) -> String {
        format!("{}/u/{token}", self.0)
    }

    /// The page behind the link that proves whose mailbox it is.
    pub fn own(&self, token: &Token) -> String {
        format!("{}/p/own/{token}", self.0)
    }

    /// The page on which somebody with parental responsibility agrees and takes back.
    pub fn guardian(&self, token: &Token) -> String {
        format!("{}/p/guardian/{token}", self.0)
    }

    /// The receipt page.
    pub fn receipt(&self, token: &Token) -> String {
        format!("{}/r/{token}", self.0)
    }
}

impl FromStr for Origin {
    type Err = BadOrigin;
    fn from_str(text: &str) -> Result<Self, BadOrigin> {
        let trimmed = text.trim().trim_end_matches('/').to_ascii_lowercase();
        let authority = trimmed
            .strip_prefix("https://")
            .or_else(|| trimmed.strip_prefix("http://"));
        let ok = authority.is_some_and(|a| {
            !a.is_empty()
                && a.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b".-:[]_".contains(&b))
        });
        if ok {
            Ok(Self(trimmed))
        } else {
            Err(BadOrigin)
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(Origin);

/// Where a tracked link leads: an absolute http or https URL without userinfo or control characters. Checked when
/// the link is made and again when it is followed (R-SEC-01).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination(String);

/// The text cannot be the destination of a tracked link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only absolute http and https addresses without user name can be tracked")]
pub struct BadDestination;

impl Destination {
    /// The destination's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The destination in the query of a tracked link: its first `to`, percent-decoded once. `+` stays `+`, for what
    /// writes these links leaves none of its own; parameters that mail gateways add are ignored.
    pub fn from_query(query: &str) -> Option<Self> {
        let to = query.split('&').find_map(|pair| pair.strip_prefix("to="))?;
        if to.len() > 3 * DESTINATION_BYTES_MAX {
            return None;
        }
        percent_decode_str(to).decode_utf8().ok()?.parse().ok()
    }

    /// What else the query may have been before something took the escapes out of it, as rspamd's `url_redirector` does: there
    /// `%26` becomes `&`, so the destination may end at any of them; and with decoding it once more a `%2F` of the
    /// destination's own would be lost. At most [`READINGS_MAX`]; the token's MAC tells which one is meant, if any.
    pub fn unescaped(query: &str) -> impl Iterator<Item = Self> {
        let start = match query.strip_prefix("to=") {
            Some(rest) => rest,
            None => query.split_once("&to=").map_or("", |(_, rest)| rest),
        };
        let whole = Some(start.get(..3 * DESTINATION_BYTES_MAX).unwrap_or(start));
        let parts = start.match_indices('&').map(|(at, _)| &start[..at]);
        let texts = whole.into_iter().chain(parts).take(READINGS_MAX / 2);
        texts.flat_map(|text| {
            let decoded = percent_decode_str(text).decode_utf8().ok();
            let decoded = decoded.and_then(|text| text.parse().ok());
            [decoded, text.parse().ok()].into_iter().flatten()
        })
    }
}

/// Ways to read one mangled query. Links with more `&` in them than half of these are not read.
const READINGS_MAX: usize = 32;

impl FromStr for Destination {
    type Err = BadDestination;
    fn from_str(text: &str) -> Result<Self, BadDestination> {
        let rest = ["https://", "http://"].iter().find_map(|scheme| {
            text.get(..scheme.len())
                .filter(|s| s.eq_ignore_ascii_case(scheme))
                .map(|s| &text[s.len()..])
        });
        let authority = rest
            .and_then(|r| r.split(['/', '?', '#', '\\']).next())
            .unwrap_or("");
        // A Location header is one line of visible ASCII; anything else belongs percent-encoded.
        // (Without a way out before the end, many bytes are looked at in one step.)
        let visible = |text: &str| text.bytes().fold(true, |all, b| all & b.is_ascii_graphic());
        if text.len() <= DESTINATION_BYTES_MAX
            && visible(text)
            && !authority.is_empty()
            && !authority.contains('@')
        {
            Ok(Self(text.into()))
        } else {
            Err(BadDestination)
        }
    }
}

/// All but RFC 3986's unreserved characters and the few that are harmless in a query value and keep the destination
/// readable.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b':');

fn encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, ENCODED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CopyId, Keyring};
    use proptest::prelude::*;

    #[test]
    fn origins() {
        assert_eq!(
            "https://T.example.org/".parse::<Origin>().unwrap().as_str(),
            "https://t.example.org"
        );
        assert_eq!(
            "http://127.0.0.1:8080".parse::<Origin>().unwrap().host(),
            "127.0.0.1"
        );
        for bad in [
            "",
            "t.example.org",
            "ftp://x",
            "https://x/y",
            "https://a b",
            "https://a@b",
        ] {
            assert!(bad.parse::<Origin>().is_err(), "{bad}");
        }
    }

    #[test]
    fn r_sec_01_destinations() {
        for good in ["https://a", "HTTP://a/b?c=d&e=%20#f", "http://[::1]:80/"] {
            assert!(good.parse::<Destination>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "https://",
            "//a",
            "/a",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://u:p@h/",
            "https://u@h",
            "https://a/\r\nSet-Cookie: x",
            "https://a/ b",
            "https:a",
            "https://a/é",
            "mailto:a@b",
            "https:///a",
            "ftp://a",
        ] {
            assert!(bad.parse::<Destination>().is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn a_tracked_link_is_read_back_byte_for_byte(text in "[Hh]ttps?://[!-~]{1,60}") {
            let Ok(to) = text.parse::<Destination>() else { return Ok(()) };
            let token = Keyring::new(&[(1, [1; 32])]).unwrap().person(CopyId([1; 16]));
            let origin: Origin = "https://t.example.org".parse().unwrap();
            let url = origin.click(&token, &to);
            prop_assert_eq!(origin.read_click(&url), Some((token.as_str(), to)));
            let gateway = format!("{url}&added=by-a-gateway#x");
            prop_assert!(origin.read_click(&gateway).is_some());
        }

        #[test]
        fn any_query_is_a_destination_or_not(query in "(to=)?\\PC{0,80}|to=(%[0-9a-fA-F]{0,2}|[!-~]){0,60}") {
            for to in Destination::from_query(&query).into_iter().chain(Destination::unescaped(&query)) {
                prop_assert!(to.as_str().bytes().all(|b| (0x21..=0x7e).contains(&b)));
            }
        }
    }

    #[test]
    fn a_query_whose_escapes_were_taken_out_can_still_be_read() {
        let reads = |query: &str, to: &str| Destination::unescaped(query).any(|d| d.as_str() == to);
        let to = "https://a.b/?c=%41&d=1&e=%26";
        for query in [
            "to=https://a.b/?c=%41&d=1&e=%26",
            "to=https://a.b/?c=%41&d=1&e=%26&added=by-a-gateway&and=more",
            "x=1&to=https://a.b/?c=%41&d=1&e=%26",
            "to=https://a.b/?c=%2541&d=1&e=%2526",
        ] {
            assert!(reads(query, to), "{query}");
        }
        assert!(!reads("to=https://a.b/?c=A", to));
        for none in ["", "to", "to=", "xto=https://a.b", "a&b&c"] {
            assert_eq!(Destination::unescaped(none).next(), None, "{none}");
        }
        let many = format!("to=https://a.b/?{}", "&a".repeat(5_000));
        assert!(Destination::unescaped(&many).count() <= READINGS_MAX);
    }

    #[test]
    fn decoded_once_and_exactly() {
        let to = |query| Destination::from_query(query).map(|d| d.as_str().to_owned());
        assert_eq!(
            to("to=https://a.b/%3Fc%3D%2541%2Bd").unwrap(),
            "https://a.b/?c=%41+d"
        );
        assert_eq!(
            to("x=1&to=https://a.b&to=https://c.d").unwrap(),
            "https://a.b"
        );
        for bad in [
            "",
            "to",
            "to=",
            "To=https://a.b",
            "to=%ff",
            "to=https://a.b/%0d%0aX:y",
            "to=https://a.b/%20",
            "to=//a.b",
            "to=https%253A//a.b",
            "to=https://u%40a.b",
            "to=javascript:alert(1)",
        ] {
            assert_eq!(to(bad), None, "{bad}");
        }
        assert_eq!(to(&format!("to=https://a.b/{}", "%41".repeat(9_000))), None);
    }

    #[test]
    fn foreign_addresses_are_not_ours() {
        let origin: Origin = "https://t.example.org".parse().unwrap();
        for url in [
            "https://t.example.org.evil/c/x?to=https://a",
            "https://t.example.org/d/x?to=https://a",
            "/c/x?to=https://a",
        ] {
            assert_eq!(origin.read_click(url), None, "{url}");
        }
        assert!(origin.is_pixel("https://t.example.org/o/x.gif"));
        assert!(!origin.is_pixel("https://elsewhere.example/o/x.gif"));
    }

    #[test]
    fn the_destination_stays_readable_and_survives_the_query() {
        assert_eq!(
            encode("https://a.b/c?d=1&e=%41+f").to_string(),
            "https://a.b/c%3Fd%3D1%26e%3D%2541%2Bf"
        );
    }
}
