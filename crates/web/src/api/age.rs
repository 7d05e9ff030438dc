//! What a contact said about having reached the age to agree alone. Never a date of birth (GDPR Art. 8, R-AGE-04).

use super::contacts::ContactItem;
use crate::Shared;
use crate::auth::{ApiUser, May};
use crate::error::{Error, Result};
use crate::extract::Id;
use crate::pages::{find_contact, note_age};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use model::role::Act;
use model::{AgeAnswer, ContactId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a contact said about their age.
#[derive(Serialize, ToSchema)]
pub(super) struct AgeItem {
    /// `reached`; `below`: nobody is tracked as a person; `guardian`: below, and somebody with parental responsibility
    /// agreed for them.
    standing: &'static str,
    /// The age in years that was asked about.
    threshold: u8,
    /// The country whose limit that is; null where it was not known.
    country: Option<String>,
    asked_at: String,
}

impl AgeItem {
    pub(super) fn of(age: AgeAnswer) -> Self {
        Self {
            standing: age.standing.as_str(),
            threshold: age.threshold,
            country: age.country.map(|country| country.to_string()),
            asked_at: age.asked_at.rfc3339(),
        }
    }
}

/// What is to be noted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AgeNoted {
    /// `reached`, `below`, `unknown`. That a guardian agrees cannot be noted: they do that themselves.
    standing: String,
    /// How it is known. It stands in the account of acts.
    reason: String,
}

/// Notes what a contact said about having reached the age to agree alone, which is that of their country. Whoever is
/// below it loses what they agreed to alone; whoever has reached it decides alone, and what a guardian agreed to ends.
#[utoipa::path(put, path = "/api/v1/contacts/{id}/age", operation_id = "note_age", tag = "contacts",
    params(("id" = String, Path)), request_body = AgeNoted, responses(
    (status = 200, body = ContactItem),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn note(
    State(web): State<Shared>,
    user: ApiUser,
    Id(id): Id<ContactId>,
    noted: std::result::Result<Json<AgeNoted>, JsonRejection>,
) -> Result<Json<ContactItem>> {
    user.may(Act::SetCeiling)?;
    find_contact(&web, &user, id).await?;
    let Json(noted) = noted.map_err(|rejection| Error::Invalid {
        field: "body",
        why: rejection.body_text(),
    })?;
    note_age(&web, &user, id, (&noted.standing, &noted.reason)).await?;
    let contact = find_contact(&web, &user, id).await?;
    Ok(Json(ContactItem::of(contact, (web.app.ambient.now)())))
}
