//! Whose address it is: our own catalogue of other people's tracking services.
//!
//! `data/vendors.psv` holds hosts and path shapes, `data/senders.psv` what a service writes into the header of the mails that
//! it sends. A line without a host describes a shape that a customer's own domain may have, too; it names the vendor only
//! where the header names the same one. Who cannot be named is unknown, never guessed.

use std::collections::HashMap;
use std::sync::LazyLock;

use url::Url;

use crate::table::{Row, TableError, rows};
use crate::unwrap::Unwrap;

const VENDORS: &str = include_str!("../data/vendors.psv");
const SENDERS: &str = include_str!("../data/senders.psv");
/// Nobody's shape needs more of an address to be known.
const ADDRESS_BYTES_MAX: usize = 4_096;

/// What an address is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Tells that a mail was opened.
    Open,
    /// Tells that a link was followed.
    Click,
    /// The service's host for both; only what loads or leads there says which.
    Both,
}

/// One line of the catalogue.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) vendor: &'static str,
    /// None: any.
    host: Option<&'static str>,
    path: &'static str,
    pub(crate) purpose: Use,
    pub(crate) unwrap: Unwrap,
}

impl Entry {
    /// The host names the vendor.
    pub(crate) fn has_host(&self) -> bool {
        self.host.is_some()
    }
}

/// What a service writes into headers.
#[derive(Debug)]
struct Sender {
    vendor: &'static str,
    field: &'static str,
    value: &'static str,
}

/// The catalogue.
#[derive(Debug, Default)]
pub struct Catalogue {
    by_domain: HashMap<&'static str, Vec<Entry>>,
    by_pattern: Vec<Entry>,
    anywhere: Vec<Entry>,
    senders: Vec<Sender>,
}

static OURS: LazyLock<Result<Catalogue, TableError>> =
    LazyLock::new(|| Catalogue::parse(VENDORS, SENDERS));

impl Catalogue {
    /// The catalogue that is part of the program.
    pub fn ours() -> Result<&'static Self, TableError> {
        OURS.as_ref().map_err(Clone::clone)
    }

    fn parse(vendors: &'static str, senders: &'static str) -> Result<Self, TableError> {
        let mut catalogue = Self::default();
        for row in rows::<5>("vendors", vendors) {
            let entry = entry(&row?)?;
            match entry.host {
                None => catalogue.anywhere.push(entry),
                Some(host) if host.contains('*') => catalogue.by_pattern.push(entry),
                Some(host) => catalogue.by_domain.entry(host).or_default().push(entry),
            }
        }
        for row in rows::<3>("senders", senders) {
            let row = row?;
            let [vendor, field, value] = row.cells;
            if vendor.is_empty() || field.is_empty() || value.is_empty() {
                return Err(row.wrong("vendor, field and value are all needed"));
            }
            catalogue.senders.push(Sender {
                vendor,
                field,
                value,
            });
        }
        Ok(catalogue)
    }

    /// How many vendors have a name here.
    pub fn vendors(&self) -> usize {
        let domains = self.by_domain.values().flatten();
        let all = domains.chain(&self.by_pattern).chain(&self.anywhere);
        let names: std::collections::BTreeSet<_> = all.map(|entry| entry.vendor).collect();
        names.len()
    }

    /// Every line that an address fits, those with a host first.
    pub(crate) fn entries(&self, url: &Url) -> Vec<&Entry> {
        let host = url.host_str().unwrap_or_default();
        let mut address = url[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
        if address.len() > ADDRESS_BYTES_MAX {
            let end = (0..=ADDRESS_BYTES_MAX)
                .rev()
                .find(|at| address.is_char_boundary(*at));
            address.truncate(end.unwrap_or(0));
        }
        let fits = |entry: &&Entry| glob(entry.path, &address);
        let mut found = Vec::new();
        let mut domain = host;
        loop {
            if let Some(entries) = self.by_domain.get(domain) {
                found.extend(entries.iter().filter(fits));
            }
            let like = |entry: &&Entry| entry.host.is_some_and(|pattern| glob(pattern, domain));
            found.extend(self.by_pattern.iter().filter(like).filter(fits));
            match domain.split_once('.') {
                Some((_, rest)) => domain = rest,
                None => break,
            }
        }
        found.extend(self.anywhere.iter().filter(fits));
        found
    }

    /// The vendors whose marks are in a header; `values` gives all values of a field.
    pub(crate) fn senders(&self, values: impl Fn(&str) -> Vec<String>) -> Vec<&'static str> {
        let mut known: HashMap<&str, Vec<String>> = HashMap::new();
        let mut found: Vec<&'static str> = Vec::new();
        for sender in &self.senders {
            let values = known.entry(sender.field).or_insert_with(|| {
                let lower = |value: String| value.to_ascii_lowercase();
                values(sender.field)
                    .into_iter()
                    .take(20)
                    .map(lower)
                    .collect()
            });
            if values.iter().any(|value| glob(sender.value, value))
                && !found.contains(&sender.vendor)
            {
                found.push(sender.vendor);
            }
        }
        found
    }
}

