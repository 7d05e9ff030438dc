//! References as browsers read them, and back.

use proptest::prelude::*;

use super::*;

#[test]
fn references_read_as_browsers_read_them_in_attributes() {
    let cases = [
        ("a&amp;b", "a&b"),
        ("a&ampb", "a&ampb"),
        ("a&amp=b", "a&amp=b"),
        ("a&amp", "a&"),
        ("a&amp b", "a& b"),
        ("&AMP;&QUOT;&LT", "&\"<"),
        ("&notin;", "∉"),
        ("&notit;", "&notit;"),
        ("&not-it", "¬-it"),
        ("&Amp;", "&Amp;"),
        ("&colon;&sol;&period;", ":/."),
        ("&#38;&#x26;&#X26;&#038", "&&&&"),
        ("&#128;&#x81;", "€\u{81}"),
        (
            "&#0;&#xD800;&#x110000;&#99999999999;",
            "\u{fffd}\u{fffd}\u{fffd}\u{fffd}",
        ),
        ("&#;&#x;&;&", "&#;&#x;&;&"),
        ("&#x1F600;", "😀"),
        ("&CounterClockwiseContourIntegral;", "∳"),
        ("&nosuchname;", "&nosuchname;"),
        ("&frac12", "½"),
        ("&sup", "&sup"),
        ("no references", "no references"),
    ];
    for (written, meant) in cases {
        assert_eq!(
            decode_attribute(written).as_deref(),
            Some(meant),
            "{written}"
        );
    }
}

#[test]
fn names_of_two_characters_are_reported() {
    for written in ["&acE;", "x&NotEqualTilde;y", "&fjlig;"] {
        assert_eq!(decode_attribute(written), None, "{written}");
    }
}

#[test]
fn every_name_without_semicolon_is_known() {
    assert!(WITHOUT_SEMICOLON.is_sorted());
    for name in WITHOUT_SEMICOLON {
        assert!(lookup(name).is_some(), "{name}");
    }
    assert_eq!(TWO_CHARACTERS.split(' ').count(), 93);
}

proptest! {
    #[test]
    fn what_is_written_reads_back(text in "\\PC*") {
        let written = encode(&text);
        prop_assert!(written.is_ascii());
        prop_assert!(!written.contains(['"', '\'', '<', '>']));
        let read = decode_attribute(&written);
        prop_assert_eq!(read.as_deref(), Some(text.as_str()));
    }
}
