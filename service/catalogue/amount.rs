//! Amounts with units: counts, decimals, durations and memory, as whole numbers only.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// What a number measures. An amount is always an `i64` of the measure's smallest unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// Whole things: cores, GPUs, nodes.
    Integer,
    /// Millionths; limits are never floats.
    Decimal,
    /// Seconds.
    Duration,
    /// Bytes.
    Memory,
}

/// Why a text is no amount; the sentence goes to whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountRefused {
    #[error("write a whole number")]
    NotInteger,
    #[error("write a number with at most 6 decimal places")]
    NotDecimal,
    #[error("write a time with its unit, for example 90min, 8h or 1-12:00:00")]
    NotDuration,
    #[error("write a size with its unit, for example 64GB or 512MiB")]
    NotMemory,
    #[error("the number is too large")]
    TooLarge,
}

const MILLION: i64 = 1_000_000;

/// Duration units, largest first: label, spellings, seconds.
const TIMES: [(&str, &[&str], i64); 4] = [
    ("d", &["d", "day", "days"], 86_400),
    ("h", &["h", "hr", "hour", "hours"], 3_600),
    ("min", &["min", "m", "mins", "minute", "minutes"], 60),
    ("s", &["s", "sec", "second", "seconds"], 1),
];

/// Memory units: label, spellings, bytes. A bare letter is binary, as Slurm and the hub read it
/// (`sbatch(1)` `--mem`; `jupyterhub/traitlets.py` `ByteSpecification`).
const SIZES: [(&str, &[&str], i64); 9] = [
    ("TB", &["tb"], 1_000_000_000_000),
    ("TiB", &["tib", "t"], 1 << 40),
    ("GB", &["gb"], 1_000_000_000),
    ("GiB", &["gib", "g"], 1 << 30),
    ("MB", &["mb"], 1_000_000),
    ("MiB", &["mib", "m"], 1 << 20),
    ("kB", &["kb"], 1_000),
    ("KiB", &["kib", "k"], 1 << 10),
    ("B", &["b"], 1),
];

impl Measure {
    /// Reads an amount as people write it.
    ///
    /// # Errors
    /// Says how to write it where `text` is no amount of this measure, is negative, or overflows.
    pub fn parse(self, text: &str) -> Result<i64, AmountRefused> {
        let text = text.trim();
        match self {
            Self::Integer => whole(text, AmountRefused::NotInteger),
            Self::Decimal => decimal(text),
            Self::Duration => duration(text),
            Self::Memory => memory(text),
        }
    }

    /// Reads a bare number: the count, or the amount in seconds or bytes.
    ///
    /// # Errors
    /// As [`Measure::parse`].
    pub fn parse_number(self, number: &serde_json::Number) -> Result<i64, AmountRefused> {
        match self {
            Self::Decimal => decimal(&number.to_string()),
            _ => number.as_i64().filter(|n| *n >= 0).ok_or(AmountRefused::NotInteger),
        }
    }

    /// The amount for people: `4 h`, `1 h 30 min`, `120 GB`, `1.5`. [`Measure::parse`] reads it back.
    pub fn label(self, amount: i64) -> String {
        match self {
            Self::Integer => amount.to_string(),
            Self::Decimal => decimal_label(amount),
            Self::Duration => duration_label(amount),
            Self::Memory => memory_label(amount),
        }
    }

    /// The amount in one word, for forms and files: `4h`, `120GB`.
    pub fn word(self, amount: i64) -> String {
        self.label(amount).replace(' ', "")
    }
}

fn whole(text: &str, refused: AmountRefused) -> Result<i64, AmountRefused> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refused);
    }
    text.parse().map_err(|_| AmountRefused::TooLarge)
}

