//! Where things are: the repository, the cache that outlives a run, and the state of one run.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::trouble::{Doing, Result, Trouble};

/// The repository we stand in: the nearest folder above with the lab in it.
pub fn repository() -> Result<PathBuf> {
    let here = std::env::current_dir().doing("asking for the current folder")?;
    here.ancestors()
        .find(|folder| folder.join("tests/lab/Cargo.toml").is_file())
        .map(Path::to_owned)
        .ok_or_else(|| Trouble::new("this is not inside a checkout of jupyterhub-presets: change into one"))
}

/// Whether we may install packages and become other users.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Virtual environments and the proxy. Not below root's home: other users execute what is in it.
pub fn cache() -> Result<PathBuf> {
    let folder = match std::env::var_os("JUPYTERHUB_PRESETS_LAB_CACHE") {
        Some(chosen) => PathBuf::from(chosen),
        None if is_root() => PathBuf::from("/var/cache/jupyterhub-presets-lab"),
        None => match (std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME")) {
            (Some(cache), _) => PathBuf::from(cache).join("jupyterhub-presets-lab"),
            (None, Some(home)) => PathBuf::from(home).join(".cache/jupyterhub-presets-lab"),
            (None, None) => {
                return Err(Trouble::new("neither XDG_CACHE_HOME nor HOME is set: set one of them"));
            }
        },
    };
    fs::create_dir_all(&folder).doing(format!("making {}", folder.display()))?;
    Ok(folder)
}

/// Runs `work` while no other lab on this machine works on the cache.
pub fn with_cache_locked<T>(cache: &Path, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let lock = fs::File::create(cache.join("lock")).doing("making the cache's lock")?;
    lock.lock().doing("waiting for another lab to finish installing")?;
    work()
}

/// The state of one run: logs, databases, configuration. Gone at the end unless it was asked for by name.
pub struct State {
    folder: PathBuf,
    kept: bool,
}

impl State {
    /// A new folder of our own below the system's temporary folder.
    pub fn temporary(what: &str) -> Result<Self> {
        let name = format!("presets-{what}-{}", random_hex(6)?);
        let folder = std::env::temp_dir().join(name);
        Self::open(&folder, false)
    }

    /// The folder somebody named; it stays.
    pub fn at(folder: &Path) -> Result<Self> {
        let folder = std::path::absolute(folder).doing("reading the name of the state folder")?;
        Self::open(&folder, true)
    }

    fn open(folder: &Path, kept: bool) -> Result<Self> {
        // Others may pass through (PostgreSQL's own account has a folder in it) but not look around.
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o711)
            .create(folder)
            .and_then(|()| fs::create_dir_all(folder.join("logs")))
            .doing(format!("making {}", folder.display()))?;
        Ok(Self { folder: folder.to_owned(), kept })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The log of one part.
    pub fn log(&self, name: &str) -> PathBuf {
        self.folder.join("logs").join(format!("{name}.log"))
    }

    /// Leaves the folder for whoever wants to read its logs.
    pub fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Writes a file only its owner can read.
pub fn write_secret(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text)
        .and_then(|()| fs::set_permissions(file, fs::Permissions::from_mode(0o600)))
        .doing(format!("writing {}", file.display()))
}

/// Writes a file others may read.
pub fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).doing(format!("writing {}", file.display()))
}

/// `bytes` random bytes as hex, from the system.
pub fn random_hex(bytes: usize) -> Result<String> {
    use std::io::Read as _;
    let mut buffer = vec![0; bytes];
    fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut buffer))
        .doing("reading /dev/urandom")?;
    Ok(buffer.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A name for `text` that changes when `text` does; for cache folders, not for secrets.
pub fn fingerprint(text: &[u8]) -> String {
    // FNV-1a: unlike the standard library's hasher it is promised to stay the same.
    let hash = text.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_follows_its_text() {
        assert_eq!(fingerprint(b"jupyterhub==6.1.1\n"), fingerprint(b"jupyterhub==6.1.1\n"));
        assert_ne!(fingerprint(b"jupyterhub==6.1.1\n"), fingerprint(b"jupyterhub==6.1.2\n"));
    }

    #[test]
    fn a_temporary_state_is_gone_when_dropped_and_a_kept_one_stays() {
        let gone =
            State::temporary("test").map(|state| state.folder().to_owned()).expect("a temporary folder");
        assert!(!gone.exists());
        let mut state = State::temporary("test").expect("a temporary folder");
        state.keep();
        let stays = state.folder().to_owned();
        drop(state);
        assert!(stays.join("logs").is_dir());
        fs::remove_dir_all(stays).expect("it was ours");
    }
}
