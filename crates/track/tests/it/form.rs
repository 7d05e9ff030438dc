//! The form on other sites: what it shows, what it takes, and that it tells nobody anything.

use crate::site::{Answer, START, Site, random, request};
use axum::http::StatusCode;
use model::form::FormDraft;
use model::{ConsentState, FormId, Language, Topic};
use store::By;

const NEW: &str = "nina@new.example";

async fn form(site: &Site) -> String {
    let id = FormId(random());
    let draft = FormDraft {
        name: "Newsletter".into(),
        page: "https://www.sample.example/news?from=x".into(),
        kind: "sign_up".into(),
        topics: vec![Topic::Open, Topic::Click],
    };
    let form = draft.publish(id).unwrap();
    let by = By::user(site.user, site.contact().await.created_at);
    let published = site.store.form_publish(site.workspace, form, by);
    published.await.unwrap();
    format!("/f/{id}")
}

async fn fill(site: &Site, path: &str, address: &str, ticked: &str) -> Answer {
    let shown = site.get(path).await.shown();
    let address = address.replace('@', "%40");
    let form = format!("address={address}&answer=agree&text={shown}&{ticked}");
    site.post(path, &form).await
}

async fn state(site: &Site, address: &str) -> Option<ConsentState> {
    let address = address.parse().unwrap();
    let known = site.store.contact_by_address(site.workspace, &address);
    known
        .await
        .unwrap()
        .map(|contact| contact.consent.open.state)
}

#[tokio::test]
async fn r_cons_07_a_form_counts_after_the_confirmation_mail() {
    let site = Site::untracked().await;
    let path = form(&site).await;
    let done = fill(&site, &path, NEW, "open=on").await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    assert_eq!(state(&site, NEW).await, None);
    site.look_up().await;
    assert_eq!(state(&site, NEW).await, Some(ConsentState::Requested));
    let link = site.confirmation(&site.newest_request().unwrap());
    let confirmed = site.post(&link, "answer=agree").await;
    assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.text());
    assert_eq!(state(&site, NEW).await, Some(ConsentState::Given));
}

#[tokio::test]
async fn r_cons_10_the_answer_is_the_same_whoever_it_is() {
    let site = Site::untracked().await;
    let path = form(&site).await;
    let known = site.contact().await.address.to_string();
    let mut answers = Vec::new();
    for address in [known.as_str(), NEW] {
        let answer = fill(&site, &path, address, "open=on").await;
        answers.push((answer.status, answer.text()));
    }
    assert_eq!(answers[0], answers[1]);
    let rows = site.rows();
    site.get(&path).await;
    site.head(&path).await;
    assert_eq!(site.rows(), rows, "looking changes nothing");
}

#[tokio::test]
async fn r_cons_01_r_cons_02_boxes_of_their_own_unticked_and_two_buttons_alike() {
    let site = Site::untracked().await;
    let path = form(&site).await;
    for language in Language::ALL {
        let page = site
            .get(&format!("{path}?lang={}", language.as_str()))
            .await
            .text();
        assert_eq!(page.matches("type=\"checkbox\"").count(), 2, "{language:?}");
        assert!(!page.contains(" checked"), "{language:?}");
        assert_eq!(page.matches("<button name=\"answer\"").count(), 2);
        assert_eq!(page.matches("<form ").count(), 1);
        let (notice, boxes) = (page.find("<dl>"), page.find("checkbox"));
        assert!(
            notice < boxes,
            "the whole notice stands before the first box"
        );
    }
    // Refusing takes one press, keeps nothing, and needs no address.
    let rows = site.rows();
    let shown = site.get(&path).await.shown();
    let no = site
        .post(&path, &format!("answer=refuse&text={shown}"))
        .await;
    assert_eq!(no.status, StatusCode::OK);
    assert_eq!(site.rows(), rows);
}

#[tokio::test]
async fn r_cons_06_another_site_presses_nothing() {
    let site = Site::untracked().await;
    let path = form(&site).await;
    let rows = site.rows();
    let shown = site.get(&path).await.shown();
    let body = format!("address=nina%40new.example&answer=agree&open=on&text={shown}");
    let headers = [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://www.sample.example"),
    ];
    let answer = site.ask(request("POST", &path, &headers, &body)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(site.rows(), rows);
}

#[tokio::test]
async fn a_form_stands_in_a_frame_of_its_site_and_of_no_other() {
    let site = Site::untracked().await;
    let path = form(&site).await;
    let page = site.get(&path).await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.contains("frame-ancestors https://www.sample.example"),
        "{policy}"
    );
    assert!(policy.contains("default-src 'none'"), "{policy}");
    for gone in ["/f/AAAAAAAAAAAAAAAAAAAAAA", "/f/x", "/f/"] {
        assert_eq!(site.get(gone).await.status, StatusCode::NOT_FOUND, "{gone}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_and_what_was_written_stays() {
    let site = Site::untracked().await;
    let path = form(&site).await;
    let rows = site.rows();
    for (address, ticked, status) in [
        ("not an address", "open=on", 422),
        (NEW, "", 422),
        (NEW, "document=on", 422),
    ] {
        let answer = fill(&site, &path, address, ticked).await;
        assert_eq!(answer.status.as_u16(), status, "{address} {ticked}");
        assert!(answer.text().contains(address));
    }
    let old = site
        .post(&path, "address=a%40b.example&answer=agree&open=on&text=00")
        .await;
    assert_eq!(old.status, StatusCode::CONFLICT);
    assert_eq!(site.rows(), rows);
    for _ in 0..10 {
        fill(&site, &path, NEW, "open=on").await;
    }
    let many = fill(&site, &path, NEW, "open=on").await;
    assert_eq!(many.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn r_age_02_who_agrees_on_a_form_says_how_old_they_are_before_it_counts() {
    let site = Site::untracked().await;
    let found = site.store.workspace(site.workspace).await.unwrap();
    let settings = store::Workspace {
        directed_to_children: true,
        ..found.unwrap()
    };
    let by = || By::user(site.user, START);
    site.store.workspace_update(settings, by()).await.unwrap();
    let path = form(&site).await;
    for (address, said) in [("young@new.example", "below"), (NEW, "reached")] {
        fill(&site, &path, address, "open=on").await;
        site.look_up().await;
        let link = site.confirmation(&site.newest_request().unwrap());
        // The question comes first; neither a press of Yes nor a scanner gets past it.
        let shown = site.get(&link).await.text();
        assert!(
            shown.contains("name=\"age\"") && !shown.contains("value=\"agree\""),
            "{shown}"
        );
        let early = site.post(&link, "answer=agree").await.text();
        assert!(early.contains("name=\"age\""), "{early}");
        assert_eq!(state(&site, address).await, Some(ConsentState::Requested));

        let told = site.post(&link, &format!("age={said}")).await;
        assert_eq!(told.status, StatusCode::OK);
        let done = site.post(&link, "answer=agree").await;
        let expected = if said == "reached" {
            assert!(told.text().contains("value=\"agree\""), "{}", told.text());
            assert_eq!(done.status, StatusCode::OK, "{}", done.text());
            ConsentState::Given
        } else {
            assert_eq!(done.status, StatusCode::CONFLICT, "{}", done.text());
            ConsentState::Withdrawn
        };
        assert_eq!(state(&site, address).await, Some(expected), "{said}");
        // Nobody changes their mind with the next press.
        site.post(&link, "age=reached").await;
        assert_eq!(state(&site, address).await, Some(expected), "{said}");
    }
}
