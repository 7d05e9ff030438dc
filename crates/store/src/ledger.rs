//! The ledger of a workspace: a chain of commitments, one for each consent event and each act, written in the same
//! transaction.
//!
//! What was committed to stands in `consent_event` and `act`, the keys in `contact_key` and `workspace_key`. Erasing a contact destroys the key; the
//! chain goes on to verify, and nobody can tell any more what the entry was about (R-AUD-03).

use crate::db::Tx;
use crate::value::{Row, params};
use crate::{Error, Store, act};
use model::evidence::CommittedEvent;
use model::ledger::{CommitmentKey, Entry, Head, SignedHead};
use model::sign::Signature;
use model::{ContactId, Sha256, Time, UserId, WorkspaceId};

/// Does the event still say what the entry committed to?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// It does.
    Opens,
    /// Nobody can tell: the contact was erased, its key is gone.
    Sealed,
    /// It says something else.
    Differs,
    /// The event is gone, though its contact was not erased.
    EventMissing,
}

/// One entry and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// The entry.
    pub entry: Entry,
    /// What became of its event.
    pub opening: Opening,
}

/// An entry as a log server may have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Its place in the chain.
    pub seq: u64,
    /// When it happened.
    pub at: Time,
    /// What happened.
    pub kind: String,
    /// The entry's hash, by which the exported line can be held against the chain.
    pub hash: Sha256,
    /// Who did it; none for a person's own act, and for whoever ran a command on the machine.
    pub user: Option<UserId>,
    /// To what: a noun and an id. None for changes of consent.
    pub object: Option<String>,
}

/// A chain, and how far it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// The workspace's name.
    pub name: String,
}

/// The contact's key; none once they were erased.
pub(crate) fn key(tx: &mut Tx<'_>, contact: ContactId) -> Result<Option<CommitmentKey>, Error> {
    let sql = "select key from contact_key where contact_id = $1";
    tx.one(sql, params![contact], |row| {
        row.get(0).map(|key| CommitmentKey::new(&key))
    })
}

