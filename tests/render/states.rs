//! Each state the page can be in, as a snapshot and by what must never be otherwise.

use chrono::{TimeZone as _, Utc};
use insta::assert_snapshot;
use jupyterhub_presets::effective::Notice;
use jupyterhub_presets::groups::Standing;
use jupyterhub_presets::render::{Attempt, assets, fragment};
use serde_json::json;

use super::page::{check_contract, part, text, without_assets};
use super::sites::{SITE, Visitor, content, page, sound_content};

/// The contract holds, and this is what it looks like.
fn shown(html: &str) -> String {
    check_contract(html);
    without_assets(html)
}

#[test]
fn somebody_who_returns_finds_what_they_used_chosen_and_focused() {
    let content = sound_content(SITE);
    let visitor = Visitor::of(&["physics"]).named("bea").who_used("pytorch", json!({"walltime": "2h"}));
    let html = visitor.fragment(&content);
    assert_snapshot!(shown(&html));
    let tags = check_contract(&html);
    let chosen = tags.iter().find(|tag| tag.has("checked")).expect("one is chosen");
    assert_eq!(chosen.get("value"), Some("pytorch"));
    assert!(chosen.has("autofocus"));
    assert!(text(&html).contains("PyTorch on 1 GPU Last used From group Physics"), "{}", text(&html));
    assert!(html.contains(r#"<option value="2h" selected>2 h</option>"#), "the value they chose last time");
}

#[test]
fn somebody_in_several_groups_sees_which_card_comes_from_which() {
    let content = sound_content(SITE);
    let html = Visitor::of(&["physics", "stats"]).fragment(&content);
    assert_snapshot!(shown(&html));
    let text = text(&html);
    assert!(text.contains("PyTorch on 1 GPU From group Physics"), "{text}");
    assert!(text.contains("R and RStudio From group Statistics users"), "{text}");
}

#[test]
fn somebody_without_presets_gets_the_options_at_once() {
    let bare = SITE.split("presets:\n").next().expect("the part before");
    let html = Visitor::of(&[]).fragment(&sound_content(bare));
    assert_snapshot!(shown(&html));
    let text = text(&html);
    assert!(text.contains("Choose the options of your server"), "{text}");
    assert!(text.ends_with("You have no presets yet."), "{text}");
}

#[test]
fn where_there_is_nothing_at_all_the_page_says_so() {
    let closed = SITE.replace("title: One node", "title: One node\n    open: false");
    let bare = closed.split("presets:\n").next().expect("the part before");
    let html = Visitor::of(&[]).fragment(&sound_content(bare));
    assert!(check_contract(&html).iter().all(|tag| tag.name != "button" && tag.name != "fieldset"));
    assert_eq!(
        text(&html),
        "There is nothing here for you to start yet. You are in none of the groups of this site. Ask whoever looks after this hub."
    );
}

#[test]
fn what_cannot_start_is_shown_but_never_chosen() {
    let broken = SITE
        .replace("values: {partition: rome, cores: 16, memory: 28GB}", "values: {partition: fat, cores: 16}");
    let html = Visitor::of(&[]).named("bob").fragment(&content(&broken));
    assert_snapshot!(shown(&html));
    let tags = check_contract(&html);
    let radio = tags.iter().find(|tag| tag.get("value") == Some("rome-16")).expect("still there");
    assert!(radio.has("disabled") && !radio.has("checked"), "{radio:?}");
    assert!(!tags.iter().any(|tag| tag.name == "button" && tag.get("value") == Some("rome-16")));
    let text = text(&html);
    assert!(
        text.contains(
            "Your default, Rome CPU, 16 cores , can’t start: the partition “fat” is no longer available. We chose"
        ),
        "{text}"
    );
    assert!(text.contains("Not available The partition “fat” is no longer available."), "{text}");
}

#[test]
fn what_was_used_last_and_broke_is_not_called_a_default() {
    let broken = SITE.replace("walltime: 4h, software: torch}", "walltime: 4h, software: tf}");
    let visitor = Visitor::of(&["physics"]).named("bea").who_used("pytorch", json!({}));
    let text = text(&visitor.fragment(&content(&broken)));
    assert!(text.contains("What you used last, PyTorch on 1 GPU , can’t start: the software “tf”"), "{text}");
}

#[test]
fn a_stale_directory_is_told_with_its_time() {
    let at = Utc.with_ymd_and_hms(2026, 9, 14, 6, 12, 33).single().expect("an instant");
    let visitor = Visitor::of(&["physics"]).with_directory(Standing::Stale, Some(at));
    let html = visitor.fragment(&sound_content(SITE));
    check_contract(&html);
    assert_snapshot!(part(&html, "<div class=\"pz-note\"", "</div>"));
    assert!(html.contains(r#"<time datetime="2026-09-14T06:12:33Z">06:12 UTC</time>"#));
}

#[test]
fn without_the_database_the_page_says_before_all_else_that_nothing_starts() {
    let content = sound_content(SITE);
    let at = Utc.with_ymd_and_hms(2026, 9, 14, 6, 12, 33).single().expect("an instant");
    let visitor = Visitor::of(&["physics"]).with_directory(Standing::Stale, Some(at));
    let shown = |contact: Option<String>| {
        let mut form = visitor.form(&content);
        form.notices.insert(0, Notice::ContentStale { as_of: at, contact });
        fragment(&form, &page(None))
    };
    let html = shown(content.contact.clone());
    check_contract(&html);
    let note = part(&html, "<div class=\"pz-note\"", "</div>");
    assert!(note.contains(r#"<time datetime="2026-09-14T06:12:33Z">06:12 UTC</time>"#), "{note}");
    let begins = "None of this can be started just now, because the database is not answering. \
                  What you see here is as of 06:12 UTC";
    assert!(text(&html).starts_with(begins), "{}", text(&html));
    assert!(note.contains("ask hpc-support@example.org."), "{note}");
    assert!(html.contains("1 more notice"), "what is known of the groups stands behind it");
    assert!(shown(None).contains("ask whoever looks after this hub."));
}

#[test]
fn a_directory_that_never_answered_leaves_what_everybody_gets() {
    let visitor = Visitor::of(&[]).named("bob").with_directory(Standing::Unknown, None);
    let html = visitor.fragment(&sound_content(SITE));
    check_contract(&html);
    let text = text(&html);
    assert!(
        text.starts_with("Presets of your groups can’t be shown, because the directory is not answering.")
    );
    assert!(text.contains("Rome CPU, 16 cores"), "{text}");
}

#[test]
fn without_presets_and_without_groups_nobody_is_told_they_have_none() {
    let bare = SITE.split("presets:\n").next().expect("the part before");
    let visitor = Visitor::of(&[]).with_directory(Standing::Unknown, None);
    let text = text(&visitor.fragment(&sound_content(bare)));
    assert!(!text.contains("no presets yet"), "{text}");
}

#[test]
fn where_unknown_people_are_refused_nothing_can_be_pressed() {
    let visitor = Visitor::of(&[]).with_directory(Standing::Unknown, None).refused_when_unknown();
    let html = visitor.fragment(&sound_content(SITE));
    let tags = check_contract(&html);
    assert_snapshot!(shown(&html));
    assert!(tags.iter().all(|tag| tag.name != "button" && tag.get("type") != Some("radio")));
}

#[test]
fn one_note_stands_at_the_top_and_the_rest_behind_it() {
    let broken = SITE.replace("{partition: rome,", "{partition: fat,");
    let at = Utc.with_ymd_and_hms(2026, 9, 14, 6, 12, 33).single().expect("an instant");
    let visitor = Visitor::of(&[]).named("bob").with_directory(Standing::Stale, Some(at));
    let html = visitor.fragment(&content(&broken));
    check_contract(&html);
    let folded = part(&html, "<details class=\"pz-more\"><summary>1 more notice</summary>", "</details>");
    assert!(folded.contains("can’t start") && !folded.contains("06:12"), "{folded}");
    let top = &html[..html.find("<details").expect("notices")];
    assert!(top.contains("06:12 UTC") && !top.contains("can’t start"), "{top}");
}

#[test]
fn a_refused_start_keeps_its_card_and_its_values() {
    let content = sound_content(SITE);
    let visitor = Visitor::of(&["physics"]).named("bea");
    let html = visitor.fragment_after(&content, "rome-16", &[("cores", "64"), ("walltime", "1h")]);
    assert_snapshot!(shown(&html));
    let tags = check_contract(&html);
    let chosen = tags.iter().find(|tag| tag.has("checked")).expect("one is chosen");
    assert_eq!(chosen.get("value"), Some("rome-16"));
    assert!(!chosen.has("autofocus"), "the summary is what comes first");
    let field = tags.iter().find(|tag| tag.get("name") == Some("o.rome-16.cores")).expect("the field");
    assert_eq!((field.get("value"), field.get("aria-invalid")), (Some("64"), Some("true")));
    assert!(html.contains(r#"<option value="1h" selected>1 h</option>"#), "what was right stays too");
    let text = text(&html);
    assert!(text.starts_with(
        "Your server was not started. 1 option needs a change. CPU cores: choose between 1 and 32"
    ));
    assert_eq!(text.matches("Ask hpc-support@example.org.").count(), 1, "{text}");
    assert!(text.contains("64 is more than this preset allows. Choose between 1 and 32 cores."), "{text}");
}

#[test]
fn several_mistakes_are_each_a_link_in_the_order_of_the_fields() {
    let content = sound_content(SITE);
    let visitor = Visitor::of(&[]).named("bob");
    let html = visitor.fragment_after(
        &content,
        "~node",
        &[("cores", "lots"), ("memory", "9999GB"), ("exclusive", "2")],
    );
    let tags = check_contract(&html);
    let links: Vec<&str> =
        tags.iter().filter(|tag| tag.name == "a").filter_map(|tag| tag.get("href")).collect();
    assert_eq!(links, ["#pz-o-node.cores", "#pz-o-node.memory", "#pz-o-node.exclusive"]);
    assert!(text(&html).starts_with("Your server was not started. 3 options need a change."));
    let cores = tags.iter().find(|tag| tag.get("name") == Some("o.~node.cores")).expect("the field");
    assert_eq!((cores.get("value"), cores.get("type")), (Some("lots"), Some("text")), "as it was typed");
}

#[test]
fn a_value_that_left_the_list_stays_until_somebody_changes_it() {
    let content = sound_content(SITE);
    let visitor = Visitor::of(&[]).named("bob");
    let html = visitor.fragment_after(&content, "~node", &[("partition", "fat")]);
    check_contract(&html);
    assert!(html.contains(r#"<option value="fat" selected>fat (not available)</option>"#), "{html}");
}

#[test]
fn a_refusal_that_is_about_no_option_is_told_once() {
    let content = sound_content(SITE);
    let visitor = Visitor::of(&[]).named("bob");
    let html = visitor.fragment_after(&content, "gone", &[]);
    check_contract(&html);
    let text = text(&html);
    assert!(text.starts_with("Your server was not started. There is no preset “gone” for you."), "{text}");
    assert_eq!(text.matches("There is no preset").count(), 1, "{text}");
}

#[test]
fn values_are_kept_where_the_hub_tells_what_happened() {
    let content = sound_content(SITE);
    let visitor = Visitor::of(&[]).named("bob");
    let typed = [("cores".to_owned(), "7".to_owned())].into();
    let attempt = Attempt { card: Some("rome-16".to_owned()), typed, ..Attempt::default() };
    let html = fragment(&visitor.form(&content), &page(Some(attempt)));
    let tags = check_contract(&html);
    assert!(!html.contains("pz-problem"), "the hub's sentence would be hidden");
    let field = tags.iter().find(|tag| tag.get("name") == Some("o.rome-16.cores")).expect("the field");
    assert_eq!(field.get("value"), Some("7"));
}

#[test]
fn what_a_preset_had_to_give_up_stands_in_its_card() {
    let html = Visitor::of(&["physics"]).named("bea").fragment(&sound_content(SITE));
    let text = text(&html);
    assert!(
        text.contains(
            "Adjusted: CPU cores: 32 cores instead of 64 cores (Physics: nodes are shared in the afternoon)"
        ),
        "{text}"
    );
}

#[test]
fn more_than_six_presets_are_folded_away() {
    let more: String = (0..5)
        .map(|n| {
            format!(
                "  extra-{n}: {{title: Extra {n}, owner: site, profile: node, values: {{cores: {}}}}}\n",
                n + 1
            )
        })
        .collect();
    let site = SITE.replace("defaults:", &format!("{more}defaults:"));
    let content = sound_content(&site);
    let visitor = Visitor::of(&[]).named("bob"); // three of the site's and five more
    let html = visitor.fragment(&content);
    check_contract(&html);
    let folded = part(&html, "<details class=\"pz-more\"><summary>Show 2 more</summary>", "value=\"~node\"");
    assert_eq!(folded.matches("type=\"radio\"").count(), 3, "two, and the options by hand: {folded}");
    let (inside, by_hand) = folded.rsplit_once("type=\"radio\"").expect("a radio");
    let still_open = inside.matches("<details").count() - inside.matches("</details>").count();
    assert_eq!(still_open, 0, "the options by hand are never folded: {by_hand}");

    // A refused card is never hidden.
    let form = visitor.form(&content);
    let hidden = form.cards[6].id.to_string();
    let attempt = Attempt { card: Some(hidden), sentence: "No.".to_owned(), ..Attempt::default() };
    assert!(fragment(&form, &page(Some(attempt))).contains("<details class=\"pz-more\" open>"));
}

#[test]
fn six_presets_weigh_less_than_three_kilobytes() {
    let content = sound_content(SITE);
    let visitor = Visitor::of(&["physics", "stats"]);
    assert_eq!(visitor.form(&content).cards.len(), 7, "six presets and the options by hand");
    let html = visitor.fragment(&content);
    let zipped = gzipped(&html);
    assert!(zipped <= 3000, "{zipped} bytes of {}", html.len());
}

fn gzipped(html: &str) -> usize {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut gzip = Command::new("gzip")
        .args(["-9", "-c"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("gzip is essential in Debian");
    let mut input = gzip.stdin.take().expect("a pipe");
    input.write_all(html.as_bytes()).expect("written");
    drop(input);
    gzip.wait_with_output().expect("zipped").stdout.len()
}

#[test]
fn style_and_script_are_linked_where_they_were_built() {
    let html = Visitor::of(&[]).fragment(&sound_content(SITE));
    let tags = check_contract(&html);
    for (name, element, attribute, kind) in [
        (assets::name_of("fragment", "css"), "link", "href", "text/css; charset=utf-8"),
        (assets::name_of("fragment", "js"), "script", "src", "text/javascript; charset=utf-8"),
    ] {
        let linked = tags.iter().find(|tag| tag.name == element);
        match name {
            None => assert_eq!(linked, None, "nothing was built, so nothing is linked"),
            Some(name) => {
                let href = linked.and_then(|tag| tag.get(attribute)).expect("linked");
                assert_eq!(href, format!("/services/presets/assets/{name}"));
                assert_eq!(assets::find(&name).expect("served").content_type, kind);
            }
        }
    }
}
