//! What a contact said about their age, and what follows from it for what was agreed to (GDPR Art. 8).
//!
//! Kept are the answer, the limit that was asked about, its country and the moment; never a date of birth (R-AGE-04).
//! Whoever turns out to be below the limit could not agree alone, so what they agreed to ends. Whoever reaches it decides
//! for themselves from then on: what a guardian agreed to ends, and nothing comes in its place until they agree.

use crate::act::Object;
use crate::consent::{self, Change, Method};
use crate::db::Tx;
use crate::value::{Row, params};
use crate::{By, Contact, Error, Store, contact};
use model::{ActKind, AgeAnswer, AgeStanding, ConsentState, ContactId, Topic, WorkspaceId};

/// What `age` becomes with the country `$3`: a limit that was reached elsewhere says nothing here; a "no" stays one.
pub(crate) const AFTER_MOVING: &str = "case when age = 'reached'
    and coalesce(age_country, '') <> coalesce($3, '') then 'unknown' else age end";

/// Reads an answer whose columns begin at `from`; none for whoever was never asked.
pub(crate) fn read(row: &Row, from: usize) -> Result<Option<AgeAnswer>, Error> {
    let standing = row.get(from)?;
    if standing == AgeStanding::Unknown {
        return Ok(None);
    }
    Ok(Some(AgeAnswer {
        standing,
        threshold: row.get(from + 1)?,
        country: row.get(from + 2)?,
        asked_at: row.get(from + 3)?,
    }))
}

/// What becomes of consents, given or asked for, when somebody's standing changes.
fn ends_as(before: AgeStanding, after: AgeStanding) -> Option<ConsentState> {
    use AgeStanding::{Below, Guardian, Reached, Unknown};
    match (before, after) {
        // They could not agree alone, or nobody really agreed for them: what was recorded goes, too (Art. 17(1)(d)).
        (Unknown | Reached | Guardian, Below) => Some(ConsentState::Withdrawn),
        // They may decide now. A guardian's word ends like one whose time is over, so that they are asked themselves.
        (Below | Guardian, Unknown | Reached) => Some(ConsentState::Expired),
        (Unknown | Reached, Unknown | Reached) | (Below, Below) | (_, Guardian) => None,
    }
}

/// Notes an answer; false if there is no such contact. The last thing that a transaction does, see
/// [`Tx::next_numbers`].
pub(crate) fn set(
    tx: &mut Tx<'_>,
    (workspace, id): (WorkspaceId, ContactId),
    answer: &AgeAnswer,
    by: &By,
) -> Result<bool, Error> {
    let Some(contact) = contact::lock(tx, id)?.filter(|k| k.workspace == workspace) else {
        return Ok(false);
    };
    let sql = "update contact set age = $2, age_threshold = $3, age_country = $4, age_asked_at = $5 where id = $1";
    let AgeAnswer {
        standing,
        threshold,
        country,
        asked_at,
    } = *answer;
    tx.execute(sql, params![id, standing, threshold, country, asked_at])?;
    // What they said stays in the contact's own row.
    by.did(ActKind::ContactAgeSet, Object::Contact(id))
        .write(tx, workspace)?;
    let Some(state) = ends_as(contact.standing(), standing) else {
        return Ok(true);
    };
    let change = Change {
        contact: id,
        workspace,
        state,
        at: by.at,
        method: Method::Age,
        user: by.user,
        text: None,
    };
    consent::write(tx, &resting(&contact), &change)?;
    Ok(true)
}

/// What was agreed to, or waits for a confirmation.
fn resting(contact: &Contact) -> Vec<Topic> {
    let rests = |topic: &Topic| {
        matches!(
            contact.consent.get(*topic).state,
            ConsentState::Given | ConsentState::Outdated | ConsentState::Requested
        )
    };
    Topic::ALL.into_iter().filter(rests).collect()
}

/// Somebody whom nobody agrees for any more is below the limit and no more than that.
pub(crate) fn left_alone(tx: &mut Tx<'_>, id: ContactId) -> Result<(), Error> {
    let sql = "update contact set age = 'below' where id = $1 and age = 'guardian'
               and 'given' not in (open_state, click_state, document_state, details_state)";
    tx.execute(sql, params![id]).map(|_| ())
}

impl Contact {
    /// Where they stand as to their age.
    pub fn standing(&self) -> AgeStanding {
        self.age.map_or(AgeStanding::Unknown, |age| age.standing)
    }
}

impl Store {
    /// Keeps what a contact said about their age: the answer, and never a date of birth (R-AGE-04). What they agreed to
    /// ends where they turn out to be below the limit, and what a guardian agreed to where they have reached it.
    pub async fn contact_set_age(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        answer: AgeAnswer,
        by: By,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| set(tx, (workspace, id), &answer, &by))
            .await
    }
}
