//! The decision: may this copy be tracked, axis by axis, and how closely?
//!
//! The outcome on each axis is a grant or a reason. A grant is the only thing a tracked URL can be minted from,
//! and this module is the only place that makes one. The effective mode is the highest that the recipient is entitled
//! to under all ceilings; whatever is missing or cannot be read counts as `none` (R-MODE-03, -04, -05).
//!
//! The same function runs when a mail is accepted, again when it leaves, and when a hit is collected: the later
//! runs put the earlier outcome in as one more ceiling, so they can only lower it (R-MODE-12).

use crate::crowd::CROWD_MIN;
use crate::entitlement::{Entitlement, effective};
use crate::id::{CopyId, MessageId};
use crate::mode::{Axis, Mode, PerAxis};
use crate::reason::Reason;

/// Everything the decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// What each authority allows at most, with the reason shown when it is the one that forbids.
    pub ceilings: &'a [Ceiling],
    /// What the recipient agreed to, and what the law allows without that.
    pub entitled: &'a Entitlement,
    /// How many copies of the message would share one token. Below [`CROWD_MIN`] a sum tells about persons (R-MODE-08).
    pub crowd: PerAxis<u32>,
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

/// What a tracked URL stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// One recipient's copy.
    Copy(CopyId),
    /// The message alone: the URL is the same for everybody who is only counted (R-MODE-07).
    Message(MessageId),
}

/// Permission to mint an open token.
#[derive(Debug, PartialEq, Eq)]
pub struct OpenGrant {
    subject: Subject,
    mode: Mode,
}

/// Permission to mint click tokens.
#[derive(Debug, PartialEq, Eq)]
pub struct ClickGrant {
    subject: Subject,
    mode: Mode,
}

impl OpenGrant {
    /// What the token may name.
    pub fn subject(&self) -> Subject {
        self.subject
    }
    /// How closely opens may be recorded.
    pub fn mode(&self) -> Mode {
        self.mode
    }
}

impl ClickGrant {
    /// What the tokens may name.
    pub fn subject(&self) -> Subject {
        self.subject
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

/// Decides about one copy of a message.
pub fn decide(copy: CopyId, message: MessageId, about: &Circumstances<'_>) -> Decision {
    let of = |axis| {
        let mode = about.mode(axis)?;
        let subject = match mode {
            Mode::None | Mode::Aggregate => Subject::Message(message),
            Mode::Hygiene | Mode::Individual | Mode::Detailed => Subject::Copy(copy),
        };
        Ok((subject, mode))
    };
    Decision {
        open: of(Axis::Open).map(|(subject, mode)| OpenGrant { subject, mode }),
        click: of(Axis::Click).map(|(subject, mode)| ClickGrant { subject, mode }),
        document: Reason::NoDocument,
    }
}

impl Circumstances<'_> {
    /// The highest mode allowed on one axis, or why there is none: the same answer that a grant comes from, for those who
    /// record.
    pub fn mode(&self, axis: Axis) -> Result<Mode, Reason> {
        if let Some(reason) = self.obstacle {
            return Err(reason);
        }
        match effective(axis, *self.entitled.get(axis), self.ceilings)? {
            Mode::Aggregate if *self.crowd.get(axis) < CROWD_MIN => Err(Reason::TooFew),
            mode => Ok(mode),
        }
    }
}

#[cfg(test)]
mod tests;
