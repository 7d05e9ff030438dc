//! The texts that people were shown when they were asked, kept under their digests for as long as a consent rests on them.

use crate::db::Tx;
use crate::value::params;
use crate::{Error, Store};
use model::{Language, Sha256, Time};

/// A notice as it was shown. Never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownText {
    /// Its language.
    pub language: Language,
    /// The canonical text.
    pub body: String,
    /// The part of the page, byte for byte.
    pub page: String,
}

/// Keeps a text and the part of the page; found by the digest of that part.
pub(crate) fn keep(
    tx: &mut Tx<'_>,
    language: Language,
    body: &str,
    page: &str,
    now: Time,
) -> Result<Sha256, Error> {
    let digest = Sha256::of(page);
    let sql = "insert into consent_text (sha256, language, body, page, created_at)
               values ($1, $2, $3, $4, $5) on conflict (sha256) do nothing";
    tx.execute(sql, params![digest.0, language, body, page, now])
        .map(|_| digest)
}

impl Store {
    /// Keeps a notice as it was shown: its text, and the part of the page. It is found by the digest of that part.
    pub async fn consent_text_keep(
        &self,
        language: Language,
        body: &str,
        page: &str,
        now: Time,
    ) -> Result<Sha256, Error> {
        let (body, page) = (body.to_owned(), page.to_owned());
        self.db
            .write(move |tx| keep(tx, language, &body, &page, now))
            .await
    }

    /// A notice that was shown.
    pub async fn consent_text(&self, digest: Sha256) -> Result<Option<ShownText>, Error> {
        self.db
            .read(move |tx| {
                tx.one(
                    "select language, body, page from consent_text where sha256 = $1",
                    params![digest.0],
                    |row| {
                        Ok(ShownText {
                            language: row.get(0)?,
                            body: row.get(1)?,
                            page: row.get(2)?,
                        })
                    },
                )
            })
            .await
    }
}
