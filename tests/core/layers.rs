//! Trims of several owners: what everybody has, what groups add, what policies take away again, and until when.

use jupyterhub_presets::effective::{CardId, Content, State};
use jupyterhub_presets::resolve::Refusal;
use jupyterhub_presets::trims::{self, Because, Said, Trimmed};
use serde_json::json;

use super::shapes::wide;
use super::vectors::notation;
use super::{Somebody, sentence, somebody, with};

/// What an option is to somebody who fills in every option.
fn shown(content: &Content, person: &Somebody, key: &str) -> String {
    let form = person.form(content);
    let card = form.card(&CardId::read("~all").unwrap()).unwrap();
    card.field(key).map_or_else(|| format!("{:?}", card.state), notation)
}

fn to(content: &Content, groups: &[&str], key: &str) -> String {
    shown(content, &somebody(groups), key)
}

/// Three groups that are granted more, beside a fourth so that nobody acts in one of them.
const GRANTS: &str = "
trims:
  cores: {max: 48, because: one node}
baseline:
  cores: {max: 8, because: for everybody}
  gpus: {absent: true, because: not for everybody}
  partition: {only: [cpu], because: the rest is granted}
groups:
  some: {title: Some, from: {hub: some}, trims: {cores: {grant: {max: 16}, because: a}, partition: {grant: {only: [gpu]}, because: a}}}
  more: {title: More, from: {hub: more}, trims: {cores: {grant: {max: 32}, because: b}, gpus: {grant: {max: 2}, because: b}}}
  most: {title: Most, from: {hub: most}, trims: {cores: {grant: {}, because: c}, gpus: {grant: {}, because: c}, partition: {grant: {only: [fat]}, because: c}}}
  other: {title: Other, from: {hub: other}}
";

#[test]
fn everybody_has_the_baseline_and_grants_add_up_below_the_ceiling() {
    let content = wide(GRANTS);
    let rows: [(&[&str], _, _, _); 5] = [
        (&[], "1..8/1 = 4", "absent", "cpu = cpu constant"),
        (&["some", "other"], "1..16/1 = 4", "absent", "cpu|gpu = cpu"),
        (&["some", "more"], "1..32/1 = 4", "0..2/1 = 0", "cpu|gpu = cpu"),
        (&["most", "other"], "1..48/1 = 4", "0..4/1 = 0", "cpu|fat = cpu"),
        (&["most", "more", "some"], "1..48/1 = 4", "0..4/1 = 0", "cpu|gpu|fat = cpu"),
    ];
    for (groups, cores, gpus, partition) in rows {
        let found = ["cores", "gpus", "partition"].map(|key| to(&content, groups, key));
        assert_eq!(found, [cores, gpus, partition], "{groups:?}");
    }
    let above = with("~all", json!({ "cores": 64 }));
    assert!(
        sentence(somebody(&["most", "other"]).starts(&content, &above)).contains("between 1 and 48 cores")
    );
}

#[test]
fn a_grant_of_what_is_absent_stays_below_the_ceiling() {
    let content = wide(
        "trims:\n  gpus: {max: 2, because: two}\n  partition: {except: [fat], because: full}\nbaseline:\n  gpus: {absent: true, because: a}\n  partition: {absent: true, because: a}\ngroups:\n  g: {title: G, from: {hub: g}, trims: {gpus: {grant: {}, because: b}, partition: {grant: {}, because: b}}}\n",
    );
    assert_eq!(
        (to(&content, &["g"], "gpus").as_str(), to(&content, &["g"], "partition").as_str()),
        ("0..2/1 = 0", "cpu|gpu = cpu")
    );
}

#[test]
fn a_grant_of_single_values_grants_those_alone() {
    let content = wide(
        "baseline:\n  cores: {max: 4, because: a}\ngroups:\n  g: {title: G, from: {hub: g}, trims: {cores: {grant: {only: [64]}, because: whole nodes}}}\n",
    );
    assert_eq!(to(&content, &["g"], "cores"), "1|2|3|4|64 = 4");
}

