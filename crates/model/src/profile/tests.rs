use super::*;
use crate::class::LegalTag;
use crate::data::Confidence;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

fn profiles(home: &[&str]) -> Profiles {
    Profiles::new(&[], home).unwrap()
}

fn case(country: &str, class: MessageClass) -> Case {
    Case {
        country: country.parse().ok(),
        class,
        age: AgeStanding::Unknown,
        directed_to_children: false,
        tags: LegalTags::NONE,
    }
}

fn highest(home: &[&str], country: &str, class: MessageClass) -> (Mode, Mode, Mode) {
    let modes = profiles(home).highest_without_consent(&case(country, class));
    (modes.open, modes.click, modes.document)
}

#[test]
fn r_mode_03_what_needs_no_consent_is_what_the_files_say() {
    use MessageClass::{Cold, Correspondence, Marketing, RequestedNewsletter, Transactional};
    const NOTHING: (Mode, Mode, Mode) = (Mode::None, Mode::None, Mode::None);
    let only_open = |mode| (mode, Mode::None, Mode::None);
    let at_home = |id, country, class| highest(&[id], country, class);
    for class in MessageClass::ALL {
        for (id, country) in [
            ("eu", "ES"),
            ("de", "DE"),
            ("uk", "GB"),
            ("ch", "CH"),
            ("ca", "CA"),
        ] {
            assert_eq!(at_home(id, country, class), NOTHING, "{id} {class}");
        }
        assert_eq!(
            highest(&[], "US", class),
            NOTHING,
            "a sender who picked nothing"
        );
        assert_eq!(highest(&["de"], "US", class), NOTHING, "a German sender");
        assert_eq!(
            highest(&["us-notice"], "", class),
            NOTHING,
            "an unknown country"
        );
        assert_eq!(
            highest(&["us-notice"], "BR", class),
            NOTHING,
            "a country of no profile"
        );
        assert_eq!(
            highest(&["fr"], "IT", class),
            NOTHING,
            "hygiene and aggregate have nothing in common"
        );
    }
    for class in [Transactional, RequestedNewsletter] {
        assert_eq!(at_home("fr", "FR", class), only_open(Mode::Hygiene));
    }
    for class in [Correspondence, Marketing, Cold] {
        assert_eq!(at_home("fr", "FR", class), NOTHING);
    }
    for class in [
        Correspondence,
        Transactional,
        RequestedNewsletter,
        Marketing,
    ] {
        assert_eq!(at_home("it", "IT", class), only_open(Mode::Aggregate));
        assert_eq!(
            at_home("us-notice", "US", class),
            (Mode::Individual, Mode::Individual, Mode::None)
        );
    }
    assert_eq!(at_home("it", "IT", Cold), NOTHING);
    assert_eq!(at_home("us-notice", "US", Cold), NOTHING);
}

#[test]
fn r_orig_03_cold_mail_is_never_tracked_where_a_device_may_not_be_read() {
    for profile in profiles(&[]).all().filter(|p| p.terminal_consent) {
        for country in &profile.countries {
            let ceiling = profiles(&[]).ceiling(&case(country.as_str(), MessageClass::Cold));
            assert_eq!(ceiling.modes.open, Mode::None, "{country}");
            assert_eq!(ceiling.reason, Reason::Jurisdiction);
        }
    }
}

#[test]
fn r_orig_04_the_gate_before_a_first_mail() {
    let all = profiles(&["us-notice"]);
    for (country, person, business) in [
        ("DE", ColdMail::Consent, ColdMail::Consent),
        ("FR", ColdMail::Consent, ColdMail::OptOut),
        ("GB", ColdMail::Consent, ColdMail::OptOut),
        ("CA", ColdMail::ExpressOrImplied, ColdMail::ExpressOrImplied),
        ("US", ColdMail::OptOut, ColdMail::OptOut),
        ("BR", ColdMail::Consent, ColdMail::Consent),
        ("", ColdMail::Consent, ColdMail::Consent),
    ] {
        let country = country.parse().ok();
        assert_eq!(all.cold_mail(country, false), person, "{country:?}");
        assert_eq!(all.cold_mail(country, true), business, "{country:?}");
    }
    let now = Time(1_000);
    for (rule, consent, allowed) in [
        (ColdMail::Consent, MailConsent::None, false),
        (ColdMail::Consent, MailConsent::Implied(Time(2_000)), false),
        (ColdMail::Consent, MailConsent::Express, true),
        (ColdMail::ExpressOrImplied, MailConsent::None, false),
        (
            ColdMail::ExpressOrImplied,
            MailConsent::Implied(Time(2_000)),
            true,
        ),
        (ColdMail::ExpressOrImplied, MailConsent::Implied(now), false),
        (ColdMail::OptOut, MailConsent::None, true),
    ] {
        assert_eq!(rule.allows(consent, now), allowed, "{rule} {consent:?}");
    }
}

