//! Forms for other sites: published, found by whoever opens one, closed. What one says is never changed.

use crate::act::{By, Object};
use crate::value::{Row, params};
use crate::{Error, Store};
use model::filled::Several;
use model::form::Form;
use model::{ActKind, FormId, Time, Topic, WorkspaceId};

/// A form that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedForm {
    /// The form.
    pub form: Form,
    /// Whose.
    pub workspace: WorkspaceId,
    /// Since when.
    pub published_at: Time,
    /// Since when it takes nothing any more.
    pub closed_at: Option<Time>,
}

const COLUMNS: &str = "id, workspace_id, name, page, page_kind, topics, published_at, closed_at";

fn form(row: &Row) -> Result<PublishedForm, Error> {
    let broken = |what: &str| Error::Corrupt(format!("a form: {what}"));
    let text = |column: usize| row.get::<String>(column);
    let topics: Result<Vec<Topic>, _> = text(5)?.split(',').map(str::parse).collect();
    let topics = topics.map_err(|_| broken("its topics"))?;
    Ok(PublishedForm {
        form: Form {
            id: row.get(0)?,
            name: text(2)?.parse().map_err(|_| broken("its name"))?,
            page: text(3)?.parse().map_err(|_| broken("its page"))?,
            kind: text(4)?.parse().map_err(|_| broken("its kind"))?,
            topics: Several::new(topics).map_err(|_| broken("its topics"))?,
        },
        workspace: row.get(1)?,
        published_at: row.get(6)?,
        closed_at: row.get(7)?,
    })
}

impl Store {
    /// Publishes a form.
    pub async fn form_publish(
        &self,
        workspace: WorkspaceId,
        form: Form,
        by: By,
    ) -> Result<(), Error> {
        self.db
            .write(move |tx| {
                let topics: Vec<_> = form.topics.iter().map(|t| t.as_str()).collect();
                let topics = topics.join(",");
                let sql = "insert into form (id, workspace_id, name, page, page_kind, topics, published_at)
                           values ($1, $2, $3, $4, $5, $6, $7)";
                let (page, kind) = (form.page.as_str(), form.kind.as_str());
                let values =
                    params![form.id, workspace, form.name.as_str(), page, kind, &topics, by.at];
                tx.execute(sql, values)?;
                by.did(ActKind::FormPublished, Object::Thing("form", form.id.to_string()))
                    .after(format!("{}, on {page}: {topics}", form.name))
                    .write(tx, workspace)
            })
            .await
    }

    /// Closes a form: from now on its address answers as if it had never been. False if it is not open.
    pub async fn form_close(
        &self,
        workspace: WorkspaceId,
        id: FormId,
        by: By,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let sql = "update form set closed_at = $3 where id = $1 and workspace_id = $2 and closed_at is null";
                if tx.execute(sql, params![id, workspace, by.at])? == 0 {
                    return Ok(false);
                }
                let closed = by.did(ActKind::FormClosed, Object::Thing("form", id.to_string()));
                closed.write(tx, workspace).map(|()| true)
            })
            .await
    }

    /// A workspace's forms, newest first.
    pub async fn forms(&self, workspace: WorkspaceId) -> Result<Vec<PublishedForm>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {COLUMNS} from form where workspace_id = $1 order by published_at desc, id limit 500"
                );
                tx.rows(&sql, params![workspace], form)
            })
            .await
    }

    /// A form that is open.
    pub async fn form_open(&self, id: FormId) -> Result<Option<PublishedForm>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!("select {COLUMNS} from form where id = $1 and closed_at is null");
                tx.one(&sql, params![id], form)
            })
            .await
    }
}
