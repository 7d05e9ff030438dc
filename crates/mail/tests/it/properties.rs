//! The promises on mail put together at random.

use data_encoding::BASE64;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::promises::{promises, replaced};

/// Pieces of HTML, sound and broken.
fn html() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<a href=\"https://x.example/?a=1&amp;b=2\">x</a>"),
        Just("<a href=https://y.example/>y</a>"),
        Just("<A HREF='https://z.example/&eacute;'>"),
        Just("<a href=\""),
        Just("</a>"),
        Just("<p>"),
        Just("</p>\r\n"),
        Just("Grüße 日本 "),
        Just("\r\n"),
        Just("<body>"),
        Just("</body>"),
        Just("<html>"),
        Just("</html>"),
        Just("<!-- "),
        Just(" -->"),
        Just("<!--[if mso]><v:rect href=\"https://v.example/\">"),
        Just("<![endif]-->"),
        Just("<style>"),
        Just("</style>"),
        Just("<title>"),
        Just("</title>"),
        Just("<blockquote type=\"cite\">"),
        Just("</blockquote>"),
        Just("\""),
        Just("'"),
        Just(">"),
        Just("<"),
        Just("="),
        Just("&"),
        Just("<svg><a xlink:href=\"https://s.example/\"/></svg>"),
        Just("<base href=\"https://b.example/d/\">"),
        Just("<a href=\"rel?x=y\">rel</a>"),
        Just("<img src=\"https://i.example/\">"),
        Just("word word word word word word word word word word "),
        Just("<a href=\"mailto:a@b.example\">m</a>"),
        Just("."),
        Just("From "),
        Just("--b"),
        Just("</textarea>"),
        Just("<textarea>"),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Pieces around web addresses that are no links: in text, in comments, and where no address belongs.
fn odd_places() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("https://x.example/a"),
        Just("https://x.example/?a=b&amp;c="),
        Just("http://y.example/--"),
        Just("&lt;https://x.example/a&gt;"),
        Just("https://x.example/a&nbsp;"),
        Just("https://x.example/&amp;"),
        Just("<p title=\""),
        Just("<p title='"),
        Just("<p title="),
        Just("<p "),
        Just("</p "),
        Just("<"),
        Just(">"),
        Just("="),
        Just("\""),
        Just("'"),
        Just(" "),
        Just("/"),
        Just("-"),
        Just("!"),
        Just(";"),
        Just("&"),
        Just("<!--"),
        Just("-->"),
        Just("<!--[if mso]>"),
        Just("<![endif]-->"),
        Just("<!x "),
        Just("<style>"),
        Just("</style>"),
        Just("<textarea>"),
        Just("</textarea>"),
        Just("<svg><![CDATA["),
        Just("]]></svg>"),
        Just("<a href=\"https://z.example/\">z</a>"),
        Just("<img src=https://i.example/>"),
        Just("\r\n"),
    ];
    vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// A body in one of the encodings, split where the numbers say.
fn encode(text: &str, encoding: usize, cuts: &[usize]) -> (&'static str, String) {
    match encoding {
        0 => ("8bit", text.to_owned()),
        1 => {
            let mut out = String::new();
            let mut cuts = cuts.iter().cycle();
            let mut left = *cuts.next().unwrap_or(&70);
            for line in text.split_inclusive("\r\n") {
                let (line, end) = line
                    .strip_suffix("\r\n")
                    .map_or((line, ""), |line| (line, "\r\n"));
                for byte in line.bytes() {
                    if left == 0 {
                        out.push_str("=\r\n");
                        left = *cuts.next().unwrap_or(&70);
                    }
                    left -= 1;
                    let plain = byte.is_ascii_graphic() && byte != b'=';
                    let unit = if plain {
                        (byte as char).to_string()
                    } else {
                        format!("={byte:02X}")
                    };
                    out.push_str(&unit);
                }
                out.push_str(end);
            }
            ("quoted-printable", out)
        }
        _ => {
            let width = (cuts.first().unwrap_or(&19) % 19 + 1) * 4;
            let symbols = BASE64.encode(text.as_bytes());
            let lines: Vec<&str> = symbols
                .as_bytes()
                .chunks(width)
                .map(|line| std::str::from_utf8(line).unwrap())
                .collect();
            ("base64", lines.join("\r\n") + "\r\n")
        }
    }
}

proptest! {
    #[test]
    fn any_html_in_any_encoding(text in html(), encoding in 0..3usize, cuts in vec(1..70usize, 1..8), lf in any::<bool>(), alone in any::<bool>()) {
        let (name, body) = encode(&text, encoding, &cuts);
        let html = format!("Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: {name}\r\n\r\n{body}");
        let mail = if alone {
            format!("From: a@b.example\r\nTo: c@d.example\r\nBcc: e@f.example\r\n{html}")
        } else {
            format!("From: a@b.example\r\nTo: c@d.example\r\nContent-Type: multipart/alternative; boundary=\"bound\"\r\n\r\n--bound\r\n\r\nHello\r\n--bound\r\n{html}\r\n--bound--\r\n")
        };
        let mail = if lf { mail.replace("\r\n", "\n") } else { mail };
        promises(mail.as_bytes());
    }

    #[test]
    fn addresses_in_odd_places(text in odd_places(), encoding in 0..3usize, cuts in vec(1..70usize, 1..8)) {
        let (name, body) = encode(&text, encoding, &cuts);
        let html = format!("From: a@b.example\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: {name}\r\n\r\n{body}");
        promises(html.as_bytes());
        if encoding == 0 {
            replaced(html.as_bytes());
        }
    }

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..400)) {
        promises(&bytes);
        promises(&[b"Content-Type: text/html\r\n\r\n", &bytes[..]].concat());
        promises(&[b"Content-Type: text/html; charset=iso-2022-jp\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", &bytes[..]].concat());
    }

    #[test]
    fn any_text(lines in vec(prop_oneof![Just("> quoted"), Just("-- "), Just("--"), Just(""), Just("On Fri, Bo wrote:"), Just("-----Original Message-----"), Just("From: Bo"), Just("words"), Just("See https://x.example/a?b=(c)&d=e (or <http://Y.example>)."), Just("https://z.example/unsubscribe \u{e9}*https://a.example/*"), Just("https://w.example/\u{e9} \"https://v.example/?q=1,2\",")], 0..20), end in any::<bool>()) {
        let text = lines.join("\r\n") + if end { "\r\n" } else { "" };
        promises(format!("From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}").as_bytes());
    }
}
