//! Crashes and stops at the worst moments: what was promised is kept.

use crate::support::database::Database;
use crate::support::overt::Overt;
use crate::support::process::{Process, run, said};
use crate::support::reader::Reader;
use crate::support::sink::Sink;
use crate::support::{free_port, until};
use std::collections::HashSet;

const ANN: &str = "ann@reader.example";

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_250_and_delivery_a_mail_is_delivered_once() {
    for database in Database::each() {
        let mut sink = Sink::down_at(free_port());
        let mut overt = Overt::with(&database, sink.port, &[]).await;
        overt.send(&[ANN, "ben@reader.example"], "Survivor").await;
        overt.kill9();
        sink.up().await;
        overt.serve(&[]).await;
        for address in [ANN, "ben@reader.example"] {
            sink.mail(address, "Survivor").await;
            overt.sent("Survivor", address).await;
        }
        // With nothing left to deliver, what has arrived is all that ever will.
        until("nothing waits", async || {
            let doctor = run(overt.command("doctor").arg("--json"), b"");
            said(&doctor)
                .contains("nothing waits in the outbox")
                .then_some(())
        })
        .await;
        assert_eq!(sink.mails().len(), 2);
        overt.stop();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_hit_and_fold_a_hit_counts_once() {
    for database in Database::each() {
        let sink = Sink::start().await;
        let mut overt = Overt::with(&database, sink.port, &[]).await;
        overt.agreed(&sink, ANN).await;
        overt.send(&[ANN], "Opened").await;
        let mail = sink.mail(ANN, "Opened").await;
        overt.sent("Opened", ANN).await;
        overt.stop();

        // Nobody folds.
        overt.serve(&["track", "web"]).await;
        Reader::default().open(&mail.pixel()).await;
        overt.kill9();
        overt.serve(&["web"]).await;
        assert_eq!(
            overt.copy("Opened", ANN, |_| true).await["opens"]["human"],
            0
        );
        overt.stop();

        overt.serve(&[]).await;
        let copy = overt
            .copy("Opened", ANN, |copy| copy["tick"] == "read")
            .await;
        assert_eq!(copy["opens"]["human"], 1, "{copy}");
        overt.kill9();
        overt.serve(&[]).await;
        assert_eq!(
            overt.copy("Opened", ANN, |_| true).await["opens"]["human"],
            1
        );
    }
}

/// A crash loses nothing, and doubles only what the relay was just answering: one mail a connection (RFC 1047).
#[tokio::test(flavor = "multi_thread")]
async fn killed_while_delivering_nothing_is_lost() {
    const MAILS: usize = 200;
    const CONNECTIONS: usize = 4;
    for database in Database::each() {
        let sink = Sink::start().await;
        let connections = CONNECTIONS.to_string();
        let mut overt = Overt::with(
            &database,
            sink.port,
            &[("RELAY__CONNECTIONS", &connections)],
        )
        .await;
        let addresses: Vec<_> = (0..MAILS)
            .map(|n| format!("reader{n}@reader.example"))
            .collect();
        let to: Vec<_> = addresses.iter().map(String::as_str).collect();
        overt.send(&to, "Many").await;
        until("a third is delivered", async || {
            (sink.mails().len() > MAILS / 3).then_some(())
        })
        .await;
        sink.hold();
        sink.held(CONNECTIONS).await;
        overt.kill9();
        sink.answer();
        overt.serve(&[]).await;
        until("all are delivered", async || {
            let mails = sink.mails();
            let different: HashSet<_> = mails.iter().map(|mail| &mail.to).collect();
            (different.len() == MAILS).then_some(())
        })
        .await;
        all_sent(&overt).await;
        overt.stop();
        let doubles = sink.mails().len() - MAILS;
        assert!(
            doubles <= CONNECTIONS,
            "{doubles} mails came twice over {CONNECTIONS} connections"
        );
    }
}

/// Two processes on one database share the outbox without doubling a mail.
#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_the_work() {
    const MAILS: usize = 100;
    for database in Database::each() {
        let sink = Sink::start().await;
        let mut overt = Overt::with(&database, sink.port, &[("RELAY__CONNECTIONS", "2")]).await;
        let mut worker = overt.command("serve");
        worker.args(["--role", "work"]);
        let mut second = Process::start(worker);
        assert!(second.says(" ready\n").await, "{}", second.log());
        let addresses: Vec<_> = (0..MAILS)
            .map(|n| format!("reader{n}@reader.example"))
            .collect();
        let to: Vec<_> = addresses.iter().map(String::as_str).collect();
        sink.hold();
        overt.send(&to, "Shared").await;
        sink.held(4).await; // all connections of both
        sink.answer();
        all_sent(&overt).await;
        assert_eq!(sink.mails().len(), MAILS);
        let different: HashSet<_> = sink.mails().into_iter().map(|mail| mail.to).collect();
        assert_eq!(different.len(), MAILS);
        assert_eq!(second.stop(), 0);
        overt.stop();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_finishes_what_is_in_hand_and_gives_back_the_rest() {
    let sink = Sink::start().await;
    let mut overt = Overt::with(&Database::Sqlite, sink.port, &[]).await;
    let addresses: Vec<_> = (0..60)
        .map(|n| format!("reader{n}@reader.example"))
        .collect();
    let to: Vec<_> = addresses.iter().map(String::as_str).collect();
    overt.send(&to, "Many").await;
    until("some are delivered", async || {
        (sink.mails().len() > 5).then_some(())
    })
    .await;
    overt.stop();
    overt.serve(&[]).await;
    until("all are delivered", async || {
        (sink.mails().len() >= 60).then_some(())
    })
    .await;
    all_sent(&overt).await;
    assert_eq!(sink.mails().len(), 60, "a stop doubled mails");
}

/// Waits until every copy of the newest mail has been taken by the relay.
async fn all_sent(overt: &Overt) {
    until("every copy is sent", async || {
        let list = overt.api("messages").await;
        let copies = list["items"][0]["copies"].as_array().unwrap();
        copies
            .iter()
            .all(|copy| copy["state"] == "sent")
            .then_some(())
    })
    .await;
}
