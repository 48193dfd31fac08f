//! What was asked for on the command line.

use std::path::PathBuf;

use crate::hub::Choices;
use crate::hub_config::Place;
use crate::python::Hub;
use crate::surroundings::{Plan, Serving};
use crate::trouble::{Result, Trouble};

pub const HELP: &str = "\
The lab starts the real surroundings of jupyterhub-presets on loopback.

  cargo demo [-- --slurm] [--port N]      a hub to try, until Ctrl-C
  cargo verify [-- SUITE…] [--list]       every check, or some; exit code 1 if one fails
      --only WORD               of these suites only the tests with WORD in their name
  cargo soak [-- SUITE…]                  the suites of many rounds and cases, with many of them
  cargo lab bench                         what requests cost beside a bare route; exit code 1 if a target is missed
      --quick                   only see that it runs, with a developer's build
      --rounds N                each figure so often (3); their medians are shown
      --people N,N              so many people (1000,100000)
      --built                   what is built already, though the sources may have changed since
  cargo lab up [OPTIONS]                  for tests: one JSON line when ready, ended when stdin closes
      --hub 6|5                 the newest hub, or the newest of the series before
      --service managed|external|none     who runs the service (managed: the hub)
      --database sqlite|postgres
      --site FILE               applied before the hub starts (tests/sites/demo.yaml)
      --slurm                   with Slurm and a backend for it
      --recording               backend `local` is recording.RecordingSpawner of tests/hub/recording.py
      --heartbeat               the hub writes how long its loop was ever blocked
      --often                   nobody is asked to wait, however often they ask
      --no-fallback             nothing starts while the service does not answer
      --keep-servers            people's servers live on when the hub ends
      --hub-config FILE         loaded at the end of jupyterhub_config.py, as often as it is given
      --base-url /PATH/         the hub lives below that path
      --subdomains              everybody's server and each service has a host name of its own
      --public-url URL          the address people type, where another proxy stands in front
      --internal-ssl            hub, proxy and service show each other certificates (wants --service external)
      --state DIR               keep the state there
      Lines on stdin, each answered by a JSON line: start|stop|kill hub, start|stop slapd|service|postgres
  cargo lab postgres                      a cluster: its URL as JSON, ended when stdin closes
      Lines on stdin, each answered by a JSON line: kill postgres, start postgres
  cargo lab clients                       writes the clients from openapi/openapi.json

JUPYTERHUB_PRESETS_LAB_CACHE names another folder for virtual environments and the proxy.
";

/// A command of the lab.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    Help,
    Demo,
    Up,
    Postgres,
    Clients,
    Verify,
    Soak,
    Bench,
}

/// A command with its options.
pub struct Arguments {
    pub command: Command,
    pub port: u16,
    pub state: Option<PathBuf>,
    pub list: bool,
    pub quick: bool,
    pub built: bool,
    /// How often each figure is taken.
    pub rounds: Option<usize>,
    /// How many people there are, one time after the other.
    pub people: Vec<usize>,
    pub suites: Vec<String>,
    /// Part of the name of the tests to run.
    pub only: Option<String>,
    hub: Hub,
    serving: Serving,
    postgres: bool,
    slurm: bool,
    often: bool,
    recording: bool,
    heartbeat: bool,
    keep_servers: bool,
    no_fallback: bool,
    site: Option<PathBuf>,
    hub_config: Vec<PathBuf>,
    place: Place,
}

