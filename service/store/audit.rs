//! Who changed what, when, from what to what: one row for each change, never touched again.
//!
//! People stand in it by their mark ([`super::people`]), and what is a person's own is kept beside it:
//! to erase them is to forget both, while the audit stays as it was written.

mod names;
pub mod seals;

use std::fmt;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::schema::{audit, audit_of_people};
use super::types::{Json, Moment, Word};
use super::{DbConnection, MultiBackend, StoreError, people};
use crate::groups::Username;
pub(super) use names::erased;
use names::{Marks, Side};

/// One change of one object, or one refusal.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Kept to the microsecond. A clock may step back: the order is that of the numbers.
    pub at: DateTime<Utc>,
    pub actor: Actor,
    /// The hub's id of the token it was done with, where there was one.
    pub token: Option<String>,
    /// What was done: `add`, `change`, `remove`, `erase`, `set-aside`, `give-back`; `refuse` for what was not done.
    pub action: String,
    /// What it was done to: `catalogue`, `group`, `event`, `preset`; `preferences`, `selections` and
    /// `person`, whose id is a person's name; `request`, whose id is a method and a route.
    pub object_kind: String,
    pub object_id: String,
    /// The object's version after the change; of a removed one, its last; 0 of what has none.
    pub version: i64,
    /// None for what was added, and where it was the own of somebody who was erased since.
    pub before: Option<Value>,
    /// None for what was removed, and where it was the own of somebody who was erased since.
    pub after: Option<Value>,
    /// The request it came by, to find the log lines by; none for the command line.
    pub request_id: Option<String>,
    /// The revision that this change of the site's content made; none for what is not site content.
    pub revision: Option<i64>,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Somebody at the hub.
    User(Username),
    /// A service of the hub, by its name there.
    Service(String),
    /// What else acts: `command line (uid 0, sudo by anna)`.
    Operator(String),
    /// A user who was erased since; the same mark is the same person.
    Erased(String),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "{name}"),
            Self::Service(name) => write!(f, "service {name}"),
            Self::Operator(words) => f.write_str(words),
            Self::Erased(mark) => f.write_str(&erased(mark)),
        }
    }
}

/// Who acts, and when: what every entry of one request has in common.
#[derive(Debug, Clone, PartialEq)]
pub struct By {
    pub at: DateTime<Utc>,
    pub actor: Actor,
    pub token: Option<String>,
    pub request_id: Option<String>,
}

impl By {
    /// The entry of a change that is not of the site's content, without before and after.
    pub fn entry(&self, action: &str, object_kind: &str, object_id: &str, version: i64) -> Entry {
        Entry {
            at: self.at,
            actor: self.actor.clone(),
            token: self.token.clone(),
            action: action.to_owned(),
            object_kind: object_kind.to_owned(),
            object_id: object_id.to_owned(),
            version,
            before: None,
            after: None,
            request_id: self.request_id.clone(),
            revision: None,
        }
    }

    /// The entry of a change of what is `person`'s own.
    pub(super) fn own(&self, action: &str, object_kind: &str, person: &Username, version: i64) -> Entry {
        self.entry(action, object_kind, person.as_str(), version)
    }
}

/// What to look for; everything that is said must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// A user's name, a service's, or the words of another actor.
    pub actor: Option<String>,
    pub object_kind: Option<String>,
    pub object_id: Option<String>,
    /// From this instant on.
    pub from: Option<DateTime<Utc>>,
    /// Before this instant.
    pub until: Option<DateTime<Utc>>,
}

/// What an entry says, apart from its number and its documents.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = audit, check_for_backend(MultiBackend))]
struct Plain {
    at: Moment,
    actor: Word,
    action: Word,
    object_kind: Word,
    object_id: Word,
    version: i64,
    request_id: Option<Word>,
    token: Option<Word>,
    revision: Option<i64>,
}

#[derive(Insertable)]
#[diesel(table_name = audit)]
struct NewRow {
    #[diesel(embed)]
    plain: Plain,
    before: Option<Json>,
    after: Option<Json>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit, check_for_backend(MultiBackend))]
