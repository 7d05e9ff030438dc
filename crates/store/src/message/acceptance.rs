//! A message comes in: the mail, its parts and links, its copies and their places in the outbox, in one transaction.
//!
//! Left out: whether it may come in, and what is decided for each copy. That is `send`'s.

use super::{Link, Message, Part};
use crate::copy::CopyState;
use crate::db::Tx;
use crate::event::News;
use crate::value::{Value, params};
use crate::{Error, Store, event, outbox};
use model::event::Happening;
use model::{ContactId, CopyId, EmailAddress, MessageId, Mode, PerAxis, Reason, Tick};

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

impl NewCopy {
    /// It is delivered from here.
    fn leaves(&self) -> bool {
        self.refusal.is_none() && self.outbox.is_some()
    }
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

impl Store {
    /// Accepts a message: when this returns, the mail, its copies and their places in the outbox are on disk.
    pub async fn message_accept(&self, new: NewMessage) -> Result<(), Error> {
        self.db.write(move |tx| accept(tx, new)).await
    }
}

const MESSAGE: &str =
    "insert into message (id, workspace_id, user_id, sender, header_id, subject, accepted_at, size, switch, class,
    assessment_id, receipt_asked, search, source)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

const COPY: &str =
    "insert into copy (id, workspace_id, message_id, contact_id, position, address, mode_open, mode_click,
    mode_document, reason_open, reason_click, ask, receipt_asked, state, answer, refusal, state_at, tick, opens_human,
    opens_unknown, opens_machine, clicks_human, clicks_unknown, clicks_machine, carried_open, carried_click,
    carried_document)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 0, 0, 0, 0, 0, 0,
    $7, $8, $9)";

const PARCEL: &str =
    "insert into outbox (id, kind, workspace_id, message_id, copy_id, sender, recipient, notify, orcpt, ret, envid,
    created_at, due_at, attempts, contact_id)
    values ($1, 'copy', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, 0, $12)";

/// The report about a copy that was refused when its mail was accepted.
const REPORT: &str =
    "insert into outbox (id, kind, workspace_id, message_id, copy_id, action, sender, recipient,
    orcpt, ret, envid, created_at, due_at, attempts)
    values ($1, 'report', $2, $3, $4, 'failed', '', $5, $6, $7, $8, $9, $9, 0)";

fn accept(tx: &mut Tx<'_>, new: NewMessage) -> Result<(), Error> {
    let copies = new.copies.iter().enumerate();
    let copy_rows: Vec<_> =
        (copies.map(|(position, copy)| copy_row(&new.message, position, copy))).collect();
    let parcels: Vec<_> = (new.copies.iter().filter_map(|copy| parcel_row(&new, copy))).collect();
    let reports: Vec<_> = (new.copies.iter().filter_map(|copy| report_row(&new, copy))).collect();
    let (search, news) = (search_text(&new), news(&new.message));
    let leaving = new.copies.iter().filter(|copy| copy.leaves());
    // In the order of their ids: two mails to the same people must not wait for each other crosswise.
    let mut asked: Vec<_> = leaving
        .filter(|copy| copy.ask)
        .map(|copy| copy.contact)
        .collect();
    asked.sort_unstable();
    let asked: Vec<_> = asked.into_iter().map(|id| vec![id.into()]).collect();

    let NewMessage {
        message: m,
        source,
        parts,
        links,
        ..
    } = new;
    let id = m.id;
    tx.execute(
        MESSAGE,
        params![
            id,
            m.workspace,
            m.user,
            m.sender,
            m.header_id,
            m.subject,
            m.accepted_at,
            m.size,
            m.switch,
            m.class,
            m.assessment,
            m.receipt_asked,
            search,
            source
        ],
    )?;
    write_contents(tx, id, parts, links)?;
    tx.execute_many(COPY, &copy_rows)?;
    tx.execute_many(PARCEL, &parcels)?;
    tx.execute_many(REPORT, &reports)?;
    outbox::forget_source(tx, id)?;
    tx.execute_many("update contact set ask_next = 0 where id = $1", &asked)?;
    event::write(tx, &[news])
}

/// What a search in the Sent list looks through: the subject and the recipients' addresses.
fn search_text(new: &NewMessage) -> String {
    let mut text = new.message.subject.to_lowercase();
    for copy in &new.copies {
        text.push(' ');
        text.push_str(&copy.address.key());
    }
    text
}

fn news(message: &Message) -> News {
    News {
        workspace: message.workspace,
        user: Some(message.user),
        kind: Happening::Accepted,
        message: Some(message.id),
        copy: None,
        at: message.accepted_at,
    }
}

fn copy_row(m: &Message, position: usize, c: &NewCopy) -> Vec<Value> {
    let state = match (c.refusal, c.outbox) {
        (Some(_), _) => CopyState::Bounced,
        (None, Some(_)) => CopyState::Queued,
        (None, None) => CopyState::HandedOver,
    };
    let tick = Tick::of(&c.modes, &model::tick::Seen::default());
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
        state.as_str(),
        c.refusal.map(|r| Refused::answer(r.reason)),
        c.refusal.map(|r| r.reason),
        m.accepted_at,
        tick.as_str()
    ]
    .to_vec()
}

/// The place in the outbox of a copy that leaves from here.
fn parcel_row(new: &NewMessage, copy: &NewCopy) -> Option<Vec<Value>> {
    let m = &new.message;
    let outbox = copy.outbox.filter(|_| copy.leaves())?;
    let values = params![
        outbox,
        m.workspace,
        m.id,
        copy.id,
        &new.envelope_from,
        &copy.address,
        copy.notify.clone(),
        copy.orcpt.clone(),
        new.ret.clone(),
        new.envid.clone(),
        m.accepted_at,
        copy.contact
    ];
    Some(values.to_vec())
}

/// The report about a copy that does not.
fn report_row(new: &NewMessage, copy: &NewCopy) -> Option<Vec<Value>> {
    let m = &new.message;
    let values = params![
        copy.refusal?.report?,
        m.workspace,
        m.id,
        copy.id,
        &new.envelope_from,
        copy.orcpt.clone(),
        new.ret.clone(),
        new.envid.clone(),
        m.accepted_at
    ];
    Some(values.to_vec())
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
