//! A list of people, as a CSV file or one by one: what its columns mean, and what is wrong with a line.
//!
//! Every line says where its address comes from (R-ORIG-01). A claim that somebody agreed to something counts only
//! with its evidence: which text, when, how, where it is kept, who took it. Without, it is `asserted`, which means as
//! much as not knowing (R-CONS-10). A wrong line is left out and named; it does not stop the others.

use crate::address::EmailAddress;
use crate::consent::Topic;
use crate::country::Country;
use crate::form::{IN_TERMS, leads_to_terms};
use crate::language::Tongue;
use crate::profile::MailConsent;
use crate::source::{Source, Stated, Unclear, line, moment, past};
use crate::time::Time;
use std::collections::{BTreeMap, BTreeSet};

/// Lines of a list; more belong into several.
pub const LINES_MAX: usize = 20_000;
/// Octets of a list.
pub const LIST_BYTES_MAX: usize = 8 << 20;

/// The columns there are. `address` and the five of the source are needed, the others may be left out.
pub const COLUMNS: [&str; 24] = [
    "address",
    "name",
    "country",
    "language",
    "business",
    "source",
    "where",
    "when",
    "who",
    "basis",
    "told",
    "mail_consent",
    "mail_until",
    "mail_text",
    "mail_at",
    "mail_method",
    "mail_source",
    "mail_who",
    "tracking_consent",
    "tracking_text",
    "tracking_at",
    "tracking_method",
    "tracking_source",
    "tracking_who",
];

/// How it can be shown that somebody agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The text they agreed to, or its version.
    pub text: String,
    /// When.
    pub at: Time,
    /// How: a form, on paper, by telephone.
    pub method: String,
    /// Where the proof is kept.
    pub source: String,
    /// Who took it.
    pub who: String,
}

impl Evidence {
    /// In words, as it is kept. It does not name the person, so it can stand among the texts that are never changed.
    pub fn document(&self) -> String {
        let Self {
            text,
            at,
            method,
            source,
            who,
        } = self;
        format!(
            "Agreed on {at} ({method}), taken by {who}. The proof is kept here: {source}. The text: {text}"
        )
    }
}

/// Something that is said about a person: with evidence, or just so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim<T> {
    /// It can be shown.
    Shown(T, Evidence),
    /// Somebody says so. It counts as not known.
    Asserted(T),
}

/// One person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The address.
    pub address: EmailAddress,
    /// The name; may be empty.
    pub name: String,
    /// The country.
    pub country: Option<Country>,
    /// The language they read.
    pub language: Option<Tongue>,
    /// The address is a company's.
    pub business: bool,
    /// Where it comes from.
    pub source: Source,
    /// When they were told so.
    pub told_at: Option<Time>,
    /// That they agreed to get advertising.
    pub mail: Option<Claim<MailConsent>>,
    /// That they agreed to be tracked.
    pub tracking: Option<Claim<Vec<Topic>>>,
}

impl Entry {
    /// Does it grant a consent on the person's behalf? An assertion grants nothing.
    pub fn grants(&self) -> bool {
        matches!(self.mail, Some(Claim::Shown(..)))
            || matches!(self.tracking, Some(Claim::Shown(..)))
    }
}

/// What became of reading a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roll {
    /// The entries with the numbers of their lines.
    pub entries: Vec<(u64, Entry)>,
    /// The lines that were left out, and why.
    pub wrong: Vec<(u64, Unclear)>,
}

impl Roll {
    /// Reads a CSV file (RFC 4180) whose first line names the columns. Fails as a whole only where no line could be
    /// read: over a bound, or with a column that nobody knows.
    pub fn read(text: &str, now: Time) -> Result<Self, Unclear> {
        if text.len() > LIST_BYTES_MAX {
            let why = format!("it is larger than {} MB: split it", LIST_BYTES_MAX >> 20);
            return Err(Unclear::new("list", why));
        }
        // Spreadsheets write the mark; and with CRLF the reader's line numbers lag behind.
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let broken = |error: csv::Error| Unclear::new("list", error);
        let names: Vec<String> = reader
            .headers()
            .map_err(broken)?
            .iter()
            .map(str::to_ascii_lowercase)
            .collect();
        columns(&names)?;
        let mut roll = Self::default();
        let mut seen = BTreeSet::new();
        for (n, record) in reader.records().enumerate() {
            if n >= LINES_MAX {
                let why = format!("it has more than {LINES_MAX} lines: split it");
                return Err(Unclear::new("list", why));
            }
            let record = record.map_err(broken)?;
            let at = record.position().map_or(0, csv::Position::line);
            let fields: Fields<'_> = (names.iter().map(String::as_str))
                .zip(record.iter())
                .collect();
            let entry = if record.len() > names.len() {
                Err(Unclear::new(
                    "list",
                    "it has more values than the first line has columns",
                ))
            } else {
                entry(&fields, now)
            };
            match entry {
                Ok(entry) if !seen.insert(entry.address.key()) => {
                    let twice = Unclear::new("address", "it stands in an earlier line, too");
                    roll.wrong.push((at, twice));
                }
                Ok(entry) => roll.entries.push((at, entry)),
                Err(why) => roll.wrong.push((at, why)),
            }
        }
        Ok(roll)
    }
}

