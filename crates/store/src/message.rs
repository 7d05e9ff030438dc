//! Messages: one mail as the sender wrote it, with its copies and links.

use crate::copy::{self, Copy, CopyState};
use crate::db::Tx;
use crate::event::News;
use crate::value::{Row, Value, params};
use crate::{Error, Store, contact, event, outbox};
use model::event::Happening;
use model::{
    AssessmentId, ContactId, CopyId, EmailAddress, MessageClass, MessageId, Mode, PerAxis, Reason,
    Switch, Tick, Time, UserId, WorkspaceId,
};
use std::str::FromStr;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id here.
    pub id: MessageId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Whose it is.
    pub user: UserId,
    /// The address it was sent from.
    pub sender: String,
    /// The Message-ID header, without angle brackets.
    pub header_id: String,
    /// The subject, decoded.
    pub subject: String,
    /// When it was accepted.
    pub accepted_at: Time,
    /// Its size in octets, as the sender wrote it.
    pub size: i64,
    /// The sender's choice for this mail.
    pub switch: Switch,
    /// What kind of mail it is.
    pub class: MessageClass,
    /// The assessment of legitimate interests behind a cold mail.
    pub assessment: Option<AssessmentId>,
    /// The sender asks recipients to say that they have read it.
    pub receipt_asked: bool,
}

/// One part of a message, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// `1.2` as in IMAP; `root` for a multipart at the top.
    pub path: String,
    /// What kind of content it declares.
    pub content_type: String,
    /// What it is in the mail: `html`, `text`, `attachment`, …
    pub role: String,
    /// Why it cannot be changed, for one that otherwise could be.
    pub hindrance: Option<Reason>,
}

/// One link of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number within the message.
    pub number: u16,
    /// Where it leads.
    pub destination: String,
    /// The path of its part.
    pub part: String,
    /// What carries it: `anchor`, `area`, …
    pub kind: String,
    /// Why it is never tracked; none if it may be.
    pub skipped: Option<String>,
}

/// A message to be accepted.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// The message.
    pub message: Message,
    /// The mail, byte for byte.
    pub source: Vec<u8>,
    /// Its first parts.
    pub parts: Vec<Part>,
    /// Its links.
    pub links: Vec<Link>,
    /// Its copies, in the order of the envelope.
    pub copies: Vec<NewCopy>,
    /// SMTP's envelope sender.
    pub envelope_from: String,
    /// RFC 3461: which form of report the sender wants.
    pub ret: Option<String>,
    /// RFC 3461: the sender's own id for the envelope.
    pub envid: Option<String>,
}

/// A copy to be accepted.
#[derive(Debug, Clone)]
pub struct NewCopy {
    /// Its id: 128 random bits.
    pub id: CopyId,
    /// The id of its place in the outbox. None: the sender delivers it.
    pub outbox: Option<[u8; 16]>,
    /// The recipient.
    pub contact: ContactId,
    /// The recipient's address as the envelope had it.
    pub address: EmailAddress,
    /// What was decided.
    pub modes: PerAxis<Mode>,
    /// Why opens are not tracked.
    pub reason_open: Option<Reason>,
    /// Why clicks are not tracked.
    pub reason_click: Option<Reason>,
    /// It carries the question whether the recipient agrees to be tracked.
    pub ask: bool,
    /// It carries the link with which its recipient can say that they have read it.
    pub receipt_asked: bool,
    /// The rules keep it from being sent: why, and the place of the report to the sender where they get one.
    pub refusal: Option<Refused>,
    /// RFC 3461: when to report about this recipient.
    pub notify: Option<String>,
    /// RFC 3461: the recipient as the sender first wrote it.
    pub orcpt: Option<String>,
}

/// Why a copy is not sent at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub reason: Reason,
    /// The outbox id of the report to the sender; none if they learn of it otherwise.
    pub report: Option<[u8; 16]>,
}

impl Refused {
    /// The answer that is kept and reported: an SMTP reply, for mail programs read it.
    pub fn answer(reason: Reason) -> String {
        format!("550 5.7.1 {reason}")
    }
}

