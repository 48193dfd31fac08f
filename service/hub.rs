//! The JupyterHub as this service sees it: who a token belongs to, and what its scopes open here.

mod cache;
pub mod client;
mod model;
pub mod oauth;
pub mod report;
pub mod scopes;
pub mod servers;

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::clock::SharedClock;
use crate::config::hub::{HubSettings, Mistake};
use crate::groups::Username;
use cache::{Answer, Cache, Found, Question};
use client::Client;
use report::Registration;
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
    /// When the hub made a user's account; told by tokens that may read it.
    pub made_at: Option<DateTime<Utc>>,
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
    clock: SharedClock,
    cache: Cache,
    /// Questions under way, so that a flood of tokens floods nobody else.
    turns: Semaphore,
    registration: Mutex<Option<Arc<Registration>>>,
}

/// Questions the hub is asked at a time; the others wait within their deadline.
const AT_A_TIME: usize = 32;

impl Hub {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// Where a file of its TLS cannot be used.
    pub fn new(settings: HubSettings, clock: SharedClock) -> Result<Self, Mistake> {
        let client = Client::new(&settings)?;
        let (cache, turns) = (Cache::default(), Semaphore::new(AT_A_TIME));
        Ok(Self { settings, client, clock, cache, turns, registration: Mutex::default() })
    }

    /// Whom `token` belongs to. `session_id` is that of the browser for a session of ours, none for a
    /// token somebody sent.
    ///
    /// # Errors
    /// [`Unidentified`]; trouble with the hub is never taken for a bad token, or the other way round.
    pub async fn identify(
        self: &Arc<Self>,
        token: &str,
        session_id: Option<&str>,
        freshness: Freshness,
    ) -> Answer {
        let question = Question::new(token, session_id);
        let asked = self.clock.now();
        if freshness == Freshness::Now {
            let answer = self.introspect(token).await;
            self.cache.keep(question, asked, &answer);
            return answer;
        }
        let mut coming = match self.cache.find(question, asked) {
            Found::Answer(answer) => return answer,
            Found::Coming(coming) => coming,
            Found::Ask(waiting) => {
                let (hub, token, coming) = (self.clone(), token.to_owned(), waiting.subscribe());
                // On its own: whoever asked first may hang up while others wait.
                tokio::spawn(async move {
                    let answer = hub.introspect(&token).await;
                    hub.cache.answered(question, asked, answer, &waiting);
                });
                coming
            }
        };
        let answer = coming.wait_for(Option::is_some).await.ok().and_then(|answer| answer.clone());
        answer.unwrap_or_else(|| Err(Trouble("asking it was broken off".to_owned()).into()))
    }

    async fn introspect(&self, token: &str) -> Answer {
        let asked = async {
            let _turn = self.turns.acquire().await;
            self.client.get("/user", token).await
        };
        let reply = match tokio::time::timeout(client::DEADLINE, asked).await {
            Ok(reply) => reply?,
            Err(_) => return Err(Trouble("it has too much to do".to_owned()).into()),
        };
        match reply.status {
            200 => Ok(Arc::new(model::read(&reply.body, &self.settings.service).map_err(Trouble)?)),
            403 => Err(Unidentified::Unknown),
            status => Err(Trouble(format!("status {status}")).into()),
        }
    }
}
