//! What bounds the work that people without a password can cause.
//!
//! Checking a password takes 19 MiB and some tens of milliseconds, so two are checked at a time and the others wait.
//! Attempts are limited per account, so that nobody guesses, and over all, so that nobody floods; what is remembered
//! about them is bounded, too.

use crate::error::{Error, Result};
use model::{Sha256, Time, WorkspaceId};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Where people without a session come in.
pub(crate) struct Door {
    hashing: Semaphore,
    attempts: Mutex<Attempts>,
    /// When the next agreement of each workspace is due: as many as there are workspaces.
    taken: Mutex<HashMap<WorkspaceId, i64>>,
}

/// Agreements from the forms of one workspace's sites: two hundred at once, then one in two seconds.
const TAKEN: Pace = Pace {
    every_ms: 2_000,
    burst: 200,
};

impl Default for Door {
    fn default() -> Self {
        Self {
            hashing: Semaphore::new(2),
            attempts: Mutex::default(),
            taken: Mutex::default(),
        }
    }
}

impl Door {
    /// May somebody try this account's password now?
    pub(crate) fn allow(&self, account: Sha256, now: Time) -> bool {
        self.attempts().allow(account, now)
    }

    /// The password was right: what was counted before does not count any more.
    pub(crate) fn forget(&self, account: Sha256) {
        self.attempts().accounts.remove(&account);
    }

    /// May one more agreement from a form of this workspace's sites come in? Each is a mail to somebody who may not have
    /// asked for it.
    pub(crate) fn takes(&self, workspace: WorkspaceId, now: Time) -> bool {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        TAKEN.take(taken.entry(workspace).or_default(), now.0)
    }

    /// Waits for a place to work a password through.
    pub(crate) async fn place(&self) -> Result<SemaphorePermit<'_>> {
        self.hashing.acquire().await.map_err(|_| Error::Internal)
    }

    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Attempts to sign in, as the generic cell rate algorithm counts them: one moment in time per account.
#[derive(Default)]
struct Attempts {
    overall: i64,
    accounts: HashMap<Sha256, i64>,
}

impl Attempts {
    /// Ten at once for one account, then one a minute; fifty at once for all, then five a second.
    const ACCOUNT: Pace = Pace {
        every_ms: 60_000,
        burst: 10,
    };
    const OVERALL: Pace = Pace {
        every_ms: 200,
        burst: 50,
    };
    /// Accounts remembered. When that many are under attack at once, further ones wait.
    const ACCOUNTS_MAX: usize = 10_000;

    fn allow(&mut self, account: Sha256, now: Time) -> bool {
        if self.accounts.len() >= Self::ACCOUNTS_MAX {
            self.accounts.retain(|_, due| *due > now.0);
        }
        if self.accounts.len() >= Self::ACCOUNTS_MAX && !self.accounts.contains_key(&account) {
            return false;
        }
        // The account first: who hammers one account must not use up everybody's share.
        let due = self.accounts.entry(account).or_default();
        Self::ACCOUNT.take(due, now.0) && Self::OVERALL.take(&mut self.overall, now.0)
    }
}

struct Pace {
    every_ms: i64,
    burst: i64,
}

impl Pace {
    fn take(&self, due: &mut i64, now: i64) -> bool {
        let start = (*due).max(now);
        let allowed = start - now <= self.every_ms * (self.burst - 1);
        if allowed {
            *due = start + self.every_ms;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn attempts_are_limited_per_account_and_over_all() {
        let mut attempts = Attempts::default();
        let t0 = Time(1_000_000);
        let ann = Sha256::of("ann");
        assert!((0..10).all(|_| attempts.allow(ann, t0)));
        assert!(!attempts.allow(ann, t0));
        assert!(!attempts.allow(ann, t0 + Duration::from_secs(59)));
        assert!(attempts.allow(ann, t0 + Duration::from_mins(1)));
        attempts.accounts.remove(&ann);
        let later = t0 + Duration::from_mins(2);
        let allowed = (0..100)
            .filter(|n| attempts.allow(Sha256::of(&n.to_string()), later))
            .count();
        assert_eq!(allowed, 50);
    }

    #[test]
    fn agreements_from_forms_come_in_at_a_pace() {
        let (door, t0) = (Door::default(), Time(1_000_000));
        let one = WorkspaceId([1; 16]);
        assert!((0..200).all(|_| door.takes(one, t0)));
        assert!(!door.takes(one, t0));
        assert!(door.takes(WorkspaceId([2; 16]), t0));
        assert!(door.takes(one, t0 + Duration::from_secs(2)));
    }

    #[test]
    fn memory_is_bounded() {
        let mut attempts = Attempts::default();
        for n in 0..20_000_i64 {
            attempts.allow(Sha256::of(&n.to_string()), Time(1_000_000));
        }
        assert!(attempts.accounts.len() <= Attempts::ACCOUNTS_MAX);
    }
}
