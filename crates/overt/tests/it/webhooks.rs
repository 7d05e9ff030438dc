//! Webhooks with the real program: a receiver that fails in every way, crashes in between, and what must never be sent.

use crate::support::database::Database;
use crate::support::overt::Overt;
use crate::support::process::{run, said};
use crate::support::reader::Reader;
use crate::support::sink::Sink;
use crate::support::until;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

const ANN: &str = "ann@reader.example";
const ZOE: &str = "zq7sentinel@reader.example";

/// What a receiver does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Answer(u16),
    /// Too much at once: to be asked again in so many seconds.
    Later(u16),
    /// Keeps it, and says nothing.
    Nothing,
}

/// One request as it came.
#[derive(Debug, Clone)]
struct Request {
    head: HeaderMap,
    body: Vec<u8>,
}

impl Request {
    fn id(&self) -> &str {
        self.head["webhook-id"].to_str().unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn is_from(&self, secret: &str) -> bool {
        let webhook = Webhook::new(secret).unwrap();
        webhook.verify(&self.body, &self.head).is_ok()
    }
}

/// Another program, as unreliable as it is told to be.
#[derive(Clone, Default)]
struct Receiver {
    seen: Arc<Mutex<Vec<Request>>>,
    /// What to do next; 200 when that is used up.
    script: Arc<Mutex<VecDeque<Does>>>,
    url: String,
}

impl Receiver {
    async fn start(script: &[Does]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            script: Arc::new(Mutex::new(script.iter().copied().collect())),
            url: format!("http://{}/hook?key=s3cret", listener.local_addr().unwrap()),
            ..Self::default()
        };
        let router = axum::Router::new()
            .fallback(take)
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    fn now_does(&self, does: &[Does]) {
        self.script.lock().unwrap().extend(does);
    }

