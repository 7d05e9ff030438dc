//! The rules for opens: the first that fits wins. Numbers O1–O15 are those of the classification reference.

use crate::agent::Kind;
use crate::evidence::{Evidence, verdict};
use crate::network::Standing;
use crate::reason::Reason as R;
use model::{Meaning, Verdict};
use std::time::Duration;

/// Faster than people read their mail (O6).
pub(crate) const SECONDS_AFTER_DELIVERY: Duration = Duration::from_secs(5);

/// What is left of the confidence then: as likely a person as not, which is to say unknown.
pub(crate) const DOUBTED: u8 = 50;

pub(crate) fn judge(e: &Evidence<'_, '_>) -> Verdict {
    if e.request.own_session {
        return e.says(Meaning::Own, 99, &[R::OwnSession]); // O1
    }
    if e.is_prefetch() {
        return e.says(Meaning::Machine, 95, &[R::PrefetchHeader]); // O2
    }
    if e.request.method != "GET" {
        return e.scans(90, &[R::NotGet]); // O9: a picture is shown by GET
    }
    match e.kind() {
        Kind::Prefetch => prefetch(e),
        Kind::Privacy => privacy(e),
        Kind::Proxy => proxy(e),
        Kind::Preview => e.says(Meaning::Machine, 95, &[R::LinkPreview]), // O8
        Kind::Tool => e.says(Meaning::Machine, 90, &[R::Tool]),           // O9
        Kind::Crawler => e.says(Meaning::Machine, 90, &[R::Crawler]),     // O9
        _ if e.request.headers.user_agent.is_empty() => {
            e.says(Meaning::Machine, 70, &[R::NoAgent]) // O9
        }
        _ => by_network(e).unwrap_or_else(|| by_agent(e)),
    }
}

/// O3: Gmail's fetch ahead of the reader.
fn prefetch(e: &Evidence<'_, '_>) -> Verdict {
    match e.network.is_one_of(&e.opener.networks) {
        Some(true) => e.says(
            Meaning::Machine,
            95,
            &[R::GmailPrefetch, R::ProviderNetwork],
        ),
        None => e.says(
            Meaning::Machine,
            80,
            &[R::GmailPrefetch, R::NetworkNotChecked],
        ),
        Some(false) => claimed(e, 50),
    }
}

/// O4, O5: Apple's relay, or somebody who says as little as it does.
fn privacy(e: &Evidence<'_, '_>) -> Verdict {
    if e.network.apple_relay {
        return e.says(Meaning::Unknown, 50, &[R::ApplePrivacy, R::AppleRelay]);
    }
    match e.network.is_one_of(&e.opener.networks) {
        Some(true) => e.says(
            Meaning::Unknown,
            50,
            &[R::ApplePrivacy, R::AppleRelayPartner],
        ),
        None => e.says(
            Meaning::Unknown,
            50,
            &[R::ApplePrivacy, R::NetworkNotChecked],
        ),
        Some(false) => by_network(e).unwrap_or_else(|| {
            let person = if e.network.standing == Standing::Hosting {
                30
            } else {
                50
            };
            verdict(
                "unknown",
                Meaning::Unknown,
                person,
                &[R::BareAgent, e.network_reason()],
            )
        }),
    }
}

/// O6, O7: a provider's image proxy. Its user-agent alone never makes it a machine: people read through it.
fn proxy(e: &Evidence<'_, '_>) -> Verdict {
    let gmail = e.opener.id == "gmail_proxy";
    let (confidence, network) = match e.network.is_one_of(&e.opener.networks) {
        Some(true) => (if gmail { 85 } else { 75 }, R::ProviderNetwork),
        // A proxy whose network nobody published: a scanner's own network still tells.
        None => match by_network(e) {
            Some(verdict) => return verdict,
            None => (if gmail { 65 } else { 60 }, R::NetworkNotChecked),
        },
        Some(false) => return claimed(e, 40),
    };
    if e.since_delivery()
        .is_some_and(|after| after < SECONDS_AFTER_DELIVERY)
    {
        let reasons = [R::ImageProxy, R::SecondsAfterDelivery, network];
        return e.says(Meaning::Unknown, DOUBTED, &reasons);
    }
    e.says(
        Meaning::HumanViaProxy,
        confidence,
        &[R::ImageProxy, network],
    )
}

/// It says it is a provider's program, and does not come from there.
fn claimed(e: &Evidence<'_, '_>, person: u8) -> Verdict {
    verdict(
        "unknown",
        Meaning::Unknown,
        person,
        &[R::ClaimedAgent, e.network_reason()],
    )
}

/// O10, O11: networks that decide whatever the program says it is.
fn by_network(e: &Evidence<'_, '_>) -> Option<Verdict> {
    match e.network.standing {
        Standing::Security(vendor) => {
            Some(verdict(vendor, Meaning::Machine, 90, &[R::SecurityNetwork]))
        }
        Standing::Shared(vendor) => {
            Some(verdict(vendor, Meaning::Unknown, 50, &[R::SharedNetwork]))
        }
        Standing::Microsoft if e.opener.id.starts_with("outlook") => {
            Some(e.says(Meaning::HumanViaProxy, 60, &[R::OutlookAtMicrosoft]))
        }
        Standing::Microsoft => Some(e.says(Meaning::Unknown, 50, &[R::MicrosoftOpen])),
        _ => None,
    }
}

/// O12–O15: a person's own program, or nothing known.
fn by_agent(e: &Evidence<'_, '_>) -> Verdict {
    let network = e.network_reason();
    match e.kind() {
        // Header completeness says nothing here: Evolution sends no Accept at all.
        Kind::Client => match e.if_ordinary(95, 85) {
            Some(sure) => e.says(Meaning::Human, sure, &[R::MailClient, network]),
            None => e.says(Meaning::Unknown, 50, &[R::MailClient, network]),
        },
        Kind::App => match e.if_ordinary(75, 65) {
            Some(sure) => e.says(Meaning::Human, sure, &[R::MailApp, network]),
            None => e.says(Meaning::Unknown, 40, &[R::MailApp, network]),
        },
        Kind::Browser => browser(e),
        _ => e.says(Meaning::Unknown, 50, &[R::NothingKnown, network]),
    }
}

fn browser(e: &Evidence<'_, '_>) -> Verdict {
    let network = e.network_reason();
    let as_image = e.tells_fetch_metadata() && e.request.headers.fetch_dest == "image";
    match (e.if_ordinary(90, 80), as_image) {
        (Some(sure), true) => e.says(Meaning::Human, sure, &[R::BrowserImage, network]), // O13
        (None, true) => e.says(Meaning::Unknown, 30, &[network, R::BrowserImage]),       // O14
        (None, false) => e.says(Meaning::Unknown, 30, &[network]),                       // O14
        (Some(_), false) if e.tells_fetch_metadata() => {
            e.says(Meaning::Unknown, 50, &[R::NoFetchMetadata, network]) // O15
        }
        (Some(_), false) => e.says(Meaning::Unknown, 50, &[R::PlainHttp, network]), // O15
    }
}
