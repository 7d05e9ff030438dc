//! Our own earlier pixels and links inside a mail that passes us again, as the quoted part of a reply or forward.
//!
//! Left in place they would make the new reader's opens and clicks count for somebody else's copy. A link that was made
//! here goes back to where it leads; whether it was made here is the MAC's word, not its looks.

use crate::instrument::Tools;
use model::Purpose;

/// Where one of our own tracked links leads; none for any other URL.
pub(crate) fn original(url: &str, tools: &Tools<'_>) -> Option<String> {
    let (token, to) = tools.tracker.read_click(url)?;
    tools
        .keyring
        .verify(Purpose::Click, token, to.as_str())
        .ok()?;
    Some(to.as_str().to_owned())
}

/// Is this picture one of our own pixels? One that was forged does no harm when it is dropped, too.
pub(crate) fn is_pixel(picture: &mail::Picture, tools: &Tools<'_>) -> bool {
    tools.tracker.is_pixel(&picture.source)
}
