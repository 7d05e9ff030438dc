//! Drives one [`Session`] over one stream: reads and writes with timeouts, asks the handler, slows
//! down guessing, and ends politely when the server stops.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::handler::Handler;
use super::peers::Seat;
use super::reply::Reply;
use super::session::{Session, Setting, Step, closing};

/// Replies to pipelined commands go out together (RFC 2920 §3.2), but not more than this much.
const OUTPUT_BYTES_MAX: usize = 8 * 1024;
const INPUT_BYTES: usize = 16 * 1024;
/// However often somebody guesses, one answer does not take longer.
const AUTH_DELAY_MAX: Duration = Duration::from_secs(30);
/// After our last word the peer may have bytes under way; a close with unread input would reset the
/// connection and could take the reply with it.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How a conversation ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Said goodbye, or the peer went away.
    Closed,
    /// `220` was said to STARTTLS: the handshake is next.
    StartTls,
}

/// What a conversation needs besides its stream.
pub(super) struct Conversation<'a, H> {
    pub(super) setting: Arc<Setting>,
    pub(super) handler: &'a H,
    pub(super) seat: &'a Seat,
    /// Turns true when the server stops.
    pub(super) stopping: watch::Receiver<bool>,
    pub(super) started: Instant,
    /// A session that goes on after STARTTLS is not greeted again.
    pub(super) greet: bool,
}

enum Heard {
    Bytes(usize),
    Gone,
    Timeout,
    Stopping,
}

