//! Reports that come back: read, and kept with the copy they are about.
//!
//! Recipients' mail servers and programs send them to the sender's mailbox, not to Overt; a mail rule or a pipe hands them in
//! (`overt report`, `POST /api/v1/reports`). A report is a claim. One that bears the id of the copy's envelope, or the copy's own
//! link for unsubscribing, came from the copy's way; of any other it is said that only somebody's program says so. A complaint
//! of the first kind about advertising unsubscribes whoever complained.

use mail::report::{Action, REPORT_BYTES_MAX, Report, Reported};
use model::url::Origin;
use model::{CopyId, EmailAddress, Keyring, Purpose, SuppressionKey, Time};
use store::{NewReport, ReportScope, Store};

/// Why a report was not kept.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Longer than any report.
    #[error("longer than {} MB", REPORT_BYTES_MAX >> 20)]
    TooLong,
    /// It has no part that a program could read.
    #[error(
        "not a report: a mail with a message/delivery-status part (RFC 3464), a message/disposition-notification part \
         (RFC 8098) or a message/feedback-report part (RFC 5965) is expected"
    )]
    NotOne,
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Reads a report and keeps it with the copies it is about; how many. Zero: it is about none of these.
pub async fn keep_report(
    store: &Store,
    scope: ReportScope,
    mail: &[u8],
    (keyring, tracker, suppression): (&Keyring, &Origin, &SuppressionKey),
    random: fn() -> [u8; 16],
    now: Time,
) -> Result<usize, ReportError> {
    if mail.len() > REPORT_BYTES_MAX {
        return Err(ReportError::TooLong);
    }
    let mut report = mail::report::report(mail).ok_or(ReportError::NotOne)?;
    if let Some(copy) = by_own_link(&report, keyring, tracker) {
        // One copy, one recipient: whoever else is named got another.
        report.envelope_id = Some(copy.to_string());
        report.recipients.truncate(1);
    }
    if report.is_complaint && report.recipients.is_empty() {
        report.recipients.push(Reported {
            address: String::new(),
            original: None,
            action: Action::Complained,
            status: None,
            host: None,
        });
    }
    let mut kept = 0;
    for reported in &report.recipients {
        let new = new(&report, reported, random());
        let copy = store.report_keep(scope, new, suppression, now).await?;
        kept += usize::from(copy.is_some());
    }
    Ok(kept)
}

/// The copy whose own link for unsubscribing stands in the mail that came back. Providers that keep to themselves who
/// complained send the mail along, and nobody else has that link.
fn by_own_link(report: &Report, keyring: &Keyring, tracker: &Origin) -> Option<CopyId> {
    report.unsubscribe.iter().find_map(|url| {
        let token = url.strip_prefix(tracker.as_str())?.strip_prefix("/u/")?;
        let claim = keyring.verify(Purpose::Unsubscribe, token, "").ok()?;
        Some(claim.copy())
    })
}

fn new(report: &Report, reported: &Reported, id: [u8; 16]) -> NewReport {
    let addresses = [reported.original.as_ref(), Some(&reported.address)];
    let key = |text: &String| Some(text.parse::<EmailAddress>().ok()?.key());
    NewReport {
        id,
        // An envelope of ours has one recipient.
        envelope: report
            .envelope_id
            .clone()
            .filter(|_| report.recipients.len() == 1),
        header_id: report.message_id.clone(),
        address_keys: addresses.into_iter().flatten().filter_map(key).collect(),
        action: word(reported.action).into(),
        reporter: report.reporter.clone().unwrap_or_default(),
        host: reported.host.clone().unwrap_or_default(),
        status: reported.status.clone(),
    }
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Failed => "failed",
        Action::Delayed => "delayed",
        Action::Delivered => "delivered",
        Action::Relayed => "relayed",
        Action::Expanded => "expanded",
        Action::Displayed { by_hand: true } => "displayed",
        Action::Displayed { by_hand: false } => "displayed_by_itself",
        Action::Deleted => "deleted",
        Action::Complained => "complained",
    }
}
