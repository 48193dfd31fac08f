//! What people set for themselves: it changes what they see first, and never what they may start.

use jupyterhub_presets::effective::{CardId, Notice};
use jupyterhub_presets::presets::Preferences;
use serde_json::{Value as Json, json};

use super::{SITE, content, content_as_kept, preset, sentence, somebody, titles};

const OPEN: &str = "Choose every option myself";

fn chosen(of: &super::Somebody, content: &jupyterhub_presets::effective::Content) -> Option<String> {
    of.form(content).chosen.as_ref().map(CardId::to_string)
}

#[test]
fn the_order_is_the_persons_and_the_rest_follows_as_the_site_has_it() {
    let content = content(SITE);
    let plain = somebody(&["physics"]);
    assert_eq!(
        titles(&plain.form(&content)),
        ["A small server", "My notes", "PyTorch", "A whole node", OPEN]
    );
    let sorted = somebody(&["physics"]).who_prefers(&json!({ "order": ["~node", "gone", "whole", "mine"] }));
    assert_eq!(
        titles(&sorted.form(&content)),
        ["A small server", OPEN, "A whole node", "My notes", "PyTorch"],
        "what Enter starts stands first all the same"
    );
}

#[test]
fn ones_own_default_comes_before_last_used_and_the_sites() {
    let content = content(SITE);
    let used = somebody(&["physics"]).who_used("mine", &json!({}));
    assert_eq!(chosen(&used, &content).as_deref(), Some("mine"));
    let own = used
        .who_prefers(&json!({ "default": "pytorch", "servers": { "night": "whole", "by-hand": "~node" } }));
    let form = own.form(&content);
    assert_eq!(form.chosen, CardId::read("pytorch"));
    assert_eq!(form.cards[0].title, "PyTorch");
    assert_eq!(form.last_used, CardId::read("mine"));
    assert_eq!(chosen(&own.on("by-hand"), &content).as_deref(), Some("~node"));
}

#[test]
fn a_server_has_a_default_of_its_own() {
    let content = content(SITE);
    let person = |server| {
        somebody(&["hpc"])
            .who_prefers(&json!({ "default": "mine", "servers": { "night": "~node" } }))
            .on(server)
    };
    for (server, expected) in [("", "mine"), ("day", "mine"), ("night", "~node")] {
        assert_eq!(chosen(&person(server), &content).as_deref(), Some(expected), "{server:?}");
        let started = person(server).starts(&content, &json!({})).unwrap();
        assert_eq!(started.card.to_string(), expected, "{server:?}");
        assert!(started.changes.is_empty());
    }
}

#[test]
fn what_is_hidden_is_not_shown_and_starts_all_the_same() {
    let content = content(SITE);
    let person = somebody(&["physics"]).who_prefers(&json!({ "hidden": ["pytorch", "small", "gone"] }));
    let form = person.form(&content);
    assert_eq!(titles(&form), ["My notes", "A whole node", OPEN]);
    assert!(
        form.put_away.iter().all(|card| form.card(&card.id).is_none() && form.offered(&card.id).is_some())
    );
    assert_eq!(person.starts(&content, &preset("pytorch")).unwrap().card.to_string(), "pytorch");
    assert_eq!(person.starts(&content, &json!({})).unwrap().card.to_string(), "small", "the site's default");
    let left = somebody(&["hpc"]).who_prefers(&json!({ "hidden": ["pytorch"] }));
    assert!(sentence(left.starts(&content, &preset("pytorch"))).contains("no preset “pytorch” for you"));
}

#[test]
fn what_is_hidden_is_not_chosen_for_having_been_used() {
    let content = content(SITE);
    let person =
        somebody(&["physics"]).who_used("pytorch", &json!({})).who_prefers(&json!({ "hidden": ["pytorch"] }));
    let form = person.form(&content);
    assert_eq!((form.chosen.clone(), form.last_used.clone()), (CardId::read("small"), None));
}

#[test]
fn somebody_who_hid_everything_is_shown_everything() {
    let content = content(SITE);
    let person = somebody(&["hpc"]).who_prefers(&json!({ "hidden": ["small", "whole", "mine", "~node"] }));
    assert_eq!(person.form(&content).cards.len(), 4);
}

