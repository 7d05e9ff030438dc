//! How often advertising was called spam, counted from what providers reported.

use crate::value::params;
use crate::{Error, Store};
use model::complaints::Complaints;
use model::{MessageClass, Time, WorkspaceId};

impl Store {
    /// The advertising that a workspace sent since then, and how much of it was called spam. Only complaints that name a
    /// copy as nobody but those on its way can count: whoever knows a mail could make up others.
    pub async fn complaints(
        &self,
        workspace: WorkspaceId,
        since: Time,
    ) -> Result<Complaints, Error> {
        self.db
            .read(move |tx| {
                // A closed list of words of our own, so they can stand in the statement.
                let classes: Vec<_> = (MessageClass::ALL.iter())
                    .filter(|class| class.is_advertising())
                    .map(|class| format!("'{class}'"))
                    .collect();
                let sql = format!(
                    "select count(*), count(case when exists (select 1 from report r where r.copy_id = c.id
                       and r.action = 'complained' and r.known = 1) then 1 end)
                     from message m join copy c on c.message_id = m.id
                     where m.workspace_id = $1 and m.accepted_at >= $2 and m.class in ({})
                     and c.state in ('sent', 'handed_over')",
                    classes.join(", ")
                );
                let Some(row) = tx.first(&sql, params![workspace, since])? else {
                    return Ok(Complaints::default());
                };
                let count = |at| row.get::<u64>(at);
                Ok(Complaints {
                    sent: count(0)?,
                    complained: count(1)?,
                })
            })
            .await
    }
}
