//! How it goes with a webhook, in one word, and which of them need a hand: people's decisions wait there.

use super::{COLUMNS, Webhook, host, webhook};
use crate::value::params;
use crate::{Error, Store};
use model::WebhookOff;

/// How it goes with a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It takes what it is told, as far as is known.
    On,
    /// It took nothing at the last attempt, and is tried again.
    Refusing,
    /// Nothing is sent there.
    Off(WebhookOff),
}

impl Health {
    /// Should somebody look? Not where somebody turned it off.
    pub fn needs_a_hand(self) -> bool {
        match self {
            Self::On | Self::Off(WebhookOff::Paused) => false,
            Self::Refusing | Self::Off(WebhookOff::Gone | WebhookOff::Failing) => true,
        }
    }
}

impl Webhook {
    /// How it goes.
    pub fn health(&self) -> Health {
        match self.off {
            Some((why, _)) => Health::Off(why),
            None if self.failures > 0 => Health::Refusing,
            None => Health::On,
        }
    }

    /// The host that it leads to; more of the address may be a secret.
    pub fn host(&self) -> String {
        host(&self.url)
    }
}

impl Store {
    /// The webhooks of all workspaces that need a hand, each with the name of its workspace; so many at most, those that
    /// are off first.
    pub async fn webhooks_in_trouble(&self, most: u16) -> Result<Vec<(String, Webhook)>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {COLUMNS}, o.name from webhook w join workspace o on o.id = w.workspace_id
                     where w.off in ('gone', 'failing') or w.off is null and w.failures > 0
                     order by w.off is null, w.created_at, w.id limit $1"
                );
                tx.rows(&sql, params![most], |row| Ok((row.get(18)?, webhook(row)?)))
            })
            .await
    }
}
