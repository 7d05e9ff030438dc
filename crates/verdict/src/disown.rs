//! When the recipient says "this was not me": the surest sign of all, and the only one that they give themselves.
//!
//! Who it was instead stays unknown, and so does whether the recipient is right; so the hit says nothing about them any more.

use crate::reason::Reason;
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

#[cfg(test)]
mod tests {
    use super::*;

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
