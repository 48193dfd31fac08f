//! The people read most recently: compact, bounded, and never older than a change that was acknowledged here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::DateTime;
use serde_json::Value;

use super::{Changes, Person, SLOTS, slot};
use crate::groups::Username;
use crate::store::preferences::Kept;
use crate::store::selections::Selection;

/// The most bytes one slot remembers: 64 MiB in all, where 100,000 people take a fifth of it.
const LARGEST: usize = 4 << 10;

/// What is remembered, by slots: a change elsewhere is told by its slot, and the others stay.
pub struct Memory {
    slots: Box<[Mutex<Slot>]>,
    /// Changes of other processes are known up to here; none while nobody could be asked.
    known: Mutex<Option<i64>>,
}

#[derive(Default)]
struct Slot {
    /// How often this slot was forgotten.
    forgotten: u32,
    /// Changes under way here: until they end, what is read may be from before or after them.
    changing: u32,
    /// Oldest first. Each is a name, U+0000 (no name holds one) and what is kept of it.
    people: Vec<Box<[u8]>>,
}

/// When somebody was looked for in vain: what is read later is kept unless it was forgotten meanwhile.
#[derive(Clone, Copy)]
pub struct Ticket {
    forgotten: u32,
}

/// As a selection is remembered: server, context, preset, values, microseconds.
type Row = (String, String, String, Value, i64);
/// As preferences are: document, version, microseconds.
type Set = (Value, i64, i64);

impl Memory {
    pub fn new() -> Self {
        Self { slots: (0..SLOTS).map(|_| Mutex::default()).collect(), known: Mutex::default() }
    }

    fn slot(&self, at: usize) -> MutexGuard<'_, Slot> {
        // Each change is complete before anything can panic.
        self.slots[at].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is remembered of `name`, or leave to keep what is read now.
    pub fn of(&self, name: &Username) -> Result<Person, Ticket> {
        let slot = self.slot(slot(name));
        let found = slot.people.iter().find_map(|entry| told(entry, name));
        found.and_then(|rows| read(name, rows)).ok_or(Ticket { forgotten: slot.forgotten })
    }

    /// Keeps what was read after `ticket` was given.
    pub fn keep(&self, name: &Username, person: &Person, ticket: Ticket) {
        let mut slot = self.slot(slot(name));
        let Some(entry) = entry(name, person).filter(|entry| entry.len() <= LARGEST) else { return };
        if slot.changing > 0
            || slot.forgotten != ticket.forgotten
            || slot.people.iter().any(|held| told(held, name).is_some())
        {
            return;
        }
        let mut room = LARGEST - entry.len();
        // The newest that still fit.
        let fits = slot.people.iter().rev().take_while(|held| {
            let left = room.checked_sub(held.len());
            room = left.unwrap_or_default();
            left.is_some()
        });
        let gone = slot.people.len() - fits.count();
        slot.people.drain(..gone);
        slot.people.push(entry);
    }

    /// Remembers nothing of a person until what is given is dropped, because something of theirs changes.
    pub fn changing(self: &Arc<Self>, name: &Username) -> Changing {
        let at = slot(name);
        let mut slot = self.slot(at);
        slot.changing += 1;
        slot.forget();
        Changing { memory: self.clone(), at }
    }

    /// Up to where changes of other processes are known.
    pub fn known(&self) -> Option<i64> {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets whoever changed elsewhere; everybody, where that cannot be told.
    pub fn learn(&self, changes: &Changes) {
        match &changes.slots {
            Some(slots) => {
                for at in slots.iter().filter_map(|at| usize::try_from(*at).ok()).filter(|at| *at < SLOTS) {
                    self.slot(at).forget();
                }
            }
            None => (0..SLOTS).for_each(|at| self.slot(at).forget()),
        }
        self.set_known(Some(changes.until));
    }

    /// Nobody can be asked for changes: what is remembered must do until somebody can, and be read anew then.
    pub fn lose_touch(&self) {
        self.set_known(None);
    }

    fn set_known(&self, known: Option<i64>) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }
}

/// A change under way. Dropped before anybody is told that it happened.
pub struct Changing {
    memory: Arc<Memory>,
    at: usize,
}

impl Drop for Changing {
    fn drop(&mut self) {
        let mut slot = self.memory.slot(self.at);
        slot.changing -= 1;
        slot.forget();
    }
}

impl Slot {
    fn forget(&mut self) {
        self.forgotten = self.forgotten.wrapping_add(1);
        self.people = vec![];
    }
}

/// What an entry says, if it is of `name`.
fn told<'a>(entry: &'a [u8], name: &Username) -> Option<&'a [u8]> {
    entry.strip_prefix(name.as_str().as_bytes())?.strip_prefix(b"\0")
}

fn entry(name: &Username, person: &Person) -> Option<Box<[u8]>> {
    let row = |kept: &Selection| -> Row {
        let Selection { server_name, context, preset, chosen_values, at, .. } = kept.clone();
        (server_name, context, preset, chosen_values, at.timestamp_micros())
    };
    let mut bytes = [name.as_str().as_bytes(), b"\0"].concat();
    let rows: Vec<Row> = person.selections.iter().map(row).collect();
    let set = person.preferences.clone();
    let set: Option<Set> = set.map(|kept| (kept.document, kept.version, kept.updated_at.timestamp_micros()));
    serde_json::to_writer(&mut bytes, &(rows, set)).ok()?;
    Some(bytes.into_boxed_slice())
}

