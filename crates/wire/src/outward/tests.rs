use super::*;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const LIMITS: Limits = Limits {
    time: Duration::from_secs(20),
    body: 1_000,
};

/// Answers every request with these bytes, and counts connections.
async fn server(address: &str, answer: impl Into<Vec<u8>>) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(address).await.unwrap();
    let (at, seen) = (
        listener.local_addr().unwrap(),
        Arc::new(AtomicUsize::new(0)),
    );
    let (answer, count) = (answer.into(), seen.clone());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4_096]).await;
                let _ = stream.write_all(&answer).await;
            });
        }
    });
    (at, seen)
}

fn outward(private: &[&str]) -> Outward {
    let private: Vec<IpNet> = private.iter().map(|net| net.parse().unwrap()).collect();
    let made = rcgen::generate_simple_self_signed(vec!["hook.example".into()]).unwrap();
    Outward::new(&private, &Roots::Pem(made.cert.pem().into_bytes())).unwrap()
}

/// A resolver that says these, one after the other, and then the last one for ever.
fn saying(answers: Vec<Vec<IpAddr>>) -> (Resolver, Arc<AtomicUsize>) {
    let (asked, answers) = (Arc::new(AtomicUsize::new(0)), Mutex::new(answers));
    let count = asked.clone();
    let resolver: Resolver = Arc::new(move |_, port| {
        count.fetch_add(1, Ordering::SeqCst);
        let mut answers = answers.lock().unwrap();
        let now = if answers.len() > 1 {
            answers.remove(0)
        } else {
            answers[0].clone()
        };
        let now = now.iter().map(|ip| SocketAddr::new(*ip, port)).collect();
        Box::pin(std::future::ready(Ok(now)))
    });
    (resolver, asked)
}

async fn get(outward: &Outward, url: &str) -> Result<Answer, Failure> {
    let request = Request {
        method: http::Method::GET,
        headers: &[],
        body: Vec::new(),
    };
    outward.ask(&url.parse().unwrap(), request, LIMITS).await
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

#[tokio::test]
async fn r_sec_05_a_name_that_changes_its_mind_leads_nowhere_else() {
    let (allowed, seen) = server("127.0.0.2:0", OK).await;
    let port = allowed.port();
    let inside = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let (resolver, asked) = saying(vec![vec![allowed.ip()], vec!["127.0.0.1".parse().unwrap()]]);
    let outward = outward(&["127.0.0.2/32"]).asking(resolver);

    let url = format!("http://rebinding.example:{port}/");
    assert_eq!(get(&outward, &url).await.unwrap().body, b"ok");
    assert_eq!(
        asked.load(Ordering::SeqCst),
        1,
        "resolved once, and gone there"
    );
    let second = get(&outward, &url).await;
    assert_eq!(second, Err(Failure::NotAllowed { secure: false }));
    assert_eq!(seen.load(Ordering::SeqCst), 1);
    let nobody_came = tokio::time::timeout(Duration::ZERO, inside.accept()).await;
    assert!(nobody_came.is_err());
}

#[tokio::test]
async fn r_sec_05_one_bad_address_of_a_name_spoils_them_all() {
    let (allowed, seen) = server("127.0.0.2:0", OK).await;
    for bad in [
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "::ffff:10.0.0.1",
        "fd00::1",
    ] {
        let (resolver, _) = saying(vec![vec![allowed.ip(), bad.parse().unwrap()]]);
        let outward = outward(&["127.0.0.2/32"]).asking(resolver);
        for scheme in ["https", "http"] {
            let url = format!("{scheme}://mixed.example:{}/", allowed.port());
            let refused = get(&outward, &url).await;
            assert!(matches!(refused, Err(Failure::NotAllowed { .. })), "{bad}");
        }
    }
    assert_eq!(seen.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn r_sec_05_addresses_in_disguise_are_seen_through() {
    let never: Resolver = Arc::new(|host, _| panic!("{host} was looked up"));
    let outward = outward(&[]).asking(never);
    for url in [
        "https://127.0.0.1/",
        "https://0x7f.1/",
        "https://2130706433/",
        "https://017700000001/",
        "https://127.1/",
        "https://[::1]/",
        "https://[::ffff:7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://0/",
    ] {
        let refused = get(&outward, url).await;
        assert_eq!(refused, Err(Failure::NotAllowed { secure: true }), "{url}");
    }
    let plain = get(&outward, "http://8.8.8.8/").await;
    assert_eq!(plain, Err(Failure::NotAllowed { secure: false }));
}

#[tokio::test]
async fn r_sec_05_redirects_are_not_followed() {
    let (inside, seen) = server("127.0.0.3:0", OK).await;
    let to =
        format!("HTTP/1.1 302 Found\r\nlocation: http://{inside}/\r\ncontent-length: 0\r\n\r\n");
    let (at, _) = server("127.0.0.2:0", to).await;
    let outward = outward(&["127.0.0.0/8"]);
    let answer = get(&outward, &format!("http://{at}/")).await.unwrap();
    assert_eq!(answer.status, 302);
    assert_eq!(seen.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn when_to_ask_again_is_told() {
    let busy = "HTTP/1.1 429 Slow down\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n";
    let (at, _) = server("127.0.0.2:0", busy).await;
    let outward = outward(&["127.0.0.0/8"]);
    let answer = get(&outward, &format!("http://{at}/")).await.unwrap();
    assert_eq!(
        (answer.status, answer.retry_after.as_deref()),
        (429, Some("120"))
    );
}

#[tokio::test]
async fn r_sec_05_an_answer_is_read_up_to_the_bound() {
    let outward = outward(&["127.0.0.0/8"]);
    let long = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n{}",
        "x".repeat(9_000)
    );
    let endless = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}",
        "400\r\n".to_owned() + &"y".repeat(0x400) + "\r\n"
    );
    for answer in [long, endless] {
        let (at, _) = server("127.0.0.2:0", answer).await;
        let answer = get(&outward, &format!("http://{at}/")).await.unwrap();
        assert_eq!(answer.body.len(), LIMITS.body);
    }
    let head = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(100_000));
    for junk in [head, "220 mail.example ESMTP\r\n".into(), String::new()] {
        let (at, _) = server("127.0.0.2:0", junk).await;
        let failed = get(&outward, &format!("http://{at}/")).await;
        assert_eq!(failed, Err(Failure::Http));
    }
}

#[tokio::test(start_paused = true)]
async fn r_sec_05_whoever_does_not_answer_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let failed = get(&outward(&["127.0.0.0/8"]), &url).await;
    assert_eq!(failed, Err(Failure::TimedOut(LIMITS.time)));
}

