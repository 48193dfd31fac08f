//! Two services on one database: each sees within a second what was done at the other.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{form, resolve, start};
use crate::running::Running;

/// How long until the form that `service` gives to `person` says `words`.
fn until_told(service: &Running, person: &str, words: &str) -> Duration {
    let began = Instant::now();
    while !service.hub("form", &form(person)).json()["html"].as_str().unwrap().contains(words) {
        assert!(began.elapsed() < Duration::from_secs(5), "{words:?} is not told to {person}");
        std::thread::sleep(Duration::from_millis(10));
    }
    began.elapsed()
}

on_each_database! {
    async fn a_start_at_one_is_last_used_at_the_other(scratch: Scratch) {
        let services = [start(&scratch).alone(), start(&scratch).alone()];
        for (here, there, person) in [(0, 1, "alice"), (1, 0, "bob")] {
            // Remembered as somebody who never started anything.
            assert!(!services[there].hub("form", &form(person)).body.contains("Last used"));
            std::thread::sleep(Duration::from_millis(700));
            let given = services[here].hub("resolve", &resolve(person, &json!({ "preset": "small", "values": { "cores": 7 } })));
            assert_eq!(given.status, 200, "{given:?}");
            assert!(until_told(&services[here], person, "Last used") < Duration::from_millis(200), "at once where it was done");
            let took = until_told(&services[there], person, "Last used");
            assert!(took <= Duration::from_secs(1), "{took:?}");
        }
    }
}
