//! What these tests need and may not find; whatever is left out is said in one line.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Once;

/// Debian's place for it, which is not on everybody's path.
pub const SLAPD: &str = "/usr/sbin/slapd";

/// The PostgreSQL to test with, if there is one.
///
/// # Panics
/// Where `PRESETS_TEST_POSTGRES=required` and there is none: `cargo verify` leaves nothing out.
pub fn postgres() -> Option<String> {
    let url = std::env::var("TEST_POSTGRES_URL").ok();
    assert!(url.is_some() || !required("PRESETS_TEST_POSTGRES"), "TEST_POSTGRES_URL names no database");
    if url.is_none() {
        say();
    }
    url
}

/// Whether slapd and its tools are there.
///
/// # Panics
/// Where `PRESETS_TEST_LDAP=required` and they are not.
pub fn slapd() -> bool {
    let there = has_slapd();
    assert!(there || !required("PRESETS_TEST_LDAP"), "slapd or ldap-utils is not installed");
    if !there {
        say();
    }
    there
}

/// Whether Node.js and what `npm ci` installs are there.
///
/// # Panics
/// Where `PRESETS_TEST_NODE=required` and they are not.
pub fn node() -> bool {
    let there = has_node();
    assert!(there || !required("PRESETS_TEST_NODE"), "Node.js is not there, or frontend/node_modules is not");
    if !there {
        say();
    }
    there
}

fn required(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|word| word == "required")
}

fn has_slapd() -> bool {
    // `-VV` prints the version and ends; `slapd -V` would print it and serve.
    let tool = Command::new("ldapadd").arg("-VV").stdout(Stdio::null()).stderr(Stdio::null()).status();
    Path::new(SLAPD).exists() && tool.is_ok()
}

fn has_node() -> bool {
    let tool = Command::new("node").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    Path::new(env!("CARGO_MANIFEST_DIR")).join("frontend/node_modules/vite").exists() && tool.is_ok()
}

fn say() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        let postgres =
            std::env::var_os("TEST_POSTGRES_URL").is_none().then_some("PostgreSQL (TEST_POSTGRES_URL)");
        let slapd = (!has_slapd()).then_some("slapd (slapd, ldap-utils)");
        let node = (!has_node()).then_some("Node.js (and `npm ci` in frontend/)");
        let missing: Vec<&str> = [postgres, slapd, node].into_iter().flatten().collect();
        let line =
            format!("left out: what needs {}; `cargo verify rust` runs it too\n", missing.join(" and "));
        // Past the harness, which keeps what a passing test prints.
        let _ = std::io::stderr().write_all(line.as_bytes());
    });
}
