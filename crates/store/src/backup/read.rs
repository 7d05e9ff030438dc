//! Reading a backup back: what has no key is dropped, and what must be true afterwards is made true.

use super::line::{End, FORM, Header, LINE_BYTES_MAX, Line, from_json};
use super::{BackupKeys, Restored, damaged, io, tables};
use crate::db::Tx;
use crate::inventory::Table;
use crate::value::{Row, Value, params};
use crate::{By, Error, act, ledger};
use aws_lc_rs::digest;
use data_encoding::{BASE64, HEXLOWER};
use model::seal::SealKey;
use model::{ActKind, ContactId, ErasedBy, MessageId, Time, WorkspaceId};
use std::collections::BTreeMap;
use std::io::{BufRead, Read};

/// Rows in one statement's batch, and messages whose search text is made anew at once.
const BATCH: usize = 200;

pub(super) fn restore<R: BufRead>(
    tx: &mut Tx<'_>,
    from: R,
    keys: &BackupKeys,
    queue: bool,
    now: Time,
) -> Result<Restored, Error> {
    if tx.has("select 1 from workspace limit 1", &[])? {
        return Err(Error::Conflict(
            "there is a workspace in this database already; restore into an empty one".into(),
        ));
    }
    // What a fresh database begins with comes from the backup.
    tx.script("delete from instance; delete from counter")?;
    let mut lines = Lines {
        from,
        digest: digest::Context::new(&digest::SHA256),
    };
    let header: Header = parse(&lines.next()?)?;
    let id = check(&header)?;
    let mut restoring = Restoring {
        keys,
        id,
        queue,
        waiting: Vec::new(),
        table: None,
        done: Restored {
            made_at: Some(header.made_at),
            ..Restored::default()
        },
    };
    let mut number = 0;
    loop {
        let before = HEXLOWER.encode(lines.digest.clone().finish().as_ref());
        let text = lines.next()?;
        if let Ok(end) = serde_json::from_slice::<End>(&text) {
            if end.end != number || end.sha256 != before {
                return Err(damaged("it was changed after it was made"));
            }
            break;
        }
        number += 1;
        restoring.line(tx, number, &parse(&text)?)?;
    }
    restoring.flush(tx)?;
    search_anew(tx)?;
    seal_what_is_gone(tx, now)?;
    Ok(restoring.done)
}

fn check(header: &Header) -> Result<[u8; 16], Error> {
    if header.overt_backup != FORM {
        return Err(damaged(
            "it is of another form; use the program that made it",
        ));
    }
    let same = |(named, t): (&(String, Vec<String>), &Table)| {
        named.0 == t.name && named.1.iter().eq(t.columns.iter().map(|c| c.name))
    };
    if header.tables.len() != tables().count() || !header.tables.iter().zip(tables()).all(same) {
        return Err(damaged(
            "its tables are another version's; use the program that made it",
        ));
    }
    let id = HEXLOWER.decode(header.id.as_bytes()).ok();
    id.and_then(|id| id.try_into().ok())
        .ok_or_else(|| damaged("its id is none"))
}

fn parse<T: serde::de::DeserializeOwned>(line: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(line).map_err(|_| damaged("a line cannot be understood"))
}

struct Lines<R> {
    from: R,
    digest: digest::Context,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Vec<u8>, Error> {
        let mut line = Vec::new();
        let mut limited = (&mut self.from).take(LINE_BYTES_MAX);
        let read = limited.read_until(b'\n', &mut line).map_err(|e| io(&e))?;
        if read == 0 || line.last() != Some(&b'\n') {
            return Err(damaged("it was cut off"));
        }
        self.digest.update(&line);
        Ok(line)
    }
}

struct Restoring<'a> {
    keys: &'a BackupKeys,
    id: [u8; 16],
    queue: bool,
    /// Rows of one table that are not written yet.
    waiting: Vec<Vec<Value>>,
    table: Option<&'static Table>,
    done: Restored,
}

