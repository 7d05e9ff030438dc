//! One request as a JSON line: which forms a log may write it in, and what to mend where it is none.
//!
//! Logs come from many programs, so whatever is unambiguous is taken: addresses with a port, headers once or several
//! times, `null` for what was not noted. What is ambiguous is refused with the name of its member, never guessed. No
//! message quotes the line, because its values are people's addresses and programs.

use crate::request::{Headers, Request};
use model::{Axis, Time};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// One request. Members that are not named here are ignored; one that is `null` counts as missing.
#[derive(serde::Deserialize)]
pub struct Line {
    /// Anything; it is given back.
    pub(super) id: Value,
    /// `open`, `click` or `document`.
    pub(super) kind: Axis,
    /// When the request arrived, RFC 3339.
    pub(super) at: Time,
    /// The HTTP method, in any case; GET if missing.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) method: Method,
    /// `https` if missing.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) scheme: Scheme,
    /// The client's address.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) remote: Remote,
    /// The request's headers; names in any case.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) headers: BTreeMap<String, HeaderValue>,
    /// The copy, by any name or number. Without it the request is compared with no other.
    #[serde(default)]
    pub(super) copy: Option<Name>,
    /// The link, by number or address.
    #[serde(default)]
    pub(super) link: Option<Name>,
    /// How many links the mail has.
    #[serde(default)]
    pub(super) links: Option<u16>,
    /// When the mail was handed to the relay, RFC 3339. It came later than that, so this is used where the delivery is
    /// not known: what is seconds after sending is at most seconds after delivery.
    #[serde(default)]
    pub(super) sent_at: Option<Time>,
    /// When the relay took the copy, RFC 3339.
    #[serde(default)]
    pub(super) delivered_at: Option<Time>,
    /// The host that takes the recipient's mail.
    #[serde(default)]
    pub(super) recipient_host: Option<String>,
}

/// A member, the form it must have, and whether a value has it.
type Form = (&'static str, &'static str, fn(&Value) -> bool);

const FORMS: [Form; 13] = [
    ("id", "anything", |_| true),
    ("kind", "open, click or document", is::<Axis>),
    ("at", MOMENT, is::<Time>),
    ("method", "a text such as GET", is::<Option<Method>>),
    ("scheme", "http or https", is::<Option<Scheme>>),
    ("remote", "an IP address", is::<Option<Remote>>),
    (
        "headers",
        "an object of names and values",
        is::<Option<BTreeMap<String, HeaderValue>>>,
    ),
    ("copy", "a text or a whole number", is::<Option<Name>>),
    ("link", "a text or a whole number", is::<Option<Name>>),
    ("links", "a whole number from 0 to 65535", is::<Option<u16>>),
    ("sent_at", MOMENT, is::<Option<Time>>),
    ("delivered_at", MOMENT, is::<Option<Time>>),
    ("recipient_host", "the name of a host", is::<Option<String>>),
];
const MOMENT: &str = "a moment as RFC 3339 writes it, such as 2026-11-21T20:48:00Z";

fn is<T: DeserializeOwned>(value: &Value) -> bool {
    T::deserialize(value).is_ok()
}

/// Why a line is no request. It names the member, or the place, and what should stand there; nothing of what does.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// The text is not JSON.
    #[error("this is not JSON from column {0} on")]
    Json(usize),
    /// It is JSON, but no object.
    #[error(
        "one request is one object: {{\"id\":1,\"kind\":\"open\",\"at\":\"2026-11-21T20:48:00Z\"}}"
    )]
    Object,
    /// A member that is needed is missing.
    #[error("`{0}` is missing: {1}")]
    Missing(&'static str, &'static str),
    /// A member has another form.
    #[error("`{0}` must be {1}")]
    Form(&'static str, &'static str),
    /// A member stands twice.
    #[error("a member stands twice")]
    Twice,
}

impl Line {
    /// Reads a line of a log.
    ///
    /// # Errors
    /// The [`Mistake`] to mend.
    pub fn read(line: &[u8]) -> Result<Self, Mistake> {
        // Programs of Windows begin a file with this mark.
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        serde_json::from_slice(line).map_err(|_| mistake(line))
    }

