//! The secrets of webhooks: derived from one key of the instance, so that no database holds them.
//!
//! An endpoint's secret follows from its id and a number that goes up when the secret is changed. Whoever steals the
//! database can forge nothing with it; the key file can make every secret again.

use crate::address::EmailAddress;
use crate::id::WebhookId;
use crate::time::Time;
use aws_lc_rs::hmac;
use data_encoding::{BASE64, HEXLOWER};
use std::fmt;

/// The instance's key for webhooks. Changing it changes every endpoint's secret.
#[derive(Clone)]
pub struct WebhookKey(hmac::Key);

impl WebhookKey {
    /// The key made of 32 random bytes.
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The secret of an endpoint by its number.
    pub fn secret(&self, endpoint: WebhookId, number: u32) -> WebhookSecret {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(b"overt webhook v1\0");
        context.update(endpoint.bytes()); // of fixed length, so it cannot run into the number
        context.update(&number.to_be_bytes());
        let mut secret = [0; 32];
        secret.copy_from_slice(context.sign().as_ref());
        WebhookSecret(secret)
    }
}

impl fmt::Debug for WebhookKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookKey(…)")
    }
}

/// What one endpoint verifies with.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret([u8; 32]);

impl WebhookSecret {
    /// The text that is shown once: `whsec_` and base64, as Standard Webhooks writes it.
    pub fn reveal(&self) -> String {
        format!("whsec_{}", BASE64.encode(&self.0))
    }

    /// The signature of one attempt: `v1,` and base64 of the HMAC over id, moment in seconds, and body.
    pub fn sign(&self, id: &str, at: Time, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &self.0));
        context.update(format!("{id}.{}.", at.0.div_euclid(1_000)).as_bytes());
        context.update(body);
        format!("v1,{}", BASE64.encode(context.sign().as_ref()))
    }

    /// The mark by which a receiver who knows an address finds it again, and nobody else does: hexadecimal
    /// HMAC-SHA256 of the address in lower case, under the secret's bytes.
    pub fn mark(&self, address: &EmailAddress) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        HEXLOWER.encode(hmac::sign(&key, address.key().as_bytes()).as_ref())
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_sec_16_each_endpoint_and_number_has_a_secret_of_its_own() {
        let key = |n| WebhookKey::new(&[n; 32]);
        let secret = key(1).secret(WebhookId([1; 16]), 1);
        assert_eq!(secret, key(1).secret(WebhookId([1; 16]), 1));
        for other in [
            key(2).secret(WebhookId([1; 16]), 1),
            key(1).secret(WebhookId([2; 16]), 1),
            key(1).secret(WebhookId([1; 16]), 2),
        ] {
            assert_ne!(secret, other);
        }
        assert!(secret.reveal().starts_with("whsec_"));
        assert_eq!(
            format!("{secret:?} {:?}", key(1)),
            "WebhookSecret(…) WebhookKey(…)"
        );
    }

    #[test]
    fn r_sec_16_the_signature_is_that_of_the_specification() {
        // The example of the specification's own libraries.
        let bytes = BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
        let body = b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}";
        let expected = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(BASE64.encode(hmac::sign(&key, body).as_ref()), expected);
        // Ours, put together the same way.
        let secret = WebhookSecret([7; 32]);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
        let by_hand = hmac::sign(&key, b"msg_a.1614265330.{}");
        assert_eq!(
            secret.sign("msg_a", Time(1_614_265_330_999), b"{}"),
            format!("v1,{}", BASE64.encode(by_hand.as_ref()))
        );
    }

    #[test]
    fn r_dsr_04_a_mark_is_found_again_whatever_the_case_and_only_with_the_secret() {
        let mark =
            |secret: u8, text: &str| WebhookSecret([secret; 32]).mark(&text.parse().unwrap());
        assert_eq!(mark(1, "Ann@Example.org"), mark(1, "ann@example.ORG"));
        assert_ne!(mark(1, "ann@example.org"), mark(2, "ann@example.org"));
        assert_eq!(mark(1, "ann@example.org").len(), 64);
    }
}
