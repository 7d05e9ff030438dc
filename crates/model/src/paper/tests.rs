//! The papers follow the settings: what is allowed is said, what is not is not.

use super::*;
use crate::Language;

fn setup(open: Mode, click: Mode, document: Mode) -> Setup {
    Setup {
        controller: "Studio Dana".into(),
        postal_address: "1 High Street".into(),
        contact: String::new(),
        modes: PerAxis {
            open,
            click,
            document,
        },
        hits_days: 30,
        processors: Vec::new(),
        webhooks: Vec::new(),
        users: 4,
        trackers: 2,
        tracked_mails: 30,
        tracked_copies: 55,
        given: 9,
        taken_back: 3,
        data: vec![Data {
            table: "hit",
            what: "Single requests.",
            until: "Deleted after 30 days.".into(),
        }],
    }
}

fn text(sections: &[Section]) -> String {
    sections
        .iter()
        .flat_map(|s| s.lines.iter())
        .cloned()
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn r_ropa_04_a_paragraph_is_in_or_out_with_its_mode() {
    let (off, on) = (Mode::None, Mode::Individual);
    for language in Language::ALL {
        let notice = |o, c, d| privacy_notice(&setup(o, c, d), language);
        assert_eq!(notice(off, off, off).len(), 1, "{language:?}");
        let all = notice(on, on, on);
        for (i, modes) in [(off, on, on), (on, off, on), (on, on, off)]
            .into_iter()
            .enumerate()
        {
            let less = notice(modes.0, modes.1, modes.2);
            let gone: Vec<_> = all.iter().filter(|p| !less.contains(p)).collect();
            assert_eq!(gone, [&all[i + 1]], "{language:?}");
        }
        assert_eq!(
            notice(Mode::Detailed, on, on).len(),
            all.len() + 1,
            "{language:?}"
        );
        assert!(all.iter().all(|p| !p.contains("{who}")), "{language:?}");
        assert!(all[0].contains("Studio Dana"), "{language:?}");
    }
}

#[test]
fn r_ropa_01_a_changed_setting_shows_in_the_records() {
    let of = |o, c| text(&records(&setup(o, c, Mode::None)));
    let (both, opens) = (
        of(Mode::Individual, Mode::Individual),
        of(Mode::Individual, Mode::None),
    );
    assert!(both.contains("a link in a mail") && !opens.contains("a link in a mail"));
    assert_eq!(
        both,
        of(Mode::Individual, Mode::Individual),
        "the same settings, the same paper"
    );
    assert!(of(Mode::None, Mode::None).contains("tracking is off"));
    assert!(
        both.contains("Deleted after 30 days") && both.contains("[contact for data protection")
    );
}

#[test]
fn r_ropa_03_the_assessments_bring_the_real_numbers() {
    let dpia = text(&impact_assessment(&setup(
        Mode::Individual,
        Mode::None,
        Mode::None,
    )));
    for fact in [
        "30 mails",
        "55 copies",
        "Users: 4. May track: 2.",
        "3 (25 % of answers)",
    ] {
        assert!(dpia.contains(fact), "{fact}: {dpia}");
    }
    assert!(!dpia.contains("device and a place"));
    let detailed = text(&impact_assessment(&setup(
        Mode::Detailed,
        Mode::None,
        Mode::None,
    )));
    assert!(detailed.contains("device and a place"));
    let nobody = Setup {
        given: 0,
        taken_back: 0,
        ..setup(Mode::None, Mode::None, Mode::None)
    };
    assert!(text(&impact_assessment(&nobody)).contains("(0 % of answers)"));
    assert!(text(&interest_assessment(&nobody)).contains("cannot be the basis for tracking"));
}

#[test]
fn r_ropa_05_the_annex_lists_data_measures_and_further_processors() {
    let annex = processor_annex(&setup(Mode::Individual, Mode::None, Mode::None));
    let titles: Vec<_> = annex.iter().map(|s| s.title.as_str()).collect();
    assert!(
        titles.contains(&"Further processors") && titles.contains(&"Kinds of data and of persons")
    );
    assert!(text(&annex).contains("[Nobody is named") && text(&annex).contains("Single requests."));
    let named = Setup {
        processors: vec![
            Processor::stated("Post AG", "delivers mail", "CH", "").unwrap(),
            Processor::stated(
                "Disks Inc",
                "keeps backups",
                "US",
                "standard contractual clauses",
            )
            .unwrap(),
        ],
        ..setup(Mode::Individual, Mode::None, Mode::None)
    };
    for paper in [processor_annex(&named), records(&named)] {
        let paper = text(&paper);
        for words in [
            "Post AG (CH): delivers mail",
            "Post AG in CH: no safeguards noted",
            "Disks Inc in US: standard contractual clauses",
        ] {
            assert!(paper.contains(words), "{words}: {paper}");
        }
        assert!(!paper.contains("Nobody is named"));
    }
}

#[test]
fn r_ropa_04_the_notice_names_the_term_and_the_processors() {
    let quiet = setup(Mode::None, Mode::None, Mode::None);
    let alone = setup(Mode::Individual, Mode::None, Mode::None);
    let named = Setup {
        hits_days: 14,
        processors: vec![Processor::stated("Post {days}", "delivers mail", "CH", "").unwrap()],
        ..alone.clone()
    };
    for language in Language::ALL {
        let one = privacy_notice(&alone, language);
        assert!(
            one.iter().any(|p| p.contains("30 ")),
            "{language:?}: {one:?}"
        );
        let two = privacy_notice(&named, language);
        assert!(
            two.iter().any(|p| p.contains("14 ")),
            "{language:?}: {two:?}"
        );
        assert!(
            two.iter().any(|p| p.contains("Post {days} (CH)")),
            "{language:?}: {two:?}"
        );
        assert_eq!(two.len(), one.len() + 1, "{language:?}");
        assert_eq!(privacy_notice(&quiet, language).len(), 1);
    }
}

#[test]
fn r_ropa_01_hosts_that_events_are_sent_to_are_recipients() {
    let alone = setup(Mode::Individual, Mode::None, Mode::None);
    let told = Setup {
        webhooks: vec!["hooks.example".into()],
        ..alone.clone()
    };
    assert!(text(&records(&told)).contains("hooks.example: is told"));
    assert!(!text(&processor_annex(&told)).contains("hooks.example"));
    for language in Language::ALL {
        let (one, two) = (
            privacy_notice(&alone, language),
            privacy_notice(&told, language),
        );
        assert_eq!(two.len(), one.len() + 1, "{language:?}");
        assert!(
            two.iter().any(|p| p.contains("hooks.example")),
            "{language:?}"
        );
    }
}

#[test]
fn no_paper_promises_what_no_program_can() {
    let s = setup(Mode::Detailed, Mode::Detailed, Mode::Detailed);
    let all = [
        records(&s),
        impact_assessment(&s),
        interest_assessment(&s),
        processor_annex(&s),
    ]
    .concat();
    let all = text(&all).to_lowercase();
    for word in ["gdpr compliant", "certified", "guarantee"] {
        assert!(!all.contains(word), "{word}");
    }
}
