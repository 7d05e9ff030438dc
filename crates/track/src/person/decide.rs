//! The buttons of the page: agree, refuse, withdraw, and the rights that need no more than the link.

use super::Visit;
use super::said::Said;
use crate::again::judge_again;
use crate::page::Form;
use crate::visit::{Trouble, stored};
use axum::response::Response;
use http::StatusCode;
use model::{ConsentState, HitId, SuppressionCause, Topic};
use std::time::Duration;
use store::{By, Method, NewAgreement};

/// Confirmation mails to one person within a day. More would make the page a way to flood a mailbox.
const CONFIRMATIONS_A_DAY_MAX: u64 = 5;
const DAY: Duration = Duration::from_hours(24);

impl Visit<'_> {
    /// Does what the pressed button says.
    pub(super) async fn decide(self, form: &Form) -> Result<Response, Trouble> {
        if let Some(hit) = form.get("not_me") {
            return self.say_who(hit, false).await;
        }
        if let Some(hit) = form.get("me") {
            return self.say_who(hit, true).await;
        }
        if let Some(word) = form.get("age") {
            return self.say_age(word).await;
        }
        match (form.get("answer"), form.get("withdraw"), form.get("right")) {
            (Some("agree"), None, None) => self.agree(form).await,
            (Some("refuse"), None, None) => self.refuse().await,
            (None, None, Some("own")) => self.challenge().await,
            (None, None, Some("object")) => self.object().await,
            (None, None, Some("restrict")) => self.restrict().await,
            (None, Some("all"), None) => self.withdraw(&self.choice.held).await,
            (None, Some(word), None) => match word.parse::<Topic>() {
                Ok(topic) if self.choice.held.contains(&topic) => self.withdraw(&[topic]).await,
                Ok(_) => self.withdraw(&[]).await,
                Err(_) => Err(Trouble::Elsewhere(StatusCode::BAD_REQUEST)),
            },
            _ => Err(Trouble::Elsewhere(StatusCode::BAD_REQUEST)),
        }
    }

    /// Notes the agreement and has the confirmation mail sent. Nothing counts before that is answered (R-CONS-07).
    async fn agree(&self, form: &Form) -> Result<Response, Trouble> {
        let (t, around, store) = (self.t, &self.person.around, &self.app.tracker.store);
        let is_ticked = |topic: &Topic| form.get(topic.as_str()) == Some("on");
        let ticked =
            |topics: &[Topic]| -> Vec<Topic> { topics.iter().copied().filter(is_ticked).collect() };
        let (topics, held) = (ticked(&self.choice.free), ticked(&self.choice.held));
        if topics.is_empty() && !held.is_empty() {
            // Pressed twice: the first press did it, and one mail is enough.
            return Ok(if self.needs_guardian() {
                self.guardian_asked(&held)
            } else {
                self.asked(&held)
            });
        }
        if self.must_say_their_age() {
            return self.page(None).await;
        }
        let Some(notice) = self.notice()? else {
            return self.page(None).await;
        };
        if form.get("text") != Some(notice.digest().as_str()) {
            let (status, title) = (StatusCode::CONFLICT, t.changed_title);
            return Ok(self.say(&Said {
                status,
                title,
                before: &[t.changed],
                ..Said::default()
            }));
        }
        if topics.is_empty() {
            return self.page(Some(t.nothing_ticked)).await;
        }
        // Details are kept beside something that is recorded: alone they would be asked for nothing.
        if topics == [Topic::Details] && !self.choice.held.iter().any(|t| *t != Topic::Details) {
            return self.page(Some(t.details_alone)).await;
        }
        if self.needs_guardian() {
            return self.name_guardian(form, &topics, &notice).await;
        }
        let (contact, since) = (around.contact.id, self.now - DAY);
        let mails = stored(store.consent_requests_since(contact, since)).await?;
        if mails >= CONFIRMATIONS_A_DAY_MAX {
            let (status, title) = (StatusCode::TOO_MANY_REQUESTS, t.enough_title);
            return Ok(self.say(&Said {
                status,
                title,
                before: &[t.enough],
                ..Said::default()
            }));
        }
        let text =
            stored(store.consent_text_keep(t.language, &notice.text, &notice.page, self.now))
                .await?;
        let random = self.app.tracker.ambient.random;
        let new = NewAgreement {
            id: random(),
            outbox: random(),
            contact,
            copy: around.mail.as_ref().map(|(copy, _)| copy.id),
            topics: topics.clone(),
            text,
            shown: None,
            method: Method::Page,
        };
        stored(store.consent_request(new, self.now)).await?;
        self.app.tracker.changed.notify_one();
        Ok(self.asked(&topics))
    }

    fn asked(&self, topics: &[Topic]) -> Response {
        let t = self.t;
        self.say(&Said {
            title: t.asked_title,
            before: &[t.asked],
            topics,
            after: &[t.asked_next],
            ..Said::default()
        })
    }

    /// Notes the no. What was agreed to earlier has its own button.
    async fn refuse(&self) -> Result<Response, Trouble> {
        let consent = self.person.around.contact.consent;
        let said_already = |topic: &Topic| {
            matches!(
                consent.get(*topic).state,
                ConsentState::Refused | ConsentState::Withdrawn
            )
        };
        let topics: Vec<Topic> = self
            .choice
            .free
            .iter()
            .copied()
            .filter(|topic| !said_already(topic))
            .collect();
        self.set(&topics, ConsentState::Refused).await?;
        let t = self.t;
        let rest: &[&str] = if self.choice.held.is_empty() {
            &[]
        } else {
            &[t.refused_rest]
        };
        Ok(self.say(&Said {
            title: t.refused_title,
            before: &[t.refused],
            after: rest,
            ..Said::default()
        }))
    }

    /// Takes consent back. From the commit on nothing is recorded, whenever the mail was sent (R-WITH-03).
    async fn withdraw(&self, topics: &[Topic]) -> Result<Response, Trouble> {
        self.set(topics, ConsentState::Withdrawn).await?;
        let t = self.t;
        let past: &[&str] = if self.person.is_recorded() {
            &[t.withdrawn_past]
        } else {
            &[]
        };
        Ok(self.say(&Said {
            title: t.withdrawn_title,
            before: &[t.withdrawn],
            topics,
            after: past,
            ..Said::default()
        }))
    }

    /// No advertising any more, whatever anybody else thinks of it (GDPR Art. 21(2), (3)); with it ends all tracking.
    async fn object(&self) -> Result<Response, Trouble> {
        let (t, tracker, contact) = (self.t, &self.app.tracker, &self.person.around.contact);
        let mark = tracker
            .suppression
            .mark(contact.workspace, &contact.address);
        let cause = SuppressionCause::Objected;
        let stop = tracker
            .store
            .unsubscribe(contact.workspace, contact.id, mark, cause, self.now);
        stored(stop).await?;
        tracker.changed.notify_one();
        let (title, before) = (t.objected_title, &[t.objected]);
        Ok(self.say(&Said {
            title,
            before,
            ..Said::default()
        }))
    }

    /// What is known stays and is left alone. That takes nothing away from anybody, so the link is enough.
    async fn restrict(&self) -> Result<Response, Trouble> {
        let (t, tracker, contact) = (self.t, &self.app.tracker, &self.person.around.contact);
        let by = By::operator(self.now).because("by the person, on their page");
        let restrict = tracker
            .store
            .contact_restrict(contact.workspace, contact.id, true, by);
        stored(restrict).await?;
        tracker.changed.notify_one();
        let (title, before) = (t.restricted_title, &[t.restricted]);
        Ok(self.say(&Said {
            title,
            before,
            ..Said::default()
        }))
    }

    /// Notes that somebody else made a visit that was counted as theirs, or that they made it after all. It is one that this page
    /// shows: a forwarded link speaks for its own mail. What it does not show, or was said before, gets the same answer: two
    /// presses are one.
    async fn say_who(&self, hit: &str, is_me: bool) -> Result<Response, Trouble> {
        let (t, tracker, contact) = (self.t, &self.app.tracker, &self.person.around.contact);
        let Ok(hit) = hit.parse::<HitId>() else {
            return Err(Trouble::Elsewhere(StatusCode::BAD_REQUEST));
        };
        if !self.app.statements.admits(contact.id, self.now) {
            return Ok(self.say(&Said {
                status: StatusCode::TOO_MANY_REQUESTS,
                title: t.not_me_often_title,
                before: &[t.not_me_often],
                ..Said::default()
            }));
        }
        let mut shown = self.person.copies.iter().flat_map(|(_, _, hits)| hits);
        if shown.any(|one| one.id == hit) {
            let (store, now) = (&tracker.store, self.now);
            let news = if is_me {
                let rules = (judge_again(tracker.judge.clone()), verdict::RULES_VERSION);
                stored(store.hit_own_up(contact.id, hit, rules, verdict::owned_up, now)).await?
            } else {
                stored(store.hit_disown(contact.id, hit, verdict::disowned, now)).await?
            };
            if news {
                tracker.changed.notify_one();
            }
        }
        let (title, before) = if is_me {
            (t.me_title, &[t.me_done])
        } else {
            (t.not_me_title, &[t.not_me_done])
        };
        Ok(self.say(&Said {
            title,
            before,
            ..Said::default()
        }))
    }

    /// Sends the mail that shows whose mailbox it is.
    async fn challenge(&self) -> Result<Response, Trouble> {
        let (t, tracker, around) = (self.t, &self.app.tracker, &self.person.around);
        let (workspace, contact) = (around.workspace.id, around.contact.id);
        let random = tracker.ambient.random;
        let sent = tracker
            .store
            .challenge(workspace, contact, random, self.now);
        if stored(sent).await? {
            tracker.wake.notify_one();
            let (title, before) = (t.own_sent_title, &[t.own_sent]);
            Ok(self.say(&Said {
                title,
                before,
                ..Said::default()
            }))
        } else {
            Ok(self.say(&Said {
                status: StatusCode::TOO_MANY_REQUESTS,
                title: t.enough_title,
                before: &[t.own_enough],
                ..Said::default()
            }))
        }
    }

    async fn set(&self, topics: &[Topic], state: ConsentState) -> Result<(), Trouble> {
        if topics.is_empty() {
            return Ok(());
        }
        let (tracker, around) = (&self.app.tracker, &self.person.around);
        let (workspace, contact) = (around.workspace.id, around.contact.id);
        let set = tracker.store.consent_set(
            workspace,
            contact,
            topics,
            state,
            Method::Page,
            None,
            self.now,
        );
        stored(set).await?;
        tracker.changed.notify_one();
        Ok(())
    }

    pub(super) fn say(&self, said: &Said<'_>) -> Response {
        said.answer(
            self.t,
            &self.names,
            format!("?lang={}", self.t.language.as_str()),
        )
    }
}
