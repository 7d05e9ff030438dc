//! How facts look on every page: ticks, times, counts and the words for states.

use askama::filters::HtmlSafe;
use model::tick::Counts;
use model::{ConsentState, Mode, Reason, Tick, Time, Topic};
use std::fmt;
use store::CopyState;

/// A moment: UTC text, which the script turns into the reader's local time.
pub(crate) struct When(pub(crate) Time);

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = jiff::Timestamp::from_millisecond(self.0.0).unwrap_or_default();
        write!(
            f,
            "<time datetime=\"{}\">{}</time>",
            self.0,
            moment.strftime("%-d %b %Y, %H:%M UTC")
        )
    }
}

impl HtmlSafe for When {}

/// A day, where the hour means nothing: the end of a term, for example.
pub(crate) struct Day(pub(crate) Time);

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = jiff::Timestamp::from_millisecond(self.0.0).unwrap_or_default();
        let (iso, words) = (moment.strftime("%F"), moment.strftime("%-d %b %Y"));
        write!(f, "<time datetime=\"{iso}\">{words}</time>")
    }
}

impl HtmlSafe for Day {}

/// Whose agreement stands, as the beginning of a sentence; there is one at least.
pub(crate) fn agreements(people: u64) -> String {
    match people {
        1 => "One person agreed".into(),
        n => format!("{n} people agreed"),
    }
}

/// What marks the field of a form that is wrong: it is announced with the sentence that has the id `wrong`, and the page
/// opens there, with or without a script.
pub(crate) struct Flaw(pub(crate) bool);

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 {
            f.write_str(" aria-invalid=\"true\" aria-describedby=\"wrong\" autofocus")?;
        }
        Ok(())
    }
}

impl HtmlSafe for Flaw {}

/// What stands beside a copy: its tick, or that it never arrived.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Tick(Tick),
    Bounced,
}

/// The drawing alone; the words beside it say the same, so it is hidden from screen readers.
impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const FIRST: &str = "<path d=\"M2.5 10l4.2 4.2L15.5 4.5\"/>";
        const SECOND: &str = "M12.4 12.8l1.4 1.4L23 4.5";
        let (class, paths) = match self {
            Self::Tick(Tick::Untracked) => ("untracked", "<path d=\"M4 9.5h14\"/>".to_owned()),
            Self::Tick(Tick::Limited) => (
                "limited",
                "<path d=\"M4 9.5h3M9.5 9.5h3M15 9.5h3\"/>".to_owned(),
            ),
            Self::Tick(Tick::Sent) => ("sent", FIRST.to_owned()),
            Self::Tick(Tick::Read) => ("read", format!("{FIRST}<path d=\"{SECOND}\"/>")),
            // Hollow: a broad stroke with a narrower one of the ground's colour inside leaves an outline.
            Self::Tick(Tick::Unsure) => {
                let hollow = format!(
                    "<path class=\"rim\" d=\"{SECOND}\"/><path class=\"core\" d=\"{SECOND}\"/>"
                );
                ("unsure", format!("{FIRST}{hollow}"))
            }
            Self::Bounced => ("bounced", "<path d=\"M11 3.5v7.5M11 15v.1\"/>".to_owned()),
        };
        write!(
            f,
            "<svg class=\"mark {class}\" viewBox=\"0 0 26 19\" aria-hidden=\"true\">{paths}</svg>"
        )
    }
}

impl HtmlSafe for Mark {}

/// A copy as lists and cards show it.
pub(crate) struct CopyView {
    pub(crate) copy: store::Copy,
}

impl CopyView {
    pub(crate) fn mark(&self) -> Mark {
        if self.copy.state == CopyState::Bounced {
            Mark::Bounced
        } else {
            Mark::Tick(self.copy.tick())
        }
    }

