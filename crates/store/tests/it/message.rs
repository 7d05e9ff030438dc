//! Messages: kept as accepted, listed newest first, page by page without a hole or a double.

use crate::house::{House, INDIVIDUAL, MINUTE, NOW, bounced, hit, id, sent};
use crate::on_both;
use model::mode::NOTHING;
use model::{Axis, Meaning, MessageId, Tick, WorkspaceId};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use store::{Cursor, Error, Link, MessageFilter};

on_both!(
    what_is_accepted_is_there,
    a_message_is_accepted_whole_or_not_at_all,
    filters,
    pages_together_are_the_list,
    a_list_shows_some_copies_and_counts_all,
    other_workspaces_see_nothing,
);

async fn ids(house: &House, filter: MessageFilter) -> Vec<MessageId> {
    let filter = MessageFilter {
        limit: if filter.limit == 0 {
            1_000
        } else {
            filter.limit
        },
        ..filter
    };
    let listed = house.store.messages(house.workspace, filter).await.unwrap();
    listed.into_iter().map(|(m, _)| m.id).collect()
}

async fn what_is_accepted_is_there(house: House) {
    let (bob, eve) = (
        house.agreed("bob@example.org").await,
        house.contact("eve@example.org").await,
    );
    let mut draft = house.draft(&[&eve, &bob], NOTHING, NOW);
    draft.message.subject = "Grüße \u{1f600} 'quoted' \0".into();
    draft.source = (0..=255).collect();
    draft.links.push(Link {
        number: 2,
        destination: "mailto:x".into(),
        part: "1.2".into(),
        kind: "anchor".into(),
        skipped: Some("scheme".into()),
    });
    draft.parts.push(store::Part {
        path: "1.2".into(),
        content_type: "text/html".into(),
        role: "html".into(),
        hindrance: Some(model::Reason::OddCharset),
    });
    draft.copies[1].modes = INDIVIDUAL;
    let (message, copies) = house.accept(draft.clone()).await;

    let read = house
        .store
        .message(house.workspace, message)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(read.subject, "Grüße \u{1f600} 'quoted' ");
    assert_eq!(
        (read.accepted_at, read.size, read.user),
        (NOW, 4, house.user)
    );
    assert_eq!(
        house.store.message_source(message).await.unwrap(),
        Some(draft.source)
    );
    assert_eq!(house.store.links(message).await.unwrap(), draft.links);
    assert_eq!(house.store.parts(message).await.unwrap(), draft.parts);
    let listed = house.store.copies(message, 9).await.unwrap();
    assert_eq!(
        listed.iter().map(|c| c.id).collect::<Vec<_>>(),
        copies,
        "the order of the envelope"
    );
    assert_eq!(listed[1].modes, INDIVIDUAL);
    assert_eq!(listed[0].reason(), Some(model::Reason::NeverAsked));
    let around = house
        .store
        .copy_in_context(copies[1])
        .await
        .unwrap()
        .unwrap();
    assert_eq!((around.contact.id, around.message.id), (bob.id, message));
    assert_eq!(
        (around.sender_name.as_str(), around.workspace.name.as_str()),
        ("Ann Sample", "Sample Ltd")
    );
}

async fn a_message_is_accepted_whole_or_not_at_all(house: House) {
    let bob = house.contact("bob@example.org").await;
    let mut draft = house.draft(&[&bob, &bob], NOTHING, NOW);
    draft.copies[1].id = draft.copies[0].id;
    let (message, outcome) = (draft.message.id, house.store.message_accept(draft).await);
    assert!(matches!(outcome, Err(Error::Conflict(_))), "{outcome:?}");
    assert_eq!(
        house.store.message(house.workspace, message).await.unwrap(),
        None
    );
    assert_eq!(house.store.outbox_size().await.unwrap().0, 0);
    assert_eq!(house.store.event_last().await.unwrap(), 0);
    house.accept(house.draft(&[&bob], NOTHING, NOW)).await;
}

