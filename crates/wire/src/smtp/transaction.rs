//! One mail over an open connection: MAIL, RCPT, DATA, the mail, the final dot, and what the relay
//! said to each recipient.

use tokio::time::timeout;

use super::address;
use super::client::{Connection, Extensions};
use super::data::Stuffer;
use super::envelope::{Envelope, Recipient, is_envid, is_orcpt};
use super::error::{SendError, Stage};
use super::reply::Reply;

/// Commands sent before their replies are read. Their replies must fit into the socket buffers of
/// both sides, or each would wait for the other to read (RFC 2920 §3.1).
const PIPELINED_MAX: usize = 50;
const BLOCK_BYTES: usize = 64 * 1024;

/// What a relay said about one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// To each `RCPT TO`, in the envelope's order.
    pub recipients: Vec<Reply>,
    /// To the whole message; `None` when no recipient was accepted and nothing was sent.
    pub message: Option<Reply>,
}

impl Delivery {
    /// What became of one recipient: its own refusal, or the answer to the message.
    pub fn outcome(&self, recipient: usize) -> Option<&Reply> {
        let own = self.recipients.get(recipient)?;
        match &self.message {
            Some(message) if own.is_positive() => Some(message),
            _ => Some(own),
        }
    }
}

/// The commands of one mail, checked against what the relay offers.
struct Plan {
    /// MAIL, then one RCPT for each recipient, with CRLF.
    commands: Vec<String>,
}

impl Connection {
    /// Hands one mail on. Line ends become CRLF; nothing else of `data` changes on its way.
    ///
    /// `Ok` means that the conversation went through, and each recipient has a reply, good or bad.
    /// `Err` is about all recipients alike. Ask [`usable`](Self::usable) before sending another.
    pub async fn send(&mut self, envelope: &Envelope, data: &[u8]) -> Result<Delivery, SendError> {
        if !self.usable {
            return Err(self.closed(Stage::Mail));
        }
        let plan = Plan::new(envelope, data, &self.extensions)
            .map_err(|reply| self.refused(Stage::Mail, reply))?;
        // Until this ends well, and also if the caller drops this future, nobody knows what the
        // relay will say next.
        self.usable = false;
        let time = self.timeouts.transaction;
        match timeout(time, self.transact(&plan, data)).await {
            Ok(result) => result,
            Err(_) => Err(self.stream.out_of_time()),
        }
    }

    /// Whether another mail can be sent over it. `true` does not promise that the relay is still
    /// there: see [`SendError::session_ended`].
    pub fn usable(&self) -> bool {
        self.usable
    }

    /// What the relay offers.
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// Says goodbye. Nothing that happens here matters to any mail.
    pub async fn quit(mut self) {
        if self.usable {
            let time = self.timeouts.command.min(std::time::Duration::from_secs(5));
            let _ = self.stream.ask("QUIT", Stage::Between, time).await;
        }
        self.stream.close().await;
    }

    async fn transact(&mut self, plan: &Plan, data: &[u8]) -> Result<Delivery, SendError> {
        let (mut replies, mut data_reply) = self.envelope(&plan.commands).await?;
        let mail = replies.remove(0);
        if !mail.is_positive() {
            self.usable = data_reply.is_none_or(|reply| reply.code != 354);
            return Err(self.refused(Stage::Mail, mail));
        }
        if !replies.iter().any(Reply::is_positive) {
            self.nobody(data_reply).await?;
            return Ok(Delivery {
                recipients: replies,
                message: None,
            });
        }
        if data_reply.is_none() {
            data_reply = Some(self.ask("DATA", Stage::Data).await?);
        }
        let message = match data_reply {
            Some(reply) if reply.code == 354 => self.message(data).await?,
            Some(reply) if reply.is_temporary() || reply.is_permanent() => {
                self.reset().await?;
                reply
            }
            _ => return Err(self.odd(Stage::Data)),
        };
        self.usable = true;
        Ok(Delivery {
            recipients: replies,
            message: Some(message),
        })
    }

