//! Evidence of one contact's consents: what a stranger can verify without a server (R-CONS-16).
//!
//! It opens the contact's entries of the ledger: the events, the key they are committed to under, and a piece of the
//! chain from each event to a head that the instance signed. The entries in between are other people's and name
//! nobody. Whoever holds such evidence can open these entries even after the contact was erased here and the key
//! destroyed: it is as personal as what it proves.

use crate::canonical::{NotCanonical, canonical};
use crate::consent::{ConsentState, Topic};
use crate::id::{ContactId, UserId, WorkspaceId};
use crate::ledger::{self, CommitmentKey, Entry, Head, SignedHead, Tampering};
use crate::secret::Sha256;
use crate::sign::PublicKey;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// An event of consent as the ledger commits to it: without address or name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommittedEvent {
    /// Whose consent.
    pub contact: ContactId,
    /// About what.
    pub topic: Topic,
    /// What it became.
    pub state: ConsentState,
    /// When, to the millisecond.
    #[serde(with = "ledger::millis")]
    pub at: Time,
    /// How it came about.
    pub method: String,
    /// The user who noted it, where one did.
    pub user: Option<UserId>,
    /// The text that was shown, by the digest of the part of the page that showed it.
    pub text: Option<Sha256>,
}

impl CommittedEvent {
    /// The bytes that are committed to.
    pub fn payload(&self) -> Result<String, NotCanonical> {
        canonical(self)
    }
}

/// An event and its place in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placed {
    /// The place.
    pub entry: u64,
    /// The event.
    pub event: CommittedEvent,
}

/// One contact's part of a workspace's ledger, opened.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// Whose ledger.
    pub workspace: WorkspaceId,
    /// The key that the contact's entries are committed to under, as 64 hexadecimal digits.
    pub key: HexKey,
    /// The events, oldest first.
    pub events: Vec<Placed>,
    /// Pieces of the chain, in order: from each event to a signed head.
    pub entries: Vec<Entry>,
    /// Those heads.
    pub heads: Vec<SignedHead>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opened({} events)", self.events.len())
    }
}

/// 32 bytes of key in its text form.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HexKey(Sha256);

impl HexKey {
    /// The text form of a key.
    pub fn of(bytes: [u8; 32]) -> Self {
        Self(Sha256(bytes))
    }

    fn open(&self) -> CommitmentKey {
        CommitmentKey::new(&self.0.0)
    }
}

/// The first thing that is not as it was, and its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A head that the instance did not sign.
    #[error("the signed head of entry {0} was not signed with that key, or it was changed since")]
    Head(u64),
    /// The chain.
    #[error("in the ledger {0}")]
    Chain(#[from] Tampering),
    /// Entries behind which no signed head stands.
    #[error("no signed head vouches for entry {0} of the ledger")]
    Unsigned(u64),
    /// An event without its entry.
    #[error("entry {0} of the ledger is missing")]
    Missing(u64),
    /// An event that says something else than was committed to.
    #[error("the event of entry {0} says something else than the ledger committed to")]
    Differs(u64),
    /// An event of somebody else.
    #[error("the event of entry {0} is another contact's")]
    Stranger(u64),
}

impl Opened {
    /// The pieces of a chain that show these places: from each to the first of the heads at or after it, as first and
    /// last place. Places behind the last head are in none.
    pub fn pieces(places: &[u64], heads: &[SignedHead]) -> Vec<(u64, u64)> {
        let mut heads: Vec<u64> = heads.iter().map(|h| h.head.seq).collect();
        heads.sort_unstable();
        let mut pieces: Vec<(u64, u64)> = Vec::new();
        let mut places = places.to_vec();
        places.sort_unstable();
        for place in places {
            let Some(end) = heads.iter().copied().find(|head| *head >= place) else {
                break;
            };
            match pieces.last_mut() {
                Some((_, last)) if *last >= place => {}
                _ => pieces.push((place, end)),
            }
        }
        pieces
    }

    /// Is every event what was committed to when it happened, and did the instance sign for it with this key?
    pub fn verify(&self, contact: ContactId, key: &PublicKey) -> Result<(), Broken> {
        let mut heads = Vec::with_capacity(self.heads.len());
        for signed in &self.heads {
            let head = signed.verify(key);
            heads.push(head.map_err(|_| Broken::Head(signed.head.seq))?);
        }
        for piece in (self.entries).chunk_by(|one, next| one.seq.checked_add(1) == Some(next.seq)) {
            verify_piece(piece, &heads)?;
        }
        let key = self.key.open();
        for Placed { entry: seq, event } in &self.events {
            let entry = self.entries.iter().find(|entry| entry.seq == *seq);
            let entry = entry.ok_or(Broken::Missing(*seq))?;
            if event.contact != contact {
                return Err(Broken::Stranger(*seq));
            }
            let payload = event.payload().map_err(|_| Broken::Differs(*seq))?;
            let kind = format!("consent.{}", event.state.as_str());
            if entry.kind.as_str() != kind
                || entry.at != event.at
                || !entry.opens_with(&key, payload.as_bytes())
            {
                return Err(Broken::Differs(*seq));
            }
        }
        Ok(())
    }
}

/// Entries without a gap, whose last one a signed head vouches for; with that, for all before.
fn verify_piece(piece: &[Entry], heads: &[Head]) -> Result<(), Broken> {
    let (Some(first), Some(last)) = (piece.first(), piece.last()) else {
        return Ok(());
    };
    let before = Head {
        seq: first.seq.checked_sub(1).ok_or(Broken::Missing(first.seq))?,
        hash: first.previous,
    };
    let within: Vec<Head> = heads
        .iter()
        .filter(|head| (first.seq..=last.seq).contains(&head.seq))
        .copied()
        .collect();
    ledger::verify(before, piece, &within)?;
    if within.iter().any(|head| head.seq == last.seq) {
        Ok(())
    } else {
        Err(Broken::Unsigned(last.seq))
    }
}

#[cfg(test)]
mod tests;
