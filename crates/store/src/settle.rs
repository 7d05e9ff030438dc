//! Settling: what comparing hits needs to know of them, and the verdicts that change by it.
//!
//! A hit is never dropped and never forgets what it meant at first. Where it was counted already, the counters follow
//! in the transaction that changes it.

use crate::allowed::allowed;
use crate::copy::CopyState;
use crate::db::Tx;
use crate::fold::{about, count, lock_copies, read_at, write_copies};
use crate::hit::words;
use crate::news::First;
use crate::value::{Row, Value, params};
use crate::{Copy, Error, Store, event, news};
use model::event::Happening;
use model::hit::{Elsewhere, NOT_ME};
use model::{
    Axis, ContactId, CopyId, EmailAddress, Facts, HitId, LegalTags, Meaning, MessageId, Mode,
    Profiles, Time, Verdict,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What is known around a recorded hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HitContext {
    /// The message.
    pub message: MessageId,
    /// To whom.
    pub contact: ContactId,
    /// The domain of the recipient's address, in lower case.
    pub domain: String,
    /// The host that takes their mail, where it was looked up.
    pub mail_host: Option<String>,
    /// How many links of the message can be tracked.
    pub links: u16,
    /// When the relay took the copy.
    pub delivered_at: Option<Time>,
}

/// A hit whose verdict changed after it was counted.
struct Change {
    axis: Axis,
    at: Time,
    from: Meaning,
    to: Verdict,
}

impl Store {
    /// What is known around hits. A hit that was not recorded is not in it.
    pub async fn hits_in_context(
        &self,
        hits: Vec<HitId>,
    ) -> Result<HashMap<HitId, Arc<HitContext>>, Error> {
        self.db.read(move |tx| contexts(tx, &hits)).await
    }

    /// Changes the verdicts of recorded hits, by this version of the rules; how many. Hits that are not recorded are
    /// passed over, and a verdict that stands already changes nothing.
    pub async fn hits_revise(
        &self,
        revisions: Vec<(HitId, Verdict)>,
        rules: u32,
    ) -> Result<usize, Error> {
        self.db
            .write(move |tx| revise(tx, revisions, rules, Tell::News))
            .await
    }

    /// Notes signs that a copy was opened elsewhere, if details of it may be recorded now, or takes back those noted
    /// before. Another process's signs stand unless these are surer. Was that news?
    pub async fn copy_elsewhere(
        &self,
        id: CopyId,
        before: Option<Elsewhere>,
        signs: Option<Elsewhere>,
        now: Time,
    ) -> Result<bool, Error> {
        let law = self.law.clone();
        self.db
            .write(move |tx| elsewhere(tx, &law, id, before.as_ref(), signs, now))
            .await
    }
}

/// Asked once a copy, however many of its hits there are.
fn contexts(tx: &mut Tx<'_>, hits: &[HitId]) -> Result<HashMap<HitId, Arc<HitContext>>, Error> {
    let ids: Vec<Value> = hits.iter().map(|id| (*id).into()).collect();
    let recorded = tx.query_in("select id, copy_id from hit where id", &ids)?;
    let copy_of = |row: &Row| row.get::<CopyId>(1);
    let copies: BTreeSet<CopyId> = recorded.iter().map(copy_of).collect::<Result<_, _>>()?;
    let copies: Vec<Value> = copies.into_iter().map(Value::from).collect();
    let sql = "select c.message_id, c.contact_id, c.address, c.state, c.state_at,
               (select count(*) from link l where l.message_id = c.message_id and l.skipped is null), s.host, c.id
               from copy c left join mail_host s on s.contact_id = c.contact_id where c.id";
    let mut around = HashMap::<CopyId, Arc<HitContext>>::with_capacity(copies.len());
    for row in tx.query_in(sql, &copies)? {
        around.insert(row.get(7)?, Arc::new(context(&row)?));
    }
    let mut found = HashMap::with_capacity(recorded.len());
    for row in &recorded {
        if let Some(context) = around.get(&copy_of(row)?) {
            found.insert(row.get(0)?, context.clone());
        }
    }
    Ok(found)
}

fn context(row: &Row) -> Result<HitContext, Error> {
    let address: String = row.get(2)?;
    let domain = address
        .parse::<EmailAddress>()
        .map_or(String::new(), |address| {
            address.domain().to_ascii_lowercase()
        });
    let state: CopyState = row.get(3)?;
    let state_at = row.get(4)?;
    Ok(HitContext {
        message: row.get(0)?,
        contact: row.get(1)?,
        domain,
        mail_host: row.get(6)?,
        links: row.get(5)?,
        delivered_at: (state == CopyState::Sent).then_some(state_at),
    })
}

/// What the feed is told of a revision.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tell {
    /// Pages change, and what turns out to be a person's first reading or click is news.
    News,
    /// Pages change. What is found out long after is no news.
    Pages,
    /// Pages change: the recipient takes back what they said, which nobody else can.
    TakenBack,
}

