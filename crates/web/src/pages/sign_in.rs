//! Signing in and out.

use super::{Page, show as render};
use crate::auth::{self, User};
use crate::error::{Error, Result};
use crate::extract::{Fields, Params};
use crate::{Shared, auth::session};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    page: Page,
    address: String,
    next: String,
    wrong: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Wish {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(super) struct Attempt {
    address: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// `GET /sign-in`
pub(super) async fn show(Params(wish): Params<Wish>, user: Result<User>) -> Response {
    if user.is_ok() {
        return Redirect::to(local(&wish.next)).into_response();
    }
    let page = Page::public("Sign in");
    render(&SignInPage {
        page,
        address: String::new(),
        next: wish.next,
        wrong: None,
    })
}

/// `POST /sign-in`
pub(super) async fn submit(
    State(web): State<Shared>,
    Fields(attempt): Fields<Attempt>,
) -> Result<Response> {
    let (status, wrong) = match auth::sign_in(&web, &attempt.address, &attempt.password).await {
        Ok(Some(user)) => {
            let cookie = auth::open_session(&web, &user).await?;
            return Ok((
                [(header::SET_COOKIE, cookie)],
                Redirect::to(local(&attempt.next)),
            )
                .into_response());
        }
        Ok(None) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "This address and password do not belong together.".to_owned(),
        ),
        Err(Error::TooMany) => (StatusCode::TOO_MANY_REQUESTS, Error::TooMany.to_string()),
        Err(error) => return Err(error),
    };
    let page = Page::public("Sign in");
    let form = SignInPage {
        page,
        address: attempt.address,
        next: attempt.next,
        wrong: Some(wrong),
    };
    Ok((status, render(&form)).into_response())
}

/// `POST /sign-out`
pub(super) async fn leave(State(web): State<Shared>, headers: HeaderMap) -> Result<Response> {
    if let Some(digest) = session(&headers, &web) {
        web.app.store.session_end(digest).await?;
    }
    Ok((
        [(header::SET_COOKIE, auth::cookie(&web, ""))],
        Redirect::to("/sign-in"),
    )
        .into_response())
}

/// Where to go after signing in: a path on this origin, or the home page. `//host` and `/\host` lead elsewhere.
fn local(next: &str) -> &str {
    let path = next.starts_with('/') && !next[1..].starts_with(['/', '\\']);
    if path && !next.chars().any(char::is_control) {
        next
    } else {
        "/"
    }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn signing_in_leads_nowhere_else() {
        assert_eq!(local("/messages/x?y=z"), "/messages/x?y=z");
        for elsewhere in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "evil",
            "/\r\nX: y",
            "/\t/e",
        ] {
            assert_eq!(local(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