/// Which messages to list.
#[derive(Debug, Clone, Default)]
pub struct MessageFilter {
    /// Only this user's; none for the whole workspace.
    pub user: Option<UserId>,
    /// Part of the subject or of a recipient's address.
    pub search: Option<String>,
    /// Sent from this address.
    pub sender: Option<String>,
    /// Only messages that have a copy with this tick.
    pub tick: Option<Tick>,
    /// Only messages that have a copy that bounced.
    pub bounced: bool,
    /// Only after this place, for paging.
    pub after: Option<Cursor>,
    /// At most so many.
    pub limit: u16,
}

/// A place in the list of messages, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The last message's time …
    pub at: Time,
    /// … and id.
    pub id: MessageId,
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.at.0, self.id)
    }
}

impl FromStr for Cursor {
    type Err = model::id::BadId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (at, id) = text.split_once('.').ok_or(model::id::BadId)?;
        Ok(Self {
            at: Time(at.parse().map_err(|_| model::id::BadId)?),
            id: id.parse()?,
        })
    }
}

/// Copies of one message that a list shows; the message's own page shows them all.
const COPIES_LISTED_MAX: u16 = 100;

const COLUMNS: &str = "m.id, m.workspace_id, m.user_id, m.sender, m.header_id, m.subject, m.accepted_at, m.size, m.switch,
    m.class, m.assessment_id, m.receipt_asked";

fn message(row: &Row) -> Result<Message, Error> {
    Ok(Message {
        id: row.get(0)?,
        workspace: row.get(1)?,
        user: row.get(2)?,
        sender: row.get(3)?,
        header_id: row.get(4)?,
        subject: row.get(5)?,
        accepted_at: row.get(6)?,
        size: row.get(7)?,
        switch: row.get(8)?,
        class: row.get(9)?,
        assessment: row.get(10)?,
        receipt_asked: row.get(11)?,
    })
}

pub(crate) fn read(tx: &mut Tx<'_>, id: MessageId) -> Result<Option<Message>, Error> {
    tx.first(
        &format!("select {COLUMNS} from message m where m.id = $1"),
        params![id],
    )?
    .as_ref()
    .map(message)
    .transpose()
}

/// What a message is found by: its subject and its recipients' addresses, in lower case.
pub(crate) fn search_text(tx: &mut Tx<'_>, id: MessageId, subject: &str) -> Result<String, Error> {
    let sql = "select address from copy where message_id = $1 order by position";
    let mut search = subject.to_lowercase();
    for row in tx.query(sql, params![id])? {
        search += " ";
        search += &row.get::<String>(0)?.to_lowercase();
    }
    Ok(search)
}

impl Store {
    /// Accepts a message: when this returns, the mail, its copies and their places in the outbox are on disk.
    pub async fn message_accept(&self, new: NewMessage) -> Result<(), Error> {
        self.db.write(move |tx| accept(tx, new)).await
    }

    /// The mail as its sender wrote it; none once its last copy has left.
    pub async fn message_source(&self, id: MessageId) -> Result<Option<Vec<u8>>, Error> {
        self.db
            .read(move |tx| {
                let row = tx.first("select source from message where id = $1", params![id])?;
                row.map_or(Ok(None), |row| row.get(0))
            })
            .await
    }

    /// A message of a workspace.
    pub async fn message(
        &self,
        workspace: WorkspaceId,
        id: MessageId,
    ) -> Result<Option<Message>, Error> {
        self.db
            .read(move |tx| Ok(read(tx, id)?.filter(|m| m.workspace == workspace)))
            .await
    }

    /// A message's links, in order.
    pub async fn links(&self, message: MessageId) -> Result<Vec<Link>, Error> {
        self.db
            .read(move |tx| {
                let sql =
                    "select number, destination, part, kind, skipped from link where message_id = $1 order by number";
                let link = |row: &Row| {
                    Ok(Link {
                        number: row.get(0)?,
                        destination: row.get(1)?,
                        part: row.get(2)?,
                        kind: row.get(3)?,
                        skipped: row.get(4)?,
                    })
                };
                tx.query(sql, params![message])?.iter().map(link).collect()
            })
            .await
    }

