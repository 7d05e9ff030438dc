//! The pages: what they say, who may see them, and that what people write stays text.

use crate::client::{Client, World, world};
use crate::sample::{self, Fate, NOW};
use model::{ConsentState, MessageId, Role, Topic};
use std::time::Duration;

async fn one(w: &World, role: Role, subject: &str, to: &[(&str, Fate)]) -> MessageId {
    w.sample
        .message(w.user(role), subject, Duration::from_mins(200), to)
        .await
}

#[tokio::test]
async fn every_page_is_private_and_runs_nothing_foreign() {
    let w = world().await;
    let id = one(&w, Role::Owner, "Hello", &[("a@x.example", Fate::Read)]).await;
    let browser = w.browser(w.user(Role::Owner)).await;
    let message = format!("/messages/{id}");
    for path in [
        "/",
        "/sign-in",
        "/write",
        "/contacts",
        "/settings",
        "/glossary",
        "/nowhere",
        &message,
    ] {
        let answer = browser.page(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        for forbidden in [
            "style=",
            "onclick=",
            "<script>",
            "http://",
            "https://t.sample",
        ] {
            assert!(!answer.text.contains(forbidden), "{path} has {forbidden}");
        }
    }
}

#[tokio::test]
async fn assets_may_be_kept_for_ever() {
    let w = world().await;
    let page = w.stranger().page("/sign-in").await.text;
    let urls: Vec<&str> = page
        .split('"')
        .filter(|text| text.starts_with("/assets/"))
        .collect();
    assert_eq!(urls.len(), 3);
    for url in urls {
        let answer = w.stranger().get(url).await;
        assert_eq!(answer.status, 200);
        assert!(answer.header("cache-control").contains("immutable"));
    }
    assert_eq!(
        w.stranger()
            .get("/assets/style.000000000000.css")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn the_list_says_what_became_of_each() {
    let w = world().await;
    w.sample.messages(w.user(Role::Owner)).await;
    let browser = w.browser(w.user(Role::Owner)).await;
    let list = browser.page("/").await.text;
    for words in [
        "Read twice, clicked once",
        "Perhaps read",
        "Not tracked: withdrew",
        "Not delivered",
        "Delayed, will be tried again",
        "1 of 3 read; 1 unsure; 2 not tracked; 1 not delivered",
        "anna@sample.example and 5 more",
    ] {
        assert!(list.contains(words), "{words}");
    }
    assert!(
        browser
            .page("/?show=bounced")
            .await
            .text
            .contains("lake house")
    );
    assert!(!browser.page("/?show=bounced").await.text.contains("Lunch?"));
    assert!(browser.page("/?search=LUNCH").await.text.contains("Lunch?"));
    assert!(
        browser
            .page("/?search=nothing")
            .await
            .text
            .contains("Nothing like that")
    );
    assert_eq!(browser.page("/?show=nonsense").await.status, 400);
    assert_eq!(browser.page("/?unknown=1").await.status, 400);
}

#[tokio::test]
async fn older_messages_are_a_page_away() {
    let w = world().await;
    let to = [("a@x.example", Fate::Sent)];
    for n in 0..51_u64 {
        w.sample
            .message(
                w.user(Role::Owner),
                &format!("Number {n}"),
                Duration::from_mins(300 + n),
                &to,
            )
            .await;
    }
    let browser = w.browser(w.user(Role::Owner)).await;
    let first = browser.page("/").await.text;
    assert!(first.contains("Number 49") && !first.contains("Number 50"));
    let older = first
        .split('"')
        .find(|text| text.starts_with("/?") && text.contains("after="))
        .unwrap();
    let second = browser.page(&older.replace("&#38;", "&")).await.text;
    assert!(second.contains("Number 50") && !second.contains("Number 49<"));
}

#[tokio::test]
async fn a_message_tells_how_it_is_known() {
    let w = world().await;
    let id = one(
        &w,
        Role::Owner,
        "Hello",
        &[
            ("a@x.example", Fate::Read),
            ("b@x.example", Fate::NeverAsked),
        ],
    )
    .await;
    let page = w
        .browser(w.user(Role::Owner))
        .await
        .page(&format!("/messages/{id}"))
        .await
        .text;
    for words in [
        "A person opened the mail, seen through Gmail",
        "image proxy fetches when a person opens the mail",
        "A machine fetched link 1: Mail scanner. Not counted",
        "90 % sure",
        "The relay answered: 250 2.0.0 queued as 4F21",
        "This person was never asked whether they agree to be tracked.",
        "No. It is not a web address.",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[tokio::test]
async fn what_people_write_stays_text() {
    let w = world().await;
    let evil = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'><svg onload=alert(1)>",
        "{{ 7 * 7 }} & &lt;b&gt;",
        "</textarea><script>x</script>",
        "\u{202e}<a href=javascript:alert(1)>x</a>",
    ];
    let mut ids = Vec::new();
    for (n, text) in evil.iter().enumerate() {
        let address = format!("\"<script>x{n}</script>\"@x.example");
        w.sample.contact(&address, text, ConsentState::Given).await;
        ids.push(one(&w, Role::Owner, text, &[(address.as_str(), Fate::Sent)]).await);
    }
    let browser = w.browser(w.user(Role::Owner)).await;
    let mut settings = w.sample.settings().await;
    settings.name = evil[0].into();
    w.sample
        .store
        .workspace_update(settings, store::By::operator(crate::sample::NOW))
        .await
        .unwrap();
    let mut pages = vec![
        browser.page("/").await,
        browser.page("/contacts").await,
        browser.page("/settings").await,
        browser.page("/?search=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E").await,
        browser.page("/write?to=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E").await,
        browser.post("/write", "from=x&to=%3Cscript%3E&subject=%22%3E%3Cimg+src%3Dx%3E&body=%3C%2Ftextarea%3E%3Cscript%3E").await,
        browser.post("/settings/identities", "address=%3Cscript%3E&name=%3Cscript%3E").await,
        w.stranger().post("/sign-in", "address=%22%3E%3Cscript%3E&password=x&next=%22%3E%3Cscript%3E").await,
    ];
    for id in ids {
        pages.push(browser.page(&format!("/messages/{id}")).await);
        pages.push(browser.page(&format!("/messages/{id}/row")).await);
    }
    for page in pages {
        let bare = page.text.replace("<script src=\"/assets/", "");
        for forbidden in [
            "<script",
            "<img",
            "<svg onload",
            "<a href=javascript",
            "</textarea><",
        ] {
            let allowed = forbidden == "</textarea><" && bare.contains("</textarea></label>");
            assert!(
                allowed || !bare.contains(forbidden),
                "{forbidden} in {bare}"
            );
        }
    }
}

/// Which pages and forms answer which role, and how.
#[tokio::test]
async fn roles() {
    let w = world().await;
    let contact = w
        .sample
        .contact("a@x.example", "", ConsentState::Unknown)
        .await;
    let limits = "tracking=on&open=none&click=individual&document=none&reason=because";
    let words = "name=New&language=de";
    let ask = format!("/contacts/{contact}/ask");
    let cases: [(&str, Option<&str>, [u16; 4]); 9] = [
        // owner, admin, member, compliance
        ("/write", None, [200, 200, 200, 403]),
        ("/settings", None, [200, 200, 200, 200]),
        ("/settings/limits", Some(limits), [403, 403, 403, 303]),
        ("/settings/workspace", Some(words), [303, 303, 403, 403]),
        ("/settings/relay", Some(""), [200, 200, 403, 403]),
        (
            "/settings/identities",
            Some("address=&name="),
            [422, 422, 403, 403],
        ),
        (
            "/settings/credentials",
            Some("kind=app_password&label=x"),
            [200, 200, 200, 403],
        ),
        (
            "/settings/credentials",
            Some("kind=api_key&label=x"),
            [200, 200, 200, 200],
        ),
        (&ask, Some("ask=true"), [303, 303, 303, 403]),
    ];
    for (role, place) in Role::ALL.into_iter().zip(0..) {
        let browser = w.browser(w.user(role)).await;
        for (path, form, expected) in &cases {
            let answer = match form {
                None => browser.page(path).await,
                Some(form) => browser.post(path, form).await,
            };
            assert_eq!(
                answer.status.as_u16(),
                expected[place],
                "{role:?} {path} {form:?}"
            );
        }
    }
    let workspace = w.sample.settings().await;
    assert_eq!(
        (workspace.name.as_str(), workspace.ceiling.open),
        ("New", model::Mode::None)
    );
}

#[tokio::test]
async fn members_see_their_own_and_the_others_see_all() {
    let w = world().await;
    let own = one(
        &w,
        Role::Member,
        "By the member",
        &[("a@x.example", Fate::Sent)],
    )
    .await;
    let other = one(
        &w,
        Role::Owner,
        "By the owner",
        &[("a@x.example", Fate::Sent)],
    )
    .await;
    let contact = w
        .sample
        .contact("a@x.example", "", ConsentState::Given)
        .await;
    let member = w.browser(w.user(Role::Member)).await;
    let list = member.page("/").await.text;
    assert!(list.contains("By the member") && !list.contains("By the owner"));
    assert!(
        !member
            .page(&format!("/contacts/{contact}"))
            .await
            .text
            .contains("By the owner")
    );
    let statuses = async |client: &Client, id: MessageId| {
        let (page, row) = (format!("/messages/{id}"), format!("/messages/{id}/row"));
        [
            client.page(&page).await.status.as_u16(),
            client.page(&row).await.status.as_u16(),
        ]
    };
    assert_eq!(statuses(&member, own).await, [200, 200]);
    assert_eq!(statuses(&member, other).await, [404, 404]);
    for role in [Role::Owner, Role::Admin, Role::Compliance] {
        assert_eq!(
            statuses(&w.browser(w.user(role)).await, own).await,
            [200, 200],
            "{role:?}"
        );
    }
}

#[tokio::test]
async fn another_workspace_does_not_exist() {
    let w = world().await;
    let id = one(&w, Role::Owner, "Secret", &[("a@x.example", Fate::Sent)]).await;
    let contact = w
        .sample
        .contact("a@x.example", "", ConsentState::Given)
        .await;
    let identity = w
        .sample
        .store
        .identities(w.user(Role::Owner).id)
        .await
        .unwrap()[0]
        .id;
    let foreign = sample::workspace(&w.sample.store, "Foreign", "foreign.example").await;
    let browser = w.browser(&foreign.users[0]).await;
    for path in [
        format!("/messages/{id}"),
        format!("/messages/{id}/row"),
        format!("/contacts/{contact}"),
    ] {
        assert_eq!(browser.page(&path).await.status, 404, "{path}");
    }
    for path in [
        format!("/contacts/{contact}/withdraw"),
        format!("/contacts/{contact}/ask"),
        format!("/settings/identities/{identity}/remove"),
        "/settings/credentials/00000000000000000000000000000000/revoke".into(),
    ] {
        assert_eq!(browser.post(&path, "ask=true").await.status, 404, "{path}");
    }
    assert!(!browser.page("/").await.text.contains("Secret"));
    assert!(!browser.page("/contacts").await.text.contains("a@x.example"));
    let still = w
        .sample
        .store
        .contact(w.sample.workspace, contact)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(still.consent.get(Topic::Open).state, ConsentState::Given);
}

#[tokio::test]
async fn withdrawing_says_what_happens_and_then_does_it() {
    let w = world().await;
    let contact = w
        .sample
        .contact("a@x.example", "", ConsentState::Given)
        .await;
    let browser = w.browser(w.user(Role::Compliance)).await;
    let path = format!("/contacts/{contact}/withdraw");
    let page = browser.page(&path).await;
    assert!(
        page.text.contains("nothing is recorded")
            && page.text.contains("Links in those mails go on working")
    );
    let find = async || {
        w.sample
            .store
            .contact(w.sample.workspace, contact)
            .await
            .unwrap()
            .unwrap()
            .consent
    };
    assert_eq!(
        find().await.summary(NOW),
        ConsentState::Given,
        "looking changes nothing"
    );
    assert_eq!(browser.post(&path, "").await.status, 303);
    assert_eq!(find().await.summary(NOW), ConsentState::Withdrawn);
    let page = browser.page(&format!("/contacts/{contact}")).await.text;
    assert!(page.contains("noted here at their request"));
    assert!(!page.contains("Withdraw on their request"));
}

#[tokio::test]
async fn secrets_are_shown_once_and_can_be_revoked() {
    let w = world().await;
    let browser = w.browser(w.user(Role::Member)).await;
    let page = browser
        .post("/settings/credentials", "kind=api_key&label=My+script")
        .await
        .text;
    let secret = page
        .split("<p><code>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(secret.len(), 26);
    let program = |key: String| {
        let request = w
            .stranger()
            .request("GET", "/api/v1/me")
            .header("authorization", format!("Bearer {key}"));
        let client = w.stranger();
        async move {
            client
                .send(request.body(axum::body::Body::empty()).unwrap())
                .await
                .status
                .as_u16()
        }
    };
    assert_eq!(program(secret.clone()).await, 200);
    let page = browser.page("/settings").await.text;
    assert!(page.contains("My script") && !page.contains(&secret));
    let revoke = page
        .split('"')
        .find(|text| text.ends_with("/revoke"))
        .unwrap()
        .to_owned();
    assert_eq!(browser.post(&revoke, "").await.status, 303);
    assert_eq!(program(secret).await, 401);
    assert_eq!(browser.post(&revoke, "").await.status, 404);
}

#[tokio::test]
async fn a_form_with_a_mistake_keeps_what_was_written() {
    let w = world().await;
    let browser = w.browser(w.user(Role::Owner)).await;
    let form = "from=owner%40sample.example&to=not+an+address&subject=My+subject&body=My+text&track=click&ask=on";
    let answer = browser.post("/write", form).await;
    assert_eq!(answer.status, 422);
    for kept in [
        "value=\"not an address\"",
        "value=\"My subject\"",
        "My text</textarea>",
        "value=\"click\" selected",
    ] {
        assert!(answer.text.contains(kept), "{kept}");
    }
    let stolen = browser
        .post(
            "/write",
            &form
                .replace("owner", "admin")
                .replace("not+an+address", "a%40x.example"),
        )
        .await;
    assert!(stolen.status == 422 && stolen.text.contains("choose one of your identities"));
}

#[tokio::test]
async fn a_written_mail_is_on_its_way() {
    let w = world().await;
    let browser = w.browser(w.user(Role::Owner)).await;
    let form = "from=owner%40sample.example&to=Ann+%3Cann%40x.example%3E&subject=Hi&body=See+https%3A%2F%2Fa.example&track=all";
    let answer = browser.post("/write", form).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let page = browser.page(answer.header("location")).await.text;
    assert!(page.contains("ann@x.example") && page.contains("https://a.example"));
}

#[tokio::test]
async fn many_recipients_are_listed_first_and_told_one_by_one() {
    let w = world().await;
    let addresses: Vec<String> = (0..120).map(|n| format!("p{n}@x.example")).collect();
    let to: Vec<(&str, Fate)> = addresses.iter().map(|a| (a.as_str(), Fate::Sent)).collect();
    let id = one(&w, Role::Owner, "To many", &to).await;
    let browser = w.browser(w.user(Role::Owner)).await;
    let row = browser.page(&format!("/messages/{id}/row")).await.text;
    assert!(row.contains("0 of 120 read") && row.contains("All 120 recipients"));
    let page = browser.page(&format!("/messages/{id}")).await.text;
    assert!(page.contains("120 recipients") && !page.contains("class=\"story\""));
    let copy = page
        .split('"')
        .find(|text| text.contains("?copy="))
        .unwrap()
        .to_owned();
    assert!(browser.page(&copy).await.text.contains("class=\"story\""));
}

#[tokio::test]
async fn who_sets_ceilings_says_which_rules_apply_to_a_contact() {
    let w = world().await;
    let id = w
        .sample
        .contact("a@x.example", "A", ConsentState::Given)
        .await;
    let path = format!("/contacts/{id}/describe");
    for (role, status) in [
        (Role::Member, 403),
        (Role::Compliance, 303),
        (Role::Owner, 303),
    ] {
        let browser = w.browser(w.user(role)).await;
        let page = browser.page(&format!("/contacts/{id}")).await;
        assert_eq!(page.text.contains("Which rules apply"), status == 303);
        let answer = browser.post(&path, "country=uk&client=on").await;
        assert_eq!(answer.status, status, "{role:?}");
    }
    let browser = w.browser(w.user(Role::Owner)).await;
    let page = browser.page(&format!("/contacts/{id}")).await;
    assert!(page.text.contains("value=\"GB\"") && page.text.contains("name=\"client\" checked"));
    let wrong = browser.post(&path, "country=Narnia").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("two letters"), "{}", wrong.text);
}
