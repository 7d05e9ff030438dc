//! What may be told of the person's side: only what is truly theirs, and only words from our own tables.
//!
//! A proxy pretends to be an old browser and stands in the provider's data centre; a scanner pretends to be anything.
//! Showing that as the person's client or place is the classic lie of open tracking, so proxies give only the mail
//! service's name, and machines only their network.

use crate::agent::{Agents, Kind};
use crate::evidence::Evidence;
use crate::network::Standing;
use model::{Facts, Meaning, Verdict};

pub(crate) fn of(e: &Evidence<'_, '_>, verdict: &Verdict, agents: &Agents) -> Facts {
    let behind_proxy = matches!(e.kind(), Kind::Proxy | Kind::Privacy | Kind::Prefetch);
    if behind_proxy && verdict.opener == e.opener.id || verdict.meaning == Meaning::HumanViaProxy {
        return Facts {
            client: e.opener.client.map(Into::into),
            ..Facts::default()
        };
    }
    let place = place(e);
    let believed = match verdict.meaning {
        Meaning::Human | Meaning::Own => true,
        Meaning::Unknown => e.network.is_ordinary() != Some(false) && !behind_proxy,
        Meaning::HumanViaProxy | Meaning::Machine => false,
    };
    if believed {
        with_agent(e, agents, place)
    } else {
        place
    }
}

fn place(e: &Evidence<'_, '_>) -> Facts {
    if e.network.apple_relay {
        // The relay's exit is not where the person is.
        return Facts {
            network: Some("iCloud Private Relay".into()),
            ..Facts::default()
        };
    }
    let code = e
        .network
        .country
        .and_then(|c| String::from_utf8(c.to_vec()).ok());
    Facts {
        network: e.network.name.map(Into::into),
        country: code.filter(|_| e.network.standing != Standing::Relay),
        ..Facts::default()
    }
}

fn with_agent(e: &Evidence<'_, '_>, agents: &Agents, place: Facts) -> Facts {
    let headers = &e.request.headers;
    let user_agent = headers.user_agent;
    let browser = (e.kind() == Kind::Browser)
        .then(|| hidden_brand(headers.ch_brands).or_else(|| agents.browser(user_agent)))
        .flatten();
    let system = agents.system(user_agent);
    let device = match system {
        _ if headers.ch_mobile == "?1" => Some("phone"),
        // Android writes "Mobile" on phones only.
        Some(s)
            if s.name == "Android"
                && e.kind() == Kind::Browser
                && !user_agent.contains("Mobile") =>
        {
            Some("tablet")
        }
        system => system.and_then(|s| s.device),
    };
    // A relay's or a cloud's address says where that stands.
    let at_home = e.network.standing == Standing::Plain && !e.network.apple_relay;
    Facts {
        city: e.network.city.filter(|_| at_home).map(Into::into),
        client: e.opener.client.map(Into::into),
        browser: browser.map(Into::into),
        os: hinted_system(headers.ch_platform)
            .or(system.map(|s| s.name))
            .map(Into::into),
        device: device.map(Into::into),
        ..place
    }
}

/// Browsers that name themselves only in client hints: their user-agent is Chrome's.
fn hidden_brand(brands: &str) -> Option<&'static str> {
    ["Brave", "Vivaldi", "DuckDuckGo"]
        .into_iter()
        .find(|name| brands.contains(&format!("\"{name}\"")))
}

/// `Sec-CH-UA-Platform` in our words. User-agents are frozen and say less.
fn hinted_system(platform: &str) -> Option<&'static str> {
    Some(match platform.trim_matches('"') {
        "Windows" => "Windows",
        "macOS" => "macOS",
        "Linux" => "Linux",
        "Android" => "Android",
        "iOS" => "iOS",
        "Chrome OS" | "Chromium OS" => "ChromeOS",
        _ => return None,
    })
}
