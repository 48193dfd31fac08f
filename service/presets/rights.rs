//! Who may see a preset, and who may write it.

use std::collections::BTreeSet;

use super::Owner;
use crate::catalogue::Key;
use crate::groups::Username;

/// Somebody who looks at presets or writes them, with all that decides what they may.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// The person; none for a service, which owns nothing and is in no group.
    pub person: Option<Username>,
    /// The groups of the site that the person is in.
    pub member_of: BTreeSet<Key>,
    /// The groups whose presets the person writes; they need not be a member.
    pub manages: BTreeSet<Key>,
    /// The events whose presets the person sees: those they take part in.
    pub takes_part_in: BTreeSet<Key>,
    /// The events whose presets the person writes.
    pub organises: BTreeSet<Key>,
    /// Sees everybody's.
    pub reads_all: bool,
    /// Writes everybody's and the site's.
    pub administers: bool,
}

/// How far somebody's right to a preset goes; each step holds those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// To them it does not exist.
    Nothing,
    See,
    Write,
}

impl Standing {
    /// What this somebody may do with the presets of `owner`. Limits on what is written are another
    /// matter: [`crate::effective::Content::overreach`] holds for whoever writes.
    pub fn access(&self, owner: &Owner) -> Access {
        let (writes, sees) = match owner {
            Owner::Site => (false, true),
            Owner::Group(key) => (self.manages.contains(key), self.member_of.contains(key)),
            Owner::Event(key) => (self.organises.contains(key), self.takes_part_in.contains(key)),
            Owner::User(name) => (self.person.as_ref() == Some(name), false),
        };
        match () {
            () if writes || self.administers => Access::Write,
            () if sees || self.reads_all => Access::See,
            () => Access::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(text: &str) -> Key {
        text.try_into().expect("a key")
    }

    fn keys() -> impl Strategy<Value = BTreeSet<Key>> {
        prop::sample::subsequence(vec!["physics", "chemistry", "hpc"], 0..=3)
            .prop_map(|keys| keys.into_iter().map(key).collect())
    }

    fn person() -> impl Strategy<Value = Username> {
        prop::sample::select(vec!["alice", "bob", "carol"]).prop_map(|name| name.try_into().expect("a name"))
    }

    fn owner() -> impl Strategy<Value = Owner> {
        prop_oneof![
            Just(Owner::Site),
            prop::sample::select(vec!["physics", "chemistry", "hpc"])
                .prop_map(|name| Owner::Group(key(name))),
            prop::sample::select(vec!["physics", "chemistry", "hpc"])
                .prop_map(|name| Owner::Event(key(name))),
            person().prop_map(Owner::User),
        ]
    }

    fn standing() -> impl Strategy<Value = Standing> {
        let events = (keys(), keys());
        (prop::option::of(person()), keys(), keys(), events, any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(person, member_of, manages, (takes_part_in, organises), reads_all, administers)| {
                Standing { person, member_of, manages, takes_part_in, organises, reads_all, administers }
            })
    }

    proptest! {
        // A failure is told with its input; nothing is written into the tree.
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn only_who_may_do_it_writes(who in standing(), owner in owner()) {
            let may = who.administers || match &owner {
                Owner::Site => false,
                Owner::Group(key) => who.manages.contains(key),
                Owner::Event(key) => who.organises.contains(key),
                Owner::User(name) => who.person.as_ref() == Some(name),
            };
            prop_assert_eq!(who.access(&owner) == Access::Write, may);
        }

        #[test]
        fn a_preset_of_others_does_not_exist(who in standing(), owner in owner()) {
            let concerned = who.administers || who.reads_all || match &owner {
                Owner::Site => true,
                Owner::Group(key) => who.manages.contains(key) || who.member_of.contains(key),
                Owner::Event(key) => who.organises.contains(key) || who.takes_part_in.contains(key),
                Owner::User(name) => who.person.as_ref() == Some(name),
            };
            prop_assert_eq!(who.access(&owner) == Access::Nothing, !concerned);
        }

        #[test]
        fn a_right_only_ever_adds(who in standing(), owner in owner()) {
            for more in [
                Standing { reads_all: true, ..who.clone() },
                Standing { administers: true, ..who.clone() },
                Standing { member_of: ["physics", "chemistry", "hpc"].map(key).into(), ..who.clone() },
                Standing { manages: ["physics", "chemistry", "hpc"].map(key).into(), ..who.clone() },
            ] {
                prop_assert!(more.access(&owner) >= who.access(&owner));
            }
            let reader = Standing { reads_all: true, ..Standing::default() };
            prop_assert!(reader.access(&owner) < Access::Write, "who only reads writes nothing");
        }
    }
}
