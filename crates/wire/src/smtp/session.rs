//! One SMTP session as a state machine without I/O: bytes in, [`Step`]s out. Whoever drives it
//! (`connection.rs`) reads, writes, waits and asks the handler. The same bytes give the same steps
//! however they are cut, which a property test holds.

use std::sync::Arc;

use super::auth::{self, Credentials, Exchange, Turn};
use super::command::{self, Command};
use super::data::{self, Budget, Progress, Receiver, Room};
use super::envelope::{Envelope, Recipient};
use super::handler::Unavailable;
use super::limits::Limits;
use super::line::{Line, LineReader};
use super::reply::Reply;

/// What does not change within a session.
pub(super) struct Setting {
    pub(super) hostname: String,
    pub(super) limits: Limits,
    pub(super) budget: Arc<Budget>,
    /// Under TLS now.
    pub(super) tls: bool,
    pub(super) starttls_offered: bool,
    pub(super) requires_auth: bool,
    /// A password may travel: under TLS, or within this machine.
    pub(super) auth_allowed: bool,
}

/// What the driver does next.
pub(super) enum Step {
    /// All input is used: read more.
    Read,
    /// Say this.
    Reply(Reply),
    /// Say this and close.
    Close(Reply),
    /// Say this, forget all input, do the handshake, start a new session.
    StartTls(Reply),
    /// Ask the handler, then call [`Session::authenticated`].
    Authenticate(Credentials),
    /// Ask the handler, then call [`Session::sender_answered`].
    Sender(Box<Envelope>),
    /// Ask the handler, then call [`Session::recipient_answered`].
    Recipient(Recipient),
    /// Give it to the handler, then say what it says. `Room` lives until then.
    Message(Box<Envelope>, Vec<u8>, Room),
}

enum State {
    Commands,
    Auth(Exchange),
    /// Receiving this mail.
    Data(Box<Receiver>, Box<Envelope>),
}

/// A session of a user `U` as the handler knows it.
pub(super) struct Session<U> {
    setting: Arc<Setting>,
    lines: LineReader,
    state: State,
    hello: Option<String>,
    user: Option<U>,
    mail: Option<Box<Envelope>>,
    /// The last MAIL was refused: what was pipelined after it is not the client's mistake.
    mail_refused: bool,
    commands: u32,
    errors: u32,
    auth_failures: u32,
}

impl<U> Session<U> {
    pub(super) fn new(setting: Arc<Setting>) -> Self {
        Self {
            setting,
            lines: LineReader::default(),
            state: State::Commands,
            hello: None,
            user: None,
            mail: None,
            mail_refused: false,
            commands: 0,
            errors: 0,
            auth_failures: 0,
        }
    }

    pub(super) fn greeting(&self) -> Reply {
        Reply::plain(220, format!("{} ESMTP", self.setting.hostname))
    }

    pub(super) fn user(&self) -> Option<&U> {
        self.user.as_ref()
    }

    /// Whether a mail is being received, so that the driver knows which timeout holds.
    pub(super) fn in_data(&self) -> bool {
        matches!(self.state, State::Data(..))
    }

    /// Takes bytes from `input` up to the next thing to do.
    pub(super) fn next(&mut self, input: &mut &[u8]) -> Step {
        let state = std::mem::replace(&mut self.state, State::Commands);
        if let State::Data(receiver, mail) = state {
            return self.receive(receiver, mail, input);
        }
        match (self.lines.read(input), state) {
            (Line::More, state) => {
                self.state = state;
                Step::Read
            }
            (Line::Text(line), State::Auth(exchange)) => self.auth_turn(exchange.answer(&line)),
            (Line::Text(line), _) => self.line(&line),
            // An AUTH exchange does not survive this.
            (Line::Bad(reply), _) => self.error(reply),
            (Line::Flood, _) => Step::Close(closing((4, 7, 0), "That is not SMTP")),
        }
    }

    fn receive(
        &mut self,
        mut receiver: Box<Receiver>,
        mail: Box<Envelope>,
        input: &mut &[u8],
    ) -> Step {
        match receiver.read(input) {
            Progress::More => {
                self.state = State::Data(receiver, mail);
                Step::Read
            }
            Progress::Message(data, room) => Step::Message(mail, data, room),
            Progress::Refused(reply) => Step::Reply(reply),
            Progress::Broken(reply) => Step::Close(reply),
        }
    }

