use super::*;
use model::consent::{Consent, ConsentState, Topic};
use model::crowd::NOBODY;
use model::decision::{Ceiling, Circumstances, decide};
use model::entitlement::agreed;
use model::{Axis, MessageId, Purpose, Time};

const NOW: Time = Time(1_700_000_000_000);

struct Bench {
    keyring: Keyring,
    tracker: Origin,
}

impl Bench {
    fn new(key: u8) -> Self {
        Self {
            keyring: Keyring::new(&[(1, [key; 32])]).unwrap(),
            tracker: "https://t.example.org".parse().unwrap(),
        }
    }

    fn tools(&self) -> Tools<'_> {
        Tools {
            keyring: &self.keyring,
            tracker: &self.tracker,
            signs_anew: false,
        }
    }

    fn write(&self, source: &str, copy: u8, topics: &[Topic], ask: bool) -> Rendered {
        self.write_with(source, copy, topics, ask, false)
    }

    fn write_with(
        &self,
        source: &str,
        copy: u8,
        topics: &[Topic],
        ask: bool,
        receipt: bool,
    ) -> Rendered {
        let consent = topics.iter().fold(Consent::default(), |c, t| {
            c.after(*t, ConsentState::Given, NOW)
        });
        let plan = mail::plan(source.as_bytes()).unwrap();
        let mut ceilings = vec![Ceiling {
            reason: Reason::WorkspaceCeiling,
            modes: PerAxis::all(Mode::Individual),
        }];
        ceilings.extend(no_pixel(&plan));
        let copy = CopyId([copy; 16]);
        let about = Circumstances {
            ceilings: &ceilings,
            entitled: &agreed(Some(&consent), NOW),
            crowd: NOBODY,
            obstacle: None,
        };
        let decision = decide(copy, MessageId([7; 16]), &about);
        let wanted = Wanted {
            copy,
            decision: &decision,
            agreed: PerAxis::each(|axis| consent.axis(axis).obstacle(NOW).is_none()),
            ask,
            receipt,
            language: Language::En,
            says: &[],
            missing_headers: &[],
        };
        render(&plan, &wanted, &self.tools()).unwrap()
    }

    fn links(bytes: &[u8]) -> Vec<String> {
        mail::plan(bytes)
            .unwrap()
            .links()
            .iter()
            .map(|l| l.destination.clone())
            .collect()
    }
}

fn html(body: &str) -> String {
    format!(
        "From: Ann Lee <ann@example.org>\r\nTo: b@example.org\r\nBcc: c@example.org\r\nSubject: x\r\n\
         X-Overt-Track: all\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body>{body}</body></html>\r\n"
    )
}

const BOTH: &[Topic] = &[Topic::Open, Topic::Click];

fn text(rendered: &Rendered) -> String {
    String::from_utf8(rendered.bytes.clone()).unwrap()
}

#[test]
fn r_mode_06_an_untracked_copy_keeps_its_links_and_gets_no_pixel() {
    let source = html("<a href=\"https://a.example/?x=1&amp;y=2\">a</a>");
    let copy = Bench::new(1).write(&source, 1, &[], false);
    let expected = source
        .replace("Bcc: c@example.org\r\n", "")
        .replace("X-Overt-Track: all\r\n", "");
    assert_eq!(text(&copy), expected);
}

#[test]
fn r_cons_09_who_refuses_gets_the_same_mail() {
    let link = "https://a.example/?x=1&amp;y=2";
    let body = format!("<p>Ten per cent off until Friday.</p><a href=\"{link}\">a</a>");
    let bench = Bench::new(1);
    let agreed = text(&bench.write(&html(&body), 1, BOTH, false));
    let refused = text(&bench.write(&html(&body), 2, &[], false));
    // With our address taken back out, every piece of the one stands in the other, in the same order.
    let tracked = "https://t.example.org/c/";
    let (before, rest) = agreed.split_once(tracked).unwrap();
    let (_, after) = rest.split_once('"').unwrap();
    let mut left = format!("{before}{link}\"{after}");
    for piece in refused
        .split_inclusive("\r\n")
        .flat_map(|line| line.split_inclusive("<body>"))
    {
        let piece = piece.trim_end_matches("</body></html>\r\n");
        let at = left.find(piece);
        left = left
            .split_off(at.unwrap_or_else(|| panic!("{piece:?} is not in {left}")) + piece.len());
    }
}

#[test]
fn r_mode_21_header_and_body_agree() {
    let source = html("<a href=\"https://a.example/\">a</a>");
    for (topics, header) in [
        (BOTH, "open=individual, click=individual, document=none"),
        (
            &[Topic::Open][..],
            "open=individual, click=none, document=none",
        ),
        (
            &[Topic::Click][..],
            "open=none, click=individual, document=none",
        ),
    ] {
        let copy = text(&Bench::new(1).write(&source, 1, topics, false)).replace("\r\n ", " ");
        assert!(copy.contains(header), "{copy}");
        assert_eq!(copy.contains("/o/"), topics.contains(&Topic::Open));
        assert_eq!(copy.contains("/c/"), topics.contains(&Topic::Click));
        assert!(copy.contains("/p/") && copy.contains("Ann Lee learns"));
    }
}

