//! The same in a site file: the command ends with 1, names the line, and leaves what was there.

use std::process::{Command, Output};

use tempfile::TempDir;

use super::site;
use crate::running::SECRET;
use crate::scratch::Scratch;

/// A configuration for `scratch`, and a place for site files.
fn configured(scratch: &Scratch) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config =
        format!("listen: 127.0.0.1:1\ndatabase: '{}'\nhub: {{secret: {SECRET}}}\n", scratch.address());
    std::fs::write(folder.path().join("config.yaml"), config).unwrap();
    folder
}

fn apply(folder: &TempDir, site: &[u8]) -> Output {
    std::fs::write(folder.path().join("site.yaml"), site).unwrap();
    Command::new(env!("CARGO_BIN_EXE_jupyterhub-presets"))
        .args(["apply", "--config", "config.yaml", "site.yaml"])
        .current_dir(folder.path())
        .output()
        .unwrap()
}

fn kept(scratch: &Scratch) -> Vec<i64> {
    ["presets", "preset_versions", "site_groups", "audit", "catalogues", "events"]
        .map(|rows| scratch.count(rows))
        .into()
}

/// `site.yaml` with `from` replaced by `to`, and the number of the line that holds it then.
fn with(from: &str, to: &str) -> (String, usize) {
    let site = site();
    assert_eq!(site.matches(from).count(), 1, "{from}");
    let line = site[..site.find(from).unwrap()].lines().count().max(1);
    let line = if site[..site.find(from).unwrap()].ends_with('\n') { line + 1 } else { line };
    (site.replace(from, to), line)
}

on_each_database! {
    async fn a_bad_site_file_is_told_by_its_line_and_changes_nothing(scratch: Scratch) {
        let folder = configured(&scratch);
        let applied = apply(&folder, site().as_bytes());
        assert!(applied.status.success(), "{applied:?}");
        let before = kept(&scratch);
        let ask = "    ask: {partition: {}, cores: {}";
        let values = |values: &str| with(ask, &format!("    values: {values}\n{ask}"));
        let deep = format!("{{job_name: {}{}}}", "[".repeat(1_000), "]".repeat(1_000));
        let long = "x".repeat(10 << 20);
        for (what, (file, line), word) in [
            ("an unknown option", values("{colour: red}"), "colour"),
            ("an unknown key", with("contact: hpc", "colour: red\ncontact: hpc"), "colour"),
            ("a wrong type", values("{cores: many}"), "whole number"),
            ("a key twice", values("{cores: 1, cores: 2}"), "cores"),
            ("ten megabytes", with("title: A small server", &format!("title: {long}")), "title"),
            ("nesting", values(&deep), ""),
            ("an overflow of memory", with("max: 256GB", "max: 9999999999TiB"), "too large"),
            ("an overflow of time", with("max: 24h", "max: 999999999999999999d"), "too large"),
            ("an overflow of a number", with("max: 64, default: 2", "max: 99999999999999999999, default: 2"), ""),
            ("a pattern that takes the memory", with("(a+)+b", "(((a{1,100}){1,100}){1,100}){1,100}"), "pattern"),
            ("a pattern that is too long", with("(a+)+b", &"(a+)+b".repeat(200)), "pattern"),
            ("a title that turns around", with("title: A small server", "title: \"a\\u202eb\""), "visible"),
            ("a title with U+0000", with("title: A small server", "title: \"a\\0b\""), "visible"),
            ("a value that turns around", with("      rome: AMD", "      \"ro\\u202eme\": AMD"), "control"),
            ("a value with a line separator", with("      rome: AMD", "      \"ro\\u2028me\": AMD"), "control"),
            ("a value with U+0000", with("      rome: AMD", "      \"ro\\0me\": AMD"), "control"),
        ] {
            let refused = apply(&folder, file.as_bytes());
            assert_eq!(refused.status.code(), Some(1), "{what}: {refused:?}");
            let told = String::from_utf8(refused.stderr).unwrap();
            let short: String = told.chars().take(1_000).collect();
            assert!(told.lines().any(|told| told.starts_with(&format!("site.yaml:{line}:")) && told.contains(word)), "{what}: not line {line} in {short}");
            assert!(told.len() < 4_000, "{what}: {} bytes are told", told.len());
            assert!(!told.contains('\u{202e}') && !told.contains('\0') && !told.contains('\u{2028}'), "{what}: {told:?}");
            assert_eq!(kept(&scratch), before, "{what}");
        }
    }

    async fn a_file_that_is_no_file_of_a_person_is_refused_whole(scratch: Scratch) {
        let folder = configured(&scratch);
        assert!(apply(&folder, site().as_bytes()).status.success());
        let before = kept(&scratch);
        // Nine words, each ten of the one before.
        let levels: String = (1..9).map(|n| format!("l{n}: &l{n} [{}]\n", vec![format!("*l{}", n - 1); 10].join(", "))).collect();
        for (what, file, word) in [
            ("seventeen megabytes", vec![b'#'; 17 << 20], "larger than 16 MiB"),
            ("aliases of aliases", format!("l0: &l0 x\n{levels}contact: a\n").into_bytes(), "site.yaml:"),
            ("no UTF-8", b"contact: \xff\n".to_vec(), "site.yaml"),
            ("nothing but brackets", vec![b'['; 100_000], "site.yaml:1"),
        ] {
            let begun = std::time::Instant::now();
            let refused = apply(&folder, &file);
            assert_eq!(refused.status.code(), Some(1), "{what}: {refused:?}");
            let told = String::from_utf8(refused.stderr).unwrap();
            assert!(told.contains(word) && told.len() < 4_000, "{what}: {told}");
            assert!(begun.elapsed().as_secs() < 5, "{what}: {:?}", begun.elapsed());
            assert_eq!(kept(&scratch), before, "{what}");
        }
    }
}
