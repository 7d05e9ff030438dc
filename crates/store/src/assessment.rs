//! Assessments of legitimate interests: why somebody thinks that mail to people who never asked for it is fair. Cold
//! mail needs one that has not run out (R-ORIG-05), and remembers which. Written once; a new view is a new assessment.

use crate::act::{By, Object};
use crate::value::{Row, params};
use crate::{Error, Store};
use model::{ActKind, AssessmentId, Time, WorkspaceId};

/// One assessment, with the three steps of the test: purpose, necessity, balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// Its id.
    pub id: AssessmentId,
    /// What it is about, for lists.
    pub title: String,
    /// Which interest is pursued.
    pub purpose: String,
    /// Why nothing milder does.
    pub necessity: String,
    /// Why it does not weigh more on those who are written to.
    pub balance: String,
    /// Who wrote it.
    pub author: String,
    /// When.
    pub at: Time,
    /// Until when it holds; then somebody must look again.
    pub review_by: Time,
}

const COLUMNS: &str = "id, title, purpose, necessity, balance, author, at, review_by";

fn assessment(row: &Row) -> Result<Assessment, Error> {
    Ok(Assessment {
        id: row.get(0)?,
        title: row.get(1)?,
        purpose: row.get(2)?,
        necessity: row.get(3)?,
        balance: row.get(4)?,
        author: row.get(5)?,
        at: row.get(6)?,
        review_by: row.get(7)?,
    })
}

impl Store {
    /// Keeps an assessment.
    pub async fn assessment_keep(
        &self,
        workspace: WorkspaceId,
        a: Assessment,
        by: By,
    ) -> Result<(), Error> {
        self.db
            .write(move |tx| {
                let sql = "insert into assessment (workspace_id, id, title, purpose, necessity, balance, author, at,
                           review_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
                let values = params![
                    workspace, a.id, &a.title, a.purpose, a.necessity, a.balance, a.author, a.at, a.review_by
                ];
                tx.execute(sql, values)?;
                by.did(ActKind::AssessmentWritten, Object::Thing("assessment", a.id.to_string()))
                    .after(a.title)
                    .write(tx, workspace)
            })
            .await
    }

    /// All assessments, the one that holds longest first.
    pub async fn assessments(&self, workspace: WorkspaceId) -> Result<Vec<Assessment>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {COLUMNS} from assessment where workspace_id = $1 order by review_by desc, id limit 500"
                );
                tx.rows(&sql, params![workspace], assessment)
            })
            .await
    }

    /// The assessment behind a cold mail: the one named, else the one that holds longest; none if it has run out.
    pub async fn assessment_in_force(
        &self,
        workspace: WorkspaceId,
        named: Option<AssessmentId>,
        now: Time,
    ) -> Result<Option<AssessmentId>, Error> {
        let all = self.assessments(workspace).await?;
        let fits = |a: &&Assessment| a.review_by > now && named.is_none_or(|id| id == a.id);
        Ok(all.iter().find(fits).map(|a| a.id))
    }
}
