//! Guardians: who agrees for a contact that is below the age to agree alone (GDPR Art. 8, R-AGE-03).
//!
//! The contact says what they would agree to, and to which address of whom a mail about it goes. That mail carries what
//! was shown to the contact; the page behind its link carries the guardian's own text, and its button makes the consent
//! count: at once, or, where the workspace wants it, after somebody there has checked it as well. One link does it all:
//! it agrees once, and takes back for ever. An authorisation has no state of its own beside the contact's consent: what
//! of it still stands is what the contact's topics say, so every withdrawal reaches it, whoever makes it.
//!
//! Bounds: a few mails a day about one contact, of which they are told, and to one address, of which nobody is told,
//! because it would say who is known.

use crate::act::Object;
use crate::consent::{self, Change, ConsentRequest, Method, NewAgreement};
use crate::db::Tx;
use crate::value::{Row, params};
use crate::workspace::read_workspace;
use crate::{By, Contact, Error, Store, contact};
use model::age::Relation;
use model::{
    ActKind, AgeStanding, ConsentState, ContactId, Country, EmailAddress, GuardianId, Sha256,
    SuppressionMark, Time, Topic, WorkspaceId,
};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);
/// Mails to guardians of one contact within a day, and to one address.
const MAILS_A_DAY_MAX: i64 = 3;
/// Guardians that are listed of one contact.
const LISTED_MAX: u16 = 20;

/// What a contact says about who can agree for them.
#[derive(Debug, Clone)]
pub struct NewGuardian {
    /// The id to give them.
    pub id: GuardianId,
    /// Their own address.
    pub address: EmailAddress,
    /// What they are to the contact.
    pub relation: Relation,
    /// The mark of their address: nobody who wants no mail gets one.
    pub mark: SuppressionMark,
    /// What the contact would agree to, and what they were shown.
    pub agreement: NewAgreement,
}

/// What came of it. Whether a mail really goes out is told to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardianAsked {
    /// It was noted.
    Noted,
    /// Several were named today already.
    Enough,
    /// There is nothing left to agree to, or nobody to agree for.
    Nothing,
}

/// Who was named to agree for a contact, and how that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guardian {
    /// Their id, by chance: what records and receipts name them by.
    pub id: GuardianId,
    /// What the contact would agree to.
    pub request: ConsentRequest,
    /// Their own address; empty once they said no.
    pub address: String,
    /// What they are to the contact.
    pub relation: Relation,
    /// The limit of age that the contact was asked about, and whose it is.
    pub threshold: u8,
    /// Its country.
    pub country: Option<Country>,
    /// The text that they agreed to, by the digest of the part of the page that showed it.
    pub text: Option<Sha256>,
    /// When they pressed the button.
    pub given_at: Option<Time>,
    /// Somebody of the workspace has to check it before it counts.
    pub must_be_checked: bool,
    /// When that was done.
    pub checked_at: Option<Time>,
    /// When they said no, or somebody else was named in their place.
    pub ended_at: Option<Time>,
}

impl Guardian {
    /// Since when it counts; none while it does not.
    pub fn counts_since(&self) -> Option<Time> {
        self.request.answered_at
    }

    /// Which topics of it stand in this moment.
    pub fn holds(&self, contact: &Contact) -> Vec<Topic> {
        let since = self.counts_since();
        let stands = |topic: &Topic| {
            let standing = contact.consent.get(*topic);
            // Also what the notice has outgrown: it was given, and can be taken back.
            let given = matches!(standing.state, ConsentState::Given | ConsentState::Outdated);
            given && since.is_some() && standing.since == since
        };
        self.topics(stands)
    }

    /// Which topics of it wait: for the guardian, or for somebody to check what they said.
    pub fn waiting(&self, contact: &Contact) -> Vec<Topic> {
        if self.ended_at.is_some() || self.counts_since().is_some() {
            return Vec::new();
        }
        self.topics(|topic| contact.consent.get(*topic).state == ConsentState::Requested)
    }

