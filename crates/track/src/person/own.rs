//! `/p/own/{token}`: the page behind the mailbox challenge, where a person has their data corrected, taken along, erased.
//!
//! Looking at it changes nothing and uses nothing up, for mail scanners look too. One pressed button uses the link up.
//! Each act is noted as a request of the person with its answer (GDPR Art. 5(2), 12(3)), but for erasing, after which
//! nobody is left to note it of; the ledger says that one.

use super::said::Said;
use crate::app::App;
use crate::names::Names;
use crate::page::{Form, Plain, Reader, html};
use crate::texts::Texts;
use crate::visit::{Trouble, claim, language_of, stored};
use askama::Template;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, Uri, header};
use model::{Country, Purpose, RequestId, SignedReceipt, Time, Tongue};
use std::sync::Arc;
use store::{Around, By, Challenge, OwnAct};

/// Longest name that is taken. Longer ones are cut.
const NAME_CHARS_MAX: usize = 200;

/// Why, in the account of acts.
const BY_THE_PERSON: &str = "by the person, through a link mailed to them";

/// In which form somebody takes their data along.
enum As {
    Page,
    Data,
}

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
    /// Since when their data is left alone, as a sentence.
    restricted: Option<String>,
    name: &'a str,
    tongue: Option<&'a Tongue>,
    country: String,
    /// The country is none.
    wrong: bool,
}

impl Page<'_> {
    fn is_theirs(&self, texts: &Texts) -> bool {
        self.tongue.and_then(Tongue::written) == Some(texts.language)
    }

    /// A language that is noted and that there are no texts in: it stays unless they choose another.
    fn other(&self) -> Option<&str> {
        let tongue = self.tongue.filter(|tongue| tongue.written().is_none());
        tongue.map(Tongue::as_str)
    }
}

#[derive(Template)]
#[template(path = "erased.html")]
struct Erased {
    t: &'static Texts,
    erased: String,
    receipt: String,
}

pub(crate) async fn show(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    match Visit::begin(&app, reader, request.uri()).await {
        Ok(visit) => visit.page(None),
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

    /// The page, with what was typed where it was no country.
    fn page(&self, typed: Option<&Form>) -> Response {
        if !self.challenge.is_open(self.now) {
            return self.over();
        }
        let (t, contact) = (self.t, &self.around.contact);
        let until = t.moment(self.challenge.expires_at);
        let chosen = typed
            .and_then(|form| form.get("language"))
            .and_then(|language| language.parse().ok());
        let page = Page {
            t,
            names: &self.names,
            intro: self.names.fill_with(t.own_intro, &[("until", &until)]),
            see: self.see(),
            restricted: contact.restricted_at.map(|at| {
                let date = t.date(at);
                self.names.fill_with(t.release, &[("date", &date)])
            }),
            name: typed
                .and_then(|form| form.get("name"))
                .unwrap_or(&contact.name),
            tongue: chosen.as_ref().or(contact.tongue.as_ref()),
            country: typed
                .and_then(|form| form.get("country").map(str::to_owned))
                .or_else(|| contact.country.map(|c| c.to_string()))
                .unwrap_or_default(),
            wrong: typed.is_some(),
        };
        let status = typed.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
        html(status, t, &page)
    }

    async fn act(&self, form: &Form) -> Result<Response, Trouble> {
        match form.get("right") {
            Some("correct") => self.correct(form).await,
            Some("export") => self.export(As::Page).await,
            Some("data") => self.export(As::Data).await,
            Some("release") => self.release().await,
            Some("erase") => self.erase().await,
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
            field("language").map(str::parse::<Tongue>).transpose(),
        ) else {
            return Ok(self.page(Some(form)));
        };
        let name = field("name").unwrap_or("");
        let name: String = name
            .chars()
            .filter(|c| !c.is_control())
            .take(NAME_CHARS_MAX)
            .collect();
        let act = OwnAct::Correct {
            name,
            language,
            country,
        };
        if !self.done(act).await? {
            return Ok(self.over());
        }
        let (title, before) = (self.t.corrected_title, &[self.t.corrected]);
        Ok(self.say(&Said {
            title,
            before,
            ..Said::default()
        }))
    }

    /// Everything known, as a file.
    async fn export(&self, form: As) -> Result<Response, Trouble> {
        let (store, contact) = (&self.app.tracker.store, &self.around.contact);
        let told = (&*self.app.tracker.disclosure, self.t.language);
        let drawn = store.contact_export(contact.workspace, contact.id, told, self.now);
        let drawn = stored(drawn).await?;
        let export = drawn.ok_or(Trouble::Missing)?;
        let (kind, name, body) = match form {
            As::Page => (
                "text/html; charset=utf-8",
                "my-data.html",
                model::export::html(&export),
            ),
            As::Data => {
                let json = export.json().map_err(|error| {
                    tracing::error!(%error, "an export cannot be written: {error}");
                    Trouble::Unavailable
                })?;
                ("application/json", "my-data.json", json)
            }
        };
        if !self.done(OwnAct::TakeAlong).await? {
            return Ok(self.over());
        }
        let disposition = format!("attachment; filename=\"{name}\"");
        let headers = [
            (header::CONTENT_TYPE, kind),
            (header::CONTENT_DISPOSITION, disposition.as_str()),
        ];
        Ok((headers, body).into_response())
    }

    /// The person's data may be used again.
    async fn release(&self) -> Result<Response, Trouble> {
        if !self.done(OwnAct::Release).await? {
            return Ok(self.over());
        }
        let (title, before) = (self.t.release_title, &[self.t.released]);
        Ok(self.say(&Said {
            title,
            before,
            ..Said::default()
        }))
    }

    /// Everything goes. What is left is the mark that keeps the address from being entered again by mistake.
    async fn erase(&self) -> Result<Response, Trouble> {
        let (tracker, contact) = (&self.app.tracker, &self.around.contact);
        let mark = (tracker.suppression).mark(contact.workspace, &contact.address);
        let (id, random) = (self.challenge.id, tracker.ambient.random);
        let erasing = tracker.store.own_erase(id, mark, self.by(), random);
        let Some(receipt) = stored(erasing).await? else {
            return Ok(self.over());
        };
        tracker.changed.notify_one();
        let signed =
            SignedReceipt::sign(receipt, &tracker.signing).and_then(|signed| signed.text());
        let receipt = signed.map_err(|error| {
            tracing::error!(%error, "a receipt cannot be signed: {error}");
            Trouble::Unavailable
        })?;
        let t = self.t;
        let page = Erased {
            t,
            erased: self.names.fill(t.erased),
            receipt,
        };
        Ok(html(StatusCode::OK, t, &page))
    }

    /// Carries it out and uses the link up. False if that had been done before.
    async fn done(&self, act: OwnAct) -> Result<bool, Trouble> {
        let tracker = &self.app.tracker;
        let note = RequestId((tracker.ambient.random)());
        let acting = tracker
            .store
            .own_act(self.challenge.id, act, note, self.by());
        stored(acting).await
    }

    fn by(&self) -> By {
        By::operator(self.now).because(BY_THE_PERSON)
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
