//! The pages. Each file holds what one page shows and what its forms do.

mod account;
mod age;
mod assessments;
mod contact;
mod contacts;
mod desk;
mod glossary;
mod list_cleaning;
mod message;
mod numbers;
pub(crate) mod origin;
mod sent;
mod settings;
mod sign_in;
mod sums;
pub(crate) mod view;
mod webhook;
mod webhooks;
mod workspace;
mod write;

pub(crate) use age::note_age;
pub(crate) use contact::{find as find_contact, withdraw_all};
pub(crate) use desk::{may_limit, month_report, must_limit, reason};
pub(crate) use sent::{scope, visible};

use crate::Shared;
use askama::Template;
use axum::Router;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use model::role::Act;

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .merge(desk::router())
        .route("/", get(sent::list))
        .route("/sign-in", get(sign_in::show).post(sign_in::submit))
        .route("/sign-out", post(sign_in::leave))
        .route("/messages/{id}", get(message::show))
        .route("/messages/{id}/row", get(sent::row))
        .route("/write", get(write::show).post(write::submit))
        .route("/contacts", get(contacts::list))
        .route("/contacts/inactive", get(list_cleaning::show))
        .route("/contacts/enter", get(origin::show).post(origin::submit))
        .route(
            "/contacts/suppressed",
            get(origin::suppressed).post(origin::suppress),
        )
        .route("/contacts/{id}", get(contact::show))
        .route("/contacts/{id}/source", post(origin::set_source))
        .route("/contacts/{id}/agreement", post(origin::set_agreement))
        .route("/contacts/{id}/evidence", post(contact::prove))
        .route("/contacts/{id}/ask", post(contact::ask))
        .route("/contacts/{id}/describe", post(contact::describe))
        .route("/contacts/{id}/age", post(age::note))
        .route("/contacts/{id}/guardian", post(age::check))
        .route(
            "/contacts/{id}/withdraw",
            get(contact::confirm_withdrawal).post(contact::withdraw),
        )
        .route("/settings", get(settings::show))
        .route("/settings/workspace", post(workspace::describe))
        .route("/settings/limits", post(workspace::limit))
        .route("/settings/stop", post(workspace::stop))
        .route(
            "/settings/assessments",
            get(assessments::show).post(assessments::write),
        )
        .route(
            "/settings/webhooks",
            get(webhooks::list).post(webhooks::create),
        )
        .route(
            "/settings/webhooks/{id}",
            get(webhook::show).post(webhook::act),
        )
        .route("/settings/relay", post(settings::relay))
        .route("/settings/identities", post(account::add_identity))
        .route(
            "/settings/identities/{id}/remove",
            post(account::remove_identity),
        )
        .route("/settings/credentials", post(account::add_credential))
        .route(
            "/settings/credentials/{id}/revoke",
            post(account::revoke_credential),
        )
        .route("/settings/password", post(account::change_password))
        .route("/numbers", get(numbers::show))
        .route("/glossary", get(glossary::show))
}

/// What the frame around every page needs.
pub(crate) struct Page {
    title: String,
    /// Which entry of the navigation this belongs to.
    here: &'static str,
    user: Option<Visitor>,
}

struct Visitor {
    name: String,
    may_send: bool,
}

impl Page {
    /// A page of a signed-in user.
    pub(crate) fn of(user: &store::User, here: &'static str, title: impl Into<String>) -> Self {
        let visitor = Visitor {
            name: user.name.clone(),
            may_send: user.role.may(Act::Send),
        };
        Self {
            title: title.into(),
            here,
            user: Some(visitor),
        }
    }

    /// A page that anybody may see.
    pub(crate) fn public(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            here: "",
            user: None,
        }
    }
}

/// Why something was not possible.
#[derive(Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage {
    pub(crate) page: Page,
    pub(crate) detail: String,
}

impl ErrorPage {
    pub(crate) fn render_html(&self) -> Response {
        show(self)
    }
}

/// A template as an answer. Rendering into memory fails only on a broken template, which compiling rules out.
fn show(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!("a page could not be rendered: {error}");
            crate::error::Error::Internal.into_response()
        }
    }
}
