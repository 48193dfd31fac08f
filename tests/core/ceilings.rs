//! What people save stays within the limits of whoever it is for, whatever they try.

use std::cell::Cell;
use std::collections::BTreeMap;

use jupyterhub_presets::catalogue::{Allowed, Key};
use jupyterhub_presets::effective::{CardId, Content, written};
use jupyterhub_presets::presets::Owner;
use jupyterhub_presets::presets::draft::Draft;
use jupyterhub_presets::presets::written::Ask;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value as Json, json};

use super::{SITE, Somebody, content, somebody, yaml};

fn key(text: &str) -> Key {
    text.try_into().unwrap()
}

fn value() -> impl Strategy<Value = (String, Json)> {
    let own = |name: &str, json: Json| (name.to_owned(), json);
    prop_oneof![
        4 => (0i64..140).prop_map(move |cores| own("cores", json!(cores))),
        3 => (0i64..30).prop_map(move |halves| own("walltime", json!(format!("{}min", halves * 30)))),
        2 => prop::sample::select(vec!["rome", "genoa", "gpu", "fat"]).prop_map(move |name| own("partition", json!(name))),
        1 => prop::sample::select(vec!["0.5", "2", "3"]).prop_map(move |share| own("share", json!(share))),
        1 => any::<bool>().prop_map(move |on| own("exclusive", json!(on))),
    ]
}

fn ask() -> impl Strategy<Value = (String, Ask)> {
    let bound = |name: &str, ask: Ask| (name.to_owned(), ask);
    prop_oneof![
        2 => prop::sample::select(vec!["cores", "walltime", "partition", "exclusive", "memory"]).prop_map(move |name| bound(name, Ask::default())),
        2 => (0i64..140).prop_map(move |max| bound("cores", Ask { max: Some(json!(max)), ..Ask::default() })),
        1 => (0i64..15).prop_map(move |max| bound("walltime", Ask { max: Some(json!(format!("{max}h"))), ..Ask::default() })),
        1 => prop::sample::subsequence(vec!["rome", "genoa", "gpu"], 1..=3).prop_map(move |only| bound("partition", Ask { only: Some(only.into_iter().map(Json::from).collect()), ..Ask::default() })),
    ]
}

fn draft(owner: Owner) -> impl Strategy<Value = Draft> {
    (prop::collection::vec(value(), 0..3), prop::collection::vec(ask(), 0..3)).prop_map(
        move |(values, ask)| Draft {
            title: "New".to_owned(),
            description: None,
            owner: owner.clone(),
            profile: "node".to_owned(),
            values: values.into_iter().collect(),
            ask: ask.into_iter().collect(),
            audiences: vec![],
            confirm: false,
        },
    )
}

/// The site with one more preset, as it is published once it was saved.
fn published(site: &written::Site, preset: &jupyterhub_presets::presets::written::Preset) -> Content {
    let mut site = site.clone();
    let new = [(key("new"), preset.clone())];
    site.presets = site.presets.iter().map(|(id, preset)| (id.clone(), preset.clone())).chain(new).collect();
    Content::check(&site, 1, &BTreeMap::new()).0
}

/// Tries drafts of `owner`, and holds each one that is saved to what `person` may choose by hand in
/// `by_hand`. Returns how many were saved, and how many refused.
fn saved_within(
    owner: Owner,
    person: &Somebody,
    site: &str,
    holds: impl Fn(&Content, &Content) -> Result<(), TestCaseError>,
) -> (u32, u32) {
    let before = content(site);
    let site = yaml::parse::<written::Site>(site, "site.yaml").unwrap().value;
    let (saved, refused) = (Cell::new(0), Cell::new(0));
    let config = ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&draft(owner), |draft| {
            let fits = draft.read(&key("new"), &before.catalogue).ok().filter(|understood| {
                before.overreach(&understood.preset, &before.groups_of(&person.membership)).is_empty()
            });
            match fits {
                None => refused.set(refused.get() + 1),
                Some(understood) => {
                    saved.set(saved.get() + 1);
                    holds(&before, &published(&site, &understood.written))?;
                }
            }
            Ok(())
        })
        .unwrap();
    (saved.get(), refused.get())
}

/// Each field of the card `new` of `person` is inside the same field of one of the others.
fn inside_another(
    person: &Somebody,
    content: &Content,
    which: impl Fn(&CardId) -> bool,
) -> Result<(), TestCaseError> {
    let form = person.form(content);
    let new = form.card(&CardId::Preset(key("new"))).expect("it is theirs");
    let inside =
        form.cards.iter().filter(|card| which(&card.id) && card.profile.key == new.profile.key).any(|card| {
            new.fields.iter().all(|field| {
                let other =
                    card.fields.iter().find(|other| other.opt.key == field.opt.key).expect("one profile");
                let values = field.allowed.listed(1_000).unwrap_or_default();
                let same = matches!(
                    (&field.allowed, &other.allowed),
                    (Allowed::Matching { .. }, Allowed::Matching { .. })
                );
                same || !values.is_empty()
                    && values.iter().all(|value| other.allowed.contains(&other.opt.kind, value))
            })
        });
    prop_assert!(inside, "{new:#?}");
    Ok(())
}

fn open(id: &CardId) -> bool {
    matches!(id, CardId::Open(_))
}

#[test]
fn what_a_manager_saves_no_member_could_not_choose_by_hand() {
    let member = somebody(&["physics"]);
    let (saved, refused) = saved_within(Owner::Group(key("physics")), &member, SITE, |_, after| {
        // The group's own limits are what they were: a preset is none.
        inside_another(&member, after, open)
    });
    assert!(saved > 60 && refused > 60, "{saved} saved, {refused} refused");
}

#[test]
fn what_a_person_saves_they_could_choose_by_hand() {
    for groups in [&["physics"][..], &["physics", "chemistry"], &["hpc"], &[]] {
        let person = somebody(groups);
        let (saved, refused) = saved_within(Owner::User(person.name.clone()), &person, SITE, |_, after| {
            inside_another(&person, after, open)
        });
        assert!(saved > 50 && refused > 50, "{groups:?}: {saved} saved, {refused} refused");
    }
}

#[test]
fn where_nothing_is_chosen_by_hand_a_preset_of_ones_own_gives_no_more_than_those_offered() {
    let closed = SITE.replace("node: {title: A node,", "node: {title: A node, open: false,");
    for groups in [&["physics"][..], &["physics", "hpc"], &[]] {
        let person = somebody(groups);
        let (saved, refused) =
            saved_within(Owner::User(person.name.clone()), &person, &closed, |_, after| {
                // `mine` is alice's own in the site file, `new` is what she saved.
                inside_another(&person, after, |id| {
                    ![key("new"), key("mine")].map(CardId::Preset).contains(id)
                })
            });
        assert!(saved > 6 && refused > 60, "{groups:?}: {saved} saved, {refused} refused");
    }
}
