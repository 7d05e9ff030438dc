//! From a request with a verified token to a judged hit. Address and user-agent end here.

use crate::app::App;
use crate::client;
use crate::recent::Key;
use crate::recorder::Seen;
use axum::extract::{ConnectInfo, Request};
use http::{HeaderMap, HeaderValue, header};
use model::hit::{Hit, Tally};
use model::token::Tracked;
use model::url::Origin;
use model::{Axis, HitId, Meaning, Subject};
use std::net::SocketAddr;
use std::time::Duration;
use verdict::RULES_VERSION;

/// Judges a request at once, and hands what may be kept of it to the recorder. What waits afterwards holds nothing of
/// the request.
pub(crate) fn record<'a>(
    app: &'a App,
    axis: Axis,
    claim: Tracked,
    request: &Request,
    patience: Duration,
) -> impl Future<Output = ()> + Send + use<'a> {
    let seen = seen(app, axis, claim, request);
    async move {
        if let Some(seen) = seen {
            app.tracker.recorder.record(seen, patience).await;
        }
    }
}

/// Judges a request, in memory. A machine's request to an address that a crowd shares is nobody's open.
fn seen(app: &App, axis: Axis, claim: Tracked, request: &Request) -> Option<Seen> {
    let (tracker, headers) = (&app.tracker, request.headers());
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let (at, https) = (app.now(), tracker.origin.is_secure());
    let peer = peer.map(|p| p.0.ip());
    let request = verdict::Request {
        kind: axis,
        at,
        method: request.method().as_str(),
        https,
        remote: client::judged(peer, headers, &tracker.trusted_proxies, https),
        headers: verdict::Headers::read(|name| headers.get(name).map(HeaderValue::as_bytes)),
        own_session: is_from(&tracker.admin, headers),
        // Only the store knows it, and this path does without the store: rules that need it fire when hits are settled.
        delivered_at: None,
    };
    let (verdict, facts) = tracker.judge.judge(&request);
    let link = claim.link;
    let copy = match claim.subject {
        Subject::Copy(copy) => copy,
        Subject::Message(message) => {
            let is_machine = matches!(verdict.meaning, Meaning::Machine | Meaning::Own);
            let tally = Tally {
                message,
                axis,
                link,
                at,
            };
            return (!is_machine).then_some(Seen::Counted(tally));
        }
    };
    let trace = app.tracer.trace(&request);
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
    Some(Seen::Hit(hit, trace))
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
