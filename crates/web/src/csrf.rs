//! Requests that change something must come from our own pages, or from no page at all.
//!
//! Browsers say where a request comes from in `Sec-Fetch-Site`, older ones in `Origin`; a foreign page can forge
//! neither. No tokens in forms are needed. The same rule as Go 1.25's `CrossOriginProtection`.

use crate::Shared;
use crate::error::Error;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Refuses what another site makes a signed-in browser send.
pub(crate) async fn refuse_cross_origin(
    State(web): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if safe || is_trusted(request.headers(), web.app.admin.as_str()) {
        return next.run(request).await;
    }
    Error::Forbidden("This came from another site, so it was not done.".into()).into_response()
}

/// Nobody else's page made this request with a signed-in person's cookie. A request with an API key does not use the cookie
/// (see `ApiUser`), so no site can borrow anything for it.
pub(crate) fn is_trusted(headers: &HeaderMap, admin: &str) -> bool {
    headers.contains_key(header::AUTHORIZATION) || is_ours(headers, admin)
}

fn is_ours(headers: &HeaderMap, admin: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match text("origin") {
        // Programs send neither header, and browsers of the last years always send one.
        None => true,
        Some(origin) => {
            origin == admin
                || origin
                    .split_once("://")
                    .is_some_and(|(_, host)| text("host") == Some(host))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(pairs: &[(&'static str, &str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap()))
            .collect();
        is_ours(&headers, "https://overt.example")
    }

    #[test]
    fn where_requests_come_from() {
        assert!(ours(&[]));
        assert!(ours(&[("sec-fetch-site", "same-origin")]));
        assert!(ours(&[("sec-fetch-site", "none")]));
        assert!(ours(&[
            ("origin", "https://overt.example"),
            ("host", "behind-a-proxy:8080")
        ]));
        assert!(ours(&[
            ("origin", "http://127.0.0.1:8080"),
            ("host", "127.0.0.1:8080")
        ]));
        for site in ["cross-site", "same-site", "", "nonsense"] {
            assert!(
                !ours(&[
                    ("sec-fetch-site", site),
                    ("origin", "https://overt.example")
                ]),
                "{site}"
            );
        }
        assert!(!ours(&[
            ("origin", "https://evil.example"),
            ("host", "overt.example")
        ]));
        assert!(!ours(&[("origin", "null"), ("host", "overt.example")]));
    }
}
