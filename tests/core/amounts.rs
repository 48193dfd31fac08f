//! Amounts as people write them, against sums on paper, where no number is too large.

use jupyterhub_presets::catalogue::amount::AmountRefused::{NotDecimal, NotDuration, NotMemory, TooLarge};
use jupyterhub_presets::catalogue::amount::{AmountRefused, Measure};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value as Json;

const MEASURES: [Measure; 4] = [Measure::Integer, Measure::Decimal, Measure::Duration, Measure::Memory];

/// How people write a unit, and what it is of the smallest.
const TIMES: [(&str, u64); 16] = [
    ("d", 86_400),
    ("day", 86_400),
    ("days", 86_400),
    ("h", 3_600),
    ("hr", 3_600),
    ("hour", 3_600),
    ("hours", 3_600),
    ("min", 60),
    ("m", 60),
    ("mins", 60),
    ("minute", 60),
    ("minutes", 60),
    ("s", 1),
    ("sec", 1),
    ("second", 1),
    ("seconds", 1),
];
const SIZES: [(&str, u64); 13] = [
    ("b", 1),
    ("kb", 1_000),
    ("k", 1_024),
    ("kib", 1_024),
    ("mb", 1_000_000),
    ("m", 1_048_576),
    ("mib", 1_048_576),
    ("gb", 1_000_000_000),
    ("g", 1_073_741_824),
    ("gib", 1_073_741_824),
    ("tb", 1_000_000_000_000),
    ("t", 1_099_511_627_776),
    ("tib", 1_099_511_627_776),
];

/// A number as one calculates with it on paper: its decimal digits, the last one first.
struct Paper(Vec<u64>);

impl Paper {
    fn of(digits: &str) -> Self {
        Self(digits.bytes().rev().map(|digit| u64::from(digit - b'0')).collect())
    }

    fn times(&self, factor: u64) -> Self {
        Self::carried(self.0.iter().map(|digit| digit * factor))
    }

    fn plus(&self, other: &Self) -> Self {
        let column = |number: &Self, n: usize| number.0.get(n).copied().unwrap_or_default();
        let columns = 0..self.0.len().max(other.0.len());
        Self::carried(columns.map(|n| column(self, n) + column(other, n)))
    }

    fn carried(columns: impl Iterator<Item = u64>) -> Self {
        let (mut digits, mut carry) = (Vec::new(), 0);
        for column in columns {
            digits.push((column + carry) % 10);
            carry = (column + carry) / 10;
        }
        while carry > 0 {
            digits.push(carry % 10);
            carry /= 10;
        }
        Self(digits)
    }

    /// What a parser has to make of it.
    fn told(&self) -> Result<i64, AmountRefused> {
        let digits: String = self.0.iter().rev().map(u64::to_string).collect();
        let (digits, largest) = (digits.trim_start_matches('0'), i64::MAX.to_string());
        // Of the same length, texts of digits are in the order of their numbers.
        if (digits.len(), digits) > (largest.len(), largest.as_str()) {
            return Err(TooLarge);
        }
        Ok(digits.bytes().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
    }
}

/// Cases to try: 5,000, or what a soak asks for.
pub fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(5_000);
    // A failure is told with its input; nothing is written into the tree.
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Up to forty digits: most fit, some are beside the largest that fit `unit`, and some fit no machine.
fn digits(unit: u64) -> impl Strategy<Value = String> {
    let limit = i64::MAX.unsigned_abs() / unit;
    prop_oneof![
        4 => "[0-9]{1,9}",
        2 => (0_u64..6).prop_map(move |beside| (limit - 2 + beside).to_string()),
        1 => "0{1,20}[0-9]{1,20}",
        1 => "[0-9]{18,22}",
        1 => "[0-9]{23,40}",
    ]
}

fn gap() -> impl Strategy<Value = &'static str> {
    select(vec!["", "", " ", "  "])
}

