//! A browser in a few lines: sends requests through the router and keeps one cookie.

use crate::sample::{self, PASSWORD, Sample};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use store::{Config, Store, User};
use tempfile::TempDir;
use tower::ServiceExt;

pub struct World {
    pub router: Router,
    pub sample: Sample,
    pub app: web::App,
    _folder: TempDir,
}

/// A store with one workspace and its users behind a router.
pub async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Config::Sqlite(folder.path().join("test.db")))
        .await
        .unwrap();
    let sample = sample::workspace(&store, "Sample", "sample.example").await;
    let app = sample::app(store, "http://overt.test");
    World {
        router: web::router(app.clone()),
        sample,
        app,
        _folder: folder,
    }
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn of(response: Response<Body>) -> Self {
        let (head, body) = response.into_parts();
        let bytes = to_bytes(body, 64 << 20).await.unwrap();
        Self {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(bytes.into()).unwrap(),
        }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// It is a problem of this status, and says so in JSON.
    pub fn is_problem(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        assert_eq!(body["status"], status);
        assert!(body["title"].is_string() && !body["detail"].as_str().unwrap().is_empty());
    }
}

#[derive(Clone)]
pub struct Client {
    router: Router,
    /// A header that says who asks.
    pub who: Option<(header::HeaderName, String)>,
}

impl World {
    pub fn stranger(&self) -> Client {
        Client {
            router: self.router.clone(),
            who: None,
        }
    }

    /// A browser where this user is signed in.
    pub async fn browser(&self, user: &User) -> Client {
        let form = format!(
            "address={}&password={}",
            user.address,
            PASSWORD.replace(' ', "+")
        );
        let answer = self.stranger().post("/sign-in", &form).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let cookie = answer
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        Client {
            router: self.router.clone(),
            who: Some((header::COOKIE, cookie)),
        }
    }

    /// A program with a key of this user.
    pub async fn program(&self, user: &User) -> Client {
        let key = self.sample.api_key(user).await;
        Client {
            router: self.router.clone(),
            who: Some((header::AUTHORIZATION, format!("Bearer {key}"))),
        }
    }

    pub fn user(&self, role: model::Role) -> &User {
        self.sample.users.iter().find(|u| u.role == role).unwrap()
    }
}

impl Client {
    pub fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "overt.test");
        match &self.who {
            Some((name, value)) => request.header(name, value),
            None => request,
        }
    }

    pub async fn raw(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        Answer::of(self.raw(request).await).await
    }

    /// As a browser goes to a page.
    pub async fn page(&self, path: &str) -> Answer {
        let request = self
            .request("GET", path)
            .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// As a program asks.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path).body(Body::empty()).unwrap())
            .await
    }

    /// As a browser sends a form of our own pages.
    pub async fn post(&self, path: &str, form: &str) -> Answer {
        let request = self
            .request("POST", path)
            .header("accept", "text/html")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap())
            .await
    }

    /// As a program sends a mail.
    pub async fn mail(&self, query: &str, mail: impl Into<Body>) -> Answer {
        let request = self
            .request("POST", &format!("/api/v1/messages{query}"))
            .header("content-type", "message/rfc822");
        self.send(request.body(mail.into()).unwrap()).await
    }
}
