//! The stream of events, for pages and programs alike: one feed with two faces, Server-Sent Events and WebSocket.
//!
//! Both say the same words. WebSocket is for programs whose libraries or proxies do not take Server-Sent Events; nothing
//! is listened to on it.

use crate::Shared;
use crate::auth::ApiUser;
use crate::csrf;
use crate::error::{Error, Result};
use crate::extract::Params;
use crate::live::News;
use crate::pages::scope;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::{HeaderMap, header};
use axum::response::sse::{self, KeepAlive};
use axum::response::{IntoResponse, Response, Sse};
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use serde_json::json;
use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

/// A sign of life after so much silence keeps proxies from closing the connection. A WebSocket that takes nothing for
/// so long is given up.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Octets of a message from the other end. None is expected.
const SAID_BYTES_MAX: usize = 1 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    last_event_id: Option<i64>,
}

/// What happens, as it happens (Server-Sent Events or WebSocket).
///
/// Each event's data is `{"seq","kind","at","message","copy"}`. An `open` event comes first; `reload` means that
/// events were missed: read anew what you show, then connect without `Last-Event-ID`. Streams end after ten minutes.
///
/// With `Upgrade: websocket` each event is one text message with the fields of the other form: `{"event","id","data"}`, where
/// `event` is `open`, `message` or `reload`. A browser sends its session only from the dashboard's own pages.
#[utoipa::path(get, path = "/api/v1/events", operation_id = "follow_events", tag = "events",
    params(
        ("Last-Event-ID" = Option<i64>, Header, description = "Go on after this event."),
        ("last_event_id" = Option<i64>, Query, description = "The same, for those who can send no header."),
    ),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 101, description = "A WebSocket follows."),
        (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn follow(
    State(web): State<Shared>,
    user: ApiUser,
    headers: HeaderMap,
    Params(query): Params<Query>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response> {
    let socket = headers
        .contains_key(header::UPGRADE)
        .then(|| admitted(&web, &headers, upgrade))
        .transpose()?;
    let last = last_event_id(&headers)?.or(query.last_event_id);
    let news = web
        .live
        .stream(&web.app.store, user.workspace, scope(&user), last)
        .await?;
    Ok(match socket {
        Some(socket) => socket.on_upgrade(|socket| tell(socket, news)),
        // Reverse proxies that collect answers before passing them on would make the stream useless.
        None => ([("x-accel-buffering", "no")], server_sent(news)).into_response(),
    })
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>> {
    let text = headers
        .get("last-event-id")
        .map_or("", |value| value.to_str().unwrap_or("?"));
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |_| Error::Query("Last-Event-ID: the number of an event".into());
    text.parse().map(Some).map_err(wrong)
}

/// The handshake, if it is one, and not of another site: browsers open a WebSocket to anywhere, with the cookies of there.
fn admitted(
    web: &Shared,
    headers: &HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<WebSocketUpgrade> {
    if !csrf::is_trusted(headers, web.app.admin.as_str()) {
        let why = "A WebSocket may be opened from the dashboard’s own pages, or with an API key.";
        return Err(Error::Forbidden(why.into()));
    }
    let upgrade = upgrade.map_err(|rejection| Error::Query(rejection.body_text()))?;
    Ok(upgrade.max_message_size(SAID_BYTES_MAX))
}

fn server_sent(
    news: impl Stream<Item = News> + Send + 'static,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let events = news.map(|news| {
        let event = sse::Event::default();
        Ok(match news {
            News::Open(seq) => event.event("open").id(seq.to_string()).data("{}"),
            News::Event(told) => event
                .id(told.seq.to_string())
                .data(serde_json::to_string(&told).unwrap_or_default()),
            News::Reload => event.event("reload").data("{}"),
        })
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("still here"))
}

fn message(news: &News) -> Message {
    let message = match news {
        News::Open(seq) => json!({"event": "open", "id": seq, "data": {}}),
        News::Event(event) => json!({"event": "message", "id": event.seq, "data": event}),
        News::Reload => json!({"event": "reload", "data": {}}),
    };
    Message::Text(message.to_string().into())
}

/// Tells until the stream ends, or until the other end is gone or takes nothing more.
async fn tell(mut socket: WebSocket, news: impl Stream<Item = News>) {
    let mut news = pin!(news);
    let mut silence = tokio::time::interval(HEARTBEAT);
    silence.reset(); // The first tick comes at once otherwise.
    loop {
        let next = tokio::select! {
            news = news.next() => match news {
                Some(news) => message(&news),
                None => break,
            },
            _ = silence.tick() => Message::Ping(Bytes::new()),
            // Pings are answered below; whatever else is said changes nothing.
            said = socket.recv() => match said {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
        };
        silence.reset();
        if !matches!(
            tokio::time::timeout(HEARTBEAT, socket.send(next)).await,
            Ok(Ok(()))
        ) {
            return;
        }
    }
    let end = CloseFrame {
        code: close_code::AWAY,
        reason: "connect again".into(),
    };
    let goodbye = socket.send(Message::Close(Some(end)));
    let _ = tokio::time::timeout(HEARTBEAT, goodbye).await;
}
