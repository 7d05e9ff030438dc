//! Command lines as clients send them, and as nobody should.

use proptest::prelude::*;

use super::super::envelope::{Notify, Ret};
use super::*;

fn envelope(line: &str) -> Envelope {
    match parse(line) {
        Ok(Command::Mail(envelope)) => *envelope,
        other => panic!("{line}: {other:?}"),
    }
}

/// Code and detail of the refusal.
fn refused(line: &str) -> (u16, u16, u16) {
    let reply = match parse(line) {
        Ok(Command::Rcpt(text)) => recipient(&text, false).unwrap_err(),
        Err(reply) => reply,
        other => panic!("{line}: {other:?}"),
    };
    let (_, subject, detail) = reply.enhanced.unwrap();
    (reply.code, subject, detail)
}

#[test]
fn mail_with_all_its_parameters() {
    let line =
        "mail from:<ann@example.org> SIZE=1000 body=8bitmime SMTPUTF8 RET=HDRS ENVID=a+2Bb AUTH=<>";
    let envelope = envelope(line);
    assert_eq!(envelope.from, "ann@example.org");
    assert_eq!(envelope.size, Some(1000));
    assert_eq!(envelope.body, Body::EightBit);
    assert!(envelope.smtputf8);
    assert_eq!(envelope.ret, Some(Ret::Headers));
    assert_eq!(envelope.envelope_id().unwrap(), "a+b");
}

#[test]
fn the_forms_that_clients_use() {
    assert_eq!(envelope("MAIL FROM:<>").from, "");
    assert_eq!(envelope("MAIL FROM: <a@b>  SIZE=1 ").size, Some(1));
    assert_eq!(
        envelope("MAIL FROM:<\"john doe\"@b>").from,
        "\"john doe\"@b"
    );
    assert_eq!(envelope("MAIL FROM:<jörg@b> SMTPUTF8").from, "jörg@b");
    let Ok(Command::Rcpt(text)) =
        parse("RCPT TO:<@relay:a@b> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;c@d")
    else {
        panic!("not a recipient");
    };
    let to = recipient(&text, false).unwrap();
    assert_eq!(to.address, "a@b");
    assert_eq!(to.orcpt.as_deref(), Some("rfc822;c@d"));
    let notify = Notify {
        success: true,
        failure: false,
        delay: true,
    };
    assert_eq!(to.notify, Some(notify));
}

#[test]
fn refusals_say_what_is_wrong() {
    assert_eq!(refused("FROB"), (500, 5, 2));
    assert_eq!(refused(""), (500, 5, 2));
    assert_eq!(refused("BDAT 10 LAST"), (502, 5, 1));
    assert_eq!(refused("EHLO"), (501, 5, 4));
    assert_eq!(refused("EHLO a b"), (501, 5, 4));
    assert_eq!(refused("DATA now"), (501, 5, 4));
    assert_eq!(refused("MAIL ann@b"), (501, 5, 4));
    assert_eq!(refused("MAIL FROM:ann@b"), (501, 5, 4));
    assert_eq!(refused("MAIL FROM:<ann>"), (501, 1, 7));
    assert_eq!(refused("MAIL FROM:<postmaster>"), (501, 1, 7));
    assert_eq!(refused("MAIL FROM:<a@b>SIZE=1"), (501, 5, 4));
    assert_eq!(refused("MAIL FROM:<a@b> SIZE=1 SIZE=2"), (501, 5, 4));
    assert_eq!(refused("MAIL FROM:<a@b> SIZE=-1"), (501, 5, 4));
    assert_eq!(
        refused("MAIL FROM:<a@b> SIZE=99999999999999999999"),
        (501, 5, 4)
    );
    assert_eq!(refused("MAIL FROM:<a@b> BODY=BINARYMIME"), (501, 5, 4));
    assert_eq!(refused("MAIL FROM:<a@b> REQUIRETLS"), (555, 5, 4));
    assert_eq!(refused("MAIL FROM:<a@b> RET=ALL"), (501, 5, 4));
    assert_eq!(refused("MAIL FROM:<jörg@b>"), (553, 6, 7));
    assert_eq!(refused("RCPT TO:<>"), (501, 1, 3));
    assert_eq!(refused("RCPT TO:<postmaster>"), (501, 1, 3));
    assert_eq!(refused("RCPT TO:<jörg@b>"), (553, 6, 7));
    assert_eq!(refused("RCPT TO:<a@b> NOTIFY=NEVER,DELAY"), (501, 5, 4));
    assert_eq!(refused("RCPT TO:<a@b> ORCPT=a@b"), (501, 5, 4));
    assert_eq!(refused("RCPT TO:<a@b> SIZE=1"), (555, 5, 4));
    assert_eq!(refused("AUTH"), (501, 5, 4));
    assert_eq!(refused("AUTH PLAIN a b"), (501, 5, 4));
}

#[test]
fn browsers_are_recognised() {
    assert_eq!(parse("POST / HTTP/1.1"), Ok(Command::Http));
    assert_eq!(parse("Host: localhost:587"), Ok(Command::Http));
}

proptest! {
    #[test]
    fn no_line_is_a_panic(line in "(MAIL FROM:|RCPT TO:|AUTH |EHLO )?[ -~äß<>@\";=]{0,60}") {
        if let Ok(Command::Rcpt(text)) = parse(&line) {
            let _ = recipient(&text, true);
        }
    }
}
