//! How deliveries of this process went, counted for the metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use store::Outcome;

/// Outcomes since the process began.
#[derive(Debug, Default)]
pub struct Deliveries {
    sent: AtomicU64,
    deferred: AtomicU64,
    bounced: AtomicU64,
}

impl Deliveries {
    pub(super) fn count(&self, outcome: &Outcome) {
        let count = match outcome {
            Outcome::Sent { .. } => &self.sent,
            Outcome::Deferred { .. } => &self.deferred,
            Outcome::Bounced { .. } => &self.bounced,
        };
        count.fetch_add(1, Relaxed);
    }

    /// Each outcome by its name, with how often it came.
    pub fn counts(&self) -> [(&'static str, u64); 3] {
        [
            ("sent", self.sent.load(Relaxed)),
            ("deferred", self.deferred.load(Relaxed)),
            ("bounced", self.bounced.load(Relaxed)),
        ]
    }
}
