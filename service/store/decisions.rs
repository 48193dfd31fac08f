//! Every decision about a start: what was asked, what was given, and by which rules.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::{NoContext, Timestamp, Uuid};

use super::schema::decisions;
use super::types::{Json, Moment, Word};
use super::{DbConnection, MultiBackend, StoreError};
use crate::groups::Username;

/// One decision about one start. The row is also the audit of that start.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// From [`Decision::id_at`], so that ids sort by time.
    pub id: Uuid,
    /// Kept to the microsecond.
    pub at: DateTime<Utc>,
    pub person: Username,
    /// Empty for the default server; at most 1020 bytes.
    pub server_name: String,
    /// What the hub sent, unread.
    pub asked: Value,
    pub outcome: Outcome,
    /// The rules, groups and facts that led here.
    pub reasons: Value,
    /// The request it answered, to find the log lines by.
    pub request_id: Option<String>,
}

/// How a decision went.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The resolution the hub started.
    Given(Value),
    Refused,
}

impl Decision {
    /// A new id (UUID version 7) of a decision made at `at`.
    pub fn id_at(at: DateTime<Utc>) -> Uuid {
        let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
        Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, at.timestamp_subsec_nanos()))
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = decisions, check_for_backend(MultiBackend))]
struct Row {
    id: Word,
    at: Moment,
    person: Word,
    server_name: Word,
    outcome: Word,
    asked: Json,
    given: Option<Json>,
    reasons: Json,
    request_id: Option<Word>,
}

/// Keeps `decision`.
///
/// # Errors
/// [`StoreError::Duplicate`] for an id that is kept already; [`StoreError::Refused`] where a text
/// is too long or holds U+0000.
pub fn record(conn: &mut DbConnection, decision: &Decision) -> Result<(), StoreError> {
    let (outcome, given) = match &decision.outcome {
        Outcome::Given(resolution) => ("given", Some(Json(resolution.clone()))),
        Outcome::Refused => ("refused", None),
    };
    let row = Row {
        id: Word(decision.id.to_string()),
        at: decision.at.into(),
        person: decision.person.as_str().into(),
        server_name: decision.server_name.as_str().into(),
        outcome: outcome.into(),
        asked: Json(decision.asked.clone()),
        given,
        reasons: Json(decision.reasons.clone()),
        request_id: decision.request_id.as_deref().map(Word::from),
    };
    diesel::insert_into(decisions::table).values(row).execute(conn)?;
    Ok(())
}

/// The decision with this id, to explain it later.
///
/// # Errors
/// [`StoreError::NotFound`] where there is none.
pub fn find(conn: &mut DbConnection, id: Uuid) -> Result<Decision, StoreError> {
    let row: Row = decisions::table.find(Word(id.to_string())).select(Row::as_select()).first(conn)?;
    row.try_into()
}

/// The latest decisions about `person`, newest first, at most `limit`.
///
/// # Errors
/// As [`super::Store::read`].
pub fn latest_of(
    conn: &mut DbConnection,
    person: &Username,
    limit: u32,
) -> Result<Vec<Decision>, StoreError> {
    let rows: Vec<Row> = decisions::table
        .filter(decisions::person.eq(Word::from(person.as_str())))
        .order((decisions::at.desc(), decisions::id.desc()))
        .limit(limit.into())
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Decision::try_from).collect()
}

/// Puts `pseudonym` in place of `person`; of what was given stays which preset it was, unless it is one
/// of their `own`. Returns how many decisions there were.
pub(super) fn pseudonymise(
    conn: &mut DbConnection,
    person: &Username,
    pseudonym: &str,
    own: &BTreeSet<String>,
) -> Result<usize, StoreError> {
    let theirs = decisions::table.filter(decisions::person.eq(Word::from(person.as_str())));
    let rows: Vec<Row> = theirs.select(Row::as_select()).load(conn)?;
    for row in &rows {
        // What people typed may hold their name: a directory, a job's name, a server's.
        let given = row.given.as_ref().map(|given| {
            let mut given = only(&given.0, &["preset", "version", "context", "backend"]);
            let is_own = given["preset"].as_str().is_some_and(|id| own.contains(id));
            if let Some(given) = given.as_object_mut().filter(|_| is_own) {
                given.remove("preset");
            }
            Json(given)
        });
        diesel::update(decisions::table.find(row.id.clone()))
            .set((
                decisions::person.eq(Word::from(pseudonym)),
                decisions::server_name.eq(Word::from("")),
                decisions::asked.eq(Json(Value::Object(serde_json::Map::new()))),
                decisions::given.eq(given),
                decisions::reasons.eq(Json(only(&row.reasons.0, &["revision"]))),
            ))
            .execute(conn)?;
    }
    Ok(rows.len())
}

/// Removes the oldest of those made before `limit`, `most` of them; says how many. Ids sort by time.
///
/// # Errors
/// As [`super::Store::write`].
pub fn remove_before(conn: &mut DbConnection, limit: DateTime<Utc>, most: u32) -> Result<usize, StoreError> {
    let oldest = decisions::table.order(decisions::id).limit(most.into());
    let oldest: Vec<(Word, Moment)> = oldest.select((decisions::id, decisions::at)).load(conn)?;
    let over = oldest.into_iter().take_while(|(_, at)| *at < limit.into()).map(|(id, _)| id);
    let over: Vec<Word> = over.collect();
    if over.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(decisions::table.filter(decisions::id.eq_any(over))).execute(conn)?)
}

fn only(document: &Value, members: &[&str]) -> Value {
    let kept =
        document.as_object().into_iter().flatten().filter(|(name, _)| members.contains(&name.as_str()));
    Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
}

impl TryFrom<Row> for Decision {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let strange = |error: Box<dyn std::error::Error + Send + Sync>| StoreError::Database(error);
        Ok(Self {
            id: row.id.0.parse().map_err(|error: uuid::Error| strange(error.into()))?,
            at: row.at.into(),
            person: row
                .person
                .0
                .try_into()
                .map_err(|error: crate::groups::NameRefused| strange(error.into()))?,
            server_name: row.server_name.0,
            asked: row.asked.0,
            outcome: row.given.map_or(Outcome::Refused, |given| Outcome::Given(given.0)),
            reasons: row.reasons.0,
            request_id: row.request_id.map(|id| id.0),
        })
    }
}
