//! Rules and trims that cannot be meant: each is refused on saving, at its place, with what would be right.

use std::collections::BTreeMap;

use jupyterhub_presets::config::yaml;
use jupyterhub_presets::effective::{Content, written};

use super::shapes::widely;

/// Every fault of the wide site with more of it: `code at: detail`.
fn told(more: &str) -> Vec<String> {
    let site = yaml::parse::<written::Site>(&widely(more), "site.yaml").unwrap().value;
    let faults = Content::check(&site, 1, &BTreeMap::new()).1;
    faults.iter().map(|fault| format!("{} {}: {}", fault.code, fault.pointer, fault.detail)).collect()
}

/// Each of `rows` is one thing written below `/ABOVE/r`, and the beginning of the only fault.
fn each(above: &str, key: &str, rows: &[(&str, &str)]) {
    for (wrong, expected) in rows {
        let told = told(&format!("{above}:\n  {key}: {{{wrong}}}\n"));
        let only = told.first().filter(|first| told.len() == 1 && first.starts_with(expected));
        assert!(only.is_some(), "{wrong}\n  expected: {expected}\n  told: {told:#?}");
    }
}

#[test]
fn each_mistyped_rule_is_told_at_its_place() {
    let rows = [
        (
            "when: {partitoin: gpu}, then: {cores: {max: 8}}, because: b",
            "unknown /rules/r/when/partitoin: there is no option “partitoin”",
        ),
        (
            "when: {partition: gpux}, then: {cores: {max: 8}}, because: b",
            "not-allowed /rules/r/when/partition: choose AMD Rome",
        ),
        (
            "when: {partition: []}, then: {cores: {max: 8}}, because: b",
            "empty /rules/r/when/partition: name at least one value",
        ),
        (
            "when: {partition: {nto: gpu}}, then: {cores: {max: 8}}, because: b",
            "unknown-member /rules/r/when/partition/nto: “nto” is not understood here",
        ),
        (
            "when: {partition: {}}, then: {cores: {max: 8}}, because: b",
            "empty /rules/r/when/partition: write a value, a list",
        ),
        (
            "when: {partition: {min: 1}}, then: {cores: {max: 8}}, because: b",
            "misplaced /rules/r/when/partition: “partition” is no number",
        ),
        (
            "when: {gpus: {min: 1, not: 2}}, then: {cores: {max: 8}}, because: b",
            "contradiction /rules/r/when/gpus: write either not",
        ),
        (
            "when: {gpus: {min: 1h}}, then: {cores: {max: 8}}, because: b",
            "amount /rules/r/when/gpus/min: write a whole number",
        ),
        (
            "when: {gpus: 1}, then: {coers: {max: 8}}, because: b",
            "unknown /rules/r/then/coers: there is no option “coers”",
        ),
        (
            "when: {gpus: 1}, then: {cores: {max: 8h}}, because: b",
            "amount /rules/r/then/cores/max: write a whole number",
        ),
        (
            "when: {gpus: 1}, then: {cores: {min: 65}}, because: b",
            "empty /rules/r/then/cores: nothing is left: “cores” allows between 1 and 64 cores",
        ),
        (
            "when: {gpus: 1}, then: {cores: {only: [65]}}, because: b",
            "not-allowed /rules/r/then/cores/only/0: choose between 1 and 64 cores",
        ),
        (
            "when: {gpus: 1}, then: {cores: {}}, because: b",
            "empty /rules/r/then/cores: say what is left of it",
        ),
        (
            "when: {gpus: 1}, then: {node: {except: [n1]}}, because: b",
            "misplaced /rules/r/then/node/except: “node” is a text",
        ),
        (
            "when: {gpus: 1}, then: {cores: {absent: true, fixed: 2}}, because: b",
            "contradiction /rules/r/then/cores/absent: what is absent has no value",
        ),
        (
            "when: {gpus: 1}, then: {cores: {max: 8}}, because: ' '",
            "because /rules/r/because: every limit needs a reason",
        ),
        (
            "when: {gpus: 1}, then: {cores: {max: 8}}, until: tomorrow, because: b",
            "time /rules/r/until: write a date, a time and an offset",
        ),
        ("then: {cores: {max: 8}}, because: b", "rule /rules/r: without `when` this is no rule but a trim"),
        ("when: {gpus: 1}, because: b", "rule /rules/r: a rule has one of `then`, `cap` and `table`"),
        (
            "when: {gpus: 1}, then: {cores: {max: 8}}, cap: cores <= 16 * gpus, because: b",
            "rule /rules/r: a rule has one of",
        ),
        ("cap: cores < 16 * gpus, because: b", "cap /rules/r/cap: write it like “cores <= 16 * gpus”"),
        ("cap: coers <= 16 * gpus, because: b", "unknown /rules/r/cap: there is no option “coers”"),
        ("cap: cores <= 16 * gpu, because: b", "unknown /rules/r/cap: there is no option"),
        ("cap: cores <= 2 * 8 * gpus, because: b", "cap /rules/r/cap: multiply one option by one number"),
        ("cap: cores <= 16 * partition, because: b", "cap /rules/r/cap: “partition” is no number"),
        ("cap: memory <= 4 * cores, because: b", "cap /rules/r/cap: “4”: write a size with its unit"),
        ("cap: memory <= cores, because: b", "cap /rules/r/cap: say how much “memory” for each of “cores”"),
        (
            "cap: cores <= 4 * memory, because: b",
            "cap /rules/r/cap: “memory” is neither a count nor of the kind of “cores”",
        ),
        (
            "cap: memory <= 99999999999TB * cores, because: b",
            "cap /rules/r/cap: “99999999999TB”: the number is too large",
        ),
        (
            "table: [partition], allow: [[cpu]], because: b",
            "too-few /rules/r/table: name at least two options",
        ),
        (
            "table: [partition, partition], allow: [[cpu, cpu]], because: b",
            "twice /rules/r/table/1: “partition” stands here twice",
        ),
        (
            "table: [partition, acount], allow: [[cpu, none]], because: b",
            "unknown /rules/r/table/1: there is no option “acount”",
        ),
        (
            "table: [partition, account], because: b",
            "table /rules/r: a table needs either rows to allow or rows to deny",
        ),
        (
            "table: [partition, account], allow: [[cpu, none]], deny: [[gpu, none]], because: b",
            "table /rules/r: a table needs either",
        ),
        (
            "table: [partition, account], allow: [[cpu]], because: b",
            "row /rules/r/allow/0: this row has 1 cells, the table has 2 options",
        ),
        (
            "table: [partition, account], deny: [[cpu, nnoe]], because: b",
            "not-allowed /rules/r/deny/0/1: choose None",
        ),
        (
            "table: [partition, node], deny: [[cpu, n1]], because: b",
            "misplaced /rules/r/deny/0/1: “node” is a text",
        ),
        (
            "table: [tools, partition], allow: [[a, cpu]], because: b",
            "misplaced /rules/r/table/0: “tools” holds several values",
        ),
    ];
    each("rules", "r", &rows);
}

