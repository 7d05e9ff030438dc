//! Who is asking: sign-in with a password, a session cookie for browsers, an API key for programs.
//!
//! Passwords are checked with Argon2id on blocking threads, as `door` lets them through. Of a session only the SHA-256
//! of its secret is stored.

use crate::Shared;
use crate::error::{Error, Result};
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use model::role::Act;
use model::{EmailAddress, Secret, Sha256};
use std::ops::Deref;
use std::time::Duration;
use store::CredentialKind;

/// A session that is not used for so long ends.
const IDLE: Duration = Duration::from_hours(12);
/// A session ends after so long, however much it is used.
const LIFE: Duration = Duration::from_hours(14 * 24);
/// Shortest password that may be chosen (NIST SP 800-63B asks for 8; composition rules help nobody).
pub const PASSWORD_CHARS_MIN: usize = 10;
/// Longest password that is looked at.
const PASSWORD_BYTES_MAX: usize = 1_024;

/// Hashes a password with Argon2id, for storing. None if it is too short or too long to be a password.
pub fn hash_password(password: &str, salt: [u8; 16]) -> Option<String> {
    if password.chars().count() < PASSWORD_CHARS_MIN || password.len() > PASSWORD_BYTES_MAX {
        return None;
    }
    let hash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .ok()?;
    Some(hash.to_string())
}

/// A hash that no password is known to match, as dear to check as a real one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A person with a session.
pub(crate) struct User(pub(crate) store::User);

/// A person's program with an API key, or one of our own pages with the person's session.
pub(crate) struct ApiUser(pub(crate) store::User);

/// What handlers ask a user before they do anything.
pub(crate) trait May {
    /// Goes on if the user's role may do this.
    fn may(&self, act: Act) -> Result<()>;
}

impl May for store::User {
    fn may(&self, act: Act) -> Result<()> {
        if self.role.may(act) {
            return Ok(());
        }
        let what = match act {
            Act::Send => "send mail or change what goes out",
            Act::SeeAll => "see other people's messages",
            Act::SetCeiling => "set ceilings or the kill switch",
            Act::Prove => "draw the evidence of somebody’s consents",
            Act::Administer => "change the workspace",
        };
        Err(Error::Forbidden(format!(
            "Your role ({}) may not {what}.",
            self.role.as_str()
        )))
    }
}

impl Deref for User {
    type Target = store::User;
    fn deref(&self) -> &store::User {
        &self.0
    }
}

impl Deref for ApiUser {
    type Target = store::User;
    fn deref(&self) -> &store::User {
        &self.0
    }
}

impl FromRequestParts<Shared> for User {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, web: &Shared) -> Result<Self> {
        let digest = session(&parts.headers, web).ok_or(Error::Unauthorized)?;
        let user = web
            .app
            .store
            .session_user(digest, (web.app.ambient.now)(), IDLE)
            .await?;
        user.map(Self).ok_or(Error::Unauthorized)
    }
}

impl FromRequestParts<Shared> for ApiUser {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, web: &Shared) -> Result<Self> {
        // Whoever sends a key is judged by it alone: the CSRF check lets such requests pass.
        let Some(value) = parts.headers.get(header::AUTHORIZATION) else {
            return User::from_request_parts(parts, web)
                .await
                .map(|user| Self(user.0));
        };
        let (scheme, key) = value
            .to_str()
            .ok()
            .and_then(|v| v.split_once(' '))
            .ok_or(Error::Unauthorized)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Error::Unauthorized);
        }
        let now = (web.app.ambient.now)();
        let user = web
            .app
            .store
            .credential_user(CredentialKind::ApiKey, Sha256::of_secret(key), now)
            .await?;
        user.map(Self).ok_or(Error::Unauthorized)
    }
}

