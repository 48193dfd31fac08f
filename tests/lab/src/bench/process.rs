//! What the system says of a process: processor time, memory, and how soon it is ready.

use std::fs;
use std::time::{Duration, Instant};

use crate::net;
use crate::program::Running;
use crate::service::Service;
use crate::trouble::{Doing, Result, Trouble};

/// Processor time it has taken so far, all threads and both modes together.
pub fn cpu(pid: i32) -> Result<Duration> {
    let mut nanoseconds = 0;
    for entry in fs::read_dir(format!("/proc/{pid}/task")).doing("listing threads")?.flatten() {
        // Of a thread that ended between the two lines there is nothing to read.
        let told = fs::read_to_string(entry.path().join("schedstat")).unwrap_or_default();
        nanoseconds += told.split(' ').next().and_then(|word| word.parse::<u64>().ok()).unwrap_or_default();
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// Memory of its own that is in use now, in MiB.
pub fn resident(pid: i32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).doing("reading a process's status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()).and_then(|word| word.parse::<f64>().ok());
    kib.map(|kib| kib / 1024.0)
        .ok_or_else(|| Trouble::new("the system does not say how much memory is in use"))
}

/// Starts the service and says how long it took from `exec` until it was ready.
pub fn start(service: &Service, log: &std::path::Path) -> Result<(Running, Duration)> {
    let ready = format!("{}api/v1/health/ready", service.prefix);
    let began = Instant::now();
    let mut running = service.command("serve").env("RUST_LOG", "info").start(log)?;
    while began.elapsed() < Duration::from_secs(30) {
        if net::get(service.port, &ready, None).is_some_and(|(status, _)| status == 200) {
            return Ok((running, began.elapsed()));
        }
        running.must_live()?;
        std::thread::sleep(Duration::from_micros(200));
    }
    Err(Trouble::new("the service is not ready after 30 s").with_log(log))
}
