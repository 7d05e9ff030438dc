//! `/f/{form}`: a form that stands on another site, in a frame or behind a link.
//!
//! It shows the workspace's notice with a box for each topic, none ticked, and two buttons alike (R-CONS-01, -02, -17).
//! Who presses one is not known: their address is written down whoever they are, the answer is the same, and a mail asks
//! its owner to confirm (R-CONS-07). The site that it was published for may show it in a frame, and no other.

use crate::app::App;
use crate::client;
use crate::doorman::network;
use crate::names::Names;
use crate::page::{Form, Plain, Reader, elsewhere, framed_by, html};
use crate::person::{Shown, complete_notice};
use crate::texts::Texts;
use crate::visit::{Trouble, stored};
use askama::Template;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::{StatusCode, Uri};
use model::{EmailAddress, FormId, Topic};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use store::{AroundWorkspace, Method, NewIntake, PublishedForm, usable};

/// The longest address there is (RFC 5321, 4.5.3.1.3).
const ADDRESS_CHARS_MAX: usize = 254;

#[derive(Template)]
#[template(path = "form.html")]
struct Page {
    t: &'static Texts,
    title: String,
    address: String,
    wrong: Option<&'static str>,
    notice: Shown,
}

/// Somebody has the form before them.
struct Visit<'a> {
    app: &'a App,
    t: &'static Texts,
    published: PublishedForm,
    around: AroundWorkspace,
    /// What it asks for, as far as the workspace may use that today.
    topics: Vec<Topic>,
}

pub(crate) async fn show(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    let page = async move {
        let visit = Visit::begin(&app, reader, request.uri()).await?;
        visit.page(StatusCode::OK, "", None)
    };
    page.await.unwrap_or_else(|trouble| trouble.answer(reader))
}

pub(crate) async fn act(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(peer)| peer.ip());
    let from = client::address(peer, request.headers(), &app.tracker.trusted_proxies);
    let done = async move {
        let visit = Visit::begin(&app, reader, request.uri()).await?;
        match Form::read(request, &app.tracker.origin).await {
            Ok(form) => visit.act(&form, from).await,
            Err(status) => Ok(visit.framed(elsewhere(reader, status))),
        }
    };
    done.await.unwrap_or_else(|trouble| trouble.answer(reader))
}

impl<'a> Visit<'a> {
    async fn begin(app: &'a App, reader: Reader, uri: &Uri) -> Result<Self, Trouble> {
        let id = uri.path().strip_prefix("/f/").unwrap_or_default();
        let id: FormId = id.parse().map_err(|_| Trouble::Missing)?;
        let store = &app.tracker.store;
        let published = stored(store.form_open(id)).await?;
        let published = published.ok_or(Trouble::Missing)?;
        let around = stored(store.around_workspace(published.workspace)).await?;
        let around = around.ok_or(Trouble::Missing)?;
        let usable = usable(&around.instance, &around.workspace);
        let topics = published.form.topics.iter().copied();
        Ok(Self {
            app,
            t: reader.texts_or(around.workspace.language),
            topics: topics.filter(|topic| usable.contains(topic)).collect(),
            published,
            around,
        })
    }

    fn names(&self) -> Names {
        let (around, origin) = (&self.around, &self.app.tracker.origin);
        Names::of_workspace(&around.workspace, &around.author, origin)
    }

    /// What is asked; none while the workspace may ask nobody.
    fn notice(&self) -> Result<Option<Shown>, Trouble> {
        let around = &self.around;
        let asking = (&around.workspace, &around.author, &*around.webhook_hosts);
        let notice = complete_notice(self.t, asking, &self.app.tracker, &self.topics);
        notice
            .map(|notice| Shown::of(self.t, &self.names(), &notice))
            .transpose()
    }

    fn framed(&self, page: Response) -> Response {
        framed_by(page, self.published.form.page.site())
    }

    fn say(&self, status: StatusCode, title: &str, said: &str) -> Response {
        self.framed(Plain::new(self.t, title, &[said]).answer(status))
    }

    fn page(
        &self,
        status: StatusCode,
        address: &str,
        wrong: Option<&'static str>,
    ) -> Result<Response, Trouble> {
        let (t, names) = (self.t, self.names());
        let Some(notice) = self.notice()? else {
            return Ok(self.say(StatusCode::OK, t.choice_title, &names.fill(t.cannot_ask)));
        };
        let page = Page {
            t,
            title: names.fill(t.form_title),
            address: address.chars().take(ADDRESS_CHARS_MAX).collect(),
            wrong,
            notice,
        };
        Ok(self.framed(html(status, t, &page)))
    }

    async fn act(&self, form: &Form, from: Option<IpAddr>) -> Result<Response, Trouble> {
        let t = self.t;
        match form.get("answer") {
            Some("agree") => {}
            Some("refuse") => {
                return Ok(self.say(StatusCode::OK, t.refused_title, t.form_refused));
            }
            _ => return Err(Trouble::Elsewhere(StatusCode::BAD_REQUEST)),
        }
        let given = form.get("address").unwrap_or("").trim();
        let again = |status, wrong| self.page(status, given, Some(wrong));
        let Some(notice) = self.notice()? else {
            return self.page(StatusCode::OK, given, None);
        };
        if form.get("text") != Some(notice.digest().as_str()) {
            return again(StatusCode::CONFLICT, t.changed);
        }
        let unclear = StatusCode::UNPROCESSABLE_ENTITY;
        let Ok(address) = given.parse::<EmailAddress>() else {
            return again(unclear, t.start_wrong);
        };
        let ticked = |topic: &Topic| form.get(topic.as_str()) == Some("on");
        let topics: Vec<Topic> = self.topics.iter().copied().filter(ticked).collect();
        if topics.is_empty() {
            return again(unclear, t.nothing_ticked);
        }
        if topics == [Topic::Details] {
            return again(unclear, t.details_alone);
        }
        if !self.app.doorman.admits(network(from), self.app.now()) {
            return Ok(self.say(
                StatusCode::TOO_MANY_REQUESTS,
                t.enough_title,
                t.start_enough,
            ));
        }
        self.take(address, topics, &notice).await?;
        Ok(self.say(StatusCode::OK, t.start_sent_title, t.form_sent))
    }

    /// Writes it down, whoever it is of.
    async fn take(
        &self,
        address: EmailAddress,
        topics: Vec<Topic>,
        notice: &Shown,
    ) -> Result<(), Trouble> {
        let (tracker, now, language) = (&self.app.tracker, self.app.now(), self.t.language);
        let (store, random) = (&tracker.store, tracker.ambient.random);
        let (form, workspace) = (&self.published.form, self.published.workspace);
        let kept = store.consent_text_keep(language, &notice.text, &notice.page, now);
        let new = NewIntake {
            id: random(),
            outbox: random(),
            workspace,
            mark: tracker.suppression.mark(workspace, &address),
            address,
            language,
            topics,
            text: stored(kept).await?,
            shown: None,
            method: Method::Form,
            place: form.page.to_string(),
            by: form.name.to_string(),
        };
        stored(store.intake(new, now)).await
    }
}
