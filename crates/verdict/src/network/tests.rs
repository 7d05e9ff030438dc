use super::*;

const DAY: Duration = Duration::from_hours(24);
const NOW: Time = Time(1_795_294_080_000);

fn networks() -> Networks {
    Networks::built_in().unwrap()
}

fn at(networks: &Networks, address: &str) -> (Standing, Option<u32>) {
    let network = networks.look_up(Some(address.parse().unwrap()), NOW);
    (network.standing, network.asn)
}

#[test]
fn without_tables_only_the_excerpt_is_known() {
    let n = networks();
    assert_eq!(at(&n, "66.249.93.7"), (Standing::Google, Some(15169)));
    assert_eq!(at(&n, "66.249.96.0"), (Standing::Unchecked, None));
    assert_eq!(at(&n, "40.94.1.1"), (Standing::Microsoft, Some(8075)));
    assert_eq!(at(&n, "198.51.100.7"), (Standing::Unchecked, None));
    assert_eq!(n.look_up(None, NOW).standing, Standing::Unchecked);
}

#[test]
fn local_addresses_are_local() {
    let n = networks();
    for address in [
        "127.0.0.1",
        "::1",
        "10.1.2.3",
        "192.168.0.9",
        "172.17.0.1",
        "fd00::1",
        "fe80::1",
        "::ffff:127.0.0.1",
    ] {
        assert_eq!(at(&n, address).0, Standing::Local, "{address}");
    }
    assert_eq!(
        at(&n, "::ffff:66.249.93.7").0,
        Standing::Google,
        "an IPv4 client on an IPv6 socket"
    );
}

#[test]
fn an_as_table_says_more() {
    let mut n = networks();
    let v4 = b"198.51.100.0,198.51.100.255,64500,\"Example, Inc.\"\n203.0.113.0,203.0.113.255,14061,\"DigitalOcean, LLC\"\n";
    let v6 = b"2001:db8::,2001:db8:0:7:ffff:ffff:ffff:ffff,26211,Proofpoint\r\n\r\n";
    n.load(List::Asn, v4, NOW).unwrap();
    n.load(List::Asn, v6, NOW - DAY).unwrap();
    assert_eq!(at(&n, "198.51.100.9"), (Standing::Plain, Some(64500)));
    assert_eq!(
        n.look_up(Some("198.51.100.9".parse().unwrap()), NOW).name,
        Some("Example, Inc.")
    );
    assert_eq!(at(&n, "203.0.113.0").0, Standing::Hosting);
    assert_eq!(at(&n, "2001:db8::7").0, Standing::Security("proofpoint"));
    assert_eq!(at(&n, "2001:db8:0:8::").0, Standing::Unchecked);
    assert_eq!(
        n.loaded(),
        [Loaded {
            list: List::Asn,
            as_of: NOW - DAY,
            ranges: 3
        }]
    );
}

#[test]
fn an_old_table_is_no_table() {
    let mut n = networks();
    let table = b"198.51.100.0,198.51.100.255,64500,Example";
    n.load(List::Asn, table, NOW - List::Asn.age_max() - DAY)
        .unwrap();
    assert!(n.loaded()[0].is_stale(NOW));
    assert_eq!(at(&n, "198.51.100.9"), (Standing::Unchecked, None));
}

#[test]
fn apple_and_countries() {
    let mut n = networks();
    n.load(
        List::AppleEgress,
        b"172.224.226.0/27,GB,GB-EN,London,\n2a02:26f7::/64,US,,,\n",
        NOW,
    )
    .unwrap();
    n.load(List::Country, b"198.51.100.0,198.51.100.255,fr\n", NOW)
        .unwrap();
    let apple = |a: &str| n.look_up(Some(a.parse().unwrap()), NOW).apple_relay;
    assert!(apple("172.224.226.31") && apple("2a02:26f7::9"));
    assert!(!apple("172.224.226.32") && !apple("2a02:26f7:0:1::"));
    let country = n
        .look_up(Some("198.51.100.9".parse().unwrap()), NOW)
        .country;
    assert_eq!(country, Some(*b"FR"));
}

