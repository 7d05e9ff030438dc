//! What of an export another controller can take over (GDPR Art. 20): who the person is, and where the address comes
//! from.
//!
//! Everything else is between the person and the one who drew the export. A consent given to one controller is none to
//! another, so it comes along as `asserted`, which counts as not known; an agreement to get advertising, mails, hits
//! and requests do not come along at all. What is taken over is the same again in an export of the other.

use super::{Export, Row, SCHEMA};
use crate::consent::Topic;
use crate::roll::{Claim, Entry};
use crate::source::{Source, Stated, Unclear, line};
use crate::time::Time;
use serde_json::Value;

impl Export {
    /// The person as an entry for another instance's contacts.
    ///
    /// A source that nobody stated stays unstated. Fails on what is no export, and on a field that no export has so.
    pub fn portable(&self, now: Time) -> Result<Entry, Unclear> {
        if self.schema != SCHEMA {
            let why = format!("this is no {SCHEMA:?}");
            return Err(Unclear {
                field: "schema",
                why,
            });
        }
        let [row] = self.rows("contact") else {
            let why = "an export is about one person".into();
            return Err(Unclear {
                field: "contact",
                why,
            });
        };
        let topics = Topic::ALL.into_iter().filter(|topic| {
            let state = text(row, &format!("{}_state", topic.as_str()));
            matches!(state.as_str(), "given" | "asserted")
        });
        let topics: Vec<_> = topics.collect();
        let name = text(row, "name");
        Ok(Entry {
            address: read("address", &text(row, "address"))?,
            name: if name.is_empty() {
                name
            } else {
                line("name", &name)?
            },
            country: optional("country", &text(row, "country"))?,
            language: optional("language", &text(row, "language"))?,
            business: row.get("business").and_then(Value::as_i64) == Some(1),
            source: source(row, now)?,
            told_at: optional_moment("told_at", &text(row, "told_at"))?,
            mail: None,
            tracking: (!topics.is_empty()).then_some(Claim::Asserted(topics)),
        })
    }
}

fn source(row: &Row, now: Time) -> Result<Source, Unclear> {
    let (kind, place) = (text(row, "source_kind"), text(row, "source_place"));
    let (at, by) = (text(row, "source_at"), text(row, "source_by"));
    let basis = text(row, "source_basis");
    if basis.is_empty() {
        let at = optional_moment("source_at", &at)?;
        return Ok(Source::written(&line("source_by", &by)?, at.unwrap_or(now)));
    }
    Source::stated(
        &Stated {
            kind: &kind,
            place: &place,
            at: &at,
            by: &by,
            basis: &basis,
        },
        now,
    )
}

fn text(row: &Row, column: &str) -> String {
    row.get(column)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn read<T: std::str::FromStr<Err: std::fmt::Display>>(
    field: &'static str,
    text: &str,
) -> Result<T, Unclear> {
    text.parse().map_err(|why| Unclear::new(field, why))
}

fn optional<T: std::str::FromStr<Err: std::fmt::Display>>(
    field: &'static str,
    text: &str,
) -> Result<Option<T>, Unclear> {
    if text.is_empty() {
        Ok(None)
    } else {
        read(field, text).map(Some)
    }
}

fn optional_moment(field: &'static str, text: &str) -> Result<Option<Time>, Unclear> {
    if text.is_empty() {
        return Ok(None);
    }
    let at = Time::from_rfc3339(text);
    at.map(Some)
        .ok_or_else(|| Unclear::new(field, "it is no moment"))
}
