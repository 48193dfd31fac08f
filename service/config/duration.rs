//! Durations as people write them: a whole number and a unit.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A duration that may be left out.
pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(from)?;
    spelled(&text).map(Some).ok_or_else(|| {
        D::Error::custom(format!("{text:?} is no duration: write a whole number and s, m, h or d, as in 5m"))
    })
}

/// `60s`, `5m`, `24h`, `1d`.
fn spelled(text: &str) -> Option<Duration> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let count = if plain { digits.parse::<u64>().ok()? } else { return None };
    // A hundred years is no age limit but a slip of the finger, and would overflow calendars.
    Some(Duration::from_secs(count.checked_mul(unit).filter(|seconds| *seconds <= 3_153_600_000)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_written() {
        for (text, seconds) in [("60s", 60), ("5m", 300), ("24h", 86_400), ("2d", 172_800), ("0s", 0)] {
            assert_eq!(spelled(text), Some(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in
            ["", "s", "5", "-5m", "+5m", "5 m", "1.5h", "99999999999999999999s", "200000000000d", "5µ"]
        {
            assert_eq!(spelled(text), None, "{text:?}");
        }
    }
}
