//! Requests as they should not be: forged, truncated, foreign, huge. The tracker gives nothing away and stays up.

use crate::support::mail::{Mail, SITE, token};
use crate::support::overt::Overt;
use crate::support::reader::{Reader, raw};
use crate::support::sink::Sink;
use reqwest::Method;

const ANN: &str = "ann@reader.example";

/// An instance with one tracked mail.
async fn tracked() -> (Overt, Sink, Mail) {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    overt.agreed(&sink, ANN).await;
    overt.send(&[ANN], "Target").await;
    let mail = sink.mail(ANN, "Target").await;
    overt.sent("Target", ANN).await;
    (overt, sink, mail)
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_were_not_made_here_for_this_are_worth_nothing() {
    let ((overt, _sink, mail), (_other, _other_sink, foreign)) = tokio::join!(tracked(), tracked());
    let reader = Reader::default();
    let [open, click, person] = [mail.pixel(), mail.link(), mail.page()].map(|url| token(&url));
    let [foreign_open, foreign_click, foreign_person] =
        [foreign.pixel(), foreign.link(), foreign.page()].map(|url| token(&url));
    let changed = |token: &str| {
        let last = if token.ends_with('A') { 'B' } else { 'A' };
        format!("{}{last}", &token[..token.len() - 1])
    };
    let first_changed = |token: &str| {
        format!(
            "{}{}",
            if token.starts_with('A') { 'B' } else { 'A' },
            &token[1..]
        )
    };
    let to = "https://example.com/offer%3Fa%3D1%26b%3Dtwo";
    assert!(mail.link().contains(to), "{}", mail.link());

    // The pixel answers the same whatever it is asked.
    let right = answer(&reader, &mail.pixel()).await;
    let long = "A".repeat(4_000);
    for token in [
        &changed(&open),
        &first_changed(&open),
        &open[..40],
        &click,
        &person,
        &foreign_open,
        "",
        "%00",
        "..%2f..%2f",
        &long,
    ] {
        assert_eq!(
            answer(&reader, &format!("{}/o/{token}.gif", overt.tracker)).await,
            right,
            "{token}"
        );
    }
    // A link leads where its sender pointed or nowhere, and the page does not show where it wanted to lead.
    for token in [
        &changed(&click),
        &first_changed(&click),
        &click[..47],
        &open,
        &person,
        &foreign_click,
        "",
    ] {
        let url = format!("{}/c/{token}?to={to}", overt.tracker);
        assert_eq!(reader.click(&url).await, None, "{token}");
    }
    for query in [
        "",
        "?",
        "?to",
        "?to=",
        "?to=%",
        "?to=%ff",
        "?to=%00",
        "?TO=x",
        "?to=javascript:alert(1)",
        "?to=//evil.example",
        "?to=https%3A//evil.example",
        "?to=https://example.com/offer%3Fa%3D1%26b%3Dtw",
        "?x=1",
        "?to=https://example.com/offer%3Fa%3D1%26b%3Dtwo%0d%0aSet-Cookie:x",
        "?to=https%3A//example.com%40evil.example/",
        "?to=https%253A//example.com/offer%253Fa%253D1%2526b%253Dtwo",
        "?&&&=&=to=",
    ] {
        let url = format!("{}/c/{click}{query}", overt.tracker);
        assert_eq!(reader.click(&url).await, None, "{query}");
        let page = reader
            .request(Method::GET, &url)
            .await
            .text()
            .await
            .unwrap();
        assert!(
            !page.contains("evil.example") && !page.contains("alert(1)"),
            "{query}: {page}"
        );
    }
    // What gateways add around it does no harm.
    for query in [
        format!("to={to}&utm_source=x&fbclid=y"),
        format!("x=1&to={to}"),
        format!("to={}", to.to_lowercase()),
    ] {
        assert_eq!(
            reader
                .click(&format!("{}/c/{click}?{query}", overt.tracker))
                .await
                .as_deref(),
            Some(SITE),
            "{query}"
        );
    }
    // Pages: unknown, forged, foreign and of another purpose look alike.
    let mut pages = Vec::new();
    for path in [
        format!("/p/{}", changed(&person)),
        format!("/p/{open}"),
        format!("/p/{click}"),
        format!("/p/{foreign_person}"),
        "/p/".to_owned(),
        "/p/x".to_owned(),
        format!("/p/confirm/{person}"),
        format!("/r/{person}"),
        format!("/d/{person}"),
        "/p/%2e%2e/%2e%2e/etc/passwd".to_owned(),
        "/nowhere".to_owned(),
    ] {
        let answer = reader
            .request(Method::GET, &format!("{}{path}", overt.tracker))
            .await;
        assert_eq!(answer.status(), 404, "{path}");
        pages.push(answer.text().await.unwrap());
    }
    assert!(
        pages.windows(2).all(|pair| pair[0] == pair[1]),
        "pages tell what exists"
    );
    let copy = overt
        .copy("Target", ANN, |copy| copy["clicks"]["human"] != 0)
        .await;
    // One pixel was right; the links around were one person's.
    assert_eq!(
        (&copy["opens"]["human"], &copy["clicks"]["human"]),
        (&1.into(), &1.into()),
        "{copy}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_and_huge_requests_are_answered_and_forgotten() {
    let (mut overt, _sink, mail) = tracked().await;
    let before = overt.process().memory();
    let path = mail.pixel().replace(&overt.tracker, "");
    let origins = [overt.tracker.clone(), overt.admin.clone()];
    for origin in &origins {
        let address = origin.trim_start_matches("http://");
        for (what, request) in [
            (
                "a huge header",
                format!(
                    "GET {path} HTTP/1.1\r\nHost: x\r\nX-Huge: {}\r\n\r\n",
                    "h".repeat(2_000_000)
                ),
            ),
            (
                "many headers",
                format!(
                    "GET {path} HTTP/1.1\r\nHost: x\r\n{}\r\n",
                    "X-Many: yes\r\n".repeat(10_000)
                ),
            ),
            (
                "a huge address",
                format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "p".repeat(2_000_000)),
            ),
            (
                "no HTTP",
                "\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n".to_owned(),
            ),
            (
                "two lengths",
                format!(
                    "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"
                ),
            ),
            (
                "a folded header",
                format!("GET {path} HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n"),
            ),
        ] {
            let answer = raw(address, request.as_bytes()).await;
            assert!(!answer.starts_with("HTTP/1.1 2"), "{what}: {answer}");
        }
        // A body that never ends is cut off.
        let endless = format!(
            "POST /p/x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n{}",
            "b".repeat(3_000_000)
        );
        raw(address, endless.as_bytes()).await;
    }
    // Hosts that we are not: their name is not repeated, and nobody is sent there.
    for origin in &origins {
        let address = origin.trim_start_matches("http://");
        for host in [
            "evil.example",
            "evil.example:80\r\nX-Forwarded-Host: evil.example",
            "",
        ] {
            for path in ["/", "/p/x", "/settings", "/nowhere"] {
                let request = format!(
                    "GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
                );
                let answer = raw(address, request.as_bytes()).await;
                assert!(
                    answer.starts_with("HTTP/1.1 ") && !answer.contains("evil.example"),
                    "{answer}"
                );
            }
        }
    }
    // Methods that nothing answers to.
    let reader = Reader::default();
    for method in [
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::TRACE,
        Method::POST,
        Method::OPTIONS,
    ] {
        let status = reader.request(method.clone(), &mail.pixel()).await.status();
        assert_eq!(status, 405, "{method}");
    }
    // Another site's form presses no button.
    let page = mail.page();
    let http = reqwest::Client::new();
    let cross = http
        .post(&page)
        .header("sec-fetch-site", "cross-site")
        .header("origin", "https://evil.example");
    let cross = cross
        .header("content-type", "application/x-www-form-urlencoded")
        .body("withdraw=all")
        .send()
        .await;
    assert_eq!(cross.unwrap().status(), 403);
    let large = vec![
        ("withdraw".to_owned(), "all".to_owned()),
        ("x".to_owned(), "y".repeat(20_000)),
    ];
    assert_eq!(reader.post(&page, &large).await.status(), 413);
    assert_eq!(
        reader
            .post(&page, &[("withdraw".into(), "everything".into())])
            .await
            .status(),
        400
    );
    assert!(
        reader.page(&page).await.contains("name=\"withdraw\""),
        "somebody's consent was taken back for them"
    );
    let grown = overt.process().memory().saturating_sub(before);
    assert!(grown < 100 << 20, "{} MB for bad requests", grown >> 20);
    reader.open(&mail.pixel()).await;
    overt
        .copy("Target", ANN, |copy| copy["tick"] == "read")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_says_what_is_wrong_and_nothing_more() {
    let (overt, _sink, _mail) = tracked().await;
    let http = reqwest::Client::new();
    let url = |path: &str| format!("{}/api/v1/{path}", overt.admin);
    for key in ["", "wrong", &overt.app_password] {
        let answer = http
            .get(url("messages"))
            .bearer_auth(key)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
    for (path, status) in [
        ("messages?limit=0", 400),
        ("messages?limit=99999999999999999999", 400),
        ("messages?after=x", 400),
        ("messages?tick=perhaps", 400),
        ("messages?nonsense=1", 400),
        ("messages/x", 404),
        ("contacts/AAAAAAAAAAAAAAAAAAAAAA", 404),
        ("messages?search=%27%20or%201%3D1%20--", 200),
        ("messages?search=%25%5F%5C", 200),
        ("nowhere", 404),
    ] {
        let answer = http
            .get(url(path))
            .bearer_auth(&overt.api_key)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
    let found = overt.api("messages?search=%25").await;
    assert_eq!(
        found["items"].as_array().unwrap().len(),
        0,
        "a per cent sign is no wildcard"
    );
    let mail = b"From: boss@studio.example\r\nSubject: x\r\n\r\nbody\r\n";
    assert_eq!(
        overt
            .post_mail("to=ann@reader.example", mail)
            .await
            .status(),
        403
    );
    assert_eq!(overt.post_mail("to=nobody", mail).await.status(), 400);
    assert_eq!(
        overt
            .post_mail("to=a@b.example%0d%0aBcc:x@y.example", mail)
            .await
            .status(),
        400
    );
    assert_eq!(overt.post_mail("", b"").await.status().as_u16() / 100, 4);
}

/// Status, headers without the clock, and bytes.
async fn answer(reader: &Reader, url: &str) -> (u16, Vec<String>, Vec<u8>) {
    let answer = reader.picture(url).await;
    let mut headers: Vec<_> = answer
        .headers()
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|header| format!("{header:?}"))
        .collect();
    headers.sort();
    (
        answer.status().as_u16(),
        headers,
        answer.bytes().await.unwrap().to_vec(),
    )
}
