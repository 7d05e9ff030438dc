//! Fields found, read and written.

use proptest::prelude::*;

use super::*;

fn written(name: &str, value: &str) -> Result<String, RenderError> {
    let mut out = Vec::new();
    write(&mut out, name, value, b"\r\n").map(|()| String::from_utf8(out).unwrap())
}

#[test]
fn a_field_ends_where_the_next_begins() {
    let raw = b"A: 1\r\nBcc: x,\r\n y,\r\n\tz\r\nC:3\r\n\r\nbody";
    let block = read_block(raw, 0, |_| false);
    let whole: Vec<&[u8]> = block
        .fields
        .iter()
        .map(|field| &raw[field.whole()])
        .collect();
    assert_eq!(
        whole,
        [&b"A: 1\r\n"[..], b"Bcc: x,\r\n y,\r\n\tz\r\n", b"C:3\r\n"]
    );
    assert_eq!(&raw[block.body..], b"body");
    assert!(block.terminated && !block.doubtful);
}

#[test]
fn doubtful_lines_are_noticed() {
    for raw in [
        "A: 1\nno colon\n\n",
        " folded first\nA: 1\n\n",
        "A: 1\n \nB: 2\n\n",
        "A: 1\rB: 2\n\n",
        "A: \0\n\n",
        "a b: c\n\n",
    ] {
        assert!(read_block(raw.as_bytes(), 0, |_| false).doubtful, "{raw:?}");
    }
}

#[test]
fn bounds_are_kept() {
    let many = "A: 1\n".repeat(FIELDS_MAX + 1) + "\n";
    assert!(read_block(many.as_bytes(), 0, |_| false).over_bound);
    let long = format!("A: {}\n\n", "x".repeat(HEADER_BYTES_MAX));
    assert!(read_block(long.as_bytes(), 0, |_| false).over_bound);
}

#[test]
fn mailboxes_with_names_groups_and_comments() {
    let list = mailboxes(b" =?utf-8?Q?J=C3=BCrgen?= <j@a.example>, \"B, b\" <b@a.example> (c),\r\n team: x@a.example, y@a.example;, z@a.example\r\n");
    let shown: Vec<_> = list
        .iter()
        .map(|one| (one.name.as_deref(), one.address.as_str()))
        .collect();
    assert_eq!(shown[0], (Some("Jürgen"), "j@a.example"));
    assert_eq!(shown[1].1, "b@a.example");
    let rest: Vec<_> = shown[2..].iter().map(|one| one.1).collect();
    assert_eq!(rest, ["x@a.example", "y@a.example", "z@a.example"]);
    assert!(mailboxes(b"").is_empty());
}

#[test]
fn unstructured_text_is_decoded_and_unfolded() {
    assert_eq!(
        text(b" =?utf-8?B?R3LDvMOfZQ==?=\r\n =?utf-8?Q?_aus?= Rom\r\n"),
        "Grüße aus Rom"
    );
    assert_eq!(text(b" off"), "off");
}

#[test]
fn nothing_is_smuggled_into_a_header() {
    for (name, value) in [
        ("X", "a\r\nBcc: b"),
        ("X", "a\nb"),
        ("X", "a\rb"),
        ("X", "a\0b"),
        ("X Y", "a"),
        ("X:", "a"),
        ("", "a"),
        ("X\r\nY", "a"),
        ("Ü", "a"),
    ] {
        assert!(written(name, value).is_err(), "{name:?} {value:?}");
    }
    assert!(written("X", &"a".repeat(2000)).is_err(), "no place to fold");
}

#[test]
fn long_values_are_folded() {
    let value = "word ".repeat(40);
    let field = written("X-Long", &value).unwrap();
    assert!(field.lines().all(|line| line.len() <= LINE_OCTETS_WANTED));
    assert!(field.lines().skip(1).all(|line| line.starts_with(' ')));
    assert_eq!(written("X", "").unwrap(), "X:\r\n");
}

proptest! {
    #[test]
    fn what_is_written_reads_back(words in proptest::collection::vec("[!-~äöü日😀]{1,30}", 1..20)) {
        let value = words.join(" ");
        // Text that looks like an encoded word is one.
        prop_assume!(!value.contains("=?"));
        let field = written("X-Field", &value).unwrap();
        prop_assert!(field.lines().all(|line| line.len() <= LINE_OCTETS_MAX));
        let block_bytes = field + "\r\n";
        let block = read_block(block_bytes.as_bytes(), 0, |_| false);
        prop_assert_eq!(block.fields.len(), 1);
        prop_assert_eq!(text(&block_bytes.as_bytes()[block.fields[0].value.clone()]), value);
    }
}
