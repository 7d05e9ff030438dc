//! The lists: register, what was lowered, expiring consents, requests, breaches, acts, and the monthly report.

use super::super::Page;
use super::super::sent::scope;
use super::super::view::mode_words;
use super::sheet::{Cell, Sheet, Span};
use super::{DAY, date, day};
use crate::Shared;
use crate::auth::{May, User};
use crate::error::{Error, Result};
use crate::extract::Params;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use model::role::Act;
use model::{ActKind, MessageId, Mode, PerAxis, Time};
use serde::Deserialize;
use std::collections::HashMap;
use store::{ActFilter, By, RegisterFilter, Registered};

/// Lines of a page.
const PAGE: usize = 100;
/// Lines of a file.
const FILE: u32 = 100_000;

fn modes(m: &PerAxis<Mode>) -> String {
    let axes = [
        ("opens", m.open),
        ("clicks", m.click),
        ("documents", m.document),
    ];
    let used: Vec<_> = axes
        .iter()
        .filter(|(_, mode)| *mode > Mode::None)
        .map(|(axis, mode)| format!("{axis}: {}", mode_words(*mode)))
        .collect();
    used.join("; ")
}

async fn names(web: &Shared, user: &User) -> Result<HashMap<model::UserId, String>> {
    let members = web.app.store.members(user.workspace).await?;
    Ok(members
        .into_iter()
        .map(|m| (m.user.id, m.user.name))
        .collect())
}

fn basis(line: &Registered) -> Vec<String> {
    if line.texts.is_empty() {
        return vec!["consent, no text kept".into()];
    }
    let short = |digest: &model::Sha256| digest.to_string().chars().take(12).collect::<String>();
    line.texts
        .iter()
        .map(|t| format!("consent, text {}…", short(t)))
        .collect()
}

/// `GET /compliance/register`
pub(super) async fn register(
    State(web): State<Shared>,
    user: User,
    Params(mut span): Params<Span>,
) -> Result<Response> {
    let (from, to) = span.times((web.app.ambient.now)())?;
    let after = place(&span.after)?;
    let filter = RegisterFilter {
        user: scope(&user),
        from: Some(from),
        to: Some(to),
        after,
        limit: PAGE as u32 + 1,
    };
    let mut found = web.app.store.register(user.workspace, filter).await?;
    let further = found.len() > PAGE;
    found.truncate(PAGE);
    let query = format!("from={}&to={}", span.from, span.to);
    let more = found.last().filter(|_| further).map(|last| {
        format!(
            "/compliance/register?{query}&after={}.{}",
            last.at.0, last.message
        )
    });
    let names = names(&web, &user).await?;
    let row = |line: Registered| {
        let of = |n: u32, text: String| format!("{n} × {text}");
        vec![
            Cell::At(line.at),
            Cell::Text(names.get(&line.user).cloned().unwrap_or_default()),
            Cell::Link(
                format!("/messages/{}", line.message),
                line.class.as_str().replace('_', " "),
            ),
            Cell::Lines(basis(&line)),
            Cell::Lines(line.tracked.iter().map(|(m, n)| of(*n, modes(m))).collect()),
            Cell::Lines(
                line.untracked
                    .iter()
                    .map(|(r, n)| of(*n, r.sentence().into()))
                    .collect(),
            ),
        ]
    };
    Ok(Sheet {
        page: Page::of(&user, "compliance", "Register"),
        here: "register",
        sees_all: user.role.may(Act::SeeAll),
        intro: "Every mail that carried tracking: who sent it, what for, on what basis, and what of whom may be \
                recorded."
            .into(),
        columns: vec!["Sent", "By", "Purpose", "Basis", "Tracked copies", "Untracked copies, and why"],
        rows: found.into_iter().map(row).collect(),
        empty: (
            "No tracked mail in this time",
            "As soon as somebody sends mail to a person who agreed to be tracked, it stands here.",
        ),
        more,
        downloads: vec![(format!("/compliance/register.csv?{query}"), "As CSV")],
        filter: Some(span),
        next: None,
    }
    .respond())
}

/// `1795294080000.BwcH…`: where a page ended.
fn place(text: &str) -> Result<Option<(Time, MessageId)>> {
    if text.is_empty() {
        return Ok(None);
    }
    let bad = || Error::Query("after: take it from the page before".into());
    let (at, id) = text.split_once('.').ok_or_else(bad)?;
    let at = at.parse().map_err(|_| bad())?;
    Ok(Some((Time(at), id.parse().map_err(|_| bad())?)))
}

/// A field of a CSV file. One that a spreadsheet would take for a formula is disarmed by an apostrophe.
pub(super) fn csv(text: &str) -> String {
    let armed = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let apostrophe = if armed { "'" } else { "" };
    format!("\"{apostrophe}{}\"", text.replace('"', "\"\""))
}

/// A CSV file as an answer.
pub(super) fn csv_file(name: &str, text: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, text).into_response()
}

