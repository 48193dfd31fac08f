//! The service of this checkout: built, configured for the lab's directory and database, and filled with a site.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::process::Signal;

use crate::hub_config::Place;
use crate::net;
use crate::places::{self, State};
use crate::program::{Program, Running};
use crate::proxy;
use crate::signals;
use crate::slapd::{READER, Slapd};
use crate::steps::step;
use crate::trouble::{Doing, Result, Trouble};

/// Builds the pages' assets where they are older than their sources; without a frontend there is nothing to do.
pub fn build_frontend(repository: &Path, log: &Path) -> Result<()> {
    let frontend = repository.join("frontend");
    if !frontend.join("package.json").exists() {
        return Ok(());
    }
    let built = newest(&frontend.join("dist"));
    if built.is_some() && built >= newest_source(&frontend) {
        return Ok(());
    }
    proxy::require_node(log)?;
    step("frontend, built by npm", || {
        install_frontend(&frontend, log)?;
        Program::new("npm run build", "npm").args(["run", "build"]).cwd(&frontend).run(log)
    })
}

/// Installs the frontend's packages where they are not those of its lock file.
pub fn install_frontend(frontend: &Path, log: &Path) -> Result<()> {
    let installed = modified(&frontend.join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= modified(&frontend.join("package-lock.json")) {
        return Ok(());
    }
    Program::new("npm ci", "npm").args(["ci", "--no-audit", "--no-fund"]).cwd(frontend).run(log)
}

/// How cargo builds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// As a developer does.
    Dev,
    Release,
}

/// The service's program.
pub const NAME: &str = "jupyterhub-presets";

/// Builds the service as a developer's build, and nothing else, and returns its program.
pub fn build(repository: &Path, log: &Path) -> Result<PathBuf> {
    build_program(repository, Profile::Dev, NAME, &["--bin", NAME], log)
}

/// Builds `name` among everything that `cargo test` and the benchmark would build, and returns it.
///
/// One command for all: asked for by itself a program has other features of its dependencies, and cargo builds those
/// twice.
pub fn build_with_tests(repository: &Path, name: &str, log: &Path) -> Result<PathBuf> {
    build_program(repository, Profile::Dev, name, &["--workspace", "--bins", "--tests", "--examples"], log)
}

/// Builds what `which` says to cargo, and returns the program `name` among it.
pub fn build_program(
    repository: &Path,
    profile: Profile,
    name: &str,
    which: &[&str],
    log: &Path,
) -> Result<PathBuf> {
    step(format!("{name}, built by cargo (the first time takes minutes)"), || {
        let release = (profile == Profile::Release).then_some("--release");
        // The messages name the program wherever the target folder is.
        let messages = Program::new("cargo build", "cargo")
            .args(["build", "--message-format=json"])
            .args(which)
            .args(release)
            .cwd(repository)
            .output(log)?;
        messages
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .filter(|message| message["target"]["name"] == name && message["profile"]["test"] == false)
            .find_map(|message| message["executable"].as_str().map(PathBuf::from))
            .ok_or_else(|| Trouble::new(format!("cargo built no program named {name}")).with_log(log))
    })
}

/// How the directory is asked.
pub struct Asking {
    /// Where groups stand there.
    pub groups: &'static str,
    /// How old memberships may be.
    pub membership: &'static str,
    /// How often everybody may ask.
    pub limits: &'static str,
}

/// As a site would, unless something else is tried.
pub const ASKING: Asking = Asking {
    groups: "schemas: [member, posix], nested: true",
    membership: "{fresh_for: 5m, start_within: 60s, stale_for: 24h}",
    limits: "{}",
};

/// The same, and nobody is ever asked to wait: for tests that ask for thousands of things as one person.
pub const ASKING_OFTEN: Asking = Asking {
    limits: "{reads: {per_second: 1e5, burst: 1e5}, writes: {per_second: 1e5, burst: 1e5}, \
             anonymous: {per_second: 1e5, burst: 1e5}}",
    ..ASKING
};

/// A configured service: its program and files, whether a hub runs it or we do.
pub struct Service {
    pub program: PathBuf,
    pub config: PathBuf,
    pub port: u16,
    pub database: String,
    pub secret: String,
    pub secret_file: PathBuf,
    /// Holds the service's own token of the hub, where the hub does not start it.
    pub token_file: PathBuf,
    /// Its path on the hub.
    pub prefix: String,
    tls: bool,
    /// Browsers come by https.
    https: bool,
    /// Its configuration but for the hub.
    text: String,
}

