mod published;
mod verifier;

use std::sync::OnceLock;

use proptest::prelude::*;

use super::*;
use verifier::{tags, verify};

/// 2026-11-21T20:48:00Z.
const NOW: u64 = 1_795_294_080;
const MAIL: &[u8] =
    b"Received: from a by b\r\nFrom: Ann <ann@example.org>\r\nTo: bob@example.net\r\n\
    Subject: Figures\r\n\r\nHello\r\n";

fn signer(algorithm: Algorithm) -> &'static Signer {
    static RSA: OnceLock<Signer> = OnceLock::new();
    static ED25519: OnceLock<Signer> = OnceLock::new();
    let (kept, selector) = match algorithm {
        Algorithm::Rsa => (&RSA, "overt1"),
        Algorithm::Ed25519 => (&ED25519, "overt2"),
    };
    kept.get_or_init(|| {
        let pem = generate(algorithm).unwrap();
        Signer::new("example.org", selector, pem.as_bytes()).unwrap()
    })
}

fn both() -> [&'static Signer; 2] {
    [signer(Algorithm::Rsa), signer(Algorithm::Ed25519)]
}

fn field(signer: &Signer, mail: &[u8]) -> String {
    String::from_utf8(signer.sign(mail, NOW).unwrap()).unwrap()
}

/// The names in `h=`.
fn covered(field: &str) -> Vec<String> {
    tags(field)["h"].split(':').map(str::to_owned).collect()
}

/// The mail as the relay gets it.
fn sent(signer: &Signer, mail: &[u8]) -> Vec<u8> {
    let text: String = mail.iter().copied().map(char::from).collect();
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.replace('\n', "\r\n");
    let mut all = signer.sign(mail, NOW).unwrap();
    all.extend(text.chars().map(|c| u8::try_from(c).unwrap()));
    all
}

#[test]
fn the_field_is_as_the_rfc_wants_it() {
    for signer in both() {
        let field = field(signer, MAIL);
        assert!(field.starts_with("DKIM-Signature: v=1; a="), "{field}");
        assert!(field.ends_with("\r\n"));
        for line in field.trim_end().split("\r\n") {
            assert!(line.len() <= 78 && !line.trim().is_empty(), "{field}");
        }
        let tags = tags(field.split_once(':').unwrap().1);
        let mut names: Vec<&str> = tags.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["a", "b", "bh", "c", "d", "h", "s", "t", "v"]);
        assert_eq!(tags["c"], "relaxed/relaxed");
        assert_eq!(tags["d"], "example.org");
        assert_eq!(tags["t"], "1795294080");
        assert_eq!(tags["h"], "From:From:To:Subject");
    }
}

#[test]
fn the_same_mail_key_and_time_give_the_same_bytes() {
    for signer in both() {
        assert_eq!(signer.sign(MAIL, NOW), signer.sign(MAIL, NOW));
        assert_ne!(signer.sign(MAIL, NOW), signer.sign(MAIL, NOW + 1));
    }
}

#[test]
fn two_signatures_on_one_mail_both_verify() {
    let mut mail = MAIL.to_vec();
    for signer in both() {
        mail = sent(signer, &mail);
        assert_eq!(verify(&mail, &signer.record().text), Ok(()));
    }
    let second = mail.windows(16).rposition(|at| at == b"\r\nDKIM-Signature");
    let under_the_first = &mail[second.unwrap() + 2..];
    let first = signer(Algorithm::Rsa).record().text;
    assert_eq!(verify(under_the_first, &first), Ok(()));
}

