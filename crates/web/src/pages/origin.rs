//! Forms about where a contact comes from and whether they want advertising; entering people one by one or as a list.

use super::view::{Flaw, When};
use super::{Page, contact, show as render};
use crate::Shared;
use crate::api::{advertising, roll};
use crate::auth::{May, User};
use crate::error::{Error, Result};
use crate::extract::{Fields, Id, Params};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use model::profile::MailConsent;
use model::role::Act;
use model::roll::{Evidence, Roll, entry};
use model::source::{Stated, Unclear};
use model::{ContactId, EmailAddress, LegalBasis, Source, SourceKind};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::{By, MailAgreement, Suppression};

/// Kinds of source that can be stated, in words.
pub(super) const KINDS: [(SourceKind, &str); 5] = [
    (SourceKind::Person, "They gave it themselves"),
    (
        SourceKind::Customer,
        "They gave it with an order or contract",
    ),
    (SourceKind::Colleague, "Somebody who knows them gave it"),
    (SourceKind::Public, "A public place: a website, a directory"),
    (SourceKind::BoughtList, "A list that was bought"),
];

/// Legal bases, in words.
pub(super) const BASES: [(LegalBasis, &str); 4] = [
    (LegalBasis::Consent, "Their consent"),
    (LegalBasis::Contract, "A contract with them"),
    (LegalBasis::LegalObligation, "A legal obligation"),
    (LegalBasis::LegitimateInterests, "Our legitimate interests"),
];

/// Where an address comes from, as a sentence.
pub(super) fn source_words(source: &Source) -> String {
    let kind = KINDS.iter().find(|(kind, _)| *kind == source.kind);
    let basis = BASES.iter().find(|(basis, _)| Some(*basis) == source.basis);
    match (kind, basis) {
        (Some((_, kind)), Some((_, basis))) => {
            format!(
                "{kind}: {}. Noted by {}. Legal basis: {basis}.",
                source.place, source.by
            )
        }
        _ => format!(
            "{} wrote to them. Nobody noted where the address comes from.",
            source.by
        ),
    }
}

/// Whether somebody agreed to get advertising, as a sentence.
pub(super) fn agreement_words(agreement: &MailAgreement) -> String {
    match agreement.consent {
        MailConsent::None => "They did not agree to get advertising, as far as is known.".into(),
        MailConsent::Express => "They agreed to get advertising.".into(),
        MailConsent::Implied(until) => {
            format!("Their agreement to get advertising is implied, until {until}.")
        }
    }
}

/// `POST /contacts/{id}/source`
pub(super) async fn set_source(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<ContactId>,
    Fields(form): Fields<BTreeMap<String, String>>,
) -> Result<Response> {
    user.may(Act::Send)?;
    contact::find(&web, &user, id).await?;
    let get = |name: &str| form.get(name).map_or("", String::as_str);
    let now = (web.app.ambient.now)();
    let stated = Stated {
        kind: get("source"),
        place: get("where"),
        at: get("when"),
        by: get("who"),
        basis: get("basis"),
    };
    let source = Source::stated(&stated, now)?;
    let (by, business) = (By::user(user.id, now), form.contains_key("business"));
    let store = &web.app.store;
    store
        .contact_set_source(user.workspace, id, source, business, by)
        .await?;
    Ok(Redirect::to(&format!("/contacts/{id}#source")).into_response())
}

/// `POST /contacts/{id}/agreement`: an agreement to get advertising, with all of its evidence (R-CONS-10).
pub(super) async fn set_agreement(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<ContactId>,
    Fields(form): Fields<BTreeMap<String, String>>,
) -> Result<Response> {
    user.may(Act::SetCeiling)?;
    contact::find(&web, &user, id).await?;
    let get = |name: &str| form.get(name).map_or("", String::as_str).trim();
    let now = (web.app.ambient.now)();
    let line = model::source::line;
    let evidence = Evidence {
        text: line("text", get("text"))?,
        at: model::source::past("at", get("at"), now)?,
        method: line("method", get("method"))?,
        source: line("source", get("source"))?,
        who: line("who", get("who"))?,
    };
    let consent = match get("until") {
        "" => MailConsent::Express,
        until => MailConsent::Implied(model::source::moment("until", until)?),
    };
    let by = By::user(user.id, now).because(&line("reason", get("reason"))?);
    let (store, agreement) = (&web.app.store, MailAgreement::shown(consent, &evidence));
    store
        .contact_set_agreement(user.workspace, id, agreement, by)
        .await?;
    Ok(Redirect::to(&format!("/contacts/{id}#source")).into_response())
}

/// An address that is asked about.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct About {
    address: String,
}

