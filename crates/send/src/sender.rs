//! What accepting and delivering need: the store, keys, rules of law, time and chance.

use crate::instrument::Tools;
use crate::preflight::Preflight;
use crate::sign::Signers;
use crate::submission::Refusal;
use model::url::Origin;
use model::{Ambient, EmailAddress, Keyring, Profiles, SuppressionKey};
use std::collections::HashSet;
use std::sync::Arc;
use store::{Store, User};
use tokio::sync::Notify;

/// The way in for outgoing mail.
#[derive(Clone)]
pub struct Sender {
    /// The store.
    pub store: Store,
    /// The token keys.
    pub keyring: Arc<Keyring>,
    /// The public origin that tracked URLs point to.
    pub tracker: Origin,
    /// The rules of law, by country and kind of mail.
    pub profiles: Arc<Profiles>,
    /// Marks of addresses on the suppression list.
    pub suppression: Arc<SuppressionKey>,
    /// The DKIM keys; none of them is fine.
    pub signers: Arc<Signers>,
    /// What is looked at before advertising leaves.
    pub preflight: Arc<Preflight>,
    /// Time and chance.
    pub ambient: Ambient,
    /// Wakes the delivery workers.
    pub wake: Arc<Notify>,
    /// Wakes whoever follows the event feed.
    pub changed: Arc<Notify>,
}

impl Sender {
    /// What copies of a mail from this domain are made with.
    pub(crate) fn tools(&self, domain: &str) -> Tools<'_> {
        Tools {
            keyring: &self.keyring,
            tracker: &self.tracker,
            signs_anew: self.signers.sign_for(domain),
        }
    }

    /// May this user send from this address?
    pub async fn may_send_from(&self, user: &User, from: &EmailAddress) -> Result<(), Refusal> {
        must_be_own(&self.own_addresses(user).await?, from)
    }

    /// The keys of the addresses that this user may send from.
    pub(crate) async fn own_addresses(&self, user: &User) -> Result<HashSet<String>, Refusal> {
        Ok(self
            .store
            .identities(user.id)
            .await?
            .iter()
            .map(|i| i.address.key())
            .collect())
    }
}

/// Fails unless the address is one of the user's own.
pub(crate) fn must_be_own(own: &HashSet<String>, address: &EmailAddress) -> Result<(), Refusal> {
    if own.contains(&address.key()) {
        Ok(())
    } else {
        Err(Refusal::NotYourIdentity(address.as_str().into()))
    }
}