/// RFC 8058 §4: a receiver offers one-click unsubscription only when both fields are covered.
#[test]
fn everything_that_a_reader_relies_on_is_covered() {
    let mail = "Overt-Tracking: open\r\n\
        LIST-UNSUBSCRIBE-POST: List-Unsubscribe=One-Click\r\n\
        List-Unsubscribe: <https://t.example.org/u/x>\r\nContent-Transfer-Encoding: 8bit\r\n\
        Content-Type: text/plain\r\nMIME-Version: 1.0\r\nReferences: <a@x>\r\n\
        In-Reply-To: <a@x>\r\nReply-To: d@example.org\r\nMessage-ID: <b@x>\r\n\
        Date: Sat, 21 Nov 2026 20:48:00 +0000\r\nSubject: x\r\nCc: c@x\r\nTo: b@x\r\n\
        X-Else: y\r\nReceived: z\r\nFrom: ann@example.org\r\n\r\n";
    let pem = generate(Algorithm::Ed25519).unwrap();
    let signer = Signer::new("example.org", "s", pem.as_bytes())
        .unwrap()
        .covering("Overt-Tracking")
        .unwrap()
        .covering("date")
        .unwrap();
    let field = field(&signer, mail.as_bytes());
    assert_eq!(
        covered(&field).join(":"),
        "From:From:To:Cc:Subject:Date:Message-ID:Reply-To:In-Reply-To:References:MIME-Version:\
         Content-Type:Content-Transfer-Encoding:List-Unsubscribe:List-Unsubscribe-Post:\
         Overt-Tracking"
    );
    let all = format!("{field}{mail}");
    let record = signer.record().text;
    assert_eq!(verify(all.as_bytes(), &record), Ok(()));
    for (was, is) in [
        ("/u/x", "/u/y"),
        ("One-Click", "One-click"),
        ("open", "all"),
    ] {
        let forged = all.replacen(was, is, 1);
        assert!(verify(forged.as_bytes(), &record).is_err(), "{was}");
    }
    let harmless = all.replace("X-Else: y", "X-Else: w");
    assert_eq!(verify(harmless.as_bytes(), &record), Ok(()));
}

#[test]
fn of_fields_with_one_name_all_are_covered_last_first() {
    let mail = b"From: a@x.org\r\nTo: first@x.org\r\nSubject: s\r\nTo: last@x.org\r\n\r\n";
    for signer in both() {
        let field = field(signer, mail);
        assert_eq!(covered(&field), ["From", "From", "To", "To", "Subject"]);
        let all = String::from_utf8(sent(signer, mail)).unwrap();
        let record = signer.record().text;
        assert_eq!(verify(all.as_bytes(), &record), Ok(()));
        let swapped = all.replace("first", "la5t").replace("last", "first");
        let swapped = swapped.replace("la5t", "last");
        assert!(verify(swapped.as_bytes(), &record).is_err());
        let second_from = all.replace("\r\nTo: first", "\r\nFrom: b@y.org\r\nTo: first");
        assert!(verify(second_from.as_bytes(), &record).is_err());
    }
}

#[test]
fn odd_mails_verify_as_they_are_sent() {
    let long = format!(
        "From: a@x.org\r\nSubject: {}\r\n\r\n{}",
        "s ".repeat(9_000),
        "x".repeat(200_000)
    );
    for mail in [
        b"From: a@x.org\r\n\r\n".as_slice(),
        b"From: a@x.org\r\n",
        b"From: a@x.org",
        b"From: a@x.org\r\n\r\nno line end",
        b"From: a@x.org\r\n\r\n\r\n\r\n",
        b"From: a@x.org\n\nbare\nline\rends\r\n\r\n\n",
        b"FROM\t: =?utf-8?q?J=C3=B6?=\r\n\t<a@x.org>  \r\nSubject: a  b\r\n \r\n\tc \r\n\r\n. \r\n..\r\n",
        b"From: J\xc3\xb6rg <j\xc3\xb6rg@x.org>\r\nSubject: \xff\xfe\r\n\r\n\x80 \x00\x0c \t\xa0\r\n",
        long.as_bytes(),
    ] {
        for signer in both() {
            let all = sent(signer, mail);
            let shown = mail[..mail.len().min(80)].escape_ascii();
            assert_eq!(verify(&all, &signer.record().text), Ok(()), "{shown}");
        }
    }
}