impl<H: Handler> Conversation<'_, H> {
    /// Talks until one side ends it. Errors are the stream's.
    pub(super) async fn run<S>(mut self, stream: &mut S) -> io::Result<End>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let mut session = Session::<H::User>::new(Arc::clone(&self.setting));
        let mut output = Vec::new();
        let mut buffer = vec![0; INPUT_BYTES];
        let mut input: &[u8] = &[];
        let mut data_until = None;
        if self.greet {
            session.greeting().write(&mut output);
        }
        loop {
            match self
                .answer(&mut session, &mut input, stream, &mut output)
                .await?
            {
                Step::Reply(reply) => {
                    reply.write(&mut output);
                    if !session.in_data() {
                        data_until = None;
                    }
                    if output.len() > OUTPUT_BYTES_MAX {
                        self.flush(stream, &mut output).await?;
                    }
                }
                Step::Close(reply) => {
                    reply.write(&mut output);
                    self.flush(stream, &mut output).await?;
                    linger(stream).await;
                    return Ok(End::Closed);
                }
                Step::StartTls(reply) => {
                    reply.write(&mut output);
                    self.flush(stream, &mut output).await?;
                    // What is left of `input` came in the clear and is forgotten here: it could be
                    // an attacker's (RFC 3207 §6, CVE-2011-0411).
                    return Ok(End::StartTls);
                }
                // Every other step was a question and has become a reply.
                _ => {
                    self.flush(stream, &mut output).await?;
                    let until = self.deadline(&session, &mut data_until);
                    let reply = match self.hear(stream, &mut buffer, &session, until).await? {
                        Heard::Bytes(n) => {
                            input = &buffer[..n];
                            continue;
                        }
                        Heard::Gone => return Ok(End::Closed),
                        Heard::Timeout => closing((4, 4, 2), "Timeout"),
                        Heard::Stopping => closing((4, 3, 2), "The server is going down"),
                    };
                    reply.write(&mut output);
                    self.flush(stream, &mut output).await?;
                    linger(stream).await;
                    return Ok(End::Closed);
                }
            }
        }
    }

    /// The session's next step; questions to the handler are asked and answered on the way, so
    /// that only `Read`, `Reply`, `Close` and `StartTls` come out.
    async fn answer<S>(
        &self,
        session: &mut Session<H::User>,
        input: &mut &[u8],
        stream: &mut S,
        output: &mut Vec<u8>,
    ) -> io::Result<Step>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        Ok(match session.next(input) {
            Step::Authenticate(claim) => {
                if self.seat.is_locked_out() {
                    let why = "Too many wrong passwords from your network; wait a few minutes";
                    return Ok(Step::Close(closing((4, 7, 0), why)));
                }
                self.flush(stream, output).await?;
                let verdict = self
                    .handler
                    .authenticate(&claim.name, &claim.password)
                    .await;
                if verdict.as_ref().is_ok_and(Option::is_none) {
                    self.seat.failed();
                    self.pause(session.auth_failures()).await;
                }
                session.authenticated(verdict)
            }
            Step::Sender(mail) => {
                let verdict = self.handler.sender(session.user(), &mail.from).await;
                session.sender_answered(mail, verdict)
            }
            Step::Recipient(to) => {
                let verdict = self.handler.recipient(session.user(), &to.address).await;
                session.recipient_answered(to, verdict)
            }
            Step::Message(mail, data, room) => {
                let reply = self.handler.message(session.user(), *mail, data).await;
                drop(room);
                Step::Reply(reply)
            }
            step => step,
        })
    }

    /// Until when the peer must have said something. Pieces of a mail keep the session alive, but
    /// not beyond the time for the whole mail.
    fn deadline(&self, session: &Session<H::User>, data_until: &mut Option<Instant>) -> Instant {
        let limits = &self.setting.limits;
        let now = Instant::now();
        let whole = if session.in_data() {
            *data_until.get_or_insert(now + limits.data_timeout)
        } else {
            self.started + limits.session_max
        };
        whole.min(now + limits.idle)
    }

    async fn hear<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        buffer: &mut [u8],
        session: &Session<H::User>,
        until: Instant,
    ) -> io::Result<Heard> {
        let read = timeout_at(until, stream.read(buffer));
        let heard = if session.in_data() {
            read.await
        } else {
            tokio::select! {
                biased;
                _ = self.stopping.wait_for(|stopping| *stopping) => return Ok(Heard::Stopping),
                heard = read => heard,
            }
        };
        Ok(match heard {
            Err(_) => Heard::Timeout,
            Ok(Ok(0)) => Heard::Gone,
            Ok(Ok(n)) => Heard::Bytes(n),
            Ok(Err(error)) => return Err(error),
        })
    }

    /// Waits after a wrong password, but not beyond the server's end.
    async fn pause(&self, failures_before: u32) {
        let delay = self.setting.limits.auth_delay;
        let delay = delay.saturating_mul(1 << failures_before.min(16));
        let mut stopping = self.stopping.clone();
        let stop = stopping.wait_for(|stopping| *stopping);
        let _ = timeout(delay.min(AUTH_DELAY_MAX), stop).await;
    }

    async fn flush<S: AsyncWrite + Unpin>(
        &self,
        stream: &mut S,
        output: &mut Vec<u8>,
    ) -> io::Result<()> {
        if output.is_empty() {
            return Ok(());
        }
        let write = async {
            stream.write_all(output).await?;
            stream.flush().await
        };
        timeout(self.setting.limits.idle, write).await??;
        output.clear();
        Ok(())
    }
}

/// Says one reply on a stream that gets no session.
pub(super) async fn turn_away<S>(stream: &mut S, reply: &Reply)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut output = Vec::new();
    reply.write(&mut output);
    if let Ok(Ok(())) = timeout(LINGER, stream.write_all(&output)).await {
        linger(stream).await;
    }
}

/// Ends our side, then reads what is still coming for a moment.
async fn linger<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) {
    let rest = async {
        stream.shutdown().await?;
        let mut sink = vec![0; INPUT_BYTES];
        let mut left = LINGER_BYTES_MAX;
        loop {
            let n = stream.read(&mut sink).await?;
            if n == 0 || n > left {
                return io::Result::Ok(());
            }
            left -= n;
        }
    };
    let _ = timeout(LINGER, rest).await; // the reply is out; nothing more is owed
}

#[cfg(test)]
mod tests;
