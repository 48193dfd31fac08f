//! What an organiser may write into an event, and what is told where it is too much.

use serde_json::{Value as Json, json};

use super::{SITE, assert_problem, at, day, day_at, made, school, token};

/// Every fault, by its place.
#[track_caller]
fn refused(answer: &crate::running::Answer) -> Vec<(String, String)> {
    assert_problem(answer, 422, "invalid-request");
    let text = |fault: &Json, member: &str| fault[member].as_str().unwrap().to_owned();
    let errors = answer.json()["errors"].as_array().unwrap().clone();
    errors.iter().map(|fault| (text(fault, "pointer"), text(fault, "code"))).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
}

fn with(pointer: &str, value: Json) -> Json {
    let mut body = school();
    let (at, member) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(at).unwrap()[member] = value;
    body
}

on_each_database! {
    async fn each_mistake_has_its_place(scratch: Scratch) {
        let day = day(&scratch);
        for (body, faults) in [
            (with("/title", json!("")), &[("/title", "label")][..]),
            (with("/zone", json!("Europe/Berln")), &[("/zone", "zone")]),
            (with("/to", json!("2026-11-20T09:00")), &[("/to", "order")]),
            (with("/skip", json!(["2026-12-24"])), &[("/skip/0", "outside")]),
            (with("/grace", json!("90s")), &[("/grace", "amount")]),
            (with("/audiences", json!({})), &[("/audiences", "nobody")]),
            (with("/audiences/participant/groups", json!(["physics", "nix"])), &[("/audiences/participant/groups/1", "unknown")]),
            (with("/sets", json!({ "colour": "red" })), &[("/sets/colour", "unknown")]),
            (with("/sets", json!({ "reservation": "nix" })), &[("/sets/reservation", "not-allowed")]),
            (with("/sets", json!({ "walltime": "20h" })), &[("/sets/walltime", "conflict")]),
            (with("/trims/cores", json!({ "min": 20, "because": "x" })), &[("/trims/cores", "conflict")]),
            (with("/kind", json!("party")), &[("/kind", "wrong-shape")]),
            (with("/colour", json!("red")), &[("/colour", "unknown-field")]),
            (with("/trims/cores", json!({ "policy": true, "because": "x" })), &[("/trims/cores/policy", "unknown-field")]),
            (with("/trims/cores", json!({ "max": 4 })), &[("/trims/cores/because", "missing")]),
        ] {
            let found = refused(&day.post("erin", "events", &body));
            assert_eq!(found, pairs(faults), "{body}");
        }
        let twice = school().to_string().replacen('{', "{\"title\": \"Twice\", ", 1);
        let bearer = format!("Bearer {}", token("erin"));
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let path = format!("{}api/v1/events", crate::running::PREFIX);
        assert_problem(&day.service.send("POST", &path, &headers, &twice), 400, "malformed-request");
        assert_problem(&day.service.send("POST", &path, &headers[..1], &school().to_string()), 415, "wrong-type");
        assert_eq!(scratch.count("events WHERE NOT managed"), 0, "nothing was kept");
    }

    async fn a_title_is_kept_composed_and_trimmed(scratch: Scratch) {
        let day = day(&scratch);
        let path = made(&day, "erin", &with("/title", json!(" A\u{30a}ngstro\u{308}m ")));
        assert!(path.starts_with("events/angstrom-"), "{path}");
        assert_eq!(day.get("erin", &path).json()["title"], "Ångström");
        let changed = day.put("erin", &path, "\"1\"", &with("/title", json!("O\u{308}l\n")));
        assert_eq!((changed.status, &changed.json()["written"]["title"]), (200, &json!("Öl")), "{changed:?}");
        for title in [format!("Q{}", "\u{323}".repeat(6)), "a\u{ad}b".to_owned()] {
            let found = refused(&day.post("erin", "events", &with("/title", json!(title))));
            assert_eq!(found.first().map(|(at, _)| at.as_str()), Some("/title"), "{found:?}");
        }
    }

    async fn a_preset_of_an_event_fits_everybody_it_is_for(scratch: Scratch) {
        let day = day(&scratch);
        let mut body = school();
        body["trims"] = json!({});
        body["audiences"]["participant"]["trims"] = json!({ "cores": { "max": 4, "because": "so that all find room" } });
        let key = made(&day, "erin", &body).trim_start_matches("events/").to_owned();
        let eight = |audiences: &[&str]| {
            let owner = json!({ "kind": "event", "name": key });
            json!({ "title": "Eight", "profile": "node", "owner": owner, "audiences": audiences, "values": { "cores": 8 } })
        };
        for audiences in [&["instructor", "participant"][..], &["participant"], &[]] {
            let found = refused(&day.post("erin", "presets", &eight(audiences)));
            assert_eq!(found, pairs(&[("/values/cores", "out-of-range")]), "{audiences:?}");
        }
        assert_eq!(day.post("erin", "presets", &eight(&["instructor"])).status, 201, "who may have as many");
    }

    async fn organisers_keep_to_what_the_site_leaves_them(scratch: Scratch) {
        let day = day(&scratch);
        let mut grand = school();
        grand["audiences"]["participant"]["groups"] = json!(["physics", "staff"]);
        grand["sets"] = json!({ "partition": "gpu", "cores": 64 });
        grand["trims"] = json!({ "walltime": { "grant": {}, "because": "long runs" } });
        grand["audiences"]["instructor"]["trims"] = json!({ "partition": { "fixed": "gpu", "because": "steady" } });
        grand["to"] = json!("2026-11-28T17:00");
        let refusal = day.post("erin", "events", &grand);
        assert_eq!(refused(&refusal), pairs(&[
            ("/audiences/participant/groups/1", "not-invitable"),
            ("/trims/walltime/grant", "grant"),
            ("/audiences/instructor/trims/partition/fixed", "not-settable"),
            ("/sets/partition", "not-settable"),
            ("/to", "too-long"),
        ]));
        assert_eq!(refusal.json()["errors"][0]["allowed"], json!(["physics"]));
        assert!(refusal.json()["errors"][4]["detail"].as_str().unwrap().contains("at most 5 d"), "{refusal:?}");
        // An administrator is not held to it, and what they put there an organiser need not take away.
        grand["audiences"]["instructor"]["trims"] = json!({});
        grand["owner"] = json!("erin");
        let path = made(&day, "root", &grand);
        grand["message"] = json!("Bring a laptop");
        assert_eq!(day.put("erin", &path, "\"1\"", &grand).status, 200);
        grand["sets"]["partition"] = json!("rome");
        grand["trims"]["walltime"]["grant"] = json!({ "max": "10h" });
        grand["to"] = json!("2026-11-29T17:00");
        let refusal = day.put("erin", &path, "\"2\"", &grand);
        assert_eq!(refused(&refusal), pairs(&[("/trims/walltime/grant", "grant"), ("/sets/partition", "not-settable"), ("/to", "too-long")]));
    }

    async fn where_the_site_says_nothing_organisers_set_what_everybody_has(scratch: Scratch) {
        let site = SITE.replace("organisers: {groups: [physics], sets: [reservation, cores, walltime], longest: 5d}\n", "");
        let day = day_at(&scratch, &site);
        let mut body = school();
        body["audiences"]["participant"]["groups"] = json!(["staff"]);
        body["to"] = json!("2026-12-20T17:00");
        body["sets"] = json!({ "reservation": "school", "cores": 17, "walltime": "13h", "partition": "gpu" });
        body["trims"] = json!({ "cores": { "grant": { "max": 20 }, "because": "x" } });
        let refusal = day.post("erin", "events", &body);
        assert_eq!(refused(&refusal), pairs(&[
            ("/sets/walltime", "conflict"),
            ("/trims/cores/grant", "grant"),
            ("/sets/cores", "beyond"),
            ("/sets/reservation", "beyond"),
        ]));
        body["sets"] = json!({ "reservation": "none", "cores": 16, "partition": "gpu" });
        body["trims"] = json!({});
        made(&day, "erin", &body);
    }

    async fn no_event_passes_the_ceiling_whoever_made_it(scratch: Scratch) {
        // Neither what the ceiling keeps from everybody, nor more of it than it has.
        let site = SITE
            .replace("trims:\n  walltime: {max: 12h", "trims:\n  partition: {absent: true, because: one machine}\n  reservation: {except: [summit], because: the summit is over}\n  walltime: {max: 12h")
            .replace("reservation: {only: [none]", "reservation: {absent: true");
        let day = day_at(&scratch, &site);
        let refusal = day.post("root", "events", &with("/sets", json!({ "reservation": "summit" })));
        assert_eq!(refused(&refusal), pairs(&[("/sets/reservation", "conflict")]));
        let mut body = school();
        body["sets"]["partition"] = json!("gpu");
        let path = made(&day, "root", &body);
        let key = path.strip_prefix("events/").unwrap();
        day.clock.set(at("2026-11-23T10:00:00Z"));
        let lab = day.made("root", &json!({ "title": "Lab", "profile": "node", "owner": { "kind": "event", "name": key } }));
        let options = json!({ "preset": lab.strip_prefix("presets/").unwrap() });
        let start = day.service.hub("resolve", &json!({ "protocol": 1, "user": "alice", "options": options }));
        assert_eq!(start.status, 200, "{start:?}");
        let decision = day.get("olga", &format!("decisions/{}", start.json()["decision"].as_str().unwrap())).json();
        let given = &decision["given"]["values"];
        assert_eq!((&given["reservation"], given.get("partition")), (&json!("school"), None), "{decision}");
    }
}

#[test]
fn what_the_site_file_says_of_organisers_is_checked() {
    // The second is read as seconds, and is more of them than can be told.
    for longest in ["soon", "110000000000d"] {
        let site = SITE.replace(
            "organisers: {groups: [physics], sets: [reservation, cores, walltime], longest: 5d}",
            &format!("organisers: {{groups: [physics, nix], sets: [colour], longest: {longest}}}"),
        );
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), site).unwrap();
        let refused = jupyterhub_presets::desk::apply::check(file.path()).map(drop).unwrap_err().to_string();
        for said in [
            "organisers › groups › 1: there is no group “nix”",
            "sets › 0: there is no option “colour”",
            "organisers › longest",
        ] {
            assert!(refused.contains(said), "{said}: {refused}");
        }
    }
}
