//! Reports that come back by mail, handed in by a pipe and by a program.

use crate::support::overt::{OWNER, Overt};
use crate::support::process::{run, said};
use crate::support::sink::Sink;
use serde_json::Value;

const ANN: &str = "ann@reader.example";

/// A multipart/report about a mail.
fn report(kind: &str, fields: &str, message_id: &str) -> String {
    format!(
        "From: <>\r\nTo: {OWNER}\r\nSubject: report\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type={kind}; boundary=b\r\n\r\n--b\r\n\r\nProse.\r\n\
         --b\r\nContent-Type: message/{kind}\r\n\r\n{fields}\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n--b--\r\n"
    )
}

async fn detail(overt: &Overt, subject: &str) -> (Value, Value) {
    let list = overt.api("messages?limit=100").await;
    let mut mails = list["items"].as_array().unwrap().iter();
    let mail = mails
        .find(|mail| mail["subject"] == subject)
        .unwrap()
        .clone();
    let ids = [&mail["id"], &mail["copies"][0]["id"]].map(|id| id.as_str().unwrap());
    let copy = overt
        .api(&format!("messages/{}/copies/{}", ids[0], ids[1]))
        .await;
    (mail, copy)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_servers_and_programs_write_back_stands_beside_the_copy() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    overt.send(&[ANN], "Offer").await;
    overt.sent("Offer", ANN).await;
    let (mail, copy) = detail(&overt, "Offer").await;
    let message_id = mail["message_id"].as_str().unwrap();

    let envelope = copy["id"].as_str().unwrap();
    let fields = format!(
        "Reporting-MTA: dns; mx.reader.example\r\nOriginal-Envelope-Id: {envelope}\r\n\r\n\
         Final-Recipient: rfc822; {ANN}\r\nAction: delivered\r\nStatus: 2.0.0\r\n"
    );
    let delivered = report("delivery-status", &fields, message_id);
    let pipe = |bytes: &str| run(&mut overt.command("report"), bytes.as_bytes());
    let output = pipe(&delivered);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));

    let fields = format!(
        "Reporting-UA: Thunderbird\r\nFinal-Recipient: rfc822;{ANN}\r\nOriginal-Message-ID: {message_id}\r\n\
         Disposition: manual-action/MDN-sent-manually; displayed\r\n"
    );
    let read = report("disposition-notification", &fields, message_id);
    let post = |body: String| {
        let request = reqwest::Client::new().post(format!("{}/api/v1/reports", overt.admin));
        request
            .bearer_auth(&overt.api_key)
            .header("content-type", "message/rfc822")
            .body(body)
            .send()
    };
    let answer = post(read).await.unwrap();
    assert_eq!(answer.status(), 200);
    let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(answer["copies"], 1);

    let (mail, copy) = detail(&overt, "Offer").await;
    let mut told: Vec<_> = copy["reports"].as_array().unwrap().iter().collect();
    told.sort_by_key(|report| report["action"].to_string());
    assert_eq!(
        (&told[0]["action"], &told[0]["envelope_known"]),
        (&"delivered".into(), &true.into())
    );
    assert_eq!(
        (&told[1]["action"], &told[1]["envelope_known"]),
        (&"displayed".into(), &false.into())
    );
    assert_eq!(
        mail["copies"][0]["tick"], "untracked",
        "a claim is no opening"
    );

    let nobody = pipe(&report(
        "delivery-status",
        "Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; x@y.example\r\nAction: failed\r\n",
        "<no@such.example>",
    ));
    assert_eq!(nobody.status.code(), Some(1));
    assert!(
        said(&nobody).contains("no mail of this instance"),
        "{}",
        said(&nobody)
    );
    let prose = pipe("Subject: Delivered!\r\n\r\nReally.\r\n");
    assert!(said(&prose).contains("not a report"), "{}", said(&prose));
    assert_eq!(
        post("Subject: x\r\n\r\n".into()).await.unwrap().status(),
        422
    );
}
