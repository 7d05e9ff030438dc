//! Contacts: the people mail is sent to, one address each: how they are read and made. Listing them is in `list`, what is
//! done to them in `change`.

mod change;
mod list;

pub(crate) use change::{correct, restrict};
pub use list::ContactFilter;
pub(crate) use list::like;

use crate::db::Tx;
use crate::origin::{self, MailAgreement};
use crate::value::{Row, params};
use crate::{Error, Store, age};
use model::consent::Standing;
use model::notice::Outgrown;
use model::profile::Case;
use model::{
    AgeAnswer, Consent, ContactId, Country, EmailAddress, Language, LegalTags, MessageClass,
    Reason, Source, Time, Tongue, WorkspaceId,
};

/// A person mail is sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Their id.
    pub id: ContactId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Their address.
    pub address: EmailAddress,
    /// Their name, as far as it was seen in a mail's header.
    pub name: String,
    /// Where the address comes from.
    pub source: Source,
    /// When they were told so, if they did not give it themselves.
    pub told_at: Option<Time>,
    /// The address is a company's.
    pub business: bool,
    /// Did they agree to be mailed?
    pub agreement: MailAgreement,
    /// The language they read, where it is one that there are texts in.
    pub language: Option<Language>,
    /// The language they read, whether or not there are texts in it.
    pub tongue: Option<Tongue>,
    /// What they agreed to, as far as the notice of today says no more than they were told.
    pub consent: Consent,
    /// A user wants the next mail to carry the question.
    pub ask_next: bool,
    /// Since when they are known.
    pub created_at: Time,
    /// Where they are; none means the strictest rules.
    pub country: Option<Country>,
    /// What they are to a lawyer who writes to them.
    pub tags: LegalTags,
    /// What they said about their age; none if they were never asked.
    pub age: Option<AgeAnswer>,
    /// Since when their data is kept but not used (GDPR Art. 18).
    pub restricted_at: Option<Time>,
}

impl Contact {
    /// What keeps mail to them from being tracked, whatever they agreed to.
    pub fn obstacle(&self) -> Option<Reason> {
        self.restricted_at.map(|_| Reason::Restricted)
    }

    /// May they be asked for consent now, as far as it lies with them: what they said and when, that their data may be
    /// used, and that there are texts in their language.
    pub fn may_be_asked(&self, now: Time) -> bool {
        self.consent.may_ask(now) && self.obstacle().is_none() && !self.reads_no_text()
    }

    /// Do they read a language without approved texts (R-CONS-19)?
    pub fn reads_no_text(&self) -> bool {
        self.tongue
            .as_ref()
            .is_some_and(|tongue| tongue.written().is_none())
    }

    /// What the rules of law ask about a mail of this class to them.
    pub fn case(&self, class: MessageClass, directed_to_children: bool) -> Case {
        Case {
            country: self.country,
            class,
            age: self.standing(),
            directed_to_children,
            tags: self.tags,
        }
    }
}

/// What a new contact begins with, drawn by chance.
#[derive(Clone, Copy)]
pub struct Fresh {
    /// Its id.
    pub id: ContactId,
    /// The secret its events are committed to under, destroyed when it is erased.
    pub key: [u8; 32],
}

impl Fresh {
    /// Draws one.
    pub fn draw(random: fn() -> [u8; 16]) -> Self {
        let mut key = [0; 32];
        key[..16].copy_from_slice(&random());
        key[16..].copy_from_slice(&random());
        Self {
            id: ContactId(random()),
            key,
        }
    }
}

pub(crate) const COLUMNS: &str = "k.id, k.workspace_id, k.address, k.name, k.language, k.open_state,
    k.open_since, k.click_state, k.click_since, k.document_state, k.document_since, k.details_state, k.details_since,
    k.ask_next, k.created_at, k.country, k.tags, k.source_kind, k.source_place, k.source_at, k.source_by,
    k.source_basis, k.told_at, k.business, k.mail_consent, k.mail_consent_until, k.mail_consent_since,
    k.mail_consent_proof, k.age, k.age_threshold, k.age_country, k.age_asked_at, k.restricted_at,
    (select o.outgrown from workspace o where o.id = k.workspace_id)";
/// The place of what a query selects behind them.
pub(crate) const COLUMNS_COUNT: usize = 34;

/// Reads a contact whose columns begin at `from`.
pub(crate) fn contact(row: &Row, from: usize) -> Result<Contact, Error> {
    let standing = |at: usize| -> Result<Standing, Error> {
        Ok(Standing {
            state: row.get(from + at)?,
            since: row.get(from + at + 1)?,
        })
    };
    let tongue: Option<Tongue> = row.get(from + 4)?;
    let outgrown: Outgrown = row.get(from + 33)?;
    Ok(Contact {
        id: row.get(from)?,
        workspace: row.get(from + 1)?,
        address: row.get(from + 2)?,
        name: row.get(from + 3)?,
        language: tongue.as_ref().and_then(Tongue::written),
        tongue,
        consent: outgrown.left(Consent {
            open: standing(5)?,
            click: standing(7)?,
            document: standing(9)?,
            details: standing(11)?,
        }),
        ask_next: row.get(from + 13)?,
        created_at: row.get(from + 14)?,
        country: row.get(from + 15)?,
        tags: row.get(from + 16)?,
        source: origin::source(row, from + 17)?,
        told_at: row.get(from + 22)?,
        business: row.get(from + 23)?,
        agreement: origin::agreement(row, from + 24)?,
        age: age::read(row, from + 28)?,
        restricted_at: row.get(from + 32)?,
    })
}