#[test]
fn a_default_that_cannot_start_gives_way_to_the_sites_and_says_so() {
    let site = SITE
        .replace("genoa: AMD Genoa, gpu: NVIDIA A100", "genoa: AMD Genoa")
        .replace("[rome, gpu]", "[rome]");
    let content = content_as_kept(&site);
    let person = somebody(&["physics"]).who_prefers(&json!({ "default": "pytorch" }));
    let form = person.form(&content);
    assert_eq!(form.chosen, CardId::read("small"));
    let [Notice::Broken { title, used: false, instead: Some(instead), .. }] = form.notices.as_slice() else {
        panic!("{:?}", form.notices)
    };
    assert_eq!((title.as_str(), instead.as_str()), ("PyTorch", "A small server"));
    let started = person.starts(&content, &json!({})).unwrap();
    assert_eq!(started.card.to_string(), "small");
    let why = "your default “PyTorch” can't start (the partition “gpu” is no longer available), so “A small server” was started";
    assert_eq!(started.changes, [why]);
}

#[test]
fn a_default_that_is_gone_gives_way_to_the_sites_and_says_so() {
    let content = content(SITE);
    let person = somebody(&["hpc"]).who_prefers(&json!({ "default": "pytorch" }));
    assert_eq!(person.form(&content).chosen, CardId::read("small"));
    let started = person.starts(&content, &json!({})).unwrap();
    assert_eq!(started.card.to_string(), "small");
    assert_eq!(
        started.changes,
        ["your default “pytorch” is no longer there, so “A small server” was started"]
    );
    assert!(person.starts(&content, &preset("small")).unwrap().changes.is_empty());
}

#[test]
fn where_the_site_has_no_default_nothing_stands_in_for_ones_own() {
    let content = content_as_kept(&SITE.replace("defaults: {preset: small}", ""));
    let gone = somebody(&["hpc"]).who_prefers(&json!({ "default": "pytorch" }));
    assert!(
        sentence(gone.starts(&content, &json!({}))).contains("Your default “pytorch” is no longer there")
    );
    let there = somebody(&["physics"]).who_prefers(&json!({ "default": "pytorch" }));
    assert_eq!(there.starts(&content, &json!({})).unwrap().card.to_string(), "pytorch");
}

fn faults(new: &Json, before: &Json) -> Vec<(String, &'static str)> {
    let visible = |id: &str| ["small", "mine", "~node"].contains(&id);
    let faults = Preferences::kept(new).faults(&Preferences::kept(before), visible);
    faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
}

#[test]
fn only_what_one_can_see_is_newly_named_and_what_was_named_before_stays() {
    let new = json!({ "default": "small", "order": ["mine", "secret"], "hidden": ["~node", "elsewhere"], "servers": { "a/b": "nope" } });
    let unknown = |at: &str| (at.to_owned(), "unknown");
    assert_eq!(
        faults(&new, &json!({})),
        [unknown("/servers/a~1b"), unknown("/order/1"), unknown("/hidden/1")]
    );
    let before = json!({ "hidden": ["secret", "nope", "elsewhere"] });
    assert_eq!(faults(&new, &before), []);
}

#[test]
fn preferences_are_bounded_and_hold_no_contradiction() {
    let many: Vec<String> = (0..257).map(|n| format!("p{n}")).collect();
    assert_eq!(faults(&json!({ "order": many }), &json!({})), [("/order".to_owned(), "too-many")]);
    assert_eq!(faults(&json!({ "order": many[1..] }), &json!({ "hidden": many })), []);
    let servers: serde_json::Map<String, Json> = (0..65).map(|n| (format!("s{n}"), json!("mine"))).collect();
    assert_eq!(faults(&json!({ "servers": servers }), &json!({})), [("/servers".to_owned(), "too-many")]);
    assert_eq!(
        faults(&json!({ "order": ["mine", "mine"] }), &json!({})),
        [("/order/1".to_owned(), "duplicate")]
    );
    let hidden = json!({ "default": "mine", "servers": { "a": "small" }, "hidden": ["mine", "small"] });
    assert_eq!(
        faults(&hidden, &json!({})),
        [("/default".to_owned(), "hidden"), ("/servers/a".to_owned(), "hidden")]
    );
    let long = "x".repeat(256);
    let odd = json!({ "servers": { "": "mine", long: "mine" } });
    assert_eq!(faults(&odd, &json!({})).len(), 2);
}

#[test]
fn what_cannot_be_read_any_more_was_never_set() {
    for document in [json!(null), json!([]), json!({ "order": "mine" }), json!("x")] {
        assert_eq!(Preferences::kept(&document), Preferences::default(), "{document}");
    }
    let newer = Preferences::kept(&json!({ "default": "mine", "colour": "blue" }));
    assert_eq!(newer.default.as_deref(), Some("mine"), "a newer version may keep more");
}
