//! Thousands of submissions to the centre: what is given is within every limit, whoever asks for whatever.

use std::cell::RefCell;
use std::collections::BTreeMap;

use jupyterhub_presets::catalogue::{Allowed, Kind, Value};
use jupyterhub_presets::effective::{Content, Offer};
use jupyterhub_presets::resolve::{Refusal, Resolution};
use jupyterhub_presets::rules::{Condition, Effect, Rule, Test};
use jupyterhub_presets::trims::{Statement, Trim};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value as Json, json};

use super::{CENTRE, member_of};
use crate::core::{Somebody, content, with};

const GROUPS: [&str; 13] = [
    "p-physics-1",
    "p-cosmo-1",
    "p-climate-1",
    "p-materials-1",
    "p-ecology-1",
    "hpc-experts",
    "hpc-staff",
    "gpu-users",
    "big-memory",
    "guests",
    "export-controlled",
    "containers-only",
    "school-students",
];

/// What somebody tries: who they are, which of the cards they are shown (or any), and how they fill it in.
#[derive(Debug, Clone)]
struct Trial {
    groups: Vec<&'static str>,
    /// Hours after the school opened first.
    hours: i64,
    card: prop::sample::Index,
    /// Rather one with a GPU: a tenth of the cards, and half of the rules.
    gpu: bool,
    foreign: bool,
    /// Of which field, and which of the values it offers, or one that it may not offer.
    values: Vec<(prop::sample::Index, prop::sample::Index, bool)>,
}

fn trial() -> impl Strategy<Value = Trial> {
    let value = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), prop::bool::weighted(0.15));
    (
        prop::sample::subsequence(GROUPS.to_vec(), 0..=5).prop_shuffle(),
        0i64..80,
        any::<prop::sample::Index>(),
        prop::bool::weighted(0.4),
        prop::bool::weighted(0.1),
        prop::collection::vec(value, 0..4),
    )
        .prop_map(|(groups, hours, card, gpu, foreign, values)| Trial {
            groups,
            hours,
            card,
            gpu,
            foreign,
            values,
        })
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(5_000)
}

fn person(groups: &[&'static str], hours: i64) -> Somebody {
    let person = member_of(groups);
    let now = person.now + chrono::TimeDelta::hours(hours);
    person.at(now)
}

/// Some value of the set, or of the whole kind.
fn some_value(kind: &Kind, allowed: &Allowed, pick: &prop::sample::Index) -> Json {
    let value = match allowed {
        Allowed::Subset { of, most, .. } if !of.is_empty() => {
            let from = pick.index(of.len());
            Value::List(of.iter().skip(from).take((*most).min(2)).cloned().collect())
        }
        Allowed::Subset { .. } => Value::List([].into()),
        Allowed::Matching { .. } => {
            Value::Text(["", "/home/me", "/project/x/y", "relative"][pick.index(4)].into())
        }
        set => {
            let all = set.listed(4096).unwrap_or_default();
            all[pick.index(all.len())].clone()
        }
    };
    kind.json(&value)
}

/// The request of a trial, within the form the person has.
fn request(content: &Content, person: &Somebody, trial: &Trial) -> (String, Map<String, Json>) {
    let form = person.form(content);
    let usable: Vec<_> = form.cards.iter().filter(|card| card.is_usable()).collect();
    if usable.is_empty() {
        // A policy and the running event leave them nothing: whatever they ask is refused.
        return (form.cards[trial.card.index(form.cards.len())].id.to_string(), Map::new());
    }
    let with_gpu = |card: &Offer<'_>| card.field("gpus").is_some_and(|field| field.required);
    let wanted: Vec<_> = usable.iter().copied().filter(|card| !trial.gpu || with_gpu(card)).collect();
    let usable = if wanted.is_empty() { usable } else { wanted };
    let card = usable[trial.card.index(usable.len())];
    let editable: Vec<_> = card.fields.iter().filter(|field| field.editable).collect();
    let mut values = Map::new();
    for (which, pick, wild) in &trial.values {
        let of = if *wild || editable.is_empty() { card.fields.iter().collect() } else { editable.clone() };
        let field = of[which.index(of.len())];
        let all = Allowed::all_of(&field.opt.kind);
        let allowed = if *wild { &all } else { &field.allowed };
        values.insert(field.opt.key.to_string(), some_value(&field.opt.kind, allowed, pick));
    }
    let id = if trial.foreign {
        content.presets.keys().nth(trial.card.index(content.presets.len())).unwrap().to_string()
    } else {
        card.id.to_string()
    };
    (id, values)
}

/// Whether the values fulfil a condition: said again, in other words than the product's.
fn fulfils(condition: &Condition, values: &BTreeMap<String, Value>) -> bool {
    let Some(value) = values.get(condition.option.as_str()) else { return false };
    let among = |list: &[Value]| list.iter().any(|one| one == value);
    match (&condition.test, value) {
        (Test::OneOf(list), _) => among(list),
        (Test::NoneOf(list), _) => !among(list),
        (Test::Between { min, max }, Value::Amount(n)) => {
            (*min).unwrap_or(0) <= *n && *n <= (*max).unwrap_or(i64::MAX)
        }
        _ => false,
    }
}

/// Whether a rule is kept by the values that were given.
fn keeps(rule: &Rule, values: &BTreeMap<String, Value>) -> Result<(), String> {
    if !rule.when.iter().all(|condition| fulfils(condition, values)) {
        return Ok(());
    }
    for (target, effect) in &rule.effects {
        let Some(value) = values.get(target.as_str()) else { continue };
        let kept = match effect {
            Effect::Cap(cap) => match (value, values.get(cap.of.as_str())) {
                (Value::Amount(left), Some(Value::Amount(right))) => *left <= cap.factor * right / cap.per,
                _ => true,
            },
            Effect::Says(statements) => statements.iter().all(|statement| match (statement, value) {
                (Statement::Bounds { min, max }, Value::Amount(n)) => {
                    min.is_none_or(|min| min <= *n) && max.is_none_or(|max| *n <= max)
                }
                (Statement::Fixed(fixed), value) => fixed == value,
                (Statement::Only(list), value @ Value::Text(_)) => list.contains(value),
                (Statement::Except(list), value @ Value::Text(_)) => !list.contains(value),
                (Statement::Except(list), Value::List(items)) => !items.iter().any(|item| {
                    list.iter().any(|one| matches!(one, Value::List(names) if names.contains(item)))
                }),
                (Statement::Required, Value::Amount(n)) => *n > 0,
                _ => true,
            }),
            // Tables are held against the file itself, below.
            Effect::Table(_) => true,
        };
        if !kept {
            return Err(format!("{}: {target} is {value:?}", rule.key));
        }
    }
    Ok(())
}

#[derive(Default)]
struct Tally {
    given: u32,
    refused: u32,
    rules: BTreeMap<&'static str, u32>,
    shapes: BTreeMap<&'static str, u32>,
}

fn shape(statement: &Statement) -> &'static str {
    match statement {
        Statement::Default(_) => "default",
        Statement::Bounds { .. } => "bounds",
        Statement::Only(_) => "only",
        Statement::Except(_) => "except",
        Statement::Fixed(_) => "fixed",
        Statement::Required => "required",
        Statement::Hidden => "hidden",
        Statement::Absent => "absent",
    }
}

