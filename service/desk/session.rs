//! Sessions in use: found by their cookie, ended by logout.

use std::time::Duration;

use chrono::TimeDelta;

use super::sign_in::{context, opened};
use super::{Desk, within};
use crate::config::key::Key;
use crate::config::nonce;
use crate::config::secret::Secret;
use crate::groups::Username;
use crate::store::sessions;

/// A session that is not used for so long is over.
pub(super) const IDLE: TimeDelta = TimeDelta::hours(8);
/// A use is written down at most so often.
const NOTED: TimeDelta = TimeDelta::minutes(5);
/// How long a request waits for the database.
const PROMPT: Duration = Duration::from_secs(2);

/// A browser that is signed in, as one request finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// What it is kept under; not what the browser keeps.
    pub id: String,
    /// Whose it is; whether they may still come in, the hub says.
    pub person: Username,
    /// The hub's token.
    pub token: Secret,
    /// The hub's session it was made in.
    pub hub_session: String,
}

impl Desk {
    /// The session of a browser that keeps `cookie` while it is signed in at the hub as
    /// `hub_session`; none where it is over, or the hub's session is another one.
    ///
    /// # Errors
    /// Why the database does not tell.
    pub async fn session(
        &self,
        key: &Key,
        cookie: &str,
        hub_session: Option<&str>,
    ) -> Result<Option<Live>, String> {
        let (id, now) = (nonce::fingerprint(cookie), self.clock.now());
        let sought = id.clone();
        let found = within(PROMPT, self.store.read(move |conn| sessions::find(conn, &sought))).await?;
        let Some(session) = found.filter(|session| {
            now < session.expires_at
                && now - session.seen_at < IDLE
                && hub_session == Some(session.hub_session.as_str())
        }) else {
            return Ok(None);
        };
        if now - session.seen_at >= NOTED {
            self.note(id.clone());
        }
        let token = opened(key, &context("token", &id), &session.token);
        let (person, hub_session) = (session.person, session.hub_session);
        Ok(token.map(|token| Live { id, person, token: Secret::new(token), hub_session }))
    }

    /// Ends the session of that cookie, if there is one.
    ///
    /// # Errors
    /// Why the database does not do it: it may go on.
    pub async fn end_session(&self, cookie: &str) -> Result<(), String> {
        let id = nonce::fingerprint(cookie);
        self.forget_session(&id).await
    }

    /// The same, by what it is kept under.
    ///
    /// # Errors
    /// As [`Desk::end_session`].
    pub async fn forget_session(&self, id: &str) -> Result<(), String> {
        let id = id.to_owned();
        within(PROMPT, self.store.write(move |conn| sessions::end(conn, &id))).await.map(drop)
    }

    /// Writes a use down, while the request goes on.
    fn note(&self, id: String) {
        let (store, now) = (self.store.clone(), self.clock.now());
        tokio::spawn(async move {
            if let Err(error) = store.write(move |conn| sessions::touch(conn, &id, now)).await {
                tracing::debug!("a use of a session is not written down: {error}");
            }
        });
    }
}

/// What the forms of a session's pages send back (requirement R23).
pub fn csrf_token(key: &Key, session: &str) -> String {
    nonce::hex(&key.sign("csrf", session.as_bytes()))
}

/// Whether `token` is that of the session's pages.
pub fn is_csrf_token(key: &Key, session: &str, token: &str) -> bool {
    nonce::unhex(token).is_some_and(|signature| key.verify("csrf", session.as_bytes(), &signature))
}