    /// A message's first parts, in order.
    pub async fn parts(&self, message: MessageId) -> Result<Vec<Part>, Error> {
        self.db
            .read(move |tx| {
                let sql =
                    "select path, content_type, role, hindrance from part where message_id = $1 order by position";
                let part = |row: &Row| {
                    Ok(Part {
                        path: row.get(0)?,
                        content_type: row.get(1)?,
                        role: row.get(2)?,
                        hindrance: row.get(3)?,
                    })
                };
                tx.query(sql, params![message])?.iter().map(part).collect()
            })
            .await
    }

    /// Messages with the first of their copies, newest first.
    pub async fn messages(
        &self,
        workspace: WorkspaceId,
        filter: MessageFilter,
    ) -> Result<Vec<(Message, Vec<Copy>)>, Error> {
        self.db
            .read(move |tx| {
                let (sql, values) = list_query(workspace, &filter);
                let messages: Vec<Message> = tx
                    .query(&sql, &values)?
                    .iter()
                    .map(message)
                    .collect::<Result<_, _>>()?;
                let sql = copy::list_query();
                let sets: Vec<_> = messages
                    .iter()
                    .map(|m| vec![m.id.into(), Value::from(COPIES_LISTED_MAX)])
                    .collect();
                let copies = tx.query_many(&sql, &sets)?;
                messages
                    .into_iter()
                    .zip(copies)
                    .map(|(m, rows)| {
                        Ok((m, rows.iter().map(copy::copy).collect::<Result<_, _>>()?))
                    })
                    .collect()
            })
            .await
    }
}

fn list_query(workspace: WorkspaceId, filter: &MessageFilter) -> (String, Vec<Value>) {
    let mut sql = format!("select {COLUMNS} from message m where m.workspace_id = $1");
    let mut values: Vec<Value> = vec![workspace.into()];
    let mut with = |value: Value, condition: &dyn Fn(usize) -> String| {
        values.push(value);
        sql += &format!(" and {}", condition(values.len()));
    };
    if let Some(user) = filter.user {
        with(user.into(), &|n| format!("m.user_id = ${n}"));
    }
    if let Some(search) = &filter.search {
        with(contact::like(search).into(), &|n| {
            format!("m.search like ${n} escape '\\'")
        });
    }
    if let Some(sender) = &filter.sender {
        with(sender.as_str().into(), &|n| format!("m.sender = ${n}"));
    }
    if let Some(tick) = filter.tick {
        let exists = "exists (select 1 from copy c where c.message_id = m.id and c.tick =";
        with(tick.as_str().into(), &|n| format!("{exists} ${n})"));
    }
    if filter.bounced {
        let exists = "exists (select 1 from copy c where c.message_id = m.id and c.state =";
        with("bounced".into(), &|n| format!("{exists} ${n})"));
    }
    if let Some(Cursor { at, id }) = filter.after {
        with(at.into(), &|n| format!("m.accepted_at <= ${n}"));
        values.push(at.into());
        values.push(id.into());
        let n = values.len();
        sql += &format!(" and (m.accepted_at < ${} or m.id < ${n})", n - 1);
    }
    values.push(filter.limit.into());
    sql += &format!(
        " order by m.accepted_at desc, m.id desc limit ${}",
        values.len()
    );
    (sql, values)
}

/// The report about a copy that was refused when its mail was accepted.
const REPORT: &str =
    "insert into outbox (id, kind, workspace_id, message_id, copy_id, action, sender, recipient,
    orcpt, ret, envid, created_at, due_at, attempts)
    values ($1, 'report', $2, $3, $4, 'failed', '', $5, $6, $7, $8, $9, $9, 0)";

