//! The suites of `cargo verify`: what each runs, what it needs, and how many tests it must at least have.

use crate::counts::Runner;
use crate::packages::Need;

/// One suite. Fewer tests than `minimum` is a failure: tests that were not found look like tests that passed.
pub struct Suite {
    pub name: &'static str,
    pub about: &'static str,
    pub minimum: u32,
    /// How many tests may be skipped.
    pub may_skip: u32,
    pub needs: &'static [Need],
    pub steps: &'static [Step],
    /// Whether more rounds and cases tell more: `cargo soak` runs those.
    pub soaks: bool,
}

/// One program of a suite.
pub struct Step {
    pub tool: Tool,
    pub args: &'static [&'static str],
    pub runner: Runner,
}

/// What runs a step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    Cargo,
    /// Without services and network, as on a machine where nothing was installed.
    PlainCargo,
    /// With the service twice on one PostgreSQL, asked in turn.
    CargoReplicas,
    /// In `frontend/`.
    Npm,
    /// pytest in the environment with the newest hub.
    Pytest,
    /// pytest in the environment with the hub of the series before.
    PytestHub5,
    /// Compares the specification the service prints with the committed one, and validates it.
    Specification,
    /// Our own program.
    Lab,
}

const fn cargo(args: &'static [&'static str], runner: Runner) -> Step {
    Step { tool: Tool::Cargo, args, runner }
}

const fn pytest(args: &'static [&'static str]) -> Step {
    Step { tool: Tool::Pytest, args, runner: Runner::Pytest }
}

