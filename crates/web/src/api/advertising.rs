//! Who gets no advertising, and why others may get some: the suppression list and the assessments of legitimate
//! interests. The list answers about one address at a time and names nobody; only the person takes themselves off it.

use crate::Shared;
use crate::auth::{ApiUser, May};
use crate::error::{Error, Result};
use crate::extract::Params;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::role::Act;
use model::source::Unclear;
use model::{AssessmentId, EmailAddress, Time};
use serde::{Deserialize, Serialize};
use store::{Assessment, By, User};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct About {
    /// The address.
    address: String,
}

/// How it stands with one address.
#[derive(Serialize, ToSchema)]
pub(super) struct Standing {
    /// It gets no newsletters and no advertising.
    suppressed: bool,
    /// `unsubscribed`, `objected`, `noted`, `complained`, `erased`; null if it is not on the list.
    cause: Option<&'static str>,
    since: Option<String>,
}

/// Is this address on the list of those who get no advertising?
#[utoipa::path(get, path = "/api/v1/suppression", operation_id = "ask_suppression", tag = "contacts", params(About), responses(
    (status = 200, body = Standing),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn ask(
    State(web): State<Shared>,
    user: ApiUser,
    Params(about): Params<About>,
) -> Result<Json<Standing>> {
    standing(&web, &user, &about.address).await.map(Json)
}

/// Notes that somebody wants no advertising. It ends what they agreed to about tracking, too. There is no way back from
/// here: they take themselves off the list, on the page behind any unsubscribe link.
#[utoipa::path(post, path = "/api/v1/suppression", operation_id = "suppress", tag = "contacts", params(About), responses(
    (status = 200, body = Standing),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn note(
    State(web): State<Shared>,
    user: ApiUser,
    Params(about): Params<About>,
) -> Result<Json<Standing>> {
    suppress(&web, &user, &about.address).await?;
    standing(&web, &user, &about.address).await.map(Json)
}

fn address(text: &str) -> Result<EmailAddress> {
    text.parse()
        .map_err(|e| Error::Query(format!("address: {e}")))
}

/// How it stands with an address.
pub(crate) async fn suppression(
    web: &Shared,
    user: &User,
    address: &EmailAddress,
) -> Result<Option<store::Suppression>> {
    let mark = web.app.sender.suppression.mark(user.workspace, address);
    let found = web.app.store.suppressed(user.workspace, vec![mark]).await?;
    Ok(found.into_iter().next().flatten())
}

async fn standing(web: &Shared, user: &User, text: &str) -> Result<Standing> {
    let found = suppression(web, user, &address(text)?).await?;
    Ok(Standing {
        suppressed: found.is_some(),
        cause: found.map(|s| s.cause.as_str()),
        since: found.map(|s| s.since.rfc3339()),
    })
}

/// Open to every role, like noting a withdrawal: it can only lessen what somebody gets.
pub(crate) async fn suppress(web: &Shared, user: &User, text: &str) -> Result<()> {
    let (workspace, address) = (user.workspace, address(text)?);
    let mark = web.app.sender.suppression.mark(workspace, &address);
    let contact = web
        .app
        .store
        .contact_by_address(workspace, &address)
        .await?;
    let by = By::user(user.id, (web.app.ambient.now)());
    let store = &web.app.store;
    store
        .suppress_noted(workspace, mark, contact.map(|c| c.id), by)
        .await?;
    web.app.changed.notify_one();
    Ok(())
}

/// An assessment of legitimate interests.
#[derive(Serialize, ToSchema)]
pub(super) struct AssessmentItem {
    id: String,
    title: String,
    purpose: String,
    necessity: String,
    balance: String,
    author: String,
    at: String,
    review_by: String,
    /// It has not run out.
    holds: bool,
}

/// All of them.
#[derive(Serialize, ToSchema)]
pub(super) struct Assessments {
    /// The one that holds longest first.
    items: Vec<AssessmentItem>,
}

/// The assessments of legitimate interests behind mail to people who never asked for it.
#[utoipa::path(get, path = "/api/v1/assessments", operation_id = "list_assessments", tag = "compliance", responses(
    (status = 200, body = Assessments),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn list(State(web): State<Shared>, user: ApiUser) -> Result<Json<Assessments>> {
    let now = (web.app.ambient.now)();
    let all = web.app.store.assessments(user.workspace).await?;
    let items = all.into_iter().map(|a| item(a, now)).collect();
    Ok(Json(Assessments { items }))
}

fn item(a: Assessment, now: Time) -> AssessmentItem {
    AssessmentItem {
        id: a.id.to_string(),
        title: a.title,
        purpose: a.purpose,
        necessity: a.necessity,
        balance: a.balance,
        author: a.author,
        at: a.at.rfc3339(),
        review_by: a.review_by.rfc3339(),
        holds: a.review_by > now,
    }
}

/// An assessment to keep: the three steps of the test, and when somebody must look again.
#[derive(Deserialize, ToSchema, Default)]
#[serde(default)]
pub(crate) struct NewAssessment {
    /// What it is about.
    pub(crate) title: String,
    /// Which interest is pursued.
    pub(crate) purpose: String,
    /// Why nothing milder does.
    pub(crate) necessity: String,
    /// Why it does not weigh more on those who are written to.
    pub(crate) balance: String,
    /// A day, at most a year away.
    pub(crate) review_by: String,
}

/// Keeps an assessment. It is never changed; a new view is a new one.
#[utoipa::path(post, path = "/api/v1/assessments", operation_id = "write_assessment", tag = "compliance",
    request_body = NewAssessment,
    responses(
        (status = 201, body = AssessmentItem),
        (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn write(
    State(web): State<Shared>,
    user: ApiUser,
    body: Result<Json<NewAssessment>, axum::extract::rejection::JsonRejection>,
) -> Result<(StatusCode, Json<AssessmentItem>)> {
    let Json(new) = body.map_err(|error| Error::Invalid {
        field: "assessment",
        why: error.body_text(),
    })?;
    let kept = keep(&web, &user, &new).await?;
    let now = (web.app.ambient.now)();
    Ok((StatusCode::CREATED, Json(item(kept, now))))
}

/// Keeps one that is whole.
pub(crate) async fn keep(web: &Shared, user: &User, new: &NewAssessment) -> Result<Assessment> {
    user.may(Act::SetCeiling)?;
    let now = (web.app.ambient.now)();
    let id = AssessmentId((web.app.ambient.random)());
    let kept = assessment(id, user, new, now)?;
    let by = By::user(user.id, now);
    let store = &web.app.store;
    store
        .assessment_keep(user.workspace, kept.clone(), by)
        .await?;
    Ok(kept)
}

fn assessment(
    id: AssessmentId,
    user: &User,
    new: &NewAssessment,
    now: Time,
) -> Result<Assessment, Unclear> {
    let text = model::source::paragraph;
    Ok(Assessment {
        id,
        title: text("title", &new.title)?,
        purpose: text("purpose", &new.purpose)?,
        necessity: text("necessity", &new.necessity)?,
        balance: text("balance", &new.balance)?,
        author: user.name.clone(),
        at: now,
        review_by: model::source::within_a_year("review_by", &new.review_by, now)?,
    })
}
