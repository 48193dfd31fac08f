//! What the API promises, on both databases, over real connections.

mod description;
mod errors;
mod hub;

use jupyterhub_presets::store::Store;
use serde_json::{Value as Json, json};

use crate::running::Running;
use crate::scratch::Scratch;

fn start(scratch: &Scratch) -> Running {
    Running::start(
        Store::open(&scratch.url(), 4),
        include_str!("api/site.yaml"),
        "groups: {physics: [alice, bob]}",
    )
}

fn resolve(user: &str, options: &Json) -> Json {
    json!({ "protocol": 1, "user": user, "options": options })
}

fn form(user: &str) -> Json {
    json!({ "protocol": 1, "user": user })
}
