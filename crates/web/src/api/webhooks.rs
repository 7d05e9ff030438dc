//! Webhooks: the addresses that the workspace has events sent to. For owners and administrators.

use super::limit;
use crate::Shared;
use crate::auth::{ApiUser, May};
use crate::error::{Error, Result};
use crate::extract::{Id, Params};
use crate::webhooks::{
    WebhookToEnter, alter, enter, find, remove, renew, send_test, try_now, turn, words,
};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::role::Act;
use model::webhook::OVERLAP;
use model::{WebhookEvent, WebhookId};
use serde::{Deserialize, Serialize};
use store::{Logged, Webhook};
use utoipa::{IntoParams, ToSchema};

/// An address that events are sent to.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookItem {
    id: String,
    /// What it is for.
    label: String,
    url: String,
    /// The events that were chosen.
    events: Vec<&'static str>,
    /// The events that every webhook gets, chosen or not (GDPR Art. 7(3), 19).
    owed: Vec<&'static str>,
    /// Why nothing is sent: `paused`, `gone`, `failing`; null if it is on.
    off: Option<&'static str>,
    /// Since when.
    off_at: Option<String>,
    /// Since when its secret is in use.
    secret_at: String,
    /// Attempts that failed since it last took something.
    failures: u32,
    /// When it was tried last.
    tried_at: Option<String>,
    /// What came of the last attempt.
    answer: Option<String>,
    /// When it is tried next; null if it is off or nothing waits.
    next_at: Option<String>,
    /// Events that wait.
    waiting: u32,
    /// Events that were not sent, because the person no longer permits it.
    withheld: u32,
    /// Events that were not sent, because too many waited.
    lost: u32,
    created_at: String,
}

/// All of them.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookItems {
    /// In the order they were entered.
    items: Vec<WebhookItem>,
}

/// A webhook and its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(super) struct WithSecret {
    webhook: WebhookItem,
    /// `whsec_…`, to verify with.
    secret: String,
    /// Until when the secret before it goes on signing beside it; null for the first one.
    old_until: Option<String>,
}

/// What to change. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookChange {
    url: Option<String>,
    /// Behind another host of `url` is the same recipient as before. Else it is one more, whom what people agreed to so far
    /// does not cover: nothing more is recorded of them until they agree anew.
    #[serde(default)]
    same_recipient: bool,
    label: Option<String>,
    events: Option<Vec<String>>,
    /// Turns it on or off.
    on: Option<bool>,
}

/// One event in the log.
#[derive(Serialize, ToSchema)]
pub(super) struct DeliveryItem {
    /// The event's id, which the receiver gets as `webhook-id`.
    id: String,
    event: &'static str,
    at: String,
    contact: Option<String>,
    copy: Option<String>,
    /// `waiting`, `delivered`, `failed`.
    state: &'static str,
    attempts: u32,
    tried_at: Option<String>,
    /// What came of the last attempt.
    answer: Option<String>,
    /// When it is tried next.
    due_at: Option<String>,
}

/// The log.
#[derive(Serialize, ToSchema)]
pub(super) struct DeliveryItems {
    /// The newest first.
    items: Vec<DeliveryItem>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// How many, at most 100.
    limit: Option<u16>,
}

fn item(w: Webhook) -> WebhookItem {
    let owed = WebhookEvent::ALL.into_iter();
    WebhookItem {
        id: w.id.to_string(),
        label: w.label,
        url: w.url,
        events: words(w.events),
        owed: words(owed.filter(|event| event.is_owed())),
        off: w.off.map(|(why, _)| why.as_str()),
        off_at: w.off.map(|(_, at)| at.rfc3339()),
        secret_at: w.secret_at.rfc3339(),
        failures: w.failures,
        tried_at: w.tried.as_ref().map(|(at, _)| at.rfc3339()),
        answer: w.tried.map(|(_, answer)| answer),
        next_at: w.next_at.map(model::Time::rfc3339),
        waiting: w.waiting,
        withheld: w.withheld,
        lost: w.lost,
        created_at: w.created_at.rfc3339(),
    }
}

fn delivery(l: Logged) -> DeliveryItem {
    DeliveryItem {
        id: l.id.to_string(),
        event: l.event.as_str(),
        at: l.at.rfc3339(),
        contact: l.contact.map(|id| id.to_string()),
        copy: l.copy.map(|id| id.to_string()),
        state: l.state.as_str(),
        attempts: l.attempts,
        tried_at: l.tried_at.map(model::Time::rfc3339),
        answer: l.answer,
        due_at: l.due_at.map(model::Time::rfc3339),
    }
}

fn body<T>(body: Result<Json<T>, JsonRejection>) -> Result<T> {
    match body {
        Ok(Json(value)) => Ok(value),
        Err(error) => Err(Error::Invalid {
            field: "webhook",
            why: error.body_text(),
        }),
    }
}

/// The webhooks of the workspace.
#[utoipa::path(get, path = "/api/v1/webhooks", operation_id = "list_webhooks", tag = "webhooks", responses(
    (status = 200, body = WebhookItems),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn list(State(web): State<Shared>, user: ApiUser) -> Result<Json<WebhookItems>> {
    user.may(Act::Administer)?;
    let all = web.app.store.webhooks(user.workspace).await?;
    let items = all.into_iter().map(item).collect();
    Ok(Json(WebhookItems { items }))
}