    fn line(&mut self, line: &str) -> Step {
        self.commands += 1;
        if self.commands > self.setting.limits.commands_max {
            return Step::Close(closing(
                (4, 7, 0),
                "Too many commands in one session; connect again",
            ));
        }
        match command::parse(line) {
            Ok(command) => self.command(command),
            Err(reply) => {
                if line
                    .get(..4)
                    .is_some_and(|verb| verb.eq_ignore_ascii_case("MAIL"))
                {
                    self.mail_refused = true;
                }
                self.error(reply)
            }
        }
    }

    fn command(&mut self, command: Command) -> Step {
        match command {
            Command::Hello { name, extended } => self.hello(name, extended),
            Command::StartTls => self.starttls(),
            Command::Auth { mechanism, initial } => self.auth(&mechanism, initial.as_deref()),
            Command::Mail(envelope) => self.mail(envelope),
            Command::Rcpt(text) => self.rcpt(&text),
            Command::Data => self.data(),
            Command::Rset => {
                self.forget_mail();
                Step::Reply(Reply::new(250, (2, 0, 0), "Forgotten"))
            }
            Command::Noop => Step::Reply(Reply::new(250, (2, 0, 0), "OK")),
            Command::Vrfy => Step::Reply(Reply::new(
                252,
                (2, 0, 0),
                "Addresses are not verified; send the mail and see",
            )),
            Command::Help => Step::Reply(Reply::new(
                214,
                (2, 0, 0),
                "EHLO STARTTLS AUTH MAIL RCPT DATA RSET NOOP VRFY HELP QUIT; see RFC 5321",
            )),
            Command::Http => Step::Close(closing((4, 7, 0), "This is not a web server")),
            Command::Quit => Step::Close(Reply::new(221, (2, 0, 0), "Goodbye")),
        }
    }

    fn hello(&mut self, name: String, extended: bool) -> Step {
        self.forget_mail();
        self.hello = Some(name);
        let setting = &self.setting;
        if !extended {
            return Step::Reply(Reply::plain(250, setting.hostname.clone()));
        }
        let mut lines = vec![
            setting.hostname.clone(),
            "PIPELINING".into(),
            format!("SIZE {}", setting.limits.message_bytes_max),
            "8BITMIME".into(),
            "SMTPUTF8".into(),
            "DSN".into(),
            "ENHANCEDSTATUSCODES".into(),
        ];
        if setting.starttls_offered {
            lines.push("STARTTLS".into());
        }
        if setting.requires_auth && setting.auth_allowed {
            lines.push("AUTH PLAIN LOGIN".into());
        }
        Step::Reply(Reply::plain(250, lines.join("\n")))
    }

    fn starttls(&mut self) -> Step {
        if self.setting.tls {
            return self.error(Reply::new(503, (5, 5, 1), "TLS is already on"));
        }
        if !self.setting.starttls_offered {
            return self.error(Reply::new(502, (5, 5, 1), "TLS is not set up here"));
        }
        Step::StartTls(Reply::new(220, (2, 0, 0), "Go ahead"))
    }

    fn auth(&mut self, mechanism: &str, initial: Option<&str>) -> Step {
        if !self.setting.requires_auth {
            return self.error(Reply::new(502, (5, 5, 1), "No sign-in is needed here"));
        }
        if self.hello.is_none() || self.user.is_some() || self.mail.is_some() {
            let why = "AUTH comes once, after EHLO and before MAIL";
            return self.error(Reply::new(503, (5, 5, 1), why));
        }
        if !self.setting.auth_allowed {
            let why = "Use STARTTLS first: a password must not travel in the open";
            return self.error(Reply::new(538, (5, 7, 11), why));
        }
        self.auth_turn(auth::begin(mechanism, initial))
    }

    fn auth_turn(&mut self, turn: Turn) -> Step {
        match turn {
            Turn::Ask(reply, exchange) => {
                self.state = State::Auth(exchange);
                Step::Reply(reply)
            }
            Turn::Claim(credentials) => Step::Authenticate(credentials),
            Turn::Refuse(reply) => self.error(reply),
        }
    }

    /// The handler has judged the credentials.
    pub(super) fn authenticated(&mut self, verdict: Result<Option<U>, Unavailable>) -> Step {
        match verdict {
            Ok(Some(user)) => {
                self.user = Some(user);
                Step::Reply(Reply::new(235, (2, 7, 0), "Signed in"))
            }
            Ok(None) => {
                self.auth_failures += 1;
                if self.auth_failures >= self.setting.limits.auth_failures_max {
                    return Step::Close(closing((4, 7, 0), "Wrong name or password, too often"));
                }
                Step::Reply(Reply::new(535, (5, 7, 8), "Wrong name or password"))
            }
            Err(Unavailable) => {
                let why = "Signing in does not work at the moment; try again later";
                Step::Reply(Reply::new(454, (4, 7, 0), why))
            }
        }
    }

