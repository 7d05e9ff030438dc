use super::*;
use crate::consent::{Consent, ConsentState, Topic};
use crate::crowd::EVERYBODY;
use crate::decision::{Ceiling, Circumstances, Decision, decide};
use crate::entitlement::{Entitlement, agreed, entitlement};
use crate::mode::{Mode, PerAxis};
use crate::permitted::Permitted;
use crate::reason::Reason;
use crate::time::Time;
use proptest::prelude::*;

const MESSAGE: MessageId = MessageId([5; 16]);

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
    of(copy, &agreed(Some(&consent), now))
}

/// Nobody agreed, and everybody may be counted.
fn counted(copy: CopyId) -> Decision {
    let without = PerAxis::all(Permitted::of(&[Mode::Aggregate]));
    of(
        copy,
        &entitlement(Some(&Consent::default()), &without, Time(0)),
    )
}

fn of(copy: CopyId, entitled: &Entitlement) -> Decision {
    let ceilings = [Ceiling {
        reason: Reason::WorkspaceCeiling,
        modes: PerAxis::all(Mode::Individual),
    }];
    let about = Circumstances {
        ceilings: &ceilings,
        entitled,
        crowd: EVERYBODY,
        obstacle: None,
    };
    decide(copy, MESSAGE, &about)
}

#[test]
fn r_mode_07_the_tokens_of_a_crowd_are_the_same_for_everybody() {
    let ring = ring(&[1]);
    let to = "https://example.org/";
    let tokens: std::collections::BTreeSet<_> = (0..50)
        .map(|n| {
            let decision = counted(CopyId([n; 16]));
            let open = ring.open(decision.open.as_ref().unwrap());
            let click = ring.click(decision.click.as_ref().unwrap(), 3, to);
            (open.to_string(), click.to_string())
        })
        .collect();
    assert_eq!(tokens.len(), 1);
    let (open, click) = tokens.first().unwrap();
    let message = Subject::Message(MESSAGE);
    let (subject, link) = (message, 0);
    assert_eq!(
        ring.tracked(Axis::Open, open, ""),
        Ok(Tracked { subject, link })
    );
    let link = 3;
    assert_eq!(
        ring.tracked(Axis::Click, click, to),
        Ok(Tracked { subject, link })
    );
    // The bytes hold the message's id, the link, the key and the MAC: nothing of a copy.
    let bytes = BASE64URL_NOPAD.decode(open.as_bytes()).unwrap();
    assert_eq!(bytes[..ID], MESSAGE.bytes()[..]);
    // A token of a sum is none of a copy, and the other way round.
    assert!(ring.verify(Purpose::Open, open, "").is_err());
    let own = ring.open(granted(CopyId([9; 16])).open.as_ref().unwrap());
    assert!(ring.verify(Purpose::OpenSum, own.as_str(), "").is_err());
    assert_eq!(ring.tracked(Axis::Document, open, ""), Err(Forged));
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