    fn topics(&self, is: impl Fn(&Topic) -> bool) -> Vec<Topic> {
        self.request.topics.iter().copied().filter(is).collect()
    }
}

/// What a guardian's yes came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardianGave {
    /// It counts.
    Counts,
    /// It counts once somebody of the workspace has checked it.
    Waits,
    /// The link was used, is too old, or was overtaken by what somebody decided since.
    Late,
}

/// The columns of a guardian and of the request behind, for [`guardian`].
const COLUMNS: &str = "g.id, g.address, g.relation, g.threshold, g.country, g.text_sha256, g.given_at, g.must_be_checked,
    g.checked_at, g.ended_at, r.id, r.contact_id, r.copy_id, r.topics, r.text_sha256, r.created_at, r.expires_at,
    r.answered_at";

fn guardian(row: &Row) -> Result<Guardian, Error> {
    Ok(Guardian {
        id: row.get(0)?,
        address: row.get(1)?,
        relation: row.get(2)?,
        threshold: row.get(3)?,
        country: row.get(4)?,
        text: row.get::<Option<[u8; 32]>>(5)?.map(Sha256),
        given_at: row.get(6)?,
        must_be_checked: row.get(7)?,
        checked_at: row.get(8)?,
        ended_at: row.get(9)?,
        request: consent::request(row, 10)?,
    })
}

fn find(tx: &mut Tx<'_>, id: GuardianId) -> Result<Option<Guardian>, Error> {
    let sql = format!(
        "select {COLUMNS} from guardian g join consent_request r on r.id = g.request_id where g.id = $1"
    );
    tx.one(&sql, params![id], guardian)
}

/// The guardian with their contact, which stays as it is until the commit.
fn locked(tx: &mut Tx<'_>, id: GuardianId) -> Result<Option<(Guardian, Contact)>, Error> {
    let Some(guardian) = find(tx, id)? else {
        return Ok(None);
    };
    let Some(contact) = contact::lock(tx, guardian.request.contact)? else {
        return Ok(None);
    };
    // Again, as it is now that nobody else changes it.
    Ok(find(tx, id)?.map(|guardian| (guardian, contact)))
}

/// May another mail go to this address? Not to whoever wants none, nor more than a few a day, whoever names it.
fn may_be_written_to(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    new: &NewGuardian,
    now: Time,
) -> Result<bool, Error> {
    let sql = "select 1 from suppression where workspace_id = $1 and mark = $2";
    if tx.has(sql, params![workspace, new.mark.0])? {
        return Ok(false);
    }
    // By the mark, which stays when the address goes: naming somebody else in between frees nobody's mailbox.
    let sql = "select count(*) from guardian where mark = $1 and created_at > $2";
    let sent: i64 = tx.number(sql, params![new.mark.0, now - DAY])?;
    Ok(sent < MAILS_A_DAY_MAX)
}

fn ask(tx: &mut Tx<'_>, new: &NewGuardian, now: Time) -> Result<GuardianAsked, Error> {
    let Some(contact) = contact::lock(tx, new.agreement.contact)? else {
        return Ok(GuardianAsked::Nothing);
    };
    let Some(answer) = contact.age.filter(|age| age.standing.needs_guardian()) else {
        return Ok(GuardianAsked::Nothing);
    };
    let sql = "select count(*) from guardian where contact_id = $1 and created_at > $2";
    if tx.number::<i64>(sql, params![contact.id, now - DAY])? >= MAILS_A_DAY_MAX {
        return Ok(GuardianAsked::Enough);
    }
    let writes = may_be_written_to(tx, contact.workspace, new, now)?;
    // Whoever was named before and has not answered is not asked any more.
    let sql = "update guardian set ended_at = $2, address = ''
               where contact_id = $1 and given_at is null and ended_at is null";
    tx.execute(sql, params![contact.id, now])?;
    let noted = consent::agree(tx, &new.agreement, now, |tx, contact| {
        let sql = "insert into guardian (id, request_id, contact_id, address, mark, relation, threshold, country,
                   created_at, must_be_checked) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)";
        let (request, address) = (new.agreement.id, &new.address);
        let values = params![
            new.id,
            request,
            contact.id,
            address,
            new.mark.0,
            new.relation,
            answer.threshold,
            answer.country,
            now
        ];
        tx.execute(sql, values)?;
        if !writes {
            return Ok(());
        }
        let sql = "insert into outbox (id, kind, workspace_id, request_id, contact_id, sender, recipient, created_at,
                   due_at, attempts) values ($1, 'guardian', $2, $3, $4, '', $5, $6, $6, 0)";
        let (outbox, workspace) = (new.agreement.outbox, contact.workspace);
        let values = params![outbox, workspace, new.id, contact.id, address, now];
        tx.execute(sql, values).map(|_| ())
    })?;
    Ok(if noted {
        GuardianAsked::Noted
    } else {
        GuardianAsked::Nothing
    })
}

