//! The compliance desk: who may what, limits with reasons, the policy, invitations, breaches, papers.

use crate::client::{World, world};
use crate::sample::{NOW, PASSWORD};
use model::{ActKind, ConsentState, Role};
use store::{ActFilter, By};

const LIMITS: &str = "may_track=on&open=individual&click=none&document=none";

async fn invited(w: &World) -> (String, String) {
    let owner = w.browser(w.user(Role::Owner)).await;
    let form = "name=Nora+New&address=nora@sample.example&role=member";
    let answer = owner.post("/compliance/people", form).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let at = answer.text.find("/password/").unwrap();
    let link = answer.text[at..].split('<').next().unwrap().to_owned();
    let users = w.sample.store.users(w.sample.workspace).await.unwrap();
    let nora = users.iter().find(|u| u.name == "Nora New").unwrap();
    (link, nora.id.to_string())
}

/// Each operation of the API with each role: an answer that the role may get, and never another's.
#[tokio::test]
async fn r_gov_02_r_sec_14_every_operation_and_every_role() {
    let w = world().await;
    let document = w.stranger().get("/openapi.json").await.json();
    // Operations that not every role may do. What is not named here is open to all four, or looks at its body before it
    // looks at the role (`write_assessment`).
    let only: &[(&str, &[Role])] = &[
        ("list_webhooks", &[Role::Owner, Role::Admin]),
        ("create_webhook", &[Role::Owner, Role::Admin]),
        ("show_webhook", &[Role::Owner, Role::Admin]),
        ("change_webhook", &[Role::Owner, Role::Admin]),
        ("delete_webhook", &[Role::Owner, Role::Admin]),
        ("rotate_webhook_secret", &[Role::Owner, Role::Admin]),
        ("test_webhook", &[Role::Owner, Role::Admin]),
        ("list_webhook_deliveries", &[Role::Owner, Role::Admin]),
        ("retry_webhook_delivery", &[Role::Owner, Role::Admin]),
        ("send_message", &[Role::Owner, Role::Admin, Role::Member]),
        ("take_consent", &[Role::Owner, Role::Admin, Role::Member]),
        ("enter_contact", &[Role::Owner, Role::Admin, Role::Member]),
        ("import_contacts", &[Role::Owner, Role::Admin, Role::Member]),
        ("note_age", &[Role::Owner, Role::Compliance]),
        ("keep_report", &[Role::Owner, Role::Admin, Role::Member]),
        ("show_report", &[Role::Owner, Role::Admin, Role::Compliance]),
    ];
    let mut seen = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let address = path.replace("{id}", "AAAAAAAAAAAAAAAAAAAAAA");
            let address = match id {
                "show_report" => format!("{address}?month=2026-11"),
                "summary" => format!("{address}?from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z"),
                _ => address,
            };
            let nobody = w.stranger().request(&method.to_uppercase(), &address);
            let nobody = w
                .stranger()
                .raw(nobody.body(axum::body::Body::empty()).unwrap())
                .await;
            assert_eq!(nobody.status(), 401, "{id} without a key");
            for role in Role::ALL {
                let program = w.program(w.user(role)).await;
                let request = program.request(&method.to_uppercase(), &address);
                let answer = program
                    .raw(request.body(axum::body::Body::empty()).unwrap())
                    .await;
                let allowed = only
                    .iter()
                    .find(|(o, _)| *o == id)
                    .is_none_or(|(_, r)| r.contains(&role));
                assert_eq!(
                    answer.status() != 403,
                    allowed,
                    "{id} as {role:?}: {}",
                    answer.status()
                );
                assert_ne!(answer.status(), 401, "{id} as {role:?}");
                assert!(!answer.status().is_server_error(), "{id} as {role:?}");
                seen += 1;
            }
        }
    }
    assert!(seen > 40, "{seen}");
}

