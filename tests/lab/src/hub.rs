//! A real JupyterHub with its proxy, on loopback.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Map, Value, json};

use crate::descendants;
use crate::hub_config::{self, HubConfig, Place};
use crate::net;
use crate::places::{self, State};
use crate::program::{Program, Running};
use crate::python::Venv;
use crate::signals;
use crate::trouble::{Doing, Result, Trouble};

/// The demo's one password.
pub const PASSWORD: &str = "demo";

/// What of a hub can be chosen.
#[derive(Default)]
pub struct Choices {
    /// 0 for any.
    pub public_port: u16,
    pub recording: bool,
    pub heartbeat: bool,
    pub keep_servers: bool,
    pub no_fallback: bool,
    pub extra_config: Vec<PathBuf>,
    /// Where the hub lives and how its parts speak.
    pub place: Place,
    /// `SLURM_CONF`, where there is a Slurm.
    pub slurm_conf: Option<PathBuf>,
    /// The installed plugin.
    pub plugin: Option<PathBuf>,
}

/// A hub that can be started, killed and started again.
pub struct Hub {
    program: Program,
    running: Option<Running>,
    config: HubConfig,
    config_file: PathBuf,
    record_file: PathBuf,
    log: PathBuf,
}

impl Hub {
    /// Writes the configuration of a hub; [`Hub::start`] starts it.
    pub fn configure(
        repository: &Path,
        state: &State,
        venv: &Venv,
        proxy: PathBuf,
        choices: Choices,
        presets: Option<hub_config::Presets>,
    ) -> Result<Self> {
        let folder = state.folder().join("hub");
        let homes = state.folder().join("homes");
        for needed in [&folder, &homes] {
            fs::create_dir_all(needed).doing(format!("making {}", needed.display()))?;
        }
        let [any, hub_port, proxy_port] = net::free_ports()?;
        let record_file = state.folder().join("records.jsonl");
        let config = HubConfig {
            public_port: if choices.public_port == 0 { any } else { choices.public_port },
            hub_port,
            proxy_port,
            proxy,
            proxy_token: places::random_hex(24)?,
            admin_token: places::random_hex(24)?,
            password: PASSWORD.to_owned(),
            singleuser: venv.bin().join("jupyterhub-singleuser"),
            presets,
            recording: choices.recording,
            slurm: choices.slurm_conf.is_some(),
            heartbeat: choices.heartbeat.then(|| state.folder().join("heartbeat.json")),
            keep_servers: choices.keep_servers,
            no_fallback: choices.no_fallback,
            extra: choices.extra_config,
            place: choices.place,
            folder: folder.clone(),
            homes: homes.clone(),
        };
        let config_file = folder.join("jupyterhub_config.py");
        places::write_secret(&config_file, &config.text())?;

        let mut modules = vec![hub_config::modules(repository), repository.join("tests/hub")];
        modules.extend(choices.plugin);
        let mut program = Program::new("JupyterHub", venv.python())
            .args(["-m", "jupyterhub", "-f"])
            .arg(&config_file)
            .cwd(&folder)
            .env("PATH", path_with(&venv.bin()))
            .env("PYTHONPATH", joined(&modules))
            .env("PYTHONUNBUFFERED", "1")
            // jupyter-server is all that is asked of a person's server here.
            .env("JUPYTERHUB_SINGLEUSER_APP", "jupyter_server.serverapp.ServerApp")
            .env("RECORD_FILE", &record_file)
            .env("LAB_HOMES", &homes)
            .ends_by(Signal::TERM, Duration::from_secs(40));
        if let Some(conf) = choices.slurm_conf {
            program = program.env("SLURM_CONF", conf);
        }
        Ok(Self { program, running: None, config, config_file, record_file, log: state.log("hub") })
    }

