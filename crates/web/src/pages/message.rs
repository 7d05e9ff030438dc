//! One message: what became of each copy, and how that is known.

use super::sent::visible;
use super::view::{CopyView, Mark, When, kind_words, mode_words, role_words, skip_words};
use super::{Page, show as render};
use crate::auth::User;
use crate::error::{Error, Result};
use crate::extract::{Id, Params};
use crate::{App, Shared};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::hit::NOT_ME;
use model::{Axis, CopyId, Facts, Meaning, MessageId, Mode, Reason, Time};
use serde::Deserialize;
use store::{Message, StoredHit, Sum};

/// Copies whose timelines stand on the page together; of more, one is shown at a time.
const TIMELINES_MAX: usize = 12;
/// Copies that are listed.
const LISTED_MAX: u16 = 2_000;

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    page: Page,
    message: Message,
    /// The copies with their timelines.
    stories: Vec<Story>,
    /// The first copies, where there are too many to tell all stories.
    index: Vec<CopyView>,
    /// Recipients in all.
    total: u32,
    parts: Vec<PartView>,
    links: Vec<LinkView>,
    /// What is known of those who are only counted.
    sums: Vec<Sum>,
}

struct Story {
    copy: CopyView,
    axes: Vec<AxisView>,
    /// Signs that it was opened elsewhere.
    signs: Vec<&'static str>,
    /// What a server or mail program said last.
    said: Option<String>,
    /// The server that takes this person's mail.
    taken_by: Option<String>,
    /// It names networks or countries, whose tables want to be named, too.
    names_places: bool,
    steps: Vec<Step>,
}

/// How much may be recorded on the axes named, and if nothing, why.
struct AxisView {
    names: &'static str,
    mode: &'static str,
    tracked: bool,
    reason: Option<&'static str>,
}

/// One thing that happened to a copy.
struct Step {
    at: Time,
    what: String,
    /// What the relay said, or what is known about the program.
    more: String,
    human: bool,
    /// How it is known; empty for what needs no explaining.
    reasons: Vec<&'static str>,
    confidence: u8,
    /// The version of the rules that say so.
    rules: u32,
    /// What it was taken for at first, if that was something else.
    revised_from: Option<&'static str>,
}

impl Step {
    fn plain(at: Time, what: impl Into<String>, more: impl Into<String>) -> Self {
        Self {
            at,
            what: what.into(),
            more: more.into(),
            human: false,
            reasons: Vec::new(),
            confidence: 0,
            rules: 0,
            revised_from: None,
        }
    }

    fn when(&self) -> When {
        When(self.at)
    }
}

/// One part of the mail, and what is done with it.
struct PartView {
    path: String,
    content_type: String,
    what: &'static str,
    hindrance: Option<&'static str>,
}

struct LinkView {
    number: u16,
    part: String,
    kind: &'static str,
    destination: String,
    skipped: Option<&'static str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    copy: Option<CopyId>,
}

impl MessagePage {
    fn sent_at(&self) -> When {
        When(self.message.accepted_at)
    }

    /// Those who are only counted, and what their common addresses were asked for.
    fn counted(&self) -> Option<(u32, Vec<String>)> {
        let crowd = self.sums.iter().map(|sum| sum.crowd).max()?;
        Some((crowd, self.sums.iter().map(sum_words).collect()))
    }

    fn switch(&self) -> &'static str {
        match self.message.switch {
            model::Switch::All => "everything that each recipient allows",
            model::Switch::Open => "opens only",
            model::Switch::Click => "clicks only",
            model::Switch::Off => "nothing: switched off for this mail",
        }
    }
}

/// `GET /messages/{id}`
pub(super) async fn show(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<MessageId>,
    Params(choice): Params<Choice>,
) -> Result<Response> {
    let message = visible(&web, &user, id).await?;
    let (told, index) = match choice.copy {
        Some(wanted) => {
            let found = web.app.store.copy_in_context(wanted).await?;
            let copy = found
                .map(|around| around.copy)
                .filter(|copy| copy.message == id);
            (vec![copy.ok_or(Error::NotFound("copy"))?], Vec::new())
        }
        None => match web.app.store.copies(id, LISTED_MAX).await? {
            few if few.len() <= TIMELINES_MAX => (few, Vec::new()),
            many => (Vec::new(), many),
        },
    };
    let sums = web.app.store.copy_ticks(id).await?;
    let total = sums.iter().map(|(_, n)| n).sum();
    let mut stories = Vec::with_capacity(told.len());
    for copy in told {
        let hits = web.app.store.hits(copy.id).await?;
        let host = web.app.store.mail_host(copy.contact).await?;
        let names_places = hits
            .iter()
            .any(|hit| hit.facts.as_ref().is_some_and(has_place))
            || (host.iter()).any(|host| host.network.is_some() || host.country.is_some());
        let mut steps = steps(&web.app, &message, &copy, hits);
        let reports = web.app.store.reports(copy.id).await?;
        let said = reports.iter().rev().map(|report| words(report).0).next();
        steps.extend(reports.iter().map(reported));
        steps.sort_by_key(|step| step.at.minute());
        stories.push(Story {
            axes: axes(&copy),
            signs: signs(&web.app, &copy),
            said,
            taken_by: host.as_ref().map(taken_by),
            names_places,
            steps,
            copy: CopyView { copy },
        });
    }
    let links = web
        .app
        .store
        .links(id)
        .await?
        .into_iter()
        .map(|link| LinkView {
            number: link.number,
            part: link.part,
            kind: kind_words(&link.kind),
            destination: link.destination,
            skipped: link.skipped.as_deref().map(skip_words),
        });
    let sums = web.app.store.sums(id).await?;
    let parts = web
        .app
        .store
        .parts(id)
        .await?
        .into_iter()
        .map(|part| PartView {
            what: role_words(&part.role),
            hindrance: part.hindrance.map(Reason::sentence),
            path: part.path,
            content_type: part.content_type,
        });
    let subject = if message.subject.is_empty() {
        "(no subject)".to_owned()
    } else {
        message.subject.clone()
    };
    let page = Page::of(&user, "sent", subject);
    let index = index.into_iter().map(|copy| CopyView { copy }).collect();
    Ok(render(&MessagePage {
        page,
        parts: parts.collect(),
        links: links.collect(),
        message,
        stories,
        index,
        total,
        sums,
    }))
}

