//! Folding: recorded hits become counters and ticks a moment after they arrived, and news when it is sure enough.

use model::Ambient;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::sync::Notify;

/// Hits may have been recorded by another process, of which no nudge comes.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Between attempts while the store is down: so long at first, then twice as long each time.
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_MAX: Duration = Duration::from_secs(10);

/// What folding works with.
pub struct Folding {
    /// Where hits are, and counters.
    pub store: Store,
    /// The clock.
    pub ambient: Ambient,
    /// How long news of a person waits where it is not certain.
    pub hold: Duration,
    /// Hits were recorded.
    pub nudge: Arc<Notify>,
    /// Woken after each batch, so that pages learn of it at once.
    pub changed: Arc<Notify>,
}

impl Folding {
    /// Folds for ever: when nudged, and every 500 ms. Each batch is one transaction, so the task can be dropped at any
    /// moment.
    pub async fn run(self) {
        let mut wait = RETRY_FIRST;
        loop {
            match self.step().await {
                Ok(0) => {
                    wait = RETRY_FIRST;
                    let _ = tokio::time::timeout(LOOK_EVERY, self.nudge.notified()).await;
                }
                Ok(_) => self.changed.notify_one(),
                Err(error) => {
                    if wait == RETRY_FIRST {
                        tracing::warn!(%error, "hits cannot be folded: {error}");
                    }
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(RETRY_MAX);
                }
            }
        }
    }

    async fn step(&self) -> Result<usize, store::Error> {
        let folded = self.store.hits_fold().await?;
        let told = self
            .store
            .news_tell((self.ambient.now)(), self.hold)
            .await?;
        Ok(folded + told)
    }
}
