//! One request, looked up in the tables: all that the rules may look at.

use crate::Tables;
use crate::agent::{Kind, Opener, chromium_version, unmasked};
use crate::network::{Network, Standing};
use crate::reason::Reason;
use crate::request::Request;
use model::{Meaning, Verdict};
use std::time::Duration;

/// The looked-up request.
pub(crate) struct Evidence<'r, 't> {
    pub(crate) request: &'r Request<'r>,
    pub(crate) opener: &'t Opener,
    pub(crate) network: Network<'t>,
    tables: &'t Tables,
}

impl<'r, 't> Evidence<'r, 't> {
    pub(crate) fn gather(tables: &'t Tables, request: &'r Request<'r>) -> Self {
        // A browser without a screen that goes by another name often forgets its client hints.
        let masked = request.headers.ch_brands.contains("HeadlessChrome");
        let headless = masked
            .then(|| tables.agents.by_id("headless_browser"))
            .flatten();
        Self {
            request,
            opener: headless.unwrap_or_else(|| tables.agents.opener(request.headers.user_agent)),
            network: tables.networks.look_up(request.remote, request.at),
            tables,
        }
    }

    /// With program and network known already.
    pub(crate) fn of(
        tables: &'t Tables,
        request: &'r Request<'r>,
        opener: &'t Opener,
        network: Network<'t>,
    ) -> Self {
        Self {
            request,
            opener,
            network,
            tables,
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.opener.kind
    }

    /// Does the program announce that it loads ahead (Sec-Purpose and its older spellings)?
    pub(crate) fn is_prefetch(&self) -> bool {
        ["prefetch", "preview", "prerender"].iter().any(|word| {
            self.request
                .headers
                .purpose
                .to_ascii_lowercase()
                .contains(word)
        })
    }

    /// May `Sec-Fetch-*` and client hints be there? Browsers send them over TLS and to this very machine. Seen from here
    /// a container's host counts as this machine, so any local address does.
    pub(crate) fn tells_fetch_metadata(&self) -> bool {
        self.request.https || self.network.standing == Standing::Local
    }

    /// A Chromium that would have to send client hints and fetch metadata (since 89), and sent neither. Only over TLS:
    /// elsewhere their absence means nothing.
    pub(crate) fn lacks_chromium_headers(&self) -> bool {
        let headers = &self.request.headers;
        self.request.https
            && self.kind() == Kind::Browser
            && chromium_version(headers.user_agent).is_some_and(|version| version >= 89)
            && [
                headers.ch_brands,
                headers.fetch_dest,
                headers.fetch_mode,
                headers.fetch_user,
            ]
            .iter()
            .all(|value| value.is_empty())
    }

    /// How long after delivery; nothing when it is not known or lies ahead (an open can overtake the relay's answer).
    pub(crate) fn since_delivery(&self) -> Option<Duration> {
        let delivered = self.request.delivered_at?;
        (self.request.at >= delivered).then(|| self.request.at.since(delivered))
    }

    /// Did a security gateway's protected link lead here?
    pub(crate) fn came_by_gateway(&self) -> bool {
        self.tables.is_gateway(self.request.headers.referer)
    }

    /// The reason that tells how the network was seen.
    pub(crate) fn network_reason(&self) -> Reason {
        match self.network.standing {
            Standing::Unchecked => Reason::NetworkNotChecked,
            Standing::Local => Reason::LocalNetwork,
            Standing::Plain | Standing::Relay if self.network.apple_relay => Reason::PrivateRelay,
            Standing::Plain | Standing::Relay => Reason::OrdinaryNetwork,
            Standing::Hosting | Standing::Google => Reason::HostingNetwork,
            Standing::Microsoft => Reason::MicrosoftOpen,
            Standing::Security(_) => Reason::SecurityNetwork,
            Standing::Shared(_) => Reason::SharedNetwork,
        }
    }

    /// A verdict about the program that the user-agent names.
    pub(crate) fn says(&self, meaning: Meaning, confidence: u8, reasons: &[Reason]) -> Verdict {
        verdict(self.opener.id, meaning, confidence, reasons)
    }

    /// It is a machine, whatever it calls itself.
    pub(crate) fn scans(&self, confidence: u8, reasons: &[Reason]) -> Verdict {
        verdict(
            unmasked(self.opener.id),
            Meaning::Machine,
            confidence,
            reasons,
        )
    }

    /// `checked` where the network is one where people are, `unchecked` where that could not be seen; nothing where it
    /// is not such a network.
    pub(crate) fn if_ordinary(&self, checked: u8, unchecked: u8) -> Option<u8> {
        match self.network.is_ordinary() {
            Some(true) => Some(checked),
            None => Some(unchecked),
            Some(false) => None,
        }
    }
}

/// A verdict with its reasons as codes.
pub(crate) fn verdict(
    opener: &str,
    meaning: Meaning,
    confidence: u8,
    reasons: &[Reason],
) -> Verdict {
    Verdict {
        opener: opener.into(),
        meaning,
        confidence,
        reasons: reasons.iter().map(|r| r.code().into()).collect(),
    }
}
