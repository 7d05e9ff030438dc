//! The part of the role `work` that sends events: takes turns with the endpoints, some at a time, and writes down what
//! they answered.

use crate::Webhooks;
use crate::note::{body, headers};
use futures_util::future::join_all;
use model::webhook::asked_rest;
use model::{Ambient, DeliveryId, Time, WebhookSecret};
use std::future::Future;
use std::time::Duration;
use store::{Attempt, Delivery, Store, Turn};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use wire::outward::{Answer, Limits, Request, Target};

/// How often it is looked whether something is due, where nothing is.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Endpoints that are sent to at the same time. A further one waits for its turn: as long as one attempt at most, as
/// every turn is one round of attempts.
const TURNS_MAX: usize = 16;
/// Events for one endpoint at the same time.
const EVENTS_MAX: u16 = 4;
/// Bytes of an answer that are read; nothing in it counts but the status.
const ANSWER_MAX: usize = 16 * 1024;
/// How much longer than an attempt a turn is held, to write down what came of it.
const LEASE_SPARE: Duration = Duration::from_secs(30);
/// How long a stop waits for what is under way; what is not finished by then is sent again.
const STOP_WAIT: Duration = Duration::from_secs(5);

/// Sends events until they are taken.
#[derive(Clone)]
pub struct Messenger {
    /// Where what there is to tell stands.
    pub store: Store,
    /// Time and chance.
    pub ambient: Ambient,
    /// Where requests may go, and the secrets.
    pub webhooks: Webhooks,
    /// The longest that one attempt takes.
    pub time: Duration,
}

impl Messenger {
    /// Sends until `stopped`.
    pub async fn run(self, stopped: impl Future<Output = ()>) {
        let mut stopped = std::pin::pin!(stopped);
        let mut turns = JoinSet::new();
        loop {
            while turns.len() < TURNS_MAX {
                match self.next().await {
                    Ok(Some(turn)) => turns.spawn(self.clone().take(turn)),
                    Ok(None) => break,
                    Err(error) => {
                        tracing::warn!(%error, "cannot see which webhooks are due: {error}");
                        break;
                    }
                };
            }
            tokio::select! {
                () = &mut stopped => break,
                Some(_) = turns.join_next(), if !turns.is_empty() => {}
                () = sleep(LOOK_EVERY) => {}
            }
        }
        let finished = async { while turns.join_next().await.is_some() {} };
        let _ = timeout(STOP_WAIT, finished).await;
    }

    async fn next(&self) -> Result<Option<Turn>, store::Error> {
        let (owner, now) = ((self.ambient.random)(), (self.ambient.now)());
        let lease = self.time + LEASE_SPARE;
        self.store.webhook_turn(owner, now, lease, EVENTS_MAX).await
    }

    /// One turn: each event is sent once.
    async fn take(self, turn: Turn) {
        let secrets: Vec<_> = turn
            .secrets
            .iter()
            .map(|number| self.webhooks.secret(turn.webhook, *number))
            .collect();
        let sending = turn
            .deliveries
            .iter()
            .map(|delivery| self.send(&turn.url, &secrets, delivery));
        let attempts = join_all(sending).await;
        let now = (self.ambient.now)();
        let webhook = turn.webhook;
        if let Err(error) = self.store.webhook_finish(turn, attempts, now).await {
            // Nobody knows of these attempts now; the events are sent again when the lease runs out.
            tracing::warn!(%error, %webhook, "cannot note what a webhook answered: {error}");
        }
    }

    async fn send(
        &self,
        url: &str,
        secrets: &[WebhookSecret],
        delivery: &Delivery,
    ) -> (DeliveryId, Attempt) {
        let attempt = match url.parse::<Target>() {
            Ok(target) => self.attempt(&target, secrets, delivery).await,
            Err(bad) => Attempt::Failed(bad.to_string()),
        };
        (delivery.id, attempt)
    }