/// Reads the words after the program's name.
pub fn read(mut words: impl Iterator<Item = String>) -> Result<Arguments> {
    let command = match words.next().as_deref() {
        Some("demo") => Command::Demo,
        Some("up") => Command::Up,
        Some("postgres") => Command::Postgres,
        Some("clients") => Command::Clients,
        Some("verify") => Command::Verify,
        Some("soak") => Command::Soak,
        Some("bench") => Command::Bench,
        Some("help" | "--help" | "-h") | None => Command::Help,
        Some(other) => return Err(Trouble::new(format!("`{other}` is no command; try `cargo lab help`"))),
    };
    let mut asked = Arguments {
        command,
        port: 8000,
        state: None,
        list: false,
        quick: false,
        built: false,
        rounds: None,
        people: Vec::new(),
        suites: Vec::new(),
        only: None,
        hub: Hub::Six,
        serving: Serving::Managed,
        postgres: false,
        slurm: false,
        often: false,
        recording: false,
        heartbeat: false,
        keep_servers: false,
        no_fallback: false,
        site: None,
        hub_config: Vec::new(),
        place: Place::default(),
    };
    while let Some(word) = words.next() {
        let mut value = |what: &str| {
            words.next().ok_or_else(|| Trouble::new(format!("`{word}` wants {what}; try `cargo lab help`")))
        };
        match word.as_str() {
            // `cargo demo -- --slurm` hands the dashes on.
            "--" => {}
            "--help" | "-h" => asked.command = Command::Help,
            "--slurm" => asked.slurm = true,
            "--often" => asked.often = true,
            "--recording" => asked.recording = true,
            "--heartbeat" => asked.heartbeat = true,
            "--keep-servers" => asked.keep_servers = true,
            "--no-fallback" => asked.no_fallback = true,
            "--subdomains" => asked.place.subdomains = true,
            "--internal-ssl" => asked.place.internal_ssl = true,
            "--base-url" => asked.place.base_url = value("a path")?,
            "--public-url" => asked.place.public_url = Some(value("a URL")?),
            "--list" => asked.list = true,
            "--quick" => asked.quick = true,
            "--built" => asked.built = true,
            "--rounds" => {
                let rounds =
                    value("a number")?.parse().map_err(|_| Trouble::new("--rounds wants a number"))?;
                asked.rounds = Some(rounds);
            }
            "--people" => {
                let sizes = value("numbers")?;
                let sizes = sizes.split(',').map(str::parse).collect::<std::result::Result<_, _>>();
                asked.people = sizes.map_err(|_| Trouble::new("--people wants numbers, as 1000,100000"))?;
            }
            "--only" => asked.only = Some(value("part of a test's name")?),
            "--port" => {
                asked.port = value("a port")?.parse().map_err(|_| Trouble::new("--port wants 1–65535"))?
            }
            "--state" => asked.state = Some(value("a folder")?.into()),
            "--site" => asked.site = Some(absolute(&value("a file")?)?),
            "--hub-config" => asked.hub_config.push(absolute(&value("a file")?)?),
            "--hub" => asked.hub = one_of(&value("6 or 5")?, &[("6", Hub::Six), ("5", Hub::Five)])?,
            "--database" => {
                asked.postgres =
                    one_of(&value("sqlite or postgres")?, &[("sqlite", false), ("postgres", true)])?;
            }
            "--service" => {
                let known =
                    [("managed", Serving::Managed), ("external", Serving::External), ("none", Serving::None)];
                asked.serving = one_of(&value("managed, external or none")?, &known)?;
            }
            suite if matches!(command, Command::Verify | Command::Soak) && !suite.starts_with('-') => {
                asked.suites.push(word)
            }
            _ => return Err(Trouble::new(format!("`{word}` is not understood; try `cargo lab help`"))),
        }
    }
    Ok(asked)
}

impl Arguments {
    /// What `demo` or `up` is to start.
    pub fn plan(self) -> Plan {
        Plan {
            hub: self.hub,
            serving: self.serving,
            postgres: self.postgres,
            slurm: self.slurm,
            site: self.site,
            tests: self.command == Command::Up,
            often: self.often,
            choices: Choices {
                recording: self.recording,
                heartbeat: self.heartbeat,
                keep_servers: self.keep_servers,
                no_fallback: self.no_fallback,
                extra_config: self.hub_config,
                place: self.place,
                ..Choices::default()
            },
        }
    }
}

fn one_of<T: Copy>(word: &str, known: &[(&str, T)]) -> Result<T> {
    known.iter().find(|(name, _)| *name == word).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        Trouble::new(format!("`{word}` is none of: {}", names.join(", ")))
    })
}

fn absolute(file: &str) -> Result<PathBuf> {
    std::fs::canonicalize(file).map_err(|error| Trouble::new(format!("{file}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Result<Arguments> {
        read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn dashes_handed_on_by_cargo_mean_nothing() {
        assert!(words("demo -- --slurm").is_ok_and(|asked| asked.command == Command::Demo && asked.slurm));
    }

    #[test]
    fn an_unknown_word_is_refused_and_named() {
        let refusal = words("up --hubb 6").err().map(|trouble| trouble.to_string()).unwrap_or_default();
        assert!(refusal.contains("`--hubb`"), "{refusal}");
    }

    #[test]
    fn a_value_outside_its_set_names_the_set() {
        let refusal = words("up --hub 4").err().map(|trouble| trouble.to_string()).unwrap_or_default();
        assert_eq!(refusal, "`4` is none of: 6, 5");
    }
}
