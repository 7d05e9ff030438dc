//! Whose request it is, behind proxies that the operator named.
//!
//! A proxy adds the address it was called from at the right end of `X-Forwarded-For`; everything further left was
//! said by somebody. So entries are believed from the right, and only as long as the one who wrote them is trusted.
//! The address lives until the judgement and is never stored or logged.

use http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// Proxies in a row that are followed. More is a loop or an attack; the address is then unknown.
const HOPS_MAX: usize = 20;

/// The client's address; none where a trusted proxy passed on something that is no address.
pub(crate) fn address(
    peer: Option<IpAddr>,
    headers: &HeaderMap,
    trusted: &[IpNet],
) -> Option<IpAddr> {
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    let mut nearest = peer?.to_canonical();
    let forwarded = headers.get_all("x-forwarded-for").iter().rev();
    let mut entries = forwarded.flat_map(|value| value.to_str().unwrap_or("?").rsplit(','));
    for _ in 0..HOPS_MAX {
        if !is_trusted(nearest) {
            return Some(nearest);
        }
        match entries.next() {
            Some(entry) => nearest = parse(entry)?,
            None => return Some(nearest),
        }
    }
    None
}

/// The address to judge by. None where a proxy stands between that nobody named: every request then seems to come from this
/// machine or network, and a scanner in a data centre would look like somebody in the office.
pub(crate) fn judged(
    peer: Option<IpAddr>,
    headers: &HeaderMap,
    trusted: &[IpNet],
    https: bool,
) -> Option<IpAddr> {
    let address = address(peer, headers, trusted)?;
    // TLS that does not end here ends in a proxy, and nobody on this machine reads mail through the public name.
    let passed_on = ["x-forwarded-for", "forwarded"]
        .into_iter()
        .any(|name| headers.contains_key(name))
        || (https && address.is_loopback());
    let named = trusted.iter().any(|net| net.contains(&address));
    (named || !passed_on || !verdict::is_local(address)).then_some(address)
}

/// An address as proxies write it: bare, in brackets, or with a port.
fn parse(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let bare = entry.strip_prefix('[').and_then(|e| e.strip_suffix(']'));
    let address = bare.unwrap_or(entry).parse::<IpAddr>();
    let with_port = || entry.parse::<SocketAddr>().map(|a| a.ip());
    Some(address.or_else(|_| with_port()).ok()?.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_stranger_is_who_calls_whatever_it_says(said in "[ -~]{0,60}") {
            prop_assert_eq!(client("198.51.100.7", &[&said]), Some("198.51.100.7".into()));
        }

        #[test]
        fn what_a_proxy_saw_is_not_changed_by_what_was_said_before(said in "[ -~]{0,60}") {
            let forwarded = format!("{said}, 203.0.113.1");
            prop_assert_eq!(client("10.0.0.1", &[&forwarded]), Some("203.0.113.1".into()));
        }
    }

    fn client(peer: &str, forwarded: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        let address = address(Some(peer.parse().unwrap()), &headers, &trusted);
        address.map(|a| a.to_string())
    }

    #[test]
    fn nobody_is_believed_about_somebody_else() {
        let seen = |peer, forwarded: &[&str]| client(peer, forwarded).unwrap_or_default();
        assert_eq!(seen("198.51.100.7", &["203.0.113.1"]), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", &["203.0.113.1"]), "203.0.113.1");
        assert_eq!(
            seen("10.0.0.1", &["192.0.2.66, 203.0.113.1"]),
            "203.0.113.1"
        );
        assert_eq!(
            seen("10.0.0.1", &["192.0.2.66, 203.0.113.1, 10.0.0.2"]),
            "203.0.113.1"
        );
        assert_eq!(
            seen("10.0.0.1", &["192.0.2.66", "203.0.113.1"]),
            "203.0.113.1"
        );
        assert_eq!(seen("::ffff:10.0.0.1", &["203.0.113.1"]), "203.0.113.1");
    }

    #[test]
    fn a_proxy_that_nobody_named_is_not_the_reader() {
        let seen = |peer: &str, forwarded: bool, https| {
            let mut headers = HeaderMap::new();
            if forwarded {
                headers.insert("x-forwarded-for", "203.0.113.1".parse().unwrap());
            }
            let trusted = ["10.0.0.1/32".parse().unwrap()];
            let address = judged(Some(peer.parse().unwrap()), &headers, &trusted, https);
            address.map_or_else(|| "nobody".into(), |a| a.to_string())
        };
        assert_eq!(seen("127.0.0.1", true, false), "nobody");
        assert_eq!(seen("10.0.0.2", true, true), "nobody");
        assert_eq!(seen("127.0.0.1", false, true), "nobody");
        assert_eq!(
            seen("10.0.0.1", true, true),
            "203.0.113.1",
            "a named one is believed"
        );
        assert_eq!(
            seen("127.0.0.1", false, false),
            "127.0.0.1",
            "tried out on one machine"
        );
        assert_eq!(seen("10.0.0.2", false, true), "10.0.0.2", "the office");
        let outside = seen("198.51.100.7", true, true);
        assert_eq!(
            outside, "198.51.100.7",
            "a header is no mask for a stranger"
        );
    }

    #[test]
    fn forms_and_nonsense() {
        assert_eq!(
            client("::1", &["203.0.113.1:4711"]),
            Some("203.0.113.1".into())
        );
        assert_eq!(
            client("::1", &["[2001:db8::1]:4711"]),
            Some("2001:db8::1".into())
        );
        assert_eq!(
            client("::1", &["[2001:db8::1]"]),
            Some("2001:db8::1".into())
        );
        assert_eq!(
            client("::1", &["::ffff:203.0.113.1"]),
            Some("203.0.113.1".into())
        );
        assert_eq!(client("::1", &[]), Some("::1".into()));
        assert_eq!(client("::1", &["unknown"]), None);
        assert_eq!(client("::1", &["203.0.113.1, "]), None);
        assert_eq!(client("::1", &[&["10.0.0.1"; 50].join(",")]), None);
    }
}
