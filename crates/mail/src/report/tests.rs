use super::*;
use proptest::prelude::*;

/// A multipart/report with these fields, and the returned header.
fn mail(kind: &str, fields: &str, returned: &str) -> Vec<u8> {
    let text = format!(
        "From: <>\nTo: dana@studio.example\nSubject: report\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type={kind}; boundary=b\n\n\
         --b\nContent-Type: text/plain\n\nProse that says failed and displayed.\n\
         --b\nContent-Type: message/{kind}\n\n{fields}\n\
         --b\nContent-Type: {returned}\n\nMessage-ID: <one@studio.example>\nSubject: Offer\n\n--b--\n"
    );
    text.replace('\n', "\r\n").into_bytes()
}

/// As Postfix 3.7 writes it for NOTIFY=SUCCESS.
const DELIVERED: &str = "Reporting-MTA: dns; mx.reader.example\nOriginal-Envelope-Id: QQ+2B314\n\
    X-Postfix-Queue-ID: 4ABC\nArrival-Date: Sat, 21 Nov 2026 20:48:00 +0000 (UTC)\n\n\
    Final-Recipient: rfc822; ann@inner.example\nOriginal-Recipient: rfc822;ann+2Bnews@reader.example\n\
    Action: delivered\nStatus: 2.0.0\nRemote-MTA: dns; store.reader.example\nDiagnostic-Code: X-Postfix; delivered\n\
     to mailbox\n";

#[test]
fn a_delivery_report() {
    let report = report(&mail("delivery-status", DELIVERED, "text/rfc822-headers")).unwrap();
    assert_eq!(report.message_id.as_deref(), Some("one@studio.example"));
    assert_eq!(report.envelope_id.as_deref(), Some("QQ+314"));
    assert_eq!(report.reporter.as_deref(), Some("mx.reader.example"));
    let [reported] = &report.recipients[..] else {
        panic!("{report:?}")
    };
    assert_eq!(reported.address, "ann@inner.example");
    assert_eq!(
        reported.original.as_deref(),
        Some("ann+news@reader.example")
    );
    assert_eq!(reported.action, Action::Delivered);
    assert_eq!(reported.status.as_deref(), Some("2.0.0"));
    assert_eq!(reported.host.as_deref(), Some("store.reader.example"));
}

#[test]
fn each_recipient_has_a_fate() {
    let fields = "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@x\nAction: FAILED\nStatus: 5.1.1\n\n\
        Final-Recipient: rfc822; b@x\nAction: relayed\n\nFinal-Recipient: rfc822; c@x\nAction: exploded\n";
    let report = report(&mail("delivery-status", fields, "message/rfc822")).unwrap();
    let fates: Vec<_> = report
        .recipients
        .iter()
        .map(|r| (r.address.as_str(), r.action))
        .collect();
    assert_eq!(fates, [("a@x", Action::Failed), ("b@x", Action::Relayed)]);
    assert_eq!(report.message_id.as_deref(), Some("one@studio.example"));
}

#[test]
fn a_reading_report() {
    // As Thunderbird 153 writes it.
    let fields = |mode: &str, kind: &str| {
        format!(
            "Reporting-UA: reader.example; Thunderbird 153\nFinal-Recipient: rfc822;ann@reader.example\n\
             Original-Message-ID: <two@studio.example>\nDisposition: {mode}; {kind}\n"
        )
    };
    let action = |mode, kind| {
        let mail = mail(
            "disposition-notification",
            &fields(mode, kind),
            "text/rfc822-headers",
        );
        report(&mail).map(|report| report.recipients[0].action)
    };
    let (by_hand, by_itself) = (
        "manual-action/MDN-sent-manually",
        "automatic-action/MDN-sent-automatically",
    );
    assert_eq!(
        action(by_hand, "displayed"),
        Some(Action::Displayed { by_hand: true })
    );
    assert_eq!(
        action(by_itself, "displayed"),
        Some(Action::Displayed { by_hand: false })
    );
    assert_eq!(action(by_itself, "deleted/error"), Some(Action::Deleted));
    assert_eq!(
        action(by_itself, "processed"),
        None,
        "tells nothing of a person"
    );
    let mail = mail(
        "disposition-notification",
        &fields(by_hand, "displayed"),
        "text/rfc822-headers",
    );
    let report = report(&mail).unwrap();
    assert_eq!(
        report.message_id.as_deref(),
        Some("two@studio.example"),
        "its own word wins"
    );
    assert_eq!(report.reporter.as_deref(), Some("Thunderbird 153"));
}

