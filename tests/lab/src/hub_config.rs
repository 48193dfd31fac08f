//! The `jupyterhub_config.py` of the lab: what an administrator would write for one machine.

use std::fmt::Display;
use std::path::{Path, PathBuf};

/// Everything the configuration says.
pub struct HubConfig {
    pub folder: PathBuf,
    pub homes: PathBuf,
    pub public_port: u16,
    pub hub_port: u16,
    pub proxy_port: u16,
    pub proxy: PathBuf,
    pub proxy_token: String,
    pub admin_token: String,
    pub password: String,
    pub singleuser: PathBuf,
    pub presets: Option<Presets>,
    pub recording: bool,
    pub slurm: bool,
    pub heartbeat: Option<PathBuf>,
    pub keep_servers: bool,
    pub no_fallback: bool,
    pub extra: Vec<PathBuf>,
    pub place: Place,
}

/// Where a hub lives and how its parts speak.
#[derive(Clone)]
pub struct Place {
    /// Begins and ends with a slash.
    pub base_url: String,
    /// Everybody's server, and each service, has a host name of its own.
    pub subdomains: bool,
    /// The address people type, where another proxy stands in front.
    pub public_url: Option<String>,
    /// Hub, proxy and service show each other certificates.
    pub internal_ssl: bool,
}

impl Default for Place {
    fn default() -> Self {
        Self { base_url: "/".to_owned(), subdomains: false, public_url: None, internal_ssl: false }
    }
}

/// How the hub has the service.
pub struct Presets {
    pub command: Vec<String>,
    pub url: String,
    pub secret_file: PathBuf,
    pub token_file: PathBuf,
    pub managed: bool,
}

impl HubConfig {
    /// The file's text.
    pub fn text(&self) -> String {
        let mut text = self.ground();
        text += &self.placed();
        if self.keep_servers {
            text += "\n# People's servers live on when the hub ends.\nc.JupyterHub.cleanup_servers = False\n";
        }
        if let Some(file) = &self.heartbeat {
            text += "\n# How long was the hub's loop ever blocked?\nimport lab_heartbeat\n\n";
            text += &format!("lab_heartbeat.start({})\n", quoted(file.display()));
        }
        text += &match &self.presets {
            Some(presets) => self.with_presets(presets),
            None => format!("\nc.JupyterHub.spawner_class = {}\n", quoted(self.local_class())),
        };
        for extra in &self.extra {
            text += &format!("\nload_subconfig({})\n", quoted(extra.display()));
        }
        text
    }

