//! How old somebody has to be to agree alone: the question, the answer, and naming who agrees for whoever is younger
//! (GDPR Art. 8, R-AGE-03, R-AGE-04).
//!
//! Where the workspace's service is directed to children, nobody can agree before they said whether they have reached the
//! limit of their country: on their page before the choice, and behind the mail that asks to confirm what they ticked on a
//! form elsewhere, where nobody can tell whose word it is. Whoever has not ticks as everybody does, and is then asked for the address of
//! somebody with parental responsibility. A "no" cannot be turned into a "yes" at once. What a mail's page shows, it shows
//! to whoever the mail was forwarded to; that somebody is too young stands only where they ask for something.

use super::Visit;
use super::notice::Shown;
use super::said::Said;
use crate::app::App;
use crate::names::Names;
use crate::page::{Form, html};
use crate::texts::Texts;
use crate::visit::{Trouble, stored};
use askama::Template;
use axum::response::Response;
use http::StatusCode;
use model::age::Relation;
use model::{AgeAnswer, AgeStanding, EmailAddress, GuardianId, Topic};
use store::{Around, By, GuardianAsked, Method, NewAgreement, NewGuardian};

/// The question that comes before the choices.
pub(super) struct Question {
    pub(super) text: String,
    pub(super) yes: String,
    pub(super) no: String,
}

/// The button of whoever has become old enough.
pub(super) struct Now {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) button: String,
}

#[derive(Template)]
#[template(path = "guardian_ask.html")]
struct Ask<'a> {
    t: &'static Texts,
    /// What they ticked: the word of the form, and in words.
    topics: Vec<(&'static str, &'static str)>,
    digest: &'a str,
    address: &'a str,
    relation: Option<Relation>,
    wrong: bool,
    now: Option<Now>,
    back: String,
}

impl Ask<'_> {
    fn relations(&self) -> [(&'static str, &'static str, bool); 3] {
        let t = self.t;
        [
            (Relation::Parent, t.relation_parent),
            (Relation::Guardian, t.relation_guardian),
            (Relation::Other, t.relation_other),
        ]
        .map(|(relation, words)| (relation.as_str(), words, self.relation == Some(relation)))
    }
}

/// Must this person say how old they are before they can agree to anything?
pub(super) fn must_say(around: &Around) -> bool {
    let children = around.workspace.directed_to_children;
    around.contact.standing().must_be_asked(children)
}

/// The limit where they are.
fn limit(app: &App, around: &Around) -> u8 {
    app.tracker.ages.threshold(around.contact.country).age
}

/// The question to somebody who has to be asked.
pub(super) fn question(
    app: &App,
    t: &'static Texts,
    names: &Names,
    around: &Around,
) -> Option<Question> {
    let age = limit(app, around).to_string();
    let with_age = |text| names.fill_with(text, &[("age", &age)]);
    must_say(around).then(|| Question {
        text: with_age(t.age_ask),
        yes: with_age(t.age_yes),
        no: with_age(t.age_no),
    })
}

/// What the pressed button says of somebody's age.
pub(super) fn answered(word: &str) -> Result<AgeStanding, Trouble> {
    match word {
        "reached" => Ok(AgeStanding::Reached),
        "below" => Ok(AgeStanding::Below),
        _ => Err(Trouble::Elsewhere(StatusCode::BAD_REQUEST)),
    }
}

/// Notes what somebody said of their age.
pub(super) async fn note(app: &App, around: &Around, standing: AgeStanding) -> Result<(), Trouble> {
    let (tracker, contact, now) = (&app.tracker, &around.contact, app.now());
    let answer = AgeAnswer {
        standing,
        threshold: limit(app, around),
        country: contact.country,
        asked_at: now,
    };
    let by = By::operator(now).because("by the person, on their page");
    let set = (tracker.store).contact_set_age(contact.workspace, contact.id, answer, by);
    stored(set).await?;
    tracker.changed.notify_one();
    Ok(())
}

