//! What is sent to which relay, before anything is sent.

use super::*;

fn all() -> Extensions {
    Extensions {
        pipelining: true,
        size: Some(1000),
        eight_bit: true,
        smtputf8: true,
        dsn: true,
        starttls: false,
        auth: Vec::new(),
    }
}

fn envelope(from: &str, to: &str) -> Envelope {
    Envelope {
        from: from.into(),
        recipients: vec![Recipient::new(to)],
        ..Envelope::default()
    }
}

fn commands(envelope: &Envelope, data: &[u8], relay: &Extensions) -> Result<Vec<String>, Reply> {
    Plan::new(envelope, data, relay).map(|plan| plan.commands)
}

#[test]
fn parameters_go_where_they_are_offered() {
    let mut mail = envelope("a@b", "c@d");
    mail.ret = Some(super::super::Ret::Headers);
    mail.envid = Some("id+2B".into());
    mail.recipients[0].notify = Some(super::super::Notify::NEVER);
    mail.recipients[0].orcpt = Some("rfc822;c@d".into());
    assert_eq!(
        commands(&mail, "\r\nä".as_bytes(), &all()).unwrap(),
        [
            "MAIL FROM:<a@b> SIZE=4 BODY=8BITMIME RET=HDRS ENVID=id+2B\r\n",
            "RCPT TO:<c@d> NOTIFY=NEVER ORCPT=rfc822;c@d\r\n",
        ]
    );
    assert_eq!(
        commands(&mail, b"x", &Extensions::default()).unwrap(),
        ["MAIL FROM:<a@b>\r\n", "RCPT TO:<c@d>\r\n"]
    );
    assert_eq!(
        commands(&envelope("", "j\u{f6}rg@d"), b"x", &all()).unwrap()[0],
        "MAIL FROM:<> SIZE=1 SMTPUTF8\r\n"
    );
}

#[test]
fn what_the_relay_lacks_is_named() {
    let old = Extensions::default();
    let reply = |mail: &Envelope, data: &[u8], relay: &Extensions| {
        commands(mail, data, relay).unwrap_err().to_string()
    };
    let mail = envelope("a@b", "c@d");
    assert!(reply(&mail, "ä".as_bytes(), &old).contains("8BITMIME"));
    assert!(reply(&envelope("a@b", "ö@d"), b"x", &old).contains("SMTPUTF8"));
    assert!(reply(&mail, &[b'x'; 1001], &all()).starts_with("552 5.3.4"));
    let mut declared = mail.clone();
    declared.smtputf8 = true;
    assert!(commands(&declared, b"A: b\r\n\r\nx", &old).is_ok());
    let eight_bit = Extensions {
        eight_bit: true,
        ..Extensions::default()
    };
    assert!(commands(&declared, "A: b\r\n\r\nä".as_bytes(), &eight_bit).is_ok());
    assert!(reply(&declared, "A: ä\r\n\r\nx".as_bytes(), &eight_bit).contains("SMTPUTF8"));
}

#[test]
fn no_envelope_can_carry_a_command() {
    for (from, to) in [
        ("a@b>\r\nRCPT TO:<x@y", "c@d"),
        ("a@b", "c@d>\r\nDATA"),
        ("a@b", ""),
        ("a@b", "c@d> NOTIFY=NEVER"),
    ] {
        assert_eq!(
            commands(&envelope(from, to), b"x", &all())
                .unwrap_err()
                .code,
            501
        );
    }
    let mut mail = envelope("a@b", "c@d");
    mail.envid = Some("x\r\nDATA".into());
    mail.recipients[0].orcpt = Some("rfc822;x\r\nDATA".into());
    assert_eq!(
        commands(&mail, b"x", &all()).unwrap(),
        ["MAIL FROM:<a@b> SIZE=1\r\n", "RCPT TO:<c@d>\r\n"]
    );
}
