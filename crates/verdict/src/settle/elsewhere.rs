//! Opened elsewhere, maybe forwarded: told only where two independent signs agree, with both named, and never who.
//!
//! Each sign alone has an innocent cause: several accounts in one app, a phone beside a desktop, a link copied into one's own
//! notes. Apple's relay and the providers' proxies hide networks and devices, so there only the provider itself is a sign.

use super::Seen;
use crate::reason::Reason as R;
use crate::table::rows;
use model::hit::Elsewhere;
use model::{Axis, Meaning};
use std::collections::HashMap;
use std::sync::LazyLock;

/// How sure two signs make, and three.
const TWO_SIGNS: u8 = 60;
const THREE_SIGNS: u8 = 75;

/// The image proxy of each provider, by the domain of its addresses.
static HOSTS: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let rows = rows::<2>("hosts", include_str!("../../data/hosts.psv"));
    rows.flatten().map(|row| row.cells.into()).collect()
});

/// What the hits of one copy say, sent to this domain.
pub(super) fn elsewhere(seen: &[Seen], domain: Option<&str>) -> Option<Elsewhere> {
    let signs = [
        (R::OtherHost, other_host(seen, domain)),
        (R::OtherDevice, other_device(seen)),
        (R::SharedInChat, seen.iter().any(is_preview)),
    ];
    let found = signs.into_iter().filter(|(_, is)| *is);
    let reasons: Vec<String> = found.map(|(sign, _)| sign.code().to_owned()).collect();
    let confidence = match reasons.len() {
        0 | 1 => return None,
        2 => TWO_SIGNS,
        _ => THREE_SIGNS,
    };
    Some(Elsewhere {
        confidence,
        reasons,
    })
}

/// A provider's proxy, and the address is known to be another provider's.
fn other_host(seen: &[Seen], domain: Option<&str>) -> bool {
    let Some(own) = domain.and_then(|domain| HOSTS.get(domain)) else {
        return false;
    };
    seen.iter()
        .filter_map(|s| {
            person(s)
                .filter(|meaning| *meaning == Meaning::HumanViaProxy)
                .map(|_| s)
        })
        .any(|s| HOSTS.values().any(|proxy| *proxy == s.alone.opener) && s.alone.opener != *own)
}

/// Two programs of people, seen directly, in two networks.
fn other_device(seen: &[Seen]) -> bool {
    let direct: Vec<&Seen> = seen
        .iter()
        .filter(|s| person(s) == Some(Meaning::Human) && !has(s, R::PrivateRelay))
        .collect();
    direct.iter().any(|a| {
        direct.iter().any(|b| {
            let places = a.source.place.is_some() && b.source.place.is_some();
            places && !a.source.same_block(&b.source) && a.source.agent != b.source.agent
        })
    })
}

fn is_preview(s: &Seen) -> bool {
    s.axis == Axis::Click && has(s, R::LinkPreview)
}

/// What it says of a person, as it stands.
fn person(s: &Seen) -> Option<Meaning> {
    let verdict = s.revised.as_ref().unwrap_or(&s.alone);
    Some(verdict.meaning).filter(|meaning| meaning.is_human())
}

fn has(s: &Seen, reason: R) -> bool {
    s.alone.reasons.iter().any(|code| code == reason.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_reads_and_names_a_known_opener() {
        for row in rows::<2>("hosts", include_str!("../../data/hosts.psv")) {
            let [domain, opener] = row.unwrap().cells;
            assert_eq!(domain, domain.to_ascii_lowercase());
            assert!(
                opener == "-" || crate::opener_name(opener) != opener,
                "{opener}"
            );
        }
    }
}
