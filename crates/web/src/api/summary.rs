//! Sums over the messages of a time.

use super::messages::Counts;
use crate::Shared;
use crate::auth::ApiUser;
use crate::error::{Error, Result};
use crate::extract::Params;
use crate::pages::scope;
use axum::Json;
use axum::extract::State;
use model::Time;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which messages.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Span {
    /// Accepted at this moment or later; RFC 3339.
    #[param(value_type = String)]
    from: Time,
    /// Accepted before this moment; RFC 3339.
    #[param(value_type = String)]
    to: Time,
}

/// Who read, as an interval: from those who surely did to those who perhaps did as well.
#[derive(Serialize, ToSchema)]
struct Opened {
    /// Copies whose opens may be recorded: what the others are parts of. Nothing is known of the rest.
    tracked: u32,
    /// A person opened it, followed a link, or pressed the receipt.
    sure: u32,
    /// Fetched in a way that cannot be told from a machine, and nothing surer.
    perhaps: u32,
    /// `sure` in percent of `tracked`; null where nothing is tracked.
    percent_low: Option<f64>,
    /// `sure` and `perhaps` in percent of `tracked`.
    percent_high: Option<f64>,
}

/// Who followed a link, as an interval likewise.
#[derive(Serialize, ToSchema)]
struct Clicked {
    /// Copies whose clicks may be recorded.
    tracked: u32,
    /// A person followed a link.
    sure: u32,
    /// A link was followed in a way that cannot be told from a machine, and no other surer.
    perhaps: u32,
    /// `sure` in percent of `tracked`; null where nothing is tracked.
    percent_low: Option<f64>,
    /// `sure` and `perhaps` in percent of `tracked`.
    percent_high: Option<f64>,
}

/// What is known of the messages of a time. Machines are shown apart and are in no share.
#[derive(Serialize, ToSchema)]
pub(super) struct Sums {
    from: String,
    to: String,
    /// Copies in all.
    copies: u32,
    /// Copies that could not be delivered; they are in nothing below.
    undelivered: u32,
    /// Copies of which something may be recorded about the person. Nothing is known of the others, so nothing below
    /// says that they did not read or click.
    n_tracked: u32,
    /// Delivered or under way, and nothing is recorded of the person at all.
    n_not_tracked: u32,
    /// Nothing is told of the person: only counted in a message's sums, or only the day of the last open is kept.
    n_limited: u32,
    opened: Opened,
    clicked: Clicked,
    /// Requests for pictures.
    opens: Counts,
    /// Requests for links.
    clicks: Counts,
    /// Where each figure is explained.
    glossary: String,
}

/// Sums over the messages that were accepted within a time: the user's own, or everybody's.
#[utoipa::path(get, path = "/api/v1/summary", operation_id = "summary", tag = "messages", params(Span), responses(
    (status = 200, body = Sums),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn show(
    State(web): State<Shared>,
    user: ApiUser,
    Params(span): Params<Span>,
) -> Result<Json<Sums>> {
    if span.from >= span.to {
        return Err(Error::Query("from has to be before to".into()));
    }
    let sums = web
        .app
        .store
        .summary(user.workspace, scope(&user), span.from, span.to)
        .await?;
    let of = |part: u32, whole: u32| {
        let tenths = (f64::from(part) * 1000.0 / f64::from(whole)).round();
        (whole > 0).then_some(tenths / 10.0)
    };
    Ok(Json(Sums {
        from: span.from.rfc3339(),
        to: span.to.rfc3339(),
        copies: sums.copies,
        undelivered: sums.undelivered,
        n_tracked: sums.tracked,
        n_not_tracked: sums.copies - sums.undelivered - sums.tracked - sums.limited,
        n_limited: sums.limited,
        opened: Opened {
            tracked: sums.opens_tracked,
            sure: sums.read,
            perhaps: sums.perhaps,
            percent_low: of(sums.read, sums.opens_tracked),
            percent_high: of(sums.read + sums.perhaps, sums.opens_tracked),
        },
        clicked: Clicked {
            tracked: sums.clicks_tracked,
            sure: sums.clicked,
            perhaps: sums.clicked_perhaps,
            percent_low: of(sums.clicked, sums.clicks_tracked),
            percent_high: of(sums.clicked + sums.clicked_perhaps, sums.clicks_tracked),
        },
        opens: Counts::of(sums.opens),
        clicks: Counts::of(sums.clicks),
        glossary: format!("{}/glossary#numbers", web.app.admin),
    }))
}
