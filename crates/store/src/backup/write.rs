//! Writing a backup: every table in order, row by row.

use super::line::{End, FORM, Header, Line, to_json};
use super::{Saved, damaged, io, owner, tables};
use crate::Error;
use crate::db::Tx;
use crate::inventory::Table;
use crate::redact::Named;
use crate::value::{FromValue, Row, Value};
use aws_lc_rs::digest;
use data_encoding::{BASE64, HEXLOWER};
use model::seal::SealKey;
use model::{ContactId, Time};
use std::collections::BTreeMap;
use std::io::Write;

/// Whom a row names, with their keys, in the order of their ids.
type Keys = BTreeMap<ContactId, [u8; 32]>;

struct Backup<W> {
    to: W,
    id: [u8; 16],
    digest: digest::Context,
    saved: Saved,
}

pub(super) fn backup<W: Write>(
    tx: &mut Tx<'_>,
    to: W,
    id: [u8; 16],
    now: Time,
) -> Result<Saved, Error> {
    let mut backup = Backup {
        to,
        id,
        digest: digest::Context::new(&digest::SHA256),
        saved: Saved::default(),
    };
    let columns = |t: &Table| t.columns.iter().map(|c| c.name.to_owned()).collect();
    backup.put(&Header {
        overt_backup: FORM,
        id: HEXLOWER.encode(&id),
        made_at: now,
        tables: tables().map(|t| (t.name.to_owned(), columns(t))).collect(),
    })?;
    for table in tables() {
        let names: Vec<_> = table
            .columns
            .iter()
            .map(|c| format!("t.\"{}\"", c.name))
            .collect();
        let (names, from) = (names.join(", "), table.quoted());
        let sql = match owner(table, "t") {
            None => format!("select {names} from {from} t"),
            Some(owner) => format!(
                "select {names}, k.contact_id, k.key from {from} t left join contact_key k on k.contact_id = {owner}"
            ),
        };
        tx.each(&sql, &mut |tx, row| backup.row(tx, table, row))?;
    }
    let end = End {
        end: backup.saved.rows,
        sha256: HEXLOWER.encode(backup.digest.clone().finish().as_ref()),
    };
    backup.put(&end)?;
    backup.to.flush().map_err(|e| io(&e))?;
    Ok(backup.saved)
}

impl<W: Write> Backup<W> {
    fn put(&mut self, line: &impl serde::Serialize) -> Result<(), Error> {
        let mut text = serde_json::to_vec(line).map_err(|e| Error::Corrupt(e.to_string()))?;
        text.push(b'\n');
        self.digest.update(&text);
        self.to.write_all(&text).map_err(|e| io(&e))
    }

    fn row(&mut self, tx: &mut Tx<'_>, table: &Table, row: Row) -> Result<(), Error> {
        let width = table.columns.len();
        let mut values = row.0;
        let mut keys = Keys::new();
        if let (Some(contact), Some(key)) = (values.get(width), values.get(width + 1)) {
            let contact = Option::<ContactId>::from_value(contact).flatten();
            let key = Option::<[u8; 32]>::from_value(key).flatten();
            keys.extend(contact.zip(key));
        }
        values.truncate(width);
        let mut clear = keys.is_empty().then(|| values.clone());
        let at = |name: &str| table.columns.iter().position(|c| c.name == name);
        match table.name {
            // Rebuilt when it is restored: it names all recipients.
            "message" => {
                set(&mut values, at("search"), Value::Text(String::new()));
                let mut known = values.clone();
                let id = value(&values, at("id"))?;
                let source = value(&values, at("source"))? != Value::Null;
                for column in ["subject", "header_id"] {
                    hide(tx, &mut known, at(column), &id, source, &mut keys)?;
                }
                if source {
                    set(&mut known, at("source"), Value::Null);
                }
                clear = Some(known);
            }
            "link" => {
                let mut known = values.clone();
                let id = value(&values, at("message_id"))?;
                hide(tx, &mut known, at("destination"), &id, false, &mut keys)?;
                clear = Some(known);
            }
            "consent_text" => {
                keys = shown_to(tx, &value(&values, at("sha256"))?)?;
                clear = keys.is_empty().then(|| values.clone());
            }
            _ => {}
        }
        self.saved.rows += 1;
        let x = self.sealed(table, &values, &keys)?;
        self.put(&Line {
            t: table.name.to_owned(),
            r: clear.as_deref().map(to_json),
            of: keys.into_keys().collect(),
            x,
        })
    }

