//! Any mail, cleaned in each mode: it never panics, twice is once, signed mail and files keep their bytes, and nothing that is
//! left loads by itself where nothing may.

#![no_main]

use guard::{Load, Mode, Note, Pictures};
use libfuzzer_sys::fuzz_target;
use mail::Role;

fuzz_target!(|raw: &[u8]| {
    let Ok(before) = mail::whole(raw) else { return };
    for mode in [Mode::Html, Mode::Text, Mode::Protect] {
        let cleaned = guard::clean(&before, mode, Pictures::Block, &[]).expect("our tables can be read");
        let after = mail::whole(&cleaned.bytes).expect("what comes out is a mail");
        if cleaned.scan.notes.iter().any(|note| matches!(note, Note::Untouched(_))) {
            assert!(cleaned.bytes == raw, "{mode:?}: nothing of it changes");
            continue;
        }
        assert_eq!(before.parts().len(), after.parts().len(), "{mode:?}: the same parts");
        for (old, new) in before.parts().iter().zip(after.parts()) {
            if matches!(old.role, Role::Attachment) {
                assert!(raw[old.range.clone()] == cleaned.bytes[new.range.clone()], "{mode:?}: part {} stays", old.path);
            }
        }
        let again = guard::clean(&after, mode, Pictures::Block, &[]).expect("our tables can be read");
        assert!(again.bytes == cleaned.bytes, "{mode:?}: twice is once");
        let left = guard::scan(&after, &[]).expect("our tables can be read");
        let loads = left.findings.iter().find(|finding| finding.load == Load::Auto);
        assert!(mode == Mode::Html || loads.is_none(), "{mode:?}: {loads:?}");
    }
});
