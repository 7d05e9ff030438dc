//! Encodings, span by span.

use proptest::prelude::*;

use data_encoding::BASE64;

use super::quoted::QUOTED_LINE_MAX;
use super::*;

fn spliced(transfer: Transfer, body: &[u8], decoded: Range<usize>, text: &str) -> Vec<u8> {
    let encoded = match transfer {
        Transfer::Base64 => 0..0,
        _ => located(transfer, body, decoded.clone()),
    };
    let (break_before, break_after) = (decoded.start, decoded.end);
    let splice = Splice {
        decoded,
        encoded,
        text: text.as_bytes().to_vec(),
        break_before,
        break_after,
    };
    let mut out = Vec::new();
    super::splice(transfer, body, &[splice], b"\r\n", &mut out);
    out
}

fn decoded(transfer: Transfer, body: &[u8]) -> Vec<u8> {
    transfer.decode(body).unwrap().bytes.into_owned()
}

fn located(transfer: Transfer, body: &[u8], span: Range<usize>) -> Range<usize> {
    let decoded = transfer.decode(body).unwrap();
    decoded.locate(std::slice::from_ref(&span)).remove(0)
}

#[test]
fn quoted_printable_reads_what_the_standard_and_the_wild_write() {
    let cases: &[(&[u8], &[u8])] = &[
        (b"a=3Db=3db", b"a=b=b"),
        (b"soft =\r\nbreak", b"soft break"),
        (b"soft =  \t\r\nbreak =\nlf", b"soft break lf"),
        (b"trailing  \t\r\nblanks=20\r\n", b"trailing\r\nblanks \r\n"),
        (b"   \r\n\r\n", b"\r\n\r\n"),
        (b"new page\x0c\r\n", b"new page\x0c\r\n"),
        (b"not = an =ZZ escape =4", b"not = an =ZZ escape =4"),
        (b"ends in a soft break=", b"ends in a soft break"),
        (b"=\r\n=\r\n=41", b"A"),
        (b"bare\rcr", b"bare\rcr"),
        (b"", b""),
    ];
    for (encoded, expected) in cases {
        let found = decoded(Transfer::QuotedPrintable, encoded);
        assert_eq!(&found, expected, "{}", encoded.escape_ascii());
    }
}

#[test]
fn quoted_printable_touches_only_the_span() {
    let body = b"<a href=3D\"http://ex=\r\nample/\" cl=\r\nass=3Dx>";
    let start = b"<a href=\"".len();
    let copy = spliced(
        Transfer::QuotedPrintable,
        body,
        start..start + b"http://example/".len(),
        "u=1",
    );
    assert_eq!(copy, b"<a href=3D\"u=3D1\" cl=\r\nass=3Dx>");
}

#[test]
fn quoted_printable_protects_what_a_line_may_not_begin_or_end_with() {
    let written = |text: &str| {
        String::from_utf8(spliced(Transfer::QuotedPrintable, b"", 0..0, text)).unwrap()
    };
    assert_eq!(
        written(".\n..\nFrom me\nFar\n--b\n-b"),
        "=2E\r\n=2E.\r\n=46rom me\r\nFar\r\n=2D-b\r\n-b"
    );
    assert_eq!(written("blank \nat end "), "blank=20\r\nat end=20");
}

#[test]
fn base64_keeps_the_lines_before_the_change() {
    let text: Vec<u8> = (b'a'..=b'z').cycle().take(300).collect();
    let lines: Vec<String> = text.chunks(45).map(|line| BASE64.encode(line)).collect();
    let body = lines.join("\r\n") + "\r\n";
    let copy = spliced(Transfer::Base64, body.as_bytes(), 100..103, "CHANGED");
    let copy = String::from_utf8(copy).unwrap();
    let copied: Vec<&str> = copy.lines().collect();
    assert_eq!(copied[..2], lines[..2]);
    assert_ne!(copied[2], lines[2]);
    assert!(copied.iter().all(|line| line.len() <= 60));
    assert!(copy.ends_with("\r\n") && !copy.ends_with("\r\n\r\n"));
    let mut expected = text.clone();
    expected.splice(100..103, *b"CHANGED");
    assert_eq!(decoded(Transfer::Base64, copy.as_bytes()), expected);
}

