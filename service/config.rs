//! The service's configuration: one YAML file, what the hub's environment adds, and their checks.

pub mod digest;
pub mod directory;
mod duration;
pub mod hub;
mod inline;
pub mod key;
pub mod listen;
pub mod nonce;
pub mod retention;
pub mod secret;
pub mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use directory::{DirectorySettings, MembershipSettings};
use hub::HubSettings;
use listen::{Limits, Listening, TlsFiles, address_in, checked_prefix, metrics_address};
use retention::Retention;
use secret::{HubSecrets, Secret, warn_of_readers};
use yaml::{Document, FileRefused, Lines};

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    listen: Option<String>,
    tls: Option<TlsFiles>,
    metrics: Option<String>,
    #[serde(default)]
    trusted_proxies: BTreeSet<IpAddr>,
    #[serde(default)]
    limits: Limits,
    prefix: Option<String>,
    database: Option<Secret>,
    database_file: Option<PathBuf>,
    #[serde(default)]
    hub: hub::Written,
    #[serde(default)]
    directory: DirectorySettings,
    #[serde(default)]
    membership: MembershipSettings,
    #[serde(default)]
    retention: Retention,
    unknown_people: Option<UnknownPeople>,
}

impl Written {
    /// Relative paths mean “beside this file”, wherever the service was started from.
    fn settle_in(&mut self, folder: &Path) {
        let ldap = self.directory.ldap.as_mut();
        let ldap = ldap.into_iter().flat_map(|ldap| [&mut ldap.bind_password_file, &mut ldap.ca_file]);
        let own = [&mut self.database_file, &mut self.directory.file];
        for path in own.into_iter().chain(ldap).flatten().chain(self.hub.paths()) {
            *path = folder.join(&path);
        }
        for path in self
            .tls
            .iter_mut()
            .flat_map(|tls| [&mut tls.key_file, &mut tls.cert_file, &mut tls.client_ca_file])
        {
            *path = folder.join(&path);
        }
        let database = self.database.as_ref().and_then(|url| url.reveal().strip_prefix("sqlite:"));
        if let Some(path) = database.filter(|path| !path.starts_with('/') && !path.is_empty()) {
            self.database = Some(Secret::new(format!("sqlite:{}", folder.join(path).display())));
        }
    }
}

/// What people get whom no directory has answered for yet, while it does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownPeople {
    /// What everybody gets.
    Baseline,
    /// Nothing.
    Refuse,
}

/// A configuration that holds together.
#[derive(Debug)]
pub struct Config {
    /// None where only the hub can say.
    listen: Option<SocketAddr>,
    pub listening: Listening,
    /// As it stands in a URL; begins and ends with a slash.
    pub prefix: String,
    /// As the store understands it; may hold a password.
    pub database: Secret,
    /// None where only the hub can say.
    hub_secrets: Option<HubSecrets>,
    /// None: only the hub's plugin is served; nobody can be identified.
    pub hub: Option<HubSettings>,
    pub directory: DirectorySettings,
    pub membership: MembershipSettings,
    pub retention: Retention,
    /// None: refuse where the site has policies, else what everybody gets.
    pub unknown_people: Option<UnknownPeople>,
    /// Whether the hub started this process and ends it.
    pub managed: bool,
    file: String,
    lines: Lines,
}

