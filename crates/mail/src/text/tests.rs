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
    let text = |text: &str| has_pgp(text.as_bytes(), false);
    assert!(text("-----BEGIN PGP MESSAGE-----\n"));
    assert!(text("x\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n"));
    assert!(text("x\n  -----BEGIN PGP MESSAGE, PART 1/2-----\n"));
    assert!(!text("write -----BEGIN PGP MESSAGE----- first"));
    assert!(!text("> -----BEGIN PGP MESSAGE-----"));
    assert!(!text("-----BEGIN PGP PUBLIC KEY BLOCK-----"));
    assert!(!text("-----BEGIN\nPGP MESSAGE-----"));
}

#[test]
fn armour_in_html_is_found_however_it_is_laid_out() {
    let html = |html: &str| has_pgp(html.as_bytes(), true);
    for armour in [
        "<pre>-----BEGIN PGP MESSAGE-----",
        "<p>\r\n\t-----BEGIN PGP MESSAGE-----",
        "<p class=MsoNormal>-----BEGIN PGP\r\nSIGNED MESSAGE-----<o:p></o:p></p>",
        "<div>&nbsp;-----BEGIN&nbsp;PGP&nbsp;MESSAGE-----</div>",
    ] {
        assert!(html(armour), "{armour}");
    }
    for words in [
        "<p>It begins with -----BEGIN PGP MESSAGE-----",
        "&gt; -----BEGIN PGP MESSAGE-----",
        "<p>-----BEGIN PGP PUBLIC KEY BLOCK-----",
        "<p>-----BEGINPGP MESSAGE-----",
        "<p>-----BEGIN PGP SIGNED-----",
    ] {
        assert!(!html(words), "{words}");
    }
}
