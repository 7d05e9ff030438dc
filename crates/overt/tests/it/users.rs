//! `overt user`: accounts from the machine, with the real program.

use crate::support::overt::Overt;
use crate::support::process::{run, said};
use crate::support::sink::Sink;
use reqwest::StatusCode;
use reqwest::header::LOCATION;

const NORA: &str = "nora@studio.example";

fn user(overt: &Overt, arguments: &[&str]) -> (i32, String) {
    let output = run(overt.command("user").args(arguments), b"");
    (output.status.code().unwrap(), said(&output))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_invites_somebody_who_chooses_a_password_and_takes_them_out_of_use() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    let (code, text) = user(
        &overt,
        &["invite", NORA, "--name", "Nora New", "--role", "admin"],
    );
    assert_eq!(code, 0, "{text}");
    let link = text
        .lines()
        .find(|l| l.contains("/password/"))
        .unwrap()
        .trim()
        .to_owned();
    assert_eq!(
        user(&overt, &["invite", NORA, "--name", "Nora"]).0,
        1,
        "once"
    );

    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let browser = browser.build().unwrap();
    assert!(
        browser
            .get(&link)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
            .contains("Nora New")
    );
    let post = async |url: &str, form: &str| {
        let sent = browser
            .post(url)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.to_owned());
        sent.send().await.unwrap()
    };
    let chosen = post(&link, "password=a+long+enough+one").await;
    assert_eq!(chosen.status(), StatusCode::SEE_OTHER);
    let origin = link.split("/password/").next().unwrap();
    let sign_in = async || {
        let form = "address=nora%40studio.example&password=a+long+enough+one";
        post(&format!("{origin}/sign-in"), form).await
    };
    assert_eq!(sign_in().await.headers()[LOCATION], "/");

    let (_, listed) = user(&overt, &["list"]);
    let shown = listed.lines().find(|l| l.contains(NORA)).unwrap();
    assert!(shown.contains("admin, signed in"), "{listed}");
    assert_eq!(user(&overt, &["role", NORA, "member"]).0, 0);
    assert_eq!(user(&overt, &["deactivate", NORA]).0, 0);
    assert_ne!(sign_in().await.status(), StatusCode::SEE_OTHER);
    let (code, text) = user(&overt, &["link", NORA]);
    assert!(code == 1 && text.contains("out of use"), "{text}");
    assert_eq!(user(&overt, &["activate", NORA]).0, 0);
    assert_eq!(sign_in().await.status(), StatusCode::SEE_OTHER);

    // The last owner stays, and nobody is invented.
    let (_, listed) = user(&overt, &["list"]);
    let owner = listed.lines().find(|l| l.contains("owner,")).unwrap();
    let owner = owner.split_whitespace().next().unwrap();
    let (code, text) = user(&overt, &["deactivate", owner]);
    assert!(code == 1 && text.contains("needs an owner"), "{text}");
    assert_eq!(user(&overt, &["link", "nobody@studio.example"]).0, 1);
}
