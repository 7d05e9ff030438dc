//! Delivering: a claimer that takes parcels out of the outbox, and a few carriers that each hold a connection to the
//! relay.
//!
//! Overt is not an MTA to the world's mail servers; it hands every copy to one relay. When the relay cannot be
//! reached, the carriers stop trying for a while instead of failing a queue of thousands one connection at a time.

use crate::accept::{Sender, may_ask};
use crate::instrument::{self, Wanted};
use crate::notice::{self, Stamp};
use crate::retry::Schedule;
use model::decision::{Ceiling, Circumstances, decide};
use model::{CopyId, MessageId, Mode, PerAxis, Reason, Time};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{CopyInContext, Errand, Outcome, Parcel, Store};
use tokio::sync::{Mutex as AsyncMutex, mpsc};
use tokio::time::{sleep, timeout};
use tracing::{info, warn};
use wire::smtp::{Body, Connection, Envelope, Recipient, Relay, Reply};

/// How long a claimed parcel stays claimed when its worker has died.
const LEASE: Duration = Duration::from_secs(20);
const RENEW_EVERY: Duration = Duration::from_secs(5);
/// How often the outbox is looked at when nobody says that something is new: retries come due by themselves.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// A connection that carried nothing for so long is closed; relays close idle ones anyway.
const IDLE_MAX: Duration = Duration::from_secs(20);
/// Pause after the relay could not be reached or refused the sign-in; shorter where retries come sooner.
const RELAY_PAUSE_MAX: Duration = Duration::from_secs(15);
/// How long a stop waits for mails that are being handed over.
const STOP_GRACE: Duration = Duration::from_secs(25);
/// The relay's answer is kept up to this length.
const ANSWER_CHARS_MAX: usize = 400;

/// Takes mail from the outbox to the relay.
#[derive(Clone)]
pub struct Courier {
    /// Store, keys, time and chance.
    pub sender: Sender,
    /// Where everything goes.
    pub relay: Relay,
    /// When to try again.
    pub schedule: Schedule,
    /// How many connections to the relay.
    pub connections: usize,
    /// The name of this server, for trace fields and reports.
    pub hostname: String,
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

/// One connection's worth of delivering.
struct Carrier {
    courier: Courier,
    pause: Pause,
    connection: Option<Connection>,
    /// The mail whose copies went last: copies of one mail come one after the other.
    source: Option<(MessageId, Arc<Vec<u8>>)>,
}

/// A parcel made ready for the relay.
struct Ready {
    from: String,
    bytes: Vec<u8>,
    lowered: Option<(PerAxis<Mode>, Option<Reason>, Option<Reason>)>,
    asked: bool,
}

/// Why a parcel could not be made ready.
enum Unready {
    /// The store does not answer; leave it where it is.
    Later(store::Error),
    /// What it was about is gone; nothing to deliver.
    Gone(&'static str),
}

impl From<store::Error> for Unready {
    fn from(error: store::Error) -> Self {
        Self::Later(error)
    }
}

impl Carrier {
    async fn run(mut self, parcels: Arc<AsyncMutex<mpsc::Receiver<Parcel>>>) {
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
        let outcome = match self.ready(&parcel).await {
            Ok(ready) => self.hand_over(&parcel, ready).await,
            Err(Unready::Gone(why)) => Outcome::Bounced {
                answer: why.into(),
                report: None,
            },
            Err(Unready::Later(error)) => {
                warn!(%error, "cannot read a mail to deliver; it stays in the outbox: {error}");
                return;
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
                Ok(()) => break,
                Err(error) => {
                    warn!(%error, attempt, "cannot write down what became of a mail: {error}");
                    sleep(Duration::from_millis(200 << attempt)).await;
                }
            }
        }
        self.courier.sender.changed.notify_one();
    }

    fn now(&self) -> Time {
        (self.courier.sender.ambient.now)()
    }

    async fn ready(&mut self, parcel: &Parcel) -> Result<Ready, Unready> {
        match &parcel.errand {
            Errand::Copy { copy, message } => self.copy(parcel, *copy, *message).await,
            Errand::Confirm { request, copy } => self.confirmation(*request, *copy).await,
            Errand::Report {
                copy,
                message,
                action,
            } => self.report(parcel, *copy, *message, action).await,
        }
    }

