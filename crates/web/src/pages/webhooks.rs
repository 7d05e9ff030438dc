//! Settings → Webhooks: which other programs are told what, and a form to enter one more. For owners and administrators.

use super::settings::agreed;
use super::view::When;
use super::{Page, show as render};
use crate::Shared;
use crate::auth::{May, User};
use crate::error::{Error, Result};
use crate::extract::Fields;
use crate::webhooks::{WebhookToEnter, enter};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::role::Act;
use model::source::Unclear;
use model::{WebhookEvent, WebhookOff};
use std::collections::BTreeMap;
use store::{Health, Webhook};

/// The fields of the form that says where a webhook leads and what it is told: a check box is named after its event.
pub(super) type WebhookForm = BTreeMap<String, String>;

/// What the form says.
pub(super) fn entered(form: &WebhookForm) -> WebhookToEnter {
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    WebhookToEnter {
        url: field("url"),
        label: field("label"),
        events: WebhookEvent::choices()
            .map(|event| event.as_str().to_owned())
            .filter(|word| form.contains_key(word))
            .collect(),
    }
}

/// The events as the form lists them: the word, what it says, and whether it is ticked.
pub(super) struct Choice {
    pub(super) word: &'static str,
    pub(super) says: &'static str,
    pub(super) ticked: bool,
}

/// The form's values and its groups of check boxes.
pub(super) struct Draft {
    pub(super) url: String,
    pub(super) label: String,
    pub(super) owed: Vec<Choice>,
    /// A heading and what stands under it.
    pub(super) groups: [(&'static str, Vec<Choice>); 2],
}

impl Draft {
    pub(super) fn of(entered: &WebhookToEnter) -> Self {
        let choice = |event: WebhookEvent| Choice {
            word: event.as_str(),
            says: event.words(),
            ticked: entered.events.iter().any(|word| word == event.as_str()),
        };
        let owed = WebhookEvent::ALL.into_iter();
        let (mails, people): (Vec<_>, Vec<_>) =
            WebhookEvent::choices().partition(|event| event.is_about_mail());
        Self {
            url: entered.url.clone(),
            label: entered.label.clone(),
            owed: owed.filter(|event| event.is_owed()).map(choice).collect(),
            groups: [
                ("A contact …", people.into_iter().map(choice).collect()),
                ("A mail …", mails.into_iter().map(choice).collect()),
            ],
        }
    }
}

/// How it goes, in a few words, and whether it needs a hand.
pub(super) fn standing(webhook: &Webhook) -> (String, bool) {
    let health = webhook.health();
    let last = match &webhook.tried {
        Some((_, answer)) => format!(" (last: {answer})"),
        None => String::new(),
    };
    let waiting = match webhook.waiting {
        0 => String::new(),
        1 => ", 1 event waits".into(),
        n => format!(", {n} events wait"),
    };
    let words = match health {
        Health::On => "On".into(),
        Health::Refusing => format!("It takes nothing at present{last}"),
        Health::Off(WebhookOff::Paused) => "Turned off".into(),
        Health::Off(WebhookOff::Gone) => "Off: it answered that it is gone (410)".into(),
        Health::Off(WebhookOff::Failing) => format!("Off: it took nothing for days{last}"),
    };
    (words + &waiting, health.needs_a_hand())
}

/// When a webhook that took nothing is tried again.
pub(super) fn next_try(webhook: &Webhook) -> Option<When> {
    let at = webhook.next_at.map(When);
    at.filter(|_| webhook.health() == Health::Refusing)
}

#[derive(Template)]
#[template(path = "webhooks.html")]
struct WebhooksPage {
    page: Page,
    all: Vec<Webhook>,
    draft: Draft,
    agreed: u64,
    wrong: Option<Unclear>,
}

impl WebhooksPage {
    fn flawed(&self) -> &'static str {
        self.wrong.as_ref().map_or("", |wrong| wrong.field)
    }
}

/// What the form says of something that was not taken: which field, and why.
pub(super) fn refused(error: Error) -> Result<Unclear> {
    match error {
        Error::Invalid { field, why } => Ok(Unclear { field, why }),
        Error::Conflict(why) => Ok(Unclear { field: "", why }),
        other => Err(other),
    }
}

/// The fields by the words that stand beside them.
pub(super) fn field_words(field: &str) -> &'static str {
    match field {
        "url" => "the address: ",
        "label" => "what it is for: ",
        "events" => "what it is told: ",
        _ => "",
    }
}

async fn page(
    web: &Shared,
    user: &User,
    draft: Draft,
    wrong: Option<Unclear>,
) -> Result<WebhooksPage> {
    Ok(WebhooksPage {
        agreed: agreed(web, user).await?,
        page: Page::of(user, "settings", "Webhooks"),
        all: web.app.store.webhooks(user.workspace).await?,
        draft,
        wrong,
    })
}

/// `GET /settings/webhooks`
pub(super) async fn list(State(web): State<Shared>, user: User) -> Result<Response> {
    user.may(Act::Administer)?;
    // What people decide is what most programs need; what mails do is asked for.
    let suggested = WebhookToEnter {
        events: WebhookEvent::choices()
            .filter(|event| !event.is_about_mail())
            .map(|event| event.as_str().to_owned())
            .collect(),
        ..WebhookToEnter::default()
    };
    let page = page(&web, &user, Draft::of(&suggested), None).await?;
    Ok(render(&page))
}

/// `POST /settings/webhooks`: enters one, and shows its secret this once.
pub(super) async fn create(
    State(web): State<Shared>,
    user: User,
    Fields(form): Fields<WebhookForm>,
) -> Result<Response> {
    let draft = Draft::of(&entered(&form));
    match enter(&web, &user, entered(&form)).await {
        Ok((id, secret)) => super::webhook::with_secret(&web, &user, id, secret).await,
        Err(error) => {
            let page = page(&web, &user, draft, Some(refused(error)?)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response())
        }
    }
}
