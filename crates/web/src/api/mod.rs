//! `/api/v1`: the same facts as the pages, as JSON, for the user whose key or session it is.

pub(crate) mod advertising;
mod age;
mod compliance;
mod consents;
mod contacts;
mod copies;
mod events;
mod list_cleaning;
mod me;
mod messages;
mod openapi;
mod reports;
pub(crate) mod roll;
mod submit;
mod summary;
pub(crate) mod webhooks;

use crate::Shared;
use crate::error::Error;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use axum::{Json, Router};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Items of a list, at most.
const LIMIT_MAX: u16 = 100;
/// Items of a list when nothing is asked for.
const LIMIT: u16 = 50;

pub(crate) fn router() -> Router<Shared> {
    let (router, document) = described().split_for_parts();
    router.route("/openapi.json", get(async move || Json(document)))
}

fn described() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(openapi::Document::openapi())
        .routes(routes!(submit::submit))
        .layer(DefaultBodyLimit::max(submit::MAIL_BYTES_MAX))
        .routes(routes!(reports::keep))
        .routes(routes!(messages::list))
        .routes(routes!(messages::show))
        .routes(routes!(copies::show))
        .routes(routes!(roll::import))
        .layer(DefaultBodyLimit::max(model::roll::LIST_BYTES_MAX))
        .routes(routes!(contacts::list, roll::enter))
        .routes(routes!(consents::take))
        .routes(routes!(contacts::show))
        .routes(routes!(contacts::consent))
        .routes(routes!(contacts::withdraw))
        .routes(routes!(age::note))
        .routes(routes!(list_cleaning::list))
        .routes(routes!(advertising::ask, advertising::note))
        .routes(routes!(advertising::list, advertising::write))
        .routes(routes!(summary::show))
        .routes(routes!(me::show))
        .routes(routes!(compliance::register))
        .routes(routes!(compliance::report))
        .routes(routes!(events::follow))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::show, webhooks::change, webhooks::delete))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::retry))
}

/// How many items, within bounds.
fn limit(asked: Option<u16>) -> Result<u16, Error> {
    match asked.unwrap_or(LIMIT) {
        n @ 1..=LIMIT_MAX => Ok(n),
        n => Err(Error::Query(format!(
            "limit={n}: between 1 and {LIMIT_MAX}"
        ))),
    }
}
