//! `/p/{token}/receipt.json` and `/p/guardian/{token}/receipt.json`: the signed receipt of what this person, or somebody for them,
//! agreed to, for whoever agreed to keep (R-CONS-15).
//!
//! Only for what still stands, and only where it was agreed to on a page and confirmed by mail: anything else has no
//! text that was shown and no mailbox that answered. Asking for it changes nothing, and the same consent gives the
//! same bytes. It holds no address of the person and no token, so it can be shown around.
//!
//! What was told is taken from the text that was shown, word by word, whatever the settings are now. Left out, because
//! nothing here knows it yet: the authority in charge.

use super::Visit;
use crate::app::App;
use crate::names::or;
use crate::page::Reader;
use crate::visit::{Trouble, stored};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header;
use model::age::{AGE_IF_UNKNOWN, Relation};
use model::consent::{CONFIRM_LIFE, CONSENT_LIFE};
use model::filled::{FILLED_BYTES_MAX, Filled, Several, one_line};
use model::receipt::{
    AgeNote, Collection, Datum, DoubleOptIn, Guardian, Necessity, NoticeRef, Party, Purpose,
    Receipt, ReceiptEvent, Schema,
};
use model::url::Origin;
use model::{AgeStanding, ConsentState, CopyId, Sha256, SignedReceipt, SigningKey, Time, Topic};
use std::sync::Arc;
use store::{Around, Contact, Proof};

const RIGHTS: [&str; 8] = [
    "access",
    "rectification",
    "erasure",
    "restriction",
    "portability",
    "objection",
    "withdrawal at any time",
    "complaint to a data protection authority",
];

/// The public half of the key that receipts are signed with.
pub(crate) async fn key(State(app): State<Arc<App>>) -> String {
    format!("{}\n", app.tracker.signing.public())
}

pub(crate) async fn receipt(State(app): State<Arc<App>>, request: Request) -> Response {
    let reader = Reader::of(request.headers(), request.uri());
    let page = request
        .uri()
        .path()
        .trim_end_matches("/receipt.json")
        .parse();
    let file = async move {
        let page = page.map_err(|_| Trouble::Missing)?;
        let visit = Visit::begin(&app, reader, &page).await?;
        let proven = visit.proof().await?.ok_or(Trouble::Missing)?;
        self::file(&app, &visit.person.around, proven)
    };
    file.await
        .unwrap_or_else(|trouble: Trouble| trouble.answer(reader))
}

/// Names come from people: what a record cannot hold becomes a blank, and nothing becomes a dash.
fn filled(text: &str) -> Result<Filled, Trouble> {
    let mut line = one_line(text);
    while line.len() > FILLED_BYTES_MAX {
        line.pop();
    }
    let line = if line.trim().is_empty() { "–" } else { &line };
    line.parse().map_err(|_| Trouble::Unavailable)
}

fn several<T: PartialEq>(items: Vec<T>) -> Result<Several<T>, Trouble> {
    Several::new(items).map_err(|_| Trouble::Unavailable)
}

/// Which lines of a notice say how long data is kept, and who gets to see it. The first line names the language.
const RETENTION: usize = 3;
const RECIPIENTS: usize = 4;

/// What stands behind the lead of a line of a notice.
fn line(notice: &str, number: usize) -> Option<&str> {
    let (_lead, text) = notice.lines().nth(number)?.split_once(": ")?;
    Some(text)
}

/// The words beside the box of a topic.
fn choice(notice: &str, topic: Topic) -> Option<&str> {
    let lead = format!("[ ] ({}) ", topic.as_str());
    notice.lines().find_map(|line| line.strip_prefix(&lead))
}

/// Relays like to repeat the address in their answer; a receipt holds none.
fn without_addresses(answer: &str) -> String {
    let words = answer.split_whitespace().filter(|w| !w.contains('@'));
    words.collect::<Vec<_>>().join(" ")
}

impl Visit<'_> {
    /// Where the receipt is, if there is one.
    pub(super) async fn receipt_path(&self) -> Result<Option<String>, Trouble> {
        let path = format!("{}/receipt.json", self.path);
        Ok(self.proof().await?.map(|_| path))
    }

    /// The newest confirmed agreement of which something still stands, and what that is.
    async fn proof(&self) -> Result<Option<(Proof, Vec<Topic>)>, Trouble> {
        let contact = &self.person.around.contact;
        let proofs = stored(self.app.tracker.store.consent_proofs(contact.id)).await?;
        Ok(standing(proofs, contact, self.now).next())
    }
}

/// Agreements with what of each still stands; those of which nothing does are left out.
fn standing(
    proofs: Vec<Proof>,
    contact: &Contact,
    now: Time,
) -> impl Iterator<Item = (Proof, Vec<Topic>)> {
    let contact = contact.consent;
    proofs.into_iter().filter_map(move |proof| {
        let stands = |topic: &Topic| {
            let given =
                |e: &&store::ProvenEvent| e.topic == *topic && e.state == ConsentState::Given;
            let standing = contact.get(*topic);
            let since = proof.events.iter().find(given).map(|e| e.at);
            standing.at(now) == ConsentState::Given && since.is_some() && standing.since == since
        };
        let topics: Vec<_> = Topic::ALL.into_iter().filter(stands).collect();
        (!topics.is_empty()).then_some((proof, topics))
    })
}

