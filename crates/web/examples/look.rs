//! The dashboard with sample data on 127.0.0.1, to look at while changing templates and styles:
//! `cargo run -p web --example look`, then sign in as `owner@sample.example` with `correct horse battery`.
#![allow(unused_crate_dependencies, clippy::unwrap_used, clippy::expect_used)]

#[path = "../tests/it/sample.rs"]
mod sample;

use std::future::IntoFuture;
use std::sync::Arc;

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let store = store::Store::open(&store::Config::Sqlite(folder.path().join("look.db")))
        .await
        .unwrap();
    let sample = sample::workspace(&store, "Sample & Daughters", "sample.example").await;
    sample.messages(&sample.users[0]).await;

    let port: u16 = std::env::args()
        .nth(1)
        .map_or(8480, |text| text.parse().expect("a port number"));
    let app = sample::app(store, &format!("http://127.0.0.1:{port}"));
    let boxes = [
        "anna@sample.example",
        "dora@sample.example",
        "emil@sample.example",
    ]
    .map(str::to_owned);
    let mailbox = Arc::new(web::MailboxDir::new(sample::ambient(), boxes.into()));
    for text in ["text", "html"] {
        let mail = format!(
            "From: Olivia Ort <owner@sample.example>\r\nTo: Anna <anna@sample.example>\r\nSubject: A mail as {text}\r\n\
             Content-Type: text/{text}; charset=utf-8\r\n\r\n<p>Good morning,</p>\r\n<p>see \
             <a href=\"https://sample.example/offer\">https://sample.example/offer</a> today.</p>\r\n"
        );
        mailbox.deliver(&["anna@sample.example".into()], mail.into_bytes());
    }
    let listen = async |port| {
        tokio::net::TcpListener::bind(("127.0.0.1", port))
            .await
            .unwrap()
    };
    println!(
        "http://127.0.0.1:{port}/ and the mailbox at http://127.0.0.1:{}/",
        port + 1
    );
    let (dashboard, letters) = (listen(port).await, listen(port + 1).await);
    let (a, b) = tokio::join!(
        axum::serve(dashboard, web::router(app)).into_future(),
        axum::serve(letters, web::mailbox(mailbox)).into_future()
    );
    a.and(b).unwrap();
}
