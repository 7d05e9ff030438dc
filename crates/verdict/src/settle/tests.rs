use super::*;
use crate::request::Request;
use model::Meaning;
use proptest::prelude::*;

type Key = std::hash::BuildHasherDefault<std::hash::DefaultHasher>;

const CHROME: &str = "Chrome";
const EDGE: &str = "Edge";
const HOME: &str = "198.51.100.7";
const OFFICE: &str = "192.0.2.7";
const CLOUD: &str = "203.0.113.7";

/// Seconds after some midnight.
fn at(seconds: f64) -> Time {
    Time(1_795_200_000_000 + (seconds * 1_000.0) as i64)
}

fn source(address: &str, agent: &str) -> Source {
    let request = Request {
        kind: Axis::Open,
        at: at(0.0),
        method: "GET",
        https: true,
        remote: Some(address.parse().unwrap()),
        headers: crate::Headers {
            user_agent: agent,
            ..Default::default()
        },
        own_session: false,
        delivered_at: None,
    };
    Source::of(&request, &Key::default())
}

fn verdict(opener: &str, meaning: Meaning, confidence: u8, reasons: &[&str]) -> Verdict {
    Verdict {
        opener: opener.into(),
        meaning,
        confidence,
        reasons: reasons.iter().map(|r| (*r).into()).collect(),
    }
}

fn pressed() -> Verdict {
    verdict(
        "browser",
        Meaning::Human,
        93,
        &["navigated", "ordinary_network"],
    )
}

fn lone_cloud_click() -> Verdict {
    verdict("browser", Meaning::Unknown, 50, &["hosting_network"])
}

fn apple() -> Verdict {
    verdict(
        "apple_mpp",
        Meaning::Unknown,
        50,
        &["apple_privacy", "apple_relay"],
    )
}

/// A hit of copy 1.
fn hit(
    id: u8,
    axis: Axis,
    link: u16,
    seconds: f64,
    address: &str,
    agent: &str,
    verdict: Verdict,
) -> Sighting {
    Sighting {
        hit: HitId([id; 16]),
        axis,
        link,
        at: at(seconds),
        source: source(address, agent),
        verdict,
        copy: CopyId([1; 16]),
        known: CopyKnown::default(),
    }
}

fn click(
    id: u8,
    link: u16,
    seconds: f64,
    address: &str,
    agent: &str,
    verdict: Verdict,
) -> Sighting {
    hit(id, Axis::Click, link, seconds, address, agent, verdict)
}

fn open(id: u8, seconds: f64, address: &str, agent: &str, verdict: Verdict) -> Sighting {
    hit(id, Axis::Open, 0, seconds, address, agent, verdict)
}

/// How things stand in the end: "meaning confidence first-reason" of each hit that was revised.
fn end(sightings: impl IntoIterator<Item = Sighting>) -> HashMap<u8, String> {
    end_in(&mut Window::new(1_000, []), sightings)
}

fn end_in(
    window: &mut Window,
    sightings: impl IntoIterator<Item = Sighting>,
) -> HashMap<u8, String> {
    let mut end = HashMap::new();
    for sighting in sightings {
        for Revision { hit, verdict } in window.add(sighting) {
            end.insert(
                hit.0[0],
                format!(
                    "{} {} {}",
                    verdict.meaning.as_str(),
                    verdict.confidence,
                    verdict.reasons[0]
                ),
            );
        }
    }
    end
}

/// Three links in 1.8 seconds from the cloud.
fn burst(start: f64) -> [Sighting; 3] {
    [(11, 0.0), (12, 0.9), (13, 1.8)].map(|(id, after)| {
        click(
            id,
            u16::from(id),
            start + after,
            CLOUD,
            CHROME,
            lone_cloud_click(),
        )
    })
}

#[test]
fn c3_a_burst_makes_all_its_members_machines() {
    let end = end(burst(40.0));
    for id in [11, 12, 13] {
        assert_eq!(end[&id], "machine 95 link_burst");
    }
}