    /// Starts it and waits until hub and proxy answer.
    pub fn start(&mut self) -> Result<()> {
        let mut running = self.program.start(&self.log)?;
        let config = &self.config;
        let (base, host) = (&config.place.base_url, config.public_host());
        let (hub, login) = (format!("{base}hub/api/"), format!("{base}hub/login"));
        let up = signals::wait_for(Duration::from_secs(90), || {
            running.must_live()?;
            // Under internal TLS the hub's own port wants a certificate; through its proxy it answers anybody.
            let hub_lives = config.place.internal_ssl || answers(config.hub_port, "127.0.0.1", &hub);
            Ok((hub_lives && answers(config.public_port, &host, &login)).then_some(()))
        })?;
        up.ok_or_else(|| Trouble::new("the hub does not answer after 90 s").with_log(&self.log))?;
        self.running = Some(running);
        Ok(())
    }

    /// Ends it in good order: people's servers, proxy and managed services end with it.
    pub fn stop(&mut self) {
        self.running = None;
    }

    /// `kill -9`: its proxy and people's servers are left as they are.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.signal(Signal::KILL);
        }
    }

    pub fn running(&mut self) -> Option<&mut Running> {
        self.running.as_mut()
    }

    pub fn pid(&self) -> Option<i32> {
        self.running.as_ref().map(Running::pid)
    }

    /// The proxy's process, by the file the hub writes.
    pub fn proxy_pid(&self) -> Option<i32> {
        let pid = fs::read_to_string(self.config.folder.join("proxy.pid")).ok()?.trim().parse().ok()?;
        descendants::is_alive(pid).then_some(pid)
    }

    /// The process of a managed service, as the hub knows it.
    pub fn service_pid(&self) -> Option<i32> {
        let token = Some(self.config.admin_token.as_str());
        let path = format!("{}hub/api/services/presets", self.config.place.base_url);
        let (_, body) = net::get(self.config.hub_port, &path, token)?;
        let pid = serde_json::from_str::<Value>(&body).ok()?["pid"].as_i64()?;
        i32::try_from(pid).ok().filter(|pid| *pid > 0)
    }

    /// Where people find it, without the slash at its end.
    pub fn public_url(&self) -> String {
        let HubConfig { public_port, place, .. } = &self.config;
        format!("http://{}:{public_port}{}", self.config.public_host(), place.base_url.trim_end_matches('/'))
    }

    /// Where its REST API is for programs on this machine.
    pub fn api_url(&self) -> String {
        let HubConfig { hub_port, place, .. } = &self.config;
        let scheme = if place.internal_ssl { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{hub_port}{}hub/api", place.base_url)
    }

    /// Makes the certificates of a hub whose parts speak TLS, and one for a service beside it; answers the folder
    /// that holds `service.key`, `service.crt` and `trust.crt`.
    pub fn make_certificates(&self, venv: &Venv) -> Result<PathBuf> {
        let folder = self.config.certificates();
        self.program.clone().arg("--generate-certs").run(&self.log)?;
        Program::new("certificate of the service", venv.python())
            .args(["-m", "lab_certificates"])
            .arg(&folder)
            .env("PYTHONPATH", hub_config::modules(&places::repository()?))
            .run(&self.log)?;
        Ok(folder)
    }

    pub fn log(&self) -> &Path {
        &self.log
    }

    /// What a test needs to know of it.
    pub fn facts(&self) -> Value {
        let config = &self.config;
        let env: Map<String, Value> =
            self.program.given_env().into_iter().map(|(k, v)| (k, Value::from(v))).collect();
        json!({
            "public_url": self.public_url(),
            // Through the proxy where the hub itself wants a certificate.
            "hub_api_url":
                if config.place.internal_ssl { format!("{}/hub/api", self.public_url()) } else { self.api_url() },
            "proxy_api_url": format!("http://127.0.0.1:{}", config.proxy_port),
            "proxy_token": config.proxy_token,
            "admin_token": config.admin_token,
            "password": config.password,
            "hub_config": self.config_file,
            "hub_log": self.log,
            "hub_command": self.program.argv(),
            "hub_env": env,
            "hub_folder": config.folder,
            "homes": config.homes,
            "record_file": self.record_file,
            "heartbeat_file": config.heartbeat,
        })
    }
}

fn answers(port: u16, host: &str, path: &str) -> bool {
    net::get_as(port, host, path, None).is_some_and(|(status, _)| status == 200)
}

fn path_with(folder: &Path) -> String {
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default())
}

fn joined(folders: &[PathBuf]) -> String {
    folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(":")
}