#[test]
fn r_law_01_the_profession_asks_each_recipient_and_gives_nothing_by_itself() {
    let firm = profiles(&["us-notice", "legal"]);
    let mut about = case("US", MessageClass::Correspondence);
    assert!(!firm.each_must_agree(&about));
    assert_eq!(
        firm.without_consent(&about).open.highest(),
        Mode::Individual
    );
    for tag in LegalTag::ALL {
        about.tags = LegalTags::of(&[tag]);
        assert!(firm.each_must_agree(&about), "{tag}");
        assert!(firm.without_consent(&about).open.is_nothing(), "{tag}");
        assert_eq!(
            firm.ceiling(&about).modes.open,
            Mode::Individual,
            "with consent, {tag}"
        );
    }
    assert!(
        !profiles(&["us-notice"]).each_must_agree(&about),
        "only for those who picked it"
    );
}

#[test]
fn r_law_02_alaska_never_tracks_the_other_side() {
    let firm = profiles(&["us-notice", "legal-ak"]);
    let mut about = case("US", MessageClass::Correspondence);
    about.tags = LegalTags::of(&[LegalTag::Client, LegalTag::Opposing]);
    let ceiling = firm.ceiling(&about);
    assert_eq!(ceiling.modes, PerAxis::all(Mode::None));
    assert_eq!(ceiling.reason, Reason::LegalProfession);
    about.tags = LegalTags::of(&[LegalTag::Client]);
    assert_eq!(firm.ceiling(&about).modes.open, Mode::Individual);
    assert!(
        firm.is_home("legal"),
        "it builds on the rules for all lawyers"
    );
}

#[test]
fn r_law_03_lawyers_never_reach_details() {
    for home in ["legal", "legal-ak"] {
        let ceiling = profiles(&["us-notice", home]).ceiling(&case("US", MessageClass::Marketing));
        assert_eq!(
            (ceiling.modes.open, ceiling.reason),
            (Mode::Individual, Reason::LegalProfession)
        );
    }
}

#[test]
fn r_age_02_age_is_a_ceiling() {
    let mut about = case("US", MessageClass::Marketing);
    about.age = AgeStanding::Below;
    let ceiling = profiles(&["us-notice"]).ceiling(&about);
    assert_eq!(
        (ceiling.modes.click, ceiling.reason),
        (Mode::Hygiene, Reason::TooYoung)
    );
}

#[test]
fn r_msg_03_what_must_be_said() {
    let says = |country: &str, class, tracked| {
        profiles(&["us-notice"]).must_say(&case(country, class), tracked)
    };
    let us = says("US", MessageClass::Marketing, true);
    assert!(us.contains(&Statement::PostalAddress) && us.contains(&Statement::Withdrawal));
    assert!(!says("US", MessageClass::Transactional, false).contains(&Statement::Withdrawal));
    // R-ORIG-02: the first mail says where the address comes from.
    let first = says("DE", MessageClass::Cold, false);
    assert!(first.contains(&Statement::AddressSource) && first.contains(&Statement::Objection));
    assert!(
        says("", MessageClass::Marketing, true).is_superset(&us),
        "unknown countries are told everything"
    );
}

#[test]
fn r_gov_01_the_basis_is_a_fact_with_its_source() {
    let france = profiles(&["fr"]);
    let basis = france.basis(&case("FR", MessageClass::Transactional), Axis::Open);
    assert_eq!(basis.len(), 1);
    assert!(basis[0].0 == "fr" && basis[0].1.source.as_str().contains("2026-042"));
    assert!(
        france
            .basis(&case("FR", MessageClass::Transactional), Axis::Click)
            .is_empty()
    );
    assert!(
        france
            .basis(&case("DE", MessageClass::Transactional), Axis::Open)
            .is_empty()
    );
}

#[test]
fn counsel_turns_a_mode_on_by_a_file_of_the_operators_own() {
    let own = include_str!("../../profiles/fr.toml")
        .replace("confidence = \"unconfirmed\"", "confidence = \"counsel\"")
        + "\n[[without_consent]]\nclasses = [\"marketing\"]\naxes = [\"open\"]\nmodes = [\"aggregate\"]\nbecause = \"cnil-open-rate\"\n";
    let with = Profiles::new(&[("fr.toml", &own)], &["fr"]).unwrap();
    assert_eq!(
        with.highest_without_consent(&case("FR", MessageClass::Marketing))
            .open,
        Mode::Aggregate
    );
    let unsure = own.replace("\"counsel\"", "\"unconfirmed\"");
    let error = Profiles::new(&[("fr.toml", &unsure)], &["fr"]).unwrap_err();
    assert!(
        error.to_string().contains("unconfirmed") && error.mend.contains("counsel"),
        "{error}"
    );
}

