//! The lab's commands: `demo`, `verify` and `bench` for people, `up` and `postgres` for tests.
//!
//! The lab starts real parts on loopback (slapd, JupyterHub with its proxy, the service, PostgreSQL, Slurm), installs
//! what is missing, and leaves nothing running: Ctrl-C, SIGTERM, a closed stdin (`up`, `postgres`) and a parent's
//! death end it and all its descendants.

mod arguments;
mod bench;
mod clients;
mod counts;
mod demo;
mod descendants;
mod hub;
mod hub_config;
mod lanes;
mod net;
mod packages;
mod places;
mod postgres;
mod program;
mod progress;
mod proxy;
mod python;
mod service;
mod setup;
mod signals;
mod slapd;
mod slurm;
mod steps;
mod stream;
mod suites;
mod surroundings;
mod trouble;
mod up;
mod verify;

use std::process::ExitCode;
use std::time::Duration;

use crate::arguments::{Arguments, Command};
use crate::places::State;
use crate::setup::Effort;
use crate::steps::say;
use crate::trouble::Result;

fn main() -> ExitCode {
    let outcome = arguments::read(std::env::args().skip(1)).and_then(run);
    // Whatever happened: nothing that came from us outlives us.
    descendants::end_all(Duration::from_secs(5));
    match outcome {
        Ok(code) => code,
        Err(trouble) if trouble.is_interruption() => ExitCode::from(130),
        Err(trouble) => {
            if let Some(tail) = trouble.tail(25) {
                say(format!("\n{tail}\n"));
            }
            say(trouble);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    signals::listen()?;
    descendants::adopt_orphans();
    match arguments.command {
        Command::Help => {
            steps::answer(arguments::HELP);
            Ok(ExitCode::SUCCESS)
        }
        Command::Demo => {
            signals::end_with_parent();
            let port = arguments.port;
            in_state("demo", arguments, |plan, state| demo::demo(plan, port, state))
        }
        Command::Up => in_state("lab", arguments, up::up),
        Command::Postgres => in_state("postgres", arguments, |_, state| up::postgres(state)),
        Command::Bench => {
            signals::end_with_parent();
            let mut state = State::temporary("bench")?;
            let met = bench::bench(&arguments, &state);
            if met.is_err() {
                state.keep();
            }
            met.map(|met| if met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Clients => clients::write().map(|()| ExitCode::SUCCESS),
        Command::Verify | Command::Soak if arguments.list => {
            verify::list();
            Ok(ExitCode::SUCCESS)
        }
        Command::Verify | Command::Soak => {
            signals::end_with_parent();
            let mut state = State::temporary("verify")?;
            let effort = if arguments.command == Command::Soak { Effort::Soak } else { Effort::Verify };
            let sound = verify::verify(&arguments.suites, arguments.only, effort, &state);
            if !matches!(sound, Ok(true)) {
                state.keep();
            }
            sound.map(|sound| if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}

/// Works in a state folder; after a failure it stays, for its logs.
fn in_state(
    what: &str,
    arguments: Arguments,
    work: impl FnOnce(surroundings::Plan, &mut State) -> Result<()>,
) -> Result<ExitCode> {
    let mut state = match &arguments.state {
        Some(folder) => State::at(folder)?,
        None => State::temporary(what)?,
    };
    let outcome = work(arguments.plan(), &mut state);
    if outcome.as_ref().is_err_and(|trouble| !trouble.is_interruption()) {
        state.keep();
    }
    outcome.map(|()| ExitCode::SUCCESS)
}
