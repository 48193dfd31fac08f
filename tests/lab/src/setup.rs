//! What the suites stand on: packages, environments, a PostgreSQL, the built service; and how one step is run there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::counts::{Counts, Runner};
use crate::packages::{self, Need};
use crate::places::{self, State};
use crate::postgres::Postgres;
use crate::program::Program;
use crate::proxy;
use crate::python::{Hub, Venv};
use crate::service;
use crate::steps::{say, step};
use crate::stream;
use crate::suites::{Step, Suite, Tool};
use crate::trouble::{Doing, Result, Trouble};

/// How many of what a soak makes: rounds of kill -9 and of editors, trials of each fault, migrations, ends, and how long
/// a lock is held.
const MANY: [(&str, &str); 6] = [
    ("PRESETS_ROUNDS", "100"),
    ("PRESETS_TRIALS", "20"),
    ("PRESETS_MIGRATIONS", "20"),
    ("PRESETS_ENDS", "1000"),
    ("PRESETS_LOCK_SECONDS", "30"),
    ("PROPTEST_CASES", "100000"),
];

/// How much of everything.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Every behaviour once or a few times.
    Verify,
    /// Many rounds and cases: hours.
    Soak,
}

impl Effort {
    /// No suite takes longer on two cores, cold and beside other work.
    fn patience(self) -> Duration {
        match self {
            Self::Verify => Duration::from_secs(40 * 60),
            Self::Soak => Duration::from_secs(8 * 60 * 60),
        }
    }
}

/// Everything set up for the suites that were chosen.
pub struct Setup {
    repository: PathBuf,
    only: Option<String>,
    effort: Effort,
    /// Where a soak's tests note their trials.
    trials: Option<PathBuf>,
    postgres: Option<Postgres>,
    six: Option<Venv>,
    five: Option<Venv>,
    plugin: Option<PathBuf>,
    service: Option<PathBuf>,
    proxy: Option<PathBuf>,
    /// Our own program: asked for early, because a suite may build it anew.
    lab: PathBuf,
    folder: PathBuf,
}

impl Setup {
    /// Installs, builds and starts what `suites` need.
    pub fn of(
        suites: &[&Suite],
        only: Option<String>,
        effort: Effort,
        trials: Option<&Path>,
        state: &State,
    ) -> Result<Self> {
        let repository = places::repository()?;
        let lab = std::env::current_exe().doing("asking for our own name")?;
        let setup = state.log("setup");
        let mut needs: Vec<Need> = Vec::new();
        for need in suites.iter().flat_map(|suite| suite.needs) {
            if !needs.contains(need) {
                needs.push(*need);
            }
        }
        packages::ensure(&needs, &setup)?;
        let any = |test: fn(&Suite) -> bool| suites.iter().any(|suite| test(suite));
        let six = if any(|suite| suite.needs(Need::Python)) {
            Some(Venv::ensure(Hub::Six, true, &setup)?)
        } else {
            None
        };
        let five = if any(|suite| suite.uses(Tool::PytestHub5)) {
            Some(Venv::ensure(Hub::Five, true, &setup)?)
        } else {
            None
        };
        let proxy = any(Suite::starts_service).then(|| proxy::ensure(&setup)).transpose()?;
        let plugin = match &six {
            Some(venv) => venv.plugin(&repository, &setup)?,
            None => None,
        };
        if any(|suite| suite.needs(Need::Build)) {
            service::build_frontend(&repository, &setup)?;
        }
        // Before anything runs: nobody's deadline should meet a compiler.
        let starts = any(Suite::starts_service);
        let built = (starts || any(|suite| suite.is_cargos() && !suite.only_builds()))
            .then(|| service::build_with_tests(&repository, service::NAME, &state.log("build")))
            .transpose()?;
        let kept = |built: PathBuf| {
            // A copy: cargo may build it anew beside the tests that start it.
            let kept = state.folder().join(service::NAME);
            std::fs::copy(built, &kept).doing("copying the service's program").map(|_| kept)
        };
        let service = built.filter(|_| starts).map(kept).transpose()?;
        let postgres = if needs.contains(&Need::Postgres) {
            Some(step("PostgreSQL, a cluster of its own", || Postgres::start(state))?)
        } else {
            None
        };
        Ok(Self {
            repository,
            only,
            effort,
            trials: trials.map(Path::to_owned),
            postgres,
            six,
            five,
            plugin,
            service,
            proxy,
            lab,
            folder: state.folder().to_owned(),
        })
    }

