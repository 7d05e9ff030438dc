//! What happened, noted for every webhook that is told of it: in the transaction that it happens in, so that nothing is
//! told that did not happen, and nothing that happened is not told.
//!
//! A row says what, when and about whom by id; what is known about the person is read when it is sent. So an erasure
//! takes the rows along, and only the news of the erasure itself stays, which names nobody.

use super::{Webhook, of_workspace};
use crate::db::Tx;
use crate::event::News;
use crate::value::params;
use crate::{Error, Store};
use model::{ContactId, CopyId, DeliveryId, Sha256, Time, WebhookEvent, WorkspaceId};

/// Facts about mails that wait for one webhook. A further one is not kept, and counted as lost.
const MAIL_MAX: i64 = 50_000;
/// The same of what people decided.
const PEOPLE_MAX: i64 = 500_000;

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
    detail: impl Fn(&Webhook) -> String,
) -> Result<(), Error> {
    for webhook in of_workspace(tx, workspace)? {
        if is_told(&webhook, happened.event) {
            put(tx, &webhook, happened, detail(&webhook))?;
        }
    }
    Ok(())
}

/// Notes those entries of the feed that webhooks are told of.
pub(crate) fn tell_news(tx: &mut Tx<'_>, news: &[News]) -> Result<(), Error> {
    let mut known: Vec<(WorkspaceId, Vec<Webhook>)> = Vec::new();
    for one in news {
        let (Some(event), Some(copy)) = (WebhookEvent::of_happening(one.kind), one.copy) else {
            continue;
        };
        if !known
            .iter()
            .any(|(workspace, _)| *workspace == one.workspace)
        {
            known.push((one.workspace, of_workspace(tx, one.workspace)?));
        }
        let all = known
            .iter()
            .find(|(workspace, _)| *workspace == one.workspace);
        let told = all.into_iter().flat_map(|(_, all)| all);
        for webhook in told.filter(|webhook| is_told(webhook, event)) {
            let sql = "select contact_id from copy where id = $1";
            let contact = tx.first(sql, params![copy])?;
            let happened = Happened {
                event,
                at: one.at,
                contact: contact.map(|row| row.get(0)).transpose()?,
                copy: Some(copy),
            };
            put(tx, webhook, &happened, String::new())?;
        }
    }
    Ok(())
}

/// One that is off collects what people decide, so that it can hear of it later, and nothing else.
fn is_told(webhook: &Webhook, event: WebhookEvent) -> bool {
    webhook.wants(event) && !(webhook.off.is_some() && event.is_about_mail())
}

/// Puts it in the queue of one webhook.
///
/// The id is a digest of what happened, to whom and when: the same event is the same for a receiver also after a
/// database was restored, and one that is noted twice is sent once.
pub(super) fn put(
    tx: &mut Tx<'_>,
    webhook: &Webhook,
    happened: &Happened,
    detail: String,
) -> Result<(), Error> {
    let most = if happened.event.is_about_mail() {
        MAIL_MAX
    } else {
        PEOPLE_MAX
    };
    if i64::from(webhook.waiting) >= most {
        let sql = "update webhook set lost = lost + 1 where id = $1";
        return tx.execute(sql, params![webhook.id]).map(|_| ());
    }
    let sql = "insert into webhook_delivery (id, webhook_id, event, at, contact_id, copy_id, detail, state, due_at,
               attempts) values ($1, $2, $3, $4, $5, $6, $7, 'waiting', $4, 0) on conflict (id) do nothing";
    let values = params![
        id(webhook, happened, &detail),
        webhook.id,
        happened.event,
        happened.at,
        happened.contact,
        happened.copy,
        detail
    ];
    tx.execute(sql, values).map(|_| ())
}

fn id(webhook: &Webhook, happened: &Happened, detail: &str) -> DeliveryId {
    let mut bytes = webhook.id.bytes().to_vec();
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
    ) -> impl Fn(&Webhook, ContactId, &model::EmailAddress) -> String + Send + use<> {
        let key = self.webhooks.clone();
        move |webhook, id, address| {
            let secret = key
                .as_ref()
                .map(|key| key.secret(webhook.id, webhook.secret_number));
            let mark = secret.map(|secret| secret.mark(address));
            serde_json::json!({ "id": id, "address_hmac": mark }).to_string()
        }
    }
}
