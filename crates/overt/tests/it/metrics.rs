//! `/metrics`, as a monitoring system reads it.

use crate::support::overt::Overt;
use crate::support::reader::Reader;
use crate::support::sink::Sink;
use crate::support::until;

const ANN: &str = "ann@reader.example";

pub(crate) async fn metrics(overt: &Overt) -> String {
    let client = reqwest::Client::new();
    let request = client
        .get(format!("{}/metrics", overt.admin))
        .bearer_auth(&overt.api_key);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

/// The value of a sample by its name and labels as they stand.
fn value(text: &str, sample: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with(sample))?;
    line[sample.len()..].trim().parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_counted_and_nobody_is_named() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    overt.agreed(&sink, ANN).await;
    overt.send(&[ANN], "Offer").await;
    let mail = sink.mail(ANN, "Offer").await;
    let pixel = mail.url("/o/").unwrap();
    Reader::default().open(&pixel).await;
    let seen = "overt_hits_judged_total{axis=\"open\",opener=\"browser\",meaning=\"human\"}";
    let text = until("the open is counted", async || {
        let text = metrics(&overt).await;
        (value(&text, seen) == Some(1.0)).then_some(text)
    })
    .await;
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert_eq!(value(&text, "overt_hits_recorded_total"), Some(1.0));
    assert_eq!(value(&text, "overt_hits_lost_total"), Some(0.0));
    let sent = value(&text, "overt_deliveries_total{outcome=\"sent\"}");
    assert!(sent >= Some(3.0), "{text}");
    assert_eq!(value(&text, "overt_outbox_mails"), Some(0.0));
    assert!(value(&text, "overt_verdict_table_age_seconds{table=\"built_in\"}").is_some());
    for family in [
        "news_held",
        "ledger_head_age_seconds",
        "verdicts_revised_total",
        "hits_waiting",
    ] {
        assert!(
            value(&text, &format!("overt_{family}")).is_some(),
            "{family}: {text}"
        );
    }
    let token = pixel.rsplit('/').next().unwrap();
    for secret in ["ann", "reader.example", "dana", "studio", "Offer", token] {
        assert!(
            !text.to_lowercase().contains(&secret.to_lowercase()),
            "{secret}: {text}"
        );
    }
}
