//! Assessments of legitimate interests: read by everybody, written by those who set limits, never changed.

use super::view::{Day, Flaw, When};
use super::{Page, show as render};
use crate::Shared;
use crate::api::advertising::{NewAssessment, keep};
use crate::auth::User;
use crate::error::{Error, Result};
use crate::extract::Fields;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use model::role::Act;
use store::Assessment;

#[derive(Template)]
#[template(path = "assessments.html")]
struct AssessmentsPage {
    page: Page,
    all: Vec<(Assessment, bool)>,
    draft: NewAssessment,
    may_write: bool,
    /// The field that is wrong, and why.
    wrong: Option<(&'static str, String)>,
}

impl AssessmentsPage {
    fn flaw(&self, name: &str) -> Flaw {
        Flaw(self.wrong.as_ref().is_some_and(|(field, _)| *field == name))
    }

    fn until(a: &Assessment) -> Day {
        Day(a.review_by)
    }

    fn at(a: &Assessment) -> When {
        When(a.at)
    }
}

async fn page(
    web: &Shared,
    user: &User,
    draft: NewAssessment,
    wrong: Option<(&'static str, String)>,
) -> Result<AssessmentsPage> {
    let now = (web.app.ambient.now)();
    let all = web.app.store.assessments(user.workspace).await?;
    Ok(AssessmentsPage {
        page: Page::of(user, "settings", "Assessments of legitimate interests"),
        all: all
            .into_iter()
            .map(|a| (a.review_by > now, a))
            .map(|(holds, a)| (a, holds))
            .collect(),
        draft,
        may_write: user.role.may(Act::SetCeiling),
        wrong,
    })
}

/// `GET /settings/assessments`
pub(super) async fn show(State(web): State<Shared>, user: User) -> Result<Response> {
    let page = page(&web, &user, NewAssessment::default(), None).await?;
    Ok(render(&page))
}

/// `POST /settings/assessments`
pub(super) async fn write(
    State(web): State<Shared>,
    user: User,
    Fields(draft): Fields<NewAssessment>,
) -> Result<Response> {
    match keep(&web, &user, &draft).await {
        Ok(_) => Ok(Redirect::to("/settings/assessments").into_response()),
        Err(Error::Invalid { field, why }) => {
            let wrong = Some((field, why));
            let page = page(&web, &user, draft, wrong).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response())
        }
        Err(other) => Err(other),
    }
}
