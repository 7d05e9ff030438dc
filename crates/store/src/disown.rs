//! "This was not me": a recipient corrects what a hit on their mail is taken for (GDPR Art. 16).
//!
//! It needs nobody's consent and takes nothing but what was counted as theirs: the hit stays, with what it meant first, and
//! counts and ticks follow in the same transaction. Once said it stands. That the mail was opened elsewhere is noted beside
//! it where hits of it may still be recorded, and never where lawyers write (R-LAW-03).

use crate::allowed::allowed;
use crate::db::Tx;
use crate::hit::{self, stored};
use crate::settle::{Tell, note_elsewhere, revise};
use crate::value::params;
use crate::{Error, Store, copy};
use model::hit::Elsewhere;
use model::{ContactId, HitId, LegalTags, Profiles, Time, Verdict};

/// What a hit says once its recipient has disowned it, and the signs that the mail was opened elsewhere.
pub type Disown = fn(&Verdict, Option<&Elsewhere>) -> (Verdict, Elsewhere);

/// The profile under which forwarding is not guessed at.
const LAWYERS: &str = "legal";

impl Store {
    /// Notes that the contact says of a hit on their mail that it was not them. Was that news? It is none for hits that are
    /// not theirs, were never taken for them, or are disowned already.
    pub async fn hit_disown(
        &self,
        contact: ContactId,
        hit: HitId,
        disown: Disown,
        now: Time,
    ) -> Result<bool, Error> {
        let law = self.law.clone();
        self.db
            .write(move |tx| note(tx, &law, contact, hit, disown, now))
            .await
    }
}

fn note(
    tx: &mut Tx<'_>,
    law: &Profiles,
    contact: ContactId,
    id: HitId,
    disown: Disown,
    now: Time,
) -> Result<bool, Error> {
    let sql = format!("select {} from hit where id = $1", hit::COLUMNS);
    let Some(row) = tx.first(&sql, params![id])? else {
        return Ok(false);
    };
    let hit = stored(&row)?;
    let Some(around) = copy::read_in_context(tx, hit.copy)? else {
        return Ok(false);
    };
    if around.contact.id != contact || !hit.verdict.meaning.is_human() {
        return Ok(false);
    }
    let (verdict, signs) = disown(&hit.verdict, around.copy.elsewhere.as_ref());
    revise(tx, vec![(id, verdict)], hit.rules, Tell::Pages)?;
    let allowed = allowed(tx, law, std::iter::once(hit.copy), now)?;
    let recorded = allowed
        .get(&hit.copy)
        .is_some_and(|modes| modes.get(hit.axis).is_personal());
    if recorded && around.contact.tags == LegalTags::NONE && !law.is_home(LAWYERS) {
        note_elsewhere(tx, hit.copy, &signs, now)?;
    }
    Ok(true)
}
