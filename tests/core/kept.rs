//! Renamed options and choices, what is kept of what people chose, and options of several values.

use jupyterhub_presets::catalogue::Key;
use jupyterhub_presets::effective::{CardId, State};
use jupyterhub_presets::resolve::Refusal;
use serde_json::{Value as Json, json};

use super::shapes::wide;
use super::vectors::notation;
use super::{preset, sentence, somebody, with};

const PRESETS: &str = "presets:
  old: {title: Old, owner: site, profile: all, values: {cpus: 8, partition: a100}, ask: {cpus: {max: 16}}}
";

#[test]
fn presets_under_old_names_start_as_ever() {
    let content = wide(PRESETS);
    let person = somebody(&[]);
    let form = person.form(&content);
    let card = form.card(&CardId::read("old").unwrap()).unwrap();
    assert_eq!(card.state, State::Ok, "silently");
    assert_eq!(notation(card.field("cores").unwrap()), "1..16/1 = 8");
    let started = person.starts(&content, &preset("old")).unwrap();
    assert_eq!((&started.traits["req_nprocs"], &started.traits["req_partition"]), (&json!(8), &json!("gpu")));
}

#[test]
fn posted_values_under_old_names_mean_the_new_ones() {
    let content = wide(PRESETS);
    let person = somebody(&[]);
    let started = person.starts(&content, &with("~all", json!({ "cpus": 2, "partition": "a100" }))).unwrap();
    assert_eq!((&started.traits["req_nprocs"], &started.traits["req_partition"]), (&json!(2), &json!("gpu")));
    let chosen: Vec<&str> = started.chosen.keys().map(Key::as_str).collect();
    assert_eq!(chosen, ["cores", "partition"], "kept under today's names");
    let twice = person.starts(&content, &with("~all", json!({ "cpus": 2, "cores": 2 })));
    assert!(sentence(twice).contains("“cpus” and “cores” are the same option"));
    let wrong = person.starts(&content, &with("old", json!({ "cpus": 17 })));
    let Err(Refusal::Options { faults, .. }) = wrong else { panic!("it starts") };
    assert_eq!(faults[0].pointer, "/values/cpus", "where it was written");
}

#[test]
fn what_was_used_last_under_old_names_is_remembered() {
    let content = wide(PRESETS);
    let person = somebody(&[]).who_used("~all", &json!({ "cpus": 3, "partition": "a100" }));
    let form = person.form(&content);
    let held = |key: &str| notation(form.cards[0].field(key).unwrap());
    assert_eq!((held("cores").as_str(), held("partition").as_str()), ("1..64/1 = 3", "cpu|gpu|fat = gpu"));
}

#[test]
fn what_may_not_be_kept_is_neither_remembered_nor_brought_back() {
    let content = wide("");
    let values = json!({ "reservation": "school", "node": "n1", "cores": 2 });
    let started = somebody(&[]).starts(&content, &with("~all", values.clone())).unwrap();
    let chosen: Vec<&str> = started.chosen.keys().map(Key::as_str).collect();
    assert_eq!(chosen, ["cores", "node"], "a reservation is of one event");
    assert!(started.given.contains_key("reservation"), "it is used all the same");
    let person = somebody(&[]).who_used("~all", &values);
    let form = person.form(&content);
    let held = |key: &str| notation(form.cards[0].field(key).unwrap());
    assert_eq!((held("reservation").as_str(), held("node").as_str()), ("* = ", "* = n1"));
}

fn loaded(modules: &Json) -> Result<Json, String> {
    let content = wide("");
    let started = somebody(&[]).starts(&content, &with("~all", json!({ "modules": modules })));
    match started {
        Ok(started) => Ok(started.traits["req_prologue"].clone()),
        refused => Err(sentence(refused)),
    }
}

#[test]
fn modules_are_loaded_in_the_sites_order_each_after_what_it_needs() {
    assert_eq!(loaded(&json!([])), Ok(json!("")));
    assert_eq!(loaded(&json!("")), Ok(json!("")), "as an empty list is posted");
    assert_eq!(loaded(&json!(["openmpi", "python"])), Ok(json!("module load python gcc openmpi")));
    assert_eq!(loaded(&json!(["gcc", "", "openmpi"])), Ok(json!("module load gcc openmpi")));
    assert_eq!(loaded(&json!("intel")), Ok(json!("module load intel")));
}

#[test]
fn modules_that_conflict_or_are_not_there_are_refused() {
    assert!(
        loaded(&json!(["intel", "gcc"])).unwrap_err().contains("“intel” and “gcc” cannot be used together")
    );
    assert!(
        loaded(&json!(["intel", "openmpi"]))
            .unwrap_err()
            .contains("“intel” and “gcc” cannot be used together")
    );
    assert!(
        loaded(&json!(["gcc; rm -rf ~"]))
            .unwrap_err()
            .contains("choose any of Python, Open MPI, GCC or Intel")
    );
    assert!(loaded(&json!(["gcc", "gcc"])).unwrap_err().contains("name each value once"));
    assert!(loaded(&json!([1])).unwrap_err().contains("write a list"));
}

#[test]
fn several_values_are_written_as_the_backend_reads_them() {
    let content = wide("");
    let tools = |tools: Json| somebody(&["bio"]).starts(&content, &with("~all", json!({ "tools": tools })));
    assert_eq!(tools(json!(["c", "a"])).unwrap().traits["req_tools"], "a,c", "in the site's order");
    assert!(sentence(tools(json!(["a", "b", "c"]))).contains("at most 2 of A, B or C"));
}

#[test]
fn amounts_that_cannot_be_counted_are_refused() {
    let content = wide("");
    for (key, odd) in [
        ("cores", json!("NaN")),
        ("cores", json!(2.5)),
        ("cores", json!(-1)),
        ("cores", json!("99999999999999999999")),
        ("memory", json!("9223372036854775807TB")),
        ("memory", json!("8 parsecs")),
        ("memory", json!(1e300)),
        ("walltime", json!("1-24:60:00")),
        ("walltime", json!("9223372036854775807d")),
        ("walltime", json!(null)),
    ] {
        let refused = somebody(&[]).starts(&content, &with("~all", json!({ key: odd })));
        let Err(Refusal::Options { faults, .. }) = refused else { panic!("{odd} starts") };
        assert_eq!((faults.len(), faults[0].code), (1, "wrong-type"), "{key}: {odd}");
    }
    let longer = super::shapes::widely("").replace("max: 24h", "max: 48h");
    let content = super::content(&longer);
    let started = somebody(&[]).starts(&content, &with("~all", json!({ "walltime": "1-12:00:00" }))).unwrap();
    assert_eq!(started.traits["req_time"], "1-12:00:00");
}
