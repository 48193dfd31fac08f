//! Limits that meet other limits, in numbers wide enough for any sum; and what no limit is, wherever one is written.

use std::sync::LazyLock;

use jupyterhub_presets::catalogue::amount::Measure;
use jupyterhub_presets::catalogue::{Allowed, Catalogue, Fault, Kind, Opt, Value, written};
use jupyterhub_presets::effective::Content;
use jupyterhub_presets::presets::draft::Draft;
use jupyterhub_presets::presets::{Owner, written::Ask};
use jupyterhub_presets::rules::Cap;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::amounts::config;
use super::{SITE, content};

static CONTENT: LazyLock<Content> = LazyLock::new(|| content(SITE));

/// The largest limit: up to here everybody who reads JSON counts alike.
const LARGEST: i64 = (1 << 53) - 1;

/// A number of any size up to the largest limit; often a small one.
fn number() -> impl Strategy<Value = i64> {
    prop_oneof![2 => 0_i64..200, 1 => 0..=LARGEST]
}

/// What a trim may say: nothing, something near, or more than any option has.
fn bound() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![
        1 => Just(None::<i64>),
        3 => (0_i64..2_000).prop_map(Some),
        2 => (0..=LARGEST).prop_map(Some),
        1 => (0_i64..=i64::MAX).prop_map(Some),
        1 => Just(Some(i64::MAX)),
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn two_limits_leave_what_both_of_them_leave(
        min in number(), step in number(), steps in number(), bounds in prop::collection::vec((bound(), bound()), 2), probe in number(),
    ) {
        let step = step.max(1);
        let max = i128::from(min) + i128::from(steps.min((LARGEST - min) / step)) * i128::from(step);
        let kind = Kind::Amount { measure: Measure::Memory, unit: None, min, max: i64::try_from(max).unwrap(), step };
        let left = bounds.iter().try_fold(Allowed::all_of(&kind), |left, (least, most)| left.within(*least, *most));
        // The same once more, where nothing can overflow.
        let (base, wide) = (i128::from(min), i128::from(step));
        let least = bounds.iter().filter_map(|(least, _)| *least).fold(base, |least, bound| least.max(bound.into()));
        let most = bounds.iter().filter_map(|(_, most)| *most).fold(max, |most, bound| most.min(bound.into()));
        let down = |amount: i128| amount - (amount - base).rem_euclid(wide);
        let (first, last) = (down(least + wide - 1), down(most));
        let expected = (first <= last).then(|| Allowed::Between {
            min: i64::try_from(first).unwrap(), max: i64::try_from(last).unwrap(), step, base: min,
        });
        prop_assert_eq!(&left, &expected);
        for probe in [i128::from(probe), first, last, last + wide, first - wide] {
            let Ok(amount) = i64::try_from(probe) else { continue };
            let among = (first..=last).contains(&probe) && down(probe) == probe;
            let contains = left.as_ref().is_some_and(|left| left.contains(&kind, &Value::Amount(amount)));
            prop_assert_eq!(contains, among, "{}", probe);
        }
    }

    #[test]
    fn a_cap_never_leaves_more_than_its_product(
        factor in prop_oneof![number(), 0_i64..=i64::MAX], amount in number(), decimals in any::<bool>(), at_most in any::<bool>(),
    ) {
        // What counts in decimals counts in millionths.
        let per = if decimals { 1_000_000 } else { 1 };
        let bound = Cap { of: "gpus".try_into().unwrap(), factor, per, at_most }.bound(amount);
        let product = i128::from(factor) * i128::from(amount);
        let [below, exactly, above] = [-1, 0, 1].map(|beside| (i128::from(bound) + beside) * i128::from(per));
        // No option holds more: then the most there is stands for all that is beyond it.
        let all = bound == i64::MAX;
        if at_most {
            prop_assert!(exactly <= product && (all || product < above), "{}", bound);
        } else {
            prop_assert!((all || product <= exactly) && below < product, "{}", bound);
        }
    }

    #[test]
    fn an_option_has_the_limits_that_were_written_or_a_fault(
        min in number(), max in prop_oneof![4 => number(), 1 => LARGEST - 2..=LARGEST + 2, 1 => 0_i64..=i64::MAX], step in number(),
    ) {
        let read = option(&json!({ "type": "integer", "label": "Cores", "min": min, "max": max, "step": step }));
        let fits = min <= max && max <= LARGEST && step >= 1;
        prop_assert_eq!(read.is_ok(), fits, "{:?}", read);
        if let Ok(opt) = read {
            let top = i128::from(max) - (i128::from(max) - i128::from(min)) % i128::from(step);
            let expected = Allowed::Between { min, max: i64::try_from(top).unwrap(), step, base: min };
            prop_assert_eq!(opt.all, expected, "the last value that the steps reach is the largest");
        }
    }
}

/// An option as a catalogue has it.
fn option(written: &Json) -> Result<Opt, Vec<Fault>> {
    let catalogue = json!({ "options": { "cores": written } });
    let catalogue: written::Catalogue = serde_json::from_value(catalogue).unwrap();
    Catalogue::check(&catalogue).map(|mut catalogue| catalogue.options.pop_first().unwrap().1)
}

