//! What a user-agent says it is: opener family, and for people's own programs browser, system and device class.
//!
//! Our own table of mail clients and proxies comes before anything that merely looks like a browser, because proxies and
//! mail clients imitate browsers. Matching is one pass of an automaton over a text of bounded length, so no text can make
//! it slow. What a proxy pretends to be is never a fact about a person: see `facts`.

use crate::table::{Row, TableError, rows};
use aho_corasick::{AhoCorasick, MatchKind};
use std::collections::HashMap;
use std::sync::LazyLock;

/// What the rules need to know of an opener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A provider's image proxy: it fetches when a person opens.
    Proxy,
    /// A provider's fetch ahead of the person.
    Prefetch,
    /// A provider's fetch that hides whether a person opened.
    Privacy,
    /// A chat's or network's link preview.
    Preview,
    /// A program that is not for reading.
    Tool,
    /// A search engine.
    Crawler,
    /// A mail client on a person's own device.
    Client,
    /// Some app's HTTP library.
    App,
    /// A web browser.
    Browser,
    /// A security vendor.
    Gateway,
    /// Nothing known.
    Unknown,
}

impl Kind {
    /// Is it the name of a program that a person uses, or none at all?
    fn is_personal(self) -> bool {
        matches!(
            self,
            Self::Browser | Self::Client | Self::App | Self::Privacy | Self::Unknown
        )
    }
}

/// One line of `openers.psv`.
#[derive(Debug)]
pub(crate) struct Opener {
    pub(crate) id: &'static str,
    pub(crate) kind: Kind,
    name: &'static str,
    /// The mail client that may truthfully be named.
    pub(crate) client: Option<&'static str>,
    /// The AS numbers it comes from; empty where they are not known.
    pub(crate) networks: Vec<u32>,
}

/// The user-agent tables.
pub(crate) struct Agents {
    openers: Vec<Opener>,
    unknown: usize,
    claims: Tokens<Claim>,
    browsers: Tokens<&'static str>,
    systems: Tokens<System>,
}

/// One line of `agents.psv`: where its text must stand, and whose it is.
struct Claim {
    how: How,
    opener: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Is,
    Starts,
    Ends,
    Has,
    Word,
}

/// An operating system, with the device class where its token tells one.
#[derive(Clone, Copy)]
pub(crate) struct System {
    pub(crate) name: &'static str,
    pub(crate) device: Option<&'static str>,
}

impl Agents {
    pub(crate) fn built_in() -> Result<Self, TableError> {
        let openers: Vec<Opener> = opener_rows().collect::<Result<_, _>>()?;
        let find = |id: &str| openers.iter().position(|opener| opener.id == id);
        let mut claims = Vec::new();
        for row in rows::<3>("agents", include_str!("../data/agents.psv")) {
            let row = row?;
            let [how, text, id] = row.cells;
            let how = match how {
                "is" => How::Is,
                "starts" => How::Starts,
                "ends" => How::Ends,
                "has" => How::Has,
                "word" => How::Word,
                _ => return Err(row.wrong("the first cell is one of: is, starts, ends, has, word")),
            };
            let opener =
                find(id).ok_or_else(|| row.wrong(format!("no opener {id:?} in openers.psv")))?;
            claims.push((text, Claim { how, opener }));
        }
        let mut browsers = Vec::new();
        for row in rows::<2>("browsers", include_str!("../data/browsers.psv")) {
            let [text, browser] = row?.cells;
            browsers.push((text, browser));
        }
        let mut systems = Vec::new();
        for row in rows::<3>("systems", include_str!("../data/systems.psv")) {
            let [text, name, device] = row?.cells;
            let device = Some(device).filter(|d| !d.is_empty());
            systems.push((text, System { name, device }));
        }
        let unknown = find("unknown")
            .ok_or_else(|| TableError::Tokens("openers.psv needs a line for \"unknown\"".into()))?;
        Ok(Self {
            unknown,
            claims: Tokens::new(claims)?,
            browsers: Tokens::new(browsers)?,
            systems: Tokens::new(systems)?,
            openers,
        })
    }

    /// Who the user-agent says it is.
    pub(crate) fn opener(&self, user_agent: &str) -> &Opener {
        let found = self.claims.first(user_agent, |claim, start, end| {
            let (at_start, at_end) = (start == 0, end == user_agent.len());
            match claim.how {
                How::Is => at_start && at_end,
                How::Starts => at_start,
                How::Ends => at_end,
                How::Has => true,
                How::Word => !user_agent[end..].starts_with(|c: char| c.is_ascii_alphabetic()),
            }
        });
        &self.openers[found.map_or(self.unknown, |claim| claim.opener)]
    }

    /// The opener with this id.
    pub(crate) fn by_id(&self, id: &str) -> Option<&Opener> {
        self.openers.iter().find(|opener| opener.id == id)
    }

