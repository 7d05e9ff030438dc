//! A recipient with a browser: loads pictures, follows links, presses buttons on pages.

use super::PATIENCE;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, StatusCode};
use std::net::IpAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What Chromium says of itself.
pub(crate) const CHROMIUM: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

pub(crate) struct Reader {
    http: Client,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new(CHROMIUM, None, HeaderMap::new())
    }
}

impl Reader {
    /// A browser of this name, calling from this address of this machine, that always sends these headers.
    pub(crate) fn new(agent: &str, from: Option<IpAddr>, headers: HeaderMap) -> Self {
        let http = Client::builder()
            .user_agent(agent)
            .local_address(from)
            .default_headers(headers);
        Self {
            http: http
                .redirect(Policy::none())
                .timeout(PATIENCE)
                .build()
                .unwrap(),
        }
    }

    /// As a mail program loads a picture.
    pub(crate) async fn picture(&self, url: &str) -> Response {
        let request = self
            .http
            .get(url)
            .header("sec-fetch-dest", "image")
            .header("sec-fetch-mode", "no-cors");
        request.send().await.unwrap()
    }

    /// Loads the pixel and checks that it is one.
    pub(crate) async fn open(&self, url: &str) -> Vec<u8> {
        let answer = self.picture(url).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "image/gif");
        let bytes = answer.bytes().await.unwrap().to_vec();
        assert!(bytes.starts_with(b"GIF89a"));
        bytes
    }

    /// Follows a link as a person does; where it leads, if anywhere.
    pub(crate) async fn click(&self, url: &str) -> Option<String> {
        let navigation = [
            ("sec-fetch-dest", "document"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-user", "?1"),
        ];
        let request = navigation
            .into_iter()
            .fold(self.http.get(url), |request, (name, value)| {
                request.header(name, value)
            });
        let answer = request.send().await.unwrap();
        let to = answer
            .headers()
            .get("location")
            .map(|to| to.to_str().unwrap().to_owned());
        assert_eq!(to.is_some(), answer.status().is_redirection());
        to
    }

    pub(crate) async fn request(&self, method: Method, url: &str) -> Response {
        self.http.request(method, url).send().await.unwrap()
    }

    /// A page's text.
    pub(crate) async fn page(&self, url: &str) -> String {
        let answer = self.request(Method::GET, url).await;
        assert_eq!(answer.status(), StatusCode::OK, "{url}");
        answer.text().await.unwrap()
    }

    /// Opens a page, ticks boxes, presses a button; the page that comes.
    pub(crate) async fn press(&self, page: &str, button: (&str, &str), ticks: &[&str]) -> String {
        let shown = self.page(page).await;
        let (name, value) = button;
        let mark = format!("name=\"{name}\" value=\"{value}\"");
        assert!(
            shown.contains(&mark),
            "the page has no button {value}:\n{shown}"
        );
        let mut fields = hidden_fields(&shown);
        fields.extend(
            ticks
                .iter()
                .map(|tick| ((*tick).to_owned(), "on".to_owned())),
        );
        fields.push((name.to_owned(), value.to_owned()));
        let answer = self.post(page, &fields).await;
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.text().await.unwrap()
    }

    pub(crate) async fn post(&self, url: &str, fields: &[(String, String)]) -> Response {
        let pairs = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let origin = url.split('/').take(3).collect::<Vec<_>>().join("/");
        let body = form(pairs);
        let request = self
            .http
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded");
        request
            .header("origin", origin)
            .header("sec-fetch-site", "same-origin")
            .body(body)
            .send()
            .await
            .unwrap()
    }
}

/// Fields as a form sends them.
pub(crate) fn form<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut url: reqwest::Url = "http://form.invalid".parse().unwrap();
    url.query_pairs_mut().extend_pairs(fields);
    url.query().unwrap_or_default().to_owned()
}

/// Names and values of a page's hidden fields.
pub(crate) fn hidden_fields(page: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let value = tag.split(&format!("{name}=\"")).nth(1)?;
        value.split('"').next().map(str::to_owned)
    };
    let tags = page
        .split("<input ")
        .skip(1)
        .filter_map(|rest| rest.split('>').next());
    tags.filter(|tag| tag.contains("type=\"hidden\""))
        .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)))
        .collect()
}

/// Bytes as they are; what comes back until the server closes, or has answered.
pub(crate) async fn raw(address: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    let mut answer = Vec::new();
    let write = async {
        let _ = writing.write_all(request).await; // the server may close in the middle of it
        std::future::pending::<()>().await;
    };
    let read = async {
        let mut buffer = [0; 4_096];
        while let Ok(n @ 1..) = reading.read(&mut buffer).await {
            answer.extend_from_slice(&buffer[..n]);
            let text = String::from_utf8_lossy(&answer);
            if text.contains("\r\n\r\n") && !text.contains("connection: close") {
                break;
            }
        }
    };
    let both = async {
        tokio::select! { () = read => {}, () = write => {} }
    };
    tokio::time::timeout(PATIENCE, both)
        .await
        .expect("the server neither answers nor closes");
    String::from_utf8_lossy(&answer).into_owned()
}
