//! What a person does through a link that was mailed to them. The link is used up, the act carried out, and the request
//! with its answer noted (GDPR Art. 5(2), 12(3)) in one transaction: a link never dies without its act, and no act is
//! done twice. Erasing leaves nobody to note a request of; the ledger says that one.

use crate::db::Tx;
use crate::value::params;
use crate::{By, Error, Store, contact, erasure, request, suppression};
use model::erasure::{ErasedBy, ErasureReceipt};
use model::{
    ContactId, Country, RequestId, Right, SuppressionCause, SuppressionMark, Tongue, WorkspaceId,
};

/// What somebody may do with their own data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnAct {
    /// They say what is right: their name, the language of what they read, the country they are in (Art. 16).
    Correct {
        /// Their name.
        name: String,
        /// The language.
        language: Option<Tongue>,
        /// The country.
        country: Option<Country>,
    },
    /// They take a copy of everything along (Art. 15, 20).
    TakeAlong,
    /// Their data may be used again.
    Release,
}

impl OwnAct {
    /// The right behind it, and how it was answered.
    fn request(&self) -> Option<(Right, &'static str)> {
        match self {
            Self::Correct { .. } => {
                Some((Right::Rectification, "corrected on the person's own page"))
            }
            Self::TakeAlong => Some((Right::Access, "given out on the person's own page")),
            Self::Release => None,
        }
    }
}

impl Store {
    /// Carries out what somebody wants done who followed the link of this challenge. False if it was used before, or is
    /// too old. `note` is the id of the request that this is.
    pub async fn own_act(
        &self,
        challenge: [u8; 16],
        act: OwnAct,
        note: RequestId,
        by: By,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let Some((workspace, contact)) = use_up(tx, challenge, &by)? else {
                    return Ok(false);
                };
                let request = act.request();
                match act {
                    OwnAct::Correct {
                        name,
                        language,
                        country,
                    } => {
                        contact::correct(tx, contact, &name, language, country, &by)?;
                    }
                    OwnAct::TakeAlong => {}
                    OwnAct::Release => {
                        contact::restrict(tx, workspace, contact, false, &by)?;
                    }
                }
                if let Some((right, answer)) = request {
                    let new = request::NewRequest {
                        id: note,
                        contact: Some(contact),
                        right,
                        note: by.reason.clone().unwrap_or_default(),
                    };
                    request::add(tx, workspace, &new, by.at)?;
                    request::answer(tx, workspace, note, answer, &by)?;
                }
                Ok(true)
            })
            .await
    }

    /// Erases whoever followed the link of this challenge. What is left is the mark that keeps the address from being
    /// entered again by mistake. None if the link was used before, or is too old.
    pub async fn own_erase(
        &self,
        challenge: [u8; 16],
        mark: SuppressionMark,
        by: By,
        random: fn() -> [u8; 16],
    ) -> Result<Option<ErasureReceipt>, Error> {
        let former = self.former();
        let work = move |tx: &mut Tx<'_>| {
            let Some((workspace, contact)) = use_up(tx, challenge, &by)? else {
                return Ok(None);
            };
            suppression::add(tx, workspace, mark, SuppressionCause::Erased, by.at)?;
            let on = ErasedBy::Person;
            erasure::erase(tx, &former, workspace, contact, on, &by, random)
        };
        let receipt = self.db.write(work).await?;
        self.scrub_after(receipt.as_ref()).await?;
        Ok(receipt)
    }
}

/// Uses a challenge up: whose it is. None if it was used before, or is too old.
fn use_up(
    tx: &mut Tx<'_>,
    challenge: [u8; 16],
    by: &By,
) -> Result<Option<(WorkspaceId, ContactId)>, Error> {
    let sql =
        "update challenge set used_at = $2 where id = $1 and used_at is null and expires_at > $2
               returning contact_id";
    let Some(row) = tx.first(sql, params![challenge, by.at])? else {
        return Ok(None);
    };
    let contact: ContactId = row.get(0)?;
    let sql = "select workspace_id from contact where id = $1";
    let row = tx.first(sql, params![contact])?;
    let row = row.ok_or_else(|| Error::Corrupt("a challenge without its contact".into()))?;
    Ok(Some((row.get(0)?, contact)))
}
