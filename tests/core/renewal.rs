//! Content with a few presets changed is the content as it would be read anew.

use std::collections::BTreeMap;

use jupyterhub_presets::catalogue::Key;
use jupyterhub_presets::effective::{Content, written};
use jupyterhub_presets::presets::written::Preset;
use jupyterhub_presets::presets::{Owner, draft::Draft};
use proptest::prelude::*;
use serde_json::json;

use super::{SITE, yaml};

type Presets = BTreeMap<Key, (i64, Preset)>;

fn read(site: &written::Site, presets: &Presets, revision: i64) -> Content {
    let mut site = site.clone();
    site.presets = presets.iter().map(|(id, (_, preset))| (id.clone(), preset.clone())).collect();
    let versions = presets.iter().map(|(id, (version, _))| (id.clone(), *version)).collect();
    Content::check(&site, revision, &versions).0
}

fn key(text: &str) -> Key {
    text.try_into().unwrap()
}

fn owner() -> impl Strategy<Value = Owner> {
    prop_oneof![
        Just(Owner::Site),
        prop::sample::select(vec!["physics", "chemistry", "gone"]).prop_map(|group| Owner::Group(key(group))),
        prop::sample::select(vec!["alice", "bob"]).prop_map(|name| Owner::User(name.try_into().unwrap())),
    ]
}

/// By id: whose it is now and what it asks for, or that it goes.
fn changes() -> impl Strategy<Value = BTreeMap<Key, Option<(Owner, i64)>>> {
    let id = prop::sample::select(vec!["a", "mine", "pytorch", "whole", "z", "0"]).prop_map(key);
    prop::collection::btree_map(id, prop::option::weighted(0.7, (owner(), 0i64..200)), 0..4)
}

proptest! {
    // A failure is told with its input; nothing is written into the tree.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_few_changes_lead_where_reading_anew_does(rounds in prop::collection::vec(changes(), 1..5)) {
        let site = yaml::parse::<written::Site>(SITE, "site.yaml").unwrap().value;
        let mut presets: Presets = site.presets.iter().map(|(id, preset)| (id.clone(), (1, preset.clone()))).collect();
        let mut content = read(&site, &presets, 1);
        for (n, round) in rounds.into_iter().enumerate() {
            let revision = n as i64 + 2;
            let mut changed = Vec::new();
            for (id, change) in round {
                let new = change.map(|(owner, cores)| {
                    let draft = Draft {
                        title: format!("{id} {cores}"),
                        description: None,
                        owner,
                        profile: "node".to_owned(),
                        values: [("walltime".to_owned(), json!("1h"))].into(),
                        ask: BTreeMap::new(),
                        audiences: vec![],
                        confirm: false,
                    };
                    let mut preset = draft.read(&id, &content.catalogue).unwrap().written;
                    // Also what does not fit, and is kept all the same.
                    preset.values = [(key("cores"), json!(cores))].into_iter().collect();
                    (revision, preset)
                });
                match &new {
                    Some(new) => drop(presets.insert(id.clone(), new.clone())),
                    None => drop(presets.remove(&id)),
                }
                changed.push((id, new));
            }
            content = content.with_presets(revision, changed).0;
            prop_assert_eq!(&content, &read(&site, &presets, revision));
        }
    }
}
