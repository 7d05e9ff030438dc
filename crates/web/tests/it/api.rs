//! The API: its exact shape, its errors, what it takes and what it refuses.

use crate::client::{Answer, world};
use crate::sample::{self, Fate};
use axum::body::Body;
use model::{ConsentState, Role};
use serde_json::Value;
use std::time::Duration;

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

fn sorted<const N: usize>(mut words: [&str; N]) -> Vec<&str> {
    words.sort_unstable();
    words.into()
}

const TO: [(&str, Fate); 3] = [
    ("a@x.example", Fate::Read),
    ("b@x.example", Fate::Withdrawn),
    ("c@x.example", Fate::Bounced),
];

#[tokio::test]
async fn messages_have_exactly_the_promised_shape() {
    let w = world().await;
    let id = w
        .sample
        .message(w.user(Role::Owner), "Grüße", Duration::from_mins(200), &TO)
        .await;
    let program = w.program(w.user(Role::Owner)).await;
    let list = program.get("/api/v1/messages").await;
    assert_eq!(
        (list.status.as_u16(), list.header("content-type")),
        (200, "application/json")
    );
    let list = list.json();
    assert_eq!(keys(&list), ["items", "next"]);
    assert_eq!(list["next"], Value::Null);
    let item = &list["items"][0];
    assert_eq!(
        keys(item),
        sorted(["id", "message_id", "subject", "sender", "sent_at", "copies"])
    );
    assert_eq!(item["message_id"], format!("<{id}@sample.example>"));
    assert_eq!(item["sent_at"], "2026-11-21T17:28:00Z");
    let copy = &item["copies"][0];
    assert_eq!(
        keys(copy),
        sorted([
            "id",
            "address",
            "mode",
            "reason",
            "refusal",
            "state",
            "tick",
            "opens",
            "clicks",
            "first_read_at",
            "last_read_at"
        ])
    );
    assert_eq!(
        copy["mode"],
        serde_json::json!({"open": "individual", "click": "individual", "document": "none"})
    );
    assert_eq!(
        copy["opens"],
        serde_json::json!({"human": 2, "unknown": 0, "machine": 0})
    );
    assert_eq!(
        copy["clicks"],
        serde_json::json!({"human": 1, "unknown": 0, "machine": 1})
    );
    assert_eq!(
        (&copy["tick"], &copy["state"], &copy["reason"]),
        (&"read".into(), &"sent".into(), &Value::Null)
    );
    assert_eq!(copy["first_read_at"], "2026-11-21T17:32:00Z");
    let (untracked, bounced) = (&item["copies"][1], &item["copies"][2]);
    assert_eq!(
        (&untracked["tick"], &untracked["reason"]),
        (&"untracked".into(), &"withdrawn".into())
    );
    assert_eq!(bounced["state"], "bounced");

    let one = program.get(&format!("/api/v1/messages/{id}")).await.json();
    assert_eq!(one["links"][1]["skipped"], "scheme");
    let copy = program
        .get(&format!(
            "/api/v1/messages/{id}/copies/{}",
            copy["id"].as_str().unwrap()
        ))
        .await
        .json();
    let hit = &copy["hits"][0];
    assert_eq!(
        (&hit["meaning"], &hit["axis"], &hit["link"]),
        (&"machine".into(), &"click".into(), &0.into())
    );
    assert_eq!(hit["reasons"][0]["code"], "security_network");
    assert!(
        hit["reasons"][0]["sentence"]
            .as_str()
            .unwrap()
            .ends_with('.')
    );
    assert_eq!(hit["facts"], Value::Null);
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let w = world().await;
    w.sample.messages(w.user(Role::Owner)).await;
    let program = w.program(w.user(Role::Admin)).await;
    let mut path = "/api/v1/messages?limit=3".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = program.get(&path).await.json();
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|m| m["subject"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/api/v1/messages?limit=3&after={next}");
    }
    assert_eq!((seen.len(), seen[0].as_str()), (10, "Lunch?"));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 10);
    let count = async |query| {
        program
            .get(&format!("/api/v1/messages?{query}"))
            .await
            .json()["items"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(count("search=lunch").await, 1);
    assert_eq!(count("tick=unsure").await, 2);
    assert_eq!(count("sender=owner%40sample.example").await, 10);
    assert_eq!(count("sender=member%40sample.example").await, 0);
    assert_eq!(
        program.get("/api/v1/contacts?limit=2").await.json()["next"],
        "bruno.with.a.very.long.address@department.sample.example"
    );
    assert_eq!(
        program.get("/api/v1/contacts?state=withdrawn").await.json()["items"][0]["address"],
        "emil@sample.example"
    );
}

#[tokio::test]
async fn r_sec_17_errors_are_problems() {
    let w = world().await;
    w.stranger().get("/api/v1/messages").await.is_problem(401);
    assert_eq!(
        w.stranger()
            .get("/api/v1/me")
            .await
            .header("www-authenticate"),
        "Bearer"
    );
    let program = w.program(w.user(Role::Owner)).await;
    for (path, status) in [
        ("/api/v1/messages?limit=0", 400),
        ("/api/v1/messages?limit=101", 400),
        ("/api/v1/messages?limit=many", 400),
        ("/api/v1/messages?tick=seen", 400),
        ("/api/v1/messages?after=nonsense", 400),
        ("/api/v1/messages?serach=x", 400),
        ("/api/v1/contacts?state=happy", 400),
        ("/api/v1/messages/nonsense", 404),
        ("/api/v1/messages/AAAAAAAAAAAAAAAAAAAAAA", 404),
        ("/api/v1/nowhere", 404),
        ("/api/v2/messages", 404),
    ] {
        program.get(path).await.is_problem(status);
    }
    let delete = program
        .request("DELETE", "/api/v1/messages")
        .body(Body::empty())
        .unwrap();
    let answer = program.send(delete).await;
    answer.is_problem(405);
    assert!(answer.header("allow").contains("GET") && answer.header("allow").contains("POST"));
    // Pages that a browser looks for are pages, also when they are not there.
    let page = program.page("/nowhere").await;
    assert!(page.status == 404 && page.text.contains("There is no such page here."));
}

const MAIL: &str = "From: Olivia <owner@sample.example>\r\nTo: a@x.example\r\nSubject: Hi\r\nMessage-ID: <m1@sample.example>\r\n\
    MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p><a href=\"https://a.example/\">x</a></p>\r\n";

#[tokio::test]
async fn a_mail_is_taken() {
    let w = world().await;
    w.sample
        .contact("a@x.example", "", ConsentState::Given)
        .await;
    let program = w.program(w.user(Role::Owner)).await;
    let answer = program
        .mail("?to=a%40x.example&to=b%40x.example&ask=true", MAIL)
        .await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let body = answer.json();
    assert_eq!(keys(&body), ["copies", "id"]);
    assert_eq!(
        keys(&body["copies"][0]),
        sorted([
            "id",
            "address",
            "mode",
            "reason",
            "tick",
            "ask",
            "receipt_asked",
            "refusal"
        ])
    );
    assert_eq!(
        (&body["copies"][0]["tick"], &body["copies"][0]["reason"]),
        (&"sent".into(), &Value::Null)
    );
    assert_eq!(body["copies"][1]["reason"], "never_asked");
    let shown = program.get(answer.header("location")).await.json();
    assert_eq!(
        (&shown["id"], &shown["message_id"]),
        (&body["id"], &"<m1@sample.example>".into())
    );
    // Recipients from the header, nothing tracked.
    let off = program.mail("?track=off", MAIL).await.json();
    assert_eq!(
        (&off["copies"][0]["address"], &off["copies"][0]["reason"]),
        (&"a@x.example".into(), &"switched_off".into())
    );
}

#[tokio::test]
async fn mails_that_are_not_taken() {
    let w = world().await;
    let program = w.program(w.user(Role::Owner)).await;
    program.mail("?to=nonsense", MAIL).await.is_problem(400);
    program
        .mail("?recipients=a%40x.example", MAIL)
        .await
        .is_problem(400);
    program
        .mail("?from=admin%40sample.example", MAIL)
        .await
        .is_problem(403);
    program
        .mail("", MAIL.replace("owner@", "admin@"))
        .await
        .is_problem(403);
    let untyped = program
        .request("POST", "/api/v1/messages")
        .body(Body::from(MAIL))
        .unwrap();
    program.send(untyped).await.is_problem(415);
    let big = Body::from_stream(futures_util::stream::iter(
        (0..51).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1 << 20])),
    ));
    program
        .mail("?to=a%40x.example&from=owner%40sample.example", big)
        .await
        .is_problem(413);
    let compliance = w.program(w.user(Role::Compliance)).await;
    compliance
        .mail("?to=a%40x.example", MAIL)
        .await
        .is_problem(403);
}

