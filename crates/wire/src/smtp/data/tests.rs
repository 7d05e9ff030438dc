//! Mails with every kind of line end, and what the client writes for them.

use proptest::prelude::*;

use super::*;

const MAX: usize = 10_000;

/// The outcome of feeding `pieces`, and what was left of the last piece.
fn receive<'a>(pieces: &[&'a [u8]], max: usize, budget: &Arc<Budget>) -> (Outcome, &'a [u8]) {
    let mut receiver = Receiver::new(max, budget);
    for piece in pieces {
        let mut input = *piece;
        match receiver.read(&mut input) {
            Progress::More => assert!(input.is_empty()),
            Progress::Message(data, _) => return (Outcome::Message(data), input),
            Progress::Refused(reply) => return (Outcome::Refused(reply.code), input),
            Progress::Broken(reply) => return (Outcome::Broken(reply.code), input),
        }
    }
    (Outcome::More, &[])
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    More,
    Message(Vec<u8>),
    Refused(u16),
    Broken(u16),
}

fn outcome(text: &[u8]) -> Outcome {
    receive(&[text], MAX, &Budget::new(1 << 20)).0
}

fn message(text: &str) -> Outcome {
    Outcome::Message(text.as_bytes().to_vec())
}

#[test]
fn dots_are_unstuffed_and_the_last_one_ends() {
    assert_eq!(outcome(b".\r\n"), message(""));
    assert_eq!(outcome(b"hi\r\n.\r\n"), message("hi\r\n"));
    assert_eq!(
        outcome(b"..\r\n...a\r\na.b\r\n.c\r\n.\r\n"),
        message(".\r\n..a\r\na.b\r\nc\r\n")
    );
    assert_eq!(outcome(b"\r\n\r\n.\r\n"), message("\r\n\r\n"));
    assert_eq!(outcome(b"no end\r\n"), Outcome::More);
    let (got, rest) = receive(&[b"a\r\n.\r\nQUIT\r\n"], MAX, &Budget::new(1 << 20));
    assert_eq!((got, rest), (message("a\r\n"), &b"QUIT\r\n"[..]));
}

#[test]
fn bare_newlines_and_nul_are_refused_at_the_end() {
    for bad in [
        &b"a\nb\r\n.\r\n"[..],
        b"a\rb\r\n.\r\n",
        b"a\r\r\n.\r\n",
        b"a\0b\r\n.\r\n",
        b"\n\r\n.\r\n",
        b".a\nb\r\n.\r\n",
    ] {
        assert_eq!(outcome(bad), Outcome::Refused(550), "{bad:?}");
    }
}

#[test]
fn every_loose_end_closes_the_session() {
    for smuggled in [
        &b"a\n.\nMAIL FROM:<x@y>\r\n"[..],
        b"a\n.\r\nMAIL FROM:<x@y>\r\n",
        b"a\r\n.\nMAIL FROM:<x@y>\r\n",
        b"a\r.\r\nMAIL FROM:<x@y>\r\n",
        b"a\r.\rMAIL FROM:<x@y>\r\n",
        b"a\r\n.\rMAIL FROM:<x@y>\r\n",
        b".\n",
        b".\r\r\n",
    ] {
        assert_eq!(outcome(smuggled), Outcome::Broken(550), "{smuggled:?}");
    }
}

#[test]
fn too_big_is_heard_at_the_end_but_not_for_ever() {
    let budget = Budget::new(1 << 20);
    let big = [&b"a".repeat(MAX + 1)[..], b"\r\n.\r\n"].concat();
    assert_eq!(receive(&[&big], MAX, &budget).0, Outcome::Refused(552));
    let just = [&b"a".repeat(MAX - 2)[..], b"\r\n.\r\n"].concat();
    assert!(matches!(
        receive(&[&just], MAX, &budget).0,
        Outcome::Message(_)
    ));
    let line = b"aaaaaaaa\r\n".repeat(MAX / 10);
    let endless = [&line[..], &line, &line, &line];
    assert_eq!(receive(&endless, MAX, &budget).0, Outcome::Broken(552));
    // At the byte that is too much, not at the next one.
    let just_over = b"a".repeat(3 * MAX + 1);
    assert_eq!(receive(&[&just_over], MAX, &budget).0, Outcome::Broken(552));
    assert!(budget.has(1 << 20), "the budget was not given back");
}

