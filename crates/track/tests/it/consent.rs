//! Agreeing, confirming, refusing, withdrawing.

use crate::site::{DESTINATION, Site, request, wait};
use axum::http::StatusCode;
use model::consent::CONFIRM_LIFE;
use model::{ConsentState, Mode, PerAxis, Sha256, Topic};
use std::time::Duration;

/// Agrees to opens and clicks; the path of the link in the confirmation mail.
async fn asked(site: &Site) -> String {
    let answer = site.agree("open=on&click=on").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    site.confirmation(&site.newest_request().unwrap())
}

#[tokio::test]
async fn r_cons_07_agreeing_counts_after_the_confirmation_mail() {
    let site = Site::untracked().await;
    let page = site.get(&site.person()).await.text();
    assert!(page.contains("Not recorded. Nobody is told when you open this mail."));
    let answer = site.agree("open=on").await;
    assert!(answer.text().contains("One more step"), "{}", answer.text());
    assert_eq!(site.state(Topic::Open).await, ConsentState::Requested);
    assert_eq!(site.state(Topic::Click).await, ConsentState::Unknown);

    let path = site.confirmation(&site.newest_request().unwrap());
    let page = site.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.text().contains("When you open mails")
            && !page.text().contains("Which links you press")
    );
    assert_eq!(site.state(Topic::Open).await, ConsentState::Requested);

    let done = site.post(&path, "answer=agree").await;
    assert_eq!(done.status, StatusCode::OK);
    assert_eq!(site.state(Topic::Open).await, ConsentState::Given);
    assert_eq!(site.state(Topic::Click).await, ConsentState::Unknown);
    let page = site.get(&site.person()).await.text();
    assert!(page.contains("Agreed on 21 November 2026."));
    assert!(
        done.text().contains(&site.person()),
        "the way to withdraw is shown"
    );
}

#[tokio::test]
async fn r_cons_03_the_text_kept_is_the_text_shown() {
    let site = Site::untracked().await;
    let page = site
        .ask(request(
            "GET",
            &site.person(),
            &[("accept-language", "fr")],
            "",
        ))
        .await;
    let form = format!("answer=agree&click=on&text={}", page.shown());
    let answer = site
        .post(&format!("{}?lang=fr", site.person()), &form)
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let request = site
        .store
        .consent_request_find(site.newest_request().unwrap())
        .await
        .unwrap()
        .unwrap();
    let text = site
        .store
        .consent_text(request.text)
        .await
        .unwrap()
        .unwrap();
    // Byte for byte the part of the page that was shown, and nobody's name in it: it is the same for everybody.
    assert_eq!(Sha256::of(&text.page), request.text);
    assert!(page.text().contains(&text.page), "{}", text.page);
    assert!(!text.page.contains("bob@home.example") && !text.body.contains("bob@home.example"));
    let shown = text.page.replace("&#38;", "&");
    for line in text.body.lines().skip(1) {
        let parts = match line.strip_prefix("[ ] (") {
            Some(choice) => vec![choice.split_once(") ").unwrap().1],
            None => line.splitn(2, ": ").collect(),
        };
        for part in parts {
            assert!(shown.contains(part), "not shown: {part}");
        }
    }
    for word in [
        "Bright & Co",
        "1 Main Street, Dublin",
        "ann@bright.example",
        "24 mois",
        "90 jours",
        "https://t.example.org/n/",
    ] {
        assert!(text.body.contains(word), "{word}");
    }
    // Renamed since: the next one reads something else, the old record re-renders byte-identical.
    let workspace = site.store.workspace(site.workspace).await.unwrap().unwrap();
    let renamed = store::Workspace {
        name: "Dim & Co".into(),
        ..workspace
    };
    let by = store::By::operator(crate::site::START);
    site.store.workspace_update(renamed, by).await.unwrap();
    let again = site.store.consent_text(request.text).await.unwrap();
    assert_eq!(again, Some(text));
}

