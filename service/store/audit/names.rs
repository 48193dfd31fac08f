//! How people stand in the audit: by mark in its columns, and their own documents beside it.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::{Actor, Entry, Word};
use crate::groups::Username;
use crate::store::types::Json;
use crate::store::{DbConnection, StoreError, people};

/// No hub has a user whose name holds a slash, so these are never somebody's name.
const PERSON: &str = "person/";
const ERASED: &str = "erased/";
const SERVICE: &str = "service/";

/// Kinds of objects whose id is the name of the person they belong to.
const OF_PEOPLE: [&str; 3] = ["person", "preferences", "selections"];

/// The kind of object whose document names people in several places.
const EVENT: &str = "event";

/// The member of a document that lists people by name, whoever else it is about.
const MANAGERS: &str = "managers";
/// Those of an event that name people.
const OWNER: &str = "owner";
const AUDIENCES: &str = "audiences";
const NAMING: [&str; 3] = [MANAGERS, OWNER, AUDIENCES];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

impl Side {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// Where a document goes: into the audit, or beside it with its owner's mark.
#[derive(Default)]
pub(super) struct Placed {
    pub(super) open: Option<Json>,
    pub(super) own: Option<(String, Json)>,
}

/// A person with `mark`, as a column says it.
pub(super) fn person(mark: &str) -> String {
    format!("{PERSON}{mark}")
}

/// A person who was erased, as everybody else is told of them.
pub(in crate::store) fn erased(mark: &str) -> String {
    format!("{ERASED}{mark}")
}

pub(super) fn column_of(conn: &mut DbConnection, actor: &Actor) -> Result<Word, StoreError> {
    Ok(match actor {
        Actor::User(name) => Word(person(&people::mark(conn, name)?)),
        Actor::Service(name) => Word(format!("{SERVICE}{name}")),
        Actor::Operator(words) => Word(words.clone()),
        Actor::Erased(mark) => Word(person(mark)),
    })
}

/// What the object of `entry` is called in the audit itself: by the mark of whose own it is, because
/// even the id of a preset is made of words they chose.
pub(super) fn object(
    conn: &mut DbConnection,
    entry: &Entry,
    sides: [&Placed; 2],
) -> Result<Word, StoreError> {
    if let Some((mark, _)) = sides.into_iter().find_map(|side| side.own.as_ref()) {
        return Ok(Word(person(mark)));
    }
    match OF_PEOPLE
        .contains(&entry.object_kind.as_str())
        .then(|| Username::try_from(entry.object_id.as_str()))
    {
        Some(Ok(name)) => Ok(Word(person(&people::mark(conn, &name)?))),
        _ => Ok(entry.object_id.as_str().into()),
    }
}

/// How `name` may stand in a column, whatever it is the name of.
pub(super) fn columns_named(conn: &mut DbConnection, name: &str) -> Result<Vec<Word>, StoreError> {
    let mut columns = vec![Word::from(name), Word(format!("{SERVICE}{name}"))];
    if let Some(mark) = name.strip_prefix(ERASED) {
        columns.push(Word(person(mark)));
    }
    if let Ok(user) = Username::try_from(name) {
        columns.extend(people::mark_of(conn, &user)?.map(|mark| Word(person(&mark))));
    }
    Ok(columns)
}

/// Puts `document` where it belongs: a person's own beside the audit, anything else into it.
pub(super) fn placed(
    conn: &mut DbConnection,
    document: Option<&Value>,
    kind: &str,
    id: &str,
) -> Result<Placed, StoreError> {
    let Some(document) = document else { return Ok(Placed::default()) };
    let owner = match document.get("owner").and_then(|owner| owner.get("user")) {
        Some(name) => name.as_str(),
        None => OF_PEOPLE.contains(&kind).then_some(id),
    };
    if let Some(owner) = owner.and_then(|owner| Username::try_from(owner).ok()) {
        let own = (people::mark(conn, &owner)?, Json(document.clone()));
        return Ok(Placed { open: None, own: Some(own) });
    }
    let mut document = document.clone();
    for named in named(&mut document, kind == EVENT) {
        if let Some(name) = named.as_str().and_then(|name| Username::try_from(name).ok()) {
            *named = json!({ "person": people::mark(conn, &name)? });
        }
    }
    Ok(Placed { open: Some(Json(document)), own: None })
}

/// Where a document names people: managers, and of an event who owns it and who takes part.
fn named(document: &mut Value, of_event: bool) -> Vec<&mut Value> {
    let mut found = Vec::new();
    for (member, value) in document.as_object_mut().into_iter().flatten() {
        match member.as_str() {
            MANAGERS => found.extend(value.as_array_mut().into_iter().flatten()),
            OWNER if of_event => found.push(value),
            AUDIENCES if of_event => {
                let members = value.as_object_mut().into_iter().flatten();
                let names = members.filter_map(|(_, members)| members.get_mut("names")?.as_array_mut());
                found.extend(names.flatten());
            }
            _ => {}
        }
    }
    found
}

fn marked(named: &Value) -> Option<&str> {
    named.get("person").and_then(Value::as_str)
}

/// Who stands behind the marks of some rows.
pub(super) struct Marks(HashMap<String, String>);

impl Marks {
    pub(super) fn of<'a>(
        conn: &mut DbConnection,
        columns: impl Iterator<Item = &'a str>,
        documents: impl Iterator<Item = &'a Value>,
    ) -> Result<Self, StoreError> {
        let mut marks: HashSet<String> =
            columns.filter_map(|column| column.strip_prefix(PERSON)).map(str::to_owned).collect();
        // Few documents name anybody; the others are not worth a copy.
        let names_some = |document: &&Value| NAMING.iter().any(|member| document.get(member).is_some());
        for document in documents.filter(names_some) {
            let mut document = document.clone();
            marks.extend(
                named(&mut document, true).into_iter().filter_map(|named| marked(named)).map(str::to_owned),
            );
        }
        if marks.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        people::behind(conn, marks.into_iter().collect()).map(Self)
    }

    pub(super) fn actor(&self, column: &str) -> Actor {
        if let Some(mark) = column.strip_prefix(PERSON) {
            let known = self.0.get(mark).and_then(|name| Username::try_from(name.as_str()).ok());
            return known.map_or_else(|| Actor::Erased(mark.to_owned()), Actor::User);
        }
        match column.strip_prefix(SERVICE) {
            Some(name) => Actor::Service(name.to_owned()),
            None => Actor::Operator(column.to_owned()),
        }
    }

    pub(super) fn object(&self, column: String) -> String {
        match column.strip_prefix(PERSON) {
            Some(mark) => self.name(mark),
            None => column,
        }
    }

    pub(super) fn document(&self, mut document: Value) -> Value {
        // What is no mark stays: a preset's owner is no person's name.
        for named in named(&mut document, true) {
            if let Some(name) = marked(named).map(|mark| self.name(mark)) {
                *named = Value::from(name);
            }
        }
        document
    }

    fn name(&self, mark: &str) -> String {
        self.0.get(mark).cloned().unwrap_or_else(|| erased(mark))
    }
}
