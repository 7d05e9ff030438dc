//! One command line of an SMTP client, parsed strictly: what is not understood is refused with a
//! reply that says what would have been.

use super::address::{self, AddressError};
use super::envelope::{Body, Envelope, Recipient, is_envid, is_orcpt};
use super::reply::Reply;

/// A well-formed command. Whether it fits the moment is the session's question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// `EHLO`, or `HELO` with `extended: false`.
    Hello {
        name: String,
        extended: bool,
    },
    StartTls,
    Auth {
        mechanism: String,
        initial: Option<String>,
    },
    /// Everything of the envelope that `MAIL FROM` tells.
    Mail(Box<Envelope>),
    /// The text after `RCPT TO:`. Parsed with [`recipient`] once it is known whether the mail is
    /// SMTPUTF8.
    Rcpt(String),
    Data,
    Rset,
    Noop,
    Vrfy,
    Help,
    Quit,
    /// The peer speaks HTTP: a browser was made to talk to us. Its body must not be taken for
    /// commands.
    Http,
}

/// Parses one line without its CRLF.
pub(super) fn parse(line: &str) -> Result<Command, Reply> {
    let line = line.trim_end_matches(' ');
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim_start_matches(' ');
    match verb.to_ascii_uppercase().as_str() {
        "EHLO" => hello(rest, true),
        "HELO" => hello(rest, false),
        "MAIL" => mail(rest),
        "RCPT" => Ok(Command::Rcpt(
            after_keyword(rest, "TO:", "RCPT TO:<address>")?.into(),
        )),
        "AUTH" => auth(rest),
        "STARTTLS" => alone(rest, Command::StartTls),
        "DATA" => alone(rest, Command::Data),
        "RSET" => alone(rest, Command::Rset),
        "QUIT" => alone(rest, Command::Quit),
        "NOOP" => Ok(Command::Noop),
        "VRFY" => Ok(Command::Vrfy),
        "HELP" => Ok(Command::Help),
        "EXPN" | "BDAT" | "TURN" | "ETRN" | "ATRN" | "BURL" => Err(Reply::new(
            502,
            (5, 5, 1),
            "That command is not offered here",
        )),
        "GET" | "POST" | "PUT" | "HEAD" | "OPTIONS" | "CONNECT" | "HOST:" => Ok(Command::Http),
        _ => Err(Reply::new(
            500,
            (5, 5, 2),
            "Command not recognized; try HELP",
        )),
    }
}

fn syntax(form: &str) -> Reply {
    Reply::new(501, (5, 5, 4), format!("Syntax: {form}"))
}

fn alone(rest: &str, command: Command) -> Result<Command, Reply> {
    if rest.is_empty() {
        return Ok(command);
    }
    Err(Reply::new(
        501,
        (5, 5, 4),
        "That command takes no parameters",
    ))
}

fn hello(rest: &str, extended: bool) -> Result<Command, Reply> {
    if rest.is_empty() || rest.len() > 255 || rest.contains(' ') {
        return Err(syntax(if extended {
            "EHLO hostname"
        } else {
            "HELO hostname"
        }));
    }
    Ok(Command::Hello {
        name: rest.into(),
        extended,
    })
}

fn auth(rest: &str) -> Result<Command, Reply> {
    let mut words = rest.split(' ').filter(|word| !word.is_empty());
    let mechanism = words
        .next()
        .ok_or_else(|| syntax("AUTH mechanism [initial-response]"))?;
    let initial = words.next().map(str::to_owned);
    if words.next().is_some() {
        return Err(syntax("AUTH mechanism [initial-response]"));
    }
    Ok(Command::Auth {
        mechanism: mechanism.to_ascii_uppercase(),
        initial,
    })
}

/// What follows `FROM:` or `TO:`; a space after the colon is wrong but common.
fn after_keyword<'a>(rest: &'a str, keyword: &str, form: &str) -> Result<&'a str, Reply> {
    match rest.get(..keyword.len()) {
        Some(start) if start.eq_ignore_ascii_case(keyword) => {
            Ok(rest[keyword.len()..].trim_start_matches(' '))
        }
        _ => Err(syntax(form)),
    }
}

