//! The time, as a parameter: nothing else in the house asks the system for it.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};

/// Says what time it is.
pub trait Clock: Send + Sync {
    /// Now, to the microsecond: the finest both databases keep.
    fn now(&self) -> DateTime<Utc>;
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that may")]
        Utc::now().trunc_subsecs(6)
    }
}

/// A clock that whoever needs the time holds a share of.
pub type SharedClock = Arc<dyn Clock>;
