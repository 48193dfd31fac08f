//! The tests of the API against two replicas in turn, where `PRESETS_TEST_REPLICAS` asks for it.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jupyterhub_presets::store::Store;

/// How long a change may stay unseen by the other replica.
const SEEN_IN: Duration = Duration::from_secs(1);

/// Whether a second replica is to be started beside the one with `store`: SQLite's file is one process's.
pub fn are_wanted(store: &Store) -> bool {
    std::env::var_os("PRESETS_TEST_REPLICAS").is_some() && !store.is_file()
}

/// The second of two replicas, and where the last request went.
pub struct Other {
    address: SocketAddr,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    went_here: bool,
    change: Option<Instant>,
}

impl Other {
    pub fn at(address: SocketAddr) -> Self {
        Self { address, last: Mutex::default() }
    }

    /// Where the next request goes: not where the last one went, and not before a change is a second old.
    pub fn turn(&self, first: SocketAddr) -> SocketAddr {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(change) = last.change.take() {
            std::thread::sleep(SEEN_IN.saturating_sub(change.elapsed()));
        }
        last.went_here = !last.went_here;
        if last.went_here { self.address } else { first }
    }

    /// A request was answered.
    pub fn answered(&self, method: &str, path: &str) {
        if !matches!(method, "GET" | "HEAD") && !path.ends_with("/hub/form") {
            self.last.lock().unwrap_or_else(PoisonError::into_inner).change = Some(Instant::now());
        }
    }
}
