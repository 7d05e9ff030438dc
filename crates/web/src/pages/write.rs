//! Writing a mail: for a first try, and for short notes. Everything else comes from a mail client.

use super::{Page, show as render};
use crate::Shared;
use crate::auth::{May, User};
use crate::compose::{self, Mailbox};
use crate::error::{Error, Result};
use crate::extract::{Fields, Params};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use model::role::Act;
use model::{MessageClass, Switch};
use send::{Recipient, Refusal, Submission};
use serde::Deserialize;
use store::Identity;

#[derive(Template)]
#[template(path = "write.html")]
struct WritePage {
    page: Page,
    draft: Draft,
    identities: Vec<Identity>,
    /// The field that is wrong, and why.
    wrong: Option<(&'static str, String)>,
}

/// The form's fields, kept as they were typed when something is wrong.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Draft {
    from: String,
    to: String,
    subject: String,
    body: String,
    track: String,
    class: String,
    ask: Option<String>,
    receipt: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Start {
    #[serde(default)]
    to: String,
}

impl WritePage {
    const TRACKS: [(&str, &str); 4] = [
        ("all", "Opens and clicks, where people agreed"),
        ("open", "Opens only"),
        ("click", "Clicks only"),
        ("off", "Nothing"),
    ];

    const CLASSES: [(&str, &str); 5] = [
        ("correspondence", "A letter, from you to them"),
        ("transactional", "About their order, account or contract"),
        ("requested_newsletter", "A newsletter that they asked for"),
        (
            "marketing",
            "Advertising, to customers and people who agreed",
        ),
        ("cold", "A first mail to people who never asked for it"),
    ];

    fn wrong_in(&self, field: &str) -> Option<&str> {
        self.wrong
            .as_ref()
            .filter(|(at, _)| *at == field)
            .map(|(_, why)| why.as_str())
    }
}

/// `GET /write`
pub(super) async fn show(
    State(web): State<Shared>,
    user: User,
    Params(start): Params<Start>,
) -> Result<Response> {
    user.may(Act::Send)?;
    let workspace = web.app.store.workspace(user.workspace).await?;
    let ask = workspace.is_some_and(|w| w.ask).then(|| "on".to_owned());
    let draft = Draft {
        to: start.to,
        track: "all".into(),
        class: "correspondence".into(),
        ask,
        ..Draft::default()
    };
    let identities = web.app.store.identities(user.id).await?;
    Ok(render(&WritePage {
        page: Page::of(&user, "write", "Write"),
        draft,
        identities,
        wrong: None,
    }))
}

/// `POST /write`
pub(super) async fn submit(
    State(web): State<Shared>,
    user: User,
    Fields(draft): Fields<Draft>,
) -> Result<Response> {
    user.may(Act::Send)?;
    let identities = web.app.store.identities(user.id).await?;
    let wrong = match send(&web, &user, &identities, &draft).await {
        Ok(message) => return Ok(Redirect::to(&format!("/messages/{message}")).into_response()),
        Err(Error::Invalid { field, why }) => (field, why),
        Err(Error::Forbidden(why)) => ("from", why),
        Err(other) => return Err(other),
    };
    let page = Page::of(&user, "write", "Write");
    let form = WritePage {
        page,
        draft,
        identities,
        wrong: Some(wrong),
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&form)).into_response())
}

async fn send(
    web: &Shared,
    user: &User,
    identities: &[Identity],
    draft: &Draft,
) -> Result<model::MessageId> {
    let invalid = |field| move |why: String| Error::Invalid { field, why };
    let to: Vec<Mailbox> = compose::parse_recipients(&draft.to).map_err(invalid("to"))?;
    let from = identities.iter().find(|i| i.address.as_str() == draft.from);
    let from = from.ok_or_else(|| invalid("from")("choose one of your identities".into()))?;
    if draft.subject.trim().is_empty() && draft.body.trim().is_empty() {
        return Err(invalid("body")("there is nothing to send yet".into()));
    }
    let track: Switch = draft
        .track
        .parse()
        .map_err(|why: model::UnknownWord| invalid("track")(why.to_string()))?;
    let class = match draft.class.as_str() {
        "" => MessageClass::Correspondence,
        word => word
            .parse()
            .map_err(|why: model::UnknownWord| invalid("class")(why.to_string()))?,
    };
    let source = compose::build(&web.app.ambient, from, &to, &draft.subject, &draft.body);
    let submission = Submission {
        user: user.0.clone(),
        from: from.address.clone(),
        recipients: to
            .into_iter()
            .map(|m| Recipient {
                address: m.address,
                notify: None,
                orcpt: None,
            })
            .collect(),
        source: source.map_err(|_| Error::Internal)?,
        switch: Some(track),
        ask: Some(draft.ask.is_some()),
        class: Some(class),
        assessment: None,
        receipt: Some(draft.receipt.is_some()),
        report_refusals: false,
        ret: None,
        envid: None,
    };
    match web.app.sender.accept(submission).await {
        Ok(acceptance) => Ok(acceptance.message),
        Err(Refusal::BadMail(why)) => Err(invalid("body")(why)),
        Err(refusal @ Refusal::Nobody(..)) => Err(invalid("to")(refusal.to_string())),
        Err(other) => Err(other.into()),
    }
}
