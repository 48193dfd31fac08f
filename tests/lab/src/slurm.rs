//! Slurm on one machine and loopback only: munge, slurmctld and slurmd, without cgroups or accounting.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;

use crate::net;
use crate::places::{self, State};
use crate::program::{Program, Running};
use crate::signals;
use crate::steps::say;
use crate::trouble::{Doing, Result, Trouble};

/// A running Slurm with three partitions: debug, long and gpu.
pub struct Slurm {
    // Ended from first to last.
    slurmd: Running,
    slurmctld: Running,
    munged: Running,
    conf: PathBuf,
    log: PathBuf,
}

impl Slurm {
    /// An error for anybody but root: Slurm runs jobs as other people.
    pub fn check_may_start() -> Result<()> {
        if places::is_root() {
            return Ok(());
        }
        Err(Trouble::new(
            "Slurm has to be started by root, as it runs jobs as others: use sudo, or leave out --slurm",
        ))
    }

    /// Starts it in a folder of `state`.
    pub fn start(state: &State) -> Result<Self> {
        let host = host_name()?;
        name_this_machine(&host)?;
        let folder = state.folder().join("slurm");
        for part in ["munge", "state", "spool"] {
            fs::create_dir_all(folder.join(part)).doing("making Slurm's folders")?;
        }
        let log = state.log("slurm");
        let munged = start_munge(&folder.join("munge"), &state.log("munge"))?;
        let conf = folder.join("slurm.conf");
        places::write(&conf, &slurm_conf(&folder, &host)?)?;
        // Two GPUs in name only; a GPU has to be a device, and these two are everywhere.
        let gpu = |device: &str| format!("NodeName={host} Name=gpu Type=fake File={device}\n");
        places::write(&folder.join("gres.conf"), &(gpu("/dev/null") + &gpu("/dev/zero")))?;
        let daemon = |name: &str| {
            Program::new(name, format!("/usr/sbin/{name}"))
                .args(["-D", "-f"])
                .arg(&conf)
                .env("SLURM_CONF", &conf)
                .ends_by(Signal::TERM, Duration::from_secs(10))
        };
        let slurmctld = daemon("slurmctld").start(&state.log("slurmctld"))?;
        let slurmd = daemon("slurmd").start(&state.log("slurmd"))?;
        let mut slurm = Self { slurmd, slurmctld, munged, conf, log };
        slurm.await_idle()?;
        Ok(slurm)
    }

    fn await_idle(&mut self) -> Result<()> {
        let up = signals::wait_for(Duration::from_secs(60), || {
            self.slurmctld.must_live()?;
            self.slurmd.must_live()?;
            let state = self.client("sinfo").args(["-h", "-o", "%T"]).output(&self.log).unwrap_or_default();
            Ok(state.lines().any(|line| line.trim() == "idle").then_some(()))
        })?;
        up.ok_or_else(|| Trouble::new("Slurm's node is not idle after 60 s").with_log(self.slurmctld.log()))
    }

    fn client(&self, name: &str) -> Program {
        Program::new(name, name).env("SLURM_CONF", &self.conf)
    }

    /// `SLURM_CONF` for its clients.
    pub fn conf(&self) -> PathBuf {
        self.conf.clone()
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        // Jobs outlive their daemons; they are descendants of ours and end with the rest of them.
        self.slurmd.end();
        self.slurmctld.end();
        self.munged.end();
    }
}

/// munge with a key and socket of our own, beside the system's if there is one.
fn start_munge(folder: &Path, log: &Path) -> Result<Running> {
    const ACCOUNT: &str = "munge";
    let (key, socket) = (folder.join("key"), folder.join("socket"));
    places::write_secret(&key, &places::random_hex(64)?)?;
    Program::new("chown", "chown").args(["-R", ACCOUNT]).arg(folder).run(log)?;
    let option = |name: &str, path: &Path| format!("--{name}={}", path.display());
    let mut munged = Program::new("munged", "/usr/sbin/munged")
        .arg("--foreground")
        .arg(option("key-file", &key))
        .arg(option("socket", &socket))
        .arg(option("pid-file", &folder.join("pid")))
        .arg(option("log-file", &folder.join("log")))
        .arg(option("seed-file", &folder.join("seed")))
        .run_by(ACCOUNT)
        .ends_by(Signal::TERM, Duration::from_secs(5))
        .start(log)?;
    let up = signals::wait_for(Duration::from_secs(20), || {
        munged.must_live()?;
        Ok(socket.exists().then_some(()))
    })?;
    up.ok_or_else(|| Trouble::new("munged made no socket within 20 s").with_log(log))?;
    Ok(munged)
}

fn slurm_conf(folder: &Path, host: &str) -> Result<String> {
    let [controller, node] = net::free_ports()?;
    let folder = folder.display();
    Ok(format!(
        "\
ClusterName=lab
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser=root
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
KillWait=2
SchedulerParameters=sched_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=1000
GresTypes=gpu
# The node claims more than the machine has, so that presets look like a cluster's.
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=16 RealMemory=65536 Gres=gpu:fake:2 State=UNKNOWN
PartitionName=debug Nodes={host} Default=YES MaxTime=08:00:00 State=UP
PartitionName=long Nodes={host} MaxTime=7-00:00:00 State=UP
PartitionName=gpu Nodes={host} MaxTime=24:00:00 State=UP
"
    ))
}

fn host_name() -> Result<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").doing("asking for the machine's name")?;
    Ok(name.trim().split('.').next().unwrap_or("localhost").to_owned())
}

/// Slurm's daemons find themselves by the machine's name, which has to lead to loopback.
fn name_this_machine(host: &str) -> Result<()> {
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    if (host, 0).to_socket_addrs().is_ok_and(|mut found| found.any(|address| address == loopback)) {
        return Ok(());
    }
    let hosts = fs::read_to_string("/etc/hosts").doing("reading /etc/hosts")?;
    let line = format!("127.0.0.1 {host}");
    say(format!("  /etc/hosts gets the line `{line}`, which Slurm on one machine needs"));
    fs::write("/etc/hosts", format!("{line}\n{hosts}")).doing("writing /etc/hosts")
}
