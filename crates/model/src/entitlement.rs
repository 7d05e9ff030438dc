//! What one contact may be tracked by, before any ceiling: what they agreed to and what needs no agreement,
//! and what remains when several people share a body.

use crate::consent::{Consent, ConsentState};
use crate::decision::Ceiling;
use crate::mode::{Axis, Mode, PerAxis};
use crate::permitted::Permitted;
use crate::reason::Reason;
use crate::time::Time;

/// The modes that a contact may be tracked in on one axis, or why there are none.
///
/// The day of the last open is about opens: no other axis has `hygiene`.
///
/// `consent` that could not be read fails closed. Someone who refused or withdrew gets nothing of `without` either:
/// a refusal is also the objection that every exemption leaves open. Details need consent to the axis as well.
pub fn entitled(
    axis: Axis,
    consent: Option<&Consent>,
    without: &PerAxis<Permitted>,
    now: Time,
) -> Result<Permitted, Reason> {
    let consent = consent.ok_or(Reason::PolicyUnavailable)?;
    let standing = consent.axis(axis);
    let without = match axis {
        Axis::Open => *without.get(axis),
        Axis::Click | Axis::Document => without.get(axis).but(Mode::Hygiene),
    };
    match standing.obstacle(now) {
        None => {
            let agreed = without.and(Mode::Individual);
            let detailed = consent.details.obstacle(now).is_none();
            Ok(if detailed {
                agreed.and(Mode::Detailed)
            } else {
                agreed
            })
        }
        Some(reason) => match standing.at(now) {
            ConsentState::Refused | ConsentState::Withdrawn => Err(reason),
            _ if without.is_nothing() => Err(reason),
            _ => Ok(without),
        },
    }
}

/// What a contact is entitled to on every axis: what the decision takes in.
pub type Entitlement = PerAxis<Result<Permitted, Reason>>;

/// [`entitled`] on every axis.
pub fn entitlement(
    consent: Option<&Consent>,
    without: &PerAxis<Permitted>,
    now: Time,
) -> Entitlement {
    PerAxis::each(|axis| entitled(axis, consent, without, now))
}

/// What consent alone gives, where no law allows anything without it.
pub fn agreed(consent: Option<&Consent>, now: Time) -> Entitlement {
    entitlement(consent, &PerAxis::all(Permitted::NOTHING), now)
}

/// What one recipient is entitled to where others count as well; `shared` is what [`shared`] leaves of everybody's.
/// Why they do not agree is told about themselves only, never about the others.
pub fn among(own: &Entitlement, shared: &Entitlement) -> Entitlement {
    PerAxis::each(|axis| {
        let own = (*own.get(axis))?;
        let all = shared.get(axis).unwrap_or_default();
        let left = own.both(all);
        (!left.is_nothing())
            .then_some(left)
            .ok_or(Reason::OthersMustAgree)
    })
}

/// [`shared`] on every axis.
pub fn shared_by(all: &[Entitlement]) -> Entitlement {
    PerAxis::each(|axis| shared(all.iter().map(|one| *one.get(axis))))
}

/// What remains for a body that several people get (R-MODE-13), or for a message of which each recipient must agree
/// (R-LAW-01). Nobody at all is not a consent.
pub fn shared(
    all: impl IntoIterator<Item = Result<Permitted, Reason>>,
) -> Result<Permitted, Reason> {
    let met = all
        .into_iter()
        .try_fold(None, |so_far: Option<Permitted>, one| {
            one.map(|set| Some(so_far.map_or(set, |s| s.both(set))))
        })?;
    match met {
        Some(set) if !set.is_nothing() => Ok(set),
        _ => Err(Reason::OthersMustAgree),
    }
}

/// The effective mode on one axis: the highest entitled one under all ceilings. No ceiling at all means that the
/// policy was not read.
pub fn effective(
    axis: Axis,
    entitled: Result<Permitted, Reason>,
    ceilings: &[Ceiling],
) -> Result<Mode, Reason> {
    let lowest = ceilings
        .iter()
        .min_by_key(|c| *c.modes.get(axis))
        .ok_or(Reason::PolicyUnavailable)?;
    // A ceiling that forbids is named before consent: it is what the sender can do something about.
    let ceiling = *lowest.modes.get(axis);
    if ceiling == Mode::None {
        return Err(lowest.reason);
    }
    match entitled?.at_most(ceiling) {
        Mode::None => Err(Reason::NeedsProfile),
        mode => Ok(mode),
    }
}

#[cfg(test)]
mod tests;
