//! The wire: connections with deadlines and limits on every request, in front of the application.
//!
//! actix-http bounds the first head of a connection and nothing after it, and the proxy keeps
//! connections for hours, each for many people. So each connection has a [`porter`]: it reads heads
//! ([`head`]) and bodies ([`body`]) itself, strictly and in time, and hands on whole requests in one
//! plain form. What it refuses it answers itself, as a problem; a slow client holds no handler.

mod body;
mod head;
mod porter;
pub mod tls;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use head::{LONGEST_TARGET, MOST_HEADERS};
pub use porter::Porter;

use super::metrics::Meter;

/// What every connection keeps to.
#[derive(Debug)]
pub struct Rules {
    pub deadlines: Deadlines,
    /// Peers whose `X-Forwarded-For` is believed, and then only its last entry.
    pub trusted_proxies: BTreeSet<IpAddr>,
    pub meter: Arc<Meter>,
}

/// What connection and application tell each other about the request under way.
#[derive(Debug, Default)]
pub struct Exchange {
    /// The last byte of the answer was handed to the connection.
    pub answered: Cell<bool>,
    /// Who asks, as far as addresses tell.
    pub client: Cell<Option<IpAddr>>,
    /// The service is about to end: this request is the connection's last.
    pub last: Cell<bool>,
}

/// Comes when no connection is to wait for another request.
pub type Ending = Pin<Box<dyn Future<Output = ()>>>;

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// For a head, from its first byte; for a new connection, to say anything.
    pub head: Duration,
    /// For a body, whatever its size.
    pub body: Duration,
    /// What a body may take before it must have come at [`Self::slowest_body`].
    pub first_of_body: Duration,
    /// Bytes per second.
    pub slowest_body: u64,
    /// To take an answer.
    pub write: Duration,
    /// Between two requests. The proxy keeps connections without end: whoever closes, it is us.
    pub idle: Duration,
    /// For us to make the answer.
    pub handler: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(5),
            body: Duration::from_secs(10),
            first_of_body: Duration::from_secs(3),
            slowest_body: 1 << 10,
            write: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            handler: Duration::from_secs(5),
        }
    }
}
