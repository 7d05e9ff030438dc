//! The event stream: nothing is missed, nobody hears what is not theirs.

use crate::client::{Client, World, world};
use crate::sample::{self, Fate};
use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt;
use model::{ConsentState, Role};
use std::time::Duration;

/// Reads one event of a stream: its lines.
struct Events(BodyDataStream);

impl Events {
    async fn open(client: &Client, last: Option<&str>) -> Self {
        let mut request = client.request("GET", "/api/v1/events");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = client.raw(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self(response.into_body().into_data_stream())
    }

    async fn next(&mut self) -> Option<String> {
        let chunk = tokio::time::timeout(Duration::from_secs(20), self.0.next())
            .await
            .unwrap()?;
        Some(String::from_utf8(chunk.unwrap().to_vec()).unwrap())
    }
}

async fn sent(w: &World, role: Role) {
    w.sample
        .message(
            w.user(role),
            "Hello",
            Duration::from_mins(200),
            &[("a@x.example", Fate::Queued)],
        )
        .await;
    w.app.changed.notify_one();
}

fn id(event: &str) -> String {
    event
        .lines()
        .find_map(|line| line.strip_prefix("id: "))
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn what_happens_is_told_and_nothing_is_missed() {
    let w = world().await;
    let program = w.program(w.user(Role::Owner)).await;
    let mut events = Events::open(&program, None).await;
    let open = events.next().await.unwrap();
    assert!(open.contains("event: open"));
    sent(&w, Role::Owner).await;
    // The contact of the sample agrees first, then the message is accepted.
    let consent = events.next().await.unwrap();
    assert!(consent.contains("\"kind\":\"consent\""), "{consent}");
    let accepted = events.next().await.unwrap();
    assert!(
        accepted.contains("\"kind\":\"accepted\"") && accepted.contains("\"message\":\""),
        "{accepted}"
    );
    drop(events);

    // Away for a moment: what happened meanwhile comes first, then what follows.
    sent(&w, Role::Owner).await;
    let mut events = Events::open(&program, Some(&id(&accepted))).await;
    events.next().await.unwrap();
    let next = events.next().await.unwrap();
    assert_eq!(
        id(&next).parse::<i64>().unwrap(),
        id(&accepted).parse::<i64>().unwrap() + 1
    );
}

#[tokio::test]
async fn members_hear_of_their_own_and_nobody_of_other_workspaces() {
    let w = world().await;
    let foreign = sample::workspace(&w.sample.store, "Foreign", "foreign.example").await;
    let mut member = Events::open(&w.browser(w.user(Role::Member)).await, None).await;
    let mut stranger = Events::open(&w.program(&foreign.users[0]).await, None).await;
    member.next().await.unwrap();
    stranger.next().await.unwrap();
    w.sample
        .contact("a@x.example", "", ConsentState::Given)
        .await;
    member.next().await.unwrap();
    sent(&w, Role::Owner).await;
    foreign
        .message(
            &foreign.users[0],
            "Theirs",
            Duration::from_mins(100),
            &[("z@x.example", Fate::Queued)],
        )
        .await;
    sent(&w, Role::Member).await;
    let own: Vec<String> = w
        .sample
        .store
        .messages(
            w.sample.workspace,
            store::MessageFilter {
                user: Some(w.user(Role::Member).id),
                limit: 9,
                ..Default::default()
            },
        )
        .await
        .unwrap()
        .into_iter()
        .map(|(m, _)| m.id.to_string())
        .collect();
    let heard = loop {
        let event = member.next().await.unwrap();
        if event.contains("accepted") {
            break event;
        }
    };
    assert!(heard.contains(&own[0]), "{heard}");
    let theirs = stranger.next().await.unwrap();
    assert!(
        theirs.contains("consent"),
        "the first thing that happened in their own workspace: {theirs}"
    );
}

#[tokio::test]
async fn who_was_away_too_long_loads_anew() {
    let w = world().await;
    sent(&w, Role::Owner).await;
    sent(&w, Role::Owner).await;
    let program = w.program(w.user(Role::Owner)).await;
    let terms = store::Terms {
        feed: Duration::ZERO,
        ..store::Terms::default()
    };
    let later = sample::NOW + Duration::from_hours(1);
    w.sample
        .store
        .retention_run(terms, [0; 16], later)
        .await
        .unwrap();
    sent(&w, Role::Owner).await;
    for last in ["1", "999999"] {
        let mut events = Events::open(&program, Some(last)).await;
        assert!(
            events.next().await.unwrap().contains("event: reload"),
            "{last}"
        );
        assert_eq!(events.next().await, None);
    }
    let request = program
        .request("GET", "/api/v1/events")
        .header("last-event-id", "x")
        .body(Body::empty())
        .unwrap();
    program.send(request).await.is_problem(400);
    w.stranger().get("/api/v1/events").await.is_problem(401);
}
