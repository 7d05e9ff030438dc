//! Consents from a site's own form, and the gate of the forms that the desk publishes.

use crate::client::{Answer, Client, World, world};
use crate::sample::NOW;
use model::{ConsentState, Role};
use serde_json::{Value, json};

async fn take(program: &Client, body: &Value) -> Answer {
    let request = program
        .request("POST", "/api/v1/consents")
        .header("content-type", "application/json");
    program
        .send(request.body(body.to_string().into()).unwrap())
        .await
}

fn consent(address: &str) -> Value {
    json!({
        "address": address,
        "language": "de",
        "ticked": ["open", "click"],
        "evidence": {
            "text": "☐ Sagt uns, wann Sie unsere Mails öffnen.\n☐ … welchen Links Sie folgen.",
            "at": "2026-11-21T20:00:00Z",
            "method": "form",
            "page_url": "https://www.sample.example/news",
            "page_kind": "sign_up",
            "who": "Website",
        },
    })
}

/// A workspace that may ask.
async fn asking() -> World {
    let w = world().await;
    let (store, owner) = (&w.sample.store, w.user(Role::Owner));
    let mut workspace = store.workspace(w.sample.workspace).await.unwrap().unwrap();
    workspace.postal_address = "1 Way, Town".into();
    let by = store::By::user(owner.id, NOW);
    store.workspace_update(workspace, by).await.unwrap();
    w
}

async fn state(w: &World, address: &str) -> Option<ConsentState> {
    let address = address.parse().unwrap();
    let known = w
        .sample
        .store
        .contact_by_address(w.sample.workspace, &address);
    known
        .await
        .unwrap()
        .map(|contact| contact.consent.open.state)
}

