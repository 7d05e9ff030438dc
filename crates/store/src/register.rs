//! The register: who tracks whom, how far, and on what basis (R-GOV-01). And what was lowered, and whose consent ends.
//!
//! A mail is in the register if any of its copies left with tracking; each such copy is counted in it exactly once. A
//! withdrawal afterwards takes away what was learnt, not the fact that the mail carried it.

use crate::db::Tx;
use crate::value::{Row, params};
use crate::{Cursor, Error, Store, standing};
use model::consent::CONSENT_LIFE;
use model::{
    ConsentState, ContactId, MessageClass, MessageId, Mode, PerAxis, Reason, Sha256, Time, Topic,
    UserId, WorkspaceId,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// One instrumented mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The mail.
    pub message: MessageId,
    /// Who sent it.
    pub user: UserId,
    /// From which address.
    pub sender: String,
    /// When it was sent.
    pub at: Time,
    /// What kind of mail it is, which is its purpose.
    pub class: MessageClass,
    /// Copies in all.
    pub copies: u32,
    /// Copies that carry tracking, by their modes.
    pub tracked: Vec<(PerAxis<Mode>, u32)>,
    /// Copies without, by the reason: mostly where their recipient's consent stands.
    pub untracked: Vec<(Reason, u32)>,
    /// The texts by which recipients of tracked copies had agreed, by their digests.
    pub texts: Vec<Sha256>,
}

impl Registered {
    /// Its place in the register, for the page that follows.
    pub fn place(&self) -> Cursor {
        Cursor {
            at: self.at,
            id: self.message,
        }
    }
}

impl Registered {
    /// Copies that carry tracking.
    pub fn tracked_copies(&self) -> u32 {
        self.tracked.iter().map(|(_, n)| n).sum()
    }
}

/// Which mails to list.
#[derive(Debug, Clone, Default)]
pub struct RegisterFilter {
    /// Only this sender's.
    pub user: Option<UserId>,
    /// Sent at or after.
    pub from: Option<Time>,
    /// Sent before.
    pub to: Option<Time>,
    /// Only after this one, for paging: the list is newest first.
    pub after: Option<Cursor>,
    /// At most so many.
    pub limit: u32,
}

/// What was lowered for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Why.
    pub reason: Reason,
    /// Copies.
    pub copies: u32,
    /// The newest of their mails.
    pub last_at: Time,
}

/// A consent that ends soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiring {
    /// Whose.
    pub contact: ContactId,
    /// Their address.
    pub address: String,
    /// To what.
    pub topic: Topic,
    /// When it ends.
    pub ends_at: Time,
}

const TRACKED: &str =
    "(c.carried_open <> 'none' or c.carried_click <> 'none' or c.carried_document <> 'none')";

fn modes(row: &Row, from: usize) -> Result<PerAxis<Mode>, Error> {
    Ok(PerAxis {
        open: row.get(from)?,
        click: row.get(from + 1)?,
        document: row.get(from + 2)?,
    })
}

/// Counts of a mail's copies, and the texts agreed to.
fn fill(tx: &mut Tx<'_>, line: &mut Registered) -> Result<(), Error> {
    let sql = "select c.carried_open, c.carried_click, c.carried_document, coalesce(c.reason_open, c.reason_click), count(*)
        from copy c where c.message_id = $1 group by 1, 2, 3, 4 order by 1, 2, 3, 4";
    let mut tracked: BTreeMap<[Mode; 3], u32> = BTreeMap::new();
    let mut untracked: BTreeMap<&str, (Reason, u32)> = BTreeMap::new();
    for row in tx.query(sql, params![line.message])? {
        let (modes, n): (_, u32) = (modes(&row, 0)?, row.get(4)?);
        line.copies += n;
        if modes == model::mode::NOTHING {
            let reason: Reason = row.get::<Option<_>>(3)?.unwrap_or(Reason::FrozenAtSend);
            untracked.entry(reason.code()).or_insert((reason, 0)).1 += n;
        } else {
            *tracked
                .entry([modes.open, modes.click, modes.document])
                .or_default() += n;
        }
    }
    line.untracked = untracked.into_values().collect();
    let per_axis = |[open, click, document]: [Mode; 3]| PerAxis {
        open,
        click,
        document,
    };
    line.tracked = tracked.into_iter().map(|(m, n)| (per_axis(m), n)).collect();
    let sql = format!(
        "select distinct e.text_sha256 from copy c join consent_event e on e.contact_id = c.contact_id
         where c.message_id = $1 and {TRACKED} and e.state = 'given' and e.at <= $2 and e.text_sha256 is not null
         order by 1"
    );
    line.texts = tx.rows(&sql, params![line.message, line.at], |row| {
        row.get(0).map(Sha256)
    })?;
    Ok(())
}

