//! Retention: what has been kept for its term is cleared away (GDPR Art. 5(1)(e), R-RET-02).
//!
//! The rules are data: which rows of which table, by which moment, under which class of the inventory. Rows go in
//! batches, so that nobody waits long for the writer, and each run that cleared something leaves evidence. What hits
//! said together stays as counts by day, of a whole workspace, which are nobody's.

use crate::db::Tx;
use crate::disposal::{self, Cause};
use crate::inventory::Kept;
use crate::value::{Row, Value, params};
use crate::{By, Error, Store, act, contact, ledger};
use model::{ActKind, ContactId, Time, WorkspaceId};
use std::collections::BTreeMap;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

/// How long things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Single hits.
    pub hits: Duration,
    /// Agreements that nobody confirmed.
    pub unconfirmed: Duration,
    /// Proof of a consent, counted from its end: the limitation period.
    pub proof: Duration,
    /// Requests of persons, counted from the answer.
    pub cases: Duration,
    /// The live feed.
    pub feed: Duration,
    /// What webhooks were told.
    pub webhooks: Duration,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            hits: 90 * DAY,
            unconfirmed: 7 * DAY,
            // The common limitation period of three years (in Germany § 195 BGB).
            proof: 3 * 365 * DAY,
            cases: 3 * 365 * DAY,
            feed: 7 * DAY,
            webhooks: 30 * DAY,
        }
    }
}

impl Terms {
    /// The term of a class that has one; counted from where its rule says.
    pub fn of(&self, kept: Kept) -> Option<Duration> {
        match kept {
            Kept::Hits => Some(self.hits),
            Kept::Unconfirmed => Some(self.unconfirmed),
            Kept::Proof => Some(self.proof),
            Kept::Cases => Some(self.cases),
            Kept::Feed => Some(self.feed),
            Kept::Webhooks => Some(self.webhooks),
            Kept::Session => Some(Duration::ZERO),
            Kept::Always | Kept::Account | Kept::Contact | Kept::Mail | Kept::Queue => None,
        }
    }
}

/// Which rows go.
struct Rule {
    kept: Kept,
    /// In words, for the report.
    what: &'static str,
    table: &'static str,
    /// The column that tells its rows apart.
    key: &'static str,
    /// The moment from which the term runs.
    from: &'static str,
    /// What else must hold.
    and: &'static str,
}

/// The consent is over and done with, and so is its proof: it was taken back so long ago, or ran out so long ago, which
/// nobody writes down (R-CONS-14).
const OVER: &str = "exists (select 1 from contact k where k.id = contact_id
    and coalesce(k.open_since, 0) + case when k.open_state in ('given', 'requested') then 63072000000 else 0 end < $1
    and coalesce(k.click_since, 0) + case when k.click_state in ('given', 'requested') then 63072000000 else 0 end < $1
    and coalesce(k.document_since, 0)
        + case when k.document_state in ('given', 'requested') then 63072000000 else 0 end < $1
    and coalesce(k.details_since, 0)
        + case when k.details_state in ('given', 'requested') then 63072000000 else 0 end < $1)";
const _: () = assert!(model::consent::CONSENT_LIFE.as_millis() == 63_072_000_000);