/// `GET /compliance/register.csv`: the same as a file. Drawing it is an act.
pub(super) async fn register_csv(
    State(web): State<Shared>,
    user: User,
    Params(mut span): Params<Span>,
) -> Result<Response> {
    let now = (web.app.ambient.now)();
    let (from, to) = span.times(now)?;
    let filter = RegisterFilter {
        user: scope(&user),
        from: Some(from),
        to: Some(to),
        after: None,
        limit: FILE,
    };
    let found = web.app.store.register(user.workspace, filter).await?;
    let names = names(&web, &user).await?;
    let mut text =
        String::from("sent,by,from,purpose,message,tracked,modes,untracked,reasons,texts\r\n");
    for line in &found {
        let words = |parts: Vec<String>| parts.join("; ");
        let tracked = line.tracked_copies();
        let fields = [
            line.at.rfc3339(),
            names.get(&line.user).cloned().unwrap_or_default(),
            line.sender.clone(),
            line.class.as_str().to_owned(),
            line.message.to_string(),
            tracked.to_string(),
            words(
                line.tracked
                    .iter()
                    .map(|(m, n)| format!("{n} × {}", modes(m)))
                    .collect(),
            ),
            (line.copies - tracked).to_string(),
            words(
                line.untracked
                    .iter()
                    .map(|(r, n)| format!("{n} × {}", r.code()))
                    .collect(),
            ),
            words(line.texts.iter().map(ToString::to_string).collect()),
        ];
        text += &fields.iter().map(|f| csv(f)).collect::<Vec<_>>().join(",");
        text += "\r\n";
    }
    let what = format!("register {} to {}", span.from, span.to);
    let by = By::user(user.id, now);
    web.app
        .store
        .act_note(user.workspace, ActKind::RegisterExported, &what, by)
        .await?;
    Ok(csv_file("register.csv", text))
}

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
        page: Page::of(&user, "compliance", "Lowered"),
        here: "lowered",
        sees_all: true,
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
        more: None,
        downloads: Vec::new(),
        next: None,
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
            Cell::Text(super::super::view::topic_words(e.topic).into()),
            Cell::At(e.ends_at),
        ]
    };
    Ok(Sheet {
        page: Page::of(&user, "compliance", "Expiring"),
        here: "expiring",
        sees_all: true,
        intro: "Consents that end within 60 days. After that nothing more is recorded, until the person agrees anew."
            .into(),
        filter: None,
        columns: vec!["Who", "To what", "Ends"],
        rows: found.into_iter().map(row).collect(),
        empty: ("No consent ends soon", "A consent ends two years after it was given; it stands here 60 days before."),
        more: None,
        downloads: Vec::new(),
        next: None,
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
            Some(at) => format!("answered on {}", date(at)),
            None if r.clock.due_at < now => format!("late by {} days", days(r.clock.due_at, now)),
            None => format!(
                "{} days left, due {}",
                days(now, r.clock.due_at),
                date(r.clock.due_at)
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
        page: Page::of(&user, "compliance", "Requests"),
        here: "requests",
        sees_all: true,
        intro: "What people asked for under their rights. Each must be answered within a month.".into(),
        filter: None,
        columns: vec!["Came", "Who", "What", "Clock", "Answer"],
        rows: found.into_iter().map(row).collect(),
        empty: (
            "Nobody has asked yet",
            "When somebody asks on their page what is held about them, objects, or wants to be erased, it stands here \
             with the days that are left.",
        ),
        more: None,
        downloads: Vec::new(),
        next: None,
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
        page: Page::of(&user, "compliance", "Breaches"),
        here: "breaches",
        sees_all: true,
        intro: "Every breach of personal data, also one that nobody has to be told of (Art. 33(5) GDPR).".into(),
        filter: None,
        columns: vec!["Known since", "What", "Clock"],
        rows: found.into_iter().map(row).collect(),
        empty: (
            "No breach has been entered",
            "Data lost, seen by the wrong person, changed or gone: enter it as soon as one of you knows. 72 hours run \
             from then.",
        ),
        more: None,
        downloads: Vec::new(),
        next: Some(("/compliance/breaches/new", "Enter a breach")),
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
    let before = match span.after.as_str() {
        "" => None,
        text => Some(
            text.parse()
                .map_err(|_| Error::Query("after: take it from the page before".into()))?,
        ),
    };
    let filter = ActFilter {
        from: Some(from),
        to: Some(to),
        before,
        limit: PAGE as u32 + 1,
        ..ActFilter::default()
    };
    let mut found = web.app.store.acts(user.workspace, filter).await?;
    let further = found.len() > PAGE;
    found.truncate(PAGE);
    let more = found.last().filter(|_| further).map(|last| {
        format!(
            "/compliance/acts?from={}&to={}&after={}",
            span.from, span.to, last.seq
        )
    });
    let names = names(&web, &user).await?;
    let row = |act: store::Act| {
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
        what.extend(
            object
                .filter(|name| *name != who)
                .map(|name| format!("about {name}")),
        );
        what.extend(
            change
                .into_iter()
                .flat_map(|c| c.lines().map(str::to_owned).collect::<Vec<_>>()),
        );
        vec![
            Cell::At(act.at),
            Cell::Text(who),
            Cell::Lines(what),
            Cell::Text(act.reason.unwrap_or_default()),
            Cell::Text(act.seq.to_string()),
        ]
    };
    Ok(Sheet {
        page: Page::of(&user, "compliance", "Acts"),
        here: "acts",
        sees_all: true,
        intro: "Who did what, when and why. Each line is an entry of the ledger, which the command “overt audit verify” checks."
            .into(),
        columns: vec!["When", "Who", "What", "Why", "Entry"],
        rows: found.into_iter().map(row).collect(),
        filter: Some(span),
        empty: ("Nothing was done in this time", "Every sign-in, change of limits and export stands here."),
        more,
        downloads: Vec::new(),
        next: None,
    }
    .respond())
}

/// Which month.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Which {
    month: String,
}

/// What happened in a month, for those who answer for it: lines of a name and a figure, by heading.
pub(crate) async fn month_report(
    web: &Shared,
    user: &store::User,
    month: &str,
) -> Result<Vec<(&'static str, String, u64)>> {
    let (store, workspace) = (&web.app.store, user.workspace);
    let bad = || Error::Query(format!("{month:?} is no month: write 2026-11."));
    let first: jiff::civil::Date = format!("{month}-01").parse().map_err(|_| bad())?;
    let next = first
        .checked_add(jiff::Span::new().months(1))
        .map_err(|_| bad())?;
    let (from, to) = (
        day(&first.to_string()).ok_or_else(bad)?,
        day(&next.to_string()).ok_or_else(bad)?,
    );
    let mut lines = Vec::new();
    let filter = RegisterFilter {
        from: Some(from),
        to: Some(to),
        limit: FILE,
        ..RegisterFilter::default()
    };
    let members = store.members(workspace).await?;
    let mails = store.register(workspace, filter).await?;
    for m in &members {
        let copies: u32 = mails
            .iter()
            .filter(|l| l.user == m.user.id)
            .map(Registered::tracked_copies)
            .sum();
        if copies > 0 {
            lines.push(("Tracked copies", m.user.name.clone(), copies.into()));
        }
    }
    for (state, n) in store.consent_counts(workspace, from, to).await? {
        let words = super::super::view::consent_word(state).to_owned();
        lines.push(("Changes of consent", words, n.into()));
    }
    for e in store.exceptions(workspace, from, to).await? {
        lines.push(("Lowered", e.reason.sentence().to_owned(), e.copies.into()));
    }
    let within = |at: Time| at >= from && at < to;
    let requests = store.requests(workspace, u16::MAX).await?;
    let count =
        |what: &dyn Fn(&store::Request) -> bool| requests.iter().filter(|r| what(r)).count() as u64;
    let came = count(&|r| within(r.clock.received_at));
    let answered = count(&|r| r.clock.answered_at.is_some_and(within));
    let late = count(&|r| {
        within(r.clock.due_at) && r.clock.answered_at.is_none_or(|at| at > r.clock.due_at)
    });
    lines.push(("Requests of persons", "Came in".into(), came));
    lines.push(("Requests of persons", "Answered".into(), answered));
    lines.push(("Requests of persons", "Not answered in time".into(), late));
    let breaches = store.breaches(workspace).await?;
    let noted = breaches.iter().filter(|b| within(b.aware_at)).count() as u64;
    lines.push(("Breaches", "Became known".into(), noted));
    let expiring = store
        .consents_expiring(workspace, to, 60 * DAY, 1_000)
        .await?;
    lines.push((
        "Consents",
        "End within 60 days of the month’s end".into(),
        expiring.len() as u64,
    ));
    Ok(lines)
}

/// `GET /compliance/report`
pub(super) async fn report(
    State(web): State<Shared>,
    user: User,
    Params(which): Params<Which>,
) -> Result<Response> {
    user.may(Act::SeeAll)?;
    let now = (web.app.ambient.now)();
    let month = if which.month.is_empty() {
        date(now).chars().take(7).collect()
    } else {
        which.month
    };
    let lines = month_report(&web, &user, &month).await?;
    let row = |(about, what, n): (&'static str, String, u64)| {
        vec![
            Cell::Text(about.into()),
            Cell::Text(what),
            Cell::Text(n.to_string()),
        ]
    };
    Ok(Sheet {
        page: Page::of(&user, "compliance", format!("Report for {month}")),
        here: "overview",
        sees_all: true,
        intro: "What happened in this month, for whoever answers for it. The same as JSON: /api/v1/compliance/report."
            .into(),
        filter: None,
        columns: vec!["About", "What", "How many"],
        rows: lines.into_iter().map(row).collect(),
        empty: ("Nothing happened in this month", "Tracked mails, changes of consent and requests are counted here."),
        more: None,
        downloads: Vec::new(),
        next: None,
    }
    .respond())
}
