//! One event as it is sent: the body, and the headers that show who sent it.

use model::webhook::Data;
use model::{Time, WebhookEvent, WebhookSecret};
use serde::Serialize;

/// The body.
#[derive(Serialize)]
struct Note<'a> {
    r#type: WebhookEvent,
    timestamp: Time,
    data: &'a Data,
}

/// The body of an event, as bytes: those are signed, and those are sent.
pub(crate) fn body(event: WebhookEvent, at: Time, data: &Data) -> Vec<u8> {
    let note = Note {
        r#type: event,
        timestamp: at,
        data,
    };
    // Plain structures of texts and numbers; there is nothing in them that could fail.
    serde_json::to_vec(&note).unwrap_or_default()
}

/// The headers of one attempt: the same id each time, a new timestamp, and a signature for each secret that is valid.
pub fn headers(
    id: &str,
    now: Time,
    body: &[u8],
    secrets: &[WebhookSecret],
) -> Vec<(&'static str, String)> {
    let signatures: Vec<_> = secrets.iter().map(|s| s.sign(id, now, body)).collect();
    vec![
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", now.0.div_euclid(1_000).to_string()),
        ("webhook-signature", signatures.join(" ")),
    ]
}