/// A quantity of one of `units`, in whichever case: its text, its digits, and what the unit is.
fn quantity(units: &'static [(&'static str, u64)]) -> impl Strategy<Value = (String, String, u64)> {
    let unit = (select(units), any::<u8>(), gap());
    unit.prop_flat_map(|((name, worth), capitals, gap)| {
        let letter =
            move |(n, c): (usize, char)| if (capitals >> n) & 1 == 1 { c.to_ascii_uppercase() } else { c };
        let name: String = name.chars().enumerate().map(letter).collect();
        digits(worth).prop_map(move |digits| (format!("{digits}{gap}{name}"), digits, worth))
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_count_is_read_or_too_large(before in gap(), digits in digits(1), after in gap()) {
        let told = Paper::of(&digits).told();
        prop_assert_eq!(Measure::Integer.parse(&format!("{before}{digits}{after}")), told);
    }

    #[test]
    fn a_decimal_is_read_in_millionths_or_refused(units in digits(1_000_000), fraction in prop::option::weighted(0.8, "[0-9]{0,8}")) {
        let (text, told) = match fraction {
            None => (units.clone(), Paper::of(&format!("{units}000000")).told()),
            Some(fraction) => {
                let told = match fraction.len() {
                    1..=6 => Paper::of(&format!("{units}{fraction:0<6}")).told(),
                    _ => Err(NotDecimal),
                };
                (format!("{units}.{fraction}"), told)
            }
        };
        prop_assert_eq!(Measure::Decimal.parse(&text), told, "{}", text);
    }

    #[test]
    fn a_size_is_read_in_bytes_or_too_large((text, digits, bytes) in quantity(&SIZES)) {
        prop_assert_eq!(Measure::Memory.parse(&text), Paper::of(&digits).times(bytes).told(), "{}", text);
    }

    #[test]
    fn a_time_is_the_sum_of_its_parts_each_smaller_than_the_one_before(mut parts in prop::collection::vec((quantity(&TIMES), gap()), 0..5), sorted in any::<bool>()) {
        if sorted {
            parts.sort_by_key(|((_, _, seconds), _)| std::cmp::Reverse(*seconds));
            parts.dedup_by_key(|((_, _, seconds), _)| *seconds);
        }
        let text: String = parts.iter().map(|((text, ..), gap)| format!("{text}{gap}")).collect();
        let falls = parts.windows(2).all(|pair| pair[0].0.2 > pair[1].0.2);
        let read = Measure::Duration.parse(&text);
        if falls && !parts.is_empty() {
            let seconds = parts.iter().map(|((_, digits, seconds), _)| Paper::of(digits).times(*seconds));
            let sum = seconds.reduce(|sum, part| sum.plus(&part)).unwrap();
            prop_assert_eq!(read, sum.told(), "{}", text);
        } else {
            // What comes first is told: a part that is too large, or one that stands in the wrong place.
            prop_assert!(matches!(read, Err(NotDuration | TooLarge)), "{}: {:?}", text, read);
        }
    }

    #[test]
    fn a_clock_time_is_the_sum_of_its_parts(
        days in prop::option::of(digits(86_400)), hours in digits(3_600), minutes in "[0-9]{1,3}", seconds in prop::option::of("[0-9]{1,2}"),
    ) {
        let text = [
            days.as_ref().map(|days| format!("{days}-")).unwrap_or_default(),
            format!("{hours}:{minutes}"),
            seconds.as_ref().map(|seconds| format!(":{seconds}")).unwrap_or_default(),
        ].concat();
        let number = |part: Option<String>| Paper::of(part.as_deref().unwrap_or("0"));
        let small = |part: &Paper| part.told().is_ok_and(|part| part < 60);
        let (minutes, seconds) = (Paper::of(&minutes), number(seconds));
        let told = if small(&minutes) && small(&seconds) {
            let hours = number(days).times(86_400).plus(&Paper::of(&hours).times(3_600));
            hours.plus(&minutes.times(60)).plus(&seconds).told()
        } else {
            Err(NotDuration)
        };
        prop_assert_eq!(Measure::Duration.parse(&text), told, "{}", text);
    }

    #[test]
    fn a_unit_that_there_is_not_is_no_unit(digits in digits(1), gap in gap(), unit in "[a-zA-Z]{0,4}|[µ%°._-]{1,2}|(g|m|h|s)[0-9]{1,2}|(GB|min) ?[a-z]") {
        let text = format!("{digits}{gap}{unit}");
        let known = |units: &[(&str, u64)]| units.iter().any(|(name, _)| unit.eq_ignore_ascii_case(name));
        if !known(&SIZES) {
            prop_assert_eq!(Measure::Memory.parse(&text), Err(NotMemory), "{}", text);
        }
        if !known(&TIMES) {
            // What comes first is told: a number that is too large, or what follows it.
            let read = Measure::Duration.parse(&text);
            prop_assert!(matches!(read, Err(NotDuration | TooLarge)), "{}: {:?}", text, read);
        }
    }

    #[test]
    fn whatever_is_read_is_told_again_as_it_was_meant(text in "[0-9]{0,3}[-+.:]?[0-9]{0,20} ?[a-zA-Z]{0,3}[0-9]{0,3}[:smb]?|.{0,12}") {
        for measure in MEASURES {
            if let Ok(amount) = measure.parse(&text) {
                prop_assert!(amount >= 0, "{:?} {}", measure, text);
                prop_assert_eq!(measure.parse(&measure.word(amount)), Ok(amount), "{:?} {}", measure, text);
            }
        }
    }

    #[test]
    fn a_json_number_is_whole_and_no_less_than_nothing(digits in "0|[1-9][0-9]{0,39}", minus in any::<bool>()) {
        let told = Paper::of(&digits).told().ok().filter(|_| !minus);
        let text = format!("{}{digits}", if minus { "-" } else { "" });
        let Json::Number(number) = serde_json::from_str(&text).unwrap() else { panic!("{text} is a number") };
        for measure in [Measure::Integer, Measure::Duration, Measure::Memory] {
            prop_assert_eq!(measure.parse_number(&number).ok(), told, "{:?} {}", measure, text);
        }
    }

    #[test]
    fn a_json_number_with_a_point_is_never_bent(units in 0_u64..1_000_000_000, millionths in 0_u64..1_000_000) {
        let text = format!("{units}.{millionths:06}");
        let number: serde_json::Number = serde_json::from_str(&text).unwrap();
        match Measure::Decimal.parse_number(&number) {
            Ok(read) => prop_assert_eq!(Ok(read), Paper::of(&format!("{units}{millionths:06}")).told(), "{}", text),
            // A few millionths are written with an exponent by whoever writes numbers, and refused.
            Err(refused) => prop_assert!(units == 0 && millionths < 10, "{}: {}", text, refused),
        }
        // Counts, times and sizes have no point, not even before nothing.
        for measure in [Measure::Integer, Measure::Duration, Measure::Memory] {
            prop_assert!(measure.parse_number(&number).is_err(), "{:?} {}", measure, text);
        }
    }
}

/// What a language or a program somewhere takes for a number, and nothing at all.
const NONE: &str = "|-1|+1|--1|- 1|1-|-0|\u{2212}1|1e3|1E3|1e400|1e-3|NaN|nan|Infinity|-Infinity|inf|\u{221e}|0x10|0b1\
                    |0o7|1_000|1,000|1'000|1 000|1,5|1.|.5|1..5|1.5.5|\u{bd}|\u{b2}|\u{663}|\u{ff11}|\u{2167}|1\u{200b}\
                    |1\0|one|true|null|[1]|\"1\"|$1|1%|1f|1i64";

#[test]
fn what_only_looks_like_a_number_is_none() {
    for (measure, unit) in [
        (Measure::Integer, ""),
        (Measure::Decimal, ""),
        (Measure::Duration, "h"),
        (Measure::Duration, ":30"),
        (Measure::Duration, "-12:00"),
        (Measure::Memory, "GB"),
    ] {
        let read = |number: &str| measure.parse(&format!("{number}{unit}"));
        assert!(read("1").is_ok() && read("0").is_ok() && read("007").is_ok(), "{measure:?} {unit}");
        for odd in NONE.split('|') {
            assert!(read(odd).is_err(), "{measure:?} {odd:?}{unit}: {:?}", read(odd));
        }
    }
    for (measure, text) in [
        (Measure::Integer, "1.0"),
        (Measure::Duration, "1.5h"),
        (Measure::Duration, "1.0 s"),
        (Measure::Duration, "1.5:30"),
        (Measure::Memory, "1.5GB"),
        (Measure::Memory, "0.5 TiB"),
    ] {
        assert!(measure.parse(text).is_err(), "only decimals have a point: {measure:?} {text}");
    }
}