fn mail(rest: &str) -> Result<Command, Reply> {
    const FORM: &str = "MAIL FROM:<address>";
    let rest = after_keyword(rest, "FROM:", FORM)?;
    let (from, parameters) = address::split_path(rest).ok_or_else(|| syntax(FORM))?;
    let mut envelope = Envelope {
        from: from.into(),
        ..Envelope::default()
    };
    for (name, value) in split_parameters(parameters)? {
        match (name.as_str(), value) {
            ("SMTPUTF8", None) => envelope.smtputf8 = true,
            ("SIZE", Some(size)) if (1..=20).contains(&size.len()) => {
                envelope.size = Some(size.parse().map_err(|_| wrong_value(&name))?);
            }
            ("BODY", Some(body)) if body.eq_ignore_ascii_case("7BIT") => {
                envelope.body = Body::SevenBit;
            }
            ("BODY", Some(body)) if body.eq_ignore_ascii_case("8BITMIME") => {
                envelope.body = Body::EightBit;
            }
            ("RET", Some(value)) => {
                envelope.ret = Some(value.parse().map_err(|()| wrong_value(&name))?);
            }
            ("ENVID", Some(id)) if is_envid(id) => envelope.envid = Some(id.into()),
            // RFC 4954 §5: who first submitted the mail. Trusting it is optional, taking it is not.
            ("AUTH", Some(_)) => {}
            ("SIZE" | "BODY" | "ENVID" | "SMTPUTF8" | "AUTH", _) => return Err(wrong_value(&name)),
            _ => return Err(unknown_parameter()),
        }
    }
    if !from.is_empty() {
        address::check(from, envelope.smtputf8).map_err(|error| refuse_address(error, 7))?;
    }
    Ok(Command::Mail(Box::new(envelope)))
}

/// Parses what follows `RCPT TO:`. `utf8`: the mail was announced with SMTPUTF8.
pub(super) fn recipient(rest: &str, utf8: bool) -> Result<Recipient, Reply> {
    let (to, parameters) = address::split_path(rest).ok_or_else(|| syntax("RCPT TO:<address>"))?;
    address::check(to, utf8).map_err(|error| refuse_address(error, 3))?;
    let mut recipient = Recipient::new(to);
    for (name, value) in split_parameters(parameters)? {
        match (name.as_str(), value) {
            ("NOTIFY", Some(notify)) => {
                recipient.notify = Some(notify.parse().map_err(|()| wrong_value(&name))?);
            }
            ("ORCPT", Some(orcpt)) if is_orcpt(orcpt, utf8) => {
                recipient.orcpt = Some(orcpt.into());
            }
            ("NOTIFY" | "ORCPT", _) => return Err(wrong_value(&name)),
            _ => return Err(unknown_parameter()),
        }
    }
    Ok(recipient)
}

/// ` A=1 B` into names (upper case) and values, each name once (RFC 3461 §4.1 and others forbid
/// repeating).
fn split_parameters(text: &str) -> Result<Vec<(String, Option<&str>)>, Reply> {
    if !text.is_empty() && !text.starts_with(' ') {
        return Err(syntax("a space after <address>"));
    }
    let mut parameters: Vec<(String, Option<&str>)> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let name = name.to_ascii_uppercase();
        if parameters.iter().any(|(known, _)| *known == name) {
            return Err(Reply::new(501, (5, 5, 4), "A parameter is given twice"));
        }
        if parameters.len() == 16 {
            return Err(Reply::new(501, (5, 5, 4), "Too many parameters"));
        }
        parameters.push((name, value));
    }
    Ok(parameters)
}

fn wrong_value(name: &str) -> Reply {
    Reply::new(
        501,
        (5, 5, 4),
        format!("The value of {name} is not one we know"),
    )
}

fn unknown_parameter() -> Reply {
    Reply::new(555, (5, 5, 4), "A parameter is not known or not offered")
}

/// `detail` is 7 for a sender, 3 for a recipient (RFC 3463 §3.2).
fn refuse_address(error: AddressError, detail: u16) -> Reply {
    match error {
        AddressError::Syntax | AddressError::TooLong => {
            Reply::new(501, (5, 1, detail), capitalised(&error.to_string()))
        }
        AddressError::NeedsUtf8 => Reply::new(553, (5, 6, 7), capitalised(&error.to_string())),
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + chars.as_str())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