    /// What came, of one kind, once there are so many of it.
    async fn told(&self, event: &str, count: usize) -> Vec<Request> {
        until(&format!("{count} × {event}"), async || {
            let seen = self.seen.lock().unwrap();
            let of_it = seen
                .iter()
                .filter(|request| request.json()["type"] == event);
            let of_it: Vec<_> = of_it.cloned().collect();
            (of_it.len() >= count).then_some(of_it)
        })
        .await
    }
}

async fn take(
    State(receiver): State<Receiver>,
    head: HeaderMap,
    body: axum::body::Bytes,
) -> Response {
    let body = body.to_vec();
    receiver.seen.lock().unwrap().push(Request { head, body });
    let does = receiver.script.lock().unwrap().pop_front();
    match does.unwrap_or(Does::Answer(200)) {
        Does::Answer(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Does::Later(seconds) => {
            let again = [("retry-after", seconds.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, again).into_response()
        }
        Does::Nothing => std::future::pending().await,
    }
}

/// Settings of an instance that may send to this machine.
const ALLOWED: [(&str, &str); 2] = [
    ("WEBHOOKS__ALLOW_PRIVATE", "[\"127.0.0.0/8\"]"),
    ("WEBHOOKS__TIMEOUT_SECONDS", "1"),
];

/// Enters a webhook; its id and its secret.
async fn enter(overt: &Overt, receiver: &Receiver, events: &[&str]) -> (String, String) {
    let new = json!({ "url": receiver.url, "label": "CRM", "events": events });
    let answer = overt.post_json("webhooks", &new).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let made: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made["webhook"]["id"]), text(&made["secret"]))
}

async fn contact(overt: &Overt, address: &str) -> String {
    let list = overt.api(&format!("contacts?search={address}")).await;
    list["items"][0]["id"].as_str().unwrap().to_owned()
}

/// The newest line of the log of this event, once it is as wanted.
async fn log(overt: &Overt, webhook: &str, event: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    until(&format!("the log of {event} is as wanted"), async || {
        let log = overt.api(&format!("webhooks/{webhook}/deliveries")).await;
        let items = log["items"].as_array().unwrap();
        let line = items.iter().find(|line| line["event"] == event)?;
        wanted(line).then(|| line.clone())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn r_with_07_a_withdrawal_reaches_a_flaky_receiver_through_a_crash() {
    for database in Database::each() {
        let sink = Sink::start().await;
        let mut overt = Overt::with(&database, sink.port, &ALLOWED).await;
        overt.agreed(&sink, ANN).await;
        let receiver = Receiver::start(&[Does::Answer(500), Does::Nothing]).await;
        let (webhook, secret) = enter(&overt, &receiver, &[]).await;
        let ann = contact(&overt, ANN).await;
        let withdrawn = overt
            .post_json(&format!("contacts/{ann}/withdraw"), &json!({}))
            .await;
        assert!(withdrawn.status().is_success());

        // Once it answers 500, then by itself a second time not at all.
        receiver.told("consent.withdrawn", 2).await;
        let waiting = |line: &Value| line["attempts"] == 2 && line["state"] == "waiting";
        let line = log(&overt, &webhook, "consent.withdrawn", waiting).await;
        assert_eq!(line["answer"], "no answer within 1 seconds");
        overt.kill9();
        overt.serve(&[]).await;
        let path = format!(
            "webhooks/{webhook}/deliveries/{}/retry",
            line["id"].as_str().unwrap()
        );
        let again = overt.post_json(&path, &json!({})).await;
        assert_eq!(again.status(), StatusCode::ACCEPTED);

        let told = receiver.told("consent.withdrawn", 3).await;
        for request in &told {
            assert_eq!(request.id(), line["id"], "the same event at each attempt");
            assert!(request.is_from(&secret));
        }
        let data = &told[2].json()["data"];
        assert_eq!(data["contact"], json!({ "id": ann, "address": ANN }));
        let mut topics = data["topics"].as_array().unwrap().clone();
        topics.sort_by_key(ToString::to_string);
        assert!(topics.contains(&json!("open")), "{topics:?}");
        assert_eq!(data["consent"]["open"], "withdrawn");
        let taken = |line: &Value| line["state"] == "delivered";
        let line = log(&overt, &webhook, "consent.withdrawn", taken).await;
        assert_eq!(
            (&line["attempts"], &line["answer"]),
            (&json!(3), &json!("answered 200"))
        );
        overt.stop();
        assert!(
            !overt.process().log().contains("s3cret"),
            "the address is not logged"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_dsr_08_a_correction_reaches_a_flaky_receiver() {
    let sink = Sink::start().await;
    let mut overt = Overt::with(&Database::Sqlite, sink.port, &ALLOWED).await;
    overt.send(&[ANN], "Hello").await;
    overt.sent("Hello", ANN).await;
    let receiver = Receiver::start(&[Does::Nothing]).await;
    let (webhook, secret) = enter(&overt, &receiver, &[]).await;
    let (ann, cookie) = (contact(&overt, ANN).await, overt.sign_in().await);
    let path = format!("/contacts/{ann}/describe");
    let described = overt
        .submit_form(
            &path,
            &cookie,
            &[("country", "FR"), ("reason", "She moved.")],
        )
        .await;
    assert!(
        described.status().is_redirection(),
        "{}",
        described.status()
    );
    let told = receiver.told("contact.corrected", 2).await;
    assert_eq!(told[0].id(), told[1].id());
    assert!(told[1].is_from(&secret));
    let contact = &told[1].json()["data"]["contact"];
    assert_eq!(
        (&contact["id"], &contact["country"]),
        (&json!(ann), &json!("FR"))
    );
    log(&overt, &webhook, "contact.corrected", |line| {
        line["state"] == "delivered"
    })
    .await;
    overt.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn r_dsr_04_an_erasure_is_told_and_leaves_no_byte() {
    let sink = Sink::start().await;
    let mut overt = Overt::with(&Database::Sqlite, sink.port, &ALLOWED).await;
    let receiver = Receiver::start(&[]).await;
    let all = ["consent.given", "message.sent", "message.opened"];
    let (webhook, secret) = enter(&overt, &receiver, &all).await;
    overt.agreed(&sink, ZOE).await;
    overt.send(&[ZOE], "Hello").await;
    let mail = sink.mail(ZOE, "Hello").await;
    Reader::default().open(&mail.pixel()).await;
    let opened = receiver.told("message.opened", 1).await;
    let zoe = opened[0].json()["data"]["contact"]["id"].clone();
    assert_eq!(
        receiver.told("consent.given", 1).await[0].json()["data"]["contact"]["id"],
        zoe
    );

    // The receiver is down while the person is erased, and something else about them waits.
    receiver.now_does(&[Does::Answer(503), Does::Answer(503)]);
    let id = zoe.as_str().unwrap();
    let withdrawn = overt
        .post_json(&format!("contacts/{id}/withdraw"), &json!({}))
        .await;
    assert!(withdrawn.status().is_success());
    receiver.told("consent.withdrawn", 1).await;
    let erased = run(overt.command("erase").args([ZOE, "--yes"]), b"");
    assert_eq!(erased.status.code(), Some(0), "{}", said(&erased));
    until("no byte is left", async || {
        let here = std::fs::read_dir(overt.data()).unwrap().flatten();
        let mut here = here.map(|file| std::fs::read(file.path()).unwrap_or_default());
        let is_left = |bytes: Vec<u8>| bytes.windows(11).any(|w| w == b"zq7sentinel");
        (!here.any(is_left)).then_some(())
    })
    .await;

    let told = receiver.told("contact.erased", 1).await;
    let last = told.last().unwrap();
    assert!(last.is_from(&secret));
    let contact = &last.json()["data"]["contact"];
    // Who has the address and the secret finds out whom; nobody else does.
    let key = secret.strip_prefix("whsec_").unwrap();
    let key = data_encoding::BASE64.decode(key.as_bytes()).unwrap();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &key);
    let mark = aws_lc_rs::hmac::sign(&key, ZOE.as_bytes());
    let mark = data_encoding::HEXLOWER.encode(mark.as_ref());
    assert_eq!(contact, &json!({ "id": zoe, "address_hmac": mark }));
    log(&overt, &webhook, "contact.erased", |line| {
        line["state"] == "delivered"
    })
    .await;
    overt.stop();
    assert!(!overt.process().log().contains("zq7sentinel"));
}

#[tokio::test(flavor = "multi_thread")]
async fn r_sec_05_nobody_can_have_this_network_asked() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    let receiver = Receiver::start(&[]).await;
    for url in [
        receiver.url.as_str(),
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/",
        "https://[::1]/",
        "https://10.0.0.1/",
        "http://93.184.215.14/",
        "ftp://crm.example/",
        "https://user:secret@crm.example/",
    ] {
        let answer = overt.post_json("webhooks", &json!({ "url": url })).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{url}");
        let problem: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(problem["field"], "url", "{problem}");
    }
    assert!(
        overt.api("webhooks").await["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert!(receiver.seen.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn r_sec_16_gone_means_gone_and_two_secrets_sign_after_a_change() {
    let sink = Sink::start().await;
    let mut overt = Overt::with(&Database::Sqlite, sink.port, &ALLOWED).await;
    let receiver = Receiver::start(&[]).await;
    let (webhook, first) = enter(&overt, &receiver, &[]).await;
    let answer = overt
        .post_json(&format!("webhooks/{webhook}/secret"), &json!({}))
        .await;
    let rotated: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    let second = rotated["secret"].as_str().unwrap();
    assert_ne!(first, second);
    let tested = overt
        .post_json(&format!("webhooks/{webhook}/test"), &json!({}))
        .await;
    assert_eq!(tested.status(), StatusCode::ACCEPTED);
    let told = receiver.told("webhook.test", 1).await;
    assert!(told[0].is_from(&first) && told[0].is_from(second));
    let signatures = told[0].head["webhook-signature"].to_str().unwrap();
    assert_eq!(
        signatures
            .split(' ')
            .filter(|s| s.starts_with("v1,"))
            .count(),
        2
    );

    receiver.now_does(&[Does::Answer(410)]);
    overt
        .post_json(&format!("webhooks/{webhook}/test"), &json!({}))
        .await;
    until("it is off", async || {
        let webhook = overt.api(&format!("webhooks/{webhook}")).await;
        (webhook["off"] == "gone").then_some(())
    })
    .await;
    let refused = overt
        .post_json(&format!("webhooks/{webhook}/test"), &json!({}))
        .await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    overt.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_in_trouble_is_shown_wherever_somebody_looks() {
    let sink = Sink::start().await;
    let mut overt = Overt::with(&Database::Sqlite, sink.port, &ALLOWED).await;
    let receiver = Receiver::start(&[Does::Later(1_200)]).await;
    let (webhook, _) = enter(&overt, &receiver, &[]).await;
    let doctor = |overt: &Overt| said(&run(&mut overt.command("doctor"), b""));
    let well = doctor(&overt);
    assert!(well.contains("ok     webhooks: every one"), "{well}");
    let path = format!("webhooks/{webhook}/test");
    overt.post_json(&path, &json!({})).await;
    let ill = until("the answer is known", async || {
        let webhook = overt.api(&format!("webhooks/{webhook}")).await;
        (webhook["answer"] == "answered 429").then_some(webhook)
    })
    .await;
    // It is left in peace for as long as it asked, not tried again in five seconds.
    let time = |name: &str| model::Time::from_rfc3339(ill[name].as_str().unwrap()).unwrap();
    assert!(
        time("next_at").since(time("tried_at")).as_secs() >= 1_199,
        "{ill}"
    );

    let cookie = overt.sign_in().await;
    let settings = overt.page("/settings", &cookie).await;
    assert!(settings.contains("One webhook needs a hand"), "{settings}");
    for path in [
        "/settings/webhooks".to_owned(),
        format!("/settings/webhooks/{webhook}"),
    ] {
        let page = overt.page(&path, &cookie).await;
        assert!(
            page.contains("(last: answered 429), 1 event waits"),
            "{page}"
        );
        assert!(page.to_lowercase().contains("next try"), "{page}");
    }
    let text = doctor(&overt);
    let line = "look   webhooks: Studio Dana: the webhook to 127.0.0.1 takes nothing at present (answered 429";
    assert!(text.contains(line) && !text.contains("s3cret"), "{text}");
    let metrics = crate::metrics::metrics(&overt).await;
    for sample in [
        "overt_webhooks{state=\"refusing\"} 1\n",
        "overt_webhooks{state=\"on\"} 0\n",
        "overt_webhook_events_waiting 1\n",
    ] {
        assert!(metrics.contains(sample), "{sample}: {metrics}");
    }

    let log = overt.api(&format!("webhooks/{webhook}/deliveries")).await;
    let event = log["items"][0]["id"].as_str().unwrap().to_owned();
    receiver.now_does(&[Does::Answer(410)]);
    let path = format!("webhooks/{webhook}/deliveries/{event}/retry");
    overt.post_json(&path, &json!({})).await;
    until("it is off", async || {
        let webhook = overt.api(&format!("webhooks/{webhook}")).await;
        (webhook["off"] == "gone").then_some(())
    })
    .await;
    let text = doctor(&overt);
    assert!(
        text.contains(
            "WRONG  webhooks: Studio Dana: the webhook to 127.0.0.1 is off (gone; answered 410"
        ),
        "{text}"
    );
    overt.stop();
}
