//! What people are shown.

use jupyterhub_presets::catalogue::Value;
use jupyterhub_presets::effective::{CardId, Notice, State, Unknown};
use jupyterhub_presets::groups::Standing;
use serde_json::json;

use super::{SITE, content, content_as_kept, six, somebody, titles};

fn card(id: &str) -> CardId {
    CardId::read(id).unwrap()
}

#[test]
fn people_see_their_own_their_groups_and_the_sites_presets() {
    let content = content(SITE);
    let open = "Choose every option myself";
    let member = somebody(&["physics", "hpc", "elsewhere"]);
    assert_eq!(
        titles(&member.form(&content)),
        ["A small server", "My notes", "PyTorch", "A whole node", open]
    );
    let stranger = somebody(&[]).named("eve");
    assert_eq!(titles(&stranger.form(&content)), ["A small server", "A whole node", open]);
}

#[test]
fn the_chosen_card_is_what_was_used_last_else_the_default_else_the_first() {
    let content = content(SITE);
    let newcomer = somebody(&["physics"]);
    assert_eq!(newcomer.form(&content).chosen, Some(card("small")));
    let returning = somebody(&["physics"]).who_used("pytorch", &json!({ "walltime": "3h", "cores": 99 }));
    let form = returning.form(&content);
    assert_eq!((form.chosen.clone(), form.last_used.clone()), (Some(card("pytorch")), Some(card("pytorch"))));
    assert_eq!(form.cards[0].id, card("pytorch"));
    let value = |key: &str| {
        form.cards[0].fields.iter().find(|field| field.opt.key.as_str() == key).unwrap().value.clone()
    };
    assert_eq!(value("walltime"), Value::Amount(3 * 3600));
    assert_eq!(value("cores"), Value::Amount(18), "what the card does not ask is not recalled");
    let without_default = content_as_kept(&SITE.replace("defaults: {preset: small}", ""));
    assert_eq!(somebody(&[]).form(&without_default).chosen, Some(card("mine")));
}

#[test]
fn a_preset_of_a_group_left_is_not_the_last_used_any_more() {
    let content = content(SITE);
    let left = somebody(&["hpc"]).who_used("pytorch", &json!({}));
    let form = left.form(&content);
    assert_eq!((form.chosen, form.last_used), (Some(card("small")), None));
}

#[test]
fn a_groups_card_is_trimmed_by_its_group_and_the_sites_by_the_page() {
    let content = content(SITE);
    let member = somebody(&["physics", "hpc"]);
    let form = member.form(&content);
    let field = |id: &str, key: &str| {
        let card = form.card(&card(id)).unwrap();
        card.fields.iter().find(|field| field.opt.key.as_str() == key).unwrap().clone()
    };
    assert_eq!(form.context, None, "two groups and nothing used yet");
    assert_eq!(field("pytorch", "share").value, Value::Amount(2_000_000));
    assert_eq!(field("small", "share").value, Value::Amount(1_000_000));
    assert!(field("pytorch", "exclusive").hidden && !field("small", "exclusive").hidden);
    let partition = field("pytorch", "partition");
    assert_eq!(partition.allowed.describe(&partition.opt.kind), "AMD Rome or NVIDIA A100");
    let only = somebody(&["physics"]);
    let form = only.form(&content);
    assert_eq!(form.context.map(|acting| acting.context().to_string()).as_deref(), Some("physics"));
    // Physics hides “whole node”, which makes “no” a constant: a choice that is gone, so nothing starts.
    let gone = "the whole node “yes” is not available to you (Physics: never needed)".to_owned();
    assert_eq!(form.card(&card("whole")).unwrap().state, State::Unavailable(gone));
}

#[test]
fn a_policy_holds_in_every_context_and_a_simplification_only_in_its_own() {
    let content = content(SITE);
    let both = somebody(&["physics", "chemistry"]).named("bob");
    let form = both.form(&content);
    for id in ["small", "pytorch", "~node"] {
        let card = form.card(&card(id)).unwrap();
        let cores = card.fields.iter().find(|field| field.opt.key.as_str() == "cores").unwrap();
        assert!(!cores.allowed.contains(&cores.opt.kind, &Value::Amount(9)), "{id}: {:?}", cores.allowed);
    }
    let State::Adjusted(changes) = &form.card(&card("pytorch")).unwrap().state else {
        panic!("18 cores are too many")
    };
    assert_eq!(changes, &["CPU cores: 8 cores instead of 18 cores (Chemistry: a shared node)"]);
}

#[test]
fn a_choice_that_is_gone_leaves_the_preset_visible_and_says_why() {
    let site = SITE
        .replace("genoa: AMD Genoa, gpu: NVIDIA A100", "genoa: AMD Genoa")
        .replace("[rome, gpu]", "[rome]");
    let content = content_as_kept(&site);
    let member = somebody(&["physics"]).who_used("pytorch", &json!({}));
    let form = member.form(&content);
    let why = "the partition “gpu” is no longer available".to_owned();
    assert_eq!(form.card(&card("pytorch")).unwrap().state, State::Unavailable(why.clone()));
    assert_eq!(form.chosen, Some(card("small")));
    let instead = Some("A small server".to_owned());
    assert_eq!(
        form.notices,
        [Notice::Broken { title: "PyTorch".to_owned(), reason: why, instead, used: true }]
    );
}

#[test]
fn a_directory_that_does_not_answer_is_told_not_hidden() {
    let content = content(SITE);
    let stale = somebody(&["physics"]).while_ldap_is(Standing::Stale);
    assert_eq!(stale.form(&content).notices, [Notice::GroupsStale { checked_at: six() }]);
    assert!(titles(&stale.form(&content)).contains(&"PyTorch".to_owned()));
    let unknown = somebody(&[]).named("eve").while_ldap_is(Standing::Unknown);
    assert_eq!(unknown.form(&content).notices, [Notice::GroupsUnknown { refused: false }]);
    assert_eq!(unknown.form(&content).chosen, Some(card("small")));
    let mut refused = somebody(&[]).named("eve").while_ldap_is(Standing::Unknown);
    refused.unknown = Unknown::Refuse;
    let form = refused.form(&content);
    assert_eq!((form.cards.len(), form.chosen.clone()), (0, None));
    assert_eq!(form.notices, [Notice::GroupsUnknown { refused: true }]);
}

#[test]
fn somebody_without_presets_is_given_every_option() {
    let bare = SITE.split("presets:").next().unwrap().to_owned();
    let content = content(&bare);
    let newcomer = somebody(&[]);
    let form = newcomer.form(&content);
    assert_eq!(form.chosen, Some(card("~node")));
    assert_eq!(form.notices, [Notice::NoPresets]);
    assert_eq!(form.cards[0].fields.iter().filter(|field| field.editable).count(), 7);
}
