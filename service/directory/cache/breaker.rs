//! When a source fails: nobody waits for it, and one lookup at a time tries whether it is back.

use chrono::{DateTime, TimeDelta, Utc};

use super::SourceHealth;
use crate::directory::DirectoryError;
use crate::groups::SourceName;

const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(5);
const LONGEST_PAUSE: TimeDelta = TimeDelta::seconds(60);

/// The recent history of one source.
#[derive(Debug, Default)]
pub struct Breaker {
    /// Failures in a row, each of the only lookup that was allowed at its time.
    failures: u32,
    /// While the source fails: when to try again.
    again: Option<DateTime<Utc>>,
    probing: bool,
    last_success: Option<DateTime<Utc>>,
    last_error: Option<String>,
}

/// Whether to ask a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// The source answers: ask.
    Ask,
    /// The source fails: this one lookup finds out whether it still does.
    Probe,
    /// The source fails: answer from what is known.
    MakeDo,
}

impl Breaker {
    /// Whether the source is taken for failing.
    pub fn is_open(&self) -> bool {
        self.again.is_some()
    }

    /// Whether to ask `now`. Who is told to probe must report by [`Self::landed`].
    pub fn leave(&mut self, now: DateTime<Utc>) -> Leave {
        let Some(again) = self.again else { return Leave::Ask };
        // A clock set back must not lengthen the pause.
        let due = now >= again || again - now > LONGEST_PAUSE;
        if due && !self.probing {
            self.probing = true;
            Leave::Probe
        } else {
            Leave::MakeDo
        }
    }

    /// Somebody ran out of patience: until a lookup succeeds, others need not.
    pub fn slow(&mut self, now: DateTime<Utc>) {
        self.again.get_or_insert(now + FIRST_PAUSE);
    }

    /// A lookup ended, with `error` or well.
    pub fn landed(&mut self, error: Option<&DirectoryError>, probe: bool, now: DateTime<Utc>) {
        let first = self.again.is_none();
        if probe {
            self.probing = false;
        }
        match error {
            None => {
                self.last_success = Some(now);
                self.last_error = None;
                self.answers();
            }
            // It concerns this one person; the source itself is there.
            Some(error @ DirectoryError::Incomplete(_)) => {
                self.last_error = Some(error.to_string());
                self.answers();
            }
            Some(error) => {
                self.last_error = Some(error.to_string());
                // Lookups that were begun together fail together: that is one failure.
                if first || probe {
                    let pause = FIRST_PAUSE * 2_i32.saturating_pow(self.failures.min(10));
                    self.failures = self.failures.saturating_add(1);
                    self.again = Some(now + pause.min(LONGEST_PAUSE));
                }
            }
        }
    }

    pub fn health(&self, source: SourceName) -> SourceHealth {
        SourceHealth {
            source,
            failing: self.is_open(),
            last_success: self.last_success,
            last_error: self.last_error.clone(),
        }
    }

    fn answers(&mut self) {
        self.failures = 0;
        self.again = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).expect("in range")
    }

    fn gone() -> DirectoryError {
        DirectoryError::Unreachable("refused".to_owned())
    }

    #[test]
    fn pauses_double_up_to_a_minute_and_end_with_the_first_success() {
        let mut breaker = Breaker::default();
        breaker.landed(Some(&gone()), false, at(0));
        let mut now = 0;
        for pause in [5, 10, 20, 40, 60, 60, 60] {
            assert_eq!(breaker.leave(at(now + pause - 1)), Leave::MakeDo, "pause of {pause} s");
            assert_eq!(breaker.leave(at(now + pause)), Leave::Probe, "pause of {pause} s");
            assert_eq!(breaker.leave(at(now + pause)), Leave::MakeDo, "one probe at a time");
            now += pause;
            breaker.landed(Some(&gone()), true, at(now));
        }
        assert_eq!(breaker.leave(at(now + 60)), Leave::Probe);
        breaker.landed(None, true, at(now + 61));
        assert_eq!(breaker.leave(at(now + 61)), Leave::Ask);
    }

    #[test]
    fn lookups_that_fail_together_count_once() {
        let mut breaker = Breaker::default();
        for _ in 0..50 {
            breaker.landed(Some(&gone()), false, at(0));
        }
        assert_eq!(breaker.leave(at(5)), Leave::Probe);
    }

    #[test]
    fn one_persons_trouble_is_not_everybodys() {
        let mut breaker = Breaker::default();
        breaker.landed(Some(&DirectoryError::Incomplete("size limit".to_owned())), false, at(0));
        assert_eq!(breaker.leave(at(0)), Leave::Ask);
        assert!(breaker.health(SourceName::ldap()).last_error.is_some());
    }

    #[test]
    fn a_clock_set_back_does_not_lengthen_the_pause() {
        let mut breaker = Breaker::default();
        breaker.landed(Some(&gone()), false, at(86_400));
        assert_eq!(breaker.leave(at(0)), Leave::Probe);
    }
}
