//! Any attribute as a link, in each quoting: where it leads stays the same when it is written anew, and an address that
//! leads somewhere is one that a `Location` header can hold.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mail::{Edits, Plan};

fuzz_target!(|input: &[u8]| {
    let Some((how, attribute)) = input.split_first() else { return };
    let quote: &[u8] = [&b"\""[..], b"'", b""][usize::from(how % 3)];
    let charset = ["utf-8", "iso-8859-1", "windows-1251", "gb18030"][usize::from(how / 3 % 4)];
    let base = if how & 0x80 == 0 { "" } else { "<base href=\"https://base.example/a/b?c\">" };
    let mut raw = format!(
        "From: a@example.org\r\nContent-Type: text/html; charset={charset}\r\nContent-Transfer-Encoding: binary\r\n\r\n\
         {base}<p><a href="
    )
    .into_bytes();
    let start = raw.len() + quote.len();
    raw.extend([quote, attribute, quote, b">x</a> y"].concat());
    let Ok(before) = mail::plan(&raw) else { return };
    for destination in before.links().iter().filter(|link| link.skipped.is_none()).map(|link| &link.destination) {
        let scheme = destination.starts_with("https://") || destination.starts_with("http://");
        assert!(scheme && destination.bytes().all(|b| (0x21..=0x7e).contains(&b)), "{destination:?}");
    }
    // Written anew in the canonical spelling, it leads to the same place, and the bytes around it stay.
    let copy = before
        .render(&Edits { link: &|link| Some(link.destination.clone()), ..Edits::default() });
    let Ok(copy) = copy else { return };
    let after = mail::plan(&copy).expect("a mail");
    let destinations = |plan: &Plan<'_>| plan.links().iter().map(|link| link.destination.clone()).collect::<Vec<_>>();
    assert_eq!(destinations(&before), destinations(&after));
    assert!(copy.starts_with(&raw[..start - quote.len()]) && copy.ends_with(b" y"));
});
