//! What the product decides about a session. The server knows the protocol, the handler knows the
//! people.

use std::future::Future;

use super::envelope::Envelope;
use super::reply::Reply;

/// The question cannot be answered now (the database is away). The client hears `454 4.7.0` and
/// tries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable;

/// Answers the questions of a session. Each call may wait; it should bound its own waiting,
/// because the session waits with it.
pub trait Handler: Send + Sync + 'static {
    /// Who signed in.
    type User: Clone + Send + Sync;

    /// Whether mail is taken only after AUTH. If not, AUTH is not offered at all.
    fn requires_auth(&self) -> bool;

    /// `None`: wrong name or password. Spend the same time on unknown names as on known ones.
    fn authenticate(
        &self,
        name: &str,
        password: &str,
    ) -> impl Future<Output = Result<Option<Self::User>, Unavailable>> + Send;

    /// May this user send as `from`? Empty for bounces.
    fn sender(
        &self,
        user: Option<&Self::User>,
        from: &str,
    ) -> impl Future<Output = Result<(), Reply>> + Send;

    /// May this user send to `to`?
    fn recipient(
        &self,
        user: Option<&Self::User>,
        to: &str,
    ) -> impl Future<Output = Result<(), Reply>> + Send;

    /// Takes the mail. A positive reply is a promise: say it only when the mail is durable. Once
    /// called it runs to its end even if the client has gone, unless the server's stop grace is
    /// over. `data` has CRLF line ends, no bare CR or LF and no NUL.
    fn message(
        &self,
        user: Option<&Self::User>,
        envelope: Envelope,
        data: Vec<u8>,
    ) -> impl Future<Output = Reply> + Send;
}
