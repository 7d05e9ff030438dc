//! What the papers of a controller are made from: settings, counts and the inventory, as they are at one moment.

use crate::inventory::TABLES;
use crate::{Disclosure, Error, RegisterFilter, Registered, Store};
use model::paper::{Data, Setup};
use model::{ConsentState, Mode, PerAxis, Time, WorkspaceId};
use std::time::Duration;

/// Counts are of the last twelve months.
const YEAR: Duration = Duration::from_hours(365 * 24);
/// Mails that are counted; a controller with more has bigger papers to write.
const MAILS_MAX: u32 = 100_000;

impl Store {
    /// The setup of a workspace; none if there is no such one.
    pub async fn paper_setup(
        &self,
        id: WorkspaceId,
        disclosure: &Disclosure,
        now: Time,
    ) -> Result<Option<Setup>, Error> {
        let Some(workspace) = self.workspace(id).await? else {
            return Ok(None);
        };
        let instance = self.instance().await?;
        let members = self.members(id).await?;
        let on = instance.tracking && workspace.tracking;
        let axis = |a: Mode, b: Mode| if on { a.min(b) } else { Mode::None };
        let (i, w) = (instance.ceiling, workspace.ceiling);
        let filter = RegisterFilter {
            from: Some(now - YEAR),
            limit: MAILS_MAX,
            ..RegisterFilter::default()
        };
        let mails = self.register(id, filter).await?;
        let counts = self.consent_counts(id, now - YEAR, now).await?;
        let of = |states: &[ConsentState]| {
            let counted = counts.iter().filter(|(state, _)| states.contains(state));
            counted.map(|(_, n)| n).sum()
        };
        let data = TABLES.iter().filter(|t| t.is_personal()).map(|t| Data {
            table: t.name,
            what: t.holds,
            until: t.kept.sentence(&disclosure.terms),
        });
        let active = members.iter().filter(|m| m.limits.active);
        Ok(Some(Setup {
            controller: workspace.name,
            postal_address: workspace.postal_address,
            contact: workspace.contact,
            modes: PerAxis {
                open: axis(i.open, w.open),
                click: axis(i.click, w.click),
                document: axis(i.document, w.document),
            },
            hits_days: disclosure.hits_days(),
            processors: disclosure.processors.clone(),
            webhooks: self.webhook_hosts(id).await?,
            users: active.clone().count() as u32,
            trackers: active.filter(|m| m.limits.may_track).count() as u32,
            tracked_mails: mails.len() as u32,
            tracked_copies: mails.iter().map(Registered::tracked_copies).sum(),
            given: of(&[ConsentState::Given]),
            taken_back: of(&[ConsentState::Refused, ConsentState::Withdrawn]),
            data: data.collect(),
        }))
    }
}
