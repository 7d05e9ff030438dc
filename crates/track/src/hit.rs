//! From a request with a verified token to a judged hit. Address and user-agent end here.

use crate::app::App;
use crate::client;
use crate::recent::Key;
use crate::trace::Trace;
use axum::extract::{ConnectInfo, Request};
use http::{HeaderMap, HeaderValue, header};
use model::hit::Hit;
use model::token::Claim;
use model::url::Origin;
use model::{Axis, HitId};
use std::net::SocketAddr;
use std::time::Duration;
use verdict::RULES_VERSION;

/// Judges a request at once, and hands it to the recorder. What waits afterwards holds nothing of the request.
pub(crate) fn record<'a>(
    app: &'a App,
    axis: Axis,
    claim: Claim,
    request: &Request,
    patience: Duration,
) -> impl Future<Output = ()> + Send + use<'a> {
    let (hit, trace) = judged(app, axis, claim, request);
    app.tracker.recorder.record(hit, trace, patience)
}

/// Judges a request, in memory.
fn judged(app: &App, axis: Axis, claim: Claim, request: &Request) -> (Hit, Trace) {
    let (tracker, headers) = (&app.tracker, request.headers());
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let at = app.now();
    let request = verdict::Request {
        kind: axis,
        at,
        method: request.method().as_str(),
        https: tracker.origin.is_secure(),
        remote: client::address(peer.map(|p| p.0.ip()), headers, &tracker.trusted_proxies),
        headers: verdict::Headers::read(|name| headers.get(name).map(HeaderValue::as_bytes)),
        own_session: is_from(&tracker.admin, headers),
        // Only the store knows it, and this path does without the store: rules that need it fire when hits are settled.
        delivered_at: None,
    };
    let (verdict, facts) = tracker.judge.judge(&request);
    let trace = app.tracer.trace(&request);
    let (copy, link) = (claim.copy(), claim.link);
    let key = Key {
        copy,
        axis,
        link,
        opener: verdict.opener.clone(),
    };
    let repeat = app.recent.is_repeat(key, at);
    let hit = Hit {
        id: HitId((tracker.ambient.random)()),
        copy,
        axis,
        link,
        at,
        verdict,
        rules: RULES_VERSION,
        facts,
        repeat,
    };
    (hit, trace)
}

/// Does the request say that it comes from a page of this origin? Whoever lies here only makes their own hit count
/// for nothing.
fn is_from(origin: &Origin, headers: &HeaderMap) -> bool {
    let origin = origin.as_str().as_bytes();
    [header::REFERER, header::ORIGIN]
        .iter()
        .filter_map(|name| headers.get(name))
        .any(|value| {
            value
                .as_bytes()
                .strip_prefix(origin)
                .is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
        })
}
