//! A managed service ends with its hub, however the hub ends.

use rustix::process::{Signal, getppid, set_parent_process_death_signal};

use crate::end;

/// Asks the kernel for SIGTERM when the process that started this one is gone.
///
/// A hub that is killed leaves its services running on their ports; the next hub's health check
/// would be content with the old one, and every login fail (`jupyterhub/services/service.py`).
pub fn end_with_parent() {
    let before = getppid();
    if let Err(error) = set_parent_process_death_signal(Some(Signal::TERM)) {
        tracing::warn!("this service will outlive a hub that is killed: {error}");
    }
    if getppid() != before {
        tracing::warn!("the hub was gone before the service began");
        end::end(1);
    }
}
