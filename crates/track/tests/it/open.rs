//! The pixel: one answer for everybody, and what is kept of the question.

use crate::site::{FIREFOX, Site, request, request_from, sentinel, wait};
use axum::http::StatusCode;
use model::{ConsentState, Keyring, Meaning, Mode, PerAxis, Topic};
use std::time::Duration;

const IMAGE: &[(&str, &str)] = &[
    ("user-agent", FIREFOX),
    ("sec-fetch-dest", "image"),
    ("sec-fetch-mode", "no-cors"),
];

#[tokio::test]
async fn r_sec_03_every_pixel_answers_alike() {
    let site = Site::tracked().await;
    let foreign = Keyring::new(&[(1, [9; 32])]).unwrap();
    let unknown = Site::tracked().await;
    let good = site.pixel();
    let token = site.open_token(&site.ring).to_string();
    let mut cut = good.clone();
    cut.replace_range(9..10, "");
    let paths = [
        good.clone(),
        unknown.pixel(),
        cut,
        format!("/o/{}.gif", site.open_token(&foreign)),
        format!("/o/{}.gif", site.ring.person(site.copy)),
        format!("/o/{token}"),
        format!("/o/{token}.png"),
        format!("{good}?utm_source=x"),
        "/o/x.gif".into(),
        "/o/x/y.gif".into(),
        "/o/%ff%00.gif".into(),
        format!("/o/{}.gif", "A".repeat(5_000)),
    ];
    let model = site.get(&good).await;
    assert_eq!(model.status, StatusCode::OK);
    assert_eq!(model.header("content-type"), Some("image/gif"));
    assert_eq!((model.body.len(), &model.body[..6]), (43, &b"GIF89a"[..]));
    assert_eq!(
        model.header("cache-control"),
        Some("no-store, no-cache, max-age=0, must-revalidate")
    );
    for path in &paths {
        let answer = site.get(path).await;
        assert_eq!(
            (answer.status, &answer.headers, &answer.body),
            (model.status, &model.headers, &model.body),
            "{path}"
        );
        let head = site.head(path).await;
        assert_eq!(
            (head.status, &head.headers),
            (model.status, &model.headers),
            "{path}"
        );
        assert!(head.body.is_empty());
    }
    site.set(&[Topic::Open], ConsentState::Withdrawn).await;
    let after = site.get(&good).await;
    assert_eq!(
        (after.status, after.headers, after.body),
        (model.status, model.headers, model.body)
    );
}

#[tokio::test]
async fn a_pixel_is_judged_and_kept() {
    let site = Site::tracked().await;
    site.ask(request("GET", &site.pixel(), IMAGE, "")).await;
    let hits = site.hits().await;
    assert_eq!(hits.len(), 1);
    assert_eq!(
        hits[0].verdict.meaning,
        Meaning::Human,
        "{:?}",
        hits[0].verdict
    );
    assert_eq!(hits[0].facts, None, "facts are for `detailed` only");
    assert_eq!(site.recorder.stats().stored, 1);
    site.head(&site.pixel()).await;
    assert!(
        site.hits()
            .await
            .iter()
            .any(|hit| hit.verdict.meaning == Meaning::Machine),
        "HEAD shows no picture"
    );
}

#[tokio::test]
async fn the_senders_own_view_is_told_apart() {
    let site = Site::tracked().await;
    for (name, value) in [
        ("referer", "https://overt.example.org/sent/1"),
        ("origin", "https://overt.example.org"),
    ] {
        let headers = [IMAGE, &[(name, value)]].concat();
        site.ask(request("GET", &site.pixel(), &headers, "")).await;
    }
    assert!(
        site.hits()
            .await
            .iter()
            .all(|hit| hit.verdict.meaning == Meaning::Own)
    );
    let near_miss = [
        IMAGE,
        &[("referer", "https://overt.example.org.evil.example/")],
    ]
    .concat();
    site.ask(request("GET", &site.pixel(), &near_miss, ""))
        .await;
    assert_eq!(
        site.hits()
            .await
            .iter()
            .filter(|hit| hit.verdict.meaning == Meaning::Own)
            .count(),
        2
    );
}

