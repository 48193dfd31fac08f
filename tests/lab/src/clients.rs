//! Clients from the API's description: types and calls in Python for the plugin, types in TypeScript for the pages.
//!
//! One small generator of our own: the known ones bring a run-time dependency (Python) or need an older TypeScript
//! than ours, and what they write is longer than this.

mod python;
mod shapes;
mod typescript;

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::places;
use crate::steps::say;
use crate::trouble::{Doing, Result, Trouble};

const DESCRIPTION: &str = "openapi/openapi.json";

/// Writes the clients into the checkout.
pub fn write() -> Result<()> {
    let repository = places::repository()?;
    for (path, text) in generated(&repository)? {
        places::write(&repository.join(path), &text)?;
        say(format!("{path} written"));
    }
    Ok(())
}

/// Each generated file: its place in the checkout and its text.
fn generated(repository: &Path) -> Result<[(&'static str, String); 2]> {
    let text = fs::read_to_string(repository.join(DESCRIPTION)).doing(format!("reading {DESCRIPTION}"))?;
    let document: Value =
        serde_json::from_str(&text).map_err(|error| Trouble::new(format!("{DESCRIPTION}: {error}")))?;
    let api = shapes::read(&document);
    Ok([
        ("openapi/jupyterhub_presets/calls.py", python::module(&api)),
        ("frontend/src/api.ts", typescript::module(&api)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_in_the_tree_are_those_of_the_description() {
        let repository = places::repository().expect("tests run inside the checkout");
        for (path, text) in generated(&repository).expect("the description is in the tree") {
            let committed = fs::read_to_string(repository.join(path)).unwrap_or_default();
            assert!(committed == text, "{path} is stale: run `cargo lab clients`");
        }
    }
}
