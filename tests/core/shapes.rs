//! The seven shapes of rules, in words that people read: what is narrowed, by whom, and what is refused for it.

use jupyterhub_presets::catalogue::Key;
use jupyterhub_presets::effective::{CardId, Content, State};
use jupyterhub_presets::resolve::Refusal;
use serde_json::{Value as Json, json};

use super::vectors::notation;
use super::{content, sentence, somebody, with};

pub(super) const WIDE: &str = include_str!("wide.yaml");

/// The wide site with more of it, as text.
pub(super) fn widely(more: &str) -> String {
    let bio = "groups:\n  bio: {title: Biology, from: {hub: bio}}\n";
    match more.contains("groups:\n") {
        true => format!("{WIDE}{}", more.replace("groups:\n", bio)),
        false => format!("{WIDE}{bio}{more}"),
    }
}

/// The wide site with more of it.
pub(super) fn wide(more: &str) -> Content {
    content(&widely(more))
}

/// What `field` of the profile is, with nothing asked.
fn shown(content: &Content, key: &str) -> String {
    let person = somebody(&[]);
    let form = person.form(content);
    let card = form.card(&CardId::read("~all").unwrap()).unwrap();
    notation(card.field(key).unwrap_or_else(|| panic!("{:?}", card.state)))
}

/// The traits of a start with these values.
fn started(content: &Content, values: Json) -> std::collections::BTreeMap<String, Json> {
    somebody(&[]).starts(content, &with("~all", values)).unwrap().traits
}

fn refused(content: &Content, values: Json) -> String {
    sentence(somebody(&[]).starts(content, &with("~all", values)))
}

