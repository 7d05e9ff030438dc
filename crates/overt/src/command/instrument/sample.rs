//! Copies as if everyone had agreed, with keys that are thrown away: for looking and testing.

use super::Means;
use crate::ambient;
use anyhow::{Context, Result};
use model::crowd::NOBODY;
use model::decision::{Ceiling, Circumstances, decide};
use model::entitlement::entitlement;
use model::profile::{Case, Profiles, Ruling};
use model::{
    AgeStanding, Consent, ConsentState, CopyId, EmailAddress, Keyring, Language, LegalTags,
    MessageClass, MessageId, Mode, PerAxis, Reason, Switch, Topic,
};
use send::HandedOver;
use send::instrument::{Wanted, no_pixel, render};
use std::sync::Arc;

const SAMPLE_ORIGIN: &str = "https://sample.invalid";

/// A copy for each, and what they were made with.
pub(super) fn copies(
    plan: &mail::Plan<'_>,
    to: &[EmailAddress],
) -> Result<(Vec<HandedOver>, Means)> {
    let means = Means {
        keyring: Arc::new(Keyring::new(&[(1, ambient::bytes()?)])?),
        tracker: SAMPLE_ORIGIN.parse()?,
        signs_anew: false,
    };
    let copies: Result<_> = to.iter().map(|to| copy(plan, &means, to)).collect();
    Ok((copies?, means))
}

/// One copy, as if its recipient had agreed to everything but details.
fn copy(plan: &mail::Plan<'_>, means: &Means, to: &EmailAddress) -> Result<HandedOver> {
    let now = (ambient::REAL.now)();
    let id = CopyId((ambient::REAL.random)());
    let consent = Topic::ALL.iter().fold(Consent::default(), |c, topic| {
        c.after(*topic, ConsentState::Given, now)
    });
    let law = law(plan)?;
    let mut ceilings = vec![law.ceiling, switch(plan)?, up_to_the_minute()];
    ceilings.extend(no_pixel(plan));
    let about = Circumstances {
        ceilings: &ceilings,
        entitled: &entitlement(Some(&consent), &law.without_consent, now),
        crowd: NOBODY,
        obstacle: None,
    };
    let decision = decide(id, MessageId((ambient::REAL.random)()), &about);
    let language = plan
        .header("Content-Language")
        .and_then(|tags| Language::preferred(&tags))
        .unwrap_or_default();
    let wanted = Wanted {
        copy: id,
        decision: &decision,
        agreed: PerAxis::all(true),
        ask: false,
        receipt: false,
        language,
        says: &[],
        missing_headers: &[],
    };
    let rendered = render(plan, &wanted, &means.tools()).context("the mail cannot be written")?;
    Ok(HandedOver {
        id,
        address: to.clone(),
        modes: rendered.modes,
        reason: rendered.lowered.or(decision.reason()),
        asks: rendered.asks,
        bytes: Some(rendered.bytes),
    })
}

fn switch(plan: &mail::Plan<'_>) -> Result<Ceiling> {
    let switch = match plan.header("X-Overt-Track") {
        Some(word) => word
            .parse::<Switch>()
            .context("the header field X-Overt-Track")?,
        None => Switch::All,
    };
    Ok(Ceiling {
        reason: Reason::SwitchedOff,
        modes: switch.ceiling(),
    })
}

fn up_to_the_minute() -> Ceiling {
    Ceiling {
        reason: Reason::WorkspaceCeiling,
        modes: PerAxis::all(Mode::Individual),
    }
}

/// The rules for people of whom nothing is known: the strictest.
fn law(plan: &mail::Plan<'_>) -> Result<Ruling> {
    let class = match plan.header("X-Overt-Class") {
        Some(word) => word
            .trim()
            .to_ascii_lowercase()
            .parse()
            .context("the header field X-Overt-Class")?,
        None => MessageClass::Correspondence,
    };
    let case = Case {
        country: None,
        class,
        age: AgeStanding::Unknown,
        directed_to_children: false,
        tags: LegalTags::NONE,
    };
    Ok(Profiles::new(&[], &[])?.ruling(&case))
}
