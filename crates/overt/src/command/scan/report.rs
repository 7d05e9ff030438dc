//! What was found in a mail, for programs: a code and a sentence for everything.

use guard::{Confidence, Finding, Kind, Load, Reason, Scan};
use mail::Whole;
use serde::Serialize;

/// One mail.
#[derive(Debug, Serialize)]
pub(crate) struct MailReport {
    /// Where it lies.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) mail: String,
    /// The domain of the sender.
    pub(crate) from: Option<String>,
    /// Services that its header names.
    pub(crate) sent_with: Vec<&'static str>,
    pub(crate) notes: Vec<Said>,
    pub(crate) findings: Vec<Found>,
}

/// A reference.
#[derive(Debug, Serialize)]
pub(crate) struct Found {
    pub(crate) kind: Kind,
    pub(crate) vendor: Option<&'static str>,
    pub(crate) confidence: Confidence,
    pub(crate) vector: &'static str,
    /// `auto` or `act`.
    pub(crate) loads: &'static str,
    pub(crate) host: Option<String>,
    /// Whole addresses name the recipient: only where they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    /// The host that a tracked link leads to, or the whole address where those are asked for.
    pub(crate) destination: Option<String>,
    pub(crate) reasons: Vec<Said>,
}

/// For programs and for people.
#[derive(Debug, Serialize, PartialEq, Eq, Clone)]
pub(crate) struct Said {
    pub(crate) code: &'static str,
    pub(crate) says: String,
}

impl MailReport {
    /// `whole`: with whole addresses.
    pub(crate) fn of(name: &str, mail: &Whole<'_>, scan: &Scan, whole: bool) -> Self {
        let author = mail.addresses("From").into_iter().next();
        let domain = author.and_then(|author| {
            author
                .address
                .rsplit_once('@')
                .map(|(_, d)| d.to_lowercase())
        });
        let notes = scan.notes.iter().map(|note| Said {
            code: note.code(),
            says: note.to_string(),
        });
        Self {
            mail: name.to_owned(),
            from: domain,
            sent_with: scan.senders.clone(),
            notes: notes.collect(),
            findings: scan
                .findings
                .iter()
                .map(|finding| Found::of(finding, whole))
                .collect(),
        }
    }

    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.findings
            .iter()
            .filter(|found| found.kind == kind)
            .count()
    }
}

impl Found {
    fn of(finding: &Finding, whole: bool) -> Self {
        let destination = finding.destination.as_ref().map(|url| {
            if whole {
                url.to_string()
            } else {
                url.host_str().unwrap_or_default().to_owned()
            }
        });
        Self {
            kind: finding.kind,
            vendor: finding.vendor,
            confidence: finding.confidence,
            vector: finding.vector.code(),
            loads: match finding.load {
                Load::Auto => "auto",
                Load::Act => "act",
            },
            host: finding.host().map(str::to_owned),
            url: whole.then(|| finding.written.clone()),
            destination,
            reasons: finding.reasons.iter().copied().map(said).collect(),
        }
    }
}

fn said(reason: Reason) -> Said {
    Said {
        code: reason.code(),
        says: reason.sentence().to_owned(),
    }
}
