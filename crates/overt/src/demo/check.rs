//! `overt demo --check`: the whole loop, unattended, through the same doors people use: SMTP, HTTP, the mailbox.

use super::Demo;
use anyhow::{Context, Result, bail, ensure};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use serde_json::Value;
use std::future::Future;
use std::time::Duration;
use wire::smtp::{Credentials, Envelope, Recipient, Relay, Security, Timeouts};

/// How long a step waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(50);
const SITE: &str = "https://example.com/offer?a=1&b=two";

/// Walks the loop and prints a line a step. True if every step went as it should.
pub(crate) async fn walk(demo: &Demo) -> bool {
    let walker = match Walker::new(demo) {
        Ok(walker) => walker,
        Err(error) => {
            println!("FAIL  cannot start: {error:#}");
            return false;
        }
    };
    let mut step = Steps { passed: true };
    step.run(
        "send a mail to all three by SMTP, with AUTH",
        walker.submit("First", ""),
    )
    .await;
    step.run(
        "each gets a copy of their own; only Ada's is instrumented",
        walker.copies("First"),
    )
    .await;
    step.run(
        "the dashboard shows ✓ for Ada and – with reasons for the others",
        walker.first_ticks(),
    )
    .await;
    step.run("Ada opens the mail: ✓✓", walker.open()).await;
    step.run("Ada follows the link and arrives", walker.click())
        .await;
    step.run(
        "a link that was tampered with leads nowhere",
        walker.tamper(),
    )
    .await;
    step.run(
        "Ada withdraws on her page; later hits store nothing, the link still leads there",
        walker.withdraw(),
    )
    .await;
    step.run(
        "Bruno is asked by a line in an untracked mail",
        walker.ask(),
    )
    .await;
    step.run(
        "Bruno agrees, confirms by mail, and the next mail to him is tracked",
        walker.agree(),
    )
    .await;
    step.passed
}

struct Steps {
    passed: bool,
}

impl Steps {
    async fn run(&mut self, what: &str, step: impl Future<Output = Result<String>>) {
        match step.await {
            Ok(seen) => println!("ok    {what}: {seen}"),
            Err(error) => {
                self.passed = false;
                println!("FAIL  {what}: {error:#}");
            }
        }
    }
}

struct Walker<'a> {
    demo: &'a Demo,
    http: reqwest::Client,
}

impl<'a> Walker<'a> {
    fn new(demo: &'a Demo) -> Result<Self> {
        // What Chromium sends with the picture of a mail that it shows.
        let agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
        let headers =
            HeaderMap::from_iter([(reqwest::header::USER_AGENT, HeaderValue::from_static(agent))]);
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .redirect(Policy::none())
            .timeout(PATIENCE)
            .build()?;
        Ok(Self { demo, http })
    }

    async fn submit(&self, subject: &str, extra_header: &str) -> Result<String> {
        let to: Vec<_> = self.demo.contacts.iter().map(|c| c.address).collect();
        let mail = format!(
            "From: Dana <{from}>\r\nTo: {to}\r\nSubject: {subject}\r\n{extra_header}MIME-Version: 1.0\r\n\
             Content-Type: text/html; charset=utf-8\r\n\r\n\
             <html><body><p>Hello, <a href=\"https://example.com/offer?a=1&amp;b=two\">have a look</a>.</p></body></html>\r\n",
            from = self.demo.from,
            to = to.join(", "),
        );
        let credentials = Credentials {
            name: self.demo.from.to_string(),
            password: self.demo.app_password.clone(),
        };
        let relay = Relay {
            host: self.demo.smtp.ip().to_string(),
            port: self.demo.smtp.port(),
            security: Security::None,
            auth: Some(credentials),
            hello: "localhost".into(),
            timeouts: Timeouts::all(PATIENCE),
        };
        let mut connection = relay.connect().await?;
        let envelope = Envelope {
            from: self.demo.from.to_string(),
            recipients: to.into_iter().map(Recipient::new).collect(),
            ..Envelope::default()
        };
        let delivery = connection.send(&envelope, mail.as_bytes()).await?;
        connection.quit().await;
        let answer = delivery.message.context("no recipient was accepted")?;
        ensure!(answer.is_positive(), "the server said {answer}");
        Ok(answer.to_string())
    }

    async fn copies(&self, subject: &str) -> Result<String> {
        let mut seen = Vec::new();
        for contact in &self.demo.contacts {
            let mail = self.mail(contact.address, subject).await?;
            let tracked = mail.contains("/o/") || mail.contains("/c/");
            let declared = mail.contains("Overt-Tracking: ");
            let name = contact.name;
            ensure!(
                tracked == declared && tracked == (name == "Ada"),
                "{name}'s copy is {}tracked",
                if tracked { "" } else { "not " }
            );
            ensure!(
                tracked || mail.contains("href=\"https://example.com/offer?a=1&amp;b=two\""),
                "a link was changed"
            );
            seen.push(format!(
                "{name} {}",
                if tracked {
                    "tracked"
                } else {
                    "original links, no pixel"
                }
            ));
        }
        Ok(seen.join("; "))
    }

