//! The demo's mailbox page: mails as delivered, harmless when shown.

use crate::client::Answer;
use crate::sample;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use std::sync::Arc;
use tower::ServiceExt;

const HTML: &[u8] = b"From: Olivia <o@x.example>\r\nTo: a@x.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe_=3Cscript=3E?=\r\n\
    Content-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
    <html><body><p>Gr=FC=DFe</p><img src=3D\"http://t.example/o/x.gif\"><script>alert(1)</script></body></html>\r\n";
const TEXT: &[u8] =
    b"From: o@x.example\r\nTo: b@x.example\r\nSubject: Text\r\n\r\n<b> https://t.example/p/x\r\n";

fn filled() -> Router {
    let dir = Arc::new(web::MailboxDir::new(
        sample::ambient(),
        vec!["c@x.example".into()],
    ));
    dir.deliver(&["a@x.example".into()], HTML.into());
    dir.deliver(&["b@x.example".into(), "A@x.example".into()], TEXT.into());
    web::mailbox(dir)
}

async fn get(router: &Router, path: &str) -> Answer {
    let request = Request::builder()
        .uri(path)
        .header("accept", "text/html")
        .body(Body::empty())
        .unwrap();
    Answer::of(router.clone().oneshot(request).await.unwrap()).await
}

#[tokio::test]
async fn mails_are_listed_oldest_first_and_delivered_as_they_came() {
    let router = filled();
    let list = get(&router, "/messages.json").await.json();
    let short: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|m| (m["id"].as_str().unwrap(), m["to"].as_str().unwrap()))
        .collect();
    assert_eq!(
        short,
        [
            ("1", "a@x.example"),
            ("2", "b@x.example"),
            ("3", "A@x.example")
        ]
    );
    assert_eq!(
        (&list[0]["subject"], &list[0]["at"]),
        (&"Grüße <script>".into(), &"2026-11-21T20:48:00Z".into())
    );
    assert_eq!(get(&router, "/messages/1.eml").await.text.as_bytes(), HTML);
    for path in [
        "/messages/9",
        "/messages/9.eml",
        "/messages/x/body",
        "/nowhere",
    ] {
        assert_eq!(get(&router, path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_mail_is_shown_as_it_is_and_can_do_nothing() {
    let router = filled();
    let page = get(&router, "/messages/1").await;
    assert!(
        page.text
            .contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\"")
    );
    assert!(
        page.text.contains("Grüße &#60;script&#62;")
            && page.text.contains("Olivia &#60;o@x.example&#62;")
    );
    let body = get(&router, "/messages/1/body").await;
    assert!(body.text.contains(
        "<base target=\"_blank\"><html><body><p>Grüße</p><img src=\"http://t.example/o/x.gif\">"
    ));
    let policy = body.header("content-security-policy");
    assert!(policy.starts_with("sandbox allow-popups") && policy.contains("default-src 'none'"));
    assert!(
        !policy.contains("script-src")
            && !policy.contains("allow-scripts")
            && !policy.contains("allow-same-origin")
    );
    for answer in [page, body] {
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
    }
    let text = get(&router, "/messages/2/body").await.text;
    assert!(
        text.contains("&lt;b&gt; <a href=\"https://t.example/p/x\">https://t.example/p/x</a>"),
        "{text}"
    );
}

#[tokio::test]
async fn boxes_are_those_named_and_those_with_mail() {
    let router = filled();
    let page = get(&router, "/").await.text;
    assert!(
        page.contains("Nothing here yet")
            && page.contains("?box=a%40x.example")
            && page.contains("?box=b%40x.example")
    );
    assert!(
        get(&router, "/?box=a%40x.example")
            .await
            .text
            .contains("/messages/3")
    );
}

#[tokio::test]
async fn the_oldest_go_first() {
    let dir = Arc::new(web::MailboxDir::new(sample::ambient(), Vec::new()));
    for _ in 0..2_100 {
        dir.deliver(&["a@x.example".into()], TEXT.into());
    }
    let list = get(&web::mailbox(dir), "/messages.json").await.json();
    let list = list.as_array().unwrap();
    assert_eq!(
        (
            list.len(),
            list[0]["id"].as_str(),
            list[1_999]["id"].as_str()
        ),
        (2_000, Some("101"), Some("2100"))
    );
}
