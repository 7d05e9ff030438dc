//! `/p/confirm/{token}`: the link in the confirmation mail. GET shows what was agreed to, POST confirms or declines.
//!
//! Mail scanners follow links, so following this one confirms nothing. It works once, for seven days, and only while
//! the person has not decided otherwise since (R-CONS-07).

use super::age;
use super::said::Said;
use crate::app::App;
use crate::names::Names;
use crate::page::{Form, Reader, html};
use crate::texts::Texts;
use crate::visit::{Trouble, claim, language_of, stored};
use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{StatusCode, Uri};
use model::{AgeStanding, ConsentState, Purpose, Sha256, Time, Topic};
use std::sync::Arc;
use store::{Around, ConsentRequest, Method};

/// A request and everything around it.
struct Visit<'a> {
    app: &'a App,
    t: &'static Texts,
    names: Names,
    request: ConsentRequest,
    /// The digest of the link's token, kept as proof.
    token: Sha256,
    around: Around,
    now: Time,
}

/// How a request stands.
enum Standing {
    /// These topics wait for the answer.
    Waiting(Vec<Topic>),
    Used,
    Late,
    Superseded,
    /// The notice says more by now than the text that was agreed to (R-CONS-13).
    Changed,
    /// They said since then that they are too young to agree alone (R-AGE-03).
    TooYoung,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct Page {
    t: &'static Texts,
    intro: String,
    topics: Vec<&'static str>,
    /// How old they are, where that has to be said first.
    question: Option<age::Question>,
    text: String,
}

pub(crate) async fn show(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    let page = async move {
        Visit::begin(&app, reader, request.uri())
            .await?
            .page()
            .await
    };
    page.await.unwrap_or_else(|trouble| trouble.answer(reader))
}

pub(crate) async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    let uri = request.uri().clone();
    let answered = async move {
        let visit = Visit::begin(&app, reader, request.uri()).await?;
        let form = Form::read(request, &app.tracker.origin)
            .await
            .map_err(Trouble::Elsewhere)?;
        match (form.get("answer"), form.get("age")) {
            (Some("agree"), None) => visit.agree().await,
            (Some("refuse"), None) => visit.refuse().await,
            (None, Some(word)) => {
                let said = visit.say_age(word).await?;
                match said {
                    Some(answer) => Ok(answer),
                    None => Visit::begin(&app, reader, &uri).await?.page().await,
                }
            }
            _ => Err(Trouble::Elsewhere(StatusCode::BAD_REQUEST)),
        }
    };
    answered
        .await
        .unwrap_or_else(|trouble| trouble.answer(reader))
}

impl<'a> Visit<'a> {
    async fn begin(app: &'a App, reader: Reader, uri: &Uri) -> Result<Self, Trouble> {
        let (id, store) = (
            claim(app, Purpose::Confirm, "/p/confirm/", uri.path())?.id,
            &app.tracker.store,
        );
        let request = stored(store.consent_request_find(id))
            .await?
            .ok_or(Trouble::Missing)?;
        let around = stored(store.around(request.copy.map_or(request.contact.0, |copy| copy.0)))
            .await?
            .ok_or(Trouble::Missing)?;
        // A request is bound to the person it was made for.
        if around.contact.id != request.contact {
            return Err(Trouble::Missing);
        }
        let t = reader.texts_or(language_of(&around));
        let names = Names::of(&around, t, &app.tracker.origin);
        Ok(Self {
            app,
            t,
            names,
            request,
            token: Sha256::of(uri.path().trim_start_matches("/p/confirm/")),
            around,
            now: app.now(),
        })
    }

    fn standing(&self) -> Standing {
        let (asked, consent) = (&self.request.topics, self.around.contact.consent);
        let is = |topic: Topic, state| consent.get(topic).state == state;
        let is_any = |state| asked.iter().any(|topic| is(*topic, state));
        let waiting = asked
            .iter()
            .copied()
            .filter(|t| is(*t, ConsentState::Requested));
        let topics: Vec<Topic> = waiting.collect();
        match self.request.answered_at {
            Some(_) => Standing::Used,
            None if self.now >= self.request.expires_at => Standing::Late,
            None if self.around.contact.standing().needs_guardian() => Standing::TooYoung,
            None if !topics.is_empty() => Standing::Waiting(topics),
            None if is_any(ConsentState::Outdated) => Standing::Changed,
            None => Standing::Superseded,
        }
    }