const RULES: &[Rule] = &[
    Rule {
        kept: Kept::Session,
        what: "sessions that have expired",
        table: "credential",
        key: "hash",
        from: "expires_at",
        and: "1 = 1",
    },
    Rule {
        kept: Kept::Session,
        what: "mailbox challenges that have expired",
        table: "challenge",
        key: "id",
        from: "expires_at",
        and: "1 = 1",
    },
    Rule {
        kept: Kept::Feed,
        what: "entries of the live feed",
        table: "event",
        key: "seq",
        from: "at",
        and: "1 = 1",
    },
    Rule {
        kept: Kept::Webhooks,
        what: "events in the logs of webhooks, also those that were never taken",
        table: "webhook_delivery",
        key: "id",
        from: "at",
        and: "1 = 1",
    },
    Rule {
        kept: Kept::Hits,
        what: "single hits; their sums by day stay",
        table: "hit",
        key: "id",
        from: "at",
        and: "folded = 1",
    },
    Rule {
        kept: Kept::Unconfirmed,
        what: "guardians who never agreed, or whose word nobody checked",
        table: "guardian",
        key: "id",
        from: "created_at",
        and: "exists (select 1 from consent_request r where r.id = request_id and r.answered_at is null)",
    },
    Rule {
        kept: Kept::Unconfirmed,
        what: "agreements that were never confirmed",
        table: "consent_request",
        key: "id",
        from: "created_at",
        and: "answered_at is null",
    },
    Rule {
        kept: Kept::Unconfirmed,
        what: "texts that no agreement rests on",
        table: "consent_text",
        key: "sha256",
        from: "created_at",
        and:
            "not exists (select 1 from consent_event e where e.text_sha256 = sha256)
            and not exists (select 1 from consent_request r where r.text_sha256 = sha256)
            and not exists (select 1 from guardian g where g.text_sha256 = sha256)
            and not exists (select 1 from intake i where sha256 in (i.text_sha256, i.shown_sha256))",
    },
    Rule {
        kept: Kept::Proof,
        what: "guardians behind consents that ended",
        table: "guardian",
        key: "id",
        from: "given_at",
        and: OVER,
    },
    Rule {
        kept: Kept::Proof,
        what: "confirmations of consents that ended",
        table: "consent_request",
        key: "id",
        from: "answered_at",
        and: OVER,
    },
    Rule {
        kept: Kept::Proof,
        what: "events of consents that ended",
        table: "consent_event",
        key: "seq",
        from: "at",
        and: OVER,
    },
    Rule {
        kept: Kept::Cases,
        what: "answered requests of persons",
        table: "request",
        key: "id",
        from: "answered_at",
        and: "1 = 1",
    },
];

impl Rule {
    fn of(&self) -> String {
        format!("{} < $1 and {}", self.from, self.and)
    }
}

/// Rows in one transaction.
const BATCH: i64 = 1_000;

/// What one rule clears away.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Due {
    /// The class.
    pub class: &'static str,
    /// Which rows, in words.
    pub what: &'static str,
    /// The table.
    pub table: &'static str,
    /// Rows from before this moment go.
    pub before: Time,
    /// How many.
    pub rows: u64,
    /// The oldest of them.
    pub oldest: Option<Time>,
}

impl Store {
    /// What would be cleared away now under these terms: nothing is changed (R-RET-03).
    pub async fn retention_due(&self, terms: Terms, now: Time) -> Result<Vec<Due>, Error> {
        self.db
            .read(move |tx| {
                let due = |rule: &Rule| due(tx, rule, &terms, now);
                RULES.iter().map(due).collect()
            })
            .await
    }

    /// Clears away what has been kept for its term; what it was. Leaves one line of evidence, if there was anything.
    pub async fn retention_run(
        &self,
        terms: Terms,
        evidence: [u8; 16],
        now: Time,
    ) -> Result<BTreeMap<String, u64>, Error> {
        let mut counts = BTreeMap::<String, u64>::new();
        for rule in RULES.iter().filter(|rule| rule.table != "consent_event") {
            let before = before_of(rule.kept, &terms, now);
            loop {
                let gone = self.db.write(move |tx| clear(tx, rule, before)).await?;
                if gone > 0 {
                    *counts.entry(rule.table.to_owned()).or_default() += gone;
                }
                if gone < BATCH.unsigned_abs() {
                    break;
                }
            }
        }
        let over = before_of(Kept::Proof, &terms, now);
        while let Some(gone) = self
            .db
            .write(move |tx| dispose_of_proof(tx, over, now))
            .await?
        {
            *counts.entry("consent_event".to_owned()).or_default() += gone;
        }
        if !counts.is_empty() {
            let counted = counts.clone();
            let write = move |tx: &mut Tx<'_>| {
                disposal::write(tx, evidence, Cause::Retention, &counted, now)
            };
            self.db.write(write).await?;
        }
        Ok(counts)
    }

    /// Hits of a workspace by day, axis and meaning, as they were folded when their term was over.
    pub async fn hit_days(
        &self,
        workspace: WorkspaceId,
        from: Time,
        to: Time,
    ) -> Result<Vec<(Time, model::Axis, model::Meaning, u64)>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select day, axis, meaning, hits from hit_day where workspace_id = $1 and day >= $2
                           and day < $3 order by day, axis, meaning";
                let read = |row: &Row| {
                    let hits: i64 = row.get(3)?;
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, hits.unsigned_abs()))
                };
                tx.rows(sql, params![workspace, from, to], read)
            })
            .await
    }
}