#[test]
fn one_endless_line_is_refused() {
    let max = 4 * TEXT_LINE_BYTES_MAX;
    let budget = Budget::new(2 * max);
    let line = |length: usize| [&b"a".repeat(length)[..], b"\r\n.\r\n"].concat();
    let long = line(TEXT_LINE_BYTES_MAX + 1);
    assert_eq!(receive(&[&long], max, &budget).0, Outcome::Refused(550));
    let fine = line(TEXT_LINE_BYTES_MAX - 2);
    assert!(matches!(
        receive(&[&fine], max, &budget).0,
        Outcome::Message(_)
    ));
}

#[test]
fn memory_is_counted_and_given_back() {
    let budget = Budget::new(3 * STEP_BYTES_MIN);
    let mut first = Receiver::new(1 << 20, &budget);
    let mut text = &b"a\r\n.\r\n"[..];
    let Progress::Message(data, room) = first.read(&mut text) else {
        panic!("no message");
    };
    assert!(data.capacity() <= STEP_BYTES_MIN);
    assert!(!budget.has(3 * STEP_BYTES_MIN));
    let more = b"aaaaaaaa\r\n".repeat(30_000);
    let big = [&more[..], b".\r\n"].concat();
    assert_eq!(receive(&[&big], 1 << 20, &budget).0, Outcome::Refused(452));
    drop(room);
    assert!(budget.has(2 * STEP_BYTES_MIN));
    drop(first);
    assert!(budget.has(3 * STEP_BYTES_MIN));
}

fn stuffed(data: &[u8], size: usize) -> Vec<u8> {
    let mut stuffer = Stuffer::new(data);
    let mut whole = Vec::new();
    let mut block = Vec::new();
    while stuffer.fill(&mut block, size) {
        assert!(block.len() <= 2 * size + 4);
        whole.extend_from_slice(&block);
    }
    whole
}

#[test]
fn stuffing() {
    assert_eq!(stuffed(b"", 10), b"");
    assert_eq!(stuffed(b"a", 10), b"a\r\n");
    assert_eq!(stuffed(b".\r\n..\r\na.b\r\n", 3), b"..\r\n...\r\na.b\r\n");
    assert_eq!(
        stuffed(b"a\nb\rc\r\n\n.d", 2),
        b"a\r\nb\r\nc\r\n\r\n..d\r\n"
    );
}

/// Text made of the bytes that matter.
fn tricky() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(
        prop_oneof![Just(b'.'), Just(b'\r'), Just(b'\n'), Just(b'a'), Just(0_u8)],
        0..24,
    )
}

proptest! {
    #[test]
    fn cuts_change_nothing(text in tricky(), cut in 0_usize..24) {
        let text = [&text[..], b"\r\n.\r\n"].concat();
        let budget = Budget::new(1 << 20);
        let whole = receive(&[&text], MAX, &budget);
        let (a, b) = text.split_at(cut.min(text.len()));
        let (got, rest) = receive(&[a, b], MAX, &budget);
        prop_assert_eq!(&got, &whole.0);
        if got == Outcome::More { prop_assert!(rest.is_empty()); }
    }

    /// What the client writes, the server reads as it was; however hostile the mail, only one mail
    /// arrives, and nothing after it.
    #[test]
    fn the_receiver_undoes_the_stuffer(data in tricky(), size in 1_usize..8) {
        let wire = [&stuffed(&data, size)[..], b".\r\n"].concat();
        let (got, rest) = receive(&[&wire], MAX, &Budget::new(1 << 20));
        prop_assert!(rest.is_empty());
        if data.contains(&0) {
            prop_assert_eq!(got, Outcome::Refused(550));
        } else {
            let Outcome::Message(got) = got else { panic!("refused") };
            let text = String::from_utf8(data).unwrap().replace("\r\n", "\n").replace('\r', "\n");
            let mut text = text.replace('\n', "\r\n");
            if !text.is_empty() && !text.ends_with("\r\n") { text.push_str("\r\n"); }
            prop_assert_eq!(String::from_utf8(got).unwrap(), text);
        }
    }
}
