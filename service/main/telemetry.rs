//! The log: one line per event to standard error, JSON where nobody reads along; it never holds anybody up.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use jupyterhub_presets::api::metrics::LINES_DROPPED;
use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Lines that wait while standard error takes none; more are dropped, and counted.
const WAITING: usize = 4_096;
/// Lines are written together up to about this many bytes: what the system writes in one piece, whoever else writes.
const TOGETHER: usize = 2 << 10;
/// How long lines gather after some were written.
const GATHERED: Duration = Duration::from_millis(1);
/// The longest line, in bytes.
const LONGEST: usize = 8 << 10;

/// Starts the log. `RUST_LOG` sets the level of this service's own lines, `PRESETS_LOG` their form:
/// `json` or `text`; by default text where a terminal reads along.
///
/// Libraries speak only from warnings up: at lower levels some print what passes through them.
pub fn start() {
    let own = std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned());
    let own = if matches!(own.as_str(), "error" | "warn" | "info" | "debug" | "trace") {
        own
    } else {
        "info".into()
    };
    let text = match std::env::var("PRESETS_LOG").as_deref() {
        Ok("text") => true,
        Ok("json") => false,
        _ => io::stderr().is_terminal(),
    };
    let filter = EnvFilter::new(format!("warn,jupyterhub_presets={own}"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Log::start());
    if text {
        // Colours are escapes, and escapes of others are made harmless.
        log.compact().with_ansi(false).init();
    } else {
        log.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        // A text that was put together may hold anything.
        tracing::error!(
            place,
            what = panic.payload().downcast_ref::<&str>(),
            "a panic: this is a mistake of ours"
        );
    }));
    keep_to_ourselves();
}

/// No other process of this account reads our memory, and no core dump keeps it.
fn keep_to_ourselves() {
    let maximum = getrlimit(Resource::Core).maximum;
    let done = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum })
        .and_then(|()| set_dumpable_behavior(DumpableBehavior::NotDumpable));
    if let Err(error) = done {
        tracing::warn!("a core dump of this process would hold its secrets: {error}");
    }
}

/// Waits a moment for lines that are on their way.
pub fn finish() {
    let until = Instant::now() + Duration::from_millis(500);
    while LINES_UNDER_WAY.load(Ordering::Acquire) > 0 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(2));
    }
}

static LINES_UNDER_WAY: AtomicUsize = AtomicUsize::new(0);
static SENDER: OnceLock<SyncSender<Vec<u8>>> = OnceLock::new();

/// Hands lines to a thread of its own: whoever reads standard error may stop reading.
struct Log;

impl Log {
    fn start() -> Self {
        let (sender, lines) = sync_channel(WAITING);
        let started = std::thread::Builder::new().name("log".to_owned()).spawn(move || write_out(&lines));
        if started.is_ok() {
            SENDER.get_or_init(|| sender);
        }
        Self
    }
}

fn write_out(lines: &Receiver<Vec<u8>>) {
    let (mut told, mut together) = (0, Vec::new());
    while let Ok(line) = lines.recv() {
        let (mut count, mut more) = (0, Some(line));
        together.clear();
        while let Some(line) = more.take() {
            together.extend_from_slice(&line);
            count += 1;
            if together.len() < TOGETHER {
                more = lines.try_recv().ok();
            }
        }
        let dropped = LINES_DROPPED.load(Ordering::Relaxed);
        let mut out = io::stderr().lock();
        // Nobody is left to be told that nobody can be told.
        let _ = out.write_all(&together);
        if dropped > told {
            let _ = writeln!(
                out,
                "{{\"level\":\"WARN\",\"message\":\"the log took no lines: {} are missing\"}}",
                dropped - told
            );
            told = dropped;
        }
        drop(out);
        LINES_UNDER_WAY.fetch_sub(count, Ordering::AcqRel);
        if together.len() < TOGETHER {
            // To wake a thread for each line costs more than writing it.
            std::thread::sleep(GATHERED);
        }
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line(Vec::with_capacity(256))
    }
}

/// One line, sent when it is complete.
struct Line(Vec<u8>);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let line = harmless(std::mem::take(&mut self.0));
        LINES_UNDER_WAY.fetch_add(1, Ordering::AcqRel);
        if SENDER.get().is_none_or(|sender| sender.try_send(line).is_err()) {
            LINES_UNDER_WAY.fetch_sub(1, Ordering::AcqRel);
            LINES_DROPPED.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The line without characters that act on a terminal or turn the text around, and not too long.
fn harmless(mut line: Vec<u8>) -> Vec<u8> {
    while line.last() == Some(&b'\n') {
        line.pop();
    }
    let plain = |byte: &u8| (b' '..=b'~').contains(byte);
    if line.len() > LONGEST || !line.iter().all(plain) {
        let text = String::from_utf8_lossy(&line);
        let mut escaped = String::with_capacity(line.len() + 32);
        for c in text.chars() {
            if escaped.len() > LONGEST {
                escaped.push('…');
                break;
            }
            let acts = c.is_control()
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            if acts {
                let _ = write!(escaped, "\\u{:04x}", u32::from(c));
            } else {
                escaped.push(c);
            }
        }
        line = escaped.into_bytes();
    }
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line_and_acts_on_nothing() {
        let told = |text: &str| String::from_utf8(harmless(text.as_bytes().to_vec())).expect("text");
        assert_eq!(told("plain\n"), "plain\n");
        assert_eq!(told("a\nb\x1b[31m\u{202e}ü\u{9b}"), "a\\u000ab\\u001b[31m\\u202eü\\u009b\n");
        assert!(told(&"x".repeat(1 << 20)).len() < LONGEST + 16);
    }
}
