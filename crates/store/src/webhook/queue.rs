//! What happened, noted for every webhook that is told of it: in the transaction that it happens in, so that nothing is
//! told that did not happen, and nothing that happened is not told.
//!
//! A row says what, when and about whom by id; what is known about the person is read when it is sent. So an erasure
//! takes the rows along, and only the news of the erasure itself stays, which names nobody.

use crate::db::Tx;
use crate::event::News;
use crate::value::{Row, params};
use crate::{Error, Store};
use model::{
    ContactId, CopyId, DeliveryId, Sha256, Time, WebhookEvent, WebhookId, WebhookOff, WorkspaceId,
};

/// Facts about mails that wait for one webhook. What comes on top is not kept, and counted as lost.
const MAIL_MAX: i64 = 50_000;
/// The same of what people decided.
const PEOPLE_MAX: i64 = 500_000;
/// One event in so many looks whether the bound is kept, because to look is to count all that waits; a few hundred more
/// may wait until then.
const LOOK_EVERY: u8 = 128;

/// A webhook, as far as it matters to whoever tells it something.
pub(crate) struct Listener {
    pub(crate) id: WebhookId,
    /// The number of its secret.
    pub(crate) secret_number: u32,
    events: Vec<WebhookEvent>,
    is_off: bool,
}

impl Listener {
    /// One that is off collects what people decide, so that it can hear of it later, and nothing else.
    fn is_told(&self, event: WebhookEvent) -> bool {
        let wants = event.is_owed() || self.events.contains(&event);
        wants && !(self.is_off && event.is_about_mail())
    }
}

fn listener(row: &Row) -> Result<Listener, Error> {
    let off: Option<WebhookOff> = row.get(3)?;
    Ok(Listener {
        id: row.get(0)?,
        secret_number: row.get(1)?,
        events: super::events(&row.get::<String>(2)?),
        is_off: off.is_some(),
    })
}

fn listeners(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Vec<Listener>, Error> {
    let sql = "select id, secret_number, events, off from webhook where workspace_id = $1";
    tx.rows(sql, params![workspace], listener)
}

/// Something to tell.
pub(crate) struct Happened {
    pub(crate) event: WebhookEvent,
    pub(crate) at: Time,
    pub(crate) contact: Option<ContactId>,
    pub(crate) copy: Option<CopyId>,
}

/// Notes for every webhook of the workspace that is told of it. `detail` is what cannot be read anew when it is sent.
pub(crate) fn tell(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    happened: &Happened,
    detail: impl Fn(&Listener) -> String,
) -> Result<(), Error> {
    for listener in listeners(tx, workspace)? {
        if listener.is_told(happened.event) {
            put(tx, listener.id, happened, &detail(&listener))?;
        }
    }
    Ok(())
}

/// Notes those entries of the feed that webhooks are told of.
pub(crate) fn tell_news(tx: &mut Tx<'_>, news: &[News]) -> Result<(), Error> {
    let mut known: Vec<(WorkspaceId, Vec<Listener>)> = Vec::new();
    for one in news {
        let (Some(event), Some(copy)) = (WebhookEvent::of_happening(one.kind), one.copy) else {
            continue;
        };
        if !known
            .iter()
            .any(|(workspace, _)| *workspace == one.workspace)
        {
            known.push((one.workspace, listeners(tx, one.workspace)?));
        }
        let all = known
            .iter()
            .find(|(workspace, _)| *workspace == one.workspace);
        let told = all.into_iter().flat_map(|(_, all)| all);
        for listener in told.filter(|listener| listener.is_told(event)) {
            let sql = "select contact_id from copy where id = $1";
            let happened = Happened {
                event,
                at: one.at,
                contact: tx.one(sql, params![copy], |row| row.get(0))?,
                copy: Some(copy),
            };
            put(tx, listener.id, &happened, "")?;
        }
    }
    Ok(())
}

/// Puts it in the queue of one webhook.
///
/// The id is a digest of what happened, to whom and when: the same event is the same for a receiver also after a
/// database was restored, and one that is noted twice is sent once.
pub(super) fn put(
    tx: &mut Tx<'_>,
    webhook: WebhookId,
    happened: &Happened,
    detail: &str,
) -> Result<(), Error> {
    let id = id(webhook, happened, detail);
    let sql = "insert into webhook_delivery (id, webhook_id, event, at, contact_id, copy_id, detail, state, due_at,
               attempts) values ($1, $2, $3, $4, $5, $6, $7, 'waiting', $4, 0) on conflict (id) do nothing";
    let values = params![
        id,
        webhook,
        happened.event,
        happened.at,
        happened.contact,
        happened.copy,
        detail
    ];
    tx.execute(sql, values)?;
    // Ids are digests, so it falls to each event with the same chance.
    if id.0[0].is_multiple_of(LOOK_EVERY) {
        keep_bound(tx, webhook, happened.event)?;
    }
    Ok(())
}

/// Takes the newest events of this kind out of a queue that is too long.
fn keep_bound(tx: &mut Tx<'_>, webhook: WebhookId, event: WebhookEvent) -> Result<(), Error> {
    let (most, kind) = if event.is_about_mail() {
        (MAIL_MAX, "event like 'message.%'")
    } else {
        (PEOPLE_MAX, "event not like 'message.%'")
    };
    let sql = "select count(*) from webhook_delivery where webhook_id = $1 and due_at is not null";
    let waiting: i64 = tx.number(sql, params![webhook])?;
    if waiting <= most {
        return Ok(());
    }
    let sql = format!(
        "delete from webhook_delivery where id in
           (select id from webhook_delivery where webhook_id = $1 and due_at is not null and {kind}
            order by at desc limit $2 {})",
        tx.lock_free_rows()
    );
    let lost = tx.execute(&sql, params![webhook, waiting - most])? as i64;
    let sql = "update webhook set lost = lost + $2 where id = $1";
    tx.execute(sql, params![webhook, lost]).map(|_| ())
}

fn id(webhook: WebhookId, happened: &Happened, detail: &str) -> DeliveryId {
    let mut bytes = webhook.bytes().to_vec();
    bytes.extend(happened.at.0.to_be_bytes());
    for part in [
        happened.contact.map(|id| id.0),
        happened.copy.map(|id| id.0),
    ] {
        bytes.extend(part.unwrap_or_default());
    }
    bytes.extend(happened.event.as_str().as_bytes());
    bytes.push(0);
    bytes.extend(detail.as_bytes());
    let digest = Sha256::of_bytes(&bytes).0;
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    DeliveryId(id)
}

impl Store {
    /// What a webhook is told of somebody who was erased: the id, and the mark of the address under its own secret, so
    /// that whoever has the address finds it and nobody else can.
    pub(crate) fn former(
        &self,
    ) -> impl Fn(&Listener, ContactId, &model::EmailAddress) -> String + Send + use<> {
        let key = self.webhooks.clone();
        move |listener, id, address| {
            let secret = key
                .as_ref()
                .map(|key| key.secret(listener.id, listener.secret_number));
            let mark = secret.map(|secret| secret.mark(address));
            serde_json::json!({ "id": id, "address_hmac": mark }).to_string()
        }
    }
}
