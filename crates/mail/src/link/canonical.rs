//! Web addresses that are written as the URL standard writes them already.
//!
//! Nearly every address in a mail is. To see that takes a look at each byte; the standard's whole parser takes twenty
//! times as long. Errs on the side of no: then the parser decides.

/// Would the URL standard's parser give back exactly this text, whatever the base? Said only of plain ones: http or
/// https, a host of lower-case labels, no user name, port, dot segment or letter beyond ASCII.
pub(super) fn is_canonical(text: &str) -> bool {
    let text = text.as_bytes();
    let rest = text
        .strip_prefix(b"https://")
        .or_else(|| text.strip_prefix(b"http://"));
    let slash = rest.and_then(|rest| memchr::memchr(b'/', rest));
    let Some((host, rest)) = rest.zip(slash).map(|(rest, slash)| rest.split_at(slash)) else {
        return false;
    };
    is_plain_host(host) && is_plain_rest(rest)
}

/// No address in numbers, which is written anew, and no punycode, which is checked.
fn is_plain_host(host: &[u8]) -> bool {
    let plain = |label: &[u8]| {
        !label.is_empty()
            && !label.starts_with(b"xn--")
            && label
                .iter()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    let dot = |b: &u8| *b == b'.';
    let top = host.rsplit(dot).next().and_then(<[u8]>::first);
    host.len() < 254 && top.is_some_and(u8::is_ascii_lowercase) && host.split(dot).all(plain)
}

/// Path, query and fragment from the first slash on.
fn is_plain_rest(rest: &[u8]) -> bool {
    // Without a way out before the end, many bytes are looked at in one step.
    rest.iter().fold(true, |all, b| all & is_plain(*b))
        // Dot segments are resolved, and `%2e` is a dot.
        && !memchr::memchr2_iter(b'.', b'%', rest).any(|at| at > 0 && rest[at - 1] == b'/')
        && memchr::memchr_iter(b'#', rest).nth(1).is_none()
}

/// In none of the percent-encode sets that could apply. Not `^`, `|` and the like either, which the standard and
/// browsers moved between sets over time.
fn is_plain(b: u8) -> bool {
    b.is_ascii_graphic()
        & !matches!(b, b'"' | b'\'' | b'<' | b'>' | b'['..=b'^' | b'`' | b'{'..=b'}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use url::Url;

    #[test]
    fn ordinary_addresses_are_seen_at_a_glance() {
        for text in [
            "https://www.shop.example/",
            "http://a.b/c/d.html?x=1&y=%20z#top",
            "https://x.example/?u=https://y.example/a:b@c",
            "https://x.example/#a?b",
            "https://3com.example/a//b",
        ] {
            assert!(is_canonical(text), "{text}");
        }
    }

    #[test]
    fn all_others_are_left_to_the_standard() {
        for text in [
            "https://x.example",
            "HTTPS://x.example/",
            "https://X.example/",
            "https://x.example:443/",
            "https://u@x.example/",
            "https://127.1/",
            "https://0x7f.0x1/",
            "https://xn--a.example/",
            "https://x..y/",
            "https:///x/",
            "https://x.example/a/../b",
            "https://x.example/%2e%2E/b",
            "https://x.example/a\\b",
            "https://x.example/a b",
            "https://x.example/é",
            "https://x.example/#a#b",
            "https://x.example/'",
        ] {
            assert!(!is_canonical(text), "{text}");
        }
    }

    fn address() -> impl Strategy<Value = String> {
        let host = "([a-zA-Z0-9.:@_%-]|xn--|0x|é){0,12}";
        let rest = "([a-zA-Z0-9]|[!-~]|/|\\.|%2[eE]|%|#|\\?|é| |\\\\){0,24}";
        ("(https?|HTTP|ftp)?:?/{0,3}", host, "/?", rest)
            .prop_map(|(scheme, host, slash, rest)| format!("{scheme}{host}{slash}{rest}"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_096))]

        #[test]
        fn what_is_said_to_be_canonical_is(text in address(), plain in "https?://[a-z0-9-]{1,8}(\\.[a-z0-9-]{1,4}){0,3}/[ -~]{0,30}") {
            for text in [text, plain] {
                if is_canonical(&text) {
                    let parsed = Url::parse(&text).map(String::from);
                    prop_assert_eq!(parsed.as_deref(), Ok(text.as_str()));
                    for base in ["http://b.example/c/d?e#f", "https://b.example/", "file:///x"] {
                        let joined = Url::parse(base).unwrap().join(&text).map(String::from);
                        prop_assert_eq!(joined.as_deref(), Ok(text.as_str()));
                    }
                }
            }
        }
    }
}