#[test]
fn c3_is_about_distinct_links_two_seconds_and_any_source() {
    let same_link = [1, 2, 3].map(|id| click(id, 5, f64::from(id) * 0.6, HOME, CHROME, pressed()));
    assert!(
        end(same_link).is_empty(),
        "somebody presses one link thrice"
    );
    let tabs = [1, 2, 3].map(|id| {
        click(
            id,
            u16::from(id),
            f64::from(id) * 4.0,
            HOME,
            CHROME,
            pressed(),
        )
    });
    assert!(
        end(tabs).is_empty(),
        "somebody opens three tabs in twelve seconds"
    );
    let sources = [(1, HOME), (2, OFFICE), (3, CLOUD)];
    let end = end(sources.map(|(id, address)| {
        click(
            id,
            u16::from(id),
            f64::from(id) * 0.6,
            address,
            CHROME,
            pressed(),
        )
    }));
    assert_eq!(end.len(), 3, "scanners spread over many addresses");
}

/// Links pressed every half second, from home, in a mail with so many.
fn by_key(links: u16, of: u16, verdict: fn() -> Verdict) -> Vec<Sighting> {
    let press = |link: u16| {
        let mut press = click(
            link as u8,
            link,
            f64::from(link) * 0.5,
            HOME,
            CHROME,
            verdict(),
        );
        press.known.links = Some(of);
        press
    };
    (1..=links).map(press).collect()
}

#[test]
fn c3_a_few_links_by_key_cannot_be_told_from_a_scanner() {
    let picture = || {
        let seen = verdict("browser", Meaning::Human, 90, &["browser_image"]);
        [
            open(90, 0.0, HOME, CHROME, seen.clone()),
            open(91, 0.0, HOME, EDGE, seen),
        ]
    };
    let end_of = |clicks: Vec<Sighting>| end(picture().into_iter().chain(clicks));
    let few = end_of(by_key(4, 9, pressed));
    for id in [1, 2, 3, 4] {
        assert_eq!(few[&id], "unknown 50 link_burst");
    }
    assert_eq!(
        few[&90], "unknown 50 open_before_burst",
        "the same program's"
    );
    assert!(!few.contains_key(&91), "another program's");
    for (clicks, why) in [
        (by_key(5, 9, pressed), "too many"),
        (by_key(4, 4, pressed), "all there are"),
        (by_key(3, 9, lone_cloud_click), "from a cloud"),
    ] {
        assert_eq!(end_of(clicks)[&2], "machine 95 link_burst", "{why}");
    }
}

#[test]
fn c3_bursts_that_overlap_are_one() {
    // No two seconds hold more than four of these links; together they are ten.
    let many = (0..10).map(|n| {
        let (id, at) = (n as u8 + 1, f64::from(n) * 0.6);
        click(id, n, at, HOME, CHROME, pressed())
    });
    let end = end(many);
    assert_eq!(end.len(), 10);
    assert!(
        end.values().all(|v| v == "machine 95 link_burst"),
        "{end:?}"
    );
}

#[test]
fn c3_two_links() {
    let two = |apart| {
        [(1, 0.0), (2, apart)].map(|(id, s)| click(id, u16::from(id), s, HOME, CHROME, pressed()))
    };
    assert_eq!(
        end(two(0.7))[&1],
        "unknown 50 link_pair",
        "by hand, perhaps"
    );
    let from_cloud = two(0.7).map(|s| Sighting {
        verdict: lone_cloud_click(),
        ..s
    });
    assert_eq!(end(from_cloud)[&1], "machine 80 link_pair");
    assert!(end(two(1.7)).is_empty());
    let all_there_are = two(1.7).map(|mut s| {
        s.known.links = Some(2);
        s
    });
    assert_eq!(end(all_there_are)[&2], "machine 95 link_burst");
}

#[test]
fn r1_the_open_before_the_burst_falls_with_it() {
    let cloud = verdict(
        "browser",
        Meaning::Unknown,
        30,
        &["hosting_network", "browser_image"],
    );
    let opens = [
        open(1, 8.0, CLOUD, CHROME, cloud.clone()),
        open(2, 9.0, "203.0.113.99", EDGE, cloud.clone()), // the same block
        open(3, 9.0, "192.0.2.99", EDGE, cloud),           // elsewhere, but the same kind of thing
        open(
            4,
            9.0,
            HOME,
            EDGE,
            verdict("thunderbird", Meaning::Human, 95, &["mail_client"]),
        ),
        open(
            5,
            9.0,
            CLOUD,
            EDGE,
            verdict("thunderbird", Meaning::Human, 85, &["mail_client"]),
        ),
        open(
            6,
            9.0,
            "66.249.93.7",
            EDGE,
            verdict("gmail_proxy", Meaning::HumanViaProxy, 85, &["image_proxy"]),
        ),
        open(7, 9.0, "172.224.1.1", EDGE, apple()),
    ];
    let end = end(opens.into_iter().chain(burst(42.0)));
    for id in [1, 2, 3] {
        assert_eq!(end[&id], "machine 90 open_before_burst", "{id}");
    }
    for id in [4, 5, 6, 7] {
        assert!(!end.contains_key(&id), "{id} is somebody else");
    }
}

