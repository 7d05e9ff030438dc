//! How old a contact is, as far as the law asks: what they said, who agrees for them if they are too young, and what
//! somebody here notes or checks (GDPR Art. 8).
//!
//! Noting that somebody has reached the age lets them agree alone, so it takes the right to set limits and a reason. That
//! a guardian agrees cannot be noted at all: they do that themselves.

use super::view::When;
use crate::Shared;
use crate::auth::{May, User};
use crate::error::{Error, Result};
use crate::extract::{Fields, Id};
use crate::pages::{find_contact, reason};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use model::age::Relation;
use model::role::Act;
use model::{AgeAnswer, AgeStanding, ContactId, GuardianId, Time};
use serde::Deserialize;
use store::{By, Contact, Guardian};

/// What the contact's page says about age.
pub(super) struct AgeView {
    /// Where they stand, as a sentence.
    pub(super) words: String,
    /// The limit where they are, in years.
    pub(super) limit: u8,
    pub(super) guardians: Vec<GuardianView>,
}

/// One who was named to agree for them.
pub(super) struct GuardianView {
    pub(super) id: GuardianId,
    pub(super) who: String,
    pub(super) what: &'static str,
    pub(super) at: Time,
    /// Somebody here has to check it now.
    pub(super) unchecked: bool,
}

impl GuardianView {
    fn of(guardian: &Guardian, contact: &Contact) -> Self {
        let relation = match guardian.relation {
            Relation::Parent => "mother or father",
            Relation::Guardian => "legal guardian",
            Relation::Other => "somebody else with parental responsibility",
        };
        let who = match guardian.address.as_str() {
            "" => format!("{relation}, address deleted"),
            address => format!("{relation}, {address}"),
        };
        let waits = !guardian.waiting(contact).is_empty();
        let (what, at) = match (guardian.given_at, guardian.counts_since()) {
            _ if !guardian.holds(contact).is_empty() => ("agreed", guardian.counts_since()),
            (_, Some(at)) => ("agreed; that has ended", Some(at)),
            (Some(at), None) if waits => ("agreed; it counts once it is checked", Some(at)),
            (None, None) if waits => ("was asked, has not answered", None),
            _ => ("was asked; nothing came of it", guardian.ended_at),
        };
        Self {
            id: guardian.id,
            who,
            what,
            at: at.unwrap_or(guardian.request.created_at),
            unchecked: waits && guardian.given_at.is_some(),
        }
    }

    pub(super) fn when(&self) -> When {
        When(self.at)
    }
}

impl AgeView {
    pub(super) async fn of(web: &Shared, user: &store::User, contact: &Contact) -> Result<Self> {
        let guardians = web.app.store.guardians(user.workspace, contact.id).await?;
        let limit = web.app.ages.threshold(contact.country).age;
        let said = contact.age.map_or(limit, |age| age.threshold);
        let words = match contact.standing() {
            AgeStanding::Unknown => format!(
                "Nobody knows whether they are {limit}, the age from which they agree alone. They are asked on their page \
                 if your service is directed to children."
            ),
            AgeStanding::Reached => format!("They are at least {said}, so they agree alone."),
            AgeStanding::Below => format!(
                "They are younger than {said}. Nothing is recorded of them unless somebody with parental responsibility \
                 agrees as well: they name that person on their page."
            ),
            AgeStanding::Guardian => format!(
                "They are younger than {said}, and somebody with parental responsibility agreed for them."
            ),
        };
        Ok(Self {
            words,
            limit,
            guardians: (guardians.iter())
                .map(|guardian| GuardianView::of(guardian, contact))
                .collect(),
        })
    }

    /// What can be noted: word and words. None of it is chosen beforehand, for noting it may end what a guardian agreed to.
    pub(super) fn choices(&self) -> [(&'static str, String); 3] {
        [
            (AgeStanding::Unknown, "not known".to_owned()),
            (AgeStanding::Reached, format!("at least {}", self.limit)),
            (AgeStanding::Below, format!("younger than {}", self.limit)),
        ]
        .map(|(standing, words)| (standing.as_str(), words))
    }
}

/// What somebody notes.
#[derive(Deserialize)]
pub(super) struct Noted {
    standing: String,
    reason: String,
}

/// Notes what a contact said about their age, at their word.
pub(crate) async fn note_age(
    web: &Shared,
    user: &store::User,
    id: ContactId,
    (standing, why): (&str, &str),
) -> Result<()> {
    user.may(Act::SetCeiling)?;
    let contact = find_contact(web, user, id).await?;
    let standing: AgeStanding = standing.parse().map_err(|_| Error::Invalid {
        field: "standing",
        why: "write reached, below or unknown".into(),
    })?;
    if standing == AgeStanding::Guardian {
        return Err(Error::Invalid {
            field: "standing",
            why: "a guardian agrees through the link that is mailed to them; write reached, below or unknown".into(),
        });
    }
    let why = reason(why)?;
    let now = (web.app.ambient.now)();
    let answer = AgeAnswer {
        standing,
        threshold: web.app.ages.threshold(contact.country).age,
        country: contact.country,
        asked_at: now,
    };
    let by = By::user(user.id, now).because(why);
    let store = &web.app.store;
    store
        .contact_set_age(user.workspace, id, answer, by)
        .await?;
    web.app.changed.notify_one();
    Ok(())
}

/// `POST /contacts/{id}/age`
pub(super) async fn note(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<ContactId>,
    Fields(form): Fields<Noted>,
) -> Result<Response> {
    note_age(&web, &user, id, (&form.standing, &form.reason)).await?;
    Ok(Redirect::to(&format!("/contacts/{id}#age")).into_response())
}

/// Whom somebody made sure of, and how.
#[derive(Deserialize)]
pub(super) struct Checked {
    guardian: String,
    reason: String,
}

/// `POST /contacts/{id}/guardian`: somebody here has checked with the guardian what they agreed to.
pub(super) async fn check(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<ContactId>,
    Fields(form): Fields<Checked>,
) -> Result<Response> {
    user.may(Act::SetCeiling)?;
    find_contact(&web, &user, id).await?;
    let guardian: GuardianId = (form.guardian.parse()).map_err(|_| Error::NotFound("guardian"))?;
    let by = By::user(user.id, (web.app.ambient.now)()).because(reason(&form.reason)?);
    let store = &web.app.store;
    if !store.guardian_check(user.workspace, guardian, by).await? {
        return Err(Error::Conflict(
            "There is nothing to check any more: it was taken back, or a week has passed.".into(),
        ));
    }
    web.app.changed.notify_one();
    Ok(Redirect::to(&format!("/contacts/{id}#age")).into_response())
}
