//! Accepting a mail: who may send it, what is decided about each recipient, and everything onto the disk.

use crate::copies::{Incoming, Wishes};
use crate::read::{Read, read};
use crate::sender::{Sender, must_be_own};
use crate::submission::{Acceptance, AcceptedCopy, Recipient, Refusal, Submission};
use model::sending::Duties;
use model::{ContactId, MessageClass, MessageId, Reason, Source, Time, role::Act};
use std::collections::HashSet;
use std::mem::take;
use std::time::Duration;
use store::{Grounds, NewCopy, NewMessage, User};
use tokio::time::timeout;
use tracing::warn;

/// Most recipients of one mail. A longer envelope is refused whole; SMTP clients split theirs by themselves.
const RECIPIENTS_MAX: usize = 1_000;
/// How long a mail waits for what is decided on; later it is taken untracked.
const GROUNDS_WAIT_MAX: Duration = Duration::from_secs(10);

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
        mut submission: Submission,
        delivery: Delivery,
    ) -> Result<Acceptance, Refusal> {
        may_be_looked_at(&submission)?;
        let own = self.own_addresses(&submission.user).await?;
        must_be_own(&own, &submission.from)?;
        let (read, source) = self.read_apart(take(&mut submission.source)).await?;
        for author in &read.authors {
            must_be_own(&own, author)?;
        }

        let now = (self.ambient.now)();
        let wishes = Wishes::of(&submission, &read);
        let recipients = without_doubles(take(&mut submission.recipients));
        let contacts = self.contacts(&submission.user, &recipients, &read, now);
        let contacts = contacts.await?;
        let grounds = self.grounds(&submission.user, &contacts, wishes.class);
        let grounds = grounds.await?;
        let recipients: Vec<_> = recipients.into_iter().zip(contacts).collect();
        let mail = Incoming {
            id: MessageId((self.ambient.random)()),
            from: &submission.from,
            read: &read,
            wishes: &wishes,
            own: &own,
            now,
        };
        let permission = self.permission(&mail, &recipients, grounds.as_ref());
        let permission = permission.await?;
        forbidden_to_all(&recipients, &permission.of_each)?;
        let mut copies = self.copies(&mail, recipients, grounds.as_ref(), &permission.of_each);
        for copy in &mut copies {
            if delivery == Delivery::Ours {
                copy.outbox = Some((self.ambient.random)());
            }
            if submission.report_refusals {
                self.report(copy);
            }
        }

        let id = mail.id;
        let acceptance = Acceptance {
            message: id,
            header_id: (read.header_id)
                .unwrap_or_else(|| format!("{id}@{}", submission.from.domain())),
            copies: copies.iter().map(AcceptedCopy::from).collect(),
        };
        let message = store::Message {
            id,
            workspace: submission.user.workspace,
            user: submission.user.id,
            sender: submission.from.as_str().into(),
            header_id: acceptance.header_id.clone(),
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
            envelope_from: submission.from.as_str().into(),
            ret: submission.ret,
            envid: submission.envid,
        };
        self.store.message_accept(new).await?;
        self.changed.notify_one();
        Ok(acceptance)
    }

    /// Reads a mail on a thread of its own: a large one takes a while. Gives its bytes back.
    async fn read_apart(&self, source: Vec<u8>) -> Result<(Read, Vec<u8>), Refusal> {
        let sender = self.clone();
        let reading = tokio::task::spawn_blocking(move || (read(&source, &sender), source));
        let (read, source) = reading
            .await
            .map_err(|_| Refusal::BadMail("the mail could not be read".into()))?;
        Ok((read?, source))
    }

    /// The recipients as contacts of the workspace, in their order; whoever is new becomes one.
    async fn contacts(
        &self,
        user: &User,
        recipients: &[Recipient],
        read: &Read,
        now: Time,
    ) -> Result<Vec<ContactId>, Refusal> {
        let named = recipients.iter().map(|recipient| {
            let name = read.names.get(&recipient.address.key());
            let fresh = store::Fresh::draw(self.ambient.random);
            (
                recipient.address.clone(),
                name.cloned().unwrap_or_default(),
                fresh,
            )
        });
        let source = Source::written(&user.name, now);
        let (workspace, named) = (user.workspace, named.collect());
        let made = self
            .store
            .recipients_make(workspace, user.id, named, source, now);
        made.await?.ok_or(Refusal::MayNotSend)
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

/// Fails for what no look into the mail is needed to refuse.
fn may_be_looked_at(submission: &Submission) -> Result<(), Refusal> {
    if !submission.user.role.may(Act::Send) {
        return Err(Refusal::MayNotSend);
    }
    if !(1..=RECIPIENTS_MAX).contains(&submission.recipients.len()) {
        let why = format!("a mail needs 1 to {RECIPIENTS_MAX} recipients");
        return Err(Refusal::BadMail(why));
    }
    Ok(())
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

/// Each address once, as first named: two copies to one mailbox would be two tokens for one reader.
fn without_doubles(recipients: Vec<Recipient>) -> Vec<Recipient> {
    let mut seen = HashSet::new();
    recipients
        .into_iter()
        .filter(|r| seen.insert(r.address.key()))
        .collect()
}