    /// Wrong passwords in this session so far.
    pub(super) fn auth_failures(&self) -> u32 {
        self.auth_failures
    }

    fn mail(&mut self, mut envelope: Box<Envelope>) -> Step {
        let limits = &self.setting.limits;
        let declared = envelope.size.unwrap_or(0).try_into().unwrap_or(usize::MAX);
        let refusal = if self.hello.is_none() {
            Some(Reply::new(503, (5, 5, 1), "Say EHLO first"))
        } else if self.setting.requires_auth && self.user.is_none() {
            Some(Reply::new(530, (5, 7, 0), "Sign in first, with AUTH"))
        } else if self.mail.is_some() {
            return self.error(Reply::new(
                503,
                (5, 5, 1),
                "One mail at a time; DATA or RSET first",
            ));
        } else if declared > limits.message_bytes_max {
            Some(data::too_big(limits.message_bytes_max))
        } else if !self.setting.budget.has(declared) {
            Some(data::no_room())
        } else {
            None
        };
        if let Some(reply) = refusal {
            self.mail_refused = true;
            return self.error(reply);
        }
        envelope.helo = self.hello.clone().unwrap_or_default();
        envelope.tls = self.setting.tls;
        Step::Sender(envelope)
    }

    /// The handler has judged the sender.
    pub(super) fn sender_answered(
        &mut self,
        envelope: Box<Envelope>,
        verdict: Result<(), Reply>,
    ) -> Step {
        self.mail_refused = verdict.is_err();
        Step::Reply(match verdict {
            Ok(()) => {
                self.mail = Some(envelope);
                Reply::new(250, (2, 1, 0), "Sender is fine")
            }
            Err(reply) => reply,
        })
    }

    fn rcpt(&mut self, text: &str) -> Step {
        let Some(mail) = &self.mail else {
            return self.out_of_order();
        };
        // Not an error of the client: it could not know, and it sends the rest again (RFC 5321
        // §4.5.3.1.10). Nothing is kept of them.
        if mail.recipients.len() >= self.setting.limits.recipients_max {
            let why = "Too many recipients for one mail; send it again to the others";
            return Step::Reply(Reply::new(452, (4, 5, 3), why));
        }
        match command::recipient(text, mail.smtputf8) {
            Ok(recipient) => Step::Recipient(recipient),
            Err(reply) => self.error(reply),
        }
    }

    /// The handler has judged the recipient.
    pub(super) fn recipient_answered(
        &mut self,
        recipient: Recipient,
        verdict: Result<(), Reply>,
    ) -> Step {
        Step::Reply(match (verdict, &mut self.mail) {
            (Ok(()), Some(mail)) => {
                mail.recipients.push(recipient);
                Reply::new(250, (2, 1, 5), "Recipient is fine")
            }
            (Ok(()), None) => need_mail(),
            (Err(reply), _) => reply,
        })
    }

    fn data(&mut self) -> Step {
        match self.mail.take() {
            None => self.out_of_order(),
            Some(mail) if mail.recipients.is_empty() => {
                self.mail = Some(mail);
                Step::Reply(Reply::new(554, (5, 5, 1), "No recipient was accepted"))
            }
            Some(mail) => {
                let length_max = self.setting.limits.message_bytes_max;
                let receiver = Receiver::new(length_max, &self.setting.budget);
                self.state = State::Data(Box::new(receiver), mail);
                Step::Reply(Reply::plain(
                    354,
                    "Go on; end with a dot on a line of its own",
                ))
            }
        }
    }

    fn forget_mail(&mut self) {
        self.mail = None;
        self.mail_refused = false;
    }

    fn out_of_order(&mut self) -> Step {
        if self.mail_refused {
            return Step::Reply(need_mail());
        }
        self.error(need_mail())
    }

    /// Says what was wrong, and closes when it was too often.
    fn error(&mut self, reply: Reply) -> Step {
        self.errors += 1;
        if self.errors > self.setting.limits.errors_max {
            return Step::Close(closing((4, 7, 0), "Too many errors"));
        }
        Step::Reply(reply)
    }
}

fn need_mail() -> Reply {
    Reply::new(503, (5, 5, 1), "MAIL FROM first")
}

/// 421: the session ends, and that says nothing about the mail.
pub(super) fn closing(enhanced: (u8, u16, u16), why: &str) -> Reply {
    Reply::new(421, enhanced, format!("{why}; closing"))
}

#[cfg(test)]
mod tests;
