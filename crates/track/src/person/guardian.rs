//! `/p/guardian/{token}`: where somebody with parental responsibility agrees for a child, and takes it back (R-AGE-03).
//!
//! One link, mailed to their own address. Looking decides nothing. The button agrees once, within seven days, to a text of
//! its own: what the child was shown, and the declaration. From then on the same link takes it back, for ever, without an
//! account, in one press. Once the child decides alone, it does nothing any more and says so.

use super::age::relation_words;
use super::{notice, proof};
use crate::app::App;
use crate::names::Names;
use crate::page::{Form, Plain, Reader, html};
use crate::texts::Texts;
use crate::visit::{Trouble, claim, language_of, stored};
use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{StatusCode, Uri};
use model::{AgeStanding, GuardianId, Purpose, Sha256, Time, Topic, term};
use std::sync::Arc;
use store::{Around, By, Guardian, GuardianGave};

/// Why, in the account of acts.
const BY_THE_GUARDIAN: &str = "by the guardian, through a link mailed to them";

/// A guardian, and everything around the child.
struct Visit<'a> {
    app: &'a App,
    t: &'static Texts,
    names: Names,
    guardian: Guardian,
    /// The digest of the link's token, kept as proof.
    token: Sha256,
    around: Around,
    now: Time,
    /// Where this page is.
    path: String,
}

/// How it stands.
enum Standing {
    /// These topics wait for the guardian.
    Asked(Vec<Topic>),
    /// The guardian agreed; somebody of the workspace has to check it.
    Unchecked(Vec<Topic>),
    /// These count.
    Holds(Vec<Topic>),
    /// Nobody agreed in time.
    Late,
    /// The child decides alone.
    Grown,
    /// Refused, taken back, or overtaken.
    Over,
}

/// The text that a guardian agrees to, exactly as it is shown and kept. It names neither of the two.
struct Authorisation {
    text: String,
    page: String,
}

#[derive(Template)]
#[template(path = "authorisation.html")]
struct Part<'a> {
    t: &'static Texts,
    declare: &'a str,
    choices: &'a [String],
    lines: &'a [(&'static str, String)],
    method: &'a str,
    digest: &'a str,
}

#[derive(Template)]
#[template(path = "guardian.html")]
struct Page<'a> {
    t: &'static Texts,
    title: String,
    intro: String,
    topics: Vec<&'static str>,
    /// What is to be agreed to, as it is kept.
    part: Option<&'a str>,
    /// The button that takes it back.
    back: Option<&'static str>,
    note: Option<String>,
    /// Where the signed receipt of it is.
    receipt: Option<String>,
    about: String,
}

pub(crate) async fn show(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    let page = async move {
        let visit = Visit::begin(&app, reader, request.uri()).await?;
        visit.page()
    };
    page.await.unwrap_or_else(|trouble| trouble.answer(reader))
}

/// The receipt of what they agreed to, as long as it stands.
pub(crate) async fn receipt(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    let page = request.uri().path().trim_end_matches("/receipt.json");
    let page: Result<Uri, _> = page.parse();
    let file = async move {
        let page = page.map_err(|_| Trouble::Missing)?;
        let visit = Visit::begin(&app, reader, &page).await?;
        let request = visit.guardian.request.id;
        let proven = proof::of_guardian(&app, &visit.around, request).await?;
        proof::file(&app, &visit.around, proven.ok_or(Trouble::Missing)?)
    };
    file.await.unwrap_or_else(|trouble| trouble.answer(reader))
}

pub(crate) async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    let answered = async move {
        let visit = Visit::begin(&app, reader, request.uri()).await?;
        let form = Form::read(request, &app.tracker.origin)
            .await
            .map_err(Trouble::Elsewhere)?;
        match form.get("answer") {
            Some("agree") => visit.agree(form.get("text")).await,
            Some("refuse") => visit.refuse().await,
            Some("withdraw") => visit.withdraw().await,
            _ => Err(Trouble::Elsewhere(StatusCode::BAD_REQUEST)),
        }
    };
    answered
        .await
        .unwrap_or_else(|trouble| trouble.answer(reader))
}

