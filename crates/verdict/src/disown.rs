//! When the recipient says "this was not me": the surest sign of all, and the only one that they give themselves.
//!
//! Who it was instead stays unknown, and so does whether the recipient is right; so the hit says nothing about them any more.
//! Taken back, the hit is judged again as if nothing had been said, and other signs weigh what they weighed.

use crate::reason::Reason;
use crate::settle::sureness;
use model::hit::Elsewhere;
use model::{Meaning, Verdict};

/// What is left of the likelihood that it was the recipient: people err, too.
const PERHAPS_AFTER_ALL: u8 = 5;
/// A person's visit that the recipient says was not theirs; and with another sign beside it.
const BY_THEIR_WORD: u8 = 80;
const WITH_ANOTHER_SIGN: u8 = 90;

/// What a hit that was taken for the recipient says from now on, and the signs that their mail was opened elsewhere.
pub fn disowned(verdict: &Verdict, signs: Option<&Elsewhere>) -> (Verdict, Elsewhere) {
    let code = Reason::NotMe.code();
    let before = |reasons: &[String]| -> Vec<String> {
        let others = reasons.iter().filter(|reason| *reason != code).cloned();
        std::iter::once(code.to_owned()).chain(others).collect()
    };
    let verdict = Verdict {
        opener: verdict.opener.clone(),
        meaning: Meaning::Unknown,
        confidence: PERHAPS_AFTER_ALL,
        reasons: before(&verdict.reasons),
    };
    let reasons = before(signs.map_or(&[], |signs| &signs.reasons));
    let confidence = if reasons.len() > 1 {
        WITH_ANOTHER_SIGN
    } else {
        BY_THEIR_WORD
    };
    (
        verdict,
        Elsewhere {
            confidence,
            reasons,
        },
    )
}

/// The signs that are left once the recipient has taken back the only thing they said.
pub fn owned_up(signs: Elsewhere) -> Option<Elsewhere> {
    let not_theirs = |code: &String| code != Reason::NotMe.code();
    let reasons: Vec<_> = signs.reasons.into_iter().filter(not_theirs).collect();
    sureness(reasons.len()).map(|confidence| Elsewhere {
        confidence,
        reasons,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_back_two_other_signs_stand_and_one_does_not() {
        let signs = |reasons: &[&str]| Elsewhere {
            confidence: 90,
            reasons: reasons.iter().map(|code| (*code).to_owned()).collect(),
        };
        let left = owned_up(signs(&["not_me", "other_host", "shared_in_chat"])).unwrap();
        assert_eq!(left.confidence, 60);
        assert_eq!(left.reasons, ["other_host", "shared_in_chat"]);
        assert_eq!(owned_up(signs(&["not_me", "other_host"])), None);
        assert_eq!(owned_up(signs(&["not_me"])), None);
    }

    #[test]
    fn a_disowned_hit_says_nothing_about_the_recipient_and_is_a_sign() {
        assert_eq!(Reason::NotMe.code(), model::hit::NOT_ME);
        let read = Verdict {
            opener: "thunderbird".into(),
            meaning: Meaning::Human,
            confidence: 95,
            reasons: vec!["mail_client".into()],
        };
        let (verdict, signs) = disowned(&read, None);
        assert_eq!((verdict.meaning, verdict.confidence), (Meaning::Unknown, 5));
        assert_eq!(verdict.reasons, ["not_me", "mail_client"]);
        assert_eq!(
            (signs.confidence, &*signs.reasons),
            (80, &["not_me".to_owned()][..])
        );
        let others = Elsewhere {
            confidence: 60,
            reasons: vec!["other_host".into(), "shared_in_chat".into()],
        };
        let (again, signs) = disowned(&verdict, Some(&others));
        assert_eq!(again, verdict, "said twice");
        assert_eq!(signs.confidence, 90);
        assert_eq!(signs.reasons, ["not_me", "other_host", "shared_in_chat"]);
        assert_eq!(disowned(&read, Some(&signs)).1, signs);
    }
}
