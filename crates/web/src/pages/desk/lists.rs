//! The lists: what was lowered, expiring consents, requests, breaches, acts.

use super::super::view::topic_words;
use super::sheet::{Cell, PAGE, Sheet, Span};
use super::{DAY, in_words, names};
use crate::auth::{May, User};
use crate::error::Result;
use crate::extract::Params;
use crate::{Shared, paging};
use axum::extract::State;
use axum::response::Response;
use model::role::Act;
use model::{ActKind, Time, UserId};
use std::collections::HashMap;
use store::ActFilter;

/// `GET /compliance/lowered`
pub(super) async fn lowered(
    State(web): State<Shared>,
    user: User,
    Params(mut span): Params<Span>,
) -> Result<Response> {
    user.may(Act::SeeAll)?;
    let (from, to) = span.times((web.app.ambient.now)())?;
    let found = web.app.store.exceptions(user.workspace, from, to).await?;
    let row = |e: store::Exception| {
        vec![
            Cell::Text(e.reason.sentence().into()),
            Cell::Text(e.copies.to_string()),
            Cell::At(e.last_at),
        ]
    };
    Ok(Sheet {
        intro:
            "Copies that went out with less tracking than their sender’s settings ask for, and why."
                .into(),
        filter: Some(span),
        columns: vec!["Why", "Copies", "Last"],
        rows: found.into_iter().map(row).collect(),
        empty: (
            "Nothing was lowered in this time",
            "Here stands why mails go out with less tracking, or none.",
        ),
        ..Sheet::of(&user, "Lowered", "lowered")
    }
    .respond())
}

/// `GET /compliance/expiring`
pub(super) async fn expiring(State(web): State<Shared>, user: User) -> Result<Response> {
    user.may(Act::SeeAll)?;
    let now = (web.app.ambient.now)();
    let found = web
        .app
        .store
        .consents_expiring(user.workspace, now, 60 * DAY, 1_000)
        .await?;
    let row = |e: store::Expiring| {
        vec![
            Cell::Link(format!("/contacts/{}", e.contact), e.address),
            Cell::Text(topic_words(e.topic).into()),
            Cell::At(e.ends_at),
        ]
    };
    Ok(Sheet {
        intro: "Consents that end within 60 days. After that nothing more is recorded, until the person agrees anew."
            .into(),
        columns: vec!["Who", "To what", "Ends"],
        rows: found.into_iter().map(row).collect(),
        empty: ("No consent ends soon", "A consent ends two years after it was given; it stands here 60 days before."),
        ..Sheet::of(&user, "Expiring", "expiring")
    }
    .respond())
}

/// `GET /compliance/requests`
pub(super) async fn requests(State(web): State<Shared>, user: User) -> Result<Response> {
    user.may(Act::SeeAll)?;
    let now = (web.app.ambient.now)();
    let found = web.app.store.requests(user.workspace, 1_000).await?;
    let row = |r: store::Request| {
        let days = |from: Time, to: Time| to.since(from).as_secs() / 86_400;
        let clock = match r.clock.answered_at {
            Some(at) => format!("answered on {}", in_words(at)),
            None if r.clock.due_at < now => format!("late by {} days", days(r.clock.due_at, now)),
            None => format!(
                "{} days left, due {}",
                days(now, r.clock.due_at),
                in_words(r.clock.due_at)
            ),
        };
        let who = match (r.contact, r.address) {
            (Some(id), Some(address)) => Cell::Link(format!("/contacts/{id}"), address),
            _ => Cell::Text("not a contact any more".into()),
        };
        let right = format!("{} ({})", r.right.as_str(), r.right.article());
        let extended = r.extension.map(|why| format!("put off: {why}"));
        let how = extended.into_iter().chain(r.answer).collect();
        vec![
            Cell::At(r.clock.received_at),
            who,
            Cell::Text(right),
            Cell::Text(clock),
            Cell::Lines(how),
        ]
    };
    Ok(Sheet {
        intro: "What people asked for under their rights. Each must be answered within a month.".into(),
        columns: vec!["Came", "Who", "What", "Clock", "Answer"],
        rows: found.into_iter().map(row).collect(),
        empty: (
            "Nobody has asked yet",
            "When somebody asks on their page what is held about them, objects, or wants to be erased, it stands here \
             with the days that are left.",
        ),
        ..Sheet::of(&user, "Requests", "requests")
    }
    .respond())
}

