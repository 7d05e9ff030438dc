//! The tracking policy: reading it, acknowledging it, publishing another.

use super::super::{Page, show as render};
use super::{When, may_limit, must_limit, reason};
use crate::Shared;
use crate::auth::User;
use crate::error::{Error, Result};
use crate::extract::Fields;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use model::role::Act;
use model::{Sha256, Time};
use serde::Deserialize;
use store::{By, Policy};

#[derive(Template)]
#[template(path = "desk/policy.html")]
struct PolicyPage {
    page: Page,
    sees_all: bool,
    may_limit: bool,
    acknowledged: bool,
    policy: Policy,
    /// What the form holds, or the text in force.
    body: String,
    version: String,
    older: usize,
    wrong: Option<String>,
}

impl PolicyPage {
    fn since(&self) -> When {
        When(self.policy.published_at)
    }
}

async fn page(
    web: &Shared,
    user: &User,
    draft: Option<String>,
    wrong: Option<String>,
) -> Result<Response> {
    let store = &web.app.store;
    let mut versions = store.policies(user.workspace).await?;
    if versions.is_empty() {
        return Err(Error::NotFound("policy"));
    }
    let policy = versions.remove(0);
    let member = store.member(user.workspace, user.id).await?;
    let status = if wrong.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let page = PolicyPage {
        page: Page::of(user, "compliance", "Tracking policy"),
        sees_all: user.role.may(Act::SeeAll),
        may_limit: may_limit(web, user).await?,
        acknowledged: member.is_some_and(|m| m.limits.acknowledged),
        body: draft.unwrap_or_else(|| policy.body.clone()),
        version: policy.version.to_string().chars().take(12).collect(),
        policy,
        older: versions.len(),
        wrong,
    };
    Ok((status, render(&page)).into_response())
}

/// `GET /compliance/policy`
pub(super) async fn show(State(web): State<Shared>, user: User) -> Result<Response> {
    page(&web, &user, None, None).await
}

#[derive(Deserialize)]
pub(super) struct Acknowledgement {
    version: String,
    #[serde(default)]
    read: Option<String>,
}

/// `POST /compliance/policy/acknowledge`
pub(super) async fn acknowledge(
    State(web): State<Shared>,
    user: User,
    Fields(form): Fields<Acknowledgement>,
) -> Result<Response> {
    let version: Sha256 = form.version.parse().map_err(|_| Error::Invalid {
        field: "version",
        why: "not a version".into(),
    })?;
    if form.read.is_none() {
        return Err(Error::Invalid {
            field: "read",
            why: "tick the box if you have read it".into(),
        });
    }
    let now: Time = (web.app.ambient.now)();
    if !web
        .app
        .store
        .policy_acknowledge(user.id, version, now)
        .await?
    {
        return Err(Error::Conflict(
            "Another version has come into force meanwhile. Go back and read that one.".into(),
        ));
    }
    Ok(Redirect::to("/compliance/policy").into_response())
}

#[derive(Deserialize)]
pub(super) struct Draft {
    body: String,
    reason: String,
}

/// `POST /compliance/policy`
pub(super) async fn publish(
    State(web): State<Shared>,
    user: User,
    Fields(form): Fields<Draft>,
) -> Result<Response> {
    must_limit(&web, &user).await?;
    let why = reason(&form.reason)?;
    let Some(body) = model::policy::publishable(&form.body) else {
        let bounds = model::policy::CHARS;
        let why = format!(
            "a policy has {} to {} characters of plain text",
            bounds.start(),
            bounds.end()
        );
        return page(&web, &user, Some(form.body), Some(why)).await;
    };
    let by = By::user(user.id, (web.app.ambient.now)()).because(why);
    if !web
        .app
        .store
        .policy_publish(user.workspace, &body, by)
        .await?
    {
        let why = "this is the text in force already".to_owned();
        return page(&web, &user, Some(body), Some(why)).await;
    }
    Ok(Redirect::to("/compliance/policy").into_response())
}
