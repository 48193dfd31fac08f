//! Texts that would be markup if anything forgot to escape them.

use std::collections::BTreeMap;

use super::page::{Tag, check_contract, tags};
use super::sites::{SITE, Visitor, page, sound_content};
use jupyterhub_presets::catalogue::Fault;
use jupyterhub_presets::groups::Standing;
use jupyterhub_presets::render::{Attempt, Page, fragment};

/// For labels: at most 100 characters each.
const TEXTS: [&str; 6] = [
    r#""><script>alert(1)</script>"#,
    "'><svg onload=alert(1)>",
    "</textarea></select></fieldset></form><form action=/x>",
    "<!-- &lt;b&gt; &amp;#34; --> {{ css }} {# x #}",
    r#"x" autofocus onfocus="alert(1)"#,
    "]]></option><img src=x onerror=alert(1)>",
];

/// The page without its words: elements and names of attributes.
fn skeleton(html: &str) -> Vec<(String, Vec<String>)> {
    check_contract(html);
    let names = |tag: &Tag| tag.attributes.iter().map(|(name, _)| name.clone()).collect();
    tags(html).iter().map(|tag| (tag.name.clone(), names(tag))).collect()
}

/// Every text of the site that an administrator writes, made of `text`.
fn site_of(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    let mut site = SITE.to_owned();
    for label in [
        "Partition",
        "AMD Rome",
        "NVIDIA A100",
        "Whole node",
        "PyTorch on 1 GPU",
        "For training small models.",
        "One node",
        "the site's limit for interactive work",
        "nodes are shared in the afternoon",
        "Physics",
        "Rome CPU, 16 cores",
        "My own",
        "the nodes are not shared",
        "Statistics users",
    ] {
        let written = format!(": {label}");
        assert!(site.contains(&written), "{label} is a text of the site");
        site = site.replace(&written, &format!(": {json}"));
    }
    site = site.replace("label: CPU cores,", &format!("label: {json}, help: {json},"));
    site.replace("label: Memory,", &format!("label: {json}, help: {json},"))
}

#[test]
fn no_text_of_a_site_becomes_markup() {
    let harmless = sound_content(&site_of("harmless"));
    for text in TEXTS {
        let hostile = sound_content(&site_of(text));
        let visitor = Visitor::of(&["physics", "stats"]);
        let html = visitor.fragment(&hostile);
        assert_eq!(skeleton(&html), skeleton(&visitor.fragment(&harmless)), "{text}");
        assert!(!html.contains("<svg") && !html.contains("<img") && !html.contains("alert(1)</script>"));
        assert!(
            super::page::text(&html).contains(&text.split_whitespace().collect::<Vec<_>>().join(" ")),
            "{text}"
        );
    }
}

#[test]
fn no_text_that_somebody_posted_becomes_markup() {
    let content = sound_content(SITE);
    let visitor = Visitor::of(&["physics"]).named("bea");
    let form = visitor.form(&content);
    let fragment_of = |text: &str| {
        let keys = ["cores", "walltime", "partition", "memory", "exclusive", "jobname", text];
        let typed: BTreeMap<String, String> =
            keys.iter().map(|key| ((*key).to_owned(), text.to_owned())).collect();
        let faults = keys
            .iter()
            .map(|key| {
                Fault::new(format!("/values/{key}"), "wrong-type", format!("{text}: {text}")).with_value(text)
            })
            .collect();
        let (card, sentence) = (Some("~node".to_owned()), text.to_owned());
        let attempt = Attempt { card, typed, faults, sentence, ..Attempt::default() };
        fragment(&form, &page(Some(attempt)))
    };
    for text in TEXTS {
        assert_eq!(skeleton(&fragment_of(text)), skeleton(&fragment_of("harmless")), "{text}");
    }
}

#[test]
fn no_name_of_a_card_becomes_markup() {
    let content = sound_content(SITE);
    let visitor = Visitor::of(&[]).named("bob");
    let form = visitor.form(&content);
    let fragment_of = |text: &str| {
        let attempt = Attempt {
            card: Some(text.to_owned()),
            sentence: format!("There is no preset “{text}” for you."),
            ..Attempt::default()
        };
        fragment(&form, &page(Some(attempt)))
    };
    for text in TEXTS {
        assert_eq!(skeleton(&fragment_of(text)), skeleton(&fragment_of("harmless")), "{text}");
    }
}

#[test]
fn no_prefix_becomes_markup() {
    let content = sound_content(SITE);
    let visitor = Visitor::of(&[]).with_directory(Standing::Unknown, None);
    let form = visitor.form(&content);
    let fragment_of = |prefix: &str| fragment(&form, &Page { files: prefix.to_owned(), ..page(None) });
    for text in TEXTS {
        assert_eq!(
            skeleton(&fragment_of(&format!("/{text}"))),
            skeleton(&fragment_of("/harmless/")),
            "{text}"
        );
    }
}

/// The reader these tests rest on must itself see markup where there is some.
#[test]
#[should_panic(expected = "onload")]
fn the_reader_sees_a_handler() {
    check_contract("<div onload=\"x\"></div>");
}

#[test]
#[should_panic(expected = "closed in order")]
fn the_reader_sees_an_element_that_was_broken_out_of() {
    check_contract("<div></p></div>");
}
