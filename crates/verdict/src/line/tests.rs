use super::*;
use crate::Tables;

/// A key of its own for tests, so that they are the same every time.
type Key = std::hash::BuildHasherDefault<std::hash::DefaultHasher>;

fn judge() -> Judge {
    Judge::new(Tables::built_in().unwrap())
}

fn out(line: &str) -> serde_json::Value {
    let line: Line = serde_json::from_str(line).unwrap();
    serde_json::to_value(judge_line(&judge(), &line)).unwrap()
}

#[test]
fn one_line_in_one_line_out() {
    assert_eq!(
        out(
            r#"{"id":"a1","kind":"open","at":"2026-11-21T20:48:00.250Z","method":"GET","scheme":"https","remote":"66.249.93.7",
            "headers":{"User-Agent":"Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"},
            "copy":"c1","link":null,"sent_at":"2026-11-21T20:43:00Z","delivered_at":"2026-11-21T20:44:00Z","recipient_host":"mx.example"}"#
        ),
        serde_json::json!({
            "id": "a1", "opener": "gmail_proxy", "meaning": "human_via_proxy", "confidence": 85,
            "reasons": ["image_proxy", "provider_network"], "client": "Gmail", "browser": null, "os": null,
            "device": null, "network": null, "country": null, "city": null, "revised_from": null, "rules": RULES_VERSION,
        })
    );
}

#[test]
fn little_is_enough() {
    let out = out(r#"{"id":7,"kind":"click","at":"2026-11-21T20:48:00Z"}"#);
    assert_eq!(
        (&out["id"], &out["meaning"]),
        (&7.into(), &"machine".into())
    );
}

#[test]
fn mistakes_are_told() {
    for (line, part) in [
        (
            r#"{"kind":"open","at":"2026-11-21T20:48:00Z"}"#,
            "missing field `id`",
        ),
        (
            r#"{"id":1,"kind":"opened","at":"2026-11-21T20:48:00Z"}"#,
            "unknown variant `opened`",
        ),
        (r#"{"id":1,"kind":"open","at":"yesterday"}"#, "year"),
        (
            r#"{"id":1,"kind":"open","at":"2026-11-21T20:48:00Z","remote":"nowhere"}"#,
            "invalid IP address",
        ),
        (
            r#"{"id":1,"kind":"open","at":"2026-11-21T20:48:00Z","scheme":"gopher"}"#,
            "unknown variant `gopher`",
        ),
    ] {
        let error = serde_json::from_str::<Line>(line)
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn settling_tells_a_scanner_by_its_burst() {
    let chrome = r#""headers":{"user-agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36","sec-fetch-dest":"image","sec-fetch-mode":"navigate","sec-fetch-user":"?1"}"#;
    let line = |id: u8, kind: &str, at: &str, link: &str| {
        format!(
            r#"{{"id":{id},"kind":"{kind}","at":"2026-11-21T{at}Z","remote":"203.0.113.7","copy":"c","link":{link},{chrome}}}"#
        )
    };
    // Given out of order, as logs of several machines are.
    let lines = [
        line(3, "click", "20:00:41.9", "\"https://b.example/\""),
        line(1, "open", "20:00:08", "null"),
        line(2, "click", "20:00:41", "\"https://a.example/\""),
        line(4, "click", "20:00:42", "3"),
    ];
    let mut settling = Settling::new(Key::default());
    for line in &lines {
        let line: Line = serde_json::from_str(line).unwrap();
        let judged = judge_line(&judge(), &line);
        assert_eq!(judged.verdict.meaning, Meaning::Human);
        settling.add(&line, judged);
    }
    let judged = settling.finish();
    assert_eq!(
        judged
            .iter()
            .map(|j| j.id.as_u64().unwrap())
            .collect::<Vec<_>>(),
        [3, 1, 2, 4]
    );
    for judged in &judged {
        assert_eq!(judged.verdict.meaning, Meaning::Machine, "{judged:?}");
        assert_eq!(judged.revised_from, Some(Meaning::Human));
        assert_eq!(judged.facts.browser, None, "the scanner's mask is no fact");
    }
    assert_eq!(judged[1].verdict.reasons[0], "open_before_burst");
}
