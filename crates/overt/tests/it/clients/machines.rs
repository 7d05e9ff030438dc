//! Programs that check mails on arrival.

use crate::Sent;
use crate::screen::Running;
use crate::support::process::{overt, run};
use crate::support::reader::Reader;
use crate::support::{PATIENCE, free_port, until};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread::JoinHandle;

/// A name that is nowhere but in the mail and the machine's rules.
const TRACKER: &str = "t.studio.example";

#[tokio::test(flavor = "multi_thread")]
async fn spamassassin_decodes_short_addresses() {
    let sent = Sent::new().await;
    sent.name_the_tracker(TRACKER);
    let rules = sent.folder.path().join("rules");
    std::fs::create_dir(&rules).unwrap();
    for file in std::fs::read_dir("/etc/spamassassin").unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_some_and(|e| e == "pre") {
            std::fs::copy(&file, rules.join(file.file_name().unwrap())).unwrap();
        }
    }
    let own = format!(
        "loadplugin Mail::SpamAssassin::Plugin::DecodeShortURLs\nurl_shortener {TRACKER}\n\
         body HAS_SHORT_URL eval:short_url()\ndns_available no\nskip_rbl_checks 1\nuse_bayes 0\n"
    );
    std::fs::write(rules.join("local.cf"), own).unwrap();
    let (proxy, asked) = listening();
    let mut check = Command::new("spamassassin");
    check
        .arg("-t")
        .arg(format!("--siteconfigpath={}", rules.display()));
    check
        .args(["-C", "/usr/share/spamassassin"])
        .arg(sent.mail());
    check
        .env("http_proxy", proxy)
        .env("HOME", sent.folder.path());
    let _running = Running::start(check);
    let asked = tokio::task::spawn_blocking(|| asked.join().unwrap());
    let asked = tokio::time::timeout(PATIENCE, asked)
        .await
        .unwrap()
        .unwrap();
    let (first, fields) = asked.split_once("\r\n").unwrap();
    // It leaves the query out, so it asks for nothing that Overt has: no redirect, no hit.
    let path = first.split(' ').nth(1).unwrap();
    assert!(path.starts_with(&format!("http://{TRACKER}/c/")), "{first}");
    assert!(!path.contains('?'), "{first}");
    let path = path.replace(&format!("http://{TRACKER}"), &sent.overt.tracker);
    let answer = Reader::default().request(Method::HEAD, &path).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(sent.hits().await, [] as [Value; 0]);
    // What it sent, judged.
    let headers: Map<String, Value> = fields
        .lines()
        .filter_map(|field| field.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.into()))
        .collect();
    let line = json!({"id": 1, "kind": "click", "at": "2026-11-22T00:45:00Z", "headers": headers,
        "method": first.split(' ').next(), "remote": "198.51.100.7"});
    let judged = run(overt().arg("verdict"), line.to_string().as_bytes());
    let judged: Value = serde_json::from_slice(&judged.stdout).unwrap();
    eprintln!("{judged}");
    assert_eq!(
        (&judged["opener"], &judged["meaning"]),
        (&json!("scanner"), &json!("machine"))
    );
}

/// A proxy that keeps one request, and knows nothing of what was asked for.
fn listening() -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        let answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        stream.write_all(answer).unwrap();
        String::from_utf8(head).unwrap()
    });
    (at, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn rspamd_follows_redirectors() {
    let sent = Sent::new().await;
    let (folder, redis, port) = (sent.folder.path(), free_port(), free_port());
    let mut cache = Command::new("redis-server");
    cache.args([
        "--port",
        &redis.to_string(),
        "--save",
        "",
        "--bind",
        "127.0.0.1",
    ]);
    let _cache = Running::start(cache);
    std::fs::write(folder.join("hosts"), "127.0.0.1\n").unwrap();
    let shown = folder.display();
    let settings = format!(
        "options {{ pidfile = \"{shown}/pid\"; filters = \"\"; dns {{ nameserver = [\"127.0.0.1:9\"]; timeout = 0.1s; }}
           tempdir = \"{shown}\"; cache_file = \"{shown}/cache\"; control_socket = \"{shown}/control mode=0600\"; rrd = \"\"; }}
         logging {{ type = \"file\"; filename = \"{shown}/log\"; }}
         worker \"normal\" {{ bind_socket = \"127.0.0.1:{port}\"; count = 1; }}
         redis {{ servers = \"127.0.0.1:{redis}\"; }}
         url_redirector {{ redirector_hosts_map = \"{shown}/hosts\"; timeout = 5s; }}
         modules {{ path = \"/usr/share/rspamd/plugins/url_redirector.lua\"; }}
         lua = \"/usr/share/rspamd/rules/rspamd.lua\";\n"
    );
    std::fs::write(folder.join("rspamd.conf"), settings).unwrap();
    let mut rspamd = Command::new("rspamd");
    rspamd
        .args(["-f", "-i", "-u", "root", "-g", "root", "-c"])
        .arg(folder.join("rspamd.conf"));
    let _rspamd = Running::start(rspamd);
    // It compiles thousands of patterns before it listens.
    until("rspamd listens", async || {
        TcpStream::connect(("127.0.0.1", port)).ok()
    })
    .await;
    let mut check = Command::new("rspamc");
    check
        .arg("-h")
        .arg(format!("127.0.0.1:{port}"))
        .arg(sent.mail());
    let _check = Running::start(check);
    let judged = sent.judged("click").await;
    // It calls itself now a browser, now a crawler, and never fetches. It takes the escapes out of a link's query, too.
    assert!(judged.ends_with(" machine"), "{judged}");
}
