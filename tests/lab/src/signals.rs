//! The wish to stop (Ctrl-C, SIGTERM, a closed terminal, a parent that died) as one flag.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::trouble::{Doing, Result, Trouble};

static STOP: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| Arc::new(AtomicBool::new(false)));

/// From now on SIGINT, SIGTERM and SIGHUP set the flag instead of ending the process.
pub fn listen() -> Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&STOP)).doing("listening for signals")?;
    }
    Ok(())
}

/// Asks the kernel to send us SIGTERM when our parent ends, however it ends.
pub fn end_with_parent() {
    // Best effort: without it only a parent's `kill -9` leaves us behind.
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM));
}

/// Whether somebody asked us to stop.
pub fn stopped() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// Sets the flag ourselves, as when stdin was closed.
pub fn stop() {
    STOP.store(true, Ordering::Relaxed);
}

/// An interruption if somebody asked us to stop.
pub fn check() -> Result<()> {
    if stopped() { Err(Trouble::interrupted()) } else { Ok(()) }
}

/// Asks `ready` every 30 ms until it answers, somebody stops us or `patience` is over.
///
/// `Ok(None)` means that patience is over.
pub fn wait_for<T>(patience: Duration, mut ready: impl FnMut() -> Result<Option<T>>) -> Result<Option<T>> {
    let deadline = Instant::now() + patience;
    loop {
        check()?;
        if let Some(found) = ready()? {
            return Ok(Some(found));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(30));
    }
}
