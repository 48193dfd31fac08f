//! A PostgreSQL cluster of our own on loopback, that flushes to disk as one in production does.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;

use crate::descendants;
use crate::net;
use crate::packages;
use crate::places::{self, State};
use crate::program::{Program, Running};
use crate::signals;
use crate::trouble::{Doing, Result, Trouble};

/// Debian's account for it; PostgreSQL refuses to run as root.
const ACCOUNT: &str = "postgres";
const OWNER: &str = "presets";

/// A running cluster with one database.
pub struct Postgres {
    running: Running,
    program: Program,
    port: u16,
    password: String,
    sockets: PathBuf,
    log: PathBuf,
}

impl Postgres {
    /// Makes a cluster in a folder of `state` and starts it.
    pub fn start(state: &State) -> Result<Self> {
        let bin = packages::matches("/usr/lib/postgresql/*/bin/initdb")
            .pop()
            .and_then(|initdb| initdb.parent().map(PathBuf::from))
            .ok_or_else(|| Trouble::new("PostgreSQL is not installed below /usr/lib/postgresql"))?;
        let folder = state.folder().join("postgres");
        fs::create_dir_all(&folder).doing("making PostgreSQL's folder")?;
        let log = state.log("postgres");
        let password = places::random_hex(16)?;
        let password_file = folder.join("password");
        places::write_secret(&password_file, &password)?;
        let (data, sockets) = (folder.join("data"), folder.clone());
        if places::is_root() {
            Program::new("chown", "chown").args(["-R", ACCOUNT]).arg(&folder).run(&log)?;
        }
        owned(Program::new("initdb", bin.join("initdb")))
            .args([
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                "-U",
                OWNER,
                "--pwfile",
            ])
            .arg(&password_file)
            .arg("-D")
            .arg(&data)
            .cwd(&folder)
            .run(&log)?;
        let [port] = net::free_ports()?;
        let program = owned(Program::new("postgres", bin.join("postgres")))
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=127.0.0.1", "-c", &format!("port={port}"), "-c", "fsync=on"])
            .args(["-c", "max_connections=200", "-c"])
            .arg(format!("unix_socket_directories={}", sockets.display()))
            .cwd(&folder)
            // SIGINT is its fast shutdown: sessions are closed, nothing is lost.
            .ends_by(Signal::INT, Duration::from_secs(10));
        let running = program.start(&log)?;
        let mut postgres = Self { running, program, port, password, sockets, log };
        postgres.await_ready()?;
        postgres.psql("CREATE DATABASE presets").run(&postgres.log)?;
        Ok(postgres)
    }

    fn await_ready(&mut self) -> Result<()> {
        let up = signals::wait_for(Duration::from_secs(30), || {
            self.running.must_live()?;
            Ok(self.psql("SELECT 1").output(&self.log).is_ok().then_some(()))
        })?;
        up.ok_or_else(|| Trouble::new("PostgreSQL does not answer after 30 s").with_log(&self.log))
    }

    fn psql(&self, statement: &str) -> Program {
        Program::new("psql", "psql")
            .args([
                "-X",
                "-q",
                "-U",
                OWNER,
                "-d",
                "postgres",
                "-p",
                &self.port.to_string(),
                "-c",
                statement,
                "-h",
            ])
            .arg(&self.sockets)
            .env("PGPASSWORD", &self.password)
    }

    /// Starts it again after it was ended or killed, with the data it had.
    pub fn restart(&mut self) -> Result<()> {
        self.running.end();
        self.running = self.program.start(&self.log)?;
        self.await_ready()
    }

    /// `kill -9` of each of its processes, its first one before it sees the others go.
    pub fn kill(&mut self) -> Result<()> {
        let family = descendants::of(self.pid());
        self.running.signal(Signal::KILL);
        // Collected, because the next one takes a zombie of this number for a running server.
        self.running.wait(Duration::from_secs(10))?;
        descendants::kill(&family);
        let gone = || Ok((!family.iter().any(|pid| descendants::is_alive(*pid))).then_some(()));
        signals::wait_for(Duration::from_secs(10), gone)?
            .ok_or_else(|| Trouble::new("processes of PostgreSQL outlive SIGKILL"))
    }

    /// Ends it in good order; [`Postgres::restart`] brings it back.
    pub fn stop(&mut self) {
        self.running.end();
    }

    /// `postgres://…` of its database, password included.
    pub fn url(&self) -> String {
        format!("postgres://{OWNER}:{}@127.0.0.1:{}/presets", self.password, self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its first process.
    pub fn pid(&self) -> i32 {
        self.running.pid()
    }

    pub fn running(&mut self) -> &mut Running {
        &mut self.running
    }
}

/// As root, PostgreSQL's programs run as its own account.
fn owned(program: Program) -> Program {
    if places::is_root() { program.run_by(ACCOUNT) } else { program }
}