#[test]
fn other_mails_are_no_reports() {
    for text in [
        "",
        "Subject: x\r\n\r\nAction: failed",
        "Content-Type: multipart/report\r\n\r\n",
    ] {
        assert_eq!(report(text.as_bytes()), None, "{text}");
    }
    assert_eq!(
        report(&mail(
            "delivery-status",
            "Reporting-MTA: dns; mx\n",
            "text/plain"
        )),
        None
    );
}

#[test]
fn values_are_short_and_printable() {
    let long = format!(
        "Reporting-MTA: dns; m\u{1}x{}\n\nFinal-Recipient: rfc822; a@x\nAction: failed\n",
        "x".repeat(999)
    );
    let report = report(&mail("delivery-status", &long, "text/plain")).unwrap();
    let reporter = report.reporter.unwrap();
    assert!(reporter.starts_with("mxx") && reporter.chars().count() == VALUE_CHARS_MAX);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = report(&bytes);
    }

    #[test]
    fn any_fields_are_read_or_not(fields in "[a-zA-Z0-9:;+<>@ \n-]{0,400}") {
        for kind in ["delivery-status", "disposition-notification"] {
            if let Some(report) = report(&mail(kind, &fields, "text/rfc822-headers")) {
                prop_assert!(report.recipients.len() <= RECIPIENTS_MAX);
            }
        }
    }
}

/// As RFC 5965 appendix B.2 has it, with the mail itself behind.
fn complaint(kind: &str, more: &str, returned: &str) -> Vec<u8> {
    let text = format!(
        "From: <abusedesk@reader.example>\nTo: <abuse@studio.example>\nSubject: FW: Earn money\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n\
         --b\nContent-Type: text/plain\n\nThis is an email abuse report.\n\
         --b\nContent-Type: message/feedback-report\n\n\
         Feedback-Type: {kind}\nUser-Agent: SomeGenerator/1.0\nVersion: 1\n{more}\
         --b\nContent-Type: message/rfc822\n\nFrom: <dana@studio.example>\n{returned}\
         Message-ID: <one@studio.example>\nSubject: Offer\n\nHello\n--b--\n"
    );
    text.replace('\n', "\r\n").into_bytes()
}

#[test]
fn r_msg_04_a_complaint_names_the_mail_and_whom_it_was_for() {
    let more = "Original-Mail-From: <dana@studio.example>\nOriginal-Rcpt-To: <ann@reader.example>\n\
                Reporting-MTA: dns; mail.reader.example\nSource-IP: 192.0.2.1\n\n";
    let unsubscribe =
        "List-Unsubscribe: <https://t.example/u/token>,\n <mailto:dana@studio.example>\n";
    let told = report(&complaint("abuse", more, unsubscribe)).unwrap();
    assert!(told.is_complaint);
    assert_eq!(told.message_id.as_deref(), Some("one@studio.example"));
    assert_eq!(told.reporter.as_deref(), Some("mail.reader.example"));
    let [reported] = &told.recipients[..] else {
        panic!("{told:?}")
    };
    assert_eq!(
        (reported.address.as_str(), reported.action),
        ("ann@reader.example", Action::Complained)
    );
    assert_eq!(told.unsubscribe[0], "https://t.example/u/token");

    // Nobody named: whom the mail was for stands in it, or nowhere.
    let told = report(&complaint("abuse", "\n", "To: Ann <ann@reader.example>\n")).unwrap();
    assert_eq!(told.recipients[0].address, "ann@reader.example");
    assert_eq!(told.reporter.as_deref(), Some("SomeGenerator/1.0"));
    let told = report(&complaint("fraud", "\n", "")).unwrap();
    assert!(told.is_complaint && told.recipients.is_empty());
    assert_eq!(report(&complaint("not-spam", more, "")), None);
    assert_eq!(report(&complaint("", more, "")), None);
}
