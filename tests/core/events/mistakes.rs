//! What an event must not say: each mistake with its place, its word and what would be right.

use super::{SCHOOL, check, checked, event, read, school};

#[test]
fn each_mistake_of_an_event_is_told_at_its_place() {
    let names = |count: usize| (0..count).map(|n| format!("u{n}")).collect::<Vec<_>>().join(", ");
    let rows: &[(&str, &str, &str, &str, &str)] = &[
        ("title: AI School 2026", "title: ' '", "/title", "label", "1 to 100 visible characters"),
        (
            "title: AI School 2026",
            "title: \"A\\u030Angstro\\u0308m\"",
            "/title",
            "text",
            "composed (Unicode NFC)",
        ),
        (
            "title: AI School 2026",
            &format!("title: Q{}algo", "\u{301}".repeat(6)),
            "/title",
            "text",
            "at most five marks",
        ),
        (
            "Europe/Berlin",
            "Europe/Berln",
            "/zone",
            "zone",
            "there is no zone “Europe/Berln”; did you mean Europe/Berlin?",
        ),
        ("Europe/Berlin", "europe/berlin", "/zone", "zone", "did you mean Europe/Berlin?"),
        ("Europe/Berlin", "Europe/Bel", "/zone", "zone", "near are Europe/Belfast, Europe/Belgrade"),
        ("Europe/Berlin", "'?'", "/zone", "zone", "write an IANA name, for example Europe/Berlin"),
        ("from: 2026-11-23T09:00", "from: 2026-11-31T09:00", "/from", "time", "write a day and a time"),
        ("from: 2026-11-23T09:00", "from: 2026-11-23 09:00", "/from", "time", "for example 2026-11-23T09:00"),
        ("from: 2026-11-23T09:00", "from: 2026-11-23T9:00", "/from", "time", "for example 2026-11-23T09:00"),
        ("from: 2026-11-23T09:00", "from: 1026-11-23T09:00", "/from", "time", "from 2000 to 2099"),
        (
            "from: 2026-11-23T09:00",
            "from: 2026-11-23T09:00+01:00",
            "/from",
            "time",
            "leave out seconds and offset",
        ),
        ("to: 2026-11-25T17:00", "to: 2026-11-25T17:00:00", "/to", "time", "leave out seconds and offset"),
        ("to: 2026-11-25T17:00", "to: 2026-11-25T24:00", "/to", "time", "write a day and a time"),
        ("to: 2026-11-25T17:00\n", "to: 2026-11-23T09:00\n", "/to", "order", "the end must be after “from”"),
        ("to: 2026-11-25T17:00\n", "to: 2027-12-28T09:01\n", "/to", "too-long", "at most 400 days"),
        ("from: 09:00", "from: 9:00", "/daily/from", "time", "write a time from 00:00 to 23:59"),
        ("from: 09:00", "from: \"24:00\"", "/daily/from", "time", "write a time from 00:00 to 23:59"),
        ("to: \"17:00\"", "to: \"24:01\"", "/daily/to", "time", "write a time from 00:01 to 24:00"),
        ("to: \"17:00\"", "to: \"17:60\"", "/daily/to", "time", "write a time from 00:01 to 24:00"),
        ("to: \"17:00\"", "to: \"02:00\"", "/daily/to", "order", "midnight is 24:00"),
        ("skip: [2026-11-24]", "skip: [24.11.2026]", "/skip/0", "date", "for example 2026-11-24"),
        ("skip: [2026-11-24]", "skip: [2026-11-24, 2026-11-24]", "/skip/1", "twice", "stands here twice"),
        ("skip: [2026-11-24]", "skip: [2026-11-24, 2026-11-26]", "/skip/1", "outside", "remove it"),
        ("skip: [2026-11-24]", "skip: [2026-11-23, 2026-11-24, 2026-11-25]", "", "empty", "leave no time"),
        ("preview: 2026-11-20T08:00", "preview: soon", "/preview", "time", "write a day and a time"),
        (
            "preview: 2026-11-20T08:00",
            "preview: 2026-11-23T09:01",
            "/preview",
            "order",
            "first opening, 2026-11-23T09:00",
        ),
        ("grace: 30min", "grace: 30", "/grace", "amount", "for example 30min"),
        ("grace: 30min", "grace: half an hour", "/grace", "amount", "write a time with its unit"),
        ("grace: 30min", "grace: 90s", "/grace", "amount", "for example 30min, at most 31 days"),
        ("grace: 30min", "grace: 32d", "/grace", "amount", "for example 30min, at most 31 days"),
        ("archive: 2026-12-24T00:00", "archive: never", "/archive", "time", "write a day and a time"),
        (
            "archive: 2026-12-24T00:00",
            "archive: 2026-11-25T17:29",
            "/archive",
            "order",
            "end and grace, 2026-11-25T17:30",
        ),
        ("Bring a laptop.", "Bring a \u{202E}laptop.", "/message", "text", "line breaks are allowed"),
        (
            "  Welcome to the school.\n  Bring a laptop.",
            "  ",
            "/message",
            "text",
            "1 to 2000 visible characters",
        ),
        ("contact: school@example.org", "contact: \"a\\nb\"", "/contact", "text", "on one line"),
        (
            "groups: [ai-school]",
            "groups: [ai-scool]",
            "/audiences/participant/groups/0",
            "unknown",
            "there is no group “ai-scool”; there are ai-school, helpers",
        ),
        (
            "cores: {max: 8,",
            "cores: {max: 0,",
            "/audiences/participant/trims/cores",
            "empty",
            "nothing is left",
        ),
        (
            "because: one card each",
            "because: one card each, policy: true",
            "/audiences/participant/trims/cores/policy",
            "policy",
            "hold in its own context only",
        ),
        (
            "because: the room has few",
            "because: the room has few, policy: true",
            "/trims/cores/policy",
            "policy",
            "give it to a group",
        ),
        (
            "cores: {max: 16, because: the room has few}",
            "cors: {max: 16, because: x}",
            "/trims/cors",
            "unknown",
            "there is no option “cors”",
        ),
        (
            "because: the room has few",
            "because: ''",
            "/trims/cores/because",
            "because",
            "a reason people can be told",
        ),
        (
            "reservation: ai-school,",
            "reservation: ai-scool,",
            "/sets/reservation",
            "not-allowed",
            "choose None or AI School",
        ),
        ("reservation: ai-school,", "fixed: 1,", "/sets/fixed", "unknown", "there is no option “fixed”"),
        ("sets: {", "sets: {cores: 64, ", "", "", ""),
        (
            "cores: {max: 16, because: the room has few}",
            "account: {fixed: own, because: x}",
            "/sets/account",
            "twice",
            "write it once",
        ),
        (
            "managers: [bob]",
            &format!("managers: [{}]", names(101)),
            "/managers",
            "too-many",
            "at most 100 managers",
        ),
        (
            "names: [dave]",
            &format!("names: [{}]", names(999)),
            "/audiences",
            "too-many",
            "at most 1000 names",
        ),
    ];
    for (right, wrong, place, code, words) in rows {
        let (_, faults) = checked(&school(right, wrong));
        if code.is_empty() {
            assert!(faults.is_empty(), "{wrong}: {faults:#?}");
            continue;
        }
        let [fault] = &faults[..] else { panic!("{wrong}: {faults:#?}") };
        assert_eq!(fault.pointer, format!("/events/school{place}"), "{wrong}");
        assert_eq!(fault.code, *code, "{wrong}");
        assert!(fault.detail.contains(words), "{wrong}: {}", fault.detail);
    }
}

