//! Links: what waits for a press of Start says so, and shows its card for it.

use serde_json::{Value as Json, json};

use super::super::resolve;
use super::{Office, notes, of_group, office};
use crate::running::Answer;

/// Waits for a press of Start.
fn waiting(mut body: Json) -> Json {
    body["confirm"] = json!(true);
    body
}

fn titled(mut body: Json, title: &str) -> Json {
    body["title"] = json!(title);
    body
}

fn id(path: &str) -> &str {
    path.strip_prefix("presets/").unwrap()
}

/// As the plugin asks for a link; none: for a form, or for the hub's API.
fn start(office: &Office, preset: &str, link: Option<&str>) -> Answer {
    let mut options = json!({ "preset": preset, "values": {} });
    if let Some(link) = link {
        options["link"] = json!(link);
    }
    office.service.hub("resolve", &resolve("alice", &options))
}

/// The form after a link from elsewhere was refused, for alice.
fn form_after(office: &Office, preset: &str) -> String {
    let attempt = json!({ "options": { "preset": preset, "values": {}, "link": "foreign" } });
    let asked = json!({ "protocol": 1, "user": "alice", "attempt": attempt });
    office.service.hub("form", &asked).json()["html"].as_str().unwrap().to_owned()
}

/// The cards that are chosen, as the form posts them.
fn chosen(html: &str) -> Vec<&str> {
    let radios = html.split("name=\"preset\" value=\"").skip(1);
    let checked = radios.filter(|rest| rest.split('>').next().unwrap().contains(" checked"));
    checked.map(|rest| rest.split('"').next().unwrap()).collect()
}

