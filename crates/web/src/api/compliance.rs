//! The register of who tracks whom, and the monthly report.

use super::limit;
use crate::auth::{ApiUser, May};
use crate::error::Result;
use crate::extract::Params;
use crate::pages::{month_report, scope};
use crate::{Shared, paging};
use axum::Json;
use axum::extract::State;
use model::role::Act;
use model::{Mode, PerAxis};
use serde::{Deserialize, Serialize};
use store::RegisterFilter;
use utoipa::{IntoParams, ToSchema};

/// How many copies, with which modes.
#[derive(Serialize, ToSchema)]
struct TrackedCopies {
    open: &'static str,
    click: &'static str,
    document: &'static str,
    copies: u32,
}

/// How many copies without tracking, and why.
#[derive(Serialize, ToSchema)]
struct UntrackedCopies {
    reason: &'static str,
    copies: u32,
}

/// One mail that carried tracking.
#[derive(Serialize, ToSchema)]
struct RegisterLine {
    message: String,
    /// Who sent it.
    user: String,
    sender: String,
    sent_at: String,
    /// What kind of mail it is, which is its purpose.
    class: &'static str,
    tracked: Vec<TrackedCopies>,
    untracked: Vec<UntrackedCopies>,
    /// SHA-256 of each text by which recipients of tracked copies had agreed.
    texts: Vec<String>,
}

/// A page of the register.
#[derive(Serialize, ToSchema)]
pub(super) struct Register {
    /// Newest first.
    items: Vec<RegisterLine>,
    /// What to send as `after` for the next page; null on the last.
    next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// The `next` of the page before.
    after: Option<String>,
    /// Mails on the page: 1 to 100, else 50.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
}

/// Every mail that carried tracking: the user's own, or everybody's for roles that see all. Newest first.
#[utoipa::path(get, path = "/api/v1/compliance/register", operation_id = "list_register", tag = "compliance", params(Query), responses(
    (status = 200, body = Register),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn register(
    State(web): State<Shared>,
    user: ApiUser,
    Params(query): Params<Query>,
) -> Result<Json<Register>> {
    let limit = limit(query.limit)?;
    let filter = RegisterFilter {
        user: scope(&user),
        after: paging::after(&query.after.unwrap_or_default())?,
        limit: u32::from(limit) + 1,
        ..RegisterFilter::default()
    };
    let mut found = web.app.store.register(user.workspace, filter).await?;
    let next = paging::cut(&mut found, limit.into(), |last| last.place().to_string());
    let modes = |(m, copies): &(PerAxis<Mode>, u32)| TrackedCopies {
        open: m.open.as_str(),
        click: m.click.as_str(),
        document: m.document.as_str(),
        copies: *copies,
    };
    let line = |line: store::Registered| RegisterLine {
        message: line.message.to_string(),
        user: line.user.to_string(),
        sender: line.sender,
        sent_at: line.at.rfc3339(),
        class: line.class.as_str(),
        tracked: line.tracked.iter().map(modes).collect(),
        untracked: line
            .untracked
            .iter()
            .map(|(reason, copies)| UntrackedCopies {
                reason: reason.code(),
                copies: *copies,
            })
            .collect(),
        texts: line.texts.iter().map(ToString::to_string).collect(),
    };
    Ok(Json(Register {
        items: found.into_iter().map(line).collect(),
        next,
    }))
}

/// One figure of a month.
#[derive(Serialize, ToSchema)]
struct Figure {
    about: &'static str,
    what: String,
    count: u64,
}

/// What happened in a month.
#[derive(Serialize, ToSchema)]
pub(super) struct Month {
    month: String,
    figures: Vec<Figure>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// `2026-11`.
    month: String,
}

/// What happened in a month: trackers in use, changes of consent, what was lowered, requests, breaches, expiring consents.
#[utoipa::path(get, path = "/api/v1/compliance/report", operation_id = "show_report", tag = "compliance", params(Which), responses(
    (status = 200, body = Month),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn report(
    State(web): State<Shared>,
    user: ApiUser,
    Params(which): Params<Which>,
) -> Result<Json<Month>> {
    user.may(Act::SeeAll)?;
    let lines = month_report(&web, &user, &which.month).await?;
    let figure = |(about, what, count)| Figure { about, what, count };
    Ok(Json(Month {
        month: which.month,
        figures: lines.into_iter().map(figure).collect(),
    }))
}
