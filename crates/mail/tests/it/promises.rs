//! What holds for every mail, however odd, when everything in it is edited.

use lol_html::html_content::{Attribute, Element, TextType};
use lol_html::{HtmlRewriter, Settings, doc_comments, doc_text, element};
use mail::{Edits, Image, Line, Link, LinkKind, Plan, Role, plan};

const TRACKER: &str = "https://t.example/c/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL?to=";
const IMAGE: Image<'_> = Image {
    url: "https://t.example/o/0123456789.gif",
    alt: "Read receipt, \"declared\" & visible",
};
const LINE: Line<'_> = Line {
    text: "Cette lettre est suivie : l’expéditeur voit si elle est lue.",
    link_text: "Voir ou arrêter",
    url: "https://t.example/p/0123456789?a=1&b=2",
    lang: "fr",
};

#[allow(clippy::unnecessary_wraps, reason = "the shape of `Edits::link`")]
fn wrap(link: &Link) -> Option<String> {
    let escaped: String = link
        .destination
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() {
                (b as char).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    Some(format!("{TRACKER}{escaped}"))
}

fn unwrap(destination: &str) -> String {
    let Some(escaped) = destination.strip_prefix(TRACKER) else {
        return destination.to_owned();
    };
    let mut bytes = Vec::new();
    let mut rest = escaped.bytes();
    while let Some(b) = rest.next() {
        if b == b'%' {
            let hex = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
        } else {
            bytes.push(b);
        }
    }
    String::from_utf8(bytes).unwrap()
}

pub(crate) fn everything<'e>(plan: &Plan<'_>, headers: &'e [(String, String)]) -> Edits<'e> {
    let touchable = plan.untouchable().is_none();
    Edits {
        link: if touchable { &wrap } else { &|_| None },
        image: touchable.then_some(IMAGE),
        lines: if plan.can_carry_line() && plan.untouchable() != Some(mail::Untouchable::DkimSigned)
        {
            &[LINE]
        } else {
            &[]
        },
        add_headers: headers,
        drop_headers: &["bcc", "X-Control"],
        ..Edits::default()
    }
}

pub(crate) fn added() -> Vec<(String, String)> {
    vec![("X-Added".to_owned(), "one; two".to_owned())]
}

/// What holds for every mail.
pub(crate) fn promises(raw: &[u8]) {
    let Ok(before) = plan(raw) else { return };
    for part in before.parts() {
        assert!(
            raw.get(part.range.clone()).is_some(),
            "part {} stands in the mail",
            part.path
        );
    }
    assert_eq!(
        before.render(&Edits::default()).unwrap(),
        raw,
        "no edits, same bytes"
    );

    let headers = added();
    let edits = everything(&before, &headers);
    let copy = before.render(&edits).unwrap();
    let after = plan(&copy).unwrap();
    assert_eq!(after.parts().len(), before.parts().len(), "the same parts");
    for (part, edited) in before.parts().iter().zip(after.parts()) {
        assert_eq!(
            (&part.path, &part.content_type, part.role),
            (&edited.path, &edited.content_type, edited.role)
        );
        if !matches!(part.role, Role::Html | Role::Text | Role::Multipart) {
            assert_eq!(
                raw[part.range.clone()],
                copy[edited.range.clone()],
                "part {} is as it was",
                part.path
            );
        }
    }
    // Where people get to by clicking: the same places in the same order, our own line aside.
    let reached = |plan: &Plan<'_>| -> Vec<String> {
        plan.links()
            .iter()
            .map(|link| unwrap(&link.destination))
            .filter(|url| !url.starts_with("https://t.example/p/"))
            .collect()
    };
    assert_eq!(reached(&before), reached(&after), "destinations");
    assert_eq!(
        after.render(&Edits::default()).unwrap(),
        copy,
        "a copy is a mail like any other"
    );
    restored(&before, &after);
    texts_lead_to_the_same_places(&before);
    if !edits.lines.is_empty() {
        same_words(raw, &copy);
    }
    assert_eq!(after.header("X-Added").as_deref(), Some("one; two"));
    assert!(after.header("Bcc").is_none(), "Bcc is gone");
    assert_eq!(before.subject(), after.subject());
    assert_eq!(before.addresses("To"), after.addresses("To"));

    // Lines and line ends.
    let bare = |bytes: &[u8]| {
        bytes
            .iter()
            .enumerate()
            .filter(|(at, b)| **b == b'\n' && (*at == 0 || bytes[at - 1] != b'\r'))
            .count()
    };
    if bare(raw) == 0 && raw.contains(&b'\n') {
        assert_eq!(bare(&copy), 0, "CRLF stays CRLF");
    }
    let longest = |bytes: &[u8]| {
        let lines = bytes.split(|b| *b == b'\n');
        lines
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line).len())
            .max()
            .unwrap_or_default()
    };
    assert!(
        longest(&copy) <= longest(raw).max(998),
        "no line longer than allowed: {} before, {} after, {}",
        longest(raw),
        longest(&copy),
        raw[raw.len().saturating_sub(60)..].escape_ascii()
    );
}

