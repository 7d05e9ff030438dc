//! One webhook: how it goes, what was sent of late, and everything that can be done about it.

use super::settings::agreed;
use super::view::When;
use super::webhooks::{Draft, WebhookForm, entered, next_try, refused, standing};
use super::{Page, show as render};
use crate::Shared;
use crate::auth::User;
use crate::error::{Error, Result};
use crate::extract::{Fields, Id};
use crate::webhooks::{WebhookToEnter, alter, find, remove, renew, send_test, try_now, turn};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use model::source::Unclear;
use model::webhook::OVERLAP;
use model::{DeliveryState, WebhookId};
use store::{Logged, Webhook};

/// Lines of the log on the page; the API has more.
const LOG_MAX: u16 = 50;

#[derive(Template)]
#[template(path = "webhook.html")]
struct WebhookPage {
    page: Page,
    webhook: Webhook,
    log: Vec<Logged>,
    draft: Draft,
    /// The form was sent, and was wrong.
    is_draft: bool,
    /// Shown this once, and until when the one before goes on signing.
    secret: Option<(String, Option<When>)>,
    agreed: u64,
    wrong: Option<Unclear>,
}

impl WebhookPage {
    fn flawed(&self) -> &'static str {
        self.wrong.as_ref().map_or("", |wrong| wrong.field)
    }

    fn standing(&self) -> (String, bool) {
        standing(&self.webhook)
    }

    fn next_try(&self) -> Option<When> {
        next_try(&self.webhook)
    }

    fn is_new(&self) -> bool {
        self.webhook.secret_number == 1
    }

    fn at(line: &Logged) -> When {
        When(line.at)
    }

    fn due(line: &Logged) -> Option<When> {
        line.due_at.map(When)
    }

    fn class(line: &Logged) -> &'static str {
        match line.state {
            DeliveryState::Delivered => "good",
            DeliveryState::Failed => "wrong",
            DeliveryState::Waiting => "quiet",
        }
    }

    fn state(line: &Logged) -> &'static str {
        match line.state {
            DeliveryState::Delivered => "Taken",
            DeliveryState::Failed => "Given up",
            DeliveryState::Waiting if line.attempts == 0 => "Waits for its turn",
            DeliveryState::Waiting => "Not taken yet",
        }
    }
}

async fn page(
    web: &Shared,
    user: &User,
    id: WebhookId,
    draft: Option<Draft>,
    wrong: Option<Unclear>,
) -> Result<WebhookPage> {
    let webhook = find(web, user, id).await?;
    let log = web
        .app
        .store
        .webhook_log(user.workspace, id, LOG_MAX)
        .await?;
    let as_it_is = || {
        Draft::of(&WebhookToEnter {
            url: webhook.url.clone(),
            label: webhook.label.clone(),
            events: webhook
                .events
                .iter()
                .map(|event| event.as_str().to_owned())
                .collect(),
        })
    };
    let title = if webhook.label.is_empty() {
        "Webhook"
    } else {
        &webhook.label
    };
    Ok(WebhookPage {
        page: Page::of(user, "settings", title),
        is_draft: draft.is_some(),
        draft: draft.unwrap_or_else(as_it_is),
        webhook,
        log,
        agreed: agreed(web, user).await?,
        secret: None,
        wrong,
    })
}

/// The page with a secret on it, which is shown this once.
pub(super) async fn with_secret(
    web: &Shared,
    user: &User,
    id: WebhookId,
    secret: String,
) -> Result<Response> {
    let mut page = page(web, user, id, None, None).await?;
    let old_until = (!page.is_new()).then(|| When(page.webhook.secret_at + OVERLAP));
    page.secret = Some((secret, old_until));
    Ok(render(&page))
}

/// `GET /settings/webhooks/{id}`
pub(super) async fn show(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<WebhookId>,
) -> Result<Response> {
    Ok(render(&page(&web, &user, id, None, None).await?))
}

/// `POST /settings/webhooks/{id}`: whichever of the page's buttons it was, by the field `do`.
pub(super) async fn act(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<WebhookId>,
    Fields(form): Fields<WebhookForm>,
) -> Result<Response> {
    let done = match form.get("do").map_or("", String::as_str) {
        "change" => {
            let same = form.contains_key("same");
            alter(&web, &user, id, entered(&form), same).await
        }
        "test" => send_test(&web, &user, id).await,
        "retry" => {
            let delivery = form.get("delivery").and_then(|text| text.parse().ok());
            let delivery = delivery.ok_or(Error::NotFound("event"))?;
            try_now(&web, &user, id, delivery).await
        }
        "on" => turn(&web, &user, id, true).await,
        "off" => turn(&web, &user, id, false).await,
        "rotate" => {
            let secret = renew(&web, &user, id).await?;
            return with_secret(&web, &user, id, secret).await;
        }
        "delete" => {
            remove(&web, &user, id).await?;
            return Ok(Redirect::to("/settings/webhooks").into_response());
        }
        _ => Err(Error::Invalid {
            field: "do",
            why: "write change, test, retry, on, off, rotate or delete".into(),
        }),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/settings/webhooks/{id}")).into_response()),
        Err(error) => {
            let why = refused(error)?;
            let draft = form.contains_key("url").then(|| Draft::of(&entered(&form)));
            let page = page(&web, &user, id, draft, Some(why)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response())
        }
    }
}
