//! A mail that a user hands in, and what they are told about it.

use model::{
    AssessmentId, CopyId, EmailAddress, MessageClass, MessageId, Mode, PerAxis, Reason, Switch,
    Tick,
};
use store::{NewCopy, User};

/// A mail on its way in.
#[derive(Clone)]
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
    /// Ask recipients to say that they have read it; overrides the `X-Overt-Receipt` header.
    pub receipt: Option<bool>,
    /// What kind of mail it is; overrides the `X-Overt-Class` header. One person to another where neither says.
    pub class: Option<MessageClass>,
    /// The assessment of legitimate interests behind a cold mail; overrides the `X-Overt-Assessment` header. The one
    /// that holds longest where neither names one.
    pub assessment: Option<AssessmentId>,
    /// Send a report about recipients whom the rules forbid: for ways in that cannot say so at once.
    pub report_refusals: bool,
    /// RFC 3461: how much of the mail a report quotes.
    pub ret: Option<String>,
    /// RFC 3461: the sender's id for this envelope.
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
    /// Its Message-ID header, without angle brackets.
    pub header_id: String,
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
    /// Why it is not sent to them at all.
    pub refusal: Option<Reason>,
    /// It carries the question.
    pub ask: bool,
    /// It carries the link with which its recipient can say that they have read it.
    pub receipt_asked: bool,
    /// What the sender sees at first.
    pub tick: Tick,
}

impl From<&NewCopy> for AcceptedCopy {
    fn from(copy: &NewCopy) -> Self {
        Self {
            id: copy.id,
            address: copy.address.clone(),
            modes: copy.modes,
            reason: copy.reason_open.or(copy.reason_click),
            refusal: copy.refusal.map(|refused| refused.reason),
            ask: copy.ask,
            receipt_asked: copy.receipt_asked,
            tick: Tick::of(&copy.modes, &model::tick::Seen::default()),
        }
    }
}

/// Why a mail was not accepted. The texts are for the sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The envelope sender or the From header is not one of the user's identities.
    #[error("{0} is not one of your identities: add it under Settings, or send from one that is")]
    NotYourIdentity(String),
    /// The rules forbid it for every recipient: how many, the first of them, and why.
    #[error("none of the {0} recipients may get this mail. The first, {1}: {2}")]
    Nobody(usize, String, Reason),
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

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        Self::TryLater(error)
    }
}
