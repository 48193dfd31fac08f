//! Signing in at the hub: begun in one browser, finished in the same one, once.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Desk, within};
use crate::config::key::Key;
use crate::config::nonce;
use crate::hub::oauth::NotGranted;
use crate::hub::{Freshness, Hub, Identity, Kind, Unidentified};
use crate::store::sessions::{self, Session};
use crate::store::sign_ins::{self, SignIn};

/// How long somebody may take at the hub's login page, in seconds.
pub const PATIENCE: u32 = 600;
/// How long a session lasts, however often it is used.
const LONGEST: TimeDelta = TimeDelta::hours(24);
/// How long a page waits for the database.
const PROMPT: Duration = Duration::from_secs(2);

/// A login that was begun.
pub struct Begun {
    /// Where the browser is sent.
    pub location: String,
    /// What the login is kept under.
    pub state: String,
    /// What the browser keeps, and brings along when it comes back.
    pub browser: String,
}

/// A browser that comes back from the hub.
#[derive(Debug, Clone, Copy)]
pub struct Returned<'a> {
    pub state: &'a str,
    /// What this browser keeps for that state.
    pub browser: &'a str,
    pub code: Option<&'a str>,
    /// Why there is no code, in the hub's word.
    pub error: Option<&'a str>,
    /// The hub's own session in this browser.
    pub hub_session: Option<&'a str>,
}

/// A browser that is signed in now.
pub struct SignedIn {
    /// What the browser keeps; nothing else finds the session.
    pub cookie: String,
    /// Where it wanted to go.
    pub next: String,
    pub person: String,
}

/// Why nobody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSignedIn {
    /// This login was not begun in this browser, is finished already, or took too long.
    Stray,
    /// The hub sent no code, but this word.
    Declined(String),
    /// The hub does not accept the code.
    Code,
    /// The hub knows who it is, and that is nobody who may come in.
    NotAdmitted(Arc<Identity>),
    /// The token belongs to another session at the hub than the browser has.
    OtherSession,
    /// The hub does not know this service.
    Misconfigured,
    /// The hub gives no usable answer.
    HubAway,
    /// The database gives none.
    Unavailable,
}

impl Desk {
    /// Begins a login that goes on to `next`, which was checked.
    ///
    /// # Errors
    /// [`NotSignedIn::Unavailable`].
    pub async fn begin_sign_in(&self, hub: &Hub, key: &Key, next: String) -> Result<Begun, NotSignedIn> {
        let (state, verifier, browser) = (nonce::fresh(), nonce::fresh(), nonce::fresh());
        let kept = nonce::fingerprint(&state);
        let begun = SignIn {
            verifier: nonce::hex(&key.seal(&context("verifier", &kept), verifier.as_bytes())),
            browser: nonce::fingerprint(&browser),
            state: kept.clone(),
            next,
            expires_at: self.clock.now() + TimeDelta::seconds(PATIENCE.into()),
        };
        within(PROMPT, self.store.write(move |conn| sign_ins::keep(conn, &begun)))
            .await
            .map_err(unavailable)?;
        Ok(Begun { location: hub.authorize_url(&state, &verifier), state: kept, browser })
    }

