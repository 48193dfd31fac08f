//! The last answers about the people seen most recently, bounded.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::groups::Username;

/// What a source said last about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub groups: Arc<[Arc<str>]>,
    pub found: bool,
    /// When the answer arrived.
    pub checked_at: DateTime<Utc>,
}

/// Answers of all sources about up to a given number of people.
#[derive(Debug)]
pub struct Memory {
    most: usize,
    people: HashMap<Username, Person>,
    /// Who was answered for, the longest ago first.
    order: BTreeMap<u64, Username>,
    answers: u64,
    /// Each group's name once: a hundred thousand people share a few thousand groups.
    names: HashSet<Arc<str>>,
}

#[derive(Debug, Default)]
struct Person {
    answered: u64,
    /// By number of the source.
    known: BTreeMap<usize, Known>,
}

impl Memory {
    pub fn new(most: usize) -> Self {
        Self { most, people: HashMap::new(), order: BTreeMap::new(), answers: 0, names: HashSet::new() }
    }

    pub fn of(&self, source: usize, person: &Username) -> Option<&Known> {
        self.people.get(person)?.known.get(&source)
    }

    /// Keeps an answer in place of the earlier one; the person answered for longest ago makes room.
    pub fn keep<'a>(
        &mut self,
        source: usize,
        person: &Username,
        groups: impl Iterator<Item = &'a str>,
        found: bool,
        checked_at: DateTime<Utc>,
    ) {
        let groups = groups.map(|name| self.interned(name)).collect();
        self.answers += 1;
        let entry = self.people.entry(person.clone()).or_default();
        self.order.remove(&entry.answered);
        entry.answered = self.answers;
        entry.known.insert(source, Known { groups, found, checked_at });
        self.order.insert(self.answers, person.clone());
        if self.people.len() > self.most
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.people.remove(&oldest);
        }
    }

    /// Forgets a person, whoever answered for them.
    pub fn forget(&mut self, person: &Username) {
        if let Some(gone) = self.people.remove(person) {
            self.order.remove(&gone.answered);
        }
    }

    fn interned(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        // Names of groups that are gone are dropped now and then.
        if self.names.len() >= self.most && self.names.len().is_multiple_of(1_000) {
            self.names.retain(|name| Arc::strong_count(name) > 1);
        }
        let name: Arc<str> = name.into();
        self.names.insert(name.clone());
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Username {
        Username::try_from(text).expect("a name")
    }

    #[test]
    fn the_person_answered_for_longest_ago_makes_room() {
        let mut memory = Memory::new(2);
        let then = DateTime::from_timestamp(0, 0).expect("in range");
        for person in ["a", "b", "a", "c"] {
            memory.keep(0, &name(person), ["x", "y"].into_iter(), true, then);
        }
        let known = |person| memory.of(0, &name(person)).is_some();
        assert!(known("a") && !known("b") && known("c"));
        assert_eq!((memory.order.len(), memory.names.len()), (2, 2));
    }

    #[test]
    fn who_is_forgotten_leaves_nothing_behind() {
        let mut memory = Memory::new(2);
        let then = DateTime::from_timestamp(0, 0).expect("in range");
        for person in ["a", "b"] {
            memory.keep(0, &name(person), ["x"].into_iter(), true, then);
        }
        memory.forget(&name("a"));
        memory.forget(&name("nobody"));
        assert!(memory.of(0, &name("a")).is_none() && memory.of(0, &name("b")).is_some());
        assert_eq!(memory.order.len(), 1);
    }
}