async fn filters(house: House) {
    let (bob, eve) = (
        house.agreed("bob@example.org").await,
        house.contact("eve_x@example.org").await,
    );
    let other = house.colleague().await;
    let (read, copies) = house.accept(house.draft(&[&bob], INDIVIDUAL, NOW)).await;
    house
        .record(vec![hit(copies[0], Axis::Open, Meaning::Human, NOW)], NOW)
        .await;
    house.fold_all().await;
    let parcel = house.claim(NOW).await.remove(0);
    house.finish(parcel, sent(), NOW).await;
    let mut draft = house.draft(&[&eve], NOTHING, NOW + MINUTE);
    draft.message.subject = "Über 100% Rabatt".into();
    let (refused, _) = house.accept(draft).await;
    let parcel = house.claim(NOW + MINUTE).await.remove(0);
    house
        .finish(parcel, bounced("550", None), NOW + MINUTE)
        .await;
    let mut draft = house.draft(&[&bob], NOTHING, NOW + MINUTE * 2);
    (draft.message.user, draft.message.sender) = (other, "bea@sample.example".into());
    let (beas, _) = house.accept(draft).await;

    let all = MessageFilter::default;
    let search = |text: &str| MessageFilter {
        search: Some(text.into()),
        ..all()
    };
    for (what, filter, expected) in [
        ("nothing", all(), vec![beas, refused, read]),
        (
            "a user",
            MessageFilter {
                user: Some(house.user),
                ..all()
            },
            vec![refused, read],
        ),
        (
            "a sender",
            MessageFilter {
                sender: Some("bea@sample.example".into()),
                ..all()
            },
            vec![beas],
        ),
        ("a subject", search("ÜBER 100%"), vec![refused]),
        ("a recipient", search("BOB@"), vec![beas, read]),
        ("an underscore", search("e_x"), vec![refused]),
        ("no wild card", search("e%x"), vec![]),
        (
            "read",
            MessageFilter {
                tick: Some(Tick::Read),
                ..all()
            },
            vec![read],
        ),
        (
            "untracked",
            MessageFilter {
                tick: Some(Tick::Untracked),
                ..all()
            },
            vec![beas, refused],
        ),
        (
            "bounced",
            MessageFilter {
                bounced: true,
                ..all()
            },
            vec![refused],
        ),
        (
            "all at once",
            MessageFilter {
                user: Some(house.user),
                sender: Some("ann@sample.example".into()),
                tick: Some(Tick::Untracked),
                bounced: true,
                after: Some(Cursor {
                    at: NOW + MINUTE * 2,
                    id: beas,
                }),
                ..search("rabatt")
            },
            vec![refused],
        ),
    ] {
        assert_eq!(ids(&house, filter).await, expected, "{what}");
    }
}

async fn pages_together_are_the_list(house: House) {
    // Few different moments, so that many messages share one and the id has to decide.
    let moments = proptest::collection::vec(0..4u32, 1..40)
        .prop_flat_map(|m| (proptest::strategy::Just(m), 1..9u16));
    let mut runner = TestRunner::deterministic();
    let bob = house.contact("bob@example.org").await;
    for _ in 0..5 {
        let (moments, limit) = moments.new_tree(&mut runner).unwrap().current();
        for minute in &moments {
            house
                .accept(house.draft(&[&bob], NOTHING, NOW + MINUTE * *minute))
                .await;
        }
        let all = ids(&house, MessageFilter::default()).await;
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let filter = MessageFilter {
                after,
                limit,
                ..MessageFilter::default()
            };
            let page = house.store.messages(house.workspace, filter).await.unwrap();
            let Some((last, _)) = page.last() else { break };
            let cursor = Cursor {
                at: last.accepted_at,
                id: last.id,
            };
            after = Some(cursor.to_string().parse().unwrap());
            pages.extend(page.into_iter().map(|(m, _)| m.id));
        }
        assert_eq!(pages, all, "{moments:?} by {limit}");
    }
}

async fn a_list_shows_some_copies_and_counts_all(house: House) {
    let bob = house.contact("bob@example.org").await;
    let (message, _) = house.accept(house.draft(&[&bob; 250], NOTHING, NOW)).await;
    let listed = house.store.messages(
        house.workspace,
        MessageFilter {
            limit: 1,
            ..MessageFilter::default()
        },
    );
    assert_eq!(listed.await.unwrap()[0].1.len(), 100);
    assert_eq!(house.store.copies(message, 1_000).await.unwrap().len(), 250);
    assert_eq!(
        house.store.copy_ticks(message).await.unwrap(),
        [(Tick::Untracked, 250)]
    );
}

async fn other_workspaces_see_nothing(house: House) {
    let bob = house.contact("bob@example.org").await;
    let (message, _) = house.accept(house.draft(&[&bob], NOTHING, NOW)).await;
    let stranger = WorkspaceId(id());
    assert_eq!(house.store.message(stranger, message).await.unwrap(), None);
    assert!(
        house
            .store
            .messages(
                stranger,
                MessageFilter {
                    limit: 9,
                    ..MessageFilter::default()
                }
            )
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        house
            .store
            .copies_of_contact(stranger, bob.id, 9)
            .await
            .unwrap()
            .is_empty()
    );
    let written = crate::house::written();
    let made = (house.store).recipients_make(stranger, house.user, vec![], written, NOW);
    assert_eq!(made.await, Ok(None), "a user of another workspace");
    let grounds = house.store.grounds(stranger, house.user, vec![]).await;
    assert!(matches!(grounds, Err(Error::Conflict(_))));
}
