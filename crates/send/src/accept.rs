//! Accepting a mail: who may send it, what is decided about each recipient, and everything onto the disk.

use crate::copies::{Incoming, Wishes};
use crate::instrument::Tools;
use crate::permission::{Asked, Permission};
use crate::preflight::Preflight;
use crate::read::read;
use crate::sign::Signers;
use model::sending::Duties;
use model::url::Origin;
use model::{
    Ambient, AssessmentId, ContactId, CopyId, EmailAddress, Keyring, MessageClass, MessageId, Mode,
    PerAxis, Profiles, Reason, Source, SuppressionKey, Switch, Tick, role::Act,
};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use store::{Grounds, NewCopy, NewMessage, Store, User};
use tokio::sync::Notify;
use tokio::time::timeout;
use tracing::warn;

/// Most recipients of one mail. A longer envelope is refused whole; SMTP clients split theirs by themselves.
pub const RECIPIENTS_MAX: usize = 1_000;
/// How long a mail waits for what is decided on; later it is taken untracked.
const GROUNDS_WAIT_MAX: Duration = Duration::from_secs(10);

/// The way in for outgoing mail.
#[derive(Clone)]
pub struct Sender {
    /// The store.
    pub store: Store,
    /// The token keys.
    pub keyring: Arc<Keyring>,
    /// The public origin that tracked URLs point to.
    pub tracker: Origin,
    /// The rules of law, by country and kind of mail.
    pub profiles: Arc<Profiles>,
    /// Marks of addresses on the suppression list.
    pub suppression: Arc<SuppressionKey>,
    /// The DKIM keys; none of them is fine.
    pub signers: Arc<Signers>,
    /// What is looked at before advertising leaves.
    pub preflight: Arc<Preflight>,
    /// Time and chance.
    pub ambient: Ambient,
    /// Wakes the delivery workers.
    pub wake: Arc<Notify>,
    /// Wakes whoever follows the event feed.
    pub changed: Arc<Notify>,
}

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

/// Who delivers the copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Through the outbox, to the relay.
    Ours,
    /// The sender, who gets them written.
    Senders,
}

impl Sender {
    /// Decides about every recipient and stores the mail. When this returns `Ok`, the mail will be delivered or
    /// bounced, whatever happens to this process.
    pub async fn accept(&self, submission: Submission) -> Result<Acceptance, Refusal> {
        let accepted = self.take(submission, Delivery::Ours).await?;
        self.wake.notify_one();
        Ok(accepted)
    }

    /// Decides about every recipient and stores the mail with all that its delivery needs.
    pub(crate) async fn take(
        &self,
        submission: Submission,
        delivery: Delivery,
    ) -> Result<Acceptance, Refusal> {
        let Submission {
            user,
            from,
            recipients,
            source,
            ..
        } = submission;
        if !user.role.may(Act::Send) {
            return Err(Refusal::MayNotSend);
        }
        if recipients.is_empty() || recipients.len() > RECIPIENTS_MAX {
            return Err(Refusal::BadMail(format!(
                "a mail needs 1 to {RECIPIENTS_MAX} recipients"
            )));
        }
        let own = self.own_addresses(&user).await?;
        must_be_own(&own, &from)?;
        let sender = self.clone();
        let reading = tokio::task::spawn_blocking(move || (read(&source, &sender), source));
        let (read, source) = reading
            .await
            .map_err(|_| Refusal::BadMail("the mail could not be read".into()))?;
        let read = read?;
        for author in &read.authors {
            must_be_own(&own, author)?;
        }

        let now = (self.ambient.now)();
        let recipients = without_doubles(recipients);
        let named = recipients.iter().map(|r| {
            let name = read
                .names
                .get(&r.address.key())
                .cloned()
                .unwrap_or_default();
            (
                r.address.clone(),
                name,
                store::Fresh::draw(self.ambient.random),
            )
        });
        let made = self.store.recipients_make(
            user.workspace,
            user.id,
            named.collect(),
            Source::written(&user.name, now),
            now,
        );
        let contacts = made.await?.ok_or(Refusal::MayNotSend)?;
        let wishes = Wishes {
            switch: submission.switch.or(read.switch).unwrap_or_default(),
            class: submission
                .class
                .or(read.class)
                .unwrap_or(MessageClass::Correspondence),
            ask: submission.ask.or(read.ask),
            receipt: submission.receipt.or(read.receipt).unwrap_or_default(),
        };
        let id = MessageId((self.ambient.random)());
        let named = submission.assessment.or(read.assessment);
        let grounds = self.grounds(&user, &contacts, wishes.class).await?;
        let recipients: Vec<_> = recipients.into_iter().zip(contacts).collect();
        let is_fit = !wishes.class.is_advertising() || {
            let from = read.authors.iter().chain([&from]);
            self.preflight.fits(from, now).await
        };
        let permission = match &grounds {
            Some(grounds) => {
                let asked = Asked {
                    class: wishes.class,
                    assessment: named,
                    has_place: read.can_carry_line,
                    is_fit,
                };
                self.permission(grounds, &recipients, asked, &own, now)
                    .await?
            }
            None => Permission::unasked(wishes.class, recipients.len()),
        };
        forbidden_to_all(&recipients, &permission.of_each)?;
        let mail = Incoming {
            id,
            read: &read,
            wishes: &wishes,
            own: &own,
            now,
        };
        let of_each = &permission.of_each;
        let mut copies = self.copies(&mail, recipients, grounds.as_ref(), of_each);
        for copy in &mut copies {
            if delivery == Delivery::Ours {
                copy.outbox = Some((self.ambient.random)());
            }
            if submission.report_refusals {
                self.report(copy);
            }
        }

        let header_id = read
            .header_id
            .unwrap_or_else(|| format!("{id}@{}", from.domain()));
        let accepted = copies.iter().map(accepted_copy).collect();
        let message = store::Message {
            id,
            workspace: user.workspace,
            user: user.id,
            sender: from.as_str().into(),
            header_id: header_id.clone(),
            subject: read.subject,
            accepted_at: now,
            size: source.len() as i64,
            switch: wishes.switch,
            class: wishes.class,
            assessment: permission.assessment,
            receipt_asked: wishes.receipt,
        };
        let new = NewMessage {
            message,
            source,
            parts: read.parts,
            links: read.links,
            copies,
            envelope_from: from.as_str().into(),
            ret: submission.ret,
            envid: submission.envid,
        };
        self.store.message_accept(new).await?;
        self.changed.notify_one();
        Ok(Acceptance {
            message: id,
            header_id,
            copies: accepted,
        })
    }

