//! Networks and user-agents the tests speak of by name.

use model::{Axis, Time};
use std::net::IpAddr;
use verdict::{Headers, Judge, List, Request, Tables};

pub(crate) const NOW: Time = Time(1_795_294_080_000);

pub(crate) const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
pub(crate) const GMAIL: &str =
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";

/// A user-agent by its name in the cases, or as it stands.
pub(crate) fn user_agent(name: &str) -> &str {
    match name {
        "$chrome" => CHROME,
        "$gmail" => GMAIL,
        "$old_chrome" => {
            "Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/57.0.2987.133 Safari/537.36"
        }
        "$firefox" => "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "$safari" => {
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15"
        }
        "$iphone" => {
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1"
        }
        "$yahoo" => "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
        "$thunderbird" => {
            "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.7.0"
        }
        _ => name,
    }
}

/// Headers by their name in the cases.
pub(crate) fn headers(name: &str) -> Vec<(String, String)> {
    let pairs: &[(&str, &str)] = match name {
        "$image" => &[
            ("sec-fetch-dest", "image"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-ch-ua", r#""Chromium";v="142", "Not_A Brand";v="99""#),
            ("sec-ch-ua-platform", "\"Linux\""),
            ("sec-ch-ua-mobile", "?0"),
        ],
        "$press" => &[
            ("sec-fetch-dest", "document"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-user", "?1"),
            ("sec-ch-ua", r#""Chromium";v="142", "Not_A Brand";v="99""#),
        ],
        other => panic!("no headers are called {other}"),
    };
    pairs
        .iter()
        .map(|(n, v)| ((*n).into(), (*v).into()))
        .collect()
}

/// An address in a network by its name in the cases.
pub(crate) fn address(network: &str) -> IpAddr {
    let text = match network {
        "home" => "198.51.100.7",
        "unchecked" => "192.0.2.7",
        "local" => "127.0.0.1",
        "google" => "66.249.93.7",
        "gcloud" => "203.0.113.7",
        "amazon" => "203.0.113.70",
        "microsoft" => "40.94.1.1",
        "yahoo" => "203.0.113.130",
        "apple" => "172.224.226.7",
        "akamai" => "172.224.1.1",
        "proofpoint" => "203.0.113.200",
        "zscaler" => "203.0.113.240",
        other => other,
    };
    text.parse().unwrap()
}

/// A judge with small hand-made AS and Apple tables.
pub(crate) fn judge() -> Judge {
    let mut tables = Tables::built_in().unwrap();
    let asn = "\
198.51.100.0,198.51.100.255,64500,\"Example Telecom, Inc.\"
203.0.113.0,203.0.113.63,396982,Google LLC
203.0.113.64,203.0.113.127,16509,\"Amazon.com, Inc.\"
203.0.113.128,203.0.113.191,10310,Oath Holdings Inc.
203.0.113.192,203.0.113.223,26211,\"Proofpoint, Inc.\"
203.0.113.224,203.0.113.255,22616,\"ZSCALER, INC.\"
";
    tables.load(List::Asn, asn.as_bytes(), NOW).unwrap();
    tables
        .load(
            List::AppleEgress,
            b"172.224.226.0/24,GB,GB-EN,London,\n",
            NOW,
        )
        .unwrap();
    tables
        .load(
            List::Country,
            b"198.51.100.0,198.51.100.255,FR\n172.224.0.0,172.227.255.255,BE\n",
            NOW,
        )
        .unwrap();
    Judge::new(tables)
}

/// A request with nothing special about it.
pub(crate) fn request(kind: Axis, remote: IpAddr, headers: Headers<'_>) -> Request<'_> {
    Request {
        kind,
        at: NOW,
        method: "GET",
        https: true,
        remote: Some(remote),
        headers,
        own_session: false,
        delivered_at: None,
    }
}