#[test]
fn json_lists_of_any_shape() {
    let mut n = networks();
    n.load(List::GoogleRanges, br#"{"creationTime":"x","prefixes":[{"ipv4Prefix":"192.178.0.0/24"},{"ipv6Prefix":"2001:db8:7::/48"}]}"#, NOW).unwrap();
    n.load(
        List::MicrosoftRanges,
        br#"[{"ips":["198.51.100.0/24"],"tcpPorts":"443"}]"#,
        NOW,
    )
    .unwrap();
    assert_eq!(at(&n, "192.178.0.4").0, Standing::Google);
    assert_eq!(at(&n, "198.51.100.1").0, Standing::Microsoft);
    assert!(n.load(List::GoogleRanges, b"{}", NOW).is_err());
    assert!(n.load(List::GoogleRanges, b"<html>", NOW).is_err());
}

#[test]
fn mistakes_are_named_and_change_nothing() {
    let mut n = networks();
    for (list, bytes, expected) in [
        (
            List::Asn,
            &b"198.51.100.0,198.51.100.255,x,Example"[..],
            "AS number table, line 1: the third cell is an AS number",
        ),
        (
            List::Asn,
            b"ok,",
            "AS number table, line 1: the first two cells are the first and the last address",
        ),
        (
            List::Asn,
            b"198.51.100.9,198.51.100.0,1,x",
            "AS number table, line 1: the first address comes after the last",
        ),
        (
            List::Asn,
            b"198.51.100.9,::1,1,x",
            "AS number table, line 1: the first address comes after the last",
        ),
        (
            List::Country,
            b"198.51.100.0,198.51.100.1,Oz!",
            "country table, line 1: the third cell is a country of two letters",
        ),
        (
            List::AppleEgress,
            b"\n\n<html>",
            "Apple egress list, line 3: the first cell is an address range like 192.0.2.0/24",
        ),
        (
            List::AppleEgress,
            b"\xff",
            "Apple egress list, line 1: not UTF-8",
        ),
    ] {
        assert_eq!(n.load(list, bytes, NOW).unwrap_err().to_string(), expected);
    }
    assert!(n.loaded().is_empty());
}

#[test]
fn neighbours_of_one_value_are_joined() {
    let mut ranges = Ranges::default();
    for net in [
        "10.0.0.0/25",
        "10.0.0.128/25",
        "10.0.2.0/24",
        "ffff::/16",
        "255.255.255.255/32",
    ] {
        ranges.add_net(net.parse().unwrap(), 1u32);
    }
    ranges.seal();
    assert_eq!(ranges.len(), 4);
    assert_eq!(ranges.get("10.0.0.200".parse().unwrap()), Some(1));
    assert_eq!(ranges.get("10.0.1.0".parse().unwrap()), None);
    assert_eq!(ranges.get("255.255.255.255".parse().unwrap()), Some(1));
}

#[test]
fn every_security_network_names_a_known_opener() {
    for known in networks().known {
        if let Standing::Security(opener) | Standing::Shared(opener) = known.standing {
            assert_ne!(crate::opener_name(opener), opener, "AS{}", known.asn);
        }
    }
}

proptest::proptest! {
    /// Whatever is handed in as a list, the answer is a table or a sentence.
    #[test]
    fn any_bytes_are_taken_or_refused(
        bytes in proptest::prelude::any::<Vec<u8>>(),
        text in "([0-9a-f:.]{0,12},){0,3}[A-Za-z0-9,\"/]{0,8}\n?",
    ) {
        let mut n = networks();
        for list in List::ALL {
            for input in [&bytes[..], text.as_bytes()] {
                let _ = n.load(list, input, NOW);
            }
        }
        n.look_up(Some("198.51.100.9".parse().unwrap()), NOW);
    }
}

/// A database in the MMDB format, version 2, of one node: everywhere is this place.
fn database(ip_version: u8, place: &[u8]) -> Vec<u8> {
    let number = |n: u8| vec![5 << 5 | 1, n];
    let mut fields = Vec::new();
    for (name, value) in [
        ("binary_format_major_version", number(2)),
        ("binary_format_minor_version", number(0)),
        ("build_epoch", vec![1, 2, 1]),
        ("database_type", text("City")),
        ("description", vec![7 << 5]),
        ("ip_version", number(ip_version)),
        ("languages", vec![0, 4]),
        ("node_count", vec![6 << 5 | 1, 1]),
        ("record_size", number(24)),
    ] {
        fields.extend(text(name));
        fields.extend(value);
    }
    let tree = [0, 0, 17, 0, 0, 17];
    let metadata = [&b"\xab\xcd\xefMaxMind.com"[..], &[7 << 5 | 9], &fields].concat();
    [&tree[..], &[0; 16], place, &metadata].concat()
}

fn text(text: &str) -> Vec<u8> {
    [&[2 << 5 | text.len() as u8], text.as_bytes()].concat()
}

fn map(name: &str, value: &[u8]) -> Vec<u8> {
    [&[7 << 5 | 1], &*text(name), value].concat()
}

#[test]
fn cities_are_those_of_the_operators_databases_while_they_are_fresh() {
    let nested = map("city", &map("names", &map("en", &text("Lyon"))));
    let flat = map("city", &text("Graz"));
    let mut networks = Networks::built_in().unwrap();
    networks
        .load(List::City, &database(4, &nested), NOW)
        .unwrap();
    let city = |networks: &Networks, address: &str, now| {
        let found = networks.look_up(Some(address.parse().unwrap()), now);
        found.city.map(str::to_owned)
    };
    assert_eq!(
        city(&networks, "198.51.100.7", NOW).as_deref(),
        Some("Lyon")
    );
    assert_eq!(city(&networks, "2001:db8::1", NOW), None, "of IPv4 only");
    assert_eq!(city(&networks, "127.0.0.1", NOW), None);
    networks.load(List::City, &database(6, &flat), NOW).unwrap();
    assert_eq!(city(&networks, "2001:db8::1", NOW).as_deref(), Some("Graz"));
    assert_eq!(
        city(&networks, "198.51.100.7", NOW + List::City.age_max() * 2),
        None
    );
    assert_eq!(networks.loaded()[0].ranges, 2);

    let mut empty = Networks::built_in().unwrap();
    assert!(empty.load(List::City, b"<html>", NOW).is_err());
    empty
        .load(List::City, &database(6, &map("city", &[7 << 5])), NOW)
        .unwrap();
    assert_eq!(city(&empty, "198.51.100.7", NOW), None, "without a name");
}

#[test]
fn a_city_is_told_of_people_seen_directly_at_home() {
    let mut tables = crate::Tables::built_in().unwrap();
    let place = map("city", &text("Graz"));
    tables.load(List::City, &database(4, &place), NOW).unwrap();
    let asn = b"198.51.100.0,198.51.100.255,64500,Example\n203.0.113.0,203.0.113.255,14061,Cloud\n";
    tables.load(List::Asn, asn, NOW).unwrap();
    let judge = crate::Judge::new(tables);
    let city = |address: &str, user_agent| {
        let headers = crate::Headers {
            user_agent,
            ..crate::Headers::default()
        };
        let request = crate::Request {
            kind: model::Axis::Open,
            at: NOW,
            method: "GET",
            https: true,
            remote: Some(address.parse().unwrap()),
            headers,
            own_session: false,
            delivered_at: None,
        };
        judge.judge(&request).1.city
    };
    let thunderbird =
        "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.7.0";
    let gmail =
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
    assert_eq!(city("198.51.100.7", thunderbird).as_deref(), Some("Graz"));
    for (address, user_agent) in [
        ("203.0.113.7", thunderbird),
        ("66.249.93.7", gmail),
        ("198.51.100.7", gmail),
        ("198.51.100.7", "curl/8.14.1"),
    ] {
        assert_eq!(city(address, user_agent), None, "{address} {user_agent}");
    }
}
