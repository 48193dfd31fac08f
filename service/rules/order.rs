//! The order in which options are settled: each after those that decide about it.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::Key;

/// The options in `edges` (from an option to those it decides about), each after those that decide about it.
///
/// # Errors
/// The path that closes a circle: its first and last key are the same.
pub(super) fn order<'a>(edges: &BTreeMap<&'a Key, BTreeSet<&'a Key>>) -> Result<Vec<Key>, Vec<&'a Key>> {
    let (mut done, mut path) = (Vec::new(), Vec::new());
    for key in edges.keys() {
        visit(key, edges, &mut path, &mut done)?;
    }
    // Whoever decides was visited after everybody it decides about.
    done.reverse();
    Ok(done.into_iter().cloned().collect())
}

fn visit<'a>(
    key: &'a Key,
    edges: &BTreeMap<&'a Key, BTreeSet<&'a Key>>,
    path: &mut Vec<&'a Key>,
    done: &mut Vec<&'a Key>,
) -> Result<(), Vec<&'a Key>> {
    if done.contains(&key) {
        return Ok(());
    }
    if let Some(begin) = path.iter().position(|other| *other == key) {
        return Err(path[begin..].iter().copied().chain([key]).collect());
    }
    path.push(key);
    for next in edges.get(key).into_iter().flatten() {
        visit(next, edges, path, done)?;
    }
    path.pop();
    done.push(key);
    Ok(())
}
