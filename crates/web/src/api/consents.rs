//! Consents from a site's own form: what it says it collected, and how (R-CONS-07, R-CONS-10).
//!
//! With whole evidence the mailbox's owner is asked by mail to confirm, to the workspace's own notice; before that it
//! grants nothing. Without, it is a claim and counts as unknown. The answer never tells whether anybody is known.

use crate::Shared;
use crate::auth::{ApiUser, May};
use crate::error::{Error, Result};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use model::form::{asked, kind, page};
use model::role::Act;
use model::roll::Evidence;
use model::source::{line, past};
use model::{ConsentState, EmailAddress, Language, Notice, Sha256, Time, Tongue, Topic};
use serde::{Deserialize, Serialize};
use store::{AroundWorkspace, Method, NewIntake, usable};
use utoipa::ToSchema;

/// How it can be shown. All of it is needed; what is left out is named in the answer.
#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
struct NewEvidence {
    /// The text that was shown, in full.
    text: String,
    /// When they agreed (RFC 3339).
    at: String,
    /// How, as in `form`.
    method: String,
    /// The page that the form stands on, without anything that names the person.
    page_url: String,
    /// `sign_up`, `contact`, `preferences`, `order`, `page`. Consent is not taken inside a `policy` or `terms`.
    page_kind: String,
    /// Who collected it.
    who: String,
}

impl NewEvidence {
    fn missing(&self) -> Vec<&'static str> {
        [
            ("text", &self.text),
            ("at", &self.at),
            ("method", &self.method),
            ("page_url", &self.page_url),
            ("page_kind", &self.page_kind),
            ("who", &self.who),
        ]
        .into_iter()
        .filter(|(_, value)| value.trim().is_empty())
        .map(|(field, _)| field)
        .collect()
    }

    fn whole(&self, now: Time) -> Result<Evidence> {
        let page = page(&self.page_url).map_err(|why| invalid("page_url", why))?;
        Ok(Evidence {
            text: shown(&self.text)?,
            at: past("at", &self.at, now)?,
            method: line("method", &self.method)?,
            source: page.to_string(),
            who: line("who", &self.who)?,
        })
    }
}

/// What somebody agreed to on a form.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewConsent {
    address: String,
    /// The language of the form: `en`, `fr`, `de`, `it`, `es`. Nobody is asked in another.
    language: String,
    /// What they ticked: `open`, `click`, `document`, `details`. Each has an unticked box of its own.
    ticked: Vec<String>,
    #[serde(default)]
    evidence: NewEvidence,
}

/// What it counts as.
#[derive(Serialize, ToSchema)]
pub(super) struct Counted {
    /// `requested`: the mailbox's owner is asked by mail to confirm, if there is something to confirm. `asserted`: a claim
    /// without whole evidence, which counts as unknown.
    state: &'static str,
    /// What is missing of the evidence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<&'static str>,
}

