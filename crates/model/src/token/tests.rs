use super::*;
use crate::consent::{Consent, ConsentState, Topic};
use crate::decision::{Ceiling, Circumstances, Decision, decide};
use crate::mode::{Mode, PerAxis};
use crate::reason::Reason;
use crate::time::Time;
use proptest::prelude::*;

fn ring(ids: &[u16]) -> Keyring {
    Keyring::new(
        &ids.iter()
            .map(|id| (*id, [*id as u8; 32]))
            .collect::<Vec<_>>(),
    )
    .unwrap()
}

fn granted(copy: CopyId) -> Decision {
    let now = Time(0);
    let consent = Consent::default()
        .after(Topic::Open, ConsentState::Given, now)
        .after(Topic::Click, ConsentState::Given, now);
    let ceilings = [Ceiling {
        reason: Reason::WorkspaceCeiling,
        modes: PerAxis::all(Mode::Individual),
    }];
    decide(&Circumstances {
        copy,
        now,
        ceilings: &ceilings,
        consent: Some(&consent),
        obstacle: None,
    })
}

fn click(ring: &Keyring, copy: CopyId, link: u16, to: &str) -> Token {
    ring.click(granted(copy).click.as_ref().unwrap(), link, to)
}

#[test]
fn round_trip() {
    let ring = ring(&[1]);
    let copy = CopyId([9; 16]);
    let token = click(&ring, copy, 513, "https://example.org/?a=1&b=2");
    assert_eq!(token.as_str().len(), TOKEN_CHARS);
    let claim = ring
        .verify(
            Purpose::Click,
            token.as_str(),
            "https://example.org/?a=1&b=2",
        )
        .unwrap();
    assert_eq!((claim.copy(), claim.link), (copy, 513));
}

#[test]
fn r_sec_02_a_token_is_worth_nothing_for_another_purpose() {
    let ring = ring(&[1]);
    let copy = CopyId([9; 16]);
    let tokens = [
        (
            Purpose::Open,
            ring.open(granted(copy).open.as_ref().unwrap()),
        ),
        (Purpose::Click, click(&ring, copy, 0, "")),
        (Purpose::Person, ring.person(copy)),
        (Purpose::Confirm, ring.confirm(copy.bytes())),
        (Purpose::Receipt, ring.receipt(copy)),
    ];
    for (made_for, token) in &tokens {
        for used_as in Purpose::ALL {
            assert_eq!(
                ring.verify(used_as, token.as_str(), "").is_ok(),
                used_as == *made_for
            );
        }
    }
}

#[test]
fn old_keys_verify_and_the_newest_signs() {
    let copy = CopyId([3; 16]);
    let old = ring(&[1]).person(copy);
    let both = ring(&[1, 2]);
    assert!(both.verify(Purpose::Person, old.as_str(), "").is_ok());
    assert!(
        ring(&[1])
            .verify(Purpose::Person, both.person(copy).as_str(), "")
            .is_err()
    );
    assert!(Keyring::new(&[]).is_err());
    assert!(Keyring::new(&[(1, [0; 32]), (1, [1; 32])]).is_err());
}

#[test]
fn debug_shows_nothing() {
    let token = ring(&[1]).person(CopyId([3; 16]));
    assert_eq!(format!("{token:?}"), "Token(…)");
}

proptest! {
    #[test]
    fn r_sec_01_any_changed_byte_is_noticed(id: [u8; 16], link: u16, at in 0usize..48, other in "[A-Za-z0-9_-]", to in "https://[a-z]{1,9}/[ -~]{0,20}") {
        let ring = ring(&[1, 7]);
        let token = click(&ring, CopyId(id), link, &to);
        let mut text = token.as_str().to_owned();
        text.replace_range(at..=at, &other);
        prop_assert_eq!(ring.verify(Purpose::Click, &text, &to).is_ok(), text == token.as_str());
        let changed_to = format!("{to}x");
        prop_assert!(ring.verify(Purpose::Click, token.as_str(), &changed_to).is_err());
    }

    #[test]
    fn nothing_makes_verification_panic(text in "\\PC{0,60}", to in "\\PC{0,60}") {
        prop_assert!(ring(&[1]).verify(Purpose::Click, &text, &to).is_err());
    }
}
