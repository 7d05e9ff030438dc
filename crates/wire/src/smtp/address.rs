//! Which addresses may stand in an envelope (RFC 5321 §4.1.2, RFC 6531 §3.3).
//!
//! Strict about everything that could become something else on the wire or in a header: control
//! characters, spaces, brackets, a second `@`. Lenient where refusing would only hurt people: a dot
//! at a strange place in the local part (Japanese phone addresses), local parts of more than 64
//! octets (VERP and SRS bounce addresses), underscores in host names.

use thiserror::Error;

/// RFC 5321 §4.5.3.1.3 allows 256 octets for a path, angle brackets included.
const ADDRESS_BYTES_MAX: usize = 254;

/// Why an address cannot stand in an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Not `local@domain` in the sense of RFC 5321.
    #[error("the address is not of the form name@example.org")]
    Syntax,
    /// More than 254 octets.
    #[error("the address is longer than 254 octets")]
    TooLong,
    /// Not ASCII, and the session did not say SMTPUTF8.
    #[error("the address has characters outside ASCII, which needs SMTPUTF8")]
    NeedsUtf8,
}

/// Checks an address without angle brackets. `utf8`: characters outside ASCII are allowed
/// (the sender said `SMTPUTF8`).
pub fn check(address: &str, utf8: bool) -> Result<(), AddressError> {
    if address.len() > ADDRESS_BYTES_MAX {
        return Err(AddressError::TooLong);
    }
    if address.chars().any(char::is_control) {
        return Err(AddressError::Syntax);
    }
    let local_end = local_part_end(address).ok_or(AddressError::Syntax)?;
    let domain = address[local_end..]
        .strip_prefix('@')
        .ok_or(AddressError::Syntax)?;
    if !is_domain(domain) && !is_literal(domain) {
        return Err(AddressError::Syntax);
    }
    if !utf8 && !address.is_ascii() {
        return Err(AddressError::NeedsUtf8);
    }
    Ok(())
}

/// Splits `<path> rest` into the address and what follows the `>`. An old source route
/// (`<@a,@b:user@c>`) is dropped, as RFC 5321 §4.1.1.3 asks. `<>` gives the empty address.
pub(super) fn split_path(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('<')?;
    let inner = match inner.strip_prefix('@') {
        Some(route) => route.split_once(':')?.1,
        None => inner,
    };
    let end = if inner.starts_with('"') {
        let quoted = quoted_end(inner)?;
        quoted + inner[quoted..].find('>')?
    } else {
        inner.find('>')?
    };
    Some((&inner[..end], &inner[end + 1..]))
}

fn local_part_end(address: &str) -> Option<usize> {
    if address.starts_with('"') {
        return quoted_end(address);
    }
    let end = address.find('@')?;
    let local = &address[..end];
    (!local.is_empty() && local.chars().all(|c| is_atext(c) || c == '.')).then_some(end)
}

/// Where a quoted local part ends, just after its closing quote.
fn quoted_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(i + 1),
            _ => {}
        }
    }
    None
}

fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_word_outside_ascii(c)
}

/// Letters of other scripts, without what cannot be seen: spaces, and marks that hide or turn
/// text around so that an address looks like another one.
fn is_word_outside_ascii(c: char) -> bool {
    let invisible = matches!(c,
        '\u{ad}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffd}');
    !c.is_ascii() && !c.is_whitespace() && !c.is_control() && !invisible
}

fn is_domain(domain: &str) -> bool {
    !domain.is_empty()
        && domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| {
                    c.is_ascii_alphanumeric() || "-_".contains(c) || is_word_outside_ascii(c)
                })
        })
}

/// `[192.0.2.1]`, `[IPv6:2001:db8::1]`.
fn is_literal(domain: &str) -> bool {
    let Some(inner) = domain
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    else {
        return false;
    };
    match inner.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("IPv6:") => {
            inner[5..].parse::<std::net::Ipv6Addr>().is_ok()
        }
        _ => inner.parse::<std::net::Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn good_addresses() {
        for good in [
            "a@b",
            "ann@example.org",
            "ann+tag@example.org",
            "\"john doe\"@example.org",
            "\"a@b\"@example.org",
            "\"a\\\"b>c\"@example.org",
            "a..b.@docomo.example",
            "o'hara@sub_domain.example.org",
            "root@[192.0.2.1]",
            "root@[IPv6:2001:db8::1]",
        ] {
            assert_eq!(check(good, false), Ok(()), "{good}");
        }
    }

    #[test]
    fn bad_addresses() {
        for bad in [
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            "a b@c",
            "a@b c",
            "a@b.",
            "a@.b",
            "a@b..c",
            "a<b@c",
            "a>b@c",
            "a@b>",
            "a@b\r\nRCPT TO:<x@y>",
            "a\0@b",
            "\"a\nb\"@c",
            "\"ab@c",
            "\"a\"b@c",
            "a@-b",
            "a@[300.1.1.1]",
            "a@[b]",
            "a,b@c",
            "a@b,c",
            "a;b@c",
            "a\u{202e}b@c",
            "a\u{200b}@c",
            "\u{a0}a@b",
        ] {
            assert_eq!(check(bad, true), Err(AddressError::Syntax), "{bad:?}");
        }
        let long = format!("{}@example.org", "a".repeat(243));
        assert_eq!(check(&long, false), Err(AddressError::TooLong));
    }

    #[test]
    fn other_scripts_need_smtputf8() {
        assert_eq!(
            check("jörg@exämple.org", false),
            Err(AddressError::NeedsUtf8)
        );
        assert_eq!(check("jörg@exämple.org", true), Ok(()));
    }

    #[test]
    fn paths() {
        assert_eq!(split_path("<>"), Some(("", "")));
        assert_eq!(split_path("<a@b> SIZE=1"), Some(("a@b", " SIZE=1")));
        assert_eq!(split_path("<\"a>b\"@c>"), Some(("\"a>b\"@c", "")));
        assert_eq!(split_path("<@x,@y:a@b>"), Some(("a@b", "")));
        assert_eq!(split_path("a@b"), None);
        assert_eq!(split_path("<a@b"), None);
    }

    proptest! {
        #[test]
        fn what_passes_is_one_path(address in "[ -~äß\\t\\r\\n]{0,40}") {
            if check(&address, true).is_ok() {
                let path = format!("<{address}>");
                prop_assert_eq!(split_path(&path), Some((address.as_str(), "")));
            }
        }
    }
}