#[test]
fn an_event_needs_somebody_who_takes_part() {
    let mut nobody = read(SCHOOL).unwrap();
    nobody.audiences = Default::default();
    let (_, faults) = check(&nobody);
    let told: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
    assert_eq!(told, [("/events/school/audiences", "nobody")]);
}

#[test]
fn all_mistakes_are_told_at_once() {
    let yaml = school("Europe/Berlin", "Europe/Berln")
        .replacen("09:00,", "9,", 1)
        .replacen("grace: 30min", "grace: 30", 1)
        .replacen("because: the room has few", "because: x, policy: true", 1)
        .replacen("title: AI School 2026", "title: ''", 1);
    let (none, faults) = checked(&yaml);
    let places: Vec<_> =
        faults.iter().map(|fault| fault.pointer.trim_start_matches("/events/school")).collect();
    assert_eq!(places, ["/title", "/zone", "/daily/from", "/grace", "/trims/cores/policy"]);
    assert!(none.is_none());
}

#[test]
fn what_decides_nothing_about_a_start_leaves_an_event() {
    for (right, wrong) in [
        ("groups: [ai-school]", "groups: [gone]"),
        ("title: AI School 2026", "title: ''"),
        ("  Bring", "  \u{200B}Bring"),
    ] {
        let (event, faults) = checked(&school(right, wrong));
        assert_eq!((event.is_some(), faults.len()), (true, 1), "{wrong}");
    }
    for (right, wrong) in
        [("account: training", "account: gone"), ("cores: {max: 8,", "cors: {max: 8,"), ("09:00,", "9,")]
    {
        let (event, faults) = checked(&school(right, wrong));
        assert_eq!((event.is_some(), faults.len()), (false, 1), "{wrong}");
    }
}