/// Every fault: `code at`.
fn faults(content: &Content, values: Json) -> Vec<String> {
    match somebody(&[]).starts(content, &with("~all", values)).unwrap_err() {
        Refusal::Options { faults, .. } => {
            faults.iter().map(|fault| format!("{} {}", fault.code, fault.pointer)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_value_of_one_narrows_the_choices_of_another() {
    let content = wide(
        "rules:\n  r: {when: {account: astro}, then: {partition: {only: [gpu]}}, because: astro bought these}\n",
    );
    assert_eq!(shown(&content, "partition"), "cpu|gpu|fat = cpu");
    assert_eq!(started(&content, json!({ "account": "astro" }))["req_partition"], "gpu");
    assert_eq!(
        refused(&content, json!({ "account": "astro", "partition": "fat" })),
        "Your server was not started. Partition: this is set to NVIDIA A100 and cannot be changed (the site: astro bought these)."
    );
}

#[test]
fn a_value_of_one_moves_bounds_and_default_of_another() {
    let content = wide(
        "rules:\n  r: {when: {partition: gpu}, then: {cores: {min: 2, max: 16, default: 8}}, because: a GPU feeds sixteen}\n",
    );
    assert_eq!(shown(&content, "cores"), "1..64/1 = 4");
    assert_eq!(started(&content, json!({ "partition": "gpu" }))["req_nprocs"], 8);
    assert_eq!(
        refused(&content, json!({ "partition": "gpu", "cores": 17 })),
        "Your server was not started. Cores: choose between 2 and 16 cores (the site: a GPU feeds sixteen)."
    );
}

#[test]
fn a_value_of_one_hides_another_and_takes_a_third_away() {
    let content = wide(
        "rules:\n  r: {when: {partition: cpu}, then: {gpus: {absent: true}, node: {hidden: true}}, because: there are none}\n",
    );
    assert_eq!(
        (shown(&content, "gpus").as_str(), shown(&content, "node").as_str()),
        ("absent", " =  constant hidden")
    );
    let traits = started(&content, json!({}));
    assert!(!traits.contains_key("req_gres"), "what is absent is not set: {traits:?}");
    assert_eq!(faults(&content, json!({ "gpus": 0 })), ["absent /values/gpus"]);
    assert_eq!(started(&content, json!({ "partition": "gpu", "gpus": 2 }))["req_gres"], "gpu:2");
}

#[test]
fn a_value_of_one_requires_another() {
    let content = wide(
        "rules:\n  r: {when: {exclusive: true}, then: {reservation: {required: true}}, because: it is paid for}\n",
    );
    assert_eq!(faults(&content, json!({ "exclusive": true })), ["required /values/reservation"]);
    assert_eq!(
        faults(&content, json!({ "exclusive": true, "reservation": "" })),
        ["required /values/reservation"]
    );
    started(&content, json!({ "exclusive": true, "reservation": "school" }));
    started(&content, json!({}));
}

#[test]
fn nothing_starts_with_a_required_text_left_empty_though_nothing_was_posted() {
    let content = wide("trims:\n  reservation: {required: true, because: nothing runs without one}\n");
    let refused = somebody(&[]).starts(&content, &super::preset("~all"));
    assert_eq!(
        sentence(refused),
        "Your server was not started. Reservation: choose a text of 1 to 200 characters that matches [a-z0-9-]{0,20}."
    );
    let with_preset = widely(
        "trims:\n  reservation: {required: true, because: nothing runs without one}\npresets:\n  p: {title: P, owner: site, profile: all, values: {}}\n",
    );
    let kept = super::content_as_kept(&with_preset);
    assert!(
        sentence(somebody(&[]).starts(&kept, &super::preset("p"))).contains("the reservation has to be set")
    );
}

#[test]
fn a_value_of_one_fixes_another() {
    let content = wide(
        "rules:\n  r: {when: {cores: 64}, then: {exclusive: {fixed: true}}, because: that is the whole node}\n",
    );
    assert_eq!(faults(&content, json!({ "cores": 64, "exclusive": false })), ["fixed /values/exclusive"]);
    let given = somebody(&[]).starts(&content, &with("~all", json!({ "cores": 64 }))).unwrap();
    assert_eq!(given.given[&Key::try_from("exclusive").unwrap()], true);
    let why = given.reasons.iter().find(|(key, _)| key.as_str() == "exclusive").unwrap();
    assert_eq!(
        (format!("{}: {}", why.1.owner, why.1.reason).as_str(), why.1.rule.as_ref().map(Key::as_str)),
        ("the site: that is the whole node", Some("r"))
    );
}

#[test]
fn arithmetic_caps_count_exactly() {
    let content = wide(
        "rules:\n  r: {when: {gpus: {min: 1}}, cap: \"cores <= 16 * gpus\", because: sixteen each}\n  s: {cap: \"memory <= 4GB * cores\", because: four each}\n",
    );
    assert_eq!(shown(&content, "memory"), "1GB..16GB/1GB = 4GB");
    assert_eq!(faults(&content, json!({ "gpus": 2, "cores": 33 })), ["out-of-range /values/cores"]);
    started(&content, json!({ "gpus": 2, "cores": 32, "memory": "128GB" }));
    assert_eq!(
        faults(&content, json!({ "gpus": 2, "cores": 32, "memory": "129GB" })),
        ["out-of-range /values/memory"]
    );
}

#[test]
fn lists_over_several_options_allow_and_deny() {
    let rows = "rules:\n  r:\n    table: [account, exclusive, partition]\n    allow: [[none, false, cpu], [astro, '*', [cpu, gpu]]]\n    because: as agreed\n  s: {table: [partition, tools], deny: [[gpu, [a]]], because: no licence}\n";
    let content = wide(rows);
    assert_eq!(shown(&content, "partition"), "cpu = cpu constant");
    assert_eq!(
        faults(&content, json!({ "exclusive": true })),
        ["conflict /values/exclusive"],
        "no row at all"
    );
    assert_eq!(
        faults(&content, json!({ "account": "astro", "partition": "fat" })),
        ["not-allowed /values/partition"]
    );
    assert_eq!(
        faults(&content, json!({ "account": "astro", "partition": "gpu", "tools": ["a"] })),
        ["not-allowed /values/tools"]
    );
    assert_eq!(
        started(&content, json!({ "account": "astro", "partition": "gpu", "tools": ["b"] }))["req_tools"],
        "b"
    );
}

#[test]
fn a_rule_ends_when_it_says() {
    let content = wide(
        "rules:\n  r: {when: {partition: cpu}, then: {cores: {max: 8}}, because: repairs, until: \"2026-11-21T12:00:00+01:00\"}\n",
    );
    let ends = "2026-11-21T11:00:00Z".parse().unwrap();
    let cores = |at| {
        let person = somebody(&[]).at(at);
        let form = person.form(&content);
        let field = form.card(&CardId::read("~all").unwrap()).unwrap().field("cores").unwrap().clone();
        (notation(&field), field.because.last().map(jupyterhub_presets::trims::Because::said))
    };
    let before = ends - chrono::TimeDelta::nanoseconds(1);
    assert_eq!(
        cores(before),
        ("1..8/1 = 4".to_owned(), Some("the site: repairs, until 2026-11-21 12:00 +01:00".to_owned()))
    );
    assert_eq!(cores(ends), ("1..64/1 = 4".to_owned(), None));
}

#[test]
fn a_rule_that_clashes_with_what_a_group_fixed_keeps_the_card_from_starting() {
    let content = wide(
        "groups:\n  ours: {title: Ours, from: {hub: ours}, trims: {cores: {fixed: 8, because: our course}}}\nrules:\n  r: {when: {partition: cpu}, then: {cores: {max: 4}}, because: shared}\n",
    );
    let person = somebody(&["ours"]);
    let form = person.form(&content);
    let State::Unavailable(why) = &form.card(&CardId::read("~all").unwrap()).unwrap().state else {
        panic!("it starts")
    };
    assert_eq!(
        why,
        "Cores: Ours leaves 8 cores (our course), and what the site says of it (shared) leaves nothing to choose"
    );
    let refused = person.starts(&content, &with("~all", json!({ "partition": "gpu" })));
    assert!(sentence(refused).contains("can't start"), "whatever is asked");
}

#[test]
fn a_clash_through_a_detour_is_one_fault_where_it_begins_and_nothing_starts() {
    let content = wide(
        "rules:\n  r: {when: {exclusive: true}, then: {account: {fixed: astro}}, because: r}\n  s: {table: [account, partition], allow: [[none, '*']], because: s}\n",
    );
    assert_eq!(faults(&content, json!({ "exclusive": true })), ["conflict /values/exclusive"]);
    assert_eq!(
        faults(&content, json!({ "cores": 2, "exclusive": true, "partition": "gpu" })),
        ["conflict /values/exclusive"]
    );
}

#[test]
fn saved_numbers_move_with_what_is_asked_and_saved_choices_do_not() {
    let content = wide(
        "rules:\n  r: {when: {gpus: {min: 1}}, then: {cores: {max: 16}, account: {only: [none]}}, because: b}\npresets:\n  numbers: {title: N, owner: site, profile: all, values: {cores: 32}, ask: {gpus: {}}}\n  choices: {title: C, owner: site, profile: all, values: {account: astro}, ask: {gpus: {}}}\n",
    );
    let person = somebody(&[]);
    let moved = person.starts(&content, &with("numbers", json!({ "gpus": 1 }))).unwrap();
    assert_eq!(moved.traits["req_nprocs"], 16);
    assert_eq!(moved.changes, ["Cores: 16 cores instead of 32 cores (the site: b)"]);
    let Err(Refusal::Options { faults, .. }) =
        person.starts(&content, &with("choices", json!({ "gpus": 1 })))
    else {
        panic!("it starts")
    };
    assert_eq!(faults.iter().map(|fault| fault.pointer.as_str()).collect::<Vec<_>>(), ["/values/gpus"]);
}

#[test]
fn what_was_chosen_last_time_never_keeps_a_card_from_starting() {
    let content = wide(
        "rules:\n  r: {when: {gpus: {min: 1}}, then: {account: {only: [none]}}, because: b}\npresets:\n  p: {title: P, owner: site, profile: all, values: {account: astro}, ask: {gpus: {}}}\n",
    );
    let person = somebody(&[]).who_used("p", &json!({ "gpus": 2 }));
    let form = person.form(&content);
    assert_eq!((form.cards[0].id.to_string().as_str(), &form.cards[0].state), ("p", &State::Ok));
}
