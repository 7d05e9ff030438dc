//! One message: what became of each copy, and how that is known.

mod story;

use self::story::Story;
use super::sent::visible;
use super::view::{CopyView, When, kind_words, role_words, skip_words, subject_or_none};
use super::{Page, show as render};
use crate::Shared;
use crate::auth::User;
use crate::error::{Error, Result};
use crate::extract::{Id, Params};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::{Axis, CopyId, MessageId, Reason};
use serde::Deserialize;
use store::{Message, Sum};

/// Copies whose timelines stand on the page together; of more, one is shown at a time.
const TIMELINES_MAX: usize = 12;
/// Copies that are listed.
const LISTED_MAX: u16 = 2_000;

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    page: Page,
    message: Message,
    /// The copies with their timelines.
    stories: Vec<Story>,
    /// The first copies, where there are too many to tell all stories.
    index: Vec<CopyView>,
    /// Recipients in all.
    total: u32,
    parts: Vec<PartView>,
    /// Why nothing of the mail is changed.
    untouched: Option<&'static str>,
    links: Vec<LinkView>,
    /// What is known of those who are only counted.
    sums: Vec<Sum>,
}

/// One part of the mail, and what is done with it.
struct PartView {
    path: String,
    content_type: String,
    what: &'static str,
    hindrance: Option<&'static str>,
}

struct LinkView {
    number: u16,
    part: String,
    kind: &'static str,
    destination: String,
    skipped: Option<&'static str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    copy: Option<CopyId>,
}

impl MessagePage {
    fn sent_at(&self) -> When {
        When(self.message.accepted_at)
    }

    /// Those who are only counted, and what their common addresses were asked for.
    fn counted(&self) -> Option<(u32, Vec<String>)> {
        let crowd = self.sums.iter().map(|sum| sum.crowd).max()?;
        Some((crowd, self.sums.iter().map(sum_words).collect()))
    }

    fn switch(&self) -> &'static str {
        match self.message.switch {
            model::Switch::All => "everything that each recipient allows",
            model::Switch::Open => "opens only",
            model::Switch::Click => "clicks only",
            model::Switch::Off => "nothing: switched off for this mail",
        }
    }
}

/// `GET /messages/{id}`
pub(super) async fn show(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<MessageId>,
    Params(choice): Params<Choice>,
) -> Result<Response> {
    let message = visible(&web, &user, id).await?;
    let (told, index) = match choice.copy {
        Some(wanted) => {
            let found = web.app.store.copy_in_context(wanted).await?;
            let copy = found
                .map(|around| around.copy)
                .filter(|copy| copy.message == id);
            (vec![copy.ok_or(Error::NotFound("copy"))?], Vec::new())
        }
        None => match web.app.store.copies(id, LISTED_MAX).await? {
            few if few.len() <= TIMELINES_MAX => (few, Vec::new()),
            many => (Vec::new(), many),
        },
    };
    let sums = web.app.store.copy_ticks(id).await?;
    let total = sums.iter().map(|(_, n)| n).sum();
    let mut stories = Vec::with_capacity(told.len());
    for copy in told {
        stories.push(Story::of(&web.app, &message, copy).await?);
    }
    let links = web
        .app
        .store
        .links(id)
        .await?
        .into_iter()
        .map(|link| LinkView {
            number: link.number,
            part: link.part,
            kind: kind_words(&link.kind),
            destination: link.destination,
            skipped: link.skipped.as_deref().map(skip_words),
        });
    let sums = web.app.store.sums(id).await?;
    let parts = web.app.store.parts(id).await?;
    let body = |role| parts.iter().find(|part| part.role == role);
    let body = body("html").or_else(|| body("text"));
    let untouched = body.and_then(|body| body.hindrance).map(Reason::sentence);
    let parts = parts.into_iter().map(|part| PartView {
        what: role_words(&part.role),
        hindrance: part.hindrance.map(Reason::sentence),
        path: part.path,
        content_type: part.content_type,
    });
    let subject = subject_or_none(&message.subject);
    let page = Page::of(&user, "sent", subject);
    let index = index.into_iter().map(|copy| CopyView { copy }).collect();
    Ok(render(&MessagePage {
        page,
        untouched,
        parts: parts.collect(),
        links: links.collect(),
        message,
        stories,
        index,
        total,
        sums,
    }))
}

/// One sum in words. Nobody signs such a request, so the words are about requests and not about people.
fn sum_words(sum: &Sum) -> String {
    let what = match sum.axis {
        Axis::Open => "The mail was opened".to_owned(),
        Axis::Click => format!("Link {} was followed", sum.link + 1),
        Axis::Document => "The document was looked at".to_owned(),
    };
    match sum.count {
        Some(count) => format!("{what} {count} times"),
        None => format!("{what} fewer than 5 times, too few to tell"),
    }
}

impl LinkView {
    fn shown_number(&self) -> u16 {
        self.number + 1
    }
}
