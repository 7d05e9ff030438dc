//! What must hold for any request whatever: no panic, and nothing raw in the output.

use crate::sample;
use model::{Axis, Meaning};
use proptest::prelude::*;
use verdict::{Headers, explain};

/// User-agents with something unmistakable in them, odd bytes, and pieces of the tables.
fn user_agents() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "Mozilla/5.0",
        " (",
        ")",
        "GoogleImageProxy",
        "Chrome/",
        "142.0",
        "Thunderbird/",
        "Windows NT 10.0",
        "curl/",
        " ",
        "zq9secret77",
        "Android 10; ",
        "Mobile",
        "Edge/12.246 Mozilla/5.0",
        "ms-office",
        "\u{fffd}",
        "(KHTML, like Gecko)",
    ]);
    prop_oneof![
        prop::collection::vec(pieces, 0..12).prop_map(|p| p.concat().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..3000),
    ]
}

proptest! {
    #[test]
    fn nothing_raw_comes_out(
        user_agent in user_agents(),
        address in any::<std::net::IpAddr>(),
        platform in "\"?[a-zA-Z0-9 ]{0,12}\"?",
        kind in prop::sample::select(Axis::ALL.to_vec()),
        method in prop::sample::select(vec!["GET", "HEAD", "POST", ""]),
        https in any::<bool>(),
        dest in prop::sample::select(vec!["", "image", "document"]),
        mode in prop::sample::select(vec!["", "navigate", "no-cors"]),
    ) {
        let judge = sample::judge();
        let mut request = sample::request(kind, address, Headers::read(|name| match name {
            "user-agent" => Some(&user_agent[..]),
            "sec-ch-ua-platform" => Some(platform.as_bytes()),
            "sec-fetch-dest" => Some(dest.as_bytes()),
            "sec-fetch-mode" => Some(mode.as_bytes()),
            _ => None,
        }));
        (request.method, request.https) = (method, https);
        let (verdict, facts) = judge.judge(&request);
        let out = serde_json::to_string(&(&verdict, &facts)).unwrap();
        prop_assert!(!out.contains("secret"));
        prop_assert!(!out.contains(&address.to_string()));
        prop_assert!(verdict.confidence <= 99);
        prop_assert!(verdict.confidence > 50 || !verdict.meaning.is_human(), "a person nobody would bet on");
        prop_assert!(!verdict.reasons.is_empty());
        for code in &verdict.reasons {
            prop_assert_ne!(explain(code), explain(""), "{} has no words", code);
        }
        if method == "HEAD" {
            prop_assert_eq!(verdict.meaning, Meaning::Machine);
        }
    }

    /// Trap 1: bot lists lose everyone who reads through a proxy.
    #[test]
    fn r_mode_11_an_image_proxy_is_never_a_machine_by_its_name(address in any::<std::net::IpAddr>(), name in prop::sample::select(vec![sample::GMAIL, "YahooMailProxy; x", "FastmailUA/1.0", "Shortwave Image Fetcher"])) {
        let judge = sample::judge();
        let request = sample::request(Axis::Open, address, Headers { user_agent: name, ..Headers::default() });
        prop_assert_ne!(judge.judge(&request).0.meaning, Meaning::Machine);
    }
}

fn facts(network: &str, kind: Axis, headers: Headers<'_>) -> serde_json::Value {
    let (_, facts) =
        sample::judge().judge(&sample::request(kind, sample::address(network), headers));
    serde_json::to_value(facts).unwrap()
}

#[test]
fn a_proxys_mask_is_no_fact() {
    let agent = |user_agent| Headers {
        user_agent,
        ..Headers::default()
    };
    assert_eq!(
        facts("google", Axis::Open, agent(sample::GMAIL)),
        serde_json::json!({ "client": "Gmail" })
    );
    assert_eq!(
        facts("apple", Axis::Open, agent("Mozilla/5.0")),
        serde_json::json!({ "client": "Apple Mail" })
    );
    assert_eq!(
        facts("home", Axis::Open, agent(sample::GMAIL)),
        serde_json::json!({ "network": "Example Telecom, Inc.", "country": "FR" })
    );
    assert_eq!(
        facts("proofpoint", Axis::Click, agent(sample::CHROME)),
        serde_json::json!({ "network": "Proofpoint" })
    );
    assert_eq!(
        facts("amazon", Axis::Open, agent(sample::CHROME)),
        serde_json::json!({ "network": "Amazon" })
    );
}

#[test]
fn a_persons_own_program_is_told() {
    let press = Headers {
        user_agent: sample::user_agent("$iphone"),
        fetch_mode: "navigate",
        fetch_user: "?1",
        ..Headers::default()
    };
    assert_eq!(
        facts("home", Axis::Click, press),
        serde_json::json!({ "browser": "Safari", "os": "iOS", "device": "phone", "network": "Example Telecom, Inc.", "country": "FR" })
    );
    assert_eq!(
        facts("apple", Axis::Click, press),
        serde_json::json!({ "browser": "Safari", "os": "iOS", "device": "phone", "network": "iCloud Private Relay" })
    );
    let mail = Headers {
        user_agent: sample::user_agent("$thunderbird"),
        ..Headers::default()
    };
    assert_eq!(
        facts("local", Axis::Open, mail),
        serde_json::json!({ "client": "Thunderbird", "os": "Linux", "device": "desktop" })
    );
}
