//! The last answers about the people seen most recently: compact and bounded.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use indexmap::IndexSet;

use crate::groups::Username;

/// What a source said last about a person.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    names: &'a IndexSet<Arc<str>>,
    groups: &'a [u32],
    pub found: bool,
    /// When the answer arrived, to the microsecond.
    pub checked_at: DateTime<Utc>,
}

impl<'a> Known<'a> {
    pub fn groups(&self) -> impl Iterator<Item = &'a Arc<str>> {
        let names = self.names;
        self.groups.iter().filter_map(|number| names.get_index(*number as usize))
    }
}

/// Answers of all sources about the people answered for last, by two generations: the older one is
/// forgotten when the younger one is full.
pub struct Memory {
    /// People in one generation.
    most: usize,
    young: Generation,
    old: Generation,
}

#[derive(Default)]
struct Generation {
    /// Each group's name once, as a hundred thousand people share a few thousand groups.
    names: IndexSet<Arc<str>>,
    /// For each source: its number, whether the person was found, when (two halves of the
    /// microseconds), how many groups, and their numbers.
    people: HashMap<Box<str>, Box<[u32]>>,
}

/// Words before the groups.
const HEAD: usize = 5;

impl Memory {
    /// Room for at least `most` people, and at most twice as many.
    pub fn new(most: usize) -> Self {
        Self { most, young: Generation::default(), old: Generation::default() }
    }

    pub fn of(&self, source: usize, person: &Username) -> Option<Known<'_>> {
        self.all(person).find(|(number, _)| *number == source).map(|(_, known)| known)
    }

    fn all(&self, person: &Username) -> impl Iterator<Item = (usize, Known<'_>)> {
        let generation =
            if self.young.people.contains_key(person.as_str()) { &self.young } else { &self.old };
        let words = generation.people.get(person.as_str()).map_or(&[][..], |words| words);
        Answers { names: &generation.names, words }
    }

    /// Keeps an answer in place of the earlier one.
    pub fn keep<'a>(
        &mut self,
        source: usize,
        person: &Username,
        groups: impl Iterator<Item = &'a str>,
        found: bool,
        checked_at: DateTime<Utc>,
    ) {
        let others: Vec<_> = self
            .all(person)
            .filter(|(number, _)| *number != source)
            .map(|(number, known)| {
                (number, known.groups().cloned().collect::<Vec<_>>(), known.found, known.checked_at)
            })
            .collect();
        // Names are never too many for the people; but those of groups that are gone must go, too.
        if self.young.people.len() >= self.most || self.young.names.len() > self.most {
            self.old = std::mem::take(&mut self.young);
        }
        let mut words = Vec::new();
        for (number, groups, found, checked_at) in others {
            self.young.write(&mut words, number, groups.iter().map(|name| &**name), found, checked_at);
        }
        self.young.write(&mut words, source, groups, found, checked_at);
        self.young.people.insert(person.as_str().into(), words.into());
        self.old.people.remove(person.as_str());
    }

    /// Forgets the people of whom every answer arrived before `limit`.
    pub fn forget_before(&mut self, limit: DateTime<Utc>) {
        for Generation { names, people } in [&mut self.young, &mut self.old] {
            people.retain(|_, words| Answers { names, words }.any(|(_, known)| known.checked_at >= limit));
        }
    }

    /// Forgets a person, whoever answered for them.
    pub fn forget(&mut self, person: &Username) {
        for generation in [&mut self.young, &mut self.old] {
            generation.people.remove(person.as_str());
        }
    }
}

impl Generation {
    fn write<'a>(
        &mut self,
        words: &mut Vec<u32>,
        source: usize,
        groups: impl Iterator<Item = &'a str>,
        found: bool,
        checked_at: DateTime<Utc>,
    ) {
        let micros = checked_at.timestamp_micros().cast_unsigned();
        let at = words.len();
        words.extend([number(source), u32::from(found), (micros >> 32) as u32, micros as u32, 0]);
        for name in groups {
            let known = self.names.get_index_of(name);
            words.push(number(known.unwrap_or_else(|| self.names.insert_full(name.into()).0)));
        }
        words[at + HEAD - 1] = number(words.len() - at - HEAD);
    }
}

/// Far more sources, or groups, than memory could hold.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Reads what [`Generation::write`] wrote.
struct Answers<'a> {
    names: &'a IndexSet<Arc<str>>,
    words: &'a [u32],
}

impl<'a> Iterator for Answers<'a> {
    type Item = (usize, Known<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[source, found, high, low, count], rest) = self.words.split_first_chunk::<HEAD>()?;
        let (groups, rest) = rest.split_at_checked(count as usize)?;
        self.words = rest;
        let micros = (u64::from(high) << 32 | u64::from(low)).cast_signed();
        let checked_at = DateTime::from_timestamp_micros(micros)?;
        Some((source as usize, Known { names: self.names, groups, found: found == 1, checked_at }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Username {
        Username::try_from(text).expect("a name")
    }

    fn groups(memory: &Memory, source: usize, person: &str) -> Option<Vec<String>> {
        let known = memory.of(source, &name(person))?;
        Some(known.groups().map(ToString::to_string).collect())
    }

    #[test]
    fn an_answer_comes_back_whole_beside_those_of_other_sources() {
        let mut memory = Memory::new(10);
        let then = DateTime::from_timestamp_micros(1_795_000_000_123_456).expect("in range");
        memory.keep(1, &name("a"), ["x", "y"].into_iter(), true, then);
        memory.keep(0, &name("a"), std::iter::empty(), false, then);
        memory.keep(1, &name("a"), ["y", "z"].into_iter(), true, then);
        assert_eq!(groups(&memory, 1, "a"), Some(vec!["y".to_owned(), "z".to_owned()]));
        let nobody = memory.of(0, &name("a")).expect("kept");
        assert_eq!((nobody.found, nobody.checked_at, nobody.groups().count()), (false, then, 0));
        assert!(memory.of(2, &name("a")).is_none() && memory.of(0, &name("b")).is_none());
    }

    #[test]
    fn the_people_answered_for_longest_ago_make_room() {
        let mut memory = Memory::new(2);
        let then = DateTime::from_timestamp(0, 0).expect("in range");
        for person in ["a", "b", "c", "a", "d", "e"] {
            memory.keep(0, &name(person), [person, "all"].into_iter(), true, then);
        }
        let known: Vec<&str> = ["a", "b", "c", "d", "e"]
            .into_iter()
            .filter(|person| memory.of(0, &name(person)).is_some())
            .collect();
        assert_eq!(known, ["a", "c", "d", "e"]);
        assert_eq!(groups(&memory, 0, "a"), Some(vec!["a".to_owned(), "all".to_owned()]));
        assert!(memory.young.names.len() + memory.old.names.len() <= 7, "names of the forgotten are gone");
    }

    #[test]
    fn who_is_forgotten_leaves_nothing_behind() {
        let mut memory = Memory::new(2);
        let then = DateTime::from_timestamp(0, 0).expect("in range");
        for person in ["b", "a", "c"] {
            memory.keep(0, &name(person), ["x"].into_iter(), true, then);
        }
        memory.forget(&name("a"));
        memory.forget(&name("nobody"));
        memory.forget(&name("c"));
        let known = ["a", "b", "c"].map(|person| memory.of(0, &name(person)).is_some());
        assert_eq!(known, [false, true, false], "of both generations");
    }
}
