//! JupyterHub's `configurable-http-proxy`, from the npm registry into the cache.

use std::fs;
use std::path::{Path, PathBuf};

use crate::places::{self, with_cache_locked};
use crate::program::Program;
use crate::steps::step;
use crate::trouble::{Doing, Result, Trouble};

const PACKAGE: &str = "configurable-http-proxy@5.3.0";

/// The proxy's program, installed if it is not there.
pub fn ensure(log: &Path) -> Result<PathBuf> {
    let cache = places::cache()?;
    let folder = cache.join(format!("proxy-{}", places::fingerprint(PACKAGE.as_bytes())));
    let program = folder.join("node_modules/.bin/configurable-http-proxy");
    with_cache_locked(&cache, || {
        if folder.join("complete").exists() {
            return Ok(());
        }
        require_node(log)?;
        step(PACKAGE.replace('@', " "), || {
            fs::create_dir_all(&folder).doing("making the proxy's folder")?;
            Program::new("npm install", "npm")
                .args(["install", "--no-audit", "--no-fund", "--no-package-lock", "--prefix"])
                .arg(&folder)
                .arg(PACKAGE)
                .run(log)?;
            places::write(&folder.join("complete"), "")
        })
    })?;
    Ok(program)
}

/// Says what to do on a machine without Node.
pub fn require_node(log: &Path) -> Result<()> {
    if Program::new("npm", "npm").arg("--version").output(log).is_ok() {
        return Ok(());
    }
    Err(Trouble::new(
        "Node.js 20 with npm is needed and not on the PATH: install it from nodejs.org or your distribution",
    ))
}
