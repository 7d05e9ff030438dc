//! Dialogues without a network: what the client sends, cut anyhow, and what it hears.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;

/// A client's view of a session whose handler knows ann/pw, refuses `bad@…` and takes mail.
fn dialogue(setting: &Arc<Setting>, pieces: &[&[u8]]) -> String {
    let mut session: Session<&str> = Session::new(Arc::clone(setting));
    let mut heard = String::new();
    for piece in pieces {
        let mut input = *piece;
        loop {
            let step = match session.next(&mut input) {
                Step::Authenticate(claim) => {
                    let known = claim.name == "ann" && claim.password == "pw";
                    session.authenticated(Ok(known.then_some("ann")))
                }
                Step::Sender(mail) => {
                    let verdict = judge(&mail.from);
                    session.sender_answered(mail, verdict)
                }
                Step::Recipient(to) => {
                    let verdict = judge(&to.address);
                    session.recipient_answered(to, verdict)
                }
                Step::Message(mail, data, _) => Step::Reply(Reply::new(
                    250,
                    (2, 0, 0),
                    format!("{} to {}", data.len(), mail.recipients.len()),
                )),
                step => step,
            };
            match step {
                Step::Read => break,
                Step::Reply(reply) => writeln!(heard, "{reply}").unwrap(),
                Step::Close(reply) | Step::StartTls(reply) => {
                    writeln!(heard, "{reply}").unwrap();
                    return heard + "end";
                }
                _ => panic!("a question was left open"),
            }
        }
    }
    heard
}

fn judge(address: &str) -> Result<(), Reply> {
    if address.starts_with("bad@") {
        return Err(Reply::new(550, (5, 7, 1), "no"));
    }
    Ok(())
}

fn setting(change: impl FnOnce(&mut Setting)) -> Arc<Setting> {
    let mut setting = Setting {
        hostname: "mail.example".into(),
        limits: Limits {
            message_bytes_max: 1000,
            ..Limits::default()
        },
        budget: Budget::new(1 << 20),
        tls: false,
        starttls_offered: true,
        requires_auth: true,
        auth_allowed: true,
    };
    change(&mut setting);
    Arc::new(setting)
}