fn accept(tx: &mut Tx<'_>, new: NewMessage) -> Result<(), Error> {
    let NewMessage {
        message: m,
        source,
        parts,
        links,
        copies,
        envelope_from,
        ret,
        envid,
    } = new;
    let addresses = copies
        .iter()
        .map(|c| c.address.key())
        .collect::<Vec<_>>()
        .join(" ");
    let search = format!("{} {addresses}", m.subject.to_lowercase());
    tx.execute(
        "insert into message (id, workspace_id, user_id, sender, header_id, subject, accepted_at, size, switch, class,
         assessment_id, receipt_asked, search, source)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        params![
            m.id, m.workspace, m.user, m.sender, m.header_id, m.subject, m.accepted_at, m.size, m.switch, m.class, m.assessment,
            m.receipt_asked, search, source
        ],
    )?;
    write_contents(tx, m.id, parts, links)?;

    let mut copy_rows = Vec::with_capacity(copies.len());
    let mut outbox_rows = Vec::with_capacity(copies.len());
    let mut reports = Vec::new();
    let mut asked = Vec::new();
    for (position, c) in copies.into_iter().enumerate() {
        let tick = Tick::of(&c.modes, &model::tick::Seen::default());
        copy_rows.push(
            params![
                c.id,
                m.workspace,
                m.id,
                c.contact,
                position as i64,
                &c.address,
                c.modes.open,
                c.modes.click,
                c.modes.document,
                c.reason_open,
                c.reason_click,
                c.ask,
                c.receipt_asked,
                match (c.refusal, c.outbox) {
                    (Some(_), _) => CopyState::Bounced,
                    (None, Some(_)) => CopyState::Queued,
                    (None, None) => CopyState::HandedOver,
                }
                .as_str(),
                c.refusal.map(|r| Refused::answer(r.reason)),
                c.refusal.map(|r| r.reason),
                m.accepted_at,
                tick.as_str()
            ]
            .to_vec(),
        );
        if let Some(refused) = c.refusal {
            if let Some(report) = refused.report {
                let values = params![
                    report,
                    m.workspace,
                    m.id,
                    c.id,
                    &envelope_from,
                    c.orcpt,
                    ret.clone(),
                    envid.clone(),
                    m.accepted_at
                ];
                reports.push(values.to_vec());
            }
            continue;
        }
        let Some(outbox) = c.outbox else { continue };
        outbox_rows.push(
            params![
                outbox,
                m.workspace,
                m.id,
                c.id,
                &envelope_from,
                &c.address,
                c.notify,
                c.orcpt,
                ret.clone(),
                envid.clone(),
                m.accepted_at,
                c.contact
            ]
            .to_vec(),
        );
        if c.ask {
            asked.push(c.contact);
        }
    }
    tx.execute_many(
        "insert into copy (id, workspace_id, message_id, contact_id, position, address, mode_open, mode_click,
         mode_document, reason_open, reason_click, ask, receipt_asked, state, answer, refusal, state_at, tick, opens_human, opens_unknown,
         opens_machine, clicks_human, clicks_unknown, clicks_machine, carried_open, carried_click, carried_document)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 0, 0, 0, 0, 0, 0, $7, $8, $9)",
        &copy_rows,
    )?;
    tx.execute_many(
        "insert into outbox (id, kind, workspace_id, message_id, copy_id, sender, recipient, notify, orcpt, ret, envid,
         created_at, due_at, attempts, contact_id)
         values ($1, 'copy', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, 0, $12)",
        &outbox_rows,
    )?;
    tx.execute_many(REPORT, &reports)?;
    outbox::forget_source(tx, m.id)?;
    // In the order of their ids: two mails to the same people must not wait for each other crosswise.
    asked.sort_unstable();
    let asked: Vec<_> = asked.into_iter().map(|id| vec![id.into()]).collect();
    tx.execute_many("update contact set ask_next = 0 where id = $1", &asked)?;
    let news = News {
        workspace: m.workspace,
        user: Some(m.user),
        kind: Happening::Accepted,
        message: Some(m.id),
        copy: None,
        at: m.accepted_at,
    };
    event::write(tx, &[news])
}

fn write_contents(
    tx: &mut Tx<'_>,
    message: MessageId,
    parts: Vec<Part>,
    links: Vec<Link>,
) -> Result<(), Error> {
    let rows: Vec<_> = parts
        .into_iter()
        .enumerate()
        .map(|(position, p)| {
            params![
                message,
                position as i64,
                p.path,
                p.content_type,
                p.role,
                p.hindrance
            ]
            .to_vec()
        })
        .collect();
    tx.execute_many(
        "insert into part (message_id, position, path, content_type, role, hindrance) values ($1, $2, $3, $4, $5, $6)",
        &rows,
    )?;
    let rows: Vec<_> = links
        .into_iter()
        .map(|l| params![message, l.number, l.destination, l.part, l.kind, l.skipped].to_vec())
        .collect();
    tx.execute_many(
        "insert into link (message_id, number, destination, part, kind, skipped) values ($1, $2, $3, $4, $5, $6)",
        &rows,
    )
}
