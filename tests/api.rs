//! What the API promises, on both databases, over real connections.

mod bad_input;
mod callers;
mod crowd;
mod description;
mod doors;
mod errors;
mod events;
mod forms;
mod hub;
mod hub_tls;
mod matrix;
mod people;
pub mod presets;
mod replay;
mod replicas;
mod security;
mod wire;

use std::sync::Arc;

use jupyterhub_presets::clock::{SharedClock, SystemClock};
use jupyterhub_presets::store::Store;
use serde_json::{Value as Json, json};

use crate::running::Running;
use crate::scratch::Scratch;
use crate::scripted_hub::ScriptedHub;

const SITE: &str = include_str!("api/site.yaml");
const GROUPS: &str = "groups: {physics: [alice, bob]}";

fn start(scratch: &Scratch) -> Running {
    Running::start(Store::open(&scratch.url(), 4), SITE, GROUPS)
}

/// With a hub that knows whom the test tells it of.
fn start_with(scratch: &Scratch, hub: &ScriptedHub) -> Running {
    start_by(scratch, hub, Arc::new(SystemClock))
}

/// The same by a clock of the test's own.
fn start_by(scratch: &Scratch, hub: &ScriptedHub, clock: SharedClock) -> Running {
    Running::start_with(Store::open(&scratch.url(), 4), SITE, GROUPS, hub, clock)
}

fn resolve(user: &str, options: &Json) -> Json {
    json!({ "protocol": 1, "user": user, "options": options })
}

fn form(user: &str) -> Json {
    json!({ "protocol": 1, "user": user })
}
