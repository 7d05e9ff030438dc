//! Who takes part in the processing by order of the controller (GDPR Art. 28): named once by the operator, and told in
//! the records of processing, in the annex to an agreement, in notices and in each person's export.

use crate::country::Country;
use crate::source::{Unclear, line};
use serde::Serialize;

/// A processor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Processor {
    /// Its name.
    pub name: String,
    /// What it does, as in "delivers mail".
    pub purpose: String,
    /// Where it does so.
    #[serde(serialize_with = "letters")]
    pub country: Country,
    /// What protects the data there (Art. 46), or empty where nothing of the kind is needed.
    pub safeguards: String,
}

fn letters<S: serde::Serializer>(country: &Country, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(country.as_str())
}

impl Processor {
    /// Reads what an operator wrote; all but the safeguards is needed, in a line each.
    pub fn stated(
        name: &str,
        purpose: &str,
        country: &str,
        safeguards: &str,
    ) -> Result<Self, Unclear> {
        let safeguards = match safeguards.trim() {
            "" => String::new(),
            text => line("safeguards", text)?,
        };
        Ok(Self {
            name: line("name", name)?,
            purpose: line("purpose", purpose)?,
            country: country.parse().map_err(|why| Unclear {
                field: "country",
                why: format!("{why}"),
            })?,
            safeguards,
        })
    }

    /// Name, place and what it does, as one line.
    pub fn sentence(&self) -> String {
        format!("{} ({}): {}", self.name, self.country, self.purpose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_has_a_name_a_purpose_and_a_country() {
        let post = Processor::stated("Post AG", "delivers mail", "ch", " ").unwrap();
        assert_eq!(post.sentence(), "Post AG (CH): delivers mail");
        for (name, purpose, country, field) in [
            ("", "x", "CH", "name"),
            ("x", " ", "CH", "purpose"),
            ("x", "y", "Suisse", "country"),
            ("x\ny", "y", "CH", "name"),
        ] {
            let wrong = Processor::stated(name, purpose, country, "").unwrap_err();
            assert_eq!(wrong.field, field);
        }
    }
}
