//! Starting a server at the hub, with the token of whoever wants it: the hub decides whether they may.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value as Json;

use super::oauth::escaped;
use super::{Hub, Trouble};
use crate::config::secret::Secret;
use crate::groups::Username;

/// How long the hub's own answer is waited for; a spawner may take minutes.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long the hub may take to answer at all: it says “pending” after ten seconds.
const WHOLE: Duration = Duration::from_secs(30);
/// The longest sentence of the hub that is passed on, in characters.
const LONGEST: usize = 1_000;

/// What became of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    /// The server runs.
    Ready,
    /// It starts; or the hub has not said anything yet.
    Pending,
}

/// Why nothing starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotStarted {
    /// The token may not start servers of its owner.
    TokenTooNarrow,
    /// The hub says so, in these words.
    Refused(String),
    /// The hub starts enough servers just now.
    Busy(String),
    /// The hub gave no usable answer: whether it starts anything is not known.
    Unknown(Trouble),
}

/// What the hub says where it does not do what it is asked.
#[derive(Debug, Default, Deserialize)]
struct Message {
    #[serde(default)]
    message: Option<String>,
}

impl Hub {
    /// Starts the server `server` (empty: the default one) of `person` with `options`, by `token`.
    ///
    /// # Errors
    /// [`NotStarted`]; what the hub is still busy with is no error.
    pub async fn start_server(
        &self,
        token: &Secret,
        person: &Username,
        server: &str,
        options: &Json,
    ) -> Result<Started, NotStarted> {
        let path = match server {
            "" => format!("/users/{}/server", escaped(person.as_str())),
            server => format!("/users/{}/servers/{}", escaped(person.as_str()), escaped(server)),
        };
        let (client, token, body) = (self.client.clone(), token.clone(), options.to_string());
        // On its own: a start that was asked for goes on, whether or not somebody waits for it.
        let asked = tokio::spawn(async move { client.post_json(&path, token.reveal(), body, WHOLE).await });
        let reply = match tokio::time::timeout(PATIENCE, asked).await {
            Err(_) => return Ok(Started::Pending),
            Ok(Err(_)) => return Err(NotStarted::Unknown(Trouble("asking it was broken off".to_owned()))),
            Ok(Ok(reply)) => reply.map_err(NotStarted::Unknown)?,
        };
        let said = || {
            let message: Message = serde_json::from_slice(&reply.body).unwrap_or_default();
            let message = message.message.unwrap_or_default();
            message.chars().filter(|c| !c.is_control()).take(LONGEST).collect::<String>()
        };
        match reply.status {
            201 | 204 => Ok(Started::Ready),
            200 | 202 => Ok(Started::Pending),
            403 if is_about_scopes(&said()) => Err(NotStarted::TokenTooNarrow),
            429 | 503 => Err(NotStarted::Busy(said())),
            400..=499 => Err(NotStarted::Refused(said())),
            status => Err(NotStarted::Unknown(Trouble(format!("status {status}")))),
        }
    }

    /// Where a browser finds the server, or sees it start.
    pub fn server_page(&self, started: Started, person: &Username, server: &str) -> String {
        let slash = if server.is_empty() { "" } else { "/" };
        let of = format!("{}{slash}{}", escaped(person.as_str()), escaped(server));
        match started {
            Started::Ready => {
                let pages = self.pages();
                format!("{}user/{of}/", pages.strip_suffix("hub/").unwrap_or(&pages))
            }
            Started::Pending => format!("{}spawn-pending/{of}", self.pages()),
        }
    }
}

/// Whether the hub refuses for want of a scope: it says so, or nothing at all. Whatever else is refused
/// with that status, a spawner refuses in words of its own.
fn is_about_scopes(message: &str) -> bool {
    message.is_empty() || message.contains("not authorized with current scopes")
}
