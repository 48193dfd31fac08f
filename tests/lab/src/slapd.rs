//! A directory server of our own on loopback, with the demo's people and groups in it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::net;
use crate::places::{self, State};
use crate::program::{Program, Running};
use crate::signals;
use crate::trouble::{Doing, Result, Trouble};

const PEOPLE: &str = include_str!("../ldap/people.ldif");
const SUFFIX: &str = "dc=example,dc=org";

/// The account that may change everything.
pub const ADMIN: &str = "cn=admin,dc=example,dc=org";
/// The account the service reads with.
pub const READER: &str = "cn=reader,dc=example,dc=org";

/// A running slapd.
pub struct Slapd {
    program: Program,
    running: Running,
    port: u16,
    admin_password: String,
    reader_password: String,
    log: std::path::PathBuf,
}

impl Slapd {
    /// Starts it in a folder of `state` and fills it.
    pub fn start(state: &State) -> Result<Self> {
        let (slapd, folder) = Self::open(state, None)?;
        slapd.fill(&folder)?;
        Ok(slapd)
    }

    /// As [`Slapd::start`], with other people and groups: a hundred thousand take seconds this way.
    /// Nobody has a `memberOf` that is not written there.
    pub fn start_with(state: &State, people: &str) -> Result<Self> {
        Self::open(state, Some(people)).map(|(slapd, _)| slapd)
    }

    fn open(state: &State, people: Option<&str>) -> Result<(Self, std::path::PathBuf)> {
        let folder = state.folder().join("slapd");
        fs::create_dir_all(folder.join("data")).doing("making slapd's folder")?;
        let [port] = net::free_ports()?;
        let (admin_password, reader_password) = (places::random_hex(12)?, places::random_hex(12)?);
        let configuration = folder.join("slapd.conf");
        places::write_secret(&configuration, &slapd_conf(&folder, &admin_password))?;
        let log = state.log("slapd");
        if let Some(people) = people {
            let base = PEOPLE
                .split("dn: uid=")
                .next()
                .unwrap_or(PEOPLE)
                .replace("{reader_password}", &reader_password);
            let ldif = folder.join("people.ldif");
            places::write_secret(&ldif, &format!("{base}{people}"))?;
            Program::new("slapadd", "/usr/sbin/slapadd")
                .arg("-q")
                .arg("-f")
                .arg(&configuration)
                .arg("-l")
                .arg(&ldif)
                .run(&log)?;
        }
        let program = Program::new("slapd", "/usr/sbin/slapd")
            // A debug level keeps it in the foreground; 0 is the quietest.
            .args(["-d", "0", "-h", &format!("ldap://127.0.0.1:{port}"), "-f"])
            .arg(&configuration)
            .ends_by(Signal::TERM, Duration::from_secs(5));
        let mut running = program.start(&log)?;
        await_port(&mut running, port)?;
        Ok((Self { program, running, port, admin_password, reader_password, log }, folder))
    }

    /// Adds the people online: `slapadd` would bypass the memberOf overlay.
    fn fill(&self, folder: &Path) -> Result<()> {
        let (ldif, password) = (folder.join("people.ldif"), folder.join("admin-password"));
        places::write_secret(&ldif, &PEOPLE.replace("{reader_password}", &self.reader_password))?;
        places::write_secret(&password, &self.admin_password)?;
        Program::new("ldapadd", "ldapadd")
            .args(["-x", "-H", &self.url(), "-D", ADMIN, "-y"])
            .arg(&password)
            .arg("-f")
            .arg(&ldif)
            .run(&self.log)
    }

    /// Starts it again after it was ended or killed, with the data it had.
    pub fn restart(&mut self) -> Result<()> {
        self.running.end();
        self.running = self.program.start(&self.log)?;
        await_port(&mut self.running, self.port)
    }

    /// Ends it in good order; [`Slapd::restart`] brings it back.
    pub fn stop(&mut self) {
        self.running.end();
    }

    pub fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    pub fn reader_password(&self) -> &str {
        &self.reader_password
    }

    pub fn pid(&self) -> i32 {
        self.running.pid()
    }

    pub fn running(&mut self) -> &mut Running {
        &mut self.running
    }

    /// What a test needs to know of it.
    pub fn facts(&self) -> Value {
        json!({
            "url": self.url(), "port": self.port, "suffix": SUFFIX,
            "admin_dn": ADMIN, "password": self.admin_password,
            "reader_dn": READER, "reader_password": self.reader_password,
            "config_dn": "cn=admin,cn=config", "pid": self.running.pid(), "log": self.log,
        })
    }
}

fn await_port(running: &mut Running, port: u16) -> Result<()> {
    let up = signals::wait_for(Duration::from_secs(20), || {
        running.must_live()?;
        Ok(net::listens(port).then_some(()))
    })?;
    up.ok_or_else(|| Trouble::new("slapd does not listen after 20 s").with_log(running.log()))
}

fn slapd_conf(folder: &Path, admin_password: &str) -> String {
    let folder = folder.display();
    format!(
        "\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile {folder}/slapd.pid
argsfile {folder}/slapd.args

# So that a test can change the server while it runs.
database config
rootdn cn=admin,cn=config
rootpw {admin_password}

database mdb
suffix {SUFFIX}
rootdn {ADMIN}
rootpw {admin_password}
directory {folder}/data
maxsize 1073741824
index objectClass,uid,cn,member,uniqueMember,memberUid,memberOf eq
overlay memberof
memberof-refint TRUE
limits dn.exact={READER} size=unlimited
# Nobody reads without an account, as at most sites.
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact={READER} read by * none
"
    )
}
