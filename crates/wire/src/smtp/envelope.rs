//! The envelope of one mail: who it is from, whom it goes to, and what was asked of the servers on
//! the way. The server makes it from commands, the client makes commands from it.

use std::fmt;
use std::str::FromStr;

use super::xtext;

/// What `MAIL FROM` and all `RCPT TO` of one mail said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The reverse path; empty for bounces (`MAIL FROM:<>`).
    pub from: String,
    /// Accepted recipients in the order they were named.
    pub recipients: Vec<Recipient>,
    /// `BODY=` (RFC 6152).
    pub body: Body,
    /// `SMTPUTF8` (RFC 6531): addresses or headers may hold UTF-8.
    pub smtputf8: bool,
    /// `SIZE=` in bytes (RFC 1870), as the client declared it. An estimate: never trust it.
    pub size: Option<u64>,
    /// `RET=` (RFC 3461): how much of the mail a bounce should quote.
    pub ret: Option<Ret>,
    /// `ENVID=` in xtext, exactly as on the wire; see [`Envelope::envelope_id`].
    pub envid: Option<String>,
    /// What the client called itself in EHLO. Anything goes; only for the Received header.
    pub helo: String,
    /// The mail came over TLS.
    pub tls: bool,
}

impl Envelope {
    /// The sender's id of this envelope, for `Original-Envelope-Id` of a DSN (RFC 3464 §2.2.1).
    pub fn envelope_id(&self) -> Option<String> {
        self.envid.as_deref().and_then(xtext::decode)
    }
}

/// One recipient, with what was asked about notifications (RFC 3461).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipient {
    /// The address without angle brackets.
    pub address: String,
    /// `NOTIFY=`; `None` leaves it to the servers, which means on failure.
    pub notify: Option<Notify>,
    /// `ORCPT=` exactly as on the wire (`rfc822;ann+2Btag@example.org`); see
    /// [`Recipient::original`].
    pub orcpt: Option<String>,
}

impl Recipient {
    /// A recipient without notification wishes.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            ..Self::default()
        }
    }

    /// The original recipient, for `Original-Recipient` of a DSN (RFC 3464 §2.3.1): type, `;`,
    /// readable address. `utf-8` keeps its own encoding (RFC 6533 §3).
    pub fn original(&self) -> Option<String> {
        let (kind, address) = self.orcpt.as_deref()?.split_once(';')?;
        if kind.eq_ignore_ascii_case("utf-8") {
            return self.orcpt.clone();
        }
        Some(format!("{kind};{}", xtext::decode(address)?))
    }
}

/// `BODY=` of RFC 6152. `BINARYMIME` is not offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// Nothing declared, or `7BIT`.
    #[default]
    SevenBit,
    /// `8BITMIME`.
    EightBit,
}

/// `RET=` of RFC 3461 §4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ret {
    /// A bounce quotes the whole mail.
    Full,
    /// A bounce quotes the headers only.
    Headers,
}

impl fmt::Display for Ret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "FULL",
            Self::Headers => "HDRS",
        })
    }
}

impl FromStr for Ret {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match () {
            () if text.eq_ignore_ascii_case("FULL") => Ok(Self::Full),
            () if text.eq_ignore_ascii_case("HDRS") => Ok(Self::Headers),
            () => Err(()),
        }
    }
}

/// `NOTIFY=` of RFC 3461 §4.1. Nothing chosen is `NEVER`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notify {
    /// Tell the sender when the mail was delivered.
    pub success: bool,
    /// Tell the sender when it could not be.
    pub failure: bool,
    /// Tell the sender when it takes long.
    pub delay: bool,
}

impl Notify {
    /// No notification, not even a bounce.
    pub const NEVER: Self = Self {
        success: false,
        failure: false,
        delay: false,
    };
}

impl fmt::Display for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NEVER {
            return f.write_str("NEVER");
        }
        let chosen: Vec<&str> = [
            (self.success, "SUCCESS"),
            (self.failure, "FAILURE"),
            (self.delay, "DELAY"),
        ]
        .iter()
        .filter_map(|&(on, word)| on.then_some(word))
        .collect();
        f.write_str(&chosen.join(","))
    }
}

impl FromStr for Notify {
    type Err = ();

    /// `NEVER` stands alone; the other words may be combined.
    fn from_str(text: &str) -> Result<Self, ()> {
        if text.eq_ignore_ascii_case("NEVER") {
            return Ok(Self::NEVER);
        }
        let mut notify = Self::NEVER;
        for word in text.split(',') {
            match () {
                () if word.eq_ignore_ascii_case("SUCCESS") => notify.success = true,
                () if word.eq_ignore_ascii_case("FAILURE") => notify.failure = true,
                () if word.eq_ignore_ascii_case("DELAY") => notify.delay = true,
                () => return Err(()),
            }
        }
        Ok(notify)
    }
}

/// RFC 3461 §4.4: at most 100 characters of xtext. Also the client's guard against injection.
pub(super) fn is_envid(text: &str) -> bool {
    (1..=100).contains(&text.len()) && xtext::decode(text).is_some()
}

/// RFC 3461 §4.2: `type;xtext`, at most 500 characters; RFC 6533 §3 adds `utf-8;` whose address may
/// be raw UTF-8 where the session allows that.
pub(super) fn is_orcpt(text: &str, utf8: bool) -> bool {
    let Some((kind, address)) = text.split_once(';') else {
        return false;
    };
    let is_kind = !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_address = if kind.eq_ignore_ascii_case("utf-8") {
        address.chars().all(|c| {
            c.is_ascii_graphic() || (utf8 && !c.is_ascii() && !c.is_control() && !c.is_whitespace())
        })
    } else {
        xtext::decode(address).is_some()
    };
    text.len() <= 500 && is_kind && !address.is_empty() && is_address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notify_reads_what_it_writes() {
        for text in ["NEVER", "SUCCESS", "FAILURE,DELAY", "SUCCESS,FAILURE,DELAY"] {
            assert_eq!(text.parse::<Notify>().unwrap().to_string(), text);
        }
        assert_eq!("never".parse(), Ok(Notify::NEVER));
        for bad in ["", "NEVER,SUCCESS", "SUCCESS,", "ALWAYS"] {
            assert!(bad.parse::<Notify>().is_err(), "{bad}");
        }
    }

    #[test]
    fn original_recipient_is_readable() {
        let mut recipient = Recipient::new("x@example.org");
        recipient.orcpt = Some("rfc822;ann+2Btag@example.org".into());
        assert_eq!(recipient.original().unwrap(), "rfc822;ann+tag@example.org");
        recipient.orcpt = Some("utf-8;j\\x{F6}rg@example.org".into());
        assert_eq!(
            recipient.original().unwrap(),
            "utf-8;j\\x{F6}rg@example.org"
        );
    }

    #[test]
    fn parameters_cannot_carry_commands() {
        assert!(is_envid("abc+2B"));
        assert!(
            !is_envid("a b")
                && !is_envid("a\r\nDATA")
                && !is_envid("")
                && !is_envid(&"a".repeat(101))
        );
        assert!(is_orcpt("rfc822;a@b", false) && is_orcpt("utf-8;ö@b", true));
        for bad in [
            "rfc822",
            "rfc822;",
            ";a@b",
            "rfc822;a b",
            "rfc822;a\r\nb",
            "utf-8;ö@b",
            "utf-8;a\nb",
        ] {
            assert!(!is_orcpt(bad, false), "{bad:?}");
        }
    }
}
