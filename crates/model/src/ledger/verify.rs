//! Is a ledger whole? If not: where, and what was done to it.

use super::{Entry, Head};
use std::fmt;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Damage {
    /// An entry says something else than when it was written.
    Edited,
    /// An entry is gone.
    Missing,
    /// Another entry stands in its place.
    Reordered,
    /// Entries at the end are gone, which a signed head remembers.
    Truncated,
    /// The entries agree with each other but not with a signed head: all since the one before were written anew.
    Rewritten {
        /// The last place that a signed head, or the beginning, vouches for.
        since: u64,
    },
}

/// The first place at which a ledger is not what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub struct Tampering {
    /// The place.
    pub at: u64,
    /// What was done there.
    pub what: Damage,
}

impl fmt::Display for Tampering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at;
        match self.what {
            Damage::Edited => write!(f, "entry {at} was changed after it was written"),
            Damage::Missing => write!(f, "entry {at} is missing"),
            Damage::Reordered => write!(f, "another entry stands in the place of entry {at}"),
            Damage::Truncated => write!(f, "entry {at} and all after it are missing"),
            Damage::Rewritten { since } => {
                write!(f, "entries {} to {at} were written anew", since + 1)
            }
        }
    }
}

/// Walks the entries that follow `from` and compares them with what trusted heads remember. Gives the new head.
///
/// `heads` are heads whose signatures hold, in any order; those before `from` are ignored. A long ledger can be
/// verified piece by piece: each piece from the head that the last one gave, with the heads that fall into it, and
/// the last piece with all that are left.
pub fn verify(from: Head, entries: &[Entry], heads: &[Head]) -> Result<Head, Tampering> {
    let mut head = from;
    let mut vouched = from.seq;
    let mut heads: Vec<_> = heads.iter().filter(|h| h.seq >= from.seq).collect();
    heads.sort_by_key(|h| h.seq);
    let mut heads = heads.into_iter().peekable();
    loop {
        while let Some(remembered) = heads.next_if(|h| h.seq == head.seq) {
            if remembered.hash != head.hash {
                return Err(Tampering {
                    at: head.seq,
                    what: Damage::Rewritten { since: vouched },
                });
            }
            vouched = head.seq;
        }
        let place = (head.seq - from.seq) as usize;
        let Some(entry) = entries.get(place) else {
            break;
        };
        check(head, entry, entries)?;
        head = entry.into();
    }
    match heads.next() {
        Some(_) => Err(Tampering {
            at: head.seq + 1,
            what: Damage::Truncated,
        }),
        None => Ok(head),
    }
}

/// Is this the entry that follows the head?
fn check(head: Head, entry: &Entry, all: &[Entry]) -> Result<(), Tampering> {
    let at = head.seq + 1;
    let is_elsewhere = |seq: u64| {
        all.iter()
            .any(|other| other.seq == seq && !std::ptr::eq(other, entry))
    };
    let what = if entry.digest() != entry.hash {
        // Numbers exchanged to hide that entries were: the entry is sound under another's number.
        let sound_as = |seq| {
            let as_if = Entry {
                seq,
                ..entry.clone()
            };
            as_if.digest() == as_if.hash
        };
        let moved = all
            .iter()
            .any(|other| other.seq != entry.seq && sound_as(other.seq));
        if moved {
            Damage::Reordered
        } else {
            Damage::Edited
        }
    } else if entry.seq != at {
        if entry.seq > at && !is_elsewhere(at) {
            Damage::Missing
        } else {
            Damage::Reordered
        }
    } else if entry.previous != head.hash {
        // Each is sound for itself: the one before was changed and its hash made to fit.
        return Err(Tampering {
            at: head.seq.max(1),
            what: Damage::Edited,
        });
    } else {
        return Ok(());
    };
    Err(Tampering { at, what })
}
