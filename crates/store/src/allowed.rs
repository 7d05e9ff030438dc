//! The second enforcement point: what may be recorded, as things stand in the transaction that records.
//!
//! The modes frozen on the copy, consent, country, tags and age of the contact, the ceilings, the kill switches and the
//! rules of law for the class of the mail are read here and given to the one decision; the frozen modes are one more
//! ceiling, so the outcome can only be lower than what was decided at first (R-MODE-12).

use crate::db::Tx;
use crate::limits::{self, limits};
use crate::recipients::{Alike, recipients};
use crate::value::{FromValue, Row, Value, params};
use crate::workspace::{Instance, ceilings_of, read_instance};
use crate::{Error, Store};
use model::consent::Standing;
use model::crowd::NOBODY;
use model::decision::{Ceiling, Circumstances};
use model::entitlement::{Entitlement, among, entitlement, shared_by};
use model::mode::NOTHING;
use model::notice::Outgrown;
use model::profile::{Case, Ruling};
use model::{Axis, Consent, CopyId, MessageId, Mode, PerAxis, Profiles, Reason, Time};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

impl Store {
    /// What would be recorded of a copy now: the question that recording asks. A shared address counts as `aggregate`
    /// while its sum goes on.
    pub async fn copy_allowed(&self, copy: CopyId, now: Time) -> Result<PerAxis<Mode>, Error> {
        let law = self.law.clone();
        self.db
            .read(move |tx| {
                let own = allowed(tx, &law, std::iter::once(copy), now)?;
                let Some(own) = own.get(&copy) else {
                    return Ok(NOTHING);
                };
                let sql = "select message_id, mode_open, mode_click, mode_document from copy where id = $1";
                let Some(row) = tx.first(sql, params![copy])? else {
                    return Ok(NOTHING);
                };
                let frozen: PerAxis<Mode> = per_axis(&row, 1)?;
                let is_summed = |axis| *frozen.get(axis) == Mode::Aggregate;
                if !Axis::ALL.into_iter().any(is_summed) {
                    return Ok(*own);
                }
                // Everybody who got the mail is read for this.
                let sums = countable(tx, &law, row.get(0)?, now)?;
                Ok(PerAxis::each(|axis| {
                    if is_summed(axis) && *sums.get(axis) > 0 {
                        Mode::Aggregate
                    } else {
                        *own.get(axis)
                    }
                }))
            })
            .await
    }
}

/// What may be recorded about each of these copies, now.
pub(crate) fn allowed(
    tx: &mut Tx<'_>,
    law: &Profiles,
    copies: impl Iterator<Item = CopyId>,
    now: Time,
) -> Result<HashMap<CopyId, PerAxis<Mode>>, Error> {
    let instance = read_instance(tx)?;
    let mut copies: Vec<CopyId> = copies.collect();
    copies.sort_unstable();
    copies.dedup();
    let sql = format!(
        "select c.id, c.message_id, c.mode_open, c.mode_click, c.mode_document, w.tracking, w.ceiling_open,
        w.ceiling_click, w.ceiling_document, w.directed_to_children, m.class, k.country, k.age, k.tags, k.open_state,
        k.open_since, k.click_state, k.click_since, k.document_state, k.document_since, k.details_state,
        k.details_since, k.restricted_at, w.outgrown, {}
        from copy c join contact k on k.id = c.contact_id join workspace w on w.id = c.workspace_id
        join message m on m.id = c.message_id join \"user\" u on u.id = m.user_id where c.id",
        limits::COLUMNS
    );
    let ids: Vec<Value> = copies.into_iter().map(Value::from).collect();
    let rows = tx.query_in(&sql, &ids)?;
    let mut rules = Rules::new(law);
    let mut allowed = HashMap::with_capacity(rows.len());
    for row in &rows {
        // No row: the copy is gone. A row that cannot be read: no permission either. Neither may hold up the others.
        let Ok(about) = About::read(row, &instance) else {
            continue;
        };
        let together = rules.together(tx, about.message, now)?;
        let ruling = rules.ruling(about.case);
        allowed.insert(about.copy, about.modes(&ruling, together.as_ref(), now));
    }
    Ok(allowed)
}

/// How many may be counted together in the sums of a message now: zero on axes where nothing may be counted.
///
/// A shared URL does not say whose request it was. So its sum goes on only as long as everybody who shares it may be
/// counted (R-MODE-13): when one of them says no, it stops for all.
pub(crate) fn countable(
    tx: &mut Tx<'_>,
    law: &Profiles,
    message: MessageId,
    now: Time,
) -> Result<PerAxis<u32>, Error> {
    let instance = read_instance(tx)?;
    let sql = format!(
        "select w.tracking, w.ceiling_open, w.ceiling_click, w.ceiling_document, {}
         from message m join workspace w on w.id = m.workspace_id join \"user\" u on u.id = m.user_id
         where m.id = $1",
        limits::COLUMNS
    );
    let Some(row) = tx.first(&sql, params![message])? else {
        return Ok(NOBODY);
    };
    let above = ceilings_of(
        &instance,
        row.get(0)?,
        per_axis(&row, 1)?,
        &limits(&row, 4)?,
    );
    let everybody = recipients(tx, message)?;
    let mut rules = Rules::new(law);
    let together = agreed(law, &everybody, now);
    Ok(PerAxis::each(|axis| {
        let counted = |alike: &&Alike| *alike.modes.get(axis) == Mode::Aggregate;
        let crowd = everybody.iter().filter(counted);
        let mut ceilings = above.clone();
        ceilings.push(Ceiling {
            reason: Reason::FrozenAtSend,
            modes: PerAxis::all(Mode::Aggregate),
        });
        let mut entitled = Vec::new();
        for alike in crowd.clone() {
            let ruling = rules.ruling(alike.case);
            ceilings.push(ruling.ceiling);
            entitled.push(entitlement(
                Some(&alike.consent),
                &ruling.without_consent,
                now,
            ));
        }
        let shared = shared_by(&entitled);
        let shared = together.as_ref().map_or(shared, |all| among(&shared, all));
        let size = crowd.clone().map(|alike| alike.count).sum();
        let about = Circumstances {
            ceilings: &ceilings,
            entitled: &shared,
            crowd: PerAxis::all(size),
            obstacle: crowd
                .clone()
                .any(|alike| alike.restricted)
                .then_some(Reason::Restricted),
        };
        match about.mode(axis) {
            Ok(Mode::Aggregate) => size,
            _ => 0,
        }
    }))
}