    /// Finishes a login: whatever comes of it, it is used up, before the hub is asked anything.
    ///
    /// # Errors
    /// [`NotSignedIn`]; there is no session then.
    pub async fn finish_sign_in(
        &self,
        hub: &Arc<Hub>,
        key: &Key,
        returned: Returned<'_>,
    ) -> Result<SignedIn, NotSignedIn> {
        let begun = self.take_sign_in(returned).await?;
        let verifier = opened(key, &context("verifier", &begun.state), &begun.verifier);
        let code = match (returned.error, returned.code) {
            (Some(error), _) => return Err(NotSignedIn::Declined(error.to_owned())),
            (None, None) => return Err(NotSignedIn::Declined(String::new())),
            (None, Some(code)) => code,
        };
        // Sealed with a secret that is no longer ours: as if it had never been begun.
        let granted = hub.exchange(code, &verifier.ok_or(NotSignedIn::Stray)?).await?;
        let token = granted.access_token.reveal();
        let identity = hub.identify(token, returned.hub_session, Freshness::Now).await?;
        let hub_session = admitted(&identity, returned.hub_session)?.to_owned();
        let (cookie, now) = (nonce::fresh(), self.clock.now());
        let id = nonce::fingerprint(&cookie);
        let session = Session {
            token: nonce::hex(&key.seal(&context("token", &id), token.as_bytes())),
            id,
            person: identity.name.clone(),
            hub_session,
            created_at: now,
            seen_at: now,
            expires_at: end(now, granted.expires_in),
        };
        within(PROMPT, self.store.write(move |conn| sessions::begin(conn, &session)))
            .await
            .map_err(unavailable)?;
        Ok(SignedIn { cookie, next: begun.next, person: identity.name.to_string() })
    }

    async fn take_sign_in(&self, returned: Returned<'_>) -> Result<SignIn, NotSignedIn> {
        let (state, browser) = (returned.state.to_owned(), nonce::fingerprint(returned.browser));
        let (state, now) = (nonce::fingerprint(&state), self.clock.now());
        within(PROMPT, self.store.write(move |conn| sign_ins::take(conn, &state, &browser, now)))
            .await
            .map_err(unavailable)?
            .ok_or(NotSignedIn::Stray)
    }
}

/// The session at the hub that the token belongs to, where everything about it is as it must be.
fn admitted<'a>(identity: &'a Arc<Identity>, hub_session: Option<&str>) -> Result<&'a str, NotSignedIn> {
    let session = identity.session_id.as_deref().filter(|session| Some(*session) == hub_session);
    match session {
        _ if !identity.admitted || identity.kind != Kind::User => {
            Err(NotSignedIn::NotAdmitted(identity.clone()))
        }
        Some(session) => Ok(session),
        None => Err(NotSignedIn::OtherSession),
    }
}

/// When a session ends that begins now: with the hub's token, and after a day.
fn end(now: DateTime<Utc>, expires_in: Option<i64>) -> DateTime<Utc> {
    let token = expires_in.and_then(TimeDelta::try_seconds).unwrap_or(LONGEST);
    now + token.clamp(TimeDelta::zero(), LONGEST)
}

/// What a sealed text is and whose: none can stand in for another.
pub(super) fn context(what: &str, id: &str) -> String {
    format!("{what} {id}")
}

/// The text that was sealed, where it was and is ours.
pub(super) fn opened(key: &Key, context: &str, sealed: &str) -> Option<String> {
    String::from_utf8(key.open(context, &nonce::unhex(sealed)?)?).ok()
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err hands it over")]
fn unavailable(trouble: String) -> NotSignedIn {
    tracing::error!("nobody can sign in: {trouble}");
    NotSignedIn::Unavailable
}

impl From<NotGranted> for NotSignedIn {
    fn from(why: NotGranted) -> Self {
        match why {
            NotGranted::Code => Self::Code,
            NotGranted::Client => {
                tracing::error!("{why}: check that hub.api_token_file and hub.service are those of the hub");
                Self::Misconfigured
            }
            NotGranted::Trouble(trouble) => {
                tracing::warn!("nobody can sign in: {trouble}");
                Self::HubAway
            }
        }
    }
}

impl From<Unidentified> for NotSignedIn {
    fn from(why: Unidentified) -> Self {
        match why {
            Unidentified::Unknown => Self::Code,
            Unidentified::Trouble(trouble) => {
                tracing::warn!("nobody can sign in: {trouble}");
                Self::HubAway
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_with_its_token_and_after_a_day_at_the_latest() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        for (expires_in, hours) in
            [(None, 24), (Some(3600), 1), (Some(1_209_600), 24), (Some(i64::MAX), 24), (Some(-5), 0)]
        {
            assert_eq!(end(now, expires_in), now + TimeDelta::hours(hours), "{expires_in:?}");
        }
    }
}
