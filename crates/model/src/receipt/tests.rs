use super::*;
use crate::sign::SigningKey;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

fn sample() -> Value {
    json!({
        "schema": Schema::V1.as_str(),
        "record_id": "rec-1", "receipt_id": "rcpt-1", "subject_ref": "s-8Qz",
        "notice": {
            "id": "tracking", "version": "3", "sha256": Sha256::of("a").to_string(), "lang": "fr",
            "url": "https://acme.example/notice", "rendered_snapshot_sha256": Sha256::of("b").to_string()
        },
        "purpose": [{
            "text": "Dire à Acme quand j’ouvre ses e-mails", "axis": "open",
            "dpv": "https://w3id.org/dpv#ServiceOptimisation"
        }],
        "lawful_basis": "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a",
        "data": [{"type": "day and minute of opens", "necessity": "required", "special": false}],
        "controller": [{
            "id": "acme", "name": "Acme", "address": "1 rue X, Paris", "contact": "privacy@acme.example",
            "type": "https://w3id.org/dpv#ForProfitOrganisation", "role": "controller"
        }],
        "recipients": ["Acme"], "storage_location": ["FR"], "processing_location": ["FR"], "transfers": [],
        "retention": "90 days", "jurisdiction": "FR", "withdrawal_method": "https://t.acme.example/p/x",
        "rights": ["access", "erasure"], "authority": "CNIL",
        "collection": {
            "method": "page", "form_version": "1", "channel": "mail", "page_url": "https://t.acme.example/p", "campaign": null
        },
        "events": [{
            "time": "2026-11-21T20:48:00Z", "entity_id": "s-8Qz", "type": "open", "state": "given",
            "valid_until": "2028-11-20T20:48:00Z", "actor": "person", "evidence": "sha256 of the answer",
            "prev_hash": Sha256::of("c").to_string(), "hash": Sha256::of("d").to_string()
        }],
        "double_opt_in": {
            "requested_at": "2026-11-21T20:40:00Z", "confirmed_at": "2026-11-21T20:48:00Z",
            "token_hash": Sha256::of("t").to_string(), "transport_proof": "<m1@acme.example>, 250 queued"
        },
        "age": {"ok": true, "threshold": 15, "country": "FR"},
        "guardian": null
    })
}

fn key() -> SigningKey {
    SigningKey::new(&[5; 32]).unwrap()
}

static TEXT: LazyLock<String> = LazyLock::new(|| {
    let receipt: Receipt = serde_json::from_value(sample()).unwrap();
    receipt.sign(&key()).unwrap().text().unwrap()
});

fn verify(text: &str) -> Result<SignedReceipt, BadReceipt> {
    SignedReceipt::verify(text, &key().public())
}

#[test]
fn r_cons_15_a_receipt_verifies_with_the_public_key_alone() {
    let receipt = verify(&TEXT).unwrap();
    assert_eq!(receipt.receipt().authority.as_str(), "CNIL");
    assert_eq!(receipt.text().unwrap(), *TEXT);
    let other = SigningKey::new(&[6; 32]).unwrap().public();
    assert_eq!(
        SignedReceipt::<Receipt>::verify(&TEXT, &other),
        Err(BadReceipt::OtherKey(key().public()))
    );
}

#[test]
fn r_cons_15_a_receipt_said_in_other_bytes_was_changed() {
    let pretty =
        serde_json::to_string_pretty(&serde_json::from_str::<Value>(&TEXT).unwrap()).unwrap();
    let unicode = TEXT.replace('à', "\\u00e0");
    for changed in [
        pretty,
        unicode,
        format!("{} ", *TEXT),
        TEXT.replacen("\"FR\"", "\"fr\"", 1),
    ] {
        assert_eq!(verify(&changed), Err(BadReceipt::Changed), "{changed}");
    }
}

#[test]
fn r_cons_15_a_key_put_in_by_a_forger_is_not_trusted() {
    let receipt: Receipt = serde_json::from_value(sample()).unwrap();
    let stranger = SigningKey::new(&[6; 32]).unwrap();
    let forged = receipt.sign(&stranger).unwrap().text().unwrap();
    assert_eq!(
        verify(&forged),
        Err(BadReceipt::OtherKey(stranger.public()))
    );
    let relabelled = forged.replace(&stranger.public().to_string(), &key().public().to_string());
    assert_eq!(verify(&relabelled), Err(BadReceipt::Changed));
}

#[test]
fn r_cons_04_every_mandatory_field_is_mandatory() {
    let optional = ["double_opt_in", "guardian"];
    for field in sample().as_object().unwrap().keys() {
        let mut without = sample();
        without.as_object_mut().unwrap().remove(field);
        let is_error = serde_json::from_value::<Receipt>(without).is_err();
        assert_eq!(is_error, !optional.contains(&field.as_str()), "{field}");
        let mut empty = sample();
        let blank = match &empty[field] {
            Value::String(_) => Some(json!(" ")),
            Value::Array(_) if field != "transfers" => Some(json!([])),
            _ => None,
        };
        if let Some(blank) = blank {
            empty[field] = blank;
            assert!(
                serde_json::from_value::<Receipt>(empty).is_err(),
                "blank {field}"
            );
        }
    }
    for (pointer, fields) in [
        ("/notice", 6),
        ("/purpose/0", 3),
        ("/data/0", 3),
        ("/controller/0", 6),
        ("/events/0", 9),
        ("/double_opt_in", 4),
    ] {
        let all = sample();
        let names: Vec<_> = all
            .pointer(pointer)
            .unwrap()
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        assert_eq!(names.len(), fields, "{pointer}");
        for name in names {
            let mut without = sample();
            without
                .pointer_mut(pointer)
                .unwrap()
                .as_object_mut()
                .unwrap()
                .remove(&name);
            assert!(
                serde_json::from_value::<Receipt>(without).is_err(),
                "{pointer}/{name}"
            );
        }
    }
}

#[test]
fn r_cons_04_the_fields_are_those_of_the_reference_and_no_others() {
    let receipt: Receipt = serde_json::from_value(sample()).unwrap();
    assert_eq!(serde_json::to_value(receipt).unwrap(), sample());
    let mut more = sample();
    more["ip"] = json!("192.0.2.1");
    assert!(serde_json::from_value::<Receipt>(more).is_err());
    assert!(verify(&TEXT.replacen('{', "{\"a\":1,", 1)).is_err());
}

#[test]
fn what_is_no_receipt() {
    assert_eq!(
        verify(&" ".repeat(RECEIPT_BYTES_MAX + 1)),
        Err(BadReceipt::TooLong)
    );
    for text in [
        "",
        "{}",
        "[]",
        "null",
        "{\"signature\":{}}",
        "\u{0}",
        &"[".repeat(10_000),
    ] {
        assert!(
            matches!(verify(text), Err(BadReceipt::Form(_))),
            "{text:.20}"
        );
    }
}

proptest! {
    #[test]
    fn r_cons_15_any_byte_flipped_fails(at in any::<prop::sample::Index>(), by in 1_u8..) {
        let mut bytes = TEXT.clone().into_bytes();
        let i = at.index(bytes.len());
        bytes[i] ^= by;
        if let Ok(text) = String::from_utf8(bytes) {
            prop_assert!(verify(&text).is_err());
        }
    }

    #[test]
    fn nothing_can_make_it_panic(text in "\\PC{0,60}") {
        prop_assert!(verify(&text).is_err());
    }
}