/// The contacts with these addresses, in the order given; made, with the names and under the ids given, where they are
/// not known yet. Reads nothing of them but their ids.
pub(crate) fn make(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    people: &[(EmailAddress, String, Fresh)],
    source: &Source,
    now: Time,
) -> Result<Vec<ContactId>, Error> {
    let insert = "insert into contact (id, workspace_id, address, address_key, name, search, source_kind, source_place,
        source_at, source_by, source_basis, business, mail_consent, open_state, click_state, document_state,
        details_state, ask_next, tags, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 'none', 'unknown', 'unknown', 'unknown', 'unknown',
        0, '', $12)
        on conflict (workspace_id, address_key) do nothing";
    // In the order of their addresses: two mails to the same new people must not wait for each other crosswise.
    let mut ordered: Vec<_> = people.iter().collect();
    ordered.sort_unstable_by_key(|(address, ..)| address.key());
    let rows: Vec<_> = ordered
        .into_iter()
        .map(|(address, name, fresh)| {
            let key = address.key();
            let search = search(address, name);
            let s = source;
            params![
                fresh.id, workspace, address, key, name, search, s.kind, &s.place, s.at, &s.by,
                s.basis, now
            ]
            .to_vec()
        })
        .collect();
    tx.execute_many(insert, &rows)?;
    // Only those that were made just now have the id that was drawn for them.
    let insert =
        "insert into contact_key (contact_id, key) select k.id, $2 from contact k where k.id = $1
        on conflict (contact_id) do nothing";
    let keys: Vec<_> = people
        .iter()
        .map(|(.., fresh)| params![fresh.id, fresh.key].to_vec())
        .collect();
    tx.execute_many(insert, &keys)?;
    let select = "select id from contact where workspace_id = $1 and address_key = $2";
    let sets: Vec<_> = people
        .iter()
        .map(|(address, ..)| params![workspace, address.key()].to_vec())
        .collect();
    let gone = || Error::Corrupt("a contact vanished while it was made".into());
    tx.query_many(select, &sets)?
        .iter()
        .map(|rows| rows.first().ok_or_else(gone)?.get(0))
        .collect()
}

/// The contact with this address, made if it is not known yet.
pub(crate) fn find_or_create(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    person: (EmailAddress, String, Fresh),
    source: &Source,
    now: Time,
) -> Result<Contact, Error> {
    let gone = || Error::Corrupt("a contact vanished while it was made".into());
    let ids = make(tx, workspace, &[person], source, now)?;
    let id = ids.first().copied().ok_or_else(gone)?;
    read(tx, id)?.ok_or_else(gone)
}

/// The contact as it is now, and stays until the commit.
pub(crate) fn lock(tx: &mut Tx<'_>, id: ContactId) -> Result<Option<Contact>, Error> {
    let sql = format!(
        "select {} from contact k where k.id = $1 {}",
        COLUMNS,
        tx.lock_rows("k")
    );
    tx.one(&sql, params![id], |row| contact(row, 0))
}

pub(crate) fn read(tx: &mut Tx<'_>, id: ContactId) -> Result<Option<Contact>, Error> {
    let sql = format!("select {COLUMNS} from contact k where k.id = $1");
    tx.one(&sql, params![id], |row| contact(row, 0))
}

/// What a search looks into.
fn search(address: &EmailAddress, name: &str) -> String {
    format!("{} {}", address.key(), name.to_lowercase())
}

impl Store {
    /// The contact with this address, made from `source` if it is not known yet.
    pub async fn contact_find_or_create(
        &self,
        workspace: WorkspaceId,
        address: &EmailAddress,
        name: &str,
        source: Source,
        fresh: Fresh,
        now: Time,
    ) -> Result<Contact, Error> {
        let person = (address.clone(), name.to_owned(), fresh);
        self.db
            .write(move |tx| find_or_create(tx, workspace, person, &source, now))
            .await
    }

    /// A contact of a workspace.
    pub async fn contact(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
    ) -> Result<Option<Contact>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {COLUMNS} from contact k where k.id = $1 and k.workspace_id = $2"
                );
                tx.one(&sql, params![id, workspace], |row| contact(row, 0))
            })
            .await
    }

    /// The contact of a workspace with this address.
    pub async fn contact_by_address(
        &self,
        workspace: WorkspaceId,
        address: &EmailAddress,
    ) -> Result<Option<Contact>, Error> {
        let key = address.key();
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {COLUMNS} from contact k where k.workspace_id = $1 and k.address_key = $2"
                );
                tx.one(&sql, params![workspace, key], |row| contact(row, 0))
            })
            .await
    }
}
