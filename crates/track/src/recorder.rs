//! From judged hits to the store: durable before the answer, in batches, and patient when the store is not there.
//!
//! Handlers hand hits in and wait a moment for the word that they are on disk. One task takes all that wait into one
//! transaction. While the store is down nobody waits: hits stay in the queue and are tried again, up to
//! [`QUEUE_HITS_MAX`]; what does not fit is counted as lost and shown. A hit has a random id, so trying again after an
//! unclear outcome stores it once. What is on disk goes on to be compared with other hits.

use crate::meter::{Judged, Meter};
use crate::settling::{self, Settling};
use crate::trace::Trace;
use model::Ambient;
use model::hit::{Hit, Tally};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use store::{Error, Recorded, Store};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// Hits that wait for the store at most, some 20 MB of them. One more is lost, and counted.
const QUEUE_HITS_MAX: usize = 65_536;
/// Hits in one transaction: from here on, larger ones are no cheaper a hit.
const BATCH_HITS_MAX: usize = 1_000;
/// A store that has not answered by then counts as down.
const STORE_WAIT_MAX: Duration = Duration::from_secs(10);
/// Between attempts while the store is down: so long at first, then twice as long each time.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(5);

/// Takes hits and gets them onto disk. Cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    queue: mpsc::Sender<Waiting>,
    shared: Arc<Shared>,
}

/// What became of the hits of this process so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// On disk.
    pub stored: u64,
    /// Not written down, because it is not allowed, or not any more.
    pub refused: u64,
    /// Lost: the queue was full, or the process ended while the store was down.
    pub lost: u64,
    /// Waiting for the store.
    pub waiting: u64,
    /// Is the store down?
    pub down: bool,
}

/// What a request left behind.
#[allow(clippy::large_enum_variant)] // hits are the rule, and a box for each would be an allocation a request
pub enum Seen {
    /// A judged request to one recipient's address, and where it came from.
    Hit(Hit, Trace),
    /// A request to an address that a crowd shares.
    Counted(Tally),
}

struct Waiting {
    seen: Seen,
    kept: oneshot::Sender<()>,
}

#[derive(Default)]
struct Shared {
    stored: AtomicU64,
    refused: AtomicU64,
    lost: AtomicU64,
    waiting: AtomicU64,
    down: AtomicBool,
    meter: Arc<Meter>,
    /// Set when the process is to end: until when the store may still be tried.
    deadline: watch::Sender<Option<Instant>>,
    finished: watch::Sender<bool>,
}

impl Recorder {
    /// Starts the tasks that write and compare. They nudge `fold` after each batch and `changed` after each revision, and
    /// end by [`drain`](Self::drain) or with the last recorder. Call it inside a runtime.
    pub fn start(store: Store, ambient: Ambient, fold: Arc<Notify>, changed: Arc<Notify>) -> Self {
        let (queue, hits) = mpsc::channel(QUEUE_HITS_MAX);
        let (settle, recorded) = mpsc::channel(settling::QUEUE_HITS_MAX);
        let shared = Arc::<Shared>::default();
        let settling = Settling {
            store: store.clone(),
            ambient,
            changed,
            meter: shared.meter.clone(),
        };
        let writer = Writer {
            store,
            ambient,
            fold,
            shared: shared.clone(),
            settle,
            deadline: shared.deadline.subscribe(),
        };
        let settled = tokio::spawn(settling.run(recorded));
        tokio::spawn(async move {
            let mut deadline = writer.deadline.clone();
            let shared = writer.shared.clone();
            writer.run(hits).await;
            // Comparing what came last is worth the time that is left, and no more.
            let end = deadline.borrow_and_update().unwrap_or_else(Instant::now);
            let _ = timeout_at(end, settled).await;
            shared.finished.send_replace(true);
        });
        Self { queue, shared }
    }

    /// Hands a hit or a count in, and waits until it is on disk: at most `patience`, and not at all while the store is down. The
    /// hit is in the queue before the first wait, so a caller who goes away loses nothing.
    pub async fn record(&self, seen: Seen, patience: Duration) {
        let (kept, on_disk) = oneshot::channel();
        self.shared.waiting.fetch_add(1, Relaxed);
        if self.queue.try_send(Waiting { seen, kept }).is_err() {
            self.shared.lose(1);
        } else if !self.shared.down.load(Relaxed) {
            let _ = timeout(patience, on_disk).await;
        }
    }

    /// What became of the hits so far.
    pub fn stats(&self) -> Stats {
        let shared = &self.shared;
        Stats {
            stored: shared.stored.load(Relaxed),
            refused: shared.refused.load(Relaxed),
            lost: shared.lost.load(Relaxed),
            waiting: shared.waiting.load(Relaxed),
            down: shared.down.load(Relaxed),
        }
    }

    /// Who fetched, and what that was taken for, of the hits on disk.
    pub fn judged(&self) -> Judged {
        self.shared.meter.read()
    }

    /// Takes no more hits, and returns when those that wait are on disk, or counted as lost because the store was
    /// still down after `patience`.
    pub async fn drain(&self, patience: Duration) {
        self.shared
            .deadline
            .send_replace(Some(Instant::now() + patience));
        let _ = self
            .shared
            .finished
            .subscribe()
            .wait_for(|done| *done)
            .await;
    }
}