/// Enters a webhook. The secret to verify with is in the answer, and nowhere else.
#[utoipa::path(post, path = "/api/v1/webhooks", operation_id = "create_webhook", tag = "webhooks",
    request_body = WebhookToEnter, responses(
    (status = 201, body = WithSecret),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn create(
    State(web): State<Shared>,
    user: ApiUser,
    entered: Result<Json<WebhookToEnter>, JsonRejection>,
) -> Result<(StatusCode, Json<WithSecret>)> {
    user.may(Act::Administer)?;
    let (id, secret) = enter(&web, &user, body(entered)?).await?;
    let made = WithSecret {
        webhook: item(find(&web, &user, id).await?),
        secret,
        old_until: None,
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// One webhook.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}", operation_id = "show_webhook", tag = "webhooks",
    params(("id" = String, Path)), responses(
    (status = 200, body = WebhookItem),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn show(
    State(web): State<Shared>,
    user: ApiUser,
    Id(id): Id<WebhookId>,
) -> Result<Json<WebhookItem>> {
    Ok(Json(item(find(&web, &user, id).await?)))
}

/// Changes a webhook, or turns it on or off. While it is off, what people decide waits for it; what mails do is not
/// collected.
#[utoipa::path(patch, path = "/api/v1/webhooks/{id}", operation_id = "change_webhook", tag = "webhooks",
    params(("id" = String, Path)), request_body = WebhookChange, responses(
    (status = 200, body = WebhookItem),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn change(
    State(web): State<Shared>,
    user: ApiUser,
    Id(id): Id<WebhookId>,
    change: Result<Json<WebhookChange>, JsonRejection>,
) -> Result<Json<WebhookItem>> {
    let (old, change) = (find(&web, &user, id).await?, body(change)?);
    let is_other = change.url.is_some() || change.label.is_some() || change.events.is_some();
    if is_other {
        let old_events = || {
            words(old.events.clone())
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        let entered = WebhookToEnter {
            url: change.url.unwrap_or_else(|| old.url.clone()),
            label: change.label.unwrap_or_else(|| old.label.clone()),
            events: change.events.unwrap_or_else(old_events),
        };
        alter(&web, &user, id, entered, change.same_recipient).await?;
    }
    if let Some(on) = change.on {
        turn(&web, &user, id, on).await?;
    }
    Ok(Json(item(find(&web, &user, id).await?)))
}

/// Deletes a webhook, what waits for it, and its log.
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", operation_id = "delete_webhook", tag = "webhooks",
    params(("id" = String, Path)), responses(
    (status = 204),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn delete(
    State(web): State<Shared>,
    user: ApiUser,
    Id(id): Id<WebhookId>,
) -> Result<StatusCode> {
    remove(&web, &user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a webhook its next secret. For a day the old one signs, too, so that receivers can change over.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/secret", operation_id = "rotate_webhook_secret", tag = "webhooks",
    params(("id" = String, Path)), responses(
    (status = 200, body = WithSecret),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn rotate(
    State(web): State<Shared>,
    user: ApiUser,
    Id(id): Id<WebhookId>,
) -> Result<Json<WithSecret>> {
    let secret = renew(&web, &user, id).await?;
    let webhook = find(&web, &user, id).await?;
    let old_until = Some((webhook.secret_at + OVERLAP).rfc3339());
    Ok(Json(WithSecret {
        webhook: item(webhook),
        secret,
        old_until,
    }))
}

/// Sends a test event.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/test", operation_id = "test_webhook", tag = "webhooks",
    params(("id" = String, Path)), responses(
    (status = 202, description = "It is on its way; the log says what came of it."),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn test(
    State(web): State<Shared>,
    user: ApiUser,
    Id(id): Id<WebhookId>,
) -> Result<StatusCode> {
    send_test(&web, &user, id).await?;
    Ok(StatusCode::ACCEPTED)
}

/// What was sent to a webhook of late, and what waits.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}/deliveries", operation_id = "list_webhook_deliveries", tag = "webhooks",
    params(("id" = String, Path), Page), responses(
    (status = 200, body = DeliveryItems),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn deliveries(
    State(web): State<Shared>,
    user: ApiUser,
    Id(id): Id<WebhookId>,
    Params(page): Params<Page>,
) -> Result<Json<DeliveryItems>> {
    find(&web, &user, id).await?;
    let limit = limit(page.limit)?;
    let log = web.app.store.webhook_log(user.workspace, id, limit).await?;
    let items = log.into_iter().map(delivery).collect();
    Ok(Json(DeliveryItems { items }))
}

/// Tries an event again now, also one that was given up.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/deliveries/{delivery}/retry", operation_id = "retry_webhook_delivery",
    tag = "webhooks", params(("id" = String, Path), ("delivery" = String, Path)), responses(
    (status = 202, description = "It is on its way; the log says what came of it."),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn retry(
    State(web): State<Shared>,
    user: ApiUser,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<StatusCode> {
    user.may(Act::Administer)?;
    let missing = |_| Error::NotFound("webhook");
    let (id, delivery) = (
        id.parse().map_err(missing)?,
        delivery.parse().map_err(missing)?,
    );
    try_now(&web, &user, id, delivery).await?;
    Ok(StatusCode::ACCEPTED)
}
