//! A copy at the moment it leaves: what is true by then is read, and the copy is written on it.
//!
//! What is decided on and cannot be read allows nothing, and the copy leaves untracked (R-MODE-05), but for advertising:
//! nobody could tell whether its recipient still wants it.

use crate::deliver::write::{Unwritten, Writing, Written, needs_everybody, write_unruled};
use crate::sender::Sender;
use model::sending::Duties;
use model::{CopyId, MessageId, Reason, Time, WorkspaceId};
use std::sync::Arc;
use store::{Alike, CopyInContext, Error};
use tracing::warn;

/// A copy that is to leave now.
#[derive(Clone)]
pub(crate) struct Leaving {
    pub(crate) copy: CopyId,
    pub(crate) message: MessageId,
    pub(crate) workspace: WorkspaceId,
    /// The mail as its sender wrote it.
    pub(crate) source: Arc<Vec<u8>>,
    pub(crate) now: Time,
    /// A store that does not answer will not be asked again: what has not been read by now allows nothing.
    pub(crate) last_try: bool,
}

/// Why a copy did not leave.
pub(crate) enum Held {
    /// The store does not answer.
    Later(Error),
    /// What it was about is gone; nothing to deliver.
    Gone(&'static str),
    /// The rules forbid it by now.
    Refused(Reason),
}

impl From<Error> for Held {
    fn from(error: Error) -> Self {
        Self::Later(error)
    }
}

impl From<Unwritten> for Held {
    fn from(unwritten: Unwritten) -> Self {
        match unwritten {
            Unwritten::Gone(why) => Self::Gone(why),
            Unwritten::Refused(reason) => Self::Refused(reason),
        }
    }
}

/// What is decided on.
struct Ground {
    around: CopyInContext,
    /// Who gets the message, where that counts.
    everybody: Vec<Alike>,
    duties: Result<Duties, Reason>,
    /// This copy has the question.
    asks: bool,
}

impl Sender {
    /// Decides once more and writes the copy.
    pub(crate) async fn write(&self, leaving: Leaving) -> Result<Written, Held> {
        let ground = match self.ground(&leaving).await {
            Ok(ground) => ground.ok_or(Held::Gone("the copy is gone"))?,
            Err(Error::Corrupt(what)) => return self.write_without(leaving, what).await,
            Err(error) if leaving.last_try => {
                return self.write_without(leaving, error.to_string()).await;
            }
            Err(error) => return Err(Held::Later(error)),
        };
        let Ground {
            around,
            everybody,
            duties,
            asks,
        } = ground;
        let duties = duties.map_err(Held::Refused)?;
        let sender = self.clone();
        let writing = move || {
            let writing = Writing {
                sender: &sender,
                around: &around,
                everybody: &everybody,
                duties: &duties,
                asks,
                now: leaving.now,
            };
            writing.write(&leaving.source)
        };
        let written = tokio::task::spawn_blocking(writing).await;
        Ok(written.map_err(|_| Held::Gone("the mail could not be written"))??)
    }

    async fn ground(&self, leaving: &Leaving) -> Result<Option<Ground>, Error> {
        let Some(around) = self.store.copy_in_context(leaving.copy).await? else {
            return Ok(None);
        };
        let everybody = if needs_everybody(self, &around) {
            self.store.recipients(leaving.message).await?
        } else {
            Vec::new()
        };
        let duties = self.still_permitted(&around, leaving.now).await?;
        // Several mails to one person may be on their way: one of them asks (R-CONS-12). For a question that cannot be
        // given out no mail waits.
        let claim = self.store.ask_claim(leaving.copy, leaving.now);
        let asks = around.copy.ask && claim.await.unwrap_or_default();
        Ok(Some(Ground {
            around,
            everybody,
            duties,
            asks,
        }))
    }

    /// Writes the copy where what the decision stands on cannot be read.
    async fn write_without(&self, leaving: Leaving, what: String) -> Result<Written, Held> {
        let message = self.store.message(leaving.workspace, leaving.message);
        let message = message.await?.ok_or(Held::Gone("the mail is gone"))?;
        if message.class.is_advertising() {
            return Err(Held::Refused(Reason::PermissionUnavailable));
        }
        warn!("a mail goes out untracked, because its rules cannot be read: {what}");
        let Leaving {
            copy, source, now, ..
        } = leaving;
        let sender = self.clone();
        let writing = move || write_unruled(&sender, copy, &message, &source, now);
        let written = tokio::task::spawn_blocking(writing).await;
        let written = written.map_err(|_| Held::Gone("the mail could not be written"))?;
        written.map_err(Held::Gone)
    }
}
