//! The database stops answering: readers notice nothing, and no hit is lost.

use crate::support::database::{Database, Server};
use crate::support::mail::SITE;
use crate::support::overt::Overt;
use crate::support::reader::Reader;
use crate::support::sink::Sink;
use crate::support::until;
use std::time::{Duration, Instant};

const ANN: &str = "ann@reader.example";
/// What a reader bears. The pixel may wait for its hit for two seconds while nobody knows yet that the store is down.
const BEARABLE: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread")]
async fn the_reader_does_not_pay_and_no_hit_is_lost() {
    let server = Server::start().await;
    let sink = Sink::start().await;
    let mut overt = Overt::with(&Database::Postgres(server.url()), sink.port, &[]).await;
    overt.agreed(&sink, ANN).await;
    overt.send(&[ANN], "Stored later").await;
    let mail = sink.mail(ANN, "Stored later").await;
    overt.sent("Stored later", ANN).await;

    let mut signed_in = overt.dialogue().await;
    server.freeze();
    let reader = Reader::default();
    let start = Instant::now();
    assert_eq!(reader.click(&mail.link()).await.as_deref(), Some(SITE));
    reader.open(&mail.pixel()).await;
    assert!(
        start.elapsed() < BEARABLE,
        "readers waited {:?}",
        start.elapsed()
    );
    // Mail is refused for now, not lost: the client keeps it.
    let mut dialogue = crate::support::dialogue::Dialogue::open(overt.smtp).await;
    dialogue.say("EHLO client.example").await;
    let answer = dialogue
        .auth_plain(crate::support::overt::OWNER, &overt.app_password)
        .await;
    assert!(answer.starts_with("454 4.7.0"), "{answer}");
    // Nothing could be kept of it, so a mail of somebody who is signed in is not taken either.
    let answer = signed_in
        .say(&format!("MAIL FROM:<{}>", crate::support::overt::OWNER))
        .await;
    assert!(answer.starts_with("451 4.3.0"), "{answer}");
    // The pages say that they cannot, and do not hang.
    let page = reader.request(reqwest::Method::GET, &mail.page()).await;
    assert_eq!(page.status(), 503);
    let health = reader
        .request(reqwest::Method::GET, &format!("{}/healthz", overt.tracker))
        .await;
    assert!(health.status().is_success());

    server.thaw();
    overt
        .copy("Stored later", ANN, |copy| {
            copy["opens"]["human"] == 1 && copy["clicks"]["human"] == 1
        })
        .await;
    assert_eq!(overt.hits("Stored later", ANN).await, 2);
    until("mail is taken again", async || {
        let mut dialogue = crate::support::dialogue::Dialogue::open(overt.smtp).await;
        dialogue.say("EHLO client.example").await;
        let answer = dialogue
            .auth_plain(crate::support::overt::OWNER, &overt.app_password)
            .await;
        answer.starts_with("235").then_some(())
    })
    .await;
    overt.send(&[ANN], "After").await;
    sink.mail(ANN, "After").await;
    overt.stop();
}
