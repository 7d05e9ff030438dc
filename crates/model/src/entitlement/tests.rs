use super::*;
use crate::age::AgeStanding;
use crate::class::{LegalTag, LegalTags, MessageClass};
use crate::consent::{CONSENT_LIFE, Topic};
use crate::permitted::tests::any_permitted;
use crate::profile::{Case, Profiles};
use proptest::prelude::*;
use proptest::sample::select;

const NOW: Time = Time(1_700_000_000_000);

fn without(modes: &[Mode]) -> PerAxis<Permitted> {
    PerAxis::all(Permitted::of(modes))
}

fn open_is(state: ConsentState) -> Consent {
    Consent::default().after(Topic::Open, state, NOW)
}

fn ceiling(mode: Mode) -> Ceiling {
    Ceiling {
        reason: Reason::WorkspaceCeiling,
        modes: PerAxis::all(mode),
    }
}

#[test]
fn r_cons_08_only_a_consent_is_a_consent() {
    let free = without(&[Mode::Hygiene]);
    for state in ConsentState::ALL {
        let consent = open_is(state);
        let strict = entitled(Axis::Open, Some(&consent), &without(&[]), NOW);
        assert_eq!(strict.is_ok(), state == ConsentState::Given, "{state:?}");
        let lenient = entitled(Axis::Open, Some(&consent), &free, NOW).map(Permitted::highest);
        let expected = match state {
            ConsentState::Given => Ok(Mode::Individual),
            ConsentState::Refused => Err(Reason::Refused),
            ConsentState::Withdrawn => Err(Reason::Withdrawn),
            _ => Ok(Mode::Hygiene),
        };
        assert_eq!(lenient, expected, "{state:?}");
    }
    let late = entitled(
        Axis::Open,
        Some(&open_is(ConsentState::Given)),
        &without(&[]),
        NOW + CONSENT_LIFE,
    );
    assert_eq!(late, Err(Reason::Expired));
}

#[test]
fn r_mode_05_what_could_not_be_read_allows_nothing() {
    let everything = without(&Mode::ALL);
    assert_eq!(
        entitled(Axis::Open, None, &everything, NOW),
        Err(Reason::PolicyUnavailable)
    );
    let set = Ok(Permitted::of(&Mode::ALL));
    assert_eq!(
        effective(Axis::Open, set, &[]),
        Err(Reason::PolicyUnavailable)
    );
}

#[test]
fn r_mode_16_axes_and_details_stand_for_themselves() {
    let clicks = Consent::default().after(Topic::Click, ConsentState::Given, NOW);
    assert_eq!(
        entitled(Axis::Open, Some(&clicks), &without(&[]), NOW),
        Err(Reason::NeverAsked)
    );
    let details = Consent::default().after(Topic::Details, ConsentState::Given, NOW);
    let by_notice = without(&[Mode::Individual]);
    let set = entitled(Axis::Open, Some(&details), &by_notice, NOW).unwrap();
    assert_eq!(
        set.highest(),
        Mode::Individual,
        "details come on top of an agreement, not of an exemption"
    );
    let both = details.after(Topic::Open, ConsentState::Given, NOW);
    assert_eq!(
        entitled(Axis::Open, Some(&both), &by_notice, NOW).map(Permitted::highest),
        Ok(Mode::Detailed)
    );
}

#[test]
fn r_mode_13_a_shared_body_gets_what_everyone_is_entitled_to() {
    let agreed = Ok(Permitted::of(&[Mode::Individual, Mode::Detailed]));
    let less = Ok(Permitted::of(&[Mode::Individual]));
    assert_eq!(
        shared([agreed, less]).map(Permitted::highest),
        Ok(Mode::Individual)
    );
    assert_eq!(
        shared([agreed, Err(Reason::NeverAsked)]),
        Err(Reason::NeverAsked)
    );
    let france = Ok(Permitted::of(&[Mode::Hygiene]));
    let italy = Ok(Permitted::of(&[Mode::Aggregate]));
    assert_eq!(shared([france, italy]), Err(Reason::OthersMustAgree));
    assert_eq!(shared([]), Err(Reason::OthersMustAgree));
}

#[test]
fn others_count_as_well_and_their_reasons_are_not_told() {
    let all = |set| PerAxis::all(set);
    let ok = |modes: &[Mode]| Ok(Permitted::of(modes));
    let agreed = all(ok(&[Mode::Individual, Mode::Detailed]));
    let withdrew = all(Err(Reason::Withdrawn));
    let left = |own, others: &[Entitlement]| among(own, &shared_by(others)).open;
    assert_eq!(
        left(&agreed, &[agreed, all(ok(&[Mode::Individual]))]),
        ok(&[Mode::Individual])
    );
    assert_eq!(
        left(&agreed, &[agreed, withdrew]),
        Err(Reason::OthersMustAgree)
    );
    assert_eq!(left(&withdrew, &[agreed, withdrew]), Err(Reason::Withdrawn));
    assert_eq!(left(&agreed, &[]), Err(Reason::OthersMustAgree));
}

#[test]
fn the_ceiling_that_forbids_is_named() {
    let never = Err(Reason::NeverAsked);
    assert_eq!(
        effective(Axis::Open, never, &[ceiling(Mode::None)]),
        Err(Reason::WorkspaceCeiling)
    );
    assert_eq!(
        effective(Axis::Open, never, &[ceiling(Mode::Detailed)]),
        Err(Reason::NeverAsked)
    );
    let hygiene = Ok(Permitted::of(&[Mode::Hygiene]));
    assert_eq!(
        effective(Axis::Open, hygiene, &[ceiling(Mode::Aggregate)]),
        Err(Reason::NeedsProfile)
    );
}