fn read(name: &Username, rows: &[u8]) -> Option<Person> {
    let (rows, set): (Vec<Row>, Option<Set>) = serde_json::from_slice(rows).ok()?;
    let selection = |(server_name, context, preset, chosen_values, micros): Row| {
        let at = DateTime::from_timestamp_micros(micros)?;
        Some(Selection { person: name.clone(), server_name, context, preset, chosen_values, at })
    };
    let preferences = match set {
        Some((document, version, micros)) => {
            Some(Kept { document, version, updated_at: DateTime::from_timestamp_micros(micros)? })
        }
        None => None,
    };
    Some(Person { selections: rows.into_iter().map(selection).collect::<Option<_>>()?, preferences })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn name(text: &str) -> Username {
        Username::try_from(text).expect("a name")
    }

    fn somebody(name: &Username, values: Value) -> Person {
        let at = DateTime::from_timestamp_micros(1_795_000_000_123_456).expect("in range");
        let texts = |text: &str| text.to_owned();
        Person {
            selections: vec![Selection {
                person: name.clone(),
                server_name: texts("gpu"),
                context: texts(""),
                preset: texts("rome"),
                chosen_values: values,
                at,
            }],
            preferences: Some(Kept { document: json!({ "order": ["rome"] }), version: 3, updated_at: at }),
        }
    }

    fn keep(memory: &Memory, name: &Username, person: &Person) {
        let ticket = memory.of(name).expect_err("not known yet");
        memory.keep(name, person, ticket);
    }

    #[test]
    fn what_was_kept_comes_back_whole() {
        let memory = Memory::new();
        for (text, values) in
            [("alice", json!({ "load": 0.1, "cores": 4 })), ("alice\n", json!({})), ("ali", json!(null))]
        {
            let person = somebody(&name(text), values);
            keep(&memory, &name(text), &person);
            assert_eq!(memory.of(&name(text)).ok(), Some(person));
        }
        assert!(memory.of(&name("alic")).is_err());
        keep(&memory, &name("nobody"), &Person::default());
        assert_eq!(
            memory.of(&name("nobody")).ok(),
            Some(Person::default()),
            "that there is nothing is known too"
        );
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let (memory, alice) = (Arc::new(Memory::new()), name("alice"));
        let before = memory.of(&alice).expect_err("not known yet");
        let changing = memory.changing(&alice);
        memory.keep(&alice, &Person::default(), before);
        let meanwhile = memory.of(&alice).expect_err("not known while it changes");
        memory.keep(&alice, &Person::default(), meanwhile);
        assert!(memory.of(&alice).is_err());
        drop(changing);
        memory.keep(&alice, &Person::default(), meanwhile);
        assert!(memory.of(&alice).is_err());
        keep(&memory, &alice, &Person::default());
        memory.learn(&Changes { until: 1, slots: None });
        let before = memory.of(&alice).expect_err("not known yet");
        memory.learn(&Changes { until: 2, slots: Some(vec![slot(&alice) as i64]) });
        memory.keep(&alice, &Person::default(), before);
        assert!(memory.of(&alice).is_err());
    }

    #[test]
    fn a_slot_holds_no_more_than_it_may() {
        let (memory, whole) = (Memory::new(), slot(&name("p0")));
        let mut crowd = (0..).map(|n| name(&format!("p{n}"))).filter(|name| slot(name) == whole);
        let crowd: Vec<Username> = crowd.by_ref().take(20).collect();
        for name in &crowd {
            keep(&memory, name, &somebody(name, json!("x".repeat(1_000))));
        }
        let known = crowd.iter().map(|name| memory.of(name).is_ok()).collect::<Vec<_>>();
        assert_eq!(known.iter().filter(|known| **known).count(), 3, "the newest of 4 KiB");
        assert!(known.ends_with(&[true, true, true]));
        let large = name("somebody with a large past");
        keep(&memory, &large, &somebody(&large, json!("x".repeat(LARGEST))));
        assert!(memory.of(&large).is_err());
    }

    #[test]
    fn a_change_elsewhere_is_forgotten_alone_and_an_unknown_one_by_all() {
        let (memory, alice, bob) = (Memory::new(), name("alice"), name("bob"));
        for name in [&alice, &bob] {
            keep(&memory, name, &Person::default());
        }
        memory.learn(&Changes { until: 8, slots: Some(vec![slot(&alice) as i64, -1, 1 << 40]) });
        assert!(memory.of(&alice).is_err() && memory.of(&bob).is_ok());
        assert_eq!(memory.known(), Some(8));
        memory.lose_touch();
        assert!(memory.of(&bob).is_ok() && memory.known().is_none());
        memory.learn(&Changes { until: 9, slots: None });
        assert!(memory.of(&bob).is_err());
    }
}
