//! Who seems to read the mails no more: the one use that the day of a last open may be put to.

use super::limit;
use crate::auth::ApiUser;
use crate::error::{Error, Result};
use crate::extract::Params;
use crate::{Shared, paging};
use axum::Json;
use axum::extract::State;
use model::Day;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// Not seen since this day, as in 2026-05-21.
    since: String,
    /// The `next` of the page before.
    after: Option<String>,
    /// Contacts on the page: 1 to 100, else 50.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
}

/// Somebody who seems to read the mails no more.
#[derive(Serialize, ToSchema)]
struct InactiveItem {
    id: String,
    address: String,
}

/// A page of them, by address.
#[derive(Serialize, ToSchema)]
pub(super) struct Inactives {
    /// Contacts of whom this can say anything: those the items are a part of.
    n_tracked: u32,
    /// All other contacts. That they are not among the items does not mean that they opened, nor that they did not.
    n_not_applicable: u32,
    items: Vec<InactiveItem>,
    /// What to send as `after` for the next page; null on the last.
    next: Option<String>,
}

/// Contacts who since a day got mail that keeps the day of their last open (mode `hygiene`), and opened none of it.
/// Whoever is not tracked so is not in it: of them nothing is known. For taking people off a list, and nothing else.
#[utoipa::path(get, path = "/api/v1/list-cleaning", operation_id = "list_cleaning", tag = "contacts", params(Query), responses(
    (status = 200, body = Inactives),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    State(web): State<Shared>,
    user: ApiUser,
    Params(query): Params<Query>,
) -> Result<Json<Inactives>> {
    let since: Day = query
        .since
        .parse()
        .map_err(|bad| Error::Query(format!("since: {bad}")))?;
    let limit = limit(query.limit)?;
    let found = web
        .app
        .store
        .contacts_inactive(user.workspace, since, query.after, limit + 1);
    let mut found = found.await?;
    let next = paging::cut(&mut found, limit.into(), |last| last.address.to_string());
    let reach = web.app.store.list_cleaning_reach(user.workspace, since);
    let reach = reach.await?;
    let item = |one: &store::Inactive| InactiveItem {
        id: one.contact.to_string(),
        address: one.address.to_string(),
    };
    Ok(Json(Inactives {
        n_tracked: reach.tracked,
        n_not_applicable: reach.not_applicable,
        items: found.iter().map(item).collect(),
        next,
    }))
}
