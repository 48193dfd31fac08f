//! Who takes part in an event, and what each may do in each state.

use jupyterhub_presets::events::{Audience, Event, May, Role};

use super::{SCHOOL, berlin, event, key, school};

fn role(event: &Event, name: &str, groups: &[&str]) -> Role {
    let groups: Vec<_> = groups.iter().map(|group| key(group)).collect();
    event.role(&name.try_into().unwrap(), &groups.iter().collect::<Vec<_>>())
}

#[test]
fn of_several_audiences_the_greater_counts() {
    let school = event(SCHOOL);
    let audience = |name, groups: &[&str]| role(&school, name, groups).audience;
    assert_eq!(audience("erin", &["ai-school"]), Some(Audience::Participant));
    assert_eq!(audience("erin", &["physics", "ai-school", "helpers"]), Some(Audience::Helper));
    assert_eq!(audience("dave", &["ai-school", "helpers"]), Some(Audience::Instructor));
    assert_eq!(audience("carol", &[]), Some(Audience::Participant));
    assert_eq!(audience("Carol", &["physics"]), None);
    assert_eq!(role(&school, "alice", &[]), Role { organiser: true, audience: None });
    assert_eq!(
        role(&school, "bob", &["helpers"]),
        Role { organiser: true, audience: Some(Audience::Helper) }
    );
}

#[test]
fn each_may_start_in_the_states_that_are_theirs() {
    let school = event(SCHOOL);
    let people = [
        role(&school, "alice", &[]),
        role(&school, "dave", &[]),
        role(&school, "erin", &["helpers"]),
        role(&school, "carol", &[]),
        role(&school, "mallory", &["physics"]),
    ];
    // organiser, instructor, helper, participant, stranger
    for (now, state, expected) in [
        ("2026-11-20T07:59", "draft", "look no no no no"),
        ("2026-11-20T08:00", "preview", "start start start no no"),
        ("2026-11-23T08:59", "preview", "start start start no no"),
        ("2026-11-23T09:00", "open", "start start start start no"),
        ("2026-11-23T17:00", "closed", "start start start no no"),
        ("2026-11-24T12:00", "closed", "start start start no no"),
        ("2026-11-25T16:59", "open", "start start start start no"),
        ("2026-11-25T17:00", "grace", "start start start start no"),
        ("2026-11-25T17:30", "archived", "no no no no no"),
        ("2026-12-24T00:00", "deleted", "no no no no no"),
    ] {
        let now = berlin(now);
        let may = people.map(|role| match school.may_start(now, role) {
            May::Start => "start",
            May::Look => "look",
            May::No(sentence) => {
                assert!(sentence.contains("“AI School 2026”") && sentence.ends_with('.'), "{sentence}");
                "no"
            }
        });
        assert_eq!(may.join(" "), expected, "{now}");
        assert_eq!(serde_json::to_value(school.state(now)).unwrap()["state"], state, "{now}");
        assert_eq!(school.state(now).is_running(), may[3] == "start", "{now}: those it is for may start");
    }
}

#[test]
fn a_participant_who_comes_too_early_or_late_is_told_when() {
    let school = event(SCHOOL);
    let told = |now, name| match school.may_start(berlin(now), role(&school, name, &[])) {
        May::No(sentence) => sentence,
        may => panic!("{may:?}"),
    };
    assert_eq!(
        told("2026-11-22T12:00", "carol"),
        "“AI School 2026” opens Monday 23 November at 09:00 (Europe/Berlin)."
    );
    assert_eq!(
        told("2026-11-24T12:00", "carol"),
        "“AI School 2026” is closed until Wednesday 25 November at 09:00 (Europe/Berlin)."
    );
    assert_eq!(told("2026-11-26T12:00", "carol"), "“AI School 2026” ended on Wednesday 25 November.");
    assert_eq!(told("2026-11-23T12:00", "mallory"), "You do not take part in “AI School 2026”.");
}

#[test]
fn an_event_shows_itself_to_those_it_concerns() {
    for (yaml, expected) in [
        // organiser, instructor, participant, stranger; draft, preview, open, closed, grace, archived, deleted
        (SCHOOL.to_owned(), ["yyyyyyn", "nyyyyyn", "nyyyyyn", "nnnnnnn"]),
        (school("public: false", "public: true"), ["yyyyyyn", "nyyyyyn", "nyyyyyn", "nyyyynn"]),
        (
            school("public: false", "public: true\npublished: false"),
            ["yyyyyyy", "nnnnnnn", "nnnnnnn", "nnnnnnn"],
        ),
    ] {
        let event = event(&yaml);
        let seen = ["alice", "dave", "carol", "mallory"].map(|name| {
            let times = [
                "2026-11-19",
                "2026-11-21",
                "2026-11-23",
                "2026-11-24",
                "2026-11-25",
                "2026-11-26",
                "2026-12-26",
            ]
            .map(|day| berlin(&format!("{day}T{}", if day.ends_with("25") { "17:10" } else { "10:00" })));
            times.map(|now| if event.is_visible_to(now, role(&event, name, &[])) { 'y' } else { 'n' })
        });
        assert_eq!(seen.map(|seen| seen.iter().collect::<String>()), expected);
    }
}

#[test]
fn each_audience_has_the_trims_of_the_event_and_its_own() {
    let school = event(SCHOOL);
    let reasons = |name| {
        let trims = school.trims_for(role(&school, name, &[]));
        trims.map(|trim| trim.because.as_str()).collect::<Vec<_>>()
    };
    let uses = "“AI School 2026” uses it";
    assert_eq!(reasons("carol"), [uses, uses, "the room has few", "one card each"]);
    assert_eq!(reasons("dave"), [uses, uses, "the room has few"]);
    assert_eq!(reasons("alice"), reasons("carol"), "an organiser tries what participants will get");
}
