//! The papers that a controller must have, made from what is really set and recorded: records of processing (GDPR
//! Art. 30), a start for the impact assessment (Art. 35) and for the assessment of legitimate interests, the text for
//! the privacy notice (Art. 13), and the annex to an agreement with a processor (Art. 28).
//!
//! Each is a draft for counsel. Nothing in them is true of every installation: a paragraph stands there because a mode
//! is allowed, a table exists, a number was counted. The same settings give the same paper, so two of different days
//! can be compared.

mod assess;
mod notice;

pub use assess::{impact_assessment, interest_assessment};
pub use notice::privacy_notice;

use crate::mode::NOTHING;
use crate::{Mode, PerAxis, Processor, Time};
use serde::Serialize;

/// What the papers are made from.
#[derive(Debug, Clone, Serialize)]
pub struct Setup {
    /// The organisation.
    pub controller: String,
    /// Its postal address; empty where nobody entered it.
    pub postal_address: String,
    /// Whom to ask about data protection; empty where nobody entered it.
    pub contact: String,
    /// The most that may be recorded, by axis; nothing while a kill switch is on.
    pub modes: PerAxis<Mode>,
    /// For how many days single hits are kept.
    pub hits_days: u32,
    /// Who takes part beside the controller, as the operator named them.
    pub processors: Vec<Processor>,
    /// The hosts that events are sent to.
    pub webhooks: Vec<String>,
    /// Users, and how many of them may track.
    pub users: u32,
    /// Users who may track.
    pub trackers: u32,
    /// Mails with tracking in the last twelve months.
    pub tracked_mails: u32,
    /// Copies of them that carried it.
    pub tracked_copies: u32,
    /// Consents given in that time.
    pub given: u32,
    /// Refusals and withdrawals in that time.
    pub taken_back: u32,
    /// What is kept about persons: what, and until when.
    pub data: Vec<Data>,
}

/// One kind of data.
#[derive(Debug, Clone, Serialize)]
pub struct Data {
    /// The table.
    pub table: &'static str,
    /// What its rows are.
    pub what: &'static str,
    /// When they go.
    pub until: String,
}

/// A titled part of a paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Its title.
    pub title: String,
    /// Its paragraphs.
    pub lines: Vec<String>,
}

pub(crate) fn section(title: &str, lines: impl IntoIterator<Item = String>) -> Section {
    Section {
        title: title.into(),
        lines: lines.into_iter().collect(),
    }
}

impl Setup {
    /// Nothing is tracked at all.
    pub fn is_quiet(&self) -> bool {
        self.modes == NOTHING
    }

    /// Facts about devices may be recorded.
    pub fn is_detailed(&self) -> bool {
        [self.modes.open, self.modes.click, self.modes.document].contains(&Mode::Detailed)
    }

    fn or_missing<'a>(text: &'a str, what: &'a str) -> String {
        if text.trim().is_empty() {
            format!("[{what}: enter it under Settings]")
        } else {
            text.to_owned()
        }
    }

    fn who(&self) -> Vec<String> {
        vec![
            self.controller.clone(),
            Self::or_missing(&self.postal_address, "postal address"),
            Self::or_missing(&self.contact, "contact for data protection"),
        ]
    }

    /// What is recorded, a sentence for each axis in use.
    pub(crate) fn purposes(&self) -> Vec<String> {
        let m = self.modes;
        [
            (
                m.open,
                "To know that a mail was opened, and in which minute.",
            ),
            (
                m.click,
                "To know that a link in a mail was followed, and in which minute.",
            ),
            (
                m.document,
                "To know that a hosted document was looked at, and for how long.",
            ),
        ]
        .into_iter()
        .filter(|(mode, _)| *mode >= Mode::Individual)
        .map(|(_, words)| words.to_owned())
        .collect()
    }
}

/// Measures that the program takes by itself (Art. 32); what else is done, the controller adds.
const MEASURES: [&str; 9] = [
    "Network address and user-agent of a recipient are looked at in memory and never stored or logged.",
    "Nothing is recorded without the recipient's consent; it is checked when a mail leaves and again at each request.",
    "Withdrawal works at once, also for mails already sent; links in them go on working.",
    "Addresses of pixels and links carry random ids and a keyed checksum, no personal data.",
    "Dashboard and tracker have origins and listeners of their own; the tracker sets no cookies.",
    "Passwords are stored as Argon2id digests; sessions, app passwords and keys as SHA-256 digests.",
    "Each consent and each act of a user is committed to in a hash chain whose heads are signed.",
    "Erasing a person destroys the key of their entries in that chain.",
    "Roles and limits for each user; ceilings are set by the compliance desk, with a reason.",
];

