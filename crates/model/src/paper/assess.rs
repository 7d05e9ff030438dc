//! Starts for the two assessments. They bring the facts; the judgement is the controller's.

use super::{Section, Setup, section};

/// A start for the data protection impact assessment (Art. 35(7)).
pub fn impact_assessment(setup: &Setup) -> Vec<Section> {
    let mut what = setup.purposes();
    if what.is_empty() {
        what.push(
            "Nothing is recorded about reading: tracking is off, or no mode is allowed.".into(),
        );
    }
    let share = |part: u32, whole: u32| {
        if whole == 0 {
            0
        } else {
            u64::from(part) * 100 / u64::from(whole)
        }
    };
    let asked = setup.given + setup.taken_back;
    let volumes = [
        format!("Users: {}. May track: {}.", setup.users, setup.trackers),
        format!(
            "In the last twelve months: {} mails with tracking, {} copies that carried it.",
            setup.tracked_mails, setup.tracked_copies
        ),
        format!(
            "Consents given: {}. Refused or withdrawn: {} ({} % of answers).",
            setup.given,
            setup.taken_back,
            share(setup.taken_back, asked)
        ),
    ];
    let mut risks = vec![
        "A sender learns when somebody reads, and uses it to press them. Likelihood: [ ]. Severity: [ ].".to_owned(),
        "A forwarded mail tells about somebody who never agreed. Likelihood: [ ]. Severity: [ ].".into(),
        "Employees' mail shows the employer how they work. Likelihood: [ ]. Severity: [ ].".into(),
        "Somebody else reads the records. Likelihood: [ ]. Severity: [ ].".into(),
    ];
    if setup.is_detailed() {
        risks.push("Facts about a device and a place tell where somebody is. Likelihood: [ ]. Severity: [ ].".into());
    }
    vec![
        section("What is done, and for what (35(7)(a))", what),
        section("How much", volumes),
        section(
            "Necessity and proportion (35(7)(b))",
            [
                "Could the purpose be reached by asking the recipient, by a receipt they press, or by nothing? [ ]".to_owned(),
                "Nobody is tracked who did not agree; who refuses gets the same mails.".to_owned(),
                "No more is recorded than the ceilings allow; single requests are deleted after their term.".to_owned(),
            ],
        ),
        section("Risks to persons (35(7)(c))", risks),
        section("Measures (35(7)(d))", super::MEASURES.map(str::to_owned)),
        section(
            "Views of the persons and of the data protection officer (35(2), (9))",
            ["[ ]".to_owned()],
        ),
    ]
}

/// A start for the assessment of legitimate interests, for mail to people who did not ask for it. It can never be the
/// basis for tracking.
pub fn interest_assessment(setup: &Setup) -> Vec<Section> {
    vec![
        section(
            "What this is for",
            [format!(
                "{} wants to write to people who did not ask for it. This cannot be the basis for tracking them, which \
                 takes their consent; and in some countries it cannot be the basis for writing either.",
                setup.controller
            )],
        ),
        section(
            "Purpose",
            [
                "Whose interest is it, and what is it? [ ]".to_owned(),
                "Is it lawful where the recipients are? [ ]".to_owned(),
            ],
        ),
        section(
            "Necessity",
            [
                "Is there a milder way? [ ]".to_owned(),
                "Which data, from where, since when? [ ]".to_owned(),
            ],
        ),
        section(
            "Balance",
            [
                "Would these people expect it? [ ]".to_owned(),
                "What could it do to them? [ ]".to_owned(),
                "How do they object, and how fast does it work? In every mail, in one step, at once.".to_owned(),
            ],
        ),
        section(
            "Outcome",
            ["Decision, author, date, and when it is looked at again: [ ]".to_owned()],
        ),
    ]
}
