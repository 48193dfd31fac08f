//! A program whose output is watched line by line while it runs, and kept in its log.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::program::Program;
use crate::signals;
use crate::trouble::{Doing, Result, Trouble};

/// Runs `program` to its end and hands each line of its output (stdout and stderr as one) to `see`.
///
/// It is ended if it takes longer than `patience`, or when somebody stops us.
pub fn run(
    program: &Program,
    log: &Path,
    patience: Duration,
    mut see: impl FnMut(&str),
) -> Result<ExitStatus> {
    let mut kept =
        OpenOptions::new().create(true).append(true).open(log).doing(format!("opening {}", log.display()))?;
    let (reader, writer) = std::io::pipe().doing("making a pipe")?;
    let also = writer.try_clone().doing("making a pipe")?;
    let mut running = program.start_with(Stdio::from(writer), Stdio::from(also), log)?;
    let (sender, lines) = mpsc::channel::<String>();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            if sender.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                return;
            }
            line.clear();
        }
    });
    let deadline = Instant::now() + patience;
    let mut ended: Option<(ExitStatus, Instant)> = None;
    loop {
        match lines.recv_timeout(Duration::from_millis(50)) {
            Ok(line) => {
                let _ = writeln!(kept, "{line}");
                see(&line);
            }
            Err(RecvTimeoutError::Disconnected) => return running.wait(Duration::from_secs(30)),
            Err(RecvTimeoutError::Timeout) => {}
        }
        signals::check()?;
        if Instant::now() > deadline {
            return Err(
                Trouble::new(format!("not done after {} minutes", patience.as_secs() / 60)).with_log(log)
            );
        }
        // A daemon it left may hold the pipe open for ever: what it had to say is said.
        if let Some((status, when)) = ended {
            if when.elapsed() > Duration::from_secs(2) {
                return Ok(status);
            }
        } else {
            ended = running.ended()?.map(|status| (status, Instant::now()));
        }
    }
}