#[tokio::test]
async fn r_gov_02_pages_of_the_desk_and_every_role() {
    let w = world().await;
    let (_, nora) = invited(&w).await;
    let limits = format!("/compliance/people/{nora}/limits");
    let (role, active) = (
        format!("/compliance/people/{nora}/role"),
        format!("/compliance/people/{nora}/active"),
    );
    let reset = format!("/compliance/people/{nora}/reset");
    let ann = w
        .sample
        .contact("ann@example.org", "Ann", ConsentState::Given);
    let evidence = format!("/contacts/{}/evidence", ann.await);
    let with_reason = format!("{LIMITS}&reason=her+job");
    // owner, admin, member, compliance
    let cases: [(&str, Option<&str>, [u16; 4]); 26] = [
        ("/compliance", None, [200; 4]),
        ("/compliance/policy", None, [200; 4]),
        ("/compliance/register", None, [200; 4]),
        ("/compliance/register.csv", None, [200; 4]),
        ("/compliance/people", None, [200, 200, 403, 200]),
        ("/compliance/lowered", None, [200, 200, 403, 200]),
        ("/compliance/expiring", None, [200, 200, 403, 200]),
        ("/compliance/consents", None, [200, 200, 403, 200]),
        (
            "/compliance/consents?search=ann&topic=open&state=given",
            None,
            [200, 200, 403, 200],
        ),
        (&evidence, Some(""), [200, 403, 403, 200]),
        ("/compliance/requests", None, [200, 200, 403, 200]),
        ("/compliance/aims", None, [200, 200, 403, 200]),
        ("/compliance/forms", None, [200, 200, 403, 200]),
        ("/compliance/forms", Some("name=News"), [422, 422, 403, 422]),
        (
            "/compliance/aims",
            Some("topic=open&reason=words"),
            [403, 403, 403, 303],
        ),
        ("/compliance/breaches", None, [200, 200, 403, 200]),
        ("/compliance/breaches/new", None, [200, 200, 403, 200]),
        ("/compliance/acts", None, [200, 200, 403, 200]),
        ("/compliance/report", None, [200, 200, 403, 200]),
        ("/compliance/paper/records", None, [200, 200, 403, 200]),
        (&limits, Some(&with_reason), [403, 403, 403, 303]),
        (
            "/compliance/policy",
            Some("body=x&reason=y"),
            [403, 403, 403, 422],
        ),
        (&role, Some("role=member"), [303, 303, 403, 403]),
        (&active, Some("active=true"), [303, 303, 403, 403]),
        (&reset, Some(""), [200, 200, 403, 403]),
        (
            "/compliance/people/review",
            Some("note=all+well"),
            [303, 303, 403, 303],
        ),
    ];
    for (i, r) in Role::ALL.into_iter().enumerate() {
        let browser = w.browser(w.user(r)).await;
        for (path, form, expected) in &cases {
            let answer = match form {
                None => browser.page(path).await,
                Some(form) => browser.post(path, form).await,
            };
            assert_eq!(
                answer.status, expected[i],
                "{path} as {r:?}: {}",
                answer.text
            );
        }
    }
}

#[tokio::test]
async fn r_gov_02_a_limit_needs_a_reason_and_shows_its_history() {
    let w = world().await;
    let (_, nora) = invited(&w).await;
    let desk = w.browser(w.user(Role::Compliance)).await;
    let path = format!("/compliance/people/{nora}/limits");
    assert_eq!(
        desk.post(&path, &format!("{LIMITS}&reason=+")).await.status,
        422
    );
    assert_eq!(
        desk.post(&path, &format!("{LIMITS}&reason=Sales+in+the+north"))
            .await
            .status,
        303
    );
    let page = desk.page("/compliance/people").await.text;
    assert!(
        page.contains("Sales in the north")
            && page.contains("may track, open individual, click none"),
        "{page}"
    );
}

#[tokio::test]
async fn r_gov_02_an_owner_sets_limits_only_while_nobody_has_the_role() {
    let w = world().await;
    let (_, nora) = invited(&w).await;
    let owner = w.browser(w.user(Role::Owner)).await;
    let (path, form) = (
        format!("/compliance/people/{nora}/limits"),
        format!("{LIMITS}&reason=x"),
    );
    assert_eq!(owner.post(&path, &form).await.status, 403);
    let (compliance, by) = (w.user(Role::Compliance).id, By::operator(NOW));
    w.sample
        .store
        .user_set_active(w.sample.workspace, compliance, false, by)
        .await
        .unwrap();
    assert_eq!(owner.post(&path, &form).await.status, 303);
}

