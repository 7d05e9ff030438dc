//! What tracking is wanted for, in the workspace's own words, topic by topic and in every language (R-CONS-13).

use super::super::view::topic_words;
use super::super::{Page, show as render};
use super::{may_limit, must_limit, reason};
use crate::Shared;
use crate::auth::{May, User};
use crate::error::{Error, Result};
use crate::extract::Fields;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use model::role::Act;
use model::{Language, Topic};
use serde::Deserialize;
use store::By;

#[derive(Template)]
#[template(path = "desk/aims.html")]
struct AimsPage {
    page: Page,
    may_limit: bool,
    topics: Vec<Stated>,
}

/// One topic with what is stated, or with what was written and why that does not do.
struct Stated {
    topic: Topic,
    /// In the words of the workspace, by language.
    own: Vec<(Language, String)>,
    /// As people read it today, in English.
    today: String,
    agreed: u64,
    wrong: Option<String>,
}

impl Stated {
    fn about(&self) -> &'static str {
        topic_words(self.topic)
    }
}

#[derive(Deserialize)]
pub(super) struct Statement {
    topic: String,
    reason: String,
    #[serde(flatten)]
    texts: std::collections::HashMap<String, String>,
}

/// What was written for a topic, and why that does not do.
struct Wrong {
    topic: Topic,
    texts: Vec<(Language, String)>,
    why: String,
}

async fn page(web: &Shared, user: &User, wrong: Option<Wrong>) -> Result<Response> {
    let store = &web.app.store;
    let around = store.around_workspace(user.workspace).await?;
    let around = around.ok_or(Error::NotFound("workspace"))?;
    let (origin, disclosure) = (&web.app.sender.tracker, &web.app.disclosure);
    let asking =
        (around.workspace).asking(&around.author, &around.webhook_hosts, origin, disclosure);
    let now = (web.app.ambient.now)();
    let mut topics = Vec::new();
    for topic in Topic::ALL {
        let own = |language| {
            (
                language,
                asking.aims.get(topic, language).unwrap_or("").to_owned(),
            )
        };
        let (own, why) = match &wrong {
            Some(wrong) if wrong.topic == topic => (wrong.texts.clone(), Some(wrong.why.clone())),
            _ => (Language::ALL.map(own).into(), None),
        };
        topics.push(Stated {
            topic,
            own,
            today: asking.aim(topic, Language::En),
            agreed: store.agreed_to(user.workspace, &[topic], now).await?,
            wrong: why,
        });
    }
    let status = match wrong {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let page = AimsPage {
        page: Page::of(user, "compliance", "Aims"),
        may_limit: may_limit(web, user).await?,
        topics,
    };
    Ok((status, render(&page)).into_response())
}

/// `GET /compliance/aims`
pub(super) async fn show(State(web): State<Shared>, user: User) -> Result<Response> {
    user.may(Act::SeeAll)?;
    page(&web, &user, None).await
}

/// `POST /compliance/aims`
pub(super) async fn state(
    State(web): State<Shared>,
    user: User,
    Fields(form): Fields<Statement>,
) -> Result<Response> {
    must_limit(&web, &user).await?;
    let topic: Topic = form.topic.parse().map_err(|_| Error::Invalid {
        field: "topic",
        why: "not a topic".into(),
    })?;
    let why = reason(&form.reason)?;
    let text = |language: Language| {
        form.texts
            .get(language.as_str())
            .cloned()
            .unwrap_or_default()
    };
    let texts: Vec<_> = Language::ALL
        .map(|language| (language, text(language)))
        .into();
    let by = By::user(user.id, (web.app.ambient.now)()).because(why);
    let stated = web
        .app
        .store
        .aims_state(user.workspace, topic, texts.clone(), by);
    if let Err(bad) = stated.await? {
        let why = bad.to_string();
        return page(&web, &user, Some(Wrong { topic, texts, why })).await;
    }
    web.app.changed.notify_one();
    Ok(Redirect::to(&format!("/compliance/aims#{}", topic.as_str())).into_response())
}