    /// Whether whole suites run, and not only what somebody works on.
    pub fn runs_all(&self) -> bool {
        self.only.is_none()
    }

    /// Runs one step of `suite`; its output goes to the terminal under the suite's name, and to `log`.
    ///
    /// What no test said but somebody should know goes to `complaints`.
    pub fn run(
        &self,
        suite: &Suite,
        step: &Step,
        log: &Path,
        complaints: &mut Vec<String>,
    ) -> Result<Counts> {
        if step.tool == Tool::Specification {
            return self.check_specification(log, complaints);
        }
        if step.tool == Tool::Npm {
            self.install_frontend(log)?;
        }
        let program = self.program(suite, step)?;
        let mut counts = Counts::default();
        let mut told = false;
        let status = stream::run(&program, log, self.effort.patience(), |line| {
            counts.read(step.runner, line);
            complaints.extend(step.runner.failure_in(line).map(|name| format!("failed: {name}")));
            told |= line.contains("left out:");
            say(format!("{} │ {line}", suite.name));
        })?;
        if step.tool == Tool::PlainCargo && !told {
            complaints.push(
                "nothing says what was left out, though neither PostgreSQL nor network were there".into(),
            );
        }
        if step.runner == Runner::Status {
            return Ok(Counts::of_status(status.success()));
        }
        if !status.success() && counts.failed == 0 {
            complaints.push(format!("`{}` ended with {status}", program.argv().join(" ")));
        }
        Ok(counts)
    }

    fn program(&self, suite: &Suite, step: &Step) -> Result<Program> {
        let program = match step.tool {
            Tool::PlainCargo => return Ok(self.plain_cargo(step)),
            Tool::Cargo => Program::new("cargo", "cargo").env("CARGO_TERM_COLOR", "never"),
            Tool::CargoReplicas => Program::new("cargo", "cargo")
                .env("CARGO_TERM_COLOR", "never")
                .env("PRESETS_TEST_REPLICAS", "2"),
            Tool::Npm => Program::new("npm", "npm"),
            Tool::Lab => Program::new("lab", &self.lab),
            Tool::Pytest => self.pytest(suite, self.six.as_ref())?,
            Tool::PytestHub5 => self.pytest(suite, self.five.as_ref())?.env("LAB_HUB", "5"),
            Tool::Specification => return Err(Trouble::new("a specification is compared, not run")),
        };
        let folder =
            if step.tool == Tool::Npm { self.repository.join("frontend") } else { self.repository.clone() };
        let (tests, rest) = match step.args {
            ["test", rest @ ..] if step.tool == Tool::Cargo && self.effort == Effort::Soak => {
                (&["test", "--profile", "soak"][..], rest)
            }
            all => (&[][..], all),
        };
        let mut program = program
            .args(tests)
            .args(rest)
            .cwd(&folder)
            .env("CI", "true")
            .env("NO_COLOR", "1")
            .env("PRESETS_TEST_LDAP", "required")
            .env("PRESETS_TEST_NODE", "required");
        if self.effort == Effort::Soak {
            // The tests read how many rounds; who wants other numbers sets them.
            for (name, many) in MANY {
                program = program.env(name, std::env::var(name).unwrap_or_else(|_| many.to_owned()));
            }
            if let Some(trials) = &self.trials {
                program = program.env("PRESETS_LEDGER", trials);
            }
        }
        if let Some(postgres) = &self.postgres {
            program = program.env("TEST_POSTGRES_URL", postgres.url());
        }
        if let Some(only) = &self.only {
            program = match step.runner {
                Runner::Pytest => program.args(["-k", only]),
                Runner::Cargo => program.args([only]),
                Runner::Status => program,
            };
        }
        Ok(program)
    }

