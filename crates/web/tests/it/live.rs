//! The event stream: nothing is missed, nobody hears what is not theirs.

use crate::client::{Client, World, world};
use crate::sample::{self, Fate};
use axum::body::{Body, BodyDataStream};
use futures_util::{SinkExt, StreamExt};
use model::{ConsentState, Role};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

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

/// A WebSocket to the feed, over a real connection.
struct Socket(WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>);

impl Socket {
    /// With more header fields; where it is refused, the status.
    async fn open(w: &World, query: &str, fields: &[(&'static str, &str)]) -> Result<Self, u16> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(axum::serve(listener, w.router.clone()).into_future());
        let mut request = format!("ws://{address}/api/v1/events{query}")
            .into_client_request()
            .unwrap();
        for (name, value) in fields {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(tungstenite::Error::Http(refused)) => Err(refused.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    async fn next(&mut self) -> Option<Value> {
        let wait = tokio::time::timeout(Duration::from_secs(20), self.0.next());
        match wait.await.unwrap()?.unwrap() {
            Message::Text(text) => Some(serde_json::from_str(&text).unwrap()),
            Message::Close(_) => None,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_web_socket_says_the_same() {
    let w = world().await;
    let key = format!("Bearer {}", w.sample.api_key(w.user(Role::Owner)).await);
    let keyed = [("authorization", key.as_str())];
    let mut socket = Socket::open(&w, "", &keyed).await.unwrap();
    let open = socket.next().await.unwrap();
    assert_eq!(
        (&open["event"], &open["data"]),
        (&json!("open"), &json!({}))
    );
    sent(&w, Role::Owner).await;
    let consent = socket.next().await.unwrap();
    assert_eq!(consent["event"], "message");
    assert_eq!(consent["data"]["kind"], "consent");
    assert_eq!(consent["id"], consent["data"]["seq"]);
    let accepted = socket.next().await.unwrap();
    assert_eq!(accepted["data"]["kind"], "accepted");
    // What is said to it changes nothing, up to the bound, where it ends.
    socket.0.send(Message::text("hello")).await.unwrap();
    sent(&w, Role::Owner).await;
    assert_eq!(socket.next().await.unwrap()["event"], "message");
    let _ = socket.0.send(Message::text("x".repeat(5_000))).await;
    while let Some(Ok(more)) = socket.0.next().await {
        assert!(
            matches!(more, Message::Text(_) | Message::Close(_)),
            "{more:?}"
        );
    }

    let query = format!("?last_event_id={}", consent["id"]);
    let mut again = Socket::open(&w, &query, &keyed).await.unwrap();
    assert_eq!(again.next().await.unwrap()["id"], consent["id"]);
    assert_eq!(again.next().await.unwrap(), accepted);
    let mut lost = Socket::open(&w, "?last_event_id=999999", &keyed)
        .await
        .unwrap();
    assert_eq!(lost.next().await.unwrap()["event"], "reload");
    assert_eq!(lost.next().await, None);
}

#[tokio::test]
async fn no_other_site_opens_a_web_socket_with_a_persons_session() {
    let w = world().await;
    let (_, cookie) = w.browser(w.user(Role::Owner)).await.who.unwrap();
    let with = |origin: &'static str| [("cookie", cookie.as_str()), ("origin", origin)];
    let own = Socket::open(&w, "", &with("http://overt.test")).await;
    assert!(own.is_ok());
    let refused = async |fields: &[(&'static str, &str)]| Socket::open(&w, "", fields).await.err();
    assert_eq!(refused(&with("https://evil.example")).await, Some(403));
    assert_eq!(refused(&with("null")).await, Some(403));
    assert_eq!(refused(&[]).await, Some(401));
    let wrong = Socket::open(&w, "?last_event_id=x", &with("http://overt.test")).await;
    assert_eq!(wrong.err(), Some(400));
}
