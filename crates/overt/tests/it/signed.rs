//! DKIM as the recipient's server meets it: whose key signs, what is covered, and what becomes of a signature that the
//! mail came with.

use crate::advertising::{enter, give_postal_address};
use crate::support::database::Database;
use crate::support::mail::{Mail, html_mail};
use crate::support::overt::{OWNER, Overt};
use crate::support::signing::{give_keys, verified};
use crate::support::sink::Sink;
use wire::dkim::Algorithm;
use wire::smtp::{Envelope, Recipient};

const ANN: &str = "ann@reader.example";
const SECOND: &str = "dana@second.example";
const BOTH_OF_STUDIO: [&str; 2] = [
    "rsa-sha256 studio.example rsa",
    "ed25519-sha256 studio.example ed",
];

async fn instance(sink: &Sink) -> Overt {
    let mut overt = Overt::set_up(&Database::Sqlite, sink.port, &[]).await;
    let keys = [
        ("studio.example", "rsa", Algorithm::Rsa),
        ("studio.example", "ed", Algorithm::Ed25519),
        ("second.example", "other", Algorithm::Ed25519),
    ];
    give_keys(&overt, &keys);
    overt.serve(&[]).await;
    overt.sign_up().await;
    overt
}

/// The fields that each signature covers, in lower case.
fn covered(mail: &Mail) -> Vec<Vec<String>> {
    let fields = mail.source().replace("\r\n ", "").replace("\r\n\t", "");
    let signatures = fields
        .lines()
        .filter_map(|line| line.strip_prefix("DKIM-Signature:"));
    let names = signatures.map(|signature| {
        let mut tags = signature.split(';').map(str::trim);
        let names = tags.find_map(|tag| tag.strip_prefix("h=")).unwrap();
        let names = names.split(':');
        names.map(|name| name.trim().to_ascii_lowercase()).collect()
    });
    names.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_that_of_the_domain_in_from_not_of_the_envelope() {
    let sink = Sink::start().await;
    let overt = instance(&sink).await;
    let cookie = overt.sign_in().await;
    let identity = [("address", SECOND), ("name", "Dana")];
    let answer = overt
        .submit_form("/settings/identities", &cookie, &identity)
        .await;
    assert_eq!(answer.status(), 303);
    overt.agreed(&sink, ANN).await;

    let send = async |from: &str, author: &str, subject: &str| {
        // What it was signed with on its way to us would not verify any more.
        let stale =
            "DKIM-Signature: v=1; a=rsa-sha256; d=studio.example; s=old; h=from; bh=x; b=y\r\n";
        let mail = stale.to_owned() + &html_mail(&[ANN], subject, "").replace(OWNER, author);
        let envelope = Envelope {
            from: from.into(),
            recipients: vec![Recipient::new(ANN)],
            ..Envelope::default()
        };
        let answer = overt.submit_envelope(envelope, mail.as_bytes()).await;
        assert!(answer.is_positive(), "{answer}");
        sink.mail(ANN, subject).await
    };
    let mail = send(SECOND, OWNER, "From the studio").await;
    assert_eq!(mail.envelope.from, SECOND);
    assert!(mail.is_tracked(), "{}", mail.source());
    assert_eq!(verified(&overt, &mail), BOTH_OF_STUDIO);
    for names in covered(&mail) {
        assert!(names.contains(&"from".into()) && names.contains(&"overt-tracking".into()));
    }
    let mail = send(OWNER, SECOND, "From the second").await;
    assert_eq!(mail.envelope.from, OWNER);
    assert!(mail.is_tracked());
    let expected = ["ed25519-sha256 second.example other"];
    assert_eq!(verified(&overt, &mail), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_msg_01_both_algorithms_cover_the_way_out_of_a_mailing() {
    let sink = Sink::start().await;
    let overt = instance(&sink).await;
    give_postal_address(&overt).await;
    enter(&overt, ANN, "customer", "DE").await;
    overt
        .send_with(&[ANN], "News", "X-Overt-Class: marketing\r\n")
        .await;
    let mail = sink.mail(ANN, "News").await;
    assert!(mail.header("List-Unsubscribe").is_some());
    assert_eq!(verified(&overt, &mail), BOTH_OF_STUDIO);
    let covered = covered(&mail);
    assert_eq!(covered.len(), 2);
    for names in covered {
        for way_out in ["list-unsubscribe", "list-unsubscribe-post"] {
            assert!(names.contains(&way_out.into()), "{names:?}");
        }
    }
}
