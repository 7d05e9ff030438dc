//! Settling in the live path: recorded hits are compared with each other for a day, and verdicts that change by it are
//! written down.
//!
//! One task, behind the recorder: nothing waits for it but the end of the process. It knows the hits of this process
//! alone. What it holds, exact times and keyed hashes of sources, lives in memory and no longer than the key. While the
//! store is down, hits and revisions wait up to their bounds; beyond them a verdict stays as it was first, which is
//! stored and shown.

use crate::meter::Meter;
use crate::trace::Trace;
use model::hit::Hit;
use model::{Ambient, CopyId, HitId, Verdict};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;
use store::{HitContext, Store};
use tokio::sync::{Notify, mpsc};
use tokio::time::{sleep, timeout};
use verdict::RULES_VERSION;
use verdict::settle::{CopyKnown, Revision, Sighting, Signs, Window};

/// Hits that are compared with each other, some 20 MB of them.
const WINDOW_HITS_MAX: usize = 50_000;
/// Recorded hits that wait to be compared. One more is not compared.
pub(crate) const QUEUE_HITS_MAX: usize = 16_384;
/// Hits taken in at once.
const BATCH_HITS_MAX: usize = 500;
/// How often a store that is down is tried, and how long it may take to answer.
const ATTEMPTS: u32 = 5;
const RETRY_FIRST: Duration = Duration::from_millis(200);
const STORE_WAIT_MAX: Duration = Duration::from_secs(10);

/// A hit on disk, and where it came from.
pub(crate) struct Recorded {
    pub(crate) hit: Hit,
    pub(crate) trace: Trace,
}

/// The task's state.
pub(crate) struct Settling {
    pub(crate) store: Store,
    pub(crate) ambient: Ambient,
    /// Woken when verdicts have changed.
    pub(crate) changed: Arc<Notify>,
    pub(crate) meter: Arc<Meter>,
}

impl Settling {
    /// Settles what comes, until nothing more can come.
    pub(crate) async fn run(self, mut hits: mpsc::Receiver<Recorded>) {
        let mut window = Window::new(WINDOW_HITS_MAX, []);
        let mut key = 0;
        let mut batch = Vec::with_capacity(BATCH_HITS_MAX);
        while hits.recv_many(&mut batch, BATCH_HITS_MAX).await > 0 {
            let ids: Vec<HitId> = batch.iter().map(|recorded| recorded.hit.id).collect();
            let context = self
                .patiently(|store| {
                    let ids = ids.clone();
                    async move { store.hits_in_context(ids).await }
                })
                .await;
            let Some(context) = context else {
                self.meter.not_compared(batch.len());
                batch.clear();
                continue;
            };
            let mut revised = HashMap::<HitId, Verdict>::new();
            let mut elsewhere = HashMap::<CopyId, Signs>::new();
            for Recorded { hit, trace } in batch.drain(..) {
                // Not recorded: then it may not tell anything about others either.
                let Some(around) = context.get(&hit.id) else {
                    continue;
                };
                self.meter.hit(&hit);
                if trace.key > key {
                    // Hashes under the old key compare with nothing any more. What hosts do is no secret of a reader.
                    let hosts: Vec<_> = window.scanning_hosts().map(str::to_owned).collect();
                    (window, key) = (Window::new(WINDOW_HITS_MAX, hosts), trace.key);
                } else if trace.key < key {
                    continue;
                }
                let copy = hit.copy;
                for Revision { hit, verdict } in window.add(sighting(hit, trace, around)) {
                    revised.insert(hit, verdict);
                }
                if let Some(signs) = window.elsewhere(copy) {
                    // Of several changes in a batch the first "before" and the last "now" count.
                    match elsewhere.entry(copy) {
                        Entry::Occupied(mut known) => known.get_mut().now = signs.now,
                        Entry::Vacant(new) => drop(new.insert(signs)),
                    }
                }
            }
            self.write(revised).await;
            self.mark(elsewhere).await;
        }
    }

    async fn write(&self, revised: HashMap<HitId, Verdict>) {
        if revised.is_empty() {
            return;
        }
        let revisions: Vec<_> = revised.into_iter().collect();
        let written = self
            .patiently(|store| {
                let revisions = revisions.clone();
                async move { store.hits_revise(revisions, RULES_VERSION).await }
            })
            .await;
        if let Some(count @ 1..) = written {
            self.meter.revised(count);
            self.changed.notify_one();
        }
    }

    /// The store knows whether details of a copy may be recorded.
    async fn mark(&self, elsewhere: HashMap<CopyId, Signs>) {
        for (copy, signs) in elsewhere {
            let noted = self
                .patiently(|store| {
                    let (Signs { before, now }, at) = (signs.clone(), (self.ambient.now)());
                    async move { store.copy_elsewhere(copy, before, now, at).await }
                })
                .await;
            if noted == Some(true) {
                self.changed.notify_one();
            }
        }
    }

    /// Tries until the store answers, but not for ever.
    async fn patiently<T, F>(&self, work: impl Fn(Store) -> F) -> Option<T>
    where
        F: Future<Output = Result<T, store::Error>>,
    {
        let mut wait = RETRY_FIRST;
        for attempt in 1..=ATTEMPTS {
            match timeout(STORE_WAIT_MAX, work(self.store.clone())).await {
                Ok(Ok(done)) => return Some(done),
                Ok(Err(error)) if attempt == ATTEMPTS => {
                    tracing::warn!(%error, "hits cannot be compared, their first verdicts stand: {error}");
                }
                _ => {}
            }
            sleep(wait).await;
            wait *= 2;
        }
        None
    }
}

fn sighting(hit: Hit, trace: Trace, around: &HitContext) -> Sighting {
    Sighting {
        hit: hit.id,
        axis: hit.axis,
        link: hit.link,
        at: hit.at,
        source: trace.source,
        verdict: hit.verdict,
        copy: hit.copy,
        known: CopyKnown {
            message: Some(around.message),
            contact: Some(around.contact),
            links: Some(around.links),
            delivered_at: around.delivered_at,
            recipient_domain: Some(around.domain.clone()).filter(|domain| !domain.is_empty()),
            recipient_host: around.mail_host.clone(),
        },
    }
}
