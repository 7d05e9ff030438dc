//! What neighbouring hits reveal reaches the verdicts that are stored.

use crate::site::{DESTINATION, FIREFOX, Site, request, request_from, until, wait};
use model::url::Destination;
use model::{Axis, Meaning};
use std::time::Duration;
use store::StoredHit;

const IMAGE: [(&str, &str); 2] = [("user-agent", FIREFOX), ("sec-fetch-dest", "image")];

/// Looks at the picture, and half a minute later at three links within a second, as scanners do.
async fn scan(site: &Site) {
    site.ask(request("GET", &site.pixel(), &IMAGE, "")).await;
    wait(Duration::from_secs(30));
    for number in 1..=3 {
        wait(Duration::from_millis(300));
        site.get(&site.link_number(number)).await;
    }
}

fn opens(hits: &[StoredHit]) -> Vec<(Meaning, Option<Meaning>)> {
    let opens = hits.iter().filter(|hit| hit.axis == Axis::Open);
    opens
        .map(|hit| (hit.verdict.meaning, hit.revised_from))
        .collect()
}

#[tokio::test]
async fn a_burst_takes_the_open_before_it_along() {
    let site = Site::tracked().await;
    site.ask(request("GET", &site.pixel(), &IMAGE, "")).await;
    assert_eq!(opens(&site.hits().await), [(Meaning::Human, None)]);
    wait(Duration::from_secs(20));
    scan(&site).await;
    let revised = (Meaning::Machine, Some(Meaning::Human));
    until(async || opens(&site.hits().await) == [revised; 2]).await;
    until(async || {
        let hits = site.hits().await;
        let mut clicks = hits.iter().filter(|hit| hit.axis == Axis::Click);
        clicks.all(|hit| hit.verdict.reasons[0] == "link_burst")
    })
    .await;
}

#[tokio::test]
async fn what_came_last_is_compared_before_the_end() {
    let site = Site::tracked().await;
    scan(&site).await;
    site.recorder.drain(Duration::from_mins(1)).await;
    let revised = (Meaning::Machine, Some(Meaning::Human));
    assert_eq!(opens(&site.hits().await), [revised]);
}

#[tokio::test]
async fn a_hit_that_may_not_be_recorded_tells_nothing_about_others() {
    // Clicks of this copy are not consented to: their burst is nobody's business.
    let site = Site::tracked().await;
    site.set(&[model::Topic::Click], model::ConsentState::Withdrawn)
        .await;
    scan(&site).await;
    site.recorder.drain(Duration::from_mins(1)).await;
    assert_eq!(opens(&site.hits().await), [(Meaning::Human, None)]);
}

#[tokio::test]
async fn the_next_day_nothing_is_compared_with_the_day_before() {
    let site = Site::tracked().await;
    site.ask(request("GET", &site.pixel(), &IMAGE, "")).await;
    wait(Duration::from_hours(24) - Duration::from_millis(500));
    // Two links within a second would be a pair; but the second comes under a new key.
    site.get(&site.link_number(1)).await;
    wait(Duration::from_millis(600));
    site.get(&site.link_number(2)).await;
    site.recorder.drain(Duration::from_mins(1)).await;
    let hits = site.hits().await;
    assert!(
        hits.iter().all(|hit| hit.revised_from.is_none()),
        "{hits:?}"
    );
}

#[tokio::test]
async fn gmail_within_seconds_of_delivery_is_doubted() {
    let site = Site::tracked().await;
    site.deliver().await;
    wait(Duration::from_secs(3));
    let gmail =
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
    let peer = "66.249.93.7:50000".parse().unwrap();
    let headers = [("user-agent", gmail)];
    site.ask(request_from(peer, "GET", &site.pixel(), &headers, ""))
        .await;
    site.recorder.drain(Duration::from_mins(1)).await;
    let verdict = &site.hits().await[0].verdict;
    assert_eq!(
        (verdict.meaning, verdict.confidence),
        (Meaning::Unknown, 50)
    );
    assert_eq!(verdict.reasons[0], "seconds_after_delivery");
}

impl Site {
    fn link_number(&self, number: u16) -> String {
        let to: Destination = DESTINATION.parse().unwrap();
        self.path(&self.origin.click(&self.numbered_token(number), &to))
    }
}
