//! Random histories of a directory that comes and goes, held against what it really said.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use jupyterhub_presets::clock::{Clock as _, SetClock};
use jupyterhub_presets::config::directory::MembershipSettings;
use jupyterhub_presets::directory::{Answer, Directory, DirectoryError, Memberships, Purpose};
use jupyterhub_presets::groups::{GroupId, SourceName, Standing, Username};

use super::{name, numbers};

const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "dave"];

/// A directory whose people and groups change, and which keeps a record of what it said.
#[derive(Default)]
struct World {
    down: bool,
    /// A person who is not listed is not known.
    groups: HashMap<Username, BTreeSet<GroupId>>,
    said: HashMap<Username, (Answer, DateTime<Utc>)>,
    failed: usize,
}

struct Source(Arc<Mutex<World>>, Arc<SetClock>);

impl Directory for Source {
    fn name(&self) -> SourceName {
        SourceName::ldap()
    }

    fn groups_of<'a>(&'a self, person: &'a Username) -> BoxFuture<'a, Result<Answer, DirectoryError>> {
        let mut world = self.0.lock().expect("no panic");
        if world.down {
            world.failed += 1;
            return ready(Err(DirectoryError::Unreachable("refused".to_owned()))).boxed();
        }
        let groups = world.groups.get(person).cloned();
        let answer = Answer { found: groups.is_some(), groups: groups.unwrap_or_default() };
        world.said.insert(person.clone(), (answer.clone(), self.1.now()));
        ready(Ok(answer)).boxed()
    }
}

/// What must be told of a person: the last word of the directory, by its age and nothing else.
fn expected(
    said: Option<&(Answer, DateTime<Utc>)>,
    purpose: Purpose,
    now: DateTime<Utc>,
) -> (BTreeSet<GroupId>, Standing, Option<DateTime<Utc>>) {
    let Some((answer, at)) = said else { return (BTreeSet::new(), Standing::Unknown, None) };
    let limit = match (answer.found, purpose) {
        (false, _) => 15,
        (true, Purpose::Start) => 60,
        (true, Purpose::Form) => 300,
    };
    let (groups, standing) = match (now - at).num_seconds() {
        age if age <= limit => (answer.groups.clone(), Standing::Fresh),
        age if age <= 86_400 => (answer.groups.clone(), Standing::Stale),
        _ => (BTreeSet::new(), Standing::Unknown),
    };
    (groups, standing, Some(*at))
}

/// An outage adds no group and takes none away before its time; every answer shows its true age.
#[tokio::test]
async fn what_is_told_is_always_the_last_word_and_its_age() {
    let (mut stale, mut unknown, mut failed) = (0, 0, 0);
    for seed in 1..=400 {
        let mut number = numbers(seed);
        let mut now = DateTime::from_timestamp(1_800_000_000, 0).expect("in range");
        let clock = Arc::new(SetClock::at(now));
        let world = Arc::new(Mutex::new(World::default()));
        let source = Source(world.clone(), clock.clone());
        let memberships =
            Memberships::new(vec![Box::new(source)], MembershipSettings::default(), clock.clone());
        for step in 0..60 {
            match number(10) {
                0 => world.lock().expect("no panic").down ^= true,
                1 | 2 => {
                    let group =
                        |id: usize| GroupId { source: SourceName::ldap(), id: format!("g{id}").into() };
                    let groups = (0..number(4)).map(|_| group(number(5))).collect();
                    let person = name(PEOPLE[number(PEOPLE.len())]);
                    let mut world = world.lock().expect("no panic");
                    if number(4) == 0 {
                        world.groups.remove(&person)
                    } else {
                        world.groups.insert(person, groups)
                    };
                }
                3..=5 => {
                    let pauses = [1, 4, 5, 10, 16, 59, 61, 240, 301, 7_200, 86_000, 90_000];
                    now += TimeDelta::seconds(pauses[number(pauses.len())]);
                    clock.set(now);
                }
                _ => {
                    let person = name(PEOPLE[number(PEOPLE.len())]);
                    let purpose = if number(2) == 0 { Purpose::Form } else { Purpose::Start };
                    let told = memberships.of(&person, &[], purpose, now).await;
                    let state = &told.sources[0];
                    let world = world.lock().expect("no panic");
                    let wanted = expected(world.said.get(&person), purpose, now);
                    let got = (told.groups, state.standing, state.checked_at);
                    assert_eq!(got, wanted, "seed {seed}, step {step}: {person} for {purpose:?}");
                    stale += usize::from(state.standing == Standing::Stale);
                    unknown += usize::from(state.standing == Standing::Unknown);
                }
            }
        }
        // However it went: a minute after the directory is back, its word is known again.
        world.lock().expect("no panic").down = false;
        clock.set(now + TimeDelta::seconds(61));
        for person in PEOPLE.map(name) {
            let told = memberships.of(&person, &[], Purpose::Start, clock.now()).await;
            let world = world.lock().expect("no panic");
            assert_eq!(told.standing(), Standing::Fresh, "seed {seed}: {person}");
            assert_eq!(told.groups, world.groups.get(&person).cloned().unwrap_or_default(), "seed {seed}");
        }
        failed += world.lock().expect("no panic").failed;
    }
    assert!(
        stale > 500 && unknown > 500 && failed > 500,
        "the histories are eventful: {stale} {unknown} {failed}"
    );
}
