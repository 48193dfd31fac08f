//! What people get, and what they are told when they do not.

use serde_json::json;

use super::{SITE, content, content_as_kept, preset, sentence, somebody, with};

#[test]
fn a_preset_starts_exactly_what_it_says() {
    let content = content(SITE);
    let given = somebody(&["physics"]).starts(&content, &preset("pytorch")).unwrap();
    assert_eq!(given.spawner.as_str(), "slurm");
    assert_eq!(
        json!(given.traits),
        json!({
            "req_partition": "gpu",
            "req_nprocs": "18",
            "req_memory": "114440M",
            "req_runtime": "0-02:00:00",
            "req_options": "#SBATCH --job-name=jupyter",
        })
    );
    assert_eq!(json!(given.chosen), json!({}));
    assert_eq!(given.given["share"], json!("2"));
}

#[test]
fn a_refusal_says_what_which_rule_and_whom_to_ask() {
    let content = content(SITE);
    let alice = somebody(&["physics", "hpc"]);
    for (options, told) in [
        (
            with("pytorch", json!({ "walltime": "8h" })),
            "Your server was not started. Wall time: choose between 30 min and 4 h (this preset sets it so). Ask physics@example.org.",
        ),
        (
            with("pytorch", json!({ "partition": "genoa" })),
            "Your server was not started. Partition: choose AMD Rome or NVIDIA A100 (Physics: Physics paid for these). Ask physics@example.org.",
        ),
        (
            with("pytorch", json!({ "share": "1" })),
            "Your server was not started. Share: this is set to 2 and cannot be changed (Physics: oversubscribed on purpose). Ask physics@example.org.",
        ),
        (
            with("small", json!({ "cores": 64, "walltime": "soon" })),
            "Your server was not started. CPU cores: choose between 1 and 32 cores (this preset sets it so); Wall time: write a time with its unit, for example 90min, 8h or 1-12:00:00. Ask hpc-support@example.org.",
        ),
        (
            preset("nothing"),
            "There is no preset “nothing” for you. It may have been removed, or you may have left its group. Ask hpc-support@example.org.",
        ),
    ] {
        assert_eq!(sentence(alice.starts(&content, &options)), told);
    }
}

#[test]
fn a_posted_value_is_refused_where_a_saved_one_is_adjusted() {
    let content = content(SITE);
    let bob = somebody(&["physics", "chemistry"]).named("bob");
    let given = bob.starts(&content, &preset("pytorch")).unwrap();
    assert_eq!(given.given["cores"], json!(8));
    assert_eq!(given.changes, ["CPU cores: 8 cores instead of 18 cores (Chemistry: a shared node)"]);
    assert!(bob.starts(&content, &with("pytorch", json!({ "cores": 18 }))).is_err());
    assert!(
        bob.starts(&content, &with("pytorch", json!({ "cores": 8 }))).is_ok(),
        "what is set may be said again"
    );
}

#[test]
fn what_is_not_available_starts_nothing() {
    let content = content_as_kept(&SITE.replace("cores: 18", "corse: 18"));
    let told = sentence(somebody(&["physics"]).starts(&content, &preset("pytorch")));
    assert_eq!(
        told,
        "“PyTorch” can't start: the option “corse” is no longer there. Ask physics@example.org."
    );
}

#[test]
fn every_type_takes_words_and_its_own_json() {
    let content = content(SITE);
    let eve = somebody(&[]).named("eve");
    let words = json!({ "partition": "gpu", "cores": "3", "memory": "64GB", "walltime": "90 min", "share": "1.5", "exclusive": "true", "job_name": "x1" });
    let native = json!({ "partition": "gpu", "cores": 3, "memory": 64_000_000_000_i64, "walltime": 5400, "share": 1.5, "exclusive": true, "job_name": "x1" });
    let one = eve.starts(&content, &with("~node", words)).unwrap();
    let other = eve.starts(&content, &with("~node", native)).unwrap();
    assert_eq!(one, other);
    assert_eq!(
        json!(one.chosen),
        json!({ "partition": "gpu", "cores": 3, "memory": "64GB", "walltime": "1h30min", "share": "1.5", "exclusive": true, "job_name": "x1" })
    );
    assert_eq!(
        eve.starts(&content, &with("~node", json!(one.chosen))).unwrap(),
        one,
        "what is kept starts the same again"
    );
}

#[test]
fn a_value_of_another_type_or_beyond_the_type_is_refused() {
    let content = content(SITE);
    let eve = somebody(&[]).named("eve");
    for (option, value) in [
        ("partition", json!("fat")),
        ("partition", json!(["rome"])),
        ("partition", json!(null)),
        ("cores", json!(-1)),
        ("cores", json!(129)),
        ("cores", json!(1.5)),
        ("cores", json!(1e30)),
        ("cores", json!("99999999999999999999")),
        ("memory", json!("1.5GB")),
        ("memory", json!("64")),
        ("memory", json!(1_500_000_000_i64)),
        ("walltime", json!("45min")),
        ("walltime", json!("13h")),
        ("share", json!("0.7")),
        ("share", json!("NaN")),
        ("exclusive", json!("yes")),
        ("exclusive", json!(1)),
        ("job_name", json!("a\n#SBATCH --qos=vip")),
        ("job_name", json!("{cmd}")),
        ("job_name", json!("")),
        ("job_name", json!("UPPER")),
        ("nix", json!(1)),
    ] {
        let told = sentence(eve.starts(&content, &with("~node", json!({ option: value }))));
        assert!(told.starts_with("Your server was not started. "), "{option}={value}: {told}");
    }
}

#[test]
fn traits_are_filled_wherever_they_name_an_option() {
    let partition = "      req_partition: \"{partition}\"\n";
    let limits =
        "      limits: {nvidia.com/gpu: \"{cores}\", list: [\"{partition}:{cores}\", 7, true, \"{{}}\"]}\n";
    let given = content(&SITE.replace(partition, &format!("{partition}{limits}")));
    let given = somebody(&[]).starts(&given, &preset("small")).unwrap();
    assert_eq!(given.traits["limits"], json!({ "nvidia.com/gpu": 2, "list": ["rome:2", 7, true, "{}"] }));
}

#[test]
fn a_text_in_a_job_script_stays_one_word() {
    // The site's pattern would take anything.
    let loose = SITE.replace("pattern: \"[a-z][a-z0-9-]{0,19}\"", "pattern: \".*\"");
    let scripted = content(&loose);
    let elsewhere = content(&loose.replace("req_options", "note"));
    let mine = |text: &str| with("~node", json!({ "job_name": text }));
    for text in ["a b", "a;b", "$a", "`a`", "a'b", "a\"b", "a\\b", "a#b", "a|b", "a&b", "(a)", "a>b"] {
        let told = sentence(somebody(&[]).starts(&scripted, &mine(text)));
        assert!(told.contains("in one word"), "{text:?}: {told}");
        assert!(somebody(&[]).starts(&elsewhere, &mine(text)).is_ok(), "{text:?}");
    }
    for text in ["", "a-b", "a=b:c/d@e,f", "ä量", "n[1-4]*"] {
        assert!(somebody(&[]).starts(&scripted, &mine(text)).is_ok(), "{text:?}");
    }
    for text in ["a\nb", "a\u{2028}b", "a\u{a0}b", "a\u{202e}b", "{a}", "%j"] {
        assert!(somebody(&[]).starts(&elsewhere, &mine(text)).is_err(), "{text:?}");
    }
}
