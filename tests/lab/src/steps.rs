//! Progress lines: what is being done, and how long it took.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::time::Instant;

use crate::trouble::Result;

/// Column at which the time stands.
const WIDTH: usize = 62;

/// Does `work` and says so in one line on stderr: `  slapd with 5 people and 5 groups ……… 0.3 s`.
///
/// stdout belongs to the answer (the URL of a demo, the JSON line of `lab up`).
pub fn step<T>(title: impl Display, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let title = title.to_string();
    let begun = Instant::now();
    let watched = io::stderr().is_terminal();
    if watched {
        say_unended(&format!("  {title} "));
    }
    let done = work();
    let dots = "…".repeat(WIDTH.saturating_sub(title.chars().count() + 3).max(3));
    let head = if watched { String::new() } else { format!("  {title} ") };
    match &done {
        Ok(_) => say(format!("{head}{dots} {:.1} s", begun.elapsed().as_secs_f64())),
        Err(trouble) if trouble.is_interruption() => say(format!("{head}{dots} stopped")),
        Err(_) => say(format!("{head}{dots} FAILED after {:.1} s", begun.elapsed().as_secs_f64())),
    }
    done
}

/// A line on stderr. A closed stderr is nobody's problem.
pub fn say(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// A line on stdout, at once.
pub fn answer(line: impl Display) {
    let mut out = io::stdout();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

fn say_unended(text: &str) {
    let mut err = io::stderr();
    let _ = write!(err, "{text}");
    let _ = err.flush();
}
