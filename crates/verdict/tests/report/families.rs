//! Who may come for a mail: each family replays a behaviour that somebody measured or documented, with its truth.

use crate::chance::Chance;
use crate::sample::{CHROME, GMAIL, user_agent};
use model::Axis;

/// One request, and who truly made it.
#[derive(Clone, Copy)]
pub(crate) struct Event {
    pub(crate) copy: usize,
    /// Seconds after delivery.
    pub(crate) at: f64,
    pub(crate) axis: Axis,
    pub(crate) link: u16,
    /// How many links the mail has.
    pub(crate) links: u16,
    pub(crate) method: &'static str,
    /// By its name in the samples, or as it stands.
    pub(crate) network: &'static str,
    pub(crate) agent: &'static str,
    pub(crate) headers: &'static str,
    pub(crate) human: bool,
}

/// A behaviour.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) source: &'static str,
    /// How many copies it comes for at once.
    pub(crate) crowd: usize,
    /// Are its people, or its machines, held to a gate?
    pub(crate) gate: Option<f64>,
    /// The events of one copy, by its number in the crowd.
    pub(crate) events: fn(&mut Chance, usize) -> Vec<Event>,
}

fn event(
    axis: Axis,
    at: f64,
    network: &'static str,
    agent: &'static str,
    headers: &'static str,
) -> Event {
    Event {
        copy: 0,
        at,
        axis,
        link: 0,
        links: 9,
        method: "GET",
        network,
        agent: user_agent(agent),
        headers,
        human: false,
    }
}

fn open(at: f64, network: &'static str, agent: &'static str, headers: &'static str) -> Event {
    event(Axis::Open, at, network, agent, headers)
}

fn click(
    link: u16,
    at: f64,
    network: &'static str,
    agent: &'static str,
    headers: &'static str,
) -> Event {
    Event {
        link,
        ..event(Axis::Click, at, network, agent, headers)
    }
}

fn person(event: Event) -> Event {
    Event {
        human: true,
        ..event
    }
}

fn press(chance: &mut Chance, at: f64) -> Event {
    person(click(chance.count(1, 9), at, "home", CHROME, "$press"))
}

/// The delay between sending and burst that craft-campaign 546 counted over 836 contacts.
fn craft_delay(chance: &mut Chance) -> f64 {
    let (low, high) = match chance.part() {
        p if p < 0.005 => (0.0, 10.0),
        p if p < 0.027 => (10.0, 20.0),
        p if p < 0.691 => (20.0, 60.0),
        p if p < 0.974 => (60.0, 300.0),
        p if p < 0.993 => (300.0, 1_800.0),
        _ => (3_600.0, 86_400.0),
    };
    chance.within(low, high)
}

/// A pixel, and a median 33 s later a burst over all links: in full browser's clothes, from a cloud.
fn gateway(chance: &mut Chance) -> Vec<Event> {
    let links = chance.count(3, 8);
    scan(chance, "amazon", links, links)
}

/// A pixel and a burst over some of a mail's links.
fn scan(chance: &mut Chance, from: &'static str, fetched: u16, links: u16) -> Vec<Event> {
    let burst = craft_delay(chance);
    let pixel = (burst - chance.within(10.0, 56.0)).max(0.5);
    let mut events = vec![open(pixel, from, CHROME, "$image")];
    for link in 1..=fetched {
        let at = burst + chance.within(0.0, 1.0);
        events.push(click(link, at, from, CHROME, "$press"));
    }
    for event in &mut events {
        event.links = links;
    }
    events
}

fn safe_links(chance: &mut Chance) -> Vec<Event> {
    let start = chance.within(3.0, 40.0);
    (1..=chance.count(1, 5))
        .map(|link| {
            click(
                link,
                start + chance.within(0.0, 20.0),
                "microsoft",
                "$old_chrome",
                "$press",
            )
        })
        .collect()
}

const REDIRECTOR: [&str; 8] = [
    "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Wget/1.9.1",
    "Mozilla/5.0 (Android; Linux armv7l; rv:9.0) Gecko/20111216 Firefox/9.0 Fennec/9.0",
    "Mozilla/5.0 (Windows NT 5.2; RW; rv:7.0a1) Gecko/20091211 SeaMonkey/9.23a1pre",
    "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; AS; rv:11.0) like Gecko",
    "W3C-checklink/4.5 [4.160] libwww-perl/5.823",
    "Lynx/2.8.8dev.3 libwww-FM/2.14 SSL-MM/1.4.1",
];
const SHORT_URLS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/101.0.4951.67 Safari/537.36";
const PREFETCH: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0";
const TOOLS: [&str; 5] = [
    "curl/8.14.1",
    "python-requests/2.32.3",
    "Go-http-client/2.0",
    "Java/17.0.2",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36",
];

