//! "This was not me": a recipient corrects what a hit on their mail is taken for (GDPR Art. 16).
//!
//! It needs nobody's consent and takes nothing but what was counted as theirs: the hit stays, with what it meant first, and
//! counts and ticks follow in the same transaction. That the mail was opened elsewhere is noted beside it where hits of it may
//! still be recorded, and never where lawyers write (R-LAW-03). Once said it stands until they take it back, which they can as
//! long as the hit is kept; then it is judged again, and the names of program and device that went do not come back.

use crate::allowed::allowed;
use crate::db::Tx;
use crate::hit::{self, StoredHit, stored};
use crate::reclassify::HITS_MAX;
use crate::settle::{Tell, note_elsewhere, revise};
use crate::value::params;
use crate::{CopyInContext, Error, JudgeAgain, Store, copy};
use model::hit::{Elsewhere, NOT_ME};
use model::{ContactId, CopyId, HitId, LegalTags, MessageId, Profiles, Time, Verdict};

/// What a hit says once its recipient has disowned it, and the signs that the mail was opened elsewhere.
pub type Disown = fn(&Verdict, Option<&Elsewhere>) -> (Verdict, Elsewhere);

/// The signs that are left once nothing of the copy is disowned any more.
pub type OwnUp = fn(Elsewhere) -> Option<Elsewhere>;

/// What is taken back of whom nothing else is known any more: as likely theirs as not.
const EVEN: u8 = 50;
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

    /// Notes that the contact takes back what they said of a hit: it is judged again, by this version of the rules. Was that
    /// news? It is none for hits that are not theirs or not disowned, nor where nothing of it may be recorded any more.
    pub async fn hit_own_up(
        &self,
        contact: ContactId,
        id: HitId,
        (judge, rules): (JudgeAgain, u32),
        own_up: OwnUp,
        now: Time,
    ) -> Result<bool, Error> {
        let law = self.law.clone();
        let work = move |tx: &mut Tx<'_>| {
            let found = of_contact(tx, contact, id)?;
            let Some((hit, around)) = found.filter(|(hit, _)| is_disowned(hit)) else {
                return Ok(false);
            };
            if !is_recorded(tx, &law, &hit, now)? {
                return Ok(false);
            }
            let hits = hits_of(tx, hit.copy)?;
            let others = hits.iter().any(|one| one.id != id && is_disowned(one));
            let verdict = judged_again(tx, &hit, around.message.id, hits, &judge)?;
            revise(tx, vec![(id, verdict)], rules, Tell::TakenBack)?;
            if let Some(signs) = around.copy.elsewhere.filter(|_| !others) {
                note_elsewhere(tx, hit.copy, own_up(signs).as_ref(), now)?;
            }
            Ok(true)
        };
        self.db.write(work).await
    }
}

fn is_disowned(hit: &StoredHit) -> bool {
    hit.verdict.reasons.iter().any(|reason| reason == NOT_ME)
}

fn note(
    tx: &mut Tx<'_>,
    law: &Profiles,
    contact: ContactId,
    id: HitId,
    disown: Disown,
    now: Time,
) -> Result<bool, Error> {
    let found = of_contact(tx, contact, id)?;
    let Some((hit, around)) = found.filter(|(hit, _)| hit.verdict.meaning.is_human()) else {
        return Ok(false);
    };
    let (verdict, signs) = disown(&hit.verdict, around.copy.elsewhere.as_ref());
    revise(tx, vec![(id, verdict)], hit.rules, Tell::Pages)?;
    let recorded = is_recorded(tx, law, &hit, now)?;
    if recorded && around.contact.tags == LegalTags::NONE && !law.is_home(LAWYERS) {
        note_elsewhere(tx, hit.copy, Some(&signs), now)?;
    }
    Ok(true)
}

/// A hit on a mail to this contact, and what is around it.
fn of_contact(
    tx: &mut Tx<'_>,
    contact: ContactId,
    id: HitId,
) -> Result<Option<(StoredHit, CopyInContext)>, Error> {
    let sql = format!("select {} from hit where id = $1", hit::COLUMNS);
    let Some(row) = tx.first(&sql, params![id])? else {
        return Ok(None);
    };
    let hit = stored(&row)?;
    let around = copy::read_in_context(tx, hit.copy)?;
    let theirs = around.filter(|around| around.contact.id == contact);
    Ok(theirs.map(|around| (hit, around)))
}

/// May hits like this one still be recorded?
fn is_recorded(tx: &mut Tx<'_>, law: &Profiles, hit: &StoredHit, now: Time) -> Result<bool, Error> {
    let allowed = allowed(tx, law, std::iter::once(hit.copy), now)?;
    let modes = allowed.get(&hit.copy);
    Ok(modes.is_some_and(|modes| modes.get(hit.axis).is_personal()))
}

/// The first hits of a copy.
fn hits_of(tx: &mut Tx<'_>, copy: CopyId) -> Result<Vec<StoredHit>, Error> {
    let sql = format!(
        "select {} from hit where copy_id = $1 order by at, id limit {HITS_MAX}",
        hit::COLUMNS
    );
    tx.rows(&sql, params![copy], stored)
}

/// What a hit says among those of its copy, as if its recipient had said nothing of it.
fn judged_again(
    tx: &mut Tx<'_>,
    hit: &StoredHit,
    message: MessageId,
    mut hits: Vec<StoredHit>,
    judge: &JudgeAgain,
) -> Result<Verdict, Error> {
    let sql = "select count(*) from link where message_id = $1 and skipped is null";
    let links = tx.number(sql, params![message])?;
    let unsaid = |verdict: &mut Verdict| verdict.reasons.retain(|reason| reason != NOT_ME);
    let place = hits.iter().position(|one| one.id == hit.id);
    if let Some(hit) = place.and_then(|place| hits.get_mut(place)) {
        unsaid(&mut hit.verdict);
    }
    let mut again = judge(&hits, links);
    let again = place.and_then(|place| again.get_mut(place)?.take());
    Ok(again.unwrap_or_else(|| {
        let mut verdict = hit.verdict.clone();
        unsaid(&mut verdict);
        verdict.confidence = EVEN;
        verdict
    }))
}
