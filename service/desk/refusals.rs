//! What was refused for want of a right, in the audit: all of it, until there is too much of it.

use std::sync::Mutex;
use std::sync::PoisonError;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Desk, RECORD, within};
use crate::store::audit::{self, Actor, By, Entry};

/// How many a minute are written down each.
const EACH: u32 = 100;
/// Of those beyond, one in so many is, and stands for the rest.
const OF_MORE: u32 = 100;

/// What was refused to whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub actor: Actor,
    /// The hub's id of the token.
    pub token: Option<String>,
    /// Method and route, not the path: that may hold a name.
    pub request: String,
    /// The kind of problem, and the sentence it was refused with.
    pub problem: String,
    pub detail: String,
    pub request_id: Option<String>,
}

/// How many there were this minute.
#[derive(Debug, Default)]
pub struct Tally(Mutex<(i64, u32)>);

impl Tally {
    /// For how many refusals the one `at` is written down: 1, a hundred, or none.
    fn stands_for(&self, at: DateTime<Utc>) -> Option<u32> {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = at.timestamp().div_euclid(60);
        if tally.0 != minute {
            *tally = (minute, 0);
        }
        tally.1 = tally.1.saturating_add(1);
        match tally.1 {
            n if n <= EACH => Some(1),
            n if (n - EACH).is_multiple_of(OF_MORE) => Some(OF_MORE),
            _ => None,
        }
    }
}

impl Desk {
    /// Writes a refusal down, or counts it. It was refused in any case: a database that does not
    /// answer is only logged.
    pub async fn note_refusal(&self, refusal: Refusal) {
        let at = self.clock.now();
        let Some(stands_for) = self.refusals.stands_for(at) else { return };
        let Refusal { actor, token, request, problem, detail, request_id } = refusal;
        let by = By { at, actor, token, request_id };
        let after = json!({ "problem": problem, "detail": detail, "stands_for": stands_for });
        let entry = Entry { after: Some(after), ..by.entry("refuse", "request", &request, 0) };
        let recorded = self.store.write(move |conn| audit::record(conn, &entry));
        if let Err(trouble) = within(RECORD, recorded).await {
            tracing::error!("a refusal could not be recorded: {trouble}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_a_hundred_a_minute_each_hundredth_stands_for_the_rest() {
        let tally = Tally::default();
        let at = |second: i64| DateTime::from_timestamp(second, 0).expect("in range");
        let minute =
            |from: i64| (0..1_000).filter_map(|n| tally.stands_for(at(from + n % 60))).collect::<Vec<_>>();
        let first = minute(0);
        assert_eq!((first.len(), first.iter().sum::<u32>()), (109, 1_000));
        assert_eq!(minute(60), first, "each minute begins anew");
        // Nothing is lost where a clock steps back: it only begins anew.
        assert_eq!(tally.stands_for(at(3)), Some(1));
    }
}
