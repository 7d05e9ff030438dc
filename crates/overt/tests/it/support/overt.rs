//! One instance of Overt: set up with `overt init`, run with `overt serve`, used by its owner through the dashboard,
//! the API and SMTP.

use super::database::Database;
use super::dialogue::Dialogue;
use super::mail::html_mail;
use super::process::{Process, overt, run, said};
use super::reader::{Reader, form};
use super::sink::Sink;
use super::{PATIENCE, free_port, until};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use wire::smtp::{Credentials, Envelope, Recipient, Relay, Reply, Security, Timeouts};

pub(crate) const OWNER: &str = "dana@studio.example";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// An instance.
pub(crate) struct Overt {
    pub(crate) folder: TempDir,
    pub(crate) admin: String,
    pub(crate) tracker: String,
    pub(crate) smtp: SocketAddr,
    environment: Vec<(String, String)>,
    process: Option<Process>,
    pub(crate) app_password: String,
    pub(crate) api_key: String,
    http: Client,
}

impl Overt {
    /// Set up and running, everything going to the sink.
    pub(crate) async fn start(sink: &Sink) -> Self {
        Self::with(&Database::Sqlite, sink.port, &[]).await
    }

    /// Set up and running on this database, with a relay on this port and these settings (`RELAY__PORT`: no prefix).
    pub(crate) async fn with(database: &Database, relay: u16, settings: &[(&str, &str)]) -> Self {
        let mut overt = Self::set_up(database, relay, settings).await;
        overt.serve(&[]).await;
        overt.sign_up().await;
        overt
    }

    /// `overt init`, and nothing more.
    pub(crate) async fn set_up(database: &Database, relay: u16, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = database.create().await;
        let [admin, tracker, smtp] = [free_port(), free_port(), free_port()];
        let at = |port| format!("http://127.0.0.1:{port}");
        let mut init = overt();
        init.arg("init").arg("--dir").arg(folder.path()).args([
            "--workspace",
            "Studio Dana",
            "--postal-address",
            "1 Sample Street, Sample Town",
            "--owner",
            OWNER,
        ]);
        init.args([
            "--name",
            "Dana",
            "--password-stdin",
            "--admin-origin",
            &at(admin),
            "--tracker-origin",
            &at(tracker),
        ]);
        init.args([
            "--relay-host",
            "127.0.0.1",
            "--relay-port",
            &relay.to_string(),
            "--relay-security",
            "none",
        ]);
        init.args(["--database", &database]);
        let output = run(&mut init, format!("{PASSWORD}\n").as_bytes());
        assert!(output.status.success(), "{}", said(&output));

        let listeners = [
            ("ADMIN__LISTEN", format!("127.0.0.1:{admin}")),
            ("TRACKER__LISTEN", format!("127.0.0.1:{tracker}")),
            ("SUBMIT__LISTEN", format!("[\"127.0.0.1:{smtp}\"]")),
            ("RETRY__FIRST_SECONDS", "1".to_owned()),
            // Made-up domains have no records; tests of that have a name server of their own.
            ("PREFLIGHT__LOOK_UP", "false".to_owned()),
        ];
        let given = settings
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        let environment = listeners.into_iter().chain(given);
        Self {
            folder,
            admin: at(admin),
            tracker: at(tracker),
            smtp: SocketAddr::from((Ipv4Addr::LOCALHOST, smtp)),
            environment: environment
                .map(|(name, value)| (format!("OVERT_{name}"), value))
                .collect(),
            process: None,
            app_password: String::new(),
            api_key: String::new(),
            http: Client::builder()
                .redirect(Policy::none())
                .timeout(PATIENCE)
                .build()
                .unwrap(),
        }
    }

