//! The page's script leaves to choose what the core leaves, in cases that nobody thought of.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use jupyterhub_presets::effective::{CardId, Content, State};
use jupyterhub_presets::{rules, trims};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value as Json, json};

use super::{somebody, vectors};
use crate::left_out;

/// Cases in which something is decided.
const CASES: usize = 1_000;

const OPTIONS: [&str; 11] = [
    "partition",
    "gpus",
    "cores",
    "memory",
    "walltime",
    "account",
    "exclusive",
    "reservation",
    "modules",
    "tools",
    "share",
];

/// A value of an option that may well be allowed.
fn value(option: &'static str) -> BoxedStrategy<Json> {
    let words = |words: &[&'static str]| select(words.to_vec()).prop_map(Json::from).boxed();
    match option {
        "partition" => words(&["cpu", "gpu", "fat"]),
        "account" => words(&["none", "astro", "bio"]),
        "gpus" => (0..=4).prop_map(Json::from).boxed(),
        "cores" => select(vec![1, 2, 4, 8, 16, 32, 63, 64]).prop_map(Json::from).boxed(),
        "memory" => (1..=256).prop_map(|n| json!(format!("{n}GB"))).boxed(),
        "walltime" => (1..=48).prop_map(|n| json!(format!("{}min", n * 30))).boxed(),
        "share" => words(&["0.5", "1", "1.5", "2"]),
        "exclusive" => any::<bool>().prop_map(Json::from).boxed(),
        "reservation" => words(&["", "school", "lab-1"]),
        "modules" => list(&["gcc", "openmpi", "intel", "python"]),
        _ => list(&["a", "b", "c"]),
    }
}

fn list(items: &[&'static str]) -> BoxedStrategy<Json> {
    subsequence(items.to_vec(), 0..=2).prop_map(Json::from).boxed()
}

/// A value that somebody posts: now and then one that is none at all.
fn posted(option: &'static str) -> BoxedStrategy<Json> {
    let odd =
        select(vec![json!("1.25"), json!(65), json!("100 h"), json!("99999999999999999999"), json!(true)]);
    match option {
        // Only the service knows what texts have to look like.
        "reservation" => value(option),
        _ => prop_oneof![12 => value(option), 1 => odd].boxed(),
    }
}

fn is_number(option: &str) -> bool {
    matches!(option, "gpus" | "cores" | "memory" | "walltime" | "share")
}

fn condition(option: &'static str) -> BoxedStrategy<Json> {
    let several = prop::collection::vec(value(option), 1..3);
    if is_number(option) {
        let min = value(option).prop_map(|min| json!({ "min": min }));
        let max = value(option).prop_map(|max| json!({ "max": max }));
        return prop_oneof![min, max, value(option)].boxed();
    }
    prop_oneof![
        2 => value(option),
        1 => several.clone().prop_map(Json::from),
        1 => several.prop_map(|several| json!({ "not": several })),
    ]
    .boxed()
}

fn says(option: &'static str) -> BoxedStrategy<Json> {
    let member = |name: &'static str| value(option).prop_map(move |value| json!({ name: value }));
    let values = |name: &'static str| {
        prop::collection::vec(value(option), 1..3).prop_map(move |values| json!({ name: values }))
    };
    let flag = select(vec!["required", "hidden", "absent"]).prop_map(|flag| json!({ flag: true }));
    if is_number(option) {
        let two = (value(option), value(option))
            .prop_map(|(min, default)| json!({ "min": min, "default": default }));
        return prop_oneof![member("min"), member("max"), member("default"), member("fixed"), flag, two]
            .boxed();
    }
    prop_oneof![values("only"), values("except"), member("default"), member("fixed"), flag].boxed()
}

fn rule() -> BoxedStrategy<Json> {
    let option = || select(OPTIONS.to_vec());
    let when =
        || option().prop_flat_map(|option| condition(option).prop_map(move |test| json!({ option: test })));
    let then = (when(), option()).prop_flat_map(|(when, option)| {
        says(option).prop_map(move |says| json!({ "when": when, "then": { option: says }, "because": "b" }))
    });
    let cap = (
        select(vec![
            "cores <= 16 * gpus",
            "memory <= 4GB * cores",
            "memory <= 1500MB * cores",
            "cores >= 3 * share",
            "cores <= 20 * share",
            "walltime <= 2h * cores",
            "memory >= 500MB * cores",
            "cores >= gpus",
        ]),
        prop::option::of(when()),
    )
        .prop_map(|(cap, when)| json!({ "cap": cap, "when": when.unwrap_or(json!({})), "because": "b" }));
    let options = subsequence(OPTIONS.to_vec(), 2..=2).prop_shuffle();
    let table = (options, any::<bool>()).prop_flat_map(|(options, deny)| {
        let (one, other) = (options[0], options[1]);
        let cell = |option| prop_oneof![3 => value(option), 1 => Just(json!("*"))];
        let rows = prop::collection::vec((cell(one), cell(other)), 1..5);
        let side = if deny { "deny" } else { "allow" };
        rows.prop_map(move |rows| json!({ "table": options, side: rows, "because": "b" }))
    });
    prop_oneof![4 => then, 2 => cap, 2 => table].boxed()
}

/// A site of these rules, where they hold together.
fn content(rules: &[Json]) -> Option<Content> {
    let rules = rules.iter().enumerate().map(|(n, rule)| {
        (format!("r{n}").as_str().try_into().unwrap(), serde_json::from_value(rule.clone()).unwrap())
    });
    let rules: rules::written::Rules = rules.collect();
    let site = vectors::site(rules, trims::written::Trims::default(), trims::written::Trims::default(), None);
    let (content, faults) = Content::check(&site, 1, &BTreeMap::new());
    faults.is_empty().then_some(content)
}

#[test]
fn the_page_leaves_what_the_core_leaves() {
    if !left_out::node() {
        return;
    }
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[4; 32]));
    let asked = subsequence(OPTIONS.to_vec(), 0..=6).prop_flat_map(|options| {
        let values: Vec<_> = options.into_iter().map(|option| (Just(option), posted(option))).collect();
        values
    });
    let strategy = (prop::collection::vec(rule(), 1..7), prop::collection::vec(asked, 4));
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let (mut cases, mut refused, mut lost, mut narrowed, mut unsound) = (0, 0, 0, 0, 0);
    let person = somebody(&[]);
    while cases < CASES {
        let (rules, several) = strategy.new_tree(&mut runner).unwrap().current();
        let Some(content) = content(&rules) else {
            unsound += 1;
            continue;
        };
        let form = person.form(&content);
        let offer = form.offered(&CardId::read("~all").unwrap()).unwrap();
        if matches!(offer.state, State::Unavailable(_)) {
            lost += 1;
            continue;
        }
        let slots = offer.slots().expect("there are rules");
        for asked in several {
            let asked: BTreeMap<String, Json> =
                asked.into_iter().map(|(key, json)| (key.to_owned(), json)).collect();
            let (fields, faults) = vectors::judged(offer, &asked);
            let told = offer.tried(&asked).0;
            narrowed += usize::from(told.fields.iter().any(|field| !field.because.is_empty()));
            refused += usize::from(!faults.is_empty());
            cases += 1;
            let line =
                json!({ "slots": slots, "asked": asked, "fields": fields, "faults": faults, "lost": false });
            writeln!(file, "{line}").unwrap();
        }
    }
    file.flush().unwrap();
    eprintln!(
        "{cases} cases, {narrowed} narrowed, {refused} refused; {unsound} sets of rules refused, {lost} lost"
    );
    assert!(narrowed * 2 > cases, "only {narrowed} of {cases} were narrowed");
    assert!((cases / 10..cases * 3 / 4).contains(&refused), "{refused} of {cases} were refused");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("frontend/tests/agree.js");
    let told = Command::new("node").arg(script).arg(file.path()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(told.status.success(), "{}\n{}", text(&told.stdout), text(&told.stderr));
    assert_eq!(text(&told.stdout).trim(), format!("{cases} agree"));
}
