use super::*;
use proptest::prelude::*;

const CHAIN: [u8; 16] = [9; 16];

fn key(n: u8) -> CommitmentKey {
    CommitmentKey::new(&[n; 32])
}

fn chain(length: u64) -> Vec<Entry> {
    let mut head = Head::beginning(&CHAIN);
    (1..=length)
        .map(|n| {
            let kind = if n % 2 == 0 {
                "consent.given"
            } else {
                "consent.asked"
            };
            let entry = head.append(
                Time(n as i64),
                kind.parse().unwrap(),
                &key(n as u8 % 3),
                &n.to_be_bytes(),
            );
            head = Head::from(&entry);
            entry
        })
        .collect()
}

fn head(entries: &[Entry]) -> Head {
    entries.last().map_or(Head::beginning(&CHAIN), Head::from)
}

fn check(entries: &[Entry], heads: &[Head]) -> Result<Head, Tampering> {
    verify(Head::beginning(&CHAIN), entries, heads)
}

fn found(at: u64, what: Damage) -> Result<Head, Tampering> {
    Err(Tampering { at, what })
}

/// Makes an entry's hash fit again, as a forger would.
fn reseal(entry: &mut Entry) {
    entry.hash = entry.digest();
}

/// Makes everything from `first` fit again.
fn rewrite(entries: &mut [Entry], first: usize) {
    for i in first..entries.len() {
        if i > 0 {
            entries[i].previous = entries[i - 1].hash;
            entries[i].seq = entries[i - 1].seq + 1;
        }
        reseal(&mut entries[i]);
    }
}

#[test]
fn r_aud_02_a_whole_chain_verifies_at_once_and_piece_by_piece() {
    let entries = chain(9);
    assert_eq!(check(&[], &[]), Ok(Head::beginning(&CHAIN)));
    assert_eq!(
        check(&entries, &[head(&entries[..4]), head(&entries)]),
        Ok(head(&entries))
    );
    let half = check(&entries[..5], &[]).unwrap();
    assert_eq!(
        verify(half, &entries[5..], &[head(&entries)]),
        Ok(head(&entries))
    );
}

#[test]
fn r_aud_02_the_end_cut_off_is_seen_with_a_head_only() {
    let entries = chain(9);
    assert!(check(&entries[..6], &[]).is_ok());
    assert_eq!(
        check(&entries[..6], &[head(&entries)]),
        found(7, Damage::Truncated)
    );
    assert_eq!(check(&[], &[head(&entries)]), found(1, Damage::Truncated));
}

#[test]
fn r_aud_02_a_history_written_anew_is_seen_between_two_heads() {
    let entries = chain(9);
    let heads = [head(&entries), head(&entries[..3]), head(&entries[..6])];
    let mut forged = entries.clone();
    forged[4].at = Time(77);
    rewrite(&mut forged, 4);
    assert!(check(&forged, &[]).is_ok(), "a chain alone cannot show it");
    assert_eq!(
        check(&forged, &heads),
        found(6, Damage::Rewritten { since: 3 })
    );
}

#[test]
fn r_aud_02_another_chain_is_not_this_one() {
    let stranger = verify(Head::beginning(&[1; 16]), &chain(3), &[]);
    assert_eq!(stranger, found(1, Damage::Edited));
}

#[test]
fn r_aud_02_an_entry_put_in_twice_or_numbers_exchanged() {
    let mut twice = chain(5);
    twice.insert(2, twice[1].clone());
    assert_eq!(check(&twice, &[]), found(3, Damage::Reordered));
    let mut exchanged = chain(5);
    exchanged.swap(1, 3);
    (exchanged[1].seq, exchanged[3].seq) = (2, 4);
    assert_eq!(check(&exchanged, &[]), found(2, Damage::Reordered));
}

#[test]
fn r_aud_02_signed_heads() {
    let instance = SigningKey::new(&[3; 32]).unwrap();
    let signed = head(&chain(4)).sign(Time(1_700_000_000_123), &instance);
    let text = serde_json::to_string(&signed).unwrap();
    let back: SignedHead = serde_json::from_str(&text).unwrap();
    assert_eq!(back.verify(&instance.public()), Ok(head(&chain(4))));
    assert_eq!(
        back.verify(&SigningKey::new(&[4; 32]).unwrap().public()),
        Err(NotSigned)
    );
    for changed in [
        SignedHead {
            at: Time(1),
            ..back.clone()
        },
        SignedHead {
            head: Head {
                seq: 3,
                ..back.head
            },
            ..back.clone()
        },
        SignedHead {
            head: head(&chain(3)),
            ..back.clone()
        },
    ] {
        assert_eq!(changed.verify(&instance.public()), Err(NotSigned));
    }
}

