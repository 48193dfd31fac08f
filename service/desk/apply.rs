//! A site file, checked and put in place of the one before it; or only shown what it would change.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::breakage::Breakage;
use super::difference::keyed;
use crate::catalogue::Fault;
use crate::catalogue::visible::shown;
use crate::config::yaml::{self, FileRefused, Lines};
use crate::effective::{Content, written};
use crate::site;
use crate::store::site::Change;
use crate::store::{Store, StoreError, habits, site as kept};

/// Why a site file was not applied; nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum NotApplied {
    #[error(transparent)]
    File(#[from] FileRefused),
    /// One line for each mistake: file, line, object, what would be right.
    #[error("{}", .0.join("\n"))]
    Faults(Vec<String>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A site file that was read and holds together.
pub struct Checked {
    site: kept::NewSite,
    /// What is worth a second look, one line each.
    pub remarks: Vec<String>,
}

/// Reads and checks a site file. Touches nothing.
///
/// # Errors
/// Every mistake found, each with its line.
pub fn check(file: &Path) -> Result<Checked, NotApplied> {
    let document = yaml::read::<written::Site>(file)?;
    let (content, faults) = Content::check(&document.value, 0, &Default::default());
    if !faults.is_empty() {
        return Err(NotApplied::Faults(told(file, &document.lines, &faults)));
    }
    let remarks = told(file, &document.lines, &content.all_alike());
    Ok(Checked { site: site::rows(&document.value), remarks })
}

/// Faults in the order of the file: line, object, and what would be right.
fn told(file: &Path, places: &Lines, faults: &[Fault]) -> Vec<String> {
    let mut lines: Vec<(u64, String)> = faults
        .iter()
        .map(|fault| {
            let line = places.of(&fault.pointer);
            let object = shown(&fault.pointer.trim_start_matches('/').replace('/', " › "), 200);
            let value =
                fault.value.as_ref().map(|value| format!("it says {}", shown(&value.to_string(), 200)));
            let allowed =
                fault.allowed.as_ref().and_then(as_written).map(|allowed| format!("allowed: {allowed}"));
            let facts: Vec<String> = value.into_iter().chain(allowed).collect();
            let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join("; ")) };
            (line, format!("{}:{line}: {object}: {}{facts}", file.display(), fault.detail))
        })
        .collect();
    lines.sort();
    lines.dedup();
    lines.into_iter().map(|(_, line)| line).collect()
}

/// What may stand in the file: a choice's value there, where the sentence has its label.
fn as_written(allowed: &Json) -> Option<String> {
    let word = |json: &Json| json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    match allowed {
        Json::Array(items) => Some(items.iter().map(word).collect::<Vec<_>>().join(", ")),
        Json::Object(map) => Some(format!("{} to {}", word(map.get("min")?), word(map.get("max")?))),
        _ => None,
    }
}

/// What applying would change.
///
/// # Errors
/// As [`Store::read`].
pub async fn difference(store: &Store, checked: &Checked) -> Result<Vec<Change>, NotApplied> {
    store.migrate().await?;
    let new = checked.site.clone();
    Ok(store.read(move |conn| kept::difference(conn, &new)).await?)
}

/// What applying would break of what people saved.
///
/// # Errors
/// As [`Store::read`].
pub async fn breakage(store: &Store, checked: &Checked) -> Result<Breakage, NotApplied> {
    store.migrate().await?;
    let now = store.read(|conn| Ok((kept::load(conn)?, habits::load(conn)?))).await?;
    Ok(Breakage::of(now.0, &now.1, &checked.site))
}

/// Applies: all or nothing, and nothing where nothing differs.
///
/// # Errors
/// As [`kept::replace`].
pub async fn apply(
    store: &Store,
    checked: &Checked,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<kept::Changes, NotApplied> {
    store.migrate().await?;
    let (new, actor) = (checked.site.clone(), actor.to_owned());
    Ok(store.write_patiently(move |conn| kept::replace(conn, &new, &actor, now)).await?)
}

/// The changes for people, one line each: `~ preset pytorch › values › cores: 8 → 16`.
pub fn describe(changes: &[Change]) -> Vec<String> {
    let mut lines = Vec::new();
    for change in changes {
        let name = match change.kind.as_str() {
            "catalogue" => "catalogue".to_owned(),
            kind => format!("{kind} {}", change.id),
        };
        match (&change.before, &change.after) {
            (None, _) => lines.push(format!("+ {name}")),
            (_, None) => lines.push(format!("- {name}")),
            (Some(before), Some(after)) => differences(&name, &keyed(before), &keyed(after), &mut lines),
        }
    }
    lines
}

fn differences(at: &str, before: &Json, after: &Json, lines: &mut Vec<String>) {
    match (before, after) {
        (Json::Object(old), Json::Object(new)) => {
            for (key, value) in old {
                match new.get(key) {
                    None => lines.push(format!("- {at} › {key}: {}", brief(value))),
                    Some(other) => differences(&format!("{at} › {key}"), &keyed(value), &keyed(other), lines),
                }
            }
            for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                lines.push(format!("+ {at} › {key}: {}", brief(value)));
            }
            let order = |map: &serde_json::Map<String, Json>| map.keys().cloned().collect::<Vec<_>>();
            if order(old) != order(new)
                && old.len() == new.len()
                && old.keys().all(|key| new.contains_key(key))
            {
                lines.push(format!("~ {at}: the order changed"));
            }
        }
        (before, after) if before != after => {
            lines.push(format!("~ {at}: {} → {}", brief(before), brief(after)))
        }
        _ => {}
    }
}

fn brief(json: &Json) -> String {
    let text = match json {
        Json::String(text) => text.clone(),
        other => keyed(other).to_string(),
    };
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
