//! Our own earlier addresses inside a mail that passes us again, as the quoted part of a reply or forward.
//!
//! Left in place, a pixel or a link would make the new reader's opens and clicks count for somebody else's copy, and a
//! page's address would hand them somebody else's page. So a link goes back to where it leads, a page's address becomes
//! the tracker's bare origin, and a pixel goes. Whether an address was made here is the MAC's word, not its looks.

use crate::instrument::Tools;
use model::{Axis, Purpose};

/// What is put in place of an address of ours; none for any other address.
pub(crate) fn replacement(url: &str, tools: &Tools<'_>) -> Option<String> {
    original(url, tools).or_else(|| is_page(url, tools).then(|| format!("{}/", tools.tracker)))
}

/// Where one of our own tracked links leads.
fn original(url: &str, tools: &Tools<'_>) -> Option<String> {
    let (token, to) = tools.tracker.read_click(url)?;
    let genuine = tools.keyring.tracked(Axis::Click, token, to.as_str());
    genuine.is_ok().then(|| to.as_str().to_owned())
}

/// Is this the address of one person's page, confirmation, receipt or unsubscribing?
fn is_page(url: &str, tools: &Tools<'_>) -> bool {
    let pages = [
        ("/p/confirm/", Purpose::Confirm),
        ("/p/own/", Purpose::Own),
        ("/p/guardian/", Purpose::Guardian),
        ("/p/", Purpose::Person),
        ("/r/", Purpose::Receipt),
        ("/u/", Purpose::Unsubscribe),
    ];
    let Some(path) = url.strip_prefix(tools.tracker.as_str()) else {
        return false;
    };
    pages.into_iter().any(|(prefix, purpose)| {
        let token = path
            .strip_prefix(prefix)
            .and_then(|rest| rest.split(['/', '?', '#']).next());
        token.is_some_and(|token| tools.keyring.verify(purpose, token, "").is_ok())
    })
}

/// Is this picture one of our own pixels? One that was forged does no harm when it is dropped, too.
pub(crate) fn is_pixel(picture: &mail::Picture, tools: &Tools<'_>) -> bool {
    // What quotes a mail in Gmail may call a picture by the address of Gmail's copy, with its own behind a `#`.
    let source = &*picture.source;
    let behind = source.split_once('#').map(|(_, own)| own);
    let mut names = std::iter::once(source).chain(behind);
    names.any(|name| tools.tracker.is_pixel(name))
}
