//! Rendering: what is asked for happens, and what must not be asked for is refused.

use mail::{Edits, Image, Line, Link, RenderError, Untouchable, plan};

const HTML: &[u8] = b"From: a@b.example\r\nBcc: x@y.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<body><a href='https://one.example/'>1</a><a href=\"https://two.example/\">2</a><img src=\"https://old.example/o.gif\" alt=\"\"></body>\r\n";
const TEXT: &[u8] = b"From: a@b.example\r\n\r\nHello\r\n";
const SIGNED: &[u8] = b"From: a@b.example\r\nBcc: x@y.example\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<a href=\"https://one.example/\">1</a>\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n";
const IMAGE: Image<'_> = Image {
    url: "https://t.example/o.gif",
    alt: "declared",
};
const LINE: Line<'_> = Line {
    text: "Seen.",
    link_text: "Why",
    url: "https://t.example/p",
    lang: "en",
};

fn rendered(raw: &[u8], edits: &Edits<'_>) -> Result<String, RenderError> {
    plan(raw)
        .unwrap()
        .render(edits)
        .map(|bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn one_link_of_two() {
    let link = |link: &Link| (link.number == 1).then(|| "https://t.example/?a=1&b='2'".to_owned());
    let copy = rendered(
        HTML,
        &Edits {
            link: &link,
            ..Edits::default()
        },
    )
    .unwrap();
    let expected = String::from_utf8_lossy(HTML).replace(
        "https://two.example/",
        "https://t.example/?a=1&amp;b=&#39;2&#39;",
    );
    assert_eq!(copy, expected);
}

#[test]
fn a_picture_can_be_taken_out() {
    let copy = rendered(
        HTML,
        &Edits {
            drop_picture: &|picture| picture.source.contains("old.example"),
            ..Edits::default()
        },
    )
    .unwrap();
    assert_eq!(
        copy,
        String::from_utf8_lossy(HTML)
            .replace("<img src=\"https://old.example/o.gif\" alt=\"\">", "")
    );
}

#[test]
fn the_same_plan_gives_the_same_copy_and_many_copies() {
    let plan = plan(HTML).unwrap();
    let edits = Edits {
        image: Some(IMAGE),
        lines: &[LINE],
        ..Edits::default()
    };
    assert_eq!(plan.render(&edits), plan.render(&edits));
    assert_eq!(plan.render(&Edits::default()).unwrap(), HTML);
}

#[test]
fn signed_mail_gets_headers_and_nothing_else() {
    let add = [("X-A".to_owned(), "1".to_owned())];
    let copy = rendered(
        SIGNED,
        &Edits {
            drop_headers: &["Bcc"],
            add_headers: &add,
            ..Edits::default()
        },
    )
    .unwrap();
    let expected = String::from_utf8_lossy(SIGNED)
        .replace("Bcc: x@y.example\r\n", "")
        .replace("boundary=b\r\n", "boundary=b\r\nX-A: 1\r\n");
    assert_eq!(copy, expected);
    for edits in [
        Edits {
            image: Some(IMAGE),
            ..Edits::default()
        },
        Edits {
            lines: &[LINE],
            ..Edits::default()
        },
    ] {
        assert_eq!(
            rendered(SIGNED, &edits),
            Err(RenderError::Untouchable(Untouchable::Signed))
        );
    }
}

#[test]
fn text_only_takes_a_line_but_no_image() {
    let copy = rendered(
        TEXT,
        &Edits {
            lines: &[LINE],
            ..Edits::default()
        },
    )
    .unwrap();
    assert_eq!(
        copy,
        "From: a@b.example\r\n\r\nHello\r\n\r\nSeen.\r\nWhy:\r\nhttps://t.example/p\r\n"
    );
    assert_eq!(
        rendered(
            TEXT,
            &Edits {
                image: Some(IMAGE),
                ..Edits::default()
            }
        ),
        Err(RenderError::Untouchable(Untouchable::NoHtml))
    );
    let pdf = b"From: a@b.example\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n";
    assert_eq!(
        rendered(
            pdf,
            &Edits {
                lines: &[LINE],
                ..Edits::default()
            }
        ),
        Err(RenderError::NoPlaceForLine)
    );
}

#[test]
fn a_dkim_signature_is_broken_only_knowingly() {
    let raw = [b"DKIM-Signature: v=1; b=x\r\n", HTML].concat();
    let edits = Edits {
        image: Some(IMAGE),
        ..Edits::default()
    };
    assert_eq!(
        plan(&raw).unwrap().untouchable(),
        Some(Untouchable::DkimSigned)
    );
    assert_eq!(
        rendered(&raw, &edits),
        Err(RenderError::Untouchable(Untouchable::DkimSigned))
    );
    let knowingly = rendered(
        &raw,
        &Edits {
            drop_headers: &["dkim-signature"],
            ..edits
        },
    )
    .unwrap();
    assert!(!knowingly.contains("DKIM") && knowingly.contains("https://t.example/o.gif"));
    assert!(
        rendered(
            &raw,
            &Edits {
                drop_headers: &["Bcc"],
                ..Edits::default()
            }
        )
        .is_ok()
    );
}

#[test]
fn headers_cannot_be_injected() {
    for value in ["a\r\nBcc: evil@x.example", "a\nb", "a\0"] {
        let add = [("X-A".to_owned(), value.to_owned())];
        assert!(matches!(
            rendered(
                HTML,
                &Edits {
                    add_headers: &add,
                    ..Edits::default()
                }
            ),
            Err(RenderError::Header { .. })
        ));
    }
}

#[test]
fn markup_in_what_is_put_in_stays_text() {
    let image = Image {
        url: "https://t.example/?\"><script>",
        alt: "\"><b>",
    };
    let line = Line {
        text: "<b>&\r\n.\r\nFrom x",
        link_text: "</a>",
        url: "https://t.example/\"x",
        lang: "\"",
    };
    let copy = rendered(
        HTML,
        &Edits {
            image: Some(image),
            lines: &[line],
            ..Edits::default()
        },
    )
    .unwrap();
    assert!(!copy.contains("<script>") && !copy.contains("<b>"));
    assert_eq!(
        copy.matches("</a>").count(),
        3,
        "two of the mail and one of the line"
    );
}

#[test]
fn everything_the_header_says() {
    let raw = "From: =?utf-8?Q?J=C3=BCrgen?= <j@a.example>\r\nTo: b@c.example, d@e.example\r\nto: f@g.example\r\nSubject: =?utf-8?B?R3LDvMOfZQ==?=\r\nMessage-ID: <1.2@a.example>\r\nX-Switch: off\r\n\r\nx";
    let plan = plan(raw.as_bytes()).unwrap();
    assert_eq!(plan.subject(), "Grüße");
    assert_eq!(plan.message_id().as_deref(), Some("1.2@a.example"));
    assert_eq!(plan.header("x-switch").as_deref(), Some("off"));
    assert_eq!(plan.addresses("From")[0].name.as_deref(), Some("Jürgen"));
    let to: Vec<String> = plan
        .addresses("To")
        .into_iter()
        .map(|mailbox| mailbox.address)
        .collect();
    assert_eq!(to, ["b@c.example", "d@e.example", "f@g.example"]);
    assert_eq!(plan.header("Cc"), None);
}

#[test]
fn a_seven_bit_text_is_widened_only_for_what_needs_it() {
    let text = format!(
        "a = b\r\ntrailing \r\n.\r\nFrom me\r\n{}\r\n",
        "long ".repeat(40)
    );
    let raw = format!(
        "From: a@b.example\r\nContent-Type: text/plain; format=flowed\r\nX-Last: 1\r\n\r\n{text}"
    );
    let plain = rendered(
        raw.as_bytes(),
        &Edits {
            lines: &[LINE],
            ..Edits::default()
        },
    )
    .unwrap();
    assert!(plain.starts_with(&raw), "ASCII needs no more room");

    let line = Line {
        text: "Łukasz sieht’s.",
        ..LINE
    };
    let wide = rendered(
        raw.as_bytes(),
        &Edits {
            lines: &[line],
            ..Edits::default()
        },
    )
    .unwrap();
    assert!(wide.contains("Content-Type: text/plain; format=flowed; charset=utf-8\r\n"));
    assert!(wide.contains(
        "X-Last: 1\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    ));
    assert!(wide.lines().all(|line| line.len() <= 76));
    let message = mail_parser::MessageParser::default()
        .parse(wide.as_bytes())
        .unwrap();
    let shown = message.body_text(0).unwrap().replace("\r\n", "\n");
    assert_eq!(
        shown,
        format!(
            "{}\nŁukasz sieht’s.\nWhy:\nhttps://t.example/p\n",
            text.replace("\r\n", "\n")
        )
    );
}

/// A reply quotes a mail that had a page of its own for its reader: nobody else must get that address.
#[test]
fn an_address_that_must_not_stay_is_replaced_everywhere() {
    let page = "https://t.example/p/secret";
    let quoted_printable = "https://t.example/p/sec=\r\nret";
    let raw = format!(
        "From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nYes.\r\n\r\n> See {page}.\r\n> {page}\r\n\
         --b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
         <a href=3D\"{quoted_printable}\">Unsubscribe</a>\r\n<a href=3D\"https://x.example/\">x</a> Open {quoted_printable}\r\n--b--\r\n"
    );
    let plan = plan(raw.as_bytes()).unwrap();
    assert!(plan.links()[0].skipped.is_some());
    let neutral = "https://t.example/";
    let replace = |url: &str| (url == page).then(|| neutral.to_owned());
    let copy = plan.render_replacing(&replace, &Edits::default()).unwrap();
    let expected = raw
        .replace(quoted_printable, neutral)
        .replace(page, neutral);
    assert_eq!(String::from_utf8(copy).unwrap(), expected);

    // A link that may be changed is then asked about as if the mail had come so.
    let wrap = |link: &mail::Link| Some(format!("https://w.example/?{}", link.destination));
    let replace =
        |url: &str| (url == "https://x.example/").then(|| "https://y.example/".to_owned());
    let edits = Edits {
        link: &wrap,
        ..Edits::default()
    };
    let copy = plan.render_replacing(&replace, &edits).unwrap();
    let after = mail::plan(&copy).unwrap();
    assert_eq!(
        after.links()[1].destination,
        "https://w.example/?https://y.example/"
    );
}
