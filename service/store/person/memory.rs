//! The people read most recently: compact, bounded, and never older than a change that was acknowledged here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::entry::{entry, read, told};
use super::slot::Slot;
use super::{Change, Changes, Person, SLOTS, slot};
use crate::groups::Username;
use crate::store::selections::Selection;

/// What is remembered, by slots: a change elsewhere is told by its slot, and the others stay.
pub struct Memory {
    slots: Box<[Mutex<Slot>]>,
    /// Changes of other processes are known up to here; none while nobody could be asked.
    known: Mutex<Option<i64>>,
}

/// When somebody was looked for in vain: what is read later is kept unless it was forgotten meanwhile.
#[derive(Clone, Copy)]
pub struct Ticket {
    forgotten: u32,
}

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
        let entry = entry(name, person);
        let mut slot = self.slot(slot(name));
        let is_held = slot.people.iter().any(|held| told(held, name).is_some());
        if slot.changing == 0 && slot.forgotten == ticket.forgotten && !is_held {
            entry.into_iter().for_each(|entry| slot.keep(entry));
        }
    }

    /// Remembers nothing of a person until what is given is dropped, because something of theirs changes.
    pub fn changing(self: &Arc<Self>, name: &Username) -> Changing {
        let mut slot = self.slot(slot(name));
        slot.changing += 1;
        let before = slot.forget_one(name);
        Changing { memory: self.clone(), name: name.clone(), before, forgotten: slot.forgotten, after: None }
    }

    /// Up to where changes of other processes are known.
    pub fn known(&self) -> Option<i64> {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets whoever changed elsewhere; everybody, where that cannot be told.
    pub fn learn(&self, changes: &Changes) {
        if changes.is_all {
            for at in 0..SLOTS {
                let mut slot = self.slot(at);
                // Another database, perhaps, whose numbers are others.
                slot.last = None;
                slot.forget();
            }
        }
        for (at, last) in &changes.slots {
            let Some(at) = usize::try_from(*at).ok().filter(|at| *at < SLOTS) else { continue };
            let mut slot = self.slot(at);
            if slot.last.replace(*last) != Some(*last) {
                slot.forget();
            }
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
    name: Username,
    /// What was remembered of the person.
    before: Option<Person>,
    /// When it was taken.
    forgotten: u32,
    /// What is to be remembered, if nothing was forgotten meanwhile.
    after: Option<Box<[u8]>>,
}

impl Changing {
    /// It happened, as `change`; where all that changed is that they started `chosen`, they are remembered with it.
    pub fn happened(mut self, change: Change, chosen: Option<Selection>) {
        // Read first: what is known by then was forgotten by then.
        let known = self.memory.known();
        let mut slot = self.memory.slot(slot(&self.name));
        let seen = |before| slot.last == Some(before) || known.is_some_and(|known| before < known);
        if !change.replaced.is_none_or(seen) {
            // What another process changed before gave its number up to this change: nothing else will tell of it.
            slot.forget();
        }
        slot.last = Some(change.sequence);
        drop(slot);
        let after = self.before.take().zip(chosen).map(|(person, chosen)| person.after(chosen));
        self.after = after.and_then(|person| entry(&self.name, &person));
    }
}

impl Drop for Changing {
    fn drop(&mut self) {
        let mut slot = self.memory.slot(slot(&self.name));
        slot.changing -= 1;
        let holds = slot.changing == 0 && slot.forgotten == self.forgotten;
        slot.forget_one(&self.name);
        self.after.take().filter(|_| holds).into_iter().for_each(|entry| slot.keep(entry));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::person::slot::LARGEST;
    use crate::store::preferences::Kept;
    use chrono::DateTime;
    use serde_json::{Value, json};

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
            account: Some(at),
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
        memory.learn(&Changes { until: 1, slots: vec![], is_all: true });
        let before = memory.of(&alice).expect_err("not known yet");
        memory.learn(&Changes { until: 2, slots: vec![(slot(&alice) as i64, 1)], is_all: false });
        memory.keep(&alice, &Person::default(), before);
        assert!(memory.of(&alice).is_err());
    }

    /// Two people whose changes nobody tells apart.
    fn neighbours() -> (Username, Username) {
        let alice = name("alice");
        let others = (0..).map(|n| name(&format!("p{n}")));
        let other = others.into_iter().find(|other| slot(other) == slot(&alice));
        (alice, other.expect("somebody"))
    }

    #[test]
    fn a_change_here_leaves_the_others_of_the_slot_and_what_was_started_is_known() {
        let (memory, (alice, other)) = (Arc::new(Memory::new()), neighbours());
        let at = slot(&alice) as i64;
        memory.learn(&Changes { until: 1, slots: vec![], is_all: true });
        let before = somebody(&alice, json!({ "cores": 1 }));
        keep(&memory, &alice, &before);
        keep(&memory, &other, &Person::default());
        let chosen = Selection { chosen_values: json!({ "cores": 2 }), ..before.selections[0].clone() };
        let started = Selection { server_name: "cpu".to_owned(), ..chosen.clone() };
        for (sequence, replaced, selection) in [(1, None, chosen.clone()), (2, Some(1), started.clone())] {
            memory.changing(&alice).happened(Change { sequence, replaced }, Some(selection));
            memory.learn(&Changes { until: sequence + 1, slots: vec![(at, sequence)], is_all: false });
        }
        let after = memory.of(&alice).ok().expect("known");
        assert_eq!(after.selections, [started, chosen]);
        assert_eq!(after.preferences, before.preferences);
        assert!(memory.of(&other).is_ok());
        memory.changing(&alice).happened(Change { sequence: 3, replaced: Some(2) }, None);
        assert!(memory.of(&alice).is_err() && memory.of(&other).is_ok());
    }

    #[test]
    fn a_change_elsewhere_is_not_hidden_by_one_here_that_took_its_number() {
        let at = slot(&name("alice")) as i64;
        // Elsewhere as 5, while changes below `known` were told; here as 6.
        for (known, replaced, is_forgotten) in
            [(5, Some(5), true), (6, Some(5), false), (3, Some(4), false), (3, None, false)]
        {
            let (memory, (alice, other)) = (Arc::new(Memory::new()), neighbours());
            memory.learn(&Changes { until: 3, slots: vec![], is_all: true });
            keep(&memory, &alice, &Person::default());
            memory.changing(&alice).happened(Change { sequence: 4, replaced: None }, None);
            memory.learn(&Changes { until: known, slots: vec![], is_all: false });
            keep(&memory, &other, &Person::default());
            memory.changing(&alice).happened(Change { sequence: 6, replaced }, None);
            assert_eq!(memory.of(&other).is_err(), is_forgotten, "{known} {replaced:?}");
            keep(&memory, &name("alice"), &Person::default());
            memory.learn(&Changes { until: 8, slots: vec![(at, 7)], is_all: false });
            assert!(memory.of(&alice).is_err() && memory.of(&other).is_err(), "elsewhere, as 7");
        }
    }

    #[test]
    fn whoever_is_changed_twice_at_once_is_read_anew() {
        let (memory, alice) = (Arc::new(Memory::new()), name("alice"));
        let person = somebody(&alice, json!({}));
        keep(&memory, &alice, &person);
        let [first, second] = [memory.changing(&alice), memory.changing(&alice)];
        first.happened(Change { sequence: 1, replaced: None }, Some(person.selections[0].clone()));
        assert!(memory.of(&alice).is_err());
        second.happened(Change { sequence: 2, replaced: Some(1) }, Some(person.selections[0].clone()));
        assert!(memory.of(&alice).is_err());
    }

    #[test]
    fn a_change_that_may_have_happened_is_forgotten() {
        let (memory, alice) = (Arc::new(Memory::new()), name("alice"));
        keep(&memory, &alice, &somebody(&alice, json!({})));
        drop(memory.changing(&alice));
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
    fn a_change_that_is_told_again_and_again_is_forgotten_once() {
        let (memory, alice) = (Memory::new(), name("alice"));
        let at = slot(&alice) as i64;
        for (changes, is_forgotten) in [
            (Changes { until: 5, slots: vec![(at, 6)], is_all: true }, true),
            (Changes { until: 5, slots: vec![(at, 6)], is_all: false }, false),
            (Changes { until: 5, slots: vec![(at, 7)], is_all: false }, true),
            (Changes { until: 8, slots: vec![(at, 7)], is_all: false }, false),
            (Changes { until: 9, slots: vec![(at, 7)], is_all: true }, true),
        ] {
            if memory.of(&alice).is_err() {
                keep(&memory, &alice, &Person::default());
            }
            memory.learn(&changes);
            assert_eq!(
                memory.of(&alice).is_err(),
                is_forgotten,
                "{:?} until {}",
                changes.slots,
                changes.until
            );
        }
    }

    #[test]
    fn a_change_elsewhere_is_forgotten_alone_and_an_unknown_one_by_all() {
        let (memory, alice, bob) = (Memory::new(), name("alice"), name("bob"));
        for name in [&alice, &bob] {
            keep(&memory, name, &Person::default());
        }
        let slots = vec![(slot(&alice) as i64, 7), (-1, 7), (1 << 40, 7)];
        memory.learn(&Changes { until: 8, slots, is_all: false });
        assert!(memory.of(&alice).is_err() && memory.of(&bob).is_ok());
        assert_eq!(memory.known(), Some(8));
        memory.lose_touch();
        assert!(memory.of(&bob).is_ok() && memory.known().is_none());
        memory.learn(&Changes { until: 9, slots: vec![], is_all: true });
        assert!(memory.of(&bob).is_err());
    }
}