#[test]
fn wrong_files_are_errors_with_file_key_and_mend() {
    let it = include_str!("../../profiles/it.toml");
    for (from, to, key) in [
        ("id = \"it\"", "id = \"italy\"", "id"),
        (
            "because = \"garante\"",
            "because = \"nobody\"",
            "must_say.because",
        ),
        (
            "review_by = \"2027-02-28\"",
            "review_by = \"2026-02-28\"",
            "review_by",
        ),
        (
            "review_by = \"2027-02-28\"",
            "review_by = \"2027-02-30\"",
            "line 7, review_by",
        ),
        ("countries = [\"IT\"]", "countries = []", "countries"),
        (
            "countries = [\"IT\"]",
            "countries = [\"Italy\"]",
            "countries",
        ),
        (
            "kind = \"jurisdiction\"",
            "kind = \"profession\"",
            "countries",
        ),
        (
            "modes = [\"aggregate\"]",
            "modes = [\"individual\"]",
            "without_consent.modes",
        ),
        (
            "modes = [\"aggregate\"]",
            "modes = [\"none\"]",
            "without_consent.modes",
        ),
        ("modes = [\"aggregate\"]", "modes = [\"full\"]", "modes"),
        (
            "classes = [\"cold\"]\nmode",
            "classes = [\"marketing\"]\nmode",
            "ceiling",
        ),
        ("[age]\nbecause = \"children\"", "", "age"),
        ("terminal_consent", "terminal_consents", "terminal_consents"),
    ] {
        assert!(it.contains(from), "{from}");
        let error = Profiles::new(&[("it.toml", &it.replace(from, to))], &["it"]).unwrap_err();
        assert!(
            error.file == "it.toml" && error.key.contains(key),
            "{error}"
        );
        assert!(error.mend.ends_with('.'), "{error}");
    }
    let error = Profiles::new(&[], &["fr", "atlantis"]).unwrap_err();
    assert!(
        error.to_string().contains("atlantis") && error.mend.contains("us-notice"),
        "{error}"
    );
}

#[test]
fn details_are_never_free_of_consent() {
    let us =
        include_str!("../../profiles/us-notice.toml").replace("\"individual\"]", "\"detailed\"]");
    let error = Profiles::new(&[("us-notice.toml", &us)], &[]).unwrap_err();
    assert_eq!(error.key, "without_consent.modes");
}

#[test]
fn circles_end() {
    let legal = include_str!("../../profiles/legal.toml");
    let circle = legal.replace("kind =", "builds_on = \"legal-ak\"\nkind =");
    let firm = Profiles::new(&[("legal.toml", &circle)], &["legal"]).unwrap();
    assert!(firm.is_home("legal-ak"));
}

#[test]
fn a_profile_goes_stale_but_stays_in_force() {
    let all = profiles(&["it"]);
    let at = |text: &str| Time(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    assert_eq!(all.stale(at("2026-11-21T12:00:00Z")), []);
    let stale = all.stale(at("2027-03-01T00:00:00Z"));
    let ids: Vec<_> = stale.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids, ["de", "it", "uk"]);
    assert!(stale[1].to_string().contains("2027-02-28"));
    let far = all.stale(at("2030-01-01T00:00:00Z"));
    assert!(
        !far.iter().any(|s| s.id == "legal"),
        "nobody is bothered with a profile that is not in use"
    );
}

#[test]
fn no_built_in_rule_rests_on_the_operators_counsel() {
    for profile in profiles(&[]).all() {
        for (name, fact) in &profile.facts {
            assert_ne!(
                fact.confidence,
                Confidence::Counsel,
                "{} {name}",
                profile.id
            );
        }
    }
}

const PICKABLE: [&str; 10] = [
    "eu",
    "fr",
    "it",
    "de",
    "uk",
    "ch",
    "ca",
    "us-notice",
    "legal",
    "legal-ak",
];

