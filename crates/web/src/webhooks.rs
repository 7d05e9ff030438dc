//! What can be done about a webhook, by page and by API alike: who may, what is checked, what is written.

use crate::Shared;
use crate::auth::May;
use crate::error::{Error, Result};
use model::role::Act;
use model::{DeliveryId, WebhookEvent, WebhookId};
use serde::Deserialize;
use store::{By, NewWebhook, User, Webhook};
use utoipa::ToSchema;

/// Longest label.
const LABEL_CHARS_MAX: usize = 100;

/// A webhook to enter.
#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookToEnter {
    /// An `https` address.
    pub(crate) url: String,
    /// What it is for.
    #[serde(default)]
    pub(crate) label: String,
    /// The events it gets beside those that are owed.
    #[serde(default)]
    pub(crate) events: Vec<String>,
}

/// Events as the API writes them.
pub(crate) fn words(events: impl IntoIterator<Item = WebhookEvent>) -> Vec<&'static str> {
    events.into_iter().map(WebhookEvent::as_str).collect()
}

/// One webhook of the user's workspace, for those who may see it.
pub(crate) async fn find(web: &Shared, user: &User, id: WebhookId) -> Result<Webhook> {
    user.may(Act::Administer)?;
    let found = web.app.store.webhook(user.workspace, id).await?;
    found.ok_or(Error::NotFound("webhook"))
}

/// The same, where it is on: nothing is sent to one that is off.
async fn find_on(web: &Shared, user: &User, id: WebhookId) -> Result<Webhook> {
    let webhook = find(web, user, id).await?;
    match webhook.off {
        None => Ok(webhook),
        Some(_) => Err(Error::Conflict("It is off: turn it on first.".into())),
    }
}

/// Checks what somebody entered.
async fn checked(web: &Shared, entered: WebhookToEnter) -> Result<NewWebhook> {
    let invalid = |field, why: String| Error::Invalid { field, why };
    let label = entered.label.trim();
    if label.chars().count() > LABEL_CHARS_MAX || label.chars().any(char::is_control) {
        let why = format!("one line of at most {LABEL_CHARS_MAX} characters");
        return Err(invalid("label", why));
    }
    let mut events = Vec::new();
    for word in &entered.events {
        let event = WebhookEvent::choices().find(|event| event.as_str() == word);
        let unknown = || {
            let choices = words(WebhookEvent::choices()).join(", ");
            invalid("events", format!("{word:?} is none of {choices}"))
        };
        events.push(event.ok_or_else(unknown)?);
    }
    events.sort_unstable();
    events.dedup();
    let url = web.app.webhooks.check(&entered.url).await;
    Ok(NewWebhook {
        label: label.to_owned(),
        url: url.map_err(|bad| invalid("url", bad.to_string()))?,
        events,
    })
}

/// Enters one; its id and its first secret.
pub(crate) async fn enter(
    web: &Shared,
    user: &User,
    entered: WebhookToEnter,
) -> Result<(WebhookId, String)> {
    user.may(Act::Administer)?;
    let (now, id) = ((web.app.ambient.now)(), (web.app.ambient.random)());
    let (id, new) = (WebhookId(id), checked(web, entered).await?);
    let by = By::user(user.id, now);
    match web
        .app
        .store
        .webhook_create(user.workspace, id, new, by)
        .await
    {
        Err(store::Error::Conflict(why)) => Err(Error::Conflict(why)),
        made => Ok(made.map(|()| (id, web.app.webhooks.secret(id, 1).reveal()))?),
    }
}

/// Changes one that is there. On another host it leads to another recipient, to whom nobody agreed, unless the user says
/// that it is the same one.
pub(crate) async fn alter(
    web: &Shared,
    user: &User,
    id: WebhookId,
    entered: WebhookToEnter,
    same_recipient: bool,
) -> Result<()> {
    user.may(Act::Administer)?;
    let new = checked(web, entered).await?;
    let by = By::user(user.id, (web.app.ambient.now)());
    let changed = (web.app.store).webhook_change(user.workspace, id, new, same_recipient, by);
    found(changed.await?)
}

/// Turns one on or off; nothing if it is so already.
pub(crate) async fn turn(web: &Shared, user: &User, id: WebhookId, on: bool) -> Result<()> {
    find(web, user, id).await?;
    let by = By::user(user.id, (web.app.ambient.now)());
    let store = &web.app.store;
    if on {
        store.webhook_turn_on(user.workspace, id, by).await?;
    } else {
        store.webhook_turn_off(user.workspace, id, by).await?;
    }
    Ok(())
}

/// Gives one its next secret.
pub(crate) async fn renew(web: &Shared, user: &User, id: WebhookId) -> Result<String> {
    user.may(Act::Administer)?;
    let by = By::user(user.id, (web.app.ambient.now)());
    let number = web.app.store.webhook_rotate(user.workspace, id, by).await?;
    let number = number.ok_or(Error::NotFound("webhook"))?;
    Ok(web.app.webhooks.secret(id, number).reveal())
}

/// Deletes one.
pub(crate) async fn remove(web: &Shared, user: &User, id: WebhookId) -> Result<()> {
    user.may(Act::Administer)?;
    let by = By::user(user.id, (web.app.ambient.now)());
    found(web.app.store.webhook_delete(user.workspace, id, by).await?)
}

/// Sends a test event.
pub(crate) async fn send_test(web: &Shared, user: &User, id: WebhookId) -> Result<()> {
    find_on(web, user, id).await?;
    let now = (web.app.ambient.now)();
    found(web.app.store.webhook_test(user.workspace, id, now).await?)
}

/// Tries an event again now.
pub(crate) async fn try_now(
    web: &Shared,
    user: &User,
    id: WebhookId,
    delivery: DeliveryId,
) -> Result<()> {
    find_on(web, user, id).await?;
    let now = (web.app.ambient.now)();
    let tried = web
        .app
        .store
        .webhook_try_now(user.workspace, id, delivery, now);
    let missing = Error::NotFound("event that was not taken");
    tried.await?.then_some(()).ok_or(missing)
}

fn found(found: bool) -> Result<()> {
    found.then_some(()).ok_or(Error::NotFound("webhook"))
}
