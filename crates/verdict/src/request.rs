//! The evidence of one request, as the collector hands it over.
//!
//! Values are cut to a stated length here, once, so that nothing behind this point can be made slow by a long header.
//! Everything is borrowed: nothing of the raw request outlives the judgement.

use model::{Axis, Time};
use std::net::IpAddr;

/// Header values are cut at this many bytes before they are looked at. Real user-agents stay below 600 (in-app browsers
/// are the longest), and of a Referer only the host matters.
pub const HEADER_BYTES_MAX: usize = 1024;

/// One request to a tracked URL.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// What was asked for: the pixel, a link, a document.
    pub kind: Axis,
    /// When it arrived.
    pub at: Time,
    /// The HTTP method.
    pub method: &'a str,
    /// Did the client speak TLS, to us or to the proxy in front of us?
    pub https: bool,
    /// The client's address, where it is known. Behind a proxy: what a trusted proxy says.
    pub remote: Option<IpAddr>,
    /// The headers that matter.
    pub headers: Headers<'a>,
    /// It is known to be the sender: an own device registered by link, the dashboard.
    pub own_session: bool,
    /// When the relay took the copy (SMTP 250). Never the time of queueing: greylisting would shift every rule.
    pub delivered_at: Option<Time>,
}

/// The headers the rules look at.
#[derive(Clone, Copy, Default)]
pub struct Headers<'a> {
    /// `User-Agent`.
    pub user_agent: &'a str,
    /// `Sec-Purpose`, or its older spellings `Purpose`, `X-Purpose` and `X-Moz`.
    pub purpose: &'a str,
    /// `Sec-Fetch-Dest`.
    pub fetch_dest: &'a str,
    /// `Sec-Fetch-Mode`.
    pub fetch_mode: &'a str,
    /// `Sec-Fetch-User`.
    pub fetch_user: &'a str,
    /// `Sec-CH-UA`.
    pub ch_brands: &'a str,
    /// `Sec-CH-UA-Platform`.
    pub ch_platform: &'a str,
    /// `Sec-CH-UA-Mobile`.
    pub ch_mobile: &'a str,
    /// `Referer`.
    pub referer: &'a str,
}

impl<'a> Headers<'a> {
    /// Picks the headers out by name (given in lower case). The lookup answers with the first value of that name. A value
    /// counts up to its first byte that is not UTF-8, and up to [`HEADER_BYTES_MAX`].
    pub fn read(lookup: impl Fn(&str) -> Option<&'a [u8]>) -> Self {
        let get = |name: &str| lookup(name).map_or("", text);
        let purpose = ["sec-purpose", "purpose", "x-purpose", "x-moz"]
            .into_iter()
            .map(get)
            .find(|value| !value.is_empty());
        Self {
            user_agent: get("user-agent"),
            purpose: purpose.unwrap_or(""),
            fetch_dest: get("sec-fetch-dest"),
            fetch_mode: get("sec-fetch-mode"),
            fetch_user: get("sec-fetch-user"),
            ch_brands: get("sec-ch-ua"),
            ch_platform: get("sec-ch-ua-platform"),
            ch_mobile: get("sec-ch-ua-mobile"),
            referer: get("referer"),
        }
    }
}

fn text(value: &[u8]) -> &str {
    let value = &value[..value.len().min(HEADER_BYTES_MAX)];
    let good = match std::str::from_utf8(value) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&value[..error.valid_up_to()]).unwrap_or(""),
    };
    good.trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut_and_never_split_a_character() {
        let long = "é".repeat(HEADER_BYTES_MAX);
        assert_eq!(text(long.as_bytes()).len(), HEADER_BYTES_MAX);
        let odd = format!("x{long}");
        assert_eq!(text(odd.as_bytes()).len(), HEADER_BYTES_MAX - 1);
        assert_eq!(text(b"  Evolution/3.46.4\xff rest"), "Evolution/3.46.4");
    }

    #[test]
    fn old_spellings_of_purpose_count() {
        for name in ["sec-purpose", "purpose", "x-purpose", "x-moz"] {
            let headers = Headers::read(|n| (n == name).then_some(&b"prefetch"[..]));
            assert_eq!(headers.purpose, "prefetch", "{name}");
        }
    }
}
