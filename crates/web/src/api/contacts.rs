//! Contacts and their consent.

use super::age::AgeItem;
use super::limit;
use crate::auth::ApiUser;
use crate::error::{Error, Result};
use crate::extract::{Id, Params};
use crate::pages::{find_contact, withdraw_all};
use crate::{Shared, paging};
use axum::Json;
use axum::extract::State;
use model::profile::MailConsent;
use model::{ContactId, LegalBasis, Source, Time, Topic};
use serde::{Deserialize, Serialize};
use store::{Contact, ContactFilter};
use utoipa::{IntoParams, ToSchema};

/// Where one topic stands.
#[derive(Serialize, ToSchema)]
struct Standing {
    /// `unknown`, `asked`, `requested`, `given`, `refused`, `withdrawn`, `expired`, `outdated`,
    /// `asserted`.
    state: &'static str,
    since: Option<String>,
}

/// Where each topic stands.
#[derive(Serialize, ToSchema)]
struct Topics {
    open: Standing,
    click: Standing,
    document: Standing,
    details: Standing,
}

/// Where an address comes from.
#[derive(Serialize, ToSchema)]
struct SourceItem {
    /// `person`, `customer`, `colleague`, `public`, `bought_list`; `written`: a user wrote to it, nothing more is known.
    kind: &'static str,
    #[serde(rename = "where")]
    place: String,
    when: String,
    who: String,
    /// `consent`, `contract`, `legal_obligation`, `legitimate_interests`; null where nobody said.
    basis: Option<&'static str>,
}

impl SourceItem {
    fn of(source: &Source) -> Self {
        Self {
            kind: source.kind.as_str(),
            place: source.place.clone(),
            when: source.at.rfc3339(),
            who: source.by.clone(),
            basis: source.basis.map(LegalBasis::as_str),
        }
    }
}

/// A person mail is sent to.
#[derive(Serialize, ToSchema)]
pub(super) struct ContactItem {
    id: String,
    address: String,
    name: String,
    /// Where the address comes from.
    source: SourceItem,
    /// When they were told so, if they did not give it themselves.
    told_at: Option<String>,
    /// The address is a company's.
    business: bool,
    /// The one word that says most about them.
    state: &'static str,
    consent: Topics,
    /// Did they agree to get advertising: `none`, `implied`, `express`?
    mail_consent: &'static str,
    /// The next mail to them carries the question.
    ask_next: bool,
    /// ISO 3166-1; null where it is not known, which means the strictest rules.
    country: Option<String>,
    /// What they are to a lawyer who writes to them: `lawyer`, `opposing`, `client`.
    tags: Vec<&'static str>,
    /// What they said about their age; null if they were never asked.
    age: Option<AgeItem>,
    created_at: String,
}

impl ContactItem {
    pub(super) fn of(contact: Contact, now: Time) -> Self {
        let topic = |topic| {
            let standing = contact.consent.get(topic);
            Standing {
                state: standing.at(now).as_str(),
                since: standing.since.map(Time::rfc3339),
            }
        };
        Self {
            state: contact.consent.summary(now).as_str(),
            country: contact.country.map(|c| c.as_str().to_owned()),
            age: contact.age.map(AgeItem::of),
            tags: contact.tags.iter().map(model::LegalTag::as_str).collect(),
            consent: Topics {
                open: topic(Topic::Open),
                click: topic(Topic::Click),
                document: topic(Topic::Document),
                details: topic(Topic::Details),
            },
            id: contact.id.to_string(),
            address: contact.address.to_string(),
            name: contact.name,
            source: SourceItem::of(&contact.source),
            told_at: contact.told_at.map(Time::rfc3339),
            business: contact.business,
            mail_consent: match contact.agreement.consent {
                MailConsent::None => "none",
                MailConsent::Implied(_) => "implied",
                MailConsent::Express => "express",
            },
            ask_next: contact.ask_next,
            created_at: contact.created_at.rfc3339(),
        }
    }
}

