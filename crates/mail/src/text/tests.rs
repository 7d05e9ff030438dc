//! Places in plain text.

use super::*;

fn before(text: &str) -> &str {
    &text[line_position(text.as_bytes())..]
}

#[test]
fn before_a_signature_and_before_a_quote_at_the_end() {
    assert_eq!(before("Hi\n\n-- \nAnn\n"), "-- \nAnn\n");
    assert_eq!(
        before("Yes\n\nBo wrote:\n> no\n> yes\n"),
        "Bo wrote:\n> no\n> yes\n"
    );
    assert_eq!(before("Yes\n> no\n\n-- \nAnn\n"), "-- \nAnn\n");
    assert_eq!(
        before("Yes\n-----Original Message-----\nFrom: Bo\n\nno\n"),
        "-----Original Message-----\nFrom: Bo\n\nno\n"
    );
}

#[test]
fn else_at_the_end() {
    for text in [
        "",
        "Hi",
        "> no\nYes\n",
        "---\nMenu\n---\nSoup: hot\n",
        "-----\nx\n",
        "--\nx\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\ny\n",
    ] {
        assert_eq!(before(text), "", "{text:?}");
    }
}

#[test]
fn armour_counts_only_where_it_begins_a_line() {
    assert!(has_pgp(b"-----BEGIN PGP MESSAGE-----\n"));
    assert!(has_pgp(b"x\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n"));
    assert!(has_pgp(b"<pre>-----BEGIN PGP MESSAGE-----"));
    assert!(!has_pgp(b"write -----BEGIN PGP MESSAGE----- first"));
    assert!(!has_pgp(b"-----BEGIN PGP PUBLIC KEY BLOCK-----"));
}