impl Service {
    /// Writes its configuration: groups from `slapd`, rows in `database` (an embedded one in `state` without it).
    pub fn configure(
        program: PathBuf,
        state: &State,
        slapd: &Slapd,
        database: Option<String>,
        place: &Place,
        asking: &Asking,
    ) -> Result<Self> {
        let Asking { groups, membership, limits } = asking;
        let prefix = format!("{}services/presets/", place.base_url);
        let folder = state.folder().join("service");
        fs::create_dir_all(&folder).doing("making the service's folder")?;
        let [port] = net::free_ports()?;
        let database =
            database.unwrap_or_else(|| format!("sqlite:{}", folder.join("presets.sqlite").display()));
        let secret = places::random_hex(32)?;
        let (secret_file, password_file) = (folder.join("hub-secret"), folder.join("reader-password"));
        let token_file = folder.join("api-token");
        let config = folder.join("presets.yaml");
        places::write_secret(&secret_file, &format!("{secret}\n"))?;
        places::write_secret(&token_file, &places::random_hex(32)?)?;
        places::write_secret(&password_file, slapd.reader_password())?;
        let text = format!(
            "\
listen: 127.0.0.1:{port}
prefix: {prefix}
database: {database}
directory:
  ldap:
    urls: [\"{url}\"]
    plaintext: true
    bind_dn: {READER}
    bind_password_file: {password_file}
    people: {{base: \"ou=people,dc=example,dc=org\", attribute: uid}}
    groups: {{base: \"ou=groups,dc=example,dc=org\", {groups}}}
membership: {membership}
limits: {limits}
unknown_people: baseline
",
            password_file = password_file.display(),
            url = slapd.url(),
        );
        let tls = place.internal_ssl;
        let https = place.public_url.as_ref().is_some_and(|url| url.starts_with("https:"));
        let service = Self {
            program,
            config,
            port,
            database,
            secret,
            secret_file,
            token_file,
            prefix,
            tls,
            https,
            text,
        };
        service.write("")?;
        Ok(service)
    }

    /// Tells it of its hub, as an administrator does whose hub does not start it; `certificates` as
    /// `Hub::make_certificates` leaves them. Where the hub starts it, the hub's environment wins.
    pub fn join(&self, api_url: &str, certificates: Option<&Path>) -> Result<()> {
        let token_file = self.token_file.display();
        let mut hub = format!("  api_url: {api_url}\n  api_token_file: {token_file}\n");
        if let Some(folder) = certificates {
            let file = |name: &str| folder.join(name).display().to_string();
            let (key, own, trust) = (file("service.key"), file("service.crt"), file("trust.crt"));
            hub += &format!("  tls: {{key_file: {key}, cert_file: {own}, ca_file: {trust}}}\n");
            hub += &format!("tls: {{key_file: {key}, cert_file: {own}, client_ca_file: {trust}}}\n");
        }
        self.write(&hub)
    }

    fn write(&self, hub: &str) -> Result<()> {
        // Mostly browsers come by http here, which no administrator lets them do.
        let insecure = if self.https { "" } else { "  insecure_cookies: true\n" };
        let own = format!("hub:\n  secret_file: {}\n{insecure}", self.secret_file.display());
        places::write_secret(&self.config, &format!("{}{own}{hub}", self.text))
    }

    /// Applies a site file.
    pub fn apply(&self, site: &Path, log: &Path) -> Result<()> {
        self.command("apply").arg(site).run(log)
    }

    /// `jupyterhub-presets VERB --config …`.
    pub fn command(&self, verb: &str) -> Program {
        Program::new(&format!("jupyterhub-presets {verb}"), &self.program)
            .arg(verb)
            .arg("--config")
            .arg(&self.config)
            .ends_by(Signal::TERM, Duration::from_secs(12))
    }

    /// Starts it ourselves, for hubs that have it as an external service.
    pub fn start(&self, log: &Path) -> Result<Running> {
        let mut running = self.command("serve").start(log)?;
        let live = format!("{}api/v1/health/live", self.prefix);
        let up = signals::wait_for(Duration::from_secs(15), || {
            running.must_live()?;
            // With TLS it wants a certificate, and says nothing to us.
            if self.tls {
                return Ok(net::listens(self.port).then_some(()));
            }
            Ok(net::get(self.port, &live, None).filter(|(status, _)| *status == 200).map(drop))
        })?;
        match up {
            Some(()) => Ok(running),
            None => Err(Trouble::new("the service does not answer after 15 s").with_log(log)),
        }
    }

    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", if self.tls { "https" } else { "http" }, self.port)
    }
}

fn newest_source(frontend: &Path) -> Option<SystemTime> {
    let Ok(entries) = fs::read_dir(frontend) else { return None };
    entries
        .flatten()
        .filter(|entry| entry.file_name() != "dist" && entry.file_name() != "node_modules")
        .filter_map(|entry| newest(&entry.path()))
        .max()
}

/// When the newest file at or below `path` was written.
fn newest(path: &Path) -> Option<SystemTime> {
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().filter_map(|entry| newest(&entry.path())).max(),
        Err(_) => modified(path),
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|data| data.modified()).ok()
}