#[tokio::test]
async fn the_same_again_within_seconds_is_labelled() {
    let site = Site::tracked().await;
    for _ in 0..3 {
        site.get(&site.pixel()).await;
    }
    wait(Duration::from_secs(11));
    site.get(&site.pixel()).await;
    let repeats = site.hits().await.iter().filter(|hit| hit.repeat).count();
    assert_eq!((site.hits().await.len(), repeats), (4, 2));
}

/// Looks for a text in everything below the database's folder.
fn on_disk(site: &Site, needle: &str) -> bool {
    std::fs::read_dir(site.dir.path()).unwrap().any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        bytes
            .windows(needle.len())
            .any(|window| window == needle.as_bytes())
    })
}

#[tokio::test]
async fn r_mode_10_no_address_agent_or_token_reaches_the_disk() {
    for modes in [
        PerAxis::all(Mode::None),
        PerAxis::all(Mode::Individual),
        PerAxis::all(Mode::Detailed),
    ] {
        let site = Site::new(modes).await;
        site.raise_ceiling().await;
        site.set(&Topic::ALL, ConsentState::Given).await;
        let agent = format!("{FIREFOX} {}", sentinel());
        let (referer, peer) = (sentinel(), "127.99.1.2:50000".parse().unwrap());
        let headers = [
            ("user-agent", agent.as_str()),
            ("referer", referer.as_str()),
            ("x-forwarded-for", "127.99.1.3"),
            ("sec-fetch-dest", "image"),
        ];
        for path in [site.pixel(), site.link(), site.person(), site.receipt()] {
            for method in ["GET", "HEAD"] {
                site.ask(request_from(peer, method, &path, &headers, ""))
                    .await;
            }
            let proxy = "10.0.0.1:50000".parse().unwrap();
            site.ask(request_from(proxy, "GET", &path, &headers, ""))
                .await;
        }
        let stored = site.recorder.stats().stored;
        assert_eq!(stored, if modes.open == Mode::None { 0 } else { 6 });
        let tokens = [
            site.open_token(&site.ring),
            site.ring.person(site.copy),
            site.ring.receipt(site.copy),
            site.click_token(&site.ring, crate::site::DESTINATION),
        ];
        let secrets = [
            agent.rsplit(' ').next().unwrap(),
            &referer,
            "127.99.1.2",
            "127.99.1.3",
            "Gecko",
        ];
        for secret in secrets
            .into_iter()
            .chain(tokens.iter().map(model::Token::as_str))
        {
            assert!(!on_disk(&site, secret), "{modes:?} {secret}");
        }
        assert!(on_disk(&site, "Your offer"), "the search itself works");
        let with_facts = site
            .hits()
            .await
            .iter()
            .filter(|hit| hit.facts.is_some())
            .count();
        assert_eq!(with_facts > 0, modes.open == Mode::Detailed);
    }
}

/// Where a test's log goes.
#[derive(Clone, Default)]
struct Log(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn r_sec_22_logs_hold_no_token_address_or_agent() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let site = Site::tracked().await;
    let agent = sentinel();
    let peer = "127.99.1.2:50000".parse().unwrap();
    let headers = [("user-agent", agent.as_str()), ("referer", agent.as_str())];
    for broken in [false, true] {
        if broken {
            // What fails is logged: hits, and pages.
            let away = "alter table copy rename to copy_away";
            site.database().execute_batch(away).unwrap();
        }
        for path in [
            site.pixel(),
            site.link(),
            site.person(),
            site.receipt(),
            "/c/forged?to=https://evil.example".into(),
        ] {
            for method in ["GET", "HEAD", "POST"] {
                site.ask(request_from(peer, method, &path, &headers, "withdraw=all"))
                    .await;
            }
        }
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("the store takes no hits") && log.contains("has to wait for the store"),
        "{log}"
    );
    let token = |url: String| {
        url.split(['/', '?', '.'])
            .find(|part| part.len() == 48)
            .unwrap()
            .to_owned()
    };
    let tokens = [site.pixel(), site.link(), site.person(), site.receipt()].map(token);
    let secrets = [
        agent.as_str(),
        "127.99.1.2",
        "bob@home",
        "ann@bright",
        "Your offer",
        "shop.example",
        "evil.example",
    ];
    for secret in secrets.into_iter().chain(tokens.iter().map(String::as_str)) {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}
