use super::*;
use crate::consent::{Consent, ConsentState, Topic};
use crate::crowd::{EVERYBODY, NOBODY};
use crate::entitlement::{self, entitlement};
use crate::permitted::Permitted;
use crate::time::Time;
use proptest::prelude::*;

const NOW: Time = Time(1_700_000_000_000);
const COPY: CopyId = CopyId([1; 16]);
const MESSAGE: MessageId = MessageId([2; 16]);

fn agreed(topics: &[Topic]) -> Consent {
    topics.iter().fold(Consent::default(), |c, t| {
        c.after(*t, ConsentState::Given, NOW)
    })
}

fn outcome(ceilings: &[Ceiling], consent: Option<&Consent>) -> Decision {
    of(ceilings, &entitlement::agreed(consent, NOW), NOBODY)
}

fn of(ceilings: &[Ceiling], entitled: &Entitlement, crowd: PerAxis<u32>) -> Decision {
    let about = Circumstances {
        ceilings,
        entitled,
        crowd,
        obstacle: None,
    };
    decide(COPY, MESSAGE, &about)
}

fn ceiling(mode: Mode) -> Ceiling {
    Ceiling {
        reason: Reason::WorkspaceCeiling,
        modes: PerAxis::all(mode),
    }
}

#[test]
fn r_mode_02_an_unknown_contact_is_not_tracked() {
    let decision = outcome(&[ceiling(Mode::Detailed)], Some(&Consent::default()));
    assert!(!decision.is_tracked());
    assert_eq!(decision.reason(), Some(Reason::NeverAsked));
}

#[test]
fn axes_are_decided_apart() {
    let consent = agreed(&[Topic::Click]);
    let decision = outcome(&[ceiling(Mode::Detailed)], Some(&consent));
    assert_eq!(decision.open, Err(Reason::NeverAsked));
    assert_eq!(decision.click.map(|g| g.mode()), Ok(Mode::Individual));
}

#[test]
fn details_need_their_own_consent_and_their_own_ceiling() {
    let consent = agreed(&[Topic::Open, Topic::Details]);
    assert_eq!(
        outcome(&[ceiling(Mode::Detailed)], Some(&consent))
            .modes()
            .open,
        Mode::Detailed
    );
    assert_eq!(
        outcome(&[ceiling(Mode::Individual)], Some(&consent))
            .modes()
            .open,
        Mode::Individual
    );
    let details_only = agreed(&[Topic::Details]);
    assert!(!outcome(&[ceiling(Mode::Detailed)], Some(&details_only)).is_tracked());
}

#[test]
fn r_mode_05_what_cannot_be_read_is_none() {
    assert_eq!(
        outcome(&[ceiling(Mode::Detailed)], None).reason(),
        Some(Reason::PolicyUnavailable)
    );
    let consent = agreed(&[Topic::Open, Topic::Click]);
    assert_eq!(
        outcome(&[], Some(&consent)).reason(),
        Some(Reason::PolicyUnavailable)
    );
}

/// Who never agreed, where the law allows this without consent.
fn exempt(modes: &[Mode]) -> Entitlement {
    let without = PerAxis::all(Permitted::of(modes));
    entitlement(Some(&Consent::default()), &without, NOW)
}

#[test]
fn r_mode_07_who_is_only_counted_gets_the_token_of_the_message() {
    let all = [ceiling(Mode::Detailed)];
    let counted = of(&all, &exempt(&[Mode::Aggregate]), EVERYBODY);
    for subject in [
        counted.open.map(|g| g.subject()),
        counted.click.map(|g| g.subject()),
    ] {
        assert_eq!(subject, Ok(Subject::Message(MESSAGE)));
    }
    for modes in [&[Mode::Hygiene][..], &[Mode::Aggregate, Mode::Individual]] {
        let personal = of(&all, &exempt(modes), EVERYBODY);
        assert_eq!(
            personal.open.map(|g| g.subject()),
            Ok(Subject::Copy(COPY)),
            "{modes:?}"
        );
    }
}