fn any_consent() -> impl Strategy<Value = Consent> {
    let state = || select(&ConsentState::ALL[..]);
    (state(), state(), state(), state()).prop_map(|(a, b, c, d)| {
        let states = [
            (Topic::Open, a),
            (Topic::Click, b),
            (Topic::Document, c),
            (Topic::Details, d),
        ];
        states
            .into_iter()
            .fold(Consent::default(), |c, (topic, state)| {
                c.after(topic, state, NOW)
            })
    })
}

proptest! {
    #[test]
    fn r_mode_03_the_result_is_within_every_input_and_lowering_one_never_raises(
        consent in any_consent(),
        sets in proptest::collection::vec(any_permitted(), 1..4),
        modes in proptest::collection::vec(select(&Mode::ALL[..]), 1..5),
        lower in select(&Mode::ALL[..]),
        narrower in any_permitted(),
        axis in select(&Axis::ALL[..]),
    ) {
        let result = |sets: &[Permitted], modes: &[Mode]| {
            let each = sets.iter().map(|s| entitled(axis, Some(&consent), &PerAxis::all(*s), NOW));
            let ceilings: Vec<_> = modes.iter().map(|m| ceiling(*m)).collect();
            effective(axis, shared(each), &ceilings).unwrap_or(Mode::None)
        };
        let before = result(&sets, &modes);
        for mode in &modes {
            prop_assert!(before <= *mode);
        }
        for set in &sets {
            let one = entitled(axis, Some(&consent), &PerAxis::all(*set), NOW).unwrap_or_default();
            prop_assert!(one.has(before));
        }
        let mut lowered = modes.clone();
        lowered[0] = lowered[0].min(lower);
        prop_assert!(result(&sets, &lowered) <= before);
        prop_assert!(result(&sets, &[modes.as_slice(), &[lower]].concat()) <= before);
        let mut narrowed = sets.clone();
        narrowed[0] = narrowed[0].both(narrower);
        prop_assert!(result(&narrowed, &modes) <= before);
        prop_assert!(result(&[sets.as_slice(), &[narrower]].concat(), &modes) <= before);
        // Taking consent back never raises either.
        let gone = Consent::default()
            .after(Topic::Open, ConsentState::Withdrawn, NOW)
            .after(Topic::Click, ConsentState::Withdrawn, NOW)
            .after(Topic::Document, ConsentState::Withdrawn, NOW);
        prop_assert!(entitled(axis, Some(&gone), &PerAxis::all(sets[0]), NOW).is_err());
    }
}

#[test]
fn r_mode_03_the_full_product_of_two_ceilings_and_all_sets() {
    for bits in 0..16_usize {
        let modes: Vec<_> = (0..4)
            .filter(|i| bits >> i & 1 == 1)
            .map(|i| Mode::ALL[i + 1])
            .collect();
        let set = Permitted::of(&modes);
        for a in Mode::ALL {
            for b in Mode::ALL {
                let expected = modes
                    .iter()
                    .copied()
                    .filter(|m| *m <= a.min(b))
                    .max()
                    .unwrap_or(Mode::None);
                let got = effective(Axis::Click, Ok(set), &[ceiling(a), ceiling(b)])
                    .unwrap_or(Mode::None);
                assert_eq!(got, expected);
            }
        }
    }
}

/// A lawyer's message to several people: what remains on opens for the first of them.
fn lawyers_mail(home: &[&str], recipients: &[(LegalTag, ConsentState)]) -> Result<Mode, Reason> {
    let profiles = Profiles::new(&[], home).unwrap();
    let case = |tag| Case {
        country: "US".parse().ok(),
        class: MessageClass::Correspondence,
        age: AgeStanding::Unknown,
        directed_to_children: false,
        tags: LegalTags::of(&[tag]),
    };
    let of = |(tag, state): &(LegalTag, ConsentState)| {
        let without = profiles.without_consent(&case(*tag));
        entitled(Axis::Open, Some(&open_is(*state)), &without, NOW)
    };
    let about = case(recipients[0].0);
    let all = if profiles.each_must_agree(&about) {
        recipients
    } else {
        &recipients[..1]
    };
    effective(
        Axis::Open,
        shared(all.iter().map(of)),
        &[profiles.ceiling(&about)],
    )
}

#[test]
fn r_law_01_informed_consent_of_each_recipient() {
    use ConsentState::{Given, Unknown, Withdrawn};
    use LegalTag::{Client, Lawyer, Opposing};
    let firm: &[&str] = &["us-notice", "legal"];
    for (recipients, expected) in [
        (vec![(Client, Unknown)], Err(Reason::NeverAsked)),
        (vec![(Client, Given)], Ok(Mode::Individual)),
        (
            vec![(Client, Given), (Lawyer, Unknown)],
            Err(Reason::NeverAsked),
        ),
        (
            vec![(Client, Given), (Lawyer, Withdrawn)],
            Err(Reason::Withdrawn),
        ),
        (
            vec![(Client, Given), (Opposing, Given)],
            Ok(Mode::Individual),
        ),
        (vec![(Opposing, Given)], Ok(Mode::Individual)),
        (
            vec![(Opposing, Unknown), (Client, Given)],
            Err(Reason::NeverAsked),
        ),
    ] {
        assert_eq!(lawyers_mail(firm, &recipients), expected, "{recipients:?}");
    }
    let alaska = lawyers_mail(&["us-notice", "legal-ak"], &[(Opposing, Given)]);
    assert_eq!(alaska, Err(Reason::LegalProfession));
    let no_firm = lawyers_mail(&["us-notice"], &[(Client, Unknown), (Lawyer, Unknown)]);
    assert_eq!(no_firm, Ok(Mode::Individual));
}
