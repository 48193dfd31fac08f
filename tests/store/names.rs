//! Names that differ in one byte are two people, however alike they look, sort or sound.

use std::collections::BTreeSet;

use super::{noon, preset};
use jupyterhub_presets::groups::Username;
use jupyterhub_presets::store::audit::{self, Actor, By};
use jupyterhub_presets::store::decisions::{self, Decision, Outcome};
use jupyterhub_presets::store::presets::{self, Filter, Whose};
use jupyterhub_presets::store::selections::Selection;
use jupyterhub_presets::store::site::Owner;
use jupyterhub_presets::store::{Store, preferences};
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization as _;

/// Names that programs write in several ways: by case, composed or not, by width, in other letters.
const WRITTEN: [&str; 12] = [
    "alice",
    "Jos\u{e9}",
    "stra\u{df}e",
    "\u{130}stanbul",
    "i\u{307}",
    "\u{212b}ngstr\u{f6}m",
    "\u{fb01}ona",
    "\u{3a3}\u{3af}\u{3c3}\u{3c5}\u{3c6}\u{3bf}\u{3c2}",
    "\u{ac00}\u{b098}",
    "\u{ff71}\u{ff98}",
    "\u{1e9b}\u{323}",
    "\u{939}\u{93f}\u{928}",
];

/// What stands before, in and behind a name that somebody else has: spaces, ends of lines, what nobody sees, and what
/// means something to a database, a directory, a shell or a page.
const ODD: [&str; 36] = [
    " ",
    "  ",
    "\t",
    "\n",
    "\r\n",
    "\u{a0}",
    "\u{3000}",
    "\u{2028}",
    "\u{85}",
    "\u{1}",
    "\u{7f}",
    "\u{ad}",
    "\u{200b}",
    "\u{200d}",
    "\u{202e}",
    "\u{2066}",
    "\u{feff}",
    "\u{301}",
    "\u{fe0f}",
    "\u{e0041}",
    "'",
    "''",
    "\"",
    "\\",
    "%",
    "_",
    "*",
    "(",
    ")",
    ";--",
    "$1",
    "?",
    "/",
    "\u{fffd}",
    "\u{10ffff}",
    "\u{1f600}",
];

/// Others that nobody could tell apart, or that say something elsewhere.
const OTHERS: [&str; 40] = [
    "\u{430}lice",
    "alic\u{435}",
    "aIice",
    "a1ice",
    "al\u{131}ce",
    "\u{251}lice",
    "\u{3b1}lice",
    "\u{1d41a}lice",
    "x' OR '1'='1",
    "x'; DROP TABLE presets; --",
    "x\" OR \"\"=\"",
    "1",
    "01",
    "1.0",
    "null",
    "true",
    "NaN",
    "\\u0061lice",
    "*)(uid=*",
    "alice)(|(uid=*",
    "uid=alice,ou=people",
    "\\61lice",
    "%61lice",
    "&#97;lice",
    "<b>alice</b>",
    "{}",
    "[]",
    "..",
    "~",
    "-",
    "\u{5d0}\u{5dc}\u{5d9}\u{5e1}",
    "\u{627}\u{644}\u{64a}\u{633}",
    "ali\u{5d0}ce",
    "\u{1f468}\u{200d}\u{1f469}",
    "\u{1f468}\u{1f469}",
    "\u{1f44d}",
    "\u{1f44d}\u{1f3fd}",
    "\u{2764}",
    "\u{2764}\u{fe0f}",
    "user:alice",
];

/// ASCII in the width of Chinese characters.
fn full_width(name: &str) -> String {
    let wide = |c: char| match c {
        '!'..='~' => char::from_u32(c as u32 + 0xFEE0).unwrap(),
        other => other,
    };
    name.chars().map(wide).collect()
}

/// Each once, by its bytes.
fn names() -> Vec<Username> {
    let mut names: BTreeSet<String> = OTHERS.map(str::to_owned).into();
    for name in WRITTEN {
        names.extend([name.to_owned(), name.to_uppercase(), name.to_lowercase(), full_width(name)]);
        let forms: [String; 4] =
            [name.nfc().collect(), name.nfd().collect(), name.nfkc().collect(), name.nfkd().collect()];
        names.extend(forms);
        names.insert(name.chars().rev().collect());
    }
    for odd in ODD {
        names.extend([
            format!("{odd}alice"),
            format!("a{odd}lice"),
            format!("alice{odd}"),
            format!("Jos\u{e9}{odd}"),
        ]);
    }
    // As long as the hub's column: 255 characters of four bytes, and the last one, the first one or none another.
    let long = |start: &str, end: &str| format!("{start}{}{end}", "\u{1f600}".repeat(253));
    names.extend([
        long("\u{1f600}", "\u{1f600}"),
        long("\u{1f600}", "\u{1f601}"),
        long("\u{1f601}", "\u{1f600}"),
        long("\u{1f600}", ""),
        "n".repeat(Username::LONGEST),
        "n".repeat(Username::LONGEST - 1),
        format!("{}N", "n".repeat(Username::LONGEST - 1)),
        "n".repeat(255),
        "n".repeat(256),
    ]);
    names.into_iter().map(|name| Username::try_from(name).unwrap()).collect()
}

