//! Mail made to hurt: the work must stay in proportion to its size. No clock is asked; a quadratic step would take
//! minutes here, and the test run would be noticed.

use mail::{Broken, Edits, Untouchable, plan};

use crate::promises::promises;

const SIZE: usize = 1 << 18;

fn html(body: &str) -> Vec<u8> {
    format!("From: a@b.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{body}")
        .into_bytes()
}

fn filled(unit: &str) -> String {
    unit.repeat(SIZE / unit.len())
}

#[test]
fn repeated_markup() {
    let units = [
        "<",
        "<a ",
        "<a href=",
        "<a href=\"",
        "</a>",
        "<!--",
        "<!--[if mso]>",
        "<![CDATA[",
        "&",
        "&amp",
        "\"",
        "'",
        "=",
        "<div>",
        "</div>",
        "<table><tr><td>",
        "<svg>",
        "<svg><a>",
        "<!doctype>",
        "<!doctype ",
        "<style>",
        "<title>",
        "<blockquote type=cite>",
        "<p><b><i>",
        "<body>",
        "</body>",
        "<html>",
        "-----BEGIN PGP ",
        "<a x=1 y=2 ",
        "<a href=x>",
        "<img src=x>",
        "<base href=x>",
        "<v:x href=y>",
        "<template>",
        "<select>",
        "<math><mi>",
        "<noscript>",
        "<div><svg></svg>",
        "&nbsp;-----BEGIN",
    ];
    for unit in units {
        promises(&html(&filled(unit)));
    }
}

#[test]
fn one_tag_with_very_many_attributes() {
    promises(&html(&format!(
        "<a {}href=\"https://x.example/\">x</a>",
        filled("a=b ")
    )));
    promises(&html(&format!(
        "<a href=\"https://x.example/{}\">x</a>",
        filled("&#x26;")
    )));
}

#[test]
fn repeated_lines_in_structure_header_and_text() {
    let head = "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    for unit in [
        "--b\r\n",
        "--b",
        "--",
        "\n--",
        "--bx\r\n",
        "--b--\r\n",
        "\r\n",
        "-",
    ] {
        let mail = format!("{head}{}", filled(unit));
        promises(mail.as_bytes());
    }
    let level = |n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n");
    let nested = (0..50).map(level).collect::<Vec<_>>().concat();
    promises(format!("{nested}\r\n{}", filled("--b\r\n")).as_bytes());
    for unit in [
        "> x\r\n",
        "-- \r\n",
        "-----x-----\r\n",
        "________________________________\r\n",
        "\r\n",
        "x: \r\n",
        "-----BEGIN PGP ",
    ] {
        promises(format!("From: a@b.example\r\n\r\n{}", filled(unit)).as_bytes());
    }
    for unit in [
        "A: b\r\n",
        " folded\r\n",
        "=?utf-8?q?x?= ",
        "a@b.example,",
        "(",
        "\"",
        "<",
        ";",
        "a=b;",
        "\\",
    ] {
        for field in [
            "Subject",
            "To",
            "Content-Type: text/plain; x",
            "Content-Disposition: x",
            "List-Unsubscribe",
        ] {
            let mail = format!(
                "From: a@b.example\r\n{field}: {}\r\n\r\nx",
                unit.repeat(500_000 / unit.len())
            );
            promises(mail.as_bytes());
        }
    }
}

#[test]
fn encodings() {
    for (encoding, unit) in [
        ("quoted-printable", "="),
        ("quoted-printable", " "),
        ("quoted-printable", "=\r\n"),
        ("quoted-printable", " \r\n"),
        ("quoted-printable", "=3D"),
        ("quoted-printable", "= "),
        ("base64", "\r\n"),
        ("base64", "="),
        ("base64", "PGEg"),
        ("base64", "P "),
    ] {
        let mail = format!(
            "From: a@b.example\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{}",
            filled(unit)
        );
        promises(mail.as_bytes());
    }
}

#[test]
fn very_many_addresses_in_one_line_of_text() {
    for encoding in ["8bit", "quoted-printable"] {
        let head = format!(
            "From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
        );
        let words = "word ".repeat(SIZE * 4);
        promises(format!("{head}{}{words}", filled("http://a/ ")).as_bytes());
    }
}

#[test]
fn addresses_that_begin_within_others() {
    for unit in [
        "http://",
        "http://a&lt;",
        "http://a'",
        "&a=1",
        "&;",
        "http://a,",
    ] {
        let many = filled(unit);
        for body in [
            format!("https://x.example/?{many}"),
            format!("<a href=\"https://x.example/?{many}\">x</a>"),
            format!("<img src=\"https://x.example/?{many}\">"),
        ] {
            promises(&html(&body));
        }
        promises(format!("From: a@b.example\r\n\r\nhttps://x.example/?{many}").as_bytes());
    }
}

#[test]
fn over_the_bounds() {
    let header = format!("From: a@b.example\r\nX: {}\r\n\r\n", filled("x").repeat(9));
    assert_eq!(plan(header.as_bytes()).err(), Some(Broken::HeaderTooLarge));
    assert_eq!(plan(b"").err(), Some(Broken::NoHeaders));
    assert_eq!(plan(b"\r\n").err(), Some(Broken::NoHeaders));
    let large = html(&filled("word ").repeat(65));
    assert_eq!(
        plan(&large).unwrap().untouchable(),
        Some(Untouchable::TooComplex)
    );
    let links = html(&"<a href=\"https://x.example/\">x</a>".repeat(10_001));
    let plan = plan(&links).unwrap();
    assert_eq!(plan.untouchable(), Some(Untouchable::TooComplex));
    assert_eq!(plan.render(&Edits::default()).unwrap(), links);
}
