//! The register: every mail that carried tracking, as a page and as a file.

use super::super::sent::scope;
use super::super::view::mode_words;
use super::csv::{FILE, csv, csv_file};
use super::names;
use super::sheet::{Cell, PAGE, Sheet, Span};
use crate::auth::User;
use crate::error::Result;
use crate::extract::Params;
use crate::{Shared, paging};
use axum::extract::State;
use axum::response::Response;
use model::role::Act;
use model::{ActKind, MessageClass, Mode, PerAxis};
use store::{By, RegisterFilter, Registered};

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

/// What a mail was for, in words.
fn purpose(class: MessageClass) -> &'static str {
    match class {
        MessageClass::Correspondence => "a letter",
        MessageClass::Transactional => "an order, account or contract",
        MessageClass::RequestedNewsletter => "a newsletter",
        MessageClass::Marketing => "advertising",
        MessageClass::Cold => "a first mail",
    }
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
pub(super) async fn page(
    State(web): State<Shared>,
    user: User,
    Params(mut span): Params<Span>,
) -> Result<Response> {
    let (from, to) = span.times((web.app.ambient.now)())?;
    let filter = RegisterFilter {
        user: scope(&user),
        from: Some(from),
        to: Some(to),
        after: paging::after(&span.after)?,
        limit: PAGE as u32 + 1,
    };
    let mut found = web.app.store.register(user.workspace, filter).await?;
    let query = format!("from={}&to={}", span.from, span.to);
    let more = paging::cut(&mut found, PAGE, |last| {
        format!("/compliance/register?{query}&after={}", last.place())
    });
    let names = names(&web, &user).await?;
    let row = |line: Registered| {
        let of = |n: u32, text: String| format!("{n} × {text}");
        vec![
            Cell::At(line.at),
            Cell::Text(names.get(&line.user).cloned().unwrap_or_default()),
            Cell::Link(
                format!("/messages/{}", line.message),
                purpose(line.class).into(),
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
        ..Sheet::of(&user, "Register", "register")
    }
    .respond())
}

/// `GET /compliance/register.csv`: the same as a file. Drawing it is an act.
pub(super) async fn file(
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
