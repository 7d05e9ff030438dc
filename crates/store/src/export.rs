//! Everything held about one person, drawn along the inventory: each table that is a contact's is in it by itself, so
//! that a new one cannot be forgotten (R-DSR-01).
//!
//! What is not the person's own but about their mails comes along as far as it concerns them: sender and subject of
//! mails to them, the links in those, the texts they were shown. Secrets and their digests never do.

use crate::db::Tx;
use crate::inventory::{Kind, TABLES, Table};
use crate::value::{Value, params};
use crate::{Disclosure, Error, Store, Terms, contact, webhook};
use data_encoding::BASE64URL_NOPAD;
use model::export::{Column, Export, Row, SCHEMA, Table as Exported, Words};
use model::{ContactId, Language, Time, WorkspaceId};
use serde_json::Value as Json;

/// Tables that are nobody's, or somebody else's, and concern the person: which columns, and of which rows.
const ALONGSIDE: &[(&str, &[&str], &str)] = &[
    (
        "message",
        &[
            "id",
            "sender",
            "header_id",
            "subject",
            "accepted_at",
            "class",
        ],
        "id in (select message_id from copy where contact_id = $1)",
    ),
    (
        "link",
        &["message_id", "number", "destination"],
        "message_id in (select message_id from copy where contact_id = $1)",
    ),
    (
        "consent_text",
        &["sha256", "language", "body", "created_at"],
        "sha256 in (select text_sha256 from consent_event where contact_id = $1
                    union select text_sha256 from consent_request where contact_id = $1
                    union select text_sha256 from guardian where contact_id = $1)",
    ),
];

impl Store {
    /// Everything that a workspace holds about a contact. None if they are no contact of it.
    ///
    /// Its sentences are in this language, and say what the operator discloses. It is as large as what is known about one person, and is held in memory whole.
    pub async fn contact_export(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
        told: (&Disclosure, Language),
        now: Time,
    ) -> Result<Option<Export>, Error> {
        let (disclosure, language) = (told.0.clone(), told.1);
        self.db
            .read(move |tx| export(tx, workspace, contact, (&disclosure, language), now))
            .await
    }
}

fn export(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: ContactId,
    (disclosure, language): (&Disclosure, Language),
    now: Time,
) -> Result<Option<Export>, Error> {
    let sql = format!(
        "select {}, w.name from contact k join workspace w on w.id = k.workspace_id
         where k.id = $1 and k.workspace_id = $2",
        contact::COLUMNS
    );
    let Some(row) = tx.first(&sql, params![id, workspace])? else {
        return Ok(None);
    };
    let person = contact::contact(&row, 0)?;
    let controller: String = row.get(contact::COLUMNS_COUNT)?;
    let mut tables = Vec::new();
    for table in TABLES {
        let alongside = ALONGSIDE.iter().find(|(name, ..)| *name == table.name);
        let part = match (alongside, table.of_contact()) {
            (Some((_, columns, of)), _) => Some((columns.to_vec(), (*of).to_owned())),
            (None, Some(of)) => Some((given_out(table), of)),
            (None, None) => None,
        };
        if let Some((columns, of)) = part {
            tables.push(draw(tx, table, &columns, &of, id, &disclosure.terms)?);
        }
    }
    let sql = "select distinct u.name from \"user\" u join message m on m.user_id = u.id
               join copy c on c.message_id = m.id where c.contact_id = $1 order by u.name";
    let authors: Vec<String> = tx.rows(sql, params![id], |row| row.get(0))?;
    let words = Words::of(language);
    Ok(Some(Export {
        schema: SCHEMA.to_owned(),
        language: language.as_str().to_owned(),
        made_at: now,
        address: person.address.to_string(),
        purposes: words.purposes(),
        recipients: words.recipients(
            &controller,
            &authors,
            &disclosure.processors,
            &webhook::host_names(tx, workspace)?,
        ),
        sources: words.source(&person.source),
        logic: words.logic(),
        rights: words.rights(),
        controller,
        tables,
    }))
}

/// The columns that the person is given: all but secrets.
pub(crate) fn given_out(table: &Table) -> Vec<&'static str> {
    let given = table.columns.iter().filter(|c| c.kind != Kind::Secret);
    given.map(|c| c.name).collect()
}

