//! Contacts: the people mail is sent to, one address each.

use crate::db::Tx;
use crate::origin::{self, MailAgreement};
use crate::value::{Row, Value, params};
use crate::webhook::{self, Happened};
use crate::{By, Error, Store, act, consent};
use model::consent::Standing;
use model::notice::Outgrown;
use model::profile::Case;
use model::{
    ActKind, AgeAnswer, AgeStanding, Consent, ConsentState, ContactId, Country, EmailAddress,
    Language, LegalTags, MessageClass, Reason, Sha256, Source, Time, Tongue, Topic, WebhookEvent,
    WorkspaceId,
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
            age: self.age.map_or(AgeStanding::Unknown, |age| age.standing),
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

/// Which contacts to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactFilter {
    /// Part of the address or name.
    pub search: Option<String>,
    /// Only with this state on some topic.
    pub state: Option<ConsentState>,
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
        age: age(row, from + 28)?,
        restricted_at: row.get(from + 32)?,
    })
}

fn age(row: &Row, from: usize) -> Result<Option<AgeAnswer>, Error> {
    let standing = row.get(from)?;
    if standing == AgeStanding::Unknown {
        return Ok(None);
    }
    Ok(Some(AgeAnswer {
        standing,
        threshold: row.get(from + 1)?,
        country: row.get(from + 2)?,
        asked_at: row.get(from + 3)?,
    }))
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
    let sql = format!("select {COLUMNS} from contact k where k.id = $1");
    contact(&tx.first(&sql, params![id])?.ok_or_else(gone)?, 0)
}

/// Notes for webhooks what happened to a contact; what they are now is read when it is sent.
fn tell(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: ContactId,
    event: WebhookEvent,
    at: Time,
) -> Result<(), Error> {
    let happened = Happened {
        event,
        at,
        contact: Some(id),
        copy: None,
    };
    webhook::tell(tx, workspace, &happened, |_| String::new())
}

/// What a search looks into.
fn search(address: &EmailAddress, name: &str) -> String {
    format!("{} {}", address.key(), name.to_lowercase())
}

/// Writes the act that was done to a contact; never what is known about them.
fn noted(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: ContactId,
    kind: ActKind,
    by: &By,
    after: Option<&str>,
) -> Result<(), Error> {
    let act = act::NewAct {
        workspace,
        kind,
        by,
        object: act::Object::Contact(id),
        before: None,
        after: after.map(str::to_owned),
    };
    act::write(tx, act)
}

/// Stops the use of a contact's data, or allows it again. False if there is no such contact.
pub(crate) fn restrict(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: ContactId,
    restrict: bool,
    by: &By,
) -> Result<bool, Error> {
    let sql = "update contact set restricted_at = $3 where id = $1 and workspace_id = $2";
    let since = restrict.then_some(by.at);
    if tx.execute(sql, params![id, workspace, since])? == 0 {
        return Ok(false);
    }
    let after = if restrict { "restricted" } else { "free" };
    noted(
        tx,
        workspace,
        id,
        ActKind::ContactRestricted,
        by,
        Some(after),
    )?;
    tell(tx, workspace, id, WebhookEvent::ContactRestricted, by.at)?;
    Ok(true)
}

/// Writes what a contact says is right. False if there is no such contact.
pub(crate) fn correct(
    tx: &mut Tx<'_>,
    id: ContactId,
    name: &str,
    tongue: Option<Tongue>,
    country: Option<Country>,
    by: &By,
) -> Result<bool, Error> {
    let Some(contact) = consent::lock(tx, id)? else {
        return Ok(false);
    };
    let search = search(&contact.address, name);
    let sql =
        "update contact set name = $2, search = $3, language = $4, country = $5 where id = $1";
    tx.execute(sql, params![id, name, search, tongue, country])?;
    noted(
        tx,
        contact.workspace,
        id,
        ActKind::ContactCorrected,
        by,
        None,
    )?;
    tell(
        tx,
        contact.workspace,
        id,
        WebhookEvent::ContactCorrected,
        by.at,
    )?;
    Ok(true)
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
                tx.first(&sql, params![id, workspace])?
                    .map(|row| contact(&row, 0))
                    .transpose()
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
                tx.first(&sql, params![workspace, key])?
                    .map(|row| contact(&row, 0))
                    .transpose()
            })
            .await
    }

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
                if let Some(state) = filter.state {
                    values.push(state.into());
                    let n = values.len();
                    let columns = match filter.topic {
                        Some(topic) => format!("k.{}_state", topic.as_str()),
                        None => "k.open_state, k.click_state, k.document_state, k.details_state".to_owned(),
                    };
                    sql += &format!(" and ${n} in ({columns})");
                }
                if let Some(text) = filter.text {
                    values.push(text.0.into());
                    let n = values.len();
                    sql += &format!(" and k.id in (select contact_id from consent_event where text_sha256 = ${n})");
                }
                values.push(i64::from(filter.limit).into());
                sql += &format!(" order by k.address_key limit ${}", values.len());
                tx.query(&sql, &values)?.iter().map(|row| contact(row, 0)).collect()
            })
            .await
    }

    /// Notes where a contact is and what they are to a lawyer. From now on the rules for that apply, also to what is
    /// recorded of mails sent before. Whoever had reached another country's limit of age has to be asked again.
    pub async fn contact_describe(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        country: Option<Country>,
        tags: LegalTags,
        by: By,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let sql = "update contact set country = $3, tags = $4, age = case when age = 'reached' and
                           coalesce(age_country, '') <> coalesce($3, '') then 'unknown' else age end
                           where id = $1 and workspace_id = $2";
                let found = tx.execute(sql, params![id, workspace, country, tags])? > 0;
                if found {
                    // What they are said to be stays in the contact's own row.
                    noted(tx, workspace, id, ActKind::ContactDescribed, &by, None)?;
                    tell(tx, workspace, id, WebhookEvent::ContactCorrected, by.at)?;
                }
                Ok(found)
            })
            .await
    }

    /// Keeps a contact's data but stops its use, or takes that back (GDPR Art. 18). In force at once: nothing of them is
    /// recorded, also on mails already sent, and they are in no list and no sum. False if there is no such contact.
    pub async fn contact_restrict(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        restrict: bool,
        by: By,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| self::restrict(tx, workspace, id, restrict, &by))
            .await
    }

    /// Keeps what a contact said about their age: the answer, and never a date of birth (R-AGE-04).
    pub async fn contact_set_age(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        answer: AgeAnswer,
        by: By,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let sql = "update contact set age = $3, age_threshold = $4, age_country = $5, age_asked_at = $6
                           where id = $1 and workspace_id = $2";
                let AgeAnswer { standing, threshold, country, asked_at } = answer;
                let values = params![id, workspace, standing, threshold, country, asked_at];
                if tx.execute(sql, values)? == 0 {
                    return Ok(false);
                }
                // What they said stays in the contact's own row.
                noted(tx, workspace, id, ActKind::ContactAgeSet, &by, None)?;
                Ok(true)
            })
            .await
    }

    /// Notes that the next mail to this contact should carry the question, or takes the note back.
    pub async fn contact_set_ask_next(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        ask: bool,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let sql = "update contact set ask_next = $3 where id = $1 and workspace_id = $2";
                Ok(tx.execute(sql, params![id, workspace, ask])? > 0)
            })
            .await
    }
}
