//! The ledger: what is done to its rows past the program is found, with its place; erasing is not tampering.

use crate::house::{House, MINUTE, NOW};
use crate::on_both;
use model::ledger::{Damage, Entry, Head, Tampering, verify};
use model::{ConsentState, SigningKey, Topic};
use store::{Contact, Opening};

on_both!(
    r_aud_04_the_program_cannot_rewrite_what_is_only_added_to,
    r_aud_04_what_a_log_server_gets_follows_the_chain,
    r_aud_02_every_change_of_consent_is_an_entry,
    r_aud_02_an_edit_is_found,
    r_aud_02_a_deletion_is_found,
    r_aud_02_a_swap_is_found,
    r_aud_02_a_cut_is_found_by_the_signed_head,
    r_aud_02_an_event_changed_behind_its_entry_is_found,
    r_aud_03_an_erased_contact_leaves_the_chain_whole,
    heads_are_due_once_a_day_and_only_where_something_was_added,
    many_at_once_make_one_chain,
);

/// Verifies as somebody does who kept these heads.
async fn checked(house: &House, heads: &[Head]) -> Result<Head, Tampering> {
    let entries: Vec<Entry> = house
        .ledger()
        .await
        .into_iter()
        .map(|row| row.entry)
        .collect();
    verify(Head::beginning(house.workspace.bytes()), &entries, heads)
}

/// The house was made by acts, which have entries of their own; these tests count from an empty chain.
async fn empty(house: &House) {
    house.run("delete from act; delete from ledger_entry").await;
}

/// Two contacts with six entries between them, and the head after these.
async fn filled(house: &House) -> (Contact, Contact, Head) {
    empty(house).await;
    let (bob, eve) = (
        house.contact("bob@example.org").await,
        house.contact("eve@example.org").await,
    );
    house.gives(&bob, &[Topic::Open, Topic::Click], NOW).await;
    house
        .gives(&eve, &[Topic::Open, Topic::Click], NOW + MINUTE)
        .await;
    house
        .withdraws(&bob, &[Topic::Open, Topic::Click], NOW + MINUTE * 2)
        .await;
    let head = checked(house, &[]).await.unwrap();
    assert_eq!(head.seq, 6);
    (bob, eve, head)
}

async fn r_aud_02_every_change_of_consent_is_an_entry(house: House) {
    let (_, _, head) = filled(&house).await;
    let rows = house.ledger().await;
    let kinds: Vec<_> = rows.iter().map(|r| r.entry.kind.as_str()).collect();
    assert_eq!(
        kinds[..5],
        ["consent.given"; 5][..4]
            .iter()
            .copied()
            .chain(["consent.withdrawn"])
            .collect::<Vec<_>>()
    );
    assert!(rows.iter().all(|r| r.opening == Opening::Opens), "{rows:?}");
    assert_eq!(checked(&house, &[head]).await, Ok(head));
    assert_eq!(house.store.ledger_claimed(house.workspace).await, Ok(6));
    // Page by page is the same.
    let page = house
        .store
        .ledger_page(house.workspace, 2, 3)
        .await
        .unwrap();
    assert_eq!(page, rows[2..5]);
}

async fn r_aud_02_an_edit_is_found(house: House) {
    filled(&house).await;
    house
        .run("update ledger_entry set at = at + 1 where seq = 3")
        .await;
    let found = checked(&house, &[]).await.unwrap_err();
    assert_eq!((found.at, found.what), (3, Damage::Edited));
}

async fn r_aud_02_a_deletion_is_found(house: House) {
    filled(&house).await;
    house.run("delete from ledger_entry where seq = 4").await;
    let found = checked(&house, &[]).await.unwrap_err();
    assert_eq!((found.at, found.what), (4, Damage::Missing));
}

