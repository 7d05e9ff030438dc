//! `/metrics`: figures of the process and its database for a monitoring system, as `OpenMetrics` text.
//!
//! They tell of the whole instance and of no person, but how much mail there is and what readers use is nobody else's
//! business: an owner or admin of a workspace may read them, with an API key as bearer token or signed in, unless the
//! operator opened them to whoever reaches this origin (`[metrics] open = true`). What the figures are is the program's.

use crate::Shared;
use crate::auth::{ApiUser, May};
use crate::error::Result;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use model::role::Act;
use std::sync::Arc;

/// Gives all figures as `OpenMetrics` text.
pub type MetricsText =
    Arc<dyn Fn() -> BoxFuture<'static, std::result::Result<String, store::Error>> + Send + Sync>;

/// What stands at `/metrics`, and who may read it.
#[derive(Clone)]
pub struct Metrics {
    /// The figures.
    pub text: MetricsText,
    /// Whoever reaches the origin.
    pub open: bool,
}

/// <https://prometheus.io/docs/specs/om/open_metrics_spec/>
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(crate) async fn show(State(web): State<Shared>, user: Result<ApiUser>) -> Result<Response> {
    let metrics = &web.app.metrics;
    if !metrics.open {
        user?.may(Act::Administer)?;
    }
    let text = (metrics.text)().await?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}