#[test]
fn r_aud_03_a_commitment_proves_its_event_and_nothing_else() {
    let entry = Head::beginning(&CHAIN).append(
        Time(1),
        "consent.given".parse().unwrap(),
        &key(1),
        b"open given",
    );
    assert!(entry.opens_with(&key(1), b"open given"));
    assert!(!entry.opens_with(&key(1), b"open refused"));
    assert!(
        !entry.opens_with(&key(2), b"open given"),
        "with its key destroyed nobody can tell"
    );
    let next = Head::from(&entry).append(
        Time(1),
        "consent.given".parse().unwrap(),
        &key(1),
        b"open given",
    );
    assert_ne!(
        entry.commitment, next.commitment,
        "equal events do not look equal"
    );
    assert!(!next.opens_with(&key(1), b"") && next.opens_with(&key(1), b"open given"));
}

#[test]
fn r_aud_03_the_chain_verifies_without_any_key_and_holds_no_payload() {
    let entries = [
        chain(3),
        vec![head(&chain(3)).append(
            Time(4),
            "erased".parse().unwrap(),
            &key(5),
            b"ann@example.org",
        )],
    ]
    .concat();
    assert!(check(&entries, &[]).is_ok());
    let stored = serde_json::to_string(&entries).unwrap();
    assert!(!stored.contains("ann") && !stored.contains("example"));
    let back: Vec<Entry> = serde_json::from_str(&stored).unwrap();
    assert_eq!(back, entries);
}

#[test]
fn kinds_are_words() {
    for bad in ["", "Consent", "a b", "ann@example.org", &"a".repeat(49)] {
        assert!(bad.parse::<Kind>().is_err(), "{bad}");
    }
    assert!(serde_json::from_str::<Kind>("\"A\"").is_err());
}

/// A change of one field of one entry.
fn edit(entry: &mut Entry, field: usize, by: u8) {
    let by = by.max(1);
    match field {
        0 => entry.seq = entry.seq.wrapping_add(u64::from(by)),
        1 => entry.at = Time(entry.at.0 ^ i64::from(by)),
        2 => entry.kind = format!("other.{by}").parse().unwrap(),
        3 => entry.commitment.0[usize::from(by) % 32] ^= by,
        4 => entry.previous.0[usize::from(by) % 32] ^= by,
        _ => entry.hash.0[usize::from(by) % 32] ^= by,
    }
}

proptest! {
    #[test]
    fn r_aud_02_any_edit_is_found_at_its_place(length in 1_u64..12, at in any::<prop::sample::Index>(), field in 0_usize..6, by: u8) {
        let mut entries = chain(length);
        let last = head(&entries);
        let i = at.index(entries.len());
        edit(&mut entries[i], field, by);
        prop_assert_eq!(check(&entries, &[last]), found(i as u64 + 1, Damage::Edited));
    }

    #[test]
    fn r_aud_02_an_edit_whose_hash_was_made_to_fit_is_found_too(length in 1_u64..12, at in any::<prop::sample::Index>(), field in 1_usize..4, by: u8) {
        let mut entries = chain(length);
        let last = head(&entries);
        let i = at.index(entries.len());
        edit(&mut entries[i], field, by);
        reseal(&mut entries[i]);
        let place = i as u64 + 1;
        let what = if place == length { Damage::Rewritten { since: 0 } } else { Damage::Edited };
        prop_assert_eq!(check(&entries, &[last]), found(place, what));
    }

    #[test]
    fn r_aud_02_any_deletion_is_found_at_its_place(length in 1_u64..12, at in any::<prop::sample::Index>()) {
        let mut entries = chain(length);
        let last = head(&entries);
        let i = at.index(entries.len());
        entries.remove(i);
        let what = if i as u64 + 1 == length { Damage::Truncated } else { Damage::Missing };
        prop_assert_eq!(check(&entries, &[last]), found(i as u64 + 1, what));
    }

    #[test]
    fn r_aud_02_any_swap_is_found_at_its_place(length in 2_u64..12, a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let mut entries = chain(length);
        let (a, b) = (a.index(entries.len()), b.index(entries.len()));
        prop_assume!(a != b);
        entries.swap(a, b);
        prop_assert_eq!(check(&entries, &[]), found(a.min(b) as u64 + 1, Damage::Reordered));
    }

    #[test]
    fn r_aud_02_any_truncation_is_found_at_its_place(length in 1_u64..12, keep in any::<prop::sample::Index>()) {
        let entries = chain(length);
        let keep = keep.index(entries.len());
        prop_assert_eq!(check(&entries[..keep], &[head(&entries)]), found(keep as u64 + 1, Damage::Truncated));
    }

    #[test]
    fn r_aud_02_a_deletion_with_the_rest_written_anew_does_not_pass_a_head(length in 2_u64..12, at in any::<prop::sample::Index>()) {
        let mut entries = chain(length);
        let last = head(&entries);
        let i = at.index(entries.len());
        entries.remove(i);
        if i == 0 {
            entries[0].previous = Head::beginning(&CHAIN).hash;
            entries[0].seq = 1;
        }
        rewrite(&mut entries, i);
        prop_assert!(check(&entries, &[]).is_ok());
        prop_assert!(check(&entries, &[last]).is_err());
    }
}
