//! The tracking that a mail service adds by itself to what is relayed through it: switched off, mail by mail (R-MODE-15).
//!
//! Whoever carries our mail must not put pixels and links of their own into it, least of all into the mail of somebody
//! who said no. So every mail that goes to such a service carries its word for "do not", tracked by us or not. A service
//! is known by its host; an operator who has a relay of their own before it names it in the configuration.
//!
//! Left out: services that can be told so in their settings only. Amazon SES tracks by configuration set, which no header
//! switches off; Mandrill's `X-MC-Track` is documented for switching on only.

/// A service that can be told, and how.
struct Service {
    /// Its name in the configuration.
    word: &'static str,
    /// How its hosts end.
    host: &'static str,
    /// The fields, each with its line end.
    off: &'static str,
}

// Read in November 2026.
const SERVICES: [Service; 5] = [
    // https://www.twilio.com/docs/sendgrid/for-developers/sending-email/building-an-x-smtpapi-header
    Service {
        word: "sendgrid",
        host: "sendgrid.net",
        off: "X-SMTPAPI: {\"filters\":{\"clicktrack\":{\"settings\":{\"enable\":0}},\r\n \"opentrack\":{\"settings\":{\"enable\":0}}}}\r\n",
    },
    // https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/send-smtp
    Service {
        word: "mailgun",
        host: "mailgun.org",
        off: "X-Mailgun-Track: no\r\n",
    },
    // https://postmarkapp.com/developer/user-guide/tracking-opens and …/tracking-links
    Service {
        word: "postmark",
        host: "postmarkapp.com",
        off: "X-PM-TrackOpens: false\r\nX-PM-TrackLinks: None\r\n",
    },
    // https://developers.sparkpost.com/api/smtp/
    Service {
        word: "sparkpost",
        host: "sparkpostmail.com",
        off: "X-MSYS-API: {\"options\":{\"open_tracking\":false,\"click_tracking\":false}}\r\n",
    },
    // https://dev.mailjet.com/docs/smtp_relay/custom_headers
    Service {
        word: "mailjet",
        host: "mailjet.com",
        off: "X-Mailjet-TrackOpen: 0\r\nX-Mailjet-TrackClick: 0\r\n",
    },
];

/// No such service is known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not known here: write sendgrid, mailgun, postmark, sparkpost or mailjet")]
pub struct UnknownService(String);

/// The header fields that switch off the tracking of the service behind a relay: of the one that is named, else of the
/// one whose host it is. Empty for any other relay.
pub fn tracking_off(host: &str, named: Option<&str>) -> Result<&'static str, UnknownService> {
    let found =
        |is_it: &dyn Fn(&Service) -> bool| SERVICES.iter().find(|s| is_it(s)).map(|s| s.off);
    match named {
        Some(word) => found(&|s| s.word == word).ok_or_else(|| UnknownService(word.into())),
        None => {
            let host = host.trim_end_matches('.').to_ascii_lowercase();
            let is_below = |s: &Service| {
                let rest = host.strip_suffix(s.host);
                rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            };
            Ok(found(&is_below).unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_mode_15_a_service_is_told_by_host_or_by_name() {
        for (host, named, field) in [
            ("smtp.sendgrid.net", None, "X-SMTPAPI: "),
            ("SMTP.EU.Mailgun.org.", None, "X-Mailgun-Track: no"),
            ("smtp.postmarkapp.com", None, "X-PM-TrackLinks: None"),
            ("127.0.0.1", Some("sparkpost"), "\"click_tracking\":false"),
            ("in-v3.mailjet.com", None, "X-Mailjet-TrackOpen: 0"),
        ] {
            let off = tracking_off(host, named).unwrap();
            assert!(
                off.contains(field) && off.ends_with("\r\n"),
                "{host}: {off}"
            );
            assert!(off.lines().all(|line| line.len() < 78), "{off}");
        }
        for host in ["127.0.0.1", "mail.example.org", "notsendgrid.net"] {
            assert_eq!(tracking_off(host, None), Ok(""), "{host}");
        }
        assert!(tracking_off("127.0.0.1", Some("pigeons")).is_err());
    }
}
