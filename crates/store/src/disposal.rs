//! Evidence of what was cleared away: when, why, and how many rows of which table. It names nobody (R-RET-02).

use crate::db::Tx;
use crate::value::{FromValue, Row, Value, params};
use crate::{Error, Store};
use model::Time;
use std::collections::BTreeMap;

/// Why something was cleared away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Somebody withdrew their consent.
    Withdrawal,
    /// The term of keeping was over.
    Retention,
}

impl Cause {
    /// The word for the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Withdrawal => "withdrawal",
            Self::Retention => "retention",
        }
    }
}

impl FromValue for Cause {
    fn from_value(value: &Value) -> Option<Self> {
        let Value::Text(word) = value else {
            return None;
        };
        [Self::Withdrawal, Self::Retention]
            .into_iter()
            .find(|cause| cause.as_str() == word)
    }
}

/// One act of clearing away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposal {
    /// When.
    pub at: Time,
    /// Why.
    pub cause: Cause,
    /// How many rows of which table.
    pub counts: BTreeMap<String, u64>,
}

pub(crate) fn write(
    tx: &mut Tx<'_>,
    id: [u8; 16],
    cause: Cause,
    counts: &BTreeMap<String, u64>,
    at: Time,
) -> Result<(), Error> {
    let counts = serde_json::to_string(counts).map_err(|e| Error::Corrupt(e.to_string()))?;
    let sql = "insert into disposal (id, at, cause, counts) values ($1, $2, $3, $4)";
    tx.execute(sql, params![id, at, cause.as_str(), counts])
        .map(|_| ())
}

impl Store {
    /// What was cleared away from `from` until before `to`, oldest first.
    pub async fn disposals(
        &self,
        from: Time,
        to: Time,
        limit: u16,
    ) -> Result<Vec<Disposal>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select at, cause, counts from disposal where at >= $1 and at < $2 order by at, id limit $3";
                let read = |row: &Row| {
                    let counts: String = row.get(2)?;
                    Ok(Disposal {
                        at: row.get(0)?,
                        cause: row.get(1)?,
                        counts: serde_json::from_str(&counts).map_err(|e| Error::Corrupt(e.to_string()))?,
                    })
                };
                tx.rows(sql, params![from, to, limit], read)
            })
            .await
    }
}
