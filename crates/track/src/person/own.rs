//! `/p/own/{token}`: the page behind the mailbox challenge, where a person has their data corrected, taken along, erased.
//!
//! Looking at it changes nothing and uses nothing up, for mail scanners look too. One pressed button uses the link up.

use super::said::Said;
use crate::app::App;
use crate::names::Names;
use crate::page::{Form, Plain, Reader, html};
use crate::texts::Texts;
use crate::visit::{Trouble, claim, language_of, stored};
use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{StatusCode, Uri};
use model::{Country, Language, Purpose, Time};
use std::sync::Arc;
use store::{Around, Challenge};

/// Longest name that is taken. Longer ones are cut.
const NAME_CHARS_MAX: usize = 200;

/// Somebody who answered the challenge.
struct Visit<'a> {
    app: &'a App,
    t: &'static Texts,
    names: Names,
    challenge: Challenge,
    around: Around,
    now: Time,
}

#[derive(Template)]
#[template(path = "own.html")]
struct Page<'a> {
    t: &'static Texts,
    names: &'a Names,
    intro: String,
    see: String,
    name: &'a str,
    language: Option<Language>,
    country: String,
    wrong: bool,
}

impl Page<'_> {
    fn is_theirs(&self, texts: &Texts) -> bool {
        self.language == Some(texts.language)
    }
}

pub(crate) async fn show(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    match Visit::begin(&app, reader, request.uri()).await {
        Ok(visit) => visit.page(StatusCode::OK),
        Err(trouble) => trouble.answer(reader),
    }
}

pub(crate) async fn act(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    let done = async move {
        let visit = Visit::begin(&app, reader, request.uri()).await?;
        let form = Form::read(request, &app.tracker.origin)
            .await
            .map_err(Trouble::Elsewhere)?;
        visit.act(&form).await
    };
    done.await.unwrap_or_else(|trouble| trouble.answer(reader))
}

impl<'a> Visit<'a> {
    async fn begin(app: &'a App, reader: Reader, uri: &Uri) -> Result<Self, Trouble> {
        let id = claim(app, Purpose::Own, "/p/own/", uri.path())?.id;
        let store = &app.tracker.store;
        let found = stored(store.challenge_find(id)).await?;
        let challenge = found.ok_or(Trouble::Missing)?;
        let around = stored(store.around(challenge.contact.0)).await?;
        let around = around.ok_or(Trouble::Missing)?;
        let t = reader.texts_or(language_of(&around));
        Ok(Self {
            app,
            t,
            names: Names::of(&around, t, &app.tracker.origin),
            challenge,
            around,
            now: app.now(),
        })
    }

    fn page(&self, status: StatusCode) -> Response {
        if !self.challenge.is_open(self.now) {
            return self.over();
        }
        let (t, contact) = (self.t, &self.around.contact);
        let until = t.moment(self.challenge.expires_at);
        let page = Page {
            t,
            names: &self.names,
            intro: self.names.fill_with(t.own_intro, &[("until", &until)]),
            see: self.see(),
            name: &contact.name,
            language: contact.language,
            country: contact.country.map(|c| c.to_string()).unwrap_or_default(),
            wrong: status == StatusCode::UNPROCESSABLE_ENTITY,
        };
        html(status, t, &page)
    }

    async fn act(&self, form: &Form) -> Result<Response, Trouble> {
        match form.get("right") {
            Some("correct") => self.correct(form).await,
            _ => Err(Trouble::Elsewhere(StatusCode::BAD_REQUEST)),
        }
    }

    async fn correct(&self, form: &Form) -> Result<Response, Trouble> {
        let field = |name| {
            form.get(name)
                .map(str::trim)
                .filter(|text| !text.is_empty())
        };
        let country = field("country").map(|code| code.to_ascii_uppercase().parse::<Country>());
        let (Ok(country), Ok(language)) = (
            country.transpose(),
            field("language").map(str::parse::<Language>).transpose(),
        ) else {
            return Ok(self.page(StatusCode::UNPROCESSABLE_ENTITY));
        };
        let name = field("name").unwrap_or("");
        let name: String = name
            .chars()
            .filter(|c| !c.is_control())
            .take(NAME_CHARS_MAX)
            .collect();
        if !self.use_up().await? {
            return Ok(self.over());
        }
        let store = &self.app.tracker.store;
        stored(store.contact_correct(self.around.contact.id, &name, language, country)).await?;
        let (title, before) = (self.t.corrected_title, &[self.t.corrected]);
        Ok(self.say(&Said {
            title,
            before,
            ..Said::default()
        }))
    }

    async fn use_up(&self) -> Result<bool, Trouble> {
        stored(
            self.app
                .tracker
                .store
                .challenge_use(self.challenge.id, self.now),
        )
        .await
    }

    /// Where everything is listed.
    fn see(&self) -> String {
        let token = self.app.tracker.keyring.person_of(self.around.contact.id);
        format!("/p/{token}?lang={}", self.t.language.as_str())
    }

    fn say(&self, said: &Said<'_>) -> Response {
        said.answer(self.t, &self.names, self.see())
    }

    fn over(&self) -> Response {
        let t = self.t;
        let mut page = Plain::new(t, t.own_over_title, &[t.own_over]);
        page.back = Some(self.see());
        page.answer(StatusCode::GONE)
    }
}
