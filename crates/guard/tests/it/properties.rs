//! The promises, for mails that nobody wrote: pieces of the cases put together at random, cut anywhere.

use proptest::prelude::*;

use crate::cases::case_files;
use crate::promises::promises;

/// Lines of all cases.
fn pieces() -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    for file in case_files() {
        let raw = std::fs::read(file).unwrap();
        for line in raw.split_inclusive(|b| *b == b'\n') {
            pieces.push(line.to_vec());
            pieces.extend(line.split_inclusive(|b| *b == b'>').map(<[u8]>::to_vec));
        }
    }
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_in_any_order(chosen in prop::collection::vec(any::<prop::sample::Index>(), 1..12)) {
        let pieces = pieces();
        let mut raw = b"From: a@x.example\nTo: ada@reader.example\nContent-Type: text/html; charset=utf-8\n\n".to_vec();
        for index in &chosen {
            raw.extend_from_slice(index.get(pieces.as_slice()).as_slice());
        }
        promises(&raw);
    }

    #[test]
    fn cases_cut_and_joined(first in any::<prop::sample::Index>(), second in any::<prop::sample::Index>(), at in 0.0..1.0f64, to in 0.0..1.0f64) {
        let files = case_files();
        let first = std::fs::read(first.get(files.as_slice())).unwrap();
        let second = std::fs::read(second.get(files.as_slice())).unwrap();
        let cut = |raw: &[u8], part: f64| (raw.len() as f64 * part) as usize;
        let raw = [&first[..cut(&first, at)], &second[cut(&second, to)..]].concat();
        promises(&raw);
    }

    #[test]
    fn any_bytes(body in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut raw = b"From: a@x.example\nContent-Type: text/html\n\n".to_vec();
        raw.extend_from_slice(&body);
        promises(&raw);
    }
}
