//! `cases.toml`: each rule with examples and counter-examples.

use crate::sample;
use model::{Axis, Time, Verdict};
use serde::Deserialize;
use std::collections::BTreeMap;
use verdict::{Headers, Kept, Request};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    rule: String,
    kind: String,
    #[serde(default = "get")]
    method: String,
    #[serde(default = "https")]
    scheme: String,
    from: String,
    ua: String,
    h: Option<Set>,
    #[serde(default)]
    own: bool,
    delivered: Option<i64>,
    is: String,
}

fn get() -> String {
    "GET".into()
}

fn https() -> String {
    "https".into()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Set {
    Named(String),
    Listed(BTreeMap<String, String>),
}

/// Every case with its verdict.
fn judged() -> Vec<(Case, Verdict)> {
    let judge = sample::judge();
    let cases: Cases = toml::from_str(include_str!("../cases.toml")).unwrap();
    let judged = |case: Case| {
        let mut headers: Vec<(String, String)> = match &case.h {
            None => Vec::new(),
            Some(Set::Named(name)) => sample::headers(name),
            Some(Set::Listed(list)) => list.clone().into_iter().collect(),
        };
        headers.push(("user-agent".into(), sample::user_agent(&case.ua).into()));
        let request = Request {
            kind: case.kind.parse::<Axis>().unwrap(),
            at: sample::NOW,
            method: &case.method,
            https: case.scheme == "https",
            remote: Some(sample::address(&case.from)),
            headers: Headers::read(|name| {
                headers
                    .iter()
                    .find(|(n, _)| n == name)
                    .map(|(_, v)| v.as_bytes())
            }),
            own_session: case.own,
            delivered_at: case.delivered.map(|s| Time(sample::NOW.0 - s * 1_000)),
        };
        let (verdict, _) = judge.judge(&request);
        (case, verdict)
    };
    cases.cases.into_iter().map(judged).collect()
}

#[test]
fn every_case_gets_its_verdict() {
    let (cases, mut wrong) = (judged(), Vec::new());
    for (case, verdict) in &cases {
        let is = format!(
            "{} {} {} {} ",
            verdict.opener,
            verdict.meaning.as_str(),
            verdict.confidence,
            verdict.reasons.join(" ")
        );
        // A case may name fewer reasons than there are.
        if !is.starts_with(&format!("{} ", case.is)) {
            wrong.push(format!(
                "{} {} from {}, {}: should be {}, is {is}",
                case.rule, case.kind, case.from, case.ua, case.is
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(cases.len() > 80, "the file was read");
}

/// The reasons name the evidence, so under the same rules they lead to the same verdict.
#[test]
fn a_stored_hit_judged_again_by_the_same_rules_means_the_same() {
    let judge = sample::judge();
    for (case, verdict) in judged() {
        let kept = Kept {
            axis: case.kind.parse().unwrap(),
            link: 1,
            at: sample::NOW,
            verdict: verdict.clone(),
        };
        let again = judge.judge_again(&[kept], None).remove(0);
        if verdict.reasons[0] == "claimed_agent" {
            assert_eq!(again, None, "whom it claimed to be is not kept");
        } else {
            assert_eq!(
                again,
                Some(verdict),
                "{} from {}, {}",
                case.rule,
                case.from,
                case.ua
            );
        }
    }
}