struct Row {
    sequence: i64,
    #[diesel(embed)]
    plain: Plain,
    before: Option<Json>,
    after: Option<Json>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_of_people, check_for_backend(MultiBackend))]
struct Own {
    sequence: i64,
    side: Word,
    object: Word,
    document: Json,
}

/// Writes `entry` down and returns its number. Belongs into the transaction of the change itself:
/// no audit row, no change.
///
/// # Errors
/// [`StoreError::Refused`] where a text holds U+0000.
pub fn record(conn: &mut DbConnection, entry: &Entry) -> Result<i64, StoreError> {
    let before = names::placed(conn, entry.before.as_ref(), &entry.object_kind, &entry.object_id)?;
    let after = names::placed(conn, entry.after.as_ref(), &entry.object_kind, &entry.object_id)?;
    let plain = Plain {
        at: entry.at.into(),
        actor: names::column_of(conn, &entry.actor)?,
        action: entry.action.as_str().into(),
        object_kind: entry.object_kind.as_str().into(),
        object_id: names::object(conn, entry, [&before, &after])?,
        version: entry.version,
        request_id: entry.request_id.as_deref().map(Word::from),
        token: entry.token.as_deref().map(Word::from),
        revision: entry.revision,
    };
    let row = NewRow { plain, before: before.open, after: after.open };
    let sequence =
        diesel::insert_into(audit::table).values(row).returning(audit::sequence).get_result(conn)?;
    for (side, own) in [(Side::Before, before.own), (Side::After, after.own)] {
        let Some((mark, document)) = own else { continue };
        diesel::insert_into(audit_of_people::table)
            .values((
                audit_of_people::sequence.eq(sequence),
                audit_of_people::side.eq(Word::from(side.as_str())),
                audit_of_people::mark.eq(Word(mark)),
                audit_of_people::object.eq(Word::from(entry.object_id.as_str())),
                audit_of_people::document.eq(document),
            ))
            .execute(conn)?;
    }
    Ok(sequence)
}

/// The entries after number `sequence` (0 for all), oldest first, at most `limit`.
///
/// Numbers rise in the order of the changes of the site's content, which take turns, but not without
/// gaps: PostgreSQL gives away a number for a change that is then rolled back.
///
/// # Errors
/// As [`super::Store::read`].
pub fn since(conn: &mut DbConnection, sequence: i64, limit: u16) -> Result<Vec<(i64, Entry)>, StoreError> {
    let rows: Vec<Row> = audit::table
        .filter(audit::sequence.gt(sequence))
        .order(audit::sequence)
        .limit(limit.into())
        .select(Row::as_select())
        .load(conn)?;
    read(conn, rows)
}

/// The entries that `filter` asks for and whose number is below `before` (none: the latest), newest
/// first, at most `limit`.
///
/// # Errors
/// As [`super::Store::read`].
pub fn latest(
    conn: &mut DbConnection,
    filter: &Filter,
    before: Option<i64>,
    limit: u16,
) -> Result<Vec<(i64, Entry)>, StoreError> {
    let mut query = audit::table.select(Row::as_select()).into_boxed();
    if let Some(before) = before {
        query = query.filter(audit::sequence.lt(before));
    }
    if let Some(actor) = &filter.actor {
        query = query.filter(audit::actor.eq_any(names::columns_named(conn, actor)?));
    }
    if let Some(kind) = &filter.object_kind {
        query = query.filter(audit::object_kind.eq(Word::from(kind.as_str())));
    }
    if let Some(id) = &filter.object_id {
        let own = audit_of_people::table
            .filter(audit_of_people::object.eq(Word::from(id.as_str())))
            .select(audit_of_people::sequence);
        let named = audit::object_id.eq_any(names::columns_named(conn, id)?);
        query = query.filter(named.or(audit::sequence.eq_any(own)));
    }
    if let Some(from) = filter.from {
        query = query.filter(audit::at.ge(Moment::from(from)));
    }
    if let Some(until) = filter.until {
        query = query.filter(audit::at.lt(Moment::from(until)));
    }
    let rows: Vec<Row> = query.order(audit::sequence.desc()).limit(limit.into()).load(conn)?;
    read(conn, rows)
}