    fn sealed(
        &mut self,
        table: &Table,
        values: &[Value],
        keys: &Keys,
    ) -> Result<Option<String>, Error> {
        if keys.is_empty() {
            return Ok(None);
        }
        let not = |_| damaged("a row could not be sealed");
        let key = SealKey::derive(keys.values(), &self.id).map_err(not)?;
        let content = to_json(values).to_string();
        let number = self.saved.rows;
        let sealed = key
            .seal(number, table.name, content.as_bytes())
            .map_err(not)?;
        self.saved.sealed += 1;
        Ok(Some(BASE64.encode(&sealed)))
    }
}

fn set(values: &mut [Value], at: Option<usize>, value: Value) {
    if let Some(place) = at.and_then(|at| values.get_mut(at)) {
        *place = value;
    }
}

fn value(values: &[Value], at: Option<usize>) -> Result<Value, Error> {
    let found = at.and_then(|at| values.get(at)).cloned();
    found.ok_or_else(|| damaged("a column is missing"))
}

/// Takes whom it names out of a text, and notes their keys; those of all recipients, if `all`.
fn hide(
    tx: &mut Tx<'_>,
    values: &mut [Value],
    at: Option<usize>,
    message: &Value,
    all: bool,
    keys: &mut Keys,
) -> Result<(), Error> {
    let Value::Text(text) = value(values, at)? else {
        return Ok(());
    };
    let mut left = text.clone();
    for (id, key, named) in nameable(tx, message, &text)? {
        let without = named.taken_out_of(&left);
        if all || without != left {
            keys.insert(id, key);
        }
        left = without;
    }
    set(values, at, Value::Text(left));
    Ok(())
}

/// Contacts that a text of this message may name: its recipients, and those whose address stands in it.
fn nameable(
    tx: &mut Tx<'_>,
    message: &Value,
    text: &str,
) -> Result<Vec<(ContactId, [u8; 32], Named)>, Error> {
    let columns = "select k.id, y.key, k.address_key, k.name from contact k join contact_key y on y.contact_id = k.id";
    let sql = format!("{columns} join copy c on c.contact_id = k.id where c.message_id = $1");
    let mut rows = tx.query(&sql, std::slice::from_ref(message))?;
    let sql = format!(
        "{columns} where k.address_key = $2 and k.workspace_id = (select workspace_id from message where id = $1)"
    );
    for address in addresses(text) {
        rows.extend(tx.query(&sql, &[message.clone(), address.into()])?);
    }
    let read = |row: &Row| {
        let (address, name): (String, String) = (row.get(2)?, row.get(3)?);
        Ok((row.get(0)?, row.get(1)?, Named::new(address, &name)))
    };
    rows.iter().map(read).collect()
}

/// What looks like an address in a text, in lower case.
fn addresses(text: &str) -> impl Iterator<Item = String> {
    let text = text
        .to_lowercase()
        .replace("%2540", "@")
        .replace("%40", "@");
    let inside = |c: char| !(c.is_whitespace() || "<>()[]\"',;:=&?/|\\".contains(c));
    let words: Vec<String> = text
        .split(move |c| !inside(c))
        .map(|word| word.trim_matches('.').to_owned())
        .filter(|word| word.contains('@'))
        .collect();
    words.into_iter()
}

/// Those whose consent rests on a text, if it is so few that it may name them.
fn shown_to(tx: &mut Tx<'_>, sha256: &Value) -> Result<Keys, Error> {
    let sql = "select contact_id, key from contact_key where contact_id in
               (select contact_id from consent_event where text_sha256 = $1
                union select contact_id from consent_request where text_sha256 = $1
                union select contact_id from guardian where text_sha256 = $1) limit 2";
    let rows = tx.query(sql, std::slice::from_ref(sha256))?;
    if rows.len() != 1 {
        return Ok(Keys::new());
    }
    rows.iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::addresses;

    #[test]
    fn addresses_in_texts() {
        let found = |text| addresses(text).collect::<Vec<_>>();
        assert_eq!(
            found("For <Bob@Example.org>, and eve@example.net."),
            ["bob@example.org", "eve@example.net"]
        );
        assert_eq!(
            found("https://e.org/?to=bob%40example.org&x=1"),
            ["bob@example.org"]
        );
        assert!(found("no address").is_empty());
    }
}
