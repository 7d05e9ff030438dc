//! One carrier: holds a connection to the relay, hands parcels over it, and turns what the relay says into outcomes.

use super::prepare::{Ready, header_length};
use super::{Courier, Pause, paused};
use crate::departure::Held;
use model::{MessageId, Reason, Time};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use store::{Errand, Outcome, Parcel};
use tokio::sync::{Mutex as AsyncMutex, mpsc};
use tokio::time::{sleep, timeout};
use tracing::{info, warn};
use wire::smtp::{Body, Connection, Envelope, Recipient, Reply};

/// A connection that carried nothing for so long is closed; relays close idle ones anyway.
const IDLE_MAX: Duration = Duration::from_secs(20);
/// Pause after the relay could not be reached or refused the sign-in; shorter where retries come sooner.
const RELAY_PAUSE_MAX: Duration = Duration::from_secs(15);
/// How often, and with what pause, a mail that the store does not give is asked for again before it is put off.
const READ_TRIES_MAX: u32 = 10;
const READ_PAUSE: Duration = Duration::from_secs(1);
/// The relay's answer is kept up to this length.
const ANSWER_CHARS_MAX: usize = 400;

/// One connection's worth of delivering.
pub(super) struct Carrier {
    pub(super) courier: Courier,
    pub(super) pause: Pause,
    pub(super) connection: Option<Connection>,
    /// The mail whose copies went last: copies of one mail come one after the other.
    pub(super) source: Option<(MessageId, Arc<Vec<u8>>)>,
}

impl Carrier {
    pub(super) async fn run(mut self, parcels: Arc<AsyncMutex<mpsc::Receiver<Parcel>>>) {
        loop {
            let next = timeout(IDLE_MAX, async { parcels.lock().await.recv().await }).await;
            match next {
                Ok(Some(parcel)) => self.carry(parcel).await,
                Ok(None) => break,
                Err(_) => self.hang_up().await,
            }
        }
        self.hang_up().await;
    }