#[tokio::test]
async fn consent_over_the_api() {
    let w = world().await;
    let id = w
        .sample
        .contact("a@x.example", "Ann", ConsentState::Given)
        .await;
    let program = w.program(w.user(Role::Member)).await;
    let contact = program.get(&format!("/api/v1/contacts/{id}")).await.json();
    assert_eq!(
        (&contact["state"], &contact["consent"]["open"]["state"]),
        (&"given".into(), &"given".into())
    );
    let post = program
        .request("POST", &format!("/api/v1/contacts/{id}/withdraw"))
        .body(Body::empty())
        .unwrap();
    assert_eq!(program.send(post).await.json()["state"], "withdrawn");
    let history = program
        .get(&format!("/api/v1/contacts/{id}/consent"))
        .await
        .json();
    assert_eq!(
        (
            &history["items"][0]["state"],
            &history["items"][0]["method"]
        ),
        (&"withdrawn".into(), &"user".into())
    );
    let foreign = sample::workspace(&w.sample.store, "Foreign", "foreign.example").await;
    let stranger = w.program(&foreign.users[0]).await;
    for path in ["", "/consent"] {
        stranger
            .get(&format!("/api/v1/contacts/{id}{path}"))
            .await
            .is_problem(404);
    }
    let post = stranger
        .request("POST", &format!("/api/v1/contacts/{id}/withdraw"))
        .body(Body::empty())
        .unwrap();
    stranger.send(post).await.is_problem(404);
}

