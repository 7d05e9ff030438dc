use proptest::prelude::*;

use super::*;

fn canonical_body(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    body(text, |bytes| out.extend_from_slice(bytes));
    out
}

fn canonical_fields(mail: &[u8]) -> Vec<u8> {
    let (fields, _) = split(mail).map_err(|error| error.line).unwrap();
    let mut out = Vec::new();
    for field in fields {
        field.write(&mut out);
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// RFC 6376 §3.4.5.
#[test]
fn the_example_of_the_rfc() {
    let mail = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";
    assert_eq!(canonical_fields(mail), b"a:X\r\nb:Y Z\r\n");
    let (_, text) = split(mail).map_err(|error| error.line).unwrap();
    assert_eq!(canonical_body(text), b" C\r\nD E\r\n");
}

#[test]
fn bodies() {
    for (text, canonical) in [
        (&b""[..], &b""[..]),
        (b"\r\n\r\n", b""),
        (b" \r\n\t\r\n", b""),
        (b"no line end", b"no line end\r\n"),
        (b"blanks at the end \t", b"blanks at the end\r\n"),
        (b"\r\n\r\na\r\n\r\n", b"\r\n\r\na\r\n"),
        (b"a\r\n \t \r\nb", b"a\r\n\r\nb\r\n"),
        (b"\t \ta\t \tb", b" a b\r\n"),
        (b"a\nb\rc\r\n\r\r\n\n", b"a\r\nb\r\nc\r\n"),
        (
            b"gr\xfcn  \xa0\x0c \x0c\x00",
            b"gr\xfcn \xa0\x0c \x0c\x00\r\n",
        ),
    ] {
        assert_eq!(canonical_body(text), canonical, "{}", text.escape_ascii());
    }
}

#[test]
fn fields() {
    for (mail, canonical) in [
        (&b"X-A:\r\n"[..], &b"x-a:\r\n"[..]),
        (b"X: \t\r\n \t\r\n", b"x:\r\n"),
        (b"x:a:b", b"x:a:b\r\n"),
        (b"X \t: \ta \r\n\t \tb \r\n", b"x:a b\r\n"),
        (b"X: one\n two\r\tthree\r\n", b"x:one two three\r\n"),
        (b"X: \x0ca\xff \x0c \r\n", b"x:\x0ca\xff \x0c\r\n"),
        (b"\r\nX: in the body\r\n", b""),
        (b"", b""),
    ] {
        assert_eq!(canonical_fields(mail), canonical, "{}", mail.escape_ascii());
    }
}

#[test]
fn a_header_that_is_none_names_its_line() {
    for (mail, line) in [
        (&b"From joe@example.org Sat Nov 21 20:48:00 2026\r\n"[..], 1),
        (b" : starts with a blank\r\n", 1),
        (b": no name\r\n", 1),
        (b"A: a\r\n b\r\n c\r\ntext\r\n\r\n", 4),
        (b"A: a\r\nB\r\n : b\r\n\r\n", 2),
        (b"A: a\r\nB\xc3\xb6: b\r\n\r\n", 2),
    ] {
        let found = split(mail).err().map(|error| error.line);
        assert_eq!(found, Some(line), "{}", mail.escape_ascii());
    }
}

proptest! {
    #[test]
    fn canonical_is_final(text in "[ab \t\r\n\u{fc}\u{c}]{0,60}") {
        let once = canonical_body(text.as_bytes());
        prop_assert_eq!(canonical_body(&once), once);
    }

    #[test]
    fn no_input_is_lost_or_loops(mail in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok((fields, text)) = split(&mail) {
            let named: usize = fields.iter().map(|f| f.name.len() + 1 + f.value.len()).sum();
            prop_assert!(named + text.len() <= mail.len());
            prop_assert!(mail.ends_with(text));
        }
    }
}
