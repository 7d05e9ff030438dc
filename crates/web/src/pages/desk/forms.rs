//! Forms for other sites: publishing one through the gate, its snippet, closing it.

use super::super::view::{When, topic_words};
use super::super::{Page, show as render};
use super::consents::short;
use crate::Shared;
use crate::auth::{May, User};
use crate::error::{Error, Result};
use crate::extract::{Fields, Id};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use model::form::{Faults, Form, FormDraft, PageKind};
use model::role::Act;
use model::{FormId, Language, Topic};
use serde::Deserialize;
use store::{AroundWorkspace, By, PublishedForm, usable};

#[derive(Template)]
#[template(path = "desk/forms.html")]
struct Forms {
    page: Page,
    forms: Vec<Line>,
    draft: Draft,
    /// What the limits allow to ask for.
    usable: Vec<Topic>,
    wrong: Vec<(&'static str, String)>,
}

struct Line {
    published: PublishedForm,
    address: String,
}

impl Line {
    fn since(&self) -> When {
        When(self.published.published_at)
    }

    fn closed(&self) -> Option<When> {
        self.published.closed_at.map(When)
    }

    fn kind(&self) -> &'static str {
        kind_words(self.published.form.kind)
    }

    fn asks(&self) -> Vec<&'static str> {
        let topics = self.published.form.topics.iter();
        topics.map(|topic| topic_words(*topic)).collect()
    }

    /// What is put into the site's page. A frame needs no script; where frames are off, the link inside it works.
    fn frame(&self) -> String {
        let (address, name) = (&self.address, escaped(self.published.form.name.as_str()));
        format!(
            "<iframe src=\"{address}\" title=\"{name}\" width=\"100%\" height=\"1500\" style=\"border:0\">\n  \
             <a href=\"{address}\">{name}</a>\n</iframe>"
        )
    }

    fn link(&self) -> String {
        let (address, name) = (&self.address, escaped(self.published.form.name.as_str()));
        format!("<a href=\"{address}\">{name}</a>")
    }
}

/// As it stands inside the snippet, which somebody pastes into a page.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

fn kind_words(kind: PageKind) -> &'static str {
    match kind {
        PageKind::SignUp => "to sign up for something",
        PageKind::Contact => "to get in touch",
        PageKind::Preferences => "to choose what one gets",
        PageKind::Order => "to order",
        PageKind::Page => "another page",
        PageKind::Policy => "a privacy policy",
        PageKind::Terms => "terms and conditions",
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Draft {
    name: String,
    site: String,
    kind: String,
    open: Option<String>,
    click: Option<String>,
    document: Option<String>,
    details: Option<String>,
}

impl Draft {
    fn ticked(&self, topic: Topic) -> bool {
        match topic {
            Topic::Open => self.open.is_some(),
            Topic::Click => self.click.is_some(),
            Topic::Document => self.document.is_some(),
            Topic::Details => self.details.is_some(),
        }
    }

    fn form(&self) -> FormDraft {
        let ticked = |topic: &Topic| self.ticked(*topic);
        FormDraft {
            name: self.name.clone(),
            page: self.site.clone(),
            kind: self.kind.clone(),
            topics: Topic::ALL.into_iter().filter(ticked).collect(),
        }
    }
}

impl Forms {
    fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
        let words = |kind: &PageKind| (kind.as_str(), kind_words(*kind));
        PageKind::ALL.iter().map(words)
    }

    /// Each with whether it is ticked, and whether it can be.
    fn topics(&self) -> [(&'static str, &'static str, bool, bool); 4] {
        Topic::ALL.map(|topic| {
            let (ticked, usable) = (self.draft.ticked(topic), self.usable.contains(&topic));
            (topic.as_str(), topic_words(topic), ticked && usable, usable)
        })
    }
}

async fn page(
    web: &Shared,
    user: &User,
    draft: Draft,
    wrong: Vec<(&'static str, String)>,
) -> Result<Response> {
    let forms = web.app.store.forms(user.workspace).await?;
    let around = web.app.store.around_workspace(user.workspace).await?;
    let around = around.ok_or(Error::NotFound("workspace"))?;
    let tracker = &web.app.sender.tracker;
    let line = |published: PublishedForm| Line {
        address: format!("{tracker}/f/{}", published.form.id),
        published,
    };
    let status = if wrong.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let page = Forms {
        page: Page::of(user, "compliance", "Forms"),
        forms: forms.into_iter().map(line).collect(),
        draft,
        usable: usable(&around.instance, &around.workspace),
        wrong,
    };
    Ok((status, render(&page)).into_response())
}

/// `GET /compliance/forms`
pub(super) async fn show(State(web): State<Shared>, user: User) -> Result<Response> {
    user.may(Act::SeeAll)?;
    page(&web, &user, Draft::default(), Vec::new()).await
}

/// `POST /compliance/forms`: through the gate.
pub(super) async fn publish(
    State(web): State<Shared>,
    user: User,
    Fields(draft): Fields<Draft>,
) -> Result<Response> {
    user.may(Act::SeeAll)?;
    let around = web.app.store.around_workspace(user.workspace).await?;
    let around = around.ok_or(Error::NotFound("workspace"))?;
    let id = FormId((web.app.ambient.random)());
    match gate(&web, &around, &draft.form(), id) {
        Ok(form) => {
            let by = By::user(user.id, (web.app.ambient.now)());
            web.app.store.form_publish(user.workspace, form, by).await?;
            Ok(Redirect::to(&format!("/compliance/forms#f-{id}")).into_response())
        }
        Err(Faults(wrong)) => page(&web, &user, draft, wrong).await,
    }
}

/// A form that may be shown: it stands where it may (R-CONS-18), and what it says is whole (R-CONS-17).
fn gate(
    web: &Shared,
    around: &AroundWorkspace,
    draft: &FormDraft,
    id: FormId,
) -> Result<Form, Faults> {
    let (origin, disclosure) = (&web.app.sender.tracker, &web.app.disclosure);
    let (author, hosts) = (&around.author, &around.webhook_hosts);
    let asking = around.workspace.asking(author, hosts, origin, disclosure);
    let whole = asking.notice(Language::En, &Topic::ALL);
    let usable = usable(&around.instance, &around.workspace);
    let mut form = draft.publish(id);
    if let Some(off) = draft.topics.iter().find(|topic| !usable.contains(topic)) {
        let why = format!(
            "the limits under Settings do not allow {}, so nobody would be asked",
            short(*off)
        );
        let mut faults = form.err().map_or(Vec::new(), |faults| faults.0);
        faults.push(("topics", why));
        form = Err(Faults(faults));
    }
    match (form, whole) {
        (form, Ok(_)) => form,
        (form, Err(incomplete)) => {
            let mut faults = form.err().map_or(Vec::new(), |faults| faults.0);
            let missing: Vec<_> = incomplete.0.iter().map(|(slot, _)| *slot).collect();
            let why = format!(
                "your notice is not whole, {} is missing: enter it under Settings first",
                missing.join(", ")
            );
            faults.push(("notice", why));
            Err(Faults(faults))
        }
    }
}

/// `POST /compliance/forms/{id}/close`
pub(super) async fn close(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<FormId>,
) -> Result<Response> {
    user.may(Act::SeeAll)?;
    let by = By::user(user.id, (web.app.ambient.now)());
    if !web.app.store.form_close(user.workspace, id, by).await? {
        return Err(Error::NotFound("open form"));
    }
    Ok(Redirect::to("/compliance/forms").into_response())
}