fn draw(
    tx: &mut Tx<'_>,
    table: &Table,
    columns: &[&str],
    of: &str,
    contact: ContactId,
    terms: &Terms,
) -> Result<Exported, Error> {
    let list = columns.join(", ");
    let sql = format!("select {list} from {} where {of}", table.quoted());
    let mut rows = Vec::new();
    for row in tx.query(&sql, params![contact])? {
        let cells = columns.iter().zip(&row.0);
        let cells = cells.map(|(name, value)| ((*name).to_owned(), json(name, value)));
        rows.push(cells.collect::<Row>());
    }
    // By time where there is one, so that it reads as it happened.
    let moment = [
        "at",
        "created_at",
        "received_at",
        "accepted_at",
        "state_at",
        "seq",
    ];
    if let Some(by) = moment.into_iter().find(|name| columns.contains(name)) {
        rows.sort_by_key(|row| row[by].to_string());
    }
    let meaning = |name: &&str| Column {
        name: (*name).to_owned(),
        holds: table.column(name).map_or("", |c| c.holds).to_owned(),
    };
    Ok(Exported {
        name: table.name.to_owned(),
        holds: table.holds.to_owned(),
        kept: table.kept.sentence(terms),
        columns: columns.iter().map(meaning).collect(),
        rows,
    })
}

/// Is a whole number in this column a moment? They are named so throughout the schema.
fn is_moment(column: &str) -> bool {
    column == "at" || column.ends_with("_at") || column.ends_with("_since")
}

fn json(column: &str, value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Int(n) if is_moment(column) => Json::String(Time(*n).rfc3339_millis()),
        Value::Int(n) => Json::from(*n),
        Value::Text(text) => Json::String(text.clone()),
        Value::Blob(bytes) => Json::String(BASE64URL_NOPAD.encode(bytes)),
    }
}

/// The JSON Schema (2020-12) of an export, made from the inventory. It stands in `docs/export.schema.json`.
pub fn export_schema() -> Json {
    let table = |table: &Table| {
        let alongside = ALONGSIDE.iter().find(|(name, ..)| *name == table.name);
        let columns = match alongside {
            Some((_, columns, _)) => columns.to_vec(),
            None if table.is_of_contact() => given_out(table),
            None => return None,
        };
        let properties: serde_json::Map<_, _> = columns
            .iter()
            .map(|name| {
                let holds = table.column(name).map_or("", |c| c.holds);
                let kind = if is_moment(name) {
                    serde_json::json!({"description": holds, "type": ["string", "null"], "format": "date-time"})
                } else {
                    serde_json::json!({"description": holds, "type": ["string", "integer", "null"]})
                };
                ((*name).to_owned(), kind)
            })
            .collect();
        let row = serde_json::json!({
            "type": "object", "properties": properties, "required": columns, "additionalProperties": false
        });
        Some(serde_json::json!({
            "properties": {"name": {"const": table.name}, "rows": {"type": "array", "items": row}},
            "description": table.holds,
        }))
    };
    let tables: Vec<_> = TABLES.iter().filter_map(table).collect();
    let sentences = serde_json::json!({"type": "array", "items": {"type": "string"}});
    serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Everything held about one person",
        "description": "As drawn by `overt export` and on the recipient's page. Moments are RFC 3339 in UTC, bytes are \
            base64url without padding, flags are 0 and 1.",
        "type": "object",
        "properties": {
            "schema": {"const": SCHEMA},
            "language": {"enum": Language::ALL.map(Language::as_str)},
            "made_at": {"type": "string", "format": "date-time"},
            "controller": {"type": "string"},
            "address": {"type": "string"},
            "purposes": sentences, "recipients": sentences, "sources": sentences, "logic": sentences,
            "rights": sentences,
            "tables": {"type": "array", "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "holds": {"type": "string"},
                    "kept": {"type": "string"},
                    "columns": {"type": "array", "items": {
                        "type": "object",
                        "properties": {"name": {"type": "string"}, "holds": {"type": "string"}},
                        "required": ["name", "holds"], "additionalProperties": false
                    }},
                    "rows": {"type": "array"}
                },
                "required": ["name", "holds", "kept", "columns", "rows"],
                "additionalProperties": false,
                "oneOf": tables
            }}
        },
        "required": ["schema", "language", "made_at", "controller", "address", "purposes", "recipients", "sources", "logic",
            "rights", "tables"],
        "additionalProperties": false
    })
}
