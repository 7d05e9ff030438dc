//! The ledger: a chain of commitments to what happened, to which entries are only ever added.
//!
//! It proves two things that pull apart: that nothing was altered afterwards, and that an erased person is gone.
//! So the chain holds no fact about anybody. An entry commits to its payload by an HMAC under the contact's own key;
//! whoever has that key and the payload can prove the event, and once the key is destroyed the entry says nothing
//! more, while the chain still verifies (R-AUD-02, R-AUD-03).
//!
//! A chain alone cannot show that its end was cut off or that all of it was written anew. Heads signed now and then
//! and kept elsewhere do.

mod verify;

pub use verify::{Damage, Tampering, verify};

use crate::secret::Sha256;
use crate::sign::{PublicKey, Signature, Signed, SigningKey};
use crate::time::Time;
use aws_lc_rs::{constant_time, digest, hmac};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The secret under which one contact's events are committed to: 32 random bytes, destroyed at erasure. Acts that
/// concern no contact use the workspace's own.
#[derive(Clone)]
pub struct CommitmentKey(hmac::Key);

impl CommitmentKey {
    /// The key made of 32 random bytes.
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The place in the chain is part of it, so that equal payloads cannot be seen to be equal.
    fn commit(&self, seq: u64, payload: &[u8]) -> Sha256 {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(b"overt ledger v1 commitment\0");
        context.update(&seq.to_be_bytes());
        context.update(payload);
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        Sha256(out)
    }
}

impl fmt::Debug for CommitmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CommitmentKey(…)")
    }
}

/// What kind of thing happened: a word such as `consent.given`. It stands in the chain for ever, so it never names
/// anybody.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Kind(String);

/// The text is not a kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a kind of entry: write 1 to 48 of a–z 0–9 . _")]
pub struct BadKind(String);

impl Kind {
    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Kind {
    type Err = BadKind;
    fn from_str(text: &str) -> Result<Self, BadKind> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'_';
        if (1..=48).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text.into()))
        } else {
            Err(BadKind(text.chars().take(64).collect()))
        }
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// One link of the chain, as stored and exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its place; the first is 1 and there are no gaps.
    pub seq: u64,
    /// When it was written, to the millisecond.
    #[serde(with = "millis")]
    pub at: Time,
    /// What kind of thing happened.
    pub kind: Kind,
    /// The commitment to what exactly.
    pub commitment: Sha256,
    /// The hash of the entry before.
    pub previous: Sha256,
    /// The hash over all of the above.
    pub hash: Sha256,
}

impl Entry {
    /// SHA-256 over every field with its length before it, so that no two entries have the same form.
    fn digest(&self) -> Sha256 {
        hash(&[
            b"overt ledger v1 entry",
            &self.seq.to_be_bytes(),
            &self.at.0.to_be_bytes(),
            self.kind.0.as_bytes(),
            &self.commitment.0,
            &self.previous.0,
        ])
    }

    /// Is this payload what was committed to? With the key destroyed nobody can tell any more.
    pub fn opens_with(&self, key: &CommitmentKey, payload: &[u8]) -> bool {
        let commitment = key.commit(self.seq, payload);
        constant_time::verify_slices_are_equal(&commitment.0, &self.commitment.0).is_ok()
    }
}

fn hash(fields: &[&[u8]]) -> Sha256 {
    let mut context = digest::Context::new(&digest::SHA256);
    for field in fields {
        context.update(&(field.len() as u64).to_be_bytes());
        context.update(field);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    Sha256(out)
}

/// How far a chain goes, and the hash that stands for all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The last entry's place; 0 for a chain without entries.
    pub seq: u64,
    /// The last entry's hash.
    pub hash: Sha256,
}

impl Head {
    /// The beginning of a chain. `chain` tells it from every other: the workspace's id.
    pub fn beginning(chain: &[u8; 16]) -> Self {
        Self {
            seq: 0,
            hash: hash(&[b"overt ledger v1 beginning", chain]),
        }
    }

    /// The next entry; `Head::from(&entry)` is the head after it.
    pub fn append(&self, at: Time, kind: Kind, key: &CommitmentKey, payload: &[u8]) -> Entry {
        let seq = self.seq + 1;
        let commitment = key.commit(seq, payload);
        let mut entry = Entry {
            seq,
            at,
            kind,
            commitment,
            previous: self.hash,
            hash: Sha256([0; 32]),
        };
        entry.hash = entry.digest();
        entry
    }

    /// Signs the head, to be kept where the ledger's keeper cannot change it.
    pub fn sign(self, at: Time, key: &SigningKey) -> SignedHead {
        SignedHead {
            head: self,
            at,
            signature: key.sign(Signed::Head, &self.signed_bytes(at)),
        }
    }

    fn signed_bytes(&self, at: Time) -> [u8; 48] {
        let mut bytes = [0; 48];
        bytes[..8].copy_from_slice(&self.seq.to_be_bytes());
        bytes[8..40].copy_from_slice(&self.hash.0);
        bytes[40..].copy_from_slice(&at.0.to_be_bytes());
        bytes
    }
}

impl From<&Entry> for Head {
    fn from(entry: &Entry) -> Self {
        Self {
            seq: entry.seq,
            hash: entry.hash,
        }
    }
}

/// A head, when it was the head, and the instance's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedHead {
    /// The head.
    pub head: Head,
    /// When it was signed.
    #[serde(with = "millis")]
    pub at: Time,
    /// The signature over both.
    pub signature: Signature,
}

/// The head was not signed with that key, or was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this head was not signed with that key, or it was changed since")]
pub struct NotSigned;

impl SignedHead {
    /// The head, if the signature holds.
    pub fn verify(&self, key: &PublicKey) -> Result<Head, NotSigned> {
        let bytes = self.head.signed_bytes(self.at);
        if key.verifies(Signed::Head, &bytes, &self.signature) {
            Ok(self.head)
        } else {
            Err(NotSigned)
        }
    }
}

/// Moments as numbers: RFC 3339 text would lose the milliseconds that the hash covers.
pub(crate) mod millis {
    use crate::time::Time;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(crate) fn serialize<S: Serializer>(at: &Time, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_i64(at.0)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Time, D::Error> {
        i64::deserialize(d).map(Time)
    }
}

#[cfg(test)]
mod tests;