#[tokio::test]
async fn a_certificate_must_fit_the_name() {
    let made = rcgen::generate_simple_self_signed(vec!["hook.example".into()]).unwrap();
    let (pem, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let tls = crate::tls::server_config(pem.as_bytes(), key.as_bytes()).unwrap();
    let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let accepted = tokio_rustls::TlsAcceptor::from(tls.clone()).accept(stream);
            if let Ok(mut stream) = accepted.await {
                let mut seen = vec![0; 4_096];
                let read = stream.read(&mut seen).await.unwrap();
                let head = String::from_utf8_lossy(&seen[..read]).into_owned();
                let body =
                    head.lines().next().unwrap().to_owned() + "|" + head.lines().nth(1).unwrap();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    });
    let (resolver, _) = saying(vec![vec![at.ip()]]);
    let private = ["127.0.0.0/8".parse().unwrap()];
    let outward = Outward::new(&private, &Roots::Pem(pem.into_bytes()))
        .unwrap()
        .asking(resolver);
    let port = at.port();
    let url = format!("https://hook.example:{port}/in?key=1");
    let answer = get(&outward, &url).await.unwrap();
    assert_eq!(
        String::from_utf8(answer.body).unwrap(),
        format!("GET /in?key=1 HTTP/1.1|host: hook.example:{port}")
    );
    let stranger = get(&outward, &format!("https://other.example:{port}/")).await;
    assert!(matches!(stranger, Err(Failure::Tls(_))), "{stranger:?}");
}

#[test]
fn targets() {
    for good in [
        "https://crm.example/hook",
        "http://localhost:8080/",
        "HTTPS://Crm.Example",
    ] {
        assert!(good.parse::<Target>().is_ok(), "{good}");
    }
    for (bad, why) in [
        ("crm.example/hook", BadTarget::NotAnAddress),
        ("", BadTarget::NotAnAddress),
        ("https://", BadTarget::NotAnAddress),
        ("ftp://crm.example/", BadTarget::Scheme),
        ("file:///etc/passwd", BadTarget::Scheme),
        ("gopher://crm.example/", BadTarget::Scheme),
        ("https://user:secret@crm.example/", BadTarget::Credentials),
        ("https://user@crm.example/", BadTarget::Credentials),
        ("https://crm.example/#here", BadTarget::Fragment),
    ] {
        assert_eq!(bad.parse::<Target>(), Err(why), "{bad}");
    }
    let long = format!("https://crm.example/{}", "x".repeat(2_000));
    assert_eq!(long.parse::<Target>(), Err(BadTarget::TooLong));
    let secret: Target = "https://crm.example/s3cret".parse().unwrap();
    assert_eq!(format!("{secret:?}"), "Target(crm.example)");
}
