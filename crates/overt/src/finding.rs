//! How a check went, and in which words.

/// How a check went.
pub(crate) enum Finding {
    /// Well.
    Fine(String),
    /// Works, but somebody should look.
    Watch(String),
    /// Nobody could say; somebody should look, too.
    Unanswered(String),
    /// Does not work: what, and what to do.
    Broken(String),
}
