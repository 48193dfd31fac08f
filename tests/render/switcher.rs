//! What the form is for: said and posted, with a link to each of what it could be for instead.

use chrono::{DateTime, Utc};
use jupyterhub_presets::effective::Form;
use jupyterhub_presets::render::{Page, fragment};

use super::page::{Tag, check_contract, part, tags, text};
use super::sites::{SITE, Visitor, page, sound_content};

const RUNNING: &str = "events:
  school:
    {title: AI School, kind: course, zone: UTC, from: 2026-11-23T09:00, to: 2026-11-24T17:00,
     audiences: {participant: {names: [erin]}}}
  hack:
    {title: Hack Week, kind: hackathon, zone: UTC, from: 2026-11-23T09:00, to: 2026-11-24T17:00,
     audiences: {participant: {names: [erin]}}}
presets:
";

fn links(html: &str) -> Vec<Tag> {
    tags(html)
        .into_iter()
        .filter(|tag| tag.name == "a" && tag.get("href").is_some_and(|href| href.starts_with('?')))
        .collect()
}

fn hrefs(html: &str) -> Vec<String> {
    links(html).iter().filter_map(|tag| tag.get("href").map(ToOwned::to_owned)).collect()
}

/// The link to what it is for now.
fn current(html: &str) -> Vec<String> {
    let links = links(html);
    let current = links.iter().filter(|tag| tag.get("aria-current") == Some("true"));
    current.filter_map(|tag| tag.get("href").map(ToOwned::to_owned)).collect()
}

fn posted(html: &str) -> Option<String> {
    let tags = tags(html);
    let field = tags.iter().find(|tag| tag.get("name") == Some("pz_context"))?;
    field.get("value").map(ToOwned::to_owned)
}

fn shown(form: &Form<'_>, keep: &str) -> String {
    fragment(form, &Page { keep: Some(keep.to_owned()), ..page(None) })
}

#[test]
fn who_could_act_in_several_finds_a_link_to_each_and_to_none() {
    let content = sound_content(SITE);
    let visitor = Visitor::of(&["physics", "stats"]);
    for (wished, said, href) in [
        ("physics", "For Physics group Change", "?context=physics"),
        ("stats", "For Statistics users group Change", "?context=stats"),
        ("", "For nothing in particular Change", "?context="),
    ] {
        let visitor = Visitor::of(&["physics", "stats"]).acting_in(wished);
        let html = visitor.fragment(&content);
        check_contract(&html);
        assert!(text(&html).starts_with(said), "{}", text(&html));
        assert_eq!(hrefs(&html), ["?context=physics", "?context=stats", "?context="]);
        assert_eq!((current(&html), posted(&html).as_deref()), (vec![href.to_owned()], Some(wished)));
        assert!(
            !part(&html, "<details class=\"pz-for\"", "</details>").contains(" open"),
            "one line, until it is wanted"
        );
    }
    assert_eq!(posted(&visitor.fragment(&content)).as_deref(), Some(""));
}

#[test]
fn who_could_act_in_one_finds_no_links_and_nobody_s_member_nothing_at_all() {
    let content = sound_content(SITE);
    let one = Visitor::of(&["physics"]).fragment(&content);
    assert_eq!((hrefs(&one), posted(&one).as_deref()), (vec![], Some("physics")));
    let none = Visitor::of(&[]).fragment(&content);
    assert_eq!((hrefs(&none), posted(&none)), (vec![], None));
}

#[test]
fn where_no_group_changes_anything_there_is_nothing_to_switch() {
    // What is left of Physics is a policy, and holds wherever they act.
    let plain = SITE.replace("      jobname: {hidden: true, because: accounting names the jobs}\n", "");
    let html = Visitor::of(&["physics", "stats"]).fragment(&sound_content(&plain));
    assert_eq!((hrefs(&html), posted(&html).as_deref()), (vec![], Some("")));
}

#[test]
fn while_two_events_run_the_links_stand_open_and_nothing_is_decided() {
    let content = sound_content(&SITE.replace("presets:\n", RUNNING));
    let monday: DateTime<Utc> = "2026-11-23T10:00:00Z".parse().expect("an instant");
    let html = Visitor::of(&[]).named("erin").at(monday).fragment(&content);
    assert!(html.contains("<details class=\"pz-for\" open>"), "{html}");
    assert_eq!(hrefs(&html), ["?context=event:hack", "?context=event:school", "?context="]);
    assert_eq!(posted(&html), None);
    assert!(!html.contains(" checked"), "{html}");
    // Enter presses the first, which starts nothing.
    let first = tags(&html).into_iter().find(|tag| tag.name == "button").expect("a button");
    assert!(!first.has("name") && first.get("type") == Some("submit"), "{first:?}");
    assert!(text(&html).contains("AI School course") && text(&html).contains("Hack Week hackathon"));
    let chosen = Visitor::of(&[]).named("erin").at(monday).acting_in("event:hack").fragment(&content);
    assert_eq!(
        (current(&chosen), posted(&chosen).as_deref()),
        (vec!["?context=event:hack".to_owned()], Some("event:hack"))
    );
}

#[test]
fn what_else_stands_in_the_address_stays_there() {
    let content = sound_content(SITE);
    let visitor = Visitor::of(&["physics", "stats"]);
    let html = shown(&visitor.form(&content), "next=%2Fhub%2Fhome&display_name=a");
    let expected =
        ["physics", "stats", ""].map(|key| format!("?context={key}&next=%2Fhub%2Fhome&display_name=a"));
    assert_eq!(hrefs(&html), expected);
    assert_eq!(hrefs(&shown(&visitor.form(&content), ""))[0], "?context=physics");
}
