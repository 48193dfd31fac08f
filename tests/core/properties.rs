//! Rules that hold whatever is asked, checked with generated people and requests.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use jupyterhub_presets::catalogue::Value;

use super::{SITE, content, somebody, with};

fn groups() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(vec!["physics", "hpc", "chemistry", "elsewhere"], 0..=4).prop_shuffle()
}

fn card() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["small", "whole", "pytorch", "mine", "~node", "nix", "~nix"])
}

/// About half of the values are within some bound: a property that only sees refusals shows nothing.
fn value() -> impl Strategy<Value = (&'static str, Json)> {
    prop_oneof![
        4 => (0i64..140).prop_map(|cores| ("cores", json!(cores))),
        4 => (0i64..30).prop_map(|halves| ("walltime", json!(format!("{}min", halves * 30)))),
        2 => (0i64..600).prop_map(|size| ("memory", json!(format!("{size}GB")))),
        2 => prop::sample::select(vec!["rome", "genoa", "gpu", "fat"]).prop_map(|name| ("partition", json!(name))),
        1 => any::<bool>().prop_map(|on| ("exclusive", json!(on))),
        1 => "[a-z]{0,4}".prop_map(|name| ("job_name", json!(name))),
        1 => ".{0,6}".prop_map(|text| ("job_name", json!(text))),
    ]
}

/// Requests to try: 5,000, or what a soak asks for.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(5_000)
}

#[test]
fn nobody_gets_what_the_form_does_not_offer() {
    let content = content(SITE);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: cases(),
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let (given, refused) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let cases = (groups(), card(), prop::collection::vec(value(), 0..3));
    runner
        .run(&cases, |(groups, card, values)| {
            let person = somebody(&groups);
            let form = person.form(&content);
            let posted: serde_json::Map<String, Json> =
                values.into_iter().map(|(key, json)| (key.to_owned(), json)).collect();
            let offered = form.cards.iter().find(|offered| offered.id.to_string() == card);
            match (person.starts(&content, &with(card, Json::Object(posted.clone()))), offered) {
                (Ok(resolution), Some(offered)) => {
                    given.set(given.get() + 1);
                    for field in &offered.fields {
                        let value = field.opt.kind.read(&resolution.given[&field.opt.key]).unwrap();
                        prop_assert!(
                            field.allowed.contains(&field.opt.kind, &value),
                            "{}: {value:?}",
                            field.opt.key
                        );
                        let ceiling =
                            field.opt.key.as_str() != "walltime" || value <= Value::Amount(12 * 3600);
                        prop_assert!(ceiling, "above the site's ceiling");
                    }
                    for (key, json) in &posted {
                        let field =
                            offered.fields.iter().find(|field| field.opt.key.as_str() == key).unwrap();
                        let kind = &field.opt.kind;
                        prop_assert_eq!(
                            kind.read(json),
                            kind.read(&resolution.given[&field.opt.key]),
                            "nothing is bent"
                        );
                    }
                }
                (Ok(_), None) => prop_assert!(false, "{card} was not offered"),
                (Err(_), _) => refused.set(refused.get() + 1),
            }
            Ok(())
        })
        .unwrap();
    let (given, refused) = (given.get(), refused.get());
    assert!(given * 10 >= (given + refused) * 2, "only {given} of {} were given", given + refused);
}

proptest! {
    // A failure is told with its input; nothing is written into the tree.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_groups_never_matters(groups in groups()) {
        let content = content(SITE);
        let backwards: Vec<&str> = groups.iter().rev().copied().collect();
        prop_assert_eq!(format!("{:?}", somebody(&groups).form(&content)), format!("{:?}", somebody(&backwards).form(&content)));
    }

    #[test]
    fn a_policy_never_adds_a_right(groups in groups(), card in card(), values in prop::collection::vec(value(), 0..3)) {
        let content = content(SITE);
        let posted: serde_json::Map<String, Json> = values.into_iter().map(|(key, json)| (key.to_owned(), json)).collect();
        // `hpc` keeps the page without a context, so that only the policy differs.
        let without: Vec<&str> = groups.iter().copied().filter(|group| *group != "chemistry").chain(["hpc"]).collect();
        let restricted: Vec<&str> = without.iter().copied().chain(["chemistry"]).collect();
        let by_hand = somebody(&without);
        if by_hand.form(&content).context.is_none()
            && let Ok(given) = somebody(&restricted).starts(&content, &with(card, Json::Object(posted)))
        {
            // Whatever a preset still gives under the policy, anybody without it may choose by hand.
            let same = by_hand.starts(&content, &with("~node", json!(given.given)));
            prop_assert_eq!(same.map(|same| same.given), Ok(given.given));
        }
    }
}
