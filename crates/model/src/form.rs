//! A form for other sites: people enter their address there and choose, and a mail asks them to confirm.
//!
//! It is published through a gate, which refuses what no such form may be: one inside a policy or terms (R-CONS-18), one
//! that asks for nothing, or for details of nothing. It stands on one page, and no other site can show it in a frame.
//! What it says is the workspace's notice, with a box for each topic (R-CONS-01, R-CONS-17).

use crate::consent::Topic;
use crate::filled::{Filled, Several};
use crate::id::FormId;
use crate::word::words;

words! {
    /// What the page is that a form stands on.
    PageKind {
        /// To sign up for something.
        SignUp = "sign_up",
        /// To get in touch.
        Contact = "contact",
        /// To choose what one gets, and to change it.
        Preferences = "preferences",
        /// To order.
        Order = "order",
        /// Any other page of the site.
        Page = "page",
        /// A privacy policy.
        Policy = "policy",
        /// Terms and conditions.
        Terms = "terms",
    }
}

impl PageKind {
    /// May consent be asked for there? In a policy or in terms nobody looks for a choice (GDPR Art. 7(2)).
    pub fn may_ask(self) -> bool {
        !matches!(self, Self::Policy | Self::Terms)
    }
}

/// A form that may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Its id, which its address ends in.
    pub id: FormId,
    /// What the workspace calls it; visitors do not see that.
    pub name: Filled,
    /// The page it stands on.
    pub page: SitePage,
    /// What that page is.
    pub kind: PageKind,
    /// What it asks for.
    pub topics: Several<Topic>,
}

/// A page of somebody's site: `https`, without a fragment or a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SitePage(String);

/// The text is no page of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write the address of a page, as in https://www.example.org/newsletter")]
pub struct BadPage;

/// Names that sites give to their terms and policies, as they stand between the slashes of an address.
const TERMS: &str = "agb agbs aup cgs cgu cgv condiciones conditions condizioni confidentialite datenschutz
    datenschutzerklaerung eula gdpr impressum informativa legal mentions nutzungsbedingungen policies policy privacidad
    privacy privacypolicy rgpd terminos termini terms termsandconditions termsofservice termsofuse tos tou";

/// Whatever else is said of it, consent is not taken there (R-CONS-11, R-CONS-18).
pub const IN_TERMS: &str = "by its address that page holds terms or a policy, and nobody looks for a choice there: ask on a page of its own";

/// Does this address, of a page or whatever somebody calls a proof, say that it leads to terms or a policy? Anything that is
/// no web address does not.
pub fn leads_to_terms(text: &str) -> bool {
    let Some((scheme, rest)) = text.trim().split_once("://") else {
        return false;
    };
    let Some((_host, path)) = rest.split_once(['/', '?']) else {
        return false;
    };
    let is_term = |word: &str| {
        let word = word.to_ascii_lowercase();
        TERMS.split_whitespace().any(|term| term == word)
    };
    let parts = path.split(|c: char| !c.is_ascii_alphanumeric());
    scheme.starts_with("http") && parts.into_iter().any(is_term)
}

impl SitePage {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The site: scheme, host and port, as in a browser's `Origin`.
    pub fn site(&self) -> &str {
        let host = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let end = host.find(['/', '?']).unwrap_or(host.len());
        &self.0[..self.0.len() - host.len() + end]
    }
}

impl std::fmt::Display for SitePage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for SitePage {
    type Err = BadPage;
    fn from_str(text: &str) -> Result<Self, BadPage> {
        const LENGTH_MAX: usize = 500;
        let text = text.trim();
        let own = |rest: &&str| rest.starts_with("127.0.0.1") || rest.starts_with("localhost");
        let plain = text.strip_prefix("http://").filter(own);
        let rest = text.strip_prefix("https://").or(plain).ok_or(BadPage)?;
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        let in_host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':');
        let in_text = |b: u8| {
            b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'#' | b'\\' | b'\'' | b';')
        };
        let fits = !host.is_empty()
            && host.bytes().all(in_host)
            && text.len() <= LENGTH_MAX
            && text.bytes().all(in_text);
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadPage)
        }
    }
}

/// A form as somebody fills it in: anything may still be wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormDraft {
    /// What the workspace calls it.
    pub name: String,
    /// The page it stands on.
    pub page: String,
    /// What that page is.
    pub kind: String,
    /// What it asks for.
    pub topics: Vec<Topic>,
}

