//! The decision: may this copy be tracked, axis by axis, and how closely?
//!
//! The outcome on each axis is a grant or a reason. A grant is the only thing a tracked URL can be minted from,
//! and this module is the only place that makes one. The effective mode is the minimum of all ceilings and of
//! what the contact agreed to; whatever is missing or cannot be read counts as `none` (R-MODE-03, -04, -05).
//!
//! The same function runs when a mail is accepted, again when it leaves, and when a hit is collected: the later
//! runs put the earlier outcome in as one more ceiling, so they can only lower it (R-MODE-12).

use crate::consent::Consent;
use crate::id::CopyId;
use crate::mode::{Axis, Mode, PerAxis};
use crate::reason::Reason;
use crate::time::Time;

/// Everything the decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The copy that is decided about.
    pub copy: CopyId,
    /// The moment of the decision.
    pub now: Time,
    /// What each authority allows at most, with the reason shown when it is the one that forbids.
    pub ceilings: &'a [Ceiling],
    /// What the contact agreed to; none when it could not be read, which fails closed.
    pub consent: Option<&'a Consent>,
    /// Something that rules tracking out altogether, whatever anybody agreed to.
    pub obstacle: Option<Reason>,
}

/// What one authority allows at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceiling {
    /// The reason that is shown when this ceiling forbids an axis.
    pub reason: Reason,
    /// The highest mode it allows.
    pub modes: PerAxis<Mode>,
}

/// Permission to mint an open token for one copy.
#[derive(Debug, PartialEq, Eq)]
pub struct OpenGrant {
    copy: CopyId,
    mode: Mode,
}

/// Permission to mint click tokens for one copy.
#[derive(Debug, PartialEq, Eq)]
pub struct ClickGrant {
    copy: CopyId,
    mode: Mode,
}

impl OpenGrant {
    /// The copy this is for.
    pub fn copy(&self) -> CopyId {
        self.copy
    }
    /// How closely opens may be recorded.
    pub fn mode(&self) -> Mode {
        self.mode
    }
}

impl ClickGrant {
    /// The copy this is for.
    pub fn copy(&self) -> CopyId {
        self.copy
    }
    /// How closely clicks may be recorded.
    pub fn mode(&self) -> Mode {
        self.mode
    }
}

/// The outcome for one copy.
#[derive(Debug, PartialEq, Eq)]
pub struct Decision {
    /// May there be a pixel?
    pub open: Result<OpenGrant, Reason>,
    /// May links be rewritten?
    pub click: Result<ClickGrant, Reason>,
    /// Why there is no tracked document. Hosted documents do not exist yet, so this is never a grant.
    pub document: Reason,
}

impl Decision {
    /// The decided modes, as frozen on the copy.
    pub fn modes(&self) -> PerAxis<Mode> {
        PerAxis {
            open: self.open.as_ref().map_or(Mode::None, OpenGrant::mode),
            click: self.click.as_ref().map_or(Mode::None, ClickGrant::mode),
            document: Mode::None,
        }
    }

    /// Is anything tracked at all?
    pub fn is_tracked(&self) -> bool {
        self.open.is_ok() || self.click.is_ok()
    }

    /// The one reason to show beside the copy: why it is not tracked, or why one of opens and clicks is not.
    pub fn reason(&self) -> Option<Reason> {
        match (&self.open, &self.click) {
            (Err(reason), _) | (_, Err(reason)) => Some(*reason),
            _ => None,
        }
    }
}

/// Decides about one copy.
pub fn decide(about: &Circumstances<'_>) -> Decision {
    let mode = |axis| allowed(axis, about);
    Decision {
        open: mode(Axis::Open).map(|mode| OpenGrant {
            copy: about.copy,
            mode,
        }),
        click: mode(Axis::Click).map(|mode| ClickGrant {
            copy: about.copy,
            mode,
        }),
        document: Reason::NoDocument,
    }
}

/// The highest mode allowed on one axis, or why there is none.
fn allowed(axis: Axis, about: &Circumstances<'_>) -> Result<Mode, Reason> {
    if let Some(reason) = about.obstacle {
        return Err(reason);
    }
    // A ceiling that forbids is named before consent is looked at: it is the reason the sender can do something about.
    for ceiling in about.ceilings {
        if *ceiling.modes.get(axis) == Mode::None {
            return Err(ceiling.reason);
        }
    }
    let consent = about.consent.ok_or(Reason::PolicyUnavailable)?;
    if let Some(reason) = consent.axis(axis).obstacle(about.now) {
        return Err(reason);
    }
    let agreed = if consent.details.obstacle(about.now).is_none() {
        Mode::Detailed
    } else {
        Mode::Individual
    };
    let ceiling = about
        .ceilings
        .iter()
        .map(|c| *c.modes.get(axis))
        .min()
        .unwrap_or(Mode::None);
    match agreed.min(ceiling) {
        mode @ (Mode::Individual | Mode::Detailed) => Ok(mode),
        Mode::Aggregate | Mode::Hygiene => Err(Reason::NeedsProfile),
        Mode::None => Err(Reason::PolicyUnavailable),
    }
}

#[cfg(test)]
mod tests;
