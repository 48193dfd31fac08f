//! How far a soak has come with this very tree, so that it goes on where it was stopped.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::counts::Counts;
use crate::places;
use crate::program::Program;
use crate::trouble::{Doing, Result};

/// The suites that passed, a line each: name, passed, skipped, seconds.
pub struct Progress {
    suites: PathBuf,
    trials: PathBuf,
}

impl Progress {
    /// Of what is checked out, changes included: another tree begins from the start.
    pub fn of_this_tree(log: &Path) -> Result<Self> {
        let repository = places::repository()?;
        let git = |args: &[&str]| Program::new("git", "git").args(args).cwd(&repository).output(log);
        let tree =
            git(&["rev-parse", "HEAD"])? + &git(&["diff", "HEAD"])? + &git(&["status", "--porcelain"])?;
        let folder = places::cache()?.join("soak");
        fs::create_dir_all(&folder).doing(format!("making {}", folder.display()))?;
        let name = places::fingerprint(tree.as_bytes());
        Ok(Self {
            suites: folder.join(format!("{name}.suites")),
            trials: folder.join(format!("{name}.trials")),
        })
    }

    /// Where single trials are noted, by the tests that make them.
    pub fn trials(&self) -> &Path {
        &self.trials
    }

    /// What became of a suite that passed before.
    pub fn done(&self, suite: &str) -> Option<(Counts, Duration)> {
        let kept = fs::read_to_string(&self.suites).unwrap_or_default();
        kept.lines().find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [name, passed, skipped, seconds] = fields[..] else { return None };
            let counts = Counts { passed: passed.parse().ok()?, failed: 0, skipped: skipped.parse().ok()? };
            (name == suite).then_some((counts, Duration::from_secs(seconds.parse().ok()?)))
        })
    }

    /// Notes that a suite passed.
    pub fn note(&self, suite: &str, counts: Counts, took: Duration) -> Result<()> {
        let doing = format!("writing {}", self.suites.display());
        let mut file = OpenOptions::new().create(true).append(true).open(&self.suites).doing(&doing)?;
        writeln!(file, "{suite} {} {} {}", counts.passed, counts.skipped, took.as_secs()).doing(&doing)
    }

    /// Forgets it all: the next soak begins from the start.
    pub fn forget(&self) {
        for file in [&self.suites, &self.trials] {
            let _ = fs::remove_file(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_that_passed_is_known_until_it_is_forgotten() {
        let state = places::State::temporary("progress").expect("a temporary folder");
        let progress = Progress { suites: state.folder().join("a"), trials: state.folder().join("b") };
        assert!(progress.done("hub").is_none());
        let counts = Counts { passed: 12, ..Counts::default() };
        progress.note("hub", counts, Duration::from_secs(40)).expect("a folder of ours");
        assert_eq!(progress.done("hub"), Some((counts, Duration::from_secs(40))));
        assert!(progress.done("faults").is_none());
        progress.forget();
        assert!(progress.done("hub").is_none());
    }
}
