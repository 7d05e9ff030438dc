//! `/c/{token}?to={destination}`: a tracked link. Leads where its sender pointed, or nowhere.
//!
//! Needs the keyring and nothing else: it works with the store down, after a withdrawal, and for ever. The token's
//! MAC covers the destination byte for byte, so what a forger can make of a link is a page that says so (R-SEC-01).
//!
//! `to` is percent-decoded once and then has to be exactly what was signed. Our encoder leaves no `+` and no blank, so
//! `+` stays `+`. Gateways that spell escapes otherwise (`%3f`) or add parameters do no harm; one that changes the
//! destination gets the page.

use crate::app::App;
use crate::hit::judged;
use crate::page::{self, Reader};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use model::url::{DESTINATION_BYTES_MAX, Destination};
use model::{Axis, Purpose};
use percent_encoding::percent_decode_str;
use std::sync::Arc;
use std::time::Duration;

/// How long a reader may wait for the hit to be on disk: below what feels slow.
const PATIENCE: Duration = Duration::from_millis(300);

pub(crate) async fn redirect(State(app): State<Arc<App>>, request: Request) -> Response {
    let token = request.uri().path().strip_prefix("/c/").unwrap_or("");
    let to = destination(request.uri().query().unwrap_or(""));
    let signed = to.and_then(|to| {
        let claim = app
            .tracker
            .keyring
            .verify(Purpose::Click, token, to.as_str())
            .ok()?;
        Some((claim, HeaderValue::from_str(to.as_str()).ok()?))
    });
    let Some((claim, location)) = signed else {
        return page::forged_link(Reader::of(request.headers(), request.uri()));
    };
    let hit = judged(&app, Axis::Click, claim, &request);
    app.tracker.recorder.record(hit, PATIENCE).await;
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

/// The first `to` of a query, decoded once.
fn destination(query: &str) -> Option<Destination> {
    let to = query.split('&').find_map(|pair| pair.strip_prefix("to="))?;
    if to.len() > 3 * DESTINATION_BYTES_MAX {
        return None;
    }
    percent_decode_str(to).decode_utf8().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::destination;
    use model::url::{Destination, Origin};
    use model::{CopyId, Keyring};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_origin_writes_is_read_back_byte_for_byte(text in "[Hh]ttps?://[!-~]{1,60}") {
            let Ok(to) = text.parse::<Destination>() else { return Ok(()) };
            let token = Keyring::new(&[(1, [1; 32])]).unwrap().person(CopyId([1; 16]));
            let origin: Origin = "https://t.example.org".parse().unwrap();
            let uri: http::Uri = origin.click(&token, &to).parse().unwrap();
            prop_assert_eq!(destination(uri.query().unwrap()), Some(to));
        }

        #[test]
        fn any_query_is_a_destination_or_not(query in "(to=)?\\PC{0,80}|to=(%[0-9a-fA-F]{0,2}|[!-~]){0,60}") {
            if let Some(to) = destination(&query) {
                prop_assert!(to.as_str().bytes().all(|b| (0x21..=0x7e).contains(&b)));
                prop_assert!(http::HeaderValue::from_str(to.as_str()).is_ok());
            }
        }
    }

    #[test]
    fn decoded_once_and_exactly() {
        let to = |query| destination(query).map(|d| d.as_str().to_owned());
        assert_eq!(
            to("to=https://a.b/%3Fc%3D%2541%2Bd").unwrap(),
            "https://a.b/?c=%41+d"
        );
        assert_eq!(
            to("x=1&to=https://a.b&to=https://c.d").unwrap(),
            "https://a.b"
        );
        for bad in [
            "",
            "to",
            "to=",
            "To=https://a.b",
            "to=%ff",
            "to=https://a.b/%0d%0aX:y",
            "to=https://a.b/%20",
            "to=//a.b",
            "to=https%253A//a.b",
            "to=https://u%40a.b",
            "to=javascript:alert(1)",
        ] {
            assert_eq!(to(bad), None, "{bad}");
        }
        assert_eq!(to(&format!("to=https://a.b/{}", "%41".repeat(9_000))), None);
    }
}
