//! Everything held about one person, as they are given it (GDPR Art. 15 and 20): one value, three forms.
//!
//! The value explains itself: each table says what it holds and for how long, each column what it means, so the forms
//! need to know no table by name to be complete. [`html`] tells the tables it knows as a story and gives the rest as
//! they are; [`csv`] is a file a table; JSON is the value itself, and has a schema in `docs/export.schema.json`.

mod csv;
mod html;
mod portable;
mod words;

pub use csv::csv;
pub use html::html;
pub use words::Words;
pub(crate) use words::fill;

use crate::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The form of this record.
pub const SCHEMA: &str = "overt export 1";

/// Everything held about one person by one workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// The form of this record: [`SCHEMA`].
    pub schema: String,
    /// The language of its sentences: `en`, `fr`, `de`, `it`, `es`.
    pub language: String,
    /// When it was drawn.
    pub made_at: Time,
    /// Who is responsible.
    pub controller: String,
    /// The person's address.
    pub address: String,
    /// What it is used for (Art. 15(1)(a)).
    pub purposes: Vec<String>,
    /// Who gets to see it (Art. 15(1)(c)).
    pub recipients: Vec<String>,
    /// Where it came from (Art. 15(1)(g)).
    pub sources: Vec<String>,
    /// How judgements about the person come about (Art. 15(1)(h)).
    pub logic: Vec<String>,
    /// What the person may ask for (Art. 15(1)(e), (f)).
    pub rights: Vec<String>,
    /// The data, with how long each kind is kept (Art. 15(1)(b), (d)).
    pub tables: Vec<Table>,
}

/// One kind of data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its name in the database.
    pub name: String,
    /// What it holds.
    pub holds: String,
    /// For how long.
    pub kept: String,
    /// What its columns mean.
    pub columns: Vec<Column>,
    /// The rows that are the person's, by column. Moments are RFC 3339 in UTC, bytes are base64url, flags 0 and 1.
    pub rows: Vec<Row>,
}

/// A row, by column.
pub type Row = BTreeMap<String, Value>;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name in the database.
    pub name: String,
    /// What it holds.
    pub holds: String,
}

impl Export {
    /// The rows of a table; none where it is not there.
    pub fn rows(&self, table: &str) -> &[Row] {
        let found = self.tables.iter().find(|t| t.name == table);
        found.map_or(&[], |table| &table.rows)
    }

    /// The JSON form.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }
}
