use super::*;
use crate::Tables;
use model::Meaning;

const NOW: Time = Time(1_795_294_080_000);

fn kept(axis: Axis, link: u16, opener: &str, meaning: Meaning, sure: u8, codes: &str) -> Kept {
    Kept {
        axis,
        link,
        at: NOW,
        verdict: Verdict {
            opener: opener.into(),
            meaning,
            confidence: sure,
            reasons: codes.split(' ').map(str::to_owned).collect(),
        },
    }
}

/// What became of them: "opener meaning confidence", or "-" where it cannot be told.
fn again(hits: &[Kept], links: Option<u16>) -> Vec<String> {
    let judge = Judge::new(Tables::built_in().unwrap());
    let told = |verdict: Option<Verdict>| match verdict {
        Some(v) => format!("{} {} {}", v.opener, v.meaning.as_str(), v.confidence),
        None => "-".into(),
    };
    judge.judge_again(hits, links).into_iter().map(told).collect()
}

/// As rules version 1 stored it.
fn burst(links: u16, codes: &str) -> Vec<Kept> {
    let member = |link| kept(Axis::Click, link, "scanner", Meaning::Machine, 95, codes);
    (1..=links).map(member).collect()
}

const PRESSED: &str = "link_burst navigated ordinary_network";

#[test]
fn a_burst_by_hand_is_unknown_now() {
    assert_eq!(again(&burst(3, PRESSED), Some(9)), ["browser unknown 50"; 3]);
    let picture = kept(
        Axis::Open,
        0,
        "scanner",
        Meaning::Machine,
        90,
        "open_before_burst browser_image ordinary_network",
    );
    let with_picture: Vec<_> = burst(3, PRESSED).into_iter().chain([picture]).collect();
    assert_eq!(again(&with_picture, Some(9))[3], "browser unknown 50");
}

#[test]
fn all_links_many_links_or_a_cloud_are_a_machines_still() {
    let machine = "scanner machine 95";
    assert_eq!(again(&burst(3, PRESSED), Some(3)), [machine; 3]);
    assert_eq!(again(&burst(5, PRESSED), Some(9)), [machine; 5]);
    let cloud = burst(3, "link_burst hosting_network");
    assert_eq!(again(&cloud, Some(9)), [machine; 3]);
    let unchecked = burst(3, "link_burst navigated network_not_checked");
    assert_eq!(again(&unchecked, Some(9)), [machine; 3]);
}

#[test]
fn what_was_compared_keeps_its_sign_and_todays_weight() {
    let gmail = kept(
        Axis::Open,
        0,
        "gmail_proxy",
        Meaning::HumanViaProxy,
        70,
        "gateway_domain image_proxy provider_network",
    );
    assert_eq!(again(&[gmail], None), ["gmail_proxy human_via_proxy 65"]);
}

#[test]
fn evidence_that_is_lost_or_unheard_of_leaves_the_verdict_alone() {
    let lost = kept(
        Axis::Open,
        0,
        "scanner",
        Meaning::Machine,
        90,
        "open_before_burst mail_client ordinary_network",
    );
    let newer = kept(Axis::Open, 0, "browser", Meaning::Human, 90, "from_the_future");
    let opener = kept(Axis::Open, 0, "from_the_future", Meaning::Human, 90, "mail_client");
    assert_eq!(again(&[lost, newer, opener], None), ["-", "-", "-"]);
}

#[test]
fn what_a_recipient_disowned_stays_so() {
    let codes = "not_me mail_client ordinary_network";
    let hit = kept(Axis::Open, 0, "thunderbird", Meaning::Unknown, 5, codes);
    let judge = Judge::new(Tables::built_in().unwrap());
    let again = judge.judge_again(std::slice::from_ref(&hit), None);
    assert_eq!(again, [Some(hit.verdict)]);
}
