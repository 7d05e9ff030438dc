//! `/p/{token}`: the recipient's own page. Who wrote, whether the mail is tracked, what is recorded, and the choice.
//!
//! Looking at it records nothing and changes nothing; only a pressed button does (R-CONS-06). Each topic is its own
//! unticked choice, yes and no cost the same press (R-CONS-01, -02), and a withdrawal is one press (R-WITH-02). The
//! page asks only for what the workspace may use at all. Mails get forwarded with their links: the page of a mail shows
//! that mail, counts the others, and leaves them to the link that goes to the mailbox.

mod age;
mod choice;
pub(crate) mod confirm;
mod decide;
pub(crate) mod guardian;
mod known;
mod notice;
pub(crate) mod own;
pub(crate) mod proof;
mod record;
mod said;
pub(crate) mod start;

use crate::app::App;
use crate::names::Names;
use crate::page::{Form, Reader, html};
use crate::texts::Texts;
use crate::visit::{Trouble, claim, language_of, stored};
use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use choice::Choice;
use http::{StatusCode, Uri};
use model::{Mode, Purpose, Time};
pub(crate) use notice::Shown;
pub(crate) use notice::complete as complete_notice;
pub use proof::receipt_of;
use record::{Mail, Says};
use std::sync::Arc;
use store::Person;

/// Somebody looks at the page of one copy.
struct Visit<'a> {
    app: &'a App,
    t: &'static Texts,
    names: Names,
    person: Person,
    choice: Choice,
    now: Time,
    /// Where this page is.
    path: String,
}

pub(crate) async fn show(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    let page = async move {
        Visit::begin(&app, reader, request.uri())
            .await?
            .page(None)
            .await
    };
    page.await.unwrap_or_else(|trouble| trouble.answer(reader))
}

pub(crate) async fn decide(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    let decided = async move {
        let visit = Visit::begin(&app, reader, request.uri()).await?;
        let form = Form::read(request, &app.tracker.origin)
            .await
            .map_err(Trouble::Elsewhere)?;
        visit.decide(&form).await
    };
    decided
        .await
        .unwrap_or_else(|trouble| trouble.answer(reader))
}

impl<'a> Visit<'a> {
    async fn begin(app: &'a App, reader: Reader, uri: &Uri) -> Result<Self, Trouble> {
        let id = claim(app, Purpose::Person, "/p/", uri.path())?.id;
        let person = stored(app.tracker.store.person(id))
            .await?
            .ok_or(Trouble::Missing)?;
        let now = app.now();
        let t = reader.texts_or(language_of(&person.around));
        let names = Names::of(&person.around, t, &app.tracker.origin);
        let choice = Choice::of(&person.around, now);
        Ok(Self {
            app,
            t,
            names,
            person,
            choice,
            now,
            path: uri.path().to_owned(),
        })
    }

    /// The same visit, on what is true after what was just done.
    async fn again(self) -> Result<Self, Trouble> {
        let around = &self.person.around;
        let mail = around.mail.as_ref().map(|(copy, _)| copy.id.0);
        let id = mail.unwrap_or(around.contact.id.0);
        let person = stored(self.app.tracker.store.person(id)).await?;
        let person = person.ok_or(Trouble::Missing)?;
        let choice = Choice::of(&person.around, self.now);
        Ok(Self {
            person,
            choice,
            ..self
        })
    }

    /// What is asked, and how; none where there is nothing to ask, or the workspace cannot ask yet.
    fn notice(&self) -> Result<Option<Shown>, Trouble> {
        let tracker = &self.app.tracker;
        let around = &self.person.around;
        let asking = (&around.workspace, &around.author, &*around.webhook_hosts);
        let notice = complete_notice(self.t, asking, tracker, &self.choice.free);
        notice
            .map(|notice| Shown::of(self.t, &self.names, &notice))
            .transpose()
    }

