//! The story of one copy: what was decided about it, what happened to it, and how each step is known.

use super::super::view::{CopyView, Mark, When, mode_words};
use crate::App;
use crate::error::Result;
use model::hit::NOT_ME;
use model::{Axis, Facts, Meaning, Mode, Reason, Time};
use store::{Copy, Message, StoredHit};

/// A copy, and all that is told of it.
pub(super) struct Story {
    pub(super) copy: CopyView,
    pub(super) axes: Vec<AxisView>,
    /// Signs that it was opened elsewhere.
    pub(super) signs: Vec<&'static str>,
    /// What a server or mail program said last.
    pub(super) said: Option<String>,
    /// The server that takes this person's mail.
    pub(super) taken_by: Option<String>,
    /// It names networks, countries or cities, whose tables want to be named, too.
    pub(super) names_places: bool,
    pub(super) steps: Vec<Step>,
}

impl Story {
    /// Reads what is known of a copy of `message`.
    pub(super) async fn of(app: &App, message: &Message, copy: Copy) -> Result<Self> {
        let hits = app.store.hits(copy.id).await?;
        let host = app.store.mail_host(copy.contact).await?;
        let reports = app.store.reports(copy.id).await?;
        let of_hits = hits.iter().filter_map(|hit| hit.facts.as_ref());
        let of_hits = of_hits.flat_map(|facts| [&facts.network, &facts.country, &facts.city]);
        let of_host = host.iter().flat_map(|host| [&host.network, &host.country]);
        let names_places = of_hits.chain(of_host).any(Option::is_some);
        let mut steps = steps(app, message, &copy, hits);
        steps.extend(reports.iter().map(reported));
        // Hits are kept to the minute. Within one, what we did comes before what others did: the sort is stable.
        steps.sort_by_key(|step| step.at.minute());
        Ok(Self {
            axes: axes(&copy),
            signs: signs(app, &copy),
            said: reports.last().map(|report| words(report).0),
            taken_by: host.as_ref().map(taken_by),
            names_places,
            steps,
            copy: CopyView { copy },
        })
    }

    pub(super) fn mark(&self) -> Mark {
        self.copy.mark()
    }
}

/// How much may be recorded on the axes named, and if nothing, why.
pub(super) struct AxisView {
    pub(super) names: &'static str,
    pub(super) mode: &'static str,
    pub(super) tracked: bool,
    pub(super) reason: Option<&'static str>,
}

/// One thing that happened to a copy.
pub(super) struct Step {
    pub(super) at: Time,
    pub(super) what: String,
    /// What the relay said, or what is known about the program.
    pub(super) more: String,
    pub(super) human: bool,
    /// How it is known; empty for what needs no explaining.
    pub(super) reasons: Vec<&'static str>,
    pub(super) confidence: u8,
    /// The version of the rules that say so.
    pub(super) rules: u32,
    /// What it was taken for at first, if that was something else.
    pub(super) revised_from: Option<&'static str>,
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

    pub(super) fn when(&self) -> When {
        When(self.at)
    }
}

/// Opens and clicks, in one line where the same is true of both. Documents are named once a mail has one.
fn axes(copy: &Copy) -> Vec<AxisView> {
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

fn signs(app: &App, copy: &Copy) -> Vec<&'static str> {
    let codes = copy.elsewhere.iter().flat_map(|signs| &signs.reasons);
    codes.map(|code| (app.explain)(code)).collect()
}

/// What we did with a copy, then who fetched something of it.
fn steps(app: &App, message: &Message, copy: &Copy, hits: Vec<StoredHit>) -> Vec<Step> {
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
    steps
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
        &facts.city,
        &facts.network,
    ];
    all.into_iter()
        .flatten()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}
