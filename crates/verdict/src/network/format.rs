//! The formats of the lists an operator brings. A mistake names its line, and the file is refused whole: half a table
//! would make verdicts that nobody can explain.

use super::{Database, List, ranges::Ranges};
use crate::table::TableError;
use ipnet::IpNet;
use std::net::IpAddr;

/// AS numbers by address, and what each number is called.
type Numbers<'a> = (Ranges<u32>, Vec<(u32, &'a str)>);

/// `first,last,AS number,name`.
pub(super) fn numbers(list: List, bytes: &[u8]) -> Result<Numbers<'_>, TableError> {
    let (mut ranges, mut names) = (Ranges::default(), Vec::new());
    for line in lines(list, bytes) {
        let line = line?;
        let (start, end, rest) = line.span()?;
        let (number, name) = rest.split_once(',').unwrap_or((rest, ""));
        let number = number
            .trim()
            .parse()
            .map_err(|_| line.wrong("the third cell is an AS number"))?;
        ranges.add(start, end, number);
        names.push((number, name.trim().trim_matches('"')));
    }
    Ok((ranges, names))
}

/// `first,last,country`.
pub(super) fn countries(list: List, bytes: &[u8]) -> Result<Ranges<[u8; 2]>, TableError> {
    let mut ranges = Ranges::default();
    for line in lines(list, bytes) {
        let line = line?;
        let (start, end, rest) = line.span()?;
        let code = first_cell(rest).trim_matches('"').as_bytes();
        match <[u8; 2]>::try_from(code) {
            Ok(code) if code.iter().all(u8::is_ascii_alphabetic) => {
                ranges.add(start, end, code.map(|b| b.to_ascii_uppercase()));
            }
            _ => return Err(line.wrong("the third cell is a country of two letters")),
        }
    }
    Ok(ranges)
}

/// `prefix,…`.
pub(super) fn prefixes(list: List, bytes: &[u8]) -> Result<Ranges<()>, TableError> {
    let mut ranges = Ranges::default();
    for line in lines(list, bytes) {
        let line = line?;
        let net: IpNet = first_cell(line.text)
            .parse()
            .map_err(|_| line.wrong("the first cell is an address range like 192.0.2.0/24"))?;
        ranges.add_net(net, ());
    }
    Ok(ranges)
}

/// An MMDB file. Only the tree of addresses and what it says of itself are read; what it says of addresses is, when asked.
pub(super) fn database(list: List, bytes: &[u8]) -> Result<Database, TableError> {
    maxminddb::Reader::from_source(bytes.to_vec())
        .map_err(|_| bad(list, 0, "not a database in the MMDB format"))
}

/// Every address range that stands as a text anywhere in a JSON document: Google's, Microsoft 365's and Azure's files
/// nest them differently, and their shapes have changed before.
pub(super) fn json(list: List, bytes: &[u8]) -> Result<Ranges<()>, TableError> {
    let document: serde_json::Value = serde_json::from_slice(bytes)
        .map_err(|error| bad(list, error.line(), "not a JSON document"))?;
    let mut ranges = Ranges::default();
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        match value {
            serde_json::Value::String(text) => {
                if let Ok(net) = text.parse() {
                    ranges.add_net(net, ());
                }
            }
            serde_json::Value::Array(values) => open.extend(values),
            serde_json::Value::Object(members) => open.extend(members.values()),
            _ => {}
        }
    }
    if ranges.len() == 0 {
        return Err(bad(list, 0, "there is no address range in it"));
    }
    Ok(ranges)
}

struct Line<'a> {
    list: List,
    number: usize,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn wrong(&self, problem: &str) -> TableError {
        bad(self.list, self.number, problem)
    }

    /// First and last address, and what stands behind them.
    fn span(&self) -> Result<(IpAddr, IpAddr, &'a str), TableError> {
        let mut cells = self.text.splitn(3, ',');
        let mut address = || {
            cells
                .next()
                .and_then(|cell| cell.trim().parse::<IpAddr>().ok())
        };
        let (Some(start), Some(end)) = (address(), address()) else {
            return Err(self.wrong("the first two cells are the first and the last address"));
        };
        if start.is_ipv4() != end.is_ipv4() || start > end {
            return Err(self.wrong("the first address comes after the last"));
        }
        let rest = cells
            .next()
            .ok_or_else(|| self.wrong("the third cell is missing"))?;
        Ok((start, end, rest))
    }
}

fn first_cell(text: &str) -> &str {
    text.split(',').next().unwrap_or("").trim()
}

/// The lines of a list, numbered from one, without empty ones.
fn lines(list: List, bytes: &[u8]) -> impl Iterator<Item = Result<Line<'_>, TableError>> {
    bytes
        .split(|b| *b == b'\n')
        .enumerate()
        .map(move |(index, line)| match std::str::from_utf8(line) {
            Ok(text) => Ok(Line {
                list,
                number: index + 1,
                text: text.trim(),
            }),
            Err(_) => Err(bad(list, index + 1, "not UTF-8")),
        })
        .filter(|line| !matches!(line, Ok(Line { text: "", .. })))
}

/// What is wrong with a list.
pub(super) fn bad(list: List, line: usize, problem: &str) -> TableError {
    TableError::List {
        list: list.name(),
        line,
        problem: problem.into(),
    }
}
