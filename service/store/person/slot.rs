//! One slot of what is remembered: the people in it, as many as fit, and how often they were forgotten.

use super::Person;
use super::entry::{read, told};
use crate::groups::Username;

/// The most bytes one slot remembers: 64 MiB in all, where 100,000 people take a fifth of it.
pub const LARGEST: usize = 4 << 10;

/// The people whose changes the tables do not tell apart.
#[derive(Default)]
pub struct Slot {
    /// How often something of this slot was forgotten.
    pub forgotten: u32,
    /// Its last change known here: told by the database, or made here. That it is told again says nothing new.
    pub last: Option<i64>,
    /// Changes under way here: until they end, what is read may be from before or after them.
    pub changing: u32,
    /// Oldest first. Each is a name, U+0000 (no name holds one) and what is kept of it.
    pub people: Vec<Box<[u8]>>,
}

impl Slot {
    pub fn forget(&mut self) {
        self.forgotten = self.forgotten.wrapping_add(1);
        self.people = vec![];
    }

    /// Forgets one person, and keeps nothing that was read before now: of whom it is, a ticket does not say.
    pub fn forget_one(&mut self, name: &Username) -> Option<Person> {
        self.forgotten = self.forgotten.wrapping_add(1);
        let at = self.people.iter().position(|held| told(held, name).is_some())?;
        read(name, told(&self.people.remove(at), name)?)
    }

    /// Keeps an entry, and of the others the newest that still fit.
    pub fn keep(&mut self, entry: Box<[u8]>) {
        let Some(mut room) = LARGEST.checked_sub(entry.len()) else { return };
        let fits = self.people.iter().rev().take_while(|held| {
            let left = room.checked_sub(held.len());
            room = left.unwrap_or_default();
            left.is_some()
        });
        let gone = self.people.len() - fits.count();
        self.people.drain(..gone);
        self.people.push(entry);
    }
}
