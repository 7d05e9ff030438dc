//! What a mail's tracking is decided on is damaged, gone or does not answer: the mail is taken and leaves all the same,
//! untracked, and whoever can be read loses nothing by the others.

use crate::advertising::{enter_agreed, give_postal_address};
use crate::support::database::{Database, Server};
use crate::support::overt::Overt;
use crate::support::sink::Sink;
use std::time::Duration;
use wire::smtp::Reply;

const ANN: &str = "ann@reader.example";
const BOB: &str = "bob@reader.example";
const NEWS: &str = "X-Overt-Class: marketing\r\n";

/// What goes wrong, and how it is mended.
struct Fault {
    damage: &'static str,
    mend: &'static str,
    /// It concerns Ann alone.
    only_ann: bool,
}

const FAULTS: [Fault; 6] = [
    Fault {
        damage: "update contact set open_state = 'perhaps' where address like 'ann@%'",
        mend: "update contact set open_state = 'given' where open_state = 'perhaps'",
        only_ann: true,
    },
    Fault {
        damage: "update workspace set ceiling_open = 'all of it'",
        mend: "update workspace set ceiling_open = 'individual'",
        only_ann: false,
    },
    Fault {
        damage: "update instance set ceiling_click = 'some'",
        mend: "update instance set ceiling_click = 'detailed'",
        only_ann: false,
    },
    Fault {
        damage: "update \"user\" set ceiling_open = 'much'",
        mend: "update \"user\" set ceiling_open = 'detailed'",
        only_ann: false,
    },
    Fault {
        damage: "update instance set id = 2",
        mend: "update instance set id = 1",
        only_ann: false,
    },
    Fault {
        damage: "alter table instance rename to instance_away",
        mend: "alter table instance_away rename to instance",
        only_ann: false,
    },
];

/// Goes past the program into its database.
fn run(overt: &Overt, sql: &str) {
    let database = rusqlite::Connection::open(overt.data().join("overt.db")).unwrap();
    database.busy_timeout(Duration::from_secs(30)).unwrap();
    let sql = format!("pragma foreign_keys = off; {sql}");
    database.execute_batch(&sql).unwrap();
}

async fn submit(overt: &Overt, to: &[&str], subject: &str, headers: &str) -> Reply {
    let mail = crate::support::mail::html_mail(to, subject, headers);
    overt.submit(to, mail.as_bytes()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r_mode_05_a_mail_is_taken_when_its_rules_cannot_be_read() {
    let mut sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    overt.agreed(&sink, ANN).await;
    overt.agreed(&sink, BOB).await;
    for (n, fault) in FAULTS.iter().enumerate() {
        // Damaged as it is accepted, whole again before it leaves: what was decided then stands.
        sink.down().await;
        run(&overt, fault.damage);
        let subject = format!("Taken-{n}");
        let answer = submit(&overt, &[ANN, BOB], &subject, "").await;
        assert!(answer.is_positive(), "{}: {answer}", fault.damage);
        run(&overt, fault.mend);
        sink.up().await;
        let mail = sink.mail(ANN, &subject).await;
        assert!(!mail.is_tracked(), "{}", fault.damage);
        assert!(mail.body().contains("have a look"));
        let copy = overt.sent(&subject, ANN).await;
        assert_eq!(copy["reason"], "policy_unavailable", "{}", fault.damage);
        let mail = sink.mail(BOB, &subject).await;
        assert_eq!(mail.is_tracked(), fault.only_ann, "{}", fault.damage);
    }
    // Who is gone is a stranger again.
    run(&overt, "delete from contact where address like 'ann@%'");
    overt.send(&[ANN], "Stranger").await;
    assert!(!sink.mail(ANN, "Stranger").await.is_tracked());
    assert_eq!(overt.sent("Stranger", ANN).await["reason"], "never_asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn r_mode_05_a_mail_leaves_when_its_rules_cannot_be_read() {
    let mut sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    overt.agreed(&sink, ANN).await;
    overt.agreed(&sink, BOB).await;
    let gone = Fault {
        damage: "create table away as select * from contact where address like 'ann@%';
                 delete from contact where address like 'ann@%'",
        mend: "insert into contact select * from away; drop table away",
        only_ann: true,
    };
    for (n, fault) in FAULTS.iter().chain([&gone]).enumerate() {
        // Accepted while all is well; damaged before it leaves.
        sink.down().await;
        let subject = format!("Leaves-{n}");
        overt.send(&[ANN, BOB], &subject).await;
        for to in [ANN, BOB] {
            overt
                .copy(&subject, to, |copy| copy["state"] == "deferred")
                .await;
        }
        run(&overt, fault.damage);
        sink.up().await;
        let mail = sink.mail(ANN, &subject).await;
        assert!(!mail.is_tracked(), "{}", fault.damage);
        assert!(mail.body().contains("have a look"));
        let mail = sink.mail(BOB, &subject).await;
        assert_eq!(mail.is_tracked(), fault.only_ann, "{}", fault.damage);
        run(&overt, fault.mend);
        let copy = overt.sent(&subject, ANN).await;
        assert_eq!(copy["reason"], "policy_unavailable", "{}", fault.damage);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_mode_05_advertising_waits_for_rules_that_cannot_be_read() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    give_postal_address(&overt).await;
    enter_agreed(&overt, ANN, "be").await;
    enter_agreed(&overt, BOB, "be").await;
    // Nobody can tell whether anybody wants it: the client keeps it.
    run(&overt, "update workspace set ceiling_open = 'all of it'");
    let answer = submit(&overt, &[ANN, BOB], "Later", NEWS).await;
    assert_eq!(answer.code, 451, "{answer}");
    run(&overt, "update workspace set ceiling_open = 'individual'");
    // Of Ann alone: she gets none, and the others theirs.
    run(&overt, FAULTS[0].damage);
    let answer = submit(&overt, &[ANN, BOB], "Offer", NEWS).await;
    assert!(answer.is_positive(), "{answer}");
    sink.mail(BOB, "Offer").await;
    run(
        &overt,
        "update contact set open_state = 'unknown' where open_state = 'perhaps'",
    );
    let copy = overt
        .copy("Offer", ANN, |copy| copy["state"] == "bounced")
        .await;
    assert_eq!(copy["refusal"], "permission_unavailable", "{copy}");
    assert_eq!(sink.mails_to(ANN).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_mode_05_a_mail_is_taken_when_the_rules_do_not_answer() {
    let server = Server::start().await;
    let sink = Sink::start().await;
    let overt = Overt::with(&Database::Postgres(server.url()), sink.port, &[]).await;
    overt.agreed(&sink, ANN).await;
    // Somebody holds the table with the operator's settings and does not let go.
    let mut holder = server.connect_to_instance().await;
    let held = holder.transaction().await.unwrap();
    held.batch_execute("lock table instance in access exclusive mode")
        .await
        .unwrap();
    overt.send(&[ANN], "Slow").await;
    held.rollback().await.unwrap();
    assert!(!sink.mail(ANN, "Slow").await.is_tracked());
    assert_eq!(
        overt.sent("Slow", ANN).await["reason"],
        "policy_unavailable"
    );
}
