//! Ways out of mailings.

use super::*;

#[test]
fn targets_of_the_header() {
    let targets = targets("<mailto:x@y.example>, (web) <https://Y.example/out\n ?a=b>, <broken");
    assert_eq!(targets, ["mailto:x@y.example", "https://y.example/out?a=b"]);
}

#[test]
fn ways_out_are_recognised_by_words() {
    assert!(is_one("https://x.example/Unsubscribe?id=1", ""));
    assert!(is_one("https://x.example/?action=optout", ""));
    for shown in [
        "Hier ABMELDEN",
        "<b>Un</b>subscribe",
        "darse\r\n\tde&nbsp;baja",
        "<td>Cancelar la\u{a0}<i>SUSCRIPCI\u{d3}N</i>",
        "<img src=x alt='Unsubscribe'>",
        "opt out < here",
    ] {
        let shown = crate::entity::decode_attribute(shown).unwrap();
        assert!(is_one("https://x.example/1", &shown), "{shown}");
    }
    assert!(!is_one("https://x.example/#unsubscribe", "Top"));
    assert!(!is_one("https://x.example/", "<b>Options</b> out"));
    assert!(!is_one("https://unsubscribe.example/pricing", "Our prices"));
    assert!(!is_one("https://x.example/subscribe", "Subscribe"));
}

#[test]
fn a_link_that_only_points_is_what_its_sentence_says() {
    let way_out = |html: &str| {
        let (before, rest) = html.split_once("<a href=x>").unwrap();
        let (shown, after) = rest.split_once("</a>").unwrap();
        only_points(shown) && sentence_says_so(&sentence(before, &format!("</a>{after}")))
    };
    for html in [
        "<p>To unsubscribe, click <a href=x>here</a>.</p>",
        "<p>Read on. <a href=x><span style='color:red'>Click here</span></a> to <b>un</b>subscribe.</p>",
        "<td>Klicken Sie <a href=x>hier</a>, um sich\r\nabzumelden.</td>",
        "<p>If you no longer wish to receive\n these mails,<br> follow <a href=x>this link</a>",
        "ass=x>Pour vous désinscrire, <a href=x>CLIQUEZ ICI »</a>",
    ] {
        assert!(way_out(html), "{html}");
    }
    for html in [
        "<p>Read it <a href=x>here</a>. To unsubscribe, click <a href=y>here</a>.",
        "<p>To unsubscribe, click <a href=y>here</a>. All news are <a href=x>here</a>.",
        "<p>You can unsubscribe.</p><p>News are <a href=x>here</a>",
        "<p>We never unsubscribe anybody. News are <a href=x>here</a>",
        "<p>Unsubscribe or see <a href=x>our prices</a>",
        "=unsubscribe>News: <a href=x>here</a>",
    ] {
        assert!(!way_out(html), "{html}");
    }
}

#[test]
fn no_pointing_word_is_longer_than_is_looked_at() {
    assert!(
        words::POINTING
            .iter()
            .all(|word| word.len() <= words::POINTING_BYTES_MAX)
    );
}
