//! Whatever groups say: their order never matters, a policy never adds a right, and nothing exceeds the ceiling.

use std::cell::Cell;

use jupyterhub_presets::catalogue::Allowed;
use jupyterhub_presets::effective::{CardId, Content, Form, State};
use jupyterhub_presets::trims::{self, Said, Trimmed};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::TestRunner;

use super::shapes::widely;
use super::{content_as_kept, somebody};

/// One trim, as it is written; about half of them grant.
fn trim() -> impl Strategy<Value = (&'static str, String)> {
    let number = || select(vec![1, 2, 3, 4, 8, 16, 32, 48, 64]);
    let names = || subsequence(vec!["cpu", "gpu", "fat"], 1..=3);
    let tools = || subsequence(vec!["a", "b", "c"], 1..=3);
    let list = |names: Vec<&str>| names.join(", ");
    prop_oneof![
        (number(), number())
            .prop_map(|(a, b)| ("cores", format!("grant: {{min: {}, max: {}}}", a.min(b), a.max(b)))),
        number().prop_map(|n| ("cores", format!("grant: {{only: [{n}]}}"))),
        number().prop_map(|n| ("cores", format!("policy: true, max: {n}"))),
        number().prop_map(|n| ("cores", format!("policy: true, min: {n}"))),
        number().prop_map(|n| ("cores", format!("default: {n}"))),
        names().prop_map(move |names| ("partition", format!("grant: {{only: [{}]}}", list(names)))),
        names().prop_map(move |names| ("partition", format!("policy: true, only: [{}]", list(names)))),
        names().prop_map(move |names| ("partition", format!("only: [{}]", list(names)))),
        tools().prop_map(move |names| ("tools", format!("grant: {{only: [{}]}}", list(names)))),
        tools().prop_map(move |names| ("tools", format!("policy: true, except: [{}]", list(names)))),
        Just(("gpus", "grant: {}".to_owned())),
        Just(("gpus", "grant: {max: 2}".to_owned())),
        Just(("gpus", "policy: true, absent: true".to_owned())),
        Just(("memory", "policy: true, hidden: true".to_owned())),
    ]
}

const BASE: &str = "trims:
  cores: {max: 48, because: t}
baseline:
  cores: {BASELINE, because: b}
  gpus: {absent: true, because: b}
  partition: {only: [cpu], because: b}
  tools: {only: [a], because: b}
groups:
";

/// A site of four groups with a few trims each, of which some may not fit their own group.
fn site() -> impl Strategy<Value = String> {
    let trims = prop::collection::vec(prop::collection::vec(trim(), 0..4), 4);
    let baseline = select(vec!["max: 8", "only: [2, 8]", "absent: true", "min: 4, max: 16"]);
    (trims, baseline).prop_map(|(groups, baseline)| {
        let mut site = BASE.replace("BASELINE", baseline);
        for (n, trims) in groups.iter().enumerate() {
            let mut seen = std::collections::BTreeMap::new();
            for (option, trim) in trims {
                seen.entry(option).or_insert(format!("{option}: {{{trim}, because: g{n}}}"));
            }
            let trims: Vec<String> = seen.into_values().collect();
            site +=
                &format!("  g{n}: {{title: G{n}, from: {{hub: g{n}}}, trims: {{{}}}}}\n", trims.join(", "));
        }
        widely(&site)
    })
}

const GROUPS: [&str; 5] = ["g0", "g1", "g2", "g3", "bio"];

fn runner() -> TestRunner {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300);
    TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() })
}

/// What may be chosen, option by option; none where nothing starts.
fn sets(form: &Form<'_>) -> Option<Vec<(String, Option<Allowed>)>> {
    let card = form.card(&CardId::read("~all").unwrap()).unwrap();
    let sets = card
        .fields
        .iter()
        .map(|field| (field.opt.key.to_string(), (!field.absent).then(|| field.allowed.clone())));
    (!matches!(card.state, State::Unavailable(_))).then(|| sets.collect())
}

