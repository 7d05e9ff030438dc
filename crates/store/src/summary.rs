//! Sums over many messages, made so that nothing is counted in that nobody could know.

use crate::value::params;
use crate::{Error, Store};
use model::tick::Counts;
use model::{Time, UserId, WorkspaceId};

/// What is known of the messages of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Copies in all.
    pub copies: u32,
    /// Copies that could not be delivered; they are in no other number.
    pub undelivered: u32,
    /// Delivered or under way, and something may be recorded of the person.
    pub tracked: u32,
    /// Delivered or under way, and nothing is told of the person: only counted in a sum, or only a day is kept.
    pub limited: u32,
    /// Delivered or under way, and opens may be recorded: those whom the next three are about.
    pub opens_tracked: u32,
    /// Of these, surely read: a person opened it, followed a link, or pressed the receipt.
    pub read: u32,
    /// Of these, perhaps read: fetched, or a link followed, in a way that cannot be told from a machine, and nothing surer.
    pub perhaps: u32,
    /// Clicks may be recorded.
    pub clicks_tracked: u32,
    /// Of these, a person followed a link.
    pub clicked: u32,
    /// Of these, somebody or something followed a link that cannot be told from a machine, and nobody surer.
    pub clicked_perhaps: u32,
    /// Opens, by what they say about a person.
    pub opens: Counts,
    /// Clicks, likewise.
    pub clicks: Counts,
}

impl Store {
    /// The messages accepted from `from` until before `to`, of one user or of all.
    pub async fn summary(
        &self,
        workspace: WorkspaceId,
        user: Option<UserId>,
        from: Time,
        to: Time,
    ) -> Result<Summary, Error> {
        self.db
            .read(move |tx| {
                let open = "c.state <> 'bounced' and c.mode_open in ('individual', 'detailed')";
                let click = "c.state <> 'bounced' and c.mode_click in ('individual', 'detailed')";
                let read = "(c.opens_human > 0 or c.clicks_human > 0 or c.receipt_at is not null)";
                let count = |what: &str| format!("count(case when {what} then 1 end)");
                let sum = |column: &str| format!("cast(coalesce(sum({column}), 0) as bigint)");
                let columns = [
                    "count(*)".to_owned(),
                    count("c.state = 'bounced'"),
                    count(&format!("{open} or {click}")),
                    count("c.state <> 'bounced' and c.tick = 'limited'"),
                    count(open),
                    count(&format!("{open} and {read}")),
                    count(&format!(
                        "{open} and not {read} and (c.opens_unknown > 0 or c.clicks_unknown > 0)"
                    )),
                    count(click),
                    count(&format!("{click} and c.clicks_human > 0")),
                    count(&format!(
                        "{click} and c.clicks_human = 0 and c.clicks_unknown > 0"
                    )),
                    sum("c.opens_human"),
                    sum("c.opens_unknown"),
                    sum("c.opens_machine"),
                    sum("c.clicks_human"),
                    sum("c.clicks_unknown"),
                    sum("c.clicks_machine"),
                ];
                let sql = format!(
                    "select {} from message m join copy c on c.message_id = m.id
                     join contact k on k.id = c.contact_id and k.restricted_at is null
                     where m.workspace_id = $1 and m.accepted_at >= $2 and m.accepted_at < $3
                     and ($4 = 1 or m.user_id = $5)",
                    columns.join(", ")
                );
                let nobody = UserId([0; 16]);
                let values = params![workspace, from, to, user.is_none(), user.unwrap_or(nobody)];
                let Some(row) = tx.first(&sql, values)? else {
                    return Ok(Summary::default());
                };
                let counts = |at: usize| -> Result<Counts, Error> {
                    Ok(Counts {
                        human: row.get(at)?,
                        unknown: row.get(at + 1)?,
                        machine: row.get(at + 2)?,
                    })
                };
                Ok(Summary {
                    copies: row.get(0)?,
                    undelivered: row.get(1)?,
                    tracked: row.get(2)?,
                    limited: row.get(3)?,
                    opens_tracked: row.get(4)?,
                    read: row.get(5)?,
                    perhaps: row.get(6)?,
                    clicks_tracked: row.get(7)?,
                    clicked: row.get(8)?,
                    clicked_perhaps: row.get(9)?,
                    opens: counts(10)?,
                    clicks: counts(13)?,
                })
            })
            .await
    }
}