#[test]
fn r1_reaches_five_minutes_back() {
    let early = open(
        1,
        0.0,
        CLOUD,
        CHROME,
        verdict("browser", Meaning::Human, 90, &["browser_image"]),
    );
    assert!(!end(std::iter::once(early).chain(burst(301.0))).contains_key(&1));
}

#[test]
fn c12_first_the_scanner_then_the_person() {
    let unsure = || {
        verdict(
            "browser",
            Meaning::Unknown,
            50,
            &["no_fetch_metadata", "ordinary_network"],
        )
    };
    let unchecked = || {
        verdict(
            "browser",
            Meaning::Unknown,
            50,
            &["no_fetch_metadata", "network_not_checked"],
        )
    };
    let later = [
        click(1, 1, 7_200.0, HOME, EDGE, unsure()),
        click(2, 1, 7_300.0, OFFICE, EDGE, unchecked()),
        click(3, 1, 7_400.0, "203.0.113.9", EDGE, unsure()), // the burst's own network
        click(4, 1, 7_500.0, "198.51.100.200", EDGE, lone_cloud_click()),
        click(5, 2, 7_600.0, CLOUD, CHROME, pressed()), // the burst's own program
        click(6, 3, 7_700.0, HOME, EDGE, pressed()),
    ];
    let end = end(burst(40.0).into_iter().chain(later));
    assert_eq!(end[&1], "human 85 after_burst");
    assert_eq!(end[&2], "human 70 after_burst");
    assert!(!end.contains_key(&3) && !end.contains_key(&4));
    assert_eq!(end[&5], "machine 85 burst_source");
    assert!(!end.contains_key(&6), "surely a person already");
}

#[test]
fn c8_holds_only_away_from_a_burst() {
    let near = [
        click(1, 7, 10.0, HOME, EDGE, pressed()),
        click(2, 8, 330.0, HOME, EDGE, pressed()),
        click(3, 9, 360.0, HOME, EDGE, pressed()),
    ];
    let end = end(burst(40.0).into_iter().chain(near));
    assert_eq!(end[&1], "unknown 60 soon_after_burst");
    assert_eq!(end[&2], "unknown 60 soon_after_burst");
    assert!(!end.contains_key(&3));
}

#[test]
fn c6_one_source_with_two_names() {
    let unsure = || verdict("browser", Meaning::Unknown, 50, &["no_fetch_metadata"]);
    let two = |apart, agent, link, address| {
        [
            click(1, 1, 0.0, HOME, CHROME, unsure()),
            click(2, link, apart, address, agent, unsure()),
        ]
    };
    assert_eq!(end(two(60.0, EDGE, 1, HOME))[&1], "machine 90 two_agents");
    assert!(end(two(601.0, EDGE, 1, HOME)).is_empty());
    assert!(end(two(60.0, CHROME, 1, HOME)).is_empty());
    assert!(
        end(two(60.0, EDGE, 2, HOME)).is_empty(),
        "another link is another token"
    );
    assert!(end(two(60.0, EDGE, 1, OFFICE)).is_empty());
    assert!(
        end(two(60.0, EDGE, 1, HOME).map(|mut s| {
            s.source.place = None;
            s
        }))
        .is_empty(),
        "local addresses are everybody's"
    );
    let household = [
        click(1, 1, 0.0, HOME, CHROME, pressed()),
        click(2, 1, 60.0, HOME, EDGE, pressed()),
    ];
    assert_eq!(
        end(household)[&1],
        "unknown 40 two_agents",
        "two people may share an address"
    );
}

#[test]
fn c4_one_program_over_several_peoples_copies() {
    let copies = |verdict: Verdict| {
        [1, 2, 3].map(|id| {
            let mut sighting = click(id, 1, f64::from(id) * 10.0, CLOUD, CHROME, verdict.clone());
            sighting.copy = CopyId([id; 16]);
            sighting
        })
    };
    let end_of = end(copies(lone_cloud_click()));
    for id in [1, 2, 3] {
        assert_eq!(end_of[&id], "machine 90 many_copies");
    }
    assert!(end(copies(pressed())).is_empty(), "people of one office");
}

