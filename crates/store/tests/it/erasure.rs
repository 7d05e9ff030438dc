//! Erasing a contact: nothing of them is left anywhere, and what must stay whole stays whole.

use crate::house::{DETAILED, House, NOW, hit, id};
use crate::known::{Known, SENTINEL, known};
use crate::on_both;
use model::ledger::{Entry, Head, verify};
use model::{Axis, ErasedBy, ErasureReceipt, Meaning, WorkspaceId};
use store::inventory::TABLES;
use store::{Config, Errand, Opening};

on_both!(
    r_dsr_04_nothing_of_an_erased_contact_is_left,
    r_dsr_04_mail_to_them_is_cancelled_and_its_sender_told,
    r_dsr_04_tokens_of_an_erased_contact_are_dead,
    r_dsr_04_others_keep_everything,
    r_aud_03_the_chain_verifies_after_an_erasure,
    erasing_twice_or_from_elsewhere_does_nothing,
);

async fn erase(house: &House, known: &Known) -> ErasureReceipt {
    let (store, by) = (&house.store, house.by());
    let erased = store.contact_erase(house.workspace, known.contact, ErasedBy::User, None, by, id);
    erased.await.unwrap().unwrap()
}

/// Every value of every column, as text: what a dump of the database would show.
async fn everything(house: &House) -> String {
    let mut all = String::new();
    for table in TABLES {
        for column in table.columns {
            // As text, whatever it is; bytes of PostgreSQL escaped, so that letters in them stay letters.
            let sql = match &house.config {
                Config::Sqlite(_) => format!(
                    "select cast(coalesce(\"{}\", '') as text) from \"{}\"",
                    column.name, table.name
                ),
                Config::Postgres(_) => format!(
                    "select coalesce(\"{}\"::text, '') from \"{}\"",
                    column.name, table.name
                ),
            };
            all += &house.texts(&sql).await.join("\n");
        }
    }
    all.to_lowercase()
}

async fn r_dsr_04_nothing_of_an_erased_contact_is_left(house: House) {
    let known = known(&house).await;
    assert!(everything(&house).await.contains(SENTINEL));
    let (counts, waiting) = house
        .store
        .contact_erase_preview(known.contact)
        .await
        .unwrap();
    assert_eq!((counts["copy"], counts["hit"], waiting), (2, 2, 1));
    let receipt = erase(&house, &known).await;
    assert_eq!(receipt.erased["copy"], 2);
    assert_eq!((receipt.cancelled, receipt.by), (1, ErasedBy::User));
    assert!(!serde_json::to_string(&receipt).unwrap().contains(SENTINEL));

    let left = everything(&house).await;
    assert!(!left.contains(SENTINEL));
    // The sender's own letter stays.
    let message = house
        .store
        .message(house.workspace, known.message)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(message.subject, "For … <…>");
    let links = house.store.links(known.message).await.unwrap();
    assert_eq!(links[0].destination, "https://example.org/?to=…");
    // Not in the files either, the write-ahead log included.
    if let Config::Sqlite(path) = &house.config {
        for name in ["overt.db", "overt.db-wal", "overt.db-shm"] {
            let bytes = std::fs::read(path.with_file_name(name)).unwrap_or_default();
            let found = bytes
                .windows(SENTINEL.len())
                .any(|w| w == SENTINEL.as_bytes());
            assert!(!found, "{name}");
        }
    }
    let requests = house.store.requests(house.workspace, 9).await.unwrap();
    assert_eq!(requests.len(), 1, "that something was asked stays");
    assert_eq!((requests[0].contact, requests[0].note.as_str()), (None, ""));
}

async fn r_dsr_04_mail_to_them_is_cancelled_and_its_sender_told(house: House) {
    let known = known(&house).await;
    erase(&house, &known).await;
    let parcels = house.claim(NOW).await;
    let errands: Vec<_> = parcels
        .iter()
        .map(|p| (&p.errand, p.recipient.as_str()))
        .collect();
    let notice = Errand::Cancelled {
        message: known.waiting_message,
    };
    assert_eq!(errands, [(&notice, "ann@sample.example")]);
    let source = house
        .store
        .message_source(known.waiting_message)
        .await
        .unwrap();
    assert_eq!(source, None, "the notice needs no source");
}

async fn r_dsr_04_tokens_of_an_erased_contact_are_dead(house: House) {
    let known = known(&house).await;
    erase(&house, &known).await;
    for copy in [known.read, known.waiting] {
        let recorded = house
            .store
            .hits_record(vec![hit(copy, Axis::Open, Meaning::Human, NOW)], NOW);
        assert_eq!(recorded.await.unwrap().stored, 0);
        assert!(house.store.person(copy.0).await.unwrap().is_none());
        assert!(!house.store.copy_receipt(copy, NOW).await.unwrap());
    }
    // Written to again, they are somebody new.
    let again = house.contact(&format!("{SENTINEL}@example.org")).await;
    assert_ne!(again.id, known.contact);
    assert_eq!(again.consent, model::Consent::default());
}

async fn r_dsr_04_others_keep_everything(house: House) {
    let other = house.agreed("other@example.net").await;
    let copy = house.copy_for(&other, DETAILED).await;
    let open = hit(copy, Axis::Open, Meaning::Human, NOW);
    house.record(vec![open], NOW).await;
    let known = known(&house).await;
    house.fold_all().await;
    let before = house.export(other.id).await;
    erase(&house, &known).await;
    let after = house.export(other.id).await;
    assert_eq!(before, after);
}

async fn r_aud_03_the_chain_verifies_after_an_erasure(house: House) {
    let known = known(&house).await;
    let receipt = erase(&house, &known).await;
    let rows = house.ledger().await;
    let of_consent = |kind: &str| kind.starts_with("consent.") || kind == "contact.consent_set";
    for row in &rows {
        let wanted = if of_consent(row.entry.kind.as_str()) {
            Opening::Sealed
        } else {
            Opening::Opens
        };
        assert_eq!(row.opening, wanted, "{}", row.entry.kind.as_str());
    }
    let entries: Vec<Entry> = rows.into_iter().map(|row| row.entry).collect();
    let last = entries.last().unwrap();
    assert_eq!(last.kind.as_str(), "contact.erased");
    assert_eq!(
        (last.seq, last.hash),
        (receipt.ledger.seq, receipt.ledger.hash)
    );
    let begin = Head::beginning(house.workspace.bytes());
    assert!(verify(begin, &entries, &[]).is_ok());
    // An event that was merely deleted is told from one that was erased.
    let bob = house.agreed("bob@example.org").await;
    house.run("delete from consent_event").await;
    let rows = house.ledger().await;
    let missing = rows
        .iter()
        .filter(|r| r.opening == Opening::EventMissing)
        .count();
    assert_eq!(missing, model::Topic::ALL.len(), "those of {:?}", bob.id);
}

async fn erasing_twice_or_from_elsewhere_does_nothing(house: House) {
    let known = known(&house).await;
    let erase_from = async |workspace| {
        let by = house.by();
        let erased =
            house
                .store
                .contact_erase(workspace, known.contact, ErasedBy::User, None, by, id);
        erased.await.unwrap()
    };
    assert!(erase_from(WorkspaceId(id())).await.is_none());
    assert!(erase_from(house.workspace).await.is_some());
    assert!(erase_from(house.workspace).await.is_none());
}
