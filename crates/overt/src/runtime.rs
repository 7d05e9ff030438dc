//! The wiring: which parts run for which roles, and how they stop together.
//!
//! `track`, `send` and `web` never call each other. They meet in the store, and on three bells that this file hands
//! out: mail to deliver, hits to fold, something to show.

use crate::base::Base;
use crate::evidence::of_contact;
use crate::{backup_keys, listen, security_txt};
use model::{Ambient, SigningKey};
use send::{Courier, Schedule, SubmissionServer};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::{Store, Terms};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use wire::smtp::{Relay, ServerConfig, ServerTls, Timeouts};

/// How often what has expired is cleared away.
const PURGE_EVERY: Duration = Duration::from_hours(1);
/// How often it is looked whether somebody was erased, whose key must go from the key file of backups.
const KEYS_EVERY: Duration = Duration::from_secs(10);
/// How often it is looked whether somebody has withdrawn and there is something to erase.
const WITHDRAWALS_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked who asked for their data. Not at once when somebody does: what follows must not tell from its
/// moment whether the address was known.
const KNOCKS_EVERY: Duration = Duration::from_secs(2);
/// How old the last signed head of a ledger may be before the next is signed.
const HEAD_EVERY: Duration = Duration::from_hours(24);
/// How long a person waits for the relay test.
const RELAY_TEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a stop waits for hits that are not on disk yet.
const DRAIN: Duration = Duration::from_secs(5);

type Tls = Option<Arc<rustls::ServerConfig>>;

/// A running server. Dropping it does not stop it; [`Running::stop`] does.
pub(crate) struct Running {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Running {
    pub(crate) fn new() -> Self {
        Self {
            stop: watch::Sender::new(false),
            tasks: JoinSet::new(),
        }
    }

    /// Stops everything, in order: no new work, then what runs is finished.
    pub(crate) async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }

    fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stop = self.stop.subscribe();
        async move {
            let _ = stop.wait_for(|stopped| *stopped).await;
        }
    }

    /// The role `submit`, on one listener.
    pub(crate) fn submit(
        &mut self,
        base: &Base,
        listener: TcpListener,
        tls: ServerTls,
        message_bytes_max: usize,
    ) {
        let handler = Arc::new(SubmissionServer {
            sender: base.sender(),
        });
        let limits = wire::smtp::Limits {
            message_bytes_max,
            ..wire::smtp::Limits::default()
        };
        let config = Arc::new(ServerConfig {
            hostname: base.hostname.clone(),
            tls,
            limits,
        });
        self.tasks
            .spawn(wire::smtp::serve(listener, config, handler, self.stopped()));
    }

    /// The role `track`.
    pub(crate) fn track(
        &mut self,
        base: &Base,
        judge: Arc<verdict::Judge>,
        trusted_proxies: Vec<ipnet::IpNet>,
        listener: TcpListener,
        tls: Tls,
    ) {
        let recorder = track::Recorder::start(
            base.store.clone(),
            base.ambient,
            base.fold.clone(),
            base.changed.clone(),
        );
        base.meters.set_tables(judge.tables());
        let _ = base.meters.recorder.set(recorder.clone()); // one tracker a process
        let router = track::router(track::Tracker {
            store: base.store.clone(),
            keyring: base.keyring.clone(),
            signing: base.signing.clone(),
            suppression: base.suppression.clone(),
            judge,
            ages: base.ages.clone(),
            disclosure: base.disclosure.clone(),
            origin: base.tracker.clone(),
            admin: base.admin.clone(),
            trusted_proxies,
            ambient: base.ambient,
            recorder: recorder.clone(),
            wake: base.wake.clone(),
            changed: base.changed.clone(),
        });
        let stop = self.stop.subscribe();
        self.tasks.spawn(async move {
            listen::serve(listener, router, tls, stop).await;
            recorder.drain(DRAIN).await;
        });
    }

    /// The role `work`: fold, deliver, tell other programs, sign the ledger's heads, clear away. News that is not certain waits for `hold`.
    pub(crate) fn work(
        &mut self,
        base: &Base,
        schedule: Schedule,
        connections: usize,
        hold: Duration,
    ) {
        let deliveries = base.meters.deliveries.get_or_init(Arc::default).clone();
        let courier = Courier {
            deliveries,
            sender: base.sender(),
            relay: base.relay.clone(),
            tracking_off: base.tracking_off,
            schedule,
            connections,
            hostname: base.hostname.clone(),
        };
        self.tasks.spawn(courier.run(self.stopped()));
        let messenger = notify::Messenger {
            store: base.store.clone(),
            ambient: base.ambient,
            webhooks: base.webhooks.clone(),
            time: base.webhook_timeout,
        };
        self.tasks.spawn(messenger.run(self.stopped()));
        let folding = track::Folding {
            store: base.store.clone(),
            ambient: base.ambient,
            hold,
            nudge: base.fold.clone(),
            changed: base.changed.clone(),
        };
        let folding = folding.run();
        let stopped = self.stopped();
        self.tasks.spawn(async move {
            tokio::select! { () = folding => {}, () = stopped => {} }
        });
        let signing = sign_heads(base.store.clone(), base.ambient, base.signing.clone());
        let stopped = self.stopped();
        self.tasks.spawn(async move {
            tokio::select! { () = signing => {}, () = stopped => {} }
        });
        let purging = purge(base.store.clone(), base.ambient, base.disclosure.terms);
        let stopped = self.stopped();
        self.tasks.spawn(async move {
            tokio::select! { () = purging => {}, () = stopped => {} }
        });
        let letting_in = let_in(base.store.clone(), base.ambient, base.wake.clone());
        let stopped = self.stopped();
        self.tasks.spawn(async move {
            tokio::select! { () = letting_in => {}, () = stopped => {} }
        });
        let withdrawing = withdraw(base.store.clone(), base.ambient, base.changed.clone());
        let stopped = self.stopped();
        self.tasks.spawn(async move {
            tokio::select! { () = withdrawing => {}, () = stopped => {} }
        });
    }

    /// Also the role `work`: after an erasure the key file beside backups is written anew, without that key. Where there
    /// is none, there are no backups.
    pub(crate) fn keep_backup_keys(&mut self, base: &Base, file: PathBuf) {
        let (store, ambient, stopped) = (base.store.clone(), base.ambient, self.stopped());
        let keeping = async move {
            loop {
                if let Err(error) = backup_keys::refresh(&store, &file, (ambient.now)()).await {
                    tracing::warn!("cannot write the key file of backups anew: {error:#}");
                }
                tokio::time::sleep(KEYS_EVERY).await;
            }
        };
        self.tasks.spawn(async move {
            tokio::select! { () = keeping => {}, () = stopped => {} }
        });
    }

    /// The role `web`.
    pub(crate) fn web(
        &mut self,
        base: &Base,
        smtp_hint: Option<String>,
        metrics_open: bool,
        listener: TcpListener,
        tls: Tls,
    ) {
        let relay = Relay {
            timeouts: Timeouts::all(RELAY_TEST_TIMEOUT),
            ..base.relay.clone()
        };
        let router = web::router(web::App {
            store: base.store.clone(),
            sender: base.sender(),
            ambient: base.ambient,
            admin: base.admin.clone(),
            explain: verdict::explain,
            opener_name: |opener| verdict::opener_name(opener).to_owned(),
            relay_test: Arc::new(move || {
                let relay = relay.clone();
                Box::pin(async move { test_relay(&relay).await })
            }),
            prove: prove(base),
            smtp_hint,
            ages: base.ages.clone(),
            disclosure: base.disclosure.clone(),
            metrics: metrics(base, metrics_open),
            webhooks: base.webhooks.clone(),
            changed: base.changed.clone(),
        });
        let contact = base.security_contact.as_deref();
        let report = security_txt::router(contact, &base.admin, base.ambient);
        self.serve(router.merge(report), listener, tls);
    }

    /// Any other pages.
    pub(crate) fn serve(&mut self, router: axum::Router, listener: TcpListener, tls: Tls) {
        self.tasks
            .spawn(listen::serve(listener, router, tls, self.stop.subscribe()));
    }

    /// Any other task that is told when to stop.
    pub(crate) fn spawn<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        task: impl FnOnce(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>) -> F,
    ) {
        let stopped = Box::pin(self.stopped());
        self.tasks.spawn(task(stopped));
    }
}

