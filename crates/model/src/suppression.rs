//! The list of those who must never be mailed again, by keyed hash of their address (R-MSG-05).
//!
//! An erased contact must stay suppressed when its address is imported a second time, so something of it has to
//! outlive the erasure. A plain hash of an address can be guessed by trying addresses; without the key this one
//! cannot. It differs from workspace to workspace, so that two lists cannot be laid side by side.

use crate::address::EmailAddress;
use crate::id::WorkspaceId;
use crate::word::words;
use aws_lc_rs::hmac;
use std::fmt;

words! {
    /// How somebody came onto the list. All of them stop the same: advertising, in the sense of
    /// [`MessageClass::is_advertising`](crate::MessageClass::is_advertising).
    SuppressionCause {
        /// They unsubscribed: one click in their mail program, or the button on the page.
        Unsubscribed = "unsubscribed",
        /// They objected to direct marketing (Art. 21(2) GDPR).
        Objected = "objected",
        /// They told a user, who noted it.
        Noted = "noted",
        /// They called a mail advertising spam, as their provider reports (RFC 5965).
        Complained = "complained",
        /// They were erased.
        Erased = "erased",
    }
}

/// The instance's key for its suppression lists. Losing it empties them; it is never rotated.
#[derive(Clone)]
pub struct SuppressionKey(hmac::Key);

/// What is stored of a suppressed address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SuppressionMark(pub [u8; 32]);

impl SuppressionKey {
    /// The key made of 32 random bytes.
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The mark of an address in a workspace. Spellings that differ only in case have the same mark.
    pub fn mark(&self, workspace: WorkspaceId, address: &EmailAddress) -> SuppressionMark {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(b"overt suppression v1\0");
        context.update(workspace.bytes()); // of fixed length, so it cannot run into the address
        context.update(address.key().as_bytes());
        let mut mark = [0; 32];
        mark.copy_from_slice(context.sign().as_ref());
        SuppressionMark(mark)
    }
}

impl fmt::Debug for SuppressionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SuppressionKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(key: u8, workspace: u8, address: &str) -> SuppressionMark {
        SuppressionKey::new(&[key; 32])
            .mark(WorkspaceId([workspace; 16]), &address.parse().unwrap())
    }

    #[test]
    fn r_msg_05_an_erased_address_is_known_again_by_its_mark_alone() {
        let stored = mark(1, 1, "Ann@Example.org");
        assert_eq!(mark(1, 1, "ann@example.ORG"), stored);
        for (key, workspace, address) in [
            (1, 1, "ann@example.com"),
            (1, 2, "ann@example.org"),
            (2, 1, "ann@example.org"),
        ] {
            assert_ne!(mark(key, workspace, address), stored);
        }
    }

    #[test]
    fn r_msg_05_the_mark_is_no_plain_hash() {
        let plain = crate::secret::Sha256::of("ann@example.org");
        assert_ne!(mark(1, 1, "ann@example.org").0, plain.0);
        assert_eq!(
            format!("{:?}", SuppressionKey::new(&[1; 32])),
            "SuppressionKey(…)"
        );
    }
}
