//! What is remembered of people's groups, with a clock that is set by hand.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jupyterhub_presets::clock::SetClock;
use jupyterhub_presets::config::directory::MembershipSettings;
use jupyterhub_presets::directory::{Answer, Directory, DirectoryError, Memberships, Purpose};
use jupyterhub_presets::groups::{GroupId, Membership, SourceName, Standing, Username};
use tokio::sync::Notify;

use super::name;

/// What the scripted source does when it is asked.
#[derive(Clone)]
enum Mood {
    Groups(&'static [&'static str]),
    Nobody,
    Fails,
    /// Answers with these groups once told to.
    Waits(Arc<Notify>, &'static [&'static str]),
    Panics,
}

struct Script {
    mood: Arc<Mutex<Mood>>,
    asked: Arc<AtomicUsize>,
}

impl Directory for Script {
    fn name(&self) -> SourceName {
        SourceName::ldap()
    }

    fn groups_of<'a>(&'a self, _: &'a Username) -> BoxFuture<'a, Result<Answer, DirectoryError>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mood = self.mood.lock().expect("no panic").clone();
        let answer = |groups: &[&str]| {
            let group = |id: &&str| GroupId { source: SourceName::ldap(), id: (*id).into() };
            Ok(Answer { groups: groups.iter().map(group).collect(), found: true })
        };
        async move {
            match mood {
                Mood::Groups(groups) => answer(groups),
                Mood::Nobody => Ok(Answer::nobody()),
                Mood::Fails => Err(DirectoryError::Unreachable("refused".to_owned())),
                Mood::Waits(told, groups) => {
                    told.notified().await;
                    answer(groups)
                }
                Mood::Panics => panic!("on purpose: a source that panics"),
            }
        }
        .boxed()
    }
}

/// A house with one scripted source, at an instant that only `later` moves.
struct House {
    memberships: Memberships,
    clock: Arc<SetClock>,
    now: DateTime<Utc>,
    mood: Arc<Mutex<Mood>>,
    asked: Arc<AtomicUsize>,
}

impl House {
    fn new(mood: Mood) -> Self {
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("in range");
        let clock = Arc::new(SetClock::at(now));
        let (mood, asked) = (Arc::new(Mutex::new(mood)), Arc::new(AtomicUsize::new(0)));
        let script = Script { mood: mood.clone(), asked: asked.clone() };
        let memberships =
            Memberships::new(vec![Box::new(script)], MembershipSettings::default(), clock.clone());
        Self { memberships, clock, now, mood, asked }
    }

    fn later(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
        self.clock.set(self.now);
    }

    fn now_it(&self, mood: Mood) {
        *self.mood.lock().expect("no panic") = mood;
    }

    async fn of(&self, person: &str, purpose: Purpose) -> Membership {
        self.memberships.of(&name(person), &[], purpose, self.now).await
    }