    /// The request that the line tells of.
    pub(super) fn request(&self) -> Request<'_> {
        let find = |name: &str| {
            let same = self
                .headers
                .iter()
                .filter(|(n, _)| n.eq_ignore_ascii_case(name));
            same.map(|(_, value)| value.first())
                .find(|value| !value.is_empty())
        };
        Request {
            kind: self.kind,
            at: self.at,
            method: &self.method.0,
            https: self.scheme == Scheme::Https,
            remote: self.remote.0,
            headers: Headers::read(|name| find(name).map(str::as_bytes)),
            own_session: false,
            delivered_at: self.delivered_at(),
        }
    }

    pub(super) fn delivered_at(&self) -> Option<Time> {
        self.delivered_at.or(self.sent_at)
    }

    /// As the tables write names of hosts.
    pub(super) fn recipient_host(&self) -> Option<String> {
        let host = self.recipient_host.as_deref()?.trim().trim_end_matches('.');
        (!host.is_empty()).then(|| host.to_ascii_lowercase())
    }
}

/// What is wrong with a line that could not be read.
fn mistake(line: &[u8]) -> Mistake {
    let members = match serde_json::from_slice(line) {
        Ok(Value::Object(members)) => members,
        Ok(_) => return Mistake::Object,
        Err(error) => return Mistake::Json(error.column()),
    };
    let wrong = FORMS
        .iter()
        .find_map(|(name, form, fits)| match members.get(*name) {
            Some(value) => (!fits(value)).then_some(Mistake::Form(name, form)),
            None => matches!(*name, "id" | "kind" | "at").then_some(Mistake::Missing(name, form)),
        });
    wrong.unwrap_or(Mistake::Twice)
}

/// `null` as if the member were missing.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    json: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(json)?.unwrap_or_default())
}

/// An HTTP method in capitals, as browsers write it.
pub(super) struct Method(String);

impl Default for Method {
    fn default() -> Self {
        Self("GET".into())
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(json)?;
        Ok(match text.trim() {
            "" => Self::default(),
            method => Self(method.to_ascii_uppercase()),
        })
    }
}

/// How the request came.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    #[default]
    Https,
}

impl<'de> Deserialize<'de> for Scheme {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(json)?;
        match &*text.to_ascii_lowercase() {
            "http" => Ok(Self::Http),
            "https" => Ok(Self::Https),
            _ => Err(D::Error::custom("neither http nor https")),
        }
    }
}

/// An address as logs write it: bare, in brackets, with a port or a zone; `-` and nothing for none.
#[derive(Default)]
pub(super) struct Remote(pub(super) Option<IpAddr>);

impl<'de> Deserialize<'de> for Remote {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(json)?;
        let text = text.trim();
        if matches!(text, "" | "-") {
            return Ok(Self(None));
        }
        let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
        let address = bare.unwrap_or(text);
        let with_zone = || {
            let (address, _) = address.split_once('%')?;
            address.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
        };
        let with_port = || text.parse::<SocketAddr>().ok().map(|socket| socket.ip());
        let address = address.parse().ok().or_else(with_zone).or_else(with_port);
        address
            .map(|address| Self(Some(address)))
            .ok_or_else(|| D::Error::custom("no IP address"))
    }
}

/// A header: once, or several times, of which the first counts. Any other form counts as absent.
#[derive(serde::Deserialize)]
#[serde(untagged)]
pub(super) enum HeaderValue {
    /// Once.
    One(String),
    /// Several times.
    Several(Vec<String>),
    /// `null` for what was not noted, a number of no matter here.
    Other(serde::de::IgnoredAny),
}

impl HeaderValue {
    /// The value; nothing for the dash that logs write for a header that was not there.
    fn first(&self) -> &str {
        let value = match self {
            Self::One(value) => value,
            Self::Several(values) => values.first().map_or("", String::as_str),
            Self::Other(_) => "",
        };
        if value == "-" { "" } else { value }
    }
}

/// A copy or a link, as its log names it.
#[derive(serde::Deserialize, Clone, PartialEq, Eq, Hash)]
#[serde(untagged)]
pub(super) enum Name {
    /// By number.
    Number(i64),
    /// By address or name.
    Text(String),
}
