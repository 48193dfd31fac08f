//! `cargo lab bench`: what a form, a start and `me` cost beside a bare actix route, for few people and for many.

mod load;
mod people;
mod process;
mod report;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::arguments::Arguments;
use crate::bench::load::{Load, Target};
use crate::bench::people::University;
use crate::bench::report::{Report, Row};
use crate::hub_config::Place;
use crate::net;
use crate::packages::{self, Need};
use crate::places::{self, State};
use crate::postgres::Postgres;
use crate::program::{Program, Running};
use crate::service::{self, Asking, Profile, Service};
use crate::slapd::Slapd;
use crate::steps::step;
use crate::trouble::{Doing, Result, Trouble};

/// How much is measured.
#[derive(Clone, Copy)]
struct Plan {
    /// Sizes of the university, unless others are asked for.
    people: [usize; 2],
    groups: usize,
    connections: &'static [usize],
    rounds: usize,
    /// Of one measurement.
    seconds: u32,
    starts: usize,
    profile: Profile,
}

const WHOLE: Plan = Plan {
    people: [1_000, 100_000],
    groups: 4_800,
    connections: &[1, 8, 64],
    rounds: 3,
    seconds: 2,
    starts: 9,
    profile: Profile::Release,
};
/// To see that it runs: a developer's build, of which no figure means anything.
const QUICK: Plan = Plan {
    people: [100, 1_000],
    groups: 200,
    connections: &[8],
    rounds: 1,
    seconds: 1,
    starts: 1,
    profile: Profile::Dev,
};

const ROUTES: [&str; 3] = ["form", "resolve", "me"];

/// Answers are as old as they like: what is measured is the service, and not how slapd shares the machine with it.
const ASKING: Asking = Asking {
    groups: "schemas: [memberof]",
    membership: "{fresh_for: 24h, start_within: 24h, stale_for: 24h}",
    ..service::ASKING_OFTEN
};

/// Measures, prints the table and keeps the lines below `target/`; whether the targets are met.
///
/// Memberships come from slapd, looked up once for each person before anything is measured, and then from memory.
pub fn bench(asked: &Arguments, state: &State) -> Result<bool> {
    let Arguments { quick, built, rounds, .. } = *asked;
    let plan = if quick { QUICK } else { WHOLE };
    let plan = Plan { rounds: rounds.unwrap_or(plan.rounds).max(1), ..plan };
    let repository = places::repository()?;
    let setup = state.log("setup");
    packages::ensure(&[Need::Build, Need::Ldap, Need::Postgres, Need::Python, Need::Load], &setup)?;
    let programs = [(service::NAME, ["--bin", service::NAME]), ("bare", ["--example", "bare"])];
    let [program, bare] = if built {
        let folder = target(&repository)?.join(if quick { "debug" } else { "release" });
        [folder.join(service::NAME), folder.join("examples/bare")]
    } else {
        service::build_frontend(&repository, &setup)?;
        let log = state.log("build");
        let [program, bare] = programs.map(|(name, which)| match plan.profile {
            Profile::Dev => service::build_with_tests(&repository, name, &log),
            Profile::Release => {
                let which = [&["--workspace"], which.as_slice()].concat();
                service::build_program(&repository, Profile::Release, name, &which, &log)
            }
        });
        [program?, bare?]
    };
    let university = University { groups: plan.groups };
    let people = if asked.people.is_empty() { plan.people.to_vec() } else { asked.people.clone() };
    let most = people.iter().copied().max().unwrap_or_default();
    let slapd = step(format!("slapd with {most} people, {} groups", plan.groups), || {
        Slapd::start_with(state, &university.ldif(most))
    })?;
    let mut bench = Bench {
        load: Load::new(state.folder(), &state.log("wrk"))?,
        bare: Bare::start(&bare, &state.log("bare"))?,
        report: Report::default(),
        log: state.log("service"),
        setup,
        plan,
    };
    let site = state.folder().join("site.yaml");
    let demo =
        std::fs::read_to_string(repository.join("tests/sites/demo.yaml")).doing("reading the demo's site")?;
    people::write(&site, &university.site(&demo))?;

    let empty = Service::configure(program.clone(), state, &slapd, None, &Place::default(), &ASKING)?;
    bench.empty_site(&empty)?;
    for database in ["sqlite", "postgres"] {
        let postgres =
            (database == "postgres").then(|| step("PostgreSQL", || Postgres::start(state))).transpose()?;
        let place = state.folder().join("presets.sqlite");
        let url = postgres.as_ref().map_or_else(|| format!("sqlite:{}", place.display()), Postgres::url);
        let service =
            Service::configure(program.clone(), state, &slapd, Some(url), &Place::default(), &ASKING)?;
        service.join(&format!("http://127.0.0.1:{}/hub/api", bench.bare.port), None)?;
        step(format!("{} presets on {database}", university.presets()), || {
            service.apply(&site, &bench.setup)
        })?;
        for &people in &people {
            bench.university(database, people, &service)?;
        }
    }
    bench.report.print();
    bench.report.keep(&target(&repository)?.join("bench.jsonl"))?;
    Ok(quick || bench.report.judge())
}