fn decimal(text: &str) -> Result<i64, AmountRefused> {
    let (units, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if fraction.is_empty() || fraction.len() > 6 {
        return Err(AmountRefused::NotDecimal);
    }
    let units = whole(units, AmountRefused::NotDecimal)?;
    let millionths = whole(&format!("{fraction:0<6}"), AmountRefused::NotDecimal)?;
    units.checked_mul(MILLION).and_then(|n| n.checked_add(millionths)).ok_or(AmountRefused::TooLarge)
}

fn decimal_label(amount: i64) -> String {
    let (units, millionths) = (amount / MILLION, amount % MILLION);
    match millionths {
        0 => units.to_string(),
        _ => format!("{units}.{millionths:06}").trim_end_matches('0').to_owned(),
    }
}

/// `8h`, `90 min`, `1h30m`, or Slurm's `[days-]hours:minutes[:seconds]` (`sbatch(1)` `--time`).
fn duration(text: &str) -> Result<i64, AmountRefused> {
    if text.contains(':') {
        return clock_time(text);
    }
    let mut rest = text;
    let mut total: i64 = 0;
    let mut smallest = i64::MAX;
    while !rest.is_empty() {
        let (count, unit, after) = next_quantity(rest).ok_or(AmountRefused::NotDuration)?;
        let (_, _, seconds) = TIMES
            .iter()
            .find(|(_, names, _)| names.contains(&unit.as_str()))
            .ok_or(AmountRefused::NotDuration)?;
        if *seconds >= smallest {
            return Err(AmountRefused::NotDuration); // `30min 1h` and `1h 1h` are slips of the pen
        }
        smallest = *seconds;
        let part = whole(count, AmountRefused::NotDuration)?.checked_mul(*seconds);
        total = part.and_then(|part| total.checked_add(part)).ok_or(AmountRefused::TooLarge)?;
        rest = after;
    }
    if smallest == i64::MAX { Err(AmountRefused::NotDuration) } else { Ok(total) }
}

fn clock_time(text: &str) -> Result<i64, AmountRefused> {
    let refused = AmountRefused::NotDuration;
    let (days, clock) = text.split_once('-').unwrap_or(("0", text));
    let parts: Vec<&str> = clock.split(':').collect();
    let (hours, minutes, seconds) = match parts[..] {
        [hours, minutes] => (hours, minutes, "0"),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return Err(refused),
    };
    let [days, hours, minutes, seconds] =
        [days, hours, minutes, seconds].map(|part| whole(part, AmountRefused::NotDuration));
    let (minutes, seconds) = (minutes?, seconds?);
    if minutes > 59 || seconds > 59 {
        return Err(refused);
    }
    days?
        .checked_mul(86_400)
        .zip(hours?.checked_mul(3_600))
        .and_then(|(days, hours)| days.checked_add(hours))
        .and_then(|total| total.checked_add(minutes * 60 + seconds))
        .ok_or(AmountRefused::TooLarge)
}

fn duration_label(amount: i64) -> String {
    let mut left = amount;
    let mut label = String::new();
    for (name, _, seconds) in TIMES {
        // Below three days people count hours: `36 h`, not `1 d 12 h`.
        if left < seconds || (name == "d" && amount < 3 * 86_400) {
            continue;
        }
        if !label.is_empty() {
            label.push(' ');
        }
        let _ = write!(label, "{} {name}", left / seconds);
        left %= seconds;
    }
    if label.is_empty() { "0 s".to_owned() } else { label }
}

fn memory(text: &str) -> Result<i64, AmountRefused> {
    let (count, unit, after) = next_quantity(text).ok_or(AmountRefused::NotMemory)?;
    let (_, _, bytes) =
        SIZES.iter().find(|(_, names, _)| names.contains(&unit.as_str())).ok_or(AmountRefused::NotMemory)?;
    if !after.is_empty() {
        return Err(AmountRefused::NotMemory);
    }
    whole(count, AmountRefused::NotMemory)?.checked_mul(*bytes).ok_or(AmountRefused::TooLarge)
}

/// The largest unit that needs no fraction; of two that do not, the one with fewer digits.
fn memory_label(amount: i64) -> String {
    SIZES
        .iter()
        .filter(|(_, _, bytes)| amount % bytes == 0 && amount >= *bytes)
        .map(|(name, _, bytes)| (amount / bytes, *name))
        .min_by_key(|(count, _)| *count)
        .map_or_else(|| "0 B".to_owned(), |(count, name)| format!("{count} {name}"))
}

/// The next `12 min` of `text`: digits, unit in lower case, and what follows.
fn next_quantity(text: &str) -> Option<(&str, String, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).filter(|at| *at > 0)?;
    let (count, rest) = text.split_at(digits);
    let rest = rest.trim_start();
    let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (unit, after) = rest.split_at(letters);
    Some((count, unit.to_ascii_lowercase(), after.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::{AmountRefused, Measure};
    use proptest::prelude::*;

    #[test]
    fn people_write_times_and_sizes_in_many_ways() {
        for (measure, text, amount) in [
            (Measure::Duration, "8h", 28_800),
            (Measure::Duration, "90 min", 5_400),
            (Measure::Duration, "1h30m", 5_400),
            (Measure::Duration, "1-12:00:00", 129_600),
            (Measure::Duration, "00:30", 1_800),
            (Measure::Memory, "64GB", 64_000_000_000),
            (Measure::Memory, "512MiB", 536_870_912),
            (Measure::Memory, "4G", 4 << 30),
            (Measure::Decimal, "1.5", 1_500_000),
            (Measure::Integer, "016", 16),
        ] {
            assert_eq!(measure.parse(text), Ok(amount), "{text}");
        }
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        for (measure, text) in [
            (Measure::Duration, "8"),
            (Measure::Duration, "1h1h"),
            (Measure::Duration, "30min1h"),
            (Measure::Duration, "12:75"),
            (Measure::Duration, "-1h"),
            (Measure::Duration, ""),
            (Measure::Memory, "64"),
            (Measure::Memory, "1.5GB"),
            (Measure::Memory, "1GB2MB"),
            (Measure::Decimal, "1e3"),
            (Measure::Decimal, "NaN"),
            (Measure::Decimal, "0.1234567"),
            (Measure::Integer, "1_000"),
            (Measure::Integer, "+5"),
            (Measure::Integer, "٣"),
        ] {
            assert!(measure.parse(text).is_err(), "{text:?} as {measure:?}");
        }
    }

    #[test]
    fn overflow_is_refused_not_wrapped() {
        for (measure, text) in [
            (Measure::Memory, "9999999999TiB"),
            (Measure::Duration, "999999999999999999d"),
            (Measure::Decimal, "9999999999999999"),
            (Measure::Integer, "99999999999999999999"),
        ] {
            assert_eq!(measure.parse(text), Err(AmountRefused::TooLarge), "{text}");
        }
    }

    #[test]
    fn labels_read_like_speech() {
        for (measure, amount, label) in [
            (Measure::Duration, 14_400, "4 h"),
            (Measure::Duration, 129_600, "36 h"),
            (Measure::Duration, 604_800, "7 d"),
            (Measure::Duration, 5_430, "1 h 30 min 30 s"),
            (Measure::Memory, 120_000_000_000, "120 GB"),
            (Measure::Memory, 16 << 30, "16 GiB"),
            (Measure::Decimal, 2_500_000, "2.5"),
        ] {
            assert_eq!(measure.label(amount), label);
        }
    }

    proptest! {
        // A failure is told with its input; nothing is written into the tree.
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_label_reads_back(amount in 0..=i64::MAX) {
            for measure in [Measure::Integer, Measure::Decimal, Measure::Duration, Measure::Memory] {
                prop_assert_eq!(measure.parse(&measure.label(amount)), Ok(amount));
                prop_assert_eq!(measure.parse(&measure.word(amount)), Ok(amount));
            }
        }
    }
}