on_each_database! {
    async fn that_a_preset_waits_for_start_is_shown_and_carried_along(scratch: Scratch) {
        let office = office(&scratch);
        let path = office.made("alice", &waiting(notes()));
        assert_eq!(office.get("alice", &path).json()["confirm"], json!(true));
        let copy = office.post("alice", &format!("{path}/copy"), &json!({}));
        assert_eq!((copy.status, &copy.json()["confirm"]), (201, &json!(true)), "{copy:?}");
        let file = office.get("alice", &format!("{path}/export"));
        assert!(file.body.contains("\nconfirm: true"), "{file:?}");
        let yaml = [("content-type", "application/yaml")];
        let again = office.raw("alice", "POST", "presets/import", &yaml, &file.body);
        assert_eq!((again.status, &again.json()["confirm"]), (201, &json!(true)), "{again:?}");
        let shared = office.get("alice", &format!("{path}/share")).json();
        let reaches = shared["reaches"].as_str().unwrap().to_owned();
        assert!(reaches.ends_with("; a link alone does not start it: press Start on the page"), "{reaches}");

        let changed = office.put("alice", &path, "\"1\"", &notes());
        assert_eq!((changed.status, &changed.json()["confirm"]), (200, &json!(false)), "{changed:?}");
        assert!(!office.get("alice", &format!("{path}/export")).body.contains("confirm"));
        assert_eq!(office.get("alice", &format!("{path}/versions/1")).json()["confirm"], json!(true));
        let difference = office.get("alice", &format!("{path}/versions/1/diff/2")).json();
        assert_eq!(difference["changes"], json!([{ "pointer": "/confirm", "before": true }]));
    }

    async fn a_link_alone_starts_what_the_site_and_groups_offer(scratch: Scratch) {
        let office = office(&scratch);
        let of_site = |mut body: Json| {
            body["owner"] = json!({ "kind": "site" });
            body
        };
        let site = office.made("root", &of_site(notes()));
        let site_waits = office.made("root", &of_site(waiting(titled(notes(), "Costly"))));
        let group = office.made("carol", &of_group("physics"));
        let group_waits = office.made("carol", &waiting(titled(of_group("physics"), "Costly")));
        let own = office.made("alice", &notes());
        let pinned = format!("{}@1", id(&group));
        for (preset, by_own, by_foreign) in [
            ("small", 200, 200),
            ("gpu", 200, 200),
            ("~desk", 200, 200),
            (id(&site), 200, 200),
            (id(&group), 200, 200),
            ("mine", 200, 422),
            (id(&own), 200, 422),
            (pinned.as_str(), 200, 422),
            (id(&site_waits), 422, 422),
            (id(&group_waits), 422, 422),
        ] {
            for (link, status) in [(Some("own"), by_own), (Some("foreign"), by_foreign), (None, 200)] {
                let answer = start(&office, preset, link);
                assert_eq!(answer.status, status, "{preset} {link:?}: {answer:?}");
                if status == 422 {
                    let error = answer.json()["errors"][0].clone();
                    assert_eq!((&error["pointer"], &error["code"]), (&json!("/preset"), &json!("confirm")), "{error}");
                } else {
                    // What is started the same again did not come by a link.
                    assert_eq!(answer.json()["options"].get("link"), None, "{answer:?}");
                }
            }
        }
        let odd = start(&office, "small", Some("same-origin"));
        assert_eq!((odd.status, &odd.json()["errors"][0]["pointer"]), (422, &json!("/link")), "{odd:?}");
    }

    async fn a_refused_link_shows_its_card_chosen_whether_hidden_or_not(scratch: Scratch) {
        let office = office(&scratch);
        let hidden = json!({ "hidden": ["mine"] });
        for hide in [false, true] {
            if hide {
                let kept = office.put("alice", "me/preferences", "\"0\"", &hidden);
                assert_eq!(kept.status, 200, "{kept:?}");
            }
            let html = form_after(&office, "mine");
            assert_eq!(chosen(&html), ["mine"], "{html}");
            assert!(html.contains("You followed a link to “My notes”. Press Start to start it."), "{html}");
        }
        assert_eq!(chosen(&office.form("alice")), ["small"], "told once, and to nobody else");
    }

    async fn a_refused_link_to_a_version_shows_the_preset_as_it_was_then(scratch: Scratch) {
        let office = office(&scratch);
        let path = office.made("carol", &titled(of_group("physics"), "As it was"));
        let pinned = format!("{}@1", id(&path));
        assert_eq!(chosen(&form_after(&office, &pinned)), [pinned.as_str()], "while it is the latest too");
        let changed = office.put("carol", &path, "\"1\"", &titled(of_group("physics"), "As it is"));
        assert_eq!(changed.status, 200, "{changed:?}");
        let html = form_after(&office, &pinned);
        assert_eq!(chosen(&html), [pinned.as_str()], "{html}");
        assert!(html.contains("As it was") && !html.contains("As it is"), "{html}");
        assert!(html.contains(&format!("name=\"o.{pinned}.cores")), "{html}");
        let pressed = office.service.hub("resolve", &resolve("alice", &json!({ "preset": pinned, "values": { "cores": "2" } })));
        assert_eq!((pressed.status, &pressed.json()["preset"]["version"]), (200, &json!(1)), "{pressed:?}");
        // Nobody else is shown what it was.
        for who in ["alice", "bob"] {
            let html = office.form(who);
            assert!(html.contains("As it is") && !html.contains("As it was"), "{who}: {html}");
        }
        assert!(form_after(&office, &format!("{}@9", id(&path))).contains("There is no preset"));
    }

    async fn a_version_that_cannot_start_any_more_leaves_the_preset_of_today(scratch: Scratch) {
        let office = office(&scratch);
        // One starts there only what presets say.
        let closed = |title: &str, cores: u8| json!({
            "title": title, "profile": "node", "owner": { "kind": "group", "name": "physics" }, "values": { "cores": cores },
        });
        let path = office.made("carol", &closed("As it was", 2));
        assert_eq!(office.put("carol", &path, "\"1\"", &closed("As it is", 1)).status, 200);
        let html = form_after(&office, &format!("{}@1", id(&path)));
        assert_eq!(chosen(&html), [id(&path)], "{html}");
        assert!(html.contains("it has been changed since this link was made"), "{html}");
        assert!(html.contains(">As it is<"), "{html}");
    }
}
