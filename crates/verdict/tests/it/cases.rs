//! `cases.toml`: each rule with examples and counter-examples.

use crate::sample;
use model::{Axis, Time};
use serde::Deserialize;
use std::collections::BTreeMap;
use verdict::{Headers, Request};

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

#[test]
fn every_case_gets_its_verdict() {
    let judge = sample::judge();
    let cases: Cases = toml::from_str(include_str!("../cases.toml")).unwrap();
    let mut wrong = Vec::new();
    for case in &cases.cases {
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
    assert!(cases.cases.len() > 80, "the file was read");
}
