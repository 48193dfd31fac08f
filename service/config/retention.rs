//! The `retention:` part of the configuration file: how long what tells of the past is kept (requirement R111).

use std::time::Duration;

use chrono::TimeDelta;
use serde::Deserialize;

use super::duration::duration;

/// How long entries are kept, from the day they were made; what people keep for themselves has no age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Retention {
    /// Who changed what: at least a day.
    pub audit: TimeDelta,
    /// Why a start was given or refused: at least a day.
    pub decisions: TimeDelta,
    /// What an account kept that the hub has made anew since: at least a day.
    pub set_aside: TimeDelta,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, deserialize_with = "duration")]
    audit: Option<Duration>,
    #[serde(default, deserialize_with = "duration")]
    decisions: Option<Duration>,
    #[serde(default, deserialize_with = "duration")]
    set_aside: Option<Duration>,
}

const DAY: TimeDelta = TimeDelta::days(1);

impl Default for Retention {
    fn default() -> Self {
        let usual = TimeDelta::days(400);
        Self { audit: usual, decisions: usual, set_aside: usual }
    }
}

impl TryFrom<Written> for Retention {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, &'static str> {
        let usual = Self::default();
        let span = |age: Option<Duration>, usual| match age.map(TimeDelta::from_std) {
            None => Ok(usual),
            Some(Ok(age)) if age >= DAY => Ok(age),
            Some(_) => Err("what is kept must be kept for at least 1d"),
        };
        Ok(Self {
            audit: span(written.audit, usual.audit)?,
            decisions: span(written.decisions, usual.decisions)?,
            set_aside: span(written.set_aside, usual.set_aside)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_kept_for_400_days() {
        let read = |text: &str| serde_saphyr::from_str::<Retention>(text).map_err(|error| error.to_string());
        assert_eq!(read("{}"), Ok(Retention::default()));
        let said = Retention { audit: TimeDelta::days(90), ..Retention::default() };
        assert_eq!(read("{audit: 90d}"), Ok(said));
        for text in ["{audit: 23h}", "{decisions: 0d}", "{set_aside: 1h}", "{audits: 90d}", "{audit: always}"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