impl Store {
    /// The mails that carry tracking, newest first.
    pub async fn register(
        &self,
        workspace: WorkspaceId,
        filter: RegisterFilter,
    ) -> Result<Vec<Registered>, Error> {
        self.db
            .read(move |tx| {
                let after = filter.after.map(|place| (place.at, place.id));
                let (at, id) = after.unwrap_or((Time(i64::MAX), MessageId([0; 16])));
                let sql = format!(
                    "select m.id, m.user_id, m.sender, m.accepted_at, m.class from message m
                     where m.workspace_id = $1 and m.accepted_at >= $2 and m.accepted_at < $3
                     and (m.accepted_at < $4 or m.accepted_at = $4 and m.id < $5)
                     and ($6 = 0 or m.user_id = $7)
                     and exists (select 1 from copy c where c.message_id = m.id and {TRACKED})
                     order by m.accepted_at desc, m.id desc limit $8"
                );
                let values = params![
                    workspace,
                    filter.from.unwrap_or(Time(i64::MIN)),
                    filter.to.unwrap_or(Time(i64::MAX)),
                    at,
                    id,
                    filter.user.is_some(),
                    filter.user.unwrap_or(UserId([0; 16])),
                    filter.limit
                ];
                let mut lines = Vec::new();
                for row in tx.query(&sql, values)? {
                    let mut line = Registered {
                        message: row.get(0)?,
                        user: row.get(1)?,
                        sender: row.get(2)?,
                        at: row.get(3)?,
                        class: row.get(4)?,
                        copies: 0,
                        tracked: Vec::new(),
                        untracked: Vec::new(),
                        texts: Vec::new(),
                    };
                    fill(tx, &mut line)?;
                    lines.push(line);
                }
                Ok(lines)
            })
            .await
    }

    /// What was lowered in a time, and why, most first.
    pub async fn exceptions(
        &self,
        workspace: WorkspaceId,
        from: Time,
        to: Time,
    ) -> Result<Vec<Exception>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select coalesce(c.reason_open, c.reason_click), count(*), max(m.accepted_at) from copy c
                    join message m on m.id = c.message_id where m.workspace_id = $1 and m.accepted_at >= $2
                    and m.accepted_at < $3 and coalesce(c.reason_open, c.reason_click) is not null
                    group by 1 order by 2 desc, 1";
                let line = |row: &Row| {
                    Ok(Exception {
                        reason: row.get(0)?,
                        copies: row.get(1)?,
                        last_at: row.get(2)?,
                    })
                };
                tx.rows(sql, params![workspace, from, to], line)
            })
            .await
    }

    /// Consents that count today and end between now and then, soonest first, at most `limit`.
    pub async fn consents_expiring(
        &self,
        workspace: WorkspaceId,
        now: Time,
        within: Duration,
        limit: u16,
    ) -> Result<Vec<Expiring>, Error> {
        self.db
            .read(move |tx| {
                let (outgrown, to) = (standing::outgrown(tx, workspace)?, now - CONSENT_LIFE + within);
                let of = |topic: Topic| {
                    let column = topic.as_str();
                    let given = standing::is(topic, ConsentState::Given, &outgrown, now);
                    format!(
                        "select k.id as id, k.address as address, '{column}' as topic, k.{column}_since as since
                         from contact k where k.workspace_id = $1 and {given}
                         and k.{column}_since <= $2"
                    )
                };
                let all = Topic::ALL.map(of).join(" union all ");
                let sql = format!(
                    "select s.id, s.address, s.topic, s.since from ({all}) s order by s.since, s.address limit $3"
                );
                let line = |row: &Row| {
                    Ok(Expiring {
                        contact: row.get(0)?,
                        address: row.get(1)?,
                        topic: row.get(2)?,
                        ends_at: row.get::<Time>(3)? + CONSENT_LIFE,
                    })
                };
                tx.rows(&sql, params![workspace, to, limit], line)
            })
            .await
    }

    /// How many events of consent there were in a time, by what became of it.
    pub async fn consent_counts(
        &self,
        workspace: WorkspaceId,
        from: Time,
        to: Time,
    ) -> Result<Vec<(model::ConsentState, u32)>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select state, count(*) from consent_event where workspace_id = $1 and at >= $2 and at < $3
                    group by state order by state";
                tx.rows(sql, params![workspace, from, to], |row| Ok((row.get(0)?, row.get(1)?)))
            })
            .await
    }

    /// The texts people were shown: digest, language, since when. Newest first, at most a thousand.
    pub async fn consent_texts(&self) -> Result<Vec<(Sha256, model::Language, Time)>, Error> {
        self.db
            .read(|tx| {
                let sql = "select sha256, language, created_at from consent_text order by created_at desc, sha256
                    limit 1000";
                let line = |row: &Row| Ok((Sha256(row.get(0)?), row.get(1)?, row.get(2)?));
                tx.rows(sql, &[], line)
            })
            .await
    }
}
