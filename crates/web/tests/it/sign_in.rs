//! Signing in and out, sessions, guessing, and requests from other sites.

use crate::client::world;
use crate::sample::{NOW, PASSWORD, app};
use axum::body::Body;
use model::Role;
use std::time::Duration;

#[tokio::test]
async fn a_session_is_a_strict_cookie_and_ends() {
    let w = world().await;
    let form = format!(
        "address=OWNER%40sample.example&password={}",
        PASSWORD.replace(' ', "+")
    );
    let answer = w.stranger().post("/sign-in", &form).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, "/")
    );
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.starts_with("overt=")
            && cookie.contains("HttpOnly")
            && cookie.contains("SameSite=Lax")
    );
    assert!(!cookie.contains("Secure"), "http has no secure cookies");

    let browser = w.browser(w.user(Role::Owner)).await;
    assert_eq!(browser.page("/").await.status, 200);
    assert_eq!(
        browser.post("/sign-out", "").await.header("location"),
        "/sign-in"
    );
    assert_eq!(browser.page("/").await.header("location"), "/sign-in");
}

#[tokio::test]
async fn over_tls_the_cookie_is_bound_to_the_host() {
    let w = world().await;
    let https = web::router(app(w.sample.store.clone(), "https://overt.test"));
    let form = format!(
        "address=owner%40sample.example&password={}",
        PASSWORD.replace(' ', "+")
    );
    let request = w
        .stranger()
        .request("POST", "/sign-in")
        .header("content-type", "application/x-www-form-urlencoded");
    let response = tower::ServiceExt::oneshot(https, request.body(Body::from(form)).unwrap())
        .await
        .unwrap();
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(
        cookie.starts_with("__Host-overt=")
            && cookie.contains("Path=/")
            && cookie.ends_with("; Secure")
    );
    assert!(response.headers().contains_key("strict-transport-security"));
}

#[tokio::test]
async fn wrong_passwords_and_unknown_addresses_look_the_same() {
    let w = world().await;
    let wrong = w
        .stranger()
        .post("/sign-in", "address=owner%40sample.example&password=wrong")
        .await;
    let unknown = w
        .stranger()
        .post("/sign-in", "address=nobody%40sample.example&password=wrong")
        .await;
    assert_eq!((wrong.status.as_u16(), unknown.status.as_u16()), (422, 422));
    assert!(wrong.headers.get("set-cookie").is_none());
    assert_eq!(
        wrong.text.replace("owner@", ""),
        unknown.text.replace("nobody@", "")
    );
}

#[tokio::test]
async fn guessing_is_slowed_down_for_one_account_only() {
    let w = world().await;
    for _ in 0..10 {
        w.stranger()
            .post("/sign-in", "address=owner%40sample.example&password=wrong")
            .await;
    }
    let form = format!(
        "address=owner%40sample.example&password={}",
        PASSWORD.replace(' ', "+")
    );
    assert_eq!(w.stranger().post("/sign-in", &form).await.status, 429);
    w.browser(w.user(Role::Member)).await;
}

#[tokio::test]
async fn after_signing_in_one_is_where_one_wanted_to_be_and_nowhere_else() {
    let w = world().await;
    let to = w.stranger().page("/contacts?search=a%26b").await;
    assert_eq!(
        to.header("location"),
        "/sign-in?next=%2Fcontacts%3Fsearch%3Da%2526b"
    );
    let form = |next| {
        format!(
            "address=owner%40sample.example&password={}&next={next}",
            PASSWORD.replace(' ', "+")
        )
    };
    let there = w
        .stranger()
        .post("/sign-in", &form("%2Fcontacts%3Fsearch%3Da%2526b"))
        .await;
    assert_eq!(there.header("location"), "/contacts?search=a%26b");
    let evil = w
        .stranger()
        .post("/sign-in", &form("%2F%2Fevil.example"))
        .await;
    assert_eq!(evil.header("location"), "/");
}

#[tokio::test]
async fn idle_and_old_sessions_end() {
    let w = world().await;
    let (store, user) = (&w.sample.store, w.user(Role::Owner));
    let secret = model::Secret::new([3; 16]);
    let days = |n: u64| Duration::from_hours(24 * n);
    let session = store::CredentialKind::Session;
    store
        .credential_create(
            session,
            [3; 16],
            user.id,
            "",
            secret.digest(),
            NOW,
            Some(NOW + days(14)),
        )
        .await
        .unwrap();
    let idle = Duration::from_hours(12);
    let mut now = NOW;
    while now < NOW + days(13) {
        assert!(
            store
                .session_user(secret.digest(), now, idle)
                .await
                .unwrap()
                .is_some()
        );
        now = now + Duration::from_hours(11);
    }
    assert!(
        store
            .session_user(secret.digest(), now + idle, idle)
            .await
            .unwrap()
            .is_none(),
        "idle"
    );
    assert!(
        store
            .session_user(secret.digest(), NOW + days(14), days(30))
            .await
            .unwrap()
            .is_none(),
        "old"
    );
}

#[tokio::test]
async fn other_sites_can_change_nothing() {
    let w = world().await;
    let browser = w.browser(w.user(Role::Owner)).await;
    let post = |site: Option<&str>, origin: Option<&str>| {
        let mut request = browser
            .request("POST", "/settings/identities")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "text/html");
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        browser.send(
            request
                .body(Body::from("address=new%40sample.example&name=New"))
                .unwrap(),
        )
    };
    for (site, origin) in [
        (Some("cross-site"), None),
        (Some("same-site"), Some("http://overt.test")),
        (None, Some("http://evil.example")),
        (None, Some("null")),
    ] {
        assert_eq!(post(site, origin).await.status, 403, "{site:?} {origin:?}");
    }
    assert_eq!(
        w.sample
            .store
            .identities(w.user(Role::Owner).id)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(post(None, Some("http://overt.test")).await.status, 303);
}

#[tokio::test]
async fn a_new_password_ends_other_sessions() {
    let w = world().await;
    let user = w.user(Role::Member);
    let (here, elsewhere) = (w.browser(user).await, w.browser(user).await);
    let wrong = here
        .post("/settings/password", "current=wrong&new=a+new+long+one")
        .await;
    assert_eq!(wrong.status, 422);
    let current = PASSWORD.replace(' ', "+");
    assert_eq!(
        here.post(
            "/settings/password",
            &format!("current={current}&new=short")
        )
        .await
        .status,
        422
    );
    let done = here
        .post(
            "/settings/password",
            &format!("current={current}&new=a+new+long+one"),
        )
        .await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert!(done.header("set-cookie").starts_with("overt="));
    assert_eq!(elsewhere.page("/").await.status, 303);
    let form = format!("address={}&password=a+new+long+one", user.address);
    assert_eq!(w.stranger().post("/sign-in", &form).await.status, 303);
}