#[derive(Template)]
#[template(path = "suppression.html")]
struct SuppressionPage {
    page: Page,
    address: String,
    /// An address was asked about.
    asked: bool,
    found: Option<Suppression>,
    size: i64,
}

impl SuppressionPage {
    fn since(found: &Suppression) -> When {
        When(found.since)
    }

    fn cause(found: &Suppression) -> &'static str {
        use model::SuppressionCause::{Complained, Erased, Noted, Objected, Unsubscribed};
        match found.cause {
            Unsubscribed => "They unsubscribed",
            Objected => "They objected to advertising",
            Noted => "Somebody here noted that they want none",
            Complained => "They called such a mail spam, says their provider",
            Erased => "They were erased",
        }
    }
}

/// `GET /contacts/suppressed`: answers about one address at a time, and lists nobody.
pub(super) async fn suppressed(
    State(web): State<Shared>,
    user: User,
    Params(about): Params<About>,
) -> Result<Response> {
    let text = about.address.trim();
    let found = if text.is_empty() {
        None
    } else {
        let address: EmailAddress = text
            .parse()
            .map_err(|e| Error::Query(format!("{text}: {e}")))?;
        advertising::suppression(&web, &user, &address).await?
    };
    Ok(render(&SuppressionPage {
        page: Page::of(&user, "contacts", "Who gets no advertising"),
        asked: !text.is_empty(),
        address: about.address.clone(),
        found,
        size: web.app.store.suppression_size(user.workspace).await?,
    }))
}

/// `POST /contacts/suppressed`
pub(super) async fn suppress(
    State(web): State<Shared>,
    user: User,
    Fields(about): Fields<About>,
) -> Result<Response> {
    advertising::suppress(&web, &user, &about.address).await?;
    let address: String = url::form_urlencoded::byte_serialize(about.address.as_bytes()).collect();
    Ok(Redirect::to(&format!("/contacts/suppressed?address={address}")).into_response())
}

#[derive(Template)]
#[template(path = "enter.html")]
struct EnterPage {
    page: Page,
    form: BTreeMap<String, String>,
    wrong: Option<Unclear>,
    /// What became of a list.
    done: Option<Done>,
}

struct Done {
    made: usize,
    known: usize,
    wrong: Vec<(u64, Unclear)>,
}

impl EnterPage {
    fn get(&self, name: &str) -> &str {
        self.form.get(name).map_or("", String::as_str)
    }

    /// The field that is wrong; empty if none is.
    fn flawed(&self) -> &'static str {
        self.wrong.as_ref().map_or("", |wrong| wrong.field)
    }

    fn flaw(&self, name: &str) -> Flaw {
        Flaw(self.flawed() == name)
    }
}

/// `GET /contacts/enter`
pub(super) async fn show(user: User) -> Result<Response> {
    user.may(Act::Send)?;
    Ok(render(&EnterPage {
        page: Page::of(&user, "contacts", "Add people"),
        form: BTreeMap::new(),
        wrong: None,
        done: None,
    }))
}

/// `POST /contacts/enter`: one person, or a list where there is one.
pub(super) async fn submit(
    State(web): State<Shared>,
    user: User,
    Fields(form): Fields<BTreeMap<String, String>>,
) -> Result<Response> {
    user.may(Act::Send)?;
    let now = (web.app.ambient.now)();
    let get = |name: &str| form.get(name).map_or("", String::as_str);
    let read = match get("list").trim() {
        "" => {
            let fields = form
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()));
            let one = entry(&fields.collect(), now);
            one.map(|entry| Roll {
                entries: vec![(1, entry)],
                wrong: Vec::new(),
            })
        }
        list => Roll::read(list, now),
    };
    let entered = match read {
        Err(unclear) => Err(unclear),
        Ok(roll) => {
            let entries = roll.entries.into_iter().map(|(_, entry)| entry).collect();
            match roll::entered(&web, &user, entries, get("reason")).await {
                Ok(done) => Ok((done, roll.wrong)),
                Err(Error::Invalid { field, why }) => Err(Unclear { field, why }),
                Err(other) => return Err(other),
            }
        }
    };
    let (status, wrong, done) = match entered {
        Err(unclear) => (StatusCode::UNPROCESSABLE_ENTITY, Some(unclear), None),
        Ok((done, wrong)) => {
            if let ([(id, _)], "") = (done.as_slice(), get("list").trim()) {
                return Ok(Redirect::to(&format!("/contacts/{id}")).into_response());
            }
            let made = done.iter().filter(|(_, made)| *made).count();
            let known = done.len() - made;
            (StatusCode::OK, None, Some(Done { made, known, wrong }))
        }
    };
    let page = EnterPage {
        page: Page::of(&user, "contacts", "Add people"),
        form,
        wrong,
        done,
    };
    Ok((status, render(&page)).into_response())
}