    fn ground(&self) -> String {
        format!(
            "\
# Written by the lab for the demo and the tests. Everything listens on loopback.
c = get_config()

c.JupyterHub.bind_url = \"http://127.0.0.1:{public}{base}\"
c.JupyterHub.hub_bind_url = \"{scheme}://127.0.0.1:{hub}\"
c.JupyterHub.db_url = {db}
c.JupyterHub.cookie_secret_file = {cookie}
c.JupyterHub.allow_named_servers = True
c.JupyterHub.tornado_settings = {{\"slow_spawn_timeout\": 1}}
c.ConfigurableHTTPProxy.command = [{proxy}]
c.ConfigurableHTTPProxy.api_url = \"{scheme}://127.0.0.1:{proxy_port}\"
c.ConfigurableHTTPProxy.auth_token = {proxy_token}
c.ConfigurableHTTPProxy.pid_file = {pid}

# Everybody logs in with one password.
c.JupyterHub.authenticator_class = \"dummy\"
c.DummyAuthenticator.password = {password}
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {{\"admin\"}}

# People have no accounts here: their servers run as whoever runs the hub.
c.Spawner.cmd = [{singleuser}]
c.SimpleLocalProcessSpawner.home_dir_template = {homes}

# The lab's own access, with every right there is.
c.JupyterHub.services = [{{\"name\": \"lab\", \"api_token\": {token}}}]
c.JupyterHub.load_roles = [
    {{
        \"name\": \"lab\",
        \"services\": [\"lab\"],
        \"scopes\": [
            \"admin-ui\", \"admin:users\", \"admin:auth_state\", \"admin:servers\", \"admin:server_state\", \"admin:groups\",
            \"tokens\", \"list:services\", \"read:services\", \"read:roles\", \"read:hub\", \"read:metrics\", \"proxy\",
            \"shutdown\", \"access:services\", \"access:servers\",
        ],
    }}
]
",
            scheme = if self.place.internal_ssl { "https" } else { "http" },
            public = self.public_port,
            base = self.place.base_url,
            hub = self.hub_port,
            db = quoted(format!("sqlite:///{}", self.folder.join("jupyterhub.sqlite").display())),
            cookie = quoted(self.folder.join("cookie-secret").display()),
            proxy = quoted(self.proxy.display()),
            proxy_port = self.proxy_port,
            proxy_token = quoted(&self.proxy_token),
            pid = quoted(self.folder.join("proxy.pid").display()),
            password = quoted(&self.password),
            singleuser = quoted(self.singleuser.display()),
            homes = quoted(format!("{}/{{username}}", self.homes.display())),
            token = quoted(&self.admin_token),
        )
    }

    /// The name under which the proxy answers.
    pub fn public_host(&self) -> String {
        if self.place.subdomains { "hub.localhost".to_owned() } else { "127.0.0.1".to_owned() }
    }

    /// Where a hub with internal TLS keeps its certificates.
    pub fn certificates(&self) -> PathBuf {
        self.folder.join("certificates")
    }

    fn placed(&self) -> String {
        let Place { base_url: _, subdomains, public_url, internal_ssl } = &self.place;
        let mut text = String::new();
        if *subdomains {
            let host = format!("http://{}:{}", self.public_host(), self.public_port);
            text += &format!("c.JupyterHub.subdomain_host = {}\n", quoted(host));
        }
        if let Some(url) = public_url {
            text += &format!("c.JupyterHub.public_url = {}\n", quoted(url));
        }
        if *internal_ssl {
            text += &format!(
                "c.JupyterHub.internal_ssl = True\nc.JupyterHub.internal_certs_location = {}\n",
                quoted(self.certificates().display())
            );
        }
        text
    }

    fn with_presets(&self, presets: &Presets) -> String {
        let how = if presets.managed {
            let command: Vec<String> = presets.command.iter().map(quoted).collect();
            format!("command=[{}],\n    ", command.join(", "))
        } else {
            format!("managed=False,\n    api_token_file={},\n    ", quoted(presets.token_file.display()))
        };
        let mut backends = format!(
            "        \"local\": {{\"class\": {}, \"traits\": [\"mem_limit\", \"cpu_limit\"]}},\n",
            quoted(self.local_class())
        );
        if self.slurm {
            backends += "        \"slurm\": {\n            \"class\": \"lab_slurm.LoopSlurmSpawner\",\n            \"traits\": [\"req_partition\", \"req_nprocs\", \"req_memory\", \"req_runtime\", \"req_ngpus\", \"req_jobname\"],\n        },\n";
        }
        format!(
            "
from jupyterhub_presets import configure

configure(
    c,
    {how}url={url},
    secret_file={secret},
    backends={{
{backends}    }},
    fallback={fallback},
    admins=[\"admin\"],
    contact=\"hpc-support@example.org\",
)
",
            url = quoted(&presets.url),
            secret = quoted(presets.secret_file.display()),
            fallback = if self.no_fallback {
                "None"
            } else {
                "{\"title\": \"Standard server\", \"backend\": \"local\", \"traits\": {}}"
            },
        )
    }

    fn local_class(&self) -> &'static str {
        if self.recording {
            "recording.RecordingSpawner"
        } else {
            "jupyterhub.spawner.SimpleLocalProcessSpawner"
        }
    }
}

/// A Python string literal; JSON's is one.
fn quoted(text: impl Display) -> String {
    serde_json::Value::String(text.to_string()).to_string()
}

/// The folder with the hub's own Python modules of the lab.
pub fn modules(repository: &Path) -> PathBuf {
    repository.join("tests/lab/hub")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_cannot_leave_its_quotes() {
        assert_eq!(quoted("a\"b\\c"), r#""a\"b\\c""#);
    }
}
