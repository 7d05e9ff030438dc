//! A notice under way, and the gate that it must pass before anybody is shown it.

use super::{Aim, Controller, Notice, Recipient};
use crate::consent::Topic;
use crate::filled::{Filled, NotFilled, Several};
use crate::language::Language;

/// Longest retention that can be said: ten years. Longer is for ever.
pub const RETENTION_DAYS_MAX: u32 = 3_653;

/// A notice as a form or file gives it: any slot may still be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Draft {
    /// The language its texts are in.
    pub language: String,
    /// The controller's name.
    pub controller: String,
    /// The name by which the same organisation was first known.
    pub identity: String,
    /// The controller's postal address.
    pub address: String,
    /// Where a person answers.
    pub contact: String,
    /// What for, for each topic that is asked about.
    pub aims: Vec<AimDraft>,
    /// How long hits are kept, in days.
    pub retention_days: u32,
    /// Who gets to see them.
    pub recipients: Vec<RecipientDraft>,
    /// The page on which it is withdrawn.
    pub withdrawal: String,
    /// Where the full notice stands.
    pub full_notice: String,
}

/// What one topic is wanted for; see [`Aim`].
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AimDraft {
    /// What is observed.
    pub topic: Topic,
    /// What for.
    pub aim: String,
    /// In the workspace's own words.
    pub is_own: bool,
    /// How much the built-in sentences say about it.
    pub extent: u32,
}

/// Who gets to see what is recorded; see [`Recipient`].
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipientDraft {
    /// As people read it.
    pub words: String,
    /// What makes it the same recipient.
    pub identity: String,
}

impl From<&Notice> for Draft {
    /// The slots again, to be kept beside the text: what an old consent covers is asked of them.
    fn from(notice: &Notice) -> Self {
        let aim = |aim: &Aim| AimDraft {
            topic: aim.topic,
            aim: aim.aim.to_string(),
            is_own: aim.is_own,
            extent: aim.extent,
        };
        let recipient = |recipient: &Recipient| RecipientDraft {
            words: recipient.words.to_string(),
            identity: recipient.identity.to_string(),
        };
        Self {
            language: notice.language.as_str().into(),
            controller: notice.controller.name.to_string(),
            identity: notice.controller.identity.to_string(),
            address: notice.controller.address.to_string(),
            contact: notice.controller.contact.to_string(),
            aims: notice.aims.iter().map(aim).collect(),
            retention_days: notice.retention_days,
            recipients: notice.recipients.iter().map(recipient).collect(),
            withdrawal: notice.withdrawal.to_string(),
            full_notice: notice.full_text.to_string(),
        }
    }
}

/// The slots that keep a draft from being shown, each with what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the notice cannot be shown yet: {}", self.list())]
pub struct Incomplete(pub Vec<(&'static str, String)>);

impl Incomplete {
    fn list(&self) -> String {
        let faults = self.0.iter().map(|(slot, why)| format!("{slot}: {why}"));
        faults.collect::<Vec<_>>().join("; ")
    }

    /// The value, or one fault more.
    fn slot<T, E: ToString>(&mut self, slot: &'static str, value: Result<T, E>) -> Option<T> {
        value
            .map_err(|why| self.0.push((slot, why.to_string())))
            .ok()
    }
}

impl TryFrom<Draft> for Notice {
    type Error = Incomplete;

    /// Every slot, or a list of all that are wrong.
    fn try_from(draft: Draft) -> Result<Self, Incomplete> {
        let mut faults = Incomplete(Vec::new());
        let language = faults.slot("language", draft.language.parse::<Language>());
        let name = faults.slot("controller", draft.controller.parse::<Filled>());
        let identity = faults.slot("identity", draft.identity.parse::<Filled>());
        let address = faults.slot("address", draft.address.parse());
        let contact = faults.slot("contact", draft.contact.parse());
        let withdrawal = faults.slot("withdrawal", web_address(&draft.withdrawal));
        let full_text = faults.slot("full_notice", web_address(&draft.full_notice));
        let aims = faults.slot("aims", aims(&draft.aims));
        let recipients = faults.slot("recipients", recipients(&draft.recipients));
        let retention_days = faults.slot("retention_days", days(draft.retention_days));
        let complete = || {
            Some(Self {
                language: language?,
                controller: Controller {
                    name: name?,
                    identity: identity?,
                    address: address?,
                    contact: contact?,
                },
                aims: aims?,
                retention_days: retention_days?,
                recipients: recipients?,
                withdrawal: withdrawal?,
                full_text: full_text?,
            })
        };
        complete().ok_or(faults)
    }
}

/// One aim for each topic.
fn aims(given: &[AimDraft]) -> Result<Several<Aim>, NotFilled> {
    Several::new(given.iter().map(|given| given.topic).collect())?;
    let aim = |given: &AimDraft| {
        Ok(Aim {
            topic: given.topic,
            aim: given.aim.parse()?,
            is_own: given.is_own,
            extent: given.extent,
        })
    };
    Several::new(given.iter().map(aim).collect::<Result<_, _>>()?)
}

fn recipients(given: &[RecipientDraft]) -> Result<Several<Recipient>, NotFilled> {
    let recipient = |given: &RecipientDraft| {
        Ok(Recipient {
            words: given.words.parse()?,
            identity: given.identity.parse()?,
        })
    };
    Several::new(given.iter().map(recipient).collect::<Result<_, _>>()?)
}

fn days(days: u32) -> Result<u32, String> {
    let fits = (1..=RETENTION_DAYS_MAX).contains(&days);
    fits.then_some(days)
        .ok_or_else(|| format!("write a number of days from 1 to {RETENTION_DAYS_MAX}"))
}

/// A page that a person can open: `https`, since what is chosen there is nobody else's business.
fn web_address(text: &str) -> Result<Filled, String> {
    let url: Filled = text.parse().map_err(|e: NotFilled| e.to_string())?;
    let (secure, plain) = (
        url.as_str().strip_prefix("https://"),
        url.as_str().strip_prefix("http://"),
    );
    // On the machine itself, as in a demo, nobody is in between.
    let own = |rest: &&str| rest.starts_with("127.0.0.1") || rest.starts_with("localhost");
    let rest = secure.or(plain.filter(own)).unwrap_or_default();
    if rest.is_empty() || rest.contains(char::is_whitespace) {
        return Err("it is no web address; write it with https://".into());
    }
    Ok(url)
}
