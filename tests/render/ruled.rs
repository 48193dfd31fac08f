//! Options that rules decide about: all of them without a script, what the script reads, and what a refusal leaves.

use jupyterhub_presets::effective::Content;
use serde_json::{Value as Json, json};

use super::page::{check_contract, part, plain, text};
use super::sites::{SITE, Visitor, sound_content};

const RULES: &str = "rules:
  whole: {when: {partition: rome}, then: {gpus: {absent: true}}, because: \"<b>no GPUs</b> & nobody's\"}
  feed: {when: {gpus: {min: 1}}, cap: \"cores <= 32 * gpus\", because: half a node}
";

fn ruled() -> Content {
    sound_content(&SITE.replace("presets:\n", &format!("{RULES}presets:\n")))
}

fn by_hand(html: &str) -> &str {
    &html[html.find("value=\"~node\"").expect("the open card")..]
}

/// What the script reads: of the open card its `slots`, of its profile the `rules`.
fn told(html: &str, what: &str) -> Json {
    let from = by_hand(html).split_once(&format!("data-{what}='")).expect("it is told").1;
    let escaped = from.split_once('\'').expect("it ends").0;
    serde_json::from_str(&plain(escaped)).expect("it is JSON")
}

#[test]
fn what_rules_take_away_now_can_be_chosen_together_with_what_brings_it_back() {
    let html = Visitor::of(&[]).named("bob").fragment(&ruled());
    check_contract(&html);
    let gpus = part(by_hand(&html), "name=\"o.~node.gpus?\"", "</div>");
    assert!(gpus.contains("<option value=\"\" selected>Automatic</option>"), "{gpus}");
    assert!(gpus.contains("<option value=\"2\">2 GPUs</option>"), "{gpus}");
    assert!(
        text(gpus).contains("Not with the other options as they are (the site: <b>no GPUs</b> & nobody's)"),
        "{}",
        text(gpus)
    );
    let cores = part(by_hand(&html), "name=\"o.~node.cores?\"", "</div>");
    assert!(text(cores).contains("1 to 128"), "{cores}");
}

#[test]
fn the_script_is_told_the_rules_and_nothing_in_them_is_markup() {
    let html = Visitor::of(&[]).named("bob").fragment(&ruled());
    let (rules, slots) = (told(&html, "rules"), told(&html, "slots"));
    assert_eq!(rules[0]["because"], "the site: <b>no GPUs</b> & nobody's");
    assert_eq!(rules[1]["cap"], json!({ "of": "gpus", "factor": 32, "per": 1, "most": true }));
    let keys: Vec<&str> =
        slots.as_array().unwrap().iter().map(|slot| slot["key"].as_str().unwrap()).collect();
    let place = |key| keys.iter().position(|other| *other == key);
    assert!(place("partition") < place("gpus") && place("gpus") < place("cores"), "{keys:?}");
    assert!(!html.contains("<b>"), "escaped");
}

#[test]
fn where_no_rule_says_anything_nothing_is_told() {
    let html = Visitor::of(&[]).named("bob").fragment(&sound_content(SITE));
    assert!(!html.contains("data-rules") && !html.contains("pz-limit"));
}

#[test]
fn after_a_refusal_the_rest_fits_what_was_typed() {
    let content = ruled();
    let visitor = Visitor::of(&[]).named("bob");
    let mut form = visitor.form(&content);
    let asked: std::collections::BTreeMap<String, Json> =
        [("partition", "gpu_a100"), ("gpus", "1"), ("cores", "64")]
            .map(|(key, value)| (key.to_owned(), json!(value)))
            .into();
    let offer = form.cards.iter_mut().find(|offer| offer.id.to_string() == "~node").unwrap();
    let faults = offer.answered(&asked).unwrap_err();
    offer.show_tried(&asked);
    let attempt = jupyterhub_presets::render::Attempt {
        card: Some("~node".to_owned()),
        typed: asked.iter().map(|(key, json)| (key.clone(), json.as_str().unwrap().to_owned())).collect(),
        faults,
        sentence: "Your server was not started.".to_owned(),
        ..Default::default()
    };
    let page = super::sites::page(Some(attempt));
    let html = jupyterhub_presets::render::fragment(&form, &page);
    check_contract(&html);
    let gpus = part(by_hand(&html), "name=\"o.~node.gpus?\"", "</div>");
    assert!(gpus.contains("<option value=\"1\" selected>"), "{gpus}");
    let cores = part(by_hand(&html), "name=\"o.~node.cores?\"", "</div>");
    assert!(cores.contains("64 is more than you may choose"), "{cores}");
    assert!(text(cores).contains("1 to 32 (the site: half a node)"), "{}", text(cores));
}

#[test]
fn several_values_are_ticked_and_help_stands_beside_them() {
    let site = SITE
        .replace("options:\n", "options:\n  tools: {type: multi, label: Tools, section: Software, link: \"https://example.org/tools\", choices: {a: {label: A, help: the first}, b: B}}\n")
        .replace("options: [", "options: [tools, ");
    let html = Visitor::of(&[]).named("bob").fragment(&sound_content(&site));
    check_contract(&html);
    let open = by_hand(&html);
    assert!(open.contains(r#"<p class="pz-section" role="heading" aria-level="4">Software</p>"#), "{open}");
    assert!(open.contains(r#"<input type="hidden" name="o.~node.tools*" value="">"#), "{open}");
    assert!(open.contains(r#"<input type="checkbox" name="o.~node.tools*" value="a"> <span>A <small>The first.</small></span>"#), "{open}");
    assert!(
        open.contains(r#"<a href="https://example.org/tools" rel="noopener">More about Tools</a>"#),
        "{open}"
    );
}
