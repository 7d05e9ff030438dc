//! What holds for every mail, in every mode.

use guard::{Action, Kind, Mode, Note, Pictures, clean, scan};
use mail::{Role, Untouchable, whole};

pub(crate) const MODES: [Mode; 3] = [Mode::Html, Mode::Text, Mode::Protect];

/// The mail in each mode keeps them.
pub(crate) fn promises(raw: &[u8]) {
    let Ok(before) = whole(raw) else { return };
    for mode in MODES {
        let cleaned = clean(&before, mode, Pictures::Block, &[]).unwrap();
        assert_eq!(
            cleaned.actions.len(),
            cleaned.scan.findings.len(),
            "{mode:?}: an action for each finding"
        );
        let after = whole(&cleaned.bytes).expect("what comes out is a mail");
        if before.untouchable().is_some()
            || cleaned
                .scan
                .notes
                .contains(&Note::Untouched(Untouchable::InlinePgp))
        {
            assert!(cleaned.bytes == raw, "{mode:?}: nothing of it changes");
            assert!(
                cleaned.actions.iter().all(|action| *action == Action::Left),
                "{mode:?}: and nothing is said to have"
            );
            continue;
        }
        assert_eq!(
            before.parts().len(),
            after.parts().len(),
            "{mode:?}: the same parts"
        );
        for (old, new) in before.parts().iter().zip(after.parts()) {
            let stays = matches!(old.role, Role::Attachment | Role::Message)
                || old.content_type == "text/calendar";
            if stays {
                assert!(
                    raw[old.range.clone()] == cleaned.bytes[new.range.clone()],
                    "{mode:?}: part {} stays",
                    old.path
                );
            }
        }
        assert_eq!(
            before.headers("List-Unsubscribe"),
            after.headers("List-Unsubscribe"),
            "{mode:?}"
        );
        let again = clean(&after, mode, Pictures::Block, &[]).unwrap();
        assert!(
            again.bytes == cleaned.bytes,
            "{mode:?}: twice is once\n{}\n---\n{}",
            String::from_utf8_lossy(&cleaned.bytes),
            String::from_utf8_lossy(&again.bytes)
        );
        let left = scan(&after, &[]).unwrap();
        for finding in &left.findings {
            let loads = finding.load == guard::Load::Auto;
            assert!(
                !(loads && finding.kind.is_tracker()),
                "{mode:?}: a tracker is left: {finding:?}"
            );
            if mode != Mode::Html {
                assert!(!loads, "{mode:?}: it still loads: {finding:?}");
            }
            if mode == Mode::Protect {
                assert!(
                    finding.kind != Kind::ReceiptRequest,
                    "{mode:?}: {finding:?}"
                );
            }
        }
        if mode == Mode::Protect {
            nothing_loads(&after);
        }
    }
}

/// By a plain search that knows nothing of the code: in what was written anew every value stands in double quotes and
/// holds none of `<>"`, so tags and attributes can be told by splitting.
fn nothing_loads(mail: &mail::Whole<'_>) {
    for (index, part) in mail.parts().iter().enumerate() {
        if part.content_type != "text/html" || matches!(part.role, Role::Attachment | Role::Message)
        {
            continue;
        }
        let Ok(text) = mail.text(index) else { continue };
        let html = text.read(0..text.view().len()).to_ascii_lowercase();
        for piece in html.split('<').skip(1) {
            let (tag, after) = piece.split_once('>').unwrap_or((piece, ""));
            if tag.starts_with("!doctype") || tag.starts_with('/') {
                continue;
            }
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            for word in [
                "script",
                "iframe",
                "object",
                "embed",
                "link",
                "base",
                "form",
                "input",
                "svg",
                "math",
                "video",
                "audio",
                "frame",
                "noscript",
                "xmp",
                "textarea",
                "template",
                "image",
                "bgsound",
                "v:fill",
                "xml",
                "plaintext",
            ] {
                assert!(name != word, "<{tag}> in {html}");
            }
            if name == "style" {
                css_loads_nothing(after);
            }
            let mut pieces = attributes.split('"');
            while let Some(name) = pieces.next() {
                let value = pieces.next().unwrap_or_default();
                match name.trim().trim_end_matches('=') {
                    "src" => assert!(
                        value.starts_with("data:image/") || value.starts_with("cid:"),
                        "{tag}"
                    ),
                    "style" => css_loads_nothing(value),
                    name => {
                        for word in [
                            "srcset",
                            "background",
                            "poster",
                            "ping",
                            "action",
                            "data",
                            "dynsrc",
                            "lowsrc",
                            "longdesc",
                            "manifest",
                        ] {
                            assert!(name != word, "{tag}");
                        }
                        assert!(!name.starts_with("on"), "{tag}");
                    }
                }
            }
        }
    }
}

fn css_loads_nothing(text: &str) {
    for word in [
        "url(",
        "@import",
        "@font-face",
        "image",
        "\\",
        "var(",
        "src(",
        "expression",
        "behavior",
        "-moz-binding",
        "//",
    ] {
        assert!(!text.contains(word), "{word} in {text}");
    }
}
