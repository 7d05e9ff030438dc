//! One text for one JSON value, so that it can be hashed and signed: RFC 8785 without fractional numbers, which no
//! record of ours has and which are where implementations differ.

use serde_json::Value;
use std::fmt::Write as _;

/// The value has no canonical text here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCanonical {
    /// A number with a fraction or exponent, or beyond what other readers keep exactly.
    #[error("the number {0} is no whole number between -2^53 and 2^53")]
    Number(String),
    /// The value could not be turned into JSON.
    #[error("not JSON: {0}")]
    Json(String),
}

/// Whole numbers beyond this lose digits in readers that keep all numbers as doubles (RFC 8785, 3.2.2.3).
const WHOLE_MAX: u64 = 1 << 53;

/// The canonical text of anything serialisable.
pub fn canonical<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, NotCanonical> {
    let value = serde_json::to_value(value).map_err(|e| NotCanonical::Json(e.to_string()))?;
    let mut out = String::new();
    write(&value, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut String) -> Result<(), NotCanonical> {
    match value {
        Value::Number(number) => {
            let magnitude = number.as_i64().map(i64::unsigned_abs).or(number.as_u64());
            if magnitude.is_none_or(|m| m > WHOLE_MAX) {
                return Err(NotCanonical::Number(number.to_string()));
            }
            let _ = write!(out, "{number}");
        }
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out)?;
            }
            out.push(']');
        }
        Value::Object(members) => {
            // By UTF-16 units, as the RFC wants it; byte order differs beyond the basic plane.
            let mut keys: Vec<_> = members.iter().collect();
            keys.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            out.push('{');
            for (i, (key, item)) in keys.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                text(key, out);
                out.push(':');
                write(item, out)?;
            }
            out.push('}');
        }
        Value::String(string) => text(string, out),
        Value::Bool(_) | Value::Null => {
            let _ = write!(out, "{value}");
        }
    }
    Ok(())
}

/// Escapes only what JSON demands: quote, backslash and control characters, the short form where there is one.
fn text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "\\PC{0,8}|[\\x00-\\x7f]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("\\PC{0,4}", inner, 0..4)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn the_order_of_rfc_8785() {
        // The example of RFC 8785, 3.2.3.
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control",
            "\u{f6}": "Latin Small Letter O With Diaeresis"
        });
        let text = canonical(&value).unwrap();
        let places: Vec<_> = [
            "Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew",
        ]
        .iter()
        .map(|word| text.find(word).unwrap())
        .collect();
        assert!(places.is_sorted(), "{text}");
    }

    #[test]
    fn escapes_and_numbers() {
        let value = json!({"b": "\u{1}\"\\\n\u{7f}é/", "a": [-1, 0, null, true]});
        assert_eq!(
            canonical(&value).unwrap(),
            "{\"a\":[-1,0,null,true],\"b\":\"\\u0001\\\"\\\\\\n\u{7f}é/\"}"
        );
        for bad in [json!(1.5), json!(1e300), json!(u64::MAX), json!(i64::MIN)] {
            assert!(canonical(&bad).is_err(), "{bad}");
        }
        assert!(canonical(&json!(1_u64 << 53)).is_ok());
    }

    proptest! {
        #[test]
        fn canonical_text_is_json_of_the_same_value_and_stays_as_it_is(value in any_json()) {
            let text = canonical(&value).unwrap();
            let back: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&back, &value);
            prop_assert_eq!(canonical(&back).unwrap(), text);
        }
    }
}
