//! What needs a hand today: clocks that run, what ends, what is due, what is not as it was. Each line leads to where the
//! hand is lent; with nothing on the list the desk can be left.
//!
//! The ledger's newest entries are verified with each look. The whole of it is for `overt audit verify`, which also knows
//! the heads that are kept elsewhere.

use super::breach::clock;
use super::{DAY, in_words};
use crate::Shared;
use crate::auth::User;
use crate::error::Result;
use model::ledger::{Entry, Head, verify};
use model::role::Act;
use model::{ActKind, Time, breach};
use store::{ActFilter, Opening, Request};

/// Entries of the ledger that are verified with each look.
const ENTRIES: u16 = 1_000;
/// Lines of each kind; the lists that they lead to have all.
const LISTED: usize = 5;
/// A request that is due within this is a matter for today.
const SOON: u64 = 7;
/// Consents that end within so many days are listed.
pub(super) const ENDING: u32 = 60;

/// One thing to do.
pub(super) struct Hand {
    pub(super) words: String,
    pub(super) href: String,
    /// Too late already, or not as it was; else there is still time.
    pub(super) is_late: bool,
}

fn hand(words: impl Into<String>, href: impl Into<String>, is_late: bool) -> Hand {
    Hand {
        words: words.into(),
        href: href.into(),
        is_late,
    }
}

/// One thing, or several.
fn count(n: usize, one: &str, several: &str) -> String {
    if n == 1 {
        one.to_owned()
    } else {
        format!("{n} {several}")
    }
}

/// Everything that needs a hand, the late first.
pub(super) async fn hands(web: &Shared, user: &User) -> Result<Vec<Hand>> {
    let now = (web.app.ambient.now)();
    let mut hands = Vec::new();
    hands.extend(ledger(web, user).await?);
    breaches(web, user, now, &mut hands).await?;
    requests(web, user, now, &mut hands).await?;
    people(web, user, now, &mut hands).await?;
    own_house(web, user, now, &mut hands).await?;
    hands.sort_by_key(|hand| !hand.is_late);
    Ok(hands)
}

/// Is the end of the ledger as it was written?
async fn ledger(web: &Shared, user: &User) -> Result<Option<Hand>> {
    let (store, workspace) = (&web.app.store, user.workspace);
    let altered = |what: String| {
        let words =
            format!("The ledger is not as it was written: {what}. Run “overt audit verify”.");
        Some(hand(words, "/compliance/acts", true))
    };
    let claimed = store.ledger_claimed(workspace).await?;
    let after = claimed.saturating_sub(ENTRIES.into());
    let rows = match store.ledger_page(workspace, after, ENTRIES).await {
        Err(store::Error::Corrupt(why)) => return Ok(altered(why)),
        rows => rows?,
    };
    if let Some(row) = rows.iter().find(|row| is_broken(row.opening)) {
        let at = row.entry.seq;
        return Ok(altered(format!(
            "what entry {at} speaks of was changed or is gone"
        )));
    }
    let entries: Vec<Entry> = rows.into_iter().map(|row| row.entry).collect();
    let start = match entries.first() {
        Some(first) if after > 0 => Head {
            seq: after,
            hash: first.previous,
        },
        _ => Head::beginning(workspace.bytes()),
    };
    let heads = store.ledger_heads(workspace).await?;
    let last = entries.last().map_or(start.seq, |entry| entry.seq);
    let heads: Vec<Head> = (heads.iter().map(|signed| signed.head))
        .filter(|head| head.seq <= last)
        .collect();
    Ok(match verify(start, &entries, &heads) {
        Err(tampering) => altered(tampering.to_string()),
        Ok(_) if last < claimed => {
            altered(format!("entry {} and all after it are missing", last + 1))
        }
        Ok(_) => None,
    })
}

fn is_broken(opening: Opening) -> bool {
    matches!(opening, Opening::Differs | Opening::EventMissing)
}

/// Breaches of which somebody must still be told.
async fn breaches(web: &Shared, user: &User, now: Time, hands: &mut Vec<Hand>) -> Result<()> {
    let open = web.app.store.breaches(user.workspace).await?;
    let untold = open.iter().filter(|b| clock(b, now).0 == "wrong");
    let untold = untold.filter(|b| b.authority_told_at.is_none() || b.persons_told_at.is_none());
    for b in untold.take(LISTED) {
        let words = format!("A breach of {}: {}", in_words(b.aware_at), clock(b, now).1);
        let is_late = b.authority_told_at.is_none() && now > breach::due(b.aware_at);
        hands.push(hand(
            words,
            format!("/compliance/breaches/{}", b.id),
            is_late,
        ));
    }
    Ok(())
}