#[test]
fn each_mistyped_trim_is_told_at_its_place() {
    let rows = [
        ("max: 8", "because"),
        ("because: b", "empty /trims/cores: say something"),
        ("max: 8, because: ''", "because /trims/cores/because"),
        ("max: 8, until: 2026-01-01, because: b", "time /trims/cores/until"),
        ("only: [], because: b", "empty /trims/cores/only"),
        ("only: [many], because: b", "wrong-type /trims/cores/only/0: write a whole number"),
        ("fixed: 100, because: b", "not-allowed /trims/cores/fixed"),
        ("default: 0, because: b", "not-allowed /trims/cores/default"),
        ("absent: true, required: true, because: b", "contradiction /trims/cores/absent"),
        (
            "max: 8, policy: true, because: b",
            "policy /trims/cores/policy: the site's trims hold for everybody",
        ),
        ("grant: {}, because: b", "grant /trims/cores/grant: the site's trims hold for everybody"),
    ];
    each("trims", "cores", &rows[1..]);
    each("baseline", "cores", &[("grant: {max: 8}, because: b", "grant /baseline/cores/grant")]);
    let of_group =
        |trim: &str| told(&format!("groups:\n  g: {{title: G, from: {{hub: g}}, trims: {{{trim}}}}}\n"));
    for (trim, expected) in [
        (
            "cores: {policy: true, default: 2, because: b}",
            "policy /groups/g/trims/cores/default: a policy only restricts",
        ),
        ("cores: {policy: true, max: 8, grant: {}, because: b}", "policy /groups/g/trims/cores/grant"),
        ("cores: {grant: {min: 65}, because: b}", "empty /groups/g/trims/cores/grant"),
        ("cores: {grant: {only: [x]}, because: b}", "wrong-type /groups/g/trims/cores/grant/only/0"),
        ("partition: {grant: {max: 1}, because: b}", "misplaced /groups/g/trims/partition/grant"),
        ("memory: {min: 300GB, because: b}", "empty /groups/g/trims/memory: nothing is left"),
        (
            "cores: {max: 2, only: [4, 8], because: b}",
            "conflict /groups/g/trims/cores: Cores: G leaves between 1 and 2 cores",
        ),
    ] {
        let told = of_group(trim);
        assert!(told.len() == 1 && told[0].starts_with(expected), "{trim}: {told:#?}");
    }
}

