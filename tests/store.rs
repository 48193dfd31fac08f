//! What the store promises, on both databases.
#![expect(clippy::unwrap_used, reason = "a test that finds none has failed")]

mod accounts;
mod audit;
mod availability;
mod backup;
mod differential;
mod erasure;
mod events;
mod idempotency;
mod names;
mod preferences;
mod presets;
mod remembered;
mod roles;
mod schema;
mod seals;
mod sessions;
mod site;
mod starts;
mod stopped;
mod texts;
mod unwritten;

use chrono::{DateTime, TimeZone, Utc};
use jupyterhub_presets::store::site::{NewGroup, NewPreset, NewSite, Owner};
use serde_json::{Value, json};

/// A fixed instant, finer than what is kept.
fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 21, 12, 0, 0).unwrap() + chrono::TimeDelta::nanoseconds(123_456_789)
}

/// The same, as it is kept.
fn noon_as_kept() -> DateTime<Utc> {
    noon() - chrono::TimeDelta::nanoseconds(789)
}

fn preset(id: &str, owner: Owner, document: Value) -> NewPreset {
    NewPreset { id: id.to_owned(), owner, document }
}

fn group(key: &str, title: &str) -> NewGroup {
    NewGroup { key: key.to_owned(), document: json!({ "title": title }) }
}

/// A small site: one group, one preset of each kind of owner.
fn small_site() -> NewSite {
    NewSite {
        catalogue: json!({ "contact": "hpc@example.org", "options": { "cores": { "max": 128, "load": 0.1 } } }),
        groups: vec![group("physics", "Physics")],
        events: vec![],
        presets: vec![
            preset(
                "pytorch",
                Owner::Group("physics".into()),
                json!({ "title": "PyTorch", "values": { "cores": 18 } }),
            ),
            preset("rome", Owner::Site, json!({ "title": "Rome" })),
            preset("mine", Owner::User("alice".into()), json!({ "title": "Mine \"quoted\" ü" })),
        ],
    }
}