impl<'a> Visit<'a> {
    async fn begin(app: &'a App, reader: Reader, uri: &Uri) -> Result<Self, Trouble> {
        let prefix = "/p/guardian/";
        let id = GuardianId(claim(app, Purpose::Guardian, prefix, uri.path())?.id);
        let store = &app.tracker.store;
        let guardian = stored(store.guardian(id)).await?.ok_or(Trouble::Missing)?;
        let request = &guardian.request;
        let around = stored(store.around(request.contact.0)).await?;
        let around = around.ok_or(Trouble::Missing)?;
        let t = reader.texts_or(language_of(&around));
        Ok(Self {
            app,
            t,
            names: Names::of(&around, t, &app.tracker.origin),
            token: Sha256::of(uri.path().trim_start_matches(prefix)),
            guardian,
            around,
            now: app.now(),
            path: uri.path().to_owned(),
        })
    }

    fn standing(&self) -> Standing {
        let (guardian, contact) = (&self.guardian, &self.around.contact);
        let (holds, waiting) = (guardian.holds(contact), guardian.waiting(contact));
        let grown = contact.standing() == AgeStanding::Reached;
        match guardian.given_at {
            _ if !holds.is_empty() => Standing::Holds(holds),
            _ if grown => Standing::Grown,
            None if !waiting.is_empty() && self.now >= guardian.request.expires_at => {
                Standing::Late
            }
            None if !waiting.is_empty() => Standing::Asked(waiting),
            Some(_) if !waiting.is_empty() => Standing::Unchecked(waiting),
            _ => Standing::Over,
        }
    }

    /// Names, the child's age limit, and what the guardian is to them, put into a text.
    fn fill(&self, text: &str, at: Time) -> String {
        let guardian = &self.guardian;
        let (age, date) = (guardian.threshold.to_string(), self.t.date(at));
        let days = self.app.tracker.disclosure.terms.proof.as_secs() / 86_400;
        let term = term::in_words(u32::try_from(days).unwrap_or(u32::MAX), self.t.language);
        let values = [
            ("age", age.as_str()),
            ("date", &date),
            ("relation", relation_words(self.t, guardian.relation)),
            ("guardian", &guardian.address),
            ("term", &term),
        ];
        self.names.fill_with(text, &values)
    }

    fn page(&self) -> Result<Response, Trouble> {
        let t = self.t;
        let (created, given) = (self.guardian.request.created_at, self.guardian.given_at);
        match self.standing() {
            Standing::Asked(topics) => {
                let Some(authorisation) = self.authorisation(&topics)? else {
                    return Ok(self.plain(StatusCode::OK, t.auth_over_title, t.cannot_ask));
                };
                let (title, intro) = (t.auth_title, self.fill(t.auth_intro, created));
                Ok(self.show(title, intro, &[], Some(&authorisation.page), None, None))
            }
            Standing::Unchecked(topics) => {
                let intro = self.fill(t.auth_wait, created);
                let back = Some(t.withdraw_request);
                Ok(self.show(t.auth_wait_title, intro, &topics, None, back, None))
            }
            Standing::Holds(topics) => {
                let intro = self.fill(t.auth_held, given.unwrap_or(created));
                let note = Some(self.fill(t.auth_keep, created));
                Ok(self.show(
                    t.auth_held_title,
                    intro,
                    &topics,
                    None,
                    Some(t.withdraw),
                    note,
                ))
            }
            Standing::Late | Standing::Grown | Standing::Over => Ok(self.over()),
        }
    }

    fn show(
        &self,
        title: &str,
        intro: String,
        topics: &[Topic],
        part: Option<&str>,
        back: Option<&'static str>,
        note: Option<String>,
    ) -> Response {
        let t = self.t;
        let counts = title == t.auth_held_title || title == t.auth_done_title;
        let receipt = counts.then(|| format!("{}/receipt.json", self.path));
        let page = Page {
            t,
            title: self.names.fill(title),
            intro,
            topics: topics.iter().map(|topic| t.their_topic(*topic)).collect(),
            part,
            back,
            note,
            receipt,
            about: self.fill(t.auth_about, self.now),
        };
        html(StatusCode::OK, t, &page)
    }

