//! Accepting a mail.

use model::{Ambient, CopyId, EmailAddress, Keyring, MessageId, Mode, PerAxis, Reason, Switch, Tick};
use model::url::Origin;
use std::sync::Arc;
use store::{Store, User};

/// The way in for outgoing mail.
#[derive(Clone)]
pub struct Sender {
    /// The store.
    pub store: Store,
    /// The token keys.
    pub keyring: Arc<Keyring>,
    /// The public origin that tracked URLs point to.
    pub tracker: Origin,
    /// Time and chance.
    pub ambient: Ambient,
    /// Wakes the delivery workers.
    pub wake: Arc<tokio::sync::Notify>,
}

/// A mail on its way in.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Who sends it.
    pub user: User,
    /// Envelope sender; must be one of the user's identities.
    pub from: EmailAddress,
    /// Envelope recipients.
    pub recipients: Vec<Recipient>,
    /// The mail, byte for byte.
    pub source: Vec<u8>,
    /// The sender's choice; overrides the mail's own `X-Overt-Track` header.
    pub switch: Option<Switch>,
    /// Ask recipients who were never asked; overrides the `X-Overt-Ask` header and the workspace's setting.
    pub ask: Option<bool>,
    /// RFC 3461.
    pub ret: Option<String>,
    /// RFC 3461.
    pub envid: Option<String>,
}

/// One envelope recipient.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// The address.
    pub address: EmailAddress,
    /// RFC 3461: when to report.
    pub notify: Option<String>,
    /// RFC 3461: the recipient as first written.
    pub orcpt: Option<String>,
}

/// An accepted mail.
#[derive(Debug, Clone)]
pub struct Acceptance {
    /// Its id here.
    pub message: MessageId,
    /// Its copies, in the order of the recipients.
    pub copies: Vec<AcceptedCopy>,
}

/// What was decided about one recipient.
#[derive(Debug, Clone)]
pub struct AcceptedCopy {
    /// The copy.
    pub id: CopyId,
    /// The recipient.
    pub address: EmailAddress,
    /// What may be recorded.
    pub modes: PerAxis<Mode>,
    /// Why not more.
    pub reason: Option<Reason>,
    /// It carries the question.
    pub ask: bool,
    /// What the sender sees at first.
    pub tick: Tick,
}

/// Why a mail was not accepted. The texts are for the sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The envelope sender or the From header is not one of the user's identities.
    #[error("{0} is not one of your identities: add it under Settings, or send from one that is")]
    NotYourIdentity(String),
    /// The user's role does not send.
    #[error("your role does not send mail")]
    MayNotSend,
    /// The bytes are not a mail, or over a bound.
    #[error("{0}")]
    BadMail(String),
    /// Not now.
    #[error("the mail could not be stored just now; try again later")]
    TryLater(#[source] store::Error),
}

impl Sender {
    /// Decides about every recipient and stores the mail. When this returns `Ok`, the mail will be delivered or bounced.
    pub async fn accept(&self, submission: Submission) -> Result<Acceptance, Refusal> {
        let _ = submission;
        Err(Refusal::MayNotSend)
    }
}
