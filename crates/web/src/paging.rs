//! Lists that are shown a page at a time. One more is asked for than the page holds: whether it comes says if others follow.

use crate::error::{Error, Result};
use std::str::FromStr;

/// Cuts what was found to a page. If others follow, the page's last as what the next page begins with.
pub(crate) fn cut<T, N>(found: &mut Vec<T>, holds: usize, next: impl FnOnce(&T) -> N) -> Option<N> {
    let more = found.len() > holds;
    found.truncate(holds);
    found.last().filter(|_| more).map(next)
}

/// Where the page before ended; nowhere for the first one.
pub(crate) fn after<T: FromStr>(place: &str) -> Result<Option<T>> {
    if place.is_empty() {
        return Ok(None);
    }
    let bad = |_| Error::Query("after: take it from the page before".into());
    place.parse().map(Some).map_err(bad)
}
