//! The whole of it, in the order it is started and ended: directory, database, Slurm, service, hub.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::descendants;
use crate::hub::{self, Hub};
use crate::hub_config::Presets;
use crate::packages::{self, Need};
use crate::places::State;
use crate::postgres::Postgres;
use crate::program::Running;
use crate::proxy;
use crate::python::{self, Venv};
use crate::service::{self, Service};
use crate::slapd::Slapd;
use crate::slurm::Slurm;
use crate::steps::step;
use crate::trouble::{Result, Trouble};

/// What stands beside the hub as the service.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Serving {
    /// The hub starts and ends it.
    Managed,
    /// We do, as systemd would.
    External,
    /// There is none: a plain hub.
    None,
}

/// What to start.
pub struct Plan {
    pub hub: python::Hub,
    pub serving: Serving,
    pub postgres: bool,
    pub slurm: bool,
    pub site: Option<PathBuf>,
    pub tests: bool,
    /// Nobody is asked to wait, however often they ask.
    pub often: bool,
    pub choices: hub::Choices,
}

/// Everything, running. Ended in reverse order when dropped.
pub struct Surroundings {
    // Fields are dropped from first to last: the hub before what it stands on.
    pub hub: Hub,
    pub external: Option<Running>,
    pub service: Option<Service>,
    pub slurm: Option<Slurm>,
    pub postgres: Option<Postgres>,
    pub slapd: Slapd,
    venv: Venv,
    state_folder: PathBuf,
    service_log: PathBuf,
}

impl Surroundings {
    /// Installs what is missing, builds what is old and starts everything.
    pub fn start(repository: &Path, state: &State, plan: Plan) -> Result<Self> {
        let setup = state.log("setup");
        if plan.slurm {
            Slurm::check_may_start()?;
        }
        packages::ensure(&needs(&plan), &setup)?;
        let venv = Venv::ensure(plan.hub, plan.tests, &setup)?;
        let proxy = proxy::ensure(&setup)?;
        let mut choices = plan.choices;
        let program = if plan.serving == Serving::None {
            None
        } else {
            service::build_frontend(repository, &setup)?;
            let program = service::build(repository, &state.log("build"))?;
            choices.plugin = venv.plugin(repository, &setup)?;
            if choices.plugin.is_none() {
                return Err(Trouble::new("there is no plugin in openapi/ of this checkout"));
            }
            Some(program)
        };
        let slapd = step("slapd with 5 people and 5 groups", || Slapd::start(state))?;
        let postgres = if plan.postgres {
            Some(step("PostgreSQL, a cluster of its own", || Postgres::start(state))?)
        } else {
            None
        };
        let slurm = if plan.slurm {
            Some(step("Slurm with one node of 16 cores", || Slurm::start(state))?)
        } else {
            None
        };
        choices.slurm_conf = slurm.as_ref().map(Slurm::conf);
        let site = plan.site.unwrap_or_else(|| {
            repository.join(if plan.slurm { "tests/sites/slurm.yaml" } else { "tests/sites/demo.yaml" })
        });
        let external = plan.serving == Serving::External;
        let service = program
            .map(|program| {
                let database = postgres.as_ref().map(Postgres::url);
                let asking = if plan.often { &service::ASKING_OFTEN } else { &service::ASKING };
                let service = Service::configure(program, state, &slapd, database, &choices.place, asking)?;
                step(format!("presets of {}", name_of(&site)), || service.apply(&site, &setup))?;
                Ok(service)
            })
            .transpose()?;
        let presets = service.as_ref().map(|service| Presets {
            command: service.command("serve").argv(),
            url: service.url(),
            secret_file: service.secret_file.clone(),
            token_file: service.token_file.clone(),
            managed: plan.serving == Serving::Managed,
        });
        let internal_ssl = choices.place.internal_ssl;
        let mut hub = Hub::configure(repository, state, &venv, proxy, choices, presets)?;
        let certificates = if internal_ssl {
            Some(step("certificates for hub, proxy and service", || hub.make_certificates(&venv))?)
        } else {
            None
        };
        if let Some(service) = service.as_ref().filter(|_| external) {
            service.join(&hub.api_url(), certificates.as_deref())?;
        }
        let service_log = state.log("service");
        let external = match &service {
            Some(service) if external => Some(step("service", || service.start(&service_log))?),
            _ => None,
        };
        step(
            format!("{} with its proxy", plan.hub.requirement().replace("jupyterhub==", "JupyterHub ")),
            || hub.start(),
        )?;
        let state_folder = state.folder().to_owned();
        Ok(Self { hub, external, service, slurm, postgres, slapd, venv, state_folder, service_log })
    }

    /// An error if something that should run has ended by itself.
    pub fn must_live(&mut self) -> Result<()> {
        self.slapd.running().must_live()?;
        if let Some(postgres) = &mut self.postgres {
            postgres.running().must_live()?;
        }
        if let Some(external) = &mut self.external {
            external.must_live()?;
        }
        self.hub.running().map_or(Ok(()), Running::must_live)
    }

    /// Starts the external service again after it was stopped.
    pub fn start_service(&mut self) -> Result<()> {
        let service = self.service.as_ref().ok_or_else(|| Trouble::new("there is no service here"))?;
        self.external = None;
        self.external = Some(service.start(&self.service_log)?);
        Ok(())
    }

    /// What a test needs to know, as the one line of `lab up`.
    pub fn facts(&self) -> Value {
        let mut facts = self.hub.facts();
        let service_pid = self.external.as_ref().map(Running::pid).or_else(|| self.hub.service_pid());
        facts["pids"] = json!({
            "hub": self.hub.pid(), "proxy": self.hub.proxy_pid(), "service": service_pid, "slapd": self.slapd.pid(),
            "postgres": self.postgres.as_ref().map(Postgres::pid),
        });
        facts["slapd"] = self.slapd.facts();
        facts["state_dir"] = json!(self.state_folder);
        facts["python"] = json!(self.venv.python());
        if let Some(service) = &self.service {
            facts["service_prefix"] = json!(service.prefix);
            facts["service_program"] = json!(service.program);
            facts["service_url"] = json!(service.url());
            facts["service_log"] =
                json!(if self.external.is_some() { &self.service_log } else { self.hub.log() });
            facts["config_file"] = json!(service.config);
            facts["database"] = json!(service.database);
            facts["hub_secret"] = json!(service.secret);
        }
        if let Some(slurm) = &self.slurm {
            facts["slurm_conf"] = json!(slurm.conf());
        }
        facts
    }
}

impl Drop for Surroundings {
    fn drop(&mut self) {
        self.hub.stop();
        self.external = None;
        self.slurm = None;
        // What a killed hub left behind, before what it stands on goes away.
        self.postgres = None;
        self.slapd.stop();
        descendants::end_all(Duration::from_secs(5));
    }
}

fn needs(plan: &Plan) -> Vec<Need> {
    let mut needs = vec![Need::Ldap, Need::Python];
    if plan.serving != Serving::None {
        needs.push(Need::Build);
    }
    if plan.postgres {
        needs.push(Need::Postgres);
    }
    if plan.slurm {
        needs.push(Need::Slurm);
    }
    needs
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
