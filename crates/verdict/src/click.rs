//! The rules for clicks and documents: the first that fits wins. Numbers C1–C11 are those of the classification
//! reference; those that need several requests are in `settle`.
//!
//! Two things differ from opens. Networks that check links decide here, because a person's browser is passed on and
//! arrives from the person's own network. And missing headers are evidence here, because browsers follow links, while
//! mail clients with their odd habits load pictures.

use crate::agent::Kind;
use crate::evidence::{Evidence, verdict};
use crate::network::Standing;
use crate::reason::Reason as R;
use model::{Axis, Meaning, Verdict};

pub(crate) fn judge(e: &Evidence<'_, '_>) -> Verdict {
    if e.request.own_session {
        return e.says(Meaning::Own, 99, &[R::OwnSession]); // C2
    }
    if e.request.method != "GET" {
        return e.scans(97, &[R::NotGet]); // C1
    }
    if e.is_prefetch() {
        return e.says(Meaning::Machine, 95, &[R::PrefetchHeader]);
    }
    match e.kind() {
        Kind::Preview => return e.says(Meaning::Machine, 95, &[R::LinkPreview]), // C2
        Kind::Tool => return e.says(Meaning::Machine, 95, &[R::Tool]),           // C2
        Kind::Crawler => return e.says(Meaning::Machine, 95, &[R::Crawler]),     // C2
        _ if e.request.headers.user_agent.is_empty() => {
            return e.says(Meaning::Machine, 70, &[R::NoAgent]);
        }
        _ => {}
    }
    match e.network.standing {
        Standing::Microsoft => verdict("microsoft", Meaning::Machine, 90, &[R::MicrosoftScan]), // C5
        Standing::Security(vendor) => verdict(vendor, Meaning::Machine, 90, &[R::SecurityNetwork]), // C5
        Standing::Shared(vendor) => verdict(vendor, Meaning::Unknown, 50, &[R::SharedNetwork]), // C5
        _ if e.lacks_chromium_headers() => e.scans(80, &[R::BrowserHeadersMissing]), // C7
        _ => by_navigation(e),
    }
}

/// C8, C9, C11 and the rest.
fn by_navigation(e: &Evidence<'_, '_>) -> Verdict {
    let network = e.network_reason();
    let headers = &e.request.headers;
    let of_a_person = matches!(e.kind(), Kind::Browser | Kind::Client | Kind::App);
    if !of_a_person {
        // Browsers that hide their name still say that they navigate.
        let silent = headers.fetch_mode.is_empty() && headers.fetch_dest.is_empty();
        if e.kind() == Kind::Unknown && silent && e.tells_fetch_metadata() {
            return e.says(Meaning::Machine, 75, &[R::NotABrowser, network]); // C2
        }
        let reason = if e.kind() == Kind::Privacy {
            R::BareAgent
        } else {
            R::NothingKnown
        };
        return verdict("unknown", Meaning::Unknown, 40, &[reason, network]);
    }
    let Some(surest) = e.if_ordinary(93, 85) else {
        return e.says(Meaning::Unknown, 50, &[network]); // C11
    };
    if e.tells_fetch_metadata() {
        if headers.fetch_mode == "navigate" {
            // C8. A window that a sandboxed page opened may lack the sign of a person's gesture, and is still a window.
            return if headers.fetch_user == "?1" {
                e.says(Meaning::Human, surest, &[R::Navigated, network])
            } else {
                e.says(
                    Meaning::Human,
                    surest - 18,
                    &[R::NavigatedSilently, network],
                )
            };
        }
        // A hosted document is also pictures and frames inside the page that shows it.
        if e.request.kind == Axis::Document && matches!(headers.fetch_dest, "image" | "iframe") {
            return e.says(Meaning::Human, surest - 8, &[R::BrowserImage, network]);
        }
    }
    if e.came_by_gateway() {
        return e.says(Meaning::Human, surest - 18, &[R::GatewayReferer, network]); // C9, the usual network unknown
    }
    let reason = if e.tells_fetch_metadata() {
        R::NoFetchMetadata
    } else {
        R::PlainHttp
    };
    e.says(Meaning::Unknown, 50, &[reason, network])
}