    async fn hang_up(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.quit().await;
        }
    }

    async fn carry(&mut self, parcel: Parcel) {
        let mut tries = 0;
        let outcome = loop {
            match self.ready(&parcel, tries == READ_TRIES_MAX).await {
                Ok(mut ready) => {
                    let off = self.courier.tracking_off;
                    ready.bytes.splice(0..0, off.bytes());
                    break self.hand_over(&parcel, ready).await;
                }
                Err(Held::Gone(why)) => {
                    break Outcome::Bounced {
                        answer: why.into(),
                        report: None,
                        refusal: None,
                    };
                }
                Err(Held::Refused(reason)) => {
                    break self.bounced(&parcel, store::Refused::answer(reason), Some(reason));
                }
                // The store is away, so there is nothing else to do either: wait for it, then leave this parcel for later.
                Err(Held::Later(error)) if tries < READ_TRIES_MAX => {
                    tries += 1;
                    warn!(%error, "cannot read a mail to deliver; it stays in the outbox: {error}");
                    sleep(READ_PAUSE).await;
                }
                Err(Held::Later(_)) => {
                    let why = "the mail could not be read just now".to_owned();
                    break self.deferred(&parcel, why, None);
                }
            }
        };
        let now = self.now();
        // The relay has answered: what it said must not be lost to a moment's trouble, or the mail goes out twice.
        for attempt in 0..5u64 {
            match self
                .courier
                .sender
                .store
                .outbox_finish(parcel.clone(), outcome.clone(), now)
                .await
            {
                Ok(()) => {
                    self.courier.deliveries.count(&outcome);
                    break;
                }
                Err(error) => {
                    warn!(%error, attempt, "cannot write down what became of a mail: {error}");
                    sleep(Duration::from_millis(200 << attempt)).await;
                }
            }
        }
        self.courier.sender.changed.notify_one();
    }

    pub(super) fn now(&self) -> Time {
        (self.courier.sender.ambient.now)()
    }

    /// Sends it, and turns what the relay says into an outcome.
    async fn hand_over(&mut self, parcel: &Parcel, ready: Ready) -> Outcome {
        let now = self.now();
        if let Some((until, answer)) = paused(&self.pause, now) {
            return self.deferred(parcel, answer, Some(until));
        }
        let envelope = envelope(parcel, &ready);
        let (answer, dsn) = match self.send(&envelope, &ready.bytes).await {
            Ok(sent) => sent,
            Err(error) => {
                let text = shortened(&error.to_string());
                if !error.is_temporary() {
                    // The bare reply, where there is one: a report takes its codes from it.
                    let reply = error.reply().map(|reply| shortened(&reply.to_string()));
                    return self.bounced(parcel, reply.unwrap_or(text), None);
                }
                if error.stage() <= wire::smtp::Stage::Auth {
                    warn!("the relay cannot be used: {}", error.stage());
                    let until = now + RELAY_PAUSE_MAX.min(self.courier.schedule.first);
                    *self.pause.lock().unwrap_or_else(PoisonError::into_inner) =
                        Some((until, text.clone()));
                }
                return self.deferred(parcel, text, None);
            }
        };
        let text = shortened(&answer.to_string());
        if answer.is_positive() {
            let tell = !dsn && wants(parcel, "SUCCESS") && is_copy(parcel);
            info!("handed a mail to the relay");
            let report = tell.then(|| (self.courier.sender.ambient.random)());
            Outcome::Sent {
                answer: text,
                carried: ready.carried,
                report,
            }
        } else if answer.is_temporary() {
            self.deferred(parcel, text, None)
        } else {
            self.bounced(parcel, text, None)
        }
    }

    /// Over the connection in hand, or a fresh one if that has gone in the meantime. The flag says whether the relay
    /// takes over the duty to report (RFC 3461 §5.2.2).
    async fn send(
        &mut self,
        envelope: &Envelope,
        bytes: &[u8],
    ) -> Result<(Reply, bool), wire::smtp::SendError> {
        let mut kept = true;
        loop {
            let mut connection =
                if let Some(connection) = self.connection.take().filter(Connection::usable) {
                    connection
                } else {
                    kept = false;
                    self.courier.relay.connect().await?
                };
            let dsn = connection.extensions().dsn;
            match connection.send(envelope, bytes).await {
                Ok(delivery) => {
                    self.connection = Some(connection);
                    let none = || {
                        Reply::new(
                            451,
                            (4, 3, 0),
                            "the relay did not say what became of the mail",
                        )
                    };
                    return Ok((delivery.outcome(0).cloned().unwrap_or_else(none), dsn));
                }
                Err(error) if kept && error.session_ended() => {}
                Err(error) => {
                    if connection.usable() {
                        self.connection = Some(connection);
                    }
                    return Err(error);
                }
            }
        }
    }

    fn deferred(&self, parcel: &Parcel, answer: String, until: Option<Time>) -> Outcome {
        let (now, random) = (self.now(), (self.courier.sender.ambient.random)());
        let schedule = &self.courier.schedule;
        let Some(due_at) = schedule.next(parcel.created_at, parcel.attempts, now, random[0]) else {
            let why = format!("given up after trying for too long; the last answer was: {answer}");
            return self.bounced(parcel, Reply::new(554, (5, 4, 7), why).to_string(), None);
        };
        let late = now.since(parcel.created_at) >= schedule.delay_report_after;
        let tell = late && wants(parcel, "DELAY") && is_copy(parcel);
        // While the relay is paused a mail waits for the end of the pause, not for its turn in the schedule.
        let due_at = until.map_or(due_at, |until| {
            due_at.min(until + Duration::from_millis(u64::from(random[1]) * 8))
        });
        Outcome::Deferred {
            answer,
            due_at,
            report: tell.then_some(random),
        }
    }

    fn bounced(&self, parcel: &Parcel, answer: String, refusal: Option<Reason>) -> Outcome {
        let tell = is_copy(parcel)
            && !parcel.sender.is_empty()
            && (parcel.notify.is_none() || wants(parcel, "FAILURE"));
        Outcome::Bounced {
            answer,
            report: tell.then(|| (self.courier.sender.ambient.random)()),
            refusal,
        }
    }
}
fn is_copy(parcel: &Parcel) -> bool {
    matches!(parcel.errand, Errand::Copy { .. })
}

fn wants(parcel: &Parcel, word: &str) -> bool {
    parcel
        .notify
        .as_deref()
        .is_some_and(|notify| notify.split(',').any(|w| w.eq_ignore_ascii_case(word)))
}
/// What a server's report names the envelope by, where the sender has no id of their own (RFC 3461 §4.4): random, and known
/// to nobody but those on the copy's way.
fn envelope_id(parcel: &Parcel) -> Option<String> {
    match parcel.errand {
        Errand::Copy { copy, .. } => Some(copy.to_string()),
        _ => None,
    }
}

fn envelope(parcel: &Parcel, ready: &Ready) -> Envelope {
    let eight_bit = !ready.bytes.is_ascii();
    let header = &ready.bytes[..header_length(&ready.bytes)];
    let recipient = Recipient {
        address: parcel.recipient.clone(),
        notify: parcel.notify.as_deref().and_then(|n| n.parse().ok()),
        orcpt: parcel.orcpt.clone(),
    };
    Envelope {
        smtputf8: !(ready.from.is_ascii() && parcel.recipient.is_ascii() && header.is_ascii()),
        from: ready.from.clone(),
        recipients: vec![recipient],
        body: if eight_bit {
            Body::EightBit
        } else {
            Body::SevenBit
        },
        size: Some(ready.bytes.len() as u64),
        ret: parcel.ret.as_deref().and_then(|r| r.parse().ok()),
        envid: parcel.envid.clone().or_else(|| envelope_id(parcel)),
        ..Envelope::default()
    }
}
fn shortened(text: &str) -> String {
    text.chars().take(ANSWER_CHARS_MAX).collect()
}