    /// What the guardian agrees to; none while the workspace cannot ask.
    fn authorisation(&self, topics: &[Topic]) -> Result<Option<Authorisation>, Trouble> {
        let (t, around, tracker) = (self.t, &self.around, &self.app.tracker);
        let asking = (&around.workspace, &around.author, &*around.webhook_hosts);
        let Some(notice) = notice::complete(t, asking, tracker, topics) else {
            return Ok(None);
        };
        let method = if around.workspace.checks_guardians {
            t.auth_checked_staff
        } else {
            t.auth_checked
        };
        let (declare, method) = (t.auth_declare, self.names.fill(method));
        let text = format!("{}{declare}\n{method}\n", notice.text());
        let choices: Vec<_> = notice
            .choices()
            .into_iter()
            .map(|(_, words)| words)
            .collect();
        let part = Part {
            t,
            declare,
            choices: &choices,
            lines: &notice.lines(),
            method: &method,
            digest: &Sha256::of(&text).to_string(),
        };
        let page = part.render().map_err(|error| {
            tracing::error!(%error, "an authorisation could not be rendered: {error}");
            Trouble::Unavailable
        })?;
        Ok(Some(Authorisation { text, page }))
    }

    async fn agree(self, digest: Option<&str>) -> Result<Response, Trouble> {
        let Standing::Asked(topics) = self.standing() else {
            return self.page();
        };
        let Some(shown) = self.authorisation(&topics)? else {
            return self.page();
        };
        let (t, tracker) = (self.t, &self.app.tracker);
        if digest != Some(Sha256::of(&shown.text).to_string().as_str()) {
            return Ok(self.plain(StatusCode::CONFLICT, t.changed_title, t.changed));
        }
        let keep =
            (tracker.store).consent_text_keep(t.language, &shown.text, &shown.page, self.now);
        let text = stored(keep).await?;
        let by = By::operator(self.now).because(BY_THE_GUARDIAN);
        let giving = (tracker.store).guardian_give(self.guardian.id, self.token, text, by);
        let gave = stored(giving).await?;
        tracker.changed.notify_one();
        let created = self.guardian.request.created_at;
        Ok(match gave {
            GuardianGave::Counts => self.show(
                t.auth_done_title,
                self.names.fill(t.confirmed),
                &topics,
                None,
                None,
                Some(self.fill(t.auth_keep, created)),
            ),
            GuardianGave::Waits => {
                let intro = self.fill(t.auth_wait, created);
                let note = Some(self.fill(t.auth_keep, created));
                self.show(t.auth_wait_title, intro, &topics, None, None, note)
            }
            // Somebody was faster, in the moment since this visit began.
            GuardianGave::Late => self.plain(StatusCode::CONFLICT, t.auth_over_title, t.auth_over),
        })
    }

    async fn refuse(self) -> Result<Response, Trouble> {
        let (t, tracker) = (self.t, &self.app.tracker);
        if !stored((tracker.store).guardian_refuse(self.guardian.id, self.now)).await? {
            return self.page();
        }
        tracker.changed.notify_one();
        Ok(self.plain(StatusCode::OK, t.refused_title, t.auth_no_done))
    }

    async fn withdraw(self) -> Result<Response, Trouble> {
        if let Standing::Unchecked(_) = self.standing() {
            return self.refuse().await;
        }
        let (t, tracker) = (self.t, &self.app.tracker);
        let withdrawn = (tracker.store).guardian_withdraw(self.guardian.id, self.now);
        if stored(withdrawn).await?.is_empty() {
            return Ok(self.over());
        }
        tracker.changed.notify_one();
        Ok(self.plain(StatusCode::OK, t.withdrawn_title, t.auth_withdrawn))
    }

    fn over(&self) -> Response {
        let t = self.t;
        let why = match self.standing() {
            Standing::Late => t.auth_late,
            Standing::Grown => t.auth_over_self,
            _ => t.auth_over,
        };
        self.plain(StatusCode::GONE, t.auth_over_title, why)
    }

    fn plain(&self, status: StatusCode, title: &str, text: &str) -> Response {
        Plain::new(self.t, title, &[&self.names.fill(text)]).answer(status)
    }
}
