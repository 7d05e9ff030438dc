//! Labels, views, and letters a charset lacks.

use encoding_rs::{KOI8_R, SHIFT_JIS};

use super::*;

#[test]
fn labels() {
    let ascii = b"<p>plain</p>";
    assert_eq!(Charset::detect(None, ascii), Some(Charset::Ascii));
    assert_eq!(
        Charset::detect(Some("US-ASCII".to_lowercase().as_str()), ascii),
        Some(Charset::Ascii)
    );
    assert_eq!(
        Charset::detect(Some(" \"utf_8\" "), ascii),
        Some(Charset::Compatible(UTF_8))
    );
    assert_eq!(
        Charset::detect(Some("cp932"), ascii),
        Some(Charset::Compatible(SHIFT_JIS))
    );
    assert_eq!(
        Charset::detect(Some("shift_jis"), ascii),
        Some(Charset::Compatible(SHIFT_JIS))
    );
    for hiding in [
        "utf-7",
        "hz-gb-2312",
        "iso-2022-kr",
        "utf-32",
        "x-ebcdic-latin1",
        "iso-2022-cn",
    ] {
        assert_eq!(Charset::detect(Some(hiding), ascii), None, "{hiding}");
    }
    assert_eq!(Charset::detect(Some("x-own"), ascii), Some(Charset::Ascii));
    assert_eq!(Charset::detect(Some("x-own"), b"\xe9"), None);
    assert_eq!(
        Charset::detect(Some("utf-8"), b"a\0b"),
        None,
        "NUL is read in different ways"
    );
}

#[test]
fn utf16_by_its_mark_or_its_first_letter() {
    for (bytes, little) in [
        (&b"\xff\xfe<\0"[..], true),
        (b"\xfe\xff\0<", false),
        (b"<\0p\0", true),
        (b"\0<\0p", false),
    ] {
        let charset = Charset::detect(Some("utf-16"), bytes).unwrap();
        assert_eq!(charset, Charset::Utf16 { little });
        assert!(charset.view(bytes).contains(&b'<'));
        assert_eq!(
            charset.write_ascii("<".to_owned()),
            if little { b"<\0" } else { b"\0<" }
        );
    }
    assert_eq!(
        Charset::detect(Some("utf-16"), b"<\0p"),
        None,
        "half a character at the end"
    );
}

#[test]
fn shifted_japanese_is_no_markup() {
    let body = b"<p>\x1b$Be`kb</<o;l\x1b(B<b>\n\x1b$B<\x1b(J<i>";
    let view = Charset::Iso2022Jp.view(body);
    assert_eq!(view.len(), body.len());
    let shown: Vec<u8> = view.iter().copied().filter(|b| *b != 0xff).collect();
    assert_eq!(shown, b"<p><b>\n<i>");
}

#[test]
fn japanese_that_is_read_in_two_ways_is_not_edited() {
    let detected = |body: &[u8]| Charset::detect(Some("iso-2022-jp"), body);
    for body in [
        &b"a\x1b$B<<\x1b(B\n~\\"[..],
        b"\x1b(Ja\nb\x1b(B~",
        b"\x1b(I1\x1b(J",
        b"plain ~",
    ] {
        assert_eq!(detected(body), Some(Charset::Iso2022Jp), "{body:?}");
    }
    for body in [
        &b"\x1b$B<<\n<a>"[..],
        b"\x1b(I1\n",
        b"\x1b(Jhttps://x.example/~a\x1b(B",
        b"\x1b(B\x1b(J\n\\",
    ] {
        assert_eq!(detected(body), None, "{body:?}");
    }
}

#[test]
fn letters_a_charset_lacks_become_plainer() {
    assert_eq!(
        Charset::Ascii.write("Größe – “où” ça… ñ 日"),
        b"Groesse - \"ou\" ca... n ?"
    );
    assert_eq!(Charset::Compatible(KOI8_R).write("да é"), b"\xc4\xc1 e");
    assert_eq!(Charset::Compatible(UTF_8).write("é’"), "é’".as_bytes());
    assert_eq!(Charset::Compatible(WINDOWS_1252).write("é’"), b"\xe9'");
}

#[test]
fn wrong_bytes_are_not_read() {
    assert_eq!(Charset::Compatible(UTF_8).read(b"L\xe4den"), None);
    assert_eq!(
        Charset::Ascii.read("Läden".as_bytes()).as_deref(),
        Some("Läden")
    );
}