#[test]
fn r4_hosts_that_scan_on_arrival_are_remembered() {
    let mut window = Window::new(1_000, []);
    let host = || Some("mx.example".to_owned());
    for message in 1..=3 {
        let hits = burst(f64::from(message) * 1_000.0).map(|mut s| {
            s.copy = CopyId([message; 16]);
            s.hit = HitId([message * 20 + s.hit.0[0]; 16]);
            s.known = CopyKnown {
                message: Some(MessageId([message; 16])),
                recipient_host: host(),
                ..CopyKnown::default()
            };
            s
        });
        assert_eq!(window.scanning_hosts().count(), 0);
        end_in(&mut window, hits);
    }
    assert_eq!(window.scanning_hosts().collect::<Vec<_>>(), ["mx.example"]);
    let opens = |id, after| {
        let mut sighting = open(
            id,
            5_000.0 + after,
            HOME,
            EDGE,
            verdict("outlook", Meaning::Human, 95, &["mail_client"]),
        );
        sighting.copy = CopyId([99; 16]);
        sighting.known = CopyKnown {
            delivered_at: Some(at(5_000.0)),
            recipient_host: host(),
            ..CopyKnown::default()
        };
        sighting
    };
    let end = end_in(&mut window, [opens(200, 30.0), opens(201, 90.0)]);
    assert_eq!(end[&200], "human 75 gateway_domain");
    assert!(!end.contains_key(&201));
    let next = Window::new(10, window.scanning_hosts().map(Into::into));
    assert_eq!(
        next.scanning_hosts().count(),
        1,
        "memory outlives the window"
    );
}

#[test]
fn o4_apples_scales_move_a_little() {
    let again = [
        open(1, 0.0, HOME, CHROME, apple()),
        open(2, 10_000.0, HOME, CHROME, apple()),
    ];
    assert_eq!(
        end(again),
        HashMap::from([(2, "unknown 65 loaded_again".into())])
    );
    let sync = [1, 2, 3].map(|id| {
        let mut sighting = open(id, f64::from(id), HOME, CHROME, apple());
        sighting.copy = CopyId([id; 16]);
        sighting.known.contact = Some(ContactId([5; 16]));
        sighting
    });
    let end = end(sync);
    assert!(
        (1..=3).all(|id| end[&id] == "unknown 35 background_sync"),
        "{end:?}"
    );
}

#[test]
fn own_views_and_machines_stay_what_they_are() {
    let own = verdict("browser", Meaning::Own, 99, &["own_session"]);
    let tool = verdict("curl", Meaning::Machine, 95, &["tool"]);
    let end = end(burst(40.0).into_iter().chain([
        click(1, 1, 40.1, HOME, EDGE, own),
        click(2, 2, 40.2, CLOUD, CHROME, tool),
    ]));
    assert!(!end.contains_key(&1) && !end.contains_key(&2));
}

#[test]
fn the_window_is_bounded_and_old_verdicts_stand() {
    let mut window = Window::new(500, []);
    for id in 0..2_000u32 {
        let mut sighting = open(0, f64::from(id), HOME, CHROME, pressed());
        sighting.hit.0[..4].copy_from_slice(&id.to_be_bytes());
        sighting.copy.0[..4].copy_from_slice(&(id / 2).to_be_bytes());
        window.add(sighting);
    }
    assert_eq!(window.len(), 500);

    let mut window = Window::new(10_000, []);
    for id in 0..1_000u32 {
        let mut sighting = click(
            0,
            id as u16,
            f64::from(id) * 0.1,
            CLOUD,
            CHROME,
            lone_cloud_click(),
        );
        sighting.hit.0[..4].copy_from_slice(&id.to_be_bytes());
        let own = sighting.hit;
        let revisions = window.add(sighting);
        if id > COPY_HITS_MAX as u32 + 1 {
            assert!(
                revisions
                    .iter()
                    .any(|r| r.hit == own && r.verdict.meaning == Meaning::Machine),
                "judged all the same"
            );
        }
    }
    assert_eq!(window.len(), COPY_HITS_MAX);

    let mut window = Window::new(10_000, []);
    end_in(&mut window, burst(0.0));
    assert!(
        window
            .add(open(1, 86_500.0, CLOUD, CHROME, pressed()))
            .is_empty()
    );
    assert_eq!(window.len(), 1, "after a day nothing is compared");
}