#[test]
fn base64_that_is_not_base64_is_not_decoded() {
    for body in [&b"AAA"[..], b"AAAA*AAA", b"AA==AAAA", b"A", b"-- \nfooter"] {
        assert!(
            Transfer::Base64.decode(body).is_none(),
            "{}",
            body.escape_ascii()
        );
    }
}

#[test]
fn a_line_that_would_be_too_long_is_broken_where_it_may_be() {
    let body = format!("<a href=\"x\">{}</a>\r\n", "y".repeat(980));
    let splice = Splice {
        decoded: 9..10,
        encoded: 9..10,
        text: vec![b'u'; 300],
        break_before: 3,
        break_after: 11,
    };
    let mut out = b"\r\n".to_vec();
    splice_identity(body.as_bytes(), &[splice], b"\r\n", &mut out);
    let out = String::from_utf8(out).unwrap();
    assert!(
        out.lines().all(|line| line.len() <= LINE_OCTETS_MAX),
        "{out}"
    );
    assert_eq!(out.matches("\r\n").count(), 3, "one break more");
}

/// Any bytes at all, and text that looks like quoted-printable.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(&b"=\r\n"[..]),
        Just(&b"=3D"[..]),
        Just(&b"=c3=A9"[..]),
        Just(&b" \r\n"[..]),
        Just(&b"\r\n"[..]),
        Just(&b"\n"[..]),
        Just(&b"="[..]),
        Just(&b" "[..]),
        Just(&b"word"[..]),
        Just(&b"\xff"[..]),
    ];
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat()),
    ]
}

proptest! {
    /// Replacing spans in the encoded body is replacing them in the decoded one.
    #[test]
    fn splicing_commutes_with_decoding(body in body(), cuts in (any::<prop::sample::Index>(), any::<prop::sample::Index>()), text in "[ -~é.\n]{0,120}") {
        for transfer in [Transfer::Identity, Transfer::QuotedPrintable, Transfer::Base64] {
            let body = if transfer == Transfer::Base64 { BASE64.encode(&body).into_bytes() } else { body.clone() };
            let before = decoded(transfer, &body);
            let (a, b) = (cuts.0.index(before.len() + 1), cuts.1.index(before.len() + 1));
            let span = a.min(b)..a.max(b);
            // A change before a malformed `=` or blanks at a line's end may make them something else; ordinary
            // writers produce neither, and the bytes themselves stay.
            let tail_is_plain = transfer != Transfer::QuotedPrintable || !before[span.start..].iter().any(|b| matches!(b, b'=' | b' ' | b'\t' | b'\r' | b'\n'))
                && !before[..span.start].contains(&b'=') && !before[..span.start].ends_with(b" ")
                    && !before[..span.start].ends_with(b"	") && !before[..span.start].ends_with(b"\r");
            let copy = spliced(transfer, &body, span.clone(), &text);
            if tail_is_plain && transfer != Transfer::Identity {
                let mut expected = before.clone();
                let text = if transfer == Transfer::QuotedPrintable { text.replace('\n', "\r\n") } else { text.clone() };
                expected.splice(span, text.into_bytes());
                prop_assert_eq!(decoded(transfer, &copy), expected);
            }
        }
    }

    /// Nothing before or after the span changes, whatever the bytes.
    #[test]
    fn bytes_outside_the_span_stay(body in body(), cuts in (any::<prop::sample::Index>(), any::<prop::sample::Index>())) {
        for transfer in [Transfer::Identity, Transfer::QuotedPrintable] {
            let before = decoded(transfer, &body);
            let (a, b) = (cuts.0.index(before.len() + 1), cuts.1.index(before.len() + 1));
            let span = a.min(b)..a.max(b);
            let encoded = located(transfer, &body, span.clone());
            prop_assert!(encoded.start <= encoded.end && encoded.end <= body.len());
            let copy = spliced(transfer, &body, span, "x");
            prop_assert!(copy.starts_with(&body[..encoded.start]));
            prop_assert!(copy.ends_with(&body[encoded.end..]));
        }
    }

    /// Lines that are written are never longer than they may be.
    #[test]
    fn quoted_lines_are_short(text in "[ -~é\n]{0,400}") {
        let copy = spliced(Transfer::QuotedPrintable, b"before\r\nafter\r\n", 8..8, &text);
        prop_assert!(copy.split(|b| *b == b'\n').all(|line| line.len() <= QUOTED_LINE_MAX + 1));
    }
}
