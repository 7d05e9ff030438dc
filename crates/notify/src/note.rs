//! One event as it is sent: the body, and the headers that show who sent it.

use model::webhook::Data;
use model::{Time, WebhookEvent, WebhookSecret};
use serde::Serialize;

/// The body.
#[derive(Serialize)]
struct Note<'a> {
    r#type: WebhookEvent,
    timestamp: Time,
    data: &'a Data,
}

/// The body of an event, as bytes: those are signed, and those are sent.
pub(crate) fn body(event: WebhookEvent, at: Time, data: &Data) -> Vec<u8> {
    let note = Note {
        r#type: event,
        timestamp: at,
        data,
    };
    // Plain structures of texts and numbers; there is nothing in them that could fail.
    serde_json::to_vec(&note).unwrap_or_default()
}

/// The headers of one attempt: the same id each time, a new timestamp, and a signature for each secret that is valid.
pub fn headers(
    id: &str,
    now: Time,
    body: &[u8],
    secrets: &[WebhookSecret],
) -> Vec<(&'static str, String)> {
    let signatures: Vec<_> = secrets.iter().map(|s| s.sign(id, now, body)).collect();
    vec![
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", now.0.div_euclid(1_000).to_string()),
        ("webhook-signature", signatures.join(" ")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::webhook::data::{Data, Former, Known, Mail, Standings, Who};
    use model::{
        Consent, ConsentState, ContactId, CopyId, Language, MessageId, SuppressionCause, Topic,
        WebhookId, WebhookKey,
    };
    use serde_json::Value;

    const NOW: Time = Time(1_795_294_080_123);

    fn who() -> Who {
        Who {
            id: ContactId([1; 16]),
            address: "ada@example.org".parse().unwrap(),
        }
    }

    /// An example of each shape, with an event that has it.
    fn examples() -> Vec<(WebhookEvent, Data)> {
        let consent = Consent::default()
            .after(Topic::Open, ConsentState::Withdrawn, NOW)
            .after(Topic::Click, ConsentState::Withdrawn, NOW)
            .after(Topic::Details, ConsentState::Refused, NOW);
        let secret = WebhookKey::new(&[7; 32]).secret(WebhookId([1; 16]), 1);
        vec![
            (
                WebhookEvent::ConsentWithdrawn,
                Data::Consent {
                    contact: who(),
                    topics: vec![Topic::Open, Topic::Click],
                    method: "page".into(),
                    consent: Standings::of(&consent, NOW),
                },
            ),
            (
                WebhookEvent::ContactCorrected,
                Data::Corrected {
                    contact: Known {
                        id: who().id,
                        address: who().address,
                        name: "Ada".into(),
                        language: Some(Language::En),
                        country: "FR".parse().ok(),
                    },
                },
            ),
            (
                WebhookEvent::ContactRestricted,
                Data::Restricted {
                    contact: who(),
                    restricted: true,
                },
            ),
            (
                WebhookEvent::ContactUnsubscribed,
                Data::NoAdvertising {
                    contact: who(),
                    cause: SuppressionCause::Unsubscribed,
                },
            ),
            (
                WebhookEvent::ContactErased,
                Data::Erased {
                    contact: Former {
                        id: who().id,
                        address_hmac: Some(secret.mark(&who().address)),
                    },
                },
            ),
            (
                WebhookEvent::MessageBounced,
                Data::Message {
                    contact: who(),
                    message: Mail {
                        id: MessageId([2; 16]),
                        header_id: "1@studio.example".into(),
                    },
                    copy: CopyId([3; 16]),
                    answer: Some("550 5.1.1 no such user".into()),
                },
            ),
            (
                WebhookEvent::Test,
                Data::Test {
                    note: "This is a test. Nothing happened, and it is about nobody.",
                },
            ),
        ]
    }

    #[test]
    fn the_documentation_shows_each_shape_as_it_is_sent() {
        let page = include_str!("../../../docs/webhooks.md");
        let blocks = page.split("```json").skip(1);
        let shown: Vec<Value> = blocks
            .filter_map(|block| serde_json::from_str(block.split("```").next()?).ok())
            .collect();
        let sent: Vec<Value> = examples()
            .iter()
            .map(|(event, data)| serde_json::from_slice(&body(*event, NOW, data)).unwrap())
            .collect();
        assert_eq!(shown.len(), sent.len());
        for (shown, sent) in shown.iter().zip(&sent) {
            assert_eq!(shown, sent);
        }
        for event in WebhookEvent::ALL {
            assert!(page.contains(&format!("| `{event}` |")), "{event}");
        }
    }
}