    async fn page(&self, alert: Option<&'static str>) -> Result<Response, Trouble> {
        let notice = self.notice()?;
        let may_choose = notice.is_some();
        let asks_age = may_choose && self.must_say_their_age();
        let page = Page {
            t: self.t,
            tracked: self.tracked().await?,
            known: self.known(),
            restricted: self.person.around.contact.restricted_at.map(|at| {
                let date = self.t.date(at);
                self.names
                    .fill_with(self.t.restrict_since, &[("date", &date)])
            }),
            held: self.held(),
            receipt: self.receipt_path().await?,
            question: self.question().filter(|_| may_choose),
            now: self.now().filter(|_| self.person.around.mail.is_none()),
            notice: notice.filter(|_| !asks_age),
            asks: !self.choice.free.is_empty() && !asks_age,
            notes: self.notes(),
            alert,
            mails: record::mails(self).await?,
            others: self.others(),
            nothing: !self.person.is_recorded(),
            names: &self.names,
        };
        let status = alert.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
        Ok(html(status, self.t, &page))
    }

    /// What is told about the mail whose link was followed: its opening, its links.
    async fn tracked(&self) -> Result<Option<[String; 2]>, Trouble> {
        let t = self.t;
        let Some((copy, _)) = self.person.around.mail.as_ref() else {
            return Ok(None);
        };
        let store = &self.app.tracker.store;
        let effective = stored(store.copy_allowed(copy.id, self.now)).await?;
        let frozen = copy.modes;
        let opens = [t.open_on, t.open_stopped, t.open_off];
        let clicks = [t.click_on, t.click_stopped, t.click_off];
        Ok(Some([
            self.axis(frozen.open, effective.open, opens),
            self.axis(frozen.click, effective.click, clicks),
        ]))
    }

    /// What is told about one axis of this mail: on, not any more, or never.
    fn axis(&self, frozen: Mode, effective: Mode, [on, stopped, off]: [&str; 3]) -> String {
        match (frozen, effective) {
            (_, Mode::Detailed) => format!("{} {}", self.names.fill(on), self.t.with_details),
            (_, Mode::Individual) => self.names.fill(on),
            (_, Mode::Hygiene) => self.t.day_on.to_owned(),
            (_, Mode::Aggregate) => self.t.counted_on.to_owned(),
            (Mode::None, Mode::None) => off.to_owned(),
            (_, Mode::None) => stopped.to_owned(),
        }
    }

    /// Says so when there are more mails than the page shows: older ones, or those that a forwarded link does not show.
    fn others(&self) -> Option<String> {
        let person = &self.person;
        if person.others == 0 {
            return None;
        }
        if person.around.mail.is_none() {
            let shown = person.copies.len().to_string();
            return Some(
                self.names
                    .fill_with(self.t.recorded_newest, &[("n", &shown)]),
            );
        }
        let (mails, entries) = (person.others.to_string(), person.other_entries.to_string());
        let values = [("n", &*mails), ("m", &*entries)];
        Some(self.names.fill_with(self.t.recorded_others, &values))
    }
}

#[derive(Template)]
#[template(path = "person.html")]
struct Page<'a> {
    t: &'static Texts,
    names: &'a Names,
    /// Opening and links of the mail, where there is one.
    tracked: Option<[String; 2]>,
    known: Vec<(&'static str, String)>,
    /// Since when their data is left alone, as a sentence.
    restricted: Option<String>,
    held: Vec<choice::Held>,
    /// Where the signed receipt of it is.
    receipt: Option<String>,
    notice: Option<Shown>,
    /// How old they are, where that comes first.
    question: Option<age::Question>,
    /// What whoever was too young can press now.
    now: Option<age::Now>,
    /// There is something to ask, if the workspace can.
    asks: bool,
    /// What the person said earlier about what is asked.
    notes: Vec<String>,
    /// What is wrong with the answer that was sent.
    alert: Option<&'static str>,
    mails: Vec<Mail>,
    /// What is said of mails that are not shown.
    others: Option<String>,
    /// Nothing is recorded of any mail.
    nothing: bool,
}

impl Page<'_> {
    fn may_disown(&self) -> bool {
        let mut entries = self.mails.iter().flat_map(|mail| &mail.entries);
        entries.any(|entry| matches!(entry.says, Some(Says::NotMe(_))))
    }
}