struct Bench {
    load: Load,
    bare: Bare,
    report: Report,
    setup: PathBuf,
    log: PathBuf,
    plan: Plan,
}

impl Bench {
    /// What is there before anybody comes: start-up and memory.
    fn empty_site(&mut self, service: &Service) -> Result<()> {
        service.command("migrate").run(&self.setup)?;
        let mut took = Vec::new();
        let mut resident = 0.0;
        for _ in 0..self.plan.starts {
            let (running, ready) = process::start(service, &self.log)?;
            took.push(ready);
            // Whatever a start still does in the background.
            std::thread::sleep(Duration::from_millis(700));
            resident = process::resident(running.pid())?;
        }
        self.report.started("empty site", median(&mut took), resident);
        Ok(())
    }

    /// Everything about so many people on one database.
    fn university(&mut self, database: &'static str, people: usize, service: &Service) -> Result<()> {
        let groups = self.plan.groups;
        University { groups }.remember(people, &service.database, &self.setup)?;
        let mut took = Vec::new();
        for _ in 1..self.plan.starts {
            took.push(process::start(service, &self.log)?.1);
        }
        let (running, ready) = process::start(service, &self.log)?;
        took.push(ready);
        let pid = running.pid();
        let target = |route| Target {
            route,
            port: service.port,
            people,
            groups,
            secret: &service.secret,
            prefix: &service.prefix,
        };
        let about = format!("{database}, {people} people");
        let form = step(format!("{about}: each of them once"), || load::each(&target("form"), people))?;
        let resolve = load::each(&target("resolve"), people.min(200))?;
        let me = load::each(&target("me"), people.min(200))?;
        let sizes = [form, resolve, me].map(|bytes| bytes.to_string());
        for &connections in self.plan.connections {
            step(format!("{about}: {connections} connections"), || {
                for _ in 0..self.plan.rounds {
                    for (route, size) in ROUTES.into_iter().zip(&sizes) {
                        let bare = Target {
                            route: size,
                            port: self.bare.port,
                            people,
                            groups,
                            secret: "",
                            prefix: "",
                        };
                        let beside = self.measure(&bare, self.bare.running.pid(), connections)?;
                        let ours = self.measure(&target(route), pid, connections)?;
                        self.report.add(Row {
                            database,
                            people,
                            route,
                            connections,
                            size: size.clone(),
                            ours,
                            bare: beside,
                        });
                    }
                }
                Ok(())
            })?;
        }
        self.report.started(&about, median(&mut took), process::resident(pid)?);
        Ok(())
    }

    fn measure(&self, target: &Target<'_>, pid: i32, connections: usize) -> Result<report::Measured> {
        let before = process::cpu(pid)?;
        let told = self.load.run(target, connections, self.plan.seconds)?;
        let cpu = process::cpu(pid)? - before;
        Ok(report::Measured {
            per_second: told.requests / told.seconds,
            cpu_us: cpu.as_secs_f64() * 1e6 / told.requests,
            p50_us: told.p50_us,
            p99_us: told.p99_us,
        })
    }
}

/// The server that does nothing.
struct Bare {
    running: Running,
    port: u16,
}

impl Bare {
    fn start(program: &Path, log: &Path) -> Result<Self> {
        let [port] = net::free_ports()?;
        let mut running = Program::new("bare", program).arg(port.to_string()).start(log)?;
        let up = crate::signals::wait_for(Duration::from_secs(10), || {
            running.must_live()?;
            Ok(net::listens(port).then_some(()))
        })?;
        up.ok_or_else(|| Trouble::new("the bare server does not listen").with_log(log))?;
        Ok(Self { running, port })
    }
}

/// Where cargo builds to, which nobody commits.
fn target(repository: &Path) -> Result<PathBuf> {
    let folder =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository.join("target"), PathBuf::from);
    std::fs::create_dir_all(&folder).doing("making the target folder")?;
    Ok(folder)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
