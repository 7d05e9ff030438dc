//! Dashboard and REST API on the admin origin: who is asking → what the store says → a page or JSON.
//!
//! Pages are rendered on the server and work without JavaScript; the script only keeps them live. The same facts are
//! JSON under `/api/v1`. Every handler names who may do it in its first line; whatever belongs to another workspace,
//! or to another member, does not exist here.
//!
//! Left out on purpose: listeners, TLS and connection limits (the program has them), SQL (`store` has it), the clock
//! and randomness (they come in as [`model::Ambient`]).

mod api;
mod assets;
mod auth;
mod compose;
mod csrf;
mod door;
mod error;
mod extract;
mod headers;
mod live;
mod mailbox;
mod metrics;
mod pages;
mod paging;
mod webhooks;

pub use auth::{PASSWORD_CHARS_MIN, hash_password};
pub use mailbox::{MailboxDir, mailbox};
pub use metrics::{Metrics, MetricsText};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use futures_util::future::BoxFuture;
use model::url::Origin;
use model::{Ages, Ambient, ContactId, WorkspaceId};
use std::sync::Arc;
use store::By;

/// Asks the relay whether it would take mail: its greeting on success, else what is wrong and what to do.
pub type RelayTest = Arc<dyn Fn() -> BoxFuture<'static, Result<String, String>> + Send + Sync>;

/// Draws the evidence of a contact's consents, as one file: none if they are no contact of the workspace. An error says
/// in words why what is there proves nothing.
pub type Prove = Arc<
    dyn Fn(WorkspaceId, ContactId, By) -> BoxFuture<'static, Result<Option<Vec<u8>>, String>>
        + Send
        + Sync,
>;

/// What the dashboard stands on; made by the program.
#[derive(Clone)]
pub struct App {
    /// The store.
    pub store: store::Store,
    /// The way out for mail.
    pub sender: send::Sender,
    /// From which age people may agree alone, country by country.
    pub ages: Arc<Ages>,
    /// Time and chance.
    pub ambient: Ambient,
    /// The origin that browsers know the dashboard by.
    pub admin: Origin,
    /// The sentence of a verdict's reason code.
    pub explain: fn(&str) -> &'static str,
    /// The name of an opener's id.
    pub opener_name: fn(&str) -> String,
    /// Draws the evidence of a contact's consents.
    pub prove: Prove,
    /// The button under Settings that tests the relay.
    pub relay_test: RelayTest,
    /// Host and port for mail clients, where mail is taken by SMTP.
    pub smtp_hint: Option<String>,
    /// How long things are kept and who takes part, which the papers say.
    pub disclosure: Arc<store::Disclosure>,
    /// Figures for a monitoring system.
    pub metrics: Metrics,
    /// Where events may be sent, and the secrets.
    pub webhooks: notify::Webhooks,
    /// Rung when this process wrote events, so that pages need not wait for the next look.
    pub changed: Arc<tokio::sync::Notify>,
}

/// The state of all handlers.
pub(crate) struct Web {
    pub(crate) app: App,
    pub(crate) door: door::Door,
    pub(crate) live: live::Live,
}

/// The state as handlers get it.
pub(crate) type Shared = Arc<Web>;

/// Octets of a form; a mail text of a million characters is beyond what people write by hand.
const FORM_BYTES_MAX: usize = 1 << 20;

/// The whole admin origin. Must be called within a tokio runtime: it starts the task that follows the feed, which
/// ends when the router is dropped.
pub fn router(app: App) -> Router {
    let live = live::Live::start(app.store.clone(), app.changed.clone());
    let web: Shared = Arc::new(Web {
        door: door::Door::default(),
        live,
        app,
    });
    Router::new()
        .merge(pages::router())
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .merge(api::router())
        .route("/assets/{name}", get(assets::serve))
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics::show))
        .fallback(async || error::Error::NotFound("page"))
        .method_not_allowed_fallback(async || error::Error::MethodNotAllowed)
        .layer(from_fn_with_state(web.clone(), csrf::refuse_cross_origin))
        .layer(from_fn(error::dress))
        .layer(from_fn_with_state(web.clone(), headers::secure))
        .with_state(web)
}

/// Is this process of use? It is if the database answers.
async fn healthz(
    axum::extract::State(web): axum::extract::State<Shared>,
) -> Result<&'static str, error::Error> {
    web.app.store.ping().await?;
    Ok("ok\n")
}
