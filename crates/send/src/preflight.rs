//! What is looked at before advertising leaves (R-MSG-04): do the records in DNS that providers look up contradict what
//! this server does, and have too many people called such mail spam?
//!
//! Only what DNS says for certain holds mail back. No answer, or a record that is missing and that the relay may make up
//! for, never does: whoever looks them up tells the operator of it. What was found is remembered in memory for a while.

use futures_util::future::BoxFuture;
use model::complaints::{self, Alarm};
use model::{EmailAddress, Time, WorkspaceId};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::Store;
use tokio::time::timeout;
use tracing::warn;

/// How long a mail waits for the answers about its domains. Then it is taken without.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(3);
/// How long an answer holds; after that the next mail asks again, so a mended record counts.
const HOLDS: Duration = Duration::from_mins(10);
/// How long nobody is asked who did not answer.
const SILENCE_HOLDS: Duration = Duration::from_mins(1);
/// How long copies leave on one count of the complaints: a count reads a week.
const COUNT_HOLDS: Duration = Duration::from_mins(1);
/// Domains, or workspaces, that are remembered. At the bound all are forgotten and asked about again.
const KNOWN_MAX: usize = 10_000;

/// What DNS says about a domain that mail comes from, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Records {
    /// Nothing that speaks against it.
    Fit,
    /// Nothing now.
    NoAnswer,
    /// A record contradicts what this server does, so providers turn such mail away or distrust it.
    Contradict,
}

/// Looks the records of a domain up, and tells the operator what is wrong with them.
pub type LookUp = Arc<dyn Fn(String) -> BoxFuture<'static, Records> + Send + Sync>;

/// Looks, and remembers for a while. Shared by all that send.
#[derive(Default)]
pub struct Preflight {
    look_up: Option<LookUp>,
    records: Known<String, Records>,
    alarms: Known<WorkspaceId, Alarm>,
}

impl Preflight {
    /// With somebody who can be asked about domains.
    pub fn asking(look_up: LookUp) -> Self {
        Self {
            look_up: Some(look_up),
            ..Self::default()
        }
    }

    /// May advertising from these addresses leave, as far as DNS goes?
    pub(crate) async fn fits(&self, from: impl Iterator<Item = &EmailAddress>, now: Time) -> bool {
        let Some(look_up) = &self.look_up else {
            return true;
        };
        let domains: HashSet<_> = from.map(|f| f.domain().to_ascii_lowercase()).collect();
        for domain in domains {
            let records = match self.records.get(&domain, now) {
                Some(known) => known,
                None => self.ask(look_up, domain, now).await,
            };
            if records == Records::Contradict {
                return false;
            }
        }
        true
    }

    async fn ask(&self, look_up: &LookUp, domain: String, now: Time) -> Records {
        let asked = timeout(ANSWER_WAIT_MAX, look_up(domain.clone())).await;
        let records = asked.unwrap_or(Records::NoAnswer);
        let until = if records == Records::NoAnswer {
            warn!("advertising from {domain} leaves without a look at its DNS records: no answer");
            now + SILENCE_HOLDS
        } else {
            now + HOLDS
        };
        self.records.keep(domain, records, until);
        records
    }

    /// Is advertising of a workspace paused, because too many called it spam? As of now.
    pub(crate) async fn is_paused(
        &self,
        store: &Store,
        workspace: WorkspaceId,
        now: Time,
    ) -> Result<bool, store::Error> {
        let counted = store.complaints(workspace, now - complaints::SPAN).await?;
        let alarm = counted.alarm();
        self.alarms.keep(workspace, alarm, now + COUNT_HOLDS);
        Ok(alarm == Alarm::Pause)
    }

    /// The same as of a moment ago, for a copy among many that leave.
    pub(crate) async fn is_still_paused(
        &self,
        store: &Store,
        workspace: WorkspaceId,
        now: Time,
    ) -> Result<bool, store::Error> {
        match self.alarms.get(&workspace, now) {
            Some(alarm) => Ok(alarm == Alarm::Pause),
            None => self.is_paused(store, workspace, now).await,
        }
    }
}

/// What is known, and until when it holds.
struct Known<K, V>(Mutex<HashMap<K, (V, Time)>>);

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Copy> Known<K, V> {
    fn get(&self, key: &K, now: Time) -> Option<V> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (value, until) = known.get(key)?;
        (now < *until).then_some(*value)
    }

    fn keep(&self, key: K, value: V, until: Time) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(key, (value, until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const NOW: Time = Time(1_795_294_080_000);

    /// Says of each domain what its name says, and counts how often it is asked.
    fn stub() -> (Preflight, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let look_up: LookUp = Arc::new(move |domain| {
            count.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                match domain.as_str() {
                    "fit.example" => Records::Fit,
                    "wrong.example" => Records::Contradict,
                    "slow.example" => std::future::pending().await,
                    _ => Records::NoAnswer,
                }
            })
        });
        (Preflight::asking(look_up), asked)
    }

    async fn fits(preflight: &Preflight, domains: &[&str], now: Time) -> bool {
        let from = |domain: &&str| format!("ann@{domain}").parse::<EmailAddress>().unwrap();
        let from: Vec<_> = domains.iter().map(from).collect();
        preflight.fits(from.iter(), now).await
    }

    #[tokio::test(start_paused = true)]
    async fn r_msg_04_only_what_dns_says_for_certain_holds_advertising_back() {
        let (preflight, _) = stub();
        assert!(fits(&preflight, &["fit.example"], NOW).await);
        assert!(!fits(&preflight, &["wrong.example"], NOW).await);
        assert!(!fits(&preflight, &["fit.example", "Wrong.example"], NOW).await);
        assert!(fits(&preflight, &["silent.example"], NOW).await);
        assert!(fits(&preflight, &["slow.example"], NOW).await);
        let nobody_to_ask = Preflight::default();
        assert!(fits(&nobody_to_ask, &["wrong.example"], NOW).await);
    }

    #[tokio::test]
    async fn r_msg_04_what_was_found_holds_for_a_while() {
        for (domain, holds) in [
            ("fit.example", HOLDS),
            ("wrong.example", HOLDS),
            ("silent.example", SILENCE_HOLDS),
        ] {
            let (preflight, asked) = stub();
            for (now, times) in [
                (NOW, 1),
                (NOW + holds - Duration::from_millis(1), 1),
                (NOW + holds, 2),
            ] {
                fits(&preflight, &[domain], now).await;
                assert_eq!(asked.load(Ordering::SeqCst), times, "{domain}");
            }
        }
    }
}
