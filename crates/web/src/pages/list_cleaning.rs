//! Who seems to read the mails no more, for taking them off a list.

use super::{Page, show as render};
use crate::auth::User;
use crate::error::{Error, Result};
use crate::extract::Params;
use crate::{Shared, paging};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::Day;
use serde::Deserialize;
use std::time::Duration;
use store::{Inactive, Reach};

const PAGE: u16 = 100;
/// What is asked about when no day is given: half a year.
const SINCE: Duration = Duration::from_hours(182 * 24);

#[derive(Template)]
#[template(path = "list_cleaning.html")]
struct ListCleaningPage {
    page: Page,
    since: Day,
    reach: Reach,
    inactive: Vec<Inactive>,
    more: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Query {
    since: String,
    after: String,
}

/// `GET /contacts/inactive`
pub(super) async fn show(
    State(web): State<Shared>,
    user: User,
    Params(query): Params<Query>,
) -> Result<Response> {
    let since = match query.since.as_str() {
        "" => ((web.app.ambient.now)() - SINCE).day(),
        day => day
            .parse()
            .map_err(|bad: model::time::BadDay| Error::Query(bad.to_string()))?,
    };
    let after = (!query.after.is_empty()).then_some(query.after);
    let found = web
        .app
        .store
        .contacts_inactive(user.workspace, since, after, PAGE + 1);
    let mut inactive = found.await?;
    let reach = web.app.store.list_cleaning_reach(user.workspace, since);
    let reach = reach.await?;
    let more = paging::cut(&mut inactive, PAGE.into(), |last| {
        let mut query = url::form_urlencoded::Serializer::new(String::from("/contacts/inactive?"));
        query.append_pair("since", &since.to_string());
        query.append_pair("after", last.address.as_str()).finish()
    });
    Ok(render(&ListCleaningPage {
        page: Page::of(&user, "contacts", "Who opens nothing any more"),
        since,
        reach,
        inactive,
        more,
    }))
}