/// Requests of persons whose clock runs out.
async fn requests(web: &Shared, user: &User, now: Time, hands: &mut Vec<Hand>) -> Result<()> {
    let all = web.app.store.requests(user.workspace, 1_000).await?;
    let open: Vec<&Request> = all
        .iter()
        .filter(|r| r.clock.answered_at.is_none())
        .collect();
    let late = open.iter().filter(|r| r.clock.due_at < now).count();
    let href = "/compliance/requests";
    if late > 0 {
        let many = count(
            late,
            "One request of a person is",
            "requests of persons are",
        );
        hands.push(hand(
            format!("{many} late: it must be answered within a month."),
            href,
            true,
        ));
    }
    let left = |r: &&Request| r.clock.due_at.since(now).as_secs() / 86_400;
    let running = open.iter().copied().filter(|r| r.clock.due_at >= now);
    let Some(next) = running.clone().map(|r| left(&r)).min() else {
        return Ok(());
    };
    let many = count(
        running.count(),
        "One request of a person waits",
        "requests of persons wait",
    );
    let when = match next {
        0 => "due today".to_owned(),
        1 => "one day left".to_owned(),
        days => format!("{days} days left for the first"),
    };
    let hurry = if next <= SOON { ", soon" } else { "" };
    hands.push(hand(format!("{many}: {when}{hurry}."), href, false));
    Ok(())
}

/// What ends or waits for others: guardians, consents, people who were never told where their address is from.
async fn people(web: &Shared, user: &User, now: Time, hands: &mut Vec<Hand>) -> Result<()> {
    let (store, workspace) = (&web.app.store, user.workspace);
    for (contact, address, until) in store
        .guardians_to_check(workspace, now, LISTED as u16)
        .await?
    {
        let until = in_words(until);
        let words = format!(
            "Somebody agreed for {address}: check it with them by {until}, or it counts for nothing."
        );
        hands.push(hand(words, format!("/contacts/{contact}"), false));
    }
    let untold = store.contacts_untold(workspace, 1_000).await?;
    if let Some(first) = untold.first() {
        let many = count(untold.len(), "One person was", "people were");
        let by = in_words(first.tell_by);
        let words = format!(
            "{many} never told where you have their address from. Write to them by {by}, or they are erased (Art. 14 GDPR)."
        );
        hands.push(hand(words, "/contacts", first.tell_by < now));
    }
    let ending = store
        .consents_expiring(workspace, now, ENDING * DAY, 1_000)
        .await?;
    if !ending.is_empty() {
        let many = count(ending.len(), "One consent ends", "consents end");
        let words = format!(
            "{many} within {ENDING} days. A mail that asks anew keeps what people want kept."
        );
        hands.push(hand(words, "/compliance/expiring", false));
    }
    Ok(())
}

/// What the organisation owes itself: rules that were looked at, rights that were reviewed, a notice that is whole.
async fn own_house(web: &Shared, user: &User, now: Time, hands: &mut Vec<Hand>) -> Result<()> {
    let (store, workspace) = (&web.app.store, user.workspace);
    let settings = store.workspace(workspace).await?;
    if let Some(settings) = settings.filter(|settings| !settings.can_ask()) {
        let what = if settings.name.trim().is_empty() {
            "name"
        } else {
            "postal address"
        };
        let words = format!("Nobody can be asked to agree: your {what} is missing.");
        hands.push(hand(words, "/settings#workspace", false));
    }
    for stale in store.law().stale(now) {
        let words = format!(
            "The rules of the profile “{}” should have been looked at by {}. They stay in force; whoever runs this server \
             updates it, or reviews the file.",
            stale.id, stale.review_by
        );
        hands.push(hand(words, "/compliance/paper", false));
    }
    if web.app.ages.is_stale(now) {
        let words = "The table of age limits should have been looked at. It stays in force; whoever runs this server updates it.";
        hands.push(hand(words, "/compliance/paper", false));
    }
    let members = store.members(workspace).await?;
    let active = || members.iter().filter(|m| m.limits.active);
    let unread = active()
        .filter(|m| m.limits.may_track && !m.limits.acknowledged)
        .count();
    if unread > 0 {
        let many = count(
            unread,
            "One user who may track has",
            "users who may track have",
        );
        let words = format!(
            "{many} not acknowledged the tracking policy. Until then their mail goes out untracked."
        );
        hands.push(hand(words, "/compliance/people", false));
    }
    let reviews = ActFilter {
        kinds: vec![ActKind::AccessReviewed],
        from: Some(now - 90 * DAY),
        limit: 1,
        ..ActFilter::default()
    };
    if store.acts(workspace, reviews).await?.is_empty() {
        let words = "Nobody has reviewed who may do what in the last 90 days.";
        hands.push(hand(words, "/compliance/people#review", false));
    }
    let instance = store.instance().await?;
    if !instance.tracking {
        hands.push(hand(
            "All tracking on this server is switched off by its operator.",
            "/settings",
            false,
        ));
    }
    let webhooks = store.webhooks(workspace).await?;
    let down = webhooks
        .iter()
        .filter(|w| w.health().needs_a_hand())
        .count();
    if down > 0 && user.role.may(Act::Administer) {
        let many = count(down, "One webhook takes", "webhooks take");
        let words = format!("{many} nothing: nobody there hears who withdrew or was erased.");
        hands.push(hand(words, "/settings/webhooks", true));
    }
    Ok(())
}