#[tokio::test]
async fn somebody_invited_chooses_a_password_and_must_acknowledge_the_policy() {
    let w = world().await;
    let (link, _) = invited(&w).await;
    let stranger = w.stranger();
    assert!(stranger.page(&link).await.text.contains("Nora New"));
    assert_eq!(
        stranger
            .post(&link, "username=x&password=short")
            .await
            .status,
        422
    );
    let password = PASSWORD.replace(' ', "+");
    assert_eq!(
        stranger
            .post(&link, &format!("password={password}"))
            .await
            .status,
        303
    );
    assert_eq!(stranger.page(&link).await.status, 409, "it works once");
    let users = w.sample.store.users(w.sample.workspace).await.unwrap();
    let nora = users.iter().find(|u| u.name == "Nora New").unwrap();
    let browser = w.browser(nora).await;
    let overview = browser.page("/compliance").await.text;
    assert!(
        overview.contains("have not acknowledged") && overview.contains("not granted"),
        "{overview}"
    );
    let version = w
        .sample
        .store
        .policy(w.sample.workspace)
        .await
        .unwrap()
        .version;
    let form = format!("version={version}");
    let acknowledge = "/compliance/policy/acknowledge";
    assert_eq!(
        browser.post(acknowledge, &form).await.status,
        422,
        "the box is not ticked"
    );
    assert_eq!(
        browser
            .post(acknowledge, &format!("{form}&read=on"))
            .await
            .status,
        303
    );
    assert!(
        !browser
            .page("/compliance")
            .await
            .text
            .contains("have not acknowledged")
    );
}