/// The changes of the site's content after the one at `(revision, sequence)`, in the order they were
/// made, at most `limit`. `(7, i64::MAX)`: everything after revision 7.
///
/// Whoever changes the site's content takes turns, so none is ever seen late.
///
/// # Errors
/// As [`super::Store::read`].
pub fn changes(
    conn: &mut DbConnection,
    (revision, sequence): (i64, i64),
    limit: u16,
) -> Result<Vec<(i64, Entry)>, StoreError> {
    let later = audit::revision.gt(revision);
    let same = audit::revision.eq(revision).and(audit::sequence.gt(sequence));
    let rows: Vec<Row> = audit::table
        .filter(audit::revision.is_not_null())
        .filter(later.or(same).assume_not_null())
        .order((audit::revision, audit::sequence))
        .limit(limit.into())
        .select(Row::as_select())
        .load(conn)?;
    read(conn, rows)
}

/// Everything that `person` did, and everything done to what is theirs, newest first.
///
/// # Errors
/// As [`super::Store::read`].
pub fn about(conn: &mut DbConnection, person: &Username) -> Result<Vec<(i64, Entry)>, StoreError> {
    let Some(mark) = people::mark_of(conn, person)? else { return Ok(vec![]) };
    let name = Word(names::person(&mark));
    let own =
        audit_of_people::table.filter(audit_of_people::mark.eq(Word(mark))).select(audit_of_people::sequence);
    let rows: Vec<Row> = audit::table
        .filter(audit::actor.eq(name.clone()).or(audit::object_id.eq(name)).or(audit::sequence.eq_any(own)))
        .order(audit::sequence.desc())
        .select(Row::as_select())
        .load(conn)?;
    read(conn, rows)
}

/// Puts names and what is kept beside the audit back into their places.
fn read(conn: &mut DbConnection, rows: Vec<Row>) -> Result<Vec<(i64, Entry)>, StoreError> {
    let sequences: Vec<i64> = rows.iter().map(|row| row.sequence).collect();
    let own: Vec<Own> = audit_of_people::table
        .filter(audit_of_people::sequence.eq_any(sequences))
        .select(Own::as_select())
        .load(conn)?;
    let columns =
        rows.iter().flat_map(|Row { plain, .. }| [plain.actor.0.as_str(), plain.object_id.0.as_str()]);
    let documents = rows.iter().flat_map(|row| [&row.before, &row.after]).flatten().map(|json| &json.0);
    let marks = Marks::of(conn, columns, documents)?;
    let beside = |sequence: i64| own.iter().filter(move |own| own.sequence == sequence);
    let kept_beside = |sequence: i64, side: Side| {
        beside(sequence).find(|own| own.side.0 == side.as_str()).map(|own| own.document.0.clone())
    };
    let entry = |Row { sequence, plain, before, after }: Row| {
        let document = |open: Option<Json>, side: Side| {
            open.map(|json| marks.document(json.0)).or_else(|| kept_beside(sequence, side))
        };
        let entry = Entry {
            at: plain.at.into(),
            actor: marks.actor(&plain.actor.0),
            token: plain.token.map(|token| token.0),
            action: plain.action.0,
            object_kind: plain.object_kind.0,
            object_id: match beside(sequence).next() {
                Some(own) => own.object.0.clone(),
                None => marks.object(plain.object_id.0),
            },
            version: plain.version,
            before: document(before, Side::Before),
            after: document(after, Side::After),
            request_id: plain.request_id.map(|id| id.0),
            revision: plain.revision,
        };
        (sequence, entry)
    };
    Ok(rows.into_iter().map(entry).collect())
}
