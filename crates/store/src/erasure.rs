//! Erasing a contact: their rows go wherever the inventory says they are, in one transaction, and a receipt is made.
//!
//! With the contact their key goes, so the ledger's entries about them say nothing any more, while the chain still
//! verifies; with their copies go the ids that their tokens name, so pixels answer as always and links lead on, but
//! nothing can be recorded. Mail to them that has not left is cancelled, and its sender told. What stays of a mail is
//! its sender's own letter, without the person's address.
//!
//! What the database itself still holds of deleted rows: SQLite overwrites them (`secure_delete`) and its log is
//! emptied right after. PostgreSQL is vacuumed, which makes their space free; the bytes themselves stay in free space
//! and in its write-ahead log until both are written over, which an operator can force with `vacuum full` and a
//! checkpoint. Files copied from under the database keep what they kept; `overt backup` does not.

use crate::db::Tx;
use crate::inventory::{Erased, TABLES, Table};
use crate::redact::Named;
use crate::value::{Value, params};
use crate::webhook::{self, Happened, Listener};
use crate::{Contact, Error, Store, act, contact, ledger, message, suppression};
use model::act::ActKind;
use model::erasure::{ErasedBy, ErasureReceipt, ErasureSchema, LedgerPlace};
use model::{
    ContactId, EmailAddress, MessageId, SuppressionCause, SuppressionMark, Time, WebhookEvent,
    WorkspaceId,
};
use std::collections::BTreeMap;

/// What the ledger says of an erasure, for ever.
#[derive(serde::Serialize)]
struct Account {
    by: ErasedBy,
    erased: BTreeMap<String, u64>,
    cancelled: u64,
    /// Places in the ledger that cannot be opened from now on.
    sealed: Vec<u64>,
}

impl Store {
    /// Erases a contact. None if there is none like that, or not any more. The mark, where one is given, keeps their
    /// address from getting advertising when it is entered again.
    pub async fn contact_erase(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
        on: ErasedBy,
        mark: Option<SuppressionMark>,
        by: act::By,
        random: fn() -> [u8; 16],
    ) -> Result<Option<ErasureReceipt>, Error> {
        let former = self.former();
        let receipt = self
            .db
            .write(move |tx| {
                let known = contact::lock(tx, contact)?.is_some_and(|c| c.workspace == workspace);
                if let Some(mark) = mark.filter(|_| known) {
                    suppression::add(tx, workspace, mark, SuppressionCause::Erased, by.at)?;
                }
                erase(tx, &former, workspace, contact, on, &by, random)
            })
            .await?;
        self.scrub_after(receipt.as_ref()).await?;
        Ok(receipt)
    }

    /// The rows of whoever was erased are gone for every reader by now; this is about the bytes.
    pub(crate) async fn scrub_after(&self, receipt: Option<&ErasureReceipt>) -> Result<(), Error> {
        if receipt.is_none() {
            return Ok(());
        }
        let touched = TABLES.iter().filter(|table| table.is_of_contact());
        self.db.scrub(touched.map(Table::quoted).collect()).await
    }

    /// What erasing a contact would take away: rows by table, and how many mails would be cancelled.
    pub async fn contact_erase_preview(
        &self,
        contact: ContactId,
    ) -> Result<(BTreeMap<String, u64>, u64), Error> {
        self.db
            .read(move |tx| {
                let mut counts = BTreeMap::new();
                for table in TABLES {
                    let Some(of) = table.of_contact() else {
                        continue;
                    };
                    let sql = format!("select count(*) from {} where {of}", table.quoted());
                    let count = tx.number(&sql, params![contact])?;
                    counts.insert(table.name.to_owned(), count);
                }
                let waiting = format!("select count(*) from outbox where {WAITING}");
                Ok((counts, tx.number(&waiting, params![contact])?))
            })
            .await
    }
}

/// Mails to the contact that have not left.
const WAITING: &str = "kind = 'copy' and copy_id in (select id from copy where contact_id = $1)";

