//! Who the person is here: name, address, language, country, and where that came from (GDPR Art. 14(2)(f)).
//!
//! Whoever a mail was forwarded to reads its page, too: there stand only name and address, which the mail has anyway.

use super::Visit;
use crate::texts::Texts;
use model::Tongue;
use model::source::SourceKind;

impl Visit<'_> {
    /// Each thing that is known, under its name.
    pub(super) fn known(&self) -> Vec<(&'static str, String)> {
        let (t, contact) = (self.t, &self.person.around.contact);
        let or_not = |text: Option<&str>| {
            let text = text.map(str::trim).filter(|text| !text.is_empty());
            text.unwrap_or(t.not_known).to_owned()
        };
        let language = match (contact.language, &contact.tongue) {
            (Some(language), _) => Some(Texts::of(language).name),
            (None, tongue) => tongue.as_ref().map(Tongue::as_str),
        };
        let country = contact.country.map(|country| country.to_string());
        let mut known = vec![
            (t.known_name, or_not(Some(&contact.name))),
            (t.known_address, contact.address.as_str().to_owned()),
        ];
        if self.person.around.mail.is_some() {
            return known;
        }
        known.extend([
            (t.known_language, or_not(language)),
            (t.known_country, or_not(country.as_deref())),
            (t.known_source, self.source()),
            (t.known_since, t.date(contact.created_at)),
        ]);
        known
    }

    fn source(&self) -> String {
        let (t, source) = (self.t, &self.person.around.contact.source);
        let how = match source.kind {
            SourceKind::Written => t.source_written,
            SourceKind::Customer => t.source_customer,
            SourceKind::Person => t.source_person,
            SourceKind::Colleague => t.source_colleague,
            SourceKind::Public => t.source_public,
            SourceKind::BoughtList => t.source_bought,
        };
        let how = self.names.fill(how);
        if source.place.is_empty() {
            how
        } else {
            format!("{how} ({}, {})", source.place, t.date(source.at))
        }
    }
}