    async fn copy(
        &mut self,
        parcel: &Parcel,
        copy: CopyId,
        message: MessageId,
    ) -> Result<Ready, Unready> {
        let around = self.around(copy).await?;
        let source = self
            .source(message)
            .await?
            .ok_or(Unready::Gone("the mail is gone"))?;
        let sender = self.courier.sender.clone();
        let (now, hostname) = (self.now(), self.courier.hostname.clone());
        let from = parcel.sender.clone();
        let written = tokio::task::spawn_blocking(move || {
            write_copy(&sender, &around, &source, &hostname, now)
        });
        let (bytes, lowered, asked) = written
            .await
            .map_err(|_| Unready::Gone("the mail could not be written"))?
            .map_err(Unready::Gone)?;
        Ok(Ready {
            from,
            bytes,
            lowered,
            asked,
        })
    }

    async fn confirmation(&mut self, request: [u8; 16], copy: CopyId) -> Result<Ready, Unready> {
        let around = self.around(copy).await?;
        let store = &self.courier.sender.store;
        let request = store
            .consent_request_find(request)
            .await?
            .ok_or(Unready::Gone("the request is gone"))?;
        let url = self
            .courier
            .sender
            .tracker
            .confirm(&self.courier.sender.keyring.confirm(&request.id));
        let language = around.contact.language.unwrap_or(around.workspace.language);
        let id = self.fresh_id();
        let stamp = Stamp {
            now: self.now(),
            id: &id,
            hostname: &self.courier.hostname,
        };
        let bytes = notice::confirmation(&stamp, &around, &request.topics, language, &url)
            .ok_or(Unready::Gone("the confirmation could not be written"))?;
        Ok(Ready {
            from: around.message.sender,
            bytes,
            lowered: None,
            asked: false,
        })
    }

    async fn report(
        &mut self,
        parcel: &Parcel,
        copy: CopyId,
        message: MessageId,
        action: &str,
    ) -> Result<Ready, Unready> {
        let around = self.around(copy).await?;
        let source = self.source(message).await?;
        let header = source.as_deref().map(|s| &s[..header_length(s)]);
        let id = self.fresh_id();
        let stamp = Stamp {
            now: self.now(),
            id: &id,
            hostname: &self.courier.hostname,
        };
        let about = notice::Report {
            action,
            recipient: &around.copy.address,
            orcpt: parcel.orcpt.as_deref(),
            envid: parcel.envid.as_deref(),
            answer: around.copy.answer.as_deref().unwrap_or(""),
            header,
        };
        let bytes = notice::report(&stamp, &around, &about)
            .ok_or(Unready::Gone("the report could not be written"))?;
        Ok(Ready {
            from: String::new(),
            bytes,
            lowered: None,
            asked: false,
        })
    }

    fn fresh_id(&self) -> String {
        let random = CopyId((self.courier.sender.ambient.random)());
        format!("{random}@{}", self.courier.hostname)
    }

    async fn around(&self, copy: CopyId) -> Result<CopyInContext, Unready> {
        let around = self.courier.sender.store.copy_in_context(copy).await?;
        around.ok_or(Unready::Gone("the copy is gone"))
    }

    async fn source(&mut self, message: MessageId) -> Result<Option<Arc<Vec<u8>>>, Unready> {
        if let Some((id, source)) = &self.source
            && *id == message
        {
            return Ok(Some(source.clone()));
        }
        let source = self
            .courier
            .sender
            .store
            .message_source(message)
            .await?
            .map(Arc::new);
        self.source = source.clone().map(|source| (message, source));
        Ok(source)
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
                    return self.bounced(parcel, reply.unwrap_or(text));
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
                lowered: ready.lowered,
                asked: ready.asked,
                report,
            }
        } else if answer.is_temporary() {
            self.deferred(parcel, text, None)
        } else {
            self.bounced(parcel, text)
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
            return self.bounced(parcel, Reply::new(554, (5, 4, 7), why).to_string());
        };
        let late = now.since(parcel.created_at) >= schedule.delay_report_after;
        let tell = late && wants(parcel, "DELAY") && is_copy(parcel);
        // While the relay is paused no attempt was made, so none of the schedule is used up.
        let due_at = until.map_or(due_at, |until| {
            due_at.min(until + Duration::from_millis(u64::from(random[1]) * 8))
        });
        Outcome::Deferred {
            answer,
            due_at,
            report: tell.then_some(random),
        }
    }