/// All suites: those whose failure is cheapest to learn of first, then those that take longest.
pub const SUITES: &[Suite] = &[
    Suite {
        name: "format",
        about: "rustfmt has nothing to change",
        minimum: 1,
        may_skip: 0,
        needs: &[],
        steps: &[cargo(&["fmt", "--check", "--all", "--", "--color=never"], Runner::Status)],
        soaks: false,
    },
    Suite {
        name: "frontend",
        about: "types, build and size budgets of the pages' assets",
        minimum: 1,
        may_skip: 0,
        needs: &[],
        steps: &[Step { tool: Tool::Npm, args: &["run", "check"], runner: Runner::Status }],
        soaks: false,
    },
    Suite {
        name: "clippy",
        about: "no warning in any target",
        minimum: 1,
        may_skip: 0,
        needs: &[Need::Build],
        steps: &[cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], Runner::Status)],
        soaks: false,
    },
    Suite {
        name: "enforcement",
        about: "what one may not have, by every way into a real JupyterHub 6",
        minimum: 180,
        may_skip: 0,
        needs: &[Need::Build, Need::Python, Need::Ldap],
        steps: &[pytest(&["tests/hub/test_enforcement.py"])],
        soaks: false,
    },
    Suite {
        name: "hub",
        about: "the whole chain in a real JupyterHub 6 with slapd",
        minimum: 340,
        may_skip: 0,
        needs: &[Need::Build, Need::Python, Need::Ldap, Need::Postgres, Need::Slurm],
        steps: &[pytest(&[
            "tests/hub",
            "--ignore=tests/hub/test_enforcement.py",
            "--ignore=tests/hub/test_outages.py",
            "--ignore=tests/hub/test_heartbeat.py",
        ])],
        soaks: true,
    },
    Suite {
        name: "rust",
        about: "unit and integration tests, on SQLite and PostgreSQL, with slapd",
        minimum: 1_000,
        may_skip: 0,
        needs: &[Need::Build, Need::Postgres, Need::Ldap],
        steps: &[cargo(&["test", "--workspace", "--no-fail-fast"], Runner::Cargo)],
        soaks: true,
    },
    Suite {
        name: "plain",
        about: "`cargo test` without network and services, which says what it left out",
        minimum: 1_000,
        may_skip: 0,
        needs: &[Need::Build],
        steps: &[Step {
            tool: Tool::PlainCargo,
            args: &["test", "--workspace", "--no-fail-fast"],
            runner: Runner::Cargo,
        }],
        soaks: false,
    },
    Suite {
        name: "replicas",
        about: "the API's tests against two replicas on one PostgreSQL, asked in turn",
        minimum: 110,
        may_skip: 0,
        needs: &[Need::Build, Need::Postgres],
        steps: &[Step {
            tool: Tool::CargoReplicas,
            // Each waits for the other replica to see its changes: many at once.
            args: &["test", "--test", "service", "--", "api::", "--skip", "sqlite", "--test-threads=8"],
            runner: Runner::Cargo,
        }],
        soaks: false,
    },
    Suite {
        name: "openapi",
        about: "the specification is valid and the committed one is the generated one",
        minimum: 2,
        may_skip: 0,
        needs: &[Need::Build, Need::Python],
        steps: &[Step { tool: Tool::Specification, args: &[], runner: Runner::Status }],
        soaks: false,
    },
    Suite {
        name: "plugin",
        about: "the hub plugin by itself",
        minimum: 540,
        may_skip: 0,
        needs: &[Need::Python],
        steps: &[pytest(&["tests/plugin"])],
        soaks: false,
    },
    Suite {
        name: "hub5",
        about: "each way in once, and signing in, in a real JupyterHub 5",
        minimum: 40,
        may_skip: 0,
        needs: &[Need::Build, Need::Python, Need::Ldap],
        steps: &[Step { tool: Tool::PytestHub5, args: &["tests/hub", "-m", "hub5"], runner: Runner::Pytest }],
        soaks: false,
    },
    Suite {
        name: "schemathesis",
        about: "requests made from the description, for everybody, on both databases: each answer is described",
        minimum: 10,
        may_skip: 0,
        needs: &[Need::Build, Need::Python, Need::Ldap, Need::Postgres],
        steps: &[pytest(&["tests/schemathesis"])],
        soaks: true,
    },
    Suite {
        name: "browser",
        about: "form and pages in Chromium",
        minimum: 50,
        may_skip: 0,
        needs: &[Need::Build, Need::Python, Need::Ldap, Need::Browser],
        steps: &[pytest(&["tests/browser"])],
        soaks: false,
    },
    Suite {
        name: "outages",
        about: "a real JupyterHub 6 whose directory, service or database is away, and its heartbeat",
        minimum: 11,
        may_skip: 0,
        needs: &[Need::Build, Need::Python, Need::Ldap, Need::Quiet],
        steps: &[pytest(&["tests/hub/test_outages.py", "tests/hub/test_heartbeat.py"])],
        soaks: true,
    },
    Suite {
        name: "faults",
        about: "databases and hub that fail, kill -9 while writing, replicas; nothing acknowledged is lost",
        minimum: 130,
        may_skip: 0,
        needs: &[Need::Build, Need::Python, Need::Ldap, Need::Postgres, Need::Faults, Need::Quiet],
        steps: &[pytest(&["tests/faults"])],
        soaks: true,
    },
    Suite {
        name: "hostile",
        about: "slow clients, malformed framing and secrets in logs, direct and through the real proxy",
        minimum: 95,
        may_skip: 0,
        needs: &[Need::Build, Need::Python, Need::Hostile, Need::Quiet],
        steps: &[pytest(&["tests/hostile"])],
        soaks: true,
    },
    Suite {
        name: "bench",
        about: "the benchmark runs and everything it asks is answered; no figure is judged",
        minimum: 1,
        may_skip: 0,
        needs: &[Need::Build, Need::Load],
        steps: &[Step { tool: Tool::Lab, args: &["bench", "--quick"], runner: Runner::Status }],
        soaks: false,
    },
];

impl Suite {
    /// Whether the suite needs `need`.
    pub fn needs(&self, need: Need) -> bool {
        self.needs.contains(&need)
    }

    /// Whether one of its steps is run by `tool`.
    pub fn uses(&self, tool: Tool) -> bool {
        self.steps.iter().any(|step| step.tool == tool)
    }

    /// Whether one of its programs is cargo: they wait for each other anyway.
    pub fn is_cargos(&self) -> bool {
        [Tool::Cargo, Tool::PlainCargo, Tool::CargoReplicas].into_iter().any(|tool| self.uses(tool))
    }

    /// Whether it only checks and builds; what it says is worth knowing before anything runs.
    pub fn only_builds(&self) -> bool {
        self.steps
            .iter()
            .all(|step| matches!(step.tool, Tool::Cargo | Tool::Npm) && step.runner == Runner::Status)
    }

    /// Whether its tests start the built service.
    pub fn starts_service(&self) -> bool {
        self.needs(Need::Build) && self.needs(Need::Python)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_has_a_name_of_its_own_and_a_minimum() {
        let mut names: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SUITES.len());
        assert!(SUITES.iter().all(|suite| suite.minimum > 0 && !suite.steps.is_empty()));
    }
}
