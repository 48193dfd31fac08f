//! What a site file would change: the same reckoning for the dry run and for the real one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Change, DbConnection, NewSite, ObjectKind, Owner, SiteRows, StoreError, load};

/// What [`super::replace`] would change, without changing it.
///
/// # Errors
/// As [`super::replace`], but for what only the database itself refuses.
pub fn difference(conn: &mut DbConnection, new: &NewSite) -> Result<Vec<Change>, StoreError> {
    compare(&load(conn)?, new)
}

/// What differs between `old` and `new`: catalogue first, then groups, events and presets, by name.
///
/// # Errors
/// [`StoreError::Duplicate`] where `new` names something twice, or a preset or an event that a person made.
pub(super) fn compare(old: &SiteRows, new: &NewSite) -> Result<Vec<Change>, StoreError> {
    let by_hand: BTreeSet<&str> =
        old.presets.iter().filter(|preset| !preset.managed).map(|preset| preset.id.as_str()).collect();
    if let Some(taken) = new.presets.iter().find(|preset| by_hand.contains(preset.id.as_str())) {
        return Err(StoreError::Duplicate(format!(
            "somebody has made a preset `{}` on the pages: give the one in the site file another name",
            taken.id
        )));
    }

    let by_hand: BTreeSet<&str> =
        old.events.iter().filter(|event| !event.managed).map(|event| event.key.as_str()).collect();
    if let Some(taken) = new.events.iter().find(|event| by_hand.contains(event.key.as_str())) {
        return Err(StoreError::Duplicate(format!(
            "somebody has made an event `{}` themselves: give the one in the site file another key",
            taken.key
        )));
    }

    let old_catalogue = old.catalogue.iter().map(|(_, document)| ("catalogue", document.clone()));
    let old_groups = old.groups.iter().map(|group| (group.key.as_str(), group.document.clone()));
    let old_events = (old.events.iter().filter(|event| event.managed))
        .map(|event| (event.key.as_str(), event.document.clone()));
    let old_presets = old
        .presets
        .iter()
        .filter(|preset| preset.managed)
        .map(|preset| (preset.id.as_str(), with_owner(preset.document.clone(), &preset.owner)));

    let new_groups = new.groups.iter().map(|group| (group.key.as_str(), group.document.clone()));
    let new_events = new.events.iter().map(|event| (event.key.as_str(), event.document.clone()));
    let new_presets = new
        .presets
        .iter()
        .map(|preset| (preset.id.as_str(), with_owner(preset.document.clone(), &preset.owner)));

    let mut changes = Vec::new();
    let catalogue = declared(ObjectKind::Catalogue, [("catalogue", new.catalogue.clone())].into_iter())?;
    note(&mut changes, ObjectKind::Catalogue, old_catalogue.collect(), catalogue);
    note(&mut changes, ObjectKind::Group, old_groups.collect(), declared(ObjectKind::Group, new_groups)?);
    note(&mut changes, ObjectKind::Event, old_events.collect(), declared(ObjectKind::Event, new_events)?);
    note(&mut changes, ObjectKind::Preset, old_presets.collect(), declared(ObjectKind::Preset, new_presets)?);
    Ok(changes)
}

/// What is declared, by name, each as the database would hand it back: a float may lose its last
/// bit on the way through text, and the second `apply` of a file must find nothing to do.
fn declared<'a>(
    kind: ObjectKind,
    objects: impl Iterator<Item = (&'a str, Value)>,
) -> Result<BTreeMap<&'a str, Value>, StoreError> {
    let mut named = BTreeMap::new();
    for (name, document) in objects {
        let kept = serde_json::from_str(&document.to_string()).map_err(|error| {
            StoreError::Refused(format!("the {} `{name}` cannot be kept: {error}", kind.as_str()))
        })?;
        if named.insert(name, kept).is_some() {
            let twice = format!("the {} `{name}` is declared twice: give one another name", kind.as_str());
            return Err(StoreError::Duplicate(twice));
        }
    }
    Ok(named)
}

fn note(
    changes: &mut Vec<Change>,
    kind: ObjectKind,
    mut old: BTreeMap<&str, Value>,
    mut new: BTreeMap<&str, Value>,
) {
    let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    for name in names {
        let (before, after) = (old.remove(name), new.remove(name));
        // As text: two objects whose fields stand in another order are not the same site file.
        if before.as_ref().map(Value::to_string) != after.as_ref().map(Value::to_string) {
            changes.push(Change { kind, id: name.to_owned(), before, after });
        }
    }
}

/// A preset's document with its owner in it, as a site file writes it: a preset that only changes
/// hands is a change too.
pub(in crate::store) fn with_owner(mut document: Value, owner: &Owner) -> Value {
    if let Some(fields) = document.as_object_mut() {
        fields.insert("owner".to_owned(), owner.json());
    }
    document
}
