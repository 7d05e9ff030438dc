//! Making parcels ready: the bytes of a copy, of a mail of our own to a contact, of a report.

use super::carrier::Carrier;
use super::write;
use crate::departure::{Held, Leaving};
use crate::notice::{self, Stamp};
use crate::words;
use model::{CopyId, GuardianId, Language, MessageId, Sha256};
use std::sync::Arc;
use store::{Around, Carried, CopyInContext, Errand, Parcel};

/// A parcel made ready for the relay.
pub(super) struct Ready {
    pub(super) from: String,
    pub(super) bytes: Vec<u8>,
    pub(super) carried: Carried,
}

impl Carrier {
    pub(super) async fn ready(&mut self, parcel: &Parcel, last_try: bool) -> Result<Ready, Held> {
        match &parcel.errand {
            Errand::Copy { copy, message } => self.copy(parcel, *copy, *message, last_try).await,
            Errand::Confirm { request } => self.confirmation(*request).await,
            Errand::Guardian { guardian } => self.guardian(*guardian).await,
            Errand::Challenge { challenge } => self.challenge(*challenge).await,
            Errand::Cancelled { message } => self.cancelled(parcel, *message).await,
            Errand::Report {
                copy,
                message,
                action,
            } => self.report(parcel, *copy, *message, action).await,
        }
    }

    async fn copy(
        &mut self,
        parcel: &Parcel,
        copy: CopyId,
        message: MessageId,
        last_try: bool,
    ) -> Result<Ready, Held> {
        let source = self.source(message).await?;
        let leaving = Leaving {
            copy,
            message,
            workspace: parcel.workspace,
            source: source.ok_or(Held::Gone("the mail is gone"))?,
            now: self.now(),
            last_try,
        };
        let written = self.courier.sender.write(leaving).await?;
        let trace = write::trace(message, written.accepted_at, &self.courier.hostname);
        Ok(Ready {
            from: parcel.sender.clone(),
            bytes: [trace.into_bytes(), written.bytes].concat(),
            carried: written.carried,
        })
    }

    async fn confirmation(&mut self, request: [u8; 16]) -> Result<Ready, Held> {
        let sender = self.courier.sender.clone();
        let request = sender.store.consent_request_find(request).await?;
        let request = request.ok_or(Held::Gone("the request is gone"))?;
        let around = self
            .person(request.copy.map_or(request.contact.0, |copy| copy.0))
            .await?;
        let url = sender.tracker.confirm(&sender.keyring.confirm(&request.id));
        let language = language_of(&around);
        let what: Vec<_> = request
            .topics
            .iter()
            .map(|topic| words::topic(language, *topic))
            .collect();
        let words = words::confirmation(language, &around.workspace.name, &what, &url);
        let id = self.fresh_id();
        let to = around.contact.address.to_string();
        let ready = self.letter(around, &to, language, words, &id)?;
        let (id, digest) = (format!("<{id}>"), Sha256::of_bytes(&ready.bytes));
        sender
            .store
            .consent_mail_keep(request.id, &id, digest)
            .await?;
        Ok(ready)
    }

    async fn challenge(&mut self, challenge: [u8; 16]) -> Result<Ready, Held> {
        let sender = self.courier.sender.clone();
        let challenge = sender.store.challenge_find(challenge).await?;
        let challenge = challenge.ok_or(Held::Gone("the challenge is gone"))?;
        if !challenge.is_open(self.now()) {
            return Err(Held::Gone("the challenge is too old"));
        }
        let around = self.person(challenge.contact.0).await?;
        let url = sender.tracker.own(&sender.keyring.own(&challenge.id));
        let language = language_of(&around);
        let words = words::challenge(language, &around.workspace.name, &url);
        let to = around.contact.address.to_string();
        self.letter(around, &to, language, words, &self.fresh_id())
    }

    /// The mail to who can agree for somebody too young, with everything that was shown to them, in the language of that.
    async fn guardian(&mut self, id: GuardianId) -> Result<Ready, Held> {
        let sender = self.courier.sender.clone();
        let guardian = sender.store.guardian(id).await?;
        let guardian = guardian.ok_or(Held::Gone("the guardian is gone"))?;
        let around = self.person(guardian.request.contact.0).await?;
        if guardian.waiting(&around.contact).is_empty() {
            return Err(Held::Gone("nobody waits for the guardian any more"));
        }
        let shown = sender.store.consent_text(guardian.request.text).await?;
        let shown = shown.ok_or(Held::Gone("what was shown is gone"))?;
        let asked = words::Asked {
            child: around.contact.address.as_str(),
            workspace: &around.workspace.name,
            age: guardian.threshold,
            topics: &guardian.request.topics,
            shown: &shown.body,
        };
        let url = sender.tracker.guardian(&sender.keyring.guardian(id));
        let letter = words::guardian(shown.language, &asked, &url);
        let message_id = self.fresh_id();
        let to = guardian.address;
        let ready = self.letter(around, &to, shown.language, letter, &message_id)?;
        let (message_id, digest) = (format!("<{message_id}>"), Sha256::of_bytes(&ready.bytes));
        sender
            .store
            .consent_mail_keep(guardian.request.id, &message_id, digest)
            .await?;
        Ok(ready)
    }

