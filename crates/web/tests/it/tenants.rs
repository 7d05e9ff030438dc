//! Two workspaces on one instance: every operation of the API and every page, with each role, about what is the
//! other's. What is not one's own answers byte for byte like what does not exist, nothing of it stands in any list,
//! export or page, and nothing of it changes (R-SEC-14; OWASP API1 and API5:2023).
//!
//! Both lists are generated: the operations from the OpenAPI document, the pages from the routers' own source. Whoever
//! adds one finds it tried here, or is told what it needs.

use crate::client::{Answer, Client, World, world};
use crate::sample::{self, Fate, NOW, Sample, random};
use axum::body::Body;
use data_encoding::HEXLOWER;
use model::{AssessmentId, BreachId, RequestId, Right, Role};
use std::collections::BTreeMap;
use std::time::Duration;
use store::{Breach, By, CredentialKind};

const ROUTERS: [&str; 2] = [
    include_str!("../../src/pages/mod.rs"),
    include_str!("../../src/pages/desk.rs"),
];

/// A form that every page of ours reads.
const FORM: &str = "ask=false&country=FR&source=person&where=the+web&when=2026-01-01&who=Olivia&basis=consent\
    &text=yes&at=2026-01-01&method=paper&reason=because&role=member&active=true&may_track=on&open=none&click=none\
    &document=none&note=well&label=phone&kind=api_key&name=Nobody&address=nobody%40theirs.example&language=en\
    &form=limits&tracking=on&title=t&purpose=p&necessity=n&balance=b&review_by=2027-01-01&body=x&version=0&read=on\
    &current=x&new=y&password=short&aware=2026-11-20T10:00&from=2026-11-20T10:00&to=2026-11-20T11:00&risk=unlikely\
    &nature=x&persons=x&records=x&contact=x&consequences=x&measures=x&delay=x&list=&do=test\
    &standing=below&guardian=AAAAAAAAAAAAAAAAAAAAAA";

