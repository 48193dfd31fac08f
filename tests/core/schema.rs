//! What may be sent to start, as a schema: a stock validator reads it, and it refuses nothing that starts.

use std::cell::Cell;

use boon::{Compiler, Draft, SchemaIndex, Schemas};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{content, somebody};
use crate::core::Somebody;
use jupyterhub_presets::effective::Content;
use jupyterhub_presets::groups::{GroupId, SourceName};
use jupyterhub_presets::resolve::Asked;

const SITE: &str = include_str!("../sites/reasons.yaml");

/// Somebody in groups of the file.
fn member(groups: &[&str]) -> Somebody {
    let mut somebody = somebody(&[]);
    let id = |name: &&str| GroupId { source: SourceName::file(), id: (*name).into() };
    somebody.membership.groups = groups.iter().map(id).collect();
    somebody
}

/// A schema as a validator that knows nothing of us reads it.
struct Compiled(Schemas, SchemaIndex);

impl Compiled {
    fn of(schema: &Json) -> Self {
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.set_default_draft(Draft::V2020_12);
        compiler.add_resource("http://localhost/form.json", schema.clone()).unwrap();
        let index = compiler
            .compile("http://localhost/form.json", &mut schemas)
            .unwrap_or_else(|error| panic!("{error:#}\n{schema:#}"));
        Self(schemas, index)
    }

    fn refuses(&self, sent: &Json) -> Option<String> {
        self.0.validate(sent, self.1).err().map(|error| format!("{error:#}"))
    }
}

fn form_schema(content: &Content, somebody: &Somebody) -> Json {
    let form = somebody.form(content);
    let usual = jupyterhub_presets::resolve::resolve(content, &form, &Asked::default());
    form.schema(usual.ok().map(|resolution| resolution.card).as_ref())
}

#[test]
fn every_default_of_every_card_may_be_sent() {
    let content = content(SITE);
    for groups in [&[][..], &["ai"], &["chem"], &["ai", "chem"]] {
        let member = member(groups);
        let form = member.form(&content);
        let whole = Compiled::of(&form_schema(&content, &member));
        assert!(form.cards.len() >= 3, "{groups:?}");
        for card in form.cards.iter().filter(|card| card.is_usable()) {
            let schema = card.schema();
            let compiled = Compiled::of(&schema);
            let defaults: serde_json::Map<String, Json> = schema["properties"]["values"]["properties"]
                .as_object()
                .unwrap()
                .iter()
                .filter(|(_, option)| option.get("deprecated").is_none())
                .filter_map(|(key, option)| Some((key.clone(), option.get("default")?.clone())))
                .collect();
            let expected = card.fields.iter().filter(|field| !field.absent).count();
            assert_eq!(defaults.len(), expected, "{}", card.id);
            for sent in [json!({}), Json::Object(defaults)] {
                let sent = json!({ "preset": card.id.to_string(), "values": sent });
                assert_eq!(compiled.refuses(&sent), None, "{groups:?} {sent}");
                assert_eq!(whole.refuses(&sent), None, "{groups:?} {sent}");
                assert!(member.starts(&content, &sent).is_ok(), "{groups:?} {sent}");
            }
        }
    }
}

#[test]
fn what_has_to_be_filled_in_is_required() {
    let site = SITE
        .replace("default: \"open\", persist: never}", "default: \"\", persist: never}")
        .replace("\"[a-z]{1,8}\"", "\"[a-z]{0,8}\"");
    let site =
        site.replace("baseline:\n", "baseline:\n  account: {required: true, because: somebody pays}\n");
    let site = site.replace("ask: {cores: {max: 16}", "ask: {account: {}, cores: {max: 16}");
    let content = super::content_as_kept(&site);
    let member = member(&[]);
    let form = member.form(&content);
    let small = form.cards.iter().find(|card| card.id.to_string() == "small").unwrap();
    let (schema, compiled) = (small.schema(), Compiled::of(&small.schema()));
    let account = &schema["properties"]["values"]["properties"]["account"];
    assert_eq!(
        (account.get("default"), &account["minLength"], &account["x-required"]),
        (None, &json!(1), &json!(true))
    );
    for (sent, fine) in [
        (json!({ "preset": "small" }), false),
        (json!({ "preset": "small", "values": {} }), false),
        (json!({ "preset": "small", "values": { "account": "" } }), false),
        (json!({ "preset": "small", "values": { "account": "physics" } }), true),
    ] {
        assert_eq!(compiled.refuses(&sent).is_none(), fine, "{sent}: {schema:#}");
        assert_eq!(member.starts(&content, &sent).is_ok(), fine, "{sent}");
    }
}

