//! The addresses of the tracker origin, and what a click may lead to.

use crate::token::Token;
use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

/// Longest destination that is tracked; longer links stay as they are. Browsers and gateways stop well below this.
pub const DESTINATION_BYTES_MAX: usize = 8_000;

/// Scheme, host and port, as in `https://t.example.org`: no path, no trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

/// Why a text is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an origin: write it as https://host or http://host:port, without a path")]
pub struct BadOrigin(String);

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
        format!("{}/c/{token}?to={}", self.0, encode(to.as_str()))
    }

    /// The recipient's page.
    pub fn person(&self, token: &Token) -> String {
        format!("{}/p/{token}", self.0)
    }

    /// The page behind the link of a confirmation mail.
    pub fn confirm(&self, token: &Token) -> String {
        format!("{}/p/confirm/{token}", self.0)
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
            Err(BadOrigin(text.into()))
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Origin {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

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
}

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
        let printable = text.bytes().all(|b| (0x21..=0x7e).contains(&b));
        if printable
            && text.len() <= DESTINATION_BYTES_MAX
            && !authority.is_empty()
            && !authority.contains('@')
        {
            Ok(Self(text.into()))
        } else {
            Err(BadDestination)
        }
    }
}

/// Percent-encodes everything but RFC 3986's unreserved characters and the few that are harmless in a query value
/// and keep the destination readable.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte) {
            out.push(byte as char);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn the_destination_stays_readable_and_survives_the_query() {
        assert_eq!(
            encode("https://a.b/c?d=1&e=%41+f"),
            "https://a.b/c%3Fd%3D1%26e%3D%2541%2Bf"
        );
    }
}
