//! Debian packages: which are needed for what, which are missing, and how they come in.

use std::fs;
use std::path::{Path, PathBuf};

use crate::places;
use crate::program::Program;
use crate::steps::step;
use crate::trouble::{Doing, Result, Trouble};

/// A package's name, and the file that proves it is there (`*` stands for one folder's name).
type Package = (&'static str, &'static str);

/// What something needs from the system.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// To compile the service: libpq is built from source and links OpenSSL.
    Build,
    /// slapd and its clients.
    Ldap,
    /// Python with `venv`.
    Python,
    /// PostgreSQL's server.
    Postgres,
    /// Slurm's daemons and clients.
    Slurm,
    /// A browser that is driven by tests.
    Browser,
    /// Tools of the fault tests.
    Faults,
    /// Slow clients.
    Hostile,
    /// That nothing runs beside it: it measures time.
    Quiet,
    /// What makes load for the benchmarks.
    Load,
}

impl Need {
    fn packages(self) -> &'static [Package] {
        match self {
            Self::Build => &[
                ("libssl-dev", "/usr/include/openssl/ssl.h"),
                ("pkg-config", "/usr/bin/pkg-config"),
                ("gcc", "/usr/bin/cc"),
                ("make", "/usr/bin/make"),
            ],
            Self::Ldap => &[("slapd", "/usr/sbin/slapd"), ("ldap-utils", "/usr/bin/ldapadd")],
            Self::Python => &[("python3", "/usr/bin/python3"), ("python3-venv", "/usr/lib/*/ensurepip")],
            Self::Postgres => &[("postgresql", "/usr/lib/postgresql/*/bin/initdb")],
            Self::Slurm => &[
                ("slurmctld", "/usr/sbin/slurmctld"),
                ("slurmd", "/usr/sbin/slurmd"),
                ("slurm-client", "/usr/bin/squeue"),
                ("munge", "/usr/sbin/munged"),
            ],
            Self::Browser => &[("chromium", "/usr/bin/chromium")],
            Self::Faults => &[("strace", "/usr/bin/strace"), ("sqlite3", "/usr/bin/sqlite3")],
            Self::Hostile => &[("slowhttptest", "/usr/bin/slowhttptest")],
            Self::Quiet => &[],
            Self::Load => &[("wrk", "/usr/bin/wrk")],
        }
    }
}

/// Sees to it that everything in `needs` is there; says the one command that would, where it may not.
pub fn ensure(needs: &[Need], log: &Path) -> Result<()> {
    let missing = missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    let command = format!("apt-get install -y --no-install-recommends {}", missing.join(" "));
    if !places::is_root() || !Path::new("/usr/bin/apt-get").exists() {
        return Err(Trouble::new(format!(
            "some Debian packages are missing; install them with:\n\n    sudo {command}\n"
        )));
    }
    step(format!("Debian packages: {}", missing.join(" ")), || install(&missing, log))
}

fn missing(needs: &[Need]) -> Vec<&'static str> {
    let mut names: Vec<&str> = needs
        .iter()
        .flat_map(|need| need.packages())
        .filter(|(_, proof)| !exists(proof))
        .map(|(name, _)| *name)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn install(names: &[&str], log: &Path) -> Result<()> {
    let _quiet = NoAutostart::new()?;
    let install = apt("install").args(["--no-install-recommends"]).args(names);
    if has_package_lists() && install.run(log).is_ok() {
        return Ok(());
    }
    // No lists yet, or older ones than the mirror's: fetch them and try once more.
    apt("update").run(log)?;
    install.run(log)
}

fn apt(verb: &str) -> Program {
    Program::new(&format!("apt-get {verb}"), "apt-get")
        .args(["-y", "-o", "DPkg::Lock::Timeout=120", verb])
        .env("DEBIAN_FRONTEND", "noninteractive")
}

fn has_package_lists() -> bool {
    fs::read_dir("/var/lib/apt/lists").is_ok_and(|lists| {
        lists.flatten().any(|list| list.file_name().to_string_lossy().contains("_Packages"))
    })
}

/// Whether a path matches; `*` stands for one name.
fn exists(pattern: &str) -> bool {
    !matches(pattern).is_empty()
}

/// The paths that match, sorted; `*` stands for one name.
pub fn matches(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once("/*") else {
        let path = PathBuf::from(pattern);
        return if path.exists() { vec![path] } else { Vec::new() };
    };
    let Ok(entries) = fs::read_dir(before) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| PathBuf::from(format!("{}{after}", entry.path().display())))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    found
}

/// While it lives, Debian's packages do not start their daemons; the lab starts its own on loopback.
struct NoAutostart {
    ours: bool,
}

const POLICY: &str = "/usr/sbin/policy-rc.d";

impl NoAutostart {
    fn new() -> Result<Self> {
        use std::os::unix::fs::PermissionsExt as _;
        let policy = Path::new(POLICY);
        if policy.exists() {
            return Ok(Self { ours: false });
        }
        fs::write(
            policy,
            "#!/bin/sh\n# Written by jupyterhub-presets' lab while it installs packages.\nexit 101\n",
        )
        .and_then(|()| fs::set_permissions(policy, fs::Permissions::from_mode(0o755)))
        .doing(format!("writing {POLICY}"))?;
        Ok(Self { ours: true })
    }
}

impl Drop for NoAutostart {
    fn drop(&mut self) {
        if self.ours {
            let _ = fs::remove_file(POLICY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_name() {
        assert!(exists("/proc/*/stat"));
        assert!(exists("/proc/self"));
        assert!(!exists("/proc/*/there-is-no-such-thing"));
        assert!(!exists("/there-is-no-such-folder/*/bin"));
    }
}