/// Why the service does not start. The text names the file and, where there is one, the line.
#[derive(Debug, thiserror::Error)]
pub enum ConfigRefused {
    #[error(transparent)]
    File(#[from] FileRefused),
    #[error("{file}:{line}: {mistake}")]
    Contradiction { file: String, line: u64, mistake: String },
}

/// The environment variables that matter, as a value: tests bring their own.
pub type Environment = BTreeMap<String, String>;

/// Where the hub puts a service that it runs; what else is read stands in [`hub::VARIABLES`].
const VARIABLES: [&str; 2] = ["JUPYTERHUB_SERVICE_URL", "JUPYTERHUB_SERVICE_PREFIX"];

/// What this process was given.
pub fn environment() -> Environment {
    VARIABLES
        .iter()
        .chain(&hub::VARIABLES)
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

impl Config {
    /// Reads `file` and completes it from `environment`.
    ///
    /// # Errors
    /// The first mistake, with file and line.
    pub fn read(file: &Path, environment: &Environment) -> Result<Self, ConfigRefused> {
        let mut document = yaml::read::<Written>(file)?;
        document.value.settle_in(file.parent().unwrap_or(Path::new("")));
        if document.value.holds_a_secret() {
            warn_of_readers(file);
        }
        Self::check(document, &file.display().to_string(), environment)
    }

    fn check(
        document: Document<Written>,
        file: &str,
        environment: &Environment,
    ) -> Result<Self, ConfigRefused> {
        let Document { value: written, lines } = document;
        let mistake = |pointer: &str, mistake: String| ConfigRefused::Contradiction {
            file: file.to_owned(),
            line: lines.of(pointer),
            mistake,
        };
        let variable = |name: &str| environment.get(name).map(String::as_str);
        let managed = variable("JUPYTERHUB_SERVICE_NAME").is_some();
        let (listen, tls) = match (variable("JUPYTERHUB_SERVICE_URL"), written.listen.as_deref()) {
            (Some(url), _) => {
                let said = |why| mistake("", format!("JUPYTERHUB_SERVICE_URL: {why}"));
                let (address, tls) = address_in(url).map_err(said)?;
                let files = TlsFiles::of(environment).or(written.tls).filter(|_| tls);
                if tls && files.is_none() {
                    let why = "it says https, and neither the hub nor “tls” brings certificates";
                    return Err(said(why.to_owned()));
                }
                (Some(address), files)
            }
            (None, Some(listen)) => {
                let said = "write an address and a port, as in 127.0.0.1:8889";
                (Some(listen.parse().map_err(|_| mistake("/listen", said.into()))?), written.tls)
            }
            (None, None) => (None, written.tls),
        };
        let metrics = written.metrics.map(|metrics| metrics_address(&metrics, listen)).transpose();
        let metrics = metrics.map_err(|why| mistake("/metrics", why))?;
        written.limits.check().map_err(|(pointer, why)| mistake(pointer, why))?;
        let listening =
            Listening { tls, metrics, trusted_proxies: written.trusted_proxies, limits: written.limits };
        let prefix = match (variable("JUPYTERHUB_SERVICE_PREFIX"), written.prefix.as_deref()) {
            (Some(prefix), _) => checked_prefix(prefix).map_err(|why| mistake("", why))?,
            (None, prefix) => checked_prefix(prefix.unwrap_or("/services/presets/"))
                .map_err(|why| mistake("/prefix", why))?,
        };
        let database = match (written.database, written.database_file) {
            (Some(url), None) => url,
            (None, Some(path)) => Secret::from_file(&path).map_err(|why| mistake("/database_file", why))?,
            (Some(_), Some(_)) => {
                return Err(mistake("/database_file", "give either database or database_file".into()));
            }
            (None, None) => {
                return Err(mistake(
                    "",
                    "“database” is missing: sqlite:/path/to/file or postgres://…".into(),
                ));
            }
        };
        let in_hub = |(pointer, why): hub::Mistake| mistake(pointer, why);
        let hub_secrets = written.hub.secrets(environment).map_err(in_hub)?;
        let hub = written.hub.settings(environment, &prefix).map_err(in_hub)?;
        if let (Some(secrets), Some(hub)) = (&hub_secrets, &hub)
            && secrets.contain(hub.api_token.reveal())
        {
            // Whoever holds the token of the service could then decide what others start.
            let why = "the plugin's secret must not be the service's own token of the hub";
            return Err(mistake("/hub", why.to_owned()));
        }
        Ok(Self {
            listen,
            listening,
            prefix,
            database,
            hub_secrets,
            hub,
            directory: written.directory,
            membership: written.membership,
            retention: written.retention,
            unknown_people: written.unknown_people,
            managed,
            file: file.to_owned(),
            lines,
        })
    }

    /// Where to listen and whom to believe: what serving needs, and other commands do not.
    ///
    /// # Errors
    /// What is missing. For a managed service the hub brings both; for one on its own the file does.
    pub fn serving(&self) -> Result<(SocketAddr, HubSecrets), ConfigRefused> {
        let listen = self.address()?;
        let secrets = self.hub_secrets.clone().ok_or_else(|| {
            let why = "“hub.secret_file” is missing: the secret that the hub's plugin calls with";
            self.mistake("/hub", why.to_owned())
        })?;
        Ok((listen, secrets))
    }

    /// Where the service listens.
    ///
    /// # Errors
    /// Where only the hub knows.
    pub fn address(&self) -> Result<SocketAddr, ConfigRefused> {
        self.listen.ok_or_else(|| {
            self.mistake("", "“listen” is missing: where should the service listen?".to_owned())
        })
    }

    /// A mistake in the value at `pointer` that only the room it is meant for could see.
    pub fn mistake(&self, pointer: &str, mistake: String) -> ConfigRefused {
        ConfigRefused::Contradiction { file: self.file.clone(), line: self.lines.of(pointer), mistake }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

    fn config(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        yaml::parse(text, "c.yaml")
            .map_err(ConfigRefused::from)
            .and_then(|document| Config::check(document, "c.yaml", &environment))
            .map_err(|refused| refused.to_string())
    }

    fn managed() -> Vec<(&'static str, &'static str)> {
        vec![
            ("JUPYTERHUB_SERVICE_NAME", "presets"),
            ("JUPYTERHUB_SERVICE_URL", "http://127.0.0.1:4711"),
            ("JUPYTERHUB_SERVICE_PREFIX", "/jh/services/presets/"),
            ("PRESETS_HUB_SECRET", SECRET),
        ]
    }

    #[test]
    fn a_managed_service_takes_its_place_from_the_hub() {
        let config = config("database: sqlite:/p.db\n", &managed()).expect("complete");
        assert!(config.managed);
        assert_eq!(config.serving().expect("the hub says").0.port(), 4711);
        assert_eq!(config.prefix, "/jh/services/presets/");
    }

    #[test]
    fn relative_paths_are_beside_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("presets.yaml");
        std::fs::write(folder.path().join("secret"), SECRET).expect("written");
        let text = "listen: 127.0.0.1:1\ndatabase: sqlite:p.db\nhub: {secret_file: secret}\n";
        std::fs::write(&file, text).expect("written");
        let config = Config::read(&file, &Environment::new()).expect("complete");
        assert_eq!(config.database.reveal(), format!("sqlite:{}", folder.path().join("p.db").display()));
    }

    #[test]
    fn mistakes_name_their_line() {
        for (text, told) in [
            ("listen: 127.0.0.1:1\ndatabase: sqlite:/p\nhbu: {}\n", "c.yaml:3: "),
            ("listen: here\ndatabase: sqlite:/p\n", "c.yaml:1: write an address"),
            ("listen: 127.0.0.1:1\ndatabase: sqlite:/p\nprefix: /a/../b/\n", "c.yaml:3: the prefix"),
            ("listen: 127.0.0.1:1\ndatabase: sqlite:/p\nhub:\n  secret: short\n", "c.yaml:4: "),
            ("listen: 127.0.0.1:1\nunknown_people: maybe\ndatabase: x\n", "c.yaml:2: "),
            ("listen: 127.0.0.1:1\nmembership: {fresh_for: soon}\n", "c.yaml:2: "),
        ] {
            let refused = config(text, &[]).expect_err(text);
            assert!(refused.starts_with(told), "{refused}");
        }
    }

    #[test]
    fn what_the_hub_brings_is_missed_only_when_serving() {
        let config = config("database: sqlite:/p.db\n", &[]).expect("enough for apply and explain");
        let refused = config.serving().expect_err("nowhere to listen").to_string();
        assert_eq!(refused, "c.yaml:1: “listen” is missing: where should the service listen?");
    }

    #[test]
    fn no_secret_is_ever_printed() {
        let text =
            format!("listen: 127.0.0.1:1\ndatabase: postgres://u:hushhush@h/d\nhub: {{secret: {SECRET}}}\n");
        let shown = format!("{:?}", config(&text, &[]).expect("complete"));
        assert!(!shown.contains("hushhush") && !shown.contains(SECRET), "{shown}");
    }
}