/// The codes of all replies to `text`; `end` stands at the end if the session closed.
fn codes(setting: &Arc<Setting>, text: &str) -> String {
    dialogue(setting, &[text.as_bytes()])
        .lines()
        .map(|line| line.get(..3).unwrap_or(line))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Signs in first.
fn signed_in(setting: &Arc<Setting>, text: &str) -> String {
    let all = codes(
        setting,
        &format!("EHLO x\r\nAUTH PLAIN AGFubgBwdw==\r\n{text}"),
    );
    all.strip_prefix("250 235 ").unwrap_or(&all).to_owned()
}

const DIALOGUE: &str = "EHLO client.example\r\n\
    AUTH LOGIN\r\nYW5u\r\nd3Jvbmc=\r\n\
    AUTH PLAIN\r\nAGFubgBwdw==\r\n\
    MAIL FROM:<bad@example.org>\r\nRCPT TO:<a@example.org>\r\nDATA\r\n\
    MAIL FROM:<ann@example.org> SIZE=20 BODY=8BITMIME SMTPUTF8 RET=FULL\r\n\
    RCPT TO:<bad@example.org>\r\nRCPT TO:<j\u{f6}rg@example.org> NOTIFY=NEVER\r\n\
    DATA\r\nSubject: x\r\n\r\n..\r\n.\r\n\
    NO\nOP\r\nFROB\r\nVRFY x\r\nHELP\r\nRSET\r\n\
    MAIL FROM:<>\r\nRCPT TO:<a@example.org>\r\nDATA\r\nbare\nline\r\n.\r\n\
    NOOP\r\nQUIT\r\n";

#[test]
fn the_same_however_it_is_cut() {
    let setting = setting(|_| ());
    let bytes = DIALOGUE.as_bytes();
    let whole = dialogue(&setting, &[bytes]);
    assert!(whole.ends_with("221 2.0.0 Goodbye\nend"), "{whole}");
    for cut in 0..=bytes.len() {
        let (a, b) = bytes.split_at(cut);
        assert_eq!(dialogue(&setting, &[a, b]), whole, "cut at {cut}");
    }
    let bytewise: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(dialogue(&setting, &bytewise), whole);
}

#[test]
fn what_it_hears() {
    let codes = codes(&setting(|_| ()), DIALOGUE);
    let expected = "250 334 334 535 334 235 550 503 503 250 550 250 354 250 \
                    500 500 500 252 214 250 250 250 354 550 250 221 end";
    assert_eq!(codes, expected);
}

#[test]
fn ehlo_offers_what_there_is() {
    let ehlo = |setting: &Arc<Setting>| dialogue(setting, &[b"EHLO x\r\n"]);
    let open = setting(|s| s.auth_allowed = false);
    assert!(ehlo(&open).contains("STARTTLS") && !ehlo(&open).contains("AUTH"));
    let secret = setting(|s| (s.tls, s.starttls_offered) = (true, false));
    assert!(!ehlo(&secret).contains("STARTTLS") && ehlo(&secret).contains("AUTH PLAIN LOGIN"));
    let sink = setting(|s| s.requires_auth = false);
    assert!(!ehlo(&sink).contains("AUTH"));
    for word in [
        "PIPELINING",
        "SIZE 1000",
        "8BITMIME",
        "SMTPUTF8",
        "DSN",
        "ENHANCEDSTATUSCODES",
    ] {
        assert!(ehlo(&sink).contains(word), "{word}");
    }
    assert!(!ehlo(&sink).contains("CHUNKING"));
    assert_eq!(dialogue(&sink, &[b"HELO x\r\n"]), "250 mail.example\n");
}

#[test]
fn order_is_kept() {
    let s = setting(|_| ());
    assert_eq!(codes(&s, "MAIL FROM:<a@b>\r\n"), "503");
    assert_eq!(
        codes(&s, "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\n"),
        "250 530 503"
    );
    assert_eq!(codes(&s, "AUTH PLAIN AGFubgBwdw==\r\n"), "503");
    assert_eq!(signed_in(&s, "AUTH PLAIN AGFubgBwdw==\r\n"), "503");
    assert_eq!(signed_in(&s, "RCPT TO:<a@b>\r\nDATA\r\n"), "503 503");
    assert_eq!(
        signed_in(&s, "MAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\n"),
        "250 503"
    );
    assert_eq!(signed_in(&s, "MAIL FROM:<a@b>\r\nDATA\r\n"), "250 554");
    // EHLO and RSET forget the mail, not who signed in.
    assert_eq!(
        signed_in(&s, "MAIL FROM:<a@b>\r\nEHLO x\r\nDATA\r\n"),
        "250 250 503"
    );
    assert_eq!(signed_in(&s, "RSET\r\nMAIL FROM:<a@b>\r\n"), "250 250");
}

#[test]
fn passwords_do_not_travel_in_the_open() {
    let s = setting(|s| s.auth_allowed = false);
    assert_eq!(
        codes(&s, "EHLO x\r\nAUTH PLAIN AGFubgBwdw==\r\n"),
        "250 538"
    );
}

#[test]
fn starttls_ends_the_session_before_what_follows() {
    let s = setting(|_| ());
    assert_eq!(
        codes(&s, "EHLO x\r\nSTARTTLS\r\nMAIL FROM:<evil@b>\r\n"),
        "250 220 end"
    );
    let already = setting(|s| (s.tls, s.starttls_offered) = (true, false));
    assert_eq!(codes(&already, "EHLO x\r\nSTARTTLS\r\n"), "250 503");
    let never = setting(|s| s.starttls_offered = false);
    assert_eq!(codes(&never, "EHLO x\r\nSTARTTLS\r\n"), "250 502");
}

#[test]
fn guessing_ends() {
    let s = setting(|_| ());
    let wrong = "AUTH PLAIN AGFubgB4\r\n".repeat(5);
    assert_eq!(
        codes(&s, &format!("EHLO x\r\n{wrong}")),
        "250 535 535 421 end"
    );
    assert_eq!(
        codes(&s, "EHLO x\r\nAUTH LOGIN\r\n*\r\nNOOP\r\n"),
        "250 334 501 250"
    );
    assert_eq!(codes(&s, "EHLO x\r\nAUTH CRAM-MD5\r\n"), "250 504");
}

#[test]
fn ten_thousand_recipients_do_not_grow_the_session() {
    let s = setting(|s| s.limits.recipients_max = 3);
    let mut many = String::new();
    for n in 0..10_000 {
        write!(many, "RCPT TO:<u{n}@b>\r\n").unwrap();
    }
    let heard = signed_in(&s, &format!("MAIL FROM:<a@b>\r\n{many}DATA\r\nhi\r\n.\r\n"));
    let expected = format!("250 250 250 250{} 354 250", " 452".repeat(9_997));
    assert_eq!(heard, expected);
}

#[test]
fn too_big_is_refused_early_or_late() {
    let s = setting(|_| ());
    assert_eq!(signed_in(&s, "MAIL FROM:<a@b> SIZE=1001\r\n"), "552");
    let big = "x".repeat(1001);
    let mail = format!("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n{big}\r\n.\r\nNOOP\r\n");
    assert_eq!(signed_in(&s, &mail), "250 250 354 552 250");
    let crowded = setting(|s| s.budget = Budget::new(500));
    assert_eq!(signed_in(&crowded, "MAIL FROM:<a@b> SIZE=501\r\n"), "452");
    assert_eq!(
        signed_in(
            &crowded,
            "MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nx\r\n.\r\n"
        ),
        "250 250 354 452"
    );
}

#[test]
fn errors_and_commands_are_bounded() {
    let s = setting(|s| s.limits.errors_max = 3);
    assert_eq!(codes(&s, &"FROB\r\n".repeat(10)), "500 500 500 421 end");
    // After a refused MAIL the pipelined rest is not the client's mistake.
    let mail = format!(
        "MAIL FROM:<bad@b>\r\n{}DATA\r\nNOOP\r\n",
        "RCPT TO:<a@b>\r\n".repeat(9)
    );
    assert_eq!(
        signed_in(&s, &mail),
        format!("550{} 503 250", " 503".repeat(9))
    );
    let s = setting(|s| s.limits.commands_max = 3);
    assert_eq!(codes(&s, &"NOOP\r\n".repeat(10)), "250 250 250 421 end");
    assert_eq!(codes(&s, "GET / HTTP/1.1\r\nHost: x\r\n"), "421 end");
    assert_eq!(codes(&s, &"x".repeat(1 << 20)), "421 end");
}

#[test]
fn an_over_long_line_ends_an_auth_exchange() {
    let s = setting(|_| ());
    let long = "A".repeat(5000);
    assert_eq!(
        codes(&s, &format!("EHLO x\r\nAUTH PLAIN\r\n{long}\r\nNOOP\r\n")),
        "250 334 500 250"
    );
}

/// Pieces of dialogues, sensible and not.
fn scraps() -> impl Strategy<Value = Vec<u8>> {
    let scrap = prop_oneof![
        proptest::sample::select(vec![
            "EHLO x\r\n",
            "AUTH PLAIN AGFubgBwdw==\r\n",
            "AUTH LOGIN\r\n",
            "YW5u\r\n",
            "cHc=\r\n",
            "*\r\n",
            "MAIL FROM:<a@b>\r\n",
            "MAIL FROM:<bad@b>\r\n",
            "RCPT TO:<c@d>\r\n",
            "RCPT TO:<bad@d>\r\n",
            "DATA\r\n",
            "text\r\n",
            "..\r\n",
            ".\r\n",
            "\r\n.\r\n",
            "RSET\r\n",
            "QUIT\r\n",
            "STARTTLS\r\n",
            "\n",
            "\r",
            ".",
            "\0",
            "\n.\n",
            "MAIL FROM:<",
            "GET / HTTP/1.1\r\n",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..20),
        (0_usize..6000).prop_map(|length| vec![b'x'; length]),
    ];
    proptest::collection::vec(scrap, 0..25).prop_map(|scraps| scraps.concat())
}

proptest! {
    #[test]
    fn any_dialogue_is_the_same_however_it_is_cut(bytes in scraps(), cuts: [proptest::sample::Index; 3]) {
        let setting = setting(|_| ());
        let start = b"EHLO x\r\nAUTH PLAIN AGFubgBwdw==\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";
        let bytes = [start, &bytes[..]].concat();
        let mut cuts = cuts.map(|cut| cut.index(bytes.len() + 1));
        cuts.sort_unstable();
        let [a, b, c] = cuts;
        let pieces = [&bytes[..a], &bytes[a..b], &bytes[b..c], &bytes[c..]];
        prop_assert_eq!(dialogue(&setting, &pieces), dialogue(&setting, &[&bytes]));
    }
}
