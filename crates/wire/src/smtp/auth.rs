//! AUTH PLAIN (RFC 4616) and LOGIN, the server's half as a small state machine.

use std::fmt;

use data_encoding::BASE64;

use super::reply::Reply;

/// Name and password. Printing it never shows the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The login name.
    pub name: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// Which answer of the client comes next.
pub(super) enum Exchange {
    Plain,
    LoginName,
    LoginPassword { name: String },
}

/// What the exchange needs now.
pub(super) enum Turn {
    /// Say this challenge, then hand in the client's answer.
    Ask(Reply, Exchange),
    /// The client has said who it is; whether that is true is for the handler.
    Claim(Credentials),
    /// Not a well-formed exchange; it is over.
    Refuse(Reply),
}

/// Starts an exchange after `AUTH mechanism [initial]`. `=` is an empty initial response.
pub(super) fn begin(mechanism: &str, initial: Option<&str>) -> Turn {
    let exchange = match mechanism {
        "PLAIN" => Exchange::Plain,
        "LOGIN" => Exchange::LoginName,
        _ => {
            return Turn::Refuse(Reply::new(
                504,
                (5, 5, 4),
                "AUTH is offered as PLAIN and LOGIN",
            ));
        }
    };
    match (initial, exchange) {
        (Some("="), exchange) => exchange.answer(""),
        (Some(initial), exchange) => exchange.answer(initial),
        (None, Exchange::Plain) => Turn::Ask(Reply::plain(334, ""), Exchange::Plain),
        (None, exchange) => Turn::Ask(challenge("Username:"), exchange),
    }
}

impl Exchange {
    /// Takes the client's answer to the last challenge.
    pub(super) fn answer(self, line: &str) -> Turn {
        if line == "*" {
            return Turn::Refuse(Reply::new(501, (5, 7, 0), "AUTH cancelled"));
        }
        let text = BASE64
            .decode(line.as_bytes())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(text) = text else {
            return Turn::Refuse(Reply::new(
                501,
                (5, 5, 2),
                "The answer is not base64 of UTF-8",
            ));
        };
        match self {
            Self::Plain => plain(&text),
            Self::LoginName => {
                Turn::Ask(challenge("Password:"), Self::LoginPassword { name: text })
            }
            Self::LoginPassword { name } => Turn::Claim(Credentials {
                name,
                password: text,
            }),
        }
    }
}

fn challenge(prompt: &str) -> Reply {
    Reply::plain(334, BASE64.encode(prompt.as_bytes()))
}

/// `[authzid] NUL authcid NUL password`. Acting as somebody else is not offered, so the first must
/// be empty or the same.
fn plain(text: &str) -> Turn {
    let parts: Vec<&str> = text.split('\0').collect();
    match parts[..] {
        [acting_as, name, password] if acting_as.is_empty() || acting_as == name => {
            Turn::Claim(Credentials {
                name: name.into(),
                password: password.into(),
            })
        }
        [_, _, _] => Turn::Refuse(Reply::new(535, (5, 7, 8), "Sign in as yourself")),
        _ => Turn::Refuse(Reply::new(501, (5, 5, 2), "That is not a PLAIN response")),
    }
}

/// What a client sends for AUTH PLAIN.
pub(super) fn plain_response(credentials: &Credentials) -> String {
    BASE64.encode(format!("\0{}\0{}", credentials.name, credentials.password).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(turn: Turn) -> Option<(String, String)> {
        match turn {
            Turn::Claim(claim) => Some((claim.name, claim.password)),
            _ => None,
        }
    }

    fn refusal(turn: Turn) -> u16 {
        match turn {
            Turn::Refuse(reply) => reply.code,
            _ => 0,
        }
    }

    #[test]
    fn plain_with_and_without_initial_response() {
        let expected = Some(("ann".to_owned(), "se cret".to_owned()));
        let response = BASE64.encode(b"\0ann\0se cret");
        assert_eq!(claim(begin("PLAIN", Some(&response))), expected);
        let Turn::Ask(reply, exchange) = begin("PLAIN", None) else {
            panic!("no challenge")
        };
        assert_eq!(reply, Reply::plain(334, ""));
        assert_eq!(claim(exchange.answer(&response)), expected);
        let same = BASE64.encode(b"ann\0ann\0se cret");
        assert_eq!(claim(begin("PLAIN", Some(&same))), expected);
    }

    #[test]
    fn login_asks_for_name_and_password() {
        let Turn::Ask(reply, exchange) = begin("LOGIN", None) else {
            panic!("no challenge")
        };
        assert_eq!(reply.text, "VXNlcm5hbWU6");
        let Turn::Ask(reply, exchange) = exchange.answer("YW5u") else {
            panic!("no challenge")
        };
        assert_eq!(reply.text, "UGFzc3dvcmQ6");
        assert_eq!(
            claim(exchange.answer("cHc=")),
            Some(("ann".into(), "pw".into()))
        );
    }

    #[test]
    fn what_is_malformed_is_refused() {
        assert_eq!(refusal(begin("GSSAPI", None)), 504);
        assert_eq!(refusal(begin("PLAIN", Some("*"))), 501);
        assert_eq!(refusal(begin("PLAIN", Some("%%%"))), 501);
        assert_eq!(refusal(begin("PLAIN", Some("="))), 501);
        assert_eq!(refusal(begin("PLAIN", Some(&BASE64.encode(b"ann")))), 501);
        assert_eq!(
            refusal(begin("PLAIN", Some(&BASE64.encode(b"a\0b\0c\0d")))),
            501
        );
        assert_eq!(
            refusal(begin("PLAIN", Some(&BASE64.encode(b"boss\0ann\0pw")))),
            535
        );
        assert_eq!(
            refusal(begin("PLAIN", Some(&BASE64.encode(b"\0\xff\0pw")))),
            501
        );
    }

    #[test]
    fn printing_credentials_shows_nothing() {
        let credentials = Credentials {
            name: "ann".into(),
            password: "hunter2".into(),
        };
        assert_eq!(format!("{credentials:?}"), "Credentials(..)");
    }
}
