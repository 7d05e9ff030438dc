//! The text encoding of DSN parameters (RFC 3461 §4): printable ASCII, with `+`, `=` and everything
//! else as `+XX`.

use data_encoding::HEXUPPER;

/// Encodes text for `ENVID=` or the address of `ORCPT=rfc822;`.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'!'..=b'~' if byte != b'+' && byte != b'=' => out.push(char::from(byte)),
            _ => {
                out.push('+');
                out.push_str(&HEXUPPER.encode(&[byte]));
            }
        }
    }
    out
}

/// Decodes; `None` where the text is not xtext or what it hides is not UTF-8 or has control
/// characters.
pub fn decode(xtext: &str) -> Option<String> {
    let mut out = Vec::with_capacity(xtext.len());
    let mut bytes = xtext.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => {
                let digits = [bytes.next()?, bytes.next()?];
                if digits.iter().any(u8::is_ascii_lowercase) {
                    return None; // RFC 3461: hexchar is upper case only
                }
                out.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
            }
            b'=' => return None,
            b'!'..=b'~' => out.push(byte),
            _ => return None,
        }
    }
    String::from_utf8(out)
        .ok()
        .filter(|text| !text.chars().any(char::is_control))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_rfc_example() {
        assert_eq!(encode("a+b=c d"), "a+2Bb+3Dc+20d");
        assert_eq!(decode("a+2Bb"), Some("a+b".into()));
    }

    #[test]
    fn what_is_not_xtext_is_refused() {
        for bad in [
            "+", "+2", "+2b", "+ZZ", "a=b", "a b", "+0D+0A", "+FF", "ü", "++2B",
        ] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn round_trip(text in "[^\\p{Cc}]{0,40}") {
            let encoded = encode(&text);
            prop_assert!(encoded.bytes().all(|b| b.is_ascii_graphic()));
            prop_assert_eq!(decode(&encoded), Some(text));
        }
    }
}