#[test]
fn r_mode_21_header_and_body_agree_on_a_receipt() {
    let source = html("<a href=\"https://a.example/\">a</a>");
    for (topics, ask) in [(BOTH, false), (&[][..], true), (&[], false)] {
        let bench = Bench::new(1);
        let copy = bench.write_with(&source, 1, topics, ask, true);
        let written = text(&copy).replace("\r\n ", " ");
        assert!(copy.receipt && written.contains("/r/"), "{written}");
        assert!(written.contains(", receipt"), "{written}");
        assert!(written.contains("would like to hear from you"));
        // The header leads nowhere that the body does not.
        let notice = written.contains("notice=");
        assert_eq!(notice, written.contains("/p/"), "{written}");
        assert_eq!(notice, ask || !topics.is_empty());
        let without = text(&bench.write(&source, 1, topics, ask));
        assert!(!without.contains("/r/") && !without.contains("receipt"));
    }
    // A mail that must stay as it is does, and says so.
    let signed = source.replace(
        "Content-Type: text/html",
        "Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=b\r\nX-Was: text/html",
    );
    let copy = Bench::new(1).write_with(&signed, 1, &[], false, true);
    assert!(!copy.receipt && !text(&copy).contains("/r/"));
}

#[test]
fn r_mode_21_a_declaration_that_came_with_the_mail_does_not_stay() {
    let bench = Bench::new(1);
    let first = text(&bench.write(&html("<p>x</p>"), 1, BOTH, false));
    assert!(first.contains(DECLARATION_HEADER));
    // Sent on with all its header fields, to somebody who never agreed and to somebody who did.
    let untracked = text(&bench.write(&first, 2, &[], false));
    assert!(!untracked.contains(DECLARATION_HEADER));
    let tracked = text(&bench.write(&first, 2, BOTH, false));
    assert_eq!(tracked.matches(DECLARATION_HEADER).count(), 1);
    let first_page = bench.tracker.person(&bench.keyring.person(CopyId([1; 16])));
    assert!(first.contains(&first_page));
    assert!(!untracked.contains(&first_page) && !tracked.contains(&first_page));
}

#[test]
fn the_question_goes_into_a_mail_without_pixel_and_with_original_links() {
    let bench = Bench::new(1);
    let copy = bench.write(&html("<a href=\"https://a.example/\">a</a>"), 1, &[], true);
    assert!(copy.asks && copy.modes == model::mode::NOTHING);
    let links = Bench::links(&copy.bytes);
    assert_eq!(links[0], "https://a.example/");
    assert!(links[1].starts_with("https://t.example.org/p/"));
    assert!(!text(&copy).contains("/o/"));
}

#[test]
fn our_own_links_and_pixels_in_quoted_text_are_restored() {
    let bench = Bench::new(1);
    let first = bench.write(
        &html("<a href=\"https://a.example/?x=1&amp;y=2\">a</a>"),
        1,
        BOTH,
        false,
    );
    let quoted = text(&first)
        .split("<body>")
        .nth(1)
        .unwrap()
        .split("</body>")
        .next()
        .unwrap()
        .to_owned();
    let reply = html(&format!(
        "<p>As you wrote:</p><blockquote>{quoted}</blockquote>"
    ));

    let untracked = bench.write(&reply, 2, &[], false);
    for ours in ["/o/", "/c/", "/p/"] {
        assert!(
            !text(&untracked).contains(ours),
            "{ours} of the first reader is left"
        );
    }
    assert_eq!(
        Bench::links(&untracked.bytes)[0],
        "https://a.example/?x=1&y=2"
    );

    let through_gmail = "src=\"https://ci3.mail.example/proxy/AbC=s0-d-e1-ft#https://";
    let proxied = reply.replacen("src=\"https://", through_gmail, 1);
    assert_ne!(proxied, reply);
    let copy = bench.write(&proxied, 2, &[], false);
    assert!(!text(&copy).contains("/o/"), "{}", text(&copy));

    let tracked = bench.write(&reply, 2, BOTH, false);
    assert_eq!(text(&tracked).matches("/o/").count(), 1);
    let own_page = bench.tracker.person(&bench.keyring.person(CopyId([2; 16])));
    assert_eq!(
        text(&tracked).matches("/p/").count(),
        text(&tracked).matches(&own_page).count()
    );
    let urls = Bench::links(&tracked.bytes);
    let (token, to) = bench.tracker.read_click(&urls[0]).unwrap();
    assert_eq!(to.as_str(), "https://a.example/?x=1&y=2");
    let claim = bench
        .keyring
        .verify(Purpose::Click, token, to.as_str())
        .unwrap();
    assert_eq!(
        claim.copy(),
        CopyId([2; 16]),
        "the new copy's token, not the quoted one's"
    );
}

