//! How long the core takes for one person at a computing centre of real size: `cargo bench`.
//!
//! Wanted: at most 50 µs for the form and the resolution of its chosen card, however many presets other groups have.

use std::collections::BTreeMap;
use std::hint::black_box;

use chrono::{DateTime, Utc};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use jupyterhub_presets::catalogue::Key;
use jupyterhub_presets::config::yaml;
use jupyterhub_presets::effective::{Content, Person, Unknown, effective, written};
use jupyterhub_presets::groups::{GroupId, Membership, SourceName, Username};
use jupyterhub_presets::presets::{Owner, Selection};
use jupyterhub_presets::render::{Page, fragment};
use jupyterhub_presets::resolve::{Asked, resolve};
use serde_json::json;

/// As the service has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const CENTRE: &str = include_str!("../sites/centre.yaml");

/// The centre, and `others` more presets of a group that nobody here is in.
fn content(others: usize) -> Content {
    let mut site = yaml::parse::<written::Site>(CENTRE, "centre.yaml").expect("it parses").value;
    let model = site.presets.get("small").cloned().expect("there is one");
    let other = |n: usize| {
        let id = Key::try_from(format!("other-{n}")).expect("a key");
        let owner = Owner::Group(Key::try_from("dept-history").expect("a key"));
        (id, jupyterhub_presets::presets::written::Preset { owner, ..model.clone() })
    };
    let own = site.presets.iter().map(|(id, preset)| (id.clone(), preset.clone()));
    site.presets = own.collect::<Vec<_>>().into_iter().chain((0..others).map(other)).collect();
    let (content, faults) = Content::check(&site, 1, &BTreeMap::new());
    assert!(faults.is_empty(), "{faults:?}");
    content
}

/// Somebody at the centre.
struct Member {
    name: Username,
    membership: Membership,
    last: Option<Selection>,
}

impl Member {
    fn of(groups: &[&str]) -> Self {
        let id = |key: &&str| GroupId {
            source: SourceName::ldap(),
            id: format!("cn={key},ou=groups,dc=example,dc=org").into(),
        };
        let membership = Membership { groups: groups.iter().map(id).collect(), sources: vec![] };
        Self { name: Username::try_from("ella").expect("a name"), membership, last: None }
    }

    fn person(&self) -> Person<'_> {
        Person {
            name: &self.name,
            membership: &self.membership,
            last: self.last.as_ref(),
            preferences: None,
            server: "",
            unknown: Unknown::Baseline,
            wished: None,
            now: monday(),
        }
    }
}

fn monday() -> DateTime<Utc> {
    "2026-11-23T09:00:00Z".parse().expect("a time")
}

fn core(criterion: &mut Criterion) {
    let people = [
        ("course member", Member::of(&["school-students"]), json!({ "preset": "school-lab" })),
        (
            "project member",
            Member::of(&["p-physics-1", "dept-physics"]),
            json!({ "preset": "physics-1-daily", "values": { "cores": 8 } }),
        ),
        (
            "expert",
            Member::of(&["hpc-experts", "p-cosmo-1", "gpu-users", "big-memory"]),
            json!({ "preset": "~node", "values": { "partition": "atlas-gpu", "gpus": 2, "cores": 32, "memory": "128GB" } }),
        ),
    ];
    for others in [100, 10_000] {
        let content = content(others);
        let mut group = criterion.benchmark_group(format!("{others} presets of others"));
        for (who, member, options) in &people {
            let asked = Asked::read(options).expect("it is well formed");
            group.bench_function(BenchmarkId::new("effective", who), |bench| {
                bench.iter(|| effective(black_box(&content), member.person()));
            });
            group.bench_function(BenchmarkId::new("effective and resolve", who), |bench| {
                bench.iter(|| {
                    let form = effective(black_box(&content), member.person());
                    resolve(&content, &form, &asked).expect("it starts")
                });
            });
            let form = effective(&content, member.person());
            group.bench_function(BenchmarkId::new("validate", who), |bench| {
                bench.iter(|| resolve(&content, black_box(&form), &asked).is_ok());
            });
            let files = "/services/presets/".to_owned();
            let page = Page { files, revision: 1, keep: None, elsewhere: false, attempt: None };
            group.bench_function(BenchmarkId::new("effective and render", who), |bench| {
                bench.iter(|| fragment(&effective(black_box(&content), member.person()), &page));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, core);
criterion_main!(benches);