fn before_of(kept: Kept, terms: &Terms, now: Time) -> Time {
    now - terms.of(kept).unwrap_or(Duration::MAX)
}

/// Deletes what was said by one contact whose consents ended before that moment; how many events. Their entries in the
/// ledger stay and are sealed by an act, so that the chain shows that it was done, and why.
fn dispose_of_proof(tx: &mut Tx<'_>, before: Time, now: Time) -> Result<Option<u64>, Error> {
    let sql = format!(
        "select contact_id, workspace_id from consent_event where at < $1 and {OVER} order by seq limit 1"
    );
    let Some(row) = tx.first(&sql, params![before])? else {
        return Ok(None);
    };
    let (contact, workspace): (ContactId, WorkspaceId) = (row.get(0)?, row.get(1)?);
    contact::lock(tx, contact)?;
    let sql = "delete from consent_event where contact_id = $1 and at < $2 returning ledger_seq";
    let mut sealed: Vec<u64> = tx.rows(sql, params![contact, before], |row| row.get(0))?;
    sealed.sort_unstable();
    By::operator(now)
        .because("The term of keeping was over.")
        .did(ActKind::ProofDisposed, act::Object::Workspace)
        .after(serde_json::json!({ "sealed": sealed }).to_string())
        .write(tx, workspace)?;
    let entry = ledger::head(tx, workspace)?;
    ledger::seal(tx, workspace, &sealed, entry.seq)?;
    Ok(Some(sealed.len() as u64))
}

fn due(tx: &mut Tx<'_>, rule: &Rule, terms: &Terms, now: Time) -> Result<Due, Error> {
    let before = before_of(rule.kept, terms, now);
    let sql = format!(
        "select count(*), min({}) from {} where {}",
        rule.from,
        rule.table,
        rule.of()
    );
    let row = tx.first(&sql, params![before])?;
    let gone = || Error::Corrupt("a count gave no number".into());
    let row = row.ok_or_else(gone)?;
    Ok(Due {
        class: rule.kept.as_str(),
        what: rule.what,
        table: rule.table,
        before,
        rows: row.get(0)?,
        oldest: row.get(1)?,
    })
}

/// One batch; how many rows went.
fn clear(tx: &mut Tx<'_>, rule: &Rule, before: Time) -> Result<u64, Error> {
    let (table, key) = (rule.table, rule.key);
    let sql = format!(
        "select {key} from {table} where {} limit {BATCH} {}",
        rule.of(),
        tx.lock_free_rows()
    );
    let keys: Vec<Vec<Value>> = tx
        .query(&sql, params![before])?
        .into_iter()
        .map(|row| row.0)
        .collect();
    if rule.kept == Kept::Hits {
        sum_up(tx, &keys)?;
    }
    tx.execute_many(&format!("delete from {table} where {key} = $1"), &keys)?;
    Ok(keys.len() as u64)
}

/// Adds hits to the sums of their days, in whole workspaces: a sum over one mail would still be somebody's.
fn sum_up(tx: &mut Tx<'_>, hits: &[Vec<Value>]) -> Result<(), Error> {
    let sql =
        "select c.workspace_id, h.at, h.axis, h.meaning from hit h join copy c on c.id = h.copy_id
               where h.repeat = 0 and h.id = $1";
    let mut sums = BTreeMap::<(WorkspaceId, i64, String, String), i64>::new();
    for row in tx.query_many(sql, hits)?.iter().flatten() {
        let at: i64 = row.get(1)?;
        let day = at - at.rem_euclid(86_400_000);
        *sums
            .entry((row.get(0)?, day, row.get(2)?, row.get(3)?))
            .or_default() += 1;
    }
    let rows: Vec<_> = sums
        .into_iter()
        .map(|((workspace, day, axis, meaning), n)| {
            params![workspace, day, axis, meaning, n].to_vec()
        })
        .collect();
    let sql = "insert into hit_day (workspace_id, day, axis, meaning, hits) values ($1, $2, $3, $4, $5)
               on conflict (workspace_id, day, axis, meaning) do update set hits = hit_day.hits + excluded.hits";
    tx.execute_many(sql, &rows)
}
