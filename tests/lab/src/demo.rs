//! `cargo demo`: a hub to try, with people, groups and presets, until Ctrl-C.

use std::path::Path;
use std::time::Duration;

use crate::hub::PASSWORD;
use crate::net;
use crate::places::{self, State};
use crate::signals;
use crate::slurm::Slurm;
use crate::steps::{answer, say};
use crate::surroundings::{Plan, Surroundings};
use crate::trouble::Result;

/// Starts everything, says what to try, and waits.
pub fn demo(mut plan: Plan, port: u16, state: &mut State) -> Result<()> {
    let repository = places::repository()?;
    say(format!("jupyterhub-presets, on this machine only. Logs: {}", state.folder().join("logs").display()));
    plan.choices.public_port = net::free_port_from(port)?;
    let mut surroundings = Surroundings::start(&repository, state, plan)?;
    let slurm_conf = surroundings.slurm.as_ref().map(Slurm::conf);
    let prefix = surroundings.service.as_ref().map(|service| service.prefix.as_str());
    answer(welcome(&surroundings.hub.public_url(), prefix.unwrap_or_default(), slurm_conf.as_deref()));
    while !signals::stopped() {
        surroundings.must_live()?;
        std::thread::sleep(Duration::from_millis(100));
    }
    say("\nStopping.");
    Ok(())
}

fn welcome(url: &str, prefix: &str, slurm_conf: Option<&Path>) -> String {
    let people = match slurm_conf {
        None => PEOPLE.to_owned(),
        Some(conf) => format!("{JOBS}\n\n  Look at the jobs:  SLURM_CONF={} squeue", conf.display()),
    };
    format!(
        "
  {url}                 start a server
  {url}{prefix}   one's own presets and groups, and how to get a token

  Password for everybody: {PASSWORD}

{people}

  admin   looks after the hub: {url}/hub/admin, and administers presets

  Ctrl-C stops everything."
    )
}

const PEOPLE: &str = "  \
  alice   in physics, which is nested under hpc, and in gpu-users: sees their presets, one click starts
  bob     in chemistry: physics' presets are not there, not even by link or REST
  carol   in hpc and gpu-users, not in physics
  dave    in no group: the site's presets only
  erin    in physics and chemistry: one group at a time, the limits of both";

const JOBS: &str = "  \
  alice   in physics and gpu-users: \"Physics, 4 cores\" is a job of a real Slurm, one click submits it
  dave    in no group: \"A small job\" and \"A small server\" only";