impl Restoring<'_> {
    fn line(&mut self, tx: &mut Tx<'_>, number: u64, line: &Line) -> Result<(), Error> {
        let table = tables().find(|t| t.name == line.t);
        let table = table.ok_or_else(|| damaged("a row is of no table"))?;
        if self.table != Some(table) || self.waiting.len() >= BATCH {
            self.flush(tx)?;
            self.table = Some(table);
        }
        let opened = self.open(number, table, line)?;
        let row = match (opened, &line.r) {
            (Some(row), _) => row,
            (None, Some(clear)) => from_json(clear)?,
            (None, None) => {
                self.done.dropped += 1;
                return Ok(());
            }
        };
        if row.len() != table.columns.len() {
            return Err(damaged("a row is too long or too short"));
        }
        if matches!(table.name, "outbox" | "webhook_delivery") && !self.queue {
            return Ok(());
        }
        self.waiting.push(row);
        Ok(())
    }

    /// The sealed values, if all their keys live.
    fn open(&self, number: u64, table: &Table, line: &Line) -> Result<Option<Vec<Value>>, Error> {
        let Some(sealed) = &line.x else {
            return Ok(None);
        };
        let keys: Option<Vec<_>> = line.of.iter().map(|id| self.keys.of(*id)).collect();
        let Some(keys) = keys.filter(|keys| !keys.is_empty()) else {
            return Ok(None);
        };
        let wrong = || damaged("a sealed row does not open with the keys given");
        let sealed = BASE64.decode(sealed.as_bytes()).map_err(|_| wrong())?;
        let key = SealKey::derive(keys, &self.id).map_err(|_| wrong())?;
        let content = key.open(number, table.name, &sealed).map_err(|_| wrong())?;
        from_json(&parse(&content)?).map(Some)
    }

    fn flush(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let Some(table) = self.table.filter(|_| !self.waiting.is_empty()) else {
            return Ok(());
        };
        let names: Vec<_> = table
            .columns
            .iter()
            .map(|c| format!("\"{}\"", c.name))
            .collect();
        let into = format!("insert into {} ({})", table.quoted(), names.join(", "));
        tx.insert(&into, "", &self.waiting)?;
        self.done.rows += self.waiting.len() as u64;
        if table.name == "contact" {
            self.give_keys_back(tx, table)?;
        }
        self.waiting.clear();
        Ok(())
    }

    fn give_keys_back(&self, tx: &mut Tx<'_>, table: &Table) -> Result<(), Error> {
        let at = table.columns.iter().position(|c| c.name == "id");
        let ids = self.waiting.iter().filter_map(|row| row.get(at?));
        let mut rows = Vec::with_capacity(self.waiting.len());
        for id in ids {
            let contact: ContactId = Row(vec![id.clone()]).get(0)?;
            let key = self.keys.of(contact);
            rows.extend(key.map(|key| params![contact, *key].to_vec()));
        }
        tx.insert("insert into contact_key (contact_id, key)", "", &rows)
    }
}

/// What messages are found by names all recipients, so it is made anew from those who are left.
fn search_anew(tx: &mut Tx<'_>) -> Result<(), Error> {
    let mut last: Option<MessageId> = None;
    loop {
        let sql = format!(
            "select id, subject from message where $1 = 0 or id > $2 order by id limit {BATCH}"
        );
        let after = last.unwrap_or(MessageId([0; 16]));
        let rows = tx.query(&sql, params![last.is_some(), after])?;
        for row in &rows {
            let (id, subject): (MessageId, String) = (row.get(0)?, row.get(1)?);
            last = Some(id);
            let search = crate::message::search_text(tx, id, &subject)?;
            let sql = "update message set search = $2 where id = $1";
            tx.execute(sql, params![id, search])?;
        }
        if rows.len() < BATCH {
            return Ok(());
        }
    }
}

/// Entries of the ledger about those who are not back can never be opened: an act of each workspace says so.
fn seal_what_is_gone(tx: &mut Tx<'_>, now: Time) -> Result<(), Error> {
    let sql = "select l.workspace_id, l.seq from ledger_entry l where l.kind like 'consent.%'
               and not exists (select 1 from consent_event e
                               where e.workspace_id = l.workspace_id and e.ledger_seq = l.seq)
               and not exists (select 1 from ledger_sealed s
                               where s.workspace_id = l.workspace_id and s.seq = l.seq)
               order by l.workspace_id, l.seq";
    let mut gone = BTreeMap::<WorkspaceId, Vec<u64>>::new();
    for row in tx.query(sql, &[])? {
        gone.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    for (workspace, sealed) in gone {
        let account = serde_json::json!({ "by": ErasedBy::Restore, "sealed": sealed });
        By::operator(now)
            .because("Erased since the backup was made.")
            .did(ActKind::ContactErased, act::Object::Workspace)
            .after(account.to_string())
            .write(tx, workspace)?;
        let entry = ledger::head(tx, workspace)?;
        ledger::seal(tx, workspace, &sealed, entry.seq)?;
    }
    Ok(())
}