/// The records of processing activities (Art. 30(1)), section by section.
pub fn records(setup: &Setup) -> Vec<Section> {
    let purposes = if setup.is_quiet() {
        vec!["Sending mail. Nothing about reading it is recorded: tracking is off, or no mode is allowed.".into()]
    } else {
        let mut lines = vec!["Sending mail, and with the recipient's consent:".to_owned()];
        lines.extend(setup.purposes());
        if setup.is_detailed() {
            let facts = "With a consent of its own: mail program, browser family, operating system, device class, \
                         country, and city and network name where a local database knows them.";
            lines.push(facts.into());
        }
        lines
    };
    let data = setup.data.iter().map(|d| format!("{} {}", d.what, d.until));
    vec![
        section("Controller (30(1)(a))", setup.who()),
        section("Purposes (30(1)(b))", purposes),
        section(
            "Legal basis",
            ["Tracking: consent (Art. 6(1)(a), and Art. 5(3) of the ePrivacy Directive). Keeping proof of consent: \
              Art. 7(1) with 6(1)(c). Sending the mail itself: [to be said for each kind of mail]."
                .to_owned()],
        ),
        section(
            "Categories of persons (30(1)(c))",
            [format!(
                "Recipients of mail. Users of the organisation: {}, of whom {} may track.",
                setup.users, setup.trackers
            )],
        ),
        section("Categories of data, and when they go (30(1)(c), (f))", data),
        section("Recipients of the data (30(1)(d))", recipients(setup)),
        section("Transfers to third countries (30(1)(e))", transfers(setup)),
        section("Measures (30(1)(g))", MEASURES.map(str::to_owned)),
    ]
}

/// Whom the data reaches, by order of the controller or because its webhooks lead there.
fn recipients(setup: &Setup) -> Vec<String> {
    let mut all = processors(setup);
    let told = |host: &String| {
        format!(
            "{host}: is told what people decided and what became of mails (webhook). [Who runs it, where, and as \
             processor or controller: to be said.]"
        )
    };
    all.extend(setup.webhooks.iter().map(told));
    all
}

/// Who takes part: those whom the operator named, and what only the controller can add.
fn processors(setup: &Setup) -> Vec<String> {
    if setup.processors.is_empty() {
        return vec![
            "[Nobody is named. Where others run the mail server that mail is delivered through, the machines or their \
             backups, the operator names them under [[processors]] in overt.toml. If there is nobody, say so here.]"
                .into(),
        ];
    }
    setup.processors.iter().map(Processor::sentence).collect()
}

/// Where the data goes, and what protects it there. Whether a country needs that is for counsel: no list here grows stale.
fn transfers(setup: &Setup) -> Vec<String> {
    let own =
        "The program itself calls no other service: it runs on the organisation's own machines."
            .to_owned();
    let each = setup.processors.iter().map(|p| {
        if p.safeguards.is_empty() {
            format!(
                "{} in {}: no safeguards noted. None are needed in the European Economic Area and where the Commission \
                 found protection adequate (Art. 45).",
                p.name, p.country
            )
        } else {
            format!("{} in {}: {}", p.name, p.country, p.safeguards)
        }
    });
    std::iter::once(own).chain(each).collect()
}

/// The annex to an agreement with a processor (Art. 28(3)): what is processed, and who else takes part.
pub fn processor_annex(setup: &Setup) -> Vec<Section> {
    vec![
        section("Controller", setup.who()),
        section(
            "Subject and duration",
            ["Sending mail and, with the recipients' consent, recording what becomes of it; as long as the agreement \
              lasts."
                .to_owned()],
        ),
        section("Nature and purpose", setup.purposes()),
        section(
            "Kinds of data and of persons",
            setup.data.iter().map(|d| d.what.to_owned()),
        ),
        section("Technical and organisational measures", MEASURES.map(str::to_owned)),
        section("Further processors", processors(setup)),
        section("Where, and what protects the data there", transfers(setup)),
    ]
}

/// The same as one JSON object, with its date.
pub fn as_json(
    paper: &str,
    made_at: Time,
    setup: &Setup,
    sections: &[Section],
) -> serde_json::Value {
    serde_json::json!({ "paper": paper, "draft": true, "made_at": made_at.rfc3339(), "setup": setup,
        "sections": sections })
}

#[cfg(test)]
mod tests;
