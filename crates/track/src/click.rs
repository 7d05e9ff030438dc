//! `/c/{token}?to={destination}`: a tracked link. Leads where its sender pointed, or nowhere.
//!
//! Needs the keyring and nothing else: it works with the store down, after a withdrawal, and for ever. The token's
//! MAC covers the destination byte for byte, so what a forger can make of a link is a page that says so (R-SEC-01).
//!
//! `to` is percent-decoded once and then has to be exactly what was signed. Our encoder leaves no `+` and no blank, so
//! `+` stays `+`. Gateways that spell escapes otherwise (`%3f`), take them out, or add parameters do no harm; one that changes
//! the destination gets the page.

use crate::app::App;
use crate::hit::record;
use crate::page::{self, Reader};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use model::Axis;
use model::url::Destination;
use std::sync::Arc;
use std::time::Duration;

/// How long a reader may wait for the hit to be on disk: below what feels slow.
const PATIENCE: Duration = Duration::from_millis(300);

pub(crate) async fn redirect(State(app): State<Arc<App>>, request: Request) -> Response {
    let token = request.uri().path().strip_prefix("/c/").unwrap_or("");
    let query = request.uri().query().unwrap_or("");
    let readings = Destination::from_query(query).into_iter();
    let signed = readings
        .chain(Destination::unescaped(query))
        .find_map(|to| {
            let keyring = &app.tracker.keyring;
            let tracked = keyring.tracked(Axis::Click, token, to.as_str()).ok()?;
            Some((tracked, HeaderValue::from_str(to.as_str()).ok()?))
        });
    let Some((tracked, location)) = signed else {
        return page::forged_link(Reader::of(request.headers(), request.uri()));
    };
    record(&app, Axis::Click, tracked, &request, PATIENCE).await;
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}
