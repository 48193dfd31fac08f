//! The log: one line per event to standard error, JSON where nobody reads along.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts the log. `RUST_LOG` sets the level of this service's own lines.
///
/// Libraries speak only from warnings up: at lower levels some print what passes through them.
pub fn start() {
    let own = std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned());
    let own = if matches!(own.as_str(), "error" | "warn" | "info" | "debug" | "trace") {
        own
    } else {
        "info".into()
    };
    let filter = EnvFilter::new(format!("warn,jupyterhub_presets={own}"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        log.compact().init();
    } else {
        log.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
    }
}