/// Erases a contact, and tells those who were told about them (GDPR Art. 17(2), 19).
pub(crate) fn erase(
    tx: &mut Tx<'_>,
    former: &impl Fn(&Listener, ContactId, &EmailAddress) -> String,
    workspace: WorkspaceId,
    contact: ContactId,
    on: ErasedBy,
    by: &act::By,
    random: fn() -> [u8; 16],
) -> Result<Option<ErasureReceipt>, Error> {
    let Some(known) = contact::lock(tx, contact)?.filter(|c| c.workspace == workspace) else {
        return Ok(None);
    };
    let receipt = take_away(tx, &known, on, by, random)?;
    let erased = Happened {
        event: WebhookEvent::ContactErased,
        at: by.at,
        contact: None,
        copy: None,
    };
    webhook::tell(tx, workspace, &erased, |listener| {
        former(listener, contact, &known.address)
    })?;
    Ok(Some(receipt))
}

fn take_away(
    tx: &mut Tx<'_>,
    contact: &Contact,
    on: ErasedBy,
    by: &act::By,
    random: fn() -> [u8; 16],
) -> Result<ErasureReceipt, Error> {
    let (workspace, id) = (contact.workspace, contact.id);
    // Whoever writes about these copies comes before, and is erased along, or after, and finds nothing.
    let sql = format!(
        "select id from copy where contact_id = $1 order by id {}",
        tx.lock_rows("copy")
    );
    tx.query(&sql, params![id])?;
    let cancelled = cancel(tx, workspace, id, by.at, random)?;
    let messages = messages(tx, workspace, contact)?;
    let sealed = sealed(tx, workspace, id)?;
    let texts = texts(tx, id)?;
    let mut erased = remove(tx, id)?;
    let gone = forget_texts(tx, &texts)?;
    if gone > 0 {
        erased.insert("consent_text".to_owned(), gone);
    }
    let named = Named::of(contact);
    let mut waiting_for_others = false;
    for message in messages {
        waiting_for_others |= clean(tx, message, &named)?;
    }

    let account = Account {
        by: on,
        erased: erased.clone(),
        cancelled,
        sealed: sealed.clone(),
    };
    by.did(ActKind::ContactErased, act::Object::Contact(id))
        .after(serde_json::to_string(&account).map_err(|e| Error::Corrupt(e.to_string()))?)
        .write(tx, workspace)?;
    let entry = ledger::head(tx, workspace)?;
    ledger::seal(tx, workspace, &sealed, entry.seq)?;
    let sql = "select name from workspace where id = $1";
    let controller: Option<String> = tx.one(sql, params![workspace], |row| row.get(0))?;
    let controller = controller.unwrap_or_default();
    let unnamed = "The sender's organisation";
    let filled = |text: &str| text.parse().or_else(|_| unnamed.parse());
    let bad = |e: model::filled::NotFilled| Error::Corrupt(e.to_string());
    Ok(ErasureReceipt {
        schema: ErasureSchema::V1,
        controller: filled(&controller).map_err(bad)?,
        subject_ref: id.to_string().parse().map_err(bad)?,
        at: by.at,
        by: on,
        erased,
        cancelled,
        remains: remains(waiting_for_others)
            .iter()
            .map(|s| s.parse())
            .collect::<Result<_, _>>()
            .map_err(bad)?,
        ledger: LedgerPlace {
            seq: entry.seq,
            hash: entry.hash,
        },
    })
}

fn remains(waiting_for_others: bool) -> Vec<&'static str> {
    let mut remains = vec![
        "The mails themselves, as their senders' own letters: when, from whom, subject and links, without the \
         person's address.",
        "That requests were made and answered, and when, without saying by whom.",
        "A keyed digest of the address, where the person had objected to advertising or was erased at their request: \
         it keeps them from getting advertising when somebody enters the address again.",
        "Entries in the ledger that nobody can read any more, because the person's key was destroyed.",
        "What lies in the senders' and the person's own mailboxes, which are not part of this.",
    ];
    if waiting_for_others {
        remains.push(
            "A mail that was also addressed to others waits to be delivered to them as it was written; its text is \
             deleted when it has left.",
        );
    }
    remains
}

/// Takes mails to them out of the outbox, and puts a notice to each sender in.
fn cancel(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: ContactId,
    now: Time,
    random: fn() -> [u8; 16],
) -> Result<u64, Error> {
    let sql = format!("select message_id, sender from outbox where {WAITING}");
    let rows = tx.query(&sql, params![id])?;
    for row in &rows {
        let (message, sender): (MessageId, String) = (row.get(0)?, row.get(1)?);
        if sender.is_empty() {
            continue; // nobody to tell
        }
        let sql = "insert into outbox (id, kind, workspace_id, message_id, sender, recipient, created_at, due_at,
                   attempts) values ($1, 'cancelled', $2, $3, '', $4, $5, $5, 0)";
        tx.execute(sql, params![random(), workspace, message, sender, now])?;
    }
    Ok(rows.len() as u64)
}