    /// The groups and the standing of a person.
    async fn told(&self, person: &str, purpose: Purpose) -> (Vec<String>, Standing) {
        let membership = self.of(person, purpose).await;
        (membership.groups.iter().map(|group| group.id.to_string()).collect(), membership.standing())
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn known(groups: &[&str], standing: Standing) -> (Vec<String>, Standing) {
    (groups.iter().map(|&group| group.to_owned()).collect(), standing)
}

#[tokio::test]
async fn a_young_answer_is_given_again_without_asking() {
    let mut house = House::new(Mood::Groups(&["physics"]));
    assert_eq!(house.told("alice", Purpose::Form).await, known(&["physics"], Standing::Fresh));
    house.later(300);
    assert_eq!(house.told("alice", Purpose::Form).await, known(&["physics"], Standing::Fresh));
    assert_eq!(house.asked(), 1);
    house.later(1);
    house.told("alice", Purpose::Form).await;
    assert_eq!(house.asked(), 2);
}

#[tokio::test]
async fn a_start_needs_a_younger_answer_than_a_form() {
    let mut house = House::new(Mood::Groups(&["physics"]));
    house.told("alice", Purpose::Start).await;
    house.later(60);
    house.told("alice", Purpose::Start).await;
    assert_eq!(house.asked(), 1);
    house.later(1);
    house.now_it(Mood::Groups(&[]));
    assert_eq!(house.told("alice", Purpose::Start).await, known(&[], Standing::Fresh), "removed in time");
    assert_eq!(house.asked(), 2);
}

#[tokio::test]
async fn a_failing_source_leaves_known_groups_standing_until_they_are_too_old() {
    let mut house = House::new(Mood::Groups(&["physics"]));
    house.told("alice", Purpose::Form).await;
    let seen = house.now;
    house.now_it(Mood::Fails);
    house.later(61);
    assert_eq!(house.told("alice", Purpose::Start).await, known(&["physics"], Standing::Stale));
    assert_eq!(house.told("alice", Purpose::Form).await, known(&["physics"], Standing::Fresh));
    house.later(86_400 - 61);
    let membership = house.of("alice", Purpose::Form).await;
    assert_eq!((membership.standing(), membership.checked_at()), (Standing::Stale, Some(seen)));
    house.later(1);
    let membership = house.of("alice", Purpose::Form).await;
    assert_eq!((membership.standing(), membership.checked_at()), (Standing::Unknown, Some(seen)));
    assert!(membership.groups.is_empty());
}

#[tokio::test]
async fn a_person_never_seen_is_unknown_while_the_source_fails() {
    let house = House::new(Mood::Fails);
    let membership = house.of("alice", Purpose::Form).await;
    assert_eq!((membership.standing(), membership.checked_at()), (Standing::Unknown, None));
}

#[tokio::test]
async fn nobody_waits_for_a_source_that_fails_and_one_lookup_tries_it() {
    let mut house = House::new(Mood::Fails);
    house.told("alice", Purpose::Form).await;
    for person in ["bob", "carol", "alice"] {
        house.told(person, Purpose::Form).await;
    }
    assert_eq!(house.asked(), 1, "during the pause nobody asks");
    assert!(house.memberships.health()[0].failing);
    house.later(5);
    house.told("bob", Purpose::Form).await;
    house.told("carol", Purpose::Form).await;
    assert_eq!(house.asked(), 2, "one lookup tries");
    house.later(10);
    house.now_it(Mood::Groups(&["physics"]));
    assert_eq!(house.told("carol", Purpose::Form).await, known(&["physics"], Standing::Fresh));
    assert_eq!(house.told("bob", Purpose::Form).await, known(&["physics"], Standing::Fresh), "back for all");
    assert!(!house.memberships.health()[0].failing);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_arrives_in_the_background() {
    let told = Arc::new(Notify::new());
    let house = House::new(Mood::Waits(told.clone(), &["physics"]));
    let began = Instant::now();
    assert_eq!(house.told("alice", Purpose::Form).await, known(&[], Standing::Unknown));
    let waited = began.elapsed();
    assert!((Duration::from_millis(990)..Duration::from_millis(1_500)).contains(&waited), "{waited:?}");
    let began = Instant::now();
    for person in ["alice", "bob", "carol"] {
        assert_eq!(house.told(person, Purpose::Form).await, known(&[], Standing::Unknown));
    }
    assert!(began.elapsed() < Duration::from_millis(200), "once is enough: {:?}", began.elapsed());
    told.notify_waiters();
    let began = Instant::now();
    while house.told("alice", Purpose::Form).await != known(&["physics"], Standing::Fresh) {
        assert!(began.elapsed() < Duration::from_secs(5), "it arrives");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(house.asked(), 1);
}

#[tokio::test]
async fn a_hundred_requests_for_one_person_are_one_lookup() {
    let told = Arc::new(Notify::new());
    let house = House::new(Mood::Waits(told.clone(), &["physics"]));
    let requests = futures_util::future::join_all((0..100).map(|_| house.told("alice", Purpose::Form)));
    // Polled in this order: all of them have asked before the first answer is let go.
    let release = async {
        loop {
            tokio::time::sleep(Duration::from_millis(5)).await;
            told.notify_waiters();
        }
    };
    let answers = tokio::select! { biased; answers = requests => answers, () = release => unreachable!("it never ends") };
    assert!(answers.iter().all(|answer| *answer == known(&["physics"], Standing::Fresh)));
    assert_eq!(house.asked(), 1);
}

#[tokio::test]
async fn somebody_not_found_is_looked_for_again_soon() {
    let mut house = House::new(Mood::Nobody);
    assert_eq!(house.told("alice", Purpose::Form).await, known(&[], Standing::Fresh));
    house.later(15);
    house.told("alice", Purpose::Form).await;
    assert_eq!(house.asked(), 1);
    house.later(1);
    house.now_it(Mood::Groups(&["physics"]));
    assert_eq!(house.told("alice", Purpose::Form).await, known(&["physics"], Standing::Fresh));
}

#[tokio::test]
async fn somebody_no_longer_found_loses_the_groups() {
    let mut house = House::new(Mood::Groups(&["physics"]));
    house.told("alice", Purpose::Start).await;
    house.now_it(Mood::Nobody);
    house.later(61);
    assert_eq!(house.told("alice", Purpose::Start).await, known(&[], Standing::Fresh));
}

#[tokio::test]
async fn a_clock_set_back_makes_answers_old_and_not_young_for_ever() {
    let mut house = House::new(Mood::Groups(&["physics"]));
    house.told("alice", Purpose::Form).await;
    house.later(-7_200);
    house.now_it(Mood::Groups(&["hpc"]));
    assert_eq!(house.told("alice", Purpose::Form).await, known(&["hpc"], Standing::Fresh));
}

#[tokio::test]
async fn a_source_that_panics_is_a_source_that_fails() {
    let mut house = House::new(Mood::Groups(&["physics"]));
    house.told("alice", Purpose::Form).await;
    house.now_it(Mood::Panics);
    house.later(301);
    assert_eq!(house.told("alice", Purpose::Form).await, known(&["physics"], Standing::Stale));
    house.later(5);
    house.now_it(Mood::Groups(&["hpc"]));
    assert_eq!(house.told("alice", Purpose::Form).await, known(&["hpc"], Standing::Fresh));
}

#[test]
fn a_lookup_that_ends_with_its_runtime_does_not_block_the_next() {
    let told = Arc::new(Notify::new());
    let mut house = House::new(Mood::Waits(told, &[]));
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime().block_on(house.told("alice", Purpose::Form));
    house.later(60);
    house.now_it(Mood::Groups(&["physics"]));
    let answer = runtime().block_on(house.told("alice", Purpose::Form));
    assert_eq!(answer, known(&["physics"], Standing::Fresh));
}

#[tokio::test]
async fn the_hubs_groups_are_a_source_of_their_own() {
    let house = House::new(Mood::Groups(&["physics"]));
    let hub = ["physics".to_owned()];
    let membership = house.memberships.of(&name("alice"), &hub, Purpose::Form, house.now).await;
    let sources: Vec<&str> = membership.groups.iter().map(|group| group.source.as_str()).collect();
    assert_eq!(sources, ["hub", "ldap"]);
}
