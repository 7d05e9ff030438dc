//! What was found, for people: a mail at a time, and all of it together at the end.
//!
//! What a mail says is shown without control characters: a terminal would obey them.

use super::report::{Found, MailReport};
use guard::Kind;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

/// Most senders and services that the summary names.
const NAMED_MAX: usize = 20;

/// One mail; nothing where there is nothing to tell.
pub(super) struct Mail<'r>(pub(super) &'r MailReport);

impl Display for Mail<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let report = self.0;
        let told: Vec<&Found> = report
            .findings
            .iter()
            .filter(|found| is_told(found.kind))
            .collect();
        if told.is_empty() && report.notes.is_empty() {
            return Ok(());
        }
        writeln!(f, "{}", shown(&report.mail))?;
        // The same thing said once, with how often.
        let mut lines: Vec<(String, usize)> = Vec::new();
        for found in told {
            let line = line(found);
            match lines.iter_mut().find(|(text, _)| *text == line) {
                Some((_, times)) => *times += 1,
                None => lines.push((line, 1)),
            }
        }
        for (line, times) in lines {
            match times {
                1 => writeln!(f, "  {line}")?,
                times => writeln!(f, "  {line} ({times} times)")?,
            }
        }
        for note in &report.notes {
            writeln!(f, "  note: {}", note.says)?;
        }
        writeln!(f)
    }
}

fn is_told(kind: Kind) -> bool {
    kind.is_tracker() || matches!(kind, Kind::ReceiptRequest | Kind::Unknown)
}

fn line(found: &Found) -> String {
    let whose = found.vendor.unwrap_or("unknown service");
    let host = found.host.as_deref().unwrap_or("–");
    let leads = match &found.destination {
        Some(to) => format!(" → {}", shown(to)),
        None => String::new(),
    };
    let why: Vec<&str> = found
        .reasons
        .iter()
        .take(3)
        .map(|said| said.says.as_str())
        .collect();
    format!(
        "{:<15} {:<22} {}{leads}: {}",
        found.kind.word(),
        whose,
        shown(host),
        why.join(" ")
    )
}

/// Of all mails.
#[derive(Debug, Default)]
pub(super) struct Summary {
    pub(super) mails: usize,
    pub(super) with: BTreeMap<&'static str, usize>,
    /// Mails by service.
    pub(super) services: BTreeMap<&'static str, usize>,
    /// Mails of a sender, and those of them with an open beacon.
    pub(super) senders: BTreeMap<String, (usize, usize)>,
    pub(super) left: usize,
}

impl Summary {
    pub(super) fn add(&mut self, report: &MailReport) {
        self.mails += 1;
        for kind in [
            Kind::OpenBeacon,
            Kind::ClickImage,
            Kind::TrackedLink,
            Kind::ReceiptRequest,
            Kind::Unknown,
        ] {
            if report.count(kind) > 0 {
                *self.with.entry(kind.word()).or_default() += 1;
            }
        }
        let trackers = report
            .findings
            .iter()
            .filter(|found| found.kind.is_tracker());
        let mut services: Vec<_> = trackers.filter_map(|found| found.vendor).collect();
        services.sort_unstable();
        services.dedup();
        for service in services {
            *self.services.entry(service).or_default() += 1;
        }
        if let Some(from) = &report.from {
            let (mails, beacons) = self.senders.entry(from.clone()).or_default();
            *mails += 1;
            *beacons += usize::from(report.count(Kind::OpenBeacon) > 0);
        }
        self.left += usize::from(
            report
                .notes
                .iter()
                .any(|note| matches!(note.code, "untouched" | "unread")),
        );
    }

    /// Services, the most used first.
    pub(super) fn services(&self) -> Vec<(&'static str, usize)> {
        let mut all: Vec<_> = self
            .services
            .iter()
            .map(|(name, mails)| (*name, *mails))
            .collect();
        all.sort_by_key(|(_, mails)| std::cmp::Reverse(*mails));
        all.truncate(NAMED_MAX);
        all
    }

    /// Senders with open beacons, the most busy first: domain, mails, of those with a beacon.
    pub(super) fn senders(&self) -> Vec<(&str, usize, usize)> {
        let all = self
            .senders
            .iter()
            .map(|(name, (mails, beacons))| (name.as_str(), *mails, *beacons));
        let mut all: Vec<_> = all.filter(|(_, _, beacons)| *beacons > 0).collect();
        all.sort_by_key(|(_, _, beacons)| std::cmp::Reverse(*beacons));
        all.truncate(NAMED_MAX);
        all
    }
}

impl Display for Summary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mails = |n: usize| {
            if n == 1 {
                "1 mail".to_owned()
            } else {
                format!("{n} mails")
            }
        };
        writeln!(f, "{} looked at.", mails(self.mails))?;
        if self.with.is_empty() {
            writeln!(f, "Nothing that tracks was found.")?;
        }
        for (word, count) in &self.with {
            writeln!(f, "  {:<15} in {}", word, mails(*count))?;
        }
        if self.left > 0 {
            writeln!(f, "  not fully looked into: {}", mails(self.left))?;
        }
        let services = self.services();
        if !services.is_empty() {
            writeln!(f, "\nServices by name")?;
            for (name, count) in services {
                writeln!(f, "  {name:<30} in {}", mails(count))?;
            }
        }
        let senders = self.senders();
        if !senders.is_empty() {
            writeln!(f, "\nSenders who learn that you read")?;
            for (name, all, beacons) in senders {
                writeln!(f, "  {:<30} {beacons} of {}", shown(name), mails(all))?;
            }
        }
        Ok(())
    }
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
