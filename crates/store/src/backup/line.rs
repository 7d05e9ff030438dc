//! The lines of a backup.

use super::damaged;
use crate::Error;
use crate::value::Value;
use data_encoding::BASE64;
use model::{ContactId, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// The form of the file; another one is refused.
pub(super) const FORM: u32 = 1;
/// The longest line. A mail of 50 MB that waits to leave is one, in base64 twice over.
pub(super) const LINE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub(super) overt_backup: u32,
    /// Random; part of every row's key.
    pub(super) id: String,
    pub(super) made_at: Time,
    /// Tables and their columns, in the order of the rows.
    pub(super) tables: Vec<(String, Vec<String>)>,
}

/// A row.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    /// Of which table.
    pub(super) t: String,
    /// The values in the clear. With `x` beside it: what may be known without the keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) r: Option<Json>,
    /// Whose keys open `x`, in the order of their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) of: Vec<ContactId>,
    /// The sealed values, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) x: Option<String>,
}

/// The last line: without it the file was cut off.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    /// Rows before it.
    pub(super) end: u64,
    /// The digest of all bytes before it.
    pub(super) sha256: String,
}

/// Values as JSON: numbers and texts as they are, bytes in an object.
pub(super) fn to_json(values: &[Value]) -> Json {
    let one = |value: &Value| match value {
        Value::Null => Json::Null,
        Value::Int(n) => json!(n),
        Value::Text(text) => json!(text),
        Value::Blob(bytes) => json!({"b": BASE64.encode(bytes)}),
    };
    values.iter().map(one).collect()
}

pub(super) fn from_json(row: &Json) -> Result<Vec<Value>, Error> {
    let one = |value: &Json| match value {
        Json::Null => Some(Value::Null),
        Json::Number(n) => n.as_i64().map(Value::Int),
        Json::String(text) => Some(Value::Text(text.clone())),
        Json::Object(fields) => {
            let bytes = fields.get("b")?.as_str()?;
            BASE64.decode(bytes.as_bytes()).ok().map(Value::Blob)
        }
        Json::Bool(_) | Json::Array(_) => None,
    };
    let row = row.as_array().ok_or_else(|| damaged("a row is no list"))?;
    row.iter()
        .map(|value| one(value).ok_or_else(|| damaged("a row holds what no column can")))
        .collect()
}