pub(crate) fn revise(
    tx: &mut Tx<'_>,
    mut revisions: Vec<(HitId, Verdict)>,
    rules: u32,
    tell: Tell,
) -> Result<usize, Error> {
    // In the order of ids, so that two that revise the same hits lock them in one order. Of one hit the last word counts.
    revisions.sort_by_key(|(id, _)| *id);
    revisions.reverse();
    revisions.dedup_by_key(|(id, _)| *id);
    revisions.reverse();
    let sql = format!(
        "select copy_id, axis, meaning, at, repeat, folded, facts, opener, confidence, reasons, rules
         from hit
         where id = $1 {}",
        tx.lock_rows("hit")
    );
    let sets: Vec<_> = revisions.iter().map(|(id, _)| vec![(*id).into()]).collect();
    let rows = tx.query_many(&sql, &sets)?;
    let (mut updates, mut confirmed) = (Vec::with_capacity(revisions.len()), Vec::new());
    let mut changes = BTreeMap::<CopyId, Vec<Change>>::new();
    for ((id, to), row) in revisions.into_iter().zip(&rows) {
        let Some(row) = row.first() else { continue };
        let reasons = to.reasons.join(" ");
        let from: Meaning = row.get(2)?;
        let stands = row.get::<String>(7)? == to.opener
            && from == to.meaning
            && row.get::<u8>(8)? == to.confidence
            && row.get::<String>(9)? == reasons;
        // What the recipient said of it is not known better by comparing.
        let said = words(&row.get::<String>(9)?).contains(&NOT_ME.to_owned());
        let still_said = to.reasons.iter().any(|reason| reason == NOT_ME);
        if said && !still_said && tell != Tell::TakenBack {
            continue;
        }
        if stands {
            if row.get::<u32>(10)? != rules {
                confirmed.push(params![id, rules].to_vec());
            }
            continue;
        }
        let facts = facts_after(row.get(6)?, &to);
        updates.push(
            params![
                id,
                &to.opener,
                to.meaning,
                to.confidence,
                reasons,
                facts,
                rules
            ]
            .to_vec(),
        );
        let (repeat, folded): (bool, bool) = (row.get(4)?, row.get(5)?);
        if !folded {
            continue; // counted by what it means by then
        }
        let of_copy = changes.entry(row.get(0)?).or_default();
        if !repeat {
            let (axis, at) = (row.get(1)?, row.get(3)?);
            of_copy.push(Change { axis, at, from, to });
        }
    }
    let sql = "update hit set opener = $2, meaning = $3, confidence = $4, reasons = $5, facts = $6,
               rules = $7, revised_from = coalesce(revised_from, meaning) where id = $1";
    tx.execute_many(sql, &updates)?;
    tx.execute_many("update hit set rules = $2 where id = $1", &confirmed)?;
    recount(tx, &changes, tell)?;
    Ok(updates.len())
}

/// What may still be told once this is the verdict: the program and the device of somebody else are not the recipient's.
fn facts_after(facts: Option<String>, to: &Verdict) -> Option<String> {
    if to.meaning != Meaning::Machine && !to.reasons.iter().any(|reason| reason == NOT_ME) {
        return facts;
    }
    let facts: Facts = serde_json::from_str(&facts?).unwrap_or_default();
    let left = facts.without_person();
    (left != Facts::default()).then(|| serde_json::to_string(&left).unwrap_or_default())
}

/// Corrects what was counted, and tells the feed.
fn recount(
    tx: &mut Tx<'_>,
    changes: &BTreeMap<CopyId, Vec<Change>>,
    tell: Tell,
) -> Result<(), Error> {
    let mut copies = lock_copies(tx, changes.keys().copied())?;
    let (mut firsts, mut events) = (Vec::new(), Vec::new());
    for (copy, user) in &mut copies {
        let changes = changes.get(&copy.id).map_or(&[][..], Vec::as_slice);
        let mut at = copy.last_read_at.unwrap_or(copy.state_at.minute());
        for change in changes {
            at = change.at;
            firsts.extend(correct(copy, change));
        }
        if changes
            .iter()
            .any(|c| c.from.is_human() && !c.to.meaning.is_human())
        {
            forget_reading(tx, copy)?;
        }
        events.push(about(copy, *user, Happening::Seen, at));
    }
    write_copies(tx, copies.iter().map(|(copy, _)| copy))?;
    if tell != Tell::News {
        // Noted as told, so that nobody tells it later.
        for first in &mut firsts {
            first.certain = true;
        }
    }
    let told = news::note(tx, &firsts)?;
    let new = firsts.iter().zip(told).filter(|(_, is_new)| *is_new);
    for (first, _) in new.filter(|_| tell == Tell::News) {
        let around = copies.iter().find(|(copy, _)| copy.id == first.copy);
        events.extend(around.map(|(copy, user)| about(copy, *user, first.kind, first.at)));
    }
    event::write(tx, &events)
}

