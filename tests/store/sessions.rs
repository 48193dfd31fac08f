//! Sign-ins that are finished once, and sessions that end.

use super::{noon, noon_as_kept};
use chrono::TimeDelta;
use jupyterhub_presets::groups::Username;
use jupyterhub_presets::store::sessions::{self, Session};
use jupyterhub_presets::store::sign_ins::{self, SignIn};
use jupyterhub_presets::store::{Store, StoreError};

/// What a hash looks like, different for each number.
fn hash(n: usize) -> String {
    format!("{n:064x}")
}

fn alice() -> Username {
    "alice".try_into().unwrap()
}

fn sign_in(n: usize) -> SignIn {
    SignIn {
        state: hash(n),
        browser: hash(1000 + n),
        verifier: "sealed".into(),
        next: "/services/presets/".into(),
        expires_at: noon_as_kept() + TimeDelta::minutes(10),
    }
}

fn session(n: usize) -> Session {
    Session {
        id: hash(n),
        person: alice(),
        token: "sealed".into(),
        hub_session: "5e55".into(),
        created_at: noon_as_kept(),
        seen_at: noon_as_kept(),
        expires_at: noon_as_kept() + TimeDelta::hours(24),
    }
}

async fn begin(store: &Store, sign_in: SignIn) {
    store.write(move |conn| sign_ins::keep(conn, &sign_in)).await.unwrap();
}

/// Takes sign-in `n` for the browser of sign-in `browser`, this long after noon.
async fn take(store: &Store, n: usize, browser: usize, later: TimeDelta) -> Option<SignIn> {
    let now = noon_as_kept() + later;
    store.write(move |conn| sign_ins::take(conn, &hash(n), &hash(1000 + browser), now)).await.unwrap()
}

async fn sign_in_as(store: &Store, session: Session) {
    store.write(move |conn| sessions::begin(conn, &session)).await.unwrap();
}

async fn find(store: &Store, n: usize) -> Option<Session> {
    store.read(move |conn| sessions::find(conn, &hash(n))).await.unwrap()
}

