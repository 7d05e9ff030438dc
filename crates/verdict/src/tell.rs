//! A verdict in sentences, for everyone who asks "how do you know?".

use crate::{explain, opener_name};
use model::Verdict;
use std::time::Duration;

/// The whole answer: who fetched and how long after delivery, then every reason.
///
/// "Gmail's image proxy fetched it 4 minutes after delivery." · "This mail provider's image proxy fetches when …"
pub fn tell(verdict: &Verdict, since_delivery: Option<Duration>) -> Vec<String> {
    let who = opener_name(&verdict.opener);
    let first = match since_delivery {
        Some(time) => format!("{who} fetched it {} after delivery.", span(time)),
        None => format!("{who} fetched it."),
    };
    let reasons = verdict.reasons.iter().map(|code| explain(code).to_owned());
    std::iter::once(first).chain(reasons).collect()
}

/// A duration in its largest unit that is not zero, rounded down.
fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Meaning;

    #[test]
    fn sentences() {
        let verdict = Verdict {
            opener: "gmail_proxy".into(),
            meaning: Meaning::HumanViaProxy,
            confidence: 85,
            reasons: vec!["image_proxy".into()],
        };
        let told = tell(&verdict, Some(Duration::from_secs(250)));
        assert_eq!(
            told[0],
            "Gmail's image proxy fetched it 4 minutes after delivery."
        );
        assert!(told[1].contains("when a person opens the mail"));
        assert_eq!(tell(&verdict, None)[0], "Gmail's image proxy fetched it.");
    }

    #[test]
    fn spans() {
        for (seconds, text) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (7_199, "1 hour"),
            (200_000, "2 days"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
    }
}