/// Moves one hit from one count to another.
fn correct(copy: &mut Copy, change: &Change) -> Option<First> {
    let (counts, kind) = match change.axis {
        Axis::Open => (&mut copy.seen.opens, Happening::Read),
        Axis::Click => (&mut copy.seen.clicks, Happening::Clicked),
        Axis::Document => return None,
    };
    if let Some(count) = count(counts, change.from) {
        *count = count.saturating_sub(1);
    }
    if let Some(count) = count(counts, change.to.meaning) {
        *count = count.saturating_add(1);
    }
    if !change.to.meaning.is_human() {
        return None;
    }
    read_at(copy, change.at, change.at);
    Some(First {
        copy: copy.id,
        kind,
        at: change.at,
        certain: change.to.is_certain(),
    })
}

/// A reading was none: the times of reading are those of the hits that remain, and what never was is no news.
fn forget_reading(tx: &mut Tx<'_>, copy: &mut Copy) -> Result<(), Error> {
    let sql = "select min(at), max(at) from hit where copy_id = $1 and folded = 1 and repeat = 0
               and axis in ('open', 'click') and meaning in ('human', 'human_via_proxy')";
    let row = tx.first(sql, params![copy.id])?;
    let times = |column| row.as_ref().map_or(Ok(None), |row| row.get(column));
    let reading = copy.modes.open.is_personal();
    copy.first_read_at = times(0)?.filter(|_| reading);
    copy.last_read_at = times(1)?.filter(|_| reading);
    for (kind, counts) in [
        (Happening::Read, copy.seen.opens),
        (Happening::Clicked, copy.seen.clicks),
    ] {
        if counts.human == 0 {
            news::retract(tx, copy.id, kind)?;
        }
    }
    Ok(())
}

fn elsewhere(
    tx: &mut Tx<'_>,
    law: &Profiles,
    id: CopyId,
    before: Option<&Elsewhere>,
    signs: Option<Elsewhere>,
    now: Time,
) -> Result<bool, Error> {
    let words = |signs: Option<&Elsewhere>| signs.map(|signs| signs.reasons.join(" "));
    let before = words(before).unwrap_or_default();
    let news = match signs {
        Some(_) if !may_tell_elsewhere(tx, law, id, now)? => false,
        Some(signs) => {
            let sql = "update copy set elsewhere_confidence = $2, elsewhere_reasons = $3 where id = $1
                       and (elsewhere_confidence is null or elsewhere_confidence < $2 or elsewhere_reasons = $4)";
            let reasons = words(Some(&signs));
            tx.execute(sql, params![id, signs.confidence, reasons, before])? > 0
        }
        None => {
            let sql = "update copy set elsewhere_confidence = null, elsewhere_reasons = null
                       where id = $1 and elsewhere_reasons = $2";
            tx.execute(sql, params![id, before])? > 0
        }
    };
    if news {
        tell_pages(tx, id, now)?;
    }
    Ok(news)
}

/// Writes signs down whatever stood there, and tells pages.
pub(crate) fn note_elsewhere(
    tx: &mut Tx<'_>,
    id: CopyId,
    signs: Option<&Elsewhere>,
    now: Time,
) -> Result<(), Error> {
    let sql = "update copy set elsewhere_confidence = $2, elsewhere_reasons = $3 where id = $1";
    let reasons = signs.map(|signs| signs.reasons.join(" "));
    let confidence = signs.map(|signs| signs.confidence);
    tx.execute(sql, params![id, confidence, reasons])?;
    tell_pages(tx, id, now)
}

fn tell_pages(tx: &mut Tx<'_>, id: CopyId, now: Time) -> Result<(), Error> {
    for (copy, user) in lock_copies(tx, std::iter::once(id))? {
        event::write(tx, &[about(&copy, user, Happening::Seen, now.minute())])?;
    }
    Ok(())
}

/// Where details may be recorded, and never about somebody whom a lawyer writes to as such: what becomes of privileged mail
/// is not guessed at (R-LAW-03).
fn may_tell_elsewhere(
    tx: &mut Tx<'_>,
    law: &Profiles,
    id: CopyId,
    now: Time,
) -> Result<bool, Error> {
    let allowed = allowed(tx, law, std::iter::once(id), now)?;
    let modes = allowed.get(&id);
    if modes.is_none_or(|modes| modes.open.max(modes.click) < Mode::Detailed) {
        return Ok(false);
    }
    let sql = "select k.tags from copy c join contact k on k.id = c.contact_id where c.id = $1";
    let tags = tx.one(sql, params![id], |row| row.get(0))?;
    Ok(tags.unwrap_or(LegalTags::NONE) == LegalTags::NONE)
}