/// The publish gate: who does not say where they can be reached asks nobody.
#[tokio::test]
async fn r_cons_17_a_workspace_that_does_not_say_where_it_is_asks_nobody() {
    let site = Site::untracked().await;
    let shown = site.get(&site.person()).await.shown();
    let workspace = site.store.workspace(site.workspace).await.unwrap().unwrap();
    assert!(workspace.can_ask());
    let silent = store::Workspace {
        postal_address: " ".into(),
        ..workspace
    };
    assert!(!silent.can_ask());
    let by = store::By::operator(crate::site::START);
    site.store.workspace_update(silent, by).await.unwrap();
    let page = site.get(&site.person()).await.text();
    assert!(
        page.contains("so it may not ask for your agreement"),
        "{page}"
    );
    assert!(!page.contains("type=\"checkbox\""));
    let before = site.rows();
    site.post(
        &site.person(),
        &format!("answer=agree&open=on&text={shown}"),
    )
    .await;
    assert_eq!(site.rows(), before);
}

#[tokio::test]
async fn r_cons_17_the_full_notice_is_there_for_everybody() {
    let site = Site::untracked().await;
    let page = site.get(&site.person()).await.text();
    let (_, rest) = page.split_once("href=\"https://t.example.org/n/").unwrap();
    let path = format!("/n/{}", rest.split_once('"').unwrap().0);
    let full = site.get(&path).await;
    assert_eq!(full.status, StatusCode::OK);
    let text = full.text();
    for words in [
        "What Bright &#38; Co records of its mails",
        "1 Main Street, Dublin",
        "deleted after 90 days",
        "The legal basis is your agreement",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(!text.contains("bob@home.example") && !text.contains("<form"));
    for wrong in ["/n/", "/n/AAAAAAAAAAAAAAAAAAAAAA", "/n/x"] {
        assert_eq!(
            site.get(wrong).await.status,
            StatusCode::NOT_FOUND,
            "{wrong}"
        );
    }
}

/// Facts about a device are kept beside opens and links. Agreed to alone, they would be agreed to for nothing.
#[tokio::test]
async fn details_alone_are_not_taken() {
    let site = Site::untracked().await;
    site.raise_ceiling().await;
    let before = site.rows();
    let alone = site.agree("details=on").await;
    assert_eq!(alone.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        alone
            .text()
            .contains("kept only together with something else")
    );
    assert_eq!(site.rows(), before);
    let both = site.agree("details=on&open=on").await;
    assert_eq!(both.status, StatusCode::OK, "{}", both.text());
}

#[tokio::test]
async fn r_cons_07_a_text_that_changed_meanwhile_is_not_agreed_to() {
    let site = Site::untracked().await;
    let shown = site.get(&site.person()).await.shown();
    let workspace = site.store.workspace(site.workspace).await.unwrap().unwrap();
    site.store
        .workspace_update(
            store::Workspace {
                name: "Dim & Co".into(),
                ..workspace
            },
            store::By::operator(crate::site::START),
        )
        .await
        .unwrap();
    let before = site.rows();
    for text in [shown.as_str(), "", "x"] {
        let answer = site
            .post(&site.person(), &format!("answer=agree&open=on&text={text}"))
            .await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
    }
    assert_eq!(site.rows(), before);
}

#[tokio::test]
async fn r_cons_07_a_confirmation_works_once() {
    let site = Site::untracked().await;
    let path = asked(&site).await;
    assert_eq!(
        site.post(&path, "answer=agree").await.status,
        StatusCode::OK
    );
    let rows = site.rows();
    for form in ["answer=agree", "answer=refuse"] {
        assert_eq!(site.post(&path, form).await.status, StatusCode::CONFLICT);
    }
    assert_eq!(site.get(&path).await.status, StatusCode::CONFLICT);
    assert_eq!(
        (site.rows(), site.state(Topic::Open).await),
        (rows, ConsentState::Given)
    );
}

#[tokio::test]
async fn r_cons_07_a_confirmation_expires() {
    let site = Site::untracked().await;
    let path = asked(&site).await;
    wait(CONFIRM_LIFE);
    assert_eq!(site.get(&path).await.status, StatusCode::GONE);
    assert_eq!(
        site.post(&path, "answer=agree").await.status,
        StatusCode::GONE
    );
    assert_eq!(site.state(Topic::Open).await, ConsentState::Requested);
}

#[tokio::test]
async fn r_cons_07_a_later_word_supersedes_an_older_mail() {
    let site = Site::untracked().await;
    let path = asked(&site).await;
    assert_eq!(
        site.post(&site.person(), "withdraw=all").await.status,
        StatusCode::OK
    );
    assert_eq!(site.state(Topic::Open).await, ConsentState::Withdrawn);
    let answer = site.post(&path, "answer=agree").await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("You have decided otherwise since"));
    assert_eq!(site.state(Topic::Open).await, ConsentState::Withdrawn);
}

