//! Lists of contacts: by name, by what became of their consent, page by page.

use super::{COLUMNS, Contact, contact};
use crate::value::Value;
use crate::{Error, Store, standing};
use model::{ConsentState, Sha256, Time, Topic, WorkspaceId};

/// Which contacts to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactFilter {
    /// Part of the address or name.
    pub search: Option<String>,
    /// Only with this state on some topic, at this moment.
    pub state: Option<(ConsentState, Time)>,
    /// With it: on this topic.
    pub topic: Option<Topic>,
    /// Only those who were shown this text when something became of their consent.
    pub text: Option<Sha256>,
    /// Also those whose data is kept but not used; they are in no other list.
    pub restricted: bool,
    /// Only after this address, for paging.
    pub after: Option<String>,
    /// At most so many.
    pub limit: u16,
}

/// A text as a pattern for `like ... escape '\'`.
pub(crate) fn like(text: &str) -> String {
    let escaped = text
        .to_lowercase()
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{escaped}%")
}

impl Store {
    /// Contacts by address.
    pub async fn contacts(
        &self,
        workspace: WorkspaceId,
        filter: ContactFilter,
    ) -> Result<Vec<Contact>, Error> {
        self.db
            .read(move |tx| {
                let mut sql = format!("select {COLUMNS} from contact k where k.workspace_id = $1");
                let mut values: Vec<Value> = vec![workspace.into()];
                if let Some(after) = &filter.after {
                    values.push(after.to_lowercase().into());
                    sql += &format!(" and k.address_key > ${}", values.len());
                }
                if !filter.restricted {
                    sql += " and k.restricted_at is null";
                }
                if let Some(search) = &filter.search {
                    values.push(like(search).into());
                    sql += &format!(" and k.search like ${} escape '\\'", values.len());
                }
                if let Some((state, at)) = filter.state {
                    let outgrown = standing::outgrown(tx, workspace)?;
                    let topics = filter.topic.map_or(Topic::ALL.to_vec(), |topic| vec![topic]);
                    sql += &format!(" and {}", standing::any(&topics, state, &outgrown, at));
                }
                if let Some(text) = filter.text {
                    values.push(text.0.into());
                    let n = values.len();
                    sql += &format!(" and k.id in (select contact_id from consent_event where text_sha256 = ${n})");
                }
                values.push(i64::from(filter.limit).into());
                sql += &format!(" order by k.address_key limit ${}", values.len());
                tx.rows(&sql, &values, |row| contact(row, 0))
            })
            .await
    }
}