/// A profile that nobody wrote: any rules for any of a few countries.
fn any_file() -> impl Strategy<Value = String> {
    let countries = subsequence(vec!["FR", "IT", "US", "DE", "BR"], 1..=5);
    let classes = subsequence(MessageClass::ALL.to_vec(), 1..=5);
    let axes = subsequence(Axis::ALL.to_vec(), 1..=3);
    let modes = subsequence(
        vec![Mode::Aggregate, Mode::Hygiene, Mode::Individual],
        1..=3,
    );
    let (cap, cold) = (select(Mode::ALL.to_vec()), select(ColdMail::ALL.to_vec()));
    (countries, classes, axes, modes, cap, cold).prop_map(|(countries, classes, axes, modes, cap, cold)| {
        let classes: Vec<_> = classes.iter().map(|c| c.as_str()).collect();
        let axes: Vec<_> = axes.iter().map(|a| a.as_str()).collect();
        let modes: Vec<_> = modes.iter().map(|m| m.as_str()).collect();
        format!(
            "id = \"own\"\nname = \"Own\"\nkind = \"jurisdiction\"\ncountries = {countries:?}\n\
             reviewed = \"2026-11-21\"\nreview_by = \"2027-11-21\"\n\
             fact.f = {{ says = \"s\", source = \"s\", date = \"2026\", confidence = \"counsel\" }}\n\
             cold_mail = {{ person = \"{cold}\", business = \"{cold}\", because = \"f\" }}\n\
             age = {{ because = \"f\" }}\n\
             [[without_consent]]\nclasses = {classes:?}\naxes = {axes:?}\nmodes = {modes:?}\nbecause = \"f\"\n\
             [[ceiling]]\nmode = \"{cap}\"\nbecause = \"f\"\n"
        )
    })
}

fn any_case() -> impl Strategy<Value = Case> {
    let country = proptest::option::of(select(vec![
        "FR", "IT", "US", "DE", "GB", "CH", "CA", "ES", "BR",
    ]));
    let tags = subsequence(LegalTag::ALL.to_vec(), 0..=3);
    (
        country,
        select(MessageClass::ALL.to_vec()),
        select(AgeStanding::ALL.to_vec()),
        any::<bool>(),
        tags,
    )
        .prop_map(|(country, class, age, directed_to_children, tags)| Case {
            country: country.map(|c| c.parse().unwrap()),
            class,
            age,
            directed_to_children,
            tags: LegalTags::of(&tags),
        })
}

/// Does `low` allow nothing that `high` does not, and ask for everything that `high` asks for?
fn is_no_higher(
    low: &Profiles,
    low_case: &Case,
    high: &Profiles,
    high_case: &Case,
) -> Result<(), TestCaseError> {
    for axis in Axis::ALL {
        let (a, b) = (
            low.without_consent(low_case),
            high.without_consent(high_case),
        );
        prop_assert_eq!(a.get(axis).both(*b.get(axis)), *a.get(axis));
        prop_assert!(
            low.ceiling(low_case).modes.get(axis) <= high.ceiling(high_case).modes.get(axis)
        );
        prop_assert!(
            low.highest_without_consent(low_case).get(axis)
                <= high.highest_without_consent(high_case).get(axis)
        );
    }
    prop_assert!(low.each_must_agree(low_case) || !high.each_must_agree(high_case));
    prop_assert!(
        low.must_say(low_case, true)
            .is_superset(&high.must_say(high_case, true))
    );
    for business in [false, true] {
        prop_assert!(
            low.cold_mail(low_case.country, business)
                >= high.cold_mail(high_case.country, business)
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn r_mode_03_picking_one_more_profile_never_raises(
        own in any_file(), home in subsequence(PICKABLE.to_vec(), 1..=4), more in select(&PICKABLE[..]), about in any_case()
    ) {
        let files = [("own.toml", own.as_str())];
        let before = Profiles::new(&files, &home).unwrap();
        let after = Profiles::new(&files, &[home.as_slice(), &[more, "own"]].concat()).unwrap();
        is_no_higher(&after, &about, &before, &about)?;
    }

    #[test]
    fn r_mode_03_one_more_file_never_raises_for_countries_that_were_listed_or_are_unknown(
        own in any_file(), home in select(&PICKABLE[..]), about in any_case()
    ) {
        prop_assume!(about.country != "BR".parse().ok());
        let before = Profiles::new(&[], &[home]).unwrap();
        let after = Profiles::new(&[("own.toml", &own)], &[home]).unwrap();
        is_no_higher(&after, &about, &before, &about)?;
    }

    #[test]
    fn r_mode_03_an_unknown_country_is_never_above_a_known_one(
        own in any_file(), home in subsequence(PICKABLE.to_vec(), 1..=3), about in any_case()
    ) {
        let profiles = Profiles::new(&[("own.toml", &own)], &home).unwrap();
        let unknown = Case { country: None, ..about };
        is_no_higher(&profiles, &unknown, &profiles, &about)?;
    }
}