#[test]
fn the_same_hit_again_changes_nothing() {
    let mut window = Window::new(10, []);
    let sighting = open(1, 0.0, HOME, CHROME, pressed());
    window.add(sighting.clone());
    assert!(window.add(sighting).is_empty());
    assert_eq!(window.len(), 1);
}

#[test]
fn o6_a_proxy_seconds_after_delivery_is_doubted_once_delivery_is_known() {
    let gmail = || verdict("gmail_proxy", Meaning::HumanViaProxy, 85, &["image_proxy"]);
    let after = |seconds: i64| {
        let mut sighting = open(1, 10.0, CLOUD, CHROME, gmail());
        sighting.known.delivered_at = Some(Time(sighting.at.0 - seconds * 1_000));
        end([sighting]).remove(&1)
    };
    assert_eq!(
        after(4).as_deref(),
        Some("unknown 50 seconds_after_delivery")
    );
    assert_eq!(after(5), None);
    assert_eq!(after(-1), None, "it can overtake the relay's answer");
}

#[test]
fn elsewhere_needs_two_independent_signs() {
    let proxy = || verdict("gmail_proxy", Meaning::HumanViaProxy, 85, &["image_proxy"]);
    let reader = || verdict("thunderbird", Meaning::Human, 95, &["mail_client"]);
    let preview = || verdict("slack_preview", Meaning::Machine, 95, &["link_preview"]);
    let through_gmail = open(1, 0.0, CLOUD, "proxy", proxy());
    let at_home = open(2, 60.0, HOME, CHROME, reader());
    let in_the_office = open(3, 120.0, OFFICE, EDGE, reader());
    let chat = click(4, 1, 180.0, CLOUD, "chat", preview());
    let signs = |domain: &str, hits: &[&Sighting]| {
        let mut window = Window::new(100, []);
        for hit in hits {
            let mut hit = (*hit).clone();
            hit.known.recipient_host = Some(domain.into());
            window.add(hit);
        }
        let signs = window.elsewhere(CopyId([1; 16]));
        assert_eq!(window.elsewhere(CopyId([1; 16])), None, "told once");
        let now = signs.and_then(|signs| signs.now);
        now.map(|signs| (signs.confidence, signs.reasons.join(" ")))
    };
    let all = [&through_gmail, &at_home, &in_the_office, &chat];
    assert_eq!(
        signs("yahoo.com", &all),
        Some((75, "other_host other_device shared_in_chat".into()))
    );
    assert_eq!(
        signs("gmail.com", &all),
        Some((60, "other_device shared_in_chat".into())),
        "Gmail reads its own mail"
    );
    assert_eq!(
        signs("yahoo.com", &[&through_gmail, &chat]),
        Some((60, "other_host shared_in_chat".into()))
    );
    for alone in [&[&through_gmail][..], &[&at_home, &in_the_office], &[&chat]] {
        assert_eq!(signs("yahoo.com", alone), None);
    }
    assert_eq!(signs("company.example", &[&through_gmail, &chat]), None);
    // A domain of one's own, at a provider's server.
    let other_host = Some((60, "other_host shared_in_chat".into()));
    let hosted = [&through_gmail, &chat];
    assert_eq!(
        signs("mx1.mail.protection.outlook.com", &hosted),
        other_host
    );
    assert_eq!(signs("aspmx.l.google.com", &hosted), None);
}

#[test]
fn the_server_may_become_known_later_and_counts_beside_the_domain() {
    let proxy = verdict("yahoo_proxy", Meaning::HumanViaProxy, 75, &["image_proxy"]);
    let preview = verdict("slack_preview", Meaning::Machine, 95, &["link_preview"]);
    let mut first = open(1, 0.0, CLOUD, "proxy", proxy);
    first.known.recipient_domain = Some("studio.example".into());
    let mut second = click(2, 1, 180.0, CLOUD, "chat", preview);
    second.known = first.known.clone();
    second.known.recipient_host = Some("aspmx.l.google.com".into());
    let mut window = Window::new(100, []);
    window.add(first);
    window.add(second);
    let now = window.elsewhere(CopyId([1; 16])).unwrap().now.unwrap();
    assert_eq!(now.reasons, ["other_host", "shared_in_chat"]);
}

