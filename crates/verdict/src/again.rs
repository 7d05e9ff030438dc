//! Judging stored hits again, under newer rules and tables.
//!
//! Of a stored hit the request is gone; what is left is its reasons, and those name the evidence: which program, what kind of
//! network, which headers. So a request is made up that gives the same evidence, and goes through the same rules. What had
//! been found by comparing hits is not looked for again, because minutes cannot show it: the sign stands, and weighs
//! what it weighs today.
//!
//! Where the reasons do not tell the evidence in full, the verdict stands: an opener that only claimed to be a provider's,
//! a mail client that was taken for a scanner and lost its name, codes of a newer version.

use crate::agent::Opener;
use crate::evidence::Evidence;
use crate::network::{Network, Standing};
use crate::reason::Reason as R;
use crate::request::{Headers, Request};
use crate::settle::{BY_HAND_LINKS_MAX, weigh};
use crate::{Judge, click, disowned, open};
use model::{Axis, Time, Verdict};
use std::time::Duration;

/// A stored hit.
#[derive(Debug, Clone)]
pub struct Kept {
    /// What was asked for.
    pub axis: Axis,
    /// The number of the link, for clicks.
    pub link: u16,
    /// When, to the minute.
    pub at: Time,
    /// The verdict, as it stands.
    pub verdict: Verdict,
}

/// A hit whose evidence could be read.
struct Read<'k> {
    kept: &'k Kept,
    alone: Verdict,
    /// What was found by comparing.
    sign: Option<R>,
    /// The recipient said that it was not them.
    disowned: bool,
}

/// Any moment: stored evidence holds no time but its distance from delivery.
const MOMENT: Time = Time(0);
/// A burst may lie in two minutes, and R1 reaches five minutes back.
const NEXT_MINUTE: Duration = Duration::from_mins(1);
const BEFORE_BURST: Duration = Duration::from_mins(6);

impl Judge {
    /// What the rules say today of the stored hits of one copy, of a message with so many links. In the order of the hits:
    /// a verdict, the same one where nothing changed, or nothing where the evidence cannot be told any more.
    pub fn judge_again(&self, hits: &[Kept], links: Option<u16>) -> Vec<Option<Verdict>> {
        let read: Vec<_> = hits.iter().map(|kept| self.read(kept)).collect();
        let again = |hit: &Option<Read<'_>>| {
            let hit = hit.as_ref()?;
            let verdict = match hit.sign {
                None => hit.alone.clone(),
                Some(sign) => weigh(&hit.alone, sign, is_by_hand(hit, sign, &read, links)),
            };
            Some(if hit.disowned {
                disowned(&verdict, None).0
            } else {
                verdict
            })
        };
        read.iter().map(again).collect()
    }

    fn read<'k>(&self, kept: &'k Kept) -> Option<Read<'k>> {
        let codes: Vec<R> =
            (kept.verdict.reasons.iter().map(|code| R::of(code))).collect::<Option<_>>()?;
        let (disowned, codes) = match codes.split_first() {
            Some((R::NotMe, rest)) => (true, rest),
            _ => (false, &codes[..]),
        };
        let (sign, codes) = match codes.split_first() {
            Some((sign, rest)) if is_sign(*sign) => (Some(*sign), rest),
            _ => (None, codes),
        };
        let alone = self.judge_evidence(kept.axis, &kept.verdict.opener, codes)?;
        Some(Read {
            kept,
            alone,
            sign,
            disowned,
        })
    }

    /// One request's verdict from the codes of its evidence.
    fn judge_evidence(&self, axis: Axis, opener: &str, codes: &[R]) -> Option<Verdict> {
        let has = |code| codes.contains(&code);
        let opener = self.opener_again(opener, codes)?;
        let network = network(codes, opener);
        let gateway = self.tables.gateways.first().map(|g| g.replace('*', "x"));
        let referer = format!("https://{}/", gateway.unwrap_or_default());
        let when = |is: bool, text| if is { text } else { "" };
        let headers = Headers {
            user_agent: match () {
                () if has(R::NoAgent) => "",
                () if has(R::BrowserHeadersMissing) => "Chrome/999",
                () => "-",
            },
            purpose: when(has(R::PrefetchHeader), "prefetch"),
            fetch_dest: when(has(R::BrowserImage), "image"),
            fetch_mode: when(
                // A click by what names itself no browser: unknown only if it navigated, or told nothing over plain HTTP.
                has(R::Navigated) || has(R::NavigatedSilently) || has(R::NothingKnown),
                "navigate",
            ),
            fetch_user: when(has(R::Navigated), "?1"),
            referer: when(has(R::GatewayReferer), &referer),
            ..Headers::default()
        };
        let request = Request {
            kind: axis,
            at: MOMENT + Duration::from_secs(1),
            method: if has(R::NotGet) { "HEAD" } else { "GET" },
            https: !has(R::PlainHttp) && !has(R::GatewayReferer),
            remote: None,
            headers,
            own_session: has(R::OwnSession),
            delivered_at: has(R::SecondsAfterDelivery).then_some(MOMENT),
        };
        let evidence = Evidence::of(&self.tables, &request, opener, network);
        Some(match axis {
            Axis::Open => open::judge(&evidence),
            Axis::Click | Axis::Document => click::judge(&evidence),
        })
    }

    /// Which opener it was, before a scanner's mask was taken off.
    fn opener_again(&self, opener: &str, codes: &[R]) -> Option<&Opener> {
        let has = |code| codes.contains(&code);
        let id = match opener {
            _ if has(R::ClaimedAgent) => return None,
            _ if has(R::BareAgent) => "apple_mpp",
            "scanner" if has(R::NotGet) => "scanner",
            "scanner" if has(R::MailClient) || has(R::MailApp) => return None,
            "scanner" if has(R::NothingKnown) || has(R::NoAgent) => "unknown",
            "scanner" if has(R::ApplePrivacy) => "apple_mpp",
            "scanner" => "browser",
            known => known,
        };
        self.tables.agents.by_id(id)
    }
}