#[tokio::test]
async fn only_an_owner_touches_owners_and_nobody_themselves() {
    let w = world().await;
    let (owner, admin) = (w.user(Role::Owner), w.user(Role::Admin));
    let browser = w.browser(admin).await;
    let role = |id| format!("/compliance/people/{id}/role");
    assert_eq!(
        browser.post(&role(owner.id), "role=member").await.status,
        403
    );
    assert_eq!(
        browser.post(&role(admin.id), "role=member").await.status,
        403
    );
    assert_eq!(
        browser
            .post(&role(w.user(Role::Member).id), "role=owner")
            .await
            .status,
        403
    );
    assert_eq!(
        w.browser(owner)
            .await
            .post(&role(owner.id), "role=admin")
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn r_ropa_02_a_breach_counts_as_reported_only_when_complete() {
    let w = world().await;
    let desk = w.browser(w.user(Role::Compliance)).await;
    let part = "aware=2026-11-21T10:00&from=2026-11-20T10:00&to=2026-11-21T10:00&risk=likely&nature=A+laptop+was+lost\
                &persons=&records=&contact=&consequences=&measures=&delay=";
    let flawed = async |form: String, field: &str, words: &str| {
        let answer = desk.post("/compliance/breaches/new", &form).await;
        assert_eq!(answer.status, 422);
        let (before, _) = answer.text.split_once("aria-invalid").unwrap();
        let name = format!("name=\"{field}\"");
        let tag = before.rsplit('<').next().unwrap();
        assert!(tag.contains(&name), "{field}: {tag}");
        assert!(answer.text.contains(words), "{}", answer.text);
    };
    let told = format!("{part}&authority=on");
    flawed(told, "persons", "kinds and number of persons, kinds").await;
    let ended = part.replace("to=2026-11-21", "to=2026-11-19");
    flawed(ended, "to", "It ended: it ends before it begins").await;
    let early = part.replace("from=2026-11-20T10:00", "from=soon");
    flawed(early, "from", "It began: write a moment").await;
    let saved = desk.post("/compliance/breaches/new", part).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let path = saved.header("location").to_owned();
    let page = desk.page(&path).await.text;
    assert!(
        page.contains("hours left") && page.contains("likely consequences"),
        "{page}"
    );
    let full = part.replace(
        "persons=&records=&contact=&consequences=&measures=",
        "persons=9&records=9&contact=Carl\
                            &consequences=none&measures=locked",
    );
    assert_eq!(
        desk.post(&path, &format!("{full}&authority=on"))
            .await
            .status,
        303
    );
    assert!(desk.page(&path).await.text.contains("told in time"));
    assert!(
        desk.page("/compliance/breaches")
            .await
            .text
            .contains("A laptop was lost")
    );
}

#[tokio::test]
async fn r_ropa_01_r_ropa_04_papers_follow_the_settings() {
    let w = world().await;
    w.sample.messages(w.user(Role::Owner)).await;
    let desk = w.browser(w.user(Role::Compliance)).await;
    let notice = async || desk.page("/compliance/paper/notice").await.text;
    assert!(notice().await.contains("you followed a link"));
    let off = "tracking=on&open=individual&click=none&document=none&reason=x";
    assert_eq!(desk.post("/settings/limits", off).await.status, 303);
    let after = notice().await;
    assert!(
        !after.contains("you followed a link") && after.contains("you opened a mail"),
        "{after}"
    );
    for name in ["records", "impact", "interests", "processor"] {
        let page = desk.page(&format!("/compliance/paper/{name}")).await;
        assert!(
            page.text.contains("A draft") && page.text.contains("<h2>"),
            "{name}"
        );
        let json = desk
            .get(&format!("/compliance/paper/{name}.json"))
            .await
            .json();
        assert_eq!(json["draft"], true);
    }
}

#[tokio::test]
async fn r_gov_01_the_register_as_page_file_and_api() {
    let w = world().await;
    w.sample.messages(w.user(Role::Owner)).await;
    let desk = w.browser(w.user(Role::Compliance)).await;
    let page = desk.page("/compliance/register").await.text;
    assert!(
        page.contains("Olivia Ort") && page.contains("consent"),
        "{page}"
    );
    let csv = desk
        .page("/compliance/register.csv?from=2020-01-01&to=2027-01-01")
        .await;
    assert!(csv.header("content-type").starts_with("text/csv"));
    let program = w.program(w.user(Role::Compliance)).await;
    let items = program
        .get("/api/v1/compliance/register?limit=100")
        .await
        .json()["items"]
        .clone();
    let items = items.as_array().unwrap();
    assert_eq!(csv.text.lines().count() - 1, items.len());
    assert!(
        items.len() > 3
            && items
                .iter()
                .all(|i| !i["tracked"].as_array().unwrap().is_empty())
    );
    // A member sees their own only, and there are none.
    let member = w.program(w.user(Role::Member)).await;
    let own = member.get("/api/v1/compliance/register").await.json();
    assert_eq!(own["items"].as_array().unwrap().len(), 0);
    // Drawing the file is an act.
    let filter = ActFilter {
        kinds: vec![ActKind::RegisterExported],
        limit: 10,
        ..ActFilter::default()
    };
    assert_eq!(
        w.sample
            .store
            .acts(w.sample.workspace, filter)
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn r_gov_03_the_month_as_page_and_api() {
    let w = world().await;
    w.sample.messages(w.user(Role::Owner)).await;
    let program = w.program(w.user(Role::Compliance)).await;
    let month = program
        .get("/api/v1/compliance/report?month=2026-11")
        .await
        .json();
    let figures = month["figures"].as_array().unwrap();
    for about in [
        "Tracked copies",
        "Lowered",
        "Requests of persons",
        "Breaches",
        "Consents",
    ] {
        assert!(
            figures.iter().any(|f| f["about"] == about),
            "{about}: {month}"
        );
    }
    let desk = w.browser(w.user(Role::Compliance)).await;
    assert!(
        desk.page("/compliance/report?month=2026-11")
            .await
            .text
            .contains("Tracked copies")
    );
    assert_eq!(desk.page("/compliance/report?month=soon").await.status, 400);
}

#[tokio::test]
async fn the_desk_opens_with_what_needs_a_hand_today() {
    let w = world().await;
    let desk = w.browser(w.user(Role::Compliance)).await;
    let read = async || desk.page("/compliance").await.text;
    let page = read().await;
    assert!(
        page.contains("Nobody has reviewed who may do what"),
        "{page}"
    );
    assert!(page.contains("your postal address is missing"), "{page}");
    assert!(
        !page.contains("The ledger is not as it was written"),
        "{page}"
    );
    let breach = "aware=2026-11-21T10:00&from=2026-11-20T10:00&to=2026-11-21T10:00&risk=likely&nature=A+laptop\
                  &persons=&records=&contact=&consequences=&measures=&delay=";
    let saved = desk.post("/compliance/breaches/new", breach).await;
    let page = read().await;
    assert!(page.contains(saved.header("location")), "{page}");
    assert!(page.contains("hours left to tell the authority"), "{page}");
    desk.post("/compliance/people/review", "note=all+well")
        .await;
    assert!(!read().await.contains("Nobody has reviewed"));
    // Members see their own part, and nobody else's clocks.
    let member = w.browser(w.user(Role::Member)).await;
    let page = member.page("/compliance").await.text;
    assert!(
        !page.contains("hours left") && !page.contains("/compliance/requests"),
        "{page}"
    );
    assert!(page.contains("href=\"/compliance/register\""), "{page}");
}
