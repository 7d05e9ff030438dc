//! The register of breaches (GDPR Art. 33(5)): every one, what is known of it, who was told when, and whom it touches.

use crate::act::{By, Object};
use crate::db::Tx;
use crate::value::{Row, params};
use crate::{Error, Store};
use model::breach::{Account, Risk};
use model::{ActKind, BreachId, Sha256, Time, WorkspaceId};

/// A breach.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Breach {
    /// Its id.
    pub id: BreachId,
    /// When the organisation became aware of it: the clock runs from here.
    pub aware_at: Time,
    /// When it began and ended, as far as known: mails of this time are the ones it may touch.
    pub from: Time,
    /// The end of that time.
    pub to: Time,
    /// How bad it is.
    pub risk: Risk,
    /// What is known, in words.
    pub account: Account,
    /// When the authority was told.
    pub authority_told_at: Option<Time>,
    /// When the persons were told.
    pub persons_told_at: Option<Time>,
}

const COLUMNS: &str =
    "b.id, b.aware_at, b.from_at, b.to_at, b.risk, b.nature, b.persons, b.records, b.contact,
    b.consequences, b.measures, b.delay, b.authority_told_at, b.persons_told_at";

fn breach(row: &Row) -> Result<Breach, Error> {
    Ok(Breach {
        id: row.get(0)?,
        aware_at: row.get(1)?,
        from: row.get(2)?,
        to: row.get(3)?,
        risk: row.get(4)?,
        account: Account {
            nature: row.get(5)?,
            persons: row.get(6)?,
            records: row.get(7)?,
            contact: row.get(8)?,
            consequences: row.get(9)?,
            measures: row.get(10)?,
            delay: row.get(11)?,
        },
        authority_told_at: row.get(12)?,
        persons_told_at: row.get(13)?,
    })
}

fn find(tx: &mut Tx<'_>, workspace: WorkspaceId, id: BreachId) -> Result<Option<Breach>, Error> {
    let sql = format!("select {COLUMNS} from breach b where b.workspace_id = $1 and b.id = $2");
    tx.one(&sql, params![workspace, id], breach)
}

/// An entry stands in the account of acts as its digest: that it was changed shows, what it says does not.
fn digest(b: &Breach) -> Result<String, Error> {
    let text = model::canonical::canonical(b).map_err(|e| Error::Corrupt(e.to_string()))?;
    Ok(Sha256::of(&text).to_string())
}

impl Store {
    /// Enters a breach, or writes its entry anew.
    pub async fn breach_write(
        &self,
        workspace: WorkspaceId,
        b: Breach,
        by: By,
    ) -> Result<(), Error> {
        self.db
            .write(move |tx| {
                let old = find(tx, workspace, b.id)?;
                if old.as_ref() == Some(&b) {
                    return Ok(());
                }
                let sql = "insert into breach (id, workspace_id, aware_at, from_at, to_at, risk, nature, persons,
                    records, contact, consequences, measures, delay, authority_told_at, persons_told_at)
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
                    on conflict (id) do update set aware_at = excluded.aware_at, from_at = excluded.from_at,
                    to_at = excluded.to_at, risk = excluded.risk, nature = excluded.nature,
                    persons = excluded.persons, records = excluded.records, contact = excluded.contact,
                    consequences = excluded.consequences, measures = excluded.measures, delay = excluded.delay,
                    authority_told_at = excluded.authority_told_at, persons_told_at = excluded.persons_told_at
                    where breach.workspace_id = excluded.workspace_id";
                let a = &b.account;
                let values = params![
                    b.id, workspace, b.aware_at, b.from, b.to, b.risk, &a.nature, &a.persons, &a.records, &a.contact,
                    &a.consequences, &a.measures, &a.delay, b.authority_told_at, b.persons_told_at
                ];
                if tx.execute(sql, values)? == 0 {
                    return Err(Error::Conflict("this breach is another workspace's".into()));
                }
                let kind = if old.is_some() { ActKind::BreachChanged } else { ActKind::BreachNoted };
                by.did(kind, Object::Thing("breach", b.id.to_string()))
                    .before(old.as_ref().map(digest).transpose()?)
                    .after(digest(&b)?)
                    .write(tx, workspace)
            })
            .await
    }

    /// All breaches of a workspace, newest first.
    pub async fn breaches(&self, workspace: WorkspaceId) -> Result<Vec<Breach>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {COLUMNS} from breach b where b.workspace_id = $1 order by b.aware_at desc, b.id limit 1000"
                );
                tx.rows(&sql, params![workspace], breach)
            })
            .await
    }

    /// One breach of a workspace.
    pub async fn breach(
        &self,
        workspace: WorkspaceId,
        id: BreachId,
    ) -> Result<Option<Breach>, Error> {
        self.db.read(move |tx| find(tx, workspace, id)).await
    }

    /// Whom a breach may touch: contacts who were sent mail, or about whom something was recorded, in its time. Their
    /// addresses, at most `limit`.
    pub async fn breach_affected(
        &self,
        workspace: WorkspaceId,
        from: Time,
        to: Time,
        limit: u32,
    ) -> Result<Vec<String>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select k.address from contact k where k.workspace_id = $1 and (
                    exists (select 1 from copy c join message m on m.id = c.message_id where c.contact_id = k.id
                            and m.accepted_at >= $2 and m.accepted_at <= $3)
                    or exists (select 1 from copy c join hit h on h.copy_id = c.id where c.contact_id = k.id
                               and h.at >= $2 and h.at <= $3))
                    order by k.address_key limit $4";
                tx.rows(sql, params![workspace, from, to, limit], |row| row.get(0))
            })
            .await
    }
}