/// One sum in words. Nobody signs such a request, so the words are about requests and not about people.
fn sum_words(sum: &Sum) -> String {
    let what = match sum.axis {
        Axis::Open => "The mail was opened".to_owned(),
        Axis::Click => format!("Link {} was followed", sum.link + 1),
        Axis::Document => "The document was looked at".to_owned(),
    };
    match sum.count {
        Some(count) => format!("{what} {count} times"),
        None => format!("{what} fewer than 5 times, too few to tell"),
    }
}

/// Opens and clicks, in one line where the same is true of both. Documents are named once a mail has one.
fn axes(copy: &store::Copy) -> Vec<AxisView> {
    let view = |names, mode: Mode, reason: Option<Reason>| AxisView {
        names,
        mode: mode_words(mode),
        tracked: mode > Mode::None,
        reason: reason.filter(|_| mode == Mode::None).map(Reason::sentence),
    };
    let (modes, opens, clicks) = (&copy.modes, copy.reason_open, copy.reason_click);
    let mut axes = if modes.open == modes.click && opens == clicks {
        vec![view("Opens and clicks", modes.open, opens)]
    } else {
        vec![
            view("Opens", modes.open, opens),
            view("Clicks", modes.click, clicks),
        ]
    };
    if modes.document > Mode::None {
        axes.push(view("Documents", modes.document, None));
    }
    axes
}

fn signs(app: &App, copy: &store::Copy) -> Vec<&'static str> {
    let codes = copy.elsewhere.iter().flat_map(|signs| &signs.reasons);
    codes.map(|code| (app.explain)(code)).collect()
}

/// Everything that happened to a copy, oldest first.
fn steps(app: &App, message: &Message, copy: &store::Copy, hits: Vec<StoredHit>) -> Vec<Step> {
    let mut steps = vec![Step::plain(
        message.accepted_at,
        "Taken by Overt, to be sent",
        "",
    )];
    if copy.ask {
        steps.push(Step::plain(
            message.accepted_at,
            "The mail asks whether this person agrees to be tracked",
            "",
        ));
    }
    if copy.receipt_asked {
        let what = "The mail asks this person to say when they have read it";
        let more = "By a link that they press or not. It is their own act and no tracking.";
        steps.push(Step::plain(message.accepted_at, what, more));
    } else if message.receipt_asked && copy.refusal.is_none() {
        let what = "The mail does not ask this person for a receipt";
        let more = match copy.reason() {
            Some(Reason::OwnAddress) => "It went to one of your own addresses.",
            _ => {
                "There was no place for the link: the mail is signed or encrypted, or has no text to write it into."
            }
        };
        steps.push(Step::plain(message.accepted_at, what, more));
    }
    let answer = copy.answer.as_deref().map_or_else(String::new, |answer| {
        format!("The relay answered: {answer}")
    });
    match copy.state {
        store::CopyState::Queued => {}
        store::CopyState::Sent => {
            steps.push(Step::plain(
                copy.state_at,
                "Taken by the relay, the mail server that delivers it",
                answer,
            ));
        }
        store::CopyState::Deferred => {
            steps.push(Step::plain(
                copy.state_at,
                "Not taken yet; it will be tried again",
                answer,
            ));
        }
        store::CopyState::HandedOver => {
            steps.push(Step::plain(
                copy.state_at,
                "Handed over to you, to deliver yourself",
                answer,
            ));
        }
        store::CopyState::Bounced => {
            let (what, why) = match copy.refusal {
                Some(reason) => ("Not sent", reason.sentence().to_owned()),
                None => ("Could not be delivered", answer),
            };
            steps.push(Step::plain(copy.state_at, what, why));
        }
    }
    if let Some(at) = copy.receipt_at {
        let step = Step::plain(at, "The recipient pressed “I have read this”", "");
        steps.push(Step {
            human: true,
            ..step
        });
    }
    steps.extend(hits.into_iter().map(|hit| told(app, hit)));
    // Hits are kept to the minute. Within one, what we did comes before what others did: the sort is stable.
    steps.sort_by_key(|step| step.at.minute());
    steps
}

