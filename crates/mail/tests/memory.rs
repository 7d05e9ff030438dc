//! Memory for a mail: reading it and writing a copy takes, the mail itself counted, at most three times its size.
//!
//! The allocator refuses what is beyond, and the process ends. A binary of its own with one test in it, because the
//! allocator counts everybody's memory.

#![allow(
    clippy::unwrap_used,
    reason = "a failed unwrap is a failed test, in helpers too"
)]

use cap::Cap;
use data_encoding::BASE64_MIME;
use mail::{Edits, Image, Line};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// What parsers take whatever the mail: tables, searchers for words, selectors.
const FIXED: usize = 1 << 19;
const SIZE: usize = 5 << 20;

const LINES: [Line<'_>; 1] = [Line {
    text: "This mail is tracked.",
    link_text: "Why",
    url: "https://t.example/p",
    lang: "en",
}];

fn mail(content_type: &str, encoding: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: {content_type}\r\n\
         Content-Transfer-Encoding: {encoding}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn html() -> Vec<u8> {
    let row = format!(
        "<tr><td style=\"padding:0\"><a href=\"https://shop.example/a?b=1&amp;c=2\">{}</a></td></tr>\r\n",
        "words and words ".repeat(60)
    );
    let rows = row.repeat(SIZE / row.len());
    format!("<html><body><table>{rows}</table></body></html>\r\n").into_bytes()
}

fn base64(body: &[u8]) -> Vec<u8> {
    BASE64_MIME.encode(body).into_bytes()
}

fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let escaped = String::from_utf8_lossy(body).replace('=', "=3D");
    let mut out = Vec::new();
    for line in escaped.split_inclusive("\r\n") {
        for piece in line.as_bytes().chunks(72) {
            out.extend_from_slice(piece);
            if !piece.ends_with(b"\n") {
                out.extend_from_slice(b"=\r\n");
            }
        }
    }
    out
}

fn utf_16(body: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(body)
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect()
}

/// Mails made to need much.
fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let filled = |unit: &str| unit.repeat(SIZE / unit.len()).into_bytes();
    let html = |unit: &str| mail("text/html; charset=utf-8", "8bit", &filled(unit));
    let text = |unit: &str| mail("text/plain; charset=utf-8", "8bit", &filled(unit));
    let parts = |head: &str, unit: &str| {
        let part = format!("--b\r\n{head}{}\r\n", unit.repeat(SIZE / 900 / unit.len()));
        mail(
            "multipart/mixed; boundary=b",
            "7bit",
            part.repeat(900).as_bytes(),
        )
    };
    vec![
        ("pictures", html("<img src=x>")),
        ("links", html("<a href=x>")),
        ("addresses in HTML", html("http://a ")),
        (
            "addresses in many parts",
            parts("Content-Type: text/html\r\n\r\n", "http://a "),
        ),
        ("fields in many parts", parts("", "A:\r\n")),
        ("empty lines", text("\n")),
        ("quoted lines", text(">\n")),
        ("addresses in text", text("http://a ")),
    ]
}

#[test]
fn three_times_the_mail_is_enough() {
    let text = "A line of words in a paragraph.\r\n".repeat(30) + "https://shop.example/a?b=1\r\n";
    let text = text.repeat(SIZE / text.len());
    let attachment = format!(
        "--b\r\nContent-Type: text/html\r\n\r\n<a href=\"https://x.example/\">x</a>\r\n--b\r\n\
         Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        "JVBERi0xLjQK".repeat(6).repeat(SIZE / 72)
    );
    let utf8 = "text/html; charset=utf-8";
    let ordinary: [(&str, Vec<u8>); 6] = [
        ("8bit", mail(utf8, "8bit", &html())),
        (
            "quoted-printable",
            mail(utf8, "quoted-printable", &quoted_printable(&html())),
        ),
        ("base64", mail(utf8, "base64", &base64(&html()))),
        (
            "utf-16",
            mail(
                "text/html; charset=utf-16le",
                "base64",
                &base64(&utf_16(&html())),
            ),
        ),
        ("text", mail("text/plain", "8bit", text.as_bytes())),
        (
            "attachment",
            mail("multipart/mixed; boundary=b", "7bit", attachment.as_bytes()),
        ),
    ];
    let cases: Vec<_> = ordinary.into_iter().chain(hostile()).collect();
    for (name, raw) in &cases {
        let others = ALLOCATOR.allocated() - raw.len();
        eprintln!(
            "{name}: {} bytes, and no more than {} for all",
            raw.len(),
            3 * raw.len()
        );
        ALLOCATOR.set_limit(others + 3 * raw.len() + FIXED).unwrap();
        let plan = mail::plan(raw).unwrap();
        let copy = plan
            .render(&Edits {
                link: &|link| {
                    Some(format!(
                        "https://t.example/{}?to={}",
                        "x".repeat(48),
                        link.destination
                    ))
                },
                text_links: true,
                image: plan.untouchable().is_none().then_some(Image {
                    url: "https://t.example/o/1.gif",
                    alt: "Read receipt",
                }),
                lines: if plan.can_carry_line() { &LINES } else { &[] },
                ..Edits::default()
            })
            .unwrap();
        assert!(copy.len() >= raw.len(), "{name}");
        drop((plan, copy));
        ALLOCATOR.set_limit(usize::MAX).unwrap();
    }
}
