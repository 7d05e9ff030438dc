//! What all pages have in common, and what the person's page tells.

use crate::site::{FIREFOX, Site, request, wait};
use axum::http::StatusCode;
use model::{ConsentState, CopyId, Keyring, Meaning, Mode, PerAxis, Topic};
use std::time::Duration;

#[tokio::test]
async fn r_sec_13_headers_of_every_answer() {
    let site = Site::tracked().await;
    let paths = [
        "/".into(),
        "/healthz".into(),
        "/nothing".into(),
        "/p/x".into(),
        "/p/confirm/x".into(),
        "/r/x".into(),
        "/c/x".into(),
        "/o/x.gif".into(),
        site.pixel(),
        site.link(),
        site.person(),
        site.receipt(),
    ];
    for path in paths {
        for method in ["GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE"] {
            let headers = [
                ("origin", "https://evil.example"),
                ("cookie", "a=b"),
                ("user-agent", FIREFOX),
            ];
            let answer = site.ask(request(method, &path, &headers, "")).await;
            let is = |name, value| assert_eq!(answer.header(name), Some(value), "{method} {path}");
            is(
                "cache-control",
                "no-store, no-cache, max-age=0, must-revalidate",
            );
            is("referrer-policy", "no-referrer");
            is("x-content-type-options", "nosniff");
            assert!(answer.header("set-cookie").is_none());
            assert!(
                !answer
                    .headers
                    .keys()
                    .any(|name| name.as_str().starts_with("access-control-")),
                "{path}"
            );
            assert!(!answer.status.is_server_error(), "{method} {path}");
            if answer
                .header("content-type")
                .is_some_and(|kind| kind.starts_with("text/html"))
            {
                let policy = answer.header("content-security-policy").unwrap();
                assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
                assert!(!policy.contains("unsafe"));
            }
        }
    }
}

#[tokio::test]
async fn the_style_is_the_one_the_policy_allows() {
    let site = Site::tracked().await;
    let page = site.get(&site.person()).await;
    let text = page.text();
    let style = text
        .split_once("<style>")
        .unwrap()
        .1
        .split_once("</style>")
        .unwrap()
        .0;
    let hash = data_encoding::BASE64.encode(&model::Sha256::of(style).0);
    assert!(
        page.header("content-security-policy")
            .unwrap()
            .contains(&format!("'sha256-{hash}'"))
    );
    assert!(!text.contains("style=\"") && !text.contains("<script") && !text.contains("src="));
}

#[tokio::test]
async fn an_address_that_leads_nowhere_does_not_say_why() {
    let site = Site::tracked().await;
    let foreign = Keyring::new(&[(1, [9; 32])]).unwrap();
    let model = site.get("/nothing/at/all").await;
    assert_eq!(model.status, StatusCode::NOT_FOUND);
    let nobody = CopyId([8; 16]);
    for path in [
        format!("/p/{}", site.ring.person(nobody)),
        format!("/p/{}", foreign.person(site.copy)),
        format!("/p/{}", site.ring.receipt(site.copy)),
        format!("/r/{}", site.ring.receipt(nobody)),
        format!("/p/confirm/{}", site.ring.confirm(nobody.bytes())),
        "/p/".into(),
        "/p/%ff".into(),
        "/p/confirm/".into(),
        format!("/p/{}/x", site.ring.person(site.copy)),
    ] {
        let answer = site.get(&path).await;
        assert_eq!(
            (answer.status, &answer.headers, &answer.body),
            (model.status, &model.headers, &model.body),
            "{path}"
        );
    }
}

