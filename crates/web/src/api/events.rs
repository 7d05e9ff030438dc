//! The event stream, for pages and programs alike.

use crate::Shared;
use crate::auth::ApiUser;
use crate::error::{Error, Result};
use crate::live::heartbeat;
use crate::pages::scope;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Sse};

/// What happens, as it happens (Server-Sent Events).
///
/// Each event's data is `{"seq","kind","at","message","copy"}`. An `open` event comes first; `reload` means that
/// events were missed: read anew what you show, then connect without `Last-Event-ID`. Streams end after ten minutes.
#[utoipa::path(get, path = "/api/v1/events", operation_id = "follow_events", tag = "events",
    params(("Last-Event-ID" = Option<i64>, Header, description = "Go on after this event.")),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn follow(
    State(web): State<Shared>,
    user: ApiUser,
    headers: HeaderMap,
) -> Result<impl IntoResponse> {
    let last = match headers
        .get("last-event-id")
        .map(|v| v.to_str().unwrap_or(""))
    {
        None | Some("") => None,
        Some(text) => {
            let wrong = |_| Error::Query("Last-Event-ID: the number of an event".into());
            Some(text.parse::<i64>().map_err(wrong)?)
        }
    };
    let stream = web
        .live
        .stream(&web.app.store, user.workspace, scope(&user), last)
        .await?;
    // Reverse proxies that collect answers before passing them on would make the stream useless.
    Ok((
        [("x-accel-buffering", "no")],
        Sse::new(stream).keep_alive(heartbeat()),
    ))
}
