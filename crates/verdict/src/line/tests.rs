use super::*;
use crate::Tables;

/// A key of its own for tests, so that they are the same every time.
type Key = std::hash::BuildHasherDefault<std::hash::DefaultHasher>;

fn judge() -> Judge {
    Judge::new(Tables::built_in().unwrap())
}

fn out(line: &str) -> serde_json::Value {
    let line = Line::read(line.as_bytes()).unwrap();
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

/// Members beside `id`, `kind` and `at`.
fn with(members: &str) -> String {
    format!(r#"{{"id":1,"kind":"open","at":"2026-11-21T20:48:00Z",{members}}}"#)
}

#[test]
fn mistakes_name_the_member_and_the_mend_and_quote_nothing() {
    for (line, told) in [
        (
            r#"{"kind":"open","at":"2026-11-21T20:48:00Z"}"#.into(),
            "`id` is missing: anything",
        ),
        (
            r#"{"id":1,"kind":"opened","at":"2026-11-21T20:48:00Z"}"#.into(),
            "`kind` must be open, click or document",
        ),
        (
            r#"{"id":1,"kind":"open"}"#.into(),
            "`at` is missing: a moment as RFC 3339",
        ),
        (
            r#"{"id":1,"kind":"open","at":"yesterday"}"#.into(),
            "`at` must be a moment as RFC 3339",
        ),
        (
            r#"{"id":1,"kind":"open","at":"2026-02-30T00:00:00Z"}"#.into(),
            "`at` must be",
        ),
        (
            r#"{"id":1,"kind":"open","at":"2026-11-21T20:48:00"}"#.into(),
            "`at` must be",
        ),
        (
            with(r#""remote":"secret.example""#),
            "`remote` must be an IP address",
        ),
        (
            with(r#""scheme":"gopher""#),
            "`scheme` must be http or https",
        ),
        (
            with(r#""headers":"User-Agent: x""#),
            "`headers` must be an object",
        ),
        (
            with(r#""link":1.5"#),
            "`link` must be a text or a whole number",
        ),
        (with(r#""links":-1"#), "`links` must be a whole number"),
        (with(r#""sent_at":"soon""#), "`sent_at` must be"),
        (
            with(r#""delivered_at":"21.11.2026""#),
            "`delivered_at` must be",
        ),
        (
            with(r#""method":"GET","method":"GET""#),
            "a member stands twice",
        ),
        ("[1]".into(), "one request is one object"),
        (
            r#"{"id":1,"kind""#.into(),
            "this is not JSON from column 14 on",
        ),
    ] {
        let error = Line::read(line.as_bytes()).err().unwrap().to_string();
        assert!(error.starts_with(told), "{line}: {error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn every_member_has_a_form_and_null_is_as_good_as_none() {
    let nothing = r#""method":null,"scheme":null,"remote":null,"headers":null,"copy":null,"link":null,"links":null,
        "sent_at":null,"delivered_at":null,"recipient_host":null"#;
    assert_eq!(out(&with(nothing)), out(&with(r#""x":1"#)));
}

#[test]
fn what_logs_write_differently_means_the_same() {
    let gmail =
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
    let plain = with(&format!(
        r#""method":"GET","scheme":"https","remote":"66.249.93.7","headers":{{"user-agent":"{gmail}"}}"#
    ));
    for remote in [
        "::ffff:66.249.93.7",
        "66.249.93.7:4711",
        "[::ffff:66.249.93.7]:443",
        " 66.249.93.7 ",
    ] {
        let other = plain.replace("66.249.93.7", remote);
        assert_eq!(out(&other), out(&plain), "{remote}");
    }
    for (from, to) in [
        (r#""method":"GET""#, r#""method":"get""#),
        (r#""scheme":"https""#, r#""scheme":"HTTPS""#),
        ("user-agent", "USER-AGENT"),
        ("2026-11-21T20:48:00Z", "2026-11-21T21:48:00.000+01:00"),
        ("2026-11-21T20:48:00Z", "2026-11-21t20:48:00z"),
        (
            &*format!("\"{gmail}\""),
            &*format!("[\"{gmail}\",\"another\"]"),
        ),
        (
            r#""headers":{"#,
            r#""headers":{"content-length":0,"X-Nothing":null,"#,
        ),
    ] {
        let other = plain.replace(from, to);
        assert_ne!(other, plain, "{from}");
        assert_eq!(out(&other), out(&plain), "{to}");
    }
    let unnamed = with(r#""headers":{"user-agent":"-"}"#);
    assert_eq!(out(&unnamed), out(&with(r#""headers":{}"#)));
    for nobody in ["", "-"] {
        let remote = with(&format!(r#""remote":"{nobody}""#));
        assert_eq!(out(&remote), out(&with(r#""remote":null"#)));
    }
    assert!(
        Line::read(b"\xef\xbb\xbf{\"id\":1,\"kind\":\"open\",\"at\":\"2026-11-21T20:48:00Z\"}\r\n")
            .is_ok()
    );
}

#[test]
fn seconds_after_sending_are_at_most_seconds_after_delivery() {
    let gmail = |members: &str| {
        out(&with(&format!(
            r#""remote":"66.249.93.7","headers":{{"user-agent":"GoogleImageProxy"}},{members}"#
        )))["confidence"]
            .clone()
    };
    assert_eq!(gmail(r#""sent_at":"2026-11-21T20:47:57Z""#), 50);
    assert_eq!(gmail(r#""sent_at":"2026-11-21T20:40:00Z""#), 85);
    let both = r#""sent_at":"2026-11-21T20:40:00Z","delivered_at":"2026-11-21T20:47:57Z""#;
    assert_eq!(gmail(both), 50);
    let earlier = r#""sent_at":"2026-11-21T20:47:57Z","delivered_at":"2026-11-21T20:40:00Z""#;
    assert_eq!(gmail(earlier), 85, "the delivery is what counts");
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
        let line = Line::read(line.as_bytes()).unwrap();
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
