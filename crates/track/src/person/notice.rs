//! What a person is told before they choose, and the exact text of it that is kept when they agree.
//!
//! The page and the record are made from the same lines, so what is kept is what was shown (R-CONS-03, R-CONS-17). The
//! form carries the text's digest: who agrees to a text that has changed meanwhile is asked to read it again.

use crate::names::Names;
use crate::texts::Texts;
use model::{Sha256, Topic};
use std::fmt::Write as _;

/// The notice and the choices below it.
pub(super) struct Notice {
    pub(super) intro: String,
    pub(super) lines: Vec<(&'static str, String)>,
    pub(super) choices: Vec<(Topic, String)>,
    buttons: [&'static str; 2],
}

impl Notice {
    pub(super) fn of(t: &'static Texts, names: &Names, topics: &[Topic]) -> Self {
        Self {
            intro: names.fill(t.choice_intro),
            lines: t
                .notice
                .iter()
                .map(|(lead, text)| (*lead, names.fill(text)))
                .collect(),
            choices: topics
                .iter()
                .map(|topic| (*topic, names.fill(t.choice(*topic))))
                .collect(),
            buttons: [t.agree, t.refuse],
        }
    }

    /// The text that is kept: every line as shown, boxes empty.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n\n", self.intro);
        for (lead, line) in &self.lines {
            let _ = writeln!(text, "{lead}: {line}");
        }
        text.push('\n');
        for (_, choice) in &self.choices {
            let _ = writeln!(text, "[ ] {choice}");
        }
        let [agree, refuse] = self.buttons;
        let _ = write!(text, "\n[{agree}] [{refuse}]");
        text
    }

    /// What the form carries.
    pub(super) fn digest(&self) -> String {
        Sha256::of(&self.text()).to_string()
    }
}