/// The shapes of rules (`reference/peers.md` §4).
fn shapes_of(effect: &Effect) -> Vec<&'static str> {
    match effect {
        Effect::Cap(_) => vec!["arithmetic cap"],
        Effect::Table(table) if table.allows() => vec!["allow over lists"],
        Effect::Table(_) => vec!["deny over lists"],
        Effect::Says(statements) => {
            let named = |statement: &Statement| match statement {
                Statement::Only(_) | Statement::Except(_) => "choices",
                Statement::Bounds { .. } | Statement::Default(_) => "min, max, default",
                Statement::Hidden | Statement::Absent => "hide",
                Statement::Required => "require",
                Statement::Fixed(_) => "fix",
            };
            statements.iter().map(named).collect()
        }
    }
}

impl Tally {
    /// Counts what had a part in a form.
    fn note(&mut self, content: &Content, person: &Somebody, card: &str) {
        let form = person.form(content);
        let Some(card) = form.cards.iter().find(|offered| offered.id.to_string() == card) else { return };
        let groups = content
            .groups
            .values()
            .flat_map(|group| group.trims.iter().map(|trim| (group.title.as_str(), trim)));
        let events = content
            .events
            .values()
            .flat_map(|event| event.trims.iter().map(|trim| (event.title.as_str(), trim)));
        let site = content.trims.iter().chain(&content.baseline).map(|trim| ("the site", trim));
        let trims: Vec<(&str, &Trim)> = groups.chain(events).chain(site).collect();
        for field in &card.fields {
            for because in &field.because {
                if let Some(key) = because.by.rule {
                    let rule = content.rules.rules.iter().find(|rule| rule.key == *key).unwrap();
                    let about = rule.effects.iter().filter(|(target, _)| *target == field.opt.key);
                    for shape in about.flat_map(|(_, effect)| shapes_of(effect)) {
                        *self.rules.entry(shape).or_default() += 1;
                    }
                    continue;
                }
                let said = trims.iter().filter(|(owner, trim)| {
                    trim.option == field.opt.key
                        && *owner == because.by.owner
                        && trim.because == because.by.reason
                });
                for (_, trim) in said {
                    trim.statements
                        .iter()
                        .for_each(|statement| *self.shapes.entry(shape(statement)).or_default() += 1);
                    if trim.grant.is_some() {
                        *self.shapes.entry("grant").or_default() += 1;
                    }
                    if trim.policy {
                        *self.shapes.entry("policy").or_default() += 1;
                    }
                }
            }
        }
    }
}