/// The guardian's word counts: the topics become given, and the contact one for whom somebody agreed. The last thing
/// that a transaction does, see [`Tx::next_numbers`].
fn count(
    tx: &mut Tx<'_>,
    guardian: &Guardian,
    contact: &Contact,
    topics: &[Topic],
    by: &By,
) -> Result<(), Error> {
    let sql = "update consent_request set answered_at = $2 where id = $1";
    tx.execute(sql, params![guardian.request.id, by.at])?;
    let sql = "update contact set age = $2, age_threshold = $3, age_country = $4 where id = $1";
    let (standing, threshold) = (AgeStanding::Guardian, guardian.threshold);
    tx.execute(
        sql,
        params![contact.id, standing, threshold, guardian.country],
    )?;
    let change = Change {
        contact: contact.id,
        workspace: contact.workspace,
        state: ConsentState::Given,
        at: by.at,
        method: Method::Guardian,
        user: by.user,
        text: guardian.text,
    };
    consent::write(tx, topics, &change)
}

fn give(
    tx: &mut Tx<'_>,
    id: GuardianId,
    (token, text): (Sha256, Sha256),
    by: &By,
) -> Result<GuardianGave, Error> {
    let Some((mut guardian, contact)) = locked(tx, id)? else {
        return Ok(GuardianGave::Late);
    };
    let topics = guardian.waiting(&contact);
    let open = guardian.given_at.is_none()
        && by.at < guardian.request.expires_at
        && contact.standing().needs_guardian();
    if topics.is_empty() || !open {
        return Ok(GuardianGave::Late);
    }
    let gone = || Error::Corrupt("a contact without its workspace".into());
    let workspace = read_workspace(tx, contact.workspace)?.ok_or_else(gone)?;
    let checked = workspace.checks_guardians;
    let sql =
        "update guardian set text_sha256 = $2, given_at = $3, must_be_checked = $4 where id = $1";
    tx.execute(sql, params![id, text.0, by.at, checked])?;
    let sql = "update consent_request set token_sha256 = $2 where id = $1";
    tx.execute(sql, params![guardian.request.id, token.0])?;
    if checked {
        return Ok(GuardianGave::Waits);
    }
    guardian.text = Some(text);
    count(tx, &guardian, &contact, &topics, by)?;
    Ok(GuardianGave::Counts)
}

fn check(tx: &mut Tx<'_>, workspace: WorkspaceId, id: GuardianId, by: &By) -> Result<bool, Error> {
    let Some((guardian, contact)) =
        locked(tx, id)?.filter(|(_, contact)| contact.workspace == workspace)
    else {
        return Ok(false);
    };
    let topics = guardian.waiting(&contact);
    let open = guardian.given_at.is_some()
        && by.at < guardian.request.expires_at
        && contact.standing().needs_guardian();
    if topics.is_empty() || !open {
        return Ok(false);
    }
    let sql = "update guardian set checked_at = $2, checked_by = $3 where id = $1";
    tx.execute(sql, params![id, by.at, by.user])?;
    let kind = ActKind::GuardianChecked;
    by.did(kind, Object::Contact(contact.id))
        .write(tx, workspace)?;
    count(tx, &guardian, &contact, &topics, by)?;
    Ok(true)
}