/// What the decision about one copy depends on.
struct About {
    copy: CopyId,
    message: MessageId,
    case: Case,
    consent: Consent,
    ceilings: Vec<Ceiling>,
    obstacle: Option<Reason>,
}

impl About {
    fn read(row: &Row, instance: &Instance) -> Result<Self, Error> {
        let mut ceilings = ceilings_of(instance, row.get(5)?, per_axis(row, 6)?, &limits(row, 24)?);
        ceilings.push(Ceiling {
            reason: Reason::FrozenAtSend,
            modes: per_axis(row, 2)?,
        });
        Ok(Self {
            copy: row.get(0)?,
            message: row.get(1)?,
            case: Case {
                directed_to_children: row.get(9)?,
                class: row.get(10)?,
                country: row.get(11)?,
                age: row.get(12)?,
                tags: row.get(13)?,
            },
            consent: row.get::<Outgrown>(23)?.left(consent(row, 14)?),
            ceilings,
            obstacle: row.get::<Option<Time>>(22)?.map(|_| Reason::Restricted),
        })
    }

    fn modes(
        mut self,
        ruling: &Ruling,
        together: Option<&Entitlement>,
        now: Time,
    ) -> PerAxis<Mode> {
        self.ceilings.push(ruling.ceiling);
        let own = entitlement(Some(&self.consent), &ruling.without_consent, now);
        let about = Circumstances {
            ceilings: &self.ceilings,
            entitled: &together.map_or(own, |all| among(&own, all)),
            // A token of one's own is never part of a sum.
            crowd: NOBODY,
            obstacle: self.obstacle,
        };
        PerAxis {
            document: Mode::None,
            ..PerAxis::each(|axis| about.mode(axis).unwrap_or_default())
        }
    }
}

/// The rules of law, asked once for each case and message of a batch: few differ.
struct Rules<'a> {
    law: &'a Profiles,
    rulings: HashMap<Case, Ruling>,
    together: HashMap<MessageId, Option<Entitlement>>,
}

impl<'a> Rules<'a> {
    fn new(law: &'a Profiles) -> Self {
        Self {
            law,
            rulings: HashMap::new(),
            together: HashMap::new(),
        }
    }

    fn ruling(&mut self, case: Case) -> Ruling {
        let law = self.law;
        *self
            .rulings
            .entry(case)
            .or_insert_with(|| law.ruling(&case))
    }

    /// What everybody who got the message agreed to, where each of them must have (R-LAW-01).
    fn together(
        &mut self,
        tx: &mut Tx<'_>,
        message: MessageId,
        now: Time,
    ) -> Result<Option<Entitlement>, Error> {
        if !self.law.some_must_agree() {
            return Ok(None);
        }
        match self.together.entry(message) {
            Entry::Occupied(known) => Ok(*known.get()),
            Entry::Vacant(unknown) => {
                let all = match recipients(tx, message) {
                    // Whoever cannot be read has not agreed.
                    Err(Error::Corrupt(_)) => Some(PerAxis::all(Err(Reason::PolicyUnavailable))),
                    read => agreed(self.law, &read?, now),
                };
                Ok(*unknown.insert(all))
            }
        }
    }
}

fn agreed(law: &Profiles, everybody: &[Alike], now: Time) -> Option<Entitlement> {
    law.agreed_by_each(everybody.iter().map(|one| (one.case, &one.consent)), now)
}

/// Three columns, one for each axis.
pub(crate) fn per_axis<T: FromValue>(row: &Row, at: usize) -> Result<PerAxis<T>, Error> {
    Ok(PerAxis {
        open: row.get(at)?,
        click: row.get(at + 1)?,
        document: row.get(at + 2)?,
    })
}

/// Eight columns: a state and since when, for each topic.
pub(crate) fn consent(row: &Row, at: usize) -> Result<Consent, Error> {
    let standing = |at: usize| -> Result<Standing, Error> {
        Ok(Standing {
            state: row.get(at)?,
            since: row.get(at + 1)?,
        })
    };
    Ok(Consent {
        open: standing(at)?,
        click: standing(at + 2)?,
        document: standing(at + 4)?,
        details: standing(at + 6)?,
    })
}
