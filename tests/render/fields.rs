//! Which option is a control, which kind of control, and what stands under it.

use super::page::{check_contract, part, text};
use super::sites::{SITE, Visitor, sound_content};
use jupyterhub_presets::effective::Content;

fn by_hand(content: &Content) -> String {
    let html = Visitor::of(&[]).named("bob").fragment(content);
    html[html.find("value=\"~node\"").expect("the open card")..].to_owned()
}

/// What stands in one field of the open card, label first.
fn field(content: &Content, key: &str) -> String {
    let html = by_hand(content);
    let from =
        html.find(&format!("for=\"pz-o-node.{key}\"")).unwrap_or_else(|| panic!("no field {key} in {html}"));
    let start = html[..from].rfind("<div").expect("its frame");
    let end = html[start..].find("</div>").expect("its end");
    html[start..start + end].to_owned()
}

#[test]
fn every_editable_option_is_posted_by_card_and_key_and_no_constant_is() {
    let content = sound_content(SITE);
    for groups in [&[][..], &["physics"], &["physics", "stats"], &["course"]] {
        let visitor = Visitor::of(groups);
        let form = visitor.form(&content);
        let tags = check_contract(&visitor.fragment(&content));
        let mut posted: Vec<&str> =
            tags.iter().filter_map(|tag| tag.get("name")).filter(|name| name.starts_with("o.")).collect();
        let mut editable: Vec<String> = form
            .cards
            .iter()
            .flat_map(|card| card.fields.iter().map(move |field| (card, field)))
            .filter(|(_, field)| field.editable)
            .map(|(card, field)| format!("o.{}.{}", card.id, field.opt.key))
            .collect();
        posted.sort_unstable();
        editable.sort();
        assert_eq!(posted, editable);
        assert!(!editable.is_empty());
    }
}

#[test]
fn a_constant_is_listed_with_its_reason_and_a_hidden_one_is_not() {
    let content = sound_content(SITE);
    let html = Visitor::of(&["physics"]).named("bea").fragment(&content);
    let card = part(&html, "id=\"pz-p-pytorch\"", "pz-card");
    let settings = text(part(card, "<dl>", "</dl>"));
    assert!(settings.contains("Load 1 the site: the nodes are not shared"), "{settings}");
    assert!(
        settings.contains(
            "CPU cores 18 cores Limit: between 1 and 32 cores (Physics: nodes are shared in the afternoon)"
        ),
        "{settings}"
    );
    assert!(!settings.contains("Job name"), "hidden: {settings}");
    assert!(!settings.contains("Wall time"), "that one is asked: {settings}");
}

#[test]
fn the_line_that_sums_up_speaks_in_values() {
    let content = sound_content(SITE);
    let html = Visitor::of(&["physics"]).named("bea").fragment(&content);
    let facts =
        |id: &str| text(part(&html, &format!("<ul class=\"pz-facts\" id=\"pz-p-{id}.line\""), "</ul>"));
    assert_eq!(facts("pytorch"), "NVIDIA A100 1 GPU 18 cores 120 GB 4 h");
    assert_eq!(facts("tiny"), "AMD Rome 1 core 1 GB 30 min Python 3.11 (2025a)");
}

#[test]
fn a_yes_no_option_is_a_fact_only_when_it_holds() {
    let short = SITE
        .replace(
            "options: [partition, gpus, cores, memory, walltime, software, load, exclusive, jobname]",
            "options: [memory, exclusive]",
        )
        .split("presets:\n")
        .next()
        .expect("the part before")
        .to_owned();
    let site = format!(
        "{short}presets:\n  with: {{title: With, owner: site, profile: node, values: {{exclusive: true}}}}\n  \
         without: {{title: Without, owner: site, profile: node}}\n"
    );
    let html = Visitor::of(&[]).fragment(&sound_content(&site));
    let facts = |id: &str| text(part(&html, &format!("id=\"pz-p-{id}.line\">"), "</ul>")).replace('>', "");
    assert!(facts("with").ends_with("4 GB Whole node"), "{}", facts("with"));
    assert!(facts("without").ends_with("4 GB"), "{}", facts("without"));
}

#[test]
fn a_short_list_is_a_list_and_a_long_one_is_typed() {
    let content = sound_content(SITE);
    for (key, element, kind, mode, hint) in [
        ("partition", "select", None, None, ""),
        ("gpus", "select", None, None, ""),
        ("exclusive", "select", None, None, ""),
        ("cores", "input", Some("number"), Some("numeric"), "1 to 128"),
        ("memory", "input", Some("text"), Some("text"), "1 GB to 512 GB, in steps of 1 GB"),
        (
            "walltime",
            "input",
            Some("text"),
            Some("text"),
            "30 min to 12 h, in steps of 30 min (the site: the site's limit for interactive work)",
        ),
        ("jobname", "input", Some("text"), Some("text"), "At most 20 characters, matching [a-z0-9-]{1,20}"),
    ] {
        let field = field(&content, key);
        let html = format!("{field}</div>");
        let tags = super::page::tags(&html);
        let control = tags.iter().find(|tag| tag.has("name")).expect("a control");
        assert_eq!(
            (control.name.as_str(), control.get("type"), control.get("inputmode")),
            (element, kind, mode),
            "{key}"
        );
        let said = if hint.is_empty() {
            String::new()
        } else {
            text(&format!("{}</p>", part(&field, "<p class=\"pz-hint\"", "</p>")))
        };
        assert_eq!(said, hint, "{key}");
    }
    let cores = field(&content, "cores");
    for bound in ["min=\"1\"", "max=\"128\"", "step=\"1\"", "value=\"1\""] {
        assert!(cores.contains(bound), "{bound} in {cores}");
    }
    assert!(field(&content, "walltime").contains("value=\"2h\""));
    assert!(field(&content, "jobname").contains("maxlength=\"20\""));
}

#[test]
fn twelve_steps_are_a_list_and_thirteen_are_not() {
    for (max, element) in [("6h", "<select"), ("390min", "<input")] {
        let site = SITE.replace("walltime: {max: 12h,", &format!("walltime: {{max: {max},"));
        let content = sound_content(&site);
        assert!(field(&content, "walltime").contains(element), "{max}");
    }
}

#[test]
fn a_list_that_was_cut_short_says_so_and_by_whom() {
    let content = sound_content(&SITE.replace("walltime: {max: 12h,", "walltime: {max: 4h,"));
    let said = text(&field(&content, "walltime"));
    assert!(said.ends_with("At most 4 h (the site: the site's limit for interactive work)"), "{said}");

    // Where the preset itself asks for less, no group is blamed for it.
    let html = Visitor::of(&["physics"]).named("bea").fragment(&sound_content(SITE));
    let hint = text(&format!(
        "{}</p>",
        part(&html, "<p class=\"pz-hint\" id=\"pz-p-pytorch.walltime.hint\"", "</p>")
    ));
    assert_eq!(hint, "At most 4 h");
}

#[test]
fn the_unit_is_said_where_the_label_does_not() {
    let content = sound_content(&SITE.replace("label: CPU cores, unit: cores", "label: Size, unit: cores"));
    assert!(text(&field(&content, "cores")).ends_with("1 to 128 cores"));
}

#[test]
fn help_stands_before_the_limit() {
    let content =
        sound_content(&SITE.replace("label: CPU cores,", "label: CPU cores, help: A core runs two threads,"));
    assert!(text(&field(&content, "cores")).ends_with("A core runs two threads. 1 to 128"));
}