    async fn attempt(
        &self,
        target: &Target,
        secrets: &[WebhookSecret],
        delivery: &Delivery,
    ) -> Attempt {
        let body = body(delivery.event, delivery.at, &delivery.data);
        let now = (self.ambient.now)();
        let headers = headers(&delivery.id.to_string(), now, &body, secrets);
        let request = Request {
            method: http::Method::POST,
            headers: &headers,
            body,
        };
        let limits = Limits {
            time: self.time,
            body: ANSWER_MAX,
        };
        match self.webhooks.outward.ask(target, request, limits).await {
            Ok(answer) => judged(&answer, (self.ambient.now)()),
            Err(failure) => Attempt::Failed(failure.to_string()),
        }
    }
}

/// What an answer means: taken, gone, or to be tried again. Nobody is asked to look elsewhere.
fn judged(answer: &Answer, now: Time) -> Attempt {
    let status = answer.status;
    let said = format!("answered {status}");
    match status {
        200..300 => Attempt::Taken(said),
        410 => Attempt::Gone(said),
        429 | 503 => {
            let asked = answer.retry_after.as_deref();
            match asked.and_then(|asked| asked_rest(asked, now)) {
                Some(rest) => Attempt::Later(said, rest),
                None => Attempt::Failed(said),
            }
        }
        300..400 => Attempt::Failed(format!("{said}; redirects are not followed")),
        _ => Attempt::Failed(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::webhook::Data;
    use model::{Language, WebhookEvent, WebhookId, WebhookKey};
    use standardwebhooks::Webhook;
    use std::net::SocketAddr;
    use store::{By, NewWebhook};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::sync::{mpsc, oneshot};

    #[test]
    fn r_sec_16_a_status_says_what_to_do() {
        for (status, is_taken, is_gone) in [
            (200, true, false),
            (204, true, false),
            (299, true, false),
            (410, false, true),
            (302, false, false),
            (404, false, false),
            (500, false, false),
            (199, false, false),
        ] {
            let judged = judged(&answer(status, None), Time(0));
            assert_eq!(matches!(judged, Attempt::Taken(_)), is_taken, "{status}");
            assert_eq!(matches!(judged, Attempt::Gone(_)), is_gone, "{status}");
        }
    }

    fn answer(status: u16, retry_after: Option<&str>) -> Answer {
        Answer {
            status,
            retry_after: retry_after.map(str::to_owned),
            body: Vec::new(),
        }
    }

    #[test]
    fn who_is_asked_too_much_says_when_to_come_again() {
        let later = |status| {
            let said = format!("answered {status}");
            Attempt::Later(said, Duration::from_secs(90))
        };
        for status in [429, 503] {
            assert_eq!(judged(&answer(status, Some("90")), Time(0)), later(status));
            for nothing in [None, Some("soon")] {
                let judged = judged(&answer(status, nothing), Time(0));
                assert_eq!(judged, Attempt::Failed(format!("answered {status}")));
            }
        }
        let judged = judged(&answer(500, Some("90")), Time(0));
        assert!(matches!(judged, Attempt::Failed(_)), "not said of others");
    }

    /// Verifying wants the machine's own clock, because the library compares with it.
    #[allow(clippy::disallowed_methods)]
    fn now() -> Time {
        let since = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        Time(i64::try_from(since.as_millis()).unwrap())
    }

    fn map(sent: &[(&'static str, String)]) -> http::HeaderMap {
        let pairs = sent
            .iter()
            .map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap()));
        pairs.collect::<http::HeaderMap>()
    }

    #[test]
    fn r_sec_16_the_official_library_verifies_ours() {
        let key = WebhookKey::new(&[7; 32]);
        let secret = |number| key.secret(WebhookId([1; 16]), number);
        let note = "This is a test.";
        let body = body(WebhookEvent::Test, now(), &Data::Test { note });
        let verifies = |secret: &WebhookSecret, sent: &[(&'static str, String)], body: &[u8]| {
            Webhook::new(&secret.reveal())
                .unwrap()
                .verify(body, &map(sent))
                .is_ok()
        };
        let both = headers("abc", now(), &body, &[secret(2), secret(1)]);
        assert!(verifies(&secret(2), &both, &body), "the new secret");
        assert!(verifies(&secret(1), &both, &body), "and the old one");
        assert!(!verifies(&secret(3), &both, &body));
        assert!(!verifies(&secret(1), &both, b"{}"), "another body");
        let stale = now() - Duration::from_mins(6);
        let old = headers("abc", stale, &body, &[secret(1)]);
        assert!(!verifies(&secret(1), &old, &body), "too old: a replay");
        let mut renamed = both;
        renamed[1].1 = "abd".into();
        assert!(!verifies(&secret(1), &renamed, &body), "another id");
    }

    /// What one request was: its head and its body.
    type Seen = (http::HeaderMap, Vec<u8>);

    /// Takes requests; answers each when told how.
    async fn receiver() -> (SocketAddr, mpsc::Receiver<(Seen, oneshot::Sender<u16>)>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (give, take) = mpsc::channel(64);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let give = give.clone();
                tokio::spawn(async move {
                    let mut all = Vec::new();
                    let (head, body) = loop {
                        let mut part = [0; 4_096];
                        let read = stream.read(&mut part).await.unwrap();
                        all.extend_from_slice(&part[..read]);
                        let text = String::from_utf8_lossy(&all).into_owned();
                        if let Some((head, body)) = text.split_once("\r\n\r\n") {
                            let lines = head.lines().skip(1).filter_map(|l| l.split_once(": "));
                            let lines =
                                lines.map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap()));
                            let head: http::HeaderMap = lines.collect();
                            let length = head["content-length"].to_str().unwrap();
                            if body.len() == length.parse::<usize>().unwrap() {
                                break (head, body.as_bytes().to_vec());
                            }
                        }
                    };
                    let (answer, answered) = oneshot::channel();
                    give.send(((head, body), answer)).await.unwrap();
                    let Ok(status) = answered.await else { return };
                    let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
                    stream.write_all(answer.as_bytes()).await.unwrap();
                });
            }
        });
        (at, take)
    }

    fn random() -> [u8; 16] {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let mut bytes = [7; 16];
        bytes[..8].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        bytes
    }

    #[tokio::test]
    async fn r_with_07_a_slow_endpoint_holds_up_nobody_but_itself() {
        let folder = tempfile::tempdir().unwrap();
        let config = store::Config::Sqlite(folder.path().join("overt.db"));
        let store = Store::open(&config).await.unwrap();
        let user = model::UserId(random());
        let (workspace, by) = (model::WorkspaceId(random()), By::user(user, now()));
        let made = store.workspace_create(workspace, [1; 32], "Sample", Language::En, now());
        made.await.unwrap();
        let key = WebhookKey::new(&[7; 32]);
        let (slow, mut slow_seen) = receiver().await;
        let (quick, mut quick_seen) = receiver().await;
        let mut ids = Vec::new();
        for at in [slow, quick] {
            let id = WebhookId(random());
            let new = NewWebhook {
                label: String::new(),
                url: format!("http://{at}/hook"),
                events: Vec::new(),
            };
            store
                .webhook_create(workspace, id, new, by.clone())
                .await
                .unwrap();
            store.webhook_test(workspace, id, now()).await.unwrap();
            ids.push(id);
        }
        let messenger = Messenger {
            store: store.clone(),
            ambient: Ambient { now, random },
            webhooks: Webhooks::new(key.clone(), &["127.0.0.0/8".parse().unwrap()]).unwrap(),
            time: Duration::from_secs(15),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(messenger.run(async {
            let _ = stopped.await;
        }));
        // The slow one is asked and does not answer; the quick one gets all its events meanwhile.
        let (_, slow_answer) = slow_seen.recv().await.unwrap();
        for more in 1..4 {
            let ((head, body), answer) = quick_seen.recv().await.unwrap();
            let verified = Webhook::new(&key.secret(ids[1], 1).reveal())
                .unwrap()
                .verify(&body, &head);
            assert!(verified.is_ok());
            answer.send(200).unwrap();
            let at = now() + Duration::from_millis(more);
            store.webhook_test(workspace, ids[1], at).await.unwrap();
        }
        assert!(slow_seen.try_recv().is_err(), "one turn at a time");
        slow_answer.send(204).unwrap();
        drop(stop);
        running.await.unwrap();
        let log = store.webhook_log(workspace, ids[0], 9).await.unwrap();
        assert_eq!(log[0].answer.as_deref(), Some("answered 204"));
    }
}