/// The messages in which the person may be named: those that went to them, and those whose subject or recipients have
/// their address.
fn messages(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    contact: &Contact,
) -> Result<Vec<MessageId>, Error> {
    let sql = "select id from message where workspace_id = $1 and
               (id in (select message_id from copy where contact_id = $2) or search like $3 escape '\\')";
    let like = crate::contact::like(&contact.address.key());
    tx.rows(sql, params![workspace, contact.id, like], |row| row.get(0))
}

/// The places in the ledger that are about them.
fn sealed(tx: &mut Tx<'_>, workspace: WorkspaceId, id: ContactId) -> Result<Vec<u64>, Error> {
    let sql = "select ledger_seq from consent_event where contact_id = $1 and workspace_id = $2 order by ledger_seq";
    tx.rows(sql, params![id, workspace], |row| row.get(0))
}

/// The texts that they were shown.
fn texts(tx: &mut Tx<'_>, id: ContactId) -> Result<Vec<Vec<Value>>, Error> {
    let sql =
        "select text_sha256 from consent_event where contact_id = $1 and text_sha256 is not null
               union select text_sha256 from consent_request where contact_id = $1
               union select text_sha256 from guardian where contact_id = $1 and text_sha256 is not null";
    let rows = tx.query(sql, params![id])?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// A text may name whom it was shown to; it is kept as long as somebody's consent rests on it.
fn forget_texts(tx: &mut Tx<'_>, texts: &[Vec<Value>]) -> Result<u64, Error> {
    let sql = "delete from consent_text where sha256 = $1
               and not exists (select 1 from consent_event where text_sha256 = $1)
               and not exists (select 1 from consent_request where text_sha256 = $1)
               and not exists (select 1 from guardian where text_sha256 = $1)
               and not exists (select 1 from intake where $1 in (text_sha256, shown_sha256))";
    let mut gone = 0;
    for text in texts {
        gone += tx.execute(sql, text)?;
    }
    Ok(gone)
}

/// Removes their rows, children before parents; how many of which table.
pub(crate) fn remove(tx: &mut Tx<'_>, id: ContactId) -> Result<BTreeMap<String, u64>, Error> {
    let mut counts = BTreeMap::new();
    for table in TABLES.iter().rev() {
        let Some(of) = table.of_contact() else {
            continue;
        };
        let sql = match table.erased {
            Erased::Gone => format!("delete from {} where {of}", table.quoted()),
            Erased::Detached(set) => format!("update {} set {set} where {of}", table.quoted()),
        };
        let count = tx.execute(&sql, params![id])?;
        if count > 0 && table.erased == Erased::Gone {
            counts.insert(table.name.to_owned(), count);
        }
    }
    Ok(counts)
}

/// Takes address and name out of what stays of a message. True if its text must wait for others who are to get it.
fn clean(tx: &mut Tx<'_>, id: MessageId, named: &Named) -> Result<bool, Error> {
    let sql = "select subject, header_id from message where id = $1";
    let Some(row) = tx.first(sql, params![id])? else {
        return Ok(false);
    };
    let cleaned = |column| Ok::<_, Error>(named.taken_out_of(&row.get::<String>(column)?));
    let (subject, header_id) = (cleaned(0)?, cleaned(1)?);
    let search = message::search_text(tx, id, &subject)?;
    let sql = "update message set subject = $2, search = $3, header_id = $4 where id = $1";
    tx.execute(sql, params![id, subject, search, header_id])?;
    let links = tx.query(
        "select number, destination from link where message_id = $1",
        params![id],
    )?;
    for row in links {
        let (number, destination): (i64, String) = (row.get(0)?, row.get(1)?);
        let cleaned = named.taken_out_of(&destination);
        if cleaned != destination {
            let sql = "update link set destination = $3 where message_id = $1 and number = $2";
            tx.execute(sql, params![id, number, cleaned])?;
        }
    }
    // A notice of cancelling needs no source.
    let sql = "update message set source = null where id = $1 and source is not null and not exists
               (select 1 from outbox where message_id = $1 and kind <> 'cancelled')";
    tx.execute(sql, params![id])?;
    let left = "select 1 from message where id = $1 and source is not null";
    tx.has(left, params![id])
}