#[test]
fn options_that_decide_about_one_another_are_refused_with_the_path() {
    let two = "rules:\n  r: {when: {partition: gpu}, then: {cores: {max: 8}}, because: b}\n  s: {when: {cores: 1}, then: {partition: {only: [cpu]}}, because: b}\n";
    assert_eq!(
        told(two),
        ["ring /rules/r: these options decide about one another: cores → partition → cores"]
    );
    let itself = "rules:\n  r: {when: {cores: 1}, then: {cores: {max: 8}}, because: b}\n";
    assert_eq!(told(itself), ["ring /rules/r: these options decide about one another: cores → cores"]);
    let long = "rules:\n  a: {when: {partition: gpu}, then: {exclusive: {hidden: true}}, because: b}\n  b: {cap: memory <= 4GB * cores, because: b}\n  c: {table: [memory, partition], allow: [['*', cpu]], because: b}\n  d: {when: {exclusive: true}, then: {cores: {min: 2}}, because: b}\n";
    let ring = told(long);
    assert_eq!(ring.len(), 1);
    let path: Vec<&str> = ring[0].rsplit(": ").next().unwrap().split(" → ").collect();
    assert_eq!((path.len(), path.first()), (5, path.last()), "it goes all the way round: {ring:?}");
}

#[test]
fn rules_that_never_fire_are_refused() {
    for (more, expected) in [
        (
            "trims:\n  partition: {only: [cpu, gpu], because: t}\nrules:\n  r: {when: {partition: fat}, then: {cores: {max: 8}}, because: b}\n",
            "never /rules/r/when/partition: this never happens: the site does not allow such a “partition”",
        ),
        (
            "trims:\n  gpus: {max: 2, because: t}\nrules:\n  r: {when: {gpus: {min: 3}}, then: {cores: {max: 8}}, because: b}\n",
            "never /rules/r/when/gpus",
        ),
        (
            "trims:\n  exclusive: {fixed: false, because: t}\nrules:\n  r: {when: {exclusive: {not: false}}, then: {cores: {max: 8}}, because: b}\n",
            "never /rules/r/when/exclusive",
        ),
        (
            "trims:\n  gpus: {absent: true, because: t}\nrules:\n  r: {when: {gpus: 0}, then: {cores: {max: 8}}, because: b}\n",
            "never /rules/r/when/gpus",
        ),
        (
            "rules:\n  r: {when: {partition: cpu}, then: {gpus: {fixed: 0}}, because: b}\n  s: {when: {partition: cpu, gpus: {min: 1}}, then: {cores: {max: 8}}, because: b}\n",
            "never /rules/s/when/gpus",
        ),
        (
            "rules:\n  r: {when: {partition: [cpu, fat]}, then: {gpus: {absent: true}}, because: b}\n  s: {when: {partition: cpu, gpus: 0}, then: {cores: {max: 8}}, because: b}\n",
            "never /rules/s/when/gpus",
        ),
    ] {
        let told = told(more);
        assert!(told.len() == 1 && told[0].starts_with(expected), "{more}: {told:#?}");
    }
    let apart = "rules:\n  r: {when: {partition: gpu}, then: {other: {max: 8}}, because: b}\n";
    let site = widely(apart)
        .replace("\nbackends:", "\n  other: {type: integer, label: Other, min: 1, max: 9}\nbackends:");
    let site = yaml::parse::<written::Site>(&site, "site.yaml").unwrap().value;
    let faults = Content::check(&site, 1, &BTreeMap::new()).1;
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].detail, "this never happens: no profile has both “partition” and “other”");
}

