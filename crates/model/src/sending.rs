//! May this mail be sent to this person at all, and what must it say? Asked before the decision about tracking, and
//! answered without it: consent to be tracked never permits a mail, nor the other way round (R-CONS-11).
//!
//! Promises: advertising reaches nobody who stopped it (R-MSG-02), nor anybody whose law asks for consent first and
//! who gave none (R-ORIG-04), and what the law makes a mail say is said or the mail is not sent (R-ORIG-02, R-MSG-03).
//! What it is called does not help: advertising to somebody who neither gave their address nor agreed is cold mail.
//! Letters from one person to another and mail that belongs to an order are left alone.

use crate::age::AgeStanding;
use crate::class::{LegalTags, MessageClass};
use crate::country::Country;
use crate::profile::{Case, MailConsent, Profiles, Statement};
use crate::reason::Reason;
use crate::source::{Source, SourceKind};
use crate::time::Time;
use std::collections::BTreeSet;

/// The person a mail is for, as far as sending to them goes.
#[derive(Debug, Clone, Copy)]
pub struct Addressee<'a> {
    /// Where they are; none gets the strictest rules.
    pub country: Option<Country>,
    /// The address is a company's, not a person's.
    pub business: bool,
    /// What they are to a lawyer who writes.
    pub tags: LegalTags,
    /// Where the address comes from.
    pub source: &'a Source,
    /// When they were told so.
    pub told_at: Option<Time>,
    /// Did they agree to get advertising?
    pub mail_consent: MailConsent,
    /// Did they stop it?
    pub suppressed: bool,
}

/// The mail, as far as sending it goes.
#[derive(Debug, Clone, Copy)]
pub struct Occasion {
    /// What its sender calls it.
    pub class: MessageClass,
    /// An assessment of legitimate interests stands behind it and has not run out.
    pub assessed: bool,
    /// The workspace's postal address is on record.
    pub has_postal_address: bool,
    /// There is a place in the mail for what it must say.
    pub has_place: bool,
    /// When.
    pub now: Time,
}

/// What a mail to this person must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duties {
    /// What the mail is to them, whatever its sender calls it.
    pub class: MessageClass,
    /// What it must say besides what tracking makes it say.
    pub says: BTreeSet<Statement>,
}

impl Duties {
    /// Of a mail that must say nothing.
    pub fn none(class: MessageClass) -> Self {
        let says = BTreeSet::new();
        Self { class, says }
    }

    /// Does it tell the person where their address comes from?
    pub fn tells_source(&self) -> bool {
        self.says.contains(&Statement::AddressSource)
    }
}

/// What the mail is to this person: advertising to somebody who neither gave their address nor agreed is cold mail.
pub fn class_for(class: MessageClass, to: &Addressee<'_>, now: Time) -> MessageClass {
    let agreed = match to.mail_consent {
        MailConsent::None => false,
        MailConsent::Implied(until) => now < until,
        MailConsent::Express => true,
    };
    if class.is_advertising() && !agreed && !to.source.is_from_person() {
        MessageClass::Cold
    } else {
        class
    }
}

/// May it be sent to them, and what must it say? If not, the reason names the mend.
pub fn duties(profiles: &Profiles, mail: &Occasion, to: &Addressee<'_>) -> Result<Duties, Reason> {
    let class = class_for(mail.class, to, mail.now);
    let advertising = class.is_advertising();
    if advertising && to.suppressed {
        return Err(Reason::Unsubscribed);
    }
    if class == MessageClass::Cold {
        let rule = profiles.cold_mail(to.country, to.business);
        if !rule.allows(to.mail_consent, mail.now) {
            return Err(Reason::NoMailConsent);
        }
        if to.mail_consent != MailConsent::Express && !mail.assessed {
            return Err(Reason::NoAssessment);
        }
    }
    let case = Case {
        country: to.country,
        class,
        age: AgeStanding::Unknown,
        directed_to_children: false,
        tags: to.tags,
    };
    let mut says = profiles.must_say(&case, false);
    if advertising {
        says.extend([Statement::SenderIdentity, Statement::Unsubscribe]);
        tell_source(&mut says, to)?;
    }
    if says.contains(&Statement::PostalAddress) && !mail.has_postal_address {
        return Err(Reason::NoPostalAddress);
    }
    if !says.is_empty() && !mail.has_place {
        return Err(Reason::NoPlaceForDuties);
    }
    Ok(Duties { class, says })
}

/// Once, with the first such mail (Art. 14(3)(b) GDPR), whichever country the profiles think of.
fn tell_source(says: &mut BTreeSet<Statement>, to: &Addressee<'_>) -> Result<(), Reason> {
    let told = [Statement::AddressSource, Statement::Art14];
    if to.source.is_from_person() || to.told_at.is_some() {
        says.retain(|statement| !told.contains(statement));
        return Ok(());
    }
    if to.source.kind == SourceKind::Written {
        return Err(Reason::NoSource);
    }
    says.extend(told);
    // Art. 14(1)(a): identity and contact details of the controller.
    says.extend([
        Statement::Objection,
        Statement::PostalAddress,
        Statement::ReplyContact,
    ]);
    Ok(())
}

#[cfg(test)]
mod tests;
