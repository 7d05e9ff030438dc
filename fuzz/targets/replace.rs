//! Any mail in which some addresses must not stay: none of them is left in a link, all others lead where they led, and
//! nothing else of the mail is another one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mail::{Edits, Plan, Role, Untouchable};

/// Of even length, so that it may stay.
const NEUTRAL: &str = "https://t.example/";

fn replacement(address: &str) -> Option<String> {
    (address.len() % 2 == 1).then(|| NEUTRAL.to_owned())
}

fuzz_target!(|raw: &[u8]| {
    let Ok(before) = mail::plan(raw) else { return };
    // What must not be touched keeps its links, all of them.
    if !matches!(before.untouchable(), None | Some(Untouchable::NoHtml)) {
        return;
    }
    let edits = Edits::default();
    let Ok(copy) = before.render_replacing(&replacement, &edits) else { return };
    let after = mail::plan(&copy).expect("a copy is a mail");
    assert_eq!(before.parts().len(), after.parts().len(), "the same parts");
    for (part, edited) in before.parts().iter().zip(after.parts()) {
        assert_eq!((&part.path, &part.content_type, part.role), (&edited.path, &edited.content_type, edited.role));
        if !matches!(part.role, Role::Html | Role::Text | Role::Multipart) {
            assert!(raw[part.range.clone()] == copy[edited.range.clone()], "part {} is as it was", part.path);
        }
    }
    let wanted: Vec<_> = leads(&before).map(|to| replacement(to).unwrap_or_else(|| to.to_owned())).collect();
    assert_eq!(wanted, leads(&after).collect::<Vec<_>>(), "destinations");
    let pictures = |plan: &Plan<'_>| plan.pictures().iter().map(|picture| picture.source.clone()).collect::<Vec<_>>();
    assert_eq!(pictures(&before), pictures(&after), "pictures");
    assert_eq!(before.text_links().len(), after.text_links().len(), "addresses in text");
    let again = after.render_replacing(&replacement, &edits).expect("as the first time");
    assert!(leads(&mail::plan(&again).expect("a mail")).eq(leads(&after)), "nothing is left to replace");
});

fn leads<'p>(plan: &'p Plan<'_>) -> impl Iterator<Item = &'p str> {
    plan.links().iter().map(|link| link.destination.as_str())
}