    /// The command with this instance's configuration.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = overt();
        command
            .arg(name)
            .arg("--config")
            .arg(self.folder.path().join("overt.toml"));
        command.envs(self.environment());
        command
    }

    /// Its settings, as they stand in the environment.
    pub(crate) fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        self.environment
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Changes a setting for the next start.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment
            .push((format!("OVERT_{name}"), value.to_owned()));
    }

    /// `overt serve`, all roles or some; returns when it is ready.
    pub(crate) async fn serve(&mut self, roles: &[&str]) {
        let mut command = self.command("serve");
        command.args(roles.iter().flat_map(|role| ["--role", role]));
        self.run(command).await;
    }

    /// Runs a command that serves.
    pub(crate) async fn run(&mut self, command: Command) {
        let mut process = Process::start(command);
        assert!(
            process.says(" ready\n").await,
            "it does not start:\n{}",
            process.log()
        );
        self.process = Some(process);
    }

    pub(crate) fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("it is not running")
    }

    /// SIGKILL, as by a crash.
    pub(crate) fn kill9(&mut self) {
        self.process().kill9();
    }

    /// SIGTERM. It must end soon and well.
    pub(crate) fn stop(&mut self) {
        let code = self.process().stop();
        assert_eq!(code, 0, "{}", self.process().log());
    }

    /// All of it in the folder of the instance.
    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    /// The owner signs in and makes an app password and an API key, on the pages for that.
    pub(crate) async fn sign_up(&mut self) {
        let cookie = self.sign_in().await;
        self.app_password = self.new_secret(&cookie, "app_password").await;
        self.api_key = self.new_secret(&cookie, "api_key").await;
    }

    /// Signs in with the form; the session's cookie.
    pub(crate) async fn sign_in(&self) -> String {
        let answer = self
            .submit_form(
                "/sign-in",
                "",
                &[("address", OWNER), ("password", PASSWORD)],
            )
            .await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    async fn new_secret(&self, cookie: &str, kind: &str) -> String {
        let answer = self
            .submit_form(
                "/settings/credentials",
                cookie,
                &[("kind", kind), ("label", "test")],
            )
            .await;
        let page = answer.text().await.unwrap();
        let shown = page
            .split("class=\"secret\"")
            .nth(1)
            .and_then(|rest| rest.split("<code>").nth(1));
        shown
            .and_then(|rest| rest.split("</code>").next())
            .expect(&page)
            .to_owned()
    }

    /// Sends a form of the dashboard, as a browser does.
    pub(crate) async fn submit_form(
        &self,
        path: &str,
        cookie: &str,
        fields: &[(&str, &str)],
    ) -> Response {
        let request = self
            .http
            .post(format!("{}{path}", self.admin))
            .header("cookie", cookie);
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "text/html");
        let request = request
            .header("origin", &self.admin)
            .header("sec-fetch-site", "same-origin");
        request
            .body(form(fields.iter().copied()))
            .send()
            .await
            .unwrap()
    }

    /// A page of the dashboard.
    pub(crate) async fn page(&self, path: &str, cookie: &str) -> String {
        let request = self.http.get(format!("{}{path}", self.admin));
        let answer = request.header("cookie", cookie).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.text().await.unwrap()
    }

    /// A request to the API with the owner's key.
    pub(crate) async fn api(&self, path: &str) -> Value {
        let answer = self
            .http
            .get(format!("{}/api/v1/{path}", self.admin))
            .bearer_auth(&self.api_key)
            .send()
            .await;
        let answer = answer.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// A POST of JSON to the API with the owner's key.
    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Response {
        let url = format!("{}/api/v1/{path}", self.admin);
        let request = self.http.post(url).bearer_auth(&self.api_key);
        let request = request.header("content-type", "application/json");
        request.body(body.to_string()).send().await.unwrap()
    }

    /// `POST /api/v1/messages`.
    pub(crate) async fn post_mail(&self, query: &str, mail: &[u8]) -> Response {
        let url = format!("{}/api/v1/messages?{query}", self.admin);
        let request = self
            .http
            .post(url)
            .bearer_auth(&self.api_key)
            .header("content-type", "message/rfc822");
        request.body(mail.to_vec()).send().await.unwrap()
    }

    /// Submits an HTML mail by SMTP.
    pub(crate) async fn send(&self, to: &[&str], subject: &str) {
        self.send_with(to, subject, "").await;
    }

    /// Submits an HTML mail with further header fields.
    pub(crate) async fn send_with(&self, to: &[&str], subject: &str, headers: &str) {
        let answer = self
            .submit(to, html_mail(to, subject, headers).as_bytes())
            .await;
        assert!(answer.is_positive(), "{answer}");
    }

    /// Submits bytes, as a proper client.
    pub(crate) async fn submit(&self, to: &[&str], mail: &[u8]) -> Reply {
        let recipients = to.iter().map(|to| Recipient::new(*to)).collect();
        self.submit_envelope(
            Envelope {
                from: OWNER.into(),
                recipients,
                ..Envelope::default()
            },
            mail,
        )
        .await
    }

    pub(crate) async fn submit_envelope(&self, envelope: Envelope, mail: &[u8]) -> Reply {
        let relay = Relay {
            host: self.smtp.ip().to_string(),
            port: self.smtp.port(),
            security: Security::None,
            auth: Some(Credentials {
                name: OWNER.into(),
                password: self.app_password.clone(),
            }),
            hello: "client.example".into(),
            timeouts: Timeouts::all(PATIENCE),
        };
        let mut connection = relay.connect().await.unwrap();
        let delivery = connection.send(&envelope, mail).await.unwrap();
        connection.quit().await;
        delivery.outcome(0).cloned().unwrap()
    }

    /// An SMTP conversation by hand, signed in.
    pub(crate) async fn dialogue(&self) -> Dialogue {
        Dialogue::signed_in(self.smtp, OWNER, &self.app_password).await
    }

    /// Somebody's copy of a mail, as the API tells it, once it is as wanted.
    pub(crate) async fn copy(
        &self,
        subject: &str,
        to: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Value {
        let mut seen = Value::Null;
        until("a copy becomes as wanted", async || {
            let list = self.api("messages?limit=100").await;
            let mails = list["items"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|mail| mail["subject"] == subject);
            let mut copies = mails.flat_map(|mail| mail["copies"].as_array().unwrap());
            let copy = copies.find(|copy| copy["address"] == to)?;
            if seen != *copy {
                seen = copy.clone();
                eprintln!("{subject} for {to}: {seen}");
            }
            wanted(copy).then(|| copy.clone())
        })
        .await
    }

    /// How many hits on somebody's copy are on record, counted or not.
    pub(crate) async fn hits(&self, subject: &str, to: &str) -> usize {
        let copy = self.copy(subject, to, |_| true).await;
        let list = self.api("messages?limit=100").await;
        let mut mails = list["items"].as_array().unwrap().iter();
        let mail = mails.find(|mail| mail["subject"] == subject).unwrap();
        let [mail, copy] = [mail, &copy].map(|item| item["id"].as_str().unwrap());
        let copy = self.api(&format!("messages/{mail}/copies/{copy}")).await;
        copy["hits"].as_array().unwrap().len()
    }

    /// Waits until the relay has taken a copy.
    pub(crate) async fn sent(&self, subject: &str, to: &str) -> Value {
        self.copy(subject, to, |copy| copy["state"] == "sent").await
    }

    /// Lets a contact agree to everything that is offered, as a recipient does it: asked in a mail, agreed on the
    /// page, confirmed by mail.
    pub(crate) async fn agreed(&self, sink: &Sink, address: &str) {
        self.agreed_to(sink, address, &["open", "click"]).await;
    }

    /// The same, to these topics.
    pub(crate) async fn agreed_to(&self, sink: &Sink, address: &str, topics: &[&str]) {
        let subject = format!("Question-{address}");
        self.send_with(&[address], &subject, "X-Overt-Ask: on\r\n")
            .await;
        let page = sink.mail(address, &subject).await.page();
        let reader = Reader::default();
        reader.press(&page, ("answer", "agree"), topics).await;
        let confirmation = sink
            .mail(address, "Please confirm")
            .await
            .url("/p/confirm/")
            .unwrap();
        reader.press(&confirmation, ("answer", "agree"), &[]).await;
        self.sent(&subject, address).await;
    }
}