impl Shared {
    fn lose(&self, hits: u64) {
        self.waiting.fetch_sub(hits, Relaxed);
        let before = self.lost.fetch_add(hits, Relaxed);
        let lost = before + hits;
        // A flood is a few lines: one at each doubling.
        if before.checked_ilog2() < lost.checked_ilog2() {
            tracing::error!(
                hits.lost = lost,
                "{lost} hits lost so far: the store does not take them"
            );
        }
    }

    fn keep(&self, recorded: Recorded) {
        let (stored, refused) = (recorded.stored as u64, recorded.refused as u64);
        self.stored.fetch_add(stored, Relaxed);
        self.refused.fetch_add(refused, Relaxed);
        self.waiting.fetch_sub(stored + refused, Relaxed);
        if self.down.swap(false, Relaxed) {
            tracing::info!("the store takes hits again");
        }
    }
}

struct Writer {
    store: Store,
    ambient: Ambient,
    fold: Arc<Notify>,
    shared: Arc<Shared>,
    settle: mpsc::Sender<settling::Recorded>,
    deadline: watch::Receiver<Option<Instant>>,
}

impl Writer {
    async fn run(mut self, mut queue: mpsc::Receiver<Waiting>) {
        let mut batch = Vec::with_capacity(BATCH_HITS_MAX);
        loop {
            tokio::select! {
                taken = queue.recv_many(&mut batch, BATCH_HITS_MAX) => {
                    if taken == 0 {
                        break;
                    }
                    self.write(&mut batch).await;
                }
                () = self.stopping(), if !queue.is_closed() => queue.close(),
            }
        }
    }

    /// Writes a batch, however long that takes. After this its hits are on disk, refused or lost.
    async fn write(&mut self, batch: &mut Vec<Waiting>) {
        let mut traces = Vec::with_capacity(batch.len());
        let (mut hits, mut kept) = (Vec::with_capacity(batch.len()), Vec::new());
        let mut tallies = Vec::new();
        for Waiting {
            seen,
            kept: handler,
        } in batch.drain(..)
        {
            match seen {
                Seen::Hit(hit, trace) => {
                    hits.push(hit);
                    traces.push(trace);
                }
                Seen::Counted(tally) => tallies.push(tally),
            }
            kept.push(handler);
        }
        let mut wait = RETRY_FIRST;
        loop {
            let left = self.time_left();
            if left.is_zero() {
                return self.shared.lose((hits.len() + tallies.len()) as u64);
            }
            match self.attempt(hits.clone(), &tallies, left).await {
                Ok(recorded) => {
                    self.shared.keep(recorded);
                    for handler in kept.drain(..) {
                        let _ = handler.send(()); // who went away does not mind
                    }
                    self.fold.notify_one();
                    return self.compare(hits, traces);
                }
                // Something about one of the hits: it must not hold up the others.
                Err(Error::Conflict(_)) => return self.write_singly(hits, traces, &tallies).await,
                Err(error) => {
                    if !self.shared.down.swap(true, Relaxed) {
                        tracing::warn!(%error, "the store takes no hits, they wait in memory: {error}");
                    }
                    kept.clear(); // lets the handlers go
                }
            }
            if left == Duration::MAX {
                let _ = timeout(wait, self.stopping()).await;
            } else {
                sleep(wait.min(left)).await;
            }
            wait = (wait * 2).min(RETRY_MAX);
        }
    }

    async fn write_singly(&mut self, hits: Vec<Hit>, traces: Vec<Trace>, tallies: &[Tally]) {
        match self.attempt(Vec::new(), tallies, self.time_left()).await {
            Ok(recorded) => self.shared.keep(recorded),
            Err(_) => self.shared.lose(tallies.len() as u64),
        }
        for (hit, trace) in hits.into_iter().zip(traces) {
            match self.attempt(vec![hit.clone()], &[], self.time_left()).await {
                Ok(recorded) => {
                    self.shared.keep(recorded);
                    self.compare(vec![hit], vec![trace]);
                }
                Err(_) => self.shared.lose(1),
            }
        }
        self.fold.notify_one();
    }

    /// Passes hits on to be compared. Where too many wait already, their first verdicts stand.
    fn compare(&self, hits: Vec<Hit>, traces: Vec<Trace>) {
        for (hit, trace) in hits.into_iter().zip(traces) {
            let recorded = settling::Recorded { hit, trace };
            if self.settle.try_send(recorded).is_err() {
                self.shared.meter.not_compared(1);
            }
        }
    }

    /// Hits first: one that is written twice is there once, a count that is written twice counts twice.
    async fn attempt(
        &self,
        hits: Vec<Hit>,
        tallies: &[Tally],
        left: Duration,
    ) -> Result<Recorded, Error> {
        let now = (self.ambient.now)();
        let recording = async {
            let mut recorded = Recorded::default();
            if !hits.is_empty() {
                recorded = self.store.hits_record(hits, now).await?;
            }
            if !tallies.is_empty() {
                let counted = self.store.tallies_record(tallies.to_vec(), now).await?;
                recorded.stored += counted.stored;
                recorded.refused += counted.refused;
            }
            Ok(recorded)
        };
        let no_answer = |_| Error::Unavailable("no answer".into());
        timeout(STORE_WAIT_MAX.min(left), recording)
            .await
            .map_err(no_answer)?
    }

    async fn stopping(&mut self) {
        let _ = self.deadline.wait_for(Option::is_some).await;
    }

    fn time_left(&self) -> Duration {
        let deadline = *self.deadline.borrow();
        deadline.map_or(Duration::MAX, |end| {
            end.saturating_duration_since(Instant::now())
        })
    }
}
