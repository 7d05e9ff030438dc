use super::*;
use proptest::prelude::*;

fn aim(topic: Topic, aim: &str) -> AimDraft {
    AimDraft {
        topic,
        aim: aim.into(),
        is_own: true,
        extent: 1,
    }
}

fn recipient(name: &str) -> RecipientDraft {
    RecipientDraft {
        words: name.into(),
        identity: name.into(),
    }
}

fn draft() -> Draft {
    Draft {
        language: "en".into(),
        controller: "Acme".into(),
        identity: "Acme".into(),
        address: "1 Main Street, Dublin".into(),
        contact: "privacy@acme.example".into(),
        aims: vec![
            aim(Topic::Open, "to write less often"),
            aim(Topic::Click, "to see what is of use"),
        ],
        retention_days: 90,
        recipients: vec![recipient("The people at Acme who look after its mail")],
        withdrawal: "https://t.acme.example/p".into(),
        full_notice: "https://acme.example/notice".into(),
    }
}

fn notice(change: impl FnOnce(&mut Draft)) -> Notice {
    let mut draft = draft();
    change(&mut draft);
    draft.try_into().unwrap()
}

#[test]
fn r_cons_17_a_notice_with_anything_missing_cannot_be_had() {
    type Change = fn(&mut Draft);
    let cases: [(&str, Change); 17] = [
        ("language", |d| d.language = "pt".into()),
        ("language", |d| d.language.clear()),
        ("controller", |d| d.controller = " ".into()),
        ("controller", |d| {
            d.controller = "Acme\nYour rights: none".into();
        }),
        ("identity", |d| d.identity.clear()),
        ("address", |d| d.address.clear()),
        ("contact", |d| d.contact.clear()),
        ("aims", |d| d.aims.clear()),
        ("aims", |d| d.aims[0].aim.clear()),
        ("aims", |d| d.aims[1].topic = Topic::Open),
        ("retention_days", |d| d.retention_days = 0),
        ("retention_days", |d| {
            d.retention_days = RETENTION_DAYS_MAX + 1;
        }),
        ("recipients", |d| d.recipients.clear()),
        ("recipients", |d| d.recipients.push(recipient(""))),
        ("withdrawal", |d| {
            d.withdrawal = "http://t.acme.example/p".into();
        }),
        ("full_notice", |d| d.full_notice = "see our website".into()),
        ("full_notice", |d| d.full_notice.clear()),
    ];
    for (slot, change) in cases {
        let mut bad = draft();
        change(&mut bad);
        let Incomplete(faults) = Notice::try_from(bad).unwrap_err();
        assert_eq!(faults.iter().map(|f| f.0).collect::<Vec<_>>(), [slot]);
    }
    let Incomplete(all) = Notice::try_from(Draft::default()).unwrap_err();
    let slots: std::collections::BTreeSet<_> = all.iter().map(|f| f.0).collect();
    assert_eq!(slots.len(), 10, "all that is wrong is said at once");
}

#[test]
fn r_cons_17_every_slot_is_in_the_text_of_every_language() {
    for language in Language::ALL {
        let all = Topic::ALL.map(|t| aim(t, &format!("aim-{}", t.as_str())));
        let notice = notice(|d| {
            d.language = language.as_str().into();
            d.aims = all.to_vec();
        });
        let text = notice.text();
        for slot in [
            "Acme",
            "1 Main Street, Dublin",
            "privacy@acme.example",
            "90",
            "https://t.acme.example/p",
            "https://acme.example/notice",
            "The people at Acme",
            "24",
            "IP",
            "aim-open",
            "aim-click",
            "aim-document",
            "aim-details",
        ] {
            assert!(text.contains(slot), "{language:?} {slot}");
        }
        assert!(!text.contains(['{', '}']), "{text}");
        assert_eq!(notice.lines().len(), 8);
        assert!(
            notice
                .lines()
                .iter()
                .all(|(lead, line)| !lead.is_empty() && !line.is_empty())
        );
    }
}

#[test]
fn r_cons_01_each_topic_is_a_choice_of_its_own() {
    let choices = notice(|_| ()).choices();
    assert_eq!(
        choices.iter().map(|c| c.0).collect::<Vec<_>>(),
        [Topic::Open, Topic::Click]
    );
    assert!(
        !notice(|_| ()).text().contains("If you agree to details"),
        "nothing is said of what is not asked"
    );
}