    /// The state in a few words.
    pub(crate) fn words(&self) -> String {
        let clicks = match self.copy.seen.clicks.human {
            0 => String::new(),
            n => format!(", clicked {}", times(n)),
        };
        match (self.copy.state, self.copy.tick()) {
            (CopyState::Bounced, _) => "Not delivered".into(),
            (_, Tick::Read) => match self.copy.seen.opens.human {
                0 if self.copy.seen.receipt => format!("Read, says the recipient{clicks}"),
                0 => format!("Read{clicks}"),
                n => format!("Read {}{clicks}", times(n)),
            },
            (_, Tick::Unsure) => format!("Perhaps read{clicks}"),
            (CopyState::Queued, _) => "On its way".into(),
            (CopyState::Deferred, _) => "Delayed, will be tried again".into(),
            (CopyState::Sent | CopyState::HandedOver, Tick::Untracked) => {
                match self.copy.reason().and_then(short_reason) {
                    Some(reason) => format!("Not tracked: {reason}"),
                    None => "Not tracked".into(),
                }
            }
            (CopyState::Sent | CopyState::HandedOver, Tick::Limited) => self.limited().into(),
            (CopyState::Sent, Tick::Sent) => format!("Sent{clicks}"),
            (CopyState::HandedOver, Tick::Sent) => format!("Handed over{clicks}"),
        }
    }

    /// What a tick that tells nothing about the person stands for.
    fn limited(&self) -> &'static str {
        let modes = &self.copy.modes;
        if [modes.open, modes.click].contains(&Mode::Aggregate) {
            "Only counted in a sum"
        } else {
            "Only for list cleaning"
        }
    }

    /// Opens in sentences; none where opens are not tracked.
    pub(crate) fn opens(&self) -> Option<String> {
        (self.copy.modes.open.is_personal())
            .then(|| counted("Opened", "Not known to be opened.", self.copy.seen.opens))
    }

    /// Clicks in sentences; none where clicks are not tracked.
    pub(crate) fn clicks(&self) -> Option<String> {
        (self.copy.modes.click.is_personal())
            .then(|| counted("Clicked", "No link clicked.", self.copy.seen.clicks))
    }

    /// When a person first read it.
    pub(crate) fn first(&self) -> Option<When> {
        self.copy.first_read_at.map(When)
    }

    /// When a person last read it, if that was another time.
    pub(crate) fn last(&self) -> Option<When> {
        self.copy
            .last_read_at
            .filter(|last| Some(*last) != self.copy.first_read_at)
            .map(When)
    }

    /// When the recipient pressed the receipt button.
    pub(crate) fn receipt(&self) -> Option<When> {
        self.copy.receipt_at.map(When)
    }

    /// Where it is on its way, as a sentence.
    pub(crate) fn delivery(&self) -> &'static str {
        match self.copy.state {
            CopyState::Queued => "Waiting to be handed to the relay.",
            CopyState::Sent => "The relay took it.",
            CopyState::Deferred => {
                "The relay could not take it yet. It will be tried again by itself."
            }
            CopyState::Bounced if self.copy.refusal.is_some() => {
                "It was not sent: the rules do not allow it."
            }
            CopyState::Bounced => "It could not be delivered.",
            CopyState::HandedOver => {
                "It was handed over to its sender, who delivers it. What became of it on its way is not known here."
            }
        }
    }
}

fn counted(verb: &str, nothing: &str, counts: Counts) -> String {
    let mut text = match counts.human {
        0 => nothing.to_owned(),
        n => format!("{verb} {}.", times(n)),
    };
    if counts.unknown > 0 {
        text += &format!(
            " {} more that cannot be told from a machine.",
            counts.unknown
        );
    }
    if counts.machine > 0 {
        text += &format!(" {} by machines, not counted.", counts.machine);
    }
    text
}

/// The reasons that a sender meets daily, in two or three words. The others need their whole sentence.
fn short_reason(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::NeverAsked => "never asked",
        Reason::AskedNoAnswer => "asked, no answer",
        Reason::AwaitingConfirmation => "not confirmed yet",
        Reason::Refused => "said no",
        Reason::Withdrawn => "withdrew",
        Reason::Expired => "consent expired",
        Reason::Outdated => "older notice",
        Reason::OwnAddress => "own address",
        Reason::SwitchedOff => "switched off",
        Reason::WorkspaceCeiling => "workspace limit",
        Reason::InstanceCeiling => "server limit",
        Reason::KillSwitch => "all tracking is off",
        _ => return None,
    })
}

/// How often, in words.
pub(crate) fn times(n: u32) -> String {
    match n {
        1 => "once".into(),
        2 => "twice".into(),
        n => format!("{n} times"),
    }
}

