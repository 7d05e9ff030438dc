//! Mails built to be slow, large or deep. Whoever makes one of these cost more than its length does gets no answer in the
//! time that a test run has.

use guard::{Kind, Mode, Note, Pictures, clean};
use mail::whole;

use crate::promises::MODES;

const HEAD: &str =
    "From: a@x.example\nTo: ada@reader.example\nContent-Type: text/html; charset=utf-8\n\n";

fn all_modes(body: &str) {
    let raw = format!("{HEAD}{body}");
    let mail = whole(raw.as_bytes()).unwrap();
    for mode in MODES {
        clean(
            &mail,
            mode,
            Pictures::Block,
            &["ada@reader.example".to_owned()],
        )
        .unwrap();
    }
}

#[test]
fn shapes_that_fool_parsers_into_looking_again_and_again() {
    let n = 20_000;
    for body in [
        "<b>".repeat(n),
        "</b>".repeat(n),
        format!("{}{}", "<b>".repeat(n), "<svg><p></svg>".repeat(n)),
        format!(
            "{}{}",
            "<div style=display:none>".repeat(n),
            "</p>".repeat(n)
        ),
        "<!--[if mso]>".repeat(n),
        "<a href=".repeat(n),
        "<style>".repeat(n),
        format!("<style>{}", "a{b:url(".repeat(n)),
        format!("<style>{}", "@media x{".repeat(n)),
        format!("<style>{}</style>", "[".repeat(n * 5)),
        format!("<p style=\"{}\">", "a:url(//x.example/".repeat(n)),
        format!("<p class=\"{}\">x", "c ".repeat(n)),
        format!("<p {}>", "a=1 ".repeat(n)),
        format!("<img srcset=\"{}\">", "https://x.example/ 1x,".repeat(n)),
        "<noscript><noscript>".repeat(n),
        "<blockquote><ul><li>".repeat(n),
        "&".repeat(n * 20),
        "&#x26".repeat(n * 4),
        format!("https://x.example/{}", "a/".repeat(n * 4)),
    ] {
        all_modes(&body);
    }
}

#[test]
fn very_many_pictures_and_links() {
    let one = |n: usize| {
        format!(
            "<a href=\"https://x{n}.example/c?u={n:032x}\"><img src=\"https://t.example/{n:032x}.gif\" width=1 height=1></a>"
        )
    };
    let body: String = (0..10_000).map(one).collect();
    let raw = format!("{HEAD}{body}");
    let mail = whole(raw.as_bytes()).unwrap();
    let cleaned = clean(&mail, Mode::Html, Pictures::Block, &[]).unwrap();
    assert_eq!(cleaned.scan.of(Kind::OpenBeacon).count(), 10_000);
    assert!(!cleaned.bytes.windows(9).any(|w| w == b"t.example"));
}

#[test]
fn links_full_of_what_blows_up() {
    let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![b'a'; 30_000], 9);
    let bomb = data_encoding::BASE64URL_NOPAD.encode(&bomb);
    let link = format!(
        "<a href=\"https://u1.mjt.lu/lnk/{}\">x</a>",
        vec![bomb; 40].join("/")
    );
    all_modes(&link.repeat(200));
}

#[test]
fn more_than_the_bounds_is_said_and_loads_nothing() {
    let body = format!(
        "<p>{}<img src=https://t.example/o.gif?u=1 width=1 height=1>",
        "<b></b>".repeat(320_000)
    );
    let raw = format!("{HEAD}{body}");
    let mail = whole(raw.as_bytes()).unwrap();
    let cleaned = clean(&mail, Mode::Protect, Pictures::Block, &[]).unwrap();
    assert!(
        matches!(cleaned.scan.notes.as_slice(), [Note::Unread(_)]),
        "{:?}",
        cleaned.scan.notes
    );
    let after = whole(&cleaned.bytes).unwrap();
    assert_eq!(after.parts()[0].content_type, "application/octet-stream");
    assert!(
        cleaned.bytes.ends_with(body.as_bytes()),
        "the same bytes, as a file"
    );
}
