//! Any bytes: reading a mail never panics, and what is said about it is about that mail.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mail::Edits;

fuzz_target!(|raw: &[u8]| {
    let Ok(plan) = mail::plan(raw) else { return };
    let unchanged = plan.render(&Edits::default()).expect("no edits are always possible");
    assert!(unchanged == raw, "no edits, same bytes");
    for part in plan.parts() {
        assert!(raw.get(part.range.clone()).is_some(), "a part stands in the mail");
    }
    for (number, link) in plan.links().iter().enumerate() {
        assert_eq!(usize::from(link.number), number, "links are counted through");
        assert!(link.part < plan.parts().len());
    }
    if plan.untouchable().is_none() {
        assert!(plan.can_carry_line(), "what may be touched can also say so");
    }
    let _ = (plan.subject(), plan.message_id(), plan.addresses("To"), plan.headers("List-Unsubscribe"));
});