/// Takes an agreement from a site's own form.
#[utoipa::path(post, path = "/api/v1/consents", operation_id = "take_consent", tag = "contacts",
    request_body = NewConsent,
    responses(
        (status = 202, description = "The same, whoever it is of.", body = Counted),
        (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn take(
    State(web): State<Shared>,
    user: ApiUser,
    body: Result<Json<NewConsent>, JsonRejection>,
) -> Result<(StatusCode, Json<Counted>)> {
    user.may(Act::Send)?;
    let Json(new) = body.map_err(|error| invalid("consent", error.body_text()))?;
    let now = (web.app.ambient.now)();
    let address: EmailAddress = parsed("address", &new.address)?;
    let tongue: Tongue = parsed("language", &new.language)?;
    let ticked: Result<Vec<Topic>> = (new.ticked.iter()).map(|t| parsed("ticked", t)).collect();
    let topics = asked(&ticked?)
        .map_err(|why| invalid("ticked", why))?
        .to_vec();
    if !new.evidence.page_kind.trim().is_empty() {
        kind(&new.evidence.page_kind).map_err(|why| invalid("page_kind", why))?;
    }
    if !web.door.takes(user.workspace, now) {
        return Err(Error::TooMany);
    }
    let missing = new.evidence.missing();
    let state = if missing.is_empty() {
        let evidence = new.evidence.whole(now)?;
        request(&web, &user, (address, tongue, topics), &evidence, now).await?;
        "requested"
    } else {
        assert_of(&web, &user, &address, &topics, now).await?;
        "asserted"
    };
    Ok((StatusCode::ACCEPTED, Json(Counted { state, missing })))
}

/// Writes it down with its evidence, whoever it is of; the role `work` asks them to confirm.
async fn request(
    web: &Shared,
    user: &store::User,
    (address, tongue, topics): (EmailAddress, Tongue, Vec<Topic>),
    evidence: &Evidence,
    now: Time,
) -> Result<()> {
    let language = tongue.written().ok_or_else(|| {
        let why =
            "there is no approved text in it, so nobody is asked: en, fr, de, it and es have one";
        invalid("language", why)
    })?;
    let store = &web.app.store;
    let around = store.around_workspace(user.workspace).await?;
    let around = around.ok_or(Error::NotFound("workspace"))?;
    let text = notice(web, &around, language, &topics)?.text();
    let keep = async |text: &str| -> Result<Sha256> {
        Ok(store.consent_text_keep(language, text, text, now).await?)
    };
    let random = web.app.ambient.random;
    let intake = NewIntake {
        id: random(),
        outbox: random(),
        workspace: user.workspace,
        mark: (web.app.sender.suppression).mark(user.workspace, &address),
        address,
        language,
        topics,
        text: keep(&text).await?,
        shown: Some(keep(&evidence.document()).await?),
        method: Method::Api,
        place: evidence.source.clone(),
        by: evidence.who.clone(),
    };
    Ok(store.intake(intake, now).await?)
}

/// Notes a claim about somebody who is known, where nothing else is known of it. It makes nobody known: where their
/// address comes from would have to be said (R-ORIG-01).
async fn assert_of(
    web: &Shared,
    user: &store::User,
    address: &EmailAddress,
    topics: &[Topic],
    now: Time,
) -> Result<()> {
    let store = &web.app.store;
    let Some(contact) = store.contact_by_address(user.workspace, address).await? else {
        return Ok(());
    };
    let unknown = |topic: &Topic| contact.consent.get(*topic).state == ConsentState::Unknown;
    let topics: Vec<Topic> = topics.iter().copied().filter(unknown).collect();
    if topics.is_empty() {
        return Ok(());
    }
    let (state, method, by) = (ConsentState::Asserted, Method::Api, Some(user.id));
    let set = store.consent_set(user.workspace, contact.id, &topics, state, method, by, now);
    Ok(set.await?)
}

/// What the confirmation shows, and what is agreed to by it.
fn notice(
    web: &Shared,
    around: &AroundWorkspace,
    language: Language,
    topics: &[Topic],
) -> Result<Notice> {
    let usable = usable(&around.instance, &around.workspace);
    if let Some(topic) = topics.iter().find(|topic| !usable.contains(topic)) {
        let why = format!("the ceilings do not allow {}", topic.as_str());
        return Err(Error::Conflict(format!("Nothing was asked: {why}.")));
    }
    let (origin, disclosure) = (&web.app.sender.tracker, &web.app.disclosure);
    let (author, hosts) = (&around.author, &around.webhook_hosts);
    let asking = around.workspace.asking(author, hosts, origin, disclosure);
    let notice = asking.notice(language, topics);
    notice.map_err(|missing| Error::Conflict(format!("Nothing was asked: {missing}.")))
}

/// A text as it was shown: several lines, of a bounded length.
fn shown(text: &str) -> Result<String> {
    const CHARS_MAX: usize = 20_000;
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if text.chars().count() > CHARS_MAX || text.chars().any(odd) {
        let why = format!("plain text of at most {CHARS_MAX} characters");
        return Err(invalid("text", why));
    }
    Ok(text.trim().to_owned())
}

fn invalid(field: &'static str, why: impl Into<String>) -> Error {
    let why = why.into();
    Error::Invalid { field, why }
}

fn parsed<T: std::str::FromStr>(field: &'static str, text: &str) -> Result<T>
where
    T::Err: std::fmt::Display,
{
    text.trim()
        .parse()
        .map_err(|why: T::Err| invalid(field, why.to_string()))
}