#[test]
fn policies_speak_after_grants_from_every_group() {
    let site = format!(
        "{GRANTS}  strict: {{title: Strict, from: {{hub: strict}}, trims: {{cores: {{max: 2, policy: true, because: new here}}, gpus: {{absent: true, policy: true, because: new here}}}}}}\n"
    );
    let content = wide(&site);
    assert_eq!(to(&content, &["most", "strict"], "cores"), "1..2/1 = 2");
    assert_eq!(to(&content, &["most", "strict"], "gpus"), "absent");
    let person = somebody(&["most", "strict"]);
    let form = person.form(&content);
    let field = form.card(&CardId::read("~all").unwrap()).unwrap().field("cores").unwrap();
    let chain: Vec<String> =
        field.because.iter().map(|link| format!("{}: {}", link.left(), link.said())).collect();
    assert_eq!(
        chain,
        [
            "between 1 and 48 cores: the site: one node",
            "between 1 and 8 cores: the site: for everybody",
            "between 1 and 48 cores: Most: c",
            "between 1 and 2 cores: Strict: new here"
        ]
    );
}

#[test]
fn policies_that_leave_nothing_together_keep_the_profile_from_starting_and_say_why() {
    let content = wide(
        "groups:\n  a: {title: A, from: {hub: a}, trims: {cores: {max: 2, policy: true, because: new}}}\n  b: {title: B, from: {hub: b}, trims: {cores: {min: 32, policy: true, because: large jobs only}}}\n",
    );
    let person = somebody(&["a", "b"]);
    let form = person.form(&content);
    let State::Unavailable(why) = &form.card(&CardId::read("~all").unwrap()).unwrap().state else {
        panic!("it starts")
    };
    assert_eq!(
        why,
        "Cores: A leaves between 1 and 2 cores (new), and what B says of it (large jobs only) leaves nothing to choose"
    );
    assert_eq!(to(&content, &["a"], "cores"), "1..2/1 = 2");
}

#[test]
fn a_groups_words_simplify_in_its_own_context_alone() {
    let content = wide(
        "groups:\n  a: {title: A, from: {hub: a}, trims: {cores: {except: [3], because: odd}, partition: {fixed: gpu, because: ours}, gpus: {required: true, because: ours}}}\n  b: {title: B, from: {hub: b}}\n",
    );
    assert_eq!(to(&content, &["a"], "partition"), "gpu = gpu constant");
    assert_eq!(to(&content, &["a"], "gpus"), "1..4/1 = 1 required");
    assert!(to(&content, &["a"], "cores").starts_with("1|2|4|5|"));
    assert_eq!(to(&content, &["a", "b"], "partition"), "cpu|gpu|fat = cpu");
}

#[test]
fn what_is_absent_is_not_set_and_may_not_be_posted() {
    let content = wide(
        "trims:\n  gpus: {absent: true, because: none here}\n  modules: {absent: true, because: none here}\n",
    );
    let started = somebody(&[]).starts(&content, &with("~all", json!({}))).unwrap();
    assert!(!started.traits.contains_key("req_gres") && !started.traits.contains_key("req_prologue"));
    assert!(!started.given.contains_key("gpus") && started.traits.contains_key("req_nprocs"));
    let Err(Refusal::Options { faults, .. }) =
        somebody(&[]).starts(&content, &with("~all", json!({ "gpus": 0 })))
    else {
        panic!("it starts")
    };
    assert_eq!(
        (faults[0].code, faults[0].detail.as_str()),
        ("absent", "GPUs: this is not offered here; leave it out (the site: none here)")
    );
}

