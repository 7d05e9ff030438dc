//! Command lines out of a byte stream, split-proof and bounded.
//!
//! A line ends with CRLF and nothing else: where two programs disagree about the end of a line, one
//! of them can be made to see a command that the other took for data.

use super::reply::Reply;

/// RFC 5321 §4.5.3.1.4 says 512 octets and lets each extension add some; DSN with SMTPUTF8 comes to
/// about 1,200, AUTH PLAIN to about 1,100.
const LINE_BYTES_MAX: usize = 4096;
/// A peer that sends this much without a newline is not speaking SMTP.
const FLOOD_BYTES_MAX: usize = 256 * 1024;

/// What the next bytes held.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// No newline yet.
    More,
    /// One line without its CRLF.
    Text(String),
    /// One line that cannot be a command; it is used up.
    Bad(Reply),
    /// No newline will come: give up.
    Flood,
}

/// Collects the bytes of one line.
#[derive(Default)]
pub(super) struct LineReader {
    line: Vec<u8>,
    /// Bytes of the current line that were not kept, because it is too long.
    dropped: usize,
}

impl LineReader {
    /// Takes bytes from `input` up to the end of one line.
    pub(super) fn read(&mut self, input: &mut &[u8]) -> Line {
        let newline = input.iter().position(|&byte| byte == b'\n');
        let (piece, rest) = input.split_at(newline.map_or(input.len(), |at| at + 1));
        *input = rest;
        let room = LINE_BYTES_MAX.saturating_sub(self.line.len());
        let kept = piece.len().min(room);
        self.line.extend_from_slice(&piece[..kept]);
        self.dropped += piece.len() - kept;
        if self.dropped > FLOOD_BYTES_MAX {
            return Line::Flood;
        }
        match newline {
            Some(_) => self.finish(),
            None => Line::More,
        }
    }

    fn finish(&mut self) -> Line {
        let line = std::mem::take(&mut self.line);
        let dropped = std::mem::take(&mut self.dropped);
        if dropped > 0 {
            let why = format!("The line is longer than {LINE_BYTES_MAX} octets");
            return Line::Bad(Reply::new(500, (5, 5, 2), why));
        }
        let Some(text) = line.strip_suffix(b"\r\n") else {
            return Line::Bad(Reply::new(
                500,
                (5, 5, 2),
                "Lines must end with CR LF, not LF alone",
            ));
        };
        match std::str::from_utf8(text) {
            Ok(text) if !text.chars().any(char::is_control) => Line::Text(text.into()),
            Ok(_) => Line::Bad(Reply::new(
                500,
                (5, 5, 2),
                "The line has control characters",
            )),
            Err(_) => Line::Bad(Reply::new(
                500,
                (5, 5, 2),
                "The line is neither ASCII nor UTF-8",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<Line> {
        let mut reader = LineReader::default();
        let mut out = Vec::new();
        for piece in pieces {
            let mut input = *piece;
            while !input.is_empty() {
                match reader.read(&mut input) {
                    Line::More => {}
                    line => out.push(line),
                }
            }
        }
        out
    }

    fn code(line: &Line) -> u16 {
        match line {
            Line::Bad(reply) => reply.code,
            _ => 0,
        }
    }

    #[test]
    fn only_crlf_ends_a_line() {
        assert_eq!(
            lines(&[b"NO", b"OP\r", b"\nQUIT\r\n"]),
            [Line::Text("NOOP".into()), Line::Text("QUIT".into())]
        );
        for bad in [
            &b"NOOP\n"[..],
            b"NO\rOP\r\n",
            b"NO\0OP\r\n",
            b"\xff\r\n",
            b"\r\r\n",
        ] {
            assert_eq!(
                lines(&[bad]).iter().map(code).collect::<Vec<_>>(),
                [500],
                "{bad:?}"
            );
        }
    }

    #[test]
    fn long_lines_are_refused_and_not_kept() {
        let mut reader = LineReader::default();
        let mut input = &vec![b'a'; 100_000][..];
        assert_eq!(reader.read(&mut input), Line::More);
        assert!(reader.line.capacity() <= 2 * LINE_BYTES_MAX);
        assert_eq!(code(&reader.read(&mut &b"\r\n"[..])), 500);
        assert_eq!(
            reader.read(&mut &b"NOOP\r\n"[..]),
            Line::Text("NOOP".into())
        );
    }

    #[test]
    fn a_flood_ends() {
        let mut reader = LineReader::default();
        let mut rounds = 0;
        while reader.read(&mut &[b'a'; 4096][..]) != Line::Flood {
            rounds += 1;
            assert!(rounds < 100);
        }
    }
}
