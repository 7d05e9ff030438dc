use super::*;

const MAIL: &str = "From: a@x.example\r\nDisposition-Notification-To: a@x.example\r\nContent-Type: multipart/related;\r\n boundary=b\r\n\r\n--b\r\n\
Content-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p title=3D\"x\">caf=E9</p>\r\n--b\r\n\
Content-Type: image/gif\r\nContent-ID: <g@x>\r\n\r\nGIF\r\n--b--\r\n";

#[test]
fn nothing_asked_nothing_changed() {
    let mail = whole(MAIL.as_bytes()).unwrap();
    assert_eq!(mail.write(&[], &[]), MAIL.as_bytes());
    assert_eq!(mail.parent(2), Some(0));
    assert_eq!(mail.parts()[2].content_id.as_deref(), Some("g@x"));
}

#[test]
fn spans_are_positions_of_the_view_and_the_rest_stays() {
    let mail = whole(MAIL.as_bytes()).unwrap();
    let text = mail.text(1).unwrap();
    let at = text.view().windows(1).position(|w| w == b"x").unwrap();
    assert_eq!(text.read(0..text.view().len()), "<p title=\"x\">café</p>");
    let span = Span {
        range: at..at + 1,
        text: "y=1".into(),
        break_before: at,
        break_after: at + 1,
    };
    let out = mail.write(&[(1, Change::Spans(vec![span]))], &[]);
    let expected = MAIL.replace("=3D\"x\"", "=3D\"y=3D1\"");
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn another_text_is_utf8_and_says_so() {
    let mail = whole(MAIL.as_bytes()).unwrap();
    let text = Change::Text {
        kind: "text/plain",
        text: "café\n".into(),
    };
    let out = mail.write(
        &[(0, Change::Multipart("mixed")), (1, text)],
        &["disposition-notification-to"],
    );
    let expected = MAIL
        .replace("Disposition-Notification-To: a@x.example\r\n", "")
        .replace("related", "mixed")
        .replace("text/html; charset=iso-8859-1", "text/plain; charset=utf-8")
        .replace("<p title=3D\"x\">caf=E9</p>", "caf=C3=A9\r\n");
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn what_must_not_be_shown_becomes_a_file_with_the_same_bytes() {
    let raw = "From: a@x.example\nContent-Type: text/html\n\n<p>x\n";
    let out = whole(raw.as_bytes())
        .unwrap()
        .write(&[(0, Change::File("m.html"))], &[]);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "From: a@x.example\nContent-Type: application/octet-stream; name=\"m.html\"\nMIME-Version: 1.0\n\
         Content-Disposition: attachment; filename=\"m.html\"\n\n<p>x\n"
    );
}

#[test]
fn signed_mail_stays_whatever_is_asked() {
    let raw = MAIL.replace("multipart/related", "multipart/signed");
    let mail = whole(raw.as_bytes()).unwrap();
    assert_eq!(mail.untouchable(), Some(Untouchable::Signed));
    assert_eq!(
        mail.write(&[(1, Change::File("m"))], &["From"]),
        raw.as_bytes()
    );
}

#[test]
fn addresses_in_a_text_and_whether_all_read_them_alike() {
    let raw = "From: a@x.example\n\nSee https://x.example/a?b=1. And 'https://x.example/b'.\n";
    let mail = whole(raw.as_bytes()).unwrap();
    let text = mail.text(0).unwrap();
    let found: Vec<_> = text
        .addresses()
        .into_iter()
        .map(|(span, clear)| (text.read(span).into_owned(), clear))
        .collect();
    assert_eq!(
        found,
        [
            ("https://x.example/a?b=1".to_owned(), true),
            ("https://x.example/b".to_owned(), false)
        ]
    );
}