/// `GET /compliance/breaches`
pub(super) async fn breaches(State(web): State<Shared>, user: User) -> Result<Response> {
    user.may(Act::SeeAll)?;
    let now = (web.app.ambient.now)();
    let found = web.app.store.breaches(user.workspace).await?;
    let row = |b: store::Breach| {
        let what = b
            .account
            .nature
            .lines()
            .next()
            .unwrap_or("")
            .chars()
            .take(80)
            .collect::<String>();
        let what = if what.is_empty() {
            "not described yet".into()
        } else {
            what
        };
        vec![
            Cell::At(b.aware_at),
            Cell::Link(format!("/compliance/breaches/{}", b.id), what),
            Cell::Text(super::breach::clock(&b, now).1),
        ]
    };
    Ok(Sheet {
        intro: "Every breach of personal data, also one that nobody has to be told of (Art. 33(5) GDPR).".into(),
        columns: vec!["Known since", "What", "Clock"],
        rows: found.into_iter().map(row).collect(),
        empty: (
            "No breach has been entered",
            "Data lost, seen by the wrong person, changed or gone: enter it as soon as one of you knows. 72 hours run \
             from then.",
        ),
        next: Some(("/compliance/breaches/new", "Enter a breach")),
        ..Sheet::of(&user, "Breaches", "breaches")
    }
    .respond())
}

/// `GET /compliance/acts`
pub(super) async fn acts(
    State(web): State<Shared>,
    user: User,
    Params(mut span): Params<Span>,
) -> Result<Response> {
    user.may(Act::SeeAll)?;
    let (from, to) = span.times((web.app.ambient.now)())?;
    let filter = ActFilter {
        from: Some(from),
        to: Some(to),
        before: paging::after(&span.after)?,
        limit: PAGE as u32 + 1,
        ..ActFilter::default()
    };
    let mut found = web.app.store.acts(user.workspace, filter).await?;
    let more = paging::cut(&mut found, PAGE, |last| {
        format!(
            "/compliance/acts?from={}&to={}&after={}",
            span.from, span.to, last.seq
        )
    });
    let names = names(&web, &user).await?;
    let row = |act| row_of(act, &names);
    Ok(Sheet {
        intro: "Who did what, when and why. Each line is an entry of the ledger, which the command “overt audit verify” checks."
            .into(),
        columns: vec!["When", "Who", "What", "Why", "Entry"],
        rows: found.into_iter().map(row).collect(),
        filter: Some(span),
        empty: ("Nothing was done in this time", "Every sign-in, change of limits and export stands here."),
        more,
        ..Sheet::of(&user, "Acts", "acts")
    }
    .respond())
}

/// What was done, by whom, to what, and why: a row of the list.
fn row_of(act: store::Act, names: &HashMap<UserId, String>) -> Vec<Cell> {
    let who = match act.user {
        Some(id) => names
            .get(&id)
            .cloned()
            .unwrap_or_else(|| "a former user".into()),
        None if act.kind == ActKind::UserSignInFailed => "somebody".into(),
        None => "on the machine".into(),
    };
    let object = match act.object.split_once(':') {
        Some(("user", id)) => id.parse().ok().and_then(|id| names.get(&id).cloned()),
        _ => None,
    };
    let change = match (&act.before, &act.after) {
        (Some(before), Some(after)) => Some(format!("from: {before}\nto: {after}")),
        (None, Some(after)) => Some(after.clone()),
        (Some(before), None) => Some(before.clone()),
        (None, None) => None,
    };
    let mut what = vec![act.kind.words().to_owned()];
    let other = object.filter(|name| *name != who);
    what.extend(other.map(|name| format!("about {name}")));
    what.extend(change.iter().flat_map(|c| c.lines()).map(str::to_owned));
    vec![
        Cell::At(act.at),
        Cell::Text(who),
        Cell::Lines(what),
        Cell::Text(act.reason.unwrap_or_default()),
        Cell::Text(act.seq.to_string()),
    ]
}
