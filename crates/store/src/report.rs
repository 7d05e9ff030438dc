//! Reports: what mail servers and mail programs wrote back about a copy. Kept as what they are, somebody's word, and never
//! counted as an opening.
//!
//! One of them is more than that: who calls advertising spam wants no more of it. A complaint that came from the copy's
//! own way unsubscribes them, with all that follows (R-MSG-04, R-WITH-05).

use crate::db::Tx;
use crate::fold::{about, lock_copies};
use crate::value::{Row, params};
use crate::webhook::{self, Happened};
use crate::{Error, Store, contact, event, suppression};
use model::event::Happening;
use model::{
    ContactId, CopyId, MessageClass, SuppressionCause, SuppressionKey, Time, UserId, WebhookEvent,
    WorkspaceId,
};

/// What a complaint is kept as.
const COMPLAINED: &str = "complained";

/// Of one copy. Further ones are not kept: whoever knows a mail can write reports about it.
const REPORTS_MAX: i64 = 20;

/// A report about one recipient, as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReport {
    /// The id to give it.
    pub id: [u8; 16],
    /// RFC 3461: the id of the envelope; ours is the copy's id, unless the sender had one of their own.
    pub envelope: Option<String>,
    /// The Message-ID of the mail it is about, without angle brackets.
    pub header_id: Option<String>,
    /// The recipient's addresses that the report names, as [`EmailAddress::key`](model::EmailAddress::key) has them.
    pub address_keys: Vec<String>,
    /// A word for what happened.
    pub action: String,
    /// Who says so.
    pub reporter: String,
    /// The mail server that decided; may be empty.
    pub host: String,
    /// RFC 3463.
    pub status: Option<String>,
}

/// A report that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// A word for what happened: `failed`, `delayed`, `delivered`, `relayed`, `expanded`, `displayed`,
    /// `displayed_by_itself`, `deleted`, `complained`.
    pub action: String,
    /// Who says so.
    pub reporter: String,
    /// The mail server that decided; may be empty.
    pub host: String,
    /// RFC 3463.
    pub status: Option<String>,
    /// It bore the id of the copy's envelope, which only those on its way know. Else anyone who knows the mail could have
    /// written it.
    pub known: bool,
    /// When it came in, to the minute.
    pub at: Time,
}

/// Whose copies a report may be about.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReportScope {
    /// Of this workspace; else of any.
    pub workspace: Option<WorkspaceId>,
    /// Of this user's messages; else of anybody's.
    pub user: Option<UserId>,
}

impl Store {
    /// Keeps a report with the copy that it is about. Which copy; none where it is about none of these. The same report
    /// again changes nothing. Whoever it shows to have complained about advertising is unsubscribed; the key marks them.
    pub async fn report_keep(
        &self,
        scope: ReportScope,
        report: NewReport,
        key: &SuppressionKey,
        now: Time,
    ) -> Result<Option<CopyId>, Error> {
        let key = key.clone();
        self.db
            .write(move |tx| keep(tx, scope, &report, &key, now))
            .await
    }

    /// The reports about a copy, in the order they came in.
    pub async fn reports(&self, copy: CopyId) -> Result<Vec<Report>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select action, reporter, host, status, known, at from report where copy_id = $1
                           order by at, id";
                tx.rows(sql, params![copy], read)
            })
            .await
    }
}

fn read(row: &Row) -> Result<Report, Error> {
    Ok(Report {
        action: row.get(0)?,
        reporter: row.get(1)?,
        host: row.get(2)?,
        status: row.get(3)?,
        known: row.get(4)?,
        at: row.get(5)?,
    })
}

