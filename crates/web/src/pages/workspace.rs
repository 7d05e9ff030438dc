//! The forms under Settings that concern the workspace, one for each kind of role that may: what it says about itself,
//! how much may be recorded, and the brake.

use super::settings::{Note, page};
use super::{must_limit, reason};
use crate::Shared;
use crate::auth::{May, User};
use crate::error::{Error, Result};
use crate::extract::Fields;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use model::UnknownWord;
use model::role::Act;
use model::{Mode, PerAxis};
use serde::Deserialize;
use store::{By, Workspace};

async fn settings(web: &Shared, user: &User) -> Result<Workspace> {
    let found = web.app.store.workspace(user.workspace).await?;
    found.ok_or(Error::NotFound("workspace"))
}

async fn save(web: &Shared, user: &User, settings: Workspace, why: &str) -> Result<Response> {
    let by = By::user(user.id, (web.app.ambient.now)()).because(why);
    web.app.store.workspace_update(settings, by).await?;
    Ok(Redirect::to("/settings#workspace").into_response())
}

fn unknown(why: &UnknownWord) -> Error {
    Error::Invalid {
        field: "workspace",
        why: why.to_string(),
    }
}

/// What recipients read of the workspace, and whether they are asked.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Description {
    name: String,
    /// A changed name is another one of the same organisation.
    same: Option<String>,
    language: String,
    ask: Option<String>,
    postal_address: String,
    contact: String,
}

/// `POST /settings/workspace`
pub(super) async fn describe(
    State(web): State<Shared>,
    user: User,
    Fields(form): Fields<Description>,
) -> Result<Response> {
    user.may(Act::Administer)?;
    let name = form.name.trim();
    if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        let why = "recipients read this name: give it 1 to 200 characters".to_owned();
        let note = Note {
            wrong: Some(("workspace", why)),
            ..Note::default()
        };
        return page(&web, &user, note).await;
    }
    let text = |text: &str| match text.trim() {
        "" => Ok(String::new()),
        text => model::source::paragraph("workspace", text),
    };
    let before = settings(&web, &user).await?;
    let identity = if name == before.name || form.same.is_some() {
        before.identity.clone()
    } else {
        name.to_owned()
    };
    let settings = Workspace {
        name: name.to_owned(),
        identity,
        language: form.language.parse().map_err(|why| unknown(&why))?,
        ask: form.ask.is_some(),
        postal_address: text(&form.postal_address)?,
        contact: text(&form.contact)?,
        ..before
    };
    save(&web, &user, settings, "").await
}

/// How much may be recorded at most, and why that changes.
#[derive(Deserialize)]
pub(super) struct Limits {
    reason: String,
    tracking: Option<String>,
    directed_to_children: Option<String>,
    checks_guardians: Option<String>,
    open: String,
    click: String,
    document: String,
}

/// `POST /settings/limits`
pub(super) async fn limit(
    State(web): State<Shared>,
    user: User,
    Fields(form): Fields<Limits>,
) -> Result<Response> {
    must_limit(&web, &user).await?;
    let why = reason(&form.reason)?;
    let mode = |word: &str| word.parse::<Mode>().map_err(|why| unknown(&why));
    let settings = Workspace {
        tracking: form.tracking.is_some(),
        directed_to_children: form.directed_to_children.is_some(),
        checks_guardians: form.checks_guardians.is_some(),
        ceiling: PerAxis {
            open: mode(&form.open)?,
            click: mode(&form.click)?,
            document: mode(&form.document)?,
        },
        ..settings(&web, &user).await?
    };
    save(&web, &user, settings, why).await
}

/// `POST /settings/stop`: the brake is near for everybody who sees all; only the compliance desk lets it go.
pub(super) async fn stop(State(web): State<Shared>, user: User) -> Result<Response> {
    user.may(Act::SeeAll)?;
    let settings = Workspace {
        tracking: false,
        ..settings(&web, &user).await?
    };
    save(&web, &user, settings, "").await
}