    /// The browser family it names.
    pub(crate) fn browser(&self, user_agent: &str) -> Option<&'static str> {
        self.browsers.first(user_agent, |_, _, _| true).copied()
    }

    /// The operating system it names.
    pub(crate) fn system(&self, user_agent: &str) -> Option<System> {
        self.systems.first(user_agent, |_, _, _| true).copied()
    }
}

/// The major version of a Chromium user-agent.
pub(crate) fn chromium_version(user_agent: &str) -> Option<u32> {
    let (_, rest) = user_agent.split_once("Chrome/")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    rest[..digits].parse().ok()
}

/// Kind and name of every opener, for those who hold no tables. Lines with a mistake are left out here; reading the
/// tables reports them.
static OPENERS: LazyLock<HashMap<&'static str, (Kind, &'static str)>> = LazyLock::new(|| {
    let rows = opener_rows().filter_map(Result::ok);
    rows.map(|row| (row.id, (row.kind, row.name))).collect()
});

/// An opener family as the dashboard says it: `gmail_proxy` is "Gmail's image proxy". An id that is not in the table, say
/// from a newer version, is given back as it is.
pub fn opener_name(opener: &str) -> &str {
    OPENERS.get(opener).map_or(opener, |(_, name)| name)
}

/// The opener under which a machine is shown: one that goes by the name of a person's program is a scanner.
pub(crate) fn unmasked(opener: &str) -> &str {
    match OPENERS.get(opener) {
        Some((kind, _)) if kind.is_personal() => "scanner",
        _ => opener,
    }
}

fn opener_rows() -> impl Iterator<Item = Result<Opener, TableError>> {
    rows::<5>("openers", include_str!("../data/openers.psv")).map(|row| {
        let row = row?;
        let [id, _, name, client, _] = row.cells;
        Ok(Opener {
            id,
            kind: kind(&row)?,
            name,
            client: Some(client).filter(|c| !c.is_empty()),
            networks: row.numbers(4)?,
        })
    })
}

fn kind(row: &Row<5>) -> Result<Kind, TableError> {
    Ok(match row.cells[1] {
        "proxy" => Kind::Proxy,
        "prefetch" => Kind::Prefetch,
        "privacy" => Kind::Privacy,
        "preview" => Kind::Preview,
        "tool" => Kind::Tool,
        "crawler" => Kind::Crawler,
        "client" => Kind::Client,
        "app" => Kind::App,
        "browser" => Kind::Browser,
        "gateway" => Kind::Gateway,
        "unknown" => Kind::Unknown,
        other => return Err(row.wrong(format!("{other:?} is no kind of opener"))),
    })
}

/// Texts to look for, in order of precedence, each with what it means.
struct Tokens<T> {
    automaton: AhoCorasick,
    meanings: Vec<T>,
}

impl<T> Tokens<T> {
    fn new(lines: Vec<(&'static str, T)>) -> Result<Self, TableError> {
        let (texts, meanings): (Vec<_>, Vec<_>) = lines.into_iter().unzip();
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(texts)
            .map_err(|error| TableError::Tokens(error.to_string()))?;
        Ok(Self {
            automaton,
            meanings,
        })
    }

    /// The meaning of the first line of the table that is found and allowed at its place.
    fn first(&self, text: &str, allowed: impl Fn(&T, usize, usize) -> bool) -> Option<&T> {
        self.automaton
            .find_overlapping_iter(text)
            .filter(|m| allowed(&self.meanings[m.pattern().as_usize()], m.start(), m.end()))
            .map(|m| m.pattern().as_usize())
            .min()
            .map(|line| &self.meanings[line])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(opener_name("gmail_proxy"), "Gmail's image proxy");
        assert_eq!(opener_name("from_the_future"), "from_the_future");
    }

    #[test]
    fn every_line_of_the_agent_table_is_reachable() {
        let agents = Agents::built_in().unwrap();
        for row in rows::<3>("agents", include_str!("../data/agents.psv")) {
            let [how, text, id] = row.unwrap().cells;
            assert_eq!(
                agents.opener(text).id,
                id,
                "{how} {text:?} is shadowed by an earlier line"
            );
        }
    }

    #[test]
    fn browsers_and_systems() {
        let agents = Agents::built_in().unwrap();
        for (ua, browser, system) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                "Edge",
                "Windows",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
                "Chrome",
                "Android",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
                "Safari",
                "iPadOS",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
                "Firefox",
                "Linux",
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "Chrome",
                "ChromeOS",
            ),
            (
                "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.5134; Pro)",
                "",
                "Windows",
            ),
        ] {
            assert_eq!(agents.browser(ua).unwrap_or(""), browser, "{ua}");
            assert_eq!(agents.system(ua).map(|s| s.name), Some(system), "{ua}");
        }
    }
}
