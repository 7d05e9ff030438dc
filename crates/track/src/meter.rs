//! What this process has recorded, by opener family and meaning: for the metrics.
//!
//! Only what may be recorded is counted, by what it meant when judged alone. Nothing in it is about a person, and it is
//! bounded: openers are the lines of the verdict tables.

use model::hit::Hit;
use model::{Axis, Meaning};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// The counts.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    hits: Mutex<BTreeMap<(Axis, String, Meaning), u64>>,
    revised: AtomicU64,
    not_compared: AtomicU64,
}

impl Meter {
    /// A hit that is on disk.
    pub(crate) fn hit(&self, hit: &Hit) {
        let verdict = &hit.verdict;
        let key = (hit.axis, verdict.opener.clone(), verdict.meaning);
        let mut hits = self.hits.lock().unwrap_or_else(PoisonError::into_inner);
        *hits.entry(key).or_default() += 1;
    }

    /// So many verdicts changed by comparing.
    pub(crate) fn revised(&self, verdicts: usize) {
        self.revised.fetch_add(verdicts as u64, Relaxed);
    }

    /// So many hits could not be compared with others; their first verdicts stand.
    pub(crate) fn not_compared(&self, hits: usize) {
        self.not_compared.fetch_add(hits as u64, Relaxed);
    }

    pub(crate) fn read(&self) -> Judged {
        let hits = self.hits.lock().unwrap_or_else(PoisonError::into_inner);
        Judged {
            hits: hits.iter().map(|(key, n)| (key.clone(), *n)).collect(),
            revised: self.revised.load(Relaxed),
            not_compared: self.not_compared.load(Relaxed),
        }
    }
}

/// Hits that were recorded and judged since the process began.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judged {
    /// By what was asked for, opener family, and what it meant when judged alone.
    pub hits: Vec<((Axis, String, Meaning), u64)>,
    /// Verdicts that changed by comparing hits with each other.
    pub revised: u64,
    /// Hits that could not be compared with others: too many waited, or the store was away.
    pub not_compared: u64,
}