    /// cargo as somebody runs it who has installed nothing: no services, and no network where root can take it away.
    fn plain_cargo(&self, step: &Step) -> Program {
        let program = if places::is_root() {
            Program::new("cargo without network", "unshare").args([
                "--net",
                "--",
                "sh",
                "-c",
                "ip link set lo up && exec cargo \"$@\"",
                "cargo",
            ])
        } else {
            Program::new("cargo", "cargo")
        };
        ["TEST_POSTGRES_URL", "PRESETS_TEST_LDAP", "PRESETS_TEST_NODE", "CI"]
            .into_iter()
            .fold(program.args(step.args), Program::without_env)
            .cwd(&self.repository)
            .env("CARGO_TERM_COLOR", "never")
            .env("CARGO_NET_OFFLINE", "true")
            // The suite `rust` tries them all; here it is about what the tests need.
            .env("PROPTEST_CASES", "256")
    }

    /// pytest with the plugin on its path; `LAB` and `PRESETS_BIN` name the programs its tests start.
    fn pytest(&self, suite: &Suite, venv: Option<&Venv>) -> Result<Program> {
        let venv = venv.ok_or_else(|| Trouble::new("no Python environment was made"))?;
        let mut modules = vec![self.repository.join("tests/lab/hub"), self.repository.join("tests/hub")];
        modules.extend(self.plugin.clone());
        let path: Vec<String> = modules.iter().map(|folder| folder.display().to_string()).collect();
        let mut program = Program::new("pytest", venv.python())
            .args([
                "-m",
                "pytest",
                "-ra",
                "--color=no",
                "-p",
                "no:cacheprovider",
                "-o",
                "asyncio_default_fixture_loop_scope=function",
                "--basetemp",
            ])
            .arg(self.folder.join(format!("pytest-{}", suite.name)))
            .env("PYTHONPATH", path.join(":"))
            .env("PYTHONUNBUFFERED", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("LAB", &self.lab);
        if let Some(service) = &self.service {
            program = program.env("PRESETS_BIN", service);
        }
        if let Some(proxy) = &self.proxy {
            program = program.env("PRESETS_PROXY", proxy);
        }
        Ok(program)
    }

    fn install_frontend(&self, log: &Path) -> Result<()> {
        proxy::require_node(log)?;
        service::install_frontend(&self.repository.join("frontend"), log)
    }

    /// Two tests: the committed specification is the generated one, and it is valid.
    fn check_specification(&self, log: &Path, complaints: &mut Vec<String>) -> Result<Counts> {
        let committed = self.repository.join("openapi/openapi.json");
        let (Some(service), Some(venv)) = (&self.service, &self.six) else {
            return Err(Trouble::new("neither service nor Python environment were made"));
        };
        let generated = Program::new("jupyterhub-presets openapi", service).arg("openapi").output(log)?;
        let same =
            std::fs::read_to_string(&committed).is_ok_and(|text| text.trim_end() == generated.trim_end());
        if !same {
            complaints.push(
                "openapi/openapi.json is not what the service says of itself; write it anew with \
                 `cargo run -q -- openapi > openapi/openapi.json`"
                    .to_owned(),
            );
        }
        let valid = Program::new("openapi-spec-validator", venv.python())
            .args(["-m", "openapi_spec_validator"])
            .arg(&committed)
            .run(log);
        if let Err(trouble) = &valid {
            complaints.push(trouble.to_string());
        }
        let mut counts = Counts::of_status(same);
        counts += Counts::of_status(valid.is_ok());
        Ok(counts)
    }
}