#[test]
fn groups_add_up_in_any_order_and_in_any_grouping() {
    let told = Cell::new(0);
    let groups = subsequence(GROUPS.to_vec(), 2..=5).prop_shuffle();
    runner()
        .run(&(site(), groups), |(site, groups)| {
            let content = content_as_kept(&site);
            let sorted = {
                let mut groups = groups.clone();
                groups.sort_unstable();
                groups
            };
            let (one, other) = (somebody(&groups), somebody(&sorted));
            prop_assert_eq!(format!("{:?}", one.form(&content)), format!("{:?}", other.form(&content)));
            // The product sorts groups itself; the sum must not depend on that either.
            for opt in content.catalogue.options.values() {
                let sum = |groups: &[&str]| {
                    let mut option = Trimmed::new(opt);
                    let ceiling = option.clone();
                    option.absent = opt.key.as_str() == "gpus";
                    if let Some(first) = content.baseline.iter().find(|trim| trim.option == opt.key) {
                        let said = Said { owner: "b", priority: 0, until: None, trim: first };
                        trims::narrow_all(&mut option, [said]).unwrap();
                    }
                    trims::widen(
                        &mut option,
                        &ceiling,
                        Some(&ceiling.allowed),
                        said(&content, groups, opt.key.as_str()),
                    );
                    (option.allowed, option.absent)
                };
                let backwards: Vec<&str> = groups.iter().rev().copied().collect();
                prop_assert_eq!(sum(&groups), sum(&backwards));
                prop_assert_eq!(sum(&groups), sum(&sorted));
            }
            told.set(told.get() + usize::from(sets(&one.form(&content)).is_some()));
            Ok(())
        })
        .unwrap();
    assert!(told.get() > 100, "only {} had anything to start", told.get());
}

fn said<'a>(content: &'a Content, groups: &[&str], option: &str) -> Vec<Said<'a>> {
    let trims = groups.iter().filter_map(|name| content.groups.get(*name)).flat_map(|group| {
        group.trims.iter().map(|trim| Said {
            owner: &group.title,
            priority: group.priority,
            until: None,
            trim,
        })
    });
    trims.filter(|said| said.trim.option.as_str() == option).collect()
}

#[test]
fn a_policy_more_never_adds_a_right_and_a_grant_never_exceeds_the_ceiling() {
    let compared = Cell::new(0);
    let policy = select(vec![
        "cores: {policy: true, max: 16, because: p}",
        "cores: {policy: true, min: 8, because: p}",
        "partition: {policy: true, except: [gpu], because: p}",
        "tools: {policy: true, only: [a], because: p}",
        "gpus: {policy: true, absent: true, because: p}",
    ]);
    // Two at least, so that nobody acts in the only group there is.
    let groups = subsequence(GROUPS.to_vec(), 2..=5);
    runner()
        .run(&(site(), groups, policy), |(site, groups, policy)| {
            let strict = site.replace("presets:", "");
            let strict =
                format!("{strict}  strict: {{title: Strict, from: {{hub: strict}}, trims: {{{policy}}}}}\n");
            let content = content_as_kept(&strict);
            let with: Vec<&str> = groups.iter().copied().chain(["strict"]).collect();
            let (free, bound) = (somebody(&groups), somebody(&with));
            let (free, bound) = (sets(&free.form(&content)), sets(&bound.form(&content)));
            let Some(bound) = bound else { return Ok(()) };
            // A policy may resolve nothing that was in conflict before.
            let Some(free) = free else {
                return Err(TestCaseError::fail("a policy made something start"));
            };
            for ((key, free), (_, bound)) in free.iter().zip(&bound) {
                let opt = &content.catalogue.options[key.as_str()];
                if let Some(bound) = bound {
                    let ceiling = key != "cores" || bound.ends().is_none_or(|(_, most)| most <= 48);
                    prop_assert!(ceiling, "above the ceiling: {bound:?}");
                    let covered = free.as_ref().is_some_and(|free| free.covers(&opt.kind, bound));
                    // A constant holds what is nearest: it may lie beside a constant, never beside a choice.
                    let constant = free.as_ref().is_some_and(|free| free.single().is_some());
                    prop_assert!(covered || constant, "{key}: {free:?} then {bound:?}");
                }
            }
            compared.set(compared.get() + 1);
            Ok(())
        })
        .unwrap();
    assert!(compared.get() > 100, "only {} were compared", compared.get());
}
