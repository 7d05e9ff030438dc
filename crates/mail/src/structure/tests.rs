//! Trees of parts, and doubt.

use proptest::prelude::*;

use super::*;

fn walked(raw: &str) -> Tree {
    let block = header::read_block(raw.as_bytes(), 0, |_| false);
    walk(raw.as_bytes(), &block)
}

fn shape(raw: &str) -> Vec<(String, String)> {
    walked(raw)
        .nodes
        .iter()
        .map(|node| (node.path.clone(), raw[node.body.clone()].to_owned()))
        .collect()
}

#[test]
fn bodies_end_before_the_line_end_of_the_delimiter() {
    let parts = shape(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n\r\n--b\r\n\r\ntwo\r\n--b--\r\nafter",
    );
    assert_eq!(parts[1], ("1".to_owned(), "one\r\n".to_owned()));
    assert_eq!(parts[2], ("2".to_owned(), "two".to_owned()));
}

#[test]
fn an_outer_delimiter_ends_inner_parts() {
    let raw = "Content-Type: multipart/mixed; boundary=out\n\n--out\nContent-Type: multipart/alternative; boundary=in\n\n--in\n\none\n--out\n\ntwo\n--out--\n";
    let paths: Vec<_> = shape(raw).into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["root", "1", "1.1", "2"]);
    assert_eq!(shape(raw)[2].1, "one");
    assert!(!walked(raw).doubtful);
}

#[test]
fn doubt() {
    for raw in [
        "Content-Type: multipart/mixed\n\n--b\n",
        "Content-Type: multipart/mixed; boundary=\"\"\n\n--b\n",
        "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b--\n",
        "Content-Type: multipart/mixed; boundary=b\n\n--bc\n--b--\n",
        "Content-Type: text/html\nContent-Type: text/plain\n\nx",
        "Content-Type: multipart/mixed; boundary=b; boundary=c\n\n--b--\n",
        "Content-Type: html\n\nx",
    ] {
        assert!(walked(raw).doubtful, "{raw:?}");
    }
}

#[test]
fn bounds() {
    let level = |n| format!("Content-Type: multipart/mixed; boundary=d{n}\n\n--d{n}\n");
    let deep = (0..=DEPTH_MAX).map(level).collect::<Vec<_>>().concat();
    assert!(walked(&deep).over_bound);
    let wide = format!(
        "Content-Type: multipart/mixed; boundary=b\n\n{}",
        "--b\n\n".repeat(PARTS_MAX + 1)
    );
    assert!(walked(&wide).over_bound);
}

proptest! {
    /// Parts lie inside their parents, in order, whatever the bytes.
    #[test]
    fn ranges_are_sound(pieces in proptest::collection::vec(prop_oneof![
        Just("--a\n"), Just("--b\r\n"), Just("--a--\n"), Just("--b--\n"), Just("\n"), Just("\r\n"), Just("text\n"), Just("--ab\n"), Just("-"),
        Just("Content-Type: multipart/mixed; boundary=b\n"), Just("Content-Type: text/html\n"), Just("X: y\r\n"), Just(" folded\n"),
    ], 0..40)) {
        let raw = format!("Content-Type: multipart/mixed; boundary=a\n\n{}", pieces.concat());
        let tree = walked(&raw);
        let mut leaf_end = 0;
        for node in &tree.nodes {
            if tree.over_bound { break; }
            prop_assert!(node.body.start <= node.body.end && node.body.end <= raw.len(), "{:?}", node);
            if let Some(parent) = node.parent {
                prop_assert!(tree.nodes[parent].body.start <= node.body.start);
                prop_assert!(node.body.end <= tree.nodes[parent].body.end.max(node.body.start));
            }
            if node.media.multipart().is_none() {
                prop_assert!(leaf_end <= node.body.start);
                leaf_end = node.body.end;
            }
        }
    }
}