/// A network of the kind that the codes tell of. Its number fits the opener where they say that it did.
fn network<'t>(codes: &[R], opener: &'t Opener) -> Network<'t> {
    let provider = opener.networks.first().copied();
    let (standing, asn) = codes
        .iter()
        .find_map(|code| {
            Some(match code {
                R::ProviderNetwork => (Standing::Plain, provider),
                R::AppleRelayPartner => (Standing::Relay, provider),
                R::AppleRelay | R::PrivateRelay => (Standing::Relay, Some(0)),
                R::OrdinaryNetwork => (Standing::Plain, Some(0)),
                R::LocalNetwork => (Standing::Local, None),
                R::HostingNetwork => (Standing::Hosting, Some(0)),
                R::MicrosoftScan | R::MicrosoftOpen | R::OutlookAtMicrosoft => {
                    (Standing::Microsoft, Some(8075))
                }
                R::SecurityNetwork => (Standing::Security(opener.id), Some(0)),
                R::SharedNetwork => (Standing::Shared(opener.id), Some(0)),
                _ => return None,
            })
        })
        .unwrap_or((Standing::Unchecked, None));
    Network {
        standing,
        asn,
        name: None,
        country: None,
        city: None,
        apple_relay: codes.contains(&R::AppleRelay) || codes.contains(&R::PrivateRelay),
    }
}

/// Was it found by comparing? `SecondsAfterDelivery` may be either; it stands first where comparing found it.
fn is_sign(code: R) -> bool {
    matches!(
        code,
        R::LinkBurst
            | R::LinkPair
            | R::BurstSource
            | R::SoonAfterBurst
            | R::AfterBurst
            | R::OpenBeforeBurst
            | R::ManyCopies
            | R::TwoAgents
            | R::GatewayDomain
            | R::LoadedAgain
            | R::BackgroundSync
            | R::SecondsAfterDelivery
    )
}

/// May a burst have been a person's, as far as minutes show? Sources are not known any more; that each member is surely a
/// person's when judged alone is.
fn is_by_hand(hit: &Read<'_>, sign: R, all: &[Option<Read<'_>>], links: Option<u16>) -> bool {
    let (from, to) = match sign {
        R::LinkBurst | R::LinkPair => (hit.kept.at - NEXT_MINUTE, hit.kept.at + NEXT_MINUTE),
        R::OpenBeforeBurst => (hit.kept.at, hit.kept.at + BEFORE_BURST),
        _ => return false,
    };
    let sign = if sign == R::OpenBeforeBurst {
        R::LinkBurst
    } else {
        sign
    };
    let members: Vec<&Read<'_>> = (all.iter().flatten())
        .filter(|other| other.sign == Some(sign))
        .filter(|other| (from..=to).contains(&other.kept.at))
        .collect();
    let mut different: Vec<u16> = members.iter().map(|member| member.kept.link).collect();
    different.sort_unstable();
    different.dedup();
    // A member that could not be read may be anything.
    let unread = all.iter().filter(|other| other.is_none()).count();
    let few = different.len() + unread <= BY_HAND_LINKS_MAX;
    let some = links.is_none_or(|links| different.len() < usize::from(links));
    let sure = members.iter().all(|member| member.alone.is_certain());
    !members.is_empty() && few && some && sure && hit.alone.meaning.is_human()
}