/// What of a guardian's word still stands, with its proof.
pub(super) async fn of_guardian(
    app: &App,
    around: &Around,
    request: [u8; 16],
) -> Result<Option<(Proof, Vec<Topic>)>, Trouble> {
    let proofs = stored(app.tracker.store.consent_proofs(around.contact.id)).await?;
    let mut standing = standing(proofs, &around.contact, app.now());
    Ok(standing.find(|(proof, _)| proof.request.id == request))
}

/// A receipt as a file to keep.
pub(super) fn file(
    app: &App,
    around: &Around,
    (proof, topics): (Proof, Vec<Topic>),
) -> Result<Response, Trouble> {
    let agreement = Agreement {
        origin: &app.tracker.origin,
        around,
        proof: &proof,
    };
    let signed = agreement.signed(&topics, &app.tracker.signing)?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"overt-receipt.json\"",
        ),
    ];
    let text = signed.text().map_err(|_| Trouble::Unavailable)?;
    Ok((headers, text).into_response())
}

/// The receipt of an agreement as the person could download it when they had confirmed it, whatever became of it since.
/// None if what it needs is not there any more.
pub fn receipt_of(
    origin: &Origin,
    around: &Around,
    proof: &Proof,
    key: &SigningKey,
) -> Option<SignedReceipt> {
    let given = |topic: &Topic| {
        let mut events = proof.events.iter();
        events.any(|e| e.topic == *topic && e.state == ConsentState::Given)
    };
    let topics: Vec<_> = Topic::ALL.into_iter().filter(given).collect();
    let agreement = Agreement {
        origin,
        around,
        proof,
    };
    agreement.signed(&topics, key).ok()
}

/// A confirmed agreement, and everything that its record says.
struct Agreement<'a> {
    origin: &'a Origin,
    around: &'a Around,
    proof: &'a Proof,
}

