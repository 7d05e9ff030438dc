use super::*;
use crate::consent::{ConsentState, Topic};
use proptest::prelude::*;

const NOW: Time = Time(1_700_000_000_000);
const COPY: CopyId = CopyId([1; 16]);

fn agreed(topics: &[Topic]) -> Consent {
    topics.iter().fold(Consent::default(), |c, t| {
        c.after(*t, ConsentState::Given, NOW)
    })
}

fn about<'a>(ceilings: &'a [Ceiling], consent: Option<&'a Consent>) -> Circumstances<'a> {
    Circumstances {
        copy: COPY,
        now: NOW,
        ceilings,
        consent,
        obstacle: None,
    }
}

fn ceiling(mode: Mode) -> Ceiling {
    Ceiling {
        reason: Reason::WorkspaceCeiling,
        modes: PerAxis::all(mode),
    }
}

#[test]
fn r_mode_02_an_unknown_contact_is_not_tracked() {
    let decision = decide(&about(
        &[ceiling(Mode::Detailed)],
        Some(&Consent::default()),
    ));
    assert!(!decision.is_tracked());
    assert_eq!(decision.reason(), Some(Reason::NeverAsked));
}

#[test]
fn axes_are_decided_apart() {
    let consent = agreed(&[Topic::Click]);
    let decision = decide(&about(&[ceiling(Mode::Detailed)], Some(&consent)));
    assert_eq!(decision.open, Err(Reason::NeverAsked));
    assert_eq!(decision.click.map(|g| g.mode()), Ok(Mode::Individual));
}

#[test]
fn details_need_their_own_consent_and_their_own_ceiling() {
    let consent = agreed(&[Topic::Open, Topic::Details]);
    assert_eq!(
        decide(&about(&[ceiling(Mode::Detailed)], Some(&consent)))
            .modes()
            .open,
        Mode::Detailed
    );
    assert_eq!(
        decide(&about(&[ceiling(Mode::Individual)], Some(&consent)))
            .modes()
            .open,
        Mode::Individual
    );
    let details_only = agreed(&[Topic::Details]);
    assert!(!decide(&about(&[ceiling(Mode::Detailed)], Some(&details_only))).is_tracked());
}

#[test]
fn r_mode_05_what_cannot_be_read_is_none() {
    assert_eq!(
        decide(&about(&[ceiling(Mode::Detailed)], None)).reason(),
        Some(Reason::PolicyUnavailable)
    );
    let consent = agreed(&[Topic::Open, Topic::Click]);
    assert_eq!(
        decide(&about(&[], Some(&consent))).reason(),
        Some(Reason::PolicyUnavailable)
    );
}

#[test]
fn modes_that_need_a_profile_grant_nothing_without_one() {
    let consent = agreed(&[Topic::Open, Topic::Click]);
    for mode in [Mode::Aggregate, Mode::Hygiene] {
        assert_eq!(
            decide(&about(&[ceiling(mode)], Some(&consent))).open,
            Err(Reason::NeedsProfile)
        );
    }
}

fn any_mode() -> impl Strategy<Value = Mode> {
    proptest::sample::select(&Mode::ALL[..])
}

fn any_modes() -> impl Strategy<Value = PerAxis<Mode>> {
    (any_mode(), any_mode(), any_mode()).prop_map(|(open, click, document)| PerAxis {
        open,
        click,
        document,
    })
}

fn any_consent() -> impl Strategy<Value = Consent> {
    proptest::collection::vec(
        (
            proptest::sample::select(&Topic::ALL[..]),
            proptest::sample::select(&ConsentState::ALL[..]),
        ),
        0..6,
    )
    .prop_map(|events| {
        events
            .into_iter()
            .fold(Consent::default(), |c, (t, s)| c.after(t, s, NOW))
    })
}

proptest! {
    #[test]
    fn r_mode_03_lowering_any_input_never_raises_the_result(
        ceilings in proptest::collection::vec(any_modes(), 1..5),
        consent in any_consent(),
        lowered in any_modes(),
        at in 0usize..5,
    ) {
        let wrap = |modes: &[PerAxis<Mode>]| modes.iter()
            .map(|m| Ceiling { reason: Reason::WorkspaceCeiling, modes: *m }).collect::<Vec<_>>();
        let before_ceilings = wrap(&ceilings);
        let before = decide(&about(&before_ceilings, Some(&consent))).modes();

        let mut less = ceilings.clone();
        let at = at % less.len();
        less[at] = PerAxis {
            open: less[at].open.min(lowered.open),
            click: less[at].click.min(lowered.click),
            document: less[at].document.min(lowered.document),
        };
        let after_ceilings = wrap(&less);
        let after = decide(&about(&after_ceilings, Some(&consent))).modes();
        prop_assert!(after.open <= before.open && after.click <= before.click);

        let withdrawn = Topic::ALL.iter().fold(consent, |c, t| c.after(*t, ConsentState::Withdrawn, NOW));
        prop_assert!(!decide(&about(&before_ceilings, Some(&withdrawn))).is_tracked());
    }

    #[test]
    fn no_result_is_above_any_ceiling_or_without_consent(
        ceilings in proptest::collection::vec(any_modes(), 1..5),
        consent in any_consent(),
    ) {
        let wrapped: Vec<_> = ceilings.iter()
            .map(|m| Ceiling { reason: Reason::WorkspaceCeiling, modes: *m }).collect();
        let modes = decide(&about(&wrapped, Some(&consent))).modes();
        for axis in [Axis::Open, Axis::Click] {
            let mode = *modes.get(axis);
            prop_assert!(ceilings.iter().all(|c| mode <= *c.get(axis)));
            if mode > Mode::None {
                prop_assert_eq!(consent.axis(axis).state, ConsentState::Given);
            }
        }
    }
}