/// What one workspace has, by what stands in the addresses of it.
struct Things(BTreeMap<&'static str, String>);

impl Things {
    async fn of(s: &Sample) -> Self {
        let owner = s.users.iter().find(|u| u.role == Role::Owner).unwrap();
        let member = s.users.iter().find(|u| u.role == Role::Member).unwrap();
        let to = [
            ("ann@alpha.example", Fate::Read),
            ("bob@alpha.example", Fate::NeverAsked),
        ];
        let message = s
            .message(owner, "Alpha merger", Duration::from_hours(2), &to)
            .await;
        let copy = s.store.copies(message, 9).await.unwrap()[0].clone();
        s.api_key(owner).await;
        let key = &s
            .store
            .credentials(owner.id, CredentialKind::ApiKey)
            .await
            .unwrap()[0];
        let by = || By::user(owner.id, NOW);
        let breach = Breach {
            id: BreachId(random()),
            aware_at: NOW - Duration::from_hours(9),
            from: NOW - Duration::from_hours(20),
            to: NOW,
            risk: model::breach::Risk::Likely,
            account: model::breach::Account {
                nature: "Alpha laptop".into(),
                ..Default::default()
            },
            authority_told_at: None,
            persons_told_at: None,
        };
        s.store
            .breach_write(s.workspace, breach.clone(), by())
            .await
            .unwrap();
        let assessment = store::Assessment {
            id: AssessmentId(random()),
            title: "Alpha fair".into(),
            purpose: "p".into(),
            necessity: "n".into(),
            balance: "b".into(),
            author: "Alpha author".into(),
            at: NOW,
            review_by: NOW + Duration::from_hours(2_000),
        };
        s.store
            .assessment_keep(s.workspace, assessment.clone(), by())
            .await
            .unwrap();
        let request = store::NewRequest {
            id: RequestId(random()),
            contact: Some(copy.contact),
            right: Right::Access,
            note: "Alpha asks".into(),
        };
        s.store
            .request_add(s.workspace, request, NOW)
            .await
            .unwrap();
        let webhook = model::WebhookId(random());
        let new = store::NewWebhook {
            label: "Alpha CRM".into(),
            url: "https://crm.alpha.example/".into(),
            events: Vec::new(),
        };
        s.store
            .webhook_create(s.workspace, webhook, new, by())
            .await
            .unwrap();
        s.store
            .webhook_test(s.workspace, webhook, NOW)
            .await
            .unwrap();
        let told = &s.store.webhook_log(s.workspace, webhook, 9).await.unwrap()[0];
        let draft = model::form::FormDraft {
            name: "Alpha news".into(),
            page: "https://www.alpha.example/news".into(),
            kind: "sign_up".into(),
            topics: vec![model::Topic::Open],
        };
        let form = draft.publish(model::FormId(random())).unwrap();
        let form_id = form.id;
        s.store.form_publish(s.workspace, form, by()).await.unwrap();
        Self(BTreeMap::from([
            ("forms", form_id.to_string()),
            ("webhooks", webhook.to_string()),
            ("deliveries", told.id.to_string()),
            ("messages", message.to_string()),
            ("copies", copy.id.to_string()),
            ("contacts", copy.contact.to_string()),
            ("people", member.id.to_string()),
            ("breaches", breach.id.to_string()),
            (
                "identities",
                s.store.identities(owner.id).await.unwrap()[0]
                    .id
                    .to_string(),
            ),
            ("credentials", HEXLOWER.encode(&key.id)),
            ("assessments", assessment.id.to_string()),
        ]))
    }

    /// Ids like these that name nothing.
    fn made_up(&self) -> Self {
        let id = |text: &String| match text.len() {
            32 => "ab".repeat(16),
            _ => "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        };
        Self(
            self.0
                .iter()
                .map(|(name, text)| (*name, id(text)))
                .collect(),
        )
    }

    /// A path of a router with these ids in it; none if it names no object.
    fn fill(&self, path: &str) -> Option<String> {
        let mut parts: Vec<&str> = Vec::new();
        let mut filled = false;
        for part in path.split('/') {
            if !part.starts_with('{') {
                parts.push(part);
                continue;
            }
            let noun = *parts.last().unwrap();
            parts.push(
                self.0
                    .get(noun)
                    .unwrap_or_else(|| panic!("{path}: give Things a {noun}")),
            );
            filled = true;
        }
        filled.then(|| parts.join("/"))
    }

    /// What an answer says, without the ids that were asked for.
    fn blind(&self, answer: &Answer) -> (u16, String, String) {
        let blind = |text: &str| {
            self.0
                .values()
                .fold(text.to_owned(), |text, id| text.replace(id, "ID"))
        };
        (
            answer.status.as_u16(),
            blind(answer.header("location")),
            blind(&answer.text),
        )
    }
}

/// Method and path of every page: what stands in the routers.
fn pages() -> Vec<(&'static str, &'static str)> {
    let mut pages = Vec::new();
    for routes in ROUTERS
        .iter()
        .flat_map(|source| source.split(".route(").skip(1))
    {
        let mut parts = routes.splitn(3, '"');
        let (path, rest) = (parts.nth(1).unwrap(), parts.next().unwrap());
        let handlers = rest.split_once("fn ").map_or(rest, |(before, _)| before);
        let methods = [("GET", "get("), ("POST", "post(")];
        let there = methods.iter().filter(|(_, word)| handlers.contains(word));
        pages.extend(there.map(|(method, _)| (*method, path)));
    }
    pages
}

/// Method and path of every operation of the API.
async fn operations(w: &World) -> Vec<(String, String)> {
    let document = w.stranger().get("/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, methods): (&String, &serde_json::Value)| {
        let methods = methods.as_object().unwrap().keys();
        methods
            .map(|method| (method.to_uppercase(), path.clone()))
            .collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

async fn ask(client: &Client, method: &str, path: &str) -> Answer {
    if method == "GET" {
        return client.page(path).await;
    }
    if method == "POST" {
        return client.post(path, FORM).await;
    }
    let request = client
        .request(method, path)
        .header("content-type", "application/json");
    let body = match method {
        "PUT" => r#"{"standing": "below", "reason": "because"}"#,
        _ => "{}",
    };
    client.send(request.body(Body::from(body)).unwrap()).await
}

/// Everything that an answer may be compared by, of everything that the first workspace has.
async fn everything(s: &Sample) -> String {
    let mut all = String::new();
    for member in s.store.members(s.workspace).await.unwrap() {
        all += &format!("{:?} {:?}\n", member.user.role, member.limits);
        all += &format!(
            "{:?}\n",
            s.store.identities(member.user.id).await.unwrap().len()
        );
        for kind in [CredentialKind::ApiKey, CredentialKind::Session] {
            all += &format!(
                "{}\n",
                s.store
                    .credentials(member.user.id, kind)
                    .await
                    .unwrap()
                    .len()
            );
        }
    }
    let contacts = store::ContactFilter {
        limit: 100,
        ..Default::default()
    };
    for contact in s.store.contacts(s.workspace, contacts).await.unwrap() {
        all += &format!("{contact:?}\n");
    }
    let acts = store::ActFilter {
        limit: 1_000,
        ..Default::default()
    };
    all += &format!("{}\n", s.store.acts(s.workspace, acts).await.unwrap().len());
    all += &format!("{:?}\n", s.store.breaches(s.workspace).await.unwrap());
    all += &format!("{:?}\n", s.settings().await);
    all
}

async fn two() -> (World, Sample, Things) {
    let w = world().await;
    let alpha = sample::workspace(&w.sample.store, "Alpha", "alpha.example").await;
    let things = Things::of(&alpha).await;
    (w, alpha, things)
}

#[tokio::test]
async fn r_sec_14_what_is_anothers_answers_like_what_does_not_exist() {
    let (w, alpha, theirs) = two().await;
    let (nothing, before) = (theirs.made_up(), everything(&alpha).await);
    let mut tried = 0;
    for role in Role::ALL {
        let (program, browser) = (w.program(w.user(role)).await, w.browser(w.user(role)).await);
        let mut all: Vec<(String, String, &Client)> = Vec::new();
        for (method, path) in operations(&w).await {
            all.push((
                method,
                path.replace("copies/{copy}", "copies/{id}"),
                &program,
            ));
        }
        let own =
            |path: &str| path.starts_with("/password/") || path.starts_with("/compliance/paper/");
        for (method, path) in pages().into_iter().filter(|(_, path)| !own(path)) {
            all.push((method.into(), path.into(), &browser));
        }
        for (method, path, client) in all {
            let (Some(foreign), Some(absent)) = (theirs.fill(&path), nothing.fill(&path)) else {
                continue;
            };
            let foreign = theirs.blind(&ask(client, &method, &foreign).await);
            let absent = nothing.blind(&ask(client, &method, &absent).await);
            assert!(
                matches!(foreign.0, 403 | 404),
                "{method} {path} as {role:?}: {foreign:?}"
            );
            assert_eq!(foreign, absent, "{method} {path} as {role:?}");
            tried += 1;
        }
        // A copy or a mail of theirs, named in a query beside one's own.
        let own = w.sample.message(
            w.user(Role::Owner),
            "Ours",
            Duration::from_hours(1),
            &[("x@ours.example", Fate::Sent)],
        );
        let own = own.await;
        for things in [&theirs, &nothing] {
            let copy = &things.0["copies"];
            assert_eq!(
                browser
                    .page(&format!("/messages/{own}?copy={copy}"))
                    .await
                    .status,
                404
            );
            assert_eq!(
                program
                    .get(&format!("/api/v1/messages/{own}/copies/{copy}"))
                    .await
                    .status,
                404
            );
        }
    }
    assert!(tried > 60, "{tried}");
    assert_eq!(
        everything(&alpha).await,
        before,
        "nothing of theirs has changed"
    );
}

/// The same requests by the workspace's own people do something: the test above does not fail to find what is there.
#[tokio::test]
async fn r_sec_14_the_same_requests_work_at_home() {
    let (w, alpha, things) = two().await;
    let at_home = |role| alpha.users.iter().find(|u| u.role == role).unwrap();
    let mut clients = Vec::new();
    for role in [Role::Owner, Role::Compliance] {
        clients.push((
            w.program(at_home(role)).await,
            w.browser(at_home(role)).await,
        ));
    }
    let mut all: Vec<(bool, String, String)> = Vec::new();
    for (method, path) in operations(&w).await {
        all.push((true, method, path.replace("copies/{copy}", "copies/{id}")));
    }
    all.extend(
        pages()
            .into_iter()
            .map(|(method, path)| (false, method.into(), path.into())),
    );
    // What is deleted is not there for the others.
    all.sort_by_key(|(_, method, _)| method == "DELETE");
    for (api, method, path) in all {
        if path.starts_with("/password/") || path.starts_with("/compliance/paper/") {
            continue;
        }
        // Works where a guardian agreed, which has a test of its own.
        if path.ends_with("/guardian") {
            continue;
        }
        let Some(filled) = things.fill(&path) else {
            continue;
        };
        let mut answers = Vec::new();
        for (program, browser) in &clients {
            answers.push(
                ask(if api { program } else { browser }, &method, &filled)
                    .await
                    .status
                    .as_u16(),
            );
        }
        assert!(
            answers.iter().any(|status| *status < 400),
            "{method} {path}: {answers:?}"
        );
    }
}

#[tokio::test]
async fn r_sec_14_no_list_page_or_export_shows_what_is_anothers() {
    let (w, alpha, theirs) = two().await;
    let message = [("x@ours.example", Fate::Read)];
    w.sample
        .message(
            w.user(Role::Member),
            "Ours",
            Duration::from_hours(1),
            &message,
        )
        .await;
    let mut secrets: Vec<String> = theirs.0.values().cloned().collect();
    secrets.extend(alpha.users.iter().map(|u| u.id.to_string()));
    secrets.push(alpha.workspace.to_string());
    let queries = BTreeMap::from([
        (
            "/api/v1/summary",
            "from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z",
        ),
        ("/api/v1/compliance/report", "month=2026-11"),
        ("/api/v1/list-cleaning", "since=2026-11-30"),
        ("/api/v1/suppression", "address=ann@alpha.example"),
        ("/compliance/register.csv", "from=2026-01-01&to=2027-01-01"),
        ("/compliance/acts", "from=2026-01-01&to=2027-01-01"),
    ]);
    for role in Role::ALL {
        let (program, browser) = (w.program(w.user(role)).await, w.browser(w.user(role)).await);
        let api = operations(&w).await;
        let api = api
            .iter()
            .filter(|(method, path)| method == "GET" && path != "/api/v1/events");
        let paths = api.map(|(_, path)| path.as_str());
        let paths = paths.chain(
            pages()
                .into_iter()
                .filter(|(m, _)| *m == "GET")
                .map(|(_, path)| path),
        );
        let mut read = 0;
        for path in paths.filter(|path| !path.contains("{id}") && !path.contains("{secret}")) {
            let query = queries
                .get(path)
                .map_or(String::new(), |query| format!("?{query}"));
            for name in [
                "records",
                "impact",
                "interests",
                "processor",
                "notice",
                "records.json",
            ] {
                let path = format!("{}{query}", path.replace("{name}", name));
                let client = if path.starts_with("/api/") {
                    &program
                } else {
                    &browser
                };
                let answer = client.page(&path).await;
                assert!(
                    matches!(answer.status.as_u16(), 200 | 303 | 403),
                    "{path} as {role:?}: {}",
                    answer.text
                );
                let text = answer.text.to_lowercase();
                assert!(!text.contains("alpha"), "{path} as {role:?}: {text}");
                for secret in &secrets {
                    assert!(
                        !answer.text.contains(secret),
                        "{path} as {role:?} shows {secret}"
                    );
                }
                read += 1;
                if !path.contains("/paper/") {
                    break;
                }
            }
        }
        assert!(read > 30, "{read}");
        // Asked for by name, they are not found either.
        for path in [
            "/?search=Alpha",
            "/contacts?search=ann",
            "/api/v1/messages?search=Alpha",
            "/api/v1/contacts?search=ann",
        ] {
            let answer = program.get(path).await.text + &browser.page(path).await.text;
            assert!(
                secrets.iter().all(|secret| !answer.contains(secret)),
                "{path}"
            );
            assert!(
                !answer.contains("ann@alpha") && !answer.contains("Alpha merger"),
                "{path}"
            );
        }
    }
}

/// Nobody sends with an identity or an assessment of the other workspace.
#[tokio::test]
async fn r_sec_14_nothing_of_anothers_can_be_used_to_send() {
    let (w, _, theirs) = two().await;
    let owner = w.program(w.user(Role::Owner)).await;
    let mail =
        |from: &str| format!("From: {from}\r\nTo: x@ours.example\r\nSubject: s\r\n\r\nhello\r\n");
    let forged = owner
        .mail(
            "?from=owner@alpha.example&to=x@ours.example",
            mail("owner@alpha.example"),
        )
        .await;
    assert_eq!(forged.status, 403, "{}", forged.text);
    let cold = async |assessment: &str| {
        let query = format!(
            "?from=owner@sample.example&to=x@ours.example&class=cold&assessment={assessment}"
        );
        let answer = owner.mail(&query, mail("owner@sample.example")).await;
        let copies = answer.json()["copies"].clone();
        (
            answer.status,
            copies[0]["refusal"].clone(),
            copies[0]["state"].clone(),
        )
    };
    let (foreign, absent) = (
        cold(&theirs.0["assessments"]).await,
        cold("AAAAAAAAAAAAAAAAAAAAAA").await,
    );
    assert_eq!(foreign, absent);
    let request = owner
        .request("POST", "/api/v1/reports")
        .header("content-type", "message/rfc822");
    let none = owner
        .send(request.body(Body::from("nothing")).unwrap())
        .await;
    assert_eq!(none.status, 422);
}
