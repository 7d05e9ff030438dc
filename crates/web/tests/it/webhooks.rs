//! Webhooks over the API and on the pages: who may, what is taken, what is shown once.

use crate::client::{Answer, Client, world};
use axum::body::Body;
use model::Role;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const URL: &str = "http://127.0.0.1:9/hook";

async fn send(client: &Client, method: &str, path: &str, body: Value) -> Answer {
    let request = client
        .request(method, &format!("/api/v1/webhooks{path}"))
        .header("content-type", "application/json");
    client
        .send(request.body(Body::from(body.to_string())).unwrap())
        .await
}

async fn entered(client: &Client) -> (String, String) {
    let events = ["message.opened", "consent.given"];
    let new = json!({ "url": URL, "label": "CRM", "events": events });
    let answer = send(client, "POST", "", new).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let made = answer.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made["webhook"]["id"]), text(&made["secret"]))
}

#[tokio::test]
async fn a_webhook_is_entered_changed_and_deleted() {
    let w = world().await;
    let admin = w.program(w.user(Role::Admin)).await;
    let (id, secret) = entered(&admin).await;
    let one = format!("/{id}");
    let shown = admin.get(&format!("/api/v1/webhooks{one}")).await;
    assert!(!shown.text.contains(&secret), "the secret is shown once");
    let shown = shown.json();
    assert_eq!(shown["events"], json!(["consent.given", "message.opened"]));
    assert_eq!(
        shown["owed"],
        json!([
            "consent.withdrawn",
            "contact.corrected",
            "contact.erased",
            "contact.restricted"
        ])
    );
    assert_eq!(shown["off"], Value::Null);

    let changed = send(
        &admin,
        "PATCH",
        &one,
        json!({ "label": "Shop", "on": false }),
    )
    .await;
    let changed = changed.json();
    assert_eq!(
        (&changed["label"], &changed["off"], &changed["url"]),
        (&json!("Shop"), &json!("paused"), &json!(URL))
    );
    assert_eq!(changed["events"], shown["events"], "what is left out stays");
    let test = format!("{one}/test");
    send(&admin, "POST", &test, json!({})).await.is_problem(409);
    let on = send(&admin, "PATCH", &one, json!({ "on": true })).await;
    assert_eq!(on.json()["off"], Value::Null);
    assert_eq!(send(&admin, "POST", &test, json!({})).await.status, 202);
    let log = admin
        .get(&format!("/api/v1/webhooks{one}/deliveries"))
        .await;
    let line = log.json()["items"][0].clone();
    assert_eq!(
        (&line["event"], &line["state"], &line["attempts"]),
        (&json!("webhook.test"), &json!("waiting"), &json!(0))
    );
    let retry = format!("{one}/deliveries/{}/retry", line["id"].as_str().unwrap());
    assert_eq!(send(&admin, "POST", &retry, json!({})).await.status, 202);

    let rotated = send(&admin, "POST", &format!("{one}/secret"), json!({})).await;
    let rotated = rotated.json();
    assert_ne!(rotated["secret"], secret);
    assert!(rotated["old_until"].is_string());
    assert_eq!(send(&admin, "DELETE", &one, json!({})).await.status, 204);
    send(&admin, "DELETE", &one, json!({}))
        .await
        .is_problem(404);
    let left = admin.get("/api/v1/webhooks").await.json();
    assert_eq!(left, json!({ "items": [] }));
}

#[tokio::test]
async fn what_cannot_be_a_webhook_says_why() {
    let w = world().await;
    let admin = w.program(w.user(Role::Admin)).await;
    for (body, field) in [
        (json!({ "url": "https://10.0.0.1/" }), "url"),
        (json!({ "url": "http://8.8.8.8/" }), "url"),
        (json!({ "url": "nowhere" }), "url"),
        (json!({ "url": URL, "label": "two\nlines" }), "label"),
        (json!({ "url": URL, "label": "x".repeat(101) }), "label"),
        (
            json!({ "url": URL, "events": ["contact.erased"] }),
            "events",
        ),
        (json!({ "url": URL, "events": ["everything"] }), "events"),
        (json!({ "url": URL, "secret": "mine" }), "webhook"),
        (json!({}), "webhook"),
    ] {
        let answer = send(&admin, "POST", "", body.clone()).await;
        answer.is_problem(422);
        assert_eq!(answer.json()["field"], field, "{body}");
    }
    for _ in 0..50 {
        entered(&admin).await;
    }
    let one_more = send(&admin, "POST", "", json!({ "url": URL })).await;
    one_more.is_problem(409);
    assert!(one_more.text.contains("at most 50"), "{}", one_more.text);
}

