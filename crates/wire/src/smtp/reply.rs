//! One SMTP reply: made by the server, read by the client, quoted in bounces.
//!
//! Writing makes any text safe for the wire; reading bounds what a relay can make us hold.

use std::fmt;

/// RFC 5321 §4.5.3.1.5 allows 512 octets a line, code and CRLF included; enhanced code leaves this.
const TEXT_PER_LINE_MAX: usize = 480;
/// A handler's text is cut here: no reply needs more, EHLO has about a dozen.
const LINES_WRITTEN_MAX: usize = 32;
/// Twice what the longest replies seen in the wild need; RFC 5321 says 512.
const LINE_READ_BYTES_MAX: usize = 4096;
/// Real EHLO replies have up to about 20 lines, policy refusals about 10.
const LINES_READ_MAX: usize = 100;
/// All lines of one reply together.
const READ_BYTES_MAX: usize = 16 * 1024;

/// An SMTP reply: three-digit code, enhanced status code (RFC 3463) and text for people.
///
/// A relay's text may quote addresses: show it to the sender, never log it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// 200–599.
    pub code: u16,
    /// `5.1.1` as `(5, 1, 1)`.
    pub enhanced: Option<(u8, u16, u16)>,
    /// Lines are separated by `\n`.
    pub text: String,
}

impl Reply {
    /// A reply with an enhanced status code.
    pub fn new(code: u16, enhanced: (u8, u16, u16), text: impl Into<String>) -> Self {
        Self {
            code,
            enhanced: Some(enhanced),
            text: text.into(),
        }
    }

    /// A reply without one: greeting, EHLO, 334 and 354 have none (RFC 2034 §4).
    pub fn plain(code: u16, text: impl Into<String>) -> Self {
        Self {
            code,
            enhanced: None,
            text: text.into(),
        }
    }

    /// 2xx: done. (3xx means "go on" and is neither positive nor negative.)
    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// 4xx: the same may work later.
    pub fn is_temporary(&self) -> bool {
        (400..500).contains(&self.code)
    }

    /// 5xx: the same will never work.
    pub fn is_permanent(&self) -> bool {
        self.code >= 500
    }

    /// Appends the reply as it goes over the wire. Whatever the text holds, only printable ASCII
    /// goes out, so that no text can start a reply of its own (and RFC 6531 §3.7.4.1 wants ASCII
    /// from a server that does not know yet whom it talks to).
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let clean: Vec<Vec<u8>> = self.text.split('\n').map(printable).collect();
        let mut lines: Vec<&[u8]> = Vec::new();
        for line in &clean {
            if line.is_empty() {
                lines.push(line);
            }
            lines.extend(line.chunks(TEXT_PER_LINE_MAX));
        }
        lines.truncate(LINES_WRITTEN_MAX);
        for (i, line) in lines.iter().enumerate() {
            let separator = if i + 1 == lines.len() { ' ' } else { '-' };
            out.extend_from_slice(format!("{:03}{separator}", self.code).as_bytes());
            if let Some((class, subject, detail)) = self.enhanced {
                out.extend_from_slice(format!("{class}.{subject}.{detail} ").as_bytes());
            }
            out.extend_from_slice(line);
            out.extend_from_slice(b"\r\n");
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some((class, subject, detail)) = self.enhanced {
            write!(f, " {class}.{subject}.{detail}")?;
        }
        for line in self.text.split('\n').filter(|line| !line.is_empty()) {
            write!(f, " {line}")?;
        }
        Ok(())
    }
}

fn printable(line: &str) -> Vec<u8> {
    line.chars()
        .map(|c| match c {
            ' '..='~' => c as u8,
            c if c.is_control() => b' ',
            _ => b'?',
        })
        .collect()
}

/// Puts a relay's reply together from whatever pieces arrive.
#[derive(Default)]
pub(super) struct ReplyReader {
    line: Vec<u8>,
    lines: usize,
    bytes: usize,
    reply: Option<Reply>,
}

impl ReplyReader {
    /// Takes bytes from `input` up to the end of one reply. `Ok(None)`: more is needed. `Err` says
    /// what is wrong with the bytes; the conversation cannot go on after it.
    pub(super) fn read(&mut self, input: &mut &[u8]) -> Result<Option<Reply>, String> {
        while let Some((&byte, rest)) = input.split_first() {
            *input = rest;
            self.bytes += 1;
            if byte != b'\n' {
                self.line.push(byte);
                if self.line.len() > LINE_READ_BYTES_MAX {
                    return Err(format!(
                        "a reply line is longer than {LINE_READ_BYTES_MAX} bytes"
                    ));
                }
                continue;
            }
            self.lines += 1;
            if self.lines > LINES_READ_MAX || self.bytes > READ_BYTES_MAX {
                return Err(format!(
                    "a reply is longer than {LINES_READ_MAX} lines or {READ_BYTES_MAX} bytes"
                ));
            }
            if self.take_line()? {
                self.lines = 0;
                self.bytes = 0;
                return Ok(self.reply.take());
            }
        }
        Ok(None)
    }

    /// Adds the finished line to the reply; `true` when it was the last.
    fn take_line(&mut self) -> Result<bool, String> {
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        let code = line
            .first_chunk::<3>()
            .filter(|digits| digits.iter().all(u8::is_ascii_digit))
            .map(|digits| digits.iter().fold(0, |n, d| n * 10 + u16::from(d - b'0')))
            .filter(|code| (200..600).contains(code));
        let last = match line.get(3) {
            None | Some(b' ') => true,
            Some(b'-') => false,
            Some(_) => return Err("the answer is not an SMTP reply".into()),
        };
        let code = code.ok_or("the answer is not an SMTP reply")?;
        let text = cleaned(line.get(4..).unwrap_or_default());
        let (enhanced, text) = split_enhanced(code, &text);
        match &mut self.reply {
            None => {
                self.reply = Some(Reply {
                    code,
                    enhanced,
                    text: text.to_owned(),
                });
            }
            Some(reply) if reply.code == code => {
                reply.text.push('\n');
                reply.text.push_str(text);
            }
            Some(_) => return Err("the lines of one reply have different codes".into()),
        }
        Ok(last)
    }
}

/// UTF-8 where it is UTF-8, without anything that could move a terminal's cursor or a header.
fn cleaned(text: &[u8]) -> String {
    String::from_utf8_lossy(text)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Splits `5.1.1 no such user`. The class must fit the code, else it is just text that begins
/// with numbers ("250 2.5 messages a second").
fn split_enhanced(code: u16, text: &str) -> (Option<(u8, u16, u16)>, &str) {
    let (status, rest) = text.split_once(' ').unwrap_or((text, ""));
    let mut numbers = status.split('.').map(|part| {
        (1..=3)
            .contains(&part.len())
            .then(|| part.parse::<u16>().ok())
            .flatten()
    });
    match (
        numbers.next(),
        numbers.next(),
        numbers.next(),
        numbers.next(),
    ) {
        (Some(Some(class)), Some(Some(subject)), Some(Some(detail)), None)
            if class == code / 100 =>
        {
            (Some((class as u8, subject, detail)), rest)
        }
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests;
