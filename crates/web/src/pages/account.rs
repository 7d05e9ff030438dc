//! The forms under Settings that concern the user alone: identities, app passwords, API keys, the password.

use super::settings::{NewSecret, Note, page};
use crate::Shared;
use crate::auth::{self, May, PASSWORD_CHARS_MIN, User};
use crate::error::{Error, Result};
use crate::extract::{Fields, Id};
use axum::extract::State;
use axum::http::header;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use data_encoding::HEXLOWER;
use model::role::Act;
use model::{IdentityId, Secret};
use serde::Deserialize;
use store::{By, CredentialKind, Identity};

/// Identities, app passwords and keys of one user, each.
const EACH_MAX: usize = 100;

fn wrong(form: &'static str, why: impl Into<String>) -> Note {
    Note {
        wrong: Some((form, why.into())),
        ..Note::default()
    }
}

/// A word of the user's own: one line, not too long.
fn label(text: &str) -> Option<&str> {
    let text = text.trim();
    (text.chars().count() <= 100 && !text.chars().any(char::is_control)).then_some(text)
}

#[derive(Deserialize)]
pub(super) struct NewIdentity {
    address: String,
    name: String,
}

/// `POST /settings/identities`
pub(super) async fn add_identity(
    State(web): State<Shared>,
    user: User,
    Fields(form): Fields<NewIdentity>,
) -> Result<Response> {
    // Nobody proves here that an address is theirs, so a member cannot claim a colleague's.
    user.may(Act::Administer)?;
    let address = match form.address.parse() {
        Ok(address) => address,
        Err(error) => return page(&web, &user, wrong("identity", format!("{error}"))).await,
    };
    let Some(name) = label(&form.name) else {
        return page(
            &web,
            &user,
            wrong(
                "identity",
                "the name has one line of at most 100 characters",
            ),
        )
        .await;
    };
    if web.app.store.identities(user.id).await?.len() >= EACH_MAX {
        return page(
            &web,
            &user,
            wrong(
                "identity",
                format!("you have {EACH_MAX} identities; remove one first"),
            ),
        )
        .await;
    }
    let (now, random) = ((web.app.ambient.now)(), web.app.ambient.random);
    let id = IdentityId(random());
    let identity = Identity {
        id,
        workspace: user.workspace,
        user: user.id,
        address,
        name: name.to_owned(),
    };
    match web
        .app
        .store
        .identity_create(identity, By::user(user.id, now))
        .await
    {
        Ok(()) => Ok(Redirect::to("/settings#identities").into_response()),
        Err(store::Error::Conflict(_)) => {
            page(
                &web,
                &user,
                wrong("identity", "this address is somebody's identity already"),
            )
            .await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /settings/identities/{id}/remove`
pub(super) async fn remove_identity(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<IdentityId>,
) -> Result<Response> {
    user.may(Act::Send)?;
    let by = By::user(user.id, (web.app.ambient.now)());
    if !web.app.store.identity_remove(user.id, id, by).await? {
        return Err(Error::NotFound("identity"));
    }
    Ok(Redirect::to("/settings#identities").into_response())
}

#[derive(Deserialize)]
pub(super) struct NewCredential {
    kind: String,
    label: String,
}

/// `POST /settings/credentials`: makes an app password or an API key, and shows it this once.
pub(super) async fn add_credential(
    State(web): State<Shared>,
    user: User,
    Fields(form): Fields<NewCredential>,
) -> Result<Response> {
    let (kind, what) = match form.kind.as_str() {
        "app_password" => {
            user.may(Act::Send)?;
            (CredentialKind::AppPassword, "app password")
        }
        // A key may do no more than its user, so everybody may have one.
        "api_key" => (CredentialKind::ApiKey, "API key"),
        _ => {
            return Err(Error::Invalid {
                field: "kind",
                why: "write app_password or api_key".into(),
            });
        }
    };
    let Some(label) = label(&form.label).filter(|label| !label.is_empty()) else {
        return page(
            &web,
            &user,
            wrong(
                "credential",
                "name it after where it will be used, in one line",
            ),
        )
        .await;
    };
    if web.app.store.credentials(user.id, kind).await?.len() >= EACH_MAX {
        return page(
            &web,
            &user,
            wrong(
                "credential",
                format!("you have {EACH_MAX} of these; revoke one first"),
            ),
        )
        .await;
    }
    let (now, random) = ((web.app.ambient.now)(), web.app.ambient.random);
    let secret = Secret::new(random());
    web.app
        .store
        .credential_create(kind, random(), user.id, label, secret.digest(), now, None)
        .await?;
    let secret = NewSecret {
        what,
        label: label.to_owned(),
        secret: secret.as_str().to_owned(),
    };
    page(
        &web,
        &user,
        Note {
            secret: Some(secret),
            ..Note::default()
        },
    )
    .await
}

/// `POST /settings/credentials/{id}/revoke`
pub(super) async fn revoke_credential(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<String>,
) -> Result<Response> {
    let missing = || Error::NotFound("app password or key");
    let id = HEXLOWER
        .decode(id.as_bytes())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(missing)?;
    let by = By::user(user.id, (web.app.ambient.now)());
    if !web.app.store.credential_revoke(user.id, id, by).await? {
        return Err(missing());
    }
    Ok(Redirect::to("/settings#secrets").into_response())
}

#[derive(Deserialize)]
pub(super) struct NewPassword {
    current: String,
    new: String,
}

/// `POST /settings/password`: all other sessions end.
pub(super) async fn change_password(
    State(web): State<Shared>,
    user: User,
    Fields(form): Fields<NewPassword>,
) -> Result<Response> {
    let known = auth::sign_in(&web, user.address.as_str(), &form.current).await?;
    if known.is_none_or(|known| known.id != user.id) {
        return page(
            &web,
            &user,
            wrong("current", "the current password is not right"),
        )
        .await;
    }
    let Some(hash) = auth::stretch_password(&web, form.new).await? else {
        let why = format!("the new password needs at least {PASSWORD_CHARS_MIN} characters");
        return page(&web, &user, wrong("password", why)).await;
    };
    let by = By::user(user.id, (web.app.ambient.now)());
    web.app.store.user_set_password(user.id, hash, by).await?;
    let cookie = auth::open_session(&web, &user).await?;
    let done = "Your password is changed. Everywhere else you are signed out.";
    let answer = page(
        &web,
        &user,
        Note {
            done: Some(done),
            ..Note::default()
        },
    )
    .await?;
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), answer).into_response())
}
