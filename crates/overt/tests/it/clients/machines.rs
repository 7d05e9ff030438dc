//! Programs that check mails on arrival.

use crate::Sent;
use crate::screen::Running;
use crate::support::{free_port, until};
use std::net::TcpStream;
use std::process::Command;

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
    let mut check = Command::new("spamassassin");
    check
        .arg("-t")
        .arg(format!("--siteconfigpath={}", rules.display()));
    check
        .args(["-C", "/usr/share/spamassassin"])
        .arg(sent.mail());
    check
        .env("http_proxy", &sent.overt.tracker)
        .env("HOME", sent.folder.path());
    let _running = Running::start(check);
    assert_eq!(sent.judged("click").await, "scanner machine");
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
    // It calls itself now a browser, now a crawler, and never fetches.
    assert!(judged.ends_with(" machine"), "{judged}");
}