#[test]
fn r_cons_03_the_text_is_known_by_its_digest() {
    let texts: std::collections::BTreeSet<_> = Language::ALL
        .map(|l| {
            notice(|d| d.language = l.as_str().into())
                .sha256()
                .to_string()
        })
        .into();
    assert_eq!(texts.len(), 5);
    assert_eq!(notice(|_| ()).sha256(), notice(|_| ()).sha256());
    assert_ne!(
        notice(|d| d.retention_days = 91).sha256(),
        notice(|_| ()).sha256()
    );
}

#[test]
fn r_cons_03_the_canonical_text_stays_as_it_is() {
    // Changing a sentence is a decision: what was agreed to before stays under the old digest.
    let text = notice(|d| d.aims.truncate(1)).text();
    assert_eq!(
        text,
        "[en]\n\
         Who asks: Acme, 1 Main Street, Dublin. They are responsible for what is recorded. Contact: privacy@acme.example.\n\
         What is kept: If you agree to opens: for each mail the day and minute at which it was opened. With it, a guess whether it was you or a program. Your IP address is not kept.\n\
         How long: What was recorded is deleted after 90 days. Your agreement ends by itself after 24 months; the proof of it is kept for as long as it may be asked for.\n\
         Who sees it: The people at Acme who look after its mail.\n\
         Changing your mind: You can withdraw at any time: with one press from any tracked mail, or at https://t.acme.example/p by a link we send you. It works at once, also for mails you already have.\n\
         Your rights: Write to privacy@acme.example to see, correct, take with you, restrict or delete what is recorded, or to object. You can also complain to a data protection authority.\n\
         If you say no: Nothing changes. You get the same mails and documents.\n\
         The full notice: https://acme.example/notice\n\
         [ ] (open) Tell Acme when I open its mails (day and minute). Purpose: to write less often.\n"
    );
}

#[test]
fn r_cons_03_a_notice_kept_as_its_slots_says_the_same_text_again() {
    let shown = notice(|d| d.aims.push(aim(Topic::Details, "to fix layouts")));
    let kept = crate::canonical::canonical(&Draft::from(&shown)).unwrap();
    let draft: Draft = serde_json::from_str(&kept).unwrap();
    assert_eq!(Notice::try_from(draft).unwrap().text(), shown.text());
}

#[test]
fn r_cons_13_an_old_consent_covers_nothing_new() {
    let old = notice(|_| ());
    assert!(old.covers(Topic::Open, &old));
    assert!(!old.covers(
        Topic::Details,
        &notice(|d| d.aims.push(aim(Topic::Details, "x")))
    ));
    assert!(old.covers(
        Topic::Open,
        &notice(|d| d.aims.push(aim(Topic::Details, "x")))
    ));
    assert!(
        old.covers(Topic::Open, &notice(|d| d.retention_days = 30)),
        "shorter is no more"
    );
    assert!(
        old.covers(Topic::Open, &notice(|d| d.address = "2 Main Street".into())),
        "moving house is no new purpose"
    );
    assert!(
        old.covers(Topic::Open, &notice(|d| d.controller = "Acme Group".into())),
        "nor is another name of the same organisation"
    );
    assert!(
        notice(|d| d.aims[0].extent = 2).covers(Topic::Open, &old),
        "saying less is covered"
    );
    for wider in [
        notice(|d| d.aims[0].aim = "to score".into()),
        notice(|d| d.aims[0].is_own = false),
        notice(|d| d.aims[0].extent = 2),
        notice(|d| d.retention_days = 91),
        notice(|d| d.recipients.push(recipient("Data Broker Ltd"))),
        notice(|d| d.identity = "Acme Holding".into()),
        notice(|d| d.language = "fr".into()),
    ] {
        assert!(!old.covers(Topic::Open, &wider));
    }
}

proptest! {
    #[test]
    fn r_cons_17_no_value_can_forge_a_line_or_a_slot(controller in "\\PC{0,20}|[\\x00-\\x7f]{0,20}", aim in "\\PC{0,20}|\\{(controller|aim|contact)\\}") {
        let mut d = draft();
        d.controller = controller;
        d.aims[0].aim = aim;
        let honest = notice(|_| ()).text();
        if let Ok(notice) = Notice::try_from(d.clone()) {
            prop_assert_eq!(notice.text().lines().count(), honest.lines().count());
            let shown = format!("Purpose: {}.", d.aims[0].aim.trim());
            prop_assert!(notice.text().contains(&shown));
        }
    }
}