    async fn first_ticks(&self) -> Result<String> {
        let ada = self.until("First", "ada", |c| c["state"] == "sent").await?;
        ensure!(ada["tick"] == "sent", "Ada's tick is {}", ada["tick"]);
        let mut seen = vec!["Ada ✓".to_owned()];
        for (name, reason) in [("Bruno", "never_asked"), ("Carla", "withdrawn")] {
            let copy = self
                .until("First", &name.to_lowercase(), |c| c["state"] == "sent")
                .await?;
            ensure!(
                copy["tick"] == "untracked" && copy["reason"] == reason,
                "{name}: {}",
                copy["reason"]
            );
            seen.push(format!("{name} – ({reason})"));
        }
        Ok(seen.join(", "))
    }

    async fn open(&self) -> Result<String> {
        let mail = self.mail("ada@reader.example", "First").await?;
        self.load_pixel(&mail).await?;
        let copy = self.until("First", "ada", |c| c["tick"] == "read").await?;
        Ok(format!(
            "✓✓, first read at {}, {} open",
            copy["first_read_at"], copy["opens"]["human"]
        ))
    }

    async fn click(&self) -> Result<String> {
        let mail = self.mail("ada@reader.example", "First").await?;
        let to = self.follow(&find_url(&mail, "/c/")?).await?;
        ensure!(to == SITE, "the link leads to {to}");
        let copy = self
            .until("First", "ada", |c| c["clicks"]["human"] == 1)
            .await?;
        Ok(format!("302 to {to}, {} click", copy["clicks"]["human"]))
    }

    async fn tamper(&self) -> Result<String> {
        let mail = self.mail("ada@reader.example", "First").await?;
        let url = find_url(&mail, "/c/")?.replace("example.com", "evil.example");
        let answer = self.http.get(&url).send().await?;
        ensure!(answer.headers().get("location").is_none(), "it redirects");
        ensure!(
            !answer.status().is_redirection(),
            "it answers {}",
            answer.status()
        );
        Ok(format!("{}, no redirect", answer.status()))
    }

    async fn withdraw(&self) -> Result<String> {
        let mail = self.mail("ada@reader.example", "First").await?;
        let page = find_url(&mail, "/p/")?;
        let before = self.hits("First", "ada").await?;
        let answer = self.press(&page, ("withdraw", "all"), &[]).await?;
        ensure!(
            !answer.is_client_error() && !answer.is_server_error(),
            "withdrawing answers {answer}"
        );
        self.load_pixel(&mail).await?;
        let to = self.follow(&find_url(&mail, "/c/")?).await?;
        ensure!(to == SITE, "the link leads to {to}");
        // A hit is durable before its answer. Counters would prove nothing here: they leave out what comes twice
        // within seconds.
        let after = self.hits("First", "ada").await?;
        ensure!(before == after, "{before} hits became {after}");
        Ok(format!(
            "{after} hits on record as before, the link leads to {to}"
        ))
    }

    async fn ask(&self) -> Result<String> {
        self.submit("Second", "X-Overt-Ask: on\r\n").await?;
        let mail = self.mail("bruno@reader.example", "Second").await?;
        ensure!(
            !mail.contains("/o/") && !mail.contains("/c/"),
            "the mail that asks is itself tracked"
        );
        ensure!(
            !mail.contains("X-Overt-Ask"),
            "our switch leaves with the mail"
        );
        let page = find_url(&mail, "/p/")?;
        let shown = self.http.get(&page).send().await?;
        ensure!(
            shown.status().is_success(),
            "the page answers {}",
            shown.status()
        );
        Ok("no pixel, original links, a page to decide on".into())
    }

    async fn agree(&self) -> Result<String> {
        let mail = self.mail("bruno@reader.example", "Second").await?;
        let page = find_url(&mail, "/p/")?;
        let answer = self
            .press(&page, ("answer", "agree"), &["open", "click"])
            .await?;
        ensure!(
            !answer.is_client_error() && !answer.is_server_error(),
            "agreeing answers {answer}"
        );
        let confirmation = self.mail("bruno@reader.example", "Please confirm").await?;
        let link = find_url(&confirmation, "/p/confirm/")?;
        let answer = self.press(&link, ("answer", "agree"), &[]).await?;
        ensure!(
            !answer.is_client_error() && !answer.is_server_error(),
            "confirming answers {answer}"
        );
        self.submit("Third", "").await?;
        let mail = self.mail("bruno@reader.example", "Third").await?;
        ensure!(
            mail.contains("/o/") && mail.contains("/c/"),
            "the next mail is not tracked"
        );
        Ok("pixel and links are there".into())
    }

    async fn load_pixel(&self, mail: &str) -> Result<()> {
        let url = find_url(mail, "/o/")?;
        let request = self
            .http
            .get(&url)
            .header("sec-fetch-dest", "image")
            .header("sec-fetch-mode", "no-cors");
        let answer = request.send().await?;
        ensure!(
            answer.status() == 200,
            "the pixel answers {}",
            answer.status()
        );
        let bytes = answer.bytes().await?;
        ensure!(bytes.starts_with(b"GIF8"), "the pixel is not a GIF");
        Ok(())
    }

