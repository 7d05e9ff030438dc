use super::*;

const NOW: Time = Time(1_795_294_080_000); // 2026-11-21
const SOURCE: &str = "public,directory,2026-11-01,Ann,legitimate_interests";

fn read(text: &str) -> Roll {
    Roll::read(text, NOW).unwrap()
}

#[test]
fn r_orig_01_a_line_without_its_source_is_left_out_and_named() {
    let roll = read(&format!(
        "\u{feff}Address,source,where,when,who,basis,name\r\n\
         bob@x.example,{SOURCE},\"Lee, Bob\"\r\n\
         cem@x.example,,,,,,\r\n\
         nonsense,{SOURCE},\r\n\
         BOB@x.example,{SOURCE},\r\n\
         dee@x.example,{SOURCE},,too many\r\n\
         eve@x.example,public,directory,2026-10-01,Ann,legitimate_interests\r\n"
    ));
    let [(2, entry)] = roll.entries.as_slice() else {
        panic!("{roll:?}")
    };
    assert_eq!(
        (entry.address.as_str(), entry.name.as_str()),
        ("bob@x.example", "Lee, Bob")
    );
    let wrong: Vec<_> = roll
        .wrong
        .iter()
        .map(|(line, why)| (*line, why.field))
        .collect();
    assert_eq!(
        wrong,
        [
            (3, "source"),
            (4, "address"),
            (5, "address"),
            (6, "list"),
            (7, "told")
        ]
    );
}

#[test]
fn a_list_that_cannot_be_read_fails_as_a_whole() {
    for (text, field) in [
        ("address,shoe_size\na@x.example,44", "columns"),
        ("address,address\na@x.example,b@x.example", "columns"),
        (&*"x".repeat(LIST_BYTES_MAX + 1), "list"),
    ] {
        assert_eq!(Roll::read(text, NOW).unwrap_err().field, field);
    }
    assert_eq!(read(""), Roll::default());
}

/// Every way in which the five pieces of evidence can be there or not.
#[test]
fn r_cons_10_a_claim_without_all_of_its_evidence_is_asserted() {
    let pieces = [
        "Newsletter, version 3",
        "2026-11-02",
        "web form",
        "CRM, entry 7",
        "Ann",
    ];
    for present in 0..32 {
        let of = |n: usize| {
            if present & (1 << n) == 0 {
                ""
            } else {
                pieces[n]
            }
        };
        let row = |prefix: &str, what: &str| -> Vec<(String, String)> {
            let names = ["text", "at", "method", "source", "who"];
            let mut row = vec![(format!("{prefix}_consent"), what.to_owned())];
            row.extend((0..5).map(|n| (format!("{prefix}_{}", names[n]), of(n).to_owned())));
            row
        };
        let mut all = row("mail", "express");
        all.extend(row("tracking", "open click"));
        let fixed = [
            ("address", "bob@x.example"),
            ("source", "person"),
            ("where", "form"),
            ("when", "2026-11-01"),
            ("who", "Ann"),
            ("basis", "consent"),
        ];
        let mut fields: Fields<'_> = fixed.into_iter().collect();
        fields.extend(
            all.iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        let entry = entry(&fields, NOW).unwrap();
        let whole = present == 31;
        let (mail, tracking) = (entry.mail.unwrap(), entry.tracking.unwrap());
        assert_eq!(
            matches!(mail, Claim::Shown(MailConsent::Express, _)),
            whole,
            "{present:05b}"
        );
        assert_eq!(
            matches!(&tracking, Claim::Shown(topics, _) if topics.len() == 2),
            whole
        );
        if let Claim::Shown(_, evidence) = tracking {
            for piece in ["version 3", "2026-11-02", "web form", "entry 7", "Ann"] {
                assert!(evidence.document().contains(piece));
            }
        }
    }
}

#[test]
fn implied_consent_has_an_end_and_words_are_checked() {
    let with = |name: &'static str, value: &'static str| {
        let mut fields: Fields<'_> = [
            ("address", "bob@x.example"),
            ("source", "customer"),
            ("where", "shop"),
            ("when", "2025-01-01"),
            ("who", "Ann"),
            ("basis", "contract"),
            ("mail_consent", "implied"),
            ("mail_until", "2027-01-01"),
        ]
        .into_iter()
        .collect();
        fields.insert(name, value);
        entry(&fields, NOW)
    };
    assert!(matches!(
        with("name", "Bob").unwrap().mail,
        Some(Claim::Asserted(MailConsent::Implied(_)))
    ));
    for (name, value) in [
        ("mail_until", ""),
        ("mail_consent", "yes"),
        ("tracking_consent", "everything"),
        ("country", "Germany"),
        ("language", "Dutch"),
        ("business", "maybe"),
        ("told", "2027-01-01"),
    ] {
        assert_eq!(with(name, value).unwrap_err().field, name);
    }
}
