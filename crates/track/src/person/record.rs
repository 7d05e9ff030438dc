//! What is recorded about a person, mail by mail, in words.

use super::Visit;
use crate::texts::fill;
use crate::visit::{Trouble, stored};
use model::hit::NOT_ME;
use model::{Axis, Facts, HitId};
use std::collections::HashMap;
use store::{Copy, StoredHit};

/// Entries of one mail that the page shows; the rest are counted.
const ENTRIES_SHOWN_MAX: usize = 50;
/// Of a long link, so many characters are shown.
const LINK_CHARS_MAX: usize = 120;

/// One mail to the person.
pub(super) struct Mail {
    pub(super) subject: String,
    pub(super) date: String,
    pub(super) summary: String,
    pub(super) entries: Vec<Entry>,
    pub(super) more: Option<String>,
}

/// One thing recorded.
pub(super) struct Entry {
    pub(super) what: String,
    pub(super) when: String,
    /// What was concluded from it.
    pub(super) judged: Option<Judged>,
    /// What can be said of it.
    pub(super) says: Option<Says>,
}

/// What a person can say of one thing recorded.
pub(super) enum Says {
    /// It was not them, and it counts as theirs.
    NotMe(HitId),
    /// It was them after all, though they said otherwise.
    Me(HitId),
}

/// A verdict in words.
pub(super) struct Judged {
    pub(super) meaning: String,
    /// The opener's name, which exists in English only; most are product names.
    pub(super) opener: String,
    pub(super) facts: Option<String>,
}

/// The person's mails, newest first.
pub(super) async fn mails(visit: &Visit<'_>) -> Result<Vec<Mail>, Trouble> {
    let mut mails = Vec::with_capacity(visit.person.copies.len());
    for (copy, subject, hits) in &visit.person.copies {
        let links = links(visit, copy, hits).await?;
        mails.push(mail(visit, copy, subject, hits, &links));
    }
    Ok(mails)
}

/// Where the links of a mail lead, if one of them was pressed.
async fn links(
    visit: &Visit<'_>,
    copy: &Copy,
    hits: &[StoredHit],
) -> Result<HashMap<u16, String>, Trouble> {
    if !hits.iter().any(|hit| hit.axis == Axis::Click) {
        return Ok(HashMap::new());
    }
    let links = stored(visit.app.tracker.store.links(copy.message)).await?;
    Ok(links
        .into_iter()
        .map(|link| (link.number, link.destination))
        .collect())
}

fn mail(
    visit: &Visit<'_>,
    copy: &Copy,
    subject: &str,
    hits: &[StoredHit],
    links: &HashMap<u16, String>,
) -> Mail {
    let t = visit.t;
    let receipt = copy.receipt_at.map(|at| Entry {
        what: t.receipt_entry.to_owned(),
        when: t.moment(at),
        judged: None,
        says: None,
    });
    let count = hits.len() + usize::from(receipt.is_some());
    let shown = hits
        .iter()
        .take(ENTRIES_SHOWN_MAX)
        .map(|hit| entry(visit, hit, links));
    let number = |text, n: usize| fill(text, &[("n", &n.to_string())]);
    Mail {
        subject: if subject.trim().is_empty() {
            t.no_subject.to_owned()
        } else {
            subject.to_owned()
        },
        date: t.date(copy.state_at),
        summary: match count {
            0 => t.mail_nothing.to_owned(),
            1 => t.mail_one.to_owned(),
            n => number(t.mail_many, n),
        },
        entries: receipt.into_iter().chain(shown).collect(),
        more: hits
            .len()
            .checked_sub(ENTRIES_SHOWN_MAX)
            .filter(|n| *n > 0)
            .map(|n| number(t.more_entries, n)),
    }
}

fn entry(visit: &Visit<'_>, hit: &StoredHit, links: &HashMap<u16, String>) -> Entry {
    let t = visit.t;
    let what = match hit.axis {
        Axis::Click => {
            let link = links
                .get(&hit.link)
                .map(|to| shortened(to))
                .unwrap_or_default();
            fill(t.clicked, &[("link", &link)])
        }
        Axis::Open | Axis::Document => t.opened.to_owned(),
    };
    let disowned = hit.verdict.reasons.iter().any(|reason| reason == NOT_ME);
    let meaning = if hit.repeat {
        t.repeated.to_owned()
    } else if disowned {
        t.not_me.to_owned()
    } else {
        let sure = fill(t.sure, &[("n", &hit.verdict.confidence.to_string())]);
        format!("{} ({sure})", t.meaning(hit.verdict.meaning))
    };
    let facts = hit
        .facts
        .as_ref()
        .map(|facts| fill(t.facts, &[("facts", &listed(facts))]));
    let opener = t.opener(&hit.verdict.opener);
    Entry {
        what,
        when: t.moment(hit.at),
        judged: Some(Judged {
            meaning,
            opener,
            facts,
        }),
        says: match disowned {
            _ if hit.repeat => None,
            true => Some(Says::Me(hit.id)),
            false => (hit.verdict.meaning.is_human()).then_some(Says::NotMe(hit.id)),
        },
    }
}

fn listed(facts: &Facts) -> String {
    let all = [
        &facts.client,
        &facts.browser,
        &facts.os,
        &facts.device,
        &facts.network,
        &facts.country,
        &facts.city,
    ];
    all.into_iter()
        .flatten()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

fn shortened(link: &str) -> String {
    match link.char_indices().nth(LINK_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &link[..end]),
        None => link.to_owned(),
    }
}
