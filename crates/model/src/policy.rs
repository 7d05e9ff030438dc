//! The workspace's own tracking policy: what its people promise before they may track anybody.
//!
//! A version is its text; it is named by the SHA-256 of that text. Whoever has not acknowledged the version in force
//! sends untracked mail, whatever recipients agreed to.

/// The policy a workspace begins with. Whoever writes their own publishes a new version.
pub const FIRST: &str = "\
Tracking policy

1. We record that somebody opened our mail or followed a link only if that person agreed to it beforehand. Agreement \
   to get our mail is not agreement to be tracked.
2. Silence, an old customer relationship or a business address is no agreement. If we do not know, we do not track.
3. Every tracked mail says so in a line that the reader can see, and leads to a page where they can stop it.
4. Stopping is as easy as agreeing, works at once, also for mails already sent, and costs the person nothing: they \
   get the same mails, answers and offers.
5. We do not use what we learn against the person it is about: not to press them, not to time a call to the minute \
   they read a mail, not to judge a colleague.
6. We do not copy what Overt shows about a person into other systems without telling the compliance desk first.
7. Nobody is tracked by other means beside Overt: no pixels, links or documents of other services in our mail.
8. Whoever sees that something went wrong tells the compliance desk the same day: a mail tracked that should not have \
   been, a list in the wrong hands, a request that was not answered.
";

/// Shortest and longest text that can be published, in characters.
pub const CHARS: std::ops::RangeInclusive<usize> = 100..=20_000;

/// A text as it is published: line ends are line feeds, no blanks at the ends of lines. None if it is too short or
/// too long to be a policy.
pub fn publishable(text: &str) -> Option<String> {
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    let text = format!("{}\n", lines.join("\n").trim());
    let control = |c: char| c.is_control() && c != '\n' && c != '\t';
    (CHARS.contains(&text.chars().count()) && !text.contains(control)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_is_one_version_however_it_was_typed() {
        let dos = FIRST.replace('\n', "  \r\n");
        assert_eq!(publishable(&dos).as_deref(), Some(FIRST));
        assert_eq!(publishable("too short"), None);
        assert_eq!(publishable(&"x".repeat(20_001)), None);
        assert_eq!(publishable(&format!("{FIRST}\u{7}")), None);
    }
}
