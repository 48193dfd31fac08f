//! Where documents name people: who owns and manages, and who takes part in an event.

use serde_json::{Value, json};

use crate::groups::Username;
use crate::store::audit::By;
use crate::store::events::{self, EventRow};
use crate::store::{DbConnection, StoreError, revision};

/// Where the document of a group or an event names `person`: `owner`, `managers`,
/// `audiences › participant`.
pub fn places(document: &Value, person: &Username) -> impl Iterator<Item = String> {
    let is = |name: &Value| name.as_str() == Some(person.as_str());
    let lists =
        |names: Option<&Value>| names.and_then(Value::as_array).is_some_and(|names| names.iter().any(is));
    let owner = document.get("owner").is_some_and(is).then(|| "owner".to_owned());
    let managers = lists(document.get("managers")).then(|| "managers".to_owned());
    let audiences = document.get("audiences").and_then(Value::as_object).into_iter().flatten();
    let audiences: Vec<String> = audiences
        .filter(|(_, members)| lists(members.get("names")))
        .map(|(audience, _)| format!("audiences › {audience}"))
        .collect();
    owner.into_iter().chain(managers).chain(audiences)
}

/// The events that name `person`, by key.
pub(super) fn events(conn: &mut DbConnection, person: &Username) -> Result<Vec<EventRow>, StoreError> {
    let mut events = events::all(conn)?;
    events.retain(|event| places(&event.document, person).next().is_some());
    Ok(events)
}

/// Takes `person` out of the events that were made by hand; tells out of how many.
pub(super) fn take_out(conn: &mut DbConnection, person: &Username, by: &By) -> Result<usize, StoreError> {
    replace(conn, person, None, by)
}

/// Names `other` wherever events that were made by hand name `person`.
pub(in crate::store) fn rename(
    conn: &mut DbConnection,
    person: &Username,
    other: &Username,
    by: &By,
) -> Result<(), StoreError> {
    replace(conn, person, Some(other), by).map(drop)
}

fn replace(
    conn: &mut DbConnection,
    person: &Username,
    other: Option<&Username>,
    by: &By,
) -> Result<usize, StoreError> {
    let theirs = events(conn, person)?;
    if theirs.is_empty() {
        return Ok(0);
    }
    revision::take_turns(conn)?;
    // Once more, now that nobody else changes them.
    let theirs = events(conn, person)?;
    for event in theirs.iter().filter(|event| !event.managed) {
        events::write(conn, event, &with(event.document.clone(), person, other), by)?;
    }
    Ok(theirs.len())
}

/// An event as it reads with `other` in place of `person`, or with nobody. One without an owner is the administrators'.
fn with(mut document: Value, person: &Username, other: Option<&Username>) -> Value {
    let is = |name: &Value| name.as_str() == Some(person.as_str());
    let in_list = |names: Option<&mut Value>| {
        let Some(names) = names.and_then(Value::as_array_mut) else { return };
        match other {
            Some(other) => names.iter_mut().filter(|name| is(name)).for_each(|name| *name = json!(other)),
            None => names.retain(|name| !is(name)),
        }
    };
    if document.get("owner").is_some_and(is)
        && let Some(fields) = document.as_object_mut()
    {
        match other {
            Some(other) => drop(fields.insert("owner".to_owned(), json!(other))),
            None => drop(fields.remove("owner")),
        }
    }
    in_list(document.get_mut("managers"));
    for (_, members) in document.get_mut("audiences").and_then(Value::as_object_mut).into_iter().flatten() {
        in_list(members.get_mut("names"));
    }
    document
}
