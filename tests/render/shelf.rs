//! Cards kept for the next person are the cards that person would have got.

use jupyterhub_presets::render::{Shelf, fragment};
use serde_json::json;

use super::sites::{SITE, Visitor, page, sound_content};

/// A group more that simplifies, so that the page's context matters too.
fn site() -> String {
    SITE.replace(
        "from: {file: course}",
        "from: {file: course}, trims: {cores: {max: 24, because: the course is small}, \
         memory: {min: 16GB, because: the data is large, policy: true}}",
    )
    .replace("{file: stats}", "{file: stats}, trims: {software: {default: r, because: it is what we know}}")
}

#[test]
fn whoever_came_before_everybody_gets_their_own_form() {
    // No preset is a fault here by being unavailable to some.
    let content = super::sites::content(&site());
    let shelf = Shelf::default();
    let groups = [vec![], vec!["physics"], vec!["stats"], vec!["course"], vec!["physics", "stats"]];
    let more = [vec!["physics", "course"], vec!["stats", "course"], vec!["physics", "stats", "course"]];
    let mut different = std::collections::BTreeSet::new();
    // The second time round, everything is on the shelf.
    for _ in 0..2 {
        for groups in groups.iter().chain(&more) {
            for name in ["alice", "bea"] {
                for used in
                    [None, Some(("pytorch", 2)), Some(("tiny", 2)), Some(("~node", 2)), Some(("~node", 3))]
                {
                    let visitor = Visitor::of(groups).named(name);
                    let visitor = match used {
                        Some((card, cores)) => visitor.who_used(card, json!({ "cores": cores })),
                        None => visitor,
                    };
                    let form = visitor.form(&content);
                    let written = shelf.fragment(&form, &page(None));
                    let fresh = fragment(&form, &page(None));
                    assert_eq!(serde_json::from_str::<String>(&written).expect("a JSON string"), fresh);
                    different.insert(fresh);
                }
            }
        }
    }
    assert!(different.len() > 40, "{}: hardly anything differs", different.len());
}

#[test]
fn nothing_of_an_earlier_revision_is_shown() {
    let shelf = Shelf::default();
    let visitor = Visitor::of(&[]).named("bea");
    for (revision, title) in [(41, "Tiny"), (42, "Teeny"), (41, "Tiny"), (42, "Teeny")] {
        let content = sound_content(&SITE.replace("title: Tiny", &format!("title: {title}")));
        let page = jupyterhub_presets::render::Page { revision, ..page(None) };
        let html = shelf.fragment(&visitor.form(&content), &page);
        assert!(html.contains(&format!(">{title}<")), "{revision}: {html}");
    }
}