/// What a guardian says of these topics afterwards, written down.
fn say(
    tx: &mut Tx<'_>,
    contact: &Contact,
    topics: &[Topic],
    state: ConsentState,
    now: Time,
) -> Result<(), Error> {
    let change = Change {
        contact: contact.id,
        workspace: contact.workspace,
        state,
        at: now,
        method: Method::Guardian,
        user: None,
        text: None,
    };
    consent::write(tx, topics, &change)
}

impl Store {
    /// Notes what a contact below the limit would agree to, and has the mail sent to who can agree for them.
    pub async fn guardian_ask(&self, new: NewGuardian, now: Time) -> Result<GuardianAsked, Error> {
        self.db.write(move |tx| ask(tx, &new, now)).await
    }

    /// Who was named to agree for somebody.
    pub async fn guardian(&self, id: GuardianId) -> Result<Option<Guardian>, Error> {
        self.db.read(move |tx| find(tx, id)).await
    }

    /// All who were named to agree for a contact, the newest first.
    pub async fn guardians(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
    ) -> Result<Vec<Guardian>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {COLUMNS} from guardian g join consent_request r on r.id = g.request_id
                     join contact k on k.id = g.contact_id
                     where g.contact_id = $1 and k.workspace_id = $2 order by g.created_at desc, g.id limit {LISTED_MAX}"
                );
                tx.rows(&sql, params![contact, workspace], guardian)
            })
            .await
    }

    /// Contacts for whom somebody agreed that must be checked with them before it counts: with the address, and until when.
    /// The most urgent first.
    pub async fn guardians_to_check(
        &self,
        workspace: WorkspaceId,
        now: Time,
        limit: u16,
    ) -> Result<Vec<(ContactId, String, Time)>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select k.id, k.address, r.expires_at from guardian g
                           join consent_request r on r.id = g.request_id join contact k on k.id = g.contact_id
                           where k.workspace_id = $1 and g.must_be_checked = 1 and g.given_at is not null
                           and g.checked_at is null and g.ended_at is null and r.expires_at > $2
                           and 'requested' in (k.open_state, k.click_state, k.document_state, k.details_state)
                           order by r.expires_at, k.address limit $3";
                let line = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
                tx.rows(sql, params![workspace, now, limit], line)
            })
            .await
    }

    /// The guardian agrees, with the token of this digest, to the text of that one.
    pub async fn guardian_give(
        &self,
        id: GuardianId,
        token: Sha256,
        text: Sha256,
        by: By,
    ) -> Result<GuardianGave, Error> {
        self.db
            .write(move |tx| give(tx, id, (token, text), &by))
            .await
    }

    /// Somebody of the workspace checked what a guardian said: now it counts. False if there is nothing to check.
    pub async fn guardian_check(
        &self,
        workspace: WorkspaceId,
        id: GuardianId,
        by: By,
    ) -> Result<bool, Error> {
        self.db.write(move |tx| check(tx, workspace, id, &by)).await
    }

    /// The guardian says no. Their address goes with it. False if there was nothing to say no to any more.
    pub async fn guardian_refuse(&self, id: GuardianId, now: Time) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let Some((guardian, contact)) = locked(tx, id)? else {
                    return Ok(false);
                };
                let topics = guardian.waiting(&contact);
                if topics.is_empty() {
                    return Ok(false);
                }
                let sql = "update guardian set ended_at = $2, address = '' where id = $1";
                tx.execute(sql, params![id, now])?;
                say(tx, &contact, &topics, ConsentState::Refused, now).map(|()| true)
            })
            .await
    }

    /// The guardian takes back what of their word still stands; which topics that was.
    pub async fn guardian_withdraw(&self, id: GuardianId, now: Time) -> Result<Vec<Topic>, Error> {
        self.db
            .write(move |tx| {
                let Some((guardian, contact)) = locked(tx, id)? else {
                    return Ok(Vec::new());
                };
                let topics = guardian.holds(&contact);
                say(tx, &contact, &topics, ConsentState::Withdrawn, now)?;
                Ok(topics)
            })
            .await
    }
}
