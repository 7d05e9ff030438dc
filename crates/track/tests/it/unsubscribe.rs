//! Unsubscribing: one click from a mail program, or the button on the page.

use crate::site::{Site, suppression};
use axum::http::StatusCode;
use model::{ConsentState, Language, Topic};

async fn is_suppressed(site: &Site) -> bool {
    let around = site.around().await;
    let mark = suppression().mark(site.workspace, &around.contact.address);
    let found = site.store.suppressed(site.workspace, vec![mark]).await;
    found.unwrap()[0].is_some()
}

fn path(site: &Site) -> String {
    format!("/u/{}", site.ring.unsubscribe(site.copy))
}

#[tokio::test]
async fn r_msg_01_get_shows_and_post_acts_and_twice_is_once() {
    let site = Site::tracked().await;
    let page = site.get(&path(&site)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.text()
            .contains("Stop such mails from Bright &amp; Co?")
            || page
                .text()
                .contains("Stop such mails from Bright &#38; Co?"),
        "{}",
        page.text()
    );
    assert!(!is_suppressed(&site).await);
    for _ in 0..2 {
        let answer = site.post(&path(&site), "List-Unsubscribe=One-Click").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.text().contains("no more such mails"));
        assert!(is_suppressed(&site).await);
    }
}

#[tokio::test]
async fn r_with_05_unsubscribing_ends_tracking_and_coming_back_does_not_bring_it_back() {
    let site = Site::tracked().await;
    let stopped = site.post(&path(&site), "answer=stop").await;
    assert_eq!(stopped.status, StatusCode::OK);
    let standing = async || {
        let around = site.around().await;
        Topic::ALL.map(|topic| around.contact.consent.get(topic).state)
    };
    assert_eq!(standing().await, [ConsentState::Withdrawn; 4]);
    let again = site.post(&path(&site), "answer=again").await;
    assert!(again.text().contains("you get such mails again"));
    assert!(!is_suppressed(&site).await);
    assert_eq!(standing().await, [ConsentState::Withdrawn; 4]);
}

#[tokio::test]
async fn r_with_05_withdrawing_on_the_page_leaves_the_mails_as_they_are() {
    let site = Site::tracked().await;
    let answer = site.post(&site.person(), "withdraw=all").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!is_suppressed(&site).await);
}

#[tokio::test]
async fn a_wrong_link_or_button_stops_nothing() {
    let site = Site::tracked().await;
    for token in [
        site.ring.person(site.copy),
        site.ring.unsubscribe(model::CopyId([9; 16])),
    ] {
        let answer = site
            .post(&format!("/u/{token}"), "List-Unsubscribe=One-Click")
            .await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    let answer = site.post(&path(&site), "answer=maybe").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(!is_suppressed(&site).await);
}

#[tokio::test]
async fn the_page_is_there_in_every_language() {
    let site = Site::untracked().await;
    let mut seen = std::collections::BTreeSet::new();
    for language in Language::ALL {
        let page = site
            .get(&format!("{}?lang={}", path(&site), language.as_str()))
            .await;
        let title = page
            .text()
            .split("<h1>")
            .nth(1)
            .unwrap()
            .split("</h1>")
            .next()
            .unwrap()
            .to_owned();
        assert!(seen.insert(title), "{language:?}");
    }
}
