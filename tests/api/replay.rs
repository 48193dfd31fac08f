//! A decision explains itself: what it names, put into the pure core once more, comes to the same (requirement R130).

use jupyterhub_presets::effective::{Content, Person, Unknown, effective};
use jupyterhub_presets::groups::{Membership, Username};
use jupyterhub_presets::presets::{Context, Preferences, Selection};
use jupyterhub_presets::resolve::{Asked, Refusal, Resolution, resolve};
use jupyterhub_presets::site;
use jupyterhub_presets::store::audit::{Actor, By};
use jupyterhub_presets::store::decisions::{self, Decision, Outcome};
use jupyterhub_presets::store::preferences;
use jupyterhub_presets::store::site::load;
use serde_json::{Value as Json, json};

use super::start;
use crate::running::Running;

/// What was asked for alice, with the groups that the hub keeps of her.
const ASKED: [(&str, &str); 10] = [
    ("[]", r#"{ "preset": "gpu", "values": { "walltime": "1h" } }"#),
    ("[]", r#"{ "preset": "gpu", "values": { "walltime": "5h" } }"#),
    ("[]", r#"{ "preset": "nix" }"#),
    ("[]", "null"),
    (r#"["chem"]"#, r#"{ "preset": "small", "values": { "cores": 8 } }"#),
    (r#"["chem"]"#, r#"{ "preset": "small", "values": { "cores": 16 } }"#),
    (r#"["chem"]"#, r#"{ "preset": "small", "context": "chemistry" }"#),
    ("[]", r#"{ "preset": "small", "context": "chemistry" }"#),
    ("[]", r#"{ "preset": "~node" }"#),
    ("[]", r#"{ "values": { "cores": "many" } }"#),
];

fn alice() -> Username {
    "alice".try_into().unwrap()
}

/// What comes of a decision's own words; of the rest of the world it takes the content only.
fn replayed(content: &Content, decision: &Decision) -> Result<Resolution, Refusal> {
    let reasons = &decision.reasons;
    assert_eq!(reasons["revision"], content.revision);
    let read = |part: &str| serde_json::from_value(reasons[part].clone()).unwrap();
    let membership = Membership {
        groups: read("groups"),
        sources: serde_json::from_value(reasons["sources"].clone()).unwrap(),
    };
    let usual = |what: &str| reasons["usual"][what].as_str().map(str::to_owned);
    let preferences = Preferences { default: usual("default"), ..Preferences::default() };
    let last = usual("last_used").map(|card| {
        let context = usual("context").and_then(|context| Context::read(&context));
        Selection { card, context, values: [].into() }
    });
    let asked = Asked::read(&decision.asked)?;
    let wished = asked.wish();
    let person = Person {
        name: &decision.person,
        membership: &membership,
        last: last.as_ref(),
        preferences: Some(&preferences),
        server: &decision.server_name,
        unknown: if content.has_policies { Unknown::Refuse } else { Unknown::Baseline },
        wished: wished.as_ref(),
        now: decision.at,
    };
    resolve(content, &effective(content, person), &asked)
}

async fn prefers(service: &Running, default: &str, version: i64) {
    let by =
        By { at: chrono::DateTime::UNIX_EPOCH, actor: Actor::User(alice()), token: None, request_id: None };
    let document = json!({ "default": default });
    let change = move |conn: &mut _| preferences::save(conn, &alice(), &document, version, &by);
    service.store.change_person(&alice(), change).await.unwrap();
}

on_each_database! {
    async fn whatever_was_decided_comes_to_the_same_from_what_is_recorded(scratch: Scratch) {
        let service = start(&scratch);
        for (version, default) in ["gpu", "nix", "mine"].into_iter().enumerate() {
            prefers(&service, default, i64::try_from(version).unwrap()).await;
            for (groups, options) in ASKED {
                let [groups, options]: [Json; 2] = [groups, options].map(|text| serde_json::from_str(text).unwrap());
                let body = json!({ "protocol": 1, "user": "alice", "hub_groups": groups, "options": options });
                let answer = service.hub("resolve", &body);
                assert!([200, 403, 422].contains(&answer.status), "{answer:?}");
            }
        }
        let kept = service.store.read(|conn| decisions::latest_of(conn, &alice(), 100)).await.unwrap();
        assert_eq!(kept.len(), 3 * ASKED.len());
        let given = kept.iter().filter(|decision| decision.outcome != Outcome::Refused).count();
        assert!((10..20).contains(&given), "{given}");
        let (content, faults) = site::published(service.store.read(load).await.unwrap());
        assert_eq!(faults, []);
        for decision in &kept {
            match (replayed(&content, decision), &decision.outcome) {
                (Ok(again), Outcome::Given(then)) => {
                    let again = json!({
                        "preset": again.card.to_string(),
                        "version": again.version,
                        "context": again.context.as_ref().map(ToString::to_string),
                        "backend": again.spawner,
                        "values": again.given,
                        "traits": again.traits,
                        "environment": again.environment,
                        "changes": again.changes,
                    });
                    assert_eq!(again, *then, "{decision:?}");
                }
                (Err(again), Outcome::Refused) => {
                    let because = decision.reasons["limits"].to_string();
                    let said = match &again {
                        Refusal::Options { faults, .. } => faults[0].detail.clone(),
                        Refusal::NotOffered { sentence } | Refusal::GroupsUnknown { sentence } => sentence.clone(),
                    };
                    assert!(because.contains(&json!(said).to_string()), "{said}: {because}");
                }
                (again, then) => panic!("{again:?} now, and then {then:?} of {decision:?}"),
            }
        }
    }
}