/// What is no whole number of at least nothing, or more than is counted.
fn none_of_them() -> Vec<Json> {
    let mut odd: Vec<Json> = ["-0", "-0.0", "0.0", "4.0", "1.5", "1e2", "1e-9", "1e300", "-1", "-1e300"]
        .into_iter()
        .chain([
            "9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "-9223372036854775808",
        ])
        .map(|number| serde_json::from_str(number).unwrap())
        .collect();
    odd.extend(
        ["", "-0", "-1", "1.0", "1e2", "1e400", "NaN", "nan", ".nan", "Infinity", "-Infinity", ".inf"]
            .map(Json::from),
    );
    odd.extend(["9223372036854775808", "18446744073709551617", "0x10", "1_000", "4 cores"].map(Json::from));
    odd.extend([json!(true), json!([4]), json!({ "max": 4 })]);
    odd
}

fn told(faults: &[Fault]) -> Vec<(&str, &str)> {
    faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect()
}

/// A preset as it is saved: how many values it has, and how many it asks for.
fn saved(values: &[(&str, &Json)], ask: Option<Ask>) -> Result<(usize, usize), Vec<Fault>> {
    let draft = Draft {
        title: "Mine".to_owned(),
        description: None,
        owner: Owner::Site,
        profile: "node".to_owned(),
        values: values.iter().map(|(option, json)| ((*option).to_owned(), (*json).clone())).collect(),
        ask: ask.into_iter().map(|ask| ("cores".to_owned(), ask)).collect(),
        audiences: vec![],
        confirm: false,
    };
    let read = draft.read(&"mine".try_into().unwrap(), &CONTENT.catalogue)?;
    Ok((read.written.values.len(), read.written.ask.len()))
}

#[test]
fn a_preset_keeps_no_value_that_is_no_whole_number() {
    for (option, fits) in [("cores", json!(4)), ("memory", json!("4GB")), ("walltime", json!("90min"))] {
        assert_eq!(saved(&[(option, &fits)], None), Ok((1, 0)), "{option}");
        for odd in none_of_them() {
            let faults = saved(&[(option, &odd)], None).expect_err(&odd.to_string());
            let place = format!("/values/{option}");
            assert_eq!(told(&faults), [(place.as_str(), "wrong-type")], "{option} {odd}");
        }
    }
}

#[test]
fn a_decimal_may_be_written_as_one_and_as_nothing_else() {
    for fits in [json!(1.5), json!("1.5"), json!(1), json!("1.500000")] {
        assert_eq!(saved(&[("share", &fits)], None), Ok((1, 0)), "{fits}");
    }
    let texts = ["1e0", "1e400", "NaN", "Infinity", "-1.5", "0.5000000", "1,5"].map(Json::from);
    let numbers = [-0.0_f64, -1.5, 1e300, 1e-7, 0.123_456_7].map(Json::from);
    for odd in texts.into_iter().chain(numbers) {
        let faults = saved(&[("share", &odd)], None).expect_err(&odd.to_string());
        assert_eq!(told(&faults), [("/values/share", "wrong-type")], "{odd}");
    }
}

#[test]
fn a_preset_asks_within_no_bound_that_is_no_whole_number() {
    let asks = |json: &Json| {
        [
            (Ask { min: Some(json.clone()), ..Ask::default() }, "/ask/cores/min", "amount"),
            (Ask { max: Some(json.clone()), ..Ask::default() }, "/ask/cores/max", "amount"),
            (Ask { only: Some(vec![json.clone()]), ..Ask::default() }, "/ask/cores/only/0", "wrong-type"),
        ]
    };
    for (ask, place, _) in asks(&json!(4)) {
        assert_eq!(saved(&[], Some(ask)), Ok((0, 1)), "{place}");
    }
    for odd in none_of_them() {
        for (ask, place, code) in asks(&odd) {
            let faults = saved(&[], Some(ask)).expect_err(&odd.to_string());
            assert_eq!(told(&faults), [(place, code)], "{odd}");
        }
    }
}

#[test]
fn a_catalogue_has_no_limit_that_is_no_whole_number() {
    let with = |member: &str, json: &Json| {
        let mut written =
            json!({ "type": "integer", "label": "Cores", "min": 1, "max": 8, "step": 1, "default": 1 });
        written[member] = json.clone();
        option(&written)
    };
    for (member, code) in
        [("min", "amount"), ("max", "amount"), ("step", "amount"), ("default", "wrong-type")]
    {
        assert!(with(member, &json!(1)).is_ok(), "{member}");
        for odd in none_of_them() {
            let faults = with(member, &odd).expect_err(&odd.to_string());
            let place = format!("/options/cores/{member}");
            assert_eq!(told(&faults), [(place.as_str(), code)], "{odd}");
        }
    }
}

/// With `serde_json`'s `arbitrary_precision`, which any dependency could switch on, some of them would be.
#[test]
fn numbers_beyond_json_are_not_even_read() {
    for text in [
        "1e400",
        "-1e400",
        "1e999999999999",
        "NaN",
        "nan",
        "Infinity",
        "-Infinity",
        "+1",
        "01",
        ".5",
        "1.",
        "0x10",
    ] {
        assert!(serde_json::from_str::<Json>(text).is_err(), "{text}");
    }
}
