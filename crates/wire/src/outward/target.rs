//! Where a request goes: an address that was parsed once, the way browsers do, so that `https://0x7f.1/` is
//! `127.0.0.1` here, too.

use std::fmt;
use std::net::IpAddr;
use url::{Host, Url};

/// The longest address that is taken.
const BYTES_MAX: usize = 2_000;

/// An absolute `https` or `http` address without user name, password and fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct Target(Url);

/// Why a text is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    /// No address at all.
    #[error("this is no web address: write it in full, as in https://crm.example/hook")]
    NotAnAddress,
    /// Neither `https` nor `http`.
    #[error(
        "only https addresses can be asked (and http ones on this machine, where that is allowed)"
    )]
    Scheme,
    /// It carries a user name or a password.
    #[error("leave user name and password out of the address: it is shown, and kept as it is")]
    Credentials,
    /// It has a fragment.
    #[error("leave out what stands behind `#`: it is never sent")]
    Fragment,
    /// Too long.
    #[error("the address is longer than {BYTES_MAX} characters")]
    TooLong,
}

impl std::str::FromStr for Target {
    type Err = BadTarget;
    fn from_str(text: &str) -> Result<Self, BadTarget> {
        if text.len() > BYTES_MAX {
            return Err(BadTarget::TooLong);
        }
        let url = Url::parse(text.trim()).map_err(|_| BadTarget::NotAnAddress)?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(BadTarget::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadTarget::Credentials);
        }
        if url.fragment().is_some() {
            return Err(BadTarget::Fragment);
        }
        Ok(Self(url))
    }
}

impl Target {
    /// The address in its canonical spelling.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Is it `https`?
    pub fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The host; an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        let host = self.0.host_str().unwrap_or_default();
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(443)
    }

    /// The address that it names, where it names no host.
    pub(super) fn address(&self) -> Option<IpAddr> {
        match self.0.host()? {
            Host::Domain(_) => None,
            Host::Ipv4(v4) => Some(v4.into()),
            Host::Ipv6(v6) => Some(v6.into()),
        }
    }

    /// Host and port as in a `Host` header: the port only where it is not the scheme's own.
    pub(super) fn authority(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Path and query.
    pub(super) fn path_and_query(&self) -> String {
        let path = self.0.path();
        self.0
            .query()
            .map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
    }
}

impl fmt::Debug for Target {
    /// The host alone: a path may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.authority())
    }
}
