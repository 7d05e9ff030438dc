//! SMTP submission (RFC 6409): what the product answers to a session of `wire`.

use crate::sender::Sender;
use crate::submission::{Recipient, Refusal, Submission};
use model::EmailAddress;
use model::secret::Sha256;
use store::{By, CredentialKind, User};
use wire::smtp::{Envelope, Handler, Reply, Unavailable};

/// Takes mail from the users' mail clients and servers, after AUTH with an app password.
#[derive(Clone)]
pub struct SubmissionServer {
    /// Where accepted mail goes.
    pub sender: Sender,
}

impl SubmissionServer {
    /// The user with this app password, if the name is theirs: the address they sign in with, or an identity.
    async fn user(&self, name: &str, password: &str) -> Result<Option<User>, store::Error> {
        let Ok(address) = name.parse::<EmailAddress>() else {
            return Ok(None);
        };
        let store = &self.sender.store;
        let now = (self.sender.ambient.now)();
        let digest = Sha256::of_secret(password);
        let Some(user) = store
            .credential_user(CredentialKind::AppPassword, digest, now)
            .await?
        else {
            return Ok(None);
        };
        if user.address.key() == address.key() {
            return Ok(Some(user));
        }
        let identities = store.identities(user.id).await?;
        Ok(identities
            .iter()
            .any(|i| i.address.key() == address.key())
            .then_some(user))
    }
}

impl Handler for SubmissionServer {
    type User = User;

    fn requires_auth(&self) -> bool {
        true
    }

    async fn authenticate(&self, name: &str, password: &str) -> Result<Option<User>, Unavailable> {
        let found = self.user(name, password).await.map_err(|_| Unavailable)?;
        if found.is_none()
            && let Ok(address) = name.parse::<EmailAddress>()
        {
            // Not waited for: how long the answer takes must not tell whose address has an account.
            tokio::spawn(note_failure(self.sender.clone(), address));
        }
        Ok(found)
    }

    async fn sender(&self, user: Option<&User>, from: &str) -> Result<(), Reply> {
        let user = user.ok_or_else(|| Reply::new(530, (5, 7, 0), "sign in first"))?;
        let from = address(from, (5, 1, 7))?;
        self.sender
            .may_send_from(user, &from)
            .await
            .map_err(|refusal| reply(&refusal))
    }

    async fn recipient(&self, _: Option<&User>, to: &str) -> Result<(), Reply> {
        address(to, (5, 1, 3)).map(|_| ())
    }

    async fn message(&self, user: Option<&User>, envelope: Envelope, data: Vec<u8>) -> Reply {
        let submission = user
            .ok_or_else(|| Reply::new(530, (5, 7, 0), "sign in first"))
            .and_then(|user| submission(user.clone(), &envelope, data));
        let submission = match submission {
            Ok(submission) => submission,
            Err(reply) => return reply,
        };
        match self.sender.accept(submission).await {
            Ok(acceptance) => Reply::new(
                250,
                (2, 0, 0),
                format!("accepted as {}", acceptance.message),
            ),
            Err(refusal) => reply(&refusal),
        }
    }
}

/// Notes a wrong password for an account of ours; of other names there is nothing to note.
async fn note_failure(sender: Sender, address: EmailAddress) {
    let store = &sender.store;
    let noted = async {
        let user = match store.user_by_address(&address).await? {
            Some(user) => Some(user),
            None => store.user_by_identity(&address).await?,
        };
        match user {
            // Whose act it was is not known.
            Some(user) => {
                let by = By::operator((sender.ambient.now)());
                store.user_sign_in_failed(user.id, by).await
            }
            None => Ok(()),
        }
    };
    if let Err(error) = noted.await {
        tracing::warn!(%error, "a failed sign-in could not be noted: {error}");
    }
}

fn submission(user: User, envelope: &Envelope, source: Vec<u8>) -> Result<Submission, Reply> {
    let recipients = envelope
        .recipients
        .iter()
        .map(|r| {
            Ok(Recipient {
                address: address(&r.address, (5, 1, 3))?,
                notify: r.notify.map(|n| n.to_string()),
                orcpt: r.orcpt.clone(),
            })
        })
        .collect::<Result<_, Reply>>()?;
    Ok(Submission {
        user,
        from: address(&envelope.from, (5, 1, 7))?,
        recipients,
        source,
        switch: None,
        ask: None,
        class: None,
        assessment: None,
        receipt: None,
        report_refusals: true,
        ret: envelope.ret.map(|r| r.to_string()),
        envid: envelope.envid.clone(),
    })
}

fn address(text: &str, enhanced: (u8, u16, u16)) -> Result<EmailAddress, Reply> {
    text.parse()
        .map_err(|e| Reply::new(553, enhanced, format!("{e}")))
}

fn reply(refusal: &Refusal) -> Reply {
    match refusal {
        Refusal::NotYourIdentity(_) | Refusal::MayNotSend | Refusal::Nobody(..) => {
            Reply::new(550, (5, 7, 1), refusal.to_string())
        }
        Refusal::BadMail(_) => Reply::new(554, (5, 6, 0), refusal.to_string()),
        Refusal::TryLater(store::Error::Full) => {
            Reply::new(452, (4, 3, 1), "the disk of the server is full")
        }
        Refusal::TryLater(error) => {
            tracing::error!(%error, "cannot store a submitted mail: {error}");
            Reply::new(451, (4, 3, 0), refusal.to_string())
        }
    }
}