fn has_place(facts: &Facts) -> bool {
    facts.network.is_some() || facts.country.is_some()
}

fn taken_by(host: &store::MailHost) -> String {
    let name = host.host.as_deref().unwrap_or("an unknown server");
    let place: Vec<_> = [&host.network, &host.country]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    if place.is_empty() {
        format!("Their mail is taken by {name}")
    } else {
        format!("Their mail is taken by {name} ({})", place.join(", "))
    }
}

fn reported(report: &store::Report) -> Step {
    let (what, mut more) = words(report);
    let host = Some(report.host.as_str()).filter(|host| !host.is_empty());
    let codes = [host, report.status.as_deref()];
    for detail in codes.into_iter().flatten() {
        more = format!("{more} {detail}.");
    }
    Step::plain(report.at, what, more)
}

/// What a report says, in whose words, and how far it can be believed.
fn words(report: &store::Report) -> (String, String) {
    let reading = report.action.starts_with("displayed") || report.action == "deleted";
    let by = match report.reporter.as_str() {
        "" if reading => "the recipient’s mail program",
        "" => "a mail server",
        name => name,
    };
    let what = match report.action.as_str() {
        "delivered" => format!("Delivered to the mailbox, says {by}"),
        "relayed" => format!("Passed on to a server that reports nothing, says {by}"),
        "expanded" => format!("Passed on to several addresses, says {by}"),
        "delayed" => format!("Not delivered yet, says {by}"),
        "failed" => format!("Could not be delivered, says {by}"),
        "displayed" => format!("The recipient says that they read it, through {by}"),
        "complained" => format!("The recipient called it spam, says {by}"),
        "displayed_by_itself" => format!("It was shown to the recipient, says {by} by itself"),
        _ => format!("Deleted, perhaps unread, says {by}"),
    };
    let believed = if report.known {
        "The report bore a number of this copy that only those on its way know."
    } else {
        "Nobody vouches for this: whoever knows the mail can write such a report. It is not counted as an opening."
    };
    (what, believed.into())
}

fn told(app: &App, hit: StoredHit) -> Step {
    let StoredHit {
        axis,
        link,
        at,
        verdict,
        facts,
        repeat,
        rules,
        revised_from,
        ..
    } = hit;
    let opener = (app.opener_name)(&verdict.opener);
    let what = match axis {
        Axis::Open => "the mail".to_owned(),
        Axis::Click => format!("link {}", link + 1),
        Axis::Document => "the document".to_owned(),
    };
    let mut text = match verdict.meaning {
        Meaning::Human if axis == Axis::Click => {
            format!("A person followed {what}, with {}", inside(&opener))
        }
        Meaning::Human => format!("A person opened {what}, with {}", inside(&opener)),
        Meaning::HumanViaProxy => {
            format!("A person opened {what}, seen through {}", inside(&opener))
        }
        Meaning::Unknown if verdict.reasons.iter().any(|reason| reason == NOT_ME) => {
            format!("{opener} fetched {what}; the recipient says that it was somebody else")
        }
        Meaning::Unknown => {
            format!("{opener} fetched {what}; it cannot be told whether a person was there")
        }
        Meaning::Machine => {
            format!("A machine fetched {what}: {}. Not counted", inside(&opener))
        }
        Meaning::Own => format!("Your own view of {what}; not counted"),
    };
    if repeat {
        text += ". Again within seconds, so not counted twice";
    }
    Step {
        at,
        what: text,
        more: facts.map(|facts| facts_words(&facts)).unwrap_or_default(),
        human: verdict.meaning.is_human(),
        reasons: verdict
            .reasons
            .iter()
            .map(|code| (app.explain)(code))
            .collect(),
        confidence: verdict.confidence,
        rules,
        revised_from: revised_from
            .filter(|first| *first != verdict.meaning)
            .map(meaning_words),
    }
}

fn meaning_words(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Human | Meaning::HumanViaProxy => "a person",
        Meaning::Unknown => "a person or a machine",
        Meaning::Machine => "a machine",
        Meaning::Own => "the sender",
    }
}

/// A name in the middle of a sentence: "A web browser" loses its capital, "Thunderbird" keeps it.
fn inside(name: &str) -> String {
    match name.split_once(' ') {
        Some((article @ ("A" | "An" | "The"), rest)) => {
            format!("{} {rest}", article.to_lowercase())
        }
        _ => name.to_owned(),
    }
}

fn facts_words(facts: &Facts) -> String {
    let all = [
        &facts.client,
        &facts.browser,
        &facts.os,
        &facts.device,
        &facts.country,
        &facts.network,
    ];
    all.into_iter()
        .flatten()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

impl LinkView {
    fn shown_number(&self) -> u16 {
        self.number + 1
    }
}

impl Story {
    fn mark(&self) -> Mark {
        self.copy.mark()
    }
}
