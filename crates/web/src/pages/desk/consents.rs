//! Who agreed to what: a search over consents, and the evidence of each as a file.

use super::super::view::consent_word;
use super::super::{Page, show as render};
use super::When;
use crate::auth::{May, User};
use crate::error::{Error, Result};
use crate::extract::Params;
use crate::{Shared, paging};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::role::Act;
use model::{Time, Topic};
use serde::Deserialize;
use std::str::FromStr;
use store::{Contact, ContactFilter};

const PAGE: u16 = 100;

/// What is looked for, as its form has it.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wanted {
    search: String,
    topic: String,
    state: String,
    text: String,
    after: String,
}

#[derive(Template)]
#[template(path = "desk/consents.html")]
struct Consents {
    page: Page,
    wanted: Wanted,
    filtered: bool,
    may_prove: bool,
    found: Vec<Line>,
    more: Option<String>,
}

struct Line {
    contact: Contact,
    now: Time,
}

impl Line {
    /// What somebody was ever asked or said, topic by topic.
    fn said(&self) -> Vec<(&'static str, &'static str, When)> {
        let line = |topic: Topic| {
            let standing = self.contact.consent.get(topic);
            let word = consent_word(standing.at(self.now));
            Some((short(topic), word, When(standing.since?)))
        };
        Topic::ALL.into_iter().filter_map(line).collect()
    }
}

/// A topic in a word.
pub(super) fn short(topic: Topic) -> &'static str {
    match topic {
        Topic::Open => "Opens",
        Topic::Click => "Clicks",
        Topic::Document => "Documents",
        Topic::Details => "Details",
    }
}

impl Consents {
    fn topics() -> [(&'static str, &'static str); 4] {
        Topic::ALL.map(|topic| (topic.as_str(), short(topic)))
    }
}

/// A field of the query; empty is none.
fn field<T: FromStr>(name: &str, text: &str) -> Result<Option<T>>
where
    T::Err: std::fmt::Display,
{
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = text.parse().map(Some);
    parsed.map_err(|why| Error::Query(format!("{name}: {why}.")))
}

/// `GET /compliance/consents`
pub(super) async fn page(
    State(web): State<Shared>,
    user: User,
    Params(wanted): Params<Wanted>,
) -> Result<Response> {
    user.may(Act::SeeAll)?;
    let now = (web.app.ambient.now)();
    let state = field("state", &wanted.state)?;
    let filter = ContactFilter {
        search: field("search", &wanted.search)?,
        topic: field("topic", &wanted.topic)?,
        state: state.map(|state| (state, now)),
        text: field("text", &wanted.text)?,
        restricted: true,
        after: field("after", &wanted.after)?,
        limit: PAGE + 1,
    };
    let mut found = web.app.store.contacts(user.workspace, filter).await?;
    let more = paging::cut(&mut found, PAGE.into(), |last| {
        let start = String::from("/compliance/consents?");
        let mut query = url::form_urlencoded::Serializer::new(start);
        query
            .append_pair("search", &wanted.search)
            .append_pair("topic", &wanted.topic)
            .append_pair("state", &wanted.state)
            .append_pair("text", &wanted.text);
        query.append_pair("after", last.address.as_str()).finish()
    });
    let fields = [&wanted.search, &wanted.topic, &wanted.state, &wanted.text];
    Ok(render(&Consents {
        page: Page::of(&user, "compliance", "Consents"),
        filtered: fields.iter().any(|field| !field.is_empty()),
        may_prove: user.role.may(Act::Prove),
        found: found
            .into_iter()
            .map(|contact| Line { contact, now })
            .collect(),
        wanted,
        more,
    }))
}
