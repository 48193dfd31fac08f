//! A name that the hub gives to somebody else: they inherit nothing, and nothing is lost.

use chrono::{DateTime, TimeDelta, Utc};
use jupyterhub_presets::groups::Username;
use jupyterhub_presets::store::accounts::{self, Account, Met};
use jupyterhub_presets::store::audit::{Actor, By};
use jupyterhub_presets::store::erasure::{self, Held};
use jupyterhub_presets::store::events::{self, NewEvent};
use jupyterhub_presets::store::site::Owner;
use jupyterhub_presets::store::{Store, StoreError, presets};
use serde_json::json;

use super::erasure::{WHO, by, lives, name, write_presets};
use super::{noon, noon_as_kept, preset};

/// Days before everything else happened.
fn days_before(days: i64) -> DateTime<Utc> {
    noon_as_kept() - TimeDelta::days(days)
}

fn hub() -> By {
    By { at: noon(), actor: Actor::Service("hub".to_owned()), token: None, request_id: None }
}

/// Of a hub whose first account is a hundred days old.
fn made(days: i64) -> Account {
    Account { made_at: days_before(days), hub_since: days_before(100) }
}

async fn meet(store: &Store, account: Account) -> Met {
    let person = name(WHO);
    store.change_person(&name(WHO), move |conn| accounts::meet(conn, &person, account, &hub())).await.unwrap()
}

async fn held(store: &Store, person: &Username) -> Held {
    let person = person.clone();
    store.read(move |conn| erasure::held(conn, &person)).await.unwrap()
}

/// Somebody who did everything, on an account that is fifty days old.
async fn somebody(store: &Store) -> Held {
    lives(store).await;
    write_presets(store).await;
    let document = json!({ "title": "A course", "owner": WHO, "managers": ["bob", WHO],
        "audiences": { "participant": { "names": [WHO, "bob"] } } });
    let course = NewEvent { key: "course".to_owned(), document };
    store.write(move |conn| events::create(conn, &course, &by(WHO)).map(drop)).await.unwrap();
    assert_eq!(meet(store, made(50)).await, Met::Known);
    held(store, &name(WHO)).await
}

fn has_nothing(held: &Held) -> bool {
    let Held { preferences, selections, presets, events, versions, decisions, changes, .. } = held;
    preferences.is_none()
        && [selections.len(), presets.len(), events.len(), versions.len(), decisions.len(), changes.len()]
            .iter()
            .all(|count| *count == 0)
}

fn aside() -> Username {
    name(&format!("{WHO}/{}", days_before(50).format("%Y-%m-%dT%H:%M:%SZ")))
}

/// What there is of each: a name that changed makes no difference.
fn counted(held: &Held) -> [usize; 7] {
    let Held { preferences, selections, presets, events, versions, decisions, .. } = held;
    let sets = usize::from(preferences.is_some());
    let settled = decisions.iter().filter(|decision| decision.asked["preset"] == "rome").count();
    [sets, selections.len(), presets.len(), events.len(), versions.len(), decisions.len(), settled]
}

