//! `lab up`: the surroundings for a test, described in one JSON line, changed by lines on stdin, ended when stdin closes.

use std::io::BufRead;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use serde_json::json;

use crate::packages::{self, Need};
use crate::places::{self, State};
use crate::postgres::Postgres;
use crate::signals;
use crate::steps::{answer, step};
use crate::surroundings::{Plan, Surroundings};
use crate::trouble::{Result, Trouble};

/// Starts what `plan` says, tells of it, and does what stdin says until it closes.
pub fn up(plan: Plan, state: &mut State) -> Result<()> {
    let commands = listen_to_stdin();
    let repository = places::repository()?;
    let mut surroundings = Surroundings::start(&repository, state, plan)?;
    answer(surroundings.facts());
    loop {
        match commands.recv_timeout(Duration::from_millis(50)) {
            Ok(line) => {
                let outcome = obey(&mut surroundings, &line);
                answer(match outcome {
                    Ok(()) => json!({ "ok": true, "pids": surroundings.facts()["pids"] }),
                    Err(trouble) => json!({ "ok": false, "error": trouble.to_string() }),
                });
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if signals::stopped() {
            return Ok(());
        }
    }
}

/// Does one of: `start|stop|kill hub`, `start|stop slapd`, `start|stop service`, `start|stop postgres`.
fn obey(surroundings: &mut Surroundings, line: &str) -> Result<()> {
    let no_postgres = || Trouble::new("there is no PostgreSQL here");
    match line.split_whitespace().collect::<Vec<_>>()[..] {
        ["start", "hub"] => surroundings.hub.start(),
        ["stop", "hub"] => {
            surroundings.hub.stop();
            Ok(())
        }
        ["kill", "hub"] => {
            surroundings.hub.kill();
            Ok(())
        }
        ["start", "slapd"] => surroundings.slapd.restart(),
        ["stop", "slapd"] => {
            surroundings.slapd.stop();
            Ok(())
        }
        ["start", "service"] => surroundings.start_service(),
        ["stop", "service"] => {
            surroundings.external = None;
            Ok(())
        }
        ["start", "postgres"] => surroundings.postgres.as_mut().ok_or_else(no_postgres)?.restart(),
        ["stop", "postgres"] => {
            surroundings.postgres.as_mut().ok_or_else(no_postgres)?.stop();
            Ok(())
        }
        ["facts"] => {
            answer(surroundings.facts());
            Ok(())
        }
        _ => Err(Trouble::new(format!(
            "`{line}` is none of: start|stop|kill hub, start|stop slapd|service|postgres"
        ))),
    }
}

/// `lab postgres`: a cluster whose URL is told in one JSON line, killed and started again by lines on stdin, ended
/// when stdin closes.
pub fn postgres(state: &State) -> Result<()> {
    let commands = listen_to_stdin();
    packages::ensure(&[Need::Postgres], &state.log("setup"))?;
    let mut postgres = step("PostgreSQL, a cluster of its own", || Postgres::start(state))?;
    answer(
        json!({ "url": postgres.url(), "port": postgres.port(), "pid": postgres.pid(), "state_dir": state.folder() }),
    );
    let mut ought_to_live = true;
    while !signals::stopped() {
        match commands.recv_timeout(Duration::from_millis(50)) {
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) if ought_to_live => postgres.running().must_live()?,
            Err(RecvTimeoutError::Timeout) => {}
            Ok(line) => {
                let done = match line.as_str() {
                    "kill postgres" => postgres.kill(),
                    "start postgres" => postgres.restart(),
                    _ => Err(Trouble::new(format!("`{line}` is none of: start|kill postgres"))),
                };
                ought_to_live = line != "kill postgres";
                answer(match done {
                    Ok(()) => json!({ "ok": true, "pid": postgres.pid() }),
                    Err(trouble) => json!({ "ok": false, "error": trouble.to_string() }),
                });
            }
        }
    }
    Ok(())
}

/// stdin's lines; when it closes we are asked to stop, also while something is still starting.
fn listen_to_stdin() -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            match line {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
                Err(_) => break,
            }
        }
        signals::stop();
    });
    receiver
}