fn values_of(content: &Content, given: &Resolution) -> BTreeMap<String, Value> {
    let read = |(key, json): (&jupyterhub_presets::catalogue::Key, &Json)| {
        (key.to_string(), content.catalogue.options[key].kind.read(json).unwrap())
    };
    given.given.iter().map(read).collect()
}

#[test]
fn what_is_given_is_within_every_limit() {
    let content = content(CENTRE);
    let tally = RefCell::new(Tally::default());
    let config = ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&trial(), |trial| {
            let person = person(&trial.groups, trial.hours);
            let (card, values) = request(&content, &person, &trial);
            tally.borrow_mut().note(&content, &person, &card);
            let outcome = person.starts(&content, &with(&card, Json::Object(values.clone())));
            let shown = person.form(&content).cards.iter().any(|offered| offered.id.to_string() == card);
            prop_assert!(
                shown || matches!(outcome, Err(Refusal::NotOffered { .. })),
                "{card} was not offered"
            );
            let mut backwards = trial.groups.clone();
            backwards.reverse();
            let same = self::person(&backwards, trial.hours)
                .starts(&content, &with(&card, Json::Object(values.clone())));
            prop_assert_eq!(&outcome, &same, "the order of groups");
            let Ok(given) = outcome else {
                tally.borrow_mut().refused += 1;
                return Ok(());
            };
            tally.borrow_mut().given += 1;
            let held = values_of(&content, &given);
            for rule in &content.rules.rules {
                prop_assert_eq!(keeps(rule, &held), Ok(()));
            }
            prop_assert!(
                held["walltime"] <= Value::Amount(24 * 3600) && held["nodes"] <= Value::Amount(8),
                "the ceiling"
            );
            for (key, json) in &values {
                let posted = content.catalogue.options[key.as_str()].kind.read(json);
                prop_assert_eq!(posted, Ok(held[key].clone()), "nothing is bent");
            }
            // What was given can be said aloud: field by field, the same comes out.
            let editable: Map<String, Json> =
                values.keys().map(|key| (key.clone(), given.given[key.as_str()].clone())).collect();
            let again = person.starts(&content, &with(&card, Json::Object(editable)));
            prop_assert_eq!(again.map(|again| again.given), Ok(given.given));
            Ok(())
        })
        .unwrap();
    let Tally { given, refused, rules, shapes } = tally.into_inner();
    eprintln!("given {given}, refused {refused}\nrules {rules:?}\ntrims {shapes:?}");
    assert!(given * 10 >= (given + refused) * 3, "only {given} of {} were given", given + refused);
    for (shape, count) in rules.iter().chain(&shapes) {
        assert!(*count >= 1_000 || cases() < 5_000, "{shape} had a part in {count} forms only");
    }
    assert_eq!((rules.len(), shapes.len()), (8, 9), "every shape of rule and trim");
}

#[test]
fn values_that_do_not_go_together_are_refused_with_the_rule() {
    let content = content(CENTRE);
    let expert = person(&["hpc-experts", "p-cosmo-1"], 0);
    let ask = |values: Json| expert.starts(&content, &with("~node", values));
    for (values, rule) in [
        (json!({ "system": "atlas", "partition": "castor-batch" }), "each partition is a part of one system"),
        (
            json!({ "system": "atlas", "partition": "atlas-batch", "environment": "openfoam-12" }),
            "not every software is built for every system",
        ),
        (
            json!({ "partition": "atlas-batch", "environment": "pytorch-2.6" }),
            "this software does nothing without a GPU",
        ),
        (
            json!({ "partition": "atlas-gpu", "gpus": 1, "cores": 17 }),
            "the other cores belong to the other GPUs",
        ),
        (
            json!({ "partition": "atlas-batch", "cores": 4, "memory": "17GB" }),
            "memory is shared out with the cores",
        ),
        (json!({ "partition": "atlas-devel", "walltime": "3h" }), "that is what “Atlas, short tests” has"),
        (
            json!({ "partition": "atlas-batch", "interface": "rstudio" }),
            "RStudio is a part of the R software",
        ),
    ] {
        match ask(values.clone()) {
            Err(Refusal::Options { faults, .. }) => {
                assert!(faults.iter().any(|fault| fault.detail.contains(rule)), "{values}: {faults:#?}");
            }
            other => panic!("{values}: {other:?}"),
        }
    }
}
