//! Requests of persons for their rights: what came in, until when it must be answered, and how it was.
//!
//! Kept for the controller's own proof (GDPR Art. 5(2)). Erasing a contact leaves the rows and takes away whom they
//! were about.

use crate::db::Tx;
use crate::value::{Row, params};
use crate::{By, Error, Store, act};
use model::filled::Filled;
use model::request::{Clock, NotExtended};
use model::{ActKind, ContactId, RequestId, Right, Time, WorkspaceId};

/// A request of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Who asked; none where the person is no contact, or was erased.
    pub contact: Option<ContactId>,
    /// Their address, while they are a contact.
    pub address: Option<String>,
    /// For what.
    pub right: Right,
    /// In words.
    pub note: String,
    /// When it came, is due, and was answered.
    pub clock: Clock,
    /// Why it takes longer.
    pub extension: Option<String>,
    /// How it was answered.
    pub answer: Option<String>,
}

/// A request that has just come in.
#[derive(Debug, Clone)]
pub struct NewRequest {
    /// Its id, drawn by chance.
    pub id: RequestId,
    /// Who asks, where they are a contact.
    pub contact: Option<ContactId>,
    /// For what.
    pub right: Right,
    /// In words; may be empty.
    pub note: String,
}

const COLUMNS: &str =
    "r.id, r.workspace_id, r.contact_id, k.address, r.kind, r.note, r.received_at, r.due_at,
    r.extension, r.answered_at, r.answer";
const FROM: &str = "from request r left join contact k on k.id = r.contact_id";

fn request(row: &Row) -> Result<Request, Error> {
    let extension: Option<String> = row.get(8)?;
    Ok(Request {
        id: row.get(0)?,
        workspace: row.get(1)?,
        contact: row.get(2)?,
        address: row.get(3)?,
        right: row.get(4)?,
        note: row.get(5)?,
        clock: Clock {
            received_at: row.get(6)?,
            due_at: row.get(7)?,
            extended: extension.is_some(),
            answered_at: row.get(9)?,
        },
        extension,
        answer: row.get(10)?,
    })
}

/// Notes in the account of acts that a request was dealt with, without what it says.
fn note(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    kind: ActKind,
    id: RequestId,
    by: &By,
) -> Result<(), Error> {
    by.did(kind, act::Object::Thing("request", id.to_string()))
        .write(tx, workspace)
}

fn find(tx: &mut Tx<'_>, workspace: WorkspaceId, id: RequestId) -> Result<Option<Request>, Error> {
    let sql = format!("select {COLUMNS} {FROM} where r.id = $1 and r.workspace_id = $2");
    tx.one(&sql, params![id, workspace], request)
}

/// Notes a request; its clock runs from `now`.
pub(crate) fn add(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    new: &NewRequest,
    now: Time,
) -> Result<Clock, Error> {
    let clock = Clock::start(now);
    // Somebody else's contact is none of this workspace's.
    let sql = "insert into request (id, workspace_id, contact_id, kind, note, received_at, due_at) values
               ($1, $2, (select id from contact where id = $3 and workspace_id = $2), $4, $5, $6, $7)";
    let (contact, due_at) = (new.contact, clock.due_at);
    let values = params![
        new.id, workspace, contact, new.right, &new.note, now, due_at
    ];
    tx.execute(sql, values)?;
    Ok(clock)
}

/// Notes the answer to a request. False if there is none like that, or it was answered before.
pub(crate) fn answer(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: RequestId,
    answer: &str,
    by: &By,
) -> Result<bool, Error> {
    let sql = "update request set answered_at = $3, answer = $4
               where id = $1 and workspace_id = $2 and answered_at is null";
    let found = tx.execute(sql, params![id, workspace, by.at, answer])? > 0;
    if found {
        note(tx, workspace, ActKind::RequestAnswered, id, by)?;
    }
    Ok(found)
}

impl Store {
    /// Notes a request; its clock runs from `now`.
    pub async fn request_add(
        &self,
        workspace: WorkspaceId,
        new: NewRequest,
        now: Time,
    ) -> Result<Clock, Error> {
        self.db.write(move |tx| add(tx, workspace, &new, now)).await
    }

    /// The requests of a workspace: those without an answer by their term, then the answered ones, newest first.
    pub async fn requests(
        &self,
        workspace: WorkspaceId,
        limit: u16,
    ) -> Result<Vec<Request>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {COLUMNS} {FROM} where r.workspace_id = $1 order by
                     case when r.answered_at is null then 0 else 1 end,
                     case when r.answered_at is null then r.due_at else -r.answered_at end, r.id limit $2"
                );
                tx.rows(&sql, params![workspace, limit], request)
            })
            .await
    }

    /// One request of a workspace.
    pub async fn request(
        &self,
        workspace: WorkspaceId,
        id: RequestId,
    ) -> Result<Option<Request>, Error> {
        self.db.read(move |tx| find(tx, workspace, id)).await
    }

    /// The requests of one contact, newest first.
    pub async fn requests_of(&self, contact: ContactId) -> Result<Vec<Request>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {COLUMNS} {FROM} where r.contact_id = $1 order by r.received_at desc, r.id limit 500"
                );
                tx.rows(&sql, params![contact], request)
            })
            .await
    }

    /// Notes how a request was answered. False if there is none like that, or it was answered before.
    pub async fn request_answer(
        &self,
        workspace: WorkspaceId,
        id: RequestId,
        answer: &Filled,
        by: By,
    ) -> Result<bool, Error> {
        let answer = answer.to_string();
        self.db
            .write(move |tx| self::answer(tx, workspace, id, &answer, &by))
            .await
    }

    /// Extends the term of a request by one or two months, with the reason that the person is told. None if there is
    /// no such request.
    pub async fn request_extend(
        &self,
        workspace: WorkspaceId,
        id: RequestId,
        months: u8,
        reason: &Filled,
        by: By,
    ) -> Result<Option<Result<Clock, NotExtended>>, Error> {
        let reason = reason.to_string();
        self.db
            .write(move |tx| {
                let Some(found) = find(tx, workspace, id)? else {
                    return Ok(None);
                };
                let extended = found.clock.extend(months, by.at);
                if let Ok(clock) = extended {
                    let sql = "update request set due_at = $2, extension = $3 where id = $1 and extension is null";
                    tx.execute(sql, params![id, clock.due_at, reason])?;
                    note(tx, workspace, ActKind::RequestExtended, id, &by)?;
                }
                Ok(Some(extended))
            })
            .await
    }
}
