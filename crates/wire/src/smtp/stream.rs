//! The client's end of a connection: whole commands out, whole replies in, each within its time.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::error::{SendError, Stage};
use super::reply::{Reply, ReplyReader};

/// Plain TCP or TLS over it.
pub(super) trait Bytes: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Bytes for T {}

/// After a failed write the relay may have said why; this long we listen for it.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A connection that knows what it is called in errors.
pub(super) struct Stream {
    relay: String,
    bytes: Box<dyn Bytes>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    replies: ReplyReader,
    /// What is going on, for whoever stops it from outside.
    stage: Stage,
}

impl Stream {
    pub(super) fn new(relay: String, bytes: Box<dyn Bytes>) -> Self {
        Self {
            relay,
            bytes,
            buffer: vec![0; 4096],
            start: 0,
            end: 0,
            replies: ReplyReader::default(),
            stage: Stage::Greeting,
        }
    }

    /// `host:port`.
    pub(super) fn relay(&self) -> &str {
        &self.relay
    }

    /// Gives the bytes back for TLS. `Err` when the relay sent more than it was asked for: what
    /// came in the clear must not be read as if it came under TLS (CVE-2021-38371 and its kin).
    pub(super) fn into_bytes(self) -> Result<Box<dyn Bytes>, SendError> {
        if self.start == self.end {
            return Ok(self.bytes);
        }
        Err(SendError::Protocol {
            relay: self.relay,
            stage: Stage::Tls,
            cause: "it sent more than its answer to STARTTLS".into(),
        })
    }

    /// Sends all of `bytes` within `time`.
    pub(super) async fn write(
        &mut self,
        bytes: &[u8],
        stage: Stage,
        time: Duration,
    ) -> Result<(), SendError> {
        self.stage = stage;
        let write = async {
            self.bytes.write_all(bytes).await?;
            self.bytes.flush().await
        };
        match timeout(time, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(self.last_words(stage).await),
            Err(_) => Err(self.out_of_time()),
        }
    }

    /// Reads one reply, whole, within `time`. `421` is an error at any time: the relay is going.
    pub(super) async fn reply(&mut self, stage: Stage, time: Duration) -> Result<Reply, SendError> {
        let reply = match timeout(time, self.next_reply()).await {
            Ok(Ok(Ok(reply))) => reply,
            Ok(Ok(Err(cause))) => {
                return Err(SendError::Protocol {
                    relay: self.relay.clone(),
                    stage,
                    cause,
                });
            }
            Ok(Err(_)) => {
                return Err(SendError::Closed {
                    relay: self.relay.clone(),
                    stage,
                });
            }
            Err(_) => return Err(self.out_of_time()),
        };
        if reply.code == 421 {
            return Err(SendError::Temporary {
                relay: self.relay.clone(),
                stage,
                reply,
            });
        }
        Ok(reply)
    }

    /// A command and its reply.
    pub(super) async fn ask(
        &mut self,
        command: &str,
        stage: Stage,
        time: Duration,
    ) -> Result<Reply, SendError> {
        self.write(format!("{command}\r\n").as_bytes(), stage, time)
            .await?;
        self.reply(stage, time).await
    }

    pub(super) async fn close(&mut self) {
        let _ = timeout(LAST_WORDS, self.bytes.shutdown()).await; // politeness only
    }

    async fn next_reply(&mut self) -> io::Result<Result<Reply, String>> {
        loop {
            let mut input = &self.buffer[self.start..self.end];
            let read = self.replies.read(&mut input);
            self.start = self.end - input.len();
            match read {
                Ok(Some(reply)) => return Ok(Ok(reply)),
                Ok(None) => {}
                Err(cause) => return Ok(Err(cause)),
            }
            self.start = 0;
            self.end = self.bytes.read(&mut self.buffer).await?;
            if self.end == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// The relay hung up while we were talking; if it said why, that is the better error. Only of
    /// the mail itself is it certain which words the answer is to: before, other answers may be
    /// under way, and none of them must bounce the whole mail.
    async fn last_words(&mut self, stage: Stage) -> SendError {
        let relay = self.relay.clone();
        match self.reply(stage, LAST_WORDS).await {
            Ok(reply) if reply.is_permanent() && stage >= Stage::Body => SendError::Permanent {
                relay,
                stage,
                reply,
            },
            Ok(reply) if reply.is_permanent() || reply.is_temporary() => SendError::Temporary {
                relay,
                stage,
                reply,
            },
            Err(error @ SendError::Temporary { .. }) => error,
            _ => SendError::Closed { relay, stage },
        }
    }

    /// A timeout in what is going on now.
    pub(super) fn out_of_time(&self) -> SendError {
        SendError::Timeout {
            relay: self.relay.clone(),
            stage: self.stage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::duplex;

    /// What a failed write makes of the relay's last words.
    async fn after(words: &str, stage: Stage) -> SendError {
        let (ours, mut theirs) = duplex(1000);
        theirs.write_all(words.as_bytes()).await.unwrap();
        drop(theirs);
        let mut stream = Stream::new("relay.example:25".into(), Box::new(ours));
        stream
            .write(b"text", stage, Duration::from_secs(1))
            .await
            .unwrap_err()
    }

    #[tokio::test]
    async fn last_words_are_heard() {
        let big = after("552 5.3.4 too big\r\n", Stage::Body).await;
        assert!(!big.is_temporary() && big.reply().unwrap().code == 552);
        let going = after("421 4.3.2 going down\r\n", Stage::Body).await;
        assert!(going.is_temporary() && going.reply().unwrap().code == 421);
        let silent = after("", Stage::Body).await;
        assert!(matches!(silent, SendError::Closed { .. }));
    }

    #[tokio::test]
    async fn an_answer_to_something_else_does_not_bounce_the_mail() {
        let one_recipient = after("550 5.1.1 no such user\r\n", Stage::Recipient).await;
        assert!(one_recipient.is_temporary(), "{one_recipient}");
    }
}