async fn r_aud_02_a_swap_is_found(house: House) {
    filled(&house).await;
    house
        .run("update ledger_entry set seq = 99 where seq = 2; update ledger_entry set seq = 2 where seq = 3;
              update ledger_entry set seq = 3 where seq = 99")
        .await;
    let found = checked(&house, &[]).await.unwrap_err();
    assert_eq!((found.at, found.what), (2, Damage::Reordered));
}

async fn r_aud_02_a_cut_is_found_by_the_signed_head(house: House) {
    let (_, _, head) = filled(&house).await;
    let key = SigningKey::new(&[7; 32]).unwrap();
    house
        .store
        .ledger_head_keep(house.workspace, head.sign(NOW, &key))
        .await
        .unwrap();
    house.run("delete from ledger_entry where seq > 4").await;
    let kept = house.store.ledger_heads(house.workspace).await.unwrap();
    let heads: Vec<_> = kept
        .iter()
        .map(|h| h.verify(&key.public()).unwrap())
        .collect();
    let found = checked(&house, &heads).await.unwrap_err();
    assert_eq!((found.at, found.what), (5, Damage::Truncated));
    // Even without a head: the events claim places that are gone.
    assert!(checked(&house, &[]).await.is_ok());
    assert_eq!(house.store.ledger_claimed(house.workspace).await, Ok(6));
}

async fn r_aud_02_an_event_changed_behind_its_entry_is_found(house: House) {
    filled(&house).await;
    house
        .run("update consent_event set state = 'refused' where ledger_seq = 2")
        .await;
    house
        .run("delete from consent_event where ledger_seq = 5")
        .await;
    let openings: Vec<_> = house.ledger().await.iter().map(|r| r.opening).collect();
    let expected = [
        Opening::Opens,
        Opening::Differs,
        Opening::Opens,
        Opening::Opens,
        Opening::EventMissing,
        Opening::Opens,
    ];
    assert_eq!(openings, expected);
}

async fn r_aud_03_an_erased_contact_leaves_the_chain_whole(house: House) {
    let (bob, eve, head) = filled(&house).await;
    let only_bob = "delete from contact_key where contact_id in (select id from contact where address_key = 'bob@example.org')";
    house.run(only_bob).await;
    assert_eq!(checked(&house, &[head]).await, Ok(head));
    let openings: Vec<_> = house.ledger().await.iter().map(|r| r.opening).collect();
    let (open, sealed) = (Opening::Opens, Opening::Sealed);
    assert_eq!(openings, [sealed, sealed, open, open, sealed, sealed]);
    // Nothing more can be written about somebody who is erased; about others it can.
    let more = house.store.consent_set(
        house.workspace,
        bob.id,
        &[Topic::Open],
        ConsentState::Given,
        store::Method::Page,
        None,
        NOW,
    );
    assert!(matches!(more.await, Err(store::Error::Conflict(_))));
    house.withdraws(&eve, &[Topic::Open], NOW).await;
    assert_eq!(checked(&house, &[head]).await.unwrap().seq, 7);
}

async fn heads_are_due_once_a_day_and_only_where_something_was_added(house: House) {
    empty(&house).await;
    let due = |at| {
        let store = house.store.clone();
        async move { store.ledger_heads_due(at).await.unwrap() }
    };
    assert_eq!(due(NOW).await, [], "an empty chain");
    let (_, eve, head) = filled(&house).await;
    assert_eq!(
        due(NOW - MINUTE).await,
        [(house.workspace, head)],
        "the first at once"
    );
    let key = SigningKey::new(&[7; 32]).unwrap();
    house
        .store
        .ledger_head_keep(house.workspace, head.sign(NOW, &key))
        .await
        .unwrap();
    assert_eq!(due(NOW + MINUTE).await, [], "nothing was added");
    house.withdraws(&eve, &[Topic::Open], NOW).await;
    assert_eq!(due(NOW - MINUTE).await, [], "not a day yet");
    assert_eq!(due(NOW).await.len(), 1);
}

async fn many_at_once_make_one_chain(house: House) {
    empty(&house).await;
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let (store, workspace) = (house.store.clone(), house.workspace);
            tokio::spawn(async move {
                let at = crate::house::address(&format!("p{n}@example.org"));
                let fresh = store::Fresh::draw(crate::house::id);
                let made = store.contact_find_or_create(
                    workspace,
                    &at,
                    "",
                    crate::house::written(),
                    fresh,
                    NOW,
                );
                let (who, given) = (made.await.unwrap().id, ConsentState::Given);
                let set = store.consent_set(
                    workspace,
                    who,
                    &Topic::ALL,
                    given,
                    store::Method::Demo,
                    None,
                    NOW,
                );
                set.await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(checked(&house, &[]).await.unwrap().seq, 32);
    assert!(
        house
            .ledger()
            .await
            .iter()
            .all(|r| r.opening == Opening::Opens)
    );
}

/// On PostgreSQL every test here runs as the role that the program gets; this one shows what it may not.
async fn r_aud_04_the_program_cannot_rewrite_what_is_only_added_to(house: House) {
    let bob = house.agreed("bob@example.org").await;
    house.withdraws(&bob, &Topic::ALL, NOW).await;
    let rows = async |table| {
        let sql = format!("select count(*) from {table}");
        house.number(&sql).await
    };
    for (table, column) in [
        ("ledger_entry", "hash"),
        ("ledger_head", "hash"),
        ("ledger_sealed", "by_seq"),
        ("act", "user_id"),
    ] {
        let before = rows(table).await;
        for sql in [
            format!("update {table} set {column} = {column}"),
            format!("delete from {table}"),
        ] {
            // A table without rows has nothing for SQLite to refuse.
            let refused = house.run_as_program(&sql).await.is_err();
            assert!(refused || (before == 0 && house.is_sqlite()), "{sql}");
        }
        assert_eq!(rows(table).await, before);
    }
    for (table, column) in [("consent_event", "state"), ("consent_text", "body")] {
        let sql = format!("update {table} set {column} = {column}");
        let refused = house.run_as_program(&sql).await.is_err();
        assert!(
            refused || house.is_sqlite() && rows(table).await == 0,
            "{sql}"
        );
    }
    if !house.is_sqlite() {
        for sql in [
            "drop table act",
            "alter table act disable trigger all",
            "truncate act",
            "create table mine (x bigint)",
        ] {
            assert!(house.run_as_program(sql).await.is_err(), "{sql}");
        }
    }
    assert!(rows("consent_event").await > 0 && rows("act").await > 0);
}

async fn r_aud_04_what_a_log_server_gets_follows_the_chain(house: House) {
    let bob = house.agreed("bob@example.org").await;
    let by = house.by().because("bob@example.org asked for it");
    let restricted = house
        .store
        .contact_restrict(house.workspace, bob.id, true, by);
    assert!(restricted.await.unwrap());
    let chain = house.ledger().await;
    let all = house
        .store
        .ledger_export(house.workspace, 0, 1_000)
        .await
        .unwrap();
    assert_eq!(all.len(), chain.len());
    for (line, row) in all.iter().zip(&chain) {
        assert_eq!((line.seq, &line.hash), (row.entry.seq, &row.entry.hash));
        assert_eq!(line.kind, row.entry.kind.as_str());
    }
    let last = all.last().unwrap();
    assert_eq!(last.user, Some(house.user));
    assert_eq!(
        last.object.as_deref(),
        Some(format!("contact:{}", bob.id).as_str())
    );
    assert!(!format!("{all:?}").contains('@'), "{all:?}");
    // From where a log server left off.
    let next = house
        .store
        .ledger_export(house.workspace, 2, 1)
        .await
        .unwrap();
    assert_eq!(next, all[2..3]);
}