    /// A mail of our own to a contact or their guardian, signed like those of the one who writes to them.
    fn letter(
        &self,
        around: Around,
        to: &str,
        language: Language,
        words: words::Letter,
        id: &str,
    ) -> Result<Ready, Held> {
        let stamp = Stamp {
            now: self.now(),
            id,
            hostname: &self.courier.hostname,
        };
        let letter = notice::letter(&stamp, &around, to, language, words)
            .ok_or(Held::Gone("the mail could not be written"))?;
        let from = around.author.address;
        let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain);
        let signature = self.courier.sender.signers.sign(domain, &letter, stamp.now);
        Ok(Ready {
            bytes: [signature.as_slice(), &letter].concat(),
            from,
            carried: Carried::default(),
        })
    }

    async fn report(
        &mut self,
        parcel: &Parcel,
        copy: CopyId,
        message: MessageId,
        action: &str,
    ) -> Result<Ready, Held> {
        let around = self.around(copy).await?;
        let source = self.source(message).await?;
        let header = source.as_deref().map(|s| &s[..header_length(s)]);
        let id = self.fresh_id();
        let stamp = Stamp {
            now: self.now(),
            id: &id,
            hostname: &self.courier.hostname,
        };
        let about = notice::Report {
            action,
            recipient: &around.copy.address,
            orcpt: parcel.orcpt.as_deref(),
            envid: parcel.envid.as_deref(),
            answer: around.copy.answer.as_deref().unwrap_or(""),
            header,
        };
        let bytes = notice::report(&stamp, &around, &about)
            .ok_or(Held::Gone("the report could not be written"))?;
        Ok(Ready {
            from: String::new(),
            bytes,
            carried: Carried::default(),
        })
    }

    async fn cancelled(&self, parcel: &Parcel, message: MessageId) -> Result<Ready, Held> {
        let found = self
            .courier
            .sender
            .store
            .message(parcel.workspace, message)
            .await?;
        let message = found.ok_or(Held::Gone("the message is gone"))?;
        let id = self.fresh_id();
        let stamp = Stamp {
            now: self.now(),
            id: &id,
            hostname: &self.courier.hostname,
        };
        let bytes = notice::cancelled(&stamp, &message)
            .ok_or(Held::Gone("the notice could not be written"))?;
        Ok(Ready {
            from: String::new(),
            bytes,
            carried: Carried::default(),
        })
    }

    fn fresh_id(&self) -> String {
        let random = CopyId((self.courier.sender.ambient.random)());
        format!("{random}@{}", self.courier.hostname)
    }

    async fn around(&self, copy: CopyId) -> Result<CopyInContext, Held> {
        let around = self.courier.sender.store.copy_in_context(copy).await?;
        around.ok_or(Held::Gone("the copy is gone"))
    }

    /// The person who has this id, or whom the copy with it went to.
    async fn person(&self, id: [u8; 16]) -> Result<Around, Held> {
        let around = self.courier.sender.store.around(id).await?;
        around.ok_or(Held::Gone("the contact is gone"))
    }

    async fn source(&mut self, message: MessageId) -> Result<Option<Arc<Vec<u8>>>, Held> {
        if let Some((id, source)) = &self.source
            && *id == message
        {
            return Ok(Some(source.clone()));
        }
        let source = self
            .courier
            .sender
            .store
            .message_source(message)
            .await?
            .map(Arc::new);
        self.source = source.clone().map(|source| (message, source));
        Ok(source)
    }
}

fn language_of(around: &Around) -> Language {
    around.contact.language.unwrap_or(around.workspace.language)
}

/// Where the header ends: after the first empty line.
pub(super) fn header_length(mail: &[u8]) -> usize {
    let end = |pattern: &[u8]| {
        mail.windows(pattern.len())
            .position(|w| w == pattern)
            .map(|at| at + pattern.len())
    };
    end(b"\r\n\r\n")
        .or_else(|| end(b"\n\n"))
        .unwrap_or(mail.len())
}
