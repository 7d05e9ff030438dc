//! A consent covers what its text said, end to end: the desk changes what tracking is for, and back.

use crate::support::database::Database;
use crate::support::overt::Overt;
use crate::support::reader::Reader;
use crate::support::sink::Sink;

const ANN: &str = "ann@reader.example";

#[tokio::test(flavor = "multi_thread")]
async fn r_cons_13_other_words_need_another_agreement() {
    let sink = Sink::start().await;
    let month = [("RETENTION__HITS_DAYS", "30")];
    let mut server = Overt::with(&Database::Sqlite, sink.port, &month).await;
    server.agreed(&sink, ANN).await;
    server.send(&[ANN], "Before").await;
    let before = sink.mail(ANN, "Before").await;
    assert!(before.is_tracked());
    let reader = Reader::default();
    let pixel = reader.open(&before.pixel()).await;
    let read = |copy: &serde_json::Value| copy["tick"] == "read";
    server.copy("Before", ANN, read).await;

    let cookie = server.sign_in().await;
    let state = async |server: &Overt, words: &str| {
        let mut fields = vec![("topic", "open"), ("reason", "the desk asked")];
        fields.extend(["en", "fr", "de", "it", "es"].map(|language| (language, words)));
        let stated = server
            .submit_form("/compliance/aims", &cookie, &fields)
            .await;
        assert!(stated.status().is_redirection(), "{}", stated.status());
    };
    state(&server, "to call in time").await;

    // Nothing more is recorded, also of the mail that was sent before; links are as they were.
    assert_eq!(reader.open(&before.pixel()).await, pixel);
    assert_eq!(server.hits("Before", ANN).await, 1);
    server.send(&[ANN], "After").await;
    let after = sink.mail(ANN, "After").await;
    assert_eq!(server.sent("After", ANN).await["reason"], "outdated");
    let page = reader.page(&before.page()).await;
    assert!(
        page.contains("to call in time"),
        "the new text is shown: {page}"
    );
    assert!(page.contains("said less than the one below"), "{page}");
    assert!(
        after.body().contains("/c/"),
        "links were agreed to and stay so"
    );

    // The old words bring the old agreement back; a longer retention ends it when the server starts with it.
    state(&server, "").await;
    server.send(&[ANN], "Back").await;
    assert!(server.sent("Back", ANN).await["reason"].is_null());
    server.stop();
    server.set("RETENTION__HITS_DAYS", "60");
    server.serve(&[]).await;
    assert!(server.process().log().contains("Agreements that end: 1."));
    server.send(&[ANN], "Longer").await;
    assert_eq!(server.sent("Longer", ANN).await["reason"], "outdated");
    assert!(!sink.mail(ANN, "Longer").await.is_tracked());
}
