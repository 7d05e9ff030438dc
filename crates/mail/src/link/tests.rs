//! Destinations, and links to be left alone.

use encoding_rs::{UTF_8, WINDOWS_1252};

use super::*;

const CHARSET: Charset = Charset::Compatible(UTF_8);

fn leads(attribute: &str, base: Option<&str>) -> Result<String, Skip> {
    let base = base.map(|base| Url::parse(base).unwrap());
    destination(attribute.as_bytes(), CHARSET, base.as_ref()).map_err(|(skip, _)| skip)
}

#[test]
fn a_link_leads_where_the_url_standard_says() {
    assert_eq!(
        leads(" https://A.example/x\n/../y?a&amp;b ", None).unwrap(),
        "https://a.example/y?a&b"
    );
    assert_eq!(
        leads("page?q", Some("https://b.example/d/")).unwrap(),
        "https://b.example/d/page?q"
    );
    assert_eq!(
        leads("//c.example", Some("http://b.example/")).unwrap(),
        "http://c.example/"
    );
    assert_eq!(
        leads("https:page", Some("https://b.example/d/")).unwrap(),
        "https://b.example/d/page"
    );
    assert_eq!(
        leads("https:page", Some("http://b.example/")).unwrap(),
        "https://page/"
    );
    assert_eq!(leads("https:\\\\page", None).unwrap(), "https://page/");
}

#[test]
fn what_is_not_ours_to_touch() {
    let cases = [
        ("", Skip::Empty),
        (" \n", Skip::Empty),
        ("#x", Skip::Fragment),
        ("page", Skip::Relative),
        ("//x.example", Skip::Relative),
        ("https://", Skip::Invalid),
        ("https:page", Skip::Ambiguous),
        ("http:/page/x", Skip::Ambiguous),
        ("mailto:a@b.example", Skip::Scheme),
        ("java\nscript:x", Skip::Scheme),
        ("&#106;avascript:x", Skip::Scheme),
        ("https://x.example/&acE;", Skip::Ambiguous),
    ];
    for (attribute, skip) in cases {
        assert_eq!(leads(attribute, None), Err(skip), "{attribute:?}");
    }
    let latin = Charset::Compatible(WINDOWS_1252);
    assert!(matches!(
        destination(b"https://x.example/?\xe9", latin, None),
        Err((Skip::Ambiguous, _))
    ));
    assert!(destination(b"https://x.example/\xe9", latin, None).is_ok());
}
