//! Delivering: a claimer that takes parcels out of the outbox, and a few carriers that each hold a connection to the
//! relay.
//!
//! Overt is not an MTA to the world's mail servers; it hands every copy to one relay. When the relay cannot be
//! reached, the carriers stop trying for a while instead of failing a queue of thousands one connection at a time.

mod carrier;
mod prepare;
mod tally;
pub(crate) mod write;

pub use tally::Deliveries;

use crate::retry::Schedule;
use crate::sender::Sender;
use carrier::Carrier;
use model::Time;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{Parcel, Store};
use tokio::sync::{Mutex as AsyncMutex, mpsc};
use tokio::time::{sleep, timeout};
use tracing::warn;
use wire::smtp::Relay;

/// How long a claimed parcel stays claimed when its worker has died.
const LEASE: Duration = Duration::from_secs(20);
const RENEW_EVERY: Duration = Duration::from_secs(5);
/// How often the outbox is looked at when nobody says that something is new: retries come due by themselves.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// How long a stop waits for mails that are being handed over.
const STOP_GRACE: Duration = Duration::from_secs(25);

/// Takes mail from the outbox to the relay.
#[derive(Clone)]
pub struct Courier {
    /// Store, keys, time and chance.
    pub sender: Sender,
    /// Where everything goes.
    pub relay: Relay,
    /// Header fields that keep the service behind it from tracking by itself, see [`service`](crate::service).
    pub tracking_off: &'static str,
    /// When to try again.
    pub schedule: Schedule,
    /// How many connections to the relay.
    pub connections: usize,
    /// The name of this server, for trace fields and reports.
    pub hostname: String,
    /// Counts how it goes.
    pub deliveries: Arc<Deliveries>,
}

/// Until when the relay is left alone, and why.
type Pause = Arc<Mutex<Option<(Time, String)>>>;

impl Courier {
    /// Delivers until `stop`. Returns when what was in hand has been handed over or given back.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let owner = (self.sender.ambient.random)();
        let carriers_max = self.connections.clamp(1, 64);
        let (parcels, receiver) = mpsc::channel(carriers_max * 2);
        let receiver = Arc::new(AsyncMutex::new(receiver));
        let pause = Pause::default();
        let mut carriers = tokio::task::JoinSet::new();
        for _ in 0..carriers_max {
            let carrier = Carrier {
                courier: self.clone(),
                pause: pause.clone(),
                connection: None,
                source: None,
            };
            carriers.spawn(carrier.run(receiver.clone()));
        }
        let renewing = tokio::spawn(renew(
            self.sender.store.clone(),
            owner,
            self.sender.ambient.now,
        ));
        tokio::select! {
            () = stop => {}
            () = self.claim(owner, &parcels, &pause) => {}
        }
        drop(parcels); // the carriers finish what is in the channel, then end
        let all_ended = async { while carriers.join_next().await.is_some() {} };
        if timeout(STOP_GRACE, all_ended).await.is_err() {
            warn!("stopped while mails were being handed to the relay; they will be tried again");
        }
        renewing.abort();
        if let Err(error) = self.sender.store.outbox_give_back(owner).await {
            warn!(%error, "cannot give back what was in hand; it becomes due by itself: {error}");
        }
    }

    /// Claims parcels for as long as carriers have room for them.
    async fn claim(&self, owner: [u8; 16], parcels: &mpsc::Sender<Parcel>, pause: &Pause) {
        loop {
            let Ok(room) = parcels.reserve().await else {
                return;
            };
            drop(room);
            let now = (self.sender.ambient.now)();
            if let Some((until, _)) = paused(pause, now) {
                sleep(until.since(now).min(POLL_EVERY)).await;
                continue;
            }
            let limit = parcels.capacity().max(1) as u16;
            match self
                .sender
                .store
                .outbox_claim(owner, now, LEASE, limit)
                .await
            {
                Ok(claimed) if claimed.is_empty() => {
                    let _ = timeout(POLL_EVERY, self.sender.wake.notified()).await;
                }
                Ok(claimed) => {
                    for parcel in claimed {
                        if parcels.send(parcel).await.is_err() {
                            return;
                        }
                    }
                }
                Err(error) => {
                    warn!(%error, "cannot look into the outbox: {error}");
                    sleep(POLL_EVERY).await;
                }
            }
        }
    }
}

async fn renew(store: Store, owner: [u8; 16], now: fn() -> Time) {
    loop {
        sleep(RENEW_EVERY).await;
        if let Err(error) = store.outbox_renew(owner, now() + LEASE).await {
            warn!(%error, "cannot renew the hold on mails in hand: {error}");
        }
    }
}

fn paused(pause: &Pause, now: Time) -> Option<(Time, String)> {
    pause
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
        .filter(|(until, _)| *until > now)
}
