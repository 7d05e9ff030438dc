//! What an event says, read as things stand at this attempt; nothing, where it may not be said any more.
//!
//! The second enforcement point holds here, too: an open or a click is told only while it could still be recorded, and
//! a consent only while it stands.

use crate::Error;
use crate::allowed::allowed;
use crate::contact::{self, Contact};
use crate::db::Tx;
use crate::value::{FromValue, Row, Value, params};
use model::event::Happening;
use model::webhook::data::{Data, Former, Known, Mail, Standings, Who};
use model::{
    Axis, ConsentState, ContactId, CopyId, MessageId, Profiles, SuppressionCause, Time, Topic,
    WebhookEvent,
};
use serde_json::Value as Json;

/// The data of a row: of its columns the contact is the fourth, the copy the fifth, the detail the sixth.
pub(super) fn content(
    tx: &mut Tx<'_>,
    law: &Profiles,
    event: WebhookEvent,
    row: &Row,
    now: Time,
) -> Result<Option<Data>, Error> {
    let detail: Json = match row.get::<String>(5)?.as_str() {
        "" => Json::Null,
        text => serde_json::from_str(text).map_err(|e| Error::Corrupt(e.to_string()))?,
    };
    if event == WebhookEvent::Test {
        return Ok(Some(Data::Test { note: NOTE }));
    }
    if event == WebhookEvent::ContactErased {
        return Ok(former(&detail).map(|contact| Data::Erased { contact }));
    }
    let Some(contact) = person(tx, row.get(3)?)? else {
        return Ok(None);
    };
    let who = Who {
        id: contact.id,
        address: contact.address.clone(),
    };
    Ok(match event {
        WebhookEvent::ConsentGiven
        | WebhookEvent::ConsentRefused
        | WebhookEvent::ConsentWithdrawn => consent(event, &contact, who, &detail, now),
        WebhookEvent::ContactCorrected => Some(Data::Corrected {
            contact: Known {
                id: contact.id,
                address: contact.address,
                name: contact.name,
                language: contact.language,
                country: contact.country,
            },
        }),
        WebhookEvent::ContactRestricted => Some(Data::Restricted {
            contact: who,
            restricted: contact.restricted_at.is_some(),
        }),
        WebhookEvent::ContactObjected | WebhookEvent::ContactUnsubscribed => {
            word::<SuppressionCause>(&detail["cause"]).map(|cause| Data::NoAdvertising {
                contact: who,
                cause,
            })
        }
        WebhookEvent::MessageSent
        | WebhookEvent::MessageDelivered
        | WebhookEvent::MessageBounced
        | WebhookEvent::MessageOpened
        | WebhookEvent::MessageClicked
        | WebhookEvent::MessageReceipt => match row.get::<Option<CopyId>>(4)? {
            Some(copy) if contact.restricted_at.is_none() => {
                message(tx, law, event, who, copy, now)?
            }
            _ => None,
        },
        WebhookEvent::ContactErased | WebhookEvent::Test => None,
    })
}

const NOTE: &str = "This is a test. Nothing happened, and it is about nobody.";

fn person(tx: &mut Tx<'_>, id: Option<ContactId>) -> Result<Option<Contact>, Error> {
    Ok(id.map(|id| contact::read(tx, id)).transpose()?.flatten())
}

fn word<T: FromValue>(json: &Json) -> Option<T> {
    T::from_value(&Value::Text(json.as_str()?.to_owned()))
}

fn former(detail: &Json) -> Option<Former> {
    Some(Former {
        id: detail["id"].as_str()?.parse().ok()?,
        address_hmac: detail["address_hmac"].as_str().map(str::to_owned),
    })
}

fn consent(
    event: WebhookEvent,
    contact: &Contact,
    who: Who,
    detail: &Json,
    now: Time,
) -> Option<Data> {
    let topics = detail["topics"].as_array().into_iter().flatten();
    let mut topics: Vec<Topic> = topics.filter_map(word).collect();
    if event == WebhookEvent::ConsentGiven {
        // Told late, it must not undo a withdrawal that was told before.
        topics.retain(|topic| contact.consent.get(*topic).at(now) == ConsentState::Given);
    }
    let method = detail["method"].as_str().unwrap_or_default().to_owned();
    (!topics.is_empty()).then(|| Data::Consent {
        contact: who,
        topics,
        method,
        consent: Standings::of(&contact.consent, now),
    })
}

fn message(
    tx: &mut Tx<'_>,
    law: &Profiles,
    event: WebhookEvent,
    who: Who,
    copy: CopyId,
    now: Time,
) -> Result<Option<Data>, Error> {
    let recorded = match event {
        WebhookEvent::MessageOpened => Some((Axis::Open, Happening::Read)),
        WebhookEvent::MessageClicked => Some((Axis::Click, Happening::Clicked)),
        _ => None,
    };
    if let Some((axis, kind)) = recorded {
        let modes = allowed(tx, law, std::iter::once(copy), now)?;
        let may = modes.get(&copy).is_some_and(|m| m.get(axis).is_personal());
        // A verdict that was revised since takes the news with it.
        let stands = "select 1 from news where copy_id = $1 and kind = $2";
        if !may || !tx.has(stands, params![copy, kind])? {
            return Ok(None);
        }
    }
    let sql = "select m.id, m.header_id, c.answer from copy c join message m on m.id = c.message_id where c.id = $1";
    let Some(row) = tx.first(sql, params![copy])? else {
        return Ok(None);
    };
    let answer: Option<String> = row.get(2)?;
    let id: MessageId = row.get(0)?;
    Ok(Some(Data::Message {
        contact: who,
        message: Mail {
            id,
            header_id: row.get(1)?,
        },
        copy,
        answer: answer.filter(|_| event == WebhookEvent::MessageBounced),
    }))
}