#[test]
fn links_that_only_look_like_ours_are_treated_like_any_other() {
    let (ours, theirs) = (Bench::new(1), Bench::new(2));
    let foreign = theirs.write(
        &html("<a href=\"https://a.example/\">a</a>"),
        1,
        &[Topic::Click],
        false,
    );
    let link = Bench::links(&foreign.bytes).remove(0);
    let mail = html(&format!("<a href=\"{}\">a</a>", link.replace('&', "&amp;")));
    assert_eq!(
        Bench::links(&ours.write(&mail, 2, &[], false).bytes)[0],
        link
    );
}

#[test]
fn a_signed_mail_goes_out_untracked_with_the_reason() {
    let source = "From: a@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/signed; boundary=b; protocol=\"application/pgp-signature\"\r\n\r\n\
        --b\r\nContent-Type: text/html\r\n\r\n<p>hi</p>\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n";
    let copy = Bench::new(1).write(source, 1, BOTH, false);
    assert_eq!(
        (copy.modes, copy.lowered),
        (model::mode::NOTHING, Some(Reason::Signed))
    );
    assert_eq!(text(&copy), source);
}

#[test]
fn no_token_without_a_grant_for_its_axis() {
    let bench = Bench::new(1);
    let source = html("<a href=\"https://a.example/\">a</a>");
    for axis in [Axis::Open, Axis::Click] {
        let topics = if axis == Axis::Open {
            [Topic::Open]
        } else {
            [Topic::Click]
        };
        let copy = text(&bench.write(&source, 1, &topics, false));
        assert_eq!(copy.contains("/o/"), axis == Axis::Open);
        assert_eq!(copy.contains("/c/"), axis == Axis::Click);
    }
}

#[test]
fn links_in_text_are_tracked_only_where_the_sender_wants_it() {
    let bench = Bench::new(1);
    let source = |switch: &str| {
        format!(
            "From: Ann Lee <ann@example.org>\r\n{switch}\r\n\r\nSee https://a.example/x?y=1, or \
             <https://b.example/>.\r\nTo unsubscribe: https://c.example/1\r\n"
        )
    };
    let quiet = text(&bench.write(&source("Subject: x"), 1, BOTH, false));
    assert!(quiet.contains("See https://a.example/x?y=1, or <https://b.example/>."));

    let rendered = bench.write(&source("X-Overt-Text-Links: yes"), 1, BOTH, false);
    assert_eq!(
        (rendered.modes.open, rendered.modes.click),
        (Mode::None, Mode::Individual)
    );
    let copy = text(&rendered);
    assert!(!copy.contains("X-Overt-Text-Links"));
    let words = copy.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("learns which links in this mail are followed"),
        "{copy}"
    );
    assert!(
        copy.contains("To unsubscribe: https://c.example/1\r\n"),
        "{copy}"
    );
    let plan = mail::plan(&rendered.bytes).unwrap();
    let led: Vec<_> = plan
        .text_links()
        .iter()
        .filter_map(|link| {
            let (token, to) = bench.tracker.read_click(&link.destination)?;
            bench
                .keyring
                .verify(Purpose::Click, token, to.as_str())
                .unwrap();
            Some(to.as_str().to_owned())
        })
        .collect();
    assert_eq!(led, ["https://a.example/x?y=1", "https://b.example/"]);
    assert!(copy.contains(", or <https://t.example.org/c/") && copy.contains(">.\r\n"));
}

#[test]
fn an_address_that_html_shows_is_never_changed() {
    let body = "<p><a href=\"https://a.example/\">https://a.example/</a> or https://b.example/</p>";
    let source = html(body).replace("Subject: x", "X-Overt-Text-Links: yes");
    let copy = text(&Bench::new(1).write(&source, 1, BOTH, false));
    assert!(
        copy.contains("\">https://a.example/</a> or https://b.example/</p>"),
        "{copy}"
    );
}

#[test]
fn no_page_of_somebody_else_is_handed_on() {
    let bench = Bench::new(1);
    let (keyring, tracker) = (&bench.keyring, &bench.tracker);
    let id = [9; 16];
    let pages = [
        tracker.person(&keyring.person(CopyId(id))),
        tracker.confirm(&keyring.confirm(&id)),
        tracker.own(&keyring.own(&id)),
        tracker.unsubscribe(&keyring.unsubscribe(CopyId(id))),
        tracker.receipt(&keyring.receipt(CopyId(id))),
    ];
    for page in pages {
        let quoted = html(&format!(
            "<blockquote>{page} <a href=\"{page}\">x</a> &lt;{page}&gt; {page}&nbsp;. <p title='{page}'></blockquote>"
        ));
        let copy = bench.write(&quoted, 2, &[], false);
        assert_eq!(text(&copy).matches("https://t.example.org/").count(), 5);
        assert!(
            text(&copy).contains("&lt;https://t.example.org/&gt; https://t.example.org/&nbsp;.")
        );
        assert!(!text(&copy).contains(&page), "{page}");
    }
}
