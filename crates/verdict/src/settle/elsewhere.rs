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

/// The image proxy of each provider, by the domain of its addresses or, behind a dot, the end of the names of its servers.
static HOSTS: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let rows = rows::<2>("hosts", include_str!("../../data/hosts.psv"));
    rows.flatten().map(|row| row.cells.into()).collect()
});

/// What the hits of one copy say, whose recipient has their mail at `home`.
pub(super) fn elsewhere(seen: &[Seen], home: Option<&str>) -> Option<Elsewhere> {
    let signs = [
        (R::OtherHost, other_host(seen, home)),
        (R::OtherDevice, other_device(seen)),
        (R::SharedInChat, seen.iter().any(is_preview)),
    ];
    let found = signs.into_iter().filter(|(_, is)| *is);
    let reasons: Vec<String> = found.map(|(sign, _)| sign.code().to_owned()).collect();
    sureness(reasons.len()).map(|confidence| Elsewhere {
        confidence,
        reasons,
    })
}

/// How sure so many signs make; one alone makes nothing sure.
pub(crate) fn sureness(signs: usize) -> Option<u8> {
    match signs {
        0 | 1 => None,
        2 => Some(TWO_SIGNS),
        _ => Some(THREE_SIGNS),
    }
}

/// The image proxy of the provider who runs this mail server, or whose addresses have this domain; `-` for one without any.
pub(super) fn provider(host: &str) -> Option<&'static str> {
    let ends = host.match_indices('.').map(|(dot, _)| &host[dot..]);
    std::iter::once(host)
        .chain(ends)
        .find_map(|name| HOSTS.get(name).copied())
}

/// A provider's proxy, and the recipient is known to have their mail with another provider.
fn other_host(seen: &[Seen], home: Option<&str>) -> bool {
    let Some(own) = home else { return false };
    seen.iter()
        .filter_map(|s| {
            person(s)
                .filter(|meaning| *meaning == Meaning::HumanViaProxy)
                .map(|_| s)
        })
        .any(|s| HOSTS.values().any(|proxy| *proxy == s.alone.opener) && s.alone.opener != own)
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
    fn a_server_belongs_to_a_provider_by_the_end_of_its_name() {
        for (host, proxy) in [
            ("gmail.com", Some("gmail_proxy")),
            ("aspmx.l.google.com", Some("gmail_proxy")),
            ("smtp.google.com", Some("gmail_proxy")),
            ("studio-example.mail.protection.outlook.com", Some("-")),
            ("mta7.am0.yahoodns.net", Some("yahoo_proxy")),
            ("in1-smtp.messagingengine.com", Some("fastmail_proxy")),
            // Not an end, only the same letters; and a gateway, behind which anybody may be.
            ("mx.notgoogle.com", None),
            ("google.com.mx.example", None),
            ("mxa-001.pphosted.com", None),
            ("", None),
        ] {
            assert_eq!(provider(host), proxy, "{host}");
        }
    }

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