#[tokio::test]
async fn r_cons_10_with_evidence_it_is_asked_to_be_confirmed_and_no_more() {
    let w = asking().await;
    w.sample
        .contact("known@example.org", "Known", ConsentState::Unknown)
        .await;
    let program = w.program(w.user(Role::Member)).await;
    let mut answers = Vec::new();
    for address in ["known@example.org", "new@example.org"] {
        let answer = take(&program, &consent(address)).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        answers.push(answer.text);
    }
    assert_eq!(answers[0], answers[1], "nobody learns who is known");
    assert_eq!(answers[0], r#"{"state":"requested"}"#);
    assert_eq!(state(&w, "new@example.org").await, None);
    let random = w.app.ambient.random;
    w.sample.store.intakes_take(random, NOW).await.unwrap();
    for address in ["known@example.org", "new@example.org"] {
        assert_eq!(state(&w, address).await, Some(ConsentState::Requested));
    }
    // What the site says it showed is kept with the event; what is confirmed is the workspace's own notice.
    let address = "new@example.org".parse().unwrap();
    let known = w
        .sample
        .store
        .contact_by_address(w.sample.workspace, &address);
    let contact = known.await.unwrap().unwrap();
    assert_eq!(contact.consent.document.state, ConsentState::Unknown);
    let evidence = w
        .sample
        .store
        .consent_evidence(w.sample.workspace, contact.id);
    let evidence = evidence.await.unwrap().unwrap();
    let texts: Vec<_> = evidence
        .texts
        .iter()
        .map(|(_, t, _)| t.body.as_str())
        .collect();
    let has = |needle: &str| texts.iter().any(|text| text.contains(needle));
    assert!(has("https://www.sample.example/news") && has("welchen Links Sie folgen"));
    assert!(has("Wer fragt: Sample, 1 Way, Town"));
    assert_eq!(evidence.opened.events[0].event.method, "api");
}

#[tokio::test]
async fn r_cons_10_without_evidence_it_counts_as_unknown() {
    let w = asking().await;
    w.sample
        .contact("known@example.org", "Known", ConsentState::Unknown)
        .await;
    w.sample
        .contact("no@example.org", "No", ConsentState::Refused)
        .await;
    let program = w.program(w.user(Role::Member)).await;
    for address in ["known@example.org", "no@example.org", "new@example.org"] {
        let mut claim = consent(address);
        claim.as_object_mut().unwrap().remove("evidence");
        let answer = take(&program, &claim).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        assert_eq!(answer.json()["state"], "asserted");
    }
    let random = w.app.ambient.random;
    assert_eq!(w.sample.store.intakes_take(random, NOW).await.unwrap(), 0);
    assert_eq!(
        state(&w, "known@example.org").await,
        Some(ConsentState::Asserted)
    );
    assert_eq!(
        state(&w, "no@example.org").await,
        Some(ConsentState::Refused)
    );
    assert_eq!(state(&w, "new@example.org").await, None);
    // Half of it is none, and it is said what is missing.
    let mut half = consent("known@example.org");
    half["evidence"]["who"] = json!("");
    half["evidence"]["text"] = json!(" ");
    let answer = take(&program, &half).await;
    assert_eq!(
        answer.text,
        r#"{"state":"asserted","missing":["text","who"]}"#
    );
}

#[tokio::test]
async fn r_cons_18_r_cons_19_what_no_form_may_be_is_refused() {
    let w = asking().await;
    let program = w.program(w.user(Role::Owner)).await;
    let refused = async |change: &dyn Fn(&mut Value), field: &str| {
        let mut body = consent("new@example.org");
        change(&mut body);
        let answer = take(&program, &body).await;
        answer.is_problem(422);
        assert!(answer.text.contains(field), "{field}: {}", answer.text);
    };
    refused(
        &|b| b["evidence"]["page_kind"] = json!("policy"),
        "page_kind",
    )
    .await;
    refused(
        &|b| b["evidence"]["page_kind"] = json!("terms"),
        "page_kind",
    )
    .await;
    refused(&|b| b["ticked"] = json!([]), "ticked").await;
    refused(&|b| b["ticked"] = json!(["details"]), "ticked").await;
    refused(&|b| b["ticked"] = json!(["open", "open"]), "ticked").await;
    refused(&|b| b["surprise"] = json!(1), "surprise").await;
    // Also where the rest of the evidence is missing.
    refused(
        &|b| b["evidence"]["page_url"] = json!("https://www.sample.example/en/terms"),
        "page_url",
    )
    .await;
    let nothing_else = json!({ "page_kind": "terms" });
    refused(&|b| b["evidence"] = nothing_else.clone(), "page_kind").await;
    refused(&|b| b["language"] = json!("pt"), "approved text").await;
    refused(
        &|b| b["evidence"]["page_url"] = json!("javascript:alert(1)"),
        "page_url",
    )
    .await;
    refused(&|b| b["evidence"]["at"] = json!("2027-01-01"), "at").await;
    refused(&|b| b["address"] = json!("nobody"), "address").await;

    // A workspace that has not said who it is asks nobody (R-CONS-17).
    let silent = world().await;
    let program = silent.program(silent.user(Role::Owner)).await;
    let answer = take(&program, &consent("new@example.org")).await;
    answer.is_problem(409);
    assert!(answer.text.contains("address"), "{}", answer.text);
}

#[tokio::test]
async fn r_cons_18_the_gate_of_forms_refuses_and_publishes() {
    let w = asking().await;
    let browser = w.browser(w.user(Role::Compliance)).await;
    let form = "name=News&site=https://www.sample.example/news&open=on&click=on";
    for (fields, field) in [
        (format!("{form}&kind=terms"), "terms"),
        (
            format!("{form}&kind=sign_up&details=on"),
            "the limits under Settings",
        ),
        (
            "name=News&site=x&kind=page&open=on".to_owned(),
            "address of a page",
        ),
        (
            "name=News&site=https://a.example/&kind=page".to_owned(),
            "topics",
        ),
    ] {
        let answer = browser.post("/compliance/forms", &fields).await;
        assert_eq!(answer.status, 422, "{fields}");
        assert!(answer.text.contains(field), "{field}: {}", answer.text);
    }
    assert!(
        w.sample
            .store
            .forms(w.sample.workspace)
            .await
            .unwrap()
            .is_empty()
    );
    let published = browser
        .post("/compliance/forms", &format!("{form}&kind=sign_up"))
        .await;
    assert_eq!(published.status, 303, "{}", published.text);
    let forms = w.sample.store.forms(w.sample.workspace).await.unwrap();
    let id = forms[0].form.id;
    let page = browser.page("/compliance/forms").await.text;
    assert!(
        page.contains(&format!("https://t.sample.example/f/{id}")),
        "{page}"
    );
    assert!(
        page.contains("&#60;iframe src="),
        "the snippet is shown, not run: {page}"
    );
    let close = format!("/compliance/forms/{id}/close");
    assert_eq!(browser.post(&close, "").await.status, 303);
    assert_eq!(browser.post(&close, "").await.status, 404);
    assert!(w.sample.store.form_open(id).await.unwrap().is_none());

    // Without a notice that is whole, nothing is published (R-CONS-17).
    let silent = world().await;
    let browser = silent.browser(silent.user(Role::Compliance)).await;
    let answer = browser
        .post("/compliance/forms", &format!("{form}&kind=sign_up"))
        .await;
    assert_eq!(answer.status, 422, "{}", answer.text);
}
