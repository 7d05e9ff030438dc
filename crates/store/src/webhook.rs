//! Webhooks: the addresses that a workspace has events sent to.
//!
//! What happened is noted for each of them in the transaction that it happens in (`queue`), handed out to whoever sends
//! (`turn`), and stays in a log for a while (`log`). The secret of an endpoint is not here: it follows from the key file,
//! the endpoint's id and a number.

mod content;
mod health;
mod log;
mod queue;
mod turn;

pub use health::Health;
pub use log::Logged;
pub(crate) use queue::{Happened, Listener, tell, tell_news};
pub use turn::{Attempt, Delivery, Turn};

use crate::act::{By, Object};
use crate::db::Tx;
use crate::value::{Row, params};
use crate::{Error, Store, notice};
use model::notice::WebhookHost;
use model::webhook::OVERLAP;
use model::{ActKind, Time, WebhookEvent, WebhookId, WebhookOff, WorkspaceId};
use std::collections::BTreeSet;

/// In one workspace.
const WEBHOOKS_MAX: i64 = 50;

/// An address that events are sent to, and how it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// What it is for, in the words of whoever entered it.
    pub label: String,
    /// The address.
    pub url: String,
    /// The events that were chosen; it gets those that are owed beside them.
    pub events: Vec<WebhookEvent>,
    /// The number of its secret.
    pub secret_number: u32,
    /// Since when it has that one.
    pub secret_at: Time,
    /// Why nothing is sent, and since when.
    pub off: Option<(WebhookOff, Time)>,
    /// Attempts that failed since it last took something.
    pub failures: u32,
    /// When it was tried last, and what that came to.
    pub tried: Option<(Time, String)>,
    /// When it is tried next; none if it is off or nothing waits.
    pub next_at: Option<Time>,
    /// Events that were not sent, because the person no longer permits it.
    pub withheld: u32,
    /// Events that were not sent, because too many waited.
    pub lost: u32,
    /// Events that wait.
    pub waiting: u32,
    /// When it was entered.
    pub created_at: Time,
}

impl Webhook {
    /// The numbers of the secrets that sign now, the newest first: for a while after a change there are two.
    pub fn secret_numbers(&self, now: Time) -> Vec<u32> {
        let mut numbers = vec![self.secret_number];
        if self.secret_number > 1 && now < self.secret_at + OVERLAP {
            numbers.push(self.secret_number - 1);
        }
        numbers
    }
}

/// What somebody enters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// What it is for.
    pub label: String,
    /// The address, checked before.
    pub url: String,
    /// The events chosen.
    pub events: Vec<WebhookEvent>,
}

impl NewWebhook {
    fn words(&self) -> String {
        let words: Vec<_> = self.events.iter().map(|event| event.as_str()).collect();
        words.join(" ")
    }

    /// For the account of acts: the host and the events. The path of such an address may be a secret.
    fn account(&self) -> String {
        let origin: Vec<_> = self.url.splitn(4, '/').take(3).collect();
        format!("{}: {}", origin.join("/"), self.words())
    }
}