/// A state of consent, in words.
pub(crate) fn consent_word(state: ConsentState) -> &'static str {
    match state {
        ConsentState::Unknown => "Never asked",
        ConsentState::Asked => "Asked, no answer",
        ConsentState::Requested => "Agreed, not confirmed yet",
        ConsentState::Given => "Agreed",
        ConsentState::Refused => "Said no",
        ConsentState::Withdrawn => "Withdrew",
        ConsentState::Expired => "Expired",
        ConsentState::Outdated => "Agreed to an older notice",
        ConsentState::Asserted => "Said to agree, without proof",
    }
}

/// The states that a contact can be looked for by, each as its value and in words.
pub(crate) fn consent_states() -> impl Iterator<Item = (&'static str, &'static str)> {
    let states = ConsentState::ALL.into_iter();
    states.map(|state| (state.as_str(), consent_word(state)))
}

/// A subject, or what stands for an empty one.
pub(crate) fn subject_or_none(subject: &str) -> &str {
    if subject.is_empty() {
        "(no subject)"
    } else {
        subject
    }
}

/// What a topic is about, in words.
pub(crate) fn topic_words(topic: Topic) -> &'static str {
    match topic {
        Topic::Open => "Opens: that a mail was opened, and when",
        Topic::Click => "Clicks: that a link was followed",
        Topic::Document => "Documents: how long a document was looked at",
        Topic::Details => "Details: with which mail client and system, from which country and city",
    }
}

/// A mode, in words.
pub(crate) fn mode_words(mode: Mode) -> &'static str {
    match mode {
        Mode::None => "nothing",
        Mode::Aggregate => "only a sum over everybody, nothing about this person",
        Mode::Hygiene => "only the day of the last open, for list cleaning",
        Mode::Individual => "what happened, to the minute",
        Mode::Detailed => "what happened, to the minute, and with which kind of program",
    }
}

/// What a part of a mail is and what is done with it, by the code that `mail` gave it.
pub(crate) fn role_words(code: &str) -> &'static str {
    match code {
        "html" => {
            "The mail as people see it. A tracked copy gets its image, its tracked links and its line here; all else stays to the byte."
        }
        "text" => {
            "The mail in plain text. A tracked copy gets its line here; links stay as they are."
        }
        "multipart" => "Holds the parts below it.",
        "attachment" => "A file. Never changed.",
        "message" => "A mail inside this mail, somebody else’s. Never changed.",
        "related" => "Belongs to the mail as people see it, a picture for example. Never changed.",
        "report" => "Part of a delivery report. Never changed.",
        _ => "Nothing to read as the mail, an invitation for example. Never changed.",
    }
}

/// What carries a link, by the code that `mail` gave it.
pub(crate) fn kind_words(code: &str) -> &'static str {
    match code {
        "anchor" => "Text or picture",
        "area" => "Part of a picture",
        "vml_button" => "Button for Outlook",
        "svg" => "Drawing",
        _ => "Text",
    }
}

/// Why a link is left as it is, by the code that `mail` gave it.
pub(crate) fn skip_words(code: &str) -> &'static str {
    match code {
        "scheme" => "It is not a web address.",
        "fragment" => "It leads to a place within the mail itself.",
        "empty" => "It leads nowhere.",
        "relative" => "Its address is incomplete.",
        "invalid" => "Its address is not valid.",
        "ambiguous" => "Mail programs disagree where it leads.",
        "unsubscribe" => "Unsubscribe links are never tracked.",
        "destination" => "Only absolute addresses without a user name can be tracked.",
        "too_long" => "It is too long for a line of this mail.",
        "opted_out" => "The sender marked it as not to be tracked.",
        _ => "It is left as it is.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_for_who_has_no_script() {
        let text = When(Time(1_795_294_080_123)).to_string();
        assert_eq!(
            text,
            "<time datetime=\"2026-11-21T20:48:00Z\">21 Nov 2026, 20:48 UTC</time>"
        );
    }

    #[test]
    fn counts_in_words() {
        let counts = Counts {
            human: 2,
            unknown: 1,
            machine: 3,
        };
        let text = counted("Opened", "Not opened.", counts);
        assert_eq!(
            text,
            "Opened twice. 1 more that cannot be told from a machine. 3 by machines, not counted."
        );
    }
}
