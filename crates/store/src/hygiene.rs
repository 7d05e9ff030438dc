//! The day of the last open (`hygiene`): one date a contact, overwritten, for list cleaning and nothing else (R-MODE-09).
//!
//! The French exemption that allows it ends where the date is used for anything else, be it how often somebody is
//! written to. So no other file reads the column, which a test watches; the date is in no [`Contact`](crate::Contact) and never
//! leaves the database through here: list cleaning asks who was not seen since a day and learns who, not when. Only what
//! the law gives the persons themselves (access, a copy of everything) shows it to them.

use crate::db::Tx;
use crate::value::{Row, Value, params};
use crate::{Error, Store};
use model::hit::Hit;
use model::{Axis, ContactId, CopyId, Day, EmailAddress, Meaning, WorkspaceId};

/// Somebody who seems to read the mails no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inactive {
    /// Who.
    pub contact: ContactId,
    /// Their address.
    pub address: EmailAddress,
}

/// Of how many contacts list cleaning can say anything at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// They got mail since the day that tells the day of their last open.
    pub tracked: u32,
    /// All others. Nothing is known of them: neither that they opened nor that they did not.
    pub not_applicable: u32,
}

/// A contact `k` to whom mail of that kind went since the moment `$2`.
const TRACKED: &str =
    "exists (select 1 from copy c where c.contact_id = k.id and c.mode_open = 'hygiene'
                       and c.state = 'sent' and c.state_at >= $2)";

impl Store {
    /// Of whom list cleaning can say something since this day, and of whom it is not applicable (R-MODE-17).
    pub async fn list_cleaning_reach(
        &self,
        workspace: WorkspaceId,
        since: Day,
    ) -> Result<Reach, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select count(*), count(case when {TRACKED} then 1 end) from contact k
                     where k.workspace_id = $1 and k.restricted_at is null"
                );
                let row = tx.first(&sql, params![workspace, since.begins_at()])?;
                let row = row.ok_or_else(|| Error::Corrupt("a count gave no number".into()))?;
                let (all, tracked): (u32, u32) = (row.get(0)?, row.get(1)?);
                Ok(Reach {
                    tracked,
                    not_applicable: all - tracked,
                })
            })
            .await
    }

    /// Contacts who since this day got mail that tells the day of their last open, and opened none of it since; by
    /// address, after `after`. Of anybody else nothing is known, so nobody else is in it (R-MODE-17).
    pub async fn contacts_inactive(
        &self,
        workspace: WorkspaceId,
        since: Day,
        after: Option<String>,
        limit: u16,
    ) -> Result<Vec<Inactive>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select k.id, k.address from contact k where k.workspace_id = $1 and {TRACKED}
                     and k.address_key > $3 and k.restricted_at is null
                     and (k.last_open_day is null or k.last_open_day < $4) order by k.address_key limit $5"
                );
                let after = after.unwrap_or_default().to_lowercase();
                let values = params![workspace, since.begins_at(), after, since, limit];
                tx.rows(&sql, values, inactive)
            })
            .await
    }
}

fn inactive(row: &Row) -> Result<Inactive, Error> {
    Ok(Inactive {
        contact: row.get(0)?,
        address: row.get(1)?,
    })
}

/// Does this hit say that the mail may have been opened by its reader? When in doubt it does: nobody is taken off a list
/// because their provider hides them.
pub(crate) fn counts(hit: &Hit) -> bool {
    let by_person = !matches!(hit.verdict.meaning, Meaning::Machine | Meaning::Own);
    hit.axis == Axis::Open && by_person
}

/// Moves the dates of those who opened these copies on, never back.
pub(crate) fn note(tx: &mut Tx<'_>, opened: &[(CopyId, Day)]) -> Result<(), Error> {
    let mut days = Vec::with_capacity(opened.len());
    for (copy, day) in opened {
        let row = tx.first("select contact_id from copy where id = $1", params![*copy])?;
        if let Some(row) = row {
            days.push((row.get::<ContactId>(0)?, *day));
        }
    }
    // In the order of ids, so that two who write lock contacts in one order.
    days.sort_unstable();
    days.dedup();
    let sql = "update contact set last_open_day = $2 where id = $1 and (last_open_day is null or last_open_day < $2)";
    let rows: Vec<_> = days
        .into_iter()
        .map(|(contact, day)| vec![Value::from(contact), Value::from(day)])
        .collect();
    tx.execute_many(sql, &rows)
}

/// They said no: what was kept without asking goes.
pub(crate) fn forget(tx: &mut Tx<'_>, contact: ContactId) -> Result<(), Error> {
    tx.execute(
        "update contact set last_open_day = null where id = $1",
        params![contact],
    )
    .map(|_| ())
}
