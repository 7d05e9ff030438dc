//! Replies written, read, and made up by peers without manners.

use proptest::prelude::*;

use super::*;

fn written(reply: &Reply) -> String {
    let mut out = Vec::new();
    reply.write(&mut out);
    String::from_utf8(out).unwrap()
}

fn read(text: &[u8]) -> Result<Option<Reply>, String> {
    ReplyReader::default().read(&mut &text[..])
}

#[test]
fn one_and_several_lines() {
    assert_eq!(
        written(&Reply::new(250, (2, 1, 0), "OK")),
        "250 2.1.0 OK\r\n"
    );
    assert_eq!(
        written(&Reply::plain(250, "a\nb\nc")),
        "250-a\r\n250-b\r\n250 c\r\n"
    );
    assert_eq!(written(&Reply::plain(334, "")), "334 \r\n");
}

#[test]
fn no_text_can_make_a_reply_of_its_own() {
    let nasty = Reply::new(550, (5, 7, 1), "no\r250 ok\0\u{1b}[2J jörg");
    assert_eq!(written(&nasty), "550 5.7.1 no 250 ok  [2J j?rg\r\n");
    let endless = Reply::plain(250, "x\n".repeat(1000) + &"y".repeat(100_000));
    let text = written(&endless);
    assert!(text.lines().count() <= LINES_WRITTEN_MAX);
    assert!(text.lines().all(|line| line.len() <= 510));
    assert!(text.lines().last().unwrap().starts_with("250 "));
}

#[test]
fn enhanced_codes_are_split_off_when_they_are_some() {
    let reply = read(b"550-5.1.1 no such user\r\n550 5.1.1 really\r\n")
        .unwrap()
        .unwrap();
    assert_eq!(reply, Reply::new(550, (5, 1, 1), "no such user\nreally"));
    for (text, kept) in [
        ("250 2.5 messages\r\n", "2.5 messages"),
        ("250 4.1.1 odd\r\n", "4.1.1 odd"),
        ("250 2.1.1.1 odd\r\n", "2.1.1.1 odd"),
        ("250 2..1 odd\r\n", "2..1 odd"),
    ] {
        let reply = read(text.as_bytes()).unwrap().unwrap();
        assert_eq!((reply.enhanced, reply.text.as_str()), (None, kept));
    }
    assert_eq!(read(b"250\r\n").unwrap().unwrap(), Reply::plain(250, ""));
    assert_eq!(
        read(b"250 2.0.0\n").unwrap().unwrap(),
        Reply::new(250, (2, 0, 0), "")
    );
}

#[test]
fn nonsense_is_an_error() {
    for bad in [
        &b"HTTP/1.1 400 Bad Request\r\n"[..],
        b"\r\n",
        b"25\r\n",
        b"999 x\r\n",
        b"199 x\r\n",
        b"250x\r\n",
        b"250-a\r\n550 b\r\n",
        b"\xff\xfe\xfd\r\n",
        b"SSH-2.0-OpenSSH\r\n",
    ] {
        assert!(read(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn endless_replies_are_an_error() {
    assert!(read(&[b'2'; LINE_READ_BYTES_MAX + 1]).is_err());
    assert!(read(&b"250-\r\n".repeat(LINES_READ_MAX + 1)).is_err());
    let long = [b"250-".as_slice(), &[b'x'; 4000], b"\r\n"].concat();
    assert!(read(&long.repeat(5)).is_err());
}

#[test]
fn control_characters_do_not_reach_people() {
    let reply = read(b"550 a\x1b[2Jb\tc\xff\r\n").unwrap().unwrap();
    assert_eq!(reply.text, "a [2Jb c\u{fffd}");
}

#[test]
fn printed_on_one_line() {
    let reply = Reply::new(550, (5, 1, 1), "no\n\nsuch user");
    assert_eq!(reply.to_string(), "550 5.1.1 no such user");
}

proptest! {
    #[test]
    fn reading_undoes_writing_however_it_is_cut(
        code in 200_u16..600, detail in 0_u16..1000, enhanced: bool,
        text in "[!-~]{1,20}(\n[!-~]{1,20}){0,4}", cut in 0_usize..200,
    ) {
        let enhanced = enhanced.then_some(((code / 100) as u8, 1, detail));
        let reply = Reply { code, enhanced, text };
        let text = written(&reply);
        let (a, b) = text.as_bytes().split_at(cut.min(text.len()));
        let mut reader = ReplyReader::default();
        let first = reader.read(&mut &a[..]).unwrap();
        let whole = match first { Some(reply) => Some(reply), None => reader.read(&mut &b[..]).unwrap() };
        prop_assert_eq!(whole, Some(reply));
    }

    #[test]
    fn no_bytes_are_a_panic(bytes: Vec<u8>) {
        let mut reader = ReplyReader::default();
        let mut input = &bytes[..];
        while !input.is_empty() {
            if reader.read(&mut input).is_err() { break }
        }
    }
}
