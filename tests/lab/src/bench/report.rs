//! The table, the lines for a machine, and whether the targets are met.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::steps::answer;
use crate::trouble::{Doing, Result};

/// One server under one load.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    pub per_second: f64,
    /// Processor time per request, in microseconds.
    pub cpu_us: f64,
    pub p50_us: f64,
    pub p99_us: f64,
}

/// The service and the bare server beside it, one after the other.
pub struct Row {
    pub database: &'static str,
    pub people: usize,
    pub route: &'static str,
    pub connections: usize,
    /// Bytes of a reply.
    pub size: String,
    pub ours: Measured,
    pub bare: Measured,
}

struct Started {
    what: String,
    ready: Duration,
    resident_mib: f64,
}

/// Everything that was measured.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
    started: Vec<Started>,
}

/// The medians of all rounds of one kind.
struct Line {
    database: &'static str,
    people: usize,
    route: &'static str,
    connections: usize,
    size: String,
    ratio: f64,
    ours: Measured,
}

impl Report {
    pub fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub fn started(&mut self, what: &str, ready: Duration, resident_mib: f64) {
        self.started.push(Started { what: what.to_owned(), ready, resident_mib });
    }

    fn lines(&self) -> Vec<Line> {
        let kind = |row: &Row| (row.database, row.people, row.route, row.connections);
        let mut kinds = Vec::new();
        for row in &self.rows {
            if !kinds.contains(&kind(row)) {
                kinds.push(kind(row));
            }
        }
        let of_one_kind = |wanted| {
            let rounds: Vec<&Row> = self.rows.iter().filter(|row| kind(row) == wanted).collect();
            let of = |pick: fn(&Row) -> f64| median(rounds.iter().map(|row| pick(row)).collect());
            let (database, people, route, connections) = wanted;
            Line {
                database,
                people,
                route,
                connections,
                size: rounds.first().map(|row| row.size.clone()).unwrap_or_default(),
                // Of each round by itself: what disturbs one server disturbs the other a moment later.
                ratio: of(|row| row.ours.per_second / row.bare.per_second),
                ours: Measured {
                    per_second: of(|row| row.ours.per_second),
                    cpu_us: of(|row| row.ours.cpu_us),
                    p50_us: of(|row| row.ours.p50_us),
                    p99_us: of(|row| row.ours.p99_us),
                },
            }
        };
        kinds.into_iter().map(of_one_kind).collect()
    }

    /// The tables, for a reader.
    pub fn print(&self) {
        answer(
            "\ndatabase   people   route    conn.   bytes    req/s  of bare  CPU µs/req   p50 ms   p99 ms",
        );
        for Line { database, people, route, connections, size, ratio, ours } in self.lines() {
            answer(format!(
                "{database:<9} {people:>7}   {route:<8} {connections:>4}  {size:>6}  {:>7.0}  {ratio:>7.2}  {:>10.1}  {:>7.2}  {:>7.2}",
                ours.per_second,
                ours.cpu_us,
                ours.p50_us / 1e3,
                ours.p99_us / 1e3
            ));
        }
        answer("\n                             ready ms   resident MiB");
        for Started { what, ready, resident_mib } in &self.started {
            answer(format!("{what:<27} {:>9.1}  {resident_mib:>13.1}", ready.as_secs_f64() * 1e3));
        }
    }

    /// One JSON line for each line of the tables.
    pub fn keep(&self, file: &Path) -> Result<()> {
        let line = |line: &Line| -> Value {
            json!({
                "database": line.database, "people": line.people, "route": line.route,
                "connections": line.connections, "bytes": line.size, "per_second": line.ours.per_second,
                "ratio": line.ratio, "cpu_us": line.ours.cpu_us, "p50_us": line.ours.p50_us, "p99_us": line.ours.p99_us,
            })
        };
        let start = |start: &Started| -> Value {
            json!({ "what": start.what, "ready_ms": start.ready.as_secs_f64() * 1e3, "resident_mib": start.resident_mib })
        };
        let lines = self.lines().iter().map(line).chain(self.started.iter().map(start)).collect::<Vec<_>>();
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        answer(format!("\nAs lines: {}", file.display()));
        std::fs::write(file, text).doing(format!("writing {}", file.display()))
    }

    /// Says of each target whether it is met; whether all of them are.
    pub fn judge(&self) -> bool {
        let mut met = true;
        let mut say = |holds: bool, what: String| {
            answer(format!("{} {what}", if holds { "met   " } else { "MISSED" }));
            met &= holds;
        };
        answer("");
        let lines = self.lines();
        let (few, many) =
            (lines.iter().map(|line| line.people).min(), lines.iter().map(|line| line.people).max());
        for line in lines.iter().filter(|line| line.connections == 64 && Some(line.people) == many) {
            let about = format!("{} on {}", line.route, line.database);
            if line.route == "form" {
                say(
                    line.ratio >= 0.6,
                    format!("{about}: {:.2} of the bare route, at least 0.60", line.ratio),
                );
            }
            let same = |other: &&Line| {
                (other.database, other.route, other.connections) == (line.database, line.route, 64)
                    && Some(other.people) == few
            };
            if let Some(fewer) = lines.iter().find(same) {
                let growth = line.ours.cpu_us / fewer.ours.cpu_us;
                say(
                    growth <= 1.1,
                    format!("{about}: {growth:.2} of the CPU with 100 times the people, at most 1.10"),
                );
            }
        }
        for Started { what, ready, resident_mib } in &self.started {
            let most = if what.starts_with("empty") { 20.0 } else { 64.0 };
            let ready = ready.as_secs_f64() * 1e3;
            say(ready <= 50.0, format!("{what}: ready after {ready:.0} ms, at most 50"));
            say(*resident_mib <= most, format!("{what}: {resident_mib:.0} MiB resident, at most {most:.0}"));
        }
        met
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}