fn entry(row: &Row<5>) -> Result<Entry, TableError> {
    let [vendor, host, path, purpose, unwrap] = row.cells;
    if vendor.is_empty() {
        return Err(row.wrong("the vendor is missing"));
    }
    if !path.starts_with(['/', '*']) {
        return Err(row.wrong(format!("the path {path:?} must begin with / or *")));
    }
    if host.bytes().any(|b| b.is_ascii_uppercase()) || host.starts_with('.') {
        return Err(row.wrong(format!("{host:?} is no host in lower case")));
    }
    let host = (host != "*").then_some(host);
    if host.is_none() && path.len() < 4 {
        return Err(row.wrong("a shape on any host must say more than that"));
    }
    let purpose = match purpose {
        "open" => Use::Open,
        "click" => Use::Click,
        "both" => Use::Both,
        other => return Err(row.wrong(format!("{other:?} is none of open, click, both"))),
    };
    let unwrap = Unwrap::parse(unwrap)
        .ok_or_else(|| row.wrong(format!("{unwrap:?} is no way to unwrap")))?;
    Ok(Entry {
        vendor,
        host,
        path,
        purpose,
        unwrap,
    })
}

/// Does a text fit a pattern in which a star stands for anything? Linear but for the patterns, which are ours and short.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_tables_can_be_read() {
        let ours = Catalogue::ours().unwrap();
        assert!(ours.vendors() >= 100, "{} vendors", ours.vendors());
    }

    #[test]
    fn patterns() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("/a", "/a", true),
            ("/a", "/ab", false),
            ("/a*", "/ab", true),
            ("/a*c*", "/abcd", true),
            ("*a*a", "a", false),
            ("*.gif", "/x.gif", true),
            ("/o/*.gif", "/o/.gif?x", false),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }

    fn first(url: &str) -> Option<&'static str> {
        let url = Url::parse(url).unwrap();
        Catalogue::ours()
            .unwrap()
            .entries(&url)
            .into_iter()
            .find(|e| e.has_host())
            .map(|e| e.vendor)
    }

    #[test]
    fn a_host_is_matched_by_its_labels() {
        assert_eq!(
            first("https://u1.ct.sendgrid.net/wf/open?upn=x"),
            Some("SendGrid")
        );
        assert_eq!(first("https://notsendgrid.net/wf/open?upn=x"), None);
        assert_eq!(first("https://sendgrid.net.example/wf/open?upn=x"), None);
    }

    fn mistake(line: &'static str) -> String {
        Catalogue::parse(line, "")
            .err()
            .map_or(String::new(), |e| e.to_string())
    }

    #[test]
    fn mistakes_are_refused() {
        assert_eq!(
            mistake("A | a.example | /x | open | - | s | 2026-11-22"),
            ""
        );
        for (line, word) in [
            (" | a.example | /x | open | - | s | 2026-11-22", "vendor"),
            ("A | a.example | x | open | - | s | 2026-11-22", "begin"),
            ("A | A.example | /x | open | - | s | 2026-11-22", "lower"),
            ("A | * | /x | open | - | s | 2026-11-22", "any host"),
            ("A | a.example | /x | peek | - | s | 2026-11-22", "none of"),
            (
                "A | a.example | /x | open | guess | s | 2026-11-22",
                "no way",
            ),
            ("A | a.example | /x | open | - |  | 2026-11-22", "source"),
        ] {
            assert!(mistake(line).contains(word), "{line}: {}", mistake(line));
        }
    }
}
