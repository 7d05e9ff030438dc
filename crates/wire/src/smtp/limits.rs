//! Every bound of the server in one place, with the reason for each number.

use std::time::Duration;

/// What one server grants. Nothing a client can do grows without one of these in its way.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest mail in bytes, announced as `SIZE`; beyond it `552 5.3.4`.
    pub message_bytes_max: usize,
    /// Recipients of one mail; each one beyond gets `452 4.5.3` and clients send it again.
    pub recipients_max: usize,
    /// Refused commands in one session, then `421`.
    pub errors_max: u32,
    /// Wrong passwords in one session, then `421 4.7.0`.
    pub auth_failures_max: u32,
    /// Wrong passwords from one address (IPv6: one /64), then every attempt is refused with `421
    /// 4.7.0` until they are forgotten, one a minute.
    pub auth_failures_per_peer_max: u32,
    /// Waiting time after the first wrong password; doubled with each further one.
    pub auth_delay: Duration,
    /// Commands in one session, then `421`.
    pub commands_max: u32,
    /// Silence before a command or between two pieces of a mail, then `421 4.4.2`.
    pub idle: Duration,
    /// From `354` to the final dot.
    pub data_timeout: Duration,
    /// Age at which a session is told to connect again, between two commands.
    pub session_max: Duration,
    /// A TLS handshake.
    pub handshake: Duration,
    /// Sessions at once; beyond it `421 4.3.2`.
    pub connections_max: usize,
    /// Sessions at once from one address (IPv6: one /64); beyond it `421 4.7.0`.
    pub connections_per_peer_max: usize,
    /// Memory for mails under way in all sessions together; beyond it `452 4.3.1`.
    pub buffered_bytes_max: usize,
    /// How long sessions in the middle of a mail may go on after the server was told to stop.
    pub stop_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes_max: 50 * 1024 * 1024, // twice what Gmail takes; relays seldom take more
            recipients_max: 1_000,               // RFC 5321 §4.5.3.1.8 asks for at least 100
            errors_max: 20,                      // as Postfix's smtpd_hard_error_limit
            auth_failures_max: 3,                // a person with a wrong saved password tries twice
            auth_failures_per_peer_max: 30,      // a whole office behind one address
            auth_delay: Duration::from_secs(1),
            commands_max: 20_000, // one mail with 10,000 recipients must get all its replies
            idle: Duration::from_mins(5), // RFC 5321 §4.5.3.2.7
            data_timeout: Duration::from_mins(15), // 50 MB over half a megabit a second
            session_max: Duration::from_hours(1),
            handshake: Duration::from_secs(30),
            connections_max: 500,
            connections_per_peer_max: 100, // an office behind one address, or one busy Postfix
            buffered_bytes_max: 256 * 1024 * 1024,
            stop_grace: Duration::from_secs(30),
        }
    }
}
