//! Entering contacts, one by one or as a list: every one with where its address comes from (R-ORIG-01).

use super::contacts::ContactItem;
use crate::Shared;
use crate::auth::{ApiUser, May};
use crate::error::{Error, Result};
use crate::extract::Params;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::role::Act;
use model::roll::{Entry, Fields, LIST_BYTES_MAX, Roll, entry};
use serde::{Deserialize, Serialize};
use store::{By, User};
use utoipa::{IntoParams, ToSchema};

/// Where an address comes from; all of it is needed.
#[derive(Serialize, Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
struct NewSource {
    /// `person`, `customer`, `colleague`, `public`, `bought_list`.
    kind: String,
    /// The form, the website, the list's name.
    #[serde(rename = "where")]
    place: String,
    /// A day, or a moment.
    when: String,
    /// Who got it.
    who: String,
    /// `consent`, `contract`, `legal_obligation`, `legitimate_interests`.
    basis: String,
}

/// That somebody agreed to something. Without all of the evidence it counts as not known.
#[derive(Serialize, Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
struct NewClaim {
    /// To get advertising: `express` or `implied`. To be tracked: `open`, `click`, `document`, `details`, with blanks between them.
    to: String,
    /// Until when an implied agreement holds.
    until: String,
    /// The text they agreed to, or its version.
    text: String,
    /// When they did.
    at: String,
    /// How: a form, on paper, by telephone.
    method: String,
    /// Where the proof is kept.
    source: String,
    /// Who took it.
    who: String,
}

/// A contact to enter. One that is known already learns what is new.
#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NewContact {
    address: String,
    name: String,
    /// ISO 3166-1.
    country: String,
    /// `en`, `fr`, `de`, `it`, `es`.
    language: String,
    /// The address is a company's.
    business: bool,
    source: NewSource,
    /// When they were told so, if they did not give the address themselves.
    told: String,
    mail_consent: NewClaim,
    tracking_consent: NewClaim,
    /// Why consents are entered here; needed with evidence of one.
    reason: String,
}

impl NewContact {
    fn fields(&self) -> Fields<'_> {
        let (source, mail, tracking) = (&self.source, &self.mail_consent, &self.tracking_consent);
        let business = if self.business { "yes" } else { "no" };
        Fields::from([
            ("address", self.address.as_str()),
            ("name", &self.name),
            ("country", &self.country),
            ("language", &self.language),
            ("business", business),
            ("source", &source.kind),
            ("where", &source.place),
            ("when", &source.when),
            ("who", &source.who),
            ("basis", &source.basis),
            ("told", &self.told),
            ("mail_consent", &mail.to),
            ("mail_until", &mail.until),
            ("mail_text", &mail.text),
            ("mail_at", &mail.at),
            ("mail_method", &mail.method),
            ("mail_source", &mail.source),
            ("mail_who", &mail.who),
            ("tracking_consent", &tracking.to),
            ("tracking_text", &tracking.text),
            ("tracking_at", &tracking.at),
            ("tracking_method", &tracking.method),
            ("tracking_source", &tracking.source),
            ("tracking_who", &tracking.who),
        ])
    }
}

/// Enters a contact. A source that is missing or not whole is refused.
#[utoipa::path(post, path = "/api/v1/contacts", operation_id = "enter_contact", tag = "contacts",
    request_body = NewContact,
    responses(
        (status = 200, description = "It was known already, and learnt what was new.", body = ContactItem),
        (status = 201, body = ContactItem),
        (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn enter(
    State(web): State<Shared>,
    user: ApiUser,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response> {
    user.may(Act::Send)?;
    wants(&headers, "application/json", "JSON (application/json)")?;
    let body = body.map_err(|_| Error::TooLarge(crate::FORM_BYTES_MAX >> 20))?;
    let new: NewContact = serde_json::from_slice(&body).map_err(|error| Error::Invalid {
        field: "contact",
        why: error.to_string(),
    })?;
    let now = (web.app.ambient.now)();
    let entry = entry(&new.fields(), now)?;
    let made = entered(&web, &user, vec![entry], &new.reason).await?;
    let Some((id, made)) = made.first() else {
        return Err(Error::Internal);
    };
    let contact = crate::pages::find_contact(&web, &user, *id).await?;
    let status = if *made {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(ContactItem::of(contact, now))).into_response())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Why {
    /// Why consents are entered here; needed if a line has one with its evidence.
    reason: Option<String>,
}

/// A line that was left out.
#[derive(Serialize, ToSchema)]
struct Wrong {
    line: u64,
    /// The column.
    field: &'static str,
    why: String,
}

/// What became of a list.
#[derive(Serialize, ToSchema)]
pub(super) struct Imported {
    /// Contacts that are new.
    made: usize,
    /// Contacts that were known, and learnt what was new.
    known: usize,
    /// Lines that were left out.
    wrong: Vec<Wrong>,
}

/// Enters a list. Its first line names the columns: address, source, where, when, who and basis are needed; name, country,
/// language, business, told, `mail_consent` and `tracking_consent` with their evidence may be there.
#[utoipa::path(post, path = "/api/v1/contacts/import", operation_id = "import_contacts", tag = "contacts", params(Why),
    request_body(content = String, content_type = "text/csv"),
    responses(
        (status = 200, body = Imported),
        (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn import(
    State(web): State<Shared>,
    user: ApiUser,
    Params(why): Params<Why>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Imported>> {
    user.may(Act::Send)?;
    wants(&headers, "text/csv", "a list (text/csv)")?;
    let body = body.map_err(|_| Error::TooLarge(LIST_BYTES_MAX >> 20))?;
    let text = std::str::from_utf8(&body).map_err(|_| Error::Invalid {
        field: "list",
        why: "it must be UTF-8".into(),
    })?;
    let roll = Roll::read(text, (web.app.ambient.now)())?;
    let entries = roll.entries.into_iter().map(|(_, entry)| entry).collect();
    let done = entered(&web, &user, entries, why.reason.as_deref().unwrap_or("")).await?;
    let made = done.iter().filter(|(_, made)| *made).count();
    Ok(Json(Imported {
        made,
        known: done.len() - made,
        wrong: (roll.wrong.into_iter())
            .map(|(line, why)| Wrong {
                line,
                field: why.field,
                why: why.why,
            })
            .collect(),
    }))
}

/// Enters people for a user. A consent with evidence is granted on behalf of somebody, which takes another role than
/// a member's, and a reason (R-CONS-10).
pub(crate) async fn entered(
    web: &Shared,
    user: &User,
    entries: Vec<Entry>,
    reason: &str,
) -> Result<Vec<(model::ContactId, bool)>> {
    if entries.iter().any(Entry::grants) {
        user.may(Act::SetCeiling)?;
        if reason.trim().is_empty() {
            return Err(Error::Invalid {
                field: "reason",
                why: "a consent is entered here on somebody's behalf: say why".into(),
            });
        }
    }
    let by = By::user(user.id, (web.app.ambient.now)()).because(reason);
    let random = web.app.ambient.random;
    let drawn = entries
        .into_iter()
        .map(|entry| (entry, store::Fresh::draw(random)));
    Ok(web
        .app
        .store
        .contacts_enter(user.workspace, drawn.collect(), &by)
        .await?)
}

fn wants(headers: &HeaderMap, kind: &str, name: &'static str) -> Result<()> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok());
    let given = given.and_then(|kind| kind.split(';').next()).unwrap_or("");
    if given.trim().eq_ignore_ascii_case(kind) {
        Ok(())
    } else {
        Err(Error::UnsupportedMedia(name))
    }
}
