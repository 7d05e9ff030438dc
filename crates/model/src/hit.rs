//! A hit: one request to a tracked URL, after judgement. The request's address and user-agent are gone by then.

use crate::id::{CopyId, HitId, MessageId};
use crate::mode::Axis;
use crate::time::Time;
use crate::word::words;
use serde::{Deserialize, Serialize};

words! {
    /// What a request says about a person.
    Meaning {
        /// A person did this, seen directly.
        Human = "human",
        /// A person did this; their provider's proxy fetched it for them, so nothing else is known.
        HumanViaProxy = "human_via_proxy",
        /// It cannot be told from a machine.
        Unknown = "unknown",
        /// A machine did this: a scanner, a prefetch, a preview.
        Machine = "machine",
        /// The sender's own view.
        Own = "self",
    }
}

impl Meaning {
    /// Does it count as read?
    pub fn is_human(self) -> bool {
        matches!(self, Self::Human | Self::HumanViaProxy)
    }
}

/// Who fetched, and what that says about a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The family that fetched, by its id in the verdict tables: `gmail_proxy`, `apple_mpp`, `thunderbird`, `browser`, …
    pub opener: String,
    /// What that says about a person.
    pub meaning: Meaning,
    /// How sure, in percent.
    pub confidence: u8,
    /// Codes of the rules that led here, most important first.
    pub reasons: Vec<String>,
}

impl Verdict {
    /// From this confidence on a person is told of at once; below it, news waits until what follows has been seen.
    pub const CERTAIN: u8 = 90;

    /// Is it certain that a person did this?
    pub fn is_certain(&self) -> bool {
        self.meaning.is_human() && self.confidence >= Self::CERTAIN
    }
}

/// Facts parsed from a request. Stored in `detailed` mode only; the raw texts they come from never are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Facts {
    /// The mail client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The browser family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// The operating system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// `desktop`, `phone`, `tablet`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The network's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// ISO 3166 country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The city, by its English name, where the operator's own database knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
}

impl Facts {
    /// What remains when a hit turns out to be a machine's, or somebody else's: the network it came from. Other names were a
    /// mask, or nothing that somebody agreed to.
    #[must_use]
    pub fn without_person(self) -> Self {
        Self {
            network: self.network,
            country: self.country,
            ..Self::default()
        }
    }
}

/// Signs that a copy was opened elsewhere, maybe forwarded. Never who.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// How sure, in percent.
    pub confidence: u8,
    /// Codes of the signs: two at least, or the recipient's own word.
    pub reasons: Vec<String>,
}

/// The first reason of a verdict from the moment on at which the recipient says that it was not them. It stands: nothing
/// that is compared or judged again later knows better.
pub const NOT_ME: &str = "not_me";

/// One judged request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its own id, so that storing it twice stores it once.
    pub id: HitId,
    /// The copy whose token was used.
    pub copy: CopyId,
    /// Open or click.
    pub axis: Axis,
    /// The number of the link, for clicks.
    pub link: u16,
    /// When it arrived. Rounded to the minute before it is stored.
    pub at: Time,
    /// The judgement.
    pub verdict: Verdict,
    /// The version of the rules that judged it.
    pub rules: u32,
    /// Parsed facts; dropped before storing unless the mode is `detailed`.
    pub facts: Facts,
    /// The same opener asked for the same thing seconds before: kept and labelled, not counted again.
    pub repeat: bool,
}

/// One request to a URL that a whole crowd shares. Nothing tells who; what is kept of it is one more in the sum of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// The message whose token was used.
    pub message: MessageId,
    /// Open or click.
    pub axis: Axis,
    /// The number of the link, for clicks.
    pub link: u16,
    /// When it arrived. Only its day is stored.
    pub at: Time,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip() {
        for meaning in Meaning::ALL {
            assert_eq!(meaning.as_str().parse(), Ok(meaning));
            assert_eq!(
                serde_json::to_string(&meaning).unwrap(),
                format!("\"{}\"", meaning.as_str())
            );
        }
    }
}
