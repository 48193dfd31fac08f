//! `cargo demo`: a hub to try, with people, groups and presets, until Ctrl-C.

use std::time::Duration;

use crate::hub::PASSWORD;
use crate::net;
use crate::places::{self, State};
use crate::signals;
use crate::steps::{answer, say};
use crate::surroundings::{Plan, Surroundings};
use crate::trouble::Result;

/// Starts everything, says what to try, and waits.
pub fn demo(mut plan: Plan, port: u16, state: &mut State) -> Result<()> {
    let repository = places::repository()?;
    say(format!("jupyterhub-presets, on this machine only. Logs: {}", state.folder().join("logs").display()));
    plan.choices.public_port = net::free_port_from(port)?;
    let slurm = plan.slurm;
    let mut surroundings = Surroundings::start(&repository, state, plan)?;
    answer(welcome(&surroundings.hub.public_url(), slurm));
    while !signals::stopped() {
        surroundings.must_live()?;
        std::thread::sleep(Duration::from_millis(100));
    }
    say("\nStopping.");
    Ok(())
}

fn welcome(url: &str, slurm: bool) -> String {
    let job = if slurm {
        "\n  alice   \"Slurm job\" is a real one: start it, then look with `squeue` (SLURM_CONF is in the logs' folder)"
    } else {
        ""
    };
    format!(
        "
  {url}

  Password for everybody: {PASSWORD}

  alice   in physics, which is nested under hpc, and in gpu-users: sees their presets, one click starts
  bob     in chemistry only: physics' presets are not there, not even by link or REST
  carol   in hpc directly, and in gpu-users
  dave    in no group: the site's presets
  erin    in physics, chemistry and admins: several groups
  admin   looks after the hub: {url}/hub/admin{job}

  Ctrl-C stops everything."
    )
}