#[tokio::test]
async fn r_age_03_whoever_turned_out_to_be_too_young_is_led_to_who_agrees_with_them() {
    let site = Site::untracked().await;
    let path = asked(&site).await;
    let answer = model::AgeAnswer {
        standing: model::AgeStanding::Below,
        threshold: 15,
        country: None,
        asked_at: (site.ambient.now)(),
    };
    let by = store::By::operator((site.ambient.now)()).because("by the person, on their page");
    let noted = site
        .store
        .contact_set_age(site.workspace, site.contact, answer, by);
    assert!(noted.await.unwrap());
    for answer in [
        site.get(&path).await,
        site.post(&path, "answer=agree").await,
    ] {
        assert_eq!(answer.status, StatusCode::CONFLICT);
        let text = answer.text();
        assert!(
            text.contains("parental responsibility") && text.contains("/p/"),
            "{text}"
        );
    }
    assert_ne!(site.state(Topic::Open).await, ConsentState::Given);
}

#[tokio::test]
async fn r_cons_07_a_confirmation_is_worth_nothing_for_another_person() {
    let site = Site::untracked().await;
    let path = asked(&site).await;
    let (other, copy, _) = site
        .send("eve@home.example", "Hello", PerAxis::all(Mode::None))
        .await;
    site.post(&path, "answer=agree").await;
    let eve = site
        .store
        .contact(site.workspace, other)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(eve.consent, model::Consent::default());
    // Tokens of other kinds and of requests that were never made lead to the page for nothing.
    let tokens = [
        site.ring.person(copy),
        site.ring.confirm(copy.bytes()),
        site.ring.confirm(&[3; 16]),
    ];
    for token in tokens {
        for answer in [
            site.get(&format!("/p/confirm/{token}")).await,
            site.post(&format!("/p/confirm/{token}"), "answer=agree")
                .await,
        ] {
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
        }
    }
    // A request that names another person's copy, as only a damaged database could.
    let database = site.database();
    database.execute_batch("pragma foreign_keys = off").unwrap();
    let id = site.newest_request().unwrap();
    let sql = "update consent_request set copy_id = ?1, answered_at = null where id = ?2";
    database.execute(sql, (copy.bytes(), id)).unwrap();
    assert_eq!(
        site.post(&path, "answer=agree").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn pressing_twice_sends_one_mail() {
    let site = Site::untracked().await;
    let form = format!(
        "answer=agree&open=on&text={}",
        site.get(&site.person()).await.shown()
    );
    site.post(&site.person(), &form).await;
    let before = site.rows();
    let again = site.post(&site.person(), &form).await;
    assert!(again.text().contains("One more step"));
    assert_eq!((again.status, site.rows()), (StatusCode::OK, before));
}

#[tokio::test]
async fn after_an_unanswered_confirmation_the_choice_is_open_again() {
    let site = Site::untracked().await;
    let old = asked(&site).await;
    wait(CONFIRM_LIFE);
    assert_eq!(site.agree("open=on").await.status, StatusCode::OK);
    let new = site.confirmation(&site.newest_request().unwrap());
    assert_eq!(
        site.post(&old, "answer=agree").await.status,
        StatusCode::GONE
    );
    assert_eq!(site.post(&new, "answer=agree").await.status, StatusCode::OK);
    assert_eq!(site.state(Topic::Open).await, ConsentState::Given);
}

#[tokio::test]
async fn somebody_elses_tick_can_be_declined_from_the_mail() {
    let site = Site::untracked().await;
    let path = asked(&site).await;
    assert_eq!(
        site.post(&path, "answer=refuse").await.status,
        StatusCode::OK
    );
    assert_eq!(site.state(Topic::Open).await, ConsentState::Refused);
    assert_eq!(
        site.post(&path, "answer=agree").await.status,
        StatusCode::CONFLICT
    );
}

#[tokio::test]
async fn r_cons_06_looking_changes_nothing() {
    let site = Site::tracked().await;
    site.set(&[Topic::Open], ConsentState::Unknown).await;
    let confirm = {
        let shown = site.get(&site.person()).await.shown();
        site.post(
            &site.person(),
            &format!("answer=agree&open=on&text={shown}"),
        )
        .await;
        site.confirmation(&site.newest_request().unwrap())
    };
    let before = (site.rows(), site.contact().await);
    for _ in 0..2 {
        for path in [
            site.person(),
            site.receipt(),
            confirm.clone(),
            format!("{}?answer=agree&withdraw=all&open=on", site.person()),
            format!("{confirm}?answer=agree"),
            site.pixel(),
            site.link(),
            "/".into(),
            "/healthz".into(),
        ] {
            site.get(&path).await;
            site.head(&path).await;
        }
    }
    assert_eq!((site.rows(), site.contact().await), before);
}

#[tokio::test]
async fn r_cons_01_r_cons_02_choices_are_apart_empty_and_equal() {
    let site = Site::untracked().await;
    let page = site.get(&site.person()).await.text();
    for topic in ["open", "click", "document"] {
        assert_eq!(
            page.matches(&format!("<input type=\"checkbox\" name=\"{topic}\">"))
                .count(),
            1,
            "{topic}"
        );
    }
    assert!(!page.contains("checked") && !page.contains("autofocus"));
    assert!(
        !page.contains("name=\"details\""),
        "not asked for where it could not be used"
    );
    let (agree, refuse) = (
        "<button name=\"answer\" value=\"agree\">",
        "<button name=\"answer\" value=\"refuse\">",
    );
    assert!(
        page.contains(agree) && page.contains(refuse),
        "no class or style tells the buttons apart"
    );
    site.raise_ceiling().await;
    let page = site.get(&site.person()).await.text();
    assert!(page.contains("<input type=\"checkbox\" name=\"details\">"));
    assert_eq!(page.matches("type=\"checkbox\"").count(), 4);
}

#[tokio::test]
async fn r_cons_08_ticking_nothing_is_no_agreement() {
    let site = Site::untracked().await;
    let before = site.rows();
    for form in ["", "open=", "open=off", "Open=on", "details=on", "all=on"] {
        let answer = site.agree(form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert!(answer.text().contains("Nothing is ticked"));
    }
    assert_eq!(site.rows(), before);
}

#[tokio::test]
async fn refusing_is_noted_once_and_costs_nothing() {
    let site = Site::untracked().await;
    for _ in 0..3 {
        let answer = site.post(&site.person(), "answer=refuse").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(
            answer
                .text()
                .contains("You will get the same mails as before")
        );
    }
    assert_eq!(site.state(Topic::Click).await, ConsentState::Refused);
    let events = site
        .store
        .consent_events(site.workspace, site.contact)
        .await
        .unwrap();
    assert_eq!(events.len(), 3, "one a topic that could be asked for");
    let page = site.get(&site.person()).await.text();
    assert!(page.contains("You said no on 21 November 2026."));
    assert!(page.contains("type=\"checkbox\""), "a mind can be changed");
}

#[tokio::test]
async fn refusing_the_rest_leaves_what_was_agreed_to() {
    let site = Site::tracked().await;
    let answer = site.post(&site.person(), "answer=refuse").await;
    assert!(answer.text().contains("What you agreed to earlier stays"));
    assert_eq!(site.state(Topic::Open).await, ConsentState::Given);
    assert_eq!(site.state(Topic::Document).await, ConsentState::Refused);
}

#[tokio::test]
async fn r_with_02_one_press_withdraws_one_topic() {
    let site = Site::tracked().await;
    let answer = site.post(&site.person(), "withdraw=open").await;
    assert!(answer.text().contains("Links in them go on working"));
    assert_eq!(site.state(Topic::Open).await, ConsentState::Withdrawn);
    assert_eq!(site.state(Topic::Click).await, ConsentState::Given);
    site.get(&site.pixel()).await;
    assert_eq!(
        site.get(&site.link()).await.header("location"),
        Some(DESTINATION)
    );
    assert_eq!(site.hits().await.len(), 1, "the click");
    let page = site.get(&site.person()).await.text();
    assert!(page.contains("Not recorded any more."));
    // Pressing again, or what was never given, adds nothing.
    let before = site.rows();
    for form in ["withdraw=open", "withdraw=document"] {
        assert_eq!(site.post(&site.person(), form).await.status, StatusCode::OK);
    }
    assert_eq!(site.rows(), before);
}

#[tokio::test]
async fn r_with_08_a_withdrawal_link_never_expires() {
    let site = Site::tracked().await;
    wait(Duration::from_hours(24 * 365 * 5));
    assert_eq!(site.get(&site.person()).await.status, StatusCode::OK);
    assert_eq!(
        site.post(&site.person(), "withdraw=all").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn r_cons_14_an_expired_consent_is_asked_for_again() {
    let site = Site::tracked().await;
    wait(model::consent::CONSENT_LIFE);
    let page = site.get(&site.person()).await.text();
    assert!(page.contains("Your agreement ran out."));
    assert!(page.contains("Not recorded any more."));
}

#[tokio::test]
async fn a_page_cannot_flood_a_mailbox() {
    let site = Site::untracked().await;
    for _ in 0..5 {
        assert_eq!(site.agree("open=on").await.status, StatusCode::OK);
        site.post(&site.person(), "withdraw=all").await;
    }
    let before = site.rows();
    assert_eq!(
        site.agree("open=on").await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(site.rows(), before);
    wait(Duration::from_hours(25));
    assert_eq!(site.agree("open=on").await.status, StatusCode::OK);
}

#[tokio::test]
async fn r_sec_08_no_other_site_presses_our_buttons() {
    let site = Site::tracked().await;
    let confirm = site.confirmation(&[5; 16]);
    let before = site.rows();
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
    ] {
        for path in [site.person(), site.receipt()] {
            let answer = site
                .ask(request(
                    "POST",
                    &path,
                    headers,
                    "withdraw=all&answer=refuse",
                ))
                .await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
        }
        site.ask(request("POST", &confirm, headers, "answer=agree"))
            .await;
    }
    assert_eq!(site.rows(), before);
    assert_eq!(
        site.ask(request("POST", &site.person(), &[], "withdraw=all"))
            .await
            .status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn odd_forms_are_refused_politely() {
    let site = Site::tracked().await;
    let before = site.rows();
    let long = format!("withdraw=all&x={}", "a".repeat(20_000));
    for form in [
        "",
        "withdraw=",
        "withdraw=everything",
        "answer=yes",
        "answer=refuse&withdraw=all",
        "%ff=%00&&&=",
        &long,
    ] {
        let answer = site.post(&site.person(), form).await;
        assert!(answer.status.is_client_error(), "{form:.40}");
        assert!(answer.text().contains("Nothing was changed"));
    }
    assert_eq!(site.rows(), before);
}
