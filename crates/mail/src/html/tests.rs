//! Links and places in HTML.

use super::*;

fn outlined(html: &str) -> Outline {
    outline(html.as_bytes()).unwrap()
}

fn values(html: &str) -> Vec<&str> {
    outlined(html)
        .links
        .iter()
        .map(|spot| &html[spot.value.clone()])
        .collect()
}

#[test]
fn values_are_found_to_the_byte() {
    assert_eq!(values("<a href=\"x\">"), ["x"]);
    assert_eq!(values("<A\n HREF = 'x y' a>"), ["x y"]);
    assert_eq!(values("<a b=c href=x/y/>"), ["x/y/"]);
    assert_eq!(values("<a href=\"\"><a href><a name=x>"), [""]);
    assert_eq!(values("\u{fffd}é<a href=\"ü\">"), ["ü"]);
}

#[test]
fn outlook_sees_into_conditional_comments_only() {
    assert_eq!(
        values("<!--[if mso]><v:rect href=\"1\"></v:rect><a href='2'>x</a><![endif]--><a href=3>"),
        ["1", "2", "3"]
    );
    assert_eq!(
        values("<!-- <a href=1> --><!--[if mso]<a href=2>--><!--[if !mso]><!--><a href=3>"),
        ["3"]
    );
    assert_eq!(values("<!--[if mso]><a href=1>never closed"), ["1"]);
}

#[test]
fn positions_in_order_even_from_comments() {
    let html = "<a href=1></a><!--[if mso]><a href=2></a><![endif]--><a href=3></a>";
    assert_eq!(values(html), ["1", "2", "3"]);
}

#[test]
fn a_tag_that_never_ends_is_not_a_tag() {
    assert!(values("<p>text</p><a href=x").is_empty());
    assert!(values("<p>text</p><a href=\"x>y</a>").is_empty());
}

#[test]
fn the_line_does_not_get_lost() {
    let line = |html: &str| outlined(html).line;
    assert_eq!(line("<body>x</body>"), 7);
    assert_eq!(
        line("<body>x<!-- y </body>"),
        6,
        "swallowed by a comment: top"
    );
    assert_eq!(line("<p>x"), 4);
    assert_eq!(line("<p>x<style>y"), 0);
    assert_eq!(line("<p>x<a hre"), 0);
    assert_eq!(line("x<blockquote type=cite>y</blockquote>z"), 1);
    let long = "<body>".to_owned() + &"x".repeat(100_000) + "</body>";
    assert_eq!(line(&long), 6, "cut off by Gmail: top");
}

#[test]
fn what_is_too_much_is_refused() {
    let many = "<a href=x>".repeat(LINKS_MAX + 1);
    assert_eq!(outline(many.as_bytes()).unwrap_err(), Unreadable::TooMuch);
    assert_eq!(
        outline(b"<select><xmp><script>x</script></select>").unwrap_err(),
        Unreadable::Ambiguous
    );
    assert_eq!(
        outline(b"<html><frameset></frameset>").unwrap_err(),
        Unreadable::Frames
    );
}

#[test]
fn the_line_ends_no_drawing() {
    let line = |html: &str| outlined(html).line;
    assert_eq!(line("<body><svg><a href=1></a></svg></body>"), 31);
    let open = "<body><math><a href=1></body><a href=2>";
    assert_eq!(outline(open.as_bytes()).unwrap_err(), Unreadable::Ambiguous);
}
