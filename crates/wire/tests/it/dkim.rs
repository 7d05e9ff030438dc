//! Signed mail on its way through client and server, and before a verifier that is not ours.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use wire::dkim::{Algorithm, Signer, generate};
use wire::smtp::{Envelope, Limits, Recipient, Security, ServerTls};

use crate::post_office::open;

/// 2026-11-21T20:48:00Z.
const NOW: u64 = 1_795_294_080;
const MAIL: &[u8] = b"Received: from a.example by b.example\r\n\
    From: \"Ann\tA\"  <ann@example.org>\r\n\
    To: bob@example.net,\r\n\tcarl@example.net\r\n\
    Subject: =?utf-8?q?Figures_f=C3=BCr?=\r\n  November \r\n\
    Date: Sat, 21 Nov 2026 20:48:00 +0000\r\n\
    Message-ID: <1@example.org>\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    Content-Transfer-Encoding: 8bit\r\n\
    List-Unsubscribe: <https://t.example.org/u/x>\r\n\
    List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\
    Overt-Tracking: open, click\r\n\
    \r\n\
    gr\xc3\xbc\xc3\x9fe  \t aus\xff \r\n.\r\n..dots\r\n \t\r\n  end\r\n\r\n\r\n";

fn signers() -> [Signer; 2] {
    [(Algorithm::Rsa, "overt1"), (Algorithm::Ed25519, "overt2")].map(|(algorithm, selector)| {
        let pem = generate(algorithm).unwrap();
        Signer::new("example.org", selector, pem.as_bytes())
            .and_then(|signer| signer.covering("Overt-Tracking"))
            .unwrap()
    })
}

fn signatures(signers: &[Signer], mail: &[u8]) -> Vec<u8> {
    let fields = signers.iter().map(|signer| signer.sign(mail, NOW).unwrap());
    fields.collect::<Vec<_>>().concat()
}

/// Signatures are the same for the same mail, so signing what arrived must give what was sent.
#[tokio::test]
async fn a_signature_fits_what_arrives() {
    let signers = signers();
    let office = open(ServerTls::Off, false, Limits::default()).await;
    let mut connection = office.relay(Security::None).connect().await.unwrap();
    let envelope = Envelope {
        from: "ann@example.org".into(),
        recipients: vec![Recipient::new("bob@example.net")],
        ..Envelope::default()
    };
    let bare = b"From: ann@example.org\nSubject: a\n b\n\n.one\rtwo\n\n\r\nthree".as_slice();
    for mail in [MAIL, bare] {
        let field = signatures(&signers, mail);
        let sent = connection.send(&envelope, &[&field, mail].concat()).await;
        assert_eq!(sent.unwrap().outcome(0).unwrap().code, 250);
        let (_, _, arrived) = office.taken().pop().unwrap();
        let arrived = arrived.strip_prefix(field.as_slice()).unwrap();
        assert_eq!(signatures(&signers, arrived), field);
    }
    connection.quit().await;
    office.close().await;
}

/// The Python that has dkimpy: the system's, or the one on the path.
fn python() -> &'static str {
    let has_dkimpy = |python: &&str| {
        let import = Command::new(python)
            .args(["-c", "import dkim, nacl"])
            .output();
        import.is_ok_and(|output| output.status.success())
    };
    let found = ["/usr/bin/python3", "python3"].into_iter().find(has_dkimpy);
    assert!(
        found.is_some(),
        "this test needs dkimpy; install it with: apt-get install python3-dkim python3-nacl"
    );
    found.unwrap()
}

#[test]
fn dkimpy_verifies_what_is_signed_and_nothing_else() {
    let signers = signers();
    let scratch = tempfile::tempdir().unwrap();
    let records = scratch.path().join("records");
    let lines = signers.each_ref().map(|signer| {
        let record = signer.record();
        format!("{} {}\n", record.name, record.text)
    });
    std::fs::write(&records, lines.concat()).unwrap();
    let verify = |mail: &[u8]| -> Output {
        let mut python = Command::new(python())
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/dkimpy_verify.py"
            ))
            .arg(&records)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        python.stdin.take().unwrap().write_all(mail).unwrap();
        python.wait_with_output().unwrap()
    };

    let bodies = [
        b"\r\n".as_slice(),
        b"\r\n\r\n\r\n",
        b"\r\nend",
        b"\r\n \t\r\n",
        b"\r\n  \r\n\r\n",
        b"\r\n\ta  b \t\r\n \t\r\n\r\n \r\n",
    ];
    let header = b"From: ann@example.org\r\nTo: first\r\nto: last\r\nSubject: \r\n".as_slice();
    let odd = bodies.map(|body| [header, body].concat());
    // Ends in CRLF, as everything is sent: dkimpy keeps blanks at the end of a mail without it.
    let text = "x y  ".repeat(40_000);
    let long = format!("From: ann@example.org\r\n\r\n{text}\r\n");
    for mail in odd.iter().map(Vec::as_slice).chain([MAIL, long.as_bytes()]) {
        let signed = [&signatures(&signers, mail), mail].concat();
        let said = verify(&signed);
        assert_eq!(
            String::from_utf8_lossy(&said.stdout),
            "ok rsa-sha256 example.org overt1\nok ed25519-sha256 example.org overt2\n"
        );
        assert!(said.status.success());
    }

    let signed = [&signatures(&signers, MAIL), MAIL].concat();
    let damage = [
        "ann",
        "carl",
        "Sat",
        "open",
        "/u/x",
        "One-Click",
        "aus",
        "end",
    ];
    for (part, broken) in damage.map(|part| (part, 2)).into_iter().chain([("t=1", 1)]) {
        let mut damaged = signed.clone();
        let at = signed
            .windows(part.len())
            .rposition(|here| here == part.as_bytes());
        damaged[at.unwrap() + part.len() - 1] ^= 1;
        let said = verify(&damaged);
        let lines = String::from_utf8_lossy(&said.stdout);
        assert_eq!(lines.matches("fails ").count(), broken, "{part}");
        assert_eq!(said.status.code(), Some(1), "{part}");
    }
}
