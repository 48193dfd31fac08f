//! The house rules, held against the code: who may reach for whom, and what a file looks like.

use std::fs;
use std::path::{Path, PathBuf};

/// Each room and what it may reach for inside the crate, from the ground up.
const ROOMS: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("config", &[]),
    ("groups", &[]),
    ("catalogue", &["groups"]),
    ("trims", &["catalogue", "groups"]),
    ("rules", &["catalogue", "groups", "trims"]),
    ("presets", &["catalogue", "groups", "trims"]),
    ("events", &["catalogue", "groups", "trims"]),
    ("effective", &["catalogue", "events", "groups", "presets", "rules", "trims"]),
    ("resolve", &["catalogue", "effective", "events", "groups", "presets", "rules", "trims"]),
    ("directory", &["clock", "config", "groups"]),
    ("store", &["clock", "config", "groups"]),
    ("hub", &["clock", "config", "groups"]),
    ("render", &["catalogue", "effective", "groups", "presets", "trims"]),
    ("site", &["catalogue", "effective", "groups", "presets", "store"]),
    (
        "desk",
        &[
            "catalogue",
            "clock",
            "config",
            "directory",
            "effective",
            "events",
            "groups",
            "hub",
            "presets",
            "render",
            "resolve",
            "site",
            "store",
            "rules",
            "trims",
        ],
    ),
    (
        "api",
        &[
            "catalogue",
            "clock",
            "config",
            "desk",
            "effective",
            "events",
            "groups",
            "hub",
            "presets",
            "render",
            "resolve",
            "store",
            "trims",
        ],
    ),
    ("pages", &["api", "config", "desk", "groups", "hub", "render"]),
    ("lib", &[]),
    ("main", &[]),
    ("build", &[]),
];

/// Outside names and the only rooms that may know them.
const CONFINED: &[(&str, &[&str])] = &[
    ("chrono_tz", &["events"]),
    ("diesel", &["store"]),
    ("r2d2", &["store"]),
    ("ldap3", &["directory"]),
    ("reqwest", &["hub"]),
    ("use ring", &["config", "hub"]),
    ("askama", &["render"]),
    ("rust_embed", &["render"]),
    ("actix_web", &["api", "pages", "main"]),
    ("utoipa", &["api"]),
    ("validator", &["api"]),
    // The door waits for the signals that end the process.
    ("tokio", &["api", "desk", "directory", "hub", "site", "store", "main"]),
    ("std::env::var", &["config", "main", "build"]),
    ("Utc::now", &["clock"]),
    ("SystemTime::now", &[]),
];

/// The core decides; it neither waits nor looks at anything.
const CORE: &[&str] = &["groups", "catalogue", "trims", "rules", "presets", "events", "effective", "resolve"];

const FULL: usize = 350;

struct File {
    path: PathBuf,
    room: String,
    text: String,
}

fn files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("service");
    let mut files = Vec::new();
    walk(&root, &mut |path| {
        let inside = path.strip_prefix(&root).unwrap();
        let room = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        files.push(File {
            path: Path::new("service").join(inside),
            room,
            text: fs::read_to_string(path).unwrap(),
        });
    });
    assert!(files.len() > 40, "only {} files found: is this the right folder?", files.len());
    files
}

pub fn walk(folder: &Path, visit: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, visit);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            visit(&path);
        }
    }
}

/// Each line that is code, with its number.
fn code(file: &File) -> impl Iterator<Item = (usize, &str)> {
    file.text
        .lines()
        .enumerate()
        .map(|(n, line)| (n + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn assert_none(strays: &[String]) {
    assert!(strays.is_empty(), "\n{}\n", strays.join("\n"));
}

#[test]
fn rooms_reach_only_for_those_below() {
    let mut strays = Vec::new();
    for file in files() {
        let (_, allowed) = ROOMS
            .iter()
            .find(|(room, _)| *room == file.room)
            .unwrap_or_else(|| panic!("{}: a room without a rule", file.room));
        for (n, line) in code(&file) {
            for (at, found) in line.match_indices("crate::") {
                let rest = &line[at + found.len()..];
                let reached: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let known = ROOMS.iter().any(|(room, _)| *room == reached);
                if known && reached != file.room && !allowed.contains(&reached.as_str()) {
                    strays.push(format!("{}:{n}: {} reaches for {reached}", file.path.display(), file.room));
                }
            }
        }
    }
    assert_none(&strays);
}

#[test]
fn each_tool_stays_in_its_room() {
    let mut strays = Vec::new();
    for file in files() {
        for (n, line) in code(&file) {
            for (tool, rooms) in CONFINED.iter().filter(|(tool, _)| line.contains(tool)) {
                let named = line.contains(&format!("{tool}::"))
                    || line.contains(&format!("{tool}("))
                    || line.contains(&format!("use {tool}"));
                if named && !rooms.contains(&file.room.as_str()) {
                    strays.push(format!("{}:{n}: {} is not for {}", file.path.display(), tool, file.room));
                }
            }
            let waits = ["async fn", ".await", "std::fs", "std::net", "std::thread"]
                .iter()
                .find(|word| line.contains(**word));
            if let (true, Some(word)) = (CORE.contains(&file.room.as_str()), waits) {
                strays.push(format!("{}:{n}: the core knows no {word}", file.path.display()));
            }
        }
    }
    assert_none(&strays);
}

#[test]
fn a_file_says_what_one_finds_in_it_and_is_no_hall() {
    const DRAWERS: [&str; 5] = ["utils", "helpers", "common", "manager", "misc"];
    let mut strays = Vec::new();
    for file in files() {
        let lines = file.text.lines().count();
        let name = file.path.file_stem().unwrap().to_str().unwrap();
        let path = file.path.display();
        if !file.text.starts_with("//! ") {
            strays.push(format!("{path}:1: the first line does not say what one finds here"));
        }
        if lines > FULL {
            strays.push(format!("{path}:{lines}: the room is full; look for the wall"));
        }
        if DRAWERS.contains(&name) {
            strays.push(format!("{path}: {name} is a drawer, not a room"));
        }
    }
    assert_none(&strays);
}

#[test]
fn the_top_level_is_as_the_customer_fixed_it() {
    const THERE: [&str; 10] = [
        "Cargo.toml",
        "Cargo.lock",
        "service",
        "migrations",
        "openapi",
        "frontend",
        "tests",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in THERE {
        assert!(root.join(name).exists(), "{name} is missing");
    }
    let strays: Vec<String> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.') && !THERE.contains(&name.as_str()))
        // The manual for contributors, and what cargo leaves behind.
        .filter(|name| !["CONTRIBUTING.md", "target"].contains(&name.as_str()))
        .collect();
    assert_none(&strays);
}

#[test]
fn both_migration_series_are_named_alike() {
    let names = |series: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(series);
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn sums_that_overflow_end_a_request_and_are_never_a_limit() {
    let manifest =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).expect("ours");
    let release = manifest.split("[profile.release]").nth(1).and_then(|rest| rest.split("\n[").next());
    assert!(release.is_some_and(|release| release.contains("overflow-checks = true")));
}
