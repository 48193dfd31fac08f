//! A program the lab runs: logged, in a process group of its own, ended by its pid and never outliving the lab.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use crate::descendants;
use crate::signals;
use crate::trouble::{Doing, Result, Trouble};

/// What to run, and how it likes to be ended.
#[derive(Clone)]
pub struct Program {
    name: String,
    argv: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    unset: Vec<OsString>,
    cwd: Option<PathBuf>,
    user: Option<String>,
    ends_by: Signal,
    patience: Duration,
}

impl Program {
    /// `program` with no arguments, named `name` in logs and messages.
    pub fn new(name: &str, program: impl AsRef<OsStr>) -> Self {
        Self {
            name: name.to_owned(),
            argv: vec![program.as_ref().to_owned()],
            env: Vec::new(),
            unset: Vec::new(),
            cwd: None,
            user: None,
            ends_by: Signal::TERM,
            patience: Duration::from_secs(10),
        }
    }

    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.argv.push(arg.as_ref().to_owned());
        self
    }

    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.argv.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// Keeps one variable of ours from the program.
    #[must_use]
    pub fn without_env(mut self, name: &str) -> Self {
        self.unset.push(name.into());
        self
    }

    #[must_use]
    pub fn cwd(mut self, folder: &Path) -> Self {
        self.cwd = Some(folder.to_owned());
        self
    }

    /// Runs as that account; only root may ask for it.
    #[must_use]
    pub fn run_by(mut self, user: &str) -> Self {
        self.user = Some(user.to_owned());
        self
    }

    /// The signal that ends it in good order, and how long it may take before SIGKILL.
    #[must_use]
    pub fn ends_by(mut self, signal: Signal, patience: Duration) -> Self {
        self.ends_by = signal;
        self.patience = patience;
        self
    }

    /// The program and its arguments, for a reader and for `lab up`'s answer.
    pub fn argv(&self) -> Vec<String> {
        self.argv.iter().map(|word| word.to_string_lossy().into_owned()).collect()
    }

    /// The variables given by [`Program::env`].
    pub fn given_env(&self) -> Vec<(String, String)> {
        self.env
            .iter()
            .map(|(k, v)| (k.to_string_lossy().into_owned(), v.to_string_lossy().into_owned()))
            .collect()
    }

    /// Starts it with output appended to `log`.
    pub fn start(&self, log: &Path) -> Result<Running> {
        let file = open_log(log)?;
        let also = file.try_clone().doing("sharing a log")?;
        self.start_with(Stdio::from(file), Stdio::from(also), log)
    }

    /// Starts it with output to wherever the caller wants it; `log` is what failures name.
    pub fn start_with(&self, stdout: Stdio, stderr: Stdio, log: &Path) -> Result<Running> {
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        let process = descendants::spawn(&mut command).map_err(|error| self.cannot_start(&error))?;
        let pid = i32::try_from(process.id()).map_err(|_| Trouble::new("a pid beyond the system's range"))?;
        Ok(Running {
            name: self.name.clone(),
            process,
            pid,
            log: log.to_owned(),
            ends_by: self.ends_by,
            patience: self.patience,
        })
    }

    /// Runs it to its end with output appended to `log`; anything but success is an error that names the log.
    pub fn run(&self, log: &Path) -> Result<()> {
        let mut running = self.start(log)?;
        let status = running.wait(Duration::from_secs(3600))?;
        if status.success() {
            return Ok(());
        }
        Err(Trouble::new(format!("{} failed ({status})", self.name)).with_log(log))
    }

    /// Runs it to its end and returns what it wrote on stdout; stderr goes to `log`.
    pub fn output(&self, log: &Path) -> Result<String> {
        let (mut reader, writer) = std::io::pipe().doing("making a pipe")?;
        let mut running = self.start_with(Stdio::from(writer), Stdio::from(open_log(log)?), log)?;
        let written = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).map(|_| bytes)
        });
        // In steps, and not in one wait for the pipe: somebody may stop us meanwhile.
        let status = running.wait(Duration::from_secs(3600))?;
        if !status.success() {
            return Err(Trouble::new(format!("{} failed ({status})", self.name)).with_log(log));
        }
        let bytes =
            written.join().map_err(|_| Trouble::new("reading from a pipe"))?.doing("reading from a pipe")?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The command with everything but its three streams.
    fn command(&self) -> Command {
        // `setpriv` asks the kernel for a signal at the lab's death, which needs `unsafe` when done in Rust.
        let mut command = Command::new("setpriv");
        if let Some(user) = &self.user {
            // A change of user forgets the signal asked for, hence two of them.
            command.args(["--reuid", user, "--regid", user, "--init-groups", "--", "setpriv"]);
        }
        let signal = if self.ends_by == Signal::INT { "INT" } else { "TERM" };
        command.args(["--pdeathsig", signal, "--"]).args(&self.argv);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        for name in &self.unset {
            command.env_remove(name);
        }
        if let Some(folder) = &self.cwd {
            command.current_dir(folder);
        }
        command.process_group(0);
        command
    }

    fn cannot_start(&self, error: &std::io::Error) -> Trouble {
        Trouble::new(format!("{} could not be started by setpriv (util-linux): {error}", self.name))
    }
}