/// The end of a chain. To append to it, be the only one: see [`Tx::next_numbers`].
pub(crate) fn head(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Head, Error> {
    let sql =
        "select seq, hash from ledger_entry where workspace_id = $1 order by seq desc limit 1";
    let head = tx.one(sql, params![workspace], |row| {
        Ok(Head {
            seq: place(row, 0)?,
            hash: Sha256(row.get(1)?),
        })
    })?;
    Ok(head.unwrap_or_else(|| Head::beginning(workspace.bytes())))
}

/// Waits until nobody else appends to any ledger; until the commit nobody does.
pub(crate) fn take_turn(tx: &mut Tx<'_>) -> Result<(), Error> {
    tx.next_numbers("consent_event", 0).map(|_| ())
}

/// Appends an entry that commits to the payload, and gives it back.
pub(crate) fn append(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    head: Head,
    key: &CommitmentKey,
    at: Time,
    kind: &str,
    payload: &str,
) -> Result<Entry, Error> {
    let kind = kind
        .parse()
        .map_err(|error| Error::Corrupt(format!("{error}")))?;
    let entry = head.append(at, kind, key, payload.as_bytes());
    let sql = "insert into ledger_entry (workspace_id, seq, at, kind, commitment, previous, hash)
               values ($1, $2, $3, $4, $5, $6, $7)";
    let values = params![
        workspace,
        entry.seq.cast_signed(),
        entry.at,
        entry.kind.as_str(),
        entry.commitment.0,
        entry.previous.0,
        entry.hash.0
    ];
    tx.execute(sql, values).map(|_| entry)
}

/// Says of entries that nobody can open them any more, and by which entry that was done.
pub(crate) fn seal(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    places: &[u64],
    by: u64,
) -> Result<(), Error> {
    let row = |place: &u64| params![workspace, place.cast_signed(), by.cast_signed()].to_vec();
    let rows: Vec<_> = places.iter().map(row).collect();
    let into = "insert into ledger_sealed (workspace_id, seq, by_seq)";
    tx.insert(into, "on conflict do nothing", &rows)
}

/// Does the account that the sealing entry commits to say that this place was sealed?
fn is_sealed(account: Option<&str>, seq: u64) -> bool {
    let account = account.and_then(|text| serde_json::from_str::<Sealing>(text).ok());
    account.is_some_and(|account| account.sealed.contains(&seq))
}

/// What an act that sealed entries says about it, among other things.
#[derive(serde::Deserialize)]
struct Sealing {
    sealed: Vec<u64>,
}

pub(crate) fn place(row: &Row, column: usize) -> Result<u64, Error> {
    let seq: i64 = row.get(column)?;
    u64::try_from(seq).map_err(|_| Error::Corrupt(format!("the ledger has an entry {seq}")))
}

/// Reads an entry whose columns begin at `from`. One that was made unreadable is named by its place.
pub(crate) fn entry(row: &Row, from: usize) -> Result<Entry, Error> {
    let seq = place(row, from)?;
    let broken = |what: &str| Error::Corrupt(format!("ledger entry {seq} was changed: {what}"));
    let digest = |column: usize| {
        row.get(from + column)
            .map(Sha256)
            .map_err(|_| broken("a digest is not 32 bytes"))
    };
    let kind: String = row.get(from + 2)?;
    Ok(Entry {
        seq,
        at: row.get(from + 1)?,
        kind: kind.parse().map_err(|_| broken("its kind is not one"))?,
        commitment: digest(3)?,
        previous: digest(4)?,
        hash: digest(5)?,
    })
}

fn row(row: &Row) -> Result<LedgerRow, Error> {
    let entry = entry(row, 0)?;
    if row.get::<Option<i64>>(14)?.is_some() {
        let act = act::act(row, 14)?;
        let key = row
            .get::<Option<[u8; 32]>>(22)?
            .map(|key| CommitmentKey::new(&key));
        let opening = match key {
            None => Opening::Sealed,
            Some(key) if act.opens(&entry, &key)? => Opening::Opens,
            Some(_) => Opening::Differs,
        };
        return Ok(LedgerRow { entry, opening });
    }
    // A contact that the event does not name is one whose event is gone.
    let Some(contact) = row.get::<Option<ContactId>>(6)? else {
        let account: Option<String> = row.get(23)?;
        let opening = if is_sealed(account.as_deref(), entry.seq) {
            Opening::Sealed
        } else {
            Opening::EventMissing
        };
        return Ok(LedgerRow { entry, opening });
    };
    let event = event(row, contact, 7)?;
    let opening = match row.get::<Option<[u8; 32]>>(13)? {
        None => Opening::Sealed,
        Some(key) => {
            let key = CommitmentKey::new(&key);
            if entry.opens_with(&key, payload(&event)?.as_bytes()) {
                Opening::Opens
            } else {
                Opening::Differs
            }
        }
    };
    Ok(LedgerRow { entry, opening })
}

/// The columns of an event that its entry commits to, besides its contact.
pub(crate) const EVENT: &str = "e.topic, e.state, e.at, e.method, e.user_id, e.text_sha256";

/// Reads an event of a contact whose columns begin at `from`.
pub(crate) fn event(row: &Row, contact: ContactId, from: usize) -> Result<CommittedEvent, Error> {
    Ok(CommittedEvent {
        contact,
        topic: row.get(from)?,
        state: row.get(from + 1)?,
        at: row.get(from + 2)?,
        method: row.get(from + 3)?,
        user: row.get(from + 4)?,
        text: row.get::<Option<[u8; 32]>>(from + 5)?.map(Sha256),
    })
}

/// The bytes that an entry commits to.
pub(crate) fn payload(event: &CommittedEvent) -> Result<String, Error> {
    event
        .payload()
        .map_err(|error| Error::Corrupt(error.to_string()))
}

pub(crate) const ENTRY: &str = "l.seq, l.at, l.kind, l.commitment, l.previous, l.hash";

impl Store {
    /// All chains there are: one a workspace.
    pub async fn ledger_chains(&self) -> Result<Vec<Chain>, Error> {
        self.db
            .read(|tx| {
                let sql = "select id, name from workspace order by created_at, id";
                let chain = |row: &Row| {
                    Ok(Chain {
                        workspace: row.get(0)?,
                        name: row.get(1)?,
                    })
                };
                tx.rows(sql, &[], chain)
            })
            .await
    }

    /// The entries after a place, in order, at most `limit`.
    pub async fn ledger_page(
        &self,
        workspace: WorkspaceId,
        after: u64,
        limit: u16,
    ) -> Result<Vec<LedgerRow>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {ENTRY}, e.contact_id, {EVENT}, y.key,
                     {}, coalesce(z.key, w.key), b.after_text
                     from ledger_entry l
                     left join consent_event e on e.workspace_id = l.workspace_id and e.ledger_seq = l.seq
                     left join contact_key y on y.contact_id = e.contact_id
                     left join ledger_sealed s on s.workspace_id = l.workspace_id and s.seq = l.seq
                     left join act b on b.workspace_id = s.workspace_id and b.ledger_seq = s.by_seq
                     left join act a on a.workspace_id = l.workspace_id and a.ledger_seq = l.seq
                     left join contact_key z on z.contact_id = a.sealed_with
                     left join workspace_key w on w.workspace_id = a.workspace_id and a.sealed_with is null
                     where l.workspace_id = $1 and l.seq > $2 order by l.seq limit $3",
                    act::COLUMNS
                );
                tx.rows(&sql, params![workspace, after.cast_signed(), limit], row)
            })
            .await
    }

    /// The entries after a place, in order, at most `limit`, as they may be shown to a log server: nothing that somebody
    /// wrote, no name, no address.
    pub async fn ledger_export(
        &self,
        workspace: WorkspaceId,
        after: u64,
        limit: u16,
    ) -> Result<Vec<Exported>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select l.seq, l.at, l.kind, l.hash, a.user_id, a.object from ledger_entry l
                           left join act a on a.workspace_id = l.workspace_id and a.ledger_seq = l.seq
                           where l.workspace_id = $1 and l.seq > $2 order by l.seq limit $3";
                let exported = |row: &Row| {
                    Ok(Exported {
                        seq: place(row, 0)?,
                        at: row.get(1)?,
                        kind: row.get(2)?,
                        hash: Sha256(row.get(3)?),
                        user: row.get(4)?,
                        object: row.get(5)?,
                    })
                };
                tx.rows(sql, params![workspace, after.cast_signed(), limit], exported)
            })
            .await
    }

    /// The last place that an event or act of this workspace claims in the ledger: entries up to there must exist.
    pub async fn ledger_claimed(&self, workspace: WorkspaceId) -> Result<u64, Error> {
        self.db
            .read(move |tx| {
                let sql = "select coalesce(max(seq), 0) from (
                    select max(ledger_seq) as seq from consent_event where workspace_id = $1
                    union all select max(ledger_seq) from act where workspace_id = $1) claimed";
                tx.first(sql, params![workspace])?
                    .map_or(Ok(0), |row| place(&row, 0))
            })
            .await
    }

    /// The signed heads of a chain, oldest first.
    pub async fn ledger_heads(&self, workspace: WorkspaceId) -> Result<Vec<SignedHead>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select seq, hash, at, signature from ledger_head where workspace_id = $1 order by seq";
                tx.rows(sql, params![workspace], signed_head)
            })
            .await
    }

    /// The end of a chain as it is now.
    pub async fn ledger_end(&self, workspace: WorkspaceId) -> Result<Head, Error> {
        self.db.read(move |tx| head(tx, workspace)).await
    }

    /// The heads to be signed: of chains that grew since their last signed head, which is older than `before`.
    pub async fn ledger_heads_due(&self, before: Time) -> Result<Vec<(WorkspaceId, Head)>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select l.workspace_id, l.seq, l.hash from ledger_entry l
                    where l.seq = (select max(n.seq) from ledger_entry n where n.workspace_id = l.workspace_id)
                    and not exists (select 1 from ledger_head h where h.workspace_id = l.workspace_id
                                    and (h.seq >= l.seq or h.at > $1))";
                let due = |row: &Row| {
                    let (seq, hash) = (place(row, 1)?, Sha256(row.get(2)?));
                    Ok((row.get(0)?, Head { seq, hash }))
                };
                tx.rows(sql, params![before], due)
            })
            .await
    }

    /// Keeps a signed head. One that was signed at the same place before stays.
    pub async fn ledger_head_keep(
        &self,
        workspace: WorkspaceId,
        signed: SignedHead,
    ) -> Result<(), Error> {
        self.db
            .write(move |tx| {
                let sql = "insert into ledger_head (workspace_id, seq, hash, at, signature) values ($1, $2, $3, $4, $5)
                           on conflict (workspace_id, seq) do nothing";
                let (head, signature) = (signed.head, signed.signature.0);
                let seq = head.seq.cast_signed();
                tx.execute(sql, params![workspace, seq, head.hash.0, signed.at, signature])
                    .map(|_| ())
            })
            .await
    }
}

pub(crate) fn signed_head(row: &Row) -> Result<SignedHead, Error> {
    Ok(SignedHead {
        head: Head {
            seq: place(row, 0)?,
            hash: Sha256(row.get(1)?),
        },
        at: row.get(2)?,
        signature: Signature(row.get(3)?),
    })
}