/// The school by another title; without what it sets, as the reason of that repeats the title.
fn called(title: &str) -> super::written::Event {
    super::written::Event { title: title.to_owned(), sets: Default::default(), ..read(SCHOOL).unwrap() }
}

#[test]
fn a_title_of_an_event_reads_as_a_presets_does() {
    let titled = |title: &str| {
        let (event, faults) = check(&called(title));
        assert!(event.is_some(), "{title:?} decides nothing about a start");
        faults.iter().map(|fault| (fault.pointer.clone(), fault.value.clone())).collect::<Vec<_>>()
    };
    let five = format!("Q{}algo", "\u{323}".repeat(5));
    let widest = "\u{1F9EA}".repeat(100);
    for good in ["x", "Ångström", "量子化学", "हिन्दी", "Große Knoten – 2 GPUs (μs)", &five, &widest]
    {
        assert!(titled(good).is_empty(), "{good:?}");
    }
    let pile = format!("Q{}algo", "\u{323}".repeat(6));
    let long = "\u{1F9EA}".repeat(101);
    for bad in [
        "",
        " x",
        "x ",
        "x\u{3000}",
        "x\ny",
        "x\0y",
        "\u{202E}gnp.exe",
        "a\u{200B}b",
        "a\u{AD}b",
        "a\u{2028}b",
        "\u{E000}",
        "\u{0378}",
        "A\u{30A}ngstr",
        "\u{212B}ngstr",
        &pile,
        &long,
    ] {
        let told = ("/events/school/title".to_owned(), Some(serde_json::Value::from(bad)));
        assert_eq!(titled(bad), [told], "{bad:?}");
    }
}

#[test]
fn a_title_that_only_needs_tidying_is_tidied_before_it_is_kept() {
    let tidied = |title: &str| {
        let written = called(title).tidy();
        (check(&written).1, written.title)
    };
    for (sent, kept) in
        [(" A\u{30a}ngstro\u{308}m\n", "Ångström"), ("\u{212B}", "Å"), ("AI School 2026", "AI School 2026")]
    {
        assert_eq!(tidied(sent), (vec![], kept.to_owned()), "{sent:?}");
    }
    // What people see is never guessed: nothing is taken out of the middle, and nothing of another width.
    for sent in ["a\u{200B}b", "", " \u{3000} "] {
        assert_eq!(tidied(sent).0.len(), 1, "{sent:?}");
    }
    assert_eq!(tidied("ＡＩ"), (vec![], "ＡＩ".to_owned()));
}

#[test]
fn an_unknown_member_of_an_event_is_refused_with_its_name() {
    for (right, wrong, word) in [
        ("public: false", "publc: false", "publc"),
        ("kind: course", "kind: exam", "exam"),
        ("instructor: {", "teacher: {", "teacher"),
        ("to: \"17:00\"}", "until: \"17:00\"}", "until"),
        ("owner: alice", "owner: ''", "empty"),
        ("instructor: {names: [dave]}", "instructor: {people: [dave]}", "people"),
    ] {
        let refused = read(&school(right, wrong)).unwrap_err();
        assert!(refused.contains(word), "{wrong}: {refused}");
    }
}

#[test]
fn an_event_is_kept_as_it_was_written() {
    let written = read(SCHOOL).unwrap();
    let kept = serde_json::to_value(&written).unwrap();
    assert_eq!(serde_json::from_value::<super::written::Event>(kept).unwrap(), written);
    let hidden = event(&school("public: false", "published: false"));
    assert!(!hidden.is_published() && event(SCHOOL).is_published());
}

#[test]
fn what_an_event_sets_is_fixed_with_its_title_as_the_reason() {
    let school = event(SCHOOL);
    let told: Vec<_> =
        school.trims.iter().map(|trim| (trim.option.as_str(), trim.because.as_str(), trim.policy)).collect();
    assert_eq!(
        told,
        [
            ("reservation", "“AI School 2026” uses it", false),
            ("account", "“AI School 2026” uses it", false),
            ("cores", "the room has few", false),
        ]
    );
}
