//! How often somebody may ask, and how many may be answered at once: bounded, whoever asks.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::config::listen::{Limits, Rate};

/// Who asks, for the purpose of counting.
#[derive(Debug, Clone, Copy, Hash, PartialEq, Eq)]
pub enum Who<'a> {
    /// A principal: its kind and its name.
    Known(&'a str, &'a str),
    /// Somebody at an address.
    Peer(IpAddr),
    /// Everybody who comes through a proxy that was not named in the configuration.
    Crowd,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, Hash, PartialEq, Eq)]
pub enum What {
    Read,
    Write,
}

/// Rows of the table. With four places each, this remembers 65,536 in 1.5 MiB.
const ROWS: usize = 1 << 14;
/// Rows that share a lock.
const SHARE: usize = 1 << 8;

/// Buckets that fill by the second; a fixed table, however many names there are.
#[derive(Debug)]
pub struct Counts {
    limits: Limits,
    keys: RandomState,
    began: Instant,
    table: Vec<Mutex<Vec<[Bucket; 4]>>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    /// 0: nobody's.
    key: u64,
    tokens: f32,
    /// In milliseconds since the table was made.
    at: u32,
}

impl Counts {
    pub fn new(limits: Limits) -> Self {
        let share = || Mutex::new(vec![[Bucket::default(); 4]; SHARE]);
        let table = std::iter::repeat_with(share).take(ROWS / SHARE).collect();
        Self { limits, keys: RandomState::new(), began: Instant::now(), table }
    }

    /// Counts one request.
    ///
    /// # Errors
    /// After how many seconds to come again.
    pub fn take(&self, who: Who<'_>, what: What) -> Result<(), u64> {
        self.take_at(who, what, self.began.elapsed().as_millis())
    }

    fn take_at(&self, who: Who<'_>, what: What, millis: u128) -> Result<(), u64> {
        let rate = match (who, what) {
            (Who::Known(..), What::Read) => self.limits.reads,
            (Who::Known(..), What::Write) => self.limits.writes,
            (Who::Peer(_), _) => self.limits.anonymous,
            (Who::Crowd, _) => self.limits.anonymous.times(10.0),
        };
        let key = self.keys.hash_one((who, what)).max(1);
        // 49 days go into 32 bits; what wraps around then is one bucket that is full once.
        let now = u32::try_from(millis % (1 << 32)).unwrap_or_default();
        let row = usize::try_from(key % ROWS as u64).unwrap_or_default();
        let mut rows = self.table[row / SHARE].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let row = &mut rows[row % SHARE];
        let place = row.iter().position(|bucket| bucket.key == key).unwrap_or_else(|| {
            // Whoever has the most left loses least by being forgotten.
            let left = |bucket: &Bucket| if bucket.key == 0 { f32::MAX } else { bucket.filled(rate, now) };
            let most = (0..4).max_by(|a, b| left(&row[*a]).total_cmp(&left(&row[*b]))).unwrap_or_default();
            row[most] = Bucket { key, tokens: rate.burst, at: now };
            most
        });
        let bucket = &mut row[place];
        (bucket.tokens, bucket.at) = (bucket.filled(rate, now), now);
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 3600")]
        Err(((1.0 - bucket.tokens) / rate.per_second).ceil().clamp(1.0, 3600.0) as u64)
    }
}

impl Bucket {
    #[expect(clippy::cast_precision_loss, reason = "a token is whole; its hour may be off by a second")]
    fn filled(&self, rate: Rate, now: u32) -> f32 {
        (self.tokens + now.wrapping_sub(self.at) as f32 / 1000.0 * rate.per_second).min(rate.burst)
    }
}

/// How many requests are answered at once.
#[derive(Debug)]
pub struct Admission {
    under_way: AtomicUsize,
    most: usize,
    reserve: usize,
}

/// A place among those that are answered; free again when dropped.
pub struct Place<'a>(&'a AtomicUsize);

impl Admission {
    /// `most` for everybody, and `reserve` more for the hub alone.
    pub fn new(most: usize, reserve: usize) -> Self {
        Self { under_way: AtomicUsize::new(0), most, reserve }
    }

    /// A place, if there is one.
    pub fn enter(&self, is_hub: bool) -> Option<Place<'_>> {
        let most = if is_hub { self.most + self.reserve } else { self.most };
        let place = Place(&self.under_way);
        // Counted first and given back by the drop: never more than there are places, without a loop.
        (self.under_way.fetch_add(1, Ordering::AcqRel) < most).then_some(place)
    }

    /// How many are under way.
    pub fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Acquire)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        let rate = |per_second, burst| Rate { per_second, burst };
        Limits {
            reads: rate(20.0, 60.0),
            writes: rate(2.0, 20.0),
            anonymous: rate(10.0, 40.0),
            ..Limits::default()
        }
    }

    #[test]
    fn a_burst_is_given_and_then_the_rate() {
        let counts = Counts::new(limits());
        let alice = Who::Known("user", "alice");
        let given = |who, what, at, tries: usize| {
            (0..tries).filter(|_| counts.take_at(who, what, at).is_ok()).count()
        };
        assert_eq!(given(alice, What::Read, 0, 100), 60);
        assert_eq!(given(alice, What::Read, 1_000, 100), 20);
        assert_eq!(given(alice, What::Write, 1_000, 100), 20);
        assert_eq!(counts.take_at(alice, What::Write, 1_000), Err(1));
        assert_eq!(given(Who::Known("service", "alice"), What::Read, 1_000, 100), 60);
        let peer = "192.0.2.1".parse().map(Who::Peer).expect("an address");
        assert_eq!(given(peer, What::Read, 0, 100), 40);
        assert_eq!(given(Who::Crowd, What::Read, 0, 1_000), 400);
    }

    #[test]
    fn many_names_take_no_more_room_than_none_and_help_nobody_to_a_second_burst() {
        let counts = Counts::new(limits());
        let greedy = Who::Known("user", "greedy");
        while counts.take_at(greedy, What::Read, 0).is_ok() {}
        for n in 0..300_000 {
            counts.take_at(Who::Known("user", &n.to_string()), What::Read, 1).expect("a name of its own");
        }
        assert!(counts.take_at(greedy, What::Read, 2).is_err());
        let places: usize = counts.table.iter().map(|share| share.lock().expect("whole").len() * 4).sum();
        assert_eq!(places, ROWS * 4);
    }

    #[test]
    fn the_hub_has_places_of_its_own() {
        let admission = Admission::new(2, 1);
        let people: Vec<_> = (0..5).filter_map(|_| admission.enter(false)).collect();
        assert_eq!(people.len(), 2);
        let hub = admission.enter(true);
        assert!(hub.is_some() && admission.enter(true).is_none());
        drop((people, hub));
        assert_eq!(admission.under_way(), 0);
    }
}