/// A program that was started. Dropping it ends it.
pub struct Running {
    name: String,
    process: std::process::Child,
    pid: i32,
    log: PathBuf,
    ends_by: Signal,
    patience: Duration,
}

impl Running {
    pub fn pid(&self) -> i32 {
        self.pid
    }

    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Its end, if it has come.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.process.try_wait().doing(format!("waiting for {}", self.name))
    }

    /// An error that names its log, if it ended though it should not have.
    pub fn must_live(&mut self) -> Result<()> {
        match self.ended()? {
            None => Ok(()),
            Some(status) => Err(Trouble::new(format!("{} ended ({status})", self.name)).with_log(&self.log)),
        }
    }

    /// Waits for its end; interrupted, it is ended by us.
    pub fn wait(&mut self, patience: Duration) -> Result<ExitStatus> {
        signals::wait_for(patience, || self.ended())?.ok_or_else(|| {
            Trouble::new(format!("{} did not end within {patience:?}", self.name)).with_log(&self.log)
        })
    }

    /// Sends it `signal`; one that has ended gets none.
    pub fn signal(&mut self, signal: Signal) {
        if matches!(self.process.try_wait(), Ok(None))
            && let Some(pid) = Pid::from_raw(self.pid)
        {
            let _ = rustix::process::kill_process(pid, signal);
        }
    }

    /// Asks it to end, insists after its patience, and collects it.
    pub fn end(&mut self) {
        self.signal(self.ends_by);
        // One stopped by SIGSTOP would never hear the first signal.
        self.signal(Signal::CONT);
        let deadline = Instant::now() + self.patience;
        while matches!(self.process.try_wait(), Ok(None)) {
            if Instant::now() >= deadline {
                self.signal(Signal::KILL);
                let _ = self.process.wait();
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        descendants::forget(self.pid);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

fn open_log(log: &Path) -> Result<File> {
    OpenOptions::new().create(true).append(true).open(log).doing(format!("opening {}", log.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_ignores_the_polite_signal_is_ended_all_the_same() {
        let log = std::env::temp_dir().join(format!("lab-program-{}.log", std::process::id()));
        let stubborn = Program::new("stubborn", "sh")
            .args(["-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"])
            .ends_by(Signal::TERM, Duration::from_millis(100));
        let mut running = stubborn.start(&log).expect("sh and setpriv are everywhere");
        let deadline = Instant::now() + Duration::from_secs(10);
        while !std::fs::read_to_string(&log).unwrap_or_default().contains("ready")
            && Instant::now() < deadline
        {
            std::thread::sleep(Duration::from_millis(5));
        }
        let pid = running.pid();
        running.end();
        assert!(!crate::descendants::is_alive(pid));
        std::fs::remove_file(log).expect("it was written");
    }

    #[test]
    fn a_failure_names_the_log_that_says_why() {
        let log = std::env::temp_dir().join(format!("lab-failing-{}.log", std::process::id()));
        let failure = Program::new("failing", "sh")
            .args(["-c", "echo because >&2; exit 3"])
            .run(&log)
            .expect_err("exit 3");
        assert!(failure.to_string().contains(&log.display().to_string()), "{failure}");
        assert_eq!(failure.tail(5).as_deref(), Some("because"));
        std::fs::remove_file(log).expect("it was written");
    }
}