impl Visit<'_> {
    /// Must they say how old they are before they can choose?
    pub(super) fn must_say_their_age(&self) -> bool {
        must_say(&self.person.around)
    }

    /// Must somebody else agree for them?
    pub(super) fn needs_guardian(&self) -> bool {
        self.person.around.contact.standing().needs_guardian()
    }

    fn with_age(&self, text: &str) -> String {
        let age = limit(self.app, &self.person.around).to_string();
        self.names.fill_with(text, &[("age", &age)])
    }

    pub(super) fn question(&self) -> Option<Question> {
        question(self.app, self.t, &self.names, &self.person.around)
    }

    /// What whoever was too young can press, once they may.
    pub(super) fn now(&self) -> Option<Now> {
        let (t, age) = (self.t, self.person.around.contact.age?);
        (self.needs_guardian() && age.may_change(self.now)).then(|| Now {
            title: self.with_age(t.now_title),
            text: self.with_age(t.now),
            button: self.with_age(t.now_button),
        })
    }

    /// Notes the answer. One that was not asked for gets the page, and changes nothing: two presses are one.
    pub(super) async fn say_age(self, word: &str) -> Result<Response, Trouble> {
        let standing = answered(word)?;
        let asked = self.must_say_their_age();
        let grown = standing == AgeStanding::Reached && self.now().is_some();
        if !asked && !grown {
            return self.page(None).await;
        }
        note(self.app, &self.person.around, standing).await?;
        let t = self.t;
        let (title, text) = match (standing, grown) {
            (AgeStanding::Below, _) => (t.below_title, t.below),
            (_, true) => (t.reached_title, t.reached),
            // Nothing to tell: the choices are what they came for.
            (_, false) => return self.again().await?.page(None).await,
        };
        let before = &[text];
        Ok(self.say(&Said {
            title,
            before,
            ..Said::default()
        }))
    }

    /// Asks who can agree for them, or has the mail sent to that person. Nothing counts before they have agreed.
    pub(super) async fn name_guardian(
        &self,
        form: &Form,
        topics: &[Topic],
        notice: &Shown,
    ) -> Result<Response, Trouble> {
        let (t, tracker, around) = (self.t, &self.app.tracker, &self.person.around);
        let Some(written) = form.get("guardian").map(str::trim) else {
            return Ok(self.ask_for_guardian(topics, notice, ("", None), false));
        };
        let relation = form.get("relation").and_then(|word| word.parse().ok());
        let address = written.parse::<EmailAddress>().ok();
        let own = around.contact.address.key();
        let (Some(address), Some(relation)) =
            (address.filter(|address| address.key() != own), relation)
        else {
            return Ok(self.ask_for_guardian(topics, notice, (written, relation), true));
        };
        let text =
            (tracker.store).consent_text_keep(t.language, &notice.text, &notice.page, self.now);
        let text = stored(text).await?;
        let random = tracker.ambient.random;
        let new = NewGuardian {
            id: GuardianId(random()),
            mark: tracker.suppression.mark(around.contact.workspace, &address),
            address,
            relation,
            agreement: NewAgreement {
                id: random(),
                outbox: random(),
                contact: around.contact.id,
                copy: around.mail.as_ref().map(|(copy, _)| copy.id),
                topics: topics.to_vec(),
                text,
                shown: None,
                method: Method::Page,
            },
        };
        match stored(tracker.store.guardian_ask(new, self.now)).await? {
            GuardianAsked::Enough => Ok(self.say(&Said {
                status: StatusCode::TOO_MANY_REQUESTS,
                title: t.enough_title,
                before: &[t.guardian_enough],
                ..Said::default()
            })),
            GuardianAsked::Noted | GuardianAsked::Nothing => {
                tracker.changed.notify_one();
                tracker.wake.notify_one();
                Ok(self.guardian_asked(topics))
            }
        }
    }

    pub(super) fn guardian_asked(&self, topics: &[Topic]) -> Response {
        let t = self.t;
        self.say(&Said {
            title: t.asked_title,
            before: &[t.guardian_sent],
            topics,
            after: &[t.guardian_sent_next],
            ..Said::default()
        })
    }

    fn ask_for_guardian(
        &self,
        topics: &[Topic],
        notice: &Shown,
        (address, relation): (&str, Option<Relation>),
        wrong: bool,
    ) -> Response {
        let page = Ask {
            t: self.t,
            topics: (topics.iter())
                .map(|topic| (topic.as_str(), self.t.topic(*topic)))
                .collect(),
            digest: &notice.digest(),
            address,
            relation,
            wrong,
            now: self.now(),
            back: format!("?lang={}", self.t.language.as_str()),
        };
        let status = if wrong {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        };
        html(status, self.t, &page)
    }
}

/// What a guardian is to the child, in words said to the guardian.
pub(super) fn relation_words(t: &Texts, relation: Relation) -> &'static str {
    match relation {
        Relation::Parent => t.is_parent,
        Relation::Guardian => t.is_guardian,
        Relation::Other => t.is_other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::fill;

    #[test]
    fn r_age_03_every_relation_has_its_words_in_every_language() {
        for t in Texts::every() {
            let words: Vec<_> = Relation::ALL
                .iter()
                .map(|r| relation_words(t, *r))
                .collect();
            let text = fill(t.auth_intro, &[("relation", words[0])]);
            assert!(text.contains(words[0]) && words[0] != words[1] && words[1] != words[2]);
        }
    }
}