/// A copy that comes back, in a reply or a forward, can be given its old links again.
fn restored(before: &Plan<'_>, after: &Plan<'_>) {
    if after.untouchable().is_some() {
        return;
    }
    let old = |link: &Link| {
        link.destination
            .starts_with(TRACKER)
            .then(|| unwrap(&link.destination))
    };
    let ours = |picture: &mail::Picture| picture.source == IMAGE.url;
    let copy = after
        .render(&Edits {
            link: &old,
            drop_picture: &ours,
            ..Edits::default()
        })
        .unwrap();
    let again = plan(&copy).unwrap();
    let web = |plan: &Plan<'_>| -> Vec<String> {
        let links = plan.links().iter().map(|link| link.destination.clone());
        links
            .filter(|url| !url.starts_with("https://t.example/p/"))
            .collect()
    };
    assert_eq!(web(before), web(&again), "restored");
    assert!(
        again
            .pictures()
            .iter()
            .all(|picture| picture.source != IMAGE.url),
        "no image of ours"
    );
}

/// Links in plain text, where they are written anew: the same places in the same order, and back again.
fn texts_lead_to_the_same_places(before: &Plan<'_>) {
    if before.text_links().is_empty() || before.untouchable() == Some(mail::Untouchable::DkimSigned)
    {
        return;
    }
    let fitting = |link: &Link| wrap(link).filter(|url| url.len() <= link.url_bytes_max);
    let copy = before
        .render(&Edits {
            link: &|link| fitting(link).filter(|_| link.kind == LinkKind::Text),
            text_links: true,
            ..Edits::default()
        })
        .unwrap();
    let after = plan(&copy).unwrap();
    let reached = |plan: &Plan<'_>| -> Vec<String> {
        let links = plan.text_links().iter();
        links.map(|link| unwrap(&link.destination)).collect()
    };
    assert_eq!(reached(before), reached(&after), "destinations in text");
    let longest = |bytes: &[u8]| bytes.split(|b| *b == b'\n').map(<[u8]>::len).max();
    let longest_allowed = longest(before.raw()).max(Some(999));
    assert!(
        longest(&copy) <= longest_allowed,
        "lines within their limit"
    );
    let old = |url: &str| url.starts_with(TRACKER).then(|| unwrap(url));
    let again = after.render_replacing(&old, &Edits::default()).unwrap();
    assert_eq!(
        reached(before),
        reached(&plan(&again).unwrap()),
        "restored in text"
    );
}

/// To a reader of other make, the text says what it said, and the line.
fn same_words(raw: &[u8], copy: &[u8]) {
    let words = |bytes: &[u8]| {
        let message = mail_parser::MessageParser::default().parse(bytes)?;
        let text = message.text_part(0)?.text_contents()?;
        message
            .text_part(0)?
            .is_text_html()
            .eq(&false)
            .then(|| text.split_whitespace().collect::<String>())
    };
    let line: String = format!("{}{}:{}", LINE.text, LINE.link_text, LINE.url)
        .split_whitespace()
        .collect();
    if let (Some(before), Some(after)) = (words(raw), words(copy))
        && after.contains(&line)
    {
        assert_eq!(
            after.replacen(&line, "", 1),
            before,
            "the text is the same but for the line"
        );
    }
}

/// Other addresses in the place of all, and of as odd ones as there are: the markup stays what it was. Of a mail with one
/// body, in HTML and written as it is.
pub(crate) fn replaced(raw: &[u8]) {
    let Ok(before) = plan(raw) else { return };
    if before.untouchable().is_some() {
        return;
    }
    let body = |mail: &[u8]| {
        let end = memchr::memmem::find(mail, b"\r\n\r\n").unwrap();
        skeleton(&mail[end..])
    };
    for other in [
        "https://r.example/'?a=b&c=",
        "https://r.example/--",
        "https://r.example/a'b",
    ] {
        let replace = |address: &str| (address != other).then(|| other.to_owned());
        let copy = before
            .render_replacing(&replace, &Edits::default())
            .unwrap();
        assert_eq!(body(raw), body(&copy), "another skeleton");
        let after = plan(&copy).unwrap();
        assert_eq!(before.pictures(), after.pictures());
        assert_eq!(before.links().len(), after.links().len());
    }
}

/// What a body is made of: elements with the names of their attributes, comments, kinds of text.
fn skeleton(html: &[u8]) -> Vec<String> {
    let found = std::cell::RefCell::new(Vec::new());
    let settings = Settings::new()
        .append_element_content_handler(element!("*", |element: &mut Element<'_, '_>| {
            let names: Vec<_> = element.attributes().iter().map(Attribute::name).collect();
            found
                .borrow_mut()
                .push(format!("<{} {}>", element.tag_name(), names.join(" ")));
            Ok(())
        }))
        .append_document_content_handler(doc_text!(|text| {
            let kind: TextType = text.text_type();
            let kind = format!("{kind:?}");
            if found.borrow().last() != Some(&kind) {
                found.borrow_mut().push(kind);
            }
            Ok(())
        }))
        .append_document_content_handler(doc_comments!(|_| {
            found.borrow_mut().push("comment".to_owned());
            Ok(())
        }));
    let mut parser = HtmlRewriter::new(settings, |_: &[u8]| {});
    parser.write(html).and_then(|()| parser.end()).unwrap();
    found.into_inner()
}
