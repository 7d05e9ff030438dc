//! Links: exactly where the sender pointed, or nowhere.

use crate::site::{Answer, DESTINATION, FIREFOX, Site, request, wait};
use axum::http::StatusCode;
use model::{ConsentState, Keyring, Meaning, Topic};
use std::time::Duration;

/// A page that leads nowhere: no redirect of any kind, and no way to go on by hand.
fn leads_nowhere(answer: &Answer) -> bool {
    let text = answer.text().to_lowercase();
    answer.status == StatusCode::NOT_FOUND
        && answer.header("location").is_none()
        && answer.header("refresh").is_none()
        && ![
            "http-equiv",
            "<script",
            "shop.example",
            "evil.example",
            "javascript:",
        ]
        .iter()
        .any(|bad| text.contains(bad))
}

#[tokio::test]
async fn a_link_leads_exactly_where_it_was_pointed() {
    let site = Site::tracked().await;
    for path in [
        site.link(),
        format!("{}&utm_source=mail&data=05%7C01", site.link()),
        site.link().replace("%3F", "%3f"),
        site.link().replace("?to=", "?x=1&to="),
        site.link().replace("%3F", "?").replace("%3D", "="),
        format!("{}&to=https://evil.example", site.link()),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = site
                .ask(request(method, &path, &[("user-agent", FIREFOX)], ""))
                .await;
            assert_eq!(answer.status, StatusCode::FOUND, "{path}");
            assert_eq!(answer.header("location"), Some(DESTINATION));
            assert_eq!(
                answer.header("referrer-policy"),
                Some("no-referrer"),
                "the token is not for the destination"
            );
        }
    }
    let hits = site.hits().await;
    assert_eq!(hits.len(), 12);
    assert!(hits.iter().all(|hit| hit.link == 1));
    assert!(
        hits.iter()
            .any(|hit| hit.verdict.meaning == Meaning::Machine),
        "HEAD follows no link"
    );
}

#[tokio::test]
async fn r_sec_01_no_changed_link_leads_anywhere_else() {
    let site = Site::tracked().await;
    let link = site.link();
    for at in 0..link.len() {
        for byte in ["a", "A", "0", "%", "/", "&", "@", ".", "", "%0D%0A"] {
            let changed = format!("{}{byte}{}", &link[..at], &link[at + 1..]);
            if !changed.starts_with("/c/") || changed.parse::<axum::http::Uri>().is_err() {
                continue;
            }
            let answer = site.get(&changed).await;
            match answer.header("location") {
                Some(to) => assert_eq!(to, DESTINATION, "{changed}"),
                None => assert!(leads_nowhere(&answer), "{changed}"),
            }
        }
    }
    for end in "/c/".len()..link.len() {
        assert!(leads_nowhere(&site.get(&link[..end]).await), "cut at {end}");
    }
}

#[tokio::test]
async fn r_sec_01_forged_foreign_and_wrong_purpose() {
    let site = Site::tracked().await;
    let foreign = Keyring::new(&[(1, [9; 32])]).unwrap();
    let tokens = [
        site.click_token(&foreign, DESTINATION).to_string(),
        site.open_token(&site.ring).to_string(),
        site.ring.person(site.copy).to_string(),
        site.ring.receipt(site.copy).to_string(),
        site.click_token(&site.ring, "https://other.example/")
            .to_string(),
        "A".repeat(48),
        String::new(),
    ];
    let (_, query) = site
        .link()
        .split_once('?')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    for token in tokens {
        let answer = site.get(&format!("/c/{token}?{query}")).await;
        assert!(
            answer.header("location").is_none() && answer.status == StatusCode::NOT_FOUND,
            "{token}"
        );
    }
    let token = site.click_token(&site.ring, DESTINATION).to_string();
    for query in [
        "",
        "?",
        "?to",
        "?to=",
        "?to=%",
        "?to=%zz",
        "?to=%ff%fe",
        "?to=https://evil.example",
        "?TO=x",
        "?&&==&",
    ] {
        assert!(
            leads_nowhere(&site.get(&format!("/c/{token}{query}")).await),
            "{query}"
        );
    }
    // A valid MAC is not enough: where it leads is checked again when it is followed.
    for to in [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://u:p@evil.example/",
        "//evil.example",
        "https://a/%0d%0aX: y\r\nZ: 1",
    ] {
        let hex = data_encoding::HEXUPPER.encode(to.as_bytes());
        let escapes = hex
            .as_bytes()
            .chunks(2)
            .flat_map(|h| ['%', h[0] as char, h[1] as char]);
        let encoded: String = escapes.collect();
        let answer = site
            .get(&format!(
                "/c/{}?to={encoded}",
                site.click_token(&site.ring, to)
            ))
            .await;
        assert!(leads_nowhere(&answer), "{to:?}");
    }
    assert_eq!(site.recorder.stats().stored, 0);
}

#[tokio::test]
async fn the_page_of_a_changed_link_speaks_the_readers_language() {
    let site = Site::tracked().await;
    let answer = site
        .ask(request(
            "GET",
            "/c/x?to=https://evil.example",
            &[("accept-language", "de")],
            "",
        ))
        .await;
    assert!(answer.text().contains("Dieser Link wurde verändert"));
    assert!(leads_nowhere(&answer));
    assert!(leads_nowhere(
        &site.get("/c/x?to=https://evil.example&lang=fr").await
    ));
}

#[tokio::test]
async fn r_sec_01_a_link_never_expires() {
    let site = Site::tracked().await;
    let link = site.link();
    wait(Duration::from_hours(24 * 365 * 5));
    assert_eq!(site.get(&link).await.header("location"), Some(DESTINATION));
}

#[tokio::test]
async fn r_with_03_after_a_withdrawal_links_work_and_nothing_is_kept() {
    let site = Site::tracked().await;
    site.get(&site.pixel()).await;
    assert_eq!(site.hits().await.len(), 1);
    let page = site.post(&site.person(), "withdraw=all").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(site.state(Topic::Open).await, ConsentState::Withdrawn);
    wait(Duration::from_mins(1));
    site.get(&site.pixel()).await;
    assert_eq!(
        site.get(&site.link()).await.header("location"),
        Some(DESTINATION)
    );
    assert_eq!(site.hits().await.len(), 1);
    assert_eq!(site.recorder.stats().refused, 2);
}
