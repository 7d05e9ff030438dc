//! Why a mail was not handed on, in words for the person who reads the queue.

use std::fmt;

use thiserror::Error;

use super::reply::Reply;

/// Where in the conversation it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Name lookup and TCP.
    Connect,
    /// The TLS handshake, or STARTTLS before it.
    Tls,
    /// Waiting for `220`.
    Greeting,
    /// EHLO.
    Hello,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Recipient,
    /// DATA, before the first byte of the mail.
    Data,
    /// The mail itself.
    Body,
    /// After the final dot. Whether the relay took the mail is not known.
    Message,
    /// Between two mails: NOOP, RSET.
    Between,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Tls => "starting TLS",
            Self::Greeting => "waiting for the greeting",
            Self::Hello => "saying EHLO",
            Self::Auth => "signing in",
            Self::Mail => "naming the sender",
            Self::Recipient => "naming the recipients",
            Self::Data => "starting the message",
            Self::Body => "sending the message",
            Self::Message => "waiting for the answer to the whole message",
            Self::Between => "waiting between messages",
        })
    }
}

/// A mail was not handed on. `relay` is `host:port`.
///
/// The text may quote what the relay said, and with it addresses: show it, do not log it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SendError {
    /// No address, nobody listening, no route.
    #[error("cannot reach {relay}: {cause}")]
    Unreachable {
        /// `host:port`.
        relay: String,
        /// In the operating system's words.
        cause: String,
    },
    /// TLS was wanted and there is none that can be trusted.
    #[error("no secure connection to {relay}: {cause}")]
    Tls {
        /// `host:port`.
        relay: String,
        /// What is wrong and what could mend it.
        cause: String,
    },
    /// The relay does not accept the name and password, wants some and none are set, or they
    /// cannot be sent safely (then the reply is our own). A matter for whoever set up the relay;
    /// no mail is at fault.
    #[error("{relay} refuses the sign-in: {reply}")]
    AuthRefused {
        /// `host:port`.
        relay: String,
        /// The relay's words, or ours where we refuse to send a password.
        reply: Reply,
    },
    /// Refused for now: any 4xx, and any refusal of the session before a mail was named.
    #[error("{relay} said, {stage}: {reply}")]
    Temporary {
        /// `host:port`.
        relay: String,
        /// When.
        stage: Stage,
        /// The relay's words.
        reply: Reply,
    },
    /// This mail will never be taken by this relay: a 5xx about it, or it needs what the relay
    /// does not offer (then the reply is our own).
    #[error("{relay} will not take this message, {stage}: {reply}")]
    Permanent {
        /// `host:port`.
        relay: String,
        /// When.
        stage: Stage,
        /// The relay's words, or ours about what the relay lacks.
        reply: Reply,
    },
    /// What it says is not SMTP.
    #[error("{relay} does not speak SMTP properly, {stage}: {cause}")]
    Protocol {
        /// `host:port`.
        relay: String,
        /// When.
        stage: Stage,
        /// What was wrong.
        cause: String,
    },
    /// It said nothing for too long.
    #[error("{relay} did not answer in time, {stage}")]
    Timeout {
        /// `host:port`.
        relay: String,
        /// When.
        stage: Stage,
    },
    /// It hung up.
    #[error("{relay} closed the connection, {stage}")]
    Closed {
        /// `host:port`.
        relay: String,
        /// When.
        stage: Stage,
    },
}

impl SendError {
    /// Whether the same mail may go through later, unchanged.
    pub fn is_temporary(&self) -> bool {
        !matches!(self, Self::Permanent { .. })
    }

    /// When it happened.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Unreachable { .. } => Stage::Connect,
            Self::Tls { .. } => Stage::Tls,
            Self::AuthRefused { .. } => Stage::Auth,
            Self::Temporary { stage, .. }
            | Self::Permanent { stage, .. }
            | Self::Protocol { stage, .. }
            | Self::Timeout { stage, .. }
            | Self::Closed { stage, .. } => *stage,
        }
    }

    /// The final dot was sent and no answer came: the relay may have taken the mail. Trying again
    /// may double it, not trying may lose it; SMTP leaves no third way (RFC 5321 §4.5.4.1 and
    /// RFC 1047), and losing is worse.
    pub fn outcome_unknown(&self) -> bool {
        self.stage() == Stage::Message
            && !matches!(self, Self::Temporary { .. } | Self::Permanent { .. })
    }

    /// The relay ended a kept connection before it looked at this mail. Worth one immediate try
    /// over a fresh connection; on a fresh one it is a failure like others.
    pub fn session_ended(&self) -> bool {
        match self {
            Self::Closed { stage, .. } => matches!(stage, Stage::Mail | Stage::Between),
            Self::Temporary { stage, reply, .. } => {
                reply.code == 421 && matches!(stage, Stage::Mail | Stage::Between)
            }
            _ => false,
        }
    }

    /// The reply behind it, where there is one.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::AuthRefused { reply, .. }
            | Self::Temporary { reply, .. }
            | Self::Permanent { reply, .. } => Some(reply),
            _ => None,
        }
    }
}
