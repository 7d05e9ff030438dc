//! Any mail with everything in it edited keeps the promises: the same parts, the same destinations, other parts to the
//! byte, its lines within their limits, and what came is what is restored.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mail::{Edits, Image, Line, Link, Picture, Plan, Role, Untouchable};

const TRACKER: &str = "https://t.example/c/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL?to=";
const PAGE: &str = "https://t.example/p/0123456789?a=1&b=2";
const IMAGE: Image<'_> = Image {
    url: "https://t.example/o/0123456789.gif",
    alt: "Read receipt, \"declared\" & visible",
};
const LINE: Line<'_> = Line {
    text: "Cette lettre est suivie : l’expéditeur voit si elle est lue.",
    link_text: "Voir ou arrêter",
    url: PAGE,
    lang: "fr",
};

fuzz_target!(|raw: &[u8]| {
    // Addresses of ours in the input would be taken for what was put in.
    if raw.windows(4).any(|w| w == b"t.ex") {
        return;
    }
    let Ok(before) = mail::plan(raw) else { return };
    let touchable = before.untouchable().is_none();
    let line = before.can_carry_line() && before.untouchable() != Some(Untouchable::DkimSigned);
    let added = [("X-Added".to_owned(), "one; two".to_owned())];
    let wrapped = |link: &Link| Some(wrap(&link.destination));
    let nothing = |_: &Link| None;
    let edits = Edits {
        link: if touchable { &wrapped } else { &nothing },
        image: touchable.then_some(IMAGE),
        lines: if line { &[LINE] } else { &[] },
        add_headers: &added,
        ..Edits::default()
    };
    let copy = before.render(&edits).expect("what is said to be possible is");
    let after = mail::plan(&copy).expect("a copy is a mail");

    let parts: Vec<_> = before.parts().iter().zip(after.parts()).collect();
    assert_eq!(before.parts().len(), after.parts().len(), "the same parts");
    for (part, edited) in parts {
        assert_eq!((&part.path, &part.content_type, part.role), (&edited.path, &edited.content_type, edited.role));
        if !matches!(part.role, Role::Html | Role::Text | Role::Multipart) {
            assert!(raw[part.range.clone()] == copy[edited.range.clone()], "part {} is as it was", part.path);
        }
    }
    if !touchable {
        return;
    }
    assert_eq!(reached(&before), reached(&after), "destinations");
    assert!(longest_line(&copy) <= longest_line(raw).max(998), "no line longer than allowed");
    let again = after
        .render(&Edits {
            link: &|link| link.destination.starts_with(TRACKER).then(|| unwrap(&link.destination)),
            drop_picture: &|picture: &Picture| picture.source == IMAGE.url,
            ..Edits::default()
        })
        .expect("a copy can be edited like any other mail");
    let again = mail::plan(&again).expect("a mail");
    assert_eq!(reached(&before), reached(&again), "restored");
    assert!(again.pictures().iter().all(|picture| picture.source != IMAGE.url));
});

/// Where people get to by clicking, our own page aside.
fn reached(plan: &Plan<'_>) -> Vec<String> {
    let links = plan.links().iter().map(|link| unwrap(&link.destination));
    links.filter(|url| url != PAGE).collect()
}

fn wrap(destination: &str) -> String {
    let escaped: String = destination.bytes().map(|b| format!("%{b:02X}")).collect();
    format!("{TRACKER}{escaped}")
}

fn unwrap(destination: &str) -> String {
    let Some(escaped) = destination.strip_prefix(TRACKER) else {
        return destination.to_owned();
    };
    let bytes = escaped.split('%').skip(1).map(|hex| u8::from_str_radix(hex, 16).expect("as wrapped"));
    String::from_utf8(bytes.collect()).expect("as wrapped")
}

fn longest_line(bytes: &[u8]) -> usize {
    let lines = bytes.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line).len());
    lines.max().unwrap_or_default()
}
