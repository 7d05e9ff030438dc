//! Copies for a sender who delivers them: everything as for any mail but the outbox.
//!
//! The mail and its copies are known to the store, so that what comes back counts. What becomes of them on their way
//! is not known here, and nothing is tried again.

use crate::accept::Delivery;
use crate::deliver::write::Written;
use crate::departure::{Held, Leaving};
use crate::sender::Sender;
use crate::submission::{AcceptedCopy, Refusal, Submission};
use model::{CopyId, EmailAddress, Mode, PerAxis, Reason};

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
            if copy.refusal.is_some() {
                copies.push(withheld(&copy, copy.refusal));
                continue;
            }
            let now = (self.ambient.now)();
            let leaving = Leaving {
                copy: copy.id,
                message: accepted.message,
                workspace,
                source: source.clone(),
                now,
                last_try: true,
            };
            let (outcome, given) = match self.write(leaving).await {
                Ok(written) => (Ok(written.carried), handed_over(&copy, written)),
                Err(Held::Refused(reason)) => (Err(reason), withheld(&copy, Some(reason))),
                Err(Held::Gone(why)) => {
                    return Err(Refusal::BadMail(format!("a copy of the mail: {why}")));
                }
                Err(Held::Later(error)) => return Err(error.into()),
            };
            self.store
                .copy_handed_over(workspace, accepted.message, copy.id, outcome, now)
                .await?;
            copies.push(given);
        }
        Ok(copies)
    }
}

fn handed_over(copy: &AcceptedCopy, written: Written) -> HandedOver {
    let lowered = written.carried.lowered;
    HandedOver {
        id: copy.id,
        address: copy.address.clone(),
        modes: lowered.map_or(copy.modes, |lowered| lowered.modes),
        reason: lowered.and_then(|l| l.open.or(l.click)).or(copy.reason),
        asks: written.carried.asked,
        bytes: Some(written.bytes),
    }
}

/// Not for this recipient; the others get theirs.
fn withheld(copy: &AcceptedCopy, reason: Option<Reason>) -> HandedOver {
    HandedOver {
        id: copy.id,
        address: copy.address.clone(),
        modes: model::mode::NOTHING,
        reason,
        asks: false,
        bytes: None,
    }
}