#[test]
fn trims_and_grants_end_when_they_say() {
    let content = wide(
        "baseline:\n  cores: {max: 8, because: for everybody}\ngroups:\n  g: {title: G, from: {hub: g}, trims: {cores: {grant: {max: 32}, because: course, until: \"2026-12-01T12:00:00+01:00\"}, memory: {max: 8GB, policy: true, because: shared, until: \"2026-12-01T12:00:00+01:00\"}}}\n",
    );
    let at = |instant: &str| {
        let person = somebody(&["g"]).at(instant.parse().unwrap());
        (shown(&content, &person, "cores"), shown(&content, &person, "memory"))
    };
    assert_eq!(at("2026-12-01T10:59:59Z"), ("1..32/1 = 4".into(), "1GB..8GB/1GB = 4GB".into()));
    assert_eq!(at("2026-12-01T11:00:00Z"), ("1..8/1 = 4".into(), "1GB..256GB/1GB = 4GB".into()));
}

#[test]
fn choices_kept_for_groups_are_theirs_alone_whatever_others_are_granted() {
    let content = wide(
        "baseline:\n  account: {only: [none], because: nobody pays}\ngroups:\n  g: {title: G, from: {hub: g}, trims: {account: {grant: {}, because: members pay}}}\n",
    );
    assert_eq!(to(&content, &[], "tools"), "{a,b} 0..2 = ");
    assert_eq!(to(&content, &["bio"], "tools"), "{a,b,c} 0..2 = ");
    assert_eq!(to(&content, &["g"], "account"), "none|astro = none");
    assert_eq!(to(&content, &["g", "bio"], "account"), "none|astro|bio = none");
    let refused = somebody(&["g"]).starts(&content, &with("~all", json!({ "tools": ["c"] })));
    assert!(sentence(refused).contains("some choices are kept for other groups"));
}

#[test]
fn where_everything_is_kept_for_others_nothing_starts_and_the_site_is_still_sound() {
    let content = wide("trims:\n  account: {only: [bio], because: this quarter}\n");
    let why = to(&content, &[], "account");
    assert!(why.contains("every choice is kept for other groups"), "{why}");
    assert_eq!(to(&content, &["bio"], "account"), "bio = bio constant");
}

/// Trims of three groups by name, said with a priority each.
fn by_priority(said: &[(&str, i32)]) -> Result<(String, Vec<String>), String> {
    let content = wide(
        "groups:\n  low: {title: Low, from: {hub: low}, trims: {cores: {max: 8, because: shared}}}\n  high: {title: High, from: {hub: high}, trims: {cores: {min: 16, default: 32, because: parallel}}}\n  fix: {title: Fix, from: {hub: fix}, trims: {cores: {fixed: 4, because: course}}}\n",
    );
    let opt = &content.catalogue.options["cores"];
    let mut option = Trimmed::new(opt);
    let said: Vec<Said<'_>> = (said.iter())
        .map(|(name, priority)| {
            let group = &content.groups[*name];
            Said { owner: &group.title, priority: *priority, until: None, trim: &group.trims[0] }
        })
        .collect();
    trims::narrow_by_priority(&mut option, &said).map_err(|conflict| conflict.sentence)?;
    let last = option.because.last().map(Because::said).unwrap_or_default();
    Ok((format!("{} {last}", option.allowed.describe(&opt.kind)), option.overruled))
}

#[test]
fn of_two_that_contradict_the_higher_priority_holds_and_a_tie_is_a_conflict() {
    let (left, overruled) = by_priority(&[("low", 1), ("high", 2)]).unwrap();
    assert_eq!(left, "between 16 and 64 cores High: parallel");
    assert_eq!(
        overruled,
        [
            "Cores: High leaves between 16 and 64 cores (parallel), and what Low says of it (shared) leaves nothing to choose"
        ]
    );
    assert_eq!(by_priority(&[("low", 1), ("high", 2)]), by_priority(&[("high", 2), ("low", 1)]));
    assert!(by_priority(&[("low", 1), ("high", 1)]).unwrap_err().contains("leaves nothing to choose"));
    assert!(by_priority(&[("fix", 3), ("high", 1), ("low", 1)]).is_ok(), "two that are overruled do not tie");
    assert_eq!(by_priority(&[("low", 1), ("fix", 1)]).unwrap().1, [""; 0], "who agrees overrules nobody");
}