/// What keeps a form from being published: fields with what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.list())]
pub struct Faults(pub Vec<(&'static str, String)>);

impl Faults {
    fn list(&self) -> String {
        let faults = self.0.iter().map(|(field, why)| format!("{field}: {why}"));
        faults.collect::<Vec<_>>().join("; ")
    }

    fn keep<T, E: ToString>(&mut self, field: &'static str, value: Result<T, E>) -> Option<T> {
        value
            .map_err(|why| self.0.push((field, why.to_string())))
            .ok()
    }
}

impl FormDraft {
    /// Through the gate, or all that is wrong.
    pub fn publish(&self, id: FormId) -> Result<Form, Faults> {
        let mut faults = Faults(Vec::new());
        let name = faults.keep("name", self.name.parse::<Filled>());
        let page = faults.keep("page", page(&self.page));
        let kind = faults.keep("kind", kind(&self.kind));
        let topics = faults.keep("topics", asked(&self.topics));
        let whole = || {
            Some(Form {
                id,
                name: name?,
                page: page?,
                kind: kind?,
                topics: topics?,
            })
        };
        whole().ok_or(faults)
    }
}

/// A page on which consent may be asked for, as far as its address tells.
pub fn page(text: &str) -> Result<SitePage, String> {
    let page: SitePage = text.parse().map_err(|why: BadPage| why.to_string())?;
    if leads_to_terms(page.as_str()) {
        return Err(IN_TERMS.into());
    }
    Ok(page)
}

/// A kind of page on which consent may be asked for.
pub fn kind(word: &str) -> Result<PageKind, String> {
    let kind: PageKind = word.trim().parse().map_err(|e| format!("{e}"))?;
    if kind.may_ask() {
        Ok(kind)
    } else {
        Err(
            "consent is not taken inside a privacy policy or terms: ask on a page of its own"
                .into(),
        )
    }
}

/// What a form may ask for: something, each thing once, and details only beside what they are details of.
pub fn asked(given: &[Topic]) -> Result<Several<Topic>, String> {
    if given == [Topic::Details] {
        return Err("details are kept beside something else: ask for that, too".into());
    }
    Several::new(given.to_vec()).map_err(|why| why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> FormDraft {
        FormDraft {
            name: "Newsletter".into(),
            page: "https://www.sample.example/news?x=1".into(),
            kind: "sign_up".into(),
            topics: vec![Topic::Open, Topic::Click],
        }
    }

    fn wrong(change: impl Fn(&mut FormDraft)) -> Vec<&'static str> {
        let mut draft = good();
        change(&mut draft);
        let faults = draft.publish(FormId([1; 16])).unwrap_err();
        faults.0.iter().map(|(field, _)| *field).collect()
    }

    #[test]
    fn r_cons_18_no_form_stands_in_a_policy_or_in_terms() {
        assert!(good().publish(FormId([1; 16])).is_ok());
        for word in ["policy", "terms", "", "elsewhere"] {
            assert_eq!(wrong(|d| d.kind = word.into()), ["kind"], "{word}");
        }
        // Whatever kind of page they say it is.
        for path in [
            "terms",
            "en/Terms-of-Service",
            "legal/privacy-policy.html?x=1",
            "?page=agb",
            "fr/cgu#a",
            "datenschutz",
            "informativa_privacy",
        ] {
            let address = format!("https://www.sample.example/{}", path.replace('#', "/"));
            assert_eq!(wrong(|d| d.page = address.clone()), ["page"], "{address}");
        }
        for honest in [
            "https://terms.example/news",
            "https://www.sample.example/long-term-news",
            "https://www.sample.example",
        ] {
            let mut draft = good();
            draft.page = honest.into();
            assert!(draft.publish(FormId([1; 16])).is_ok(), "{honest}");
        }
        assert!(!leads_to_terms("the terms in our cabinet"));
    }

    #[test]
    fn r_cons_17_the_gate_names_every_fault() {
        assert_eq!(wrong(|d| d.topics.clear()), ["topics"]);
        assert_eq!(wrong(|d| d.topics = vec![Topic::Details]), ["topics"]);
        assert_eq!(
            wrong(|d| d.topics = vec![Topic::Open, Topic::Open]),
            ["topics"]
        );
        assert_eq!(wrong(|d| *d = FormDraft::default()).len(), 4);
        for page in [
            "http://www.sample.example/",
            "https://www.sample.example/\"><script>",
            "https://a.example; script-src *",
            "https://www.sample.example@evil.example/",
            "javascript:alert(1)",
            "//www.sample.example/",
            "https://",
        ] {
            assert!(wrong(|d| d.page = page.into()).contains(&"page"), "{page}");
        }
        let page: SitePage = "https://www.sample.example:8443?x".parse().unwrap();
        assert_eq!(page.site(), "https://www.sample.example:8443");
    }
}