#[tokio::test]
async fn r_sec_16_webhooks_are_for_those_who_administer_their_own_workspace() {
    let w = world().await;
    let (id, _) = entered(&w.program(w.user(Role::Owner)).await).await;
    for role in [Role::Member, Role::Compliance] {
        let program = w.program(w.user(role)).await;
        program.get("/api/v1/webhooks").await.is_problem(403);
        for (method, path) in [
            ("POST", String::new()),
            ("GET", format!("/{id}")),
            ("PATCH", format!("/{id}")),
            ("DELETE", format!("/{id}")),
            ("POST", format!("/{id}/secret")),
            ("POST", format!("/{id}/test")),
            ("GET", format!("/{id}/deliveries")),
            ("POST", format!("/{id}/deliveries/{id}/retry")),
        ] {
            let answer = send(&program, method, &path, json!({ "url": URL })).await;
            assert_eq!(answer.status, 403, "{role:?} {method} {path}");
        }
        let browser = w.browser(w.user(role)).await;
        for path in [
            "/settings/webhooks".to_owned(),
            format!("/settings/webhooks/{id}"),
        ] {
            assert_eq!(browser.page(&path).await.status, 403, "{role:?} {path}");
            assert_eq!(browser.post(&path, "do=delete").await.status, 403);
        }
    }
    let elsewhere =
        crate::sample::workspace(&w.sample.store, "Elsewhere", "elsewhere.example").await;
    let stranger = elsewhere
        .users
        .iter()
        .find(|u| u.role == Role::Owner)
        .unwrap();
    let stranger = w.program(stranger).await;
    for (method, path) in [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/secret"),
        ("POST", "/test"),
    ] {
        let path = format!("/{id}{path}");
        send(&stranger, method, &path, json!({}))
            .await
            .is_problem(404);
    }
    let mine = w.program(w.user(Role::Owner)).await;
    assert_eq!(
        mine.get(&format!("/api/v1/webhooks/{id}")).await.status,
        200
    );
}

#[tokio::test]
async fn the_pages_do_the_same_and_keep_what_was_typed() {
    let w = world().await;
    let owner = w.browser(w.user(Role::Owner)).await;
    let wrong = owner
        .post(
            "/settings/webhooks",
            "url=https://10.0.0.1/&label=Shop&message.bounced=on",
        )
        .await;
    assert_eq!(wrong.status, 422);
    for kept in [
        "https://10.0.0.1/",
        "value=\"Shop\"",
        "name=\"message.bounced\" checked",
    ] {
        assert!(wrong.text.contains(kept), "{kept}: {}", wrong.text);
    }
    let made = owner
        .post(
            "/settings/webhooks",
            "url=http://127.0.0.1:9/&label=%3CShop%3E",
        )
        .await;
    assert_eq!(made.status, 200);
    assert!(made.text.contains("whsec_") && made.text.contains("&#60;Shop&#62;"));
    let link = made
        .text
        .split("action=\"")
        .find(|rest| rest.starts_with("/settings/webhooks/"));
    let path = link.unwrap().split('"').next().unwrap();
    assert_eq!(owner.post(path, "do=test").await.status, 303);
    let page = owner.page(path).await;
    assert!(page.text.contains("webhook.test") && !page.text.contains("whsec_"));
    assert!(
        owner
            .post(path, "do=rotate")
            .await
            .text
            .contains("goes on working")
    );
    for (form, status) in [
        ("do=off", 303),
        ("do=test", 422),
        ("do=on", 303),
        ("do=change&url=https://169.254.169.254/", 422),
        ("do=change&url=http://127.0.0.1:9/new&label=New", 303),
        ("do=retry&delivery=nonsense", 404),
        ("do=nothing", 422),
        ("do=delete", 303),
    ] {
        assert_eq!(owner.post(path, form).await.status, status, "{form}");
    }
    assert_eq!(owner.page(path).await.status, 404);
    // Each that did something stands in the account, and the path of the address does not.
    let filter = store::ActFilter {
        limit: 100,
        ..store::ActFilter::default()
    };
    let acts = w
        .sample
        .store
        .acts(w.sample.workspace, filter)
        .await
        .unwrap();
    let of_webhooks = acts.iter().filter(|act| act.object.starts_with("webhook:"));
    let kinds: BTreeSet<_> = of_webhooks.map(|act| act.kind.as_str()).collect();
    let expected = [
        "changed",
        "created",
        "deleted",
        "rotated",
        "turned_off",
        "turned_on",
    ];
    assert_eq!(
        kinds,
        expected
            .map(|word| format!("webhook.{word}"))
            .iter()
            .map(String::as_str)
            .collect()
    );
    assert!(
        !acts
            .iter()
            .any(|act| act.after.as_deref().is_some_and(|a| a.contains("/new")))
    );
}
