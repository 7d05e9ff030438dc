//! Mail hosts that scan on arrival (R4): a gateway is a property of the host, so what it did to earlier messages says
//! something about the next.

use model::MessageId;
use std::collections::{HashMap, HashSet};

/// Mail hosts remembered. At the bound no new one is.
const HOSTS_MAX: usize = 10_000;

/// A host counts as scanning on arrival after bursts on this many messages.
const BURSTS: usize = 3;

#[derive(Default)]
pub(super) struct Hosts {
    /// From earlier windows.
    known: HashSet<String>,
    bursts: HashMap<String, HashSet<MessageId>>,
}

impl Hosts {
    pub(super) fn new(known: impl IntoIterator<Item = String>) -> Self {
        Self {
            known: known.into_iter().take(HOSTS_MAX).collect(),
            bursts: HashMap::new(),
        }
    }

    /// Does this host scan on arrival?
    pub(super) fn scans(&self, host: &str) -> bool {
        let bursts = self.bursts.get(host);
        self.known.contains(host) || bursts.is_some_and(|messages| messages.len() >= BURSTS)
    }

    /// Those that do.
    pub(super) fn scanning(&self) -> impl Iterator<Item = &str> {
        let found = self.bursts.keys().filter(|host| self.scans(host));
        self.known.iter().chain(found).map(String::as_str)
    }

    /// Notes that a message to this host met a burst.
    pub(super) fn burst(&mut self, host: &str, message: MessageId) {
        let full = self.known.len() + self.bursts.len() >= HOSTS_MAX;
        if self.scans(host) || (full && !self.bursts.contains_key(host)) {
            return;
        }
        self.bursts
            .entry(host.to_owned())
            .or_default()
            .insert(message);
    }
}
