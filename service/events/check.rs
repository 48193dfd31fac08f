//! From an event as written to one that holds together, with every fault in it.

use std::collections::{BTreeMap, BTreeSet};

use super::timetable::Timetable;
use super::{Audience, Event, Members, written};
use crate::catalogue::fault::below;
use crate::catalogue::{Allowed, Catalogue, Fault, Key, check_contact, check_text, check_title, unknown};
use crate::trims::written::{Trims, Written};
use crate::trims::{self, Statement, Trim};

/// The most names an event lists, and the most groups and managers; a longer list is a group.
const NAMES: usize = 1_000;
const GROUPS: usize = 100;
const MANAGERS: usize = 100;
/// The longest message, in characters.
const MESSAGE: usize = 2_000;

impl Event {
    /// Checks an event as written; `groups` are those the site has.
    ///
    /// The faults have their places below `/events/KEY`. Where the times, the trims or the values
    /// it sets hold one, there is no event: it would start something else than its author wrote.
    /// Faults in the rest leave one that can be used. Whoever *saves* refuses any.
    pub fn check(
        key: &Key,
        written: &written::Event,
        catalogue: &Catalogue,
        groups: &BTreeSet<&Key>,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let at = &below("/events", key.as_str());
        faults.extend(check_title(&below(at, "title"), &written.title));
        let message = written.message.as_deref();
        faults.extend(message.and_then(|text| check_text(&below(at, "message"), text, MESSAGE, true)));
        faults.extend(check_contact(&below(at, "contact"), written.contact.as_deref()));
        if written.managers.len() > MANAGERS {
            faults.push(too_many(&below(at, "managers"), "managers", MANAGERS));
        }
        check_people(&below(at, "audiences"), &written.audiences, groups, faults);

        let before = faults.len();
        let timetable = Timetable::check(written, at, faults);
        let mut trims = check_sets(at, written, catalogue, faults);
        trims.extend(check_trims(&below(at, "trims"), &written.trims, catalogue, faults));
        let audiences: BTreeMap<_, _> = listed(&written.audiences)
            .map(|(audience, members)| {
                let at = below(&below(at, "audiences"), audience.word());
                let trims = check_trims(&below(&at, "trims"), &members.trims, catalogue, faults);
                let groups = members.groups.iter().filter(|key| groups.contains(key)).cloned().collect();
                (audience, Members { groups, names: members.names.iter().cloned().collect(), trims })
            })
            .collect();
        if faults.len() > before {
            return None;
        }
        Some(Self {
            key: key.clone(),
            title: written.title.clone(),
            kind: written.kind,
            public: written.public,
            priority: written.priority,
            message: written.message.clone(),
            contact: written.contact.clone(),
            owner: written.owner.clone(),
            managers: written.managers.iter().cloned().collect(),
            audiences,
            trims,
            until: timetable.as_ref().map(Timetable::until).unwrap_or_default(),
            timetable: timetable?,
        })
    }
}

/// The audiences that are written at all.
fn listed(audiences: &written::Audiences) -> impl Iterator<Item = (Audience, &written::Members)> {
    let of = |audience| match audience {
        Audience::Participant => &audiences.participant,
        Audience::Helper => &audiences.helper,
        Audience::Instructor => &audiences.instructor,
    };
    Audience::ALL
        .into_iter()
        .filter_map(move |audience| of(audience).as_ref().map(|members| (audience, members)))
}

fn check_people(at: &str, audiences: &written::Audiences, groups: &BTreeSet<&Key>, faults: &mut Vec<Fault>) {
    let (mut names, mut keys) = (0, 0);
    for (audience, members) in listed(audiences) {
        let at = below(&below(at, audience.word()), "groups");
        for (n, key) in members.groups.iter().enumerate().filter(|(_, key)| !groups.contains(key)) {
            faults.push(unknown(&below(&at, n.to_string()), "group", key, groups.iter().copied()));
        }
        names += members.names.len();
        keys += members.groups.len();
    }
    if names == 0 && keys == 0 {
        let why = "nobody takes part: name groups or people of an audience, for example participant: {groups: \
                   […]}";
        faults.push(Fault::new(at, "nobody", why));
    }
    if names > NAMES {
        faults.push(too_many(at, "names in all audiences together; make a group of them", NAMES));
    }
    if keys > GROUPS {
        faults.push(too_many(at, "groups in all audiences together", GROUPS));
    }
}

fn too_many(at: &str, what: &str, most: usize) -> Fault {
    let why = format!("write at most {most} {what}");
    Fault::new(at, "too-many", why).with_allowed(serde_json::json!({ "max_items": most }))
}

/// Trims that hold in the event's context.
fn check_trims(at: &str, written: &Trims, catalogue: &Catalogue, faults: &mut Vec<Fault>) -> Vec<Trim> {
    for (key, _) in written.iter().filter(|(_, trim)| trim.policy) {
        let why = "an event's trims hold in its own context only: leave policy out, or give it to a group";
        faults.push(Fault::new(below(&below(at, key.as_str()), "policy"), "policy", why));
    }
    trims::check(written, at, catalogue, faults)
}

/// The values that the event sets, each as a trim that fixes it.
fn check_sets(
    at: &str,
    written: &written::Event,
    catalogue: &Catalogue,
    faults: &mut Vec<Fault>,
) -> Vec<Trim> {
    let at = &below(at, "sets");
    let because = format!("“{}” uses it", written.title);
    let fixed = |json: &serde_json::Value| Written {
        fixed: Some(json.clone()),
        because: because.clone(),
        ..Written::default()
    };
    for (key, _) in &written.sets {
        if written.trims.get(key).is_some_and(|trim| trim.fixed.is_some()) {
            let why = format!("“{key}” is fixed under trims too: write it once");
            faults.push(Fault::new(below(at, key.as_str()), "twice", why));
        }
    }
    let trims: Trims = written.sets.iter().map(|(key, json)| (key.clone(), fixed(json))).collect();
    let mut found = Vec::new();
    let trims = trims::check(&trims, at, catalogue, &mut found);
    faults.extend(found.into_iter().map(|fault| {
        // The author wrote the value itself, not a trim that holds it.
        let value = fault.pointer.strip_suffix("/fixed").filter(|pointer| *pointer != at);
        Fault { pointer: value.unwrap_or(&fault.pointer).to_owned(), ..fault }
    }));
    trims.into_iter().map(|trim| granted(trim, catalogue)).collect()
}

/// What an event brings along need not be everybody's: its reservation, its account.
fn granted(trim: Trim, catalogue: &Catalogue) -> Trim {
    let fixed = trim.statements.iter().find_map(|statement| match statement {
        Statement::Fixed(value) => Some(value),
        _ => None,
    });
    let kind = catalogue.options.get(&trim.option).map(|opt| &opt.kind);
    let grant = kind.zip(fixed).and_then(|(kind, value)| Allowed::all_of(kind).just(kind, value));
    Trim { grant, ..trim }
}
