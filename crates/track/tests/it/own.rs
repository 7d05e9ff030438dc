//! The mailbox challenge, and the page behind it.

use crate::site::{Site, request, wait};
use axum::http::StatusCode;
use model::challenge::{CHALLENGE_LIFE, CHALLENGES_MAX};
use model::{Country, Language};

/// Presses "Send me the link" on the person's page; the path of the link in the mail.
async fn challenged(site: &Site) -> String {
    let answer = site.post(&site.person(), "right=own").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    site.challenges().pop().unwrap()
}

#[tokio::test]
async fn r_dsr_10_the_page_says_who_one_is_here() {
    let site = Site::untracked().await;
    let page = site.get(&site.person()).await.text();
    for words in [
        "What else is known about you",
        "<dd>Bob</dd>",
        "<dd>bob@home.example</dd>",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    // The same person by their own id, without a mail in hand.
    let own = site.path(&site.origin.person(&site.ring.person_of(site.contact)));
    let page = site.get(&own).await.text();
    assert!(
        page.contains("Your data at Bright &#38; Co") && page.contains("Your offer"),
        "{page}"
    );
    for words in [
        "<dd>Bob</dd>",
        "Bright &#38; Co wrote to this address.",
        "<dd>not known</dd>",
        "21 November 2026",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    assert!(!page.contains("Is this mail tracked?"));
}

#[tokio::test]
async fn r_dsr_02_the_link_goes_to_the_mailbox_and_works_once() {
    let site = Site::untracked().await;
    let path = challenged(&site).await;
    let page = site.get(&path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    assert!(
        page.text()
            .contains("This link was sent to bob@home.example")
    );

    let before = site.rows();
    let wrong = site
        .post(&path, "right=correct&name=Robert&country=XQ9")
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.contact().await.name, "Bob");

    let done = site
        .post(&path, "right=correct&name=Robert+B&language=de&country=at")
        .await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    let contact = site.contact().await;
    assert_eq!(
        (contact.name.as_str(), contact.language),
        ("Robert B", Some(Language::De))
    );
    assert_eq!(contact.country, "AT".parse::<Country>().ok());
    assert_eq!(site.rows(), before);

    for form in [
        "right=correct&name=Eve",
        "right=erase",
        "right=export",
        "right=data",
    ] {
        let answer = site.post(&path, form).await;
        assert_eq!(answer.status, StatusCode::GONE, "{form}");
    }
    assert_eq!(site.get(&path).await.status, StatusCode::GONE);
    assert_eq!(site.contact().await.name, "Robert B");
}

#[tokio::test]
async fn r_dsr_02_the_link_ends_after_a_day() {
    let site = Site::untracked().await;
    let path = challenged(&site).await;
    wait(CHALLENGE_LIFE);
    assert_eq!(site.get(&path).await.status, StatusCode::GONE);
    let late = site.post(&path, "right=correct&name=Eve").await;
    assert_eq!(
        (late.status, site.contact().await.name.as_str()),
        (StatusCode::GONE, "Bob")
    );
}

/// Who got a forwarded mail may look; what destroys or hands out more is not behind that link.
#[tokio::test]
async fn r_dsr_02_a_forwarded_mails_reader_cannot_erase_correct_or_export() {
    let site = Site::tracked().await;
    let before = site.rows();
    for form in [
        "right=erase",
        "right=export",
        "right=correct&name=Eve",
        "right=erase&answer=agree",
        "right=own&withdraw=all",
    ] {
        let answer = site.post(&site.person(), form).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{form}");
    }
    let token = site.ring.person(site.copy);
    for form in ["right=erase", "right=correct&name=Eve"] {
        let answer = site.post(&format!("/p/own/{token}"), form).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{form}");
    }
    assert_eq!(
        (site.rows(), site.contact().await.name.as_str()),
        (before, "Bob")
    );
}

/// Who got a forwarded mail learns of the other mails to that person how many there are, and nothing else.
#[tokio::test]
async fn r_dsr_02_a_forwarded_mails_reader_sees_that_mail_and_no_other() {
    let site = Site::tracked().await;
    site.get(&site.pixel()).await;
    let none = model::PerAxis::all(model::Mode::None);
    let (_, other, _) = site.send("bob@home.example", "Your diagnosis", none).await;
    let page = site.get(&site.person()).await.text();
    assert!(
        page.contains("Your offer") && page.contains("1 entry"),
        "{page}"
    );
    assert!(
        page.contains("Other mails from Bright &#38; Co to bob@home.example: 1, with 0 entries"),
        "{page}"
    );
    assert!(
        !page.contains("diagnosis") && !page.contains("wrote to this address"),
        "{page}"
    );
    // From the other mail the first is not seen, but that something was recorded of it.
    let page = site
        .get(&site.path(&site.origin.person(&site.ring.person(other))))
        .await
        .text();
    assert!(
        page.contains("Your diagnosis") && !page.contains("Your offer"),
        "{page}"
    );
    assert!(page.contains(": 1, with 1 entries in all"), "{page}");
    assert!(!page.contains("Nothing is recorded about you"), "{page}");
    // Through the mailbox: everything.
    let own = site.path(&site.origin.person(&site.ring.person_of(site.contact)));
    let page = site.get(&own).await.text();
    assert!(
        page.contains("Your diagnosis") && page.contains("Your offer"),
        "{page}"
    );
    assert!(!page.contains("Other mails"), "{page}");
}

#[tokio::test]
async fn r_dsr_02_a_mailbox_is_not_flooded() {
    let site = Site::untracked().await;
    for _ in 0..CHALLENGES_MAX {
        challenged(&site).await;
    }
    let answer = site.post(&site.person(), "right=own").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(site.challenges().len() as i64, CHALLENGES_MAX);
}

#[tokio::test]
async fn r_dsr_02_nobody_learns_whether_an_address_is_known() {
    let site = Site::untracked().await;
    let known = site.post("/p", "address=Bob%40home.example").await;
    site.look_up().await;
    assert_eq!(site.challenges().len(), 1);
    let unknown = site.post("/p", "address=nobody%40home.example").await;
    assert_eq!(known.status, StatusCode::OK);
    assert_eq!(
        (known.status, &known.headers, &known.body),
        (unknown.status, &unknown.headers, &unknown.body)
    );
    // The mailbox is full of challenges: still the same answer.
    for _ in 0..3 {
        let again = site.post("/p", "address=bob%40home.example").await;
        assert_eq!((again.status, &again.body), (known.status, &known.body));
    }
    site.look_up().await;
    assert_eq!(site.challenges().len() as i64, CHALLENGES_MAX);
}

/// Nobody looks while the answer waits, so how long it takes tells nothing: each request writes one row, the same for
/// an address that is known and for one that is not, and does nothing else.
#[tokio::test]
async fn r_dsr_02_the_answer_comes_before_anybody_looks() {
    let site = Site::untracked().await;
    let mut before = site.rows();
    for address in [
        "bob%40home.example",
        "nobody%40home.example",
        "bob%40home.example",
    ] {
        let answer = site.post("/p", &format!("address={address}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        before[0] += 1;
        assert_eq!(site.rows(), before, "{address}");
    }
    assert!(site.challenges().is_empty());
    site.look_up().await;
    assert_eq!(site.challenges().len(), 2);
}

/// While the database does not take the row, everybody is told so alike.
#[tokio::test]
async fn r_dsr_02_with_the_database_away_everybody_is_told_so() {
    let site = Site::untracked().await;
    site.database().execute_batch("drop table knock").unwrap();
    let known = site.post("/p", "address=bob%40home.example").await;
    let unknown = site.post("/p", "address=nobody%40home.example").await;
    assert_eq!(known.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
}

#[tokio::test]
async fn r_sec_11_the_way_in_is_bounded_for_each_network() {
    let site = Site::untracked().await;
    for n in 0..10 {
        let answer = site
            .post("/p", &format!("address=a{n}%40home.example"))
            .await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    for address in ["bob%40home.example", "nobody%40home.example"] {
        let answer = site.post("/p", &format!("address={address}")).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    }
    site.look_up().await;
    assert!(site.challenges().is_empty());
}

#[tokio::test]
async fn the_way_in_takes_addresses_from_its_own_page_only() {
    let site = Site::untracked().await;
    assert_eq!(site.get("/p").await.status, StatusCode::OK);
    for wrong in [
        "",
        "address=",
        "address=bob",
        "address=a%0d%0ab%40c.example",
    ] {
        let answer = site.post("/p", wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let foreign = request(
        "POST",
        "/p",
        &[("sec-fetch-site", "cross-site")],
        "address=bob%40home.example",
    );
    assert_eq!(site.ask(foreign).await.status, StatusCode::FORBIDDEN);
    let page = site
        .ask(request("GET", "/p", &[("accept-language", "it")], ""))
        .await;
    assert!(page.text().contains("Il tuo indirizzo e-mail"));
}

#[tokio::test]
async fn r_dsr_01_everything_is_taken_along_once() {
    let site = Site::tracked().await;
    let path = challenged(&site).await;
    let file = site.post(&path, "right=data").await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.text());
    assert_eq!(file.header("content-type"), Some("application/json"));
    assert_eq!(
        file.header("content-disposition"),
        Some("attachment; filename=\"my-data.json\"")
    );
    let text = file.text();
    assert!(text.contains("bob@home.example") && text.contains("Your offer"));
    assert_eq!(
        site.post(&path, "right=data").await.status,
        StatusCode::GONE
    );
    let page = site.post(&challenged(&site).await, "right=export").await;
    assert!(page.text().starts_with("<!doctype html>"));
    let noted = site.store.requests_of(site.contact).await.unwrap();
    assert_eq!(noted.len(), 2);
    assert!(noted.iter().all(|request| request.answer.is_some()));
}

#[tokio::test]
async fn r_dsr_04_a_person_erases_themselves_through_their_mailbox() {
    let site = Site::tracked().await;
    let (pixel, link) = (site.pixel(), site.link());
    let path = challenged(&site).await;
    let done = site.post(&path, "right=erase").await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    let text = done.text();
    assert!(text.contains("knows nothing about you any more"), "{text}");
    assert!(
        text.contains("overt erasure receipt 1"),
        "the signed receipt is on the page"
    );
    let gone = site.store.contact(site.workspace, site.contact).await;
    assert!(gone.unwrap().is_none());
    // What was mailed goes on working, and leaves nothing.
    assert_eq!(site.get(&pixel).await.status, StatusCode::OK);
    assert_eq!(site.get(&link).await.status, StatusCode::FOUND);
    for path in [path, site.person()] {
        assert_eq!(site.get(&path).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn r_dsr_06_objecting_is_one_press_and_ends_tracking() {
    let site = Site::tracked().await;
    let done = site.post(&site.person(), "right=object").await;
    assert_eq!(done.status, StatusCode::OK);
    assert!(done.text().contains("Done: no more advertising"));
    for topic in [model::Topic::Open, model::Topic::Click] {
        assert_eq!(site.state(topic).await, model::ConsentState::Withdrawn);
    }
    let mark = model::SuppressionKey::new(&[8; 32])
        .mark(site.workspace, &"bob@home.example".parse().unwrap());
    let listed = site
        .store
        .suppressed(site.workspace, vec![mark])
        .await
        .unwrap();
    assert_eq!(listed[0].unwrap().cause, model::SuppressionCause::Objected);
    // Pressed again: the same answer, nothing more.
    let rows = site.rows();
    assert_eq!(
        site.post(&site.person(), "right=object").await.status,
        StatusCode::OK
    );
    assert_eq!(site.rows(), rows);
}

#[tokio::test]
async fn r_with_09_restricting_is_one_press_and_ended_through_the_mailbox() {
    let site = Site::tracked().await;
    let done = site.post(&site.person(), "right=restrict").await;
    assert!(
        done.text().contains("your data is left alone"),
        "{}",
        done.text()
    );
    site.get(&site.pixel()).await;
    assert!(site.hits().await.is_empty());
    let page = site.get(&site.person()).await.text();
    assert!(page.contains("your data is kept and left alone."), "{page}");
    let refused = site.post(&site.person(), "right=release").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let path = challenged(&site).await;
    assert_eq!(
        site.post(&path, "right=release").await.status,
        StatusCode::OK
    );
    site.get(&site.pixel()).await;
    assert_eq!(site.hits().await.len(), 1);
}
