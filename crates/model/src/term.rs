//! A length of time as people say it: "3 years" and not "1095 days".

use crate::language::Language;

/// So many days in words, in the form that stands after "after": `nach 3 Jahren`, `après 90 jours`. Whole years are
/// years of 365 days; anything else is days, because months differ.
pub fn in_words(days: u32, language: Language) -> String {
    let (number, is_years) = match days {
        0 => (0, false),
        days if days.is_multiple_of(365) => (days / 365, true),
        days => (days, false),
    };
    let [one_day, days, one_year, years] = match language {
        Language::En => ["day", "days", "year", "years"],
        Language::Fr => ["jour", "jours", "an", "ans"],
        Language::De => ["Tag", "Tagen", "Jahr", "Jahren"],
        Language::It => ["giorno", "giorni", "anno", "anni"],
        Language::Es => ["día", "días", "año", "años"],
    };
    let unit = match (number, is_years) {
        (1, false) => one_day,
        (_, false) => days,
        (1, true) => one_year,
        (_, true) => years,
    };
    format!("{number} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_years_are_years_and_one_is_one() {
        let said = |days| Language::ALL.map(|language| in_words(days, language));
        assert_eq!(
            said(1095),
            ["3 years", "3 ans", "3 Jahren", "3 anni", "3 años"]
        );
        assert_eq!(said(365)[..3], ["1 year", "1 an", "1 Jahr"]);
        assert_eq!(
            said(90),
            ["90 days", "90 jours", "90 Tagen", "90 giorni", "90 días"]
        );
        assert_eq!(said(1)[2..], ["1 Tag", "1 giorno", "1 día"]);
        assert_eq!(said(0)[0], "0 days");
    }
}