#[test]
fn a_centre_of_real_size_has_a_schema_too() {
    let content = content(include_str!("../sites/centre.yaml"));
    for groups in [&[][..], &["ai"]] {
        let member = member(groups);
        let whole = Compiled::of(&form_schema(&content, &member));
        let form = member.form(&content);
        let mut sent = 0;
        for card in form.cards.iter().filter(|card| card.is_usable()) {
            let asked = json!({ "preset": card.id.to_string(), "values": {} });
            if member.starts(&content, &asked).is_ok() {
                assert_eq!(whole.refuses(&asked), None, "{asked}");
                sent += 1;
            }
        }
        assert!(sent > 0, "{groups:?}");
    }
}

#[test]
fn a_schema_refuses_what_no_rule_depends_on() {
    let content = content(SITE);
    let member = member(&["ai"]);
    let schema = form_schema(&content, &member);
    let whole = Compiled::of(&schema);
    for (sent, fine) in [
        (json!({}), true),
        (json!({ "preset": null }), true),
        (json!({ "preset": "nix" }), false),
        (json!({ "preset": "small", "colour": "red" }), false),
        (json!({ "preset": "small", "values": { "nix": 1 } }), false),
        (json!({ "preset": "small", "values": { "walltime": 59 } }), false),
        (json!({ "preset": "small", "values": { "walltime": "90 min" } }), true),
        (json!({ "preset": "small", "values": { "walltime": "soon" } }), false),
        (json!({ "preset": "small", "values": { "share": "2" } }), true),
        (json!({ "preset": "small", "values": { "share": 7 } }), false),
        (json!({ "preset": "~node", "values": { "partition": "moon" } }), false),
        (json!({ "preset": "~node", "values": { "partition": "a100" } }), true),
        (json!({ "preset": "~node", "values": { "partition": "fat" } }), true),
        (json!({ "preset": "~node", "values": { "tools": ["git", "vim", "emacs"] } }), false),
        (json!({ "preset": "~node", "values": { "tools": ["", "gnu"] } }), true),
        (json!({ "preset": "~node", "values": { "cores": 65, "partition": "rome" } }), false),
        (json!({ "preset": "~node", "values": { "cores": 65, "partition": "gpu" } }), true),
        (json!({ "preset": "~node", "values": { "gpus": 1 } }), false),
        (json!({ "preset": "~node", "values": { "gpus": 1, "partition": "gpu" } }), true),
        (json!({ "preset": "~node", "values": { "colour": "blue" } }), true),
        // Which only the resolver can tell: wider, and `x-rules` says so.
        (json!({ "preset": "~node", "values": { "memory": "400GB" } }), true),
    ] {
        assert_eq!(whole.refuses(&sent).is_none(), fine, "{sent}: {:?}", whole.refuses(&sent));
    }
    let open =
        member.form(&content).cards.iter().find(|card| card.id.to_string() == "~node").unwrap().schema();
    let caps = &open["properties"]["values"]["x-rules"];
    assert_eq!(caps[0]["cap"], "memory <= 4GB * cores", "{caps}");
    let walltime = &open["properties"]["values"]["properties"]["walltime"];
    assert_eq!(
        (&walltime["minimum"], &walltime["maximum"], &walltime["x-maximum"], &walltime["default"]),
        (&json!(1800), &json!(28_800), &json!("8h"), &json!("3h"))
    );
    assert_eq!(walltime["x-because"].as_array().unwrap().len(), 2, "{walltime}");
}