#[test]
fn r_mode_08_a_sum_needs_a_crowd() {
    let all = [ceiling(Mode::Detailed)];
    let entitled = exempt(&[Mode::Aggregate]);
    for (crowd, expected) in [
        (0, Err(Reason::TooFew)),
        (CROWD_MIN - 1, Err(Reason::TooFew)),
        (CROWD_MIN, Ok(Mode::Aggregate)),
    ] {
        let crowd = PerAxis {
            open: crowd,
            ..NOBODY
        };
        let decision = of(&all, &entitled, crowd);
        assert_eq!(decision.open.map(|g| g.mode()), expected);
        assert_eq!(decision.click, Err(Reason::TooFew), "each axis has its own");
    }
    // Whoever agreed to more needs nobody beside them.
    let individual = of(&all, &exempt(&[Mode::Individual]), NOBODY);
    assert!(individual.is_tracked());
}

#[test]
fn r_mode_09_the_day_of_the_last_open_is_about_opens_alone() {
    let decision = of(
        &[ceiling(Mode::Detailed)],
        &exempt(&[Mode::Hygiene]),
        NOBODY,
    );
    assert_eq!(decision.open.map(|g| g.mode()), Ok(Mode::Hygiene));
    assert_eq!(decision.click, Err(Reason::NeverAsked));
}

#[test]
fn modes_that_need_a_profile_grant_nothing_without_one() {
    let consent = agreed(&[Topic::Open, Topic::Click]);
    for mode in [Mode::Aggregate, Mode::Hygiene] {
        assert_eq!(
            outcome(&[ceiling(mode)], Some(&consent)).open,
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
        let before = outcome(&before_ceilings, Some(&consent)).modes();

        let mut less = ceilings.clone();
        let at = at % less.len();
        less[at] = PerAxis {
            open: less[at].open.min(lowered.open),
            click: less[at].click.min(lowered.click),
            document: less[at].document.min(lowered.document),
        };
        let after_ceilings = wrap(&less);
        let after = outcome(&after_ceilings, Some(&consent)).modes();
        prop_assert!(after.open <= before.open && after.click <= before.click);

        let withdrawn = Topic::ALL.iter().fold(consent, |c, t| c.after(*t, ConsentState::Withdrawn, NOW));
        prop_assert!(!outcome(&before_ceilings, Some(&withdrawn)).is_tracked());
    }

    #[test]
    fn no_result_is_above_any_ceiling_or_without_consent(
        ceilings in proptest::collection::vec(any_modes(), 1..5),
        consent in any_consent(),
    ) {
        let wrapped: Vec<_> = ceilings.iter()
            .map(|m| Ceiling { reason: Reason::WorkspaceCeiling, modes: *m }).collect();
        let modes = outcome(&wrapped, Some(&consent)).modes();
        for axis in [Axis::Open, Axis::Click] {
            let mode = *modes.get(axis);
            prop_assert!(ceilings.iter().all(|c| mode <= *c.get(axis)));
            if mode > Mode::None {
                prop_assert_eq!(consent.axis(axis).state, ConsentState::Given);
            }
        }
    }
}

#[test]
fn r_mode_04_grants_are_made_in_one_place() {
    // That no other crate can make one shows in the examples of this crate that must not compile.
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![sources.clone()];
    let mut makers = std::collections::BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("//"));
                let is_made = |line: &str| {
                    line.contains("Grant {") && !line.contains("struct") && !line.contains("impl")
                };
                if code.into_iter().any(is_made) {
                    makers.insert(path.strip_prefix(&sources).unwrap().to_owned());
                }
            }
        }
    }
    assert_eq!(
        makers.into_iter().collect::<Vec<_>>(),
        [std::path::PathBuf::from("decision.rs")]
    );
}