/// A page of contacts, by address.
#[derive(Serialize, ToSchema)]
pub(super) struct Contacts {
    items: Vec<ContactItem>,
    /// What to send as `after` for the next page; null on the last.
    next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// Part of the address or name.
    search: Option<String>,
    /// Only those with this state on some topic.
    state: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Contacts on the page: 1 to 100, else 50.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
}

/// Contacts, by address.
#[utoipa::path(get, path = "/api/v1/contacts", operation_id = "list_contacts", tag = "contacts", params(Query), responses(
    (status = 200, body = Contacts),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    State(web): State<Shared>,
    user: ApiUser,
    Params(query): Params<Query>,
) -> Result<Json<Contacts>> {
    let limit = limit(query.limit)?;
    let state = query.state.as_deref().map(str::parse).transpose();
    let state = state.map_err(|e: model::UnknownWord| Error::Query(format!("state: {e}")))?;
    let now = (web.app.ambient.now)();
    let filter = ContactFilter {
        search: query.search,
        state: state.map(|state| (state, now)),
        after: query.after,
        limit: limit + 1,
        ..ContactFilter::default()
    };
    let mut found = web.app.store.contacts(user.workspace, filter).await?;
    let next = paging::cut(&mut found, limit.into(), |last| last.address.key());
    let now = (web.app.ambient.now)();
    Ok(Json(Contacts {
        items: found
            .into_iter()
            .map(|contact| ContactItem::of(contact, now))
            .collect(),
        next,
    }))
}

/// One contact.
#[utoipa::path(get, path = "/api/v1/contacts/{id}", operation_id = "show_contact", tag = "contacts", params(("id" = String, Path)), responses(
    (status = 200, body = ContactItem),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn show(
    State(web): State<Shared>,
    user: ApiUser,
    Id(id): Id<ContactId>,
) -> Result<Json<ContactItem>> {
    let contact = find_contact(&web, &user, id).await?;
    Ok(Json(ContactItem::of(contact, (web.app.ambient.now)())))
}

/// One change of a contact's consent.
#[derive(Serialize, ToSchema)]
struct ConsentItem {
    seq: i64,
    /// `open`, `click`, `document`, `details`.
    topic: &'static str,
    /// What it became.
    state: &'static str,
    at: String,
    /// `ask_line`, `page`, `confirmation`, `guardian`, `age`, `unsubscribe`, `complaint`, `user`, `import`, `demo`.
    method: String,
}

/// What happened to a contact's consent.
#[derive(Serialize, ToSchema)]
pub(super) struct History {
    /// Newest first, at most 500.
    items: Vec<ConsentItem>,
}

/// What happened to a contact's consent, newest first.
#[utoipa::path(get, path = "/api/v1/contacts/{id}/consent", operation_id = "show_consent", tag = "contacts", params(("id" = String, Path)), responses(
    (status = 200, body = History),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn consent(
    State(web): State<Shared>,
    user: ApiUser,
    Id(id): Id<ContactId>,
) -> Result<Json<History>> {
    find_contact(&web, &user, id).await?;
    let events = web.app.store.consent_events(user.workspace, id).await?;
    let item = |e: store::ConsentEvent| ConsentItem {
        seq: e.seq,
        topic: e.topic.as_str(),
        state: e.state.as_str(),
        at: e.at.rfc3339(),
        method: e.method,
    };
    Ok(Json(History {
        items: events.into_iter().map(item).collect(),
    }))
}

/// Notes that a contact withdrew, at their request. Works at once, also for mails already sent; their links go on working.
#[utoipa::path(post, path = "/api/v1/contacts/{id}/withdraw", operation_id = "withdraw_consent", tag = "contacts", params(("id" = String, Path)), responses(
    (status = 200, body = ContactItem),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn withdraw(
    State(web): State<Shared>,
    user: ApiUser,
    Id(id): Id<ContactId>,
) -> Result<Json<ContactItem>> {
    withdraw_all(&web, &user, id).await?;
    let contact = find_contact(&web, &user, id).await?;
    Ok(Json(ContactItem::of(contact, (web.app.ambient.now)())))
}