fn keep(
    tx: &mut Tx<'_>,
    scope: ReportScope,
    report: &NewReport,
    key: &SuppressionKey,
    now: Time,
) -> Result<Option<CopyId>, Error> {
    let Some((copy, known)) = find(tx, scope, report)? else {
        return Ok(None);
    };
    // Whoever erases them takes the contact first, too, and its copies then.
    let contact = contact_of(tx, copy)?;
    let contact = contact::lock(tx, contact)?;
    let sql = "insert into report (id, copy_id, action, reporter, host, status, known, at)
               select $1, $2, $3, $4, $5, $6, $7, $8 where (select count(*) from report where copy_id = $2) < $9
               on conflict do nothing";
    let values = params![
        report.id.to_vec(),
        copy,
        &report.action,
        &report.reporter,
        &report.host,
        report.status.as_deref(),
        known,
        now.minute(),
        REPORTS_MAX
    ];
    if tx.execute(sql, values)? > 0 {
        let complained = known && report.action == COMPLAINED && is_advertising(tx, copy)?;
        if let Some(contact) = contact.filter(|_| complained) {
            let mark = key.mark(contact.workspace, &contact.address);
            let (workspace, cause) = (contact.workspace, SuppressionCause::Complained);
            suppression::unsubscribe(tx, workspace, contact.id, mark, cause, now)?;
        }
        for (copy, user) in lock_copies(tx, std::iter::once(copy))? {
            if known && let Some(event) = told_as(&report.action) {
                let happened = Happened {
                    event,
                    at: now.minute(),
                    contact: Some(copy.contact),
                    copy: Some(copy.id),
                };
                webhook::tell(tx, copy.workspace, &happened, |_| String::new())?;
            }
            event::write(tx, &[about(&copy, user, Happening::Seen, now.minute())])?;
        }
    }
    Ok(Some(copy))
}

fn contact_of(tx: &mut Tx<'_>, copy: CopyId) -> Result<ContactId, Error> {
    let row = tx.first("select contact_id from copy where id = $1", params![copy])?;
    row.ok_or_else(|| Error::Corrupt("a copy vanished while it was reported".into()))?
        .get(0)
}

fn is_advertising(tx: &mut Tx<'_>, copy: CopyId) -> Result<bool, Error> {
    let sql = "select m.class from copy c join message m on m.id = c.message_id where c.id = $1";
    let class = tx.one(sql, params![copy], |row| row.get::<MessageClass>(0))?;
    Ok(class.is_some_and(MessageClass::is_advertising))
}

/// What webhooks are told, where the report came from those on the mail's way: anybody else may have made it up.
fn told_as(action: &str) -> Option<WebhookEvent> {
    match action {
        "delivered" => Some(WebhookEvent::MessageDelivered),
        "failed" => Some(WebhookEvent::MessageBounced),
        _ => None,
    }
}

/// The copy, and whether its envelope's id was known.
fn find(
    tx: &mut Tx<'_>,
    scope: ReportScope,
    report: &NewReport,
) -> Result<Option<(CopyId, bool)>, Error> {
    let allowed = "($2 = 1 or m.workspace_id = $3) and ($4 = 1 or m.user_id = $5)";
    let workspace = scope.workspace.unwrap_or(WorkspaceId([0; 16]));
    let user = scope.user.unwrap_or(UserId([0; 16]));
    let (any, anybody) = (scope.workspace.is_none(), scope.user.is_none());
    if let Some(copy) = report
        .envelope
        .as_deref()
        .and_then(|id| id.parse::<CopyId>().ok())
    {
        let sql = format!(
            "select c.id from copy c join message m on m.id = c.message_id where c.id = $1 and {allowed}"
        );
        if tx.has(&sql, params![copy, any, workspace, anybody, user])? {
            return Ok(Some((copy, true)));
        }
    }
    let Some(header) = &report.header_id else {
        return Ok(None);
    };
    let sql = format!(
        "select c.id from message m join copy c on c.message_id = m.id join contact k on k.id = c.contact_id
         where m.header_id = $1 and {allowed} and k.address_key = $6 order by m.accepted_at desc, c.position limit 1"
    );
    for key in &report.address_keys {
        let found = tx.first(&sql, params![header, any, workspace, anybody, user, key])?;
        if let Some(row) = found {
            return Ok(Some((row.get(0)?, false)));
        }
    }
    Ok(None)
}
