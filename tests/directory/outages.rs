//! slapd goes away, hangs and comes back, under a memory with the real clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use jupyterhub_presets::clock::SetClock;
use jupyterhub_presets::config::directory::{GroupSchema, MembershipSettings};
use jupyterhub_presets::directory::{Memberships, Purpose};
use jupyterhub_presets::groups::{Membership, Standing};

use super::slapd::Slapd;
use super::{directory, name, settings};

struct House {
    memberships: Memberships,
    clock: Arc<SetClock>,
    now: DateTime<Utc>,
}

impl House {
    fn over(slapd: &Slapd) -> Self {
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("in range");
        let clock = Arc::new(SetClock::at(now));
        let ldap = directory(&settings(slapd.port, &[GroupSchema::Member]));
        let memberships =
            Memberships::new(vec![Box::new(ldap)], MembershipSettings::default(), clock.clone());
        Self { memberships, clock, now }
    }

    fn later(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
        self.clock.set(self.now);
    }

    /// A person's membership for a form, within the time a form has.
    async fn form(&self, person: &str) -> Membership {
        let began = Instant::now();
        let membership = self.memberships.of(&name(person), &[], Purpose::Form, self.now).await;
        assert!(began.elapsed() < Duration::from_millis(1_200), "{person}: {:?}", began.elapsed());
        membership
    }

    /// Asks until the answer is fresh, for up to ten seconds of the wall clock; the house's own
    /// clock goes on by 10 s each time, so that pauses end.
    async fn fresh_again(&mut self, person: &str) -> Membership {
        for _ in 0..100 {
            let membership = self.form(person).await;
            if membership.standing() == Standing::Fresh {
                return membership;
            }
            self.later(10);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{person} does not become fresh: {:?}", self.memberships.health());
    }
}

fn site() -> Option<Slapd> {
    Slapd::start("", &["alice", "bob"], &[("physics", &["alice", "bob"])])
}

#[tokio::test]
async fn a_removal_is_seen_when_the_answer_is_due_again() {
    let Some(mut slapd) = site() else { return };
    let mut house = House::over(&slapd);
    assert_eq!(house.form("alice").await.groups.len(), 1);
    slapd.expel("alice", "physics");
    house.later(60);
    let start = |house: &House| {
        let (memberships, now) = (house.memberships.clone(), house.now);
        async move { memberships.of(&name("alice"), &[], Purpose::Start, now).await }
    };
    assert_eq!(start(&house).await.groups.len(), 1, "not yet due");
    house.later(1);
    let membership = start(&house).await;
    assert_eq!((membership.groups.len(), membership.standing()), (0, Standing::Fresh));
}

#[tokio::test]
async fn a_stopped_server_leaves_known_groups_with_their_age_and_a_stranger_unknown() {
    let Some(mut slapd) = site() else { return };
    let mut house = House::over(&slapd);
    house.form("alice").await;
    let seen = house.now;
    slapd.stop();
    house.later(301);
    let membership = house.form("alice").await;
    assert_eq!((membership.standing(), membership.groups.len()), (Standing::Stale, 1));
    assert_eq!(membership.checked_at(), Some(seen));
    let stranger = house.form("bob").await;
    assert_eq!((stranger.standing(), stranger.checked_at()), (Standing::Unknown, None));
    let health = house.memberships.health();
    assert!(health[0].failing && health[0].last_success == Some(seen), "{health:?}");
    let error = health[0].last_error.clone().expect("an error");
    assert!(!error.contains("dc=") && !error.contains(super::slapd::READER_PASSWORD), "{error}");

    slapd.start_again();
    house.fresh_again("alice").await;
    assert_eq!(house.form("bob").await.groups.len(), 1);
}

#[tokio::test]
async fn a_frozen_server_costs_a_second_at_most_and_is_found_again() {
    let Some(slapd) = site() else { return };
    let mut house = House::over(&slapd);
    house.form("alice").await;
    house.later(301);
    slapd.freeze();
    let membership = house.form("alice").await;
    assert_eq!((membership.standing(), membership.groups.len()), (Standing::Stale, 1));
    let began = Instant::now();
    assert_eq!(house.form("bob").await.standing(), Standing::Unknown);
    assert!(began.elapsed() < Duration::from_millis(100), "nobody else waits: {:?}", began.elapsed());
    slapd.thaw();
    house.fresh_again("alice").await;
    assert_eq!(house.fresh_again("bob").await.groups.len(), 1);
}

#[tokio::test]
async fn a_server_frozen_for_longer_than_a_lookup_is_found_again() {
    let Some(slapd) = site() else { return };
    let mut house = House::over(&slapd);
    house.form("alice").await;
    house.later(301);
    slapd.freeze();
    house.form("alice").await;
    let silent =
        || house.memberships.health()[0].last_error.as_deref().is_some_and(|error| error.contains("silent"));
    let began = Instant::now();
    while !silent() {
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", house.memberships.health());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    slapd.thaw();
    house.fresh_again("alice").await;
}

#[tokio::test]
async fn a_server_restarted_between_two_questions_costs_no_error() {
    let Some(mut slapd) = site() else { return };
    let mut house = House::over(&slapd);
    for _ in 0..5 {
        assert_eq!(house.form("alice").await.standing(), Standing::Fresh);
        slapd.stop();
        slapd.start_again();
        house.later(301);
    }
    assert_eq!(house.form("alice").await.standing(), Standing::Fresh);
    assert_eq!(house.memberships.health()[0].last_error, None);
}

#[tokio::test]
async fn a_cut_answer_keeps_the_groups_known_before() {
    let limits = "limits dn.exact=cn=reader,dc=example,dc=org size=1";
    let Some(mut slapd) = Slapd::start(limits, &["alice"], &[("physics", &["alice"])]) else { return };
    let mut house = House::over(&slapd);
    house.form("alice").await;
    slapd.add(&super::slapd::group("hpc", &["alice"]));
    house.later(301);
    let membership = house.form("alice").await;
    assert_eq!((membership.standing(), membership.groups.len()), (Standing::Stale, 1));
    assert!(!house.memberships.health()[0].failing, "the server is there; one answer was cut");
}

#[tokio::test]
async fn the_second_server_stands_in_for_the_first() {
    let (Some(mut first), Some(second)) = (site(), site()) else { return };
    let mut settings = settings(first.port, &[GroupSchema::Member]);
    settings.urls.push(format!("ldap://127.0.0.1:{}", second.port));
    let ldap = directory(&settings);
    assert_eq!(super::groups(&ldap, "alice").await, ["cn=physics"]);
    first.stop();
    for _ in 0..20 {
        assert_eq!(super::groups(&ldap, "alice").await, ["cn=physics"]);
    }
}

#[tokio::test]
async fn a_lookup_on_a_frozen_server_ends_well_on_the_second() {
    let (Some(first), Some(second)) = (site(), site()) else { return };
    let mut settings = settings(first.port, &[GroupSchema::Member]);
    settings.urls.push(format!("ldap://127.0.0.1:{}", second.port));
    let ldap = directory(&settings);
    assert_eq!(super::groups(&ldap, "alice").await, ["cn=physics"]);
    first.freeze();
    assert_eq!(super::groups(&ldap, "alice").await, ["cn=physics"]);
    let began = Instant::now();
    assert_eq!(super::groups(&ldap, "bob").await, ["cn=physics"]);
    assert!(
        began.elapsed() < Duration::from_millis(100),
        "the frozen one is left alone: {:?}",
        began.elapsed()
    );
    first.thaw();
}