on_each_database! {
    async fn whoever_gets_a_name_anew_inherits_nothing_and_nothing_is_lost(scratch: Scratch) {
        let store = scratch.store().await;
        let before = somebody(&store).await;
        assert!(!has_nothing(&before) && !before.presets.is_empty() && !before.events.is_empty());
        let bob = held(&store, &name("bob")).await;
        assert_eq!(meet(&store, made(1)).await, Met::SetAside(aside()));
        let anew = held(&store, &name(WHO)).await;
        assert!(has_nothing(&anew), "{anew:?}");
        assert_eq!((anew.account, anew.sessions.len()), (Some(days_before(1)), 1), "one began after it was made");
        assert_eq!(store.person(&name(WHO)).await.unwrap().selections, []);
        let kept = held(&store, &aside()).await;
        assert_eq!((counted(&kept), kept.account), (counted(&before), before.account));
        assert!(kept.presets.iter().all(|row| row.document["owner"]["user"] == aside().as_str()), "{kept:?}");
        assert_eq!(kept.changes.len(), before.changes.len() + 1, "that it was set aside");
        let still = held(&store, &name("bob")).await;
        assert_eq!(counted(&still), counted(&bob), "nobody else is touched");
        // The second time it is theirs.
        assert_eq!(meet(&store, made(1)).await, Met::Known);
    }

    async fn an_account_is_the_same_one_whatever_the_hub_s_database_keeps_of_a_second(scratch: Scratch) {
        let store = scratch.store().await;
        let before = somebody(&store).await;
        for millis in [-1_900, 0, 999, 1_900] {
            let account = Account { made_at: days_before(50) + TimeDelta::milliseconds(millis), ..made(50) };
            assert_eq!(meet(&store, account).await, Met::Known, "{millis}");
        }
        assert_eq!(held(&store, &name(WHO)).await, before);
    }

    async fn a_new_database_of_the_hub_makes_nobody_somebody_else(scratch: Scratch) {
        let store = scratch.store().await;
        let before = somebody(&store).await;
        let account = Account { made_at: days_before(2), hub_since: days_before(3) };
        assert_eq!(meet(&store, account).await, Met::Known);
        let after = held(&store, &name(WHO)).await;
        assert_eq!((counted(&after), after.account), (counted(&before), Some(days_before(2))));
        // From now on it is that account's.
        assert!(matches!(meet(&store, Account { made_at: days_before(1), ..account }).await, Met::SetAside(_)));
    }

    async fn an_account_that_a_backup_of_the_hub_brings_back_gets_its_own_again(scratch: Scratch) {
        let store = scratch.store().await;
        let before = somebody(&store).await;
        assert_eq!(meet(&store, made(1)).await, Met::SetAside(aside()));
        let later = preset("later", Owner::User(WHO.into()), json!({ "title": "Later", "profile": "node" }));
        store.write(move |conn| presets::create(conn, &later, &by(WHO)).map(drop)).await.unwrap();
        let Met::SetAside(other) = meet(&store, made(50)).await else { panic!("it was the later one's") };
        assert_eq!(counted(&held(&store, &name(WHO)).await), counted(&before));
        assert_eq!(held(&store, &other).await.presets.len(), 1);
        assert!(has_nothing(&held(&store, &aside()).await));
    }

    async fn what_is_given_back_gives_way_to_what_was_saved_since(scratch: Scratch) {
        let store = scratch.store().await;
        let before = somebody(&store).await;
        assert_eq!(meet(&store, made(1)).await, Met::SetAside(aside()));
        let document = json!({ "order": ["rome"] });
        let since = document.clone();
        store
            .change_person(&name(WHO), move |conn| {
                jupyterhub_presets::store::preferences::save(conn, &name(WHO), &since, 0, &by(WHO))
            })
            .await
            .unwrap();
        let given = |store: Store| async move {
            let change = |conn: &mut _| accounts::give_back(conn, &aside(), &name(WHO), &hub());
            store.change_person(&name(WHO), change).await
        };
        given(store.clone()).await.unwrap();
        let after = held(&store, &name(WHO)).await;
        assert_eq!(counted(&after), counted(&before));
        assert_eq!(after.preferences.unwrap().document, document);
        assert!(matches!(given(store.clone()).await, Err(StoreError::NotFound)), "it is given once");
        assert_eq!(accounts::today(&aside()), Some(name(WHO)));
    }

    async fn what_was_set_aside_long_ago_is_erased(scratch: Scratch) {
        let store = scratch.store().await;
        somebody(&store).await;
        assert_eq!(meet(&store, made(1)).await, Met::SetAside(aside()));
        let remove = |limit| {
            let store = store.clone();
            async move { store.write(move |conn| accounts::remove_before(conn, limit, &hub())).await.unwrap() }
        };
        assert_eq!(remove(noon_as_kept()).await, 0);
        assert_eq!(remove(noon_as_kept() + TimeDelta::seconds(1)).await, 1);
        assert_eq!(remove(noon_as_kept() + TimeDelta::seconds(1)).await, 0);
        let gone = held(&store, &aside()).await;
        assert!(has_nothing(&gone) && gone.account.is_none(), "{gone:?}");
        assert_eq!(store.read(|conn| accounts::all_set_aside(conn, 9)).await.unwrap(), []);
    }

    async fn what_was_saved_before_the_account_was_made_is_nobody_s_of_it(scratch: Scratch) {
        let store = scratch.store().await;
        lives(&store).await;
        write_presets(&store).await;
        let before = held(&store, &name(WHO)).await;
        assert_eq!(before.account, None, "nobody told of accounts then");
        // By a clock that is ahead of ours, it may be theirs.
        let ahead = Account { made_at: noon_as_kept() + TimeDelta::minutes(59), hub_since: days_before(100) };
        let ahead = move |conn: &mut _| accounts::meet(conn, &name("bob"), ahead, &hub());
        assert_eq!(store.change_person(&name("bob"), ahead).await.unwrap(), Met::Known);
        // Later than all of it, at the same hub; and then at another one.
        let later = Account { made_at: noon_as_kept() + TimeDelta::days(1), hub_since: days_before(100) };
        assert!(matches!(meet(&store, later).await, Met::SetAside(_)));
        assert!(has_nothing(&held(&store, &name(WHO)).await));
        let bob = held(&store, &name("bob")).await;
        let moved = Account { hub_since: noon_as_kept() + TimeDelta::hours(1), ..later };
        let change = move |conn: &mut _| accounts::meet(conn, &name("bob"), moved, &hub());
        assert_eq!(store.change_person(&name("bob"), change).await.unwrap(), Met::Known);
        assert_eq!(counted(&held(&store, &name("bob")).await), counted(&bob));
    }

    async fn the_longest_name_is_set_aside_too(scratch: Scratch) {
        let store = scratch.store().await;
        let person = name(&"𝔫".repeat(255));
        for (account, days) in [(made(50), 50), (made(1), 1)] {
            let who = person.clone();
            let met = store.change_person(&person, move |conn| accounts::meet(conn, &who, account, &hub())).await;
            assert_eq!(matches!(met.unwrap(), Met::SetAside(_)), days == 1);
        }
        assert_eq!(store.read(|conn| accounts::all_set_aside(conn, 9)).await.unwrap().len(), 1);
    }
}