#[test]
fn mails_without_a_signature_say_why() {
    let signer = signer(Algorithm::Ed25519);
    let refused = |mail: &[u8]| signer.sign(mail, NOW).unwrap_err();
    assert_eq!(refused(b""), SignError::NoFrom);
    assert_eq!(
        refused(b"To: b@x.org\r\n\r\nFrom: a@x.org\r\n"),
        SignError::NoFrom
    );
    assert_eq!(
        refused(b"From: a@x.org\r\nHello\r\n"),
        SignError::Header { line: 2 }
    );
    let with = |count| ["From: a@x.org\r\n", &"To: b@x.org\r\n".repeat(count)].concat();
    assert!(signer.sign(with(98).as_bytes(), NOW).is_ok());
    assert_eq!(refused(with(99).as_bytes()), SignError::TooManyFields);
}

#[test]
fn domains_selectors_and_fields_are_checked() {
    let pem = generate(Algorithm::Ed25519).unwrap();
    let new = |domain: &str, selector: &str| {
        Signer::new(domain, selector, pem.as_bytes()).map(|signer| signer.record().name)
    };
    assert_eq!(
        new("Mail.Example.ORG", "2026-11.eu").unwrap(),
        "2026-11.eu._domainkey.mail.example.org"
    );
    let label = "a".repeat(63);
    let long = [label.as_str(), &label, &label, "example.org"].join(".");
    assert!(new(&long, "s").is_ok());
    for bad in [
        "",
        "localhost",
        "b\u{fc}cher.de",
        "example.org.",
        "a..org",
        "-a.org",
        "a b.org",
        "a;d=b.org",
        "x.org\r\nTo: y",
        &format!("{label}a.org"),
        &format!("{label}.{long}"),
    ] {
        assert_eq!(
            new(bad, "s").unwrap_err(),
            SignerError::Domain(bad.to_owned())
        );
    }
    for bad in ["", "a b", "a;b", "s\u{e9}", ".a", "a-"] {
        assert_eq!(
            new("x.org", bad).unwrap_err(),
            SignerError::Selector(bad.to_owned())
        );
    }
    for bad in ["", "A B", "A:B", "A;B", "A\r\nB"] {
        let signer = Signer::new("x.org", "s", pem.as_bytes()).unwrap();
        assert_eq!(
            signer.covering(bad).unwrap_err(),
            SignerError::FieldName(bad.to_owned())
        );
    }
}

/// Fields and bodies of every shape that is still a mail.
fn mails() -> impl Strategy<Value = Vec<u8>> {
    let name = prop::sample::select(vec![
        "To",
        "subject",
        "X-Y",
        "Content-Type",
        "DATE ",
        "From",
    ]);
    let end = prop::sample::select(vec!["\r\n", "\n", "\r"]);
    let field = (
        name,
        "[a-z:;= \t\u{fc}\u{c}]{0,90}",
        end,
        "[ \t][a-z \t]{0,9}",
    )
        .prop_map(|(name, value, end, more)| format!("{name}:{value}{end}{more}{end}"));
    let body = prop::collection::vec(any::<u8>(), 0..200);
    let text = "[a. \t\r\n]{0,80}".prop_map(String::into_bytes);
    (prop::collection::vec(field, 0..12), prop_oneof![body, text]).prop_map(|(fields, body)| {
        let mut mail = format!("From: a@x.org\r\n{}\r\n", fields.concat()).into_bytes();
        mail.extend(body);
        mail
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_signed_verifies_and_what_is_changed_does_not(mail in mails(), at in any::<prop::sample::Index>()) {
        for signer in both() {
            let record = signer.record().text;
            let mut all = sent(signer, &mail);
            prop_assert_eq!(verify(&all, &record), Ok(()));
            let field_end = signer.sign(&mail, NOW).unwrap().len();
            // Any letter of the body matters.
            let body = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
            let letters: Vec<usize> = (body..all.len()).filter(|&i| all[i].is_ascii_alphabetic()).collect();
            if !letters.is_empty() {
                let i = letters[at.index(letters.len())];
                all[i] ^= 0x20;
                prop_assert_eq!(verify(&all, &record), Err("the body hash does not fit"));
                all[i] ^= 0x20;
            }
            all[field_end + "From: ".len()] ^= 1;
            prop_assert_eq!(verify(&all, &record), Err("the signature does not fit"));
        }
    }

    #[test]
    fn no_input_makes_it_panic(mail in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = signer(Algorithm::Ed25519).sign(&mail, NOW);
    }
}