on_each_database! {
    async fn a_sign_in_is_finished_once(scratch: Scratch) {
        let store = scratch.store().await;
        begin(&store, sign_in(1)).await;
        assert_eq!(take(&store, 1, 1, TimeDelta::zero()).await, Some(sign_in(1)));
        assert_eq!(take(&store, 1, 1, TimeDelta::zero()).await, None);
    }

    async fn of_many_who_finish_one_sign_in_at_once_one_does(scratch: Scratch) {
        let store = scratch.store().await;
        begin(&store, sign_in(1)).await;
        let mut takers = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let store = store.clone();
            takers.spawn(async move { take(&store, 1, 1, TimeDelta::zero()).await.is_some() });
        }
        assert_eq!(takers.join_all().await.into_iter().filter(|took| *took).count(), 1);
    }

    async fn another_browser_neither_finishes_a_sign_in_nor_uses_it_up(scratch: Scratch) {
        let store = scratch.store().await;
        begin(&store, sign_in(1)).await;
        begin(&store, sign_in(2)).await;
        assert_eq!(take(&store, 1, 2, TimeDelta::zero()).await, None);
        assert_eq!(take(&store, 1, 1, TimeDelta::zero()).await, Some(sign_in(1)));
    }

    async fn a_sign_in_ends_after_its_time(scratch: Scratch) {
        let store = scratch.store().await;
        begin(&store, sign_in(1)).await;
        begin(&store, sign_in(2)).await;
        let last = TimeDelta::minutes(10) - TimeDelta::microseconds(1);
        assert_eq!(take(&store, 1, 1, TimeDelta::minutes(10)).await, None);
        assert_eq!(take(&store, 2, 2, last).await, Some(sign_in(2)));
    }

    async fn two_sign_ins_never_share_a_state(scratch: Scratch) {
        let store = scratch.store().await;
        begin(&store, sign_in(1)).await;
        let error = store.write(|conn| sign_ins::keep(conn, &SignIn { browser: hash(7), ..sign_in(1) })).await.unwrap_err();
        assert!(matches!(error, StoreError::Duplicate(_)), "{error:?}");
        assert_eq!(take(&store, 1, 1, TimeDelta::zero()).await, Some(sign_in(1)));
    }

    async fn what_is_no_hash_is_not_kept(scratch: Scratch) {
        let store = scratch.store().await;
        for wrong in [SignIn { state: "short".into(), ..sign_in(1) }, SignIn { next: String::new(), ..sign_in(1) }, SignIn { next: "/".repeat(1025), ..sign_in(1) }] {
            let error = store.write(move |conn| sign_ins::keep(conn, &wrong)).await.unwrap_err();
            assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
        }
        let wrong = Session { hub_session: String::new(), ..session(1) };
        let error = store.write(move |conn| sessions::begin(conn, &wrong)).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
    }

    async fn the_table_of_sign_ins_stays_small_and_the_latest_stay_in_it(scratch: Scratch) {
        let store = scratch.store().await;
        for n in 0..20 {
            let expires_at = noon_as_kept() + TimeDelta::minutes(i64::try_from(n).unwrap());
            begin(&store, SignIn { expires_at, ..sign_in(n) }).await;
        }
        let sweep = |most| {
            let store = store.clone();
            async move { store.write(move |conn| sign_ins::sweep(conn, noon_as_kept() + TimeDelta::minutes(4), most)).await.unwrap() }
        };
        assert_eq!(sweep(100).await, 5, "those of minutes 0 to 4");
        assert_eq!(sweep(100).await, 0);
        assert_eq!(sweep(10).await, 5);
        assert!(take(&store, 9, 9, TimeDelta::zero()).await.is_none());
        assert!(take(&store, 10, 10, TimeDelta::zero()).await.is_some());
        assert!(take(&store, 19, 19, TimeDelta::zero()).await.is_some());
    }

    async fn a_session_is_found_until_it_is_ended(scratch: Scratch) {
        let store = scratch.store().await;
        sign_in_as(&store, session(1)).await;
        sign_in_as(&store, session(2)).await;
        assert_eq!(find(&store, 1).await, Some(session(1)));
        assert!(store.write(|conn| sessions::end(conn, &hash(1))).await.unwrap());
        assert!(!store.write(|conn| sessions::end(conn, &hash(1))).await.unwrap());
        assert_eq!((find(&store, 1).await, find(&store, 2).await), (None, Some(session(2))));
    }

    async fn a_use_is_written_down_and_never_taken_back(scratch: Scratch) {
        let store = scratch.store().await;
        sign_in_as(&store, session(1)).await;
        let later = noon() + TimeDelta::hours(1);
        for at in [later, noon()] {
            store.write(move |conn| sessions::touch(conn, &hash(1), at)).await.unwrap();
        }
        let seen_at = noon_as_kept() + TimeDelta::hours(1);
        assert_eq!(find(&store, 1).await, Some(Session { seen_at, ..session(1) }));
    }

    async fn all_sessions_of_a_person_end_and_nobody_else_s(scratch: Scratch) {
        let store = scratch.store().await;
        let bob: Username = "Alice".try_into().unwrap();
        sign_in_as(&store, session(1)).await;
        sign_in_as(&store, session(2)).await;
        sign_in_as(&store, Session { person: bob.clone(), ..session(3) }).await;
        assert_eq!(store.write(|conn| sessions::end_all_of(conn, &alice())).await.unwrap(), 2);
        assert_eq!((find(&store, 1).await, find(&store, 2).await), (None, None));
        assert_eq!(find(&store, 3).await.map(|session| session.person), Some(bob));
    }

    async fn sessions_that_are_over_or_idle_are_swept(scratch: Scratch) {
        let store = scratch.store().await;
        let now = noon_as_kept() + TimeDelta::hours(10);
        let idle_since = now - TimeDelta::hours(8);
        sign_in_as(&store, Session { seen_at: now, ..session(1) }).await;
        sign_in_as(&store, Session { seen_at: now, expires_at: now, ..session(2) }).await;
        sign_in_as(&store, Session { seen_at: idle_since, ..session(3) }).await;
        sign_in_as(&store, Session { seen_at: idle_since + TimeDelta::microseconds(1), ..session(4) }).await;
        assert_eq!(store.write(move |conn| sessions::sweep(conn, now, idle_since)).await.unwrap(), 2);
        let there = [find(&store, 1).await, find(&store, 2).await, find(&store, 3).await, find(&store, 4).await];
        assert_eq!(there.map(|session| session.is_some()), [true, false, false, true]);
    }
}