    fn bounced(&self, parcel: &Parcel, answer: String) -> Outcome {
        let tell = is_copy(parcel)
            && !parcel.sender.is_empty()
            && (parcel.notify.is_none() || wants(parcel, "FAILURE"));
        Outcome::Bounced {
            answer,
            report: tell.then(|| (self.courier.sender.ambient.random)()),
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
        envid: parcel.envid.clone(),
        ..Envelope::default()
    }
}

/// The copy's bytes as they leave, on what is true now.
#[allow(clippy::type_complexity)]
fn write_copy(
    sender: &Sender,
    around: &CopyInContext,
    source: &[u8],
    hostname: &str,
    now: Time,
) -> Result<
    (
        Vec<u8>,
        Option<(PerAxis<Mode>, Option<Reason>, Option<Reason>)>,
        bool,
    ),
    &'static str,
> {
    let copy = &around.copy;
    let plan = mail::plan(source).map_err(|_| "the mail cannot be read any more")?;
    let mut ceilings = store::ceilings(&around.instance, &around.workspace).to_vec();
    let frozen = copy.reason().unwrap_or(Reason::FrozenAtSend);
    ceilings.push(Ceiling {
        reason: frozen,
        modes: copy.modes,
    });
    let consent = Some(&around.contact.consent);
    let decision = decide(&Circumstances {
        copy: copy.id,
        now,
        ceilings: &ceilings,
        consent,
        obstacle: None,
    });
    let language = plan
        .header("Content-Language")
        .and_then(|tags| model::Language::preferred(&tags))
        .or(around.contact.language)
        .unwrap_or(around.workspace.language);
    let domain = author_domain(&plan);
    let mut missing = Vec::new();
    if plan.message_id().is_none() {
        missing.push((
            "Message-ID".to_owned(),
            format!("<{}>", around.message.header_id),
        ));
    }
    if plan.header("Date").is_none() {
        missing.push(("Date".to_owned(), around.message.accepted_at.rfc2822()));
    }
    let wanted = Wanted {
        copy: copy.id,
        decision: &decision,
        ask: copy.ask && may_ask(&decision, &around.contact.consent, now),
        language,
        missing_headers: &missing,
    };
    let rendered = instrument::render(&plan, &wanted, &sender.tools(&domain))
        .map_err(|_| "the mail could not be written")?;
    let lowered = (rendered.modes != copy.modes).then(|| {
        let why = |decided: Option<Reason>, before: Option<Reason>| {
            rendered.lowered.or(decided).or(before)
        };
        let open = why(decision.open.as_ref().err().copied(), copy.reason_open);
        let click = why(decision.click.as_ref().err().copied(), copy.reason_click);
        (rendered.modes, open, click)
    });
    // A trace field, as every server that takes mail must add (RFC 5321 §4.4). The client's address is left out.
    let trace = format!(
        "Received: by {hostname} (Overt) id {};\r\n\t{}\r\n",
        around.message.id,
        around.message.accepted_at.rfc2822()
    );
    let signature = sender.signers.sign(&domain, &rendered.bytes, now);
    let bytes = [trace.as_bytes(), &signature, &rendered.bytes].concat();
    Ok((bytes, lowered, rendered.asks))
}

/// The domain in From, which is what a signature has to match (RFC 7489 §3.1).
fn author_domain(plan: &mail::Plan<'_>) -> String {
    let author = plan.addresses("From").into_iter().next();
    let address = author.map(|a| a.address).unwrap_or_default();
    address
        .rsplit_once('@')
        .map_or("", |(_, domain)| domain)
        .to_ascii_lowercase()
}

/// Where the header ends: after the first empty line.
fn header_length(mail: &[u8]) -> usize {
    let end = |pattern: &[u8]| {
        mail.windows(pattern.len())
            .position(|w| w == pattern)
            .map(|at| at + pattern.len())
    };
    end(b"\r\n\r\n")
        .or_else(|| end(b"\n\n"))
        .unwrap_or(mail.len())
}

fn shortened(text: &str) -> String {
    text.chars().take(ANSWER_CHARS_MAX).collect()
}
