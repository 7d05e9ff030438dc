//! The plain text part: where a line goes, and what makes a text untouchable.
//!
//! A line goes before a signature and before a quoted mail at the end, where people look and where clients do not
//! fold it away; else to the end.

/// The position in the view of a text where a new paragraph goes: always the start of a line or the end.
pub(crate) fn line_position(view: &[u8]) -> usize {
    let mut lines = Vec::new();
    let mut at = 0;
    for line in view.split_inclusive(|b| *b == b'\n') {
        lines.push((at, line.trim_ascii_end()));
        at += line.len();
    }
    let marker = lines
        .iter()
        .enumerate()
        .find(|(index, (_, line))| begins_tail(line, &lines[index + 1..]))
        .map(|(index, _)| index);
    let quote = trailing_quote(&lines);
    match marker.into_iter().chain(quote).min() {
        Some(index) => lines[index].0,
        None => view.len(),
    }
}

/// A signature delimiter (RFC 3676 §4.3) or the head of a quoted or forwarded mail as Outlook and others write it.
fn begins_tail(line: &[u8], following: &[(usize, &[u8])]) -> bool {
    if line == b"--" {
        // Only near the end: two dashes alone also rule off sections.
        return following.len() <= SIGNATURE_LINES_MAX;
    }
    let dashes = line.iter().take_while(|b| **b == b'-').count();
    let underscores = line.iter().take_while(|b| **b == b'_').count();
    let ruled = dashes >= 5 && line.ends_with(b"-----") && line.len() > dashes
        || underscores >= 30 && underscores == line.len();
    let header_follows = || {
        following
            .iter()
            .map(|(_, line)| line)
            .find(|line| !line.is_empty())
            .is_some_and(|line| is_header_like(line))
    };
    ruled && header_follows()
}

const SIGNATURE_LINES_MAX: usize = 15;

/// `From: …`, `Von: …`, `*De :* …`
fn is_header_like(line: &[u8]) -> bool {
    let colon = line.iter().take(20).position(|b| *b == b':');
    colon.is_some_and(|colon| colon > 1 && !line[..colon].contains(&b'/'))
}

/// The first line of a quote that runs to the end (a signature of a few lines after it aside), with the line that
/// introduces it.
fn trailing_quote(lines: &[(usize, &[u8])]) -> Option<usize> {
    let last = lines.iter().rposition(|(_, line)| !line.is_empty())?;
    if !lines[last].1.starts_with(b">") {
        return None;
    }
    let mut first = last;
    for (index, (_, line)) in lines[..last].iter().enumerate().rev() {
        if line.starts_with(b">") {
            first = index;
        } else if !line.is_empty() {
            break;
        }
    }
    // "On Tuesday, A wrote:" in any language: up to two lines, the last one ending in a colon.
    let above = lines[..first]
        .iter()
        .rposition(|(_, line)| !line.is_empty());
    if let Some(above) = above.filter(|above| lines[*above].1.ends_with(b":") && first - above <= 2)
    {
        first = above;
        if first > 0
            && !lines[first - 1].1.is_empty()
            && lines[first].1.len() < 60
            && (first == 1 || lines[first - 2].1.is_empty())
        {
            first -= 1;
        }
    }
    Some(first)
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
