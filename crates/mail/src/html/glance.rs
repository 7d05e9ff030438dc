//! What few bodies have, by a look at what stands behind each `<`: the parser need not wait for what is not there.
//!
//! Errs on the side of yes: what is a tag and what a comment only the parser knows.

/// What there could be.
#[derive(Default, Clone, Copy)]
pub(super) struct Unusual {
    /// `area`, `base`, `blockquote`, `frameset`
    pub(super) rare: bool,
    /// VML
    pub(super) shapes: bool,
    /// `svg`, `math`
    pub(super) foreign: bool,
    /// `template`
    pub(super) template: bool,
    /// `noscript`
    pub(super) noscript: bool,
    /// A link in a conditional comment. With an ear for comments the parser takes apart every tag.
    pub(super) hidden_links: bool,
}

impl Unusual {
    pub(super) fn of(view: &[u8]) -> Self {
        let mut unusual = Self::default();
        let mut comment_end = 0;
        for at in memchr::memchr_iter(b'<', view) {
            let begins = |name: &[u8]| {
                let tag = view.get(at + 1..at + 1 + name.len());
                tag.is_some_and(|tag| tag.eq_ignore_ascii_case(name))
            };
            match view.get(at + 1).map(u8::to_ascii_lowercase) {
                // Those that begin within one end with it, and were looked through with it.
                Some(b'!') if at >= comment_end && begins_conditional(&view[at..]) => {
                    let end = memchr::memmem::find(&view[at..], b"-->");
                    comment_end = end.map_or(view.len(), |end| at + end);
                    let mut words = view[at..comment_end].windows(4);
                    unusual.hidden_links |= words.any(|word| word.eq_ignore_ascii_case(b"href"));
                }
                Some(b'a') => unusual.rare |= begins(b"area"),
                Some(b'b') => unusual.rare |= begins(b"base") || begins(b"blockquote"),
                Some(b'f') => unusual.rare |= begins(b"frameset"),
                Some(b'm') => unusual.foreign |= begins(b"math"),
                Some(b'n') => unusual.noscript |= begins(b"noscript"),
                Some(b's') => unusual.foreign |= begins(b"svg"),
                Some(b't') => unusual.template |= begins(b"template"),
                Some(b'v') => unusual.shapes |= begins(b"v:"),
                _ => {}
            }
        }
        unusual
    }
}

/// `<!--[if`
fn begins_conditional(text: &[u8]) -> bool {
    let condition = text.strip_prefix(b"<!--").map(<[u8]>::trim_ascii_start);
    condition.is_some_and(|text| {
        text.get(..3)
            .is_some_and(|begin| begin.eq_ignore_ascii_case(b"[if"))
    })
}