#[test]
fn a_gateway_is_the_domains_and_not_of_all_who_share_a_server() {
    let mut window = Window::new(1_000, []);
    for message in 0..4u8 {
        for mut hit in burst(0.0) {
            hit.copy = CopyId([message; 16]);
            hit.hit.0[15] = message;
            hit.known.message = Some(model::MessageId([message; 16]));
            hit.known.recipient_domain = Some("studio.example".into());
            hit.known.recipient_host = Some("aspmx.l.google.com".into());
            window.add(hit);
        }
    }
    assert_eq!(
        window.scanning_hosts().collect::<Vec<_>>(),
        ["studio.example"]
    );
}

#[test]
fn elsewhere_is_taken_back_when_its_signs_turn_out_to_be_machines() {
    let reader = || verdict("thunderbird", Meaning::Human, 95, &["mail_client"]);
    let looked = || {
        verdict(
            "browser",
            Meaning::Unknown,
            30,
            &["hosting_network", "browser_image"],
        )
    };
    let preview = verdict("slack_preview", Meaning::Machine, 95, &["link_preview"]);
    let person = verdict("browser", Meaning::Human, 90, &["browser_image"]);
    let mut window = Window::new(100, []);
    let copy = CopyId([1; 16]);
    window.add(open(1, 0.0, HOME, CHROME, reader()));
    window.add(open(2, 9.0, CLOUD, CHROME, person));
    window.add(open(3, 9.0, CLOUD, EDGE, looked()));
    window.add(click(4, 1, 12.0, OFFICE, "chat", preview));
    assert_eq!(
        window.elsewhere(copy),
        None,
        "one program in two networks, and one sign"
    );
    window.add(open(
        5,
        20.0,
        CLOUD,
        EDGE,
        verdict("browser", Meaning::Human, 90, &["browser_image"]),
    ));
    let told = window.elsewhere(copy).unwrap();
    assert_eq!(
        (told.before, told.now.clone().map(|s| s.confidence)),
        (None, Some(60))
    );
    for hit in burst(40.0) {
        window.add(hit);
    }
    let back = window.elsewhere(copy).unwrap();
    assert_eq!(
        (back.before, back.now),
        (told.now, None),
        "it was the scanner"
    );
    assert_eq!(window.elsewhere(copy), None);
}

#[test]
fn sources() {
    assert!(source(HOME, "x").same_block(&source("198.51.100.200", "y")));
    assert!(!source(HOME, "x").same_address(&source("198.51.100.200", "x")));
    assert!(source("2001:db8:7::1", "x").same_block(&source("2001:db8:7:ffff::2", "x")));
    assert!(!source("2001:db8:7::1", "x").same_block(&source("2001:db8:8::1", "x")));
    assert!(!source("127.0.0.1", "x").same_address(&source("127.0.0.1", "x")));
    assert!(source("::ffff:198.51.100.7", "x").same_address(&source(HOME, "x")));
}

fn sightings() -> impl Strategy<Value = Vec<Sighting>> {
    let kinds = prop::sample::select(vec![
        pressed(),
        lone_cloud_click(),
        apple(),
        verdict(
            "browser",
            Meaning::Unknown,
            50,
            &["no_fetch_metadata", "ordinary_network"],
        ),
        verdict(
            "browser",
            Meaning::Unknown,
            30,
            &["hosting_network", "browser_image"],
        ),
        verdict(
            "thunderbird",
            Meaning::Human,
            95,
            &["mail_client", "ordinary_network"],
        ),
    ]);
    let one = (
        prop::sample::select(vec![Axis::Open, Axis::Click]),
        0u16..4,
        0u32..1_200,
        prop::sample::select(vec![HOME, CLOUD, OFFICE]),
        prop::sample::select(vec![CHROME, EDGE]),
        kinds,
    );
    prop::collection::vec(one, 1..20).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(id, (axis, link, tenths, address, agent, verdict))| {
                hit(
                    id as u8,
                    axis,
                    link,
                    f64::from(tenths) / 10.0,
                    address,
                    agent,
                    verdict,
                )
            })
            .collect()
    })
}

proptest! {
    /// At-least-once, any order: the outcome is a function of the set of hits.
    #[test]
    fn order_does_not_matter((first, second) in sightings().prop_flat_map(|s| (Just(s.clone()), Just(s).prop_shuffle()))) {
        let alone: HashMap<u8, String> = first.iter().map(|s| (s.hit.0[0], format!("{} {} {}", s.verdict.meaning.as_str(), s.verdict.confidence, s.verdict.reasons[0]))).collect();
        let outcome = |sightings| {
            let mut all = alone.clone();
            all.extend(end(sightings));
            all
        };
        prop_assert_eq!(outcome(first), outcome(second));
    }
}
