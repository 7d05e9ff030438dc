//! Every web address in every mail that an instance makes: none says whom it is for, readable or hashed, and none can
//! be guessed from another.

use crate::advertising::{enter, give_postal_address};
use crate::support::mail::{Mail, token};
use crate::support::overt::{OWNER, Overt};
use crate::support::reader::Reader;
use crate::support::sink::Sink;
use data_encoding::{BASE32, BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use std::collections::BTreeSet;
use std::process::Command;
use wire::smtp::Reply;

const ANN: &str = "Ann.Reader@reader.example";
const BOB: &str = "bob.builder@reader.example";
const CEM: &str = "cem.customer@reader.example";

/// What could stand for a person: the address as written and as stored, and its half before the `@`, where that is too
/// long to be found in random letters.
fn names(address: &str) -> Vec<String> {
    let lower = address.to_ascii_lowercase();
    let local = lower.split('@').next().unwrap().to_owned();
    let names = [address.to_owned(), lower, local];
    names.into_iter().filter(|name| name.len() >= 8).collect()
}

/// Each as bytes: plain and under the usual hashes, which Python makes.
fn marks(names: &[String]) -> Vec<Vec<u8>> {
    let script = "import hashlib,sys\nfor n in sys.argv[1:]:\n for h in ('md5','sha1','sha256','sha512'): print(hashlib.new(h,n.encode()).hexdigest())";
    let output = Command::new("python3")
        .args(["-c", script])
        .args(names)
        .output()
        .unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let hashed = lines
        .lines()
        .map(|line| HEXLOWER.decode(line.as_bytes()).unwrap());
    let marks: Vec<_> = names
        .iter()
        .map(|name| name.clone().into_bytes())
        .chain(hashed)
        .collect();
    assert_eq!(marks.len(), names.len() * 5);
    marks
}

/// Every web address in the mail, in its header and in its text.
fn urls(mail: &Mail) -> Vec<String> {
    let source = mail.source();
    let header = source.split("\r\n\r\n").next().unwrap();
    let header = header.replace("\r\n ", " ").replace("\r\n\t", " ");
    let ends = |c: char| c.is_whitespace() || "\"'<>".contains(c);
    let words = header.split(ends).filter(|word| word.contains("://"));
    words.map(str::to_owned).chain(mail.urls()).collect()
}

/// The mark in any spelling, or cut short as identifiers are.
fn says(url: &str, mark: &[u8]) -> bool {
    let decoded = percent_decoded(url);
    let lower = decoded.to_ascii_lowercase();
    let short = &mark[..mark.len().min(8)];
    let spelt = [
        HEXLOWER.encode(short),
        HEXUPPER.encode(short),
        BASE64_NOPAD.encode(&mark[..6]),
        BASE64URL_NOPAD.encode(&mark[..6]),
        BASE32.encode(&mark[..5]),
    ];
    let inside = |bytes: &[u8]| bytes.windows(short.len()).any(|window| window == short);
    let texts = decoded.split(|c: char| !(c.is_ascii_alphanumeric() || "+-_=".contains(c)));
    let raw = texts.flat_map(|text| {
        let bytes = text.as_bytes();
        let decoders = [BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER];
        decoders
            .into_iter()
            .filter_map(|way| way.decode(bytes).ok())
    });
    spelt.iter().any(|text| decoded.contains(text))
        || std::str::from_utf8(mark).is_ok_and(|name| lower.contains(&name.to_ascii_lowercase()))
        || raw.into_iter().any(|bytes| inside(&bytes))
}

fn percent_decoded(url: &str) -> String {
    let mut pieces = url.split('%');
    let mut bytes = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        match piece
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
        {
            Some(byte) => bytes.extend([&[byte], &piece.as_bytes()[2..]].concat()),
            None => bytes.extend([b"%", piece.as_bytes()].concat()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn the_scan_finds_what_it_looks_for() {
    let address = "bob.builder@reader.example";
    for mark in marks(&names(address)) {
        for hidden in [
            HEXLOWER.encode(&mark),
            BASE64.encode(&mark),
            BASE64URL_NOPAD.encode(&[b"xyz".as_slice(), &mark].concat()),
            BASE64URL_NOPAD.encode(&[b"x".as_slice(), &mark].concat()),
        ] {
            assert!(says(&format!("https://t.example/o/{hidden}.gif"), &mark));
        }
    }
    let marks = marks(&names(address));
    assert!(says(
        "https://t.example/?u=BOB.builder%40reader.example",
        &marks[0]
    ));
    assert!(
        !marks
            .iter()
            .any(|mark| says("https://t.example/o/0123456789", mark))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn r_sec_04_no_address_in_a_mail_says_whom_it_is_for() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    give_postal_address(&overt).await;
    let ann = ANN.to_ascii_lowercase();
    // The question, the confirmation, the tracked mail and the one to who was not asked.
    overt.agreed(&sink, &ann).await;
    overt.agreed(&sink, BOB).await;
    overt
        .send_with(&[ANN, BOB, CEM], "Tracked", "X-Overt-Receipt: yes\r\n")
        .await;
    let tracked = sink.mail(ANN, "Tracked").await;
    // The mail that proves whose mailbox it is.
    let reader = Reader::default();
    reader.press(&tracked.page(), ("right", "own"), &[]).await;
    // A mailing, with its way out.
    enter(&overt, CEM, "customer", "DE").await;
    overt
        .send_with(&[CEM], "Mailing", "X-Overt-Class: marketing\r\n")
        .await;
    sink.mail(CEM, "Mailing").await;
    // A report to the sender.
    sink.refuse(CEM, usize::MAX, Reply::new(550, (5, 1, 1), "nobody"));
    overt.send(&[CEM], "Bounce").await;
    sink.mail(OWNER, "Not delivered").await;
    let own = crate::support::until("the mail with the key to one's own data", async || {
        let mails = sink.mails();
        mails.into_iter().find(|mail| mail.url("/p/own/").is_some())
    })
    .await;
    assert_eq!(own.to.to_ascii_lowercase(), ann);

    let mails = sink.mails();
    let people = [ANN, BOB, CEM, OWNER].map(|address| marks(&names(address)));
    let mut kinds = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for mail in &mails {
        for url in urls(mail) {
            for mark in people.iter().flatten() {
                assert!(!says(&url, mark), "{url} in {:?}", mail.subject());
            }
            let Some(path) = url.strip_prefix(&overt.tracker) else {
                continue;
            };
            let token = token(&url);
            if token.is_empty() {
                continue;
            }
            let (kind, _) = path.split_once(&token).unwrap();
            kinds.insert(kind.to_owned());
            ids.insert(BASE64URL_NOPAD.decode(token.as_bytes()).expect(&url)[..16].to_vec());
        }
    }
    let expected = ["/c/", "/o/", "/p/", "/p/confirm/", "/p/own/", "/r/", "/u/"];
    assert!(
        expected.iter().all(|kind| kinds.contains(*kind)),
        "{kinds:?}"
    );
    // Nothing in common, so that none leads to the next: by chance two of so few would not begin alike.
    assert!(ids.len() >= 8, "{}", ids.len());
    let ids: Vec<_> = ids.into_iter().collect();
    for pair in ids.windows(2) {
        assert_ne!(pair[0][..6], pair[1][..6]);
        assert_ne!(pair[0][10..], pair[1][10..]);
    }
}
