//! The key file beside backups: what opens them, for as long as people are contacts.

use super::{damaged, io};
use crate::Error;
use crate::db::Tx;
use crate::value::Row;
use data_encoding::BASE64;
use model::{ContactId, Time};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::io::{BufRead, Write};

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    overt_backup_keys: u32,
    made_at: Time,
    /// Those who were erased, by ids that mean nothing any more.
    erased: Vec<ContactId>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    contact: ContactId,
    key: String,
}

/// The keys of a key file, in memory: 48 bytes a contact and some.
pub struct BackupKeys {
    living: HashMap<ContactId, [u8; 32]>,
    erased: HashSet<ContactId>,
}

impl BackupKeys {
    /// Reads a key file.
    pub fn read(from: impl BufRead) -> Result<Self, Error> {
        let mut lines = from.lines();
        let first = lines.next().transpose().map_err(|e| io(&e))?;
        let bad = |_| damaged("its key file is none");
        let header: Header = serde_json::from_str(&first.unwrap_or_default()).map_err(bad)?;
        let mut living = HashMap::new();
        for line in lines {
            let line: Line = serde_json::from_str(&line.map_err(|e| io(&e))?).map_err(bad)?;
            let key = BASE64.decode(line.key.as_bytes()).ok();
            let key = key.and_then(|key| key.try_into().ok());
            let key = key.ok_or_else(|| damaged("a key in its key file is not 32 bytes"))?;
            living.insert(line.contact, key);
        }
        Ok(Self {
            living,
            erased: header.erased.into_iter().collect(),
        })
    }

    /// How many erasures a key file knows of, by its first line.
    pub fn erasures(from: impl BufRead) -> Result<u64, Error> {
        let first = from.lines().next().transpose().map_err(|e| io(&e))?;
        let header: Result<Header, _> = serde_json::from_str(&first.unwrap_or_default());
        header
            .map(|header| header.erased.len() as u64)
            .map_err(|_| damaged("its key file is none"))
    }

    /// The key of a contact that lives.
    pub(super) fn of(&self, contact: ContactId) -> Option<&[u8; 32]> {
        let living = self.living.get(&contact);
        living.filter(|_| !self.erased.contains(&contact))
    }
}

pub(super) fn write(tx: &mut Tx<'_>, mut to: impl Write, now: Time) -> Result<(), Error> {
    let header = Header {
        overt_backup_keys: super::line::FORM,
        made_at: now,
        erased: erased(tx)?,
    };
    let mut put = |line: Result<String, serde_json::Error>| {
        let line = line.map_err(|e| Error::Corrupt(e.to_string()))?;
        writeln!(to, "{line}").map_err(|e| io(&e))
    };
    put(serde_json::to_string(&header))?;
    tx.each(
        "select contact_id, key from contact_key order by contact_id",
        &mut |_, row| {
            let line = Line {
                contact: row.get(0)?,
                key: BASE64.encode(&row.get::<Vec<u8>>(1)?),
            };
            put(serde_json::to_string(&line))
        },
    )?;
    to.flush().map_err(|e| io(&e))
}

/// Those whom the account of acts says were erased.
pub(super) fn erased(tx: &mut Tx<'_>) -> Result<Vec<ContactId>, Error> {
    let sql =
        "select object from act where kind = 'contact.erased' order by workspace_id, ledger_seq";
    let read = |row: &Row| -> Result<Option<ContactId>, Error> {
        let object: String = row.get(0)?;
        let id = object.strip_prefix("contact:");
        Ok(id.and_then(|id| id.parse().ok()))
    };
    let rows = tx.query(sql, &[])?;
    rows.iter()
        .filter_map(|row| read(row).transpose())
        .collect()
}
