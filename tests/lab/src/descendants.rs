//! Every process that came from us, found by parentage: none is left behind, and none of anybody else's is touched.
//!
//! A hub that is killed leaves its proxy and people's servers behind. The lab adopts such orphans (it is their
//! "subreaper"), so that they stay its descendants whatever session or process group they moved to.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::process::{Child, Command};
use std::sync::{LazyLock, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions};

struct Process {
    parent: i32,
    zombie: bool,
}

/// Children somebody here waits for; all others are adopted.
static WAITED_FOR: LazyLock<Mutex<HashSet<i32>>> = LazyLock::new(Mutex::default);

/// From now on orphans among our descendants become our own children, and are collected when they end.
///
/// A hub asks by pid whether a person's server or its proxy still lives, and a zombie would answer yes.
pub fn adopt_orphans() {
    // Without it (a kernel that refuses) only the orphans of a killed hub would survive us.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    std::thread::spawn(|| {
        loop {
            std::thread::sleep(Duration::from_millis(50));
            reap_orphans();
        }
    });
}

/// Starts a child that the caller waits for, and [`forget`]s afterwards.
pub fn spawn(command: &mut Command) -> io::Result<Child> {
    // Held while the child is born: it may end before we know its name.
    let mut waited_for = waited_for();
    let child = command.spawn()?;
    waited_for.extend(i32::try_from(child.id()));
    Ok(child)
}

/// Tells that a child was waited for: its number may now be given to another process.
pub fn forget(pid: i32) {
    waited_for().remove(&pid);
}

fn waited_for() -> MutexGuard<'static, HashSet<i32>> {
    WAITED_FOR.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The living descendants of process `root`, nearest first.
pub fn of(root: i32) -> Vec<i32> {
    let processes = processes();
    let mut found = vec![root];
    let mut looked_at = 0;
    while looked_at < found.len() {
        let parent = found[looked_at];
        found.extend(
            processes
                .iter()
                .filter(|(_, process)| process.parent == parent && !process.zombie)
                .map(|(pid, _)| *pid),
        );
        looked_at += 1;
    }
    found.split_off(1)
}

/// Ends all our descendants: SIGTERM, and SIGKILL for those alive after `patience`.
///
/// Returns how many there were.
pub fn end_all(patience: Duration) -> usize {
    let ours = rustix::process::getpid().as_raw_nonzero().get();
    let left = of(ours);
    let count = left.len();
    send(&left, Signal::TERM);
    let deadline = Instant::now() + patience;
    while !of(ours).is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(30));
    }
    // A stopped process (SIGSTOP, as tests do) ignores SIGTERM but not SIGKILL.
    for _ in 0..20 {
        let left = of(ours);
        if left.is_empty() {
            break;
        }
        send(&left, Signal::KILL);
        std::thread::sleep(Duration::from_millis(30));
    }
    count
}

/// `kill -9` of processes that came from us.
pub fn kill(pids: &[i32]) {
    send(pids, Signal::KILL);
}

fn reap_orphans() {
    let waited_for = waited_for();
    let ours = rustix::process::getpid().as_raw_nonzero().get();
    for (pid, process) in processes() {
        if process.zombie && process.parent == ours && !waited_for.contains(&pid) {
            let _ = rustix::process::waitpid(Pid::from_raw(pid), WaitOptions::NOHANG);
        }
    }
}

/// Whether `pid` is a living process (a zombie is not).
pub fn is_alive(pid: i32) -> bool {
    status(pid).is_some_and(|process| !process.zombie)
}

fn send(pids: &[i32], signal: Signal) {
    for pid in pids.iter().rev().filter_map(|pid| Pid::from_raw(*pid)) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

fn processes() -> HashMap<i32, Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return HashMap::new() };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter_map(|pid| Some((pid, status(pid)?)))
        .collect()
}

fn status(pid: i32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // "pid (name) state parent …"; the name may hold anything, parentheses included.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    Some(Process { zombie: matches!(state, "Z" | "X"), parent: fields.next()?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_of_a_child_is_a_descendant_until_it_ends() {
        let mut shell = std::process::Command::new("sh")
            .args(["-c", "sleep 60 & wait"])
            .spawn()
            .expect("sh is everywhere");
        let pid = i32::try_from(shell.id()).expect("a pid fits");
        let deadline = Instant::now() + Duration::from_secs(10);
        while of(pid).is_empty() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        let sleeper = of(pid)[0];
        assert!(of(rustix::process::getpid().as_raw_nonzero().get()).contains(&sleeper));
        send(&[pid, sleeper], Signal::KILL);
        shell.wait().expect("it was ours");
        assert!(!is_alive(pid));
    }
}
