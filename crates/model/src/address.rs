//! An e-mail address that is fit to be sent to (RFC 5321 §4.1.2, RFC 6531 for other scripts).

use crate::word::serde_as_text;
use std::fmt;
use std::str::FromStr;

/// Longest address a mail server has to accept: 256 octets of path less its angle brackets (RFC 5321 §4.5.3.1.3).
pub const ADDRESS_BYTES_MAX: usize = 254;

/// A syntactically valid address. Its domain is in lower case; the local part is kept as written.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress(String);

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address: {0}")]
pub struct BadAddress(&'static str);

impl EmailAddress {
    /// The address as it goes into an SMTP command.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the last `@`, in lower case.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// What two addresses are compared by: all lower case. Local parts are case-sensitive on paper only;
    /// treating `Ann@` and `ann@` as two people would let a withdrawal miss one of them.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl FromStr for EmailAddress {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim();
        if text.len() > ADDRESS_BYTES_MAX {
            return Err(BadAddress("longer than 254 octets"));
        }
        let (local, domain) = text.rsplit_once('@').ok_or(BadAddress("it has no @"))?;
        if local.is_empty() || local.len() > 64 {
            return Err(BadAddress("the part before the @ must have 1 to 64 octets"));
        }
        let quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
        let bad_local = |c: char| {
            c.is_control() || (!quoted && (c.is_whitespace() || r#"()<>[]:;@\,""#.contains(c)))
        };
        if local.chars().any(bad_local)
            || (!quoted && (local.starts_with('.') || local.ends_with('.') || local.contains("..")))
        {
            return Err(BadAddress(
                "the part before the @ has a character or dot that may not stand there",
            ));
        }
        if quoted
            && local[1..local.len() - 1]
                .replace("\\\\", "")
                .replace("\\\"", "")
                .contains(['"', '\\'])
        {
            return Err(BadAddress(
                "the quoted part before the @ is not closed properly",
            ));
        }
        let literal = domain.starts_with('[') && domain.ends_with(']');
        let label_ok = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_' || !c.is_ascii())
                && !label.chars().any(|c| c.is_control() || c.is_whitespace())
        };
        let literal_ok = || {
            domain[1..domain.len() - 1]
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || ".:-".contains(c))
        };
        if !(if literal {
            literal_ok()
        } else {
            domain.split('.').all(label_ok)
        }) {
            return Err(BadAddress("the part after the @ is not a domain name"));
        }
        Ok(Self(format!("{local}@{}", domain.to_lowercase())))
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Addresses are personal data: a log line that prints one by accident says only this.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

serde_as_text!(EmailAddress);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn good_and_bad() {
        for good in [
            "a@b",
            "Ann.Lee+x@Example.COM",
            "\"a b\"@example.org",
            "jürgen@müller.example",
            "x@[127.0.0.1]",
            "o'neil@example.ie",
        ] {
            assert!(good.parse::<EmailAddress>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b",
            "a@",
            "a b@c",
            "a@b\r\nRCPT TO:<x@y>",
            "a@b..c",
            "a@-b",
            ".a@b",
            "a@b>c",
            "a,b@c",
            "\"a\"b\"@c",
            "a\0@b",
            "<a@b>",
        ] {
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let address: EmailAddress = "ann@example.org".parse().unwrap();
        assert!(!format!("{address:?}").contains("ann"));
    }

    proptest! {
        #[test]
        fn nothing_that_parses_can_break_out_of_a_command(text in "\\PC{0,40}|[\\x00-\\x7f]{0,40}") {
            if let Ok(address) = text.parse::<EmailAddress>() {
                prop_assert!(!address.as_str().chars().any(char::is_control));
                prop_assert_eq!(address.as_str().parse::<EmailAddress>(), Ok(address.clone()));
            }
        }
    }
}
