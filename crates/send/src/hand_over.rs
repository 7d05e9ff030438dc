//! Copies for a sender who delivers them: everything as for any mail but the outbox.
//!
//! The mail and its copies are known to the store, so that what comes back counts. What becomes of them on their way
//! is not known here, and nothing is tried again.

use crate::accept::{Delivery, Refusal, Sender, Submission};
use crate::deliver::write::{Unwritten, Written, needs_everybody, write_copy};
use model::{CopyId, EmailAddress, Mode, PerAxis, Reason};
use store::{Carried, CopyState};

/// One copy, ready for its recipient.
#[derive(Debug, Clone)]
pub struct HandedOver {
    /// The copy.
    pub id: CopyId,
    /// For whom.
    pub address: EmailAddress,
    /// What it really carries.
    pub modes: PerAxis<Mode>,
    /// Why no more.
    pub reason: Option<Reason>,
    /// It carries the question.
    pub asks: bool,
    /// Its bytes. None: it must not be sent at all, and `reason` says why.
    pub bytes: Option<Vec<u8>>,
}

impl Sender {
    /// Decides about every recipient, stores the mail and writes its copies, in the order of the recipients.
    pub async fn hand_over(&self, submission: Submission) -> Result<Vec<HandedOver>, Refusal> {
        let workspace = submission.user.workspace;
        let source = std::sync::Arc::new(submission.source.clone());
        let accepted = self.take(submission, Delivery::Senders).await?;
        let mut copies = Vec::with_capacity(accepted.copies.len());
        for copy in accepted.copies {
            let around = self.store.copy_in_context(copy.id).await?;
            let around = around.ok_or_else(|| unwritten("it is gone already"))?;
            if around.copy.state != CopyState::HandedOver {
                copies.push(HandedOver {
                    id: copy.id,
                    address: copy.address,
                    modes: model::mode::NOTHING,
                    reason: around.copy.refusal.or(around.copy.reason()),
                    asks: false,
                    bytes: None,
                });
                continue;
            }
            let (decided, reason) = (around.copy.modes, around.copy.reason());
            let everybody = if needs_everybody(self, &around) {
                self.store.recipients(accepted.message).await?
            } else {
                Vec::new()
            };
            let now = (self.ambient.now)();
            let duties = (self.still_permitted(&around, now).await?).map_err(forbidden)?;
            let told = duties.tells_source();
            let (sender, source) = (self.clone(), source.clone());
            let writing = tokio::task::spawn_blocking(move || {
                write_copy(&sender, &around, &everybody, &duties, &source, now)
            });
            let Written {
                bytes,
                lowered,
                asked,
            } = writing
                .await
                .map_err(|_| unwritten("it could not be written"))?
                .map_err(|why| match why {
                    Unwritten::Gone(why) => unwritten(why),
                    Unwritten::Refused(reason) => forbidden(reason),
                })?;
            let carried = Carried {
                lowered,
                asked,
                told,
            };
            self.store
                .copy_handed_over(workspace, copy.id, carried, now)
                .await?;
            copies.push(HandedOver {
                id: copy.id,
                address: copy.address,
                modes: lowered.map_or(decided, |lowered| lowered.modes),
                reason: lowered.and_then(|l| l.open.or(l.click)).or(reason),
                asks: asked,
                bytes: Some(bytes),
            });
        }
        Ok(copies)
    }
}

fn forbidden(reason: Reason) -> Refusal {
    unwritten(reason.sentence())
}

fn unwritten(why: &str) -> Refusal {
    Refusal::BadMail(format!("a copy of the mail: {why}"))
}
