//! What rules leave to choose, by hand (`tests/vectors/`): the core says so, and tells the page what it has to know.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jupyterhub_presets::catalogue::ordered::Ordered;
use jupyterhub_presets::catalogue::{Allowed, Key, Kind, Value, written as catalogue};
use jupyterhub_presets::effective::{Card, CardId, Content, Field, Offer, State, written};
use jupyterhub_presets::presets::Owner;
use jupyterhub_presets::presets::written::{Ask, Preset};
use jupyterhub_presets::{rules, trims};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::somebody;

/// One vector, as its file says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    title: String,
    #[serde(default)]
    rules: rules::written::Rules,
    #[serde(default)]
    trims: trims::written::Trims,
    #[serde(default)]
    group: trims::written::Trims,
    preset: Option<Filled>,
    asked: BTreeMap<String, Json>,
    #[serde(default)]
    expect: BTreeMap<String, String>,
    #[serde(default)]
    faults: Vec<String>,
    #[serde(default)]
    unavailable: bool,
}

#[derive(Deserialize)]
struct Filled {
    values: Ordered<Key, Json>,
    ask: Ordered<Key, Ask>,
}

fn key(text: &str) -> Key {
    text.try_into().unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn options() -> Ordered<Key, catalogue::Opt> {
    serde_json::from_str(&std::fs::read_to_string(folder().join("options.json")).unwrap()).unwrap()
}

fn vectors() -> Vec<Vector> {
    let read = |name: &str| -> Vec<Vector> {
        let text = std::fs::read_to_string(folder().join(name).with_extension("json")).unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    ["shapes", "caps", "tables", "several", "owners"].into_iter().flat_map(read).collect()
}

/// A site of the vectors' options, with one profile of all of them.
pub(super) fn site(
    rules: rules::written::Rules,
    site: trims::written::Trims,
    group: trims::written::Trims,
    preset: Option<Preset>,
) -> written::Site {
    let options = options();
    let profile = json!({ "title": "All", "backend": "b", "options": options.keys().collect::<Vec<_>>() });
    let ours = json!({ "title": "Ours", "from": { "hub": "ours" } });
    let ours = written::Group { trims: group, ..serde_json::from_value(ours).unwrap() };
    written::Site {
        backends: [(key("b"), serde_json::from_value(json!({ "spawner": "s" })).unwrap())]
            .into_iter()
            .collect(),
        profiles: [(key("all"), serde_json::from_value(profile).unwrap())].into_iter().collect(),
        groups: [(key("ours"), ours)].into_iter().collect(),
        presets: preset.map(|preset| (key("p"), preset)).into_iter().collect(),
        options,
        rules,
        trims: site,
        ..written::Site::default()
    }
}

impl Vector {
    fn content(&self, rules: bool) -> Content {
        let preset = self.preset.as_ref().map(|filled| Preset {
            title: "P".to_owned(),
            description: None,
            owner: Owner::Site,
            profile: key("all"),
            values: filled.values.clone(),
            ask: filled.ask.clone(),
            audiences: vec![],
            confirm: false,
        });
        let rules = if rules { self.rules.clone() } else { rules::written::Rules::default() };
        let site = site(rules, self.trims.clone(), self.group.clone(), preset);
        let (content, faults) = Content::check(&site, 1, &BTreeMap::new());
        assert!(faults.is_empty(), "{}: {faults:#?}", self.title);
        content
    }

    fn card(&self) -> CardId {
        CardId::read(if self.preset.is_some() { "p" } else { "~all" }).unwrap()
    }
}

/// `1..64/1 = 4`, `a|b = a constant`: what a vector says of an option.
pub(super) fn notation(field: &Field<'_>) -> String {
    if field.absent {
        return "absent".to_owned();
    }
    let kind = &field.opt.kind;
    let word = |value: &Value| match value {
        Value::List(items) => items.join(","),
        value => kind.word(value),
    };
    let set = match &field.allowed {
        Allowed::OneOf(values) => values.iter().map(word).collect::<Vec<_>>().join("|"),
        Allowed::Between { min, max, step, .. } => {
            let Kind::Amount { measure, .. } = kind else { panic!("no number") };
            format!("{}..{}/{}", measure.word(*min), measure.word(*max), measure.word(*step))
        }
        Allowed::Matching { filled } => if *filled { "+" } else { "*" }.to_owned(),
        Allowed::Subset { of, least, most } => format!("{{{}}} {least}..{most}", of.join(",")),
    };
    let flags = [(!field.editable, " constant"), (field.hidden, " hidden"), (field.required, " required")];
    let flags: String = flags.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
    format!("{set} = {}{flags}", word(&field.value))
}

pub(super) fn notations(card: &Card<'_>) -> BTreeMap<String, String> {
    card.fields.iter().map(|field| (field.opt.key.to_string(), notation(field))).collect()
}

/// What is asked of an offer: each option as it is then, and `CODE OPTION` of each fault, sorted.
pub(super) fn judged(
    offer: &Offer<'_>,
    asked: &BTreeMap<String, Json>,
) -> (BTreeMap<String, String>, Vec<String>) {
    let (card, faults) = offer.tried(asked);
    let fault = |fault: &jupyterhub_presets::catalogue::Fault| {
        format!("{} {}", fault.code, fault.pointer.trim_start_matches("/values/"))
    };
    let mut faults: Vec<String> = faults.iter().map(fault).collect();
    faults.sort();
    (notations(&card), faults)
}

#[test]
fn rules_leave_what_the_vectors_say() {
    let vectors = vectors();
    assert!(vectors.len() >= 60, "only {}", vectors.len());
    let mut wrong = Vec::new();
    for vector in &vectors {
        let (content, plain) = (vector.content(true), vector.content(false));
        let person = somebody(&["ours"]);
        let form = person.form(&content);
        let offer = form.offered(&vector.card()).unwrap();
        assert_eq!(
            matches!(offer.state, State::Unavailable(_)),
            vector.unavailable,
            "{}: {:?}",
            vector.title,
            offer.state
        );
        if vector.unavailable {
            continue;
        }
        let form = person.form(&plain);
        let mut expected = notations(form.card(&vector.card()).unwrap());
        expected.extend(vector.expect.clone());
        let mut faults = vector.faults.clone();
        faults.sort();
        let found = judged(offer, &vector.asked);
        if found != (expected.clone(), faults.clone()) {
            let differ: Vec<String> = (found.0.iter())
                .filter(|(key, text)| expected.get(*key) != Some(text))
                .map(|(key, text)| format!("{key}: {text}, expected {:?}", expected.get(key)))
                .collect();
            wrong.push(format!("{}: {differ:#?} {:?}, expected {faults:?}", vector.title, found.1));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), vectors.len(), wrong.join("\n"));
}

#[test]
fn the_page_is_told_what_it_needs_for_each_vector() {
    let mut told = serde_json::Map::new();
    for vector in vectors() {
        let content = vector.content(true);
        let person = somebody(&["ours"]);
        let form = person.form(&content);
        let offer = form.offered(&vector.card()).unwrap();
        let slots = offer.slots();
        assert_eq!(slots.is_none(), vector.unavailable, "{}", vector.title);
        if let Some(slots) = slots {
            let before = told.insert(vector.title.clone(), serde_json::to_value(slots).unwrap());
            assert!(before.is_none(), "two are called {}", vector.title);
        }
    }
    let text = told.iter().map(|(title, slots)| format!("  {}: {slots}", json!(title))).collect::<Vec<_>>();
    let text = format!("{{\n{}\n}}\n", text.join(",\n"));
    let file = folder().join("slots.json");
    if std::env::var_os("PRESETS_WRITE").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == text, "tests/vectors/slots.json is not what the core says: see tests/vectors/README.md");
}
