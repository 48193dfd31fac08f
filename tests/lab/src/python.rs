//! Virtual environments with a hub in them, and the plugin built from this checkout.

use std::fs;
use std::path::{Path, PathBuf};

use crate::places::{self, with_cache_locked};
use crate::program::Program;
use crate::steps::step;
use crate::trouble::{Doing, Result};

const TESTS: &str = include_str!("../requirements/tests.txt");

/// Which series of JupyterHub.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Hub {
    /// The newest.
    Six,
    /// The newest of the series before.
    Five,
}

impl Hub {
    const fn requirements(self) -> &'static str {
        match self {
            Self::Six => include_str!("../requirements/hub6.txt"),
            Self::Five => include_str!("../requirements/hub5.txt"),
        }
    }

    /// The version its requirements ask for, as `jupyterhub==…`.
    pub fn requirement(self) -> &'static str {
        self.requirements().lines().find(|line| line.starts_with("jupyterhub==")).unwrap_or("jupyterhub")
    }

    const fn series(self) -> &'static str {
        match self {
            Self::Six => "hub6",
            Self::Five => "hub5",
        }
    }
}

/// An environment with a hub, wrapspawner, batchspawner and a single-user server.
#[derive(Clone)]
pub struct Venv {
    folder: PathBuf,
}

impl Venv {
    /// The environment for `hub`, made if it is not there; with `tests`, what the tests need stands in it, too.
    pub fn ensure(hub: Hub, tests: bool, log: &Path) -> Result<Self> {
        let cache = places::cache()?;
        let requirements = hub.requirements();
        let folder = cache.join(format!("{}-{}", hub.series(), places::fingerprint(requirements.as_bytes())));
        let venv = Self { folder };
        let complete = venv.folder.join("complete");
        with_cache_locked(&cache, || {
            if !complete.exists() {
                step(format!("Python environment with {}", hub.requirement().replace("==", " ")), || {
                    venv.make(log)?;
                    venv.install("hub.txt", requirements, log)?;
                    venv.let_root_serve()?;
                    places::write(&complete, "")
                })?;
            }
            let tests_complete = venv.folder.join(format!("tests-{}", places::fingerprint(TESTS.as_bytes())));
            if tests && !tests_complete.exists() {
                step("pytest, Playwright and what else the tests need", || {
                    venv.install("tests.txt", TESTS, log)?;
                    places::write(&tests_complete, "")
                })?;
            }
            Ok(())
        })?;
        Ok(venv)
    }

    fn make(&self, log: &Path) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).doing("removing a half-made environment")?;
        }
        // Debian's Python: one below somebody's home cannot be executed by others.
        let debian = Path::new("/usr/bin/python3");
        let python = if debian.exists() { debian } else { Path::new("python3") };
        Program::new("python3 -m venv", python).args(["-m", "venv"]).arg(&self.folder).run(log)
    }

    fn install(&self, name: &str, requirements: &str, log: &Path) -> Result<()> {
        let list = self.folder.join(name);
        places::write(&list, requirements)?;
        self.pip().arg("-r").arg(list).run(log)
    }

    /// Where the hub runs as root, so do people's servers, and jupyter-server wants to be asked for that.
    fn let_root_serve(&self) -> Result<()> {
        let folder = self.folder.join("etc/jupyter");
        fs::create_dir_all(&folder).doing("making the environment's configuration folder")?;
        places::write(&folder.join("jupyter_server_config.json"), "{\"ServerApp\": {\"allow_root\": true}}\n")
    }

    fn pip(&self) -> Program {
        Program::new("pip install", self.python())
            .args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"])
            .without_env("PYTHONPATH")
    }

    pub fn python(&self) -> PathBuf {
        self.bin().join("python")
    }

    pub fn bin(&self) -> PathBuf {
        self.folder.join("bin")
    }

    /// Builds and installs the plugin of `repository` into a folder of its own, to be put on `PYTHONPATH`.
    ///
    /// Not into the environment: that is shared by every checkout on the machine. `None` without a plugin.
    pub fn plugin(&self, repository: &Path, log: &Path) -> Result<Option<PathBuf>> {
        let source = repository.join("openapi");
        if !source.join("pyproject.toml").exists() {
            return Ok(None);
        }
        let cache = places::cache()?;
        let mut content = Vec::new();
        read_all(&source, &mut content)?;
        let folder = cache.join(format!("plugin-{}", places::fingerprint(&content)));
        with_cache_locked(&cache, || {
            if folder.exists() {
                return Ok(());
            }
            let half = cache.join(format!("plugin-half-made-{}", std::process::id()));
            let built = step("plugin, installed by pip", || self.build_plugin(&source, &half, &folder, log));
            let _ = fs::remove_dir_all(&half);
            built
        })?;
        Ok(Some(folder))
    }
}

impl Venv {
    fn build_plugin(&self, source: &Path, half: &Path, folder: &Path, log: &Path) -> Result<()> {
        // Built from a copy: a build leaves folders beside the sources.
        fs::create_dir_all(half).doing("making the plugin's folder")?;
        let (copy, installed) = (half.join("source"), half.join("installed"));
        Program::new("cp", "cp").arg("-r").arg(source).arg(&copy).run(log)?;
        self.pip()
            .args(["--no-deps", "--no-build-isolation", "--target"])
            .arg(&installed)
            .arg(&copy)
            .run(log)?;
        fs::rename(&installed, folder).doing("putting the plugin into its place")
    }
}

/// Appends names and contents of the files below `folder`, in a fixed order.
fn read_all(folder: &Path, content: &mut Vec<u8>) -> Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .doing(format!("reading {}", folder.display()))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| !is_by_product(path))
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read_all(&path, content)?;
        } else {
            content.extend_from_slice(path.to_string_lossy().as_bytes());
            content.extend(fs::read(&path).doing(format!("reading {}", path.display()))?);
        }
    }
    Ok(())
}

fn is_by_product(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name == "__pycache__" || name == "build" || name.ends_with(".egg-info") || name == "openapi.json"
}
