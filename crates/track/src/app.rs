//! The table of routes, and what every answer has in common.

use crate::doorman::Doorman;
use crate::recent::Recent;
use crate::trace::Tracer;
use crate::{Recorder, click, form, full, open, page, person, receipt, unsubscribe};
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderValue, StatusCode, header};
use ipnet::IpNet;
use model::url::Origin;
use model::{Ages, Ambient, Keyring, SigningKey, SuppressionKey};
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::sync::Notify;
use verdict::Judge;

/// What the forms of the pages have to say fits many times over.
pub(crate) const BODY_BYTES_MAX: usize = 16 * 1024;
/// No answer takes longer: neither a form that drips in nor a store that hangs holds a connection.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(15);

/// Everything the tracker origin works with.
pub struct Tracker {
    /// What is remembered. Pixels and links do without when it is down.
    pub store: Store,
    /// Verifies tokens.
    pub keyring: Arc<Keyring>,
    /// Signs receipts of consent.
    pub signing: Arc<SigningKey>,
    /// Marks of addresses on the suppression list.
    pub suppression: Arc<SuppressionKey>,
    /// Judges requests.
    pub judge: Arc<Judge>,
    /// From which age people may agree alone, country by country.
    pub ages: Arc<Ages>,
    /// How long things are kept and who takes part, which people are told before they agree.
    pub disclosure: Arc<store::Disclosure>,
    /// Where this is served.
    pub origin: Origin,
    /// Where the dashboard is served: requests that come from there are the sender's own views.
    pub admin: Origin,
    /// Who is believed about `X-Forwarded-For`.
    pub trusted_proxies: Vec<IpNet>,
    /// The clock, and random ids for hits and requests.
    pub ambient: Ambient,
    /// Takes the hits.
    pub recorder: Recorder,
    /// Wakes the delivery workers: a mail to a recipient is waiting.
    pub wake: Arc<Notify>,
    /// Woken when a recipient decided or confirmed something, so that open pages of senders learn of it at once.
    pub changed: Arc<Notify>,
}

/// What handlers share.
pub(crate) struct App {
    pub(crate) tracker: Tracker,
    pub(crate) recent: Recent,
    pub(crate) tracer: Tracer,
    pub(crate) doorman: Doorman,
    /// Counts what people say of hits, each person apart.
    pub(crate) statements: Doorman,
}

impl App {
    pub(crate) fn now(&self) -> model::Time {
        (self.tracker.ambient.now)()
    }
}

/// The tracker origin. Requests carry `ConnectInfo<SocketAddr>`; without it, addresses count as unknown.
pub fn router(tracker: Tracker) -> Router {
    let Ambient { now, random } = tracker.ambient;
    let app = Arc::new(App {
        tracker,
        recent: Recent::default(),
        tracer: Tracer::new(random, now()),
        doorman: Doorman::new(random, now()),
        statements: Doorman::new(random, now()),
    });
    Router::new()
        .route("/o/{*file}", get(open::pixel))
        .route("/c/{token}", get(click::redirect))
        .route("/n/{workspace}", get(full::show))
        .route("/f/{form}", get(form::show).post(form::act))
        .route("/p", get(person::start::show).post(person::start::ask))
        .route(
            "/p/own/{token}",
            get(person::own::show).post(person::own::act),
        )
        .route("/p/{token}", get(person::show).post(person::decide))
        .route(
            "/p/confirm/{token}",
            get(person::confirm::show).post(person::confirm::answer),
        )
        .route(
            "/p/guardian/{token}",
            get(person::guardian::show).post(person::guardian::answer),
        )
        .route(
            "/p/guardian/{token}/receipt.json",
            get(person::guardian::receipt),
        )
        .route("/p/{token}/receipt.json", get(person::proof::receipt))
        .route("/.well-known/overt-key", get(person::proof::key))
        .route("/r/{token}", get(receipt::show).post(receipt::confirm))
        .route("/u/{token}", get(unsubscribe::show).post(unsubscribe::act))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/", get(page::home))
        .fallback(page::not_found)
        .method_not_allowed_fallback(page::not_allowed)
        .layer(from_fn(answer))
        .with_state(app)
}

/// Bounds every answer in time, and gives it the headers that all answers have.
async fn answer(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(ANSWER_WAIT_MAX, next.run(request)).await;
    let mut response = answer.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response());
    let headers = response.headers_mut();
    // Every display of a mail is to be asked for anew, and nothing on these pages belongs into a cache.
    let cache = HeaderValue::from_static("no-store, no-cache, max-age=0, must-revalidate");
    headers.insert(header::CACHE_CONTROL, cache);
    // Addresses here have tokens in them: no other site may learn one.
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}
