//! The same random operations on both databases have the same outcomes, word by word.

use super::noon;
use crate::scratch::Scratch;
use chrono::TimeDelta;
use jupyterhub_presets::store::audit;
use jupyterhub_presets::store::audit::Actor;
use jupyterhub_presets::store::idempotency::{self, Attempt};
use jupyterhub_presets::store::presets::{self, Author, Filter, Place, Seen, Whose};
use jupyterhub_presets::store::site::{self, NewPreset, Owner};
use jupyterhub_presets::store::{DbConnection, Store, StoreError};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

#[derive(Debug, Clone)]
enum Step {
    Create { id: String, owner: Owner, document: Value, who: String, minute: i64 },
    Replace { id: String, owner: Owner, version: i64, document: Value },
    Remove { id: String, owner: Owner, version: i64 },
    Apply { site: Vec<(String, Owner, Value)> },
    List { whose: Whose, filter: Filter, after: Option<Place>, limit: i64 },
    History { id: String, before: Option<i64> },
    Once { key: String, digest: char, day: i64 },
}

fn id() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "A", "b", "ä", "a-b", "z", "10", "9"]).prop_map(str::to_owned)
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["alice", "Alice", "bob", "caf\u{e9}", "cafe\u{301}", "a%", "*"])
        .prop_map(str::to_owned)
}

fn owner() -> impl Strategy<Value = Owner> {
    prop_oneof![1 => Just(Owner::Site), 1 => name().prop_map(Owner::Group), 1 => name().prop_map(Owner::Event), 3 => name().prop_map(Owner::User)]
}

fn document() -> impl Strategy<Value = Value> {
    let title = prop_oneof![
        4 => "[a-zäß🧪 ]{1,8}",
        1 => Just(String::new()),
        1 => Just("ü".repeat(101)),
        1 => Just("a\0b".to_owned()),
    ];
    (
        title,
        prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            Just(json!({ "b": 1, "a": [null, true] }))
        ],
    )
        .prop_map(|(title, value)| json!({ "title": title, "values": value }))
}

fn step() -> impl Strategy<Value = Step> {
    let place =
        (0i64..9, id()).prop_map(|(minute, id)| Place { made_at: noon() + TimeDelta::minutes(minute), id });
    let whose = prop_oneof![
        Just(Whose::Everybodys),
        (
            prop::collection::vec(name(), 0..3),
            prop::collection::vec(name(), 0..3),
            prop::collection::vec(id(), 0..3),
            prop::option::of(name())
        )
            .prop_map(|(groups, events, of_events, person)| Whose::Visible {
                groups,
                events,
                of_events,
                person
            }),
    ];
    let filter = (
        prop::option::of(prop::sample::select(vec!["site", "group", "event", "user"])),
        prop::option::of(name()),
    )
        .prop_map(|(kind, owner)| Filter { kind, owner: owner.filter(|_| kind.is_some()) });
    prop_oneof![
        4 => (id(), owner(), document(), name(), 0i64..9).prop_map(|(id, owner, document, who, minute)| Step::Create { id, owner, document, who, minute }),
        4 => (id(), owner(), 1i64..4, document()).prop_map(|(id, owner, version, document)| Step::Replace { id, owner, version, document }),
        3 => (id(), owner(), 1i64..4).prop_map(|(id, owner, version)| Step::Remove { id, owner, version }),
        1 => prop::collection::vec((id(), owner(), document()), 0..3).prop_map(|site| Step::Apply { site }),
        4 => (whose, filter, prop::option::of(place), 1i64..5).prop_map(|(whose, filter, after, limit)| Step::List { whose, filter, after, limit }),
        2 => (id(), prop::option::of(1i64..4)).prop_map(|(id, before)| Step::History { id, before }),
        2 => (prop::sample::select(vec!["k", "K", "k2"]), prop::sample::select(vec!['a', 'b']), 0i64..3).prop_map(|(key, digest, day)| Step::Once { key: key.to_owned(), digest, day }),
    ]
}

