//! What a user may track, whoever they write to: the right to track at all, a ceiling of their own, and the
//! acknowledgement of the workspace's tracking policy (R-GOV-02).
//!
//! Read where the decision is made: when a mail is accepted, when a copy leaves, when a hit is recorded.

use crate::Error;
use crate::db::Tx;
use crate::value::{Row, params};
use model::decision::Ceiling;
use model::mode::NOTHING;
use model::{Mode, PerAxis, Reason, UserId};

/// A user's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The account is in use.
    pub active: bool,
    /// The workspace granted them to send tracked mail.
    pub may_track: bool,
    /// They acknowledged the version of the tracking policy that is in force.
    pub acknowledged: bool,
    /// The most they may use.
    pub ceiling: PerAxis<Mode>,
}

/// The columns, where `u` is the user and `w` their workspace.
pub(crate) const COLUMNS: &str = "case when u.deactivated_at is null then 1 else 0 end, u.may_track,
    case when u.policy_sha256 = w.policy_sha256 then 1 else 0 end, u.ceiling_open, u.ceiling_click, u.ceiling_document";

/// Reads limits whose columns begin at `from`.
pub(crate) fn limits(row: &Row, from: usize) -> Result<Limits, Error> {
    Ok(Limits {
        active: row.get(from)?,
        may_track: row.get(from + 1)?,
        acknowledged: row.get(from + 2)?,
        ceiling: PerAxis {
            open: row.get(from + 3)?,
            click: row.get(from + 4)?,
            document: row.get(from + 5)?,
        },
    })
}

/// The limits of one user, who must exist.
pub(crate) fn read(tx: &mut Tx<'_>, user: UserId) -> Result<Limits, Error> {
    let sql = format!(
        "select {COLUMNS} from \"user\" u join workspace w on w.id = u.workspace_id where u.id = $1"
    );
    let row = tx.first(&sql, params![user])?;
    let row = row.ok_or_else(|| Error::Conflict("this user does not exist".into()))?;
    limits(&row, 0)
}

impl Limits {
    /// As ceilings of a decision, each with its own reason.
    pub fn ceilings(&self) -> [Ceiling; 3] {
        let unless = |allowed: bool| {
            if allowed {
                PerAxis::all(Mode::Detailed)
            } else {
                NOTHING
            }
        };
        [
            Ceiling {
                reason: Reason::NotGranted,
                modes: unless(self.active && self.may_track),
            },
            Ceiling {
                reason: Reason::NotAcknowledged,
                modes: unless(self.acknowledged),
            },
            Ceiling {
                reason: Reason::SenderCeiling,
                modes: self.ceiling,
            },
        ]
    }
}
