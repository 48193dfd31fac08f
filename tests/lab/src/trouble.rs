//! What can go wrong in the lab: a sentence for the person at the terminal, and the log that says more.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The lab's results.
pub type Result<T> = std::result::Result<T, Trouble>;

/// A failure, told so that the reader knows what to do next.
#[derive(Debug)]
pub struct Trouble {
    what: String,
    log: Option<PathBuf>,
    interrupted: bool,
}

impl Trouble {
    /// A failure that `what` explains in one sentence.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), log: None, interrupted: false }
    }

    /// Somebody pressed Ctrl-C or ended us: nothing is wrong, and nothing more is started.
    pub fn interrupted() -> Self {
        Self { what: "interrupted".into(), log: None, interrupted: true }
    }

    /// Names the log that says more.
    #[must_use]
    pub fn with_log(mut self, log: &Path) -> Self {
        self.log = Some(log.to_owned());
        self
    }

    /// Whether this is somebody's wish to stop and no failure.
    pub fn is_interruption(&self) -> bool {
        self.interrupted
    }

    /// The last lines of the log, for a reader who cannot open it (a CI run, say).
    pub fn tail(&self, lines: usize) -> Option<String> {
        let bytes = std::fs::read(self.log.as_ref()?).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let all: Vec<&str> = text.lines().collect();
        Some(all[all.len().saturating_sub(lines)..].join("\n"))
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        match &self.log {
            Some(log) => write!(f, " (log: {})", log.display()),
            None => Ok(()),
        }
    }
}

/// Says what was being done when the system refused.
pub trait Doing<T> {
    /// Turns the error into a [`Trouble`] that begins with `what`.
    fn doing(self, what: impl fmt::Display) -> Result<T>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, what: impl fmt::Display) -> Result<T> {
        self.map_err(|error| Trouble::new(format!("{what}: {error}")))
    }
}
