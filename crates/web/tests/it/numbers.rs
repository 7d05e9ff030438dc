//! Honest numbers: the tracked are the denominator, what cannot be known is an interval, machines stand apart.

use crate::client::{Client, World, world};
use crate::sample::Fate;
use model::Role;
use serde_json::{Value, json};
use std::time::Duration;

const TO: [(&str, Fate); 5] = [
    ("a@x.example", Fate::Read),
    ("b@x.example", Fate::Unsure),
    ("c@x.example", Fate::Sent),
    ("d@x.example", Fate::NeverAsked),
    ("e@x.example", Fate::Bounced),
];
const DAY: &str = "from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z";

/// A message with every fate, sent by the owner; their program, and the sums of the day.
async fn figures(w: &World) -> (Client, Value) {
    let owner = w.user(Role::Owner);
    let (sent, to) = (Duration::from_mins(200), &TO);
    w.sample.message(owner, "Figures", sent, to).await;
    let program = w.program(owner).await;
    let sums = program.get(&format!("/api/v1/summary?{DAY}")).await.json();
    (program, sums)
}

#[tokio::test]
async fn the_same_numbers_for_programs_and_for_people() {
    let w = world().await;
    let (_, sums) = figures(&w).await;
    assert_eq!(
        (&sums["copies"], &sums["undelivered"]),
        (&json!(5), &json!(1))
    );
    assert_eq!(
        sums["opened"],
        json!({ "tracked": 3, "sure": 1, "perhaps": 1, "percent_low": 33.3, "percent_high": 66.7 })
    );
    assert_eq!(
        sums["clicked"],
        json!({ "tracked": 3, "sure": 1, "perhaps": 0, "percent_low": 33.3, "percent_high": 33.3 })
    );
    assert_eq!(sums["clicks"]["machine"], 1);
    let page = w
        .browser(w.user(Role::Owner))
        .await
        .page("/numbers")
        .await
        .text;
    for part in [
        "33 % to 67 %",
        "3 tracked",
        "1 surely",
        "1 perhaps",
        "1 not delivered",
        "1 not tracked",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[tokio::test]
async fn a_time_that_is_none_is_refused() {
    let w = world().await;
    let program = w.program(w.user(Role::Owner)).await;
    for query in [
        "",
        "from=yesterday&to=today",
        "from=2026-11-22T00:00:00Z&to=2026-11-21T00:00:00Z",
        "from=2026-11-21T00:00:00Z",
    ] {
        let answer = program.get(&format!("/api/v1/summary?{query}")).await;
        answer.is_problem(400);
    }
}

#[tokio::test]
async fn r_mode_17_every_rate_names_whom_it_is_about_and_of_whom_nothing_is_known() {
    let w = world().await;
    let (program, sums) = figures(&w).await;
    assert_eq!(
        (
            &sums["n_tracked"],
            &sums["n_not_tracked"],
            &sums["opened"]["tracked"]
        ),
        (&json!(3), &json!(1), &json!(3))
    );
    // The one thing that opens decide: it does not apply to people of whom nothing is known.
    let cleaning = program
        .get("/api/v1/list-cleaning?since=2026-11-01")
        .await
        .json();
    assert_eq!(
        (&cleaning["n_tracked"], &cleaning["items"]),
        (&json!(0), &json!([]))
    );
    let all = cleaning["n_not_applicable"].as_u64().unwrap();
    assert!(all >= TO.len() as u64, "{cleaning}");
    let page = w
        .browser(w.user(Role::Owner))
        .await
        .page("/contacts/inactive")
        .await
        .text;
    assert!(page.contains(&format!("{all} others")), "{page}");
}