#[tokio::test]
async fn with_the_store_down_pages_ask_to_come_back() {
    let site = Site::untracked().await;
    let shown = site.get(&site.person()).await.shown();
    site.database()
        .execute_batch("alter table copy rename to copy_away")
        .unwrap();
    for answer in [
        site.get(&site.person()).await,
        site.get(&site.receipt()).await,
        site.post(
            &site.person(),
            &format!("answer=agree&open=on&text={shown}"),
        )
        .await,
        site.post(&site.receipt(), "").await,
    ] {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.header("retry-after"), Some("60"));
        assert!(answer.text().contains("Please come back in a few minutes"));
        assert!(
            !answer.text().contains("copy"),
            "nothing of the inside is told"
        );
    }
    assert_eq!(site.get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_page_speaks_the_readers_language() {
    let site = Site::tracked().await;
    let page = async |accept: &str, query: &str| {
        let path = format!("{}{query}", site.person());
        site.ask(request("GET", &path, &[("accept-language", accept)], ""))
            .await
    };
    for (accept, query, language, words) in [
        ("de", "", "de", "Ann Lee hat Ihnen geschrieben"),
        ("fr-CA, en", "", "fr", "Ann Lee vous a écrit"),
        ("it", "?lang=es", "es", "Ann Lee le escribió"),
        ("it", "?lang=xx", "it", "Ann Lee ti ha scritto"),
        ("ja", "", "en", "Ann Lee wrote to you"),
    ] {
        let answer = page(accept, query).await;
        assert_eq!(answer.header("content-language"), Some(language));
        assert!(
            answer
                .text()
                .contains(&format!("<html lang=\"{language}\">"))
        );
        assert!(answer.text().contains(words), "{language}");
    }
}

#[tokio::test]
async fn r_dsr_10_the_page_tells_what_is_recorded() {
    let site = Site::tracked().await;
    assert!(
        site.get(&site.person())
            .await
            .text()
            .contains("Nothing is recorded about you.")
    );
    let image = [("user-agent", FIREFOX), ("sec-fetch-dest", "image")];
    site.ask(request("GET", &site.pixel(), &image, "")).await;
    let visit = [
        ("user-agent", FIREFOX),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-user", "?1"),
    ];
    site.ask(request("GET", &site.link(), &visit, "")).await;
    site.send("bob@home.example", "", PerAxis::all(Mode::None))
        .await;
    let page = site.get(&site.person()).await.text();
    for words in [
        "Recorded. When you open this mail",
        "2 entries",
        "Mail opened",
        "counted as you",
        "21 November 2026, 20:48 UTC",
        "Link pressed: https://shop.example.org/a?b=1",
        "Your offer",
        "Bright &#38; Co",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    let own = site.path(&site.origin.person(&site.ring.person_of(site.contact)));
    let all = site.get(&own).await.text();
    for words in [
        "2 entries",
        "Your offer",
        "(no subject)",
        "nothing recorded",
    ] {
        assert!(all.contains(words), "{words}\n{all}");
    }
    assert!(
        !page.contains("href=\"https://shop"),
        "a recorded link is text, not a link"
    );
    assert!(
        !page.to_lowercase().contains("overt"),
        "the page is the sender's, not ours"
    );
}

#[tokio::test]
async fn facts_are_told_where_they_are_kept() {
    let modes = PerAxis {
        open: Mode::Detailed,
        click: Mode::None,
        document: Mode::None,
    };
    let site = Site::new(modes).await;
    site.raise_ceiling().await;
    site.set(&[Topic::Open, Topic::Details], ConsentState::Given)
        .await;
    let image = [("user-agent", FIREFOX), ("sec-fetch-dest", "image")];
    site.ask(request("GET", &site.pixel(), &image, "")).await;
    let page = site.get(&site.person()).await.text();
    assert!(page.contains("Also kept: Firefox, Linux"), "{page}");
    assert!(page.contains("are kept as well."));
}

#[tokio::test]
async fn a_long_record_is_cut_and_says_so() {
    let site = Site::tracked().await;
    for _ in 0..60 {
        site.get(&site.pixel()).await;
        wait(Duration::from_mins(1));
    }
    for n in 0..55 {
        site.send(
            "bob@home.example",
            &format!("Mail {n}"),
            PerAxis::all(Mode::None),
        )
        .await;
    }
    assert!(
        site.get(&site.person())
            .await
            .text()
            .contains("and 10 more entries")
    );
    let own = site.path(&site.origin.person(&site.ring.person_of(site.contact)));
    let page = site.get(&own).await.text();
    assert!(page.contains("These are the newest 50 mails."));
    assert_eq!(
        page.matches("Mail opened").count(),
        0,
        "an old mail is not among the newest"
    );
}

#[tokio::test]
async fn r_sec_06_nothing_from_outside_becomes_markup() {
    let corpus = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'><svg/onload=alert(1)>",
        "</title></style><script>alert(1)</script>",
        "{{7*7}}{workspace}{% raw %}",
        "javascript:alert(1)",
        "\u{202e}txt.exe <b>",
        "a\r\nSet-Cookie: x=y",
    ];
    for evil in corpus {
        let modes = PerAxis {
            open: Mode::Individual,
            click: Mode::Individual,
            document: Mode::None,
        };
        let site = Site::named(modes, evil, evil, evil).await;
        site.set(&[Topic::Click], ConsentState::Given).await;
        let agreed = site.agree("open=on").await;
        let confirm = site.confirmation(&site.newest_request().unwrap());
        let pages = [
            agreed,
            site.get(&site.person()).await,
            site.get(&site.receipt()).await,
            site.get(&confirm).await,
            site.post(&confirm, "answer=agree").await,
            site.post(&site.receipt(), "").await,
            site.post(&site.person(), "withdraw=all").await,
            site.get(&format!("/p/x?lang={}", "%22%3E%3Cscript%3E"))
                .await,
        ];
        for page in pages {
            assert!(page.header("set-cookie").is_none());
            let text = page.text();
            assert!(!text.contains(evil) || !evil.contains('<'), "{evil}");
            // The only tags are ours.
            for tag in [
                "<script",
                "<img",
                "<svg",
                "<b>",
                "onerror=alert(1)>",
                "<iframe",
            ] {
                assert!(!text.contains(tag), "{evil} {tag}");
            }
            assert_eq!(text.matches("</style>").count(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_form_that_drips_in_is_cut_off() {
    let site = Site::tracked().await;
    // A body that never ends, and a clock that runs ahead when nothing else happens.
    let never = futures_util::stream::pending::<Result<axum::body::Bytes, std::io::Error>>();
    let body = axum::body::Body::from_stream(never);
    let request = axum::http::Request::post(site.person()).body(body).unwrap();
    assert_eq!(site.ask(request).await.status, StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test]
async fn this_was_not_me_corrects_what_counts_as_a_person_and_takes_a_post() {
    let site = Site::tracked().await;
    let image = [("user-agent", FIREFOX), ("sec-fetch-dest", "image")];
    site.ask(request("GET", &site.pixel(), &image, "")).await;
    site.ask(request(
        "HEAD",
        &site.link(),
        &[("user-agent", FIREFOX)],
        "",
    ))
    .await;
    let page = site.get(&site.person()).await.text();
    let buttons: Vec<&str> = page.split("name=\"not_me\" value=\"").skip(1).collect();
    assert_eq!(buttons.len(), 1, "a program's visit is nobody's to disown");
    let hit = &buttons[0][..22];
    assert!(page.contains("This was not me"));
    site.get(&format!("{}?not_me={hit}", site.person())).await;
    assert_eq!(
        site.hits().await[0].verdict.meaning,
        Meaning::Human,
        "looking changes nothing"
    );
    let before = site.hits().await[0].verdict.clone();
    for _ in 0..2 {
        let answer = site.post(&site.person(), &format!("not_me={hit}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.text().contains("Noted: that was not you"));
        let hit = &site.hits().await[0];
        assert_eq!(
            (hit.verdict.meaning, hit.revised_from),
            (Meaning::Unknown, Some(Meaning::Human))
        );
        assert_eq!(hit.verdict.reasons[0], "not_me");
    }
    let page = site.get(&site.person()).await.text();
    assert!(page.contains("not you, as you said") && !page.contains("This was not me"));
    assert!(page.contains("It was me after all"));
    site.get(&format!("{}?me={hit}", site.person())).await;
    assert_eq!(site.hits().await[0].verdict.reasons[0], "not_me");
    let answer = site.post(&site.person(), &format!("me={hit}")).await;
    assert!(answer.text().contains("Noted: that was you"));
    let back = &site.hits().await[0].verdict;
    assert_eq!(back, &before, "judged as it was");
    let page = site.get(&site.person()).await.text();
    assert!(page.contains("This was not me") && !page.contains("It was me after all"));
    assert_eq!(
        site.post(&site.person(), "not_me=x").await.status,
        StatusCode::BAD_REQUEST
    );
    let nobodys = format!("not_me={}", model::HitId([9; 16]));
    for _ in 3..10 {
        assert_eq!(
            site.post(&site.person(), &nobodys).await.status,
            StatusCode::OK
        );
    }
    let often = site.post(&site.person(), &nobodys).await;
    assert_eq!(
        often.status,
        StatusCode::TOO_MANY_REQUESTS,
        "by person, not by address"
    );
}

#[tokio::test]
async fn a_forwarded_link_speaks_for_its_own_mail_alone() {
    let site = Site::tracked().await;
    let image = [("user-agent", FIREFOX), ("sec-fetch-dest", "image")];
    site.ask(request("GET", &site.pixel(), &image, "")).await;
    let hit = site.hits().await[0].id;
    let other = site
        .send("bob@home.example", "", PerAxis::all(Mode::None))
        .await;
    let page = format!("/p/{}", site.ring.person(other.1));
    let answer = site.post(&page, &format!("not_me={hit}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(site.hits().await[0].verdict.meaning, Meaning::Human);
}
