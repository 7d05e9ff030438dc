//! `/o/{token}.gif`: the pixel. Whatever happens, the same answer.
//!
//! Valid, forged, withdrawn, unknown, store down: status, headers and bytes are equal, so nothing can be learned from
//! them, and no reader ever sees a broken picture.

use crate::app::App;
use crate::hit::record;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header;
use model::Axis;
use std::sync::Arc;
use std::time::Duration;

/// How long a picture may wait for its hit to be on disk. Mail clients show the text meanwhile.
const PATIENCE: Duration = Duration::from_secs(2);

/// One transparent pixel, as small as a GIF goes with its colour table.
const GIF: [u8; 43] =
    *b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\
    \x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

pub(crate) async fn pixel(State(app): State<Arc<App>>, request: Request) -> Response {
    // The raw path: a token has nothing to decode, and what cannot be decoded must not become another answer.
    let file = request.uri().path().strip_prefix("/o/").unwrap_or("");
    let token = file.strip_suffix(".gif").unwrap_or("");
    if let Ok(tracked) = app.tracker.keyring.tracked(Axis::Open, token, "") {
        record(&app, Axis::Open, tracked, &request, PATIENCE).await;
    }
    ([(header::CONTENT_TYPE, "image/gif")], GIF.as_slice()).into_response()
}
