//! The JupyterHub as this service sees it: who a token belongs to, and what its scopes open here.

pub mod client;
mod model;
pub mod scopes;

use serde::{Deserialize, Serialize};

use crate::clock::SharedClock;
use crate::config::hub::{HubSettings, Mistake};
use crate::groups::Username;
use client::Client;
pub use scopes::Rights;

/// A person or a program. A service named `alice` is not the user `alice`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    User,
    Service,
}

/// Whom the hub says a token belongs to, and what it opens here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub kind: Kind,
    pub name: Username,
    /// Whether the token was made for this service, or for all: known is not allowed.
    pub admitted: bool,
    pub rights: Rights,
    /// Groups that the hub itself keeps for a user.
    pub groups: Vec<String>,
    /// The hub's own name of the token.
    pub token_id: Option<String>,
    /// The browser session that a token of a sign-in belongs to.
    pub session_id: Option<String>,
}

/// Whether an answer from a moment ago will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// For what only reads: at most 30 s old.
    Recent,
    /// For what changes something: the hub is asked now.
    Now,
}

/// Why nobody can be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unidentified {
    /// The hub does not know the token: it is wrong, expired or revoked.
    #[error("the hub does not know this token")]
    Unknown,
    /// The hub gave no usable answer. That says nothing about the token.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

/// The hub gave no usable answer; what is said of it holds no token and no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the hub gave no usable answer: {0}")]
pub struct Trouble(pub String);

/// The hub.
pub struct Hub {
    pub settings: HubSettings,
    pub client: Client,
    pub clock: SharedClock,
}

impl Hub {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// Where a file of its TLS cannot be used.
    pub fn new(settings: HubSettings, clock: SharedClock) -> Result<Self, Mistake> {
        Ok(Self { client: Client::new(&settings)?, settings, clock })
    }

    /// Whom `token` belongs to. `session_id` is that of the browser for a session of ours, none for a
    /// token somebody sent.
    ///
    /// # Errors
    /// [`Unidentified`]; trouble with the hub is never taken for a bad token, or the other way round.
    pub async fn identify(
        &self,
        token: &str,
        _session_id: Option<&str>,
        _freshness: Freshness,
    ) -> Result<Identity, Unidentified> {
        self.introspect(token).await
    }

    async fn introspect(&self, token: &str) -> Result<Identity, Unidentified> {
        let reply = self.client.get("/user", token).await?;
        match reply.status {
            200 => Ok(model::read(&reply.body, &self.settings.service).map_err(Trouble)?),
            403 => Err(Unidentified::Unknown),
            status => Err(Trouble(format!("status {status}")).into()),
        }
    }
}