    /// The page that asks; where there is nothing to ask any more, the one that says why.
    async fn page(&self) -> Result<Response, Trouble> {
        let Standing::Waiting(topics) = self.standing() else {
            return Ok(self.over());
        };
        let text = stored(self.app.tracker.store.consent_text(self.request.text)).await?;
        let date = self.t.date(self.request.created_at);
        let page = Page {
            t: self.t,
            intro: self
                .names
                .fill_with(self.t.confirm_intro, &[("date", &date)]),
            topics: topics.iter().map(|topic| self.t.topic(*topic)).collect(),
            question: age::question(self.app, self.t, &self.names, &self.around),
            text: text.ok_or(Trouble::Missing)?.body,
        };
        Ok(html(StatusCode::OK, self.t, &page))
    }

    /// Notes how old they are, where that was asked. Whoever is too young is told what follows; all others go on to what
    /// they came for.
    async fn say_age(&self, word: &str) -> Result<Option<Response>, Trouble> {
        let (t, standing) = (self.t, age::answered(word)?);
        if !matches!(self.standing(), Standing::Waiting(_)) || !age::must_say(&self.around) {
            return Ok(None);
        }
        age::note(self.app, &self.around, standing).await?;
        Ok((standing == AgeStanding::Below).then(|| {
            self.say(&Said {
                title: t.below_title,
                before: &[t.below],
                ..Said::default()
            })
        }))
    }

    async fn agree(&self) -> Result<Response, Trouble> {
        let Standing::Waiting(topics) = self.standing() else {
            return Ok(self.over());
        };
        if age::must_say(&self.around) {
            return self.page().await;
        }
        let (store, t) = (&self.app.tracker.store, self.t);
        if !stored(store.consent_confirm(self.request.id, self.token, self.now)).await? {
            // Somebody was faster, in the moment since this visit began.
            return Ok(self.no_more(StatusCode::CONFLICT, t.used_title, t.used));
        }
        self.app.tracker.changed.notify_one();
        Ok(self.say(&Said {
            title: t.confirmed_title,
            before: &[t.confirmed],
            topics: &topics,
            after: &[t.confirmed_way_out],
            ..Said::default()
        }))
    }

    async fn refuse(&self) -> Result<Response, Trouble> {
        let Standing::Waiting(topics) = self.standing() else {
            return Ok(self.over());
        };
        let (tracker, contact) = (&self.app.tracker, &self.around.contact);
        let no = ConsentState::Refused;
        let method = Method::Confirmation;
        let set = tracker.store.consent_set(
            contact.workspace,
            contact.id,
            &topics,
            no,
            method,
            None,
            self.now,
        );
        stored(set).await?;
        tracker.changed.notify_one();
        let (title, before) = (self.t.refused_title, &[self.t.refused]);
        Ok(self.say(&Said {
            title,
            before,
            ..Said::default()
        }))
    }

    fn over(&self) -> Response {
        let t = self.t;
        match self.standing() {
            Standing::Late => self.no_more(StatusCode::GONE, t.late_title, t.late),
            Standing::Superseded => {
                self.no_more(StatusCode::CONFLICT, t.superseded_title, t.superseded)
            }
            Standing::Changed => self.no_more(StatusCode::CONFLICT, t.outgrown_title, t.outgrown),
            Standing::TooYoung => self.no_more(StatusCode::CONFLICT, t.guardian_title, t.below),
            Standing::Used | Standing::Waiting(_) => {
                self.no_more(StatusCode::CONFLICT, t.used_title, t.used)
            }
        }
    }

    fn no_more(&self, status: StatusCode, title: &str, why: &str) -> Response {
        self.say(&Said {
            status,
            title,
            before: &[why],
            ..Said::default()
        })
    }

    fn say(&self, said: &Said<'_>) -> Response {
        let keyring = &self.app.tracker.keyring;
        let token = match self.request.copy {
            Some(copy) => keyring.person(copy),
            None => keyring.person_of(self.request.contact),
        };
        let back = format!("/p/{token}?lang={}", self.t.language.as_str());
        said.answer(self.t, &self.names, back)
    }
}
