//! The plain text part: where a line goes, and what makes a text untouchable.
//!
//! A line goes before a signature and before a quoted mail at the end, where people look and where clients do not
//! fold it away; else to the end.

/// The position in the view of a text where a new paragraph goes: always the start of a line or the end.
pub(crate) fn line_position(view: &[u8]) -> usize {
    let mut at = 0;
    let mut starts = view.split_inclusive(|b| *b == b'\n').map(|line| {
        let start = at;
        at += line.len();
        (start, line.trim_ascii_end(), &view[at..])
    });
    let marker = starts.find(|(_, line, following)| begins_tail(line, following));
    let marker = marker.map(|(start, ..)| start);
    let quote = trailing_quote(view);
    marker.into_iter().chain(quote).min().unwrap_or(view.len())
}

/// A signature delimiter (RFC 3676 §4.3) or the head of a quoted or forwarded mail as Outlook and others write it.
fn begins_tail(line: &[u8], following: &[u8]) -> bool {
    let mut following = following.split_inclusive(|b| *b == b'\n');
    if line == b"--" {
        // Only near the end: two dashes alone also rule off sections.
        return following.nth(SIGNATURE_LINES_MAX).is_none();
    }
    let dashes = line.iter().take_while(|b| **b == b'-').count();
    let underscores = line.iter().take_while(|b| **b == b'_').count();
    let ruled = dashes >= 5 && line.ends_with(b"-----") && line.len() > dashes
        || underscores >= 30 && underscores == line.len();
    let header_follows = || {
        following
            .map(<[u8]>::trim_ascii_end)
            .find(|line| !line.is_empty())
            .is_some_and(is_header_like)
    };
    ruled && header_follows()
}

const SIGNATURE_LINES_MAX: usize = 15;

/// `From: …`, `Von: …`, `*De :* …`
fn is_header_like(line: &[u8]) -> bool {
    let colon = line.iter().take(20).position(|b| *b == b':');
    colon.is_some_and(|colon| colon > 1 && !line[..colon].contains(&b'/'))
}

/// Where a quote begins that runs to the end, with the line that introduces it.
fn trailing_quote(view: &[u8]) -> Option<usize> {
    let mut at = view.len();
    let mut back = view.split_inclusive(|b| *b == b'\n').rev().map(|line| {
        at -= line.len();
        (at, line.trim_ascii_end())
    });
    let (mut first, last) = back.find(|(_, line)| !line.is_empty())?;
    if !last.starts_with(b">") {
        return None;
    }
    let mut blanks = 0;
    let above = back.find(|(start, line)| {
        if line.starts_with(b">") {
            (first, blanks) = (*start, 0);
            return false;
        }
        blanks += usize::from(line.is_empty());
        !line.is_empty()
    });
    // "On Tuesday, A wrote:" in any language: up to two lines, the last one ending in a colon.
    let Some((above, line)) = above.filter(|(_, line)| line.ends_with(b":") && blanks <= 1) else {
        return Some(first);
    };
    let before = back
        .next()
        .filter(|(_, before)| line.len() < 60 && !before.is_empty());
    let alone = back.next().is_none_or(|(_, line)| line.is_empty());
    Some(before.filter(|_| alone).map_or(above, |(before, _)| before))
}

/// Is there PGP armour in a body: is it signed or encrypted as it stands? In HTML a line of it begins behind a tag, too, and
/// may be broken at its blanks, as Outlook does, or have others in their place.
pub(crate) fn has_pgp(body: &[u8], html: bool) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN";
    memchr::memmem::find_iter(body, BEGIN).any(|at| {
        let before = without_blanks_behind(&body[..at]);
        let begins = match before.last() {
            None | Some(b'\n') => true,
            Some(last) => html && *last == b'>',
        };
        begins && names_a_message(&body[at + BEGIN.len()..], html)
    })
}

fn without_blanks_behind(mut text: &[u8]) -> &[u8] {
    loop {
        text = match text {
            [rest @ .., b' ' | b'\t'] => rest,
            _ => match text.strip_suffix(b"&nbsp;") {
                Some(rest) => rest,
                None => return text,
            },
        }
    }
}

/// What is behind `-----BEGIN` of a message that is signed or encrypted; not so that of a key.
fn names_a_message(mut text: &[u8], html: bool) -> bool {
    let mut word = |word: &[u8]| {
        let mut rest = text;
        loop {
            rest = match rest {
                [b' ', after @ ..] => after,
                [b'\r' | b'\n' | b'\t', after @ ..] if html => after,
                _ => match rest.strip_prefix(b"&nbsp;") {
                    Some(after) => after,
                    None => break,
                },
            }
        }
        let found = rest.strip_prefix(word).filter(|_| rest.len() < text.len());
        text = found.unwrap_or(text);
        found.is_some()
    };
    word(b"PGP") && (word(b"MESSAGE") || word(b"SIGNED") && word(b"MESSAGE"))
}

#[cfg(test)]
mod tests;