fn prove(base: &Base) -> web::Prove {
    let (store, origin, key) = (
        base.store.clone(),
        base.tracker.clone(),
        base.signing.clone(),
    );
    Arc::new(move |workspace, contact, by| {
        let (store, origin, key) = (store.clone(), origin.clone(), key.clone());
        Box::pin(async move {
            let drawn = of_contact::draw(&store, &origin, &key, (workspace, contact), by);
            drawn.await.map_err(|error| format!("{error:#}"))
        })
    })
}

fn metrics(base: &Base, open: bool) -> web::Metrics {
    let (meters, store, ambient) = (base.meters.clone(), base.store.clone(), base.ambient);
    let text = move || -> futures_util::future::BoxFuture<'static, _> {
        let (meters, store) = (meters.clone(), store.clone());
        Box::pin(async move { meters.text(&store, ambient).await })
    };
    web::Metrics {
        text: Arc::new(text),
        open,
    }
}

/// Says hello to the relay, signs in if so configured, and says goodbye.
pub(crate) async fn test_relay(relay: &Relay) -> Result<String, String> {
    let connection = relay.connect().await.map_err(|error| error.to_string())?;
    let offers = connection.extensions();
    let signed_in = if relay.auth.is_some() {
        ", signed in"
    } else {
        ""
    };
    let size = offers
        .size
        .filter(|size| *size > 0)
        .map(|size| format!(", takes mails up to {} MB", size / 1_000_000));
    let said = format!(
        "{}:{} answers{signed_in}{}",
        relay.host,
        relay.port,
        size.unwrap_or_default()
    );
    connection.quit().await;
    Ok(said)
}

/// Signs the ledgers' heads. Looking is cheap, so a server that is restarted daily does not miss its day.
async fn sign_heads(store: Store, ambient: Ambient, key: Arc<SigningKey>) {
    loop {
        let now = (ambient.now)();
        let signed = async {
            for (workspace, head) in store.ledger_heads_due(now - HEAD_EVERY).await? {
                store
                    .ledger_head_keep(workspace, head.sign(now, &key))
                    .await?;
            }
            Ok::<_, store::Error>(())
        };
        if let Err(error) = signed.await {
            tracing::warn!(%error, "cannot sign the heads of the ledger: {error}");
        }
        tokio::time::sleep(PURGE_EVERY).await;
    }
}

async fn purge(store: Store, ambient: Ambient, terms: Terms) {
    loop {
        let now = (ambient.now)();
        let purged = async {
            store.retention_run(terms, (ambient.random)(), now).await?;
            let random = ambient.random;
            store.contacts_erase_unconfirmed(random, now).await?;
            store.contacts_erase_untold(ambient.random, now).await
        };
        if let Err(error) = purged.await {
            tracing::warn!(%error, "cannot clear away what has been kept for its term: {error}");
        }
        tokio::time::sleep(PURGE_EVERY).await;
    }
}

/// Looks up who asked for their data on the page that anybody may use, and mails a link to whoever is known; and takes up
/// what came in on forms.
async fn let_in(store: Store, ambient: Ambient, wake: Arc<Notify>) {
    loop {
        let (random, now) = (ambient.random, (ambient.now)());
        let looked = async {
            let knocks = store.knocks_answer(random, now).await?;
            Ok::<_, store::Error>(knocks + store.intakes_take(random, now).await?)
        };
        match looked.await {
            Ok(0) => {}
            Ok(_) => wake.notify_one(),
            Err(error) => {
                tracing::warn!(%error, "whoever asked for their data or agreed on a form has to wait: {error}");
            }
        }
        tokio::time::sleep(KNOCKS_EVERY).await;
    }
}

/// Erases what withdrawals take away, right after they were made.
async fn withdraw(store: Store, ambient: Ambient, changed: Arc<Notify>) {
    loop {
        let pause = match store
            .withdrawal_step((ambient.random)(), (ambient.now)())
            .await
        {
            Ok(true) => {
                changed.notify_one();
                Duration::ZERO
            }
            Ok(false) => WITHDRAWALS_EVERY,
            Err(error) => {
                tracing::warn!(%error, "cannot erase what was withdrawn; it will be tried again: {error}");
                PURGE_EVERY.min(Duration::from_secs(30))
            }
        };
        tokio::time::sleep(pause).await;
    }
}