#[tokio::test]
async fn r_age_03_an_age_is_noted_with_its_reason_and_never_as_a_guardian() {
    let w = world().await;
    let id = w
        .sample
        .contact("kim@x.example", "Kim", ConsentState::Given)
        .await;
    let path = format!("/api/v1/contacts/{id}/age");
    let put = async |who: &crate::client::Client, body: &str| {
        let request = who
            .request("PUT", &path)
            .header("content-type", "application/json");
        who.send(request.body(Body::from(body.to_owned())).unwrap())
            .await
    };
    let below = "{\"standing\": \"below\", \"reason\": \"she told us\"}";
    let member = w.program(w.user(Role::Member)).await;
    put(&member, below).await.is_problem(403);
    let desk = w.program(w.user(Role::Compliance)).await;
    for wrong in [
        "{\"standing\": \"guardian\", \"reason\": \"x\"}",
        "{\"standing\": \"2012-01-01\", \"reason\": \"x\"}",
        "{\"standing\": \"below\", \"reason\": \" \"}",
        "{\"standing\": \"below\"}",
        "{\"standing\": \"below\", \"reason\": \"x\", \"born\": \"2012-01-01\"}",
    ] {
        put(&desk, wrong).await.is_problem(422);
    }
    let noted = put(&desk, below).await.json();
    assert_eq!(
        (&noted["age"]["standing"], &noted["age"]["threshold"]),
        (&"below".into(), &16.into())
    );
    assert_eq!(noted["consent"]["open"]["state"], "withdrawn", "{noted}");
    let history = desk.get(&format!("/api/v1/contacts/{id}/consent")).await;
    assert_eq!(history.json()["items"][0]["method"], "age");
    let reached = "{\"standing\": \"reached\", \"reason\": \"a birthday\"}";
    assert_eq!(
        put(&desk, reached).await.json()["age"]["standing"],
        "reached"
    );
    let browser = w.browser(w.user(Role::Owner)).await;
    let page = browser.page(&format!("/contacts/{id}")).await.text;
    assert!(
        page.contains("They are at least 16, so they agree alone"),
        "{page}"
    );
}

#[tokio::test]
async fn others_messages_do_not_exist() {
    let w = world().await;
    let id = w
        .sample
        .message(w.user(Role::Owner), "Secret", Duration::from_mins(200), &TO)
        .await;
    let copy = w.sample.store.copies(id, 1).await.unwrap()[0].id;
    let own = w
        .sample
        .message(w.user(Role::Member), "Own", Duration::from_mins(200), &TO)
        .await;
    let foreign = sample::workspace(&w.sample.store, "Foreign", "foreign.example").await;
    for client in [
        w.program(w.user(Role::Member)).await,
        w.program(&foreign.users[0]).await,
    ] {
        client
            .get(&format!("/api/v1/messages/{id}"))
            .await
            .is_problem(404);
        client
            .get(&format!("/api/v1/messages/{id}/copies/{copy}"))
            .await
            .is_problem(404);
        // A copy under another message's address does not exist either.
        client
            .get(&format!("/api/v1/messages/{own}/copies/{copy}"))
            .await
            .is_problem(404);
        assert!(!client.get("/api/v1/messages").await.text.contains("Secret"));
    }
}

#[tokio::test]
async fn a_key_is_judged_alone() {
    let w = world().await;
    let me = w
        .program(w.user(Role::Compliance))
        .await
        .get("/api/v1/me")
        .await
        .json();
    assert_eq!(
        (&me["role"], &me["workspace"]["name"]),
        (&"compliance".into(), &"Sample".into())
    );
    let browser = w.browser(w.user(Role::Owner)).await;
    assert_eq!(browser.get("/api/v1/me").await.json()["role"], "owner");
    for bad in ["Bearer nonsense", "Basic b3duZXI6eA==", "Bearer", ""] {
        let request = browser
            .request("GET", "/api/v1/me")
            .header("authorization", bad)
            .body(Body::empty())
            .unwrap();
        browser.send(request).await.is_problem(401);
    }
    // Pages take no keys.
    assert_eq!(
        w.program(w.user(Role::Owner))
            .await
            .page("/settings")
            .await
            .status,
        303
    );
}

/// What the API promises, kept beside the tests so that a change shows in review.
#[tokio::test]
async fn the_description_is_the_one_that_was_reviewed() {
    let answer: Answer = world().await.stranger().get("/openapi.json").await;
    let now = serde_json::to_string_pretty(&answer.json()).unwrap() + "\n";
    assert!(
        now.starts_with("{\n")
            && answer.json()["openapi"]
                .as_str()
                .unwrap()
                .starts_with("3.1")
    );
    let made = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("openapi.json");
    std::fs::write(&made, &now).unwrap();
    let kept = include_str!("../openapi.json");
    assert!(
        now == kept,
        "the API has changed: review {} and copy it to crates/web/tests/openapi.json",
        made.display()
    );
}