/// Families of people. Scanners that come along with them are in the events, with their own truth.
pub(crate) const PEOPLE: &[Family] = &[
    Family {
        name: "reads in Gmail",
        source: "Mailgun, Postmark: the proxy fetches when the mail is opened",
        crowd: 1,
        gate: Some(0.97),
        events: |c, _| vec![person(open(c.reading_delay(), "google", GMAIL, ""))],
    },
    Family {
        name: "reads in Yahoo, fetched one to four times",
        source: "Litmus 2018: the proxy retried a pixel up to four times",
        crowd: 1,
        gate: Some(0.97),
        events: |c, _| {
            let at = c.reading_delay();
            let times = c.count(1, 4);
            (0..times)
                .map(|n| person(open(at + f64::from(n), "yahoo", "$yahoo", "")))
                .collect()
        },
    },
    Family {
        name: "reads in Thunderbird",
        source: "measured with 153.7 ESR",
        crowd: 1,
        gate: Some(0.97),
        events: |c, _| vec![person(open(c.reading_delay(), "home", "$thunderbird", ""))],
    },
    Family {
        name: "reads in webmail",
        source: "measured with Chromium 156",
        crowd: 1,
        gate: Some(0.97),
        events: |c, _| vec![person(open(c.reading_delay(), "home", CHROME, "$image"))],
    },
    Family {
        name: "clicks one or two links",
        source: "measured with Chromium 156",
        crowd: 1,
        gate: Some(0.97),
        events: |c, _| {
            let at = c.reading_delay();
            let later = at + c.within(5.0, 300.0);
            let times = c.count(1, 2) as usize;
            [at, later][..times]
                .iter()
                .map(|at| press(c, *at))
                .collect()
        },
    },
    Family {
        name: "opens two or three links in tabs, 5 to 15 s",
        source: "classification §7 C",
        crowd: 1,
        gate: Some(0.97),
        events: |c, _| {
            let (at, links) = (c.reading_delay(), c.count(2, 3));
            let span = c.within(5.0, 15.0);
            (1..=links)
                .map(|n| {
                    person(click(
                        n,
                        at + span * f64::from(n - 1) / f64::from(links - 1),
                        "home",
                        CHROME,
                        "$press",
                    ))
                })
                .collect()
        },
    },
    Family {
        name: "opens three links by key within 2 s (hard)",
        source: "classification §9.9",
        crowd: 1,
        gate: None,
        events: |c, _| {
            let at = c.reading_delay();
            (1..=3)
                .map(|n| person(click(n, at + c.within(0.0, 2.0), "home", CHROME, "$press")))
                .collect()
        },
    },
    Family {
        name: "clicks through a VPN in a data centre (hard)",
        source: "classification §4, C11",
        crowd: 1,
        gate: None,
        events: |c, _| {
            let at = c.reading_delay();
            vec![person(click(1, at, "amazon", CHROME, "$press"))]
        },
    },
    Family {
        name: "clicks in Safari through Private Relay",
        source: "Word to the Wise 2021-09",
        crowd: 1,
        gate: Some(0.97),
        events: |c, _| {
            let at = c.reading_delay();
            vec![person(click(1, at, "apple", "$safari", "$press"))]
        },
    },
    Family {
        name: "five colleagues behind one address click within a minute",
        source: "classification §7 C: NAT offices",
        crowd: 5,
        gate: Some(0.97),
        events: |c, copy| {
            let start = copy as f64 * 8.0;
            vec![person(click(
                1,
                600.0 + start + c.within(0.0, 8.0),
                "home",
                CHROME,
                "$press",
            ))]
        },
    },
    Family {
        name: "clicks hours after Safe Links has checked",
        source: "Microsoft: Safe Links; gophish 973",
        crowd: 1,
        gate: Some(0.97),
        events: |c, _| {
            let mut events = safe_links(c);
            let at = c.within(3_600.0, 40_000.0);
            events.push(press(c, at));
            events
        },
    },
    Family {
        name: "reads and clicks hours after a gateway's burst",
        source: "craft-campaign 546",
        crowd: 1,
        gate: Some(0.97),
        events: |c, _| {
            let mut events = gateway(c);
            let last = events.iter().map(|e| e.at).fold(0.0, f64::max);
            let at = last + c.within(3_600.0, 40_000.0);
            events.push(person(open(at, "home", CHROME, "$image")));
            events.push(press(c, at + 60.0));
            events
        },
    },
    Family {
        name: "uses Apple's mail privacy: one load in five is the reading",
        source: "Movable Ink 2021, via MediaPost: 80 % fetched before the reading",
        crowd: 1,
        gate: None,
        events: |c, _| {
            let (at, reading) = (c.reading_delay(), c.part() < 0.2);
            vec![Event {
                human: reading,
                ..open(at, "apple", "Mozilla/5.0", "")
            }]
        },
    },
];

