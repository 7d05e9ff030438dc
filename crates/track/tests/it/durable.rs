//! Hits are on disk before the answer; and when the disk is not there, readers do not notice.

use crate::site::{DESTINATION, Site, random, until};
use axum::http::StatusCode;
use model::hit::Hit;
use model::{Axis, Facts, HitId, Meaning, Verdict};
use std::hash::RandomState;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use track::{Folding, Seen, Trace};
use verdict::settle::Source;

fn breaks(site: &Site) {
    site.database()
        .execute_batch("alter table hit rename to hit_away")
        .unwrap();
}

fn mends(site: &Site) {
    site.database()
        .execute_batch("alter table hit_away rename to hit")
        .unwrap();
}

#[tokio::test]
async fn a_hit_is_on_disk_before_its_answer() {
    let site = Site::tracked().await;
    site.get(&site.pixel()).await;
    let stored: i64 = site
        .database()
        .query_row("select count(*) from hit", [], |row| row.get(0))
        .unwrap();
    assert_eq!(stored, 1);
}

#[tokio::test]
async fn with_the_store_down_answers_go_on_and_hits_are_kept() {
    let site = Site::tracked().await;
    breaks(&site);
    for _ in 0..20 {
        assert_eq!(
            site.get(&site.link()).await.header("location"),
            Some(DESTINATION)
        );
        assert_eq!(site.get(&site.pixel()).await.body.len(), 43);
    }
    let stats = site.recorder.stats();
    assert_eq!((stats.waiting, stats.lost, stats.down), (40, 0, true));
    mends(&site);
    until(async || site.recorder.stats().waiting == 0).await;
    let stats = site.recorder.stats();
    assert_eq!((stats.stored, stats.lost, stats.down), (40, 0, false));
    assert_eq!(site.hits().await.len(), 40);
}

#[tokio::test]
async fn with_the_store_slow_a_click_does_not_wait_for_it() {
    let site = Site::tracked().await;
    let database = site.database();
    database.execute_batch("begin immediate").unwrap();
    // The answer arrives while the lock is held, so it cannot have waited for the store.
    assert_eq!(
        site.get(&site.link()).await.header("location"),
        Some(DESTINATION)
    );
    assert_eq!(site.recorder.stats().stored, 0);
    database.execute_batch("rollback").unwrap();
    until(async || site.recorder.stats().stored == 1).await;
}

#[tokio::test]
async fn a_reader_who_goes_away_loses_no_hit() {
    let site = Site::tracked().await;
    let database = site.database();
    database.execute_batch("begin immediate").unwrap();
    let path = site.pixel();
    let gone = tokio::time::timeout(Duration::from_millis(20), site.get(&path)).await;
    assert!(gone.is_err(), "the pixel waits for its hit");
    database.execute_batch("rollback").unwrap();
    until(async || site.hits().await.len() == 1).await;
}

fn hit(site: &Site, id: [u8; 16]) -> Hit {
    let verdict = Verdict {
        opener: "browser".into(),
        meaning: Meaning::Human,
        confidence: 90,
        reasons: vec!["navigated".into()],
    };
    let at = crate::site::START;
    Hit {
        id: HitId(id),
        copy: site.copy,
        axis: Axis::Open,
        link: 0,
        at,
        verdict,
        rules: verdict::RULES_VERSION,
        facts: Facts::default(),
        repeat: false,
    }
}

/// Where none of these hits came from.
fn trace() -> Trace {
    let request = verdict::Request {
        kind: Axis::Open,
        at: crate::site::START,
        method: "GET",
        https: true,
        remote: None,
        headers: verdict::Headers::default(),
        own_session: false,
        delivered_at: None,
    };
    Trace {
        key: 0,
        source: Source::of(&request, &RandomState::new()),
    }
}

#[tokio::test]
async fn a_hit_handed_in_twice_is_stored_once() {
    let site = Site::tracked().await;
    let id = random();
    for _ in 0..2 {
        site.recorder
            .record(Seen::Hit(hit(&site, id), trace()), Duration::from_mins(1))
            .await;
    }
    assert_eq!(site.hits().await.len(), 1);
}

#[tokio::test]
async fn a_full_queue_counts_what_it_cannot_take() {
    let site = Site::tracked().await;
    breaks(&site);
    site.recorder
        .record(
            Seen::Hit(hit(&site, random()), trace()),
            Duration::from_mins(1),
        )
        .await;
    until(async || site.recorder.stats().down).await;
    let handed_in = 70_000;
    for _ in 1..handed_in {
        site.recorder
            .record(
                Seen::Hit(hit(&site, random()), trace()),
                Duration::from_mins(1),
            )
            .await;
    }
    let stats = site.recorder.stats();
    assert!(stats.lost > 0 && stats.waiting >= 65_536, "{stats:?}");
    assert_eq!(stats.lost + stats.waiting, handed_in);
    // Answers go on all the same.
    assert_eq!(site.get(&site.link()).await.status, StatusCode::FOUND);
    assert_eq!(site.recorder.stats().lost, stats.lost + 1);
}

#[tokio::test]
async fn draining_writes_what_waits() {
    let site = Site::tracked().await;
    breaks(&site);
    site.get(&site.pixel()).await;
    assert_eq!(site.recorder.stats().waiting, 1);
    mends(&site);
    site.recorder.drain(Duration::from_mins(1)).await;
    assert_eq!(
        (site.recorder.stats().stored, site.recorder.stats().waiting),
        (1, 0)
    );
    site.get(&site.pixel()).await;
    assert_eq!(
        site.recorder.stats().lost,
        1,
        "what comes after the end is counted"
    );
}

#[tokio::test]
async fn draining_ends_also_when_the_store_does_not_come_back() {
    let site = Site::tracked().await;
    breaks(&site);
    site.get(&site.pixel()).await;
    site.recorder.drain(Duration::from_millis(1)).await;
    let stats = site.recorder.stats();
    assert_eq!((stats.stored, stats.waiting, stats.lost), (0, 0, 1));
}

#[tokio::test]
async fn hits_are_folded_and_pages_are_told() {
    let site = Site::tracked().await;
    let (nudge, changed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let folding = Folding {
        store: site.store.clone(),
        ambient: site.ambient,
        hold: Duration::from_secs(90),
        nudge: nudge.clone(),
        changed: changed.clone(),
    };
    let folding = tokio::spawn(folding.run());
    let image = [
        ("user-agent", crate::site::FIREFOX),
        ("sec-fetch-dest", "image"),
    ];
    site.ask(crate::site::request("GET", &site.pixel(), &image, ""))
        .await;
    nudge.notify_one();
    changed.notified().await;
    let copy = site.around().await.copy;
    assert_eq!(copy.seen.opens.human, 1);
    folding.abort();
}