/// `__Host-` makes browsers refuse the cookie from anywhere but this very host over TLS; without TLS it cannot be had.
fn cookie_name(web: &Shared) -> &'static str {
    if web.app.admin.is_secure() {
        "__Host-overt"
    } else {
        "overt"
    }
}

/// The digest of the session secret in the request's cookie.
pub(crate) fn session(headers: &HeaderMap, web: &Shared) -> Option<Sha256> {
    let name = cookie_name(web);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, secret)| Sha256::of_secret(secret))
}

/// A `Set-Cookie` value: the session, or with an empty secret its end.
pub(crate) fn cookie(web: &Shared, secret: &str) -> String {
    let secure = if web.app.admin.is_secure() {
        "; Secure"
    } else {
        ""
    };
    let age = if secret.is_empty() { 0 } else { LIFE.as_secs() };
    format!(
        "{}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}",
        cookie_name(web)
    )
}

/// Opens a session for a user; its `Set-Cookie` value.
pub(crate) async fn open_session(web: &Shared, user: &store::User) -> Result<String> {
    let (now, random) = ((web.app.ambient.now)(), web.app.ambient.random);
    let secret = Secret::new(random());
    let session = CredentialKind::Session;
    let expires = Some(now + LIFE);
    web.app
        .store
        .credential_create(
            session,
            random(),
            user.id,
            "",
            secret.digest(),
            now,
            expires,
        )
        .await?;
    Ok(cookie(web, secret.as_str()))
}

/// Checks address and password. None when they do not belong together; an unknown address takes as long to refuse
/// as a wrong password.
pub(crate) async fn sign_in(
    web: &Shared,
    address: &str,
    password: &str,
) -> Result<Option<store::User>> {
    let address: Option<EmailAddress> = address.parse().ok();
    let account = Sha256::of(&address.as_ref().map(EmailAddress::key).unwrap_or_default());
    if !web.door.allow(account, (web.app.ambient.now)()) {
        return Err(Error::TooMany);
    }
    let user = match &address {
        Some(address) => web.app.store.user_by_address(address).await?,
        None => None,
    };
    let right = check_password(web, user.as_ref(), password).await?;
    if right {
        web.door.forget(account);
    } else if let Some(user) = &user {
        // Bounded by the door: ten at once for one account, then one a minute.
        let by = store::By {
            user: None,
            at: (web.app.ambient.now)(),
            reason: None,
        };
        web.app.store.user_sign_in_failed(user.id, by).await?;
    }
    Ok(user.filter(|_| right))
}

/// Is this the user's password? Without a user a hash that nothing matches is worked through all the same.
pub(crate) async fn check_password(
    web: &Shared,
    user: Option<&store::User>,
    password: &str,
) -> Result<bool> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Ok(false);
    }
    let hash = user.map_or(NOBODY, |u| u.password_hash.as_str()).to_owned();
    let password = password.to_owned();
    stretch(web, move || {
        Argon2::default()
            .verify_password(password.as_bytes(), hash.as_str())
            .is_ok()
    })
    .await
}

/// Hashes a new password off the async threads.
pub(crate) async fn stretch_password(web: &Shared, password: String) -> Result<Option<String>> {
    let salt = (web.app.ambient.random)();
    stretch(web, move || hash_password(&password, salt)).await
}

async fn stretch<T: Send + 'static>(
    web: &Shared,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let _place = web.door.place().await?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Error::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords() {
        let hash = hash_password("correct horse", [7; 16]).unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(
            Argon2::default()
                .verify_password(b"correct horse", hash.as_str())
                .is_ok()
        );
        assert!(
            Argon2::default()
                .verify_password(b"wrong horse", hash.as_str())
                .is_err()
        );
        assert_eq!(hash_password("short", [7; 16]), None);
        // Refused after the work, not because it cannot be read.
        let refusal = Argon2::default().verify_password(b"correct horse", NOBODY);
        assert_eq!(refusal, Err(argon2::password_hash::Error::PasswordInvalid));
    }
}
