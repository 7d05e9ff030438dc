//! Folding: recorded hits become counters and ticks a moment after they arrived.

use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::sync::Notify;

/// Hits may have been recorded by another process, of which no nudge comes.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Between attempts while the store is down: so long at first, then twice as long each time.
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_MAX: Duration = Duration::from_secs(10);

/// Folds for ever: when nudged, and every 500 ms. Wakes `changed` after each batch, so that pages learn of it at once.
///
/// Each batch is one transaction, so the task can be dropped at any moment.
pub async fn fold(store: Store, nudge: Arc<Notify>, changed: Arc<Notify>) {
    let mut wait = RETRY_FIRST;
    loop {
        match store.hits_fold().await {
            Ok(0) => {
                wait = RETRY_FIRST;
                let _ = tokio::time::timeout(LOOK_EVERY, nudge.notified()).await;
            }
            Ok(_) => changed.notify_one(),
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