#[test]
fn caps_and_rules_that_leave_nothing_are_refused() {
    for (more, expected) in [
        (
            "rules:\n  r: {cap: cores <= 16 * gpus, because: b}\n",
            "empty /rules/r/cap: with “gpus” at 0 nothing is left of “cores”; say `when` it holds",
        ),
        (
            "rules:\n  r: {cap: memory >= 8GB * cores, because: b}\n",
            "empty /rules/r/cap: with “cores” at 64 cores nothing is left of “memory”",
        ),
        (
            "trims:\n  cores: {min: 8, because: t}\nrules:\n  r: {when: {gpus: {min: 1}}, cap: cores <= 4 * gpus, because: b}\n",
            "empty /rules/r/cap: with “gpus” at 1 nothing is left",
        ),
        (
            "trims:\n  cores: {max: 8, because: t}\nrules:\n  r: {when: {gpus: 1}, then: {cores: {min: 9}}, because: b}\n",
            "empty /rules/r/then/cores: nothing is left of “cores”",
        ),
        (
            "trims:\n  cores: {fixed: 8, because: t}\nrules:\n  r: {when: {gpus: 1}, then: {cores: {fixed: 4}}, because: b}\n",
            "empty /rules/r/then/cores",
        ),
    ] {
        let told = told(more);
        assert!(told.len() == 1 && told[0].starts_with(expected), "{more}: {told:#?}");
    }
    assert_eq!(told("rules:\n  r: {when: {gpus: {min: 1}}, cap: cores <= 16 * gpus, because: b}\n"), [""; 0]);
}

#[test]
fn what_people_are_told_can_be_seen_and_has_an_end() {
    let long = "x".repeat(301);
    for (more, expected) in [
        (
            "groups:\n  r: {title: R, from: {hub: r}, contact: \"a\\u202Eb\"}\n".to_owned(),
            "text /groups/r/contact: ",
        ),
        (
            "trims:\n  cores: {max: 8, because: \"a\\u202Eb\"}\n".into(),
            "text /trims/cores/because: write 1 to 300",
        ),
        ("trims:\n  cores: {max: 8, because: \"a\\nb\"}\n".into(), "text /trims/cores/because: "),
        (format!("trims:\n  cores: {{max: 8, because: {long}}}\n"), "text /trims/cores/because: "),
    ] {
        let told = told(&more);
        assert!(told.len() == 1 && told[0].starts_with(expected), "{more}: {told:#?}");
    }
}
