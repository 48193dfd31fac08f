//! Figures for Prometheus: on an address of this machine alone, and never below the public prefix.

use std::sync::atomic::AtomicU64;

use actix_web::http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::health::health;
use crate::desk::Desk;

/// What Prometheus is told the figures are written in.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The upper ends of the classes of durations, in seconds.
const CLASSES: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Lines that the log could not take; counted by whoever writes it.
pub static LINES_DROPPED: AtomicU64 = AtomicU64::new(0);

/// What is counted while requests are answered.
#[derive(Debug)]
pub struct Meter {
    registry: Registry,
    answered: Family<Answered, Counter>,
    took: Family<Route, Histogram, fn() -> Histogram>,
    refused: Family<Status, Counter>,
    starts: Family<Outcome, Counter>,
    part_up: Family<Part, Gauge>,
    under_way: Gauge,
    lines_dropped: Gauge,
    /// Handlers that ended in a panic.
    pub panics: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Status {
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Part {
    part: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

impl Default for Meter {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("presets");
        let took: fn() -> Histogram = || Histogram::new(CLASSES);
        let meter = Self {
            answered: Family::default(),
            took: Family::new_with_constructor(took),
            refused: Family::default(),
            starts: Family::default(),
            part_up: Family::default(),
            under_way: Gauge::default(),
            lines_dropped: Gauge::default(),
            panics: Counter::default(),
            registry: Registry::default(),
        };
        registry.register("http_requests", "Requests by route and status", meter.answered.clone());
        registry.register("http_request_duration_seconds", "How long answers took", meter.took.clone());
        registry.register("http_refused", "Refused before any route, by status", meter.refused.clone());
        registry.register("http_panics", "Handlers that ended in a panic", meter.panics.clone());
        registry.register("http_in_flight", "Requests being answered now", meter.under_way.clone());
        registry.register("starts", "Starts asked for by the hub, by outcome", meter.starts.clone());
        registry.register("part_up", "Whether a part answered when last asked", meter.part_up.clone());
        registry.register("log_lines_dropped", "Lines the log could not take", meter.lines_dropped.clone());
        let build = Family::<Build, Gauge>::default();
        build.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("build", "The version that runs", build);
        Self { registry, ..meter }
    }
}

impl Meter {
    /// A request that was answered by a route.
    pub fn answered(&self, method: &'static str, route: &str, status: StatusCode, seconds: f64) {
        let route = Route { route: route.to_owned() };
        self.took.get_or_create(&route).observe(seconds);
        self.answered.get_or_create(&Answered { method, route: route.route, status: status.as_u16() }).inc();
    }

    /// A request that never came to a route.
    pub fn refused(&self, status: StatusCode) {
        self.refused.get_or_create(&Status { status: status.as_u16() }).inc();
    }

    /// A start that was asked for: `given`, `refused` or `unavailable`.
    pub fn start(&self, outcome: &'static str) {
        self.starts.get_or_create(&Outcome { outcome }).inc();
    }

    /// All figures, as they are now.
    pub async fn page(&self, desk: &Desk, under_way: usize) -> String {
        let health = health(desk).await;
        let part = |part: String, word: &str| {
            self.part_up.get_or_create(&Part { part }).set(i64::from(word == "answering"));
        };
        part("database".to_owned(), health.database);
        for (n, word) in health.directories.iter().enumerate() {
            part(format!("directory-{}", n + 1), word);
        }
        self.under_way.set(i64::try_from(under_way).unwrap_or(i64::MAX));
        let dropped = LINES_DROPPED.load(std::sync::atomic::Ordering::Relaxed);
        self.lines_dropped.set(i64::try_from(dropped).unwrap_or(i64::MAX));
        let mut page = String::with_capacity(16 << 10);
        // Writing to a string does not fail.
        let _ = encode(&mut page, &self.registry);
        page
    }
}