/// The fields of one person by their columns.
pub type Fields<'a> = BTreeMap<&'a str, &'a str>;

fn columns(names: &[String]) -> Result<(), Unclear> {
    if let Some(unknown) = names.iter().find(|name| !is_column(name)) {
        let why = format!("nobody knows {unknown:?}; known are {}", COLUMNS.join(", "));
        return Err(Unclear::new("columns", why));
    }
    let twice = |(n, name): (usize, &String)| names[..n].contains(name);
    if names.iter().enumerate().any(twice) {
        return Err(Unclear::new("columns", "one stands there twice"));
    }
    Ok(())
}

/// Is this the name of a column?
pub fn is_column(name: &str) -> bool {
    COLUMNS.contains(&name)
}

/// One person from the fields said about them. A source that is missing is an error (R-ORIG-01).
pub fn entry(fields: &Fields<'_>, now: Time) -> Result<Entry, Unclear> {
    let get = |name: &str| fields.get(name).copied().unwrap_or("").trim();
    let address = get("address");
    let source = Stated {
        kind: get("source"),
        place: get("where"),
        at: get("when"),
        by: get("who"),
        basis: get("basis"),
    };
    let address = address
        .parse()
        .map_err(|why| Unclear::new("address", why))?;
    let source = Source::stated(&source, now).map_err(|unclear| match unclear.field {
        "kind" => Unclear::new("source", unclear.why),
        _ => unclear,
    })?;
    let told_at = match get("told") {
        "" => None,
        text => Some(past("told", text, now)?),
    };
    if told_at.is_none() && source.tell_by().is_some_and(|by| by < now) {
        let why = "the address was got more than four weeks ago and its owner was never told, which Art. 14(3) GDPR \
                   asks for: tell them and say when in the column “told”, or leave them out";
        return Err(Unclear::new("told", why));
    }
    let name = match get("name") {
        "" => String::new(),
        name => line("name", name)?,
    };
    Ok(Entry {
        address,
        name,
        country: optional("country", get("country"))?,
        language: optional("language", get("language"))?,
        business: flag("business", get("business"))?,
        source,
        told_at,
        mail: mail(&get, now)?,
        tracking: tracking(&get, now)?,
    })
}

fn mail<'a>(
    get: &impl Fn(&str) -> &'a str,
    now: Time,
) -> Result<Option<Claim<MailConsent>>, Unclear> {
    let consent = match get("mail_consent").to_ascii_lowercase().as_str() {
        "" | "none" => return Ok(None),
        "express" => MailConsent::Express,
        "implied" => MailConsent::Implied(moment("mail_until", get("mail_until"))?),
        _ => {
            return Err(Unclear::new(
                "mail_consent",
                "write express, implied or none",
            ));
        }
    };
    let fields = [
        "mail_text",
        "mail_at",
        "mail_method",
        "mail_source",
        "mail_who",
    ];
    Ok(Some(claim(consent, fields, get, now)?))
}

fn tracking<'a>(
    get: &impl Fn(&str) -> &'a str,
    now: Time,
) -> Result<Option<Claim<Vec<Topic>>>, Unclear> {
    let words = get("tracking_consent").to_ascii_lowercase();
    let topics: Result<Vec<Topic>, _> = words.split_whitespace().map(str::parse).collect();
    let topics = topics.map_err(|why| Unclear::new("tracking_consent", why))?;
    if topics.is_empty() {
        return Ok(None);
    }
    let fields = [
        "tracking_text",
        "tracking_at",
        "tracking_method",
        "tracking_source",
        "tracking_who",
    ];
    // Agreeing to terms is agreeing to nothing that stands in them (R-CONS-11).
    if leads_to_terms(get("tracking_source")) {
        return Err(Unclear::new("tracking_source", IN_TERMS));
    }
    Ok(Some(claim(topics, fields, get, now)?))
}

/// A claim with its evidence, if all of that is there. Half of it is none.
fn claim<'a, T>(
    what: T,
    [text, at, method, source, who]: [&'static str; 5],
    get: &impl Fn(&str) -> &'a str,
    now: Time,
) -> Result<Claim<T>, Unclear> {
    if [text, at, method, source, who]
        .iter()
        .any(|field| get(field).is_empty())
    {
        return Ok(Claim::Asserted(what));
    }
    let evidence = Evidence {
        text: get(text)
            .parse::<crate::filled::Filled>()
            .map_err(|why| Unclear::new(text, why))?
            .to_string(),
        at: past(at, get(at), now)?,
        method: line(method, get(method))?,
        source: line(source, get(source))?,
        who: line(who, get(who))?,
    };
    Ok(Claim::Shown(what, evidence))
}

fn optional<T: std::str::FromStr>(field: &'static str, text: &str) -> Result<Option<T>, Unclear>
where
    T::Err: std::fmt::Display,
{
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|why| Unclear::new(field, why))
}

fn flag(field: &'static str, text: &str) -> Result<bool, Unclear> {
    match text.to_ascii_lowercase().as_str() {
        "" | "no" | "false" | "0" => Ok(false),
        "yes" | "true" | "1" => Ok(true),
        _ => Err(Unclear::new(field, "write yes or no")),
    }
}

#[cfg(test)]
mod tests;
