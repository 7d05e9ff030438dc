//! `cargo xtask load`: opens per second, durable, beside nginx's `empty_gif` in the same run.
//!
//! A release build runs the demo, whose collector is that of `overt serve` on its default store; one tracked mail is
//! sent and delivered, and wrk fetches its pixel. Server on one core, load on another, loopback, the two servers in
//! turn. Only the ratios say something: the same machine drifts by a fifth from minute to minute. At the end every
//! answered hit must be in the database.

use crate::service::{Folder, Service, free_port};
use crate::{provide, say, step};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const CONNECTIONS: [u32; 2] = [64, 512];
const ROUNDS: usize = 2;
/// One turn of one server.
const TURN_SECONDS: u32 = 4;
const SERVER_CPU: usize = 0;
const LOAD_CPU: usize = 1;
/// A mail client that is judged as one: nobody is measured with an empty header.
const AGENT: &str =
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.3.0";
const WAIT_MAX: Duration = Duration::from_secs(30);
const TOKEN_CHARS: usize = 48;

pub(crate) fn run() -> Result<()> {
    let cores = std::thread::available_parallelism()?.get();
    ensure!(
        cores >= 2,
        "server and load need a core each, and there is {cores}"
    );
    provide::provide(provide::FOR_LOAD)?;
    step::run(&mut step::cargo(&[
        "build",
        "--release",
        "--package",
        "overt",
    ]))?;

    let folder = Folder::new("load")?;
    let (_nginx, yardstick) = nginx(folder.path())?;
    let (_overt, demo) = overt(folder.path())?;
    let pixel = tracked_pixel(&demo)?;
    let warm_up = (wrk(&yardstick, 64, 1)?, wrk(&pixel, 64, 1)?);

    println!("requests a second, {TURN_SECONDS} s a turn, one core; latency as p50 / p99");
    let mut answered = warm_up.1.requests;
    let mut in_flight = 64;
    for connections in CONNECTIONS {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            theirs.push(wrk(&yardstick, connections, TURN_SECONDS)?);
            ours.push(wrk(&pixel, connections, TURN_SECONDS)?);
            in_flight += connections;
        }
        answered += ours.iter().map(|turn| turn.requests).sum::<u64>();
        let (a, b) = (rate(&ours), rate(&theirs));
        println!(
            "{connections:>4} connections   overt {a:>7.0} ({})   nginx {b:>7.0} ({})   ratio {:.2}",
            latencies(&ours),
            latencies(&theirs),
            a / b
        );
    }
    let stored = settled(&database(folder.path())?)?;
    println!("hits answered {answered}, stored {stored}");
    // wrk leaves with requests under way: those may be stored without having been counted as answered.
    let most = answered + u64::from(in_flight);
    ensure!(
        (answered..=most).contains(&stored),
        "answered and stored differ by more than what was under way when wrk left ({in_flight})"
    );
    Ok(())
}

fn nginx(folder: &Path) -> Result<(Service, String)> {
    let port = free_port()?;
    let config = format!(
        "daemon off; master_process off; worker_processes 1; pid {dir}/nginx.pid; error_log {dir}/error.log;\n\
         events {{ worker_connections 4096; }}\n\
         http {{\n  access_log {dir}/access.log;\n  keepalive_requests 1000000000;\n\
         \x20 client_body_temp_path {dir}/a; proxy_temp_path {dir}/b; fastcgi_temp_path {dir}/c;\n\
         \x20 uwsgi_temp_path {dir}/d; scgi_temp_path {dir}/e;\n\
         \x20 server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ empty_gif; }} }}\n}}\n",
        dir = folder.display()
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, config)?;
    let program = step::find("nginx").context("nginx is not installed")?;
    let log = folder.join("nginx.out");
    let arguments: [&OsStr; 2] = ["-c".as_ref(), file.as_os_str()];
    let mut service = Service::start(
        "nginx",
        "TERM",
        None,
        Some(SERVER_CPU),
        &program,
        &arguments,
        &log,
    )?;
    service.wait_for(port, &log)?;
    Ok((service, format!("http://127.0.0.1:{port}/o/pixel.gif")))
}

/// The demo, and what it says about itself.
fn overt(folder: &Path) -> Result<(Service, Value)> {
    let log = folder.join("overt.out");
    // Its throw-away folder goes into ours, so that its database can be found.
    let temporary = format!("TMPDIR={}", folder.display());
    let program = step::target()?.join("release/overt");
    let arguments: [&OsStr; 4] = [
        temporary.as_ref(),
        program.as_os_str(),
        "demo".as_ref(),
        "--json".as_ref(),
    ];
    let env = step::find("env").context("env is not there")?;
    let service = Service::start(
        "overt",
        "TERM",
        None,
        Some(SERVER_CPU),
        &env,
        &arguments,
        &log,
    )?;
    let line = until("the demo to say where it listens", || {
        let said = std::fs::read_to_string(&log).ok()?;
        said.lines()
            .find_map(|line| serde_json::from_str::<Value>(line).ok())
    });
    let said = || std::fs::read_to_string(&log).unwrap_or_default();
    Ok((service, line.with_context(said)?))
}

