//! Load: wrk, which asks for a random person with each request; and before, each person's turn.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::program::Program;
use crate::trouble::{Doing, Result, Trouble};

const SCRIPT: &str = include_str!("load.lua");

/// What is asked of whom.
pub struct Target<'a> {
    /// `form`, `resolve`, `me`, or a number of bytes for the bare server.
    pub route: &'a str,
    pub port: u16,
    pub people: usize,
    pub groups: usize,
    pub secret: &'a str,
    /// The service's path.
    pub prefix: &'a str,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    pub requests: f64,
    pub seconds: f64,
    pub p50_us: f64,
    pub p99_us: f64,
}

/// wrk with its script in a folder of ours.
pub struct Load {
    script: PathBuf,
    log: PathBuf,
}

impl Load {
    pub fn new(folder: &Path, log: &Path) -> Result<Self> {
        let script = folder.join("load.lua");
        super::people::write(&script, SCRIPT)?;
        Ok(Self { script, log: log.to_owned() })
    }

    /// Random people, for so many seconds.
    pub fn run(&self, target: &Target<'_>, connections: usize, seconds: u32) -> Result<Told> {
        let wrk = Program::new("wrk", "wrk")
            .args(["-t1", &format!("-c{connections}"), &format!("-d{seconds}s"), "--timeout", "10s", "-s"])
            .arg(&self.script)
            .arg(format!("http://127.0.0.1:{}/", target.port))
            .args(["--", target.route, &target.people.to_string(), &target.groups.to_string(), target.prefix])
            .env("BENCH_SECRET", target.secret);
        let said = wrk.output(&self.log)?;
        let told = said.lines().find_map(|line| line.strip_prefix("RESULT "));
        let told: Value = told.and_then(|json| serde_json::from_str(json).ok()).ok_or_else(|| {
            Trouble::new(format!("wrk did not say what came of it: {said}")).with_log(&self.log)
        })?;
        let number = |name: &str| told[name].as_f64().unwrap_or_default();
        if number("refused") + number("errors") > 0.0 || number("requests") == 0.0 {
            return Err(Trouble::new(format!("not every `{}` was answered: {told}", target.route))
                .with_log(&self.log));
        }
        Ok(Told {
            requests: number("requests"),
            seconds: number("seconds"),
            p50_us: number("p50_us"),
            p99_us: number("p99_us"),
        })
    }
}

/// Connections on which everybody has their turn.
const DOORS: usize = 16;

/// Asks once for each of the first `people`; the mean bytes of an answer's body.
pub fn each(target: &Target<'_>, people: usize) -> Result<usize> {
    let bytes = std::thread::scope(|scope| {
        let doors: Vec<_> = (0..DOORS)
            .map(|door| scope.spawn(move || visit(target, (door..people).step_by(DOORS))))
            .collect();
        let visits =
            doors.into_iter().map(|door| door.join().map_err(|_| Trouble::new("a visitor broke off"))?);
        visits.sum::<Result<usize>>()
    })?;
    Ok(bytes / people.max(1))
}

/// Asks for each of `people` on one connection; the bytes of all bodies.
fn visit(target: &Target<'_>, people: impl Iterator<Item = usize>) -> Result<usize> {
    let stream = TcpStream::connect(("127.0.0.1", target.port)).doing("connecting to the service")?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).doing("connecting to the service")?;
    let mut reader = BufReader::new(&stream);
    let mut bytes = 0;
    for n in people {
        let body = format!(r#"{{"protocol":1,"user":"u{n:06}"}}"#);
        let get = format!(
            "GET {}api/v1/me HTTP/1.1\r\nhost: bench\r\nauthorization: token of-u{n:06}\r\n\r\n",
            target.prefix
        );
        let post = format!(
            "POST {}api/v1/hub/{} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            target.prefix,
            target.route,
            target.secret,
            body.len()
        );
        let request = if target.route == "me" { get } else { post };
        (&stream).write_all(request.as_bytes()).doing("asking the service")?;
        let (status, length) = head(&mut reader)?;
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).doing("reading an answer")?;
        if !status.contains(" 200 ") {
            let answer = String::from_utf8_lossy(&answer).into_owned();
            return Err(Trouble::new(format!("`{}` of u{n:06}: {status}{answer}", target.route)));
        }
        bytes += length;
    }
    Ok(bytes)
}

/// The first line of an answer, and how long its body is.
fn head(reader: &mut BufReader<&TcpStream>) -> Result<(String, usize)> {
    let (mut status, mut length) = (String::new(), 0);
    reader.read_line(&mut status).doing("reading an answer")?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).doing("reading an answer")?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(number) = line.strip_prefix("content-length:") {
            length = number.trim().parse().map_err(|_| Trouble::new(format!("{line} is no length")))?;
        }
        if line.is_empty() {
            return Ok((status, length));
        }
    }
}