/// The hosts that a workspace has events sent to, each once: recipients of personal data (GDPR Art. 13(1)(e)). Also
/// those that are off at present, for they hear later what people decided.
pub(crate) fn hosts(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Vec<WebhookHost>, Error> {
    let sql = "select url, recipient from webhook where workspace_id = $1";
    let rows = tx.query(sql, params![workspace])?;
    let told = |row: &Row| {
        Ok(WebhookHost {
            host: host(&row.get::<String>(0)?),
            recipient: row.get(1)?,
        })
    };
    let hosts: Result<BTreeSet<WebhookHost>, Error> = rows.iter().map(told).collect();
    Ok(hosts?.into_iter().collect())
}

/// The same without what makes them the same recipients.
pub(crate) fn host_names(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Vec<String>, Error> {
    let mut names: Vec<_> = hosts(tx, workspace)?.into_iter().map(|h| h.host).collect();
    names.dedup();
    Ok(names)
}

/// The host of an address; more of it may be a secret.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest[..end].rsplit('@').next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
    .to_owned()
}

impl From<Webhook> for NewWebhook {
    fn from(webhook: Webhook) -> Self {
        Self {
            label: webhook.label,
            url: webhook.url,
            events: webhook.events,
        }
    }
}

const COLUMNS: &str =
    "w.id, w.workspace_id, w.label, w.url, w.events, w.secret_number, w.secret_at, w.off, w.off_at,
    w.failures, w.withheld, w.lost, w.created_at, w.tried_at, w.answer, w.not_before,
    (select min(d.due_at) from webhook_delivery d where d.webhook_id = w.id and d.due_at is not null),
    (select count(*) from webhook_delivery d where d.webhook_id = w.id and d.due_at is not null)";

/// The events in a row's words.
fn events(words: &str) -> Vec<WebhookEvent> {
    let words = words.split_whitespace();
    words.filter_map(|word| word.parse().ok()).collect()
}

fn webhook(row: &Row) -> Result<Webhook, Error> {
    let off: Option<WebhookOff> = row.get(7)?;
    let tried_at: Option<Time> = row.get(13)?;
    let (not_before, due_at): (Time, Option<Time>) = (row.get(15)?, row.get(16)?);
    Ok(Webhook {
        id: row.get(0)?,
        workspace: row.get(1)?,
        label: row.get(2)?,
        url: row.get(3)?,
        events: events(&row.get::<String>(4)?),
        secret_number: row.get(5)?,
        secret_at: row.get(6)?,
        off: off
            .map(|why| Ok::<_, Error>((why, row.get(8)?)))
            .transpose()?,
        failures: row.get(9)?,
        tried: tried_at
            .map(|at| Ok::<_, Error>((at, row.get(14)?)))
            .transpose()?,
        next_at: due_at
            .map(|due| due.max(not_before))
            .filter(|_| off.is_none()),
        withheld: row.get(10)?,
        lost: row.get(11)?,
        created_at: row.get(12)?,
        waiting: row.get(17)?,
    })
}

fn find(tx: &mut Tx<'_>, workspace: WorkspaceId, id: WebhookId) -> Result<Option<Webhook>, Error> {
    let sql = format!("select {COLUMNS} from webhook w where w.id = $1 and w.workspace_id = $2");
    tx.one(&sql, params![id, workspace], webhook)
}

fn object(id: WebhookId) -> Object {
    Object::Thing("webhook", id.to_string())
}

/// From now on nothing is sent there. What people decide waits; what mails do is not collected.
fn turn_off(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: WebhookId,
    why: WebhookOff,
    by: &By,
) -> Result<bool, Error> {
    let sql = "update webhook set off = $3, off_at = $4 where id = $1 and workspace_id = $2 and off is null";
    if tx.execute(sql, params![id, workspace, why, by.at])? == 0 {
        return Ok(false);
    }
    by.did(ActKind::WebhookTurnedOff, object(id))
        .after(why.as_str().to_owned())
        .write(tx, workspace)?;
    Ok(true)
}

impl Store {
    /// The webhooks of a workspace, in the order they were entered.
    pub async fn webhooks(&self, workspace: WorkspaceId) -> Result<Vec<Webhook>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {COLUMNS} from webhook w where w.workspace_id = $1 order by w.created_at, w.id"
                );
                tx.rows(&sql, params![workspace], webhook)
            })
            .await
    }

    /// The hosts that a workspace has events sent to, each once.
    pub async fn webhook_hosts(&self, workspace: WorkspaceId) -> Result<Vec<String>, Error> {
        self.db.read(move |tx| host_names(tx, workspace)).await
    }

    /// One webhook of a workspace.
    pub async fn webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
    ) -> Result<Option<Webhook>, Error> {
        self.db.read(move |tx| find(tx, workspace, id)).await
    }

    /// Enters a webhook: one recipient more, whom earlier agreements do not cover (R-CONS-13). A workspace has at most 50; one more is a conflict.
    pub async fn webhook_create(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        new: NewWebhook,
        by: By,
    ) -> Result<(), Error> {
        let told = self.told.clone();
        self.db
            .write(move |tx| {
                notice::hold(tx, workspace)?;
                let (events, after) = (new.words(), Some(new.account()));
                by.did(ActKind::WebhookCreated, object(id))
                    .after(after)
                    .write(tx, workspace)?;
                let sql = "insert into webhook (id, workspace_id, label, url, events, secret_number, secret_at,
                           failures, working_at, withheld, lost, not_before, created_at, recipient)
                           select $1, $2, $3, $4, $5, 1, $6, 0, $6, 0, 0, 0, $6, $8
                           where (select count(*) from webhook where workspace_id = $2) < $7";
                let recipient = host(&new.url);
                let values =
                    params![id, workspace, new.label, new.url, events, by.at, WEBHOOKS_MAX, recipient];
                if tx.execute(sql, values)? == 0 {
                    let why = format!("a workspace has at most {WEBHOOKS_MAX} webhooks: delete one");
                    return Err(Error::Conflict(why));
                }
                notice::renew(tx, told.as_deref(), workspace, by.at)?;
                Ok(())
            })
            .await
    }

    /// Changes where a webhook leads and what it is told. On another host it leads to another recipient, unless
    /// `same_recipient`: then earlier agreements cover it (R-CONS-13). False if there is none like that.
    pub async fn webhook_change(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        new: NewWebhook,
        same_recipient: bool,
        by: By,
    ) -> Result<bool, Error> {
        let told = self.told.clone();
        self.db
            .write(move |tx| {
                notice::hold(tx, workspace)?;
                let Some(old) = find(tx, workspace, id)? else {
                    return Ok(false);
                };
                let old = NewWebhook::from(old);
                if old == new {
                    return Ok(true);
                }
                let (to, moves) = (host(&new.url), host(&old.url) != host(&new.url));
                let said = if moves && same_recipient {
                    "; the same recipient"
                } else {
                    ""
                };
                let after = format!("{}{said}", new.account());
                by.did(ActKind::WebhookChanged, object(id))
                    .before(old.account())
                    .after(after)
                    .write(tx, workspace)?;
                let sql = "update webhook set label = $2, url = $3, events = $4, recipient =
                           case when $5 = 1 then recipient else $6 end where id = $1";
                let events = new.words();
                let keeps = !moves || same_recipient;
                tx.execute(sql, params![id, new.label, new.url, events, keeps, to])?;
                notice::renew(tx, told.as_deref(), workspace, by.at)?;
                Ok(true)
            })
            .await
    }

    /// Gives a webhook its next secret; the old one goes on signing beside it for a day. The new secret's number; none
    /// if there is no such webhook.
    pub async fn webhook_rotate(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        by: By,
    ) -> Result<Option<u32>, Error> {
        self.db
            .write(move |tx| {
                let Some(old) = find(tx, workspace, id)? else {
                    return Ok(None);
                };
                by.did(ActKind::WebhookRotated, object(id)).write(tx, workspace)?;
                let sql = "update webhook set secret_number = secret_number + 1, secret_at = $2 where id = $1";
                tx.execute(sql, params![id, by.at])?;
                Ok(Some(old.secret_number + 1))
            })
            .await
    }

    /// Turns a webhook off. False if there is none like that which is on.
    pub async fn webhook_turn_off(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        by: By,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| turn_off(tx, workspace, id, WebhookOff::Paused, &by))
            .await
    }

    /// Turns a webhook on again. What waits is sent now, and so is what is owed and was given up. False if there is none
    /// like that which is off.
    pub async fn webhook_turn_on(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        by: By,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let sql = "update webhook set off = null, off_at = null, failures = 0, working_at = $3, not_before = $3
                           where id = $1 and workspace_id = $2 and off is not null";
                if tx.execute(sql, params![id, workspace, by.at])? == 0 {
                    return Ok(false);
                }
                let owed: Vec<_> = WebhookEvent::ALL
                    .iter()
                    .filter(|event| event.is_owed())
                    .map(|event| format!("'{event}'"))
                    .collect();
                let sql = format!(
                    "update webhook_delivery set state = 'waiting', due_at = $2, attempts = 0 where webhook_id = $1
                     and (state = 'waiting' or state = 'failed' and event in ({}))",
                    owed.join(", ")
                );
                tx.execute(&sql, params![id, by.at])?;
                by.did(ActKind::WebhookTurnedOn, object(id)).write(tx, workspace)?;
                Ok(true)
            })
            .await
    }

    /// Deletes a webhook, what waits for it and its log. False if there is none like that.
    pub async fn webhook_delete(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        by: By,
    ) -> Result<bool, Error> {
        let told = self.told.clone();
        self.db
            .write(move |tx| {
                notice::hold(tx, workspace)?;
                let Some(old) = find(tx, workspace, id)? else {
                    return Ok(false);
                };
                // The turn in the ledger first: who tells of something in theirs waits for no row of ours meanwhile.
                let before = Some(NewWebhook::from(old).account());
                by.did(ActKind::WebhookDeleted, object(id))
                    .before(before)
                    .write(tx, workspace)?;
                tx.execute(
                    "delete from webhook_delivery where webhook_id = $1",
                    params![id],
                )?;
                tx.execute("delete from webhook where id = $1", params![id])?;
                notice::renew(tx, told.as_deref(), workspace, by.at)?;
                Ok(true)
            })
            .await
    }

    /// Sends a test event to one webhook. False if there is none like that.
    pub async fn webhook_test(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        now: Time,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                if find(tx, workspace, id)?.is_none() {
                    return Ok(false);
                }
                let test = Happened {
                    event: WebhookEvent::Test,
                    at: now,
                    contact: None,
                    copy: None,
                };
                queue::put(tx, id, &test, "")?;
                Ok(true)
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn the_host_of_an_address_and_nothing_else_of_it() {
        for (url, is) in [
            ("https://hooks.example/secret/path?key=1", "hooks.example"),
            ("http://user:word@hooks.example:8080/x", "hooks.example"),
            ("https://[2001:db8::1]:443/", "[2001:db8::1]"),
            ("https://hooks.example", "hooks.example"),
        ] {
            assert_eq!(host(url), is);
        }
    }
}
