//! The mail server at the other end: takes everything, unless a test tells it otherwise.

use super::mail::Mail;
use super::{free_port, until};
use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use wire::smtp::{Envelope, Handler, Limits, Reply, ServerConfig, ServerTls, Unavailable, serve};

/// A mail server that keeps what it takes.
pub(crate) struct Sink {
    pub(crate) port: u16,
    shelf: Arc<Shelf>,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

struct Shelf {
    taken: Mutex<Vec<Mail>>,
    /// Answers to RCPT, by address; a number of times.
    refusals: Mutex<HashMap<String, (usize, Reply)>>,
    /// Whether mails are answered, or have to wait.
    answering: watch::Sender<bool>,
    /// Mails that are kept and not answered yet.
    unanswered: AtomicUsize,
}

impl Sink {
    /// Up, on a free port.
    pub(crate) async fn start() -> Self {
        let mut sink = Self::down_at(free_port());
        sink.up().await;
        sink
    }

    /// Not listening yet.
    pub(crate) fn down_at(port: u16) -> Self {
        let answering = watch::Sender::new(true);
        let shelf = Shelf {
            taken: Mutex::default(),
            refusals: Mutex::default(),
            answering,
            unanswered: AtomicUsize::new(0),
        };
        Self {
            port,
            shelf: Arc::new(shelf),
            running: None,
        }
    }

    /// Starts to listen, on the port it always had.
    pub(crate) async fn up(&mut self) {
        let listener = until("the port of the sink is free", async || {
            TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))
                .await
                .ok()
        })
        .await;
        let limits = Limits {
            message_bytes_max: 200 << 20,
            buffered_bytes_max: 500 << 20,
            stop_grace: Duration::from_millis(100),
            ..Limits::default()
        };
        let config = ServerConfig {
            hostname: "sink.example".into(),
            tls: ServerTls::Off,
            limits,
        };
        let (stop, stopped) = oneshot::channel();
        let server = serve(listener, Arc::new(config), self.shelf.clone(), async move {
            let _ = stopped.await;
        });
        self.running = Some((stop, tokio::spawn(server)));
    }

    /// Ends all connections and stops to listen.
    pub(crate) async fn down(&mut self) {
        if let Some((stop, server)) = self.running.take() {
            let _ = stop.send(());
            server.await.unwrap();
        }
    }

    /// Refuses a recipient so many times.
    pub(crate) fn refuse(&self, address: &str, times: usize, reply: Reply) {
        self.shelf
            .refusals
            .lock()
            .unwrap()
            .insert(address.to_owned(), (times, reply));
    }

    /// From now on mails are kept, but their senders wait for the answer.
    pub(crate) fn hold(&self) {
        self.shelf.answering.send_replace(false);
    }

    /// Waits until so many senders wait for their answer.
    pub(crate) async fn held(&self, senders: usize) {
        let enough =
            async || (self.shelf.unanswered.load(Ordering::SeqCst) >= senders).then_some(());
        until("the senders wait for an answer", enough).await;
    }

    /// Answers again.
    pub(crate) fn answer(&self) {
        self.shelf.answering.send_replace(true);
    }

    /// Everything taken so far.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.shelf.taken.lock().unwrap().clone()
    }

    /// The mails to one address.
    pub(crate) fn mails_to(&self, address: &str) -> Vec<Mail> {
        self.mails()
            .into_iter()
            .filter(|mail| mail.to == address)
            .collect()
    }

    /// The first mail to an address whose subject begins so; waits for it.
    pub(crate) async fn mail(&self, address: &str, subject: &str) -> Mail {
        let what = format!("a mail {subject:?} for {address}");
        until(&what, async || {
            self.mails_to(address)
                .into_iter()
                .find(|mail| mail.subject().starts_with(subject))
        })
        .await
    }
}

impl Handler for Shelf {
    type User = ();

    fn requires_auth(&self) -> bool {
        false
    }

    async fn authenticate(&self, _: &str, _: &str) -> Result<Option<()>, Unavailable> {
        Ok(None)
    }

    async fn sender(&self, _: Option<&()>, _: &str) -> Result<(), Reply> {
        Ok(())
    }

    async fn recipient(&self, _: Option<&()>, to: &str) -> Result<(), Reply> {
        match self.refusals.lock().unwrap().get_mut(to) {
            Some((times, reply)) if *times > 0 => {
                *times -= 1;
                Err(reply.clone())
            }
            _ => Ok(()),
        }
    }

    async fn message(&self, _: Option<&()>, envelope: Envelope, data: Vec<u8>) -> Reply {
        let data = Arc::new(data);
        for recipient in &envelope.recipients {
            let mail = Mail {
                envelope: envelope.clone(),
                to: recipient.address.clone(),
                bytes: data.clone(),
            };
            self.taken.lock().unwrap().push(mail);
        }
        self.unanswered.fetch_add(1, Ordering::SeqCst);
        let _ = self
            .answering
            .subscribe()
            .wait_for(|answering| *answering)
            .await;
        self.unanswered.fetch_sub(1, Ordering::SeqCst);
        Reply::new(250, (2, 0, 0), "kept")
    }
}