    /// Sends MAIL and all RCPT, in groups where the relay allows that, and DATA with the last
    /// group. Returns their replies; DATA's only if it was sent.
    async fn envelope(
        &mut self,
        commands: &[String],
    ) -> Result<(Vec<Reply>, Option<Reply>), SendError> {
        let pipelining = self.extensions.pipelining;
        let group = if pipelining { PIPELINED_MAX } else { 1 };
        let time = self.timeouts.command;
        let mut replies = Vec::with_capacity(commands.len());
        let mut data_reply = None;
        for commands_now in commands.chunks(group) {
            let last = replies.len() + commands_now.len() == commands.len();
            let mut text = commands_now.concat();
            if pipelining && last {
                text.push_str("DATA\r\n");
            }
            let stage = if replies.is_empty() {
                Stage::Mail
            } else {
                Stage::Recipient
            };
            self.stream.write(text.as_bytes(), stage, time).await?;
            for _ in commands_now {
                let stage = if replies.is_empty() {
                    Stage::Mail
                } else {
                    Stage::Recipient
                };
                let reply = self.stream.reply(stage, time).await?;
                if (300..400).contains(&reply.code) {
                    return Err(self.odd(stage));
                }
                replies.push(reply);
            }
            if pipelining && last {
                data_reply = Some(self.stream.reply(Stage::Data, time).await?);
            }
            if !replies[0].is_positive() {
                break;
            }
        }
        Ok((replies, data_reply))
    }

    /// No recipient was accepted: end the transaction without a mail.
    async fn nobody(&mut self, data_reply: Option<Reply>) -> Result<(), SendError> {
        if data_reply.is_some_and(|reply| reply.code == 354) {
            // RFC 2920 §3.1: a relay may say 354 all the same; then an empty mail to nobody.
            let _ = self.ask(".", Stage::Data).await?;
        }
        self.reset().await?;
        self.usable = true;
        Ok(())
    }

    async fn reset(&mut self) -> Result<(), SendError> {
        let reply = self.ask("RSET", Stage::Between).await?;
        if reply.is_positive() {
            return Ok(());
        }
        Err(self.odd(Stage::Between))
    }

    /// The mail, the final dot, and the answer.
    async fn message(&mut self, data: &[u8]) -> Result<Reply, SendError> {
        let mut stuffer = Stuffer::new(data);
        let mut block = Vec::with_capacity(2 * BLOCK_BYTES);
        while stuffer.fill(&mut block, BLOCK_BYTES) {
            self.stream
                .write(&block, Stage::Body, self.timeouts.block)
                .await?;
        }
        // On its own, so that "before" and "after" the final dot are told apart.
        let time = self.timeouts.message;
        self.stream.write(b".\r\n", Stage::Message, time).await?;
        let reply = self.stream.reply(Stage::Message, time).await?;
        if (300..400).contains(&reply.code) {
            return Err(self.odd(Stage::Message));
        }
        Ok(reply)
    }

    async fn ask(&mut self, command: &str, stage: Stage) -> Result<Reply, SendError> {
        let time = self.timeouts.command;
        self.stream.ask(command, stage, time).await
    }

    /// A negative reply to MAIL, or our own refusal to send it.
    fn refused(&self, stage: Stage, reply: Reply) -> SendError {
        let relay = self.stream.relay().to_owned();
        match reply.code {
            // RFC 4954 §6: about signing in, not about this mail.
            530 | 534 | 535 | 538 => SendError::AuthRefused { relay, reply },
            500.. => SendError::Permanent {
                relay,
                stage,
                reply,
            },
            _ => SendError::Temporary {
                relay,
                stage,
                reply,
            },
        }
    }

    fn odd(&self, stage: Stage) -> SendError {
        SendError::Protocol {
            relay: self.stream.relay().to_owned(),
            stage,
            cause: "that reply has no place here".into(),
        }
    }