/// Families of machines alone.
pub(crate) const MACHINES: &[Family] = &[
    Family {
        name: "gateway: a picture, then a burst, from a cloud",
        source: "craft-campaign 546, with its distribution of delays",
        crowd: 1,
        gate: Some(0.90),
        events: |c, _| gateway(c),
    },
    Family {
        name: "scanner in the office, dressed as a browser, all links",
        source: "classification §4, C3: clicks == number of links (CustomerMinds)",
        crowd: 1,
        gate: Some(0.90),
        events: |c, _| {
            let links = c.count(3, 8);
            scan(c, "home", links, links)
        },
    },
    Family {
        name: "the same, three links of nine (hardest)",
        source: "the price of leaving people with keyboards alone",
        crowd: 1,
        gate: None,
        events: |c, _| scan(c, "home", 3, 9),
    },
    Family {
        name: "Safe Links",
        source: "gophish 973, 2357; opencollective 3656",
        crowd: 1,
        gate: Some(0.90),
        events: |c, _| safe_links(c),
    },
    Family {
        name: "rspamd url_redirector",
        source: "read in Debian's source, 3.4",
        crowd: 1,
        gate: Some(0.99),
        events: |c, _| {
            let start = c.within(0.1, 2.0);
            let agent = c.one(&REDIRECTOR);
            (1..=c.count(1, 5))
                .map(|n| Event {
                    method: "HEAD",
                    ..click(n, start + f64::from(n) * 0.4, "home", agent, "")
                })
                .collect()
        },
    },
    Family {
        name: "SpamAssassin DecodeShortURLs",
        source: "read in Debian's source, 4.0.1: HEAD, for some hosts GET",
        crowd: 1,
        gate: Some(0.99),
        events: |c, _| {
            let method = if c.part() < 0.8 { "HEAD" } else { "GET" };
            vec![Event {
                method,
                ..click(1, c.within(0.1, 2.0), "home", SHORT_URLS, "")
            }]
        },
    },
    Family {
        name: "programs that name themselves",
        source: "classification §7 B",
        crowd: 1,
        gate: Some(0.99),
        events: |c, _| {
            let (agent, at) = (c.one(&TOOLS), c.within(1.0, 600.0));
            vec![
                open(at, "home", agent, ""),
                click(1, at + 1.0, "home", agent, ""),
            ]
        },
    },
    Family {
        name: "Gmail's prefetch",
        source: "Bird 2022-01",
        crowd: 1,
        gate: Some(0.99),
        events: |c, _| vec![open(c.within(1.0, 10.0), "google", PREFETCH, "")],
    },
    Family {
        name: "Proofpoint from its own network",
        source: "AS registrations",
        crowd: 1,
        gate: Some(0.99),
        events: |c, _| {
            let at = c.within(1.0, 60.0);
            vec![
                open(at, "proofpoint", CHROME, "$image"),
                click(1, at + 3.0, "proofpoint", CHROME, "$press"),
            ]
        },
    },
    Family {
        name: "one source, two names, one link",
        source: "warmbly 410",
        crowd: 1,
        gate: Some(0.90),
        events: |c, _| {
            let at = c.within(5.0, 60.0);
            vec![
                click(1, at, "amazon", CHROME, "$press"),
                click(1, at + 2.0, "amazon", "$firefox", "$press"),
            ]
        },
    },
    Family {
        name: "HEAD, then GET (hard)",
        source: "Django-Verify-Email 62",
        crowd: 1,
        gate: None,
        events: |c, _| {
            let at = c.within(5.0, 60.0);
            vec![
                Event {
                    method: "HEAD",
                    ..click(1, at, "amazon", CHROME, "")
                },
                click(1, at + 0.5, "amazon", CHROME, "$press"),
            ]
        },
    },
    Family {
        name: "one program over many people's mail, from a cloud",
        source: "classification §4, C4",
        crowd: 5,
        gate: Some(0.90),
        events: |c, copy| {
            let start = copy as f64 * 5.0;
            vec![click(
                1,
                30.0 + start + c.within(0.0, 5.0),
                "gcloud",
                CHROME,
                "$press",
            )]
        },
    },
    Family {
        name: "lone-link sampler (hardest)",
        source: "classification §7 C: one random link, a browser's headers, a cloud, 40 s",
        crowd: 1,
        gate: None,
        events: |c, _| {
            vec![click(
                c.count(1, 9),
                c.within(30.0, 50.0),
                "amazon",
                CHROME,
                "$press",
            )]
        },
    },
];