/// What only the person of that name and number is told.
fn theirs(number: usize, name: &Username) -> Value {
    json!({ "title": format!("of {number}"), "whose": name.as_str() })
}

/// They set a preference, save a preset of their own, and start a server.
async fn live(store: &Store, number: usize, name: &Username) {
    let by = By { at: noon(), actor: Actor::User(name.clone()), token: None, request_id: None };
    let (person, document) = (name.clone(), theirs(number, name));
    let own = preset(&format!("p{number}"), Owner::User(name.as_str().to_owned()), document.clone());
    let kept = store.change_person(name, move |conn| {
        preferences::save(conn, &person, &document, 0, &by)?;
        presets::create(conn, &own, &by)
    });
    kept.await.unwrap_or_else(|error| panic!("{name:?}: {error:?}"));
    let decision = Decision {
        id: Decision::id_at(noon()),
        at: noon(),
        person: name.clone(),
        server_name: String::new(),
        asked: theirs(number, name),
        outcome: Outcome::Given(json!({})),
        reasons: json!([]),
        request_id: None,
    };
    let selection = Selection {
        person: name.clone(),
        server_name: String::new(),
        context: String::new(),
        preset: format!("p{number}"),
        chosen_values: theirs(number, name),
        at: noon(),
    };
    let started = store.record_start(decision, Some(selection)).await;
    started.unwrap_or_else(|error| panic!("{name:?}: {error:?}"));
}

/// They are told what is theirs, all of it, and nothing else.
async fn is_told_what_is_theirs(store: &Store, number: usize, name: &Username) {
    let mine = theirs(number, name);
    let person = store.person(name).await.unwrap();
    let chosen: Vec<_> = person.selections.iter().map(|kept| (&kept.person, &kept.chosen_values)).collect();
    assert_eq!(chosen, [(name, &mine)]);
    assert_eq!(person.preferences.map(|kept| kept.document).as_ref(), Some(&mine), "{name:?}");
    let who = name.clone();
    let (started, own, listed, audited) = store
        .read(move |conn| {
            let own = Some(who.as_str().to_owned());
            let visible =
                Whose::Visible { groups: vec![], events: vec![], of_events: vec![], person: own.clone() };
            let filter = Filter { kind: Some("user"), owner: own };
            Ok((
                decisions::latest_of(conn, &who, 10)?,
                presets::page(conn, &visible, &Filter::default(), None, 10)?,
                presets::page(conn, &Whose::Everybodys, &filter, None, 10)?,
                audit::about(conn, &who)?,
            ))
        })
        .await
        .unwrap();
    let started: Vec<_> = started.iter().map(|decision| (&decision.person, &decision.asked)).collect();
    assert_eq!(started, [(name, &mine)]);
    let documents: Vec<_> = own.iter().map(|preset| (preset.id.as_str(), &preset.document)).collect();
    assert_eq!(documents, [(format!("p{number}").as_str(), &mine)], "{name:?}");
    assert_eq!(listed, own, "{name:?}");
    let audited: Vec<_> =
        audited.iter().map(|(_, entry)| (&entry.actor, entry.object_kind.as_str())).collect();
    let themselves = Actor::User(name.clone());
    assert_eq!(audited, [(&themselves, "preset"), (&themselves, "preferences")]);
}

on_each_database! {
    async fn each_of_hundreds_of_similar_names_has_their_own_and_no_more(scratch: Scratch) {
        let store = scratch.store().await;
        let names = names();
        assert!(names.len() >= 200, "only {} names", names.len());
        for (number, name) in names.iter().enumerate() {
            live(&store, number, name).await;
        }
        // From memory, and as another process reads it.
        for store in [&store, &store.beside()] {
            for (number, name) in names.iter().enumerate() {
                is_told_what_is_theirs(store, number, name).await;
            }
        }
        for rows in ["selections", "preferences", "decisions", "presets", "people"] {
            assert_eq!(usize::try_from(scratch.count(rows)), Ok(names.len()), "{rows}");
        }
    }
}