    async fn follow(&self, url: &str) -> Result<String> {
        let request = self
            .http
            .get(url)
            .header("sec-fetch-dest", "document")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-user", "?1");
        let answer = request.send().await?;
        let to = answer.headers().get("location").context("no redirect")?;
        Ok(to.to_str()?.to_owned())
    }

    /// Opens a recipient's page, ticks boxes and presses a button, as a browser would.
    async fn press(
        &self,
        page: &str,
        button: (&str, &str),
        tick: &[&str],
    ) -> Result<reqwest::StatusCode> {
        let shown = self.http.get(page).send().await?.text().await?;
        let hidden = hidden_fields(&shown);
        let ticked = tick
            .iter()
            .map(|topic| ((*topic).to_owned(), "on".to_owned()));
        let fields = hidden
            .into_iter()
            .chain(ticked)
            .chain([(button.0.to_owned(), button.1.to_owned())]);
        let body: Vec<_> = fields
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = self
            .http
            .post(page)
            .header("content-type", "application/x-www-form-urlencoded");
        Ok(request.body(body.join("&")).send().await?.status())
    }

    /// The newest mail in a mailbox whose subject begins so; waits for it. Soft line breaks are taken out.
    async fn mail(&self, address: &str, subject: &str) -> Result<String> {
        let list = format!("{}/messages.json", self.demo.mailbox);
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let mails: Vec<Value> =
                serde_json::from_slice(&self.http.get(&list).send().await?.bytes().await?)?;
            let found = mails.iter().rfind(|mail| {
                mail["to"] == address
                    && mail["subject"]
                        .as_str()
                        .is_some_and(|s| s.starts_with(subject))
            });
            if let Some(mail) = found {
                let id = mail["id"]
                    .as_str()
                    .map_or_else(|| mail["id"].to_string(), str::to_owned);
                let url = format!("{}/messages/{id}.eml", self.demo.mailbox);
                let raw = self.http.get(&url).send().await?.text().await?;
                return Ok(raw.replace("=\r\n", "").replace("=3D", "="));
            }
            if tokio::time::Instant::now() > deadline {
                bail!("no mail {subject:?} arrived for {address}");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Somebody's copy of a mail, as the API tells it, once it is as wanted.
    async fn until(
        &self,
        subject: &str,
        who: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let mut last = Value::Null;
        loop {
            if let Some((_, copy)) = self.copy(subject, who).await? {
                if wanted(&copy) {
                    return Ok(copy);
                }
                last = copy;
            }
            if tokio::time::Instant::now() > deadline {
                bail!("it did not come about; last seen: {last}");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// How many hits on somebody's copy are on record, counted or not.
    async fn hits(&self, subject: &str, who: &str) -> Result<usize> {
        let (message, copy) = self.copy(subject, who).await?.context("no such copy")?;
        let id = copy["id"].as_str().context("a copy without an id")?;
        let detail = self.api(&format!("messages/{message}/copies/{id}")).await?;
        Ok(detail["hits"]
            .as_array()
            .context("a copy without hits")?
            .len())
    }

    /// The id of a mail, and somebody's copy of it.
    async fn copy(&self, subject: &str, who: &str) -> Result<Option<(String, Value)>> {
        let page = self.api("messages").await?;
        let items = page["items"].as_array().context("the API gives no items")?;
        let is_theirs = |copy: &&Value| {
            let address = copy["address"].as_str();
            address.is_some_and(|address| address.starts_with(who))
        };
        let found = items
            .iter()
            .filter(|mail| mail["subject"] == subject)
            .find_map(|mail| {
                let copy = mail["copies"].as_array()?.iter().find(is_theirs)?;
                Some((mail["id"].as_str()?.to_owned(), copy.clone()))
            });
        Ok(found)
    }

    async fn api(&self, path: &str) -> Result<Value> {
        let url = format!("{}/api/v1/{path}", self.demo.dashboard);
        let answer = self
            .http
            .get(&url)
            .bearer_auth(&self.demo.api_key)
            .send()
            .await?;
        ensure!(
            answer.status().is_success(),
            "the API answers {}",
            answer.status()
        );
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }
}

/// The first URL in a mail whose path begins so.
fn find_url(mail: &str, path: &str) -> Result<String> {
    let at = mail
        .find(path)
        .with_context(|| format!("no {path} link in the mail"))?;
    let start = mail[..at]
        .rfind("http")
        .context("a path without its origin")?;
    let rest = &mail[start..];
    let end = rest
        .find(|c: char| c.is_whitespace() || "\"'<>".contains(c))
        .unwrap_or(rest.len());
    Ok(rest[..end].to_owned())
}

/// Names and values of a page's hidden form fields.
fn hidden_fields(page: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let value = tag.split(&format!("{name}=\"")).nth(1)?;
        value.split('"').next().map(str::to_owned)
    };
    page.split("<input ")
        .skip(1)
        .filter_map(|rest| rest.split('>').next())
        .filter(|tag| tag.contains("type=\"hidden\""))
        .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)))
        .collect()
}
