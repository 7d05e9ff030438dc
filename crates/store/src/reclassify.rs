//! Judging stored hits again when the rules have changed: copy by copy, in bounded batches.
//!
//! Reading, judging and writing are one transaction, so that nothing that is settled meanwhile is overwritten. What a hit meant
//! at first is kept, and the counters follow in the same transaction. The second enforcement point holds here, too:
//! what may not be recorded any more is not judged either.

use crate::allowed::allowed;
use crate::db::Tx;
use crate::hit::{self, StoredHit};
use crate::settle::{Tell, revise};
use crate::value::{Row, Value, params};
use crate::{Error, Store};
use model::{Axis, CopyId, Mode, Profiles, Time, Verdict};
use std::sync::Arc;

/// Copies in one transaction.
const COPIES_MAX: i64 = 50;
/// Of one copy. One with more is passed over and counted: a part of its hits would be judged wrongly.
pub(crate) const HITS_MAX: usize = 2_000;

/// Judges all hits of one copy, of a message with so many links: a verdict each, or nothing where it cannot be told.
pub type JudgeAgain = Arc<dyn Fn(&[StoredHit], u16) -> Vec<Option<Verdict>> + Send + Sync>;

/// What judging a batch again came to.
#[derive(Debug, Clone, Default)]
pub struct Reclassified {
    /// The last copy of the batch; none when there were no more.
    pub last: Option<CopyId>,
    /// Hits under older rules that were looked at.
    pub judged: usize,
    /// Of these, those whose evidence is not known well enough any more: their verdicts stand.
    pub untold: usize,
    /// Hits of copies with too many of them.
    pub passed_over: usize,
    /// Hits whose verdict is another one now: what was asked for, as it was, as it is.
    pub changes: Vec<(Axis, Verdict, Verdict)>,
}

impl Store {
    /// Judges the hits of a batch of copies again, from behind the copy `after`, where older rules than `rules` judged
    /// them. Without `apply` nothing is changed. Call it until there is no `last`.
    pub async fn hits_reclassify(
        &self,
        rules: u32,
        after: Option<CopyId>,
        apply: bool,
        judge: JudgeAgain,
        now: Time,
    ) -> Result<Reclassified, Error> {
        let law = self.law.clone();
        let work = move |tx: &mut Tx<'_>| {
            let (found, revisions) = judge_batch(tx, &law, rules, after, &judge, now)?;
            if apply {
                revise(tx, revisions, rules, Tell::Pages)?;
            }
            Ok(found)
        };
        if apply {
            self.db.write(work).await
        } else {
            self.db.read(work).await
        }
    }
}

type Revisions = Vec<(model::HitId, Verdict)>;

fn judge_batch(
    tx: &mut Tx<'_>,
    law: &Profiles,
    rules: u32,
    after: Option<CopyId>,
    judge: &JudgeAgain,
    now: Time,
) -> Result<(Reclassified, Revisions), Error> {
    let after = after.map_or(Value::Blob(Vec::new()), Value::from);
    let sql = "select h.copy_id, (select count(*) from link l join copy c on c.message_id = l.message_id
               where c.id = h.copy_id and l.skipped is null)
               from hit h where h.rules < $1 and h.copy_id > $2 group by h.copy_id order by h.copy_id limit $3";
    let copy = |row: &Row| Ok((row.get(0)?, row.get(1)?));
    let copies: Vec<(CopyId, u16)> = tx.rows(sql, params![rules, after, COPIES_MAX], copy)?;
    let allowed = allowed(tx, law, copies.iter().map(|(copy, _)| *copy), now)?;
    let (mut found, mut revisions) = (Reclassified::default(), Vec::new());
    let sql = format!(
        "select {} from hit where copy_id = $1 order by at, id limit {}",
        hit::COLUMNS,
        HITS_MAX + 1
    );
    for (copy, links) in copies {
        found.last = Some(copy);
        let rows = tx.query(&sql, params![copy])?;
        if rows.len() > HITS_MAX {
            let sql = "select count(*) from hit where copy_id = $1 and rules < $2";
            found.passed_over += tx.number::<u32>(sql, params![copy, rules])? as usize;
            continue;
        }
        let hits: Vec<StoredHit> = rows.iter().map(hit::stored).collect::<Result<_, _>>()?;
        let may = |axis| {
            allowed
                .get(&copy)
                .is_some_and(|m| *m.get(axis) >= Mode::Individual)
        };
        let verdicts = judge(&hits, links);
        for (hit, to) in hits.into_iter().zip(verdicts) {
            if hit.rules >= rules || !may(hit.axis) {
                continue;
            }
            found.judged += 1;
            let Some(to) = to else {
                found.untold += 1;
                continue;
            };
            revisions.push((hit.id, to.clone()));
            if to != hit.verdict {
                found.changes.push((hit.axis, hit.verdict, to));
            }
        }
    }
    Ok((found, revisions))
}
