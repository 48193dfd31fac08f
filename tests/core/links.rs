//! Links: what one alone starts, and what waits for somebody to press Start.

use jupyterhub_presets::config::yaml;
use jupyterhub_presets::effective::written;
use jupyterhub_presets::resolve::{Asked, Link, Refusal, resolve};
use serde_json::{Value as Json, json};

use super::{SITE, content, preset, sentence, somebody};

/// The site, with presets that wait for a press of Start.
fn site() -> String {
    let more = "presets:\n  costly: {title: Costly, owner: site, profile: node, confirm: true}\n  \
                theirs: {title: Theirs, owner: {group: physics}, profile: node, confirm: true}\n";
    SITE.replace("presets:\n", more)
}

fn by_link(preset: &str, link: &Json) -> Json {
    json!({ "preset": preset, "values": {}, "link": link })
}

#[test]
fn a_link_alone_starts_what_the_site_and_groups_offer_and_from_elsewhere_nothing_of_a_person() {
    let content = content(&site());
    let alice = somebody(&["physics"]);
    for (id, own, foreign) in [
        ("small", true, true),
        ("pytorch", true, true),
        ("~node", true, true),
        ("mine", true, false),
        ("costly", false, false),
        ("theirs", false, false),
    ] {
        for (link, starts) in [("own", own), ("foreign", foreign)] {
            let started = alice.starts(&content, &by_link(id, &json!(link)));
            assert_eq!(started.is_ok(), starts, "{id} by a link that is {link}: {started:?}");
        }
        assert!(alice.starts(&content, &preset(id)).is_ok(), "{id}: somebody pressed Start");
    }
}

#[test]
fn a_preset_at_a_version_waits_where_the_link_is_from_elsewhere() {
    let content = content(SITE);
    let (alice, card) = (somebody(&["physics"]), Some("pytorch".to_owned()));
    for (link, starts) in [("own", true), ("foreign", false)] {
        let asked = Asked::read(&by_link("pytorch@1", &json!(link))).unwrap();
        assert!(asked.pinned);
        // What the desk makes of it, once it has found that version.
        let asked = Asked { card: card.clone(), ..asked };
        assert_eq!(resolve(&content, &alice.form(&content), &asked).is_ok(), starts, "{link}");
    }
}

#[test]
fn an_earlier_version_does_not_get_past_what_the_preset_says_today() {
    let before = yaml::parse::<written::Site>(SITE, "site.yaml").unwrap().value.presets;
    let (id, before) = before.iter().find(|(id, _)| id.as_str() == "pytorch").unwrap();
    let today = content(&SITE.replace("    title: PyTorch\n", "    title: PyTorch\n    confirm: true\n"));
    let then = today.with_past(id, 1, before.clone());
    let alice = somebody(&["physics"]);
    assert!(!before.confirm && alice.starts(&then, &preset("pytorch")).is_ok());
    assert!(alice.starts(&then, &by_link("pytorch", &json!("own"))).is_err());
}

#[test]
fn a_link_without_a_preset_starts_no_default_that_waits() {
    let alice = somebody(&[]);
    let asked = json!({ "link": "own" });
    assert!(alice.starts(&content(&site()), &asked).is_ok());
    let costly = content(&site().replace("defaults: {preset: small}", "defaults: {preset: costly}"));
    assert!(alice.starts(&costly, &asked).is_err());
    assert!(alice.starts(&costly, &json!({})).is_ok());
}

#[test]
fn the_refusal_says_what_to_press() {
    let refused = somebody(&[]).starts(&content(&site()), &by_link("costly", &json!("own")));
    let Err(Refusal::Options { faults, .. }) = &refused else { panic!("{refused:?}") };
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    assert_eq!((fault.pointer.as_str(), fault.code), ("/preset", "confirm"));
    let told = "Your server was not started: a link alone does not start “Costly”. Press Start on this page.";
    assert_eq!(sentence(refused), told);
}

#[test]
fn where_a_link_is_from_is_one_of_two_words_or_nothing() {
    assert_eq!(Asked::read(&by_link("small", &json!(null))).unwrap().link, None);
    assert_eq!(Asked::read(&by_link("small", &json!("own"))).unwrap().link, Some(Link::Own));
    for odd in [json!(""), json!("Own"), json!("same-origin"), json!(true), json!(["own"]), json!({})] {
        let refused = Asked::read(&by_link("small", &odd));
        let Err(Refusal::Options { faults, .. }) = &refused else { panic!("{odd}: {refused:?}") };
        assert_eq!((faults[0].pointer.as_str(), faults[0].code), ("/link", "wrong-type"), "{odd}");
    }
}

#[test]
fn confirm_is_written_only_where_it_says_something() {
    let written = yaml::parse::<written::Site>(&site(), "site.yaml").unwrap().value.presets;
    let kept = |id: &str| json!(written.iter().find(|(key, _)| key.as_str() == id).unwrap().1);
    assert_eq!(kept("costly")["confirm"], json!(true));
    assert_eq!(kept("small").get("confirm"), None);
}