    /// What copies of a mail from this domain are made with.
    pub(crate) fn tools(&self, domain: &str) -> Tools<'_> {
        Tools {
            keyring: &self.keyring,
            tracker: &self.tracker,
            signs_anew: self.signers.sign_for(domain),
        }
    }

    /// May this user send from this address?
    pub async fn may_send_from(&self, user: &User, from: &EmailAddress) -> Result<(), Refusal> {
        must_be_own(&self.own_addresses(user).await?, from)
    }

    async fn own_addresses(&self, user: &User) -> Result<HashSet<String>, Refusal> {
        Ok(self
            .store
            .identities(user.id)
            .await?
            .iter()
            .map(|i| i.address.key())
            .collect())
    }

    /// What the decision stands on. None where it cannot be read: then nothing is allowed, and the mail is taken all the
    /// same (R-MODE-05), but for advertising, of which nobody could tell who wants it. If nothing can be stored either,
    /// the mail is refused when it comes to that.
    async fn grounds(
        &self,
        user: &User,
        contacts: &[ContactId],
        class: MessageClass,
    ) -> Result<Option<Grounds>, Refusal> {
        let reading = self
            .store
            .grounds(user.workspace, user.id, contacts.to_vec());
        let slow = |_| store::Error::Unavailable("it did not answer in time".into());
        match timeout(GROUNDS_WAIT_MAX, reading)
            .await
            .map_err(slow)
            .flatten()
        {
            Ok(grounds) => {
                for (contact, known) in contacts.iter().zip(&grounds.contacts) {
                    if let Err(error) = known {
                        warn!(%contact, "what is known of a recipient cannot be read, so the mail to them is untracked: {error}");
                    }
                }
                Ok(Some(grounds))
            }
            Err(error) if class.is_advertising() => Err(Refusal::TryLater(error)),
            Err(error) => {
                warn!("a mail is taken untracked, because its rules cannot be read: {error}");
                Ok(None)
            }
        }
    }

    /// Has the sender told about a copy that the rules forbid, unless they asked not to be.
    fn report(&self, copy: &mut NewCopy) {
        let wants = (copy.notify.as_deref()).is_none_or(|notify| {
            notify
                .split(',')
                .any(|word| word.eq_ignore_ascii_case("FAILURE"))
        });
        if let Some(refused) = copy.refusal.as_mut().filter(|_| wants) {
            refused.report = Some((self.ambient.random)());
        }
    }
}

/// Fails if the rules forbid the mail for every recipient: then its sender is told at once.
fn forbidden_to_all(
    recipients: &[(Recipient, ContactId)],
    permitted: &[Result<Duties, Reason>],
) -> Result<(), Refusal> {
    match (recipients.first(), permitted.first()) {
        (Some((first, _)), Some(Err(reason))) if permitted.iter().all(Result::is_err) => Err(
            Refusal::Nobody(recipients.len(), first.address.to_string(), *reason),
        ),
        _ => Ok(()),
    }
}

fn must_be_own(own: &HashSet<String>, address: &EmailAddress) -> Result<(), Refusal> {
    if own.contains(&address.key()) {
        Ok(())
    } else {
        Err(Refusal::NotYourIdentity(address.as_str().into()))
    }
}

/// Each address once, as first named: two copies to one mailbox would be two tokens for one reader.
fn without_doubles(recipients: Vec<Recipient>) -> Vec<Recipient> {
    let mut seen = HashSet::new();
    recipients
        .into_iter()
        .filter(|r| seen.insert(r.address.key()))
        .collect()
}

fn accepted_copy(copy: &NewCopy) -> AcceptedCopy {
    AcceptedCopy {
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
