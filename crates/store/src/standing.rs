//! Where a topic stands with a contact, as a condition of a list: the same as [`Standing::at`] and [`Outgrown::left`] say
//! of one row. What was agreed to too long ago, or to a notice that said less, is not listed as given (R-CONS-13,
//! R-CONS-14).
//!
//! [`Standing::at`]: model::consent::Standing::at

use crate::db::Tx;
use crate::value::params;
use crate::{Error, Store};
use model::consent::CONSENT_LIFE;
use model::notice::Outgrown;
use model::{ConsentState, Time, Topic, WorkspaceId};

/// What a workspace's notice of today has outgrown; nothing where there is no such workspace.
pub(crate) fn outgrown(tx: &mut Tx<'_>, id: WorkspaceId) -> Result<Outgrown, Error> {
    let sql = "select outgrown from workspace where id = $1";
    let found = tx.one(sql, params![id], |row| row.get(0))?;
    Ok(found.unwrap_or_default())
}

/// The condition under which a topic of the contact `k` stands so at `now`.
pub(crate) fn is(topic: Topic, state: ConsentState, outgrown: &Outgrown, now: Time) -> String {
    use ConsentState::{Expired, Given, Outdated, Requested};
    let (column, over) = (topic.as_str(), (now - CONSENT_LIFE).0);
    let stored = |state: ConsentState| format!("k.{column}_state = '{}'", state.as_str());
    let between = |(from, to): &(i64, i64)| match *from {
        i64::MIN => format!("k.{column}_since < {to}"),
        from => format!("k.{column}_since >= {from} and k.{column}_since < {to}"),
    };
    let times: Vec<_> = outgrown.times(topic).iter().map(between).collect();
    let to_less = if times.is_empty() {
        "1 = 0".to_owned()
    } else {
        times.join(" or ")
    };
    match state {
        Given => format!(
            "({} and k.{column}_since > {over} and not ({to_less}))",
            stored(Given)
        ),
        Expired => format!(
            "({} or {} and k.{column}_since <= {over} and not ({to_less}))",
            stored(Expired),
            stored(Given)
        ),
        Requested => format!("({} and not ({to_less}))", stored(Requested)),
        Outdated => format!(
            "(({} or {}) and ({to_less}))",
            stored(Given),
            stored(Requested)
        ),
        other => stored(other),
    }
}

/// The condition under which any of these topics stands so.
pub(crate) fn any(topics: &[Topic], state: ConsentState, outgrown: &Outgrown, now: Time) -> String {
    let each = topics.iter().map(|t| is(*t, state, outgrown, now));
    format!("({})", each.collect::<Vec<_>>().join(" or "))
}

/// How many contacts agreed to any of these topics as the notice speaks of them, where it has outgrown this.
pub(crate) fn agreed(
    tx: &mut Tx<'_>,
    id: WorkspaceId,
    topics: &[Topic],
    outgrown: &Outgrown,
    now: Time,
) -> Result<u64, Error> {
    let given = any(topics, ConsentState::Given, outgrown, now);
    let sql = format!("select count(*) from contact k where k.workspace_id = $1 and {given}");
    tx.number(&sql, params![id])
}

impl Store {
    /// How many people's agreement to any of these topics counts today: theirs is what a change of the notice may outgrow.
    pub async fn agreed_to(
        &self,
        id: WorkspaceId,
        topics: &[Topic],
        now: Time,
    ) -> Result<u64, Error> {
        let topics = topics.to_vec();
        self.db
            .read(move |tx| {
                let outgrown = outgrown(tx, id)?;
                agreed(tx, id, &topics, &outgrown, now)
            })
            .await
    }
}
