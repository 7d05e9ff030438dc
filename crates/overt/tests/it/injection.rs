//! Subjects and names with line breaks and markup in them: nothing gets out of the place it was put into.

use crate::support::overt::{OWNER, Overt};
use crate::support::reader::Reader;
use crate::support::sink::Sink;

const ANN: &str = "ann@reader.example";

#[tokio::test(flavor = "multi_thread")]
async fn r_sec_10_nothing_gets_out_of_its_header_field() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    overt.agreed(&sink, ANN).await;
    let cookie = overt.sign_in().await;
    let evil = "evil@elsewhere.example";

    // Through the form: subject, recipient's name, sender's name.
    let subject = format!("Hello\r\nBcc: {evil}\r\nX-Injected: yes");
    let to = format!("\"Ann\r\nX-Injected: yes\" <{ANN}>");
    let fields = [
        ("from", OWNER),
        ("to", &to),
        ("subject", &subject),
        ("body", "text https://example.com/"),
        ("track", "all"),
    ];
    let answer = overt.submit_form("/write", &cookie, &fields).await;
    if answer.status().is_redirection() {
        sink.mail(ANN, "Hello").await;
    } else {
        assert_eq!(answer.status(), 422);
    }
    let fields = [
        ("from", OWNER),
        ("to", ANN),
        ("subject", subject.as_str()),
        ("body", "text"),
        ("track", "all"),
    ];
    assert!(
        overt
            .submit_form("/write", &cookie, &fields)
            .await
            .status()
            .is_redirection()
    );
    sink.mail(ANN, "Hello Bcc:").await;
    let identity = [
        ("address", "two@studio.example"),
        ("name", "Dana\r\nBcc: evil@elsewhere.example"),
    ];
    assert_eq!(
        overt
            .submit_form("/settings/identities", &cookie, &identity)
            .await
            .status(),
        422
    );
    for address in [
        "a@b\r\nBcc: x@y.example",
        "<script>@studio.example",
        "a b@studio.example",
        "@",
        "",
    ] {
        let identity = [("address", address), ("name", "Dana")];
        assert_eq!(
            overt
                .submit_form("/settings/identities", &cookie, &identity)
                .await
                .status(),
            422,
            "{address:?}"
        );
    }

    // Through a mail: names and subjects that hold line breaks once they are decoded, and markup.
    let name = "=?utf-8?Q?Dana=0D=0AX-Injected=3A_yes_<script>alert(1)</script>?=";
    let mail = format!(
        "From: {name} <{OWNER}>\r\nTo: {name} <{ANN}>\r\n\
         Subject: Decoded =?utf-8?Q?=0D=0ABcc=3A_{evil}=0D=0AX-Injected=3A_yes?=\r\nMessage-ID: <a>X-Injected: yes <b@c>\r\n\
         Content-Type: text/html\r\n\r\n<p><a href=\"https://example.com/\">x</a></p>\r\n"
    );
    sink.refuse(
        "bounce@reader.example",
        9,
        wire::smtp::Reply::new(550, (5, 1, 1), "no\r\nX-Injected: yes"),
    );
    let answer = overt
        .submit(&[ANN, "bounce@reader.example"], mail.as_bytes())
        .await;
    assert!(answer.is_positive(), "{answer}");
    let tracked = sink.mail(ANN, "Decoded").await;
    assert!(tracked.is_tracked());
    let source = tracked.source();
    let (_, body) = source.split_once("\r\n\r\n").unwrap();
    assert!(!body.contains("<script>alert"), "{body}");
    let report = sink.mail(OWNER, "Not delivered").await;
    assert!(
        !Reader::default()
            .page(&tracked.page())
            .await
            .contains("<script>alert")
    );
    for mail in sink.mails() {
        let source = mail.source();
        let header = source.split("\r\n\r\n").next().unwrap();
        assert!(
            !header.contains("\r\nX-Injected") && !header.contains("\r\nBcc"),
            "{header}"
        );
        assert_ne!(mail.to, evil);
    }
    let status = report.delivery_status();
    assert!(!status.contains("\nX-Injected"), "{status}");

    // Envelope parameters.
    let mut dialogue = overt.dialogue().await;
    for command in [
        "MAIL FROM:<dana@studio.example> ENVID=a+0D+0AX",
        "MAIL FROM:<dana@studio.example>\rRCPT TO:<x@y>",
    ] {
        let answer = dialogue.say(command).await;
        if answer.starts_with('2') {
            dialogue.say("RSET").await; // encoded, it may stand; it is decoded where it does no harm
        }
    }
    assert!(dialogue.say("NOOP").await.starts_with("250"));
}