fn value() -> impl Strategy<Value = (&'static str, Json)> {
    let word = |words: Vec<&'static str>| prop::sample::select(words);
    prop_oneof![
        word(vec!["rome", "gpu", "a100", "fat", "moon"]).prop_map(|name| ("partition", json!(name))),
        (0i64..140).prop_map(|n| ("cores", json!(n))),
        (0i64..140).prop_map(|n| ("cores", json!(format!(" {n:03}")))),
        (0i64..40).prop_map(|n| ("cpus", json!(n))),
        (0i64..6).prop_map(|n| ("gpus", json!(n))),
        (0i64..20).prop_map(|n| ("memory", json!(format!("{n} gb")))),
        (0i64..20).prop_map(|n| ("memory", json!(n * 1_000_000_000))),
        (0i64..30).prop_map(|n| ("walltime", json!(format!("{}min", n * 30)))),
        (0i64..14).prop_map(|n| ("walltime", json!(format!("{n}:30:00")))),
        (0i64..14).prop_map(|n| ("walltime", json!(format!("{n}h 30 minutes ")))),
        (0i64..14).prop_map(|n| ("walltime", json!(n * 3600))),
        (0i64..6).prop_map(|n| ("share", json!(n as f64 / 2.0))),
        (0i64..6).prop_map(|n| ("share", json!((n as f64 / 2.0).to_string()))),
        word(vec!["true", "false", "maybe"]).prop_map(|on| ("exclusive", json!(on))),
        any::<bool>().prop_map(|on| ("exclusive", json!(on))),
        "[a-z]{0,9}".prop_map(|text| ("account", json!(text))),
        "\\PC{0,3}".prop_map(|text| ("note", json!(text))),
        prop::sample::subsequence(vec!["", "git", "vim", "emacs"], 0..=4)
            .prop_shuffle()
            .prop_map(|some| ("tools", json!(some))),
        word(vec!["", "git", "gnu"]).prop_map(|one| ("tools", json!(one))),
        prop::sample::subsequence(vec!["gcc", "mpi", "intel"], 0..=3)
            .prop_map(|some| ("software", json!(some))),
        word(vec!["red", "blue"]).prop_map(|name| ("colour", json!(name))),
    ]
}

/// Requests to try: 5,000, or what a soak asks for.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(5_000)
}

#[test]
fn whatever_starts_the_schema_accepts() {
    let content = content(SITE);
    let groups = [&[][..], &["ai"], &["chem"], &["ai", "chem"]];
    let people: Vec<Somebody> = groups.iter().map(|groups| member(groups)).collect();
    let schemas: Vec<Compiled> =
        people.iter().map(|somebody| Compiled::of(&form_schema(&content, somebody))).collect();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: cases(),
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let (started, wider, refused) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let card = prop::sample::select(vec![Some("small"), Some("big"), Some("~node"), Some("~node"), None]);
    let cases_of = (0..people.len(), card, prop::collection::vec(value(), 0..3));
    runner
        .run(&cases_of, |(who, card, values)| {
            let values: serde_json::Map<String, Json> =
                values.into_iter().map(|(key, json)| (key.to_owned(), json)).collect();
            let sent = json!({ "preset": card, "values": values });
            let starts = people[who].starts(&content, &sent).is_ok();
            match (starts, schemas[who].refuses(&sent)) {
                (true, None) => started.set(started.get() + 1),
                (true, Some(why)) => prop_assert!(false, "{sent} starts, and the schema says: {why}"),
                (false, None) => wider.set(wider.get() + 1),
                (false, Some(_)) => refused.set(refused.get() + 1),
            }
            Ok(())
        })
        .unwrap();
    let (started, wider, refused) = (started.get(), wider.get(), refused.get());
    eprintln!("{started} start, {refused} are refused by both, {wider} by the resolver alone");
    assert!(started * 10 >= cases() * 3, "{started} of {} start", cases());
    assert!(refused > wider, "{refused} {wider}");
}

#[test]
fn a_text_of_a_job_script_is_one_word_here_too() {
    let loose = super::SITE.replace("pattern: \"[a-z][a-z0-9-]{0,19}\"", "pattern: \".*\"");
    let (content, somebody) = (content(&loose), somebody(&[]));
    let compiled = Compiled::of(&form_schema(&content, &somebody));
    for (text, fits) in [
        ("a b", false),
        ("a\\b", false),
        ("$a", false),
        ("a'", false),
        ("a]b", true),
        ("a-b", true),
        ("", true),
    ] {
        let sent = json!({ "preset": "~node", "values": { "job_name": text } });
        assert_eq!(compiled.refuses(&sent).is_none(), fits, "{text:?}");
        assert_eq!(somebody.starts(&content, &sent).is_ok(), fits, "{text:?}");
    }
}