/// What a step does and says, as text. Owners are often guessed wrong; half of the time the right one is taken.
fn act(conn: &mut DbConnection, step: &Step, honest: bool) -> Result<String, StoreError> {
    let author = |who: &str, minute| Author {
        actor: Actor::Operator(who.to_owned()),
        token: None,
        request_id: None,
        at: noon() + TimeDelta::minutes(minute),
    };
    let seen = |conn: &mut DbConnection, id: &str, owner: &Owner, version: i64| -> Result<Seen, StoreError> {
        let found = presets::find(conn, id)?.filter(|_| honest);
        let (owner, version) = found.map_or((owner.clone(), version), |row| (row.owner, row.version));
        Ok(Seen { id: id.to_owned(), owner, version })
    };
    Ok(match step {
        Step::Create { id, owner, document, who, minute } => {
            let new = NewPreset { id: id.clone(), owner: owner.clone(), document: document.clone() };
            format!("{:?}", presets::create(conn, &new, &author(who, *minute))?)
        }
        Step::Replace { id, owner, version, document } => {
            let seen = seen(conn, id, owner, *version)?;
            format!("{:?}", presets::replace(conn, &seen, document, &author("x", 10))?)
        }
        Step::Remove { id, owner, version } => {
            let seen = seen(conn, id, owner, *version)?;
            format!("{:?}", presets::remove(conn, &seen, &author("x", 11))?)
        }
        Step::Apply { site } => {
            let presets = site.iter().map(|(id, owner, document)| NewPreset {
                id: id.clone(),
                owner: owner.clone(),
                document: document.clone(),
            });
            let new = site::NewSite {
                catalogue: json!({}),
                groups: vec![],
                events: vec![],
                presets: presets.collect(),
            };
            format!("{:?}", site::replace(conn, &new, "root", noon())?)
        }
        Step::List { whose, filter, after, limit } => {
            format!("{:?}", presets::page(conn, whose, filter, after.as_ref(), *limit)?)
        }
        Step::History { id, before } => match presets::find(conn, id)? {
            Some(row) => format!("{:?}", presets::versions(conn, &row, *before, 3)?),
            None => "none".to_owned(),
        },
        Step::Once { key, digest, day } => {
            let attempt = Attempt {
                principal_kind: "user".to_owned(),
                principal: "alice".to_owned(),
                key: key.clone(),
                route: "POST presets".to_owned(),
                digest: digest.to_string().repeat(64),
            };
            let now = noon() + TimeDelta::days(*day);
            let known = idempotency::known(conn, &attempt, now)?;
            if known == idempotency::Known::No {
                idempotency::keep(conn, &attempt, json!({ "day": day }), now)?;
            }
            format!("{known:?}")
        }
    })
}

async fn outcome(store: &Store, step: &Step, honest: bool) -> String {
    let step = step.clone();
    match store.write(move |conn| act(conn, &step, honest)).await {
        Ok(said) => said,
        // The words of a database are its own; which kind of error it is must be the same.
        Err(StoreError::Refused(_)) => "refused".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

#[tokio::test]
async fn both_databases_say_the_same() {
    let Some(postgres) = Scratch::postgres() else { return };
    let sqlite = Scratch::sqlite();
    let (ours, theirs) = (sqlite.store().await, postgres.store().await);
    let steps: u32 = std::env::var("PROPTEST_CASES").ok().and_then(|steps| steps.parse().ok()).unwrap_or(600);
    let seed =
        std::env::var("PRESETS_TEST_SEED").unwrap_or_else(|_| "both databases say the same".to_owned());
    let mut bytes = [0; 32];
    seed.bytes().take(32).enumerate().for_each(|(n, byte)| bytes[n] = byte);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, rng);
    let (mut done, mut refused) = (0, 0);
    for n in 0..steps {
        let (step, honest) = (step(), any::<bool>()).new_tree(&mut runner).unwrap().current();
        let said = outcome(&ours, &step, honest).await;
        assert_eq!(said, outcome(&theirs, &step, honest).await, "step {n} of seed {seed:?}: {step:?}");
        if said.starts_with("refused") { refused += 1 } else { done += 1 }
    }
    assert!(done > steps / 3 && refused > 0, "{done} done, {refused} refused");
    let all = |store: &Store| {
        let store = store.clone();
        async move {
            let site = store.read(site::load).await.unwrap();
            let audit = store.read(|conn| audit::since(conn, 0, u16::MAX)).await.unwrap();
            // Numbers may have gaps on PostgreSQL.
            (site, audit.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>())
        }
    };
    let (ours, theirs) = (all(&ours).await, all(&theirs).await);
    assert_eq!(ours, theirs);
}