/// Sends one mail to the contact who agreed, and reads the pixel's address out of what was delivered.
fn tracked_pixel(demo: &Value) -> Result<String> {
    let text = |name: &str| {
        demo[name]
            .as_str()
            .with_context(|| format!("the demo names no {name}"))
    };
    let agreed = demo["contacts"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|c| c["consent"] == "given");
    let to = agreed
        .and_then(|c| c["address"].as_str())
        .context("nobody in the demo agreed")?;
    let mail = format!(
        "From: {from}\r\nTo: {to}\r\nSubject: Load\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n\
         <html><body><p>Hello</p></body></html>\r\n",
        from = text("from")?
    );
    let (host, port) = text("smtp")?
        .split_once(':')
        .context("an SMTP address has a port")?;
    step::output(
        Command::new("swaks")
            .args([
                "--silent", "2", "--server", host, "--port", port, "--auth", "PLAIN",
            ])
            .args([
                "--auth-user",
                text("smtp_user")?,
                "--auth-password",
                text("smtp_password")?,
            ])
            .args(["--from", text("from")?, "--to", to, "--data", &mail]),
    )?;
    let (tracker, mailbox) = (text("tracker")?, text("mailbox")?);
    let id = until("the mail to arrive", || {
        let list: Value =
            serde_json::from_str(&get(&format!("{mailbox}/messages.json")).ok()?).ok()?;
        list[0]["id"].as_str().map(str::to_owned)
    })?;
    let delivered = get(&format!("{mailbox}/messages/{id}.eml"))?.replace("=\r\n", "");
    let token = delivered
        .split("/o/")
        .nth(1)
        .and_then(|rest| rest.get(..TOKEN_CHARS));
    Ok(format!(
        "{tracker}/o/{}.gif",
        token.context("the delivered mail has no pixel")?
    ))
}

/// The body of a page.
fn get(url: &str) -> Result<String> {
    let rest = url
        .strip_prefix("http://")
        .context("not a plain http address")?;
    let (host, path) = rest.split_once('/').context("an address without a path")?;
    let mut stream = TcpStream::connect(host)?;
    write!(stream, "GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .context("an answer without a head")?;
    ensure!(
        head.split(' ').nth(1) == Some("200"),
        "{url} answers {}",
        head.lines().next().unwrap_or_default()
    );
    Ok(body.to_owned())
}

fn until<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> Result<T> {
    let begun = Instant::now();
    while begun.elapsed() < WAIT_MAX {
        if let Some(value) = done() {
            return Ok(value);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    bail!("waited {} s for {what}", WAIT_MAX.as_secs())
}

/// One run of wrk.
struct Turn {
    requests: u64,
    per_second: f64,
    p50: String,
    p99: String,
}

fn wrk(url: &str, connections: u32, seconds: u32) -> Result<Turn> {
    let mut command = Command::new("taskset");
    command.args([
        "--cpu-list",
        &LOAD_CPU.to_string(),
        "wrk",
        "--latency",
        "--threads",
        "1",
        "--timeout",
        "10",
    ]);
    command.args([
        "--connections",
        &connections.to_string(),
        "--duration",
        &format!("{seconds}s"),
    ]);
    Turn::read(&step::output(command.args(["--header", AGENT, url]))?)
}

impl Turn {
    fn read(said: &str) -> Result<Self> {
        let number = |after: &str| {
            said.split_once(after)
                .and_then(|(_, rest)| rest.split_whitespace().next())
        };
        for trouble in ["Socket errors:", "Non-2xx or 3xx responses:"] {
            ensure!(!said.contains(trouble), "the server did not hold:\n{said}");
        }
        let requests = said
            .lines()
            .find_map(|line| line.trim().split_once(" requests in "));
        Ok(Self {
            requests: requests
                .and_then(|(n, _)| n.parse().ok())
                .with_context(|| format!("wrk said:\n{said}"))?,
            per_second: number("Requests/sec:")
                .and_then(|n| n.parse().ok())
                .context("wrk gave no rate")?,
            p50: number(" 50%").unwrap_or("?").to_owned(),
            p99: number(" 99%").unwrap_or("?").to_owned(),
        })
    }
}

fn rate(turns: &[Turn]) -> f64 {
    turns.iter().map(|turn| turn.per_second).sum::<f64>() / turns.len() as f64
}

fn latencies(turns: &[Turn]) -> String {
    let each: Vec<_> = turns
        .iter()
        .map(|turn| format!("{} / {}", turn.p50, turn.p99))
        .collect();
    each.join(", ")
}

fn database(folder: &Path) -> Result<PathBuf> {
    let found = std::fs::read_dir(folder)?
        .flatten()
        .map(|e| e.path().join("overt.db"))
        .find(|file| file.exists());
    found.context("the demo's database is not where it was expected")
}

/// How many hits there are once no more come.
fn settled(database: &Path) -> Result<u64> {
    let count = || -> Result<u64> {
        let said = step::output(
            Command::new("sqlite3")
                .arg(database)
                .arg("select count(*) from hit"),
        )?;
        said.trim().parse().context("sqlite3 gave no number")
    };
    let mut last = count()?;
    for _ in 0..60 {
        std::thread::sleep(Duration::from_millis(500));
        let now = count()?;
        if now == last {
            return Ok(now);
        }
        last = now;
    }
    say("hits are still being written half a minute after the load ended");
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "Running 4s test @ http://127.0.0.1:1/\n  1 threads and 64 connections\n  Latency Distribution\n\
        \x20    50%  540.00us\n     75%    1.00ms\n     90%    2.00ms\n     99%    3.60ms\n\
        \x20 419600 requests in 4.00s, 100MB read\nRequests/sec: 104900.12\nTransfer/sec:     25.00MB\n";

    #[test]
    fn what_wrk_says() {
        let turn = Turn::read(SAID).unwrap();
        assert_eq!(
            (turn.requests, turn.p50.as_str(), turn.p99.as_str()),
            (419_600, "540.00us", "3.60ms")
        );
        assert!((turn.per_second - 104_900.12).abs() < 0.01);
    }

    #[test]
    fn errors_spoil_a_figure() {
        assert!(Turn::read(&format!("{SAID}  Non-2xx or 3xx responses: 7\n")).is_err());
        assert!(Turn::read("nothing").is_err());
    }
}
