//! Telling other programs what happened: webhooks in the form of Standard Webhooks (standardwebhooks.com).
//!
//! What there is to tell stands in the store, written with what it tells of; [`Messenger`] takes turns with the endpoints
//! and sends it until it is taken. [`Webhooks`] is what the pages and the API need: which addresses can be entered, and the
//! secrets.
//!
//! Promises: an event is sent at least once or stands in the log as failed; the same event has the same `webhook-id` at
//! every attempt; an endpoint that is slow or down costs the others nothing; no request goes into the network that
//! this machine is in, unless the operator allows it.

mod messenger;
mod note;

pub use messenger::Messenger;
pub use note::headers;

use ipnet::IpNet;
use model::{WebhookId, WebhookKey, WebhookSecret};
use std::time::Duration;
use wire::outward::{BadTarget, Failure, Outward, Target};
use wire::tls::{Roots, TlsError};

/// How long somebody who enters an address waits until it is looked up.
const LOOK_UP: Duration = Duration::from_secs(5);

/// Which addresses may be told, and what their secrets are. Cheap to clone.
#[derive(Clone)]
pub struct Webhooks {
    outward: Outward,
    key: WebhookKey,
}

/// Why an address cannot be entered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEndpoint {
    /// It is no address that can be asked.
    #[error(transparent)]
    Address(#[from] BadTarget),
    /// It leads where nothing may be sent.
    #[error(
        "{0}. Whoever runs this server can allow networks: allow_private under [webhooks] in overt.toml"
    )]
    NotAllowed(Failure),
}

impl Webhooks {
    /// With the instance's key, and the private networks that the operator allows.
    pub fn new(key: WebhookKey, private: &[IpNet]) -> Result<Self, TlsError> {
        let outward = Outward::new(private, &Roots::System)?;
        Ok(Self { outward, key })
    }

    /// Checks an address that somebody enters, and gives it back in its canonical spelling. What its name leads to is
    /// checked again at each attempt; a name that leads nowhere yet can be entered.
    pub async fn check(&self, url: &str) -> Result<String, BadEndpoint> {
        let target: Target = url.parse()?;
        match tokio::time::timeout(LOOK_UP, self.outward.admits(&target)).await {
            Ok(Err(refused @ Failure::NotAllowed { .. })) => Err(BadEndpoint::NotAllowed(refused)),
            _ => Ok(target.as_str().to_owned()),
        }
    }

    /// The secret of an endpoint, by its number.
    pub fn secret(&self, webhook: WebhookId, number: u32) -> WebhookSecret {
        self.key.secret(webhook, number)
    }
}