    fn closed(&self, stage: Stage) -> SendError {
        SendError::Closed {
            relay: self.stream.relay().to_owned(),
            stage,
        }
    }
}

impl Plan {
    /// `Err` is a reply in our own name: the relay could not take this mail, and was not asked.
    fn new(envelope: &Envelope, data: &[u8], relay: &Extensions) -> Result<Self, Reply> {
        let utf8 = needs_smtputf8(envelope, data);
        let eight_bit = !data.is_ascii();
        if utf8 && !relay.smtputf8 {
            let why = "The message has addresses or headers in UTF-8, and the relay does not offer SMTPUTF8";
            return Err(Reply::new(553, (5, 6, 7), why));
        }
        if eight_bit && !relay.eight_bit {
            let why = "The message has 8-bit text, and the relay does not offer 8BITMIME";
            return Err(Reply::new(554, (5, 6, 3), why));
        }
        let size = data.len() as u64;
        if let Some(max) = relay.size.filter(|&max| max > 0 && max < size) {
            let why = format!("The message has {size} bytes, and the relay takes at most {max}");
            return Err(Reply::new(552, (5, 3, 4), why));
        }
        if envelope.recipients.is_empty() {
            return Err(Reply::new(554, (5, 5, 1), "The message has no recipient"));
        }
        let mut mail = vec![format!("MAIL FROM:<{}>", checked(&envelope.from, utf8, 7)?)];
        if relay.size.is_some() {
            mail.push(format!("SIZE={size}"));
        }
        if eight_bit {
            mail.push("BODY=8BITMIME".into());
        }
        if utf8 {
            mail.push("SMTPUTF8".into());
        }
        if relay.dsn {
            mail.extend(envelope.ret.map(|ret| format!("RET={ret}")));
            let id = envelope.envid.as_deref().filter(|id| is_envid(id));
            mail.extend(id.map(|id| format!("ENVID={id}")));
        }
        let mut commands = vec![line(&mail)];
        for recipient in &envelope.recipients {
            commands.push(rcpt(recipient, utf8, relay.dsn)?);
        }
        Ok(Self { commands })
    }
}

fn rcpt(recipient: &Recipient, utf8: bool, dsn: bool) -> Result<String, Reply> {
    if recipient.address.is_empty() {
        return Err(Reply::new(501, (5, 1, 3), "A recipient has no address"));
    }
    let mut command = vec![format!(
        "RCPT TO:<{}>",
        checked(&recipient.address, utf8, 3)?
    )];
    if dsn {
        command.extend(recipient.notify.map(|notify| format!("NOTIFY={notify}")));
        let original = recipient.orcpt.as_deref().filter(|o| is_orcpt(o, utf8));
        command.extend(original.map(|original| format!("ORCPT={original}")));
    }
    Ok(line(&command))
}

fn line(words: &[String]) -> String {
    words.join(" ") + "\r\n"
}

/// An address that is safe to write into a command, whoever made the envelope.
fn checked(address: &str, utf8: bool, detail: u16) -> Result<&str, Reply> {
    if !address.is_empty() {
        address::check(address, utf8)
            .map_err(|error| Reply::new(501, (5, 1, detail), error.to_string()))?;
    }
    Ok(address)
}

/// SMTPUTF8 is needed by addresses outside ASCII, and by UTF-8 in headers if the sender declared
/// it. Undeclared 8-bit headers are old sloppiness and travel as 8BITMIME everywhere.
fn needs_smtputf8(envelope: &Envelope, data: &[u8]) -> bool {
    let addresses = std::iter::once(&envelope.from)
        .chain(envelope.recipients.iter().map(|to| &to.address))
        .any(|address| !address.is_ascii());
    addresses || (envelope.smtputf8 && !headers(data).is_ascii())
}

fn headers(data: &[u8]) -> &[u8] {
    let end = data.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let end = end.or_else(|| data.windows(2).position(|bytes| bytes == b"\n\n"));
    &data[..end.unwrap_or(data.len())]
}

#[cfg(test)]
mod tests;