impl Agreement<'_> {
    fn signed(&self, topics: &[Topic], key: &SigningKey) -> Result<SignedReceipt, Trouble> {
        self.record(topics)?.sign(key).map_err(|error| {
            tracing::error!(%error, "a receipt cannot be signed: {error}");
            Trouble::Unavailable
        })
    }

    fn record(&self, topics: &[Topic]) -> Result<Receipt, Trouble> {
        let Self {
            origin,
            around,
            proof,
        } = self;
        // In the language of the text that was agreed to, whatever language the page is shown in now.
        let t = crate::texts::Texts::of(proof.shown.language);
        let shown = &proof.shown;
        let request = &proof.request;
        let pages = filled(&format!("{}/p/", origin.as_str()))?;
        let record_id = CopyId(request.id).to_string();
        let version = &request.text.to_string()[..16];
        let last = proof.events.last().ok_or(Trouble::Missing)?;
        let receipt_id = Sha256::of(&format!("{record_id} {} {topics:?}", last.entry.hash));
        let confirmed_at = request.answered_at.ok_or(Trouble::Missing)?;
        let (sender, place) = (&around.author.address, filled(origin.host())?);
        let purposes = topics.iter().map(|topic| {
            Ok(Purpose {
                text: filled(choice(&shown.body, *topic).ok_or(Trouble::Missing)?)?,
                dpv: filled("https://w3id.org/dpv#ServiceUsageAnalytics")?,
                axis: *topic,
            })
        });
        let data = topics.iter().map(|topic| {
            Ok(Datum {
                kind: filled(t.topic(*topic))?,
                necessity: match topic {
                    Topic::Details => Necessity::Optional,
                    Topic::Open | Topic::Click | Topic::Document => Necessity::Required,
                },
                special: false,
            })
        });
        let events = proof.events.iter().filter(|e| topics.contains(&e.topic));
        let answer = proof.answer.as_deref().map(without_addresses);
        Ok(Receipt {
            schema: Schema::V1,
            record_id: filled(&record_id)?,
            receipt_id: filled(&receipt_id.to_string())?,
            subject_ref: filled(&around.contact.id.to_string())?,
            notice: NoticeRef {
                id: filled("tracking of mails")?,
                version: filled(version)?,
                sha256: Sha256::of(&shown.body),
                lang: filled(shown.language.as_str())?,
                url: filled(&format!("{origin}/n/{}", around.workspace.id))?,
                rendered_snapshot_sha256: request.text,
            },
            purpose: several(purposes.collect::<Result<_, Trouble>>()?)?,
            lawful_basis: filled("https://w3id.org/dpv/legal/eu/gdpr#A6-1-a")?,
            data: several(data.collect::<Result<_, Trouble>>()?)?,
            controller: several(vec![Party {
                id: filled(&around.workspace.id.to_string())?,
                name: filled(&around.workspace.name)?,
                address: filled(&around.workspace.postal_address)?,
                contact: filled(&or(&around.workspace.contact, sender))?,
                kind: filled("https://w3id.org/dpv#Organisation")?,
                role: filled("https://w3id.org/dpv#DataController")?,
            }])?,
            recipients: several(vec![filled(
                line(&shown.body, RECIPIENTS).ok_or(Trouble::Missing)?,
            )?])?,
            storage_location: several(vec![place.clone()])?,
            processing_location: several(vec![place])?,
            transfers: Vec::new(),
            retention: filled(line(&shown.body, RETENTION).ok_or(Trouble::Missing)?)?,
            jurisdiction: filled("European Union: GDPR, ePrivacy Directive Art. 5(3)")?,
            withdrawal_method: filled(&format!(
                "the page behind the line in every mail, at {}/p/",
                origin.as_str()
            ))?,
            rights: several(RIGHTS.iter().map(|r| filled(r)).collect::<Result<_, _>>()?)?,
            authority: filled("the data protection authority where you live or work")?,
            collection: Collection {
                method: filled(match &proof.guardian {
                    Some(_) => "page, agreed to by a guardian through a mail to them",
                    None => "page, confirmed by mail",
                })?,
                form_version: filled(version)?,
                channel: filled("mail")?,
                page_url: pages,
                campaign: None,
            },
            events: several(events.map(|e| self.event(e)).collect::<Result<_, _>>()?)?,
            double_opt_in: Some(DoubleOptIn {
                requested_at: request.created_at,
                confirmed_at,
                token_hash: proof.token,
                transport_proof: filled(&format!(
                    "mail {}{}; the next mail server said: {}",
                    proof
                        .message_id
                        .as_deref()
                        .unwrap_or("without a Message-ID"),
                    if proof.guardian.is_some() {
                        " to the guardian"
                    } else {
                        ""
                    },
                    answer.as_deref().unwrap_or("not kept")
                ))?,
            }),
            age: self.age(confirmed_at),
            guardian: proof
                .guardian
                .as_ref()
                .map(|g| self.guardian(g))
                .transpose()?,
        })
    }

    /// What was said about age when it was agreed to.
    fn age(&self, confirmed_at: Time) -> AgeNote {
        if let Some(guardian) = &self.proof.guardian {
            return AgeNote {
                ok: Some(false),
                threshold: guardian.threshold,
                country: guardian.country,
            };
        }
        let said = self.around.contact.age;
        match said.filter(|age| age.asked_at <= confirmed_at) {
            Some(age) => AgeNote {
                ok: Some(age.standing == AgeStanding::Reached),
                threshold: age.threshold,
                country: age.country,
            },
            None => AgeNote {
                ok: None,
                threshold: AGE_IF_UNKNOWN,
                country: None,
            },
        }
    }

    fn guardian(&self, guardian: &store::ProvenGuardian) -> Result<Guardian, Trouble> {
        let checked = match guardian.checked_at {
            Some(at) => format!(
                ", checked by somebody of the controller at {}",
                at.rfc3339()
            ),
            None => String::new(),
        };
        Ok(Guardian {
            subject_ref: filled(&guardian.id.to_string())?,
            relation: filled(match guardian.relation {
                Relation::Parent => "mother or father",
                Relation::Guardian => "legal guardian",
                Relation::Other => "somebody else with parental responsibility",
            })?,
            notice_sha256: Sha256::of(&guardian.text),
            verification: filled(&format!(
                "a mail to the guardian's own address with a link that agrees once, and the guardian's declaration{checked}"
            ))?,
            withdrawal_method: filled(&format!(
                "the link in the mail to them, at {}/p/guardian/",
                self.origin
            ))?,
        })
    }

    fn event(&self, event: &store::ProvenEvent) -> Result<ReceiptEvent, Trouble> {
        let proof = self.proof;
        let (life, evidence) = if event.state == ConsentState::Given {
            let text = format!(
                "button behind the mailed token with SHA-256 {}",
                proof.token
            );
            (CONSENT_LIFE, text)
        } else {
            let text = format!(
                "box ticked below the text with SHA-256 {}",
                proof.request.text
            );
            (CONFIRM_LIFE, text)
        };
        let guardian = (proof.guardian.as_ref()).filter(|_| event.state == ConsentState::Given);
        let (entity, actor) = match guardian {
            Some(guardian) => (guardian.id.to_string(), "a guardian"),
            None => (self.around.contact.id.to_string(), "the person"),
        };
        Ok(ReceiptEvent {
            time: event.at,
            entity_id: filled(&entity)?,
            topic: event.topic,
            state: event.state,
            valid_until: event.at + life,
            actor: filled(actor)?,
            evidence: filled(&evidence)?,
            prev_hash: event.entry.previous,
            hash: event.entry.hash,
        })
    }
}
